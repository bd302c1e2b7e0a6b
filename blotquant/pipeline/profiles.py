"""The light along each lane, kept for reports and figures: what a person looks at to judge a band."""

from __future__ import annotations

import numpy as np
import pandas as pd

from ..blot import Blot, FloatArray
from ..geometry import evaluate_curve, parse_curve, to_upright
from ..tables import check, empty

__all__ = ["lane_profiles"]

_MIDDLE = 0.5  # share of the lane's width that is averaged: its rims hold smile and neighbours
_MOST = 300  # points of a profile


def _along(blot: Blot, sums: FloatArray, lane: pd.Series) -> FloatArray:
    """Mean of the lane's middle at every row, along its centre line [AU]; whole pixels."""
    rows, cols = blot.shape
    points = parse_curve(str(lane["curve"]))
    middle = (
        evaluate_curve(points[:, 0], points[:, 1], np.arange(rows)) if len(points) else np.full(rows, lane["centre"])
    )
    half = 0.5 * _MIDDLE * float(lane["width"])
    left = np.clip(np.rint(middle - half + 0.5), 0, cols - 1).astype(int)
    right = np.clip(np.rint(middle + half + 0.5), left + 1, cols).astype(int)
    each = np.arange(rows)
    return np.asarray((sums[each, right] - sums[each, left]) / (right - left), dtype=np.float64)


def lane_profiles(blot: Blot, lanes: pd.DataFrame) -> pd.DataFrame:
    """Average the middle of each lane across, along the run; for the eye, nothing is measured on it.

    Parameters
    ----------
    blot : Blot
        An upright picture with bright bands.
    lanes : DataFrame
        Lanes table; the rows of this image are taken [px of the file as given].

    Returns
    -------
    DataFrame
        Profiles table, one row a lane; at most 300 points each, means of `step` rows.
    """
    mine = to_upright(lanes[lanes["image"] == blot.name], blot.frame)
    if mine.empty:
        return empty("profiles")
    sums = np.zeros((blot.shape[0], blot.shape[1] + 1))
    np.cumsum(blot.pixels, axis=1, out=sums[:, 1:])
    step = -(-blot.shape[0] // _MOST)
    starts = np.arange(0, blot.shape[0], step)
    counts = np.diff(np.append(starts, blot.shape[0]))
    found = []
    for _, lane in mine.iterrows():
        means = (np.add.reduceat(_along(blot, sums, lane), starts) / counts).tolist()
        text = " ".join(f"{value:.5g}" for value in means)
        first = blot.frame.top + 0.5 * (step - 1)
        found.append({"image": blot.name, "lane": lane["lane"], "first": first, "step": float(step), "signal": text})
    return check(pd.DataFrame(found), "profiles")
