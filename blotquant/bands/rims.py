"""Rims: a burnt-out band is dark in its middle, and its two rims were taken for two bands.

Where the substrate has run out, light falls where there is most protein. What is left is a closed ring: towards the
lane's sides, where the band ends, the dip between both rims fills up again. That between two proteins does not.
"""

from __future__ import annotations

from dataclasses import fields

import numpy as np
import numpy.typing as npt

from ..blot import FloatArray
from ..bulges import Picture
from ..dips import middle_columns, rises_at_sides, smoothed_along
from ..medians import medians_of_rows
from .peaks import Peaks
from .profiles import Track

__all__ = ["join_rims"]

_BRIGHT = 20.0  # evidence of both rims, at least: what is dim has not used up its substrate
_FARTHEST = 0.6  # distance of two rims as a share of the lane's width, at most
_ALIKE = 0.5  # the lesser rim's height as a share of the greater one's, at least
_DEEP = 0.03  # depth of the dip as a share of the greater rim's height, at least
_RISE, _USUAL_RISE = 0.4, 0.5  # and each side, and both on average, rise out of the dip by this share of its depth
_REACH = 0.75  # how far to either side a lane's end is looked for, as a share of its width
_LEAST = 3  # rows from rim to rim, and columns to either side, below which nothing is told

Indices = npt.NDArray[np.intp]


def _between(calm: Picture, peaks: Peaks, track: Track, upper: int, lower: int, offset: float) -> Picture:
    """Part of a picture from one peak's ridge to the next, straightened, a column of the picture each [span]."""
    rows, cols = calm.shape
    lane = peaks.lane[upper]
    top, bottom = peaks.row[upper] - offset, peaks.row[lower] - offset
    centre = track.column[lane, int(np.clip(round(0.5 * (top + bottom)), 0, rows - 1))]
    reach = _REACH * track.width[lane]
    at = np.arange(max(0, round(centre - reach)), min(cols, round(centre + reach) + 1))
    slope = 0.5 * (peaks.slope[upper] + peaks.slope[lower])
    down = np.arange(round(bottom) - round(top) + 1)[:, None] + round(top) + np.round(slope * (at - centre))
    return np.asarray(calm[np.clip(down, 0, rows - 1).astype(np.intp), at], np.float32)


def _closed(part: Picture, level: float) -> bool:
    """Whether the dip between two rims fills up on both sides, in a column that it does not darken."""
    if min(part.shape[0], part.shape[1] // 2) < _LEAST:
        return False
    light = smoothed_along(part, level)
    profile = medians_of_rows(middle_columns(light))
    dip = int(np.argmin(profile))
    rims = profile[: dip + 1].max(), profile[dip:].max()
    if min(rims) < _ALIKE * max(rims) or min(rims) - profile[dip] < _DEEP * max(rims):
        return False
    rises = rises_at_sides(light, dip)
    return rises is not None and min(rises) > _RISE and sum(min(1.0, rise) for rise in rises) > 2.0 * _USUAL_RISE


def join_rims(peaks: Peaks, calm: Picture, track: Track, offset: float) -> Peaks:
    """Make one peak of two that are the rims of one band.

    Parameters
    ----------
    peaks : Peaks
        Peaks of one image.
    calm : ndarray of shape (H, W)
        The image [span].
    track : Track
        Its lanes.
    offset : float
        Row of the image's first pixel on the canvas [px].
    """
    bright = np.flatnonzero(peaks.score >= _BRIGHT)
    order = bright[np.lexsort((peaks.row[bright], peaks.lane[bright]))]
    gone: list[int] = []
    joined: dict[int, int] = {}
    for upper, lower in zip(order[:-1].tolist(), order[1:].tolist(), strict=True):
        lane, apart = int(peaks.lane[upper]), float(peaks.row[lower] - peaks.row[upper])
        if lane != peaks.lane[lower] or apart > _FARTHEST * track.width[lane] or upper in gone:
            continue
        part = _between(calm, peaks, track, upper, lower, offset)
        level = _ground(calm, peaks, track, upper, lower, offset)
        if _closed(part, level):
            joined[upper] = lower
            gone.append(lower)
    return _merged(peaks, joined, gone) if joined else peaks


def _ground(calm: Picture, peaks: Peaks, track: Track, upper: int, lower: int, offset: float) -> float:
    """Brightness of the lane beyond both rims, on the brighter side [span]."""
    rows, cols = calm.shape
    lane = peaks.lane[upper]
    sides = []
    for place, by in ((upper, -4.0), (lower, 4.0)):
        row = int(np.clip(round(peaks.row[place] - offset + by * peaks.sigma[place]), 0, rows - 1))
        col = round(float(track.column[lane, row]))
        sides.append(float(np.median(calm[row, max(0, col - 2) : min(cols, col + 3)])))
    return max(sides)


def _merged(peaks: Peaks, joined: dict[int, int], gone: list[int]) -> Peaks:
    """Let the upper rim stand for both: half-way between, as thick as they lie apart."""
    upper, lower = np.array(list(joined), np.intp), np.array(list(joined.values()), np.intp)
    values = {field.name: getattr(peaks, field.name).copy() for field in fields(Peaks)}
    half: FloatArray = 0.5 * (peaks.row[lower] - peaks.row[upper])
    values["row"][upper] += half
    values["sigma"][upper] = half + np.minimum(peaks.sigma[upper], peaks.sigma[lower])
    values["slope"][upper] = 0.5 * (peaks.slope[upper] + peaks.slope[lower])
    values["under"][upper] = peaks.under[lower]
    values["blended"][upper] = False
    for name in ("score", "contrast", "height"):
        values[name][upper] = np.maximum(values[name][upper], values[name][lower])
    values["steep"][upper] = np.minimum(peaks.steep[upper], peaks.steep[lower])
    values["margin"][upper] = np.minimum(peaks.margin[upper], peaks.margin[lower])
    keep = np.setdiff1d(np.arange(len(peaks.row)), gone)
    return Peaks(**values).taken(keep)
