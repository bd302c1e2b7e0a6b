"""Choose lanes among candidates: the chain of places with most votes and the most regular steps.

Dynamic programming over pairs of neighbours (Bellman 1957): the state is the last step, so that the pitch may drift
slowly across the membrane but not jump. A step may skip wells that no row speaks for, or be a gap of any width.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from ..blot import FloatArray

__all__ = ["PRICE", "best_chain", "candidates", "peaks"]

PRICE = 0.9
"""Votes that a lane must have to be worth taking."""

_UNEVEN = 20.0  # price of a change of step, times its squared logarithm …
_JUMP = 0.1  # … which counts no more than this
_OFF_PITCH = 3.0  # price of a step off the pitch, times its squared logarithm
_SKIPPED = 0.6  # price of a well that no row speaks for
_GAP = 1.6  # price of a gap of any width
_FARTHEST = 4  # longest step [pitches]
_AROUND = 0.25  # distance within which votes are for one lane, as a share of the pitch
_LEAST = 0.3  # votes below which a column is no candidate


def _steps(place: FloatArray, pitch: float) -> tuple[FloatArray, FloatArray]:
    """Price and logarithmic length of every step, as regular ones (layer 0) and as gaps (layer 1).

    Returns
    -------
    price, length : ndarray of shape (2, n, n)
        From candidate i to candidate j; an infinite price forbids it.
    """
    distance = (place[None, :] - place[:, None]) / pitch
    wells = np.clip(np.round(distance), 1, _FARTHEST)
    length = np.log(np.where(distance > 0, distance / wells, 1.0))
    regular = (distance > 0.55) & (distance < _FARTHEST + 0.5) & (np.abs(length) < np.where(wells > 1, 0.2, 0.45))
    gap = (distance > 1.2) & (distance < _FARTHEST)
    price = np.stack(
        [
            np.where(regular, _SKIPPED * (wells - 1) + _OFF_PITCH * length**2, np.inf),
            np.where(gap, _GAP, np.inf),
        ]
    )
    return price, np.stack([length, np.zeros_like(length)])


def best_chain(
    place: FloatArray, votes: FloatArray, pitch: float, *, lane_price: float = PRICE
) -> tuple[float, npt.NDArray[np.intp]]:
    """Return the worth of the best chain of candidates and which they are, from left to right.

    Parameters
    ----------
    place : ndarray of shape (n,)
        Columns of the candidates, rising [px].
    votes : ndarray of shape (n,)
        Votes for each.
    pitch : float
        Distance between lanes that is tried [px].
    lane_price : float
        Votes that a lane must have to be worth taking.
    """
    count = len(place)
    gain = votes - lane_price
    if count == 0:
        return -np.inf, np.empty(0, np.intp)
    price, length = _steps(place, pitch)
    best = np.full((2, count, count), -np.inf)  # worth of the best chain that ends with the step i → j
    before = np.full((2, count, count), -1, np.intp)  # the candidate before i, plus count × its layer
    for i in range(count):
        start = gain[i] + gain - price[:, i, :]
        reached = np.isfinite(best[:, :, i]).ravel()
        best[:, i, :] = start
        if not reached.any():
            continue
        which = np.flatnonzero(reached)
        worth, last = best[:, :, i].ravel()[which], length[:, :, i].ravel()[which]
        change = (length[:, i, :][:, None, :] - last[None, :, None]) ** 2
        total = worth[None, :, None] - _UNEVEN * np.minimum(change, _JUMP)
        pick = np.argmax(total, axis=1)
        onward = np.take_along_axis(total, pick[:, None, :], axis=1)[:, 0, :] + gain - price[:, i, :]
        longer = onward > start
        best[:, i, :] = np.where(longer, onward, start)
        before[:, i, :] = np.where(longer, which[pick], -1)
    return _unwind(best, before, gain)


def _unwind(best: FloatArray, before: npt.NDArray[np.intp], gain: FloatArray) -> tuple[float, npt.NDArray[np.intp]]:
    count = len(gain)
    single = int(np.argmax(gain))
    layer, i, j = np.unravel_index(int(np.argmax(best)), best.shape)
    if not best[layer, i, j] > gain[single]:
        return float(gain[single]), np.array([single], np.intp)
    worth = float(best[layer, i, j])
    chain = [int(j), int(i)]
    while before[layer, i, j] >= 0:
        code = int(before[layer, i, j])
        layer, i, j = np.intp(code // count), np.intp(code % count), i
        chain.append(int(i))
    return worth, np.array(chain[::-1], np.intp)


def peaks(counts: FloatArray) -> tuple[FloatArray, FloatArray]:
    """Return the columns where a tally has a peak [px], and the votes there."""
    inner = counts[1:-1]
    peak = np.flatnonzero((inner >= counts[:-2]) & (inner > counts[2:]) & (inner > _LEAST)) + 1
    return peak.astype(float), counts[peak]


def candidates(counts: FloatArray, pitch: float) -> tuple[FloatArray, FloatArray]:
    """Return the columns where the tally has a peak, clear of the picture's sides [px], and the votes there.

    A peak's place is the middle of the votes around it, since a tally is flat on top; peaks that share it are one.
    """
    place, votes = peaks(counts)
    around = np.arange(-int(_AROUND * pitch) - 1.0, int(_AROUND * pitch) + 2.0)
    columns = np.arange(len(counts), dtype=float)
    for _ in range(4):
        at = place[:, None] + around
        # only what is nearly as high as the peak: the votes of a neighbour must not pull
        above = np.maximum(np.interp(at, columns, counts, 0.0, 0.0) - 0.4 * votes[:, None], 1e-9)
        place = (above * at).sum(axis=1) / above.sum(axis=1)
    inside = (place > 0.25 * pitch) & (place < len(counts) - 1 - 0.25 * pitch)
    return _merged(place[inside], votes[inside], _AROUND * pitch)


def _merged(place: FloatArray, votes: FloatArray, apart: float) -> tuple[FloatArray, FloatArray]:
    """Make one candidate of those that lie nearer together than a distance: their middle, with the most votes."""
    order = np.argsort(place, kind="stable")
    place, votes = place[order], votes[order]
    if len(place) == 0:
        return place, votes
    start = np.flatnonzero(np.concatenate([[True], np.diff(place) > apart]))
    middle = np.add.reduceat(place * votes, start) / np.add.reduceat(votes, start)
    return middle, np.maximum.reduceat(votes, start)
