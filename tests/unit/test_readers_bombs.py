"""Files that claim more than they hold, or unpack to more than they claim: refused soon, in little memory."""

from __future__ import annotations

import lzma
import resource
import struct
import time
import zipfile
import zlib
from collections.abc import Callable
from pathlib import Path

import imagecodecs
import numpy as np
import pytest
import tifffile

from blotquant.errors import ReadError, TableError
from blotquant.readers import read_channels
from blotquant.study import read_responses

SIDE = 30_000
ZEROS = 400_000_000  # bytes that a bomb unpacks to


def peak_mb() -> float:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024.0


def refused(path: Path, most_mb: float = 150.0) -> str:
    """What is said when a file is refused, within 2 s and little memory."""
    before, start = peak_mb(), time.perf_counter()
    with pytest.raises(ReadError) as said:
        read_channels(path)
    assert time.perf_counter() - start < 2.0
    assert peak_mb() - before < most_mb
    return str(said.value)


def with_strip(path: Path, strip: bytes, code: int) -> Path:
    """A TIFF of 24 × 32 pixels in 16 bits whose one strip is given."""
    tifffile.imwrite(path, np.zeros((24, 32), np.uint16))
    with tifffile.TiffFile(path, mode="r+b") as tif:
        page = tif.pages.first
        start = path.stat().st_size
        page.tags["StripOffsets"].overwrite(start)
        page.tags["StripByteCounts"].overwrite(len(strip))
        page.tags["Compression"].overwrite(code)
    with path.open("ab") as file:
        file.write(strip)
    return path


def zeros_by(pack: Callable[[], object], flush: Callable[[object], bytes]) -> bytes:
    packer, chunk, out = pack(), bytes(10_000_000), b""
    for _ in range(ZEROS // len(chunk)):
        out += packer.compress(chunk)  # type: ignore[attr-defined]  # zlib and lzma objects alike
    return out + flush(packer)


def test_a_huge_tiff_is_refused_by_its_header(tmp_path: Path) -> None:
    path = tmp_path / "huge.tif"
    tifffile.imwrite(path, shape=(SIDE, SIDE), dtype=np.uint16)  # a hole in the file, no pixels written

    assert f"{SIDE} × {SIDE} pixels are more than the limit of 300 megapixels" in refused(path)


def test_a_huge_png_is_refused_by_its_header(tmp_path: Path) -> None:
    header = struct.pack(">IIBBBBB", SIDE, SIDE, 16, 0, 0, 0, 0)
    chunk = b"IHDR" + header
    data = b"\x89PNG\r\n\x1a\n" + struct.pack(">I", 13) + chunk + struct.pack(">I", zlib.crc32(chunk))
    (tmp_path / "huge.png").write_bytes(data + struct.pack(">I", 0) + b"IDAT" + struct.pack(">I", zlib.crc32(b"IDAT")))

    assert "megapixels" in refused(tmp_path / "huge.png")


@pytest.mark.parametrize("code", [8, 34925])
def test_a_strip_that_unpacks_to_more_than_the_picture_is_not_unpacked(code: int, tmp_path: Path) -> None:
    flush = {8: lambda packer: packer.flush(), 34925: lambda packer: packer.flush()}[code]
    strip = zeros_by({8: zlib.compressobj, 34925: lzma.LZMACompressor}[code], flush)
    path = with_strip(tmp_path / "bomb.tif", strip, code)
    before = peak_mb()
    try:
        (blot,) = read_channels(path)
        assert blot.shape == (24, 32)
    except ReadError:
        pass

    assert peak_mb() - before < 150.0


def test_a_jpeg_strip_that_claims_a_huge_picture_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "bomb.tif"
    tifffile.imwrite(path, np.zeros((24, 32), np.uint8), compression="jpeg")
    data = bytearray(path.read_bytes())
    at = data.index(b"\xff\xc0")
    data[at + 5 : at + 9] = b"\xff\xff\xff\xff"
    path.write_bytes(data)

    assert "claims 65535 × 65535 pixels for a part of 24 × 32" in refused(path)


def test_a_jpeg_strip_without_a_frame_is_damaged(tmp_path: Path) -> None:
    path = tmp_path / "a.tif"
    tifffile.imwrite(path, np.zeros((24, 32), np.uint8), compression="jpeg")
    path.write_bytes(path.read_bytes().replace(b"\xff\xc0", b"\xff\xc4"))

    assert "a JPEG in it is damaged" in refused(path)


def test_a_compression_that_says_its_own_size_is_refused_with_its_name(tmp_path: Path) -> None:
    path = tmp_path / "a.tif"
    tifffile.imwrite(path, np.zeros((24, 32), np.uint8), compression="jpeg2000")

    assert "JPEG2000); export it uncompressed" in refused(path)


def test_tiled_and_stripped_jpegs_are_read(tmp_path: Path) -> None:
    pixels = np.random.default_rng(0).integers(90, 110, (70, 90)).astype(np.uint8)
    for number, options in enumerate(({"tile": (32, 48)}, {"rowsperstrip": 16}, {})):
        path = tmp_path / f"{number}.tif"
        tifffile.imwrite(path, pixels, compression="jpeg", **options)
        (blot,) = read_channels(path)
        assert abs(blot.pixels - pixels).max() < 12
        assert blot.source.lossy


def test_a_zip_whose_tiff_unpacks_beyond_measure_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "bomb.zip"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive, archive.open("a_700.tif", "w") as member:
        for _ in range(ZEROS // 10_000_000):
            member.write(bytes(10_000_000))
    with pytest.raises(ReadError, match="unpacks to more than 16 MB"):
        read_channels(path, max_megapixels=1.0)


def test_a_workbook_that_unpacks_beyond_measure_is_refused(tmp_path: Path) -> None:
    path, before = tmp_path / "bomb.xlsx", peak_mb()
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive, archive.open("xl/workbook.xml", "w") as member:
        for _ in range(ZEROS // 10_000_000):
            member.write(bytes(10_000_000))
    with pytest.raises(TableError, match="unpacks to more than 200 MB"):
        read_responses(path)
    assert peak_mb() - before < 150.0


def test_a_deep_png_is_decoded_at_the_size_that_its_header_says(tmp_path: Path) -> None:
    colours = np.random.default_rng(0).integers(0, 65535, (9, 7, 1)).repeat(3, axis=-1).astype(np.uint16)
    (tmp_path / "a.png").write_bytes(imagecodecs.png_encode(colours))
    (blot,) = read_channels(tmp_path / "a.png", max_megapixels=0.0001)

    assert (blot.pixels == colours[..., 0]).all()
