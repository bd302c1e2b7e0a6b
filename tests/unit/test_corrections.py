"""Edits of lanes and bands on hand-made tables: answers known by hand, upright and turned."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from blotquant.blot import Frame
from blotquant.conditions import complete
from blotquant.corrections import apply_corrections, read_corrections
from blotquant.corrections.boxes import parse_box
from blotquant.errors import TableError
from blotquant.geometry import to_file
from blotquant.tables import TABLES, check, to_csv_bytes

UPRIGHT = Frame(60, 90)
BOX = ["top", "bottom", "left", "right"]


def tables(frame: Frame = UPRIGHT) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Three lanes of two rows, drawn upright, in pixels of the file."""
    lanes, bands = [], []
    for lane, col in ((1, 15.0), (2, 45.0), (3, 75.0)):
        box = {"top": 0.0, "bottom": 60.0, "left": col - 9.5, "right": col + 10.5}
        lanes.append({"image": "a", "lane": lane, "centre": col, "width": 20.0, "tilt": 0.0, "confidence": 1.0,
                      "curve": f"0.00:{col:.2f} 59.00:{col:.2f}", "reason": "", "flags": "", **box})  # fmt: skip
        for band, row in (("1", 20.0 + lane), ("2", 40.0 + lane)):
            box = {"top": row - 5.5, "bottom": row + 6.5, "left": col - 9.5, "right": col + 10.5}
            bands.append({"image": "a", "lane": lane, "band": band, "centre_row": row, "centre_col": col, "lean": 0.0,
                          "sigma": 2.0, "score": 40.0, **box,
                          "curve": " ".join(f"{row:.2f}:{col + by:.2f}" for by in (-10, 0, 10))})  # fmt: skip
    full = check(complete(pd.DataFrame(bands), "bands"), "bands")
    return to_file(check(pd.DataFrame(lanes), "lanes"), frame), to_file(full, frame)


def edits(*rows: dict[str, Any]) -> pd.DataFrame:
    common = {"image": "a", "what": "band", "band": "", "old": "", "new": "", "who": "Ada", "when": "", "why": "seen"}
    return check(pd.DataFrame([{**common, **row} for row in rows]), "corrections")


def applied(*rows: dict[str, Any], frame: Frame = UPRIGHT) -> tuple[pd.DataFrame, pd.DataFrame]:
    done = apply_corrections(*tables(frame), edits(*rows), {"a": frame})
    return done.lanes, done.bands.set_index(["lane", "band"])


def text(row: pd.Series[Any]) -> str:
    return "{:.10g}:{:.10g},{:.10g}:{:.10g}".format(*row[BOX])


def test_centre_curve_and_thickness_follow_a_box() -> None:
    _, bands = applied({"lane": 2, "band": "1", "action": "move", "old": "16.5:28.5,35.5:55.5", "new": "14:38,30:70"})
    band = bands.loc[(2, "1")]
    assert band[BOX].tolist() == [14, 38, 30, 70]
    assert (band["centre_row"], band["centre_col"], band["sigma"]) == (25.5, 49.0, 4.0)
    assert band["curve"] == "25.50:29.00 25.50:49.00 25.50:69.00"
    assert np.isnan(band["score"])
    assert band["flags"] == "edited"
    assert bands.drop((2, "1"))["flags"].eq("").all()


@pytest.mark.parametrize("frame", [Frame(60, 90), Frame(60, 90, mirror=True), Frame(90, 60, turns=1),
                                   Frame(60, 90, turns=2), Frame(90, 60, turns=3, mirror=True)])  # fmt: skip
def test_an_edit_in_pixels_of_the_file_moves_the_curve_there_too_however_the_picture_lies(frame: Frame) -> None:
    _, bands = tables(frame)
    row = bands[(bands["lane"] == 2) & (bands["band"] == "1")].iloc[0]
    shifted = row[BOX] + [3, 3, -2, -2]
    _, after = applied({"lane": 2, "band": "1", "action": "move", "old": text(row), "new": text(shifted)}, frame=frame)
    band = after.loc[(2, "1")]
    assert band[BOX].tolist() == shifted.tolist()
    assert (band["centre_row"], band["centre_col"]) == (row["centre_row"] + 3, row["centre_col"] - 2)
    points = [[float(n) for n in point.split(":")] for point in row["curve"].split()]
    assert band["curve"] == " ".join(f"{r + 3:.2f}:{c - 2:.2f}" for r, c in points)


@pytest.mark.parametrize("new", ["-50:20,0:30", "20:40,95:120", "70:90,10:30", "10:30,-30:10"])
@pytest.mark.parametrize("edit", [{"lane": 2, "band": "1", "action": "move", "old": "16.5:28.5,35.5:55.5"},
                                  {"lane": 2, "band": "3", "action": "add"},
                                  {"what": "lane", "lane": 4, "action": "add"}])  # fmt: skip
def test_a_box_that_lies_mostly_outside_the_picture_is_refused_by_its_row(edit: dict[str, Any], new: str) -> None:
    with pytest.raises(TableError, match=f"row 2 .*box {new} lies outside the picture, which is 0:60,0:90"):
        applied({**edit, "new": new})


