"""Bio-Rad Quantity One ``.1sc``: a header, eleven data blocks, the last of them the pixels.

Written after the public description of the format (M. A. Clapp, "File Specification for Bio-Rad 1sc Files",
biorad1sc-doc.readthedocs.io, CC BY-SA 4.0). The package ``biorad1sc-reader`` (MIT, last release 2020) reads
sound files alike; it is not used because damaged ones make it loop without end.
"""

from __future__ import annotations

import struct
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from ..errors import ReadError
from .planes import Head, Plane, Reader, check_size, plain_tags, whole

__all__ = ["BIORAD_1SC"]

_MAGIC = b"\xaf\xafStable File Version 2.0"
_FIRST_INFO = 160  # byte at which the eleven block infos begin, 20 bytes each
_FORMAT_BLOCK, _VALUE_BLOCK, _PIXEL_BLOCK = 8, 9, 10
_TEXT, _KEY, _ITEMS = 16, 100, 101  # field types: a text, the regions of an item, the items of a collection
_SCAN = 1000  # field type of the record that describes the scan
_NUMBERS = {1: "B", 3: "H", 4: "H", 5: "I", 6: "I", 7: "Q", 9: "f", 10: "d", 15: "I", 17: "I", 21: "I"}
_MOST_FIELDS = 20_000

_DEEPEST = 3  # records inside records

Fields = dict[int, tuple[int, bytes]]


@dataclass(frozen=True)
class _Region:
    """One named value of a record: its type of number, how many of them, and where [bytes]."""

    name: str
    number: int
    count: int
    offset: int


Regions = dict[int, list[_Region]]


def _sniff(head: Head) -> str:
    return "" if head.start.startswith(_MAGIC) else "the file does not begin as a Quantity One scan does"


def _blocks(data: bytes) -> list[tuple[int, int]]:
    """Start and length of each data block [bytes]."""
    return [struct.unpack_from("<II", data, _FIRST_INFO + 20 * i + 8) for i in range(_PIXEL_BLOCK + 1)]


def _fields(data: bytes, start: int, length: int) -> Fields:
    """Fields of a block by their id; each has its type and its payload."""
    found: Fields = {}
    position, end = start + 8, min(start + length, len(data))
    while position + 8 <= end and len(found) < _MOST_FIELDS:
        kind, size, key = struct.unpack_from("<HHI", data, position)
        size = 20 if size == 1 else size
        if kind == 0 or size < 8:
            break
        found[key] = (kind, data[position + 8 : position + size])
        position += size
    return found


def _text(fields: Fields, key: int) -> str:
    kind, payload = fields.get(key, (0, b""))
    return payload.split(b"\0", 1)[0].decode("latin-1") if kind == _TEXT else ""


def _regions(formats: Fields) -> Regions:
    """Regions of each kind of record, as the format block describes them."""
    found: Regions = {}
    for kind, payload in formats.values():
        if kind != _ITEMS:
            continue
        for at in range(0, len(payload) - 19, 20):
            record, key = struct.unpack_from("<H6xI", payload, at)
            table = formats.get(key, (0, b""))[1]
            found[record] = [
                _Region(_text(formats, label), number, count, offset)
                for number, count, offset, label in (
                    struct.unpack_from("<H2xIII", table, row) for row in range(0, len(table) - 35, 36)
                )
            ]
    return found


def _value(payload: bytes, region: _Region) -> Any:
    if region.number == 2:
        return payload[region.offset : region.offset + region.count].split(b"\0", 1)[0].decode("latin-1").strip()
    code = _NUMBERS.get(region.number)
    if code is None or region.count > 64 or region.offset + region.count * struct.calcsize(code) > len(payload):
        return None
    values = struct.unpack_from(f"<{region.count}{code}", payload, region.offset)
    return values[0] if len(values) == 1 else values


def _record(payload: bytes, kind: int, regions: Regions, depth: int = 0) -> dict[str, Any]:
    """Read a record's named values; a record inside a record gives ``outer.inner`` names."""
    found: dict[str, Any] = {}
    for region in regions.get(kind, []):
        if region.number in regions and depth < _DEEPEST:
            inner = _record(payload[region.offset :], region.number, regions, depth + 1)
            found.update({f"{region.name}.{name}": value for name, value in inner.items()})
        else:
            found[region.name] = _value(payload, region)
    return {name: value for name, value in found.items() if value is not None}


def _describe(data: bytes, blocks: list[tuple[int, int]]) -> dict[str, Any]:
    """Read the scan's own record."""
    regions = _regions(_fields(data, *blocks[_FORMAT_BLOCK]))
    for kind, payload in _fields(data, *blocks[_VALUE_BLOCK]).values():
        if kind == _SCAN:
            return _record(payload, kind, regions)
    raise ReadError("the scan's description is missing (damaged); export it anew from Quantity One or Image Lab")


def read_1sc(path: Path, max_megapixels: float) -> list[Plane]:
    """Read a Quantity One scan.

    Raises
    ------
    ReadError
        The file is damaged, truncated, or of a pixel kind that was never seen.
    """
    data = whole(path, max_megapixels)
    blocks = _blocks(data)
    scan = _describe(data, blocks)
    rows, cols, size = int(scan.get("nypix", 0)), int(scan.get("nxpix", 0)), int(scan.get("bytes_per_pix", 2))
    check_size(rows, cols, max_megapixels)
    if size not in (1, 2) or scan.get("endian", 0) != 0:
        raise ReadError(f"has {8 * size}-bit pixels of a kind never seen; export it as 16-bit TIFF from Image Lab")
    start, length = blocks[_PIXEL_BLOCK]
    if length < rows * cols * size or start + rows * cols * size > len(data):
        raise ReadError("the file ends before its picture does (truncated); copy it again from the imager")
    pixels = np.frombuffer(data, dtype=f"<u{size}", count=rows * cols, offset=start).reshape(rows, cols)
    width_mm = float(scan.get("img_size_x") or 0.0)
    exposure = float(scan.get("params.exposure_time") or 0.0)
    return [
        Plane(
            pixels=pixels[::-1],  # rows are stored from the bottom of the picture upwards
            depth=8 * size,
            full=float(2 ** (8 * size) - 1),
            ceiling=float(scan["data_ceiling"]) if scan.get("data_ceiling") else None,
            pixel_um=round(1000.0 * width_mm / cols, 3) if 0.0 < width_mm < 1000.0 else None,
            exposure_s=exposure if exposure > 0.0 else None,
            imager=str(scan.get("scanner", "")),
            acquired=str(scan.get("creation_date", "")),
            tags=plain_tags(scan),
        )
    ]


BIORAD_1SC = Reader(
    name="biorad_1sc",
    formats="Bio-Rad Quantity One scan",
    extensions=(".1sc",),
    sniff=_sniff,
    read=read_1sc,
    kept="the scan's record: imager, dates, pixel size, exposure, ceiling, calibration",
    tested_on="real files, bit for bit against Image Lab's TIFF of the same scan",
)
