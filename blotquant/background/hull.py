"""Lower convex hulls of many lines at once."""

from __future__ import annotations

import numpy as np

from ..blot import FloatArray
from .family import IntArray

__all__ = ["lower_hull"]


def lower_hull(lines: FloatArray) -> FloatArray:
    """Evaluate the lower convex hull of each line at each of its points (monotone chain, all lines in step).

    Assumes points at equal spacing.

    Parameters
    ----------
    lines : ndarray of shape (n, m)
        Values at equal spacing [any unit].

    Returns
    -------
    ndarray of shape (n, m)
        Values of the hulls; never above ``lines``.

    References
    ----------
    Andrew 1979, Inf Process Lett 9:216, doi 10.1016/0020-0190(79)90072-3.
    """
    count, size = lines.shape
    values = np.asarray(lines, dtype=np.float64)
    corner = np.zeros((count, size), dtype=np.int64)  # a stack of corners a line
    depth = np.ones(count, dtype=np.int64)
    every = np.arange(count)
    for at in range(1, size):
        _drop_corners_above(values, corner, depth, at)
        corner[every, depth] = at
        depth += 1
    return _between_corners(values, corner, depth)


def _drop_corners_above(values: FloatArray, corner: IntArray, depth: IntArray, at: int) -> None:
    """Take off the last corners that lie on or above the chord from the one before them to ``at``; in place."""
    busy = np.flatnonzero(depth >= 2)
    while busy.size:
        last, before = corner[busy, depth[busy] - 1], corner[busy, depth[busy] - 2]
        rise = (values[busy, last] - values[busy, before]) * (at - before)
        above = rise >= (values[busy, at] - values[busy, before]) * (last - before)
        busy = busy[above]
        depth[busy] -= 1
        busy = busy[depth[busy] >= 2]


def _between_corners(values: FloatArray, corner: IntArray, depth: IntArray) -> FloatArray:
    """Straight lines between the corners of each line."""
    count, size = values.shape
    is_corner = np.zeros((count, size), dtype=bool)
    row, k = np.nonzero(np.arange(size) < depth[:, None])
    is_corner[row, corner[row, k]] = True
    at = np.arange(size)
    left = np.maximum.accumulate(np.where(is_corner, at, 0), axis=1)
    right = np.minimum.accumulate(np.where(is_corner, at, size - 1)[:, ::-1], axis=1)[:, ::-1]
    low, high = np.take_along_axis(values, left, 1), np.take_along_axis(values, right, 1)
    share = (at - left) / np.maximum(right - left, 1)
    hull: FloatArray = np.minimum(low + (high - low) * share, values)
    return hull
