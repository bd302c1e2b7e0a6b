"""The level that a run was made with is the one that its pages, figures and terminal name."""

from __future__ import annotations

import io
import re
import sys
from pathlib import Path
from types import SimpleNamespace

import matplotlib as mpl
import pytest
from matplotlib.figure import Figure
from matplotlib.text import Text

from blotquant.batch.summary import Summary
from blotquant.cli.console import Console
from blotquant.cli.showing import show_summary
from blotquant.figures import draw_all
from blotquant.report import render
from blotquant.report.worries import general_warnings
from blotquant.result import Result
from blotquant.settings import Settings, override
from blotquant.tables import TABLES
from tests.drawn_result import Plan, drawn_result

FIXED = ("mass [kDa] (95 %)",)
"""Heads of what is at 95 % whatever the setting."""


@pytest.fixture
def at_80() -> SimpleNamespace:
    result = drawn_result(Plan(pictures=False))
    result.settings = override(Settings(), ["comparison.level=0.8"])
    return result


def levels(text: str) -> set[str]:
    for fixed in FIXED:
        text = text.replace(fixed, "")
    return set(re.findall(r"([\d.]+ %) (?:interval|band|limit)", text))


def written(figure: Figure) -> str:
    return " | ".join(text.get_text().replace("\n", " ") for text in figure.findobj(Text))


def test_the_page_names_the_level_that_was_asked_for(at_80: SimpleNamespace) -> None:
    assert levels(render(at_80)) == {"80 %"}
    at_80.potencies = at_80.potencies.iloc[:0]  # then comparisons are the answer
    assert levels(render(at_80)) == {"80 %"}


def test_figures_and_their_legends_name_it_too(at_80: SimpleNamespace) -> None:
    drawn = list(draw_all(at_80, kinds=("dose_response", "groups", "sensitivity")))
    assert [levels(each.caption) for each in drawn] == [{"80 %"}] * 3
    assert [levels(written(each.figure)) for each in drawn[1:]] == [{"80 %"}] * 2


def test_a_result_in_a_notebook_draws_at_its_own_level(at_80: SimpleNamespace) -> None:
    tables = {name: getattr(at_80, name) for name in TABLES}
    result = Result(**tables, settings=at_80.settings)
    with mpl.rc_context():
        for axes in (result.plot_groups(), result.plot_sensitivity()):
            assert levels(written(axes.get_figure(root=True))) == {"80 %"}


def test_the_terminal_names_it(at_80: SimpleNamespace, monkeypatch: pytest.MonkeyPatch) -> None:
    said = io.StringIO()
    monkeypatch.setattr(sys, "stdout", said)
    show_summary(Console(), Summary(0, 0, 0, 0, {}, (), at_80.potencies, Path("r.html"), level=0.8))
    assert levels(said.getvalue()) == {"80 %"}


def test_the_meanings_of_columns_speak_of_the_setting_and_of_95_only_where_it_is_fixed() -> None:
    fixed = {column.name for table in TABLES.values() for column in table.every if "95 %" in column.meaning}
    assert fixed == {"mass_low", "mass_high"}
    limits = [column for table in TABLES.values() for column in table.every if column.name in ("ci_low", "wald_high")]
    assert limits
    assert all("comparison.level" in column.meaning for column in limits)


def test_a_total_moves_where_the_level_that_was_asked_for_says_so(at_80: SimpleNamespace) -> None:
    at_80.tests = at_80.tests.assign(quantity="S", site="", p_adjusted=[1.0] * 6 + [0.1])
    assert any("moves total STAT3 itself (p = 0.1)" in text for text in general_warnings(at_80))
    at_80.settings = Settings()
    assert not any("moves total" in text for text in general_warnings(at_80))
