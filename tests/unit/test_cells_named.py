"""Cells of group_by are named wherever a curve or a comparison is named in words."""

from __future__ import annotations

import io
import re
import sys
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest
from matplotlib.text import Text

from blotquant.batch.summary import Summary
from blotquant.cli.console import Console
from blotquant.cli.showing import show_summary
from blotquant.comparison import power_table
from blotquant.dose_response import fit_dose_response
from blotquant.figures import draw_all
from blotquant.figures.dose_response import plot_dose_response
from blotquant.report.answer import answer
from blotquant.report.worries import general_warnings
from blotquant.tables import cell_text
from tests.drawn_result import Plan, drawn_result

_TABLES = ("folds", "groups", "tests", "potencies", "curves", "curve_points", "sensitivity")


@pytest.fixture
def timed() -> SimpleNamespace:
    """A drawn study that stands twice, after 10 and after 20 minutes, as numbers with a blank would be read."""
    result = drawn_result(Plan(pictures=False))
    for name in _TABLES:
        table = getattr(result, name)
        setattr(result, name, pd.concat([table.assign(time_min=10.0), table.assign(time_min=20.0)], ignore_index=True))
    return result


def test_a_cell_is_its_further_columns_without_needless_points() -> None:
    row = {"target": "STAT3", "treatment": "a", "time_min": 10.0, "donor": "A\n1", "cell": "", "ph": 7.5, "k": np.nan}
    assert cell_text(row, "potencies") == "time_min 10, donor A\n1, ph 7.5"
    assert cell_text({"target": "STAT3"}, "potencies") == ""


def test_the_terminal_tells_curves_of_two_cells_apart(timed: SimpleNamespace, monkeypatch: pytest.MonkeyPatch) -> None:
    said = io.StringIO()
    monkeypatch.setattr(sys, "stdout", said)
    summary = Summary(0, 0, 0, 0, {}, (), timed.potencies.rename(columns={"time_min": "time (min)"}), Path("r.html"))
    show_summary(Console(), summary)
    lines = [line for line in said.getvalue().splitlines() if line.startswith("IC50")]
    assert [re.findall(r"\((.*?)\):", line)[0] for line in lines] == [
        "IL-6, time (min) 10",
        "IL-6, time (min) 20",
    ]


def test_the_answer_names_the_cell_of_curves_comparisons_and_groups(timed: SimpleNamespace) -> None:
    curves = answer(timed)[:2]
    assert ["(time_min 10)" in curves[0], "(time_min 20)" in curves[1]] == [True, True]
    timed.potencies = timed.potencies.assign(ic50=np.nan)
    assert "(time_min 10) is not determined" in answer(timed)[0]
    timed.potencies = timed.potencies.iloc[:0]
    compared = answer(timed)[:2]
    assert [re.findall("time_min [0-9.]+", text) for text in compared] == [["time_min 10"], ["time_min 20"]]
    timed.tests = timed.tests.iloc[:0]
    assert {"time_min 10", "time_min 20"} <= set(re.findall("time_min [0-9.]+", " ".join(answer(timed))))


def test_a_total_that_moves_is_warned_of_cell_by_cell(timed: SimpleNamespace) -> None:
    timed.tests = timed.tests.assign(quantity="S", site="", p_adjusted=np.where(timed.tests["time_min"] == 10, 0.01, 1))
    said = [text for text in general_warnings(timed) if "moves total" in text]
    assert len(said) == 1
    assert "STAT3 (time_min 10) itself" in said[0]


def test_titles_captions_stems_and_legends_name_the_cell_as_the_sheet_does(timed: SimpleNamespace) -> None:
    drawn = list(draw_all(timed, kinds=("dose_response", "groups", "sensitivity")))
    curves, together = drawn[:2], drawn[2:]
    assert [one.stem.split("_")[0] for one in curves] == ["dose", "dose"]
    assert len(together) == 3  # along time, group by group, and other choices: cells stand beside one another
    for time, one in zip(("time_min 10", "time_min 20"), curves, strict=True):
        assert time in one.title
        assert time in one.caption
    for one in drawn:
        assert not re.search(r"\d\.0|0-0", one.title + one.caption + one.stem)
    texts = [text.get_text() for text in drawn[0].figure.findobj(Text)]
    assert any("baricitinib (time_min 10)" in text for text in texts)
    # a curve read back from CSV has whole numbers where its points have not
    whole = timed.curve_points.assign(time_min=timed.curve_points["time_min"].astype(int))
    timed.curve_points = whole
    assert len(list(draw_all(timed, kinds=("dose_response",)))) == 2


def test_own_axes_name_the_cell_too(timed: SimpleNamespace) -> None:
    mine = [
        getattr(timed, name)[getattr(timed, name)["time_min"] == 20] for name in ("folds", "curve_points", "potencies")
    ]
    axes = plot_dose_response(*mine)
    texts = [text.get_text() for text in axes.figure.findobj(Text)]
    assert any("(time_min 20)" in text for text in texts)


def test_power_and_fits_name_the_cell(timed: SimpleNamespace) -> None:
    folds = timed.folds.assign(is_reference=timed.folds["role"] == "maximum")
    names = set(power_table(folds, group_by=["time_min"])["name"])
    assert names >= {"STAT3 Y705 P/S time_min 10", "STAT3 Y705 P/S time_min 20"}
    assert all(name.endswith((" time_min 10", " time_min 20")) for name in names)
    fits = fit_dose_response(folds, group_by=["time_min"])
    assert "time_min 10" in repr(fits.fits[0])
    assert "<th>time_min</th>" in fits._repr_html_()
