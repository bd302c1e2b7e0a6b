"""Cut pieces of one membrane: pictures of strips that differ in size share their lanes by number."""

from __future__ import annotations

import dataclasses
from pathlib import Path

import pandas as pd
import pytest
import tifffile

from blotquant.errors import DetectionError
from blotquant.pipeline import quantify
from blotquant.pipeline.pieces import check_pieces
from blotquant.settings import from_mapping
from blotquant.synthetic import draw_level, simulate_study
from blotquant.synthetic.studies import Design

QUICK = from_mapping({"report": {"sensitivity": False}})


def study(folder: Path, *, cols: int | None = None, mode: str = "cut") -> Path:
    """One membrane of five lanes, and its loading control on a piece that is 220 px high."""
    design = Design(replicates=1, doses=(10.0, 100.0, 1000.0))
    simulate_study(folder, seed=4, design=design, shape=(300, 420))
    images = pd.read_csv(folder / "images.csv")
    total = tifffile.imread(folder / images.loc[images["form"] == "total", "image"].iloc[0])
    tifffile.imwrite(folder / "piece.tif", total[:220, :cols])
    piece = {**images.iloc[0], "image": "piece.tif", "target": "ACTB", "site": "", "form": "loading"}
    pd.concat([images, pd.DataFrame([piece])]).assign(mode=mode).to_csv(folder / "images.csv", index=False)
    return folder


def test_a_loading_control_on_a_cut_piece_serves_the_lanes_of_the_same_number(tmp_path: Path) -> None:
    found = quantify(study(tmp_path / "cut"), settings=QUICK)
    assert found.lanes.groupby("image")["lane"].nunique().tolist() == [5, 5, 5]
    table = found.ratios.pivot_table(index="lane", columns="quantity", values="ratio")
    assert {"P/S", "P/L", "S/L"} <= set(table)
    pd.testing.assert_series_equal(table["P/L"] / table["S/L"], table["P/S"], check_names=False, rtol=1e-6)


def test_images_of_other_sizes_that_are_not_said_to_be_pieces_are_refused(tmp_path: Path) -> None:
    with pytest.raises(DetectionError, match="say mode cut if they are pieces"):
        quantify(study(tmp_path / "unsaid", mode=""), settings=QUICK)


def test_pieces_that_show_other_numbers_of_lanes_are_refused() -> None:
    drawn = [dataclasses.replace(draw_level("clean", seed=1, n_lanes=5).blot, name=name) for name in ("a", "b")]
    pieces = [[(blot, blot)] for blot in drawn]
    same = pd.DataFrame({"image": ["a"] * 5 + ["b"] * 5, "lane": [*range(5)] * 2})
    check_pieces(pieces, same, "m")
    with pytest.raises(DetectionError, match="membrane 'm': a shows 5 lanes and b, another piece of it, 4; give"):
        check_pieces(pieces, same.iloc[:9], "m")