@pytest.mark.parametrize(("frame", "new", "cut"), [
    (UPRIGHT, "-2:12,70:95", [0, 12, 70, 90]),
    (Frame(90, 60, turns=1), "70:95,50:62", [70, 90, 50, 60]),
])  # fmt: skip
def test_a_box_dragged_over_the_edge_ends_there(frame: Frame, new: str, cut: list[float]) -> None:
    _, bands = applied({"lane": 3, "band": "7", "action": "add", "new": new}, frame=frame)
    assert bands.loc[(3, "7"), BOX].tolist() == cut


def test_a_lane_takes_its_bands_along_and_stretches_them_but_leaves_their_rows() -> None:
    lanes, bands = applied({"what": "lane", "lane": 3, "action": "move", "old": "0:60,65.5:85.5", "new": "0:60,60:90"})
    assert lanes.loc[2, ["left", "right", "width"]].tolist() == [60, 90, 30.0]
    before = tables()[1].set_index(["lane", "band"])
    for band in ("1", "2"):
        assert bands.loc[(3, band), "right"] - bands.loc[(3, band), "left"] == pytest.approx(30, abs=0.5)
        assert bands.loc[(3, band), "centre_row"] == before.loc[(3, band), "centre_row"]
    assert bands.loc[[(1, "1"), (2, "2")], "flags"].eq("").all()


def test_a_band_may_be_moved_beside_its_lane_in_one_file() -> None:
    _, bands = applied(
        {"what": "lane", "lane": 3, "action": "move", "old": "0:60,65.5:85.5", "new": "0:60,67.5:87.5"},
        {"lane": 3, "band": "1", "action": "move", "old": "17.5:29.5,65.5:85.5", "new": "18:30,69:89"},
    )
    assert bands.loc[(3, "1"), BOX].tolist() == [18, 30, 69, 89]


def test_a_new_lane_expects_every_row_between_its_neighbours() -> None:
    lanes, bands = applied({"what": "lane", "lane": 4, "action": "add", "new": "0:60,22:38"})
    assert lanes["lane"].tolist() == [1, 2, 3, 4]
    assert lanes.loc[3, "reason"] == "added by hand"
    new = bands.loc[4]
    assert new.index.tolist() == ["1", "2"]
    # column 29.5 lies between lane 1 (column 15, row 21) and lane 2 (column 45, row 22)
    assert new["centre_row"].tolist() == pytest.approx([21.5, 41.5], abs=0.1)
    assert new[["left", "right"]].to_numpy().tolist() == [[22, 38], [22, 38]]
    assert not new["detected"].any()


def test_lanes_change_their_numbers_all_at_once() -> None:
    lanes, bands = applied(
        {"what": "lane", "lane": 1, "action": "rename", "old": "1", "new": "3"},
        {"what": "lane", "lane": 3, "action": "rename", "old": "3", "new": "1"},
    )
    assert lanes.set_index("lane")["centre"].to_dict() == {1: 75.0, 2: 45.0, 3: 15.0}
    assert bands.loc[(1, "1"), "centre_col"] == 75.0


def test_a_lane_that_is_deleted_takes_its_bands_with_it() -> None:
    lanes, bands = applied({"what": "lane", "lane": 2, "action": "delete", "old": "0:60,35.5:55.5"})
    assert lanes["lane"].tolist() == [1, 3]
    assert set(bands.index.get_level_values("lane")) == {1, 3}


def test_tables_that_are_given_are_not_changed() -> None:
    lanes, bands = tables()
    copies = lanes.copy(), bands.copy()
    rows = edits({"what": "lane", "lane": 2, "action": "exclude"}, {"lane": 1, "band": "2", "action": "exclude"})
    done = apply_corrections(lanes, bands, rows, {"a": UPRIGHT})
    pd.testing.assert_frame_equal(lanes, copies[0])
    pd.testing.assert_frame_equal(bands, copies[1])
    assert (done.bands["flags"] == "edited;excluded").tolist() == [False, True, True, True, False, False]
    assert done.corrections.columns.tolist() == TABLES["corrections"].names


def test_a_wrong_edit_is_named_by_its_row_as_a_spreadsheet_shows_it(tmp_path: Path) -> None:
    path = tmp_path / "corrections.csv"
    rows = edits({"lane": 1, "band": "1", "action": "exclude"}, {"lane": 1, "band": "1", "action": "burn"})
    path.write_bytes(to_csv_bytes(rows))
    with pytest.raises(TableError, match="row 3, column 'action': 'burn'"):
        read_corrections(path)


def test_an_error_names_the_row_of_the_file_and_what_is_there() -> None:
    with pytest.raises(TableError, match=r"row 3 \(move of lane 9, band 1 in 'a'\).*it has lanes 1, 2, 3"):
        applied({"lane": 1, "band": "1", "action": "exclude"},
                {"lane": 9, "band": "1", "action": "move", "old": "1:2,1:2", "new": "1:2,1:2"})  # fmt: skip


@pytest.mark.parametrize("box", ["", "1:2", "5:5,1:2", "1:2,9:3", "a:b,c:d", "1:2,3:4,5:6"])
def test_what_is_no_box_is_none(box: str) -> None:
    assert parse_box(box, UPRIGHT) is None
