"""LZW of TIFFs: whether a stream is sound enough to be handed to the decoder.

The decoder of imagecodecs (2026.3.6) looks up the first code after a clear code without asking whether it is in the
table, and reads from nowhere where it is not: a damaged file could end the program. Codes are found here a table at a
time, by the widths that their places in it give them, without unpacking anything.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

__all__ = ["is_sound"]

_CLEAR, _END, _FIRST = 256, 257, 258  # TIFF 6.0, section 13
_MOST = 4096  # codes of a table


def _places(early: int) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.int64]]:
    """Where each code after a clear code begins, and its width [bit]; widths grow a code early in all but old files."""
    size = _FIRST + np.maximum(np.arange(_MOST) - 1, 0)  # entries of the table when the code is read
    width = 9 + sum((size >= limit - early).astype(np.int64) for limit in (512, 1024, 2048))
    return np.concatenate([[0], np.cumsum(width)[:-1]]), np.asarray(width, np.int64)


_NEW, _OLD = _places(1), _places(0)


def _codes(data: npt.NDArray[np.uint8], start: int, old: bool) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.int64]]:
    """Codes from a bit on, as far as the data reach and as if none of them cleared the table, and where each ends."""
    places, width = _OLD if old else _NEW
    at = places + start
    count = int(
        np.searchsorted(at + width, 8 * (len(data) - 4), side="right")
    )  # four bytes of nothing stand at the end
    at, width = at[:count], width[:count]
    parts = np.stack([data[at // 8 + k].astype(np.int64) for k in range(4)])
    value = np.sum(parts << (8 * (np.arange(4) if old else np.arange(3, -1, -1)))[:, None], axis=0)
    value = value >> (at % 8 if old else 32 - at % 8 - width)
    return value & ((1 << width) - 1), at + width


def is_sound(stream: bytes) -> bool:
    """Tell whether every table of an LZW stream begins with a code that it can begin with.

    Parameters
    ----------
    stream : bytes
        One strip or tile, most significant bit first, or as old files have it, least significant first.
    """
    if len(stream) < 2:
        return False
    old = stream[0] == 0 and bool(stream[1] & 1)
    data, start = np.frombuffer(stream + bytes(4), np.uint8), 0
    while True:
        codes, ends = _codes(data, start, old)
        if not len(codes) or codes[0] == _END:
            return True
        if codes[0] == _CLEAR:
            start = int(ends[0])
            continue
        if codes[0] >= _FIRST:
            return False
        marks = np.flatnonzero((codes == _CLEAR) | (codes == _END))
        if not len(marks) or codes[marks[0]] == _END:
            return True
        start = int(ends[marks[0]])
