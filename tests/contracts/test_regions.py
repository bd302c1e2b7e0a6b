"""A box as text is one grammar: images.csv, readers and corrections take and refuse the same texts."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import tifffile

from blotquant.blot import Frame
from blotquant.corrections.boxes import parse_box
from blotquant.corrections.sheet import read_corrections
from blotquant.errors import ReadError, TableError
from blotquant.readers import read_blot
from blotquant.study import read_study
from blotquant.tables import to_csv_bytes
from tests.unit.test_corrections import BOX, applied, edits

ROWS, COLS = 60, 90
WHOLE = {
    "10:20,5:35": (10, 20, 5, 35),
    " 10 : 20 , 5 : 35 ": (10, 20, 5, 35),
    "10:,:35": (10, ROWS, 0, 35),
    ":20,5:": (0, 20, 5, COLS),
    ":,:": (0, ROWS, 0, COLS),
    "10.0:20,5:35": (10, 20, 5, 35),
}
NO_BOX = ["1:2", "5:5,1:2", "1:2,9:3", "a:b,c:d", "1:2,3:4,5:6", "1:2;3:4", "1e1:20,5:35"]
NOT_OF_PIXELS = ["10.5:20,5:35", "-3:20,5:35"]


@pytest.fixture
def study(tmp_path: Path) -> Path:
    tifffile.imwrite(tmp_path / "a.tif", np.arange(ROWS * COLS, dtype=np.uint16).reshape(ROWS, COLS))
    (tmp_path / "samples.csv").write_text("membrane,lane,treatment\nm,1,vehicle\n")
    return tmp_path


def in_study(study: Path, text: str) -> str:
    row = pd.DataFrame({"image": ["a.tif"], "membrane": ["m"], "target": ["T"], "form": ["total"], "region": [text]})
    row.to_csv(study / "images.csv", index=False)
    return str(read_study(study).images["region"].iloc[0])


def in_corrections(folder: Path, text: str) -> pd.DataFrame:
    path = folder / "corrections.csv"
    path.write_bytes(to_csv_bytes(edits({"lane": 1, "band": "1", "action": "move", "old": text, "new": text})))
    return read_corrections(path)


@pytest.mark.parametrize(("text", "box"), WHOLE.items())
def test_a_box_is_taken_by_all_and_an_end_left_out_is_the_pictures(
    text: str, box: tuple[int, ...], study: Path
) -> None:
    top, bottom, left, right = box
    shown = read_blot(study / "a.tif", region=in_study(study, text))
    assert shown.shape == (bottom - top, right - left)
    assert shown.pixels[0, 0] == top * COLS + left
    assert len(in_corrections(study, text)) == 1
    assert tuple(parse_box(text, Frame(ROWS, COLS)).values()) == box


@pytest.mark.parametrize("text", NO_BOX)
def test_what_is_no_box_is_refused_by_all(text: str, study: Path) -> None:
    with pytest.raises(TableError, match="column 'region'"):
        in_study(study, text)
    with pytest.raises(ReadError, match="write it as top:bottom,left:right"):
        read_blot(study / "a.tif", region=text)
    with pytest.raises(TableError, match="is no box"):
        in_corrections(study, text)
    assert parse_box(text, Frame(ROWS, COLS)) is None


@pytest.mark.parametrize("text", NOT_OF_PIXELS)
def test_a_part_of_a_picture_is_of_whole_pixels_and_a_drawn_box_need_not_be(text: str, study: Path) -> None:
    with pytest.raises(TableError, match="whole pixels"):
        in_study(study, text)
    with pytest.raises(ReadError, match="whole pixels"):
        read_blot(study / "a.tif", region=text)
    assert len(in_corrections(study, text)) == 1


def test_a_correction_may_leave_out_an_end_that_is_the_pictures() -> None:
    old = "16.5:28.5,35.5:55.5"
    _, bands = applied({"lane": 2, "band": "1", "action": "move", "old": old, "new": "14:38,30:"})
    assert bands.loc[(2, "1"), BOX].tolist() == [14, 38, 30, COLS]
    _, again = applied({"lane": 1, "band": "1", "action": "add", "new": ":12,:9"} | {"band": "3"})
    assert again.loc[(1, "3"), BOX].tolist() == [0, 12, 0, 9]
