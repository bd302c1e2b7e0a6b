"""LZW streams: damaged ones that the decoder would follow to nowhere are refused, sound ones never."""

from __future__ import annotations

from pathlib import Path

import imagecodecs
import numpy as np
import pytest
import tifffile
from PIL import Image

from blotquant.errors import ReadError
from blotquant.readers import read_blot
from blotquant.readers.lzw import is_sound
from tests.fuzz.spoiling import spoilt


def walk(stream: bytes) -> bool:
    """Read codes one by one, as the decoder does, and tell whether every table begins with one of its own."""
    bits = "".join(f"{byte:08b}" for byte in stream)
    at, size, fresh = 0, 258, False
    while True:
        width = 9 + (size >= 511) + (size >= 1023) + (size >= 2047)
        if at + width > len(bits) or size >= 4352:
            return True
        code, at = int(bits[at : at + width], 2), at + width
        if code == 257:
            return True
        if code == 256:
            size, fresh = 258, True
        elif fresh:
            if code > 257:
                return False
            fresh = False
        else:
            size += 1


@pytest.mark.parametrize(("shape", "most"), [((24, 32), 250), ((120, 200), 60000), ((200, 300), 3), ((9, 9), 1)])
def test_sound_streams_are_taken(shape: tuple[int, int], most: int) -> None:
    counts = np.random.default_rng(1).integers(0, most, shape).astype(np.uint16)

    assert is_sound(imagecodecs.lzw_encode(counts.tobytes()))


def test_spoilt_streams_are_judged_as_by_reading_them_code_by_code() -> None:
    rng = np.random.default_rng(2)
    sound = imagecodecs.lzw_encode(rng.integers(0, 900, 4000).astype(np.uint16).tobytes())
    start = sound[:3]
    streams = [start + spoilt(sound[3:], rng) for _ in range(60)]
    streams += [start + rng.integers(0, 256, 900).astype(np.uint8).tobytes() for _ in range(60)]
    judged = [is_sound(stream) for stream in streams]

    assert judged == [walk(stream) for stream in streams]
    assert 20 < sum(judged) < 110


def test_the_first_code_of_a_table_must_be_one_of_its_own() -> None:
    assert is_sound(b"\x80\x20\x60\x40\x40")  # clear, 129, 257 (end)
    assert not is_sound(b"\x80\x5f\xe0\x40")  # clear, 383
    assert not is_sound(b"")


def test_a_tiff_whose_lzw_is_damaged_so_is_refused_before_it_is_decoded(tmp_path: Path) -> None:
    counts = np.random.default_rng(3).integers(0, 900, (40, 50)).astype(np.uint16)
    path = tmp_path / "a.tif"
    tifffile.imwrite(path, counts, compression="lzw", metadata=None)
    with tifffile.TiffFile(path) as tif:
        (start,) = tif.pages[0].dataoffsets
    data = bytearray(path.read_bytes())
    data[start : start + 3] = b"\x80\x5f\xe0"
    path.write_bytes(data)

    with pytest.raises(ReadError, match=r"damaged .LZW."):
        read_blot(path)


def test_lzw_of_another_writer_is_read(tmp_path: Path) -> None:
    counts = np.random.default_rng(4).integers(0, 65536, (300, 400)).astype(np.uint16)
    Image.fromarray(counts).save(tmp_path / "a.tif", compression="tiff_lzw")

    assert (read_blot(tmp_path / "a.tif").pixels == counts).all()
