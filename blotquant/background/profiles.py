"""Lane profiles: one baseline a lane along the run, laid under all of the lane's width."""

from __future__ import annotations

from itertools import pairwise

import numpy as np

from ..blot import FloatArray
from .family import Background, IntArray, Places, moving_mean, paint
from .hull import lower_hull

__all__ = ["RUBBER_BAND", "SNIP", "VALLEY"]


def lane_edges(places: Places, of_lane: IntArray) -> tuple[FloatArray, FloatArray]:
    """Left and right edge of a lane at every row [px], from the boxes of its bands (indices ``of_lane``)."""
    middle = (places.top[of_lane] + places.bottom[of_lane] - 1) / 2
    order = np.argsort(middle, kind="stable")
    rows = np.arange(places.shape[0])
    left = np.interp(rows, middle[order], places.left[of_lane][order])
    right = np.interp(rows, middle[order], places.right[of_lane][order])
    return left, right


def strip_mean(pixels: FloatArray, left: FloatArray, right: FloatArray) -> FloatArray:
    """Mean of each row between two edges [AU]; the edges are cut to the picture and lie at least 1 px apart."""
    height, width = pixels.shape
    start = np.clip(np.rint(left).astype(np.int64), 0, width - 1)
    stop = np.maximum(np.clip(np.rint(right).astype(np.int64), 0, width), start + 1)
    sums = np.concatenate([np.zeros((height, 1)), np.cumsum(pixels, axis=1)], axis=1)
    rows = np.arange(height)
    mean: FloatArray = (sums[rows, stop] - sums[rows, start]) / (stop - start)
    return mean


def _profiles(pixels: FloatArray, places: Places, smooth: int) -> tuple[IntArray, FloatArray]:
    """Smoothed mean profile of every lane: lane numbers, and an array of shape (lanes, H) [AU]."""
    lanes = np.unique(places.lane)
    profiles = [strip_mean(pixels, *lane_edges(places, np.flatnonzero(places.lane == lane))) for lane in lanes]
    return lanes, moving_mean(np.array(profiles).reshape(len(lanes), places.shape[0]), smooth)


def _lay(pixels: FloatArray, places: Places, baselines: list[FloatArray]) -> FloatArray:
    """Lay one baseline a band (values at every row of its box) under the box's width."""
    patches = [
        np.repeat(baseline[:, None], int(places.right[i] - places.left[i]), axis=1)
        for i, baseline in enumerate(baselines)
    ]
    return paint(pixels, places, patches)


def _lowest(profile: FloatArray, start: int, stop: int) -> float:
    """Row of the lowest value in a half-open range; the middle one of equals."""
    part = profile[start:stop]
    return start + float(np.mean(np.flatnonzero(part == part.min())))


def _valleys(profile: FloatArray, centres: IntArray, reach: IntArray) -> FloatArray:
    """Valleys of shape (n + 1,): between neighbouring centres, and within ``reach`` of the outer ones."""
    first = max(0, int(centres[0] - reach[0]))
    last = min(len(profile), int(centres[-1] + reach[-1]) + 1)
    limits = [first, *map(int, centres), last]
    return np.array([_lowest(profile, a, max(b, a + 1)) for a, b in pairwise(limits)])


def valley(pixels: FloatArray, places: Places, *, smooth: int = 5) -> FloatArray:
    """Straight line from valley to valley of the lane's smoothed mean profile [AU].

    The outer valleys are looked for within one and a half box heights of the band's centre.
    """
    lanes, profiles = _profiles(pixels, places, smooth)
    baselines: list[FloatArray] = [np.empty(0)] * len(places)
    for profile, lane in zip(profiles, lanes, strict=True):
        mine = np.flatnonzero(places.lane == lane)
        mine = mine[np.argsort(places.top[mine] + places.bottom[mine], kind="stable")]
        centres = (places.top[mine] + places.bottom[mine]) // 2
        reach = np.maximum(3, (3 * (places.bottom[mine] - places.top[mine])) // 2)
        ends = _valleys(profile, centres, reach)
        levels = np.interp(ends, np.arange(len(profile)), profile)
        for k, i in enumerate(mine):
            rows = np.arange(places.top[i], places.bottom[i])
            slope = (levels[k + 1] - levels[k]) / max(ends[k + 1] - ends[k], 1.0)
            baselines[i] = levels[k] + slope * (rows - ends[k])
    return _lay(pixels, places, baselines)


def _from_profiles(pixels: FloatArray, places: Places, lanes: IntArray, baseline: FloatArray) -> FloatArray:
    which = np.searchsorted(lanes, places.lane)
    return _lay(pixels, places, [baseline[which[i], places.box(i)[0]] for i in range(len(places))])


def rubber_band(pixels: FloatArray, places: Places, *, smooth: int = 5) -> FloatArray:
    """Lower convex hull of the lane's smoothed mean profile [AU]."""
    lanes, profiles = _profiles(pixels, places, smooth)
    return _from_profiles(pixels, places, lanes, lower_hull(profiles))


def snip(pixels: FloatArray, places: Places, *, smooth: int = 5, iterations: int = 0) -> FloatArray:
    """Peak clipping of the lane's smoothed mean profile with a shrinking window [AU].

    ``iterations`` is the largest half window [px]; 0 takes the height of the tallest box.
    """
    lanes, profiles = _profiles(pixels, places, smooth)
    largest = iterations or int(np.max(places.bottom - places.top))
    baseline = profiles.copy()
    for half in range(min(largest, (profiles.shape[1] - 1) // 2), 0, -1):
        bridged = (baseline[:, : -2 * half] + baseline[:, 2 * half :]) / 2
        baseline[:, half:-half] = np.minimum(baseline[:, half:-half], bridged)
    return _from_profiles(pixels, places, lanes, baseline)


VALLEY = Background(
    "valley",
    valley,
    "lane",
    "ramp",
    "Straight line between the valleys of the lane's profile on both sides of the band.",
    "The profile comes down to the background between bands; noise pulls the minima down.",
    "The usual baseline of gel analysers, for example ImageJ's Gel Analyzer",
)
RUBBER_BAND = Background(
    "rubber_band",
    rubber_band,
    "lane",
    "ramp",
    "Lower convex hull of the lane's profile.",
    "The background bends upwards only; noise pulls the hull down.",
    "Andrew 1979, Inf Process Lett 9:216, doi 10.1016/0020-0190(79)90072-3 (the hull)",
)
SNIP = Background(
    "snip",
    snip,
    "lane",
    "ramp",
    "Peaks of the lane's profile clipped with a window that shrinks to nothing.",
    "Bands are narrower than the window, and the background bends little over it.",
    "Ryan et al. 1988, Nucl Instrum Methods B 34:396, doi 10.1016/0168-583X(88)90063-8",
)
