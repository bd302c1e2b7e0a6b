"""Edits of lanes.csv and bands.csv in a spreadsheet, seen by marks: what follows, what stands, what is told."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import pytest

from blotquant.blot import Frame
from blotquant.corrections import Corrected, apply_corrections, edits_by_hand
from blotquant.errors import TableError
from blotquant.geometry import geometry_marks
from tests.unit.test_corrections import BOX, UPRIGHT, edits, tables, text

FRAMES = [UPRIGHT, Frame(60, 90, mirror=True), Frame(90, 60, turns=1), Frame(90, 60, turns=3, mirror=True)]


def place(table: pd.DataFrame, lane: int, band: str = "") -> Any:
    return table.index[(table["lane"] == lane) & (table["band"] == band if band else True)][0]


def shifted(curve: str, rows: float = 0.0, cols: float = 0.0) -> str:
    points = [[float(n) for n in point.split(":")] for point in curve.split()]
    return " ".join(f"{r + rows:.2f}:{c + cols:.2f}" for r, c in points)


class Sheets:
    """The tables of three lanes as written, to be edited."""

    def __init__(self, frame: Frame = UPRIGHT) -> None:
        self.frame = frame
        self.lanes, self.bands = tables(frame)
        self.marks = geometry_marks(self.lanes, self.bands)

    def seen(self) -> Corrected:
        return edits_by_hand(self.lanes, self.bands, self.marks, {"a": self.frame})

    def shift_lane(self, lane: int, along: str, by: float, *columns: str) -> None:
        """Shift a lane by columns or by rows of the file, in the columns named."""
        index = place(self.lanes, lane)
        for column in columns:
            if column == "curve":
                curve = shifted(self.lanes.loc[index, "curve"], **{along: by})
                self.lanes.loc[index, "curve"] = curve
            else:
                self.lanes.loc[index, column] += by


def test_tables_that_were_not_edited_are_returned_as_they_are() -> None:
    sheets = Sheets()
    sheets.lanes["tilt"] = -0.0  # of which a spreadsheet knows no sign
    done = sheets.seen()
    assert done.lanes is sheets.lanes
    assert done.corrections.empty
    sheets.shift_lane(2, "cols", 5, "left", "right")
    assert edits_by_hand(sheets.lanes, sheets.bands, {}, {}).lanes is sheets.lanes


@pytest.mark.parametrize("frame", FRAMES)
@pytest.mark.parametrize("with_line", [False, True])
def test_a_lane_that_was_moved_takes_its_bands_along_as_a_correction_does(frame: Frame, with_line: bool) -> None:
    sheets = Sheets(frame)
    old = text(sheets.lanes.loc[place(sheets.lanes, 2)])
    edges = ("top", "bottom") if frame.turns % 2 else ("left", "right")
    sheets.shift_lane(2, "rows" if frame.turns % 2 else "cols", 5, *edges, *(("centre", "curve") if with_line else ()))
    new = text(sheets.lanes.loc[place(sheets.lanes, 2)])

    done = sheets.seen()

    edit = edits({"what": "lane", "lane": 2, "action": "move", "old": old, "new": new})
    like = apply_corrections(*tables(frame), edit, {"a": frame})
    pd.testing.assert_frame_equal(done.lanes, like.lanes)
    pd.testing.assert_frame_equal(done.bands, like.bands)
    assert done.bands.loc[done.bands["flags"] == "edited", "lane"].tolist() == [2, 2]
    assert done.corrections[["what", "lane", "action", "old", "new"]].to_numpy().tolist() == [
        ["lane", 2, "move", old, new]
    ]
    again = edits_by_hand(done.lanes, done.bands, geometry_marks(done.lanes, done.bands), {"a": frame})
    assert again.corrections.empty


def test_bands_follow_a_line_that_was_bent_each_by_what_it_shifts_at_its_row() -> None:
    sheets = Sheets()
    sheets.lanes.loc[place(sheets.lanes, 2), "curve"] = "0.00:45.00 59.00:50.90"  # a tenth of a pixel a row

    done = sheets.seen()

    bands = done.bands.set_index(["lane", "band"])
    first, second = bands.loc[(2, "1")], bands.loc[(2, "2")]
    assert first[BOX].tolist() == [16.5, 28.5, 37.5, 57.5]
    assert second[BOX].tolist() == [36.5, 48.5, 39.5, 59.5]
    assert (first["centre_col"], second["centre_col"], second["lean"]) == (47.0, 49.0, 0.1)
    assert done.lanes["flags"].tolist() == ["", "edited", ""]
    assert done.lanes["centre"].tolist() == [15.0, 47.95, 75.0]
    assert bands["flags"].tolist() == ["", "", "edited", "edited", "", ""]


def test_a_band_with_a_row_of_its_own_that_was_edited_does_not_follow_its_lane() -> None:
    sheets = Sheets()
    sheets.shift_lane(2, "cols", 5, "left", "right")
    sheets.bands.loc[place(sheets.bands, 2, "1"), ["left", "right"]] = [30.0, 50.0]

    bands = sheets.seen().bands.set_index(["lane", "band"])

    assert bands.loc[(2, "1"), ["left", "right", "centre_col"]].tolist() == [30.0, 50.0, 39.5]
    assert bands.loc[(2, "2"), ["left", "right", "centre_col"]].tolist() == [40.0, 60.0, 49.5]  # whole pixels


def test_a_band_whose_box_alone_was_moved_takes_its_ridge_along_and_one_with_all_moved_stands() -> None:
    sheets = Sheets()
    one, two = place(sheets.bands, 2, "1"), place(sheets.bands, 3, "1")
    sheets.bands.loc[[one, two], ["top", "bottom"]] += 4
    sheets.bands.loc[two, "curve"] = shifted(sheets.bands.loc[two, "curve"], rows=2)

    done = sheets.seen()

    bands = done.bands.set_index(["lane", "band"])
    assert bands.loc[(2, "1"), "curve"] == "26.00:35.00 26.00:45.00 26.00:55.00"
    assert bands.loc[(2, "1"), "centre_row"] == 26.0
    assert bands.loc[(3, "1"), "curve"] == "25.00:65.00 25.00:75.00 25.00:85.00"
    assert bands.loc[(3, "1"), "centre_row"] == 23.0
    assert (bands["flags"] == "edited").sum() == 2
    assert done.corrections["lane"].tolist() == [2, 3]


def test_what_was_deleted_is_on_record_with_its_box_and_a_lane_takes_its_bands_along() -> None:
    sheets = Sheets()
    sheets.bands = sheets.bands.drop(place(sheets.bands, 1, "2"))
    sheets.lanes = sheets.lanes.drop(place(sheets.lanes, 3))

    done = sheets.seen()

    assert list(zip(done.bands["lane"], done.bands["band"], strict=True)) == [(1, "1"), (2, "1"), (2, "2")]
    told = done.corrections[["what", "lane", "band", "action", "old"]].to_numpy().tolist()
    assert told == [["lane", 3, "", "delete", "0:60,65.5:85.5"], ["band", 1, "2", "delete", "35.5:47.5,5.5:25.5"]]


def test_a_lane_that_was_added_expects_every_row_and_a_band_that_was_added_fills_its_box() -> None:
    sheets = Sheets()
    lane = sheets.lanes.iloc[[2]].assign(lane=4, left=86.0, right=90.0)
    band = sheets.bands.iloc[[5]].assign(band="3", top=50.0, bottom=58.0)
    sheets.lanes = pd.concat([sheets.lanes, lane], ignore_index=True)
    sheets.bands = pd.concat([sheets.bands, band], ignore_index=True)

    done = sheets.seen()

    assert done.bands.loc[done.bands["lane"] == 4, "band"].tolist() == ["1", "2"]
    new = done.bands.set_index(["lane", "band"]).loc[(3, "3")]
    assert (new["centre_row"], new["flags"]) == (53.5, "edited")
    assert done.lanes["flags"].tolist() == ["", "", "", "edited"]
    assert set(done.corrections["action"]) == {"add"}


@pytest.mark.parametrize(
    ("edit", "said"),
    [
        (lambda s: s.lanes.__setitem__("centre", s.lanes["centre"] + 3), r"lanes.csv: lane 1 of 'a': centre, width"),
        (
            lambda s: s.bands.__setitem__("lane", s.bands["lane"] + 6),
            r"bands.csv: band 1 of lane 7 of 'a': lanes.csv has no such lane",
        ),
        (lambda s: s.lanes.__setitem__("lane", 2), r"lanes.csv: lane 2 of 'a' stands there twice"),
        (lambda s: s.marks.__setitem__("a|1|1", "0123456789ab"), r"run.json: .* make the result anew"),
        (lambda s: s.bands.__setitem__("top", 99.0), r"bands.csv: band 1 of lane 1 of 'a': its box .* is empty"),
    ],
)
def test_an_edit_that_cannot_be_followed_is_refused_by_file_and_row(edit: Any, said: str) -> None:
    sheets = Sheets()
    edit(sheets)
    with pytest.raises(TableError, match=said):
        sheets.seen()


@pytest.mark.parametrize("frame", FRAMES)
def test_a_line_that_was_left_blank_runs_straight_through_the_middle_of_its_box(frame: Frame) -> None:
    sheets = Sheets(frame)
    sheets.lanes.loc[place(sheets.lanes, 2), "curve"] = ""

    done = sheets.seen()

    lanes, bands = tables(frame)
    assert done.lanes["curve"].tolist() == lanes["curve"].tolist()  # they were drawn there
    assert done.lanes["flags"].tolist() == ["", "edited", ""]
    pd.testing.assert_frame_equal(done.bands.drop(columns="flags"), bands.drop(columns="flags"))


@pytest.mark.parametrize(
    ("name", "lane", "band", "column", "value"),
    [
        ("lanes", 3, "", "right", 5000.0),
        ("lanes", 1, "", "left", -1.0),
        ("lanes", 2, "", "bottom", 61.0),
        ("bands", 3, "2", "right", 91.0),
        ("bands", 1, "1", "top", -3.0),
    ],
)
def test_a_box_outside_the_picture_is_refused_by_row_and_column(
    name: str, lane: int, band: str, column: str, value: float
) -> None:
    sheets = Sheets()
    table = getattr(sheets, name)
    table.loc[place(table, lane, band), column] = value
    row = f"band {band} of lane {lane}" if band else f"lane {lane}"
    said = rf"^{name}.csv: {row} of 'a', column '{column}': {value:g} .* 60 rows and 90 columns"
    with pytest.raises(TableError, match=said):
        sheets.seen()


def test_a_box_that_was_found_to_reach_beyond_the_picture_may_stay_there() -> None:
    sheets = Sheets()
    index = place(sheets.bands, 3, "1")
    sheets.bands.loc[index, "right"] = 91.0  # as where images were registered
    sheets.marks = geometry_marks(sheets.lanes, sheets.bands)
    sheets.bands.loc[index, "left"] += 1.0
    assert sheets.seen().bands.loc[index, ["left", "right"]].tolist() == [66.5, 91.0]


@pytest.mark.parametrize(("column", "blank"), [("curve", ""), ("sigma", np.nan), ("centre_row", np.nan)])
def test_a_band_that_was_found_keeps_its_place_cells(column: str, blank: Any) -> None:
    sheets = Sheets()
    sheets.bands.loc[place(sheets.bands, 2, "1"), column] = blank
    with pytest.raises(TableError, match=rf"^bands.csv: band 1 of lane 2 of 'a': column '{column}' is blank; .*"):
        sheets.seen()


def test_a_band_is_named_by_the_number_of_its_row() -> None:
    sheets = Sheets()
    sheets.bands.loc[place(sheets.bands, 2, "1"), "band"] = "new"
    with pytest.raises(TableError, match=r"^bands.csv: band new of lane 2 of 'a': .* whole number"):
        sheets.seen()
