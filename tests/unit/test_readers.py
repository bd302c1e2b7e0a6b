"""read_blot(), read_channels() and explain(): names, regions, hashes, and errors on one line."""

from __future__ import annotations

import hashlib
import pickle
from pathlib import Path

import numpy as np
import pytest
import tifffile

from blotquant.errors import ReadError
from blotquant.readers import READERS, explain, read_blot, read_channels


@pytest.fixture
def counts() -> np.ndarray:
    return np.arange(600, dtype=np.uint16).reshape(20, 30)


@pytest.fixture
def path(tmp_path: Path, counts: np.ndarray) -> Path:
    tifffile.imwrite(tmp_path / "pSTAT3.tif", counts)
    return tmp_path / "pSTAT3.tif"


def test_a_blot_knows_its_file_and_the_files_hash(path: Path) -> None:
    blot = read_blot(path)

    assert (blot.name, blot.source.path) == ("pSTAT3.tif", str(path))
    assert blot.source.sha256 == hashlib.sha256(path.read_bytes()).hexdigest()
    assert blot.source.reader == "tiff"


def test_a_blot_is_named_as_asked_and_by_channel_and_region_otherwise(path: Path) -> None:
    assert read_blot(path, name="m1/p.tif", region="0:5,0:5").name == "m1/p.tif"
    assert read_blot(path, region="0:5,0:5").name == "pSTAT3.tif@0:5,0:5"
    assert read_blot(path, channel="1").name == "pSTAT3.tif#1"


@pytest.mark.parametrize(
    ("region", "box"),
    [("2:8,5:25", (2, 8, 5, 25)), (":8,5:", (0, 8, 5, 30)), (" 2 : 20 , : ", (2, 20, 0, 30))],
)
def test_a_region_keeps_its_place_in_the_file(
    path: Path, counts: np.ndarray, region: str, box: tuple[int, int, int, int]
) -> None:
    top, bottom, left, right = box
    blot = read_blot(path, region=region)

    assert (blot.pixels == counts[top:bottom, left:right]).all()
    assert (blot.frame.rows, blot.frame.cols, blot.frame.top, blot.frame.left) == (20, 30, top, left)
    assert blot.frame.to_file(0, 0) == (top, left)


@pytest.mark.parametrize("region", ["2:8", "left", "8:2,0:5", "0:5,0:31", "0:-3,0:4"])
def test_a_region_that_is_no_box_in_the_picture_is_refused(path: Path, region: str) -> None:
    with pytest.raises(ReadError, match=f"region {region!r}"):
        read_blot(path, region=region)


def test_the_limits_of_the_detector_are_told_from_the_whole_picture_also_for_a_region(tmp_path: Path) -> None:
    pixels = np.random.default_rng(1).integers(0, 3000, (40, 50)).astype(np.uint16)
    pixels[20:24, 20:24] = 50_000
    tifffile.imwrite(tmp_path / "a.tif", pixels)

    assert read_blot(tmp_path / "a.tif", region="0:10,0:10").ceiling == 50_000.0


def test_reading_does_not_touch_the_file_and_the_blot_can_be_sent_to_a_worker(path: Path) -> None:
    before = path.read_bytes()
    blot = pickle.loads(pickle.dumps(read_blot(path)))

    assert path.read_bytes() == before
    assert blot.source.tags["ImageWidth"] == 30


def test_a_file_that_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(ReadError, match=r"nothere\.tif: there is no such file"):
        read_blot(tmp_path / "nothere.tif")


def test_a_folder_is_no_file(tmp_path: Path) -> None:
    with pytest.raises(ReadError, match="is a folder, and not that of one acquisition"):
        read_blot(tmp_path)


@pytest.mark.parametrize("ending", [".tif", ".1sc", ".png", ".scn", ".gel", ".zip", ".txt", ""])
def test_an_empty_file_is_told_as_such_whatever_its_ending(tmp_path: Path, ending: str) -> None:
    (tmp_path / f"a{ending}").write_bytes(b"")

    with pytest.raises(ReadError, match=r"empty \(0 bytes\)"):
        read_blot(tmp_path / f"a{ending}")


