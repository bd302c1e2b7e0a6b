"""The light along each lane, kept for reports and figures: what a person looks at to judge a band."""

from __future__ import annotations

import numpy as np
import pandas as pd

from ..blot import Blot, CountArray, FloatArray
from ..geometry import evaluate_curve, parse_curve, to_upright
from ..tables import check, empty

__all__ = ["lane_profiles"]

_MIDDLE = 0.5  # share of the lane's width that is averaged: its rims hold smile and neighbours
_MOST = 300  # points of a profile


def _along(sums: CountArray, curve: str, centre: float, width: float) -> FloatArray:
    """Mean of the lane's middle at every row, along its centre line [AU]; whole pixels."""
    rows, cols = sums.shape[0], sums.shape[1] - 1
    points, each = parse_curve(curve), np.arange(rows)
    middle = evaluate_curve(points[:, 0], points[:, 1], each) if len(points) else np.full(rows, centre)
    half = 0.5 * _MIDDLE * width
    left = np.rint(middle - half + 0.5).clip(0, cols - 1).astype(int)
    right = np.rint(middle + half + 0.5).clip(left + 1, cols).astype(int)
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
    whole = blot.counts.dtype.kind == "i"  # whole numbers add up faster, and to the same
    sums = np.zeros((blot.shape[0], blot.shape[1] + 1), np.int64 if whole else np.float64)
    np.cumsum(blot.counts, axis=1, out=sums[:, 1:])
    step = -(-blot.shape[0] // _MOST)
    starts = np.arange(0, blot.shape[0], step)
    counts = np.diff(np.append(starts, blot.shape[0]))
    first, pattern = blot.frame.top + 0.5 * (step - 1), " ".join(["%.5g"] * len(starts))
    lines = zip(mine["curve"].map(str), mine["centre"].tolist(), mine["width"].tolist(), strict=True)
    signals = [pattern % tuple((np.add.reduceat(_along(sums, *line), starts) / counts).tolist()) for line in lines]
    columns = {"image": blot.name, "lane": mine["lane"].to_numpy(), "first": first, "step": float(step)}
    return check(pd.DataFrame({**columns, "signal": signals}), "profiles")
