"""Ways to spoil a file: its bytes, the members of a zip, the cells of a table."""

from __future__ import annotations

import io
import json
import zipfile
import zlib
from typing import Any

import numpy as np

ODD_CELLS = (
    "", " ", "0", "-1", "1e308", "-1e-400", "nan", "inf", "9" * 400, "1,5", "½", "=cmd()|' /C calc'!A0", "<script>",
    "../../../secret", "/dev/zero", "a\nb", '"', "'", "\x00", "\x1b[2J", "\ud7ff", "ﷺ" * 50, "true", "STAT3",
    "phospho", "0:1,0:1", "5:2,9:1", "#", "@", "%s%n", "vehicle", "nM", "mg/ml", "furlong", "1", "2", "NULL",
    "1970-01-01", "x" * 5000,
)  # fmt: skip
"""Texts that people and malice write into cells."""


def spoilt(data: bytes, rng: np.random.Generator) -> bytes:
    """Return a file's bytes with a few of them changed, cut out, doubled or set to an extreme."""
    out = bytearray(data)
    for _ in range(int(rng.integers(1, 9))):
        at = int(rng.integers(0, len(out)))
        kind = rng.integers(0, 5)
        if kind == 0:
            out[at] = int(rng.integers(0, 256))
        elif kind == 1:
            out[at : at + 4] = b"\xff\xff\xff\x7f"[: len(out) - at]
        elif kind == 2:
            del out[at : at + int(rng.integers(1, 40))]
        elif kind == 3:
            out[at:at] = out[at : at + int(rng.integers(1, 40))]
        else:
            out[at] ^= 1 << int(rng.integers(0, 8))
        if not out:
            return b"x"
    return bytes(out)


def spoilt_zip(data: bytes, rng: np.random.Generator) -> bytes:
    """Return a zip of which one member is spoilt inside, its checksum right; now and then the zip itself is."""
    if rng.random() < 0.2:
        return spoilt(data, rng)
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        members = {name: archive.read(name) for name in archive.namelist()}
    chosen = sorted(members)[int(rng.integers(0, len(members)))]
    members[chosen] = spoilt(members[chosen], rng)
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in members.items():
            archive.writestr(name, content)
    return out.getvalue()


def spoilt_png(data: bytes, rng: np.random.Generator) -> bytes:
    """Return a PNG of which one chunk is spoilt inside, its length and checksum right; now and then its bytes are."""
    if rng.random() < 0.2:
        return spoilt(data, rng)
    chunks, at = [], 8
    while at < len(data):
        length = int.from_bytes(data[at : at + 4], "big")
        chunks.append((data[at + 4 : at + 8], data[at + 8 : at + 8 + length]))
        at += 12 + length
    chosen = int(rng.integers(0, len(chunks) - 1))
    kind, content = chunks[chosen]
    if kind == b"IDAT" and rng.random() < 0.5:
        content = zlib.compress(spoilt(zlib.decompress(content), rng))
    else:
        content = spoilt(content, rng)
    chunks[chosen] = (kind, content)
    out = data[:8]
    for kind, content in chunks:
        out += len(content).to_bytes(4, "big") + kind + content + zlib.crc32(kind + content).to_bytes(4, "big")
    return out


def spoilt_record(data: bytes, rng: np.random.Generator) -> bytes:
    """Return a JSON document, still one, in which a value somewhere is another or is gone."""
    document = json.loads(data)
    place: Any = document
    while True:
        keys = list(place) if isinstance(place, dict) else list(range(len(place)))
        key = keys[int(rng.integers(0, len(keys)))]
        inner = place[key]
        if not (isinstance(inner, dict | list) and inner) or rng.random() < 0.1:
            break
        place = inner
    odd: list[Any] = [None, -1, 1e300, True, "", "x", [], {}, [1], {"a": 1}, 10**40]
    if rng.random() < 0.2:
        del place[key]
    else:
        place[key] = odd[int(rng.integers(0, len(odd)))]
    return json.dumps(document).encode()


def spoilt_table(data: bytes, rng: np.random.Generator) -> bytes:
    """Return a CSV with cells, rows or columns changed to what people and malice write; now and then its bytes."""
    if rng.random() < 0.25:
        return spoilt(data, rng)
    if data.startswith(b"{"):
        return spoilt_record(data, rng)
    rows = [line.split(",") for line in data.decode("utf-8").splitlines()]
    for _ in range(int(rng.integers(1, 5))):
        row = int(rng.integers(0, len(rows)))
        place = int(rng.integers(0, len(rows[row])))
        kind = rng.integers(0, 6)
        if kind <= 2:
            rows[row][place] = ODD_CELLS[int(rng.integers(0, len(ODD_CELLS)))]
        elif kind == 3:
            rows[row].insert(place, ODD_CELLS[int(rng.integers(0, len(ODD_CELLS)))])
        elif kind == 4:
            rows.insert(row, list(rows[int(rng.integers(0, len(rows)))]))
        else:
            del rows[row][place]
            rows[row] = rows[row] or [""]
    quote = rng.random() < 0.5
    cells = [['"' + cell.replace('"', '""') + '"' if quote and cell else cell for cell in row] for row in rows]
    return "\n".join(",".join(row) for row in cells).encode("utf-8", "surrogatepass")
