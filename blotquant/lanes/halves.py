"""Halves of bands that were taken for lanes: bands that are hollow in the middle, dark at both ends.

Two lanes that are halves of one show it in each row: the ridge goes on between them, and they are as bright. The next
lane is beyond a gap. So where spaces of a comb are bridged two by two and those between are gaps, the lanes of each
pair are one. Assumes that bands of neighbouring lanes do not touch two by two all over the membrane.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from statistics import median

import numpy as np
import numpy.typing as npt

from ..blot import FloatArray
from ..evidence import Canvas, Seen
from .centre_lines import Marks, along_ridge, fit_comb, mark_bands
from .findings import Search
from .second_look import Look, look_again
from .votes import SLOPE, Votes, tally

__all__ = ["pairs_of_halves", "with_halves_joined"]

_FEWEST, _FEWEST_OF_SOME = 3, 4  # pairs of lanes, at least, where all are paired and where some lack their other half
_BRIDGED = 0.2  # lowest evidence between two halves as a share of the lesser one's, at least …
_LESS = 0.2  # … and how much less it is between two lanes, at least
_APART = 0.9  # share of pairs of a bridged space and a gap that differ in this sense, at least
_ALIKE = 0.75  # evidence of the lesser half as a share of the greater one's, at least
_SEEN = 0.15  # the same of two bands between which the evidence is looked at
_FARTHEST = 1.5  # longest space that is looked at [pitches]
_FARTHER = 1.5  # distance between halves of different bands over that of halves of one, at most


def pairs_of_halves(
    found: Search, bands: Votes, looks: Sequence[Look], offsets: Sequence[tuple[int, int]]
) -> npt.NDArray[np.intp]:
    """Return which lanes of a search are left halves, the next one their right one; none where lanes are whole.

    Parameters
    ----------
    found : Search
        What the search saw.
    bands : Votes
        Bands in its lanes, one vote each.
    looks, offsets : sequence
        Evidence of each image, and where it starts on the canvas [px].
    """
    none = np.empty(0, np.intp)
    if len(found.comb.centre) < 2 * _FEWEST or _half_way(found, bands, looks, offsets) < _FEWEST:
        return none
    low, alike = _bridges(found, bands, looks, offsets)
    left: list[int] = []
    for number, lowest in enumerate(low):
        if lowest > _BRIDGED and (not left or number > left[-1] + 1):
            left.append(number)
    pairs, space = np.array(left, np.intp), np.diff(found.comb.centre)
    between = np.setdiff1d(np.arange(len(low)), pairs)
    alone = len(found.comb.centre) - 2 * len(pairs)
    if len(pairs) < (_FEWEST_OF_SOME if alone else _FEWEST) or alone > 0.5 * len(pairs):
        return none
    halves = (
        np.median(space[between]) < _FARTHER * np.median(space[pairs])
        and np.median(low[pairs]) - np.median(low[between]) > _LESS
        and np.mean(low[pairs][:, None] > low[between][None, :]) > _APART
        and np.median(alike[pairs]) > _ALIKE
    )
    return pairs if halves else none


def _half_way(found: Search, bands: Votes, looks: Sequence[Look], offsets: Sequence[tuple[int, int]]) -> int:
    """Count the lanes with a band that is seen half way to the next lane as well: a first, quick look for bridges."""
    lane = found.comb.lane_of(bands.row, bands.col, found.pitch)
    own, bridged = np.flatnonzero((lane >= 0) & (lane < len(found.comb.centre) - 1)), set[int]()
    half = 0.5 * np.diff(found.comb.centre)[lane[own]]
    for look, offset in zip(looks, offsets, strict=True):
        row, col = look.strips(bands.row[own] - offset[0], bands.col[own] - offset[1])
        _, middle = look.strips(bands.row[own] - offset[0], bands.col[own] + half - offset[1])
        reach = look.rows(SLOPE * found.pitch)
        down = np.clip(row[:, None] + np.arange(-reach, reach + 1), 0, len(look.score) - 1)
        scale = look.scale[row, col]
        there = look.responses[scale[:, None], down, middle[:, None]].max(axis=1)
        bridged |= set(lane[own][there > _BRIDGED * look.responses[scale, row, col]].tolist())
    return len(bridged)


def _bridges(
    found: Search, bands: Votes, looks: Sequence[Look], offsets: Sequence[tuple[int, int]]
) -> tuple[FloatArray, FloatArray]:
    """Lowest evidence between bands of neighbouring lanes, and the lesser one's as a share of the greater one's.

    Medians over the rows, shape (lanes - 1,); 0 where no row has bands in both.
    """
    space, lane = np.diff(found.comb.centre), found.comb.lane_of(bands.row, bands.col, found.pitch)
    low: list[list[float]] = [[] for _ in space]
    like: list[list[float]] = [[] for _ in space]
    own = np.flatnonzero((lane >= 0) & (lane < len(space)))
    for look, offset in zip(looks, offsets, strict=True):
        row, col = look.strips(bands.row[own] - offset[0], bands.col[own] - offset[1])
        far = np.round(space[lane[own]] / look.width).astype(np.intp)
        count = int(_FARTHEST * found.pitch / look.width) + 2
        ridge = along_ridge(look, row, col, np.ones(len(own), np.intp), count)
        inner = np.arange(count) <= far[:, None]
        near = np.clip(far[:, None] + np.arange(-1, 2), 0, count - 1)
        other = np.take_along_axis(ridge, near, axis=1).max(axis=1)
        lesser, greater = np.minimum(ridge[:, 0], other), np.maximum(ridge[:, 0], other)
        seen = np.flatnonzero((far + 2 <= count) & (lesser > _SEEN * greater) & (lesser > 0.0))
        lowest = np.where(inner, ridge, np.inf).min(axis=1)[seen] / lesser[seen]
        share = lesser[seen] / greater[seen]
        for number, one, two in zip(lane[own][seen].tolist(), lowest.tolist(), share.tolist(), strict=True):
            low[number].append(one)
            like[number].append(two)
    bridge, alike = (np.array([median(rows) if rows else 0.0 for rows in each]) for each in (low, like))
    return bridge, alike


def with_halves_joined(
    found: Search, bands: Votes, pairs: npt.NDArray[np.intp], images: Sequence[Seen], canvas: Canvas
) -> Search:
    """Make one lane of every two that are its halves; a half whose other half was not seen is no lane.

    Parameters
    ----------
    found, bands
        As in `pairs_of_halves`.
    pairs : ndarray of shape (n,)
        Which lanes are left halves.
    images : sequence of Seen
        The images of the membrane.
    canvas : Canvas
        Where they lie.
    """
    halves, pitch = found.comb.centre, 2.0 * found.pitch
    comb = replace(found.comb, centre=0.5 * (halves[pairs] + halves[pairs + 1]))
    lane = found.comb.lane_of(bands.row, bands.col, found.pitch)
    count = np.bincount(lane[lane >= 0], minlength=len(halves))
    fuller = pairs + (count[pairs + 1] > count[pairs])  # rows are told by the half that shows more
    own = np.isin(lane, fuller)
    row, centre = bands.row[own], comb.centre[np.searchsorted(fuller, lane[own])]
    whole = Votes(row, centre + comb.offset(row, centre), bands.weight[own], bands.spacing)
    looked = zip(images, canvas.offsets, strict=True)
    marks = Marks.united([mark_bands(look_again(image, pitch), whole, offset, pitch) for image, offset in looked])
    comb = fit_comb(marks, comb, pitch)
    counts = tally(comb.flattened(whole.row, whole.col), whole.weight, pitch, pitch, comb.shape[1])
    return replace(found, comb=comb, pitch=pitch, counts=counts, marks=marks)
