"""A folder with one TIFF a channel, as LI-COR's software keeps an acquisition."""

from __future__ import annotations

from pathlib import Path

import pytest
import tifffile

from blotquant.errors import ReadError
from blotquant.readers import explain, read_blot, read_channels
from tests.sound_files import COUNTS, write_scan_folder


def test_a_scan_folder_is_one_picture_of_several_channels(tmp_path: Path) -> None:
    folder = write_scan_folder(tmp_path)
    both = read_channels(folder)

    assert [blot.name for blot in both] == ["0001_01#700", "0001_01#800"]
    assert (both[0].pixels == COUNTS).all()
    assert (read_blot(folder, channel="800").pixels == COUNTS[::-1]).all()
    assert both[0].source.tags["0001_01.txt"] == "Scan intensity 5\n"
    assert len({blot.source.sha256 for blot in both}) == 1
    taken = explain(folder).set_index("reader")
    assert list(taken.index[taken["takes"]]) == ["licor_folder"]
    (folder / "0001_01_800.TIF").unlink()
    assert (read_blot(folder).pixels == COUNTS).all()


@pytest.mark.parametrize("names", [(), ("a_700.tif", "b_800.tif"), ("a_001.tif", "a_002.tif"), ("a_700.tif", "a.tif")])
def test_a_folder_of_other_pictures_is_refused_and_it_is_said_why(tmp_path: Path, names: tuple[str, ...]) -> None:
    for name in names:
        tifffile.imwrite(tmp_path / name, COUNTS)

    with pytest.raises(ReadError, match="is a folder, and not that of one acquisition: a folder w"):
        read_channels(tmp_path)


def test_a_scan_folder_whose_channel_is_damaged_is_refused_on_one_line(tmp_path: Path) -> None:
    folder = write_scan_folder(tmp_path)
    channel = folder / "0001_01_800.TIF"
    channel.write_bytes(channel.read_bytes()[:900])

    with pytest.raises(ReadError, match="truncated") as caught:
        read_channels(folder)
    assert "\n" not in str(caught.value)
    with pytest.raises(ReadError, match=r"limit of 0\.0005"):
        read_channels(folder, max_megapixels=0.0005)
