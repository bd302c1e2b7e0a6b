"""A figure of several strips from the command line: measured, gone on with, and quantified by the number of a strip."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from PIL import Image

from tests.cli.conftest import Run
from tests.drawn_figure import page_of, strip


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A study of one figure: phospho above total, six lanes."""
    page = page_of([strip(seed=1, depth=60.0), strip(seed=2, depth=120.0)], (30, 120))
    (tmp_path / "study").mkdir()
    Image.fromarray(page.round().astype(np.uint8)).save(tmp_path / "study" / "fig.png")
    rows = ["image,membrane,target,form,region", "fig.png,m,STAT3,phospho,1", "fig.png,m,STAT3,total,2"]
    (tmp_path / "study" / "images.csv").write_text("\n".join(rows), encoding="utf-8")
    lanes = ["membrane,lane,treatment", *(f"m,{lane},{'vehicle' if lane < 4 else 'drug'}" for lane in range(1, 7))]
    (tmp_path / "study" / "samples.csv").write_text("\n".join(lanes), encoding="utf-8")
    return tmp_path


def test_a_measured_figure_is_gone_on_with_to_the_same_bytes(folder: Path, run: Run) -> None:
    out = folder / "out"
    assert run("measure", folder / "study" / "fig.png", "-o", out, "-q")[0] == 0
    first = (out / "bands.csv").read_bytes()
    assert run("measure", folder / "study" / "fig.png", "-o", out, "--from", "bands", "-q")[0] == 0

    assert (out / "bands.csv").read_bytes() == first
    assert set(pd.read_csv(out / "bands.csv")["image"]) == {"fig.png@1", "fig.png@2"}


def test_a_study_names_its_strips_by_number(folder: Path, run: Run) -> None:
    assert run("quantify", folder / "study", "-o", folder / "out", "-q")[0] == 0
    ratios = pd.read_csv(folder / "out" / "ratios.csv")

    assert len(ratios) == 6
    assert ratios["ratio"].to_numpy() == pytest.approx(0.5, rel=0.08)


def test_inspect_names_each_strip(folder: Path, run: Run) -> None:
    _, out, _ = run("inspect", folder / "study" / "fig.png")

    assert [line for line in out.splitlines() if line.startswith("fig.png")] == ["fig.png@1", "fig.png@2"]
