"""Between the lanes: the membrane beside a lane, row by row, carried across it."""

from __future__ import annotations

import numpy as np

from ..blot import FloatArray
from .family import Background, Places, moving_mean, paint
from .profiles import lane_edges, strip_mean

__all__ = ["INTER_LANE"]


def _gaps(pixels: FloatArray, places: Places, lanes: np.ndarray, smooth: int) -> tuple[FloatArray, FloatArray]:
    """Centre [px] and smoothed level [AU] of the gap left of each lane and right of the last: (lanes + 1, H)."""
    edges = np.array([lane_edges(places, np.flatnonzero(places.lane == lane)) for lane in lanes])
    order = np.argsort(edges.sum(axis=1).mean(axis=1), kind="stable")
    edges = edges[order]
    spare = np.median(edges[:, 1] - edges[:, 0]) / 4
    left = np.concatenate([edges[:1, 0] - spare, edges[:, 1]])
    right = np.concatenate([edges[:, 0], edges[-1:, 1] + spare])
    left, right = np.minimum(left, right), np.maximum(left, right)  # lanes that touch or cross: the shared part
    left, right = np.clip(np.rint(left), 0, places.shape[1] - 1), np.clip(np.rint(right), 0, places.shape[1])
    right = np.maximum(right, left + 1)
    levels = np.array([strip_mean(pixels, a, b) for a, b in zip(left, right, strict=True)])
    return (left + right - 1) / 2, moving_mean(levels, smooth)


def inter_lane(pixels: FloatArray, places: Places, *, smooth: int = 15) -> FloatArray:
    """Straight line across each lane between the smoothed levels of the gaps on its two sides [AU]."""
    lanes = np.unique(places.lane)
    centres, levels = _gaps(pixels, places, lanes, smooth)
    middle = np.array([np.mean((places.left + places.right)[places.lane == lane]) for lane in lanes])
    rank = np.argsort(np.argsort(middle, kind="stable"), kind="stable")
    patches = []
    for i in range(len(places)):
        rows, cols = places.box(i)
        k = int(rank[np.searchsorted(lanes, places.lane[i])])
        from_left = np.arange(cols.start, cols.stop) - centres[k, rows, None]
        span = np.maximum(centres[k + 1, rows, None] - centres[k, rows, None], 1.0)
        patches.append(levels[k, rows, None] + (levels[k + 1, rows, None] - levels[k, rows, None]) * from_left / span)
    return paint(pixels, places, patches)


INTER_LANE = Background(
    "inter_lane",
    inter_lane,
    "lane",
    "ramp",
    "Level of the gaps beside the lane, row by row, on a straight line across the lane.",
    "The membrane under the lane is like the membrane beside it: no lane haze, no bleed into the gaps.",
    "Lane-edge subtraction of gel analysers",
)
