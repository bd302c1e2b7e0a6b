"""Dips along the run: whether the rim around a band that is dark in its middle is closed at the lane's sides."""

from __future__ import annotations

import cv2
import numpy as np
import numpy.typing as npt

from .blot import FloatArray
from .medians import medians_of_rows

__all__ = ["middle_columns", "rises_at_sides", "smoothed_along"]

_CLOSED = 0.75  # where a rim is closed, the dip's row is as bright as this share of what lies above and below it


def smoothed_along(part: npt.NDArray[np.floating], level: float) -> FloatArray:
    """Light above a level, each row the mean of three, shape (R, K) [AU]."""
    smooth = cv2.blur(part, (1, 3), borderType=cv2.BORDER_REPLICATE)
    return np.asarray(smooth, np.float64) - level


def middle_columns(part: FloatArray) -> FloatArray:
    """Middle half of the lane, shape (R, K) to (R, K // 2 or a little more)."""
    quarter = part.shape[1] // 4
    return part[:, quarter : part.shape[1] - quarter]


def rises_at_sides(light: FloatArray, dip: int) -> tuple[float, float] | None:
    """How far each side of the lane rises out of a dip, as a share of the dip's depth.

    Parameters
    ----------
    light : ndarray of shape (R, K)
        Light of a lane above its background, straightened [AU].
    dip : int
        Row of the dip.

    Returns
    -------
    tuple of float or None
        Left and right; None where a side has a rim that is open, its brightest column being dark at the dip.
    """
    profile, half = medians_of_rows(middle_columns(light)), light.shape[1] // 2
    depth = float(profile.max() - profile[dip])
    rises = []
    for side in (light[:, :half], light[:, half:]):
        col = int(np.argmax(side[dip]))
        if side[dip, col] < _CLOSED * float(side[:, col].max()):
            return None
        rises.append(float(side[dip, col] - profile[dip]) / depth if depth > 0 else 0.0)
    return rises[0], rises[1]
