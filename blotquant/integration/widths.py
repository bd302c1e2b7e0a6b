"""How wide each band is: its box is drawn to hold it, its ends are where its light has fallen to a half.

Haze along a lane ends where the bands do, so a width that is wrong by a tenth puts haze into the volumes.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from ..blot import FloatArray
from .strips import Places, Strips, View

__all__ = ["with_own_widths"]

_CORE = 1.2  # half height of the strip that is averaged over the band [sigma]
_FLANK = (3.0, 5.5)  # distances of the strips above and below that are taken off [sigma]
_SURE = 15.0  # a band tells its width when it stands out so many standard deviations of its profile's cells
_LEAST, _MOST = 0.5, 1.15  # bounds on a width [box]


def _mean(values: FloatArray, weight: FloatArray) -> FloatArray:
    """Mean over the rows of each window, where at least two cells count; NaN elsewhere; shape (B, K)."""
    total = weight.sum(axis=1)
    mean = (values * weight).sum(axis=1) / np.maximum(total, 1e-300)
    return np.where(total >= 2, mean, np.nan)


def _profiles(light: FloatArray, usable: npt.NDArray[np.bool_], view: View) -> tuple[FloatArray, FloatArray]:
    """Light across each band above that over and under it [AU], and the noise of its cells [AU]; (B, K) and (B,)."""
    along = (view.rows[:, :, None] - view.ridge[:, None, :]) / view.sigma[:, None, None]
    flank = usable & (np.abs(along) > _FLANK[0]) & (np.abs(along) < _FLANK[1])
    above, below = (_mean(light, (flank & side).astype(float)) for side in (along < 0, along > 0))
    sides = np.stack([above, below])
    known = np.isfinite(sides)
    ground = np.where(known, sides, 0.0).sum(axis=0) / np.maximum(known.sum(axis=0), 1)
    core = _mean(light, (usable & (np.abs(along) < _CORE)).astype(float))
    profile = np.where(known.any(axis=0), core - ground, np.nan)
    steps = np.diff(np.where(np.isfinite(above), above, ground), axis=1)
    return profile, 1.4826 * np.median(np.abs(steps), axis=1) / np.sqrt(2.0)


def _crossing(profile: FloatArray, at: FloatArray, level: float, start: int, step: int) -> float:
    """Place where a profile falls below a level, walking from a cell; NaN when it never does."""
    for k in range(start, len(profile) if step > 0 else -1, step):
        if not np.isfinite(profile[k]):
            return float("nan")
        if profile[k] < level:
            before = profile[k - step]
            return float(at[k] - step * abs(at[1] - at[0]) * (level - profile[k]) / max(before - profile[k], 1e-300))
    return float("nan")


def _ends(profile: FloatArray, at: FloatArray, half: float) -> tuple[float, float, float]:
    """Left and right end of a band at half its light, and that light; ends NaN when they are not both seen."""
    inner = np.flatnonzero((np.abs(at) < 0.5 * half) & np.isfinite(profile))
    if len(inner) < 3:
        return np.nan, np.nan, 0.0
    light = float(np.median(profile[inner]))
    if light <= 0:
        return np.nan, np.nan, light
    left = _crossing(profile, at, 0.5 * light, int(inner[0]), -1)
    return left, _crossing(profile, at, 0.5 * light, int(inner[-1]), 1), light


def _by_neighbours(values: FloatArray, sure: npt.NDArray[np.bool_], lane: npt.NDArray[np.int64]) -> FloatArray:
    """Own value where a band is sure, else the median of its lane's sure bands, else of the picture's."""
    if not sure.any():
        return np.ones(len(values))
    out = np.where(sure, values, float(np.median(values[sure])))
    for number in np.unique(lane):
        mine = lane == number
        if (mine & sure).any():
            out[mine & ~sure] = np.median(values[mine & sure])
    return out


def with_own_widths(strips: Strips, boxes: Places, view: View) -> FloatArray:
    """Half widths of bands, not of their boxes; faint bands take that of their lane's strong ones.

    Parameters
    ----------
    strips : Strips
        The cells.
    boxes : Places
        Bands as wide as their boxes.
    view : View
        Their windows.

    Returns
    -------
    ndarray of shape (B,)
        Half widths [px].
    """
    profiles, noise = _profiles(boxes.cut(strips.light), boxes.cut(strips.usable), view)
    ends = np.array(
        [_ends(profile, at, half) for profile, at, half in zip(profiles, view.cols, boxes.half, strict=True)]
    )
    share = (ends[:, 1] - ends[:, 0]) / 2 / boxes.half
    sure = np.isfinite(share) & (share > _LEAST) & (share < _MOST) & (ends[:, 2] > _SURE * noise)
    return np.asarray(boxes.half * _by_neighbours(share, sure, boxes.lane))