def test_a_text_named_tif_is_no_picture(tmp_path: Path) -> None:
    (tmp_path / "a.tif").write_text("lane,intensity\n1,3\n")

    with pytest.raises(ReadError, match="not a picture of a known kind"):
        read_blot(tmp_path / "a.tif")


def test_content_beats_the_ending(path: Path, counts: np.ndarray) -> None:
    other = path.rename(path.with_suffix(".png"))

    assert (read_blot(other).pixels == counts).all()


@pytest.mark.parametrize("name", ["a\nb.tif", "<script>.tif", "=cmd().tif", "日本 µ.tif", 'it\'s "q".tif'])
def test_any_file_name_gives_an_error_on_one_line(tmp_path: Path, name: str) -> None:
    (tmp_path / name).write_bytes(b"II*\0 but nothing more")

    with pytest.raises(ReadError) as caught:
        read_blot(tmp_path / name)
    assert "\n" not in str(caught.value)
    assert name.replace("\n", "?") in str(caught.value)


def test_any_file_name_can_be_read(tmp_path: Path, counts: np.ndarray) -> None:
    for name in ("a\nb.tif", "<script>.tif", "日本 µ.tif"):
        tifffile.imwrite(tmp_path / name, counts)
        assert read_blot(tmp_path / name).name == name


def test_all_channels_of_a_single_picture_are_one_blot(path: Path) -> None:
    assert [blot.name for blot in read_channels(path)] == ["pSTAT3.tif"]


def test_a_colour_overlay_among_pages_is_refused(tmp_path: Path) -> None:
    page = np.zeros((40, 60, 3), np.uint8)
    page[10:14, 5:40, 0] = 250
    page[25:29, 20:55, 1] = 250
    page += np.random.default_rng(0).integers(0, 9, page.shape).astype(np.uint8)
    with tifffile.TiffWriter(tmp_path / "a.tif") as tif:
        tif.write(page, photometric="rgb")
        tif.write(page[..., 0], photometric="minisblack")

    with pytest.raises(ReadError, match="page 1 is an overlay"):
        read_channels(tmp_path / "a.tif")


def test_who_takes_a_file_and_why_the_others_do_not_is_explained(path: Path) -> None:
    table = explain(path)

    assert list(table.columns) == ["reader", "takes", "reason"]
    assert list(table["reader"]) == list(READERS)
    assert list(table.loc[table["takes"], "reader"]) == ["tiff"]
    assert all(table["reason"].str.len() > 10)


def test_an_unusual_ending_and_a_second_taker_are_explained(tmp_path: Path, path: Path) -> None:
    from tests.written_files import write_gel

    odd = explain(path.rename(path.with_suffix(".dat"))).set_index("reader")
    gel = explain(write_gel(tmp_path / "a.gel", np.ones((9, 9), np.uint16))).set_index("reader")

    assert "the ending .dat is unusual" in odd.loc["tiff", "reason"]
    assert gel.loc["tiff", "reason"] == "it could, but amersham_gel is asked first"
    assert list(gel.index[gel["takes"]]) == ["amersham_gel"]


def test_an_empty_file_is_not_explained(tmp_path: Path) -> None:
    (tmp_path / "a.tif").write_bytes(b"")

    with pytest.raises(ReadError, match="empty"):
        explain(tmp_path / "a.tif")


def test_memory_for_a_large_picture_stays_under_sixteen_bytes_a_pixel(tmp_path: Path) -> None:
    import tracemalloc

    pixels = np.random.default_rng(0).integers(500, 900, (2000, 3000)).astype(np.uint16)
    tifffile.imwrite(tmp_path / "a.tif", pixels)
    tracemalloc.start()
    blot = read_blot(tmp_path / "a.tif")
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()

    assert blot.shape == pixels.shape
    assert peak / pixels.size < 16
