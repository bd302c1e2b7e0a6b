"""Where a detector clips: the counts above which a picture says nothing more.

A clipped level shows as many touching pixels of exactly one value, far more than of the values beside it. It
need not be the largest number that the file can hold: binning and flat-field correction move it below.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

__all__ = ["find_ceiling", "find_floor", "find_limits"]

_END = 0.05  # share of the range, from its end, in which a clipped level is looked for
_STRAY = 0.05  # pixels beyond a clipped level (hot ones, dust), as a share of those at it
_MOST_BINS = 1_000_000
_COUNTED_BYTES = 2  # whole numbers of so many bytes are counted into bins without looking for their range
_LEVELS = 8  # at least so many levels are compared, so that pictures of few levels have neighbours to compare with
_SPIKE = 5.0  # a clipped level holds so many times as many pixels as its neighbours
_TOUCHING = 3  # pixels of the level that touch
_PLATEAU = 0.1  # a level away from the storage's own limit that holds more of the pixels is a ground, not a plateau
_FEW_BITS = 8  # in 8 bits full scale alone means nothing: any picture may have been stretched to it


def _touch(mask: npt.NDArray[np.bool_]) -> int:
    """Size of the largest group of touching pixels [px]."""
    import cv2

    count, _, stats, _ = cv2.connectedComponentsWithStats(mask.astype(np.uint8), connectivity=8)
    return int(stats[1:, cv2.CC_STAT_AREA].max()) if count > 1 else 0


def _histogram(depths: npt.NDArray[Any]) -> tuple[npt.NDArray[Any], npt.NDArray[np.int64]]:
    """Distinct values, ascending, and how many pixels have each."""
    if depths.dtype.kind == "f" or depths.max() > _MOST_BINS:
        return np.unique(depths, return_counts=True)
    counts = np.bincount(depths)
    levels = np.flatnonzero(counts)
    return levels, counts[levels]


def _depths(pixels: npt.NDArray[Any], width: float, sign: int) -> npt.NDArray[Any]:
    """How far below the extreme the pixels lie that are within ``width`` of it [AU]."""
    edge = pixels.max() if sign > 0 else pixels.min()
    near = pixels[pixels >= edge - width] if sign > 0 else pixels[pixels <= edge + width]
    wide = near.astype(np.int64 if pixels.dtype.kind in "ui" else np.float64)
    out: npt.NDArray[Any] = sign * (wide.dtype.type(edge) - wide)
    return out


class _Ends:
    """A picture's values from either end on, and how many pixels have each; few-byte pictures are counted once."""

    def __init__(self, pixels: npt.NDArray[Any]) -> None:
        self.pixels = pixels
        small = pixels.dtype.kind == "u" and pixels.dtype.itemsize <= _COUNTED_BYTES
        self._counted = _histogram(pixels.ravel()) if small else None
        ends = (self._counted[0][0], self._counted[0][-1]) if self._counted else (pixels.min(), pixels.max())
        self.lowest, self.highest = map(float, ends)

    def within(self, width: float, sign: int) -> tuple[npt.NDArray[Any], npt.NDArray[np.int64]]:
        """Distance from the upper (or lower) end [AU], ascending, and pixels."""
        if self._counted is None:
            return _histogram(_depths(self.pixels, width, sign))
        levels, counts = self._counted
        away, held = (levels[-1] - levels[::-1], counts[::-1]) if sign > 0 else (levels - levels[0], counts)
        few = int(np.searchsorted(away, width, side="right"))
        return away[:few], held[:few]


def _spike(ends: _Ends, sign: int, limit: float | None) -> float | None:
    """Find a level near the upper (or lower) end at which far more pixels stand than beside it [AU]."""
    pixels, edge, span = ends.pixels, ends.highest if sign > 0 else ends.lowest, ends.highest - ends.lowest
    if not span > 0.0:
        return None
    width = _END * span
    levels, counts = ends.within(width, sign)
    while len(levels) < _LEVELS and width < span:
        width = min(4.0 * width, span)
        levels, counts = ends.within(width, sign)
    for i in np.argsort(counts)[::-1][:3]:
        beside = np.delete(counts[max(0, i - _LEVELS) : i + _LEVELS + 1], min(i, _LEVELS))
        usual = float(beside.mean()) if beside.size else 1.0
        stray = int(counts[:i].sum())
        if counts[i] < max(_TOUCHING, _SPIKE * usual) or stray > _STRAY * counts[i]:
            continue
        level = edge - sign * float(levels[i])
        if level != limit and counts[i] > _PLATEAU * pixels.size:
            continue
        if _touch(pixels == level) >= _TOUCHING:
            return level
    return None


def _ceiling(ends: _Ends, full: float | None, stated: float | None) -> float | None:
    seen = _spike(ends, 1, full)
    if seen is not None:
        return seen
    if stated is not None and stated >= ends.highest:
        return stated
    return full if full is not None and full > 2**_FEW_BITS - 1 else None


def _floor(ends: _Ends, full: float | None) -> float | None:
    seen = _spike(ends, -1, 0.0)
    if seen is not None:
        return seen
    return 0.0 if full is not None and full > 2**_FEW_BITS - 1 and ends.lowest >= 0.0 else None


def find_ceiling(pixels: npt.NDArray[Any], *, full: float | None = None, stated: float | None = None) -> float | None:
    """Find the counts at which a detector clipped.

    Parameters
    ----------
    pixels : ndarray of shape (H, W)
        Counts as stored [AU], bright = large.
    full : float, optional
        Largest count that the storage can hold [AU]; left out for floating point.
    stated : float, optional
        Largest count of the detector as the file states it [AU].

    Returns
    -------
    float or None
        The ceiling [AU]; None when nothing tells.

    Notes
    -----
    What is seen in the pixels beats what the file states, which beats full scale. A single hot pixel is no
    plateau. In pictures of 8 bits or less full scale counts only where a spike stands at it.
    """
    return _ceiling(_Ends(pixels), full, stated)


def find_floor(pixels: npt.NDArray[Any], *, full: float | None = None) -> float | None:
    """Find the counts at which a picture is cut from below; the mirror image of `find_ceiling`."""
    return _floor(_Ends(pixels), full)


def find_limits(
    pixels: npt.NDArray[Any], *, full: float | None = None, stated: float | None = None
) -> tuple[float | None, float | None]:
    """Find ceiling and floor, as `find_ceiling` and `find_floor`, in one look at the pixels."""
    ends = _Ends(pixels)
    return _ceiling(ends, full, stated), _floor(ends, full)
