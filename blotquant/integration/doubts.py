"""What to doubt about a measured band, and the limits below which it is not told apart from nothing."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import pandas as pd

from ..background import Places
from ..blot import Blot, FloatArray
from ..dips import middle_columns, rises_at_sides, smoothed_along
from ..flags import Flag, add_flag
from ..geometry import evaluate_curve, parse_curve
from ..medians import median, medians_of_rows

__all__ = ["flagged", "is_quantified", "limits", "saturated_pixels"]

_LOD, _LOQ = 3.3, 10.0  # ICH Q2(R2): standard deviations of a blank
_MANY = 0.02  # share of replaced pixels from which a band counts as dusty
_RIM = 3.0  # noise standard deviations by which a hollow band's middle lies below both rims …
_DEEP, _DEEPER = 0.05, 0.07  # … and share of its height; the latter where the rims were taken for two bands
_ALIKE = 0.5  # the lesser rim of a hollow band is at least this share of the greater one
_TALL = 10.0  # and it stands out by so many of them: what is dim has not used up its substrate
_RISE = 0.7  # and a closed rim rises out of the dip by at least this share of its depth
_FALL = 0.5  # and beyond both rims the light falls by at least this share of the dip's depth
_CORE = 3.0  # a band's core reaches so many half thicknesses to each side
_FAR = 6.0  # a burnt-out band's other rim lies within so many half thicknesses of the picture's bands
_BESIDE = 2  # rows beyond the ridge of a rim [px]
_FEW = 5  # rows and columns below which no dip is told
_TO_SD = 1.4826 / np.sqrt(2.0)  # standard deviation of pixels over the median difference of neighbours
_DARK = 0.01  # share of a box at the picture's floor from which its background is cut off

BoolArray = npt.NDArray[np.bool_]
IntArray = npt.NDArray[np.int64]


def limits(error: FloatArray) -> tuple[FloatArray, FloatArray]:
    """Limits of detection and quantification [AU px]: 3.3 and 10 standard errors of a band that is all but absent.

    A strong band's error is mostly that of its shape, which an absent band has not; so no band's blank error is
    taken to be larger than that of the faintest third of the picture's bands.
    Assumes that a band which is absent errs normally, and about zero.

    Parameters
    ----------
    error : ndarray of shape (n,)
        Standard error of each band's volume, as if the band were absent [AU px].

    Returns
    -------
    lod, loq : ndarray of shape (n,)
        [AU px].

    References
    ----------
    ICH Q2(R2) 2023, Validation of analytical procedures.
    """
    blank = np.minimum(error, float(np.quantile(error, 1.0 / 3.0))) if len(error) else error
    return _LOD * blank, _LOQ * blank


def is_quantified(volume: FloatArray, error: FloatArray) -> BoolArray:
    """Which volumes are so many times their own standard errors that they are quantified whatever else is known."""
    return np.asarray(volume > _LOQ * error, dtype=np.bool_)


def saturated_pixels(blot: Blot, places: Places, row: FloatArray) -> IntArray:
    """Pixels of each box at the detector's limit; where boxes of a lane overlap, of the band whose centre is nearer.

    Parameters
    ----------
    blot, places : Blot, Places
        The upright picture and the bands' boxes.
    row : ndarray of shape (n,)
        Centre of each band [px].
    """
    count = np.zeros(len(places), dtype=np.int64)
    if blot.ceiling is None:
        return count
    for i in range(len(places)):
        box = places.box(i)
        burnt = blot.pixels[box] >= blot.ceiling
        if burnt.any():
            at = np.arange(box[0].start, box[0].stop)[:, None]
            theirs = (places.top <= at) & (at < places.bottom) & (np.abs(at - row) < np.abs(at - row[i]))
            others = (theirs & (places.lane == places.lane[i])).any(axis=1)
            count[i] = np.count_nonzero(burnt[~others])
    return count


def _ridge(points: FloatArray, centre: float, cols: IntArray) -> FloatArray:
    """Row of a band's ridge at columns, from points of it or its centre [px]."""
    if not len(points):
        return np.full(len(cols), centre)
    return evaluate_curve(points[:, 1], points[:, 0], np.clip(cols, points[:, 1].min(), points[:, 1].max()))


def _straightened(pixels: FloatArray, ridge: FloatArray, cols: IntArray, run: IntArray) -> FloatArray:
    """Pixels counted from the ridge, shape (run, cols) [AU]; whole pixels are moved, none resampled."""
    at = np.clip(np.rint(ridge).astype(np.int64) + run[:, None], 0, len(pixels) - 1)
    part: FloatArray = pixels[at, cols]
    return part


