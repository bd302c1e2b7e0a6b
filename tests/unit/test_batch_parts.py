"""What is done is kept whole, found again, and known by what it was made from."""

from __future__ import annotations

from pathlib import Path

import pandas as pd
import pytest

from blotquant.batch.manifest import find_images
from blotquant.batch.parts import Part, is_part, open_part, part_path, unit_key, write_part
from blotquant.blot import Frame
from blotquant.errors import OutputError
from blotquant.figures.pictures import Picture
from blotquant.tables import check, empty, to_csv_bytes


@pytest.fixture
def part() -> Part:
    lanes = empty("lanes").reindex([0, 1]).assign(image="a.tif", lane=[1, 2], left=[1 / 3, 20.0])
    picture = Picture("a.tif", b"png", 0.5, Frame(4, 6, turns=1, mirror=True), 1.5, 2.5)
    return Part({"lanes": check(lanes, "lanes")}, {"a.tif": picture}, {"inputs": {"a.tif": "ab"}, "warnings": ["µ"]})


def test_a_part_comes_back_as_it_was_kept(part: Part, tmp_path: Path) -> None:
    write_part(part, tmp_path / "new" / "p.zip")

    back = open_part(tmp_path / "new" / "p.zip")

    assert back.csv == {"lanes": to_csv_bytes(part.tables["lanes"])}
    assert dict(back.pictures) == dict(part.pictures)
    assert back.record == part.record


def test_the_same_part_has_the_same_bytes(part: Part, tmp_path: Path) -> None:
    for name in ("one.zip", "two.zip"):
        write_part(part, tmp_path / name)

    assert (tmp_path / "one.zip").read_bytes() == (tmp_path / "two.zip").read_bytes()


def test_a_part_that_was_cut_or_is_not_there_is_none(part: Part, tmp_path: Path) -> None:
    path = tmp_path / "p.zip"
    assert not is_part(path)
    write_part(part, path)
    assert is_part(path)
    path.write_bytes(path.read_bytes()[:-40])

    assert not is_part(path)
    with pytest.raises(OutputError, match="run again with --resume"):
        open_part(path)


def test_a_part_with_a_hole_in_it_as_a_machine_that_went_down_leaves_is_done_anew(part: Part, tmp_path: Path) -> None:
    path = tmp_path / "p.zip"
    write_part(part, path)
    data = bytearray(path.read_bytes())
    data[60:80] = bytes(20)
    path.write_bytes(data)

    assert not is_part(path)


def test_parts_are_spread_over_folders() -> None:
    assert part_path(Path("kept"), "abcdef") == Path("kept/ab/abcdef.zip")


def test_pictures_are_read_when_they_are_asked_for(part: Part, tmp_path: Path) -> None:
    write_part(part, tmp_path / "p.zip")
    pictures = open_part(tmp_path / "p.zip").pictures
    assert pictures["a.tif"].png == b"png"
    (tmp_path / "p.zip").unlink()

    assert list(pictures) == ["a.tif"]
    assert len(pictures) == 1
    with pytest.raises(FileNotFoundError):
        _ = pictures["a.tif"]


def test_a_part_that_cannot_be_written_leaves_nothing_behind(part: Part, tmp_path: Path) -> None:
    (tmp_path / "kept").write_text("a file where the folder should be")

    with pytest.raises(OutputError, match="cannot be written"):
        write_part(part, tmp_path / "kept" / "p.zip")

    assert [path.name for path in tmp_path.iterdir()] == ["kept"]


def test_a_unit_is_known_by_bytes_row_and_settings(tmp_path: Path) -> None:
    (tmp_path / "a.tif").write_bytes(b"one")
    found = find_images([str(tmp_path / "a.tif")])

    def key(images: pd.DataFrame = found.images, settings: str = "joint") -> str:
        return unit_key(tmp_path, images.to_dict("records"), {"background": settings})

    first = key()
    assert key() == first
    assert key(settings="line") != first
    assert key(found.images.assign(n_lanes=9.0)) != first
    (tmp_path / "a.tif").write_bytes(b"two")
    assert key() != first
    (tmp_path / "a.tif").unlink()
    gone = key()
    assert gone not in (first, key(found.images.assign(n_lanes=9.0)))


def test_a_folder_that_is_one_acquisition_is_known_by_all_its_files(tmp_path: Path) -> None:
    scan = tmp_path / "scan.zip"
    scan.mkdir()
    (scan / "700.tif").write_bytes(b"one")
    images = pd.DataFrame({"image": ["scan.zip"], "file": ["scan.zip"]})
    first = unit_key(tmp_path, images.to_dict("records"), {})

    (scan / "800.tif").write_bytes(b"two")

    assert unit_key(tmp_path, images.to_dict("records"), {}) != first
