"""The search for the lanes of a membrane: a first look for the pitch, then closer looks that bend the comb."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from ..blot import FloatArray
from ..evidence import Canvas
from .centre_lines import Comb, Marks, fit_comb, mark_bands
from .chains import PRICE, best_chain, candidates
from .pitches import Glance, first_look
from .second_look import Look, look_again, votes_of
from .votes import Votes, tally

__all__ = ["Search", "choose", "search"]

_NEARBY = (1 / 1.15, 1.0, 1.15)  # pitches that are looked at together, since it may drift across the membrane
_SAME_BAND = 0.06  # votes of one lane that are nearer along the run are one band, as a share of the pitch
_IN_LANE = 0.3  # distance from a lane's centre within which votes are its own, as a share of the pitch


@dataclass(frozen=True)
class Search:
    """What the search saw.

    Parameters
    ----------
    comb : Comb
        The lanes that rows of bands speak for.
    pitch : float
        Distance between lanes [px].
    counts : ndarray of shape (W,)
        Votes of every column, lanes made upright.
    marks : Marks
        Bands seen in the lanes.
    worth, runner_up : float
        Worth of the best pitch at first look, and of the best one that gives another number of lanes.
    """

    comb: Comb
    pitch: float
    counts: FloatArray
    marks: Marks
    worth: float
    runner_up: float

    @property
    def votes(self) -> FloatArray:
        """Votes for each lane."""
        place = np.clip(np.round(self.comb.centre).astype(np.intp), 0, len(self.counts) - 1)
        return np.asarray(self.counts[place])


def _one_a_band(votes: Votes, comb: Comb, pitch: float) -> Votes:
    """Gather the votes of one lane that lie together along the run into one."""
    flat = comb.flattened(votes.row, votes.col)
    lane = np.argmin(np.abs(flat[:, None] - comb.centre[None, :]), axis=1)
    own = np.flatnonzero((np.abs(flat - comb.centre[lane]) < _IN_LANE * pitch) & (votes.weight > 0))
    if own.size == 0:
        return Votes(np.empty(0), np.empty(0), np.empty(0), votes.spacing)
    own = own[np.lexsort((votes.row[own], lane[own]))]
    row, col, weight = votes.row[own], votes.col[own], votes.weight[own]
    new = (np.diff(lane[own]) != 0) | (np.diff(row) > max(2.0, _SAME_BAND * pitch))
    start = np.concatenate([[0], np.flatnonzero(new) + 1])
    total = np.add.reduceat(weight, start)
    return Votes(
        np.add.reduceat(weight * row, start) / total,
        np.add.reduceat(weight * col, start) / total,
        np.maximum.reduceat(weight, start),
        votes.spacing,
    )


def choose(counts: FloatArray, pitch: float, *, price: float = PRICE) -> FloatArray:
    """Return the columns of the best chain of lanes in a tally [px]."""
    place = candidates(counts, pitch)
    _, chain = best_chain(place.astype(float), counts[place], pitch, lane_price=price)
    return place[chain].astype(float)


def _counts(votes: Sequence[tuple[float, Votes]], comb: Comb) -> FloatArray:
    """Votes of each column at the best of the nearby pitches."""
    width = comb.shape[1]
    each = [tally(comb.flattened(v.row, v.col), v.weight, v.spacing, pitch, width) for pitch, v in votes]
    tallied: FloatArray = np.max(each, axis=0)
    return tallied


def _closer(pixels: Sequence[FloatArray], canvas: Canvas, glance: Glance) -> tuple[Comb, FloatArray, Marks]:
    """Look again at the pitch of a first look, and bend the comb until it fits the bands."""
    pitch = glance.pitch
    comb = Comb(glance.centre, 0.5 * glance.shear * (canvas.rows - 1), 0.0, 0.0, canvas.shape)
    nearby, middle = [], []
    for factor in _NEARBY:
        looks = [look_again(image, factor * pitch) for image in pixels]
        cast = [votes_of(look, factor * pitch, offset) for look, offset in zip(looks, canvas.offsets, strict=True)]
        nearby.append((factor * pitch, Votes.united(cast)))
        if factor == 1.0:
            middle = list(zip(looks, cast, canvas.offsets, strict=True))
    counts, marks = _counts(nearby, comb), Marks.none()
    for _ in range(3):
        comb = replace(comb, centre=choose(counts, pitch))
        if len(comb.centre) == 0:
            break
        marks = _marks(middle, comb, pitch)
        comb = fit_comb(marks, comb, pitch)
        counts = _counts(nearby, comb)
    return comb, counts, marks


def _marks(middle: Sequence[tuple[Look, Votes, tuple[int, int]]], comb: Comb, pitch: float) -> Marks:
    each = [mark_bands(look, _one_a_band(votes, comb, pitch), offset, pitch) for look, votes, offset in middle]
    return Marks.united(each)


def search(pixels: Sequence[FloatArray], canvas: Canvas) -> Search:
    """Find the lanes that rows of bands speak for.

    Parameters
    ----------
    pixels : sequence of ndarray
        The images of the membrane, bright = protein [AU].
    canvas : Canvas
        Where they lie.
    """
    glances = first_look(pixels, canvas)
    best = glances[0]
    comb, counts, marks = _closer(pixels, canvas, best)
    others = [g.worth for g in glances if abs(len(g.centre) - len(best.centre)) > 0.2 * len(best.centre)]
    return Search(comb, best.pitch, counts, marks, best.worth, max(others, default=0.0))