def _dip(
    core: FloatArray, profile: FloatArray, level: float, noise_sd: float, deep: float, outside: float
) -> int | None:
    """Row of a dip between two rims along the run in the middle half of the lane, None where there is none.

    The profile is the median of each of the core's rows, so that a grain of dust is no rim. The rims are those of a
    band where the light falls beyond them by a share `outside` of the dip's depth. The noise is that of neighbouring
    pixels of a row, which holds the photon noise of a bright band, or the picture's, whichever is larger.
    """
    if min(core.shape) < _FEW:
        return None
    above, below = np.maximum.accumulate(profile), np.maximum.accumulate(profile[::-1])[::-1]
    depth = np.minimum(above, below) - profile
    at = int(np.argmax(depth))
    tall = float(profile.max()) - level
    alike = min(above[at], below[at]) - level > _ALIKE * tall
    falls = min(above[at] - profile[0], below[at] - profile[-1]) > outside * depth[at]
    if not (alike and falls and depth[at] > deep * tall):
        return None
    noise = max(noise_sd, _TO_SD * median(np.abs(np.diff(core, axis=1))))
    return at if tall > _TALL * noise and depth[at] > _RIM * noise else None


def _closed(part: FloatArray, dip: int, level: float) -> bool:
    """Is the rim closed: does each side of the lane rise out of the dip, in a column that the dip does not darken."""
    rises = rises_at_sides(smoothed_along(part, level), dip)
    return rises is not None and min(rises) >= _RISE


def _hollow(bands: pd.DataFrame, blot: Blot, places: Places, noise_sd: float, strong: BoolArray) -> BoolArray:
    """Bands whose middle is darker than their rims along the run.

    A band's core is looked at up to half-way to its neighbours. A burnt-out band may have been found at one of its rims
    only, or as two bands: farther off, a dip counts where the rim is closed at the lane's ends as well, which that of
    two proteins is not.
    """
    curves = [parse_curve(text) for text in bands["curve"]]
    level = bands["background"].to_numpy(float) / ((places.bottom - places.top) * (places.right - places.left))
    sigma, row = np.maximum(bands["sigma"].fillna(0.0).to_numpy(float), 1.0), bands["centre_row"].to_numpy(float)
    far = int(_FAR * float(np.quantile(sigma, 0.75)))  # rims taken for bands are thin
    out = np.zeros(len(bands), dtype=bool)
    for i in range(len(bands)):
        cols = np.arange(places.left[i], places.right[i])
        part = _straightened(blot.pixels, _ridge(curves[i], row[i], cols), cols, np.arange(-far, far + 1))
        core = middle_columns(part)
        profile = medians_of_rows(core)
        away = row[strong & (places.lane == places.lane[i])] - row[i]
        reach = min(int(np.ceil(_CORE * sigma[i])), far)
        first = max(-reach, int(0.5 * away[away < 0].max(initial=-2.0 * reach)))
        last = min(reach, int(0.5 * away[away > 0].min(initial=2.0 * reach)))
        near = slice(far + first, far + last + 1)
        out[i] = _dip(core[near], profile[near], level[i], noise_sd, _DEEP, _FALL) is not None
        for side in (slice(far + _BESIDE + 1), slice(far - _BESIDE, None)):
            dip = _dip(core[side], profile[side], level[i], noise_sd, _DEEPER, 0.0)
            out[i] |= dip is not None and _closed(part[side], dip, level[i])
    return out


def _edges(places: Places, whole: BoolArray) -> BoolArray:
    """Which boxes touch the picture's edge; that of a whole lane ends at its top and bottom by what it is."""
    rows, cols = places.shape
    ends = (places.top <= 0) | (places.bottom >= rows)
    return (ends & ~whole) | (places.left <= 0) | (places.right >= cols)


def flagged(bands: pd.DataFrame, blot: Blot, places: Places, noise_sd: float) -> pd.Series[str]:
    """Add the doubts about measured bands to those that they came with.

    Parameters
    ----------
    bands : DataFrame
        Bands of the blot with measured columns filled.
    blot : Blot
        The upright picture.
    places : Places
        Their boxes in it [px], in the order of the rows.
    noise_sd : float
        Standard deviation of a pixel of background [AU].

    Returns
    -------
    Series of str
        The column ``flags``.
    """
    parts = [blot.pixels[places.box(i)] for i in range(len(places))]
    floor = -np.inf if blot.floor is None else blot.floor
    cut = np.array([np.mean(part <= floor) > _DARK for part in parts], dtype=bool)
    strong = bands["volume"].to_numpy() > bands["loq"].to_numpy()
    hollow = _hollow(bands, blot, places, noise_sd, strong & bands["detected"].to_numpy(bool))
    below = ~bands["detected"].to_numpy(bool)
    flags = bands["flags"]
    for flag, where in (
        (Flag.SATURATED, bands["saturated"].to_numpy() > 0),
        (Flag.HOLLOW, hollow),
        (Flag.NEGATIVE, bands["volume"].to_numpy() < -bands["lod"].to_numpy()),
        (Flag.CLIPPED_AT_ZERO, cut),
        (Flag.EDGE, _edges(places, bands["band"].to_numpy(object) == "lane")),
        (Flag.SPECK, bands["rejected"].to_numpy() > _MANY),
        (Flag.BELOW_LOD, below),
        (Flag.BELOW_LOQ, ~below & ~strong),
    ):
        flags = add_flag(flags, where, flag)
    return flags
