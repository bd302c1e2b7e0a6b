"""What to doubt about a measured band, and the limits below which it is not told apart from nothing."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import pandas as pd

from ..background import Places
from ..blot import Blot, FloatArray
from ..flags import Flag, add_flag

__all__ = ["flagged", "limits", "saturated_pixels"]

_LOD, _LOQ = 3.3, 10.0  # ICH Q2(R2): standard deviations of a blank
_MANY = 0.02  # share of replaced pixels from which a band counts as dusty
_RIM = 3.0  # noise standard deviations by which a hollow band's middle lies below its rim
_DARK = 0.01  # share of a box at the picture's floor from which its background is cut off


def limits(error: FloatArray) -> tuple[FloatArray, FloatArray]:
    """Limits of detection and quantification [AU px]: 3.3 and 10 standard errors of a band that is all but absent.

    A strong band's error is mostly that of its shape, which an absent band has not; so no band's blank error is
    taken to be larger than that of the faintest third of the picture's bands.

    References
    ----------
    ICH Q2(R2) 2023, Validation of analytical procedures.
    """
    blank = np.minimum(error, float(np.quantile(error, 1.0 / 3.0))) if len(error) else error
    return _LOD * blank, _LOQ * blank


def saturated_pixels(blot: Blot, places: Places) -> npt.NDArray[np.int64]:
    """Pixels of each box at the detector's limit."""
    limit = np.inf if blot.ceiling is None else blot.ceiling
    return np.array([np.count_nonzero(blot.pixels[places.box(i)] >= limit) for i in range(len(places))], dtype=np.int64)


def _hollow(part: FloatArray, noise_sd: float) -> bool:
    """Is the middle of the box darker than the rows above and below it."""
    rows, cols = part.shape
    profile = part[:, cols // 4 : max(cols - cols // 4, cols // 4 + 1)].mean(axis=1)
    third = rows // 3
    if third < 2:
        return False
    middle = float(profile[third : rows - third].min())
    rim = min(float(profile[: rows // 2].max()), float(profile[rows // 2 :].max()))
    ends = 0.5 * float(profile[0] + profile[-1])
    return rim - middle > _RIM * noise_sd and middle - ends > 0.3 * (rim - ends) and rim - middle > 0.1 * (rim - ends)


def _edges(places: Places) -> npt.NDArray[np.bool_]:
    rows, cols = places.shape
    return (places.top <= 0) | (places.bottom >= rows) | (places.left <= 0) | (places.right >= cols)


def flagged(bands: pd.DataFrame, blot: Blot, places: Places, noise_sd: float) -> pd.Series[str]:
    """Add the doubts about measured bands to those that they came with."""
    parts = [blot.pixels[places.box(i)] for i in range(len(places))]
    floor = -np.inf if blot.floor is None else blot.floor
    cut = np.array([np.mean(part <= floor) > _DARK for part in parts], dtype=bool)
    strong = bands["volume"].to_numpy() > bands["loq"].to_numpy()
    hollow = np.array([_hollow(part, noise_sd) for part in parts], dtype=bool) & strong
    below = ~bands["detected"].to_numpy(bool)
    flags = bands["flags"]
    for flag, where in (
        (Flag.SATURATED, bands["saturated"].to_numpy() > 0),
        (Flag.HOLLOW, hollow),
        (Flag.NEGATIVE, bands["volume"].to_numpy() < 0),
        (Flag.CLIPPED_AT_ZERO, cut),
        (Flag.EDGE, _edges(places)),
        (Flag.SPECK, bands["rejected"].to_numpy() > _MANY),
        (Flag.BELOW_LOD, below),
        (Flag.BELOW_LOQ, ~below & ~strong),
    ):
        flags = add_flag(flags, where, flag)
    return flags
