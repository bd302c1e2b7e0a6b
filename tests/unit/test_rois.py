"""ImageJ ROI sets: boxes come back as they were written, and what is no set is refused."""

from __future__ import annotations

import zipfile
from pathlib import Path

import pandas as pd
import pytest
from roifile import ROI_TYPE, ImagejRoi

from blotquant.blot import Frame
from blotquant.conditions import complete
from blotquant.corrections import corrections_from_rois
from blotquant.errors import TableError
from blotquant.rois import read_rois, rois_bytes

BANDS = pd.DataFrame(
    [
        {"image": "a", "lane": 1, "band": "1", "top": 10, "bottom": 20, "left": 5, "right": 25},
        {"image": "a", "lane": 2, "band": "1", "top": 12, "bottom": 22, "left": 35, "right": 55},
        {"image": "a", "lane": 2, "band": "2", "top": 40, "bottom": 50, "left": 35, "right": 40000},
    ]
)
LANES = pd.DataFrame(
    [
        {"image": "a", "lane": 1, "left": 4.0, "right": 26.0, "top": 0.0, "bottom": 60.0},
        {"image": "a", "lane": 2, "left": 34.0, "right": 56.0, "top": 0.0, "bottom": 60.0},
    ]
)


def written(path: Path, *rois: ImagejRoi) -> Path:
    with zipfile.ZipFile(path, "w") as archive:
        for roi in rois:
            archive.writestr(f"{roi.name}.roi", roi.tobytes())
    return path


def rectangle(name: str, top: int, bottom: int, left: int, right: int) -> ImagejRoi:
    return ImagejRoi(roitype=ROI_TYPE.RECT, name=name, top=top, bottom=bottom, left=left, right=right)


def test_boxes_and_names_come_back_as_they_were_written_also_beyond_16_bits(tmp_path: Path) -> None:
    (tmp_path / "a.zip").write_bytes(rois_bytes(BANDS))
    back = read_rois(tmp_path / "a.zip")
    assert back["name"].tolist() == ["lane 1 band 1", "lane 2 band 1", "lane 2 band 2"]
    edges = ["top", "bottom", "left", "right"]
    assert back[edges].to_numpy().tolist() == BANDS[edges].to_numpy().tolist()


def test_the_same_boxes_give_the_same_bytes() -> None:
    assert rois_bytes(BANDS) == rois_bytes(BANDS)


def test_a_single_roi_is_read_and_a_polygon_gives_the_box_around_it(tmp_path: Path) -> None:
    polygon = ImagejRoi.frompoints([[10, 5], [30, 8], [20, 25]], name="drawn by hand")
    (tmp_path / "one.roi").write_bytes(polygon.tobytes())
    (row,) = read_rois(tmp_path / "one.roi").to_dict("records")
    assert (row["name"], row["left"], row["top"]) == ("drawn by hand", 10, 5)
    assert (row["right"], row["bottom"]) == (31, 26)  # half-open: the last point lies inside


@pytest.mark.parametrize("data", [b"", b"PK", b"Iout", b"II*\0" + b"\0" * 100])
def test_what_is_no_set_of_boxes_is_refused_by_name(data: bytes, tmp_path: Path) -> None:
    (tmp_path / "bad.roi").write_bytes(data)
    with pytest.raises(TableError, match=r"bad\.roi: cannot be read as a set of ImageJ ROIs"):
        read_rois(tmp_path / "bad.roi")


def test_a_roi_without_an_area_is_refused_by_its_name(tmp_path: Path) -> None:
    with pytest.raises(TableError, match="'thin' has no area"):
        read_rois(written(tmp_path / "a.zip", rectangle("thin", 10, 10, 5, 9)))


def test_a_set_without_a_roi_is_refused(tmp_path: Path) -> None:
    with pytest.raises(TableError, match="holds no ROI"):
        read_rois(written(tmp_path / "none.zip"))


def edits(path: Path) -> list[list[object]]:
    bands = complete(BANDS.astype(dict.fromkeys(["top", "bottom", "left", "right"], float)), "bands")
    found = corrections_from_rois(read_rois(path), "a", LANES, bands, Frame(60, 60), who="Fiji")
    return found[["lane", "band", "action", "old", "new"]].to_numpy().tolist()


def test_a_named_box_moves_its_band_and_one_that_lies_where_it_was_is_no_edit(tmp_path: Path) -> None:
    path = written(
        tmp_path / "a.zip", rectangle("lane 1 band 1", 10, 20, 5, 25), rectangle("lane 2 band 1", 11, 21, 35, 55)
    )
    assert edits(path) == [[2, "1", "move", "12:22,35:55", "11:21,35:55"]]


def test_a_box_without_a_known_name_finds_lane_and_row_by_where_it_lies(tmp_path: Path) -> None:
    path = written(tmp_path / "a.zip", rectangle("0042-0015", 41, 51, 6, 24), rectangle("x", 25, 33, 36, 54))
    assert edits(path) == [[1, "2", "add", "", "41:51,6:24"], [2, "3", "add", "", "25:33,36:54"]]


def test_a_box_beside_every_lane_is_refused(tmp_path: Path) -> None:
    with pytest.raises(TableError, match="lies on no lane"):
        edits(written(tmp_path / "a.zip", rectangle("far", 10, 20, 57, 60)))
