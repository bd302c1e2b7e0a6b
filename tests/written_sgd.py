"""Syngene GeneSys files, written after public descriptions: MS-CFB, and the layout that openreadout 0.4 reads."""

from __future__ import annotations

import struct
from collections.abc import Sequence
from pathlib import Path

import numpy as np

_SECTOR, _MINI, _CUTOFF = 512, 64, 4096
_FREE, _END, _TABLE, _NOBODY = 0xFFFFFFFF, 0xFFFFFFFE, 0xFFFFFFFD, 0xFFFFFFFF
_MAGIC = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"

Tree = dict[str, "Tree | bytes"]


def _padded(data: bytes, unit: int) -> bytes:
    return data + bytes(-len(data) % unit)


class _Sectors:
    """Sectors of one size and the table that chains them."""

    def __init__(self, size: int) -> None:
        self.size, self.data, self.table = size, b"", list[int]()

    def add(self, data: bytes, mark: int | None = None) -> int:
        """Append data and return its first sector; a chain, or sectors of the table itself under a mark."""
        first, count = len(self.table), -(-len(data) // self.size)
        if not count:
            return _END
        self.data += _padded(data, self.size)
        chain = [*range(first + 1, first + count), _END]
        self.table += [mark] * count if mark is not None else chain
        return first


def _entry(name: str, kind: int, right: int, child: int, start: int, size: int) -> bytes:
    text = (name + "\0").encode("utf-16-le")
    head = text.ljust(64, b"\0") + struct.pack("<HBBIII", len(text), kind, 1, _NOBODY, right, child)
    return head + bytes(16 + 4 + 16) + struct.pack("<IQ", start, size)


def _entries(tree: Tree, big: _Sectors, small: _Sectors, out: list[bytes | None]) -> int:
    """Append the entries of a storage, each the right neighbour of the one before; returns the first of them."""
    names = sorted(tree, key=lambda name: (len(name), name.upper()))
    places = range(len(out), len(out) + len(names))
    out += [None] * len(names)
    for name, place in zip(names, places, strict=True):
        node, right = tree[name], place + 1 if place + 1 in places else _NOBODY
        if isinstance(node, bytes):
            start = (big if len(node) >= _CUTOFF else small).add(node)
            out[place] = _entry(name, 2, right, _NOBODY, start, len(node))
        else:
            out[place] = _entry(name, 1, right, _entries(node, big, small, out), 0, 0)
    return places[0] if names else _NOBODY


def compound(tree: Tree) -> bytes:
    """Write a compound file, version 3: storages of storages and streams."""
    big, small, entries = _Sectors(_SECTOR), _Sectors(_MINI), list[bytes | None]([None])
    child = _entries(tree, big, small, entries)
    entries[0] = _entry("Root Entry", 5, _NOBODY, child, big.add(small.data), len(small.data))
    directory = big.add(b"".join(entry or b"" for entry in entries))
    minis = struct.pack(f"<{len(small.table)}I", *small.table)
    first_mini = big.add(minis + b"\xff" * (-len(minis) % _SECTOR))
    tables = 1
    while (len(big.table) + tables) * 4 > tables * _SECTOR:
        tables += 1
    first = big.add(bytes(tables * _SECTOR), _TABLE)
    chained = struct.pack(f"<{len(big.table)}I", *big.table)
    big.data = big.data[: first * _SECTOR] + chained + b"\xff" * (tables * _SECTOR - len(chained))
    count = -(-len(minis) // _SECTOR)
    header = _MAGIC + bytes(16) + struct.pack("<HHHHH", 0x3E, 3, 0xFFFE, 9, 6) + bytes(6)
    header += struct.pack("<IIIIIIIIII", 0, tables, directory, 0, _CUTOFF, first_mini, count, _END, 0, first)
    listed = [first + i for i in range(1, tables)]
    return header + struct.pack("<108I", *listed, *[_FREE] * (108 - len(listed))) + big.data


def _text(text: str) -> bytes:
    return struct.pack("<I", len(text)) + text.encode("latin-1")


def _capture(pixels: np.ndarray, exposure_s: float) -> Tree:
    rows, cols = pixels.shape
    code = {1: 2, 2: 4}[pixels.dtype.itemsize]
    said = bytes(11) + _text("GeneSys 1.5") + struct.pack("<dH", exposure_s, 0)
    said += b"".join(map(_text, ("No light", "Synoptics 4.2MP", "Camera", "G:BOX Chemi XRQ"))) + bytes(2)
    said += _text("No filter") + bytes(3) + _text("Blot : ECL") + bytes(5) + _text("Chemiluminescence")
    when = struct.pack("<HIHq", 1, 1_448_292_660, 1, 0) + _text("user")
    head = struct.pack("<HIIIIII", 1, cols, rows, 1, 1, 1, code)
    raw = pixels.astype(f"<u{pixels.dtype.itemsize}").tobytes()
    return {"PixelData": head + raw, "Capture": said, "Description": when}


def write_sgd(path: Path, captures: Sequence[np.ndarray], *, exposures_s: Sequence[float] = (12.5,)) -> Path:
    """GeneSys file: a compound file with a storage a capture, of pixels, settings, and time and user."""
    names = [f"RawData{i or ''}" for i in range(len(captures))]
    times = [exposures_s[min(i, len(exposures_s) - 1)] for i in range(len(captures))]
    made = {n: _capture(pixels, s) for n, pixels, s in zip(names, captures, times, strict=True)}
    listed = struct.pack("<HI", 1, len(names)) + b"".join(map(_text, names))
    path.write_bytes(compound({"Detector": {"GeneSnap": {**made}, "MultiImage": {"MultiData": listed}}}))
    return path
