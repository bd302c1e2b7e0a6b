"""Compressions of a TIFF: which are read, and what a compressed picture says of its own size before it is unpacked."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ..errors import ReadError
from .lzw import is_sound

if TYPE_CHECKING:
    import tifffile

__all__ = ["LOSSY", "check_code"]

_LZW, _JPEG = 5, 7
LOSSY = frozenset({_JPEG})
"""Compressions after which counts are not those of the detector."""

_BOUNDED = frozenset({1, 5, 8, 32773, 32946, 34925, 50000})  # none, LZW, deflate, packbits, LZMA, Zstandard
_PADDED = 16  # a JPEG's blocks may reach so far beyond its part of the picture [px]
_FRAMES = frozenset(range(0xC0, 0xD0)) - {0xC4, 0xC8, 0xCC}  # markers that begin a frame (ITU T.81, table B.1)
_REVERSED = bytes(int(f"{byte:08b}"[::-1], 2) for byte in range(256))  # for files whose bits run the other way
_ALONE = frozenset({0x01, *range(0xD0, 0xD9)})  # markers without a length


def check_code(page: tifffile.TiffPage, parts: list[tifffile.TiffPage | tifffile.TiffFrame]) -> None:
    """Refuse a compression that is not read, damaged LZW, and JPEGs that unpack to more than their part of the picture.

    Parameters
    ----------
    page : TiffPage
        The page that describes all of a series.
    parts : list of TiffPage or TiffFrame
        The pages of the series.

    Raises
    ------
    ReadError
        What is stored would be read wrong, or unpacks beyond measure.
    """
    code = int(page.compression)
    if code == _LZW:
        _check_lzw(page, parts)
    if code in _BOUNDED:  # unpacked into as many bytes as the picture has, whatever they claim
        return
    if code != _JPEG:
        name = getattr(page.compression, "name", str(code)).replace("_", " ")
        raise ReadError(f"is compressed in a way that is not read ({name}); export it uncompressed or with LZW")
    file = page.parent.filehandle
    wide = page.tilewidth if page.is_tiled else page.imagewidth
    high = page.tilelength if page.is_tiled else min(page.rowsperstrip, page.imagelength)
    for part in parts:
        for start, count in zip(part.dataoffsets, part.databytecounts, strict=False):
            file.seek(start)
            _check_jpeg(file.read(count), high, wide)


def _check_lzw(page: tifffile.TiffPage, parts: list[tifffile.TiffPage | tifffile.TiffFrame]) -> None:
    file = page.parent.filehandle
    for part in parts:
        for start, count in zip(part.dataoffsets, part.databytecounts, strict=False):
            file.seek(start)
            data = file.read(count)
            if not is_sound(data.translate(_REVERSED) if int(page.fillorder) == 2 else data):
                raise ReadError("part of the picture is damaged (LZW); copy it again from the imager")


def _check_jpeg(data: bytes, high: int, wide: int) -> None:
    size = _jpeg_size(data)
    if size is None:
        raise ReadError("a JPEG in it is damaged; copy it again from the imager")
    if size[0] > high + _PADDED or size[1] > wide + _PADDED:
        raise ReadError(
            f"a JPEG in it claims {size[0]} × {size[1]} pixels for a part of {high} × {wide}; it is damaged or a bomb"
        )


def _jpeg_size(data: bytes) -> tuple[int, int] | None:
    """Rows and columns that a JPEG's frame claims; None where no frame begins."""
    at = data.find(b"\xff")
    while 0 <= at < len(data) - 9:
        marker = data[at + 1]
        if marker in _FRAMES:
            return int.from_bytes(data[at + 5 : at + 7], "big"), int.from_bytes(data[at + 7 : at + 9], "big")
        if marker == 0xFF:
            at += 1
        elif marker in _ALONE or marker == 0:
            at = data.find(b"\xff", at + 2)
        else:
            at = data.find(b"\xff", at + 2 + int.from_bytes(data[at + 2 : at + 4], "big"))
    return None
