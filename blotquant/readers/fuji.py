"""Fujifilm / GE LAS ``.img`` beside its ``.inf``: raw big-endian counts, described line by line in a text file.

LAS cameras store counts as they are. BAS and FLA imaging-plate scanners store logarithms, whose formula was
not confirmed; they are refused.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np

from ..errors import ReadError
from .planes import MOST_TEXT, Head, Plane, Reader, check_size, whole

__all__ = ["FUJI"]

_NAME, _PIXEL_UM, _BITS, _WIDTH, _HEIGHT, _DATE, _INSTRUMENT = 1, 3, 5, 6, 7, 10, 13  # lines of the .inf, from 0


def _partner(path: Path, ending: str) -> Path | None:
    """Find the file of the pair with the other ending, in whichever case it is written."""
    for candidate in (path.with_suffix(ending), path.with_suffix(ending.upper())):
        if candidate.is_file():
            return candidate
    return None


def _sniff(head: Head) -> str:
    if head.ending not in (".img", ".inf"):
        return "raw counts have no mark of their own; the ending is neither .img nor .inf"
    if _partner(head.path, ".inf") is None or _partner(head.path, ".img") is None:
        return "an .img is read with its .inf (and the other way round); the other file of the pair is missing"
    return ""


def _lines(path: Path) -> list[str]:
    with path.open("rb") as file:
        text = file.read(MOST_TEXT).decode("latin-1")
    lines = [line.strip() for line in text.splitlines()]
    if len(lines) <= _INSTRUMENT:
        raise ReadError(f"its .inf has {len(lines)} lines, {_INSTRUMENT + 1} or more were expected (damaged)")
    return lines


def _number(lines: list[str], line: int) -> int:
    try:
        return int(float(lines[line]))
    except (ValueError, OverflowError):
        raise ReadError(f"line {line + 1} of its .inf should be a number, not {lines[line][:40]!r}") from None


def read_fuji(path: Path, max_megapixels: float) -> list[Plane]:
    """Read a LAS picture.

    Raises
    ------
    ReadError
        The pair is damaged, or comes from an imaging-plate scanner, whose counts are logarithms.
    """
    described, raw = _partner(path, ".inf"), _partner(path, ".img")
    if described is None or raw is None:
        raise ReadError("the other file of the .img and .inf pair is missing; put both into one folder")
    lines = _lines(described)
    instrument = lines[_INSTRUMENT]
    if "LAS" not in instrument.upper():
        raise ReadError(
            f"comes from {instrument[:40] or 'an unnamed instrument'!r}: imaging-plate scanners store logarithms"
            " and only LAS cameras are read; export it as linear TIFF"
        )
    bits, cols, rows = (_number(lines, line) for line in (_BITS, _WIDTH, _HEIGHT))
    check_size(rows, cols, max_megapixels)
    if not 8 <= bits <= 16:
        raise ReadError(f"line {_BITS + 1} of its .inf says {bits} bits, 8 to 16 were expected")
    size = 1 if bits == 8 else 2
    data = whole(raw, max_megapixels)
    if len(data) < rows * cols * size:
        raise ReadError("the .img ends before its picture does (truncated); copy it again from the imager")
    pixel_um = _number(lines, _PIXEL_UM)
    return [
        Plane(
            pixels=np.frombuffer(data, dtype=f">u{size}", count=rows * cols).reshape(rows, cols),
            depth=bits,
            full=float(2**bits - 1),
            pixel_um=float(pixel_um) if pixel_um > 0 else None,
            imager=instrument,
            acquired=lines[_DATE],
            tags={f"inf line {i + 1}": line for i, line in enumerate(lines[:64]) if line},
        )
    ]


FUJI = Reader(
    name="fuji",
    formats="Fujifilm / GE LAS camera picture: .img with its .inf",
    extensions=(".img", ".inf"),
    sniff=_sniff,
    read=read_fuji,
    kept="every line of the .inf: imager, date, pixel size",
    tested_on="written files; no real file seen",
)
