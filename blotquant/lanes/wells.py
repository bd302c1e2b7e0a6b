"""Wells that no row of bands speaks for: places in the comb that are a pitch from their neighbours."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from ..blot import FloatArray

__all__ = ["FEWEST", "fill_wells", "local_steps", "usual_step"]

FEWEST = 4
"""Lanes from which a comb is known to be regular."""

_MOST_EMPTY = 2  # empty wells side by side
_SINGLE = 0.25  # share of the steps that skip no well where the pitch is right, at least
_AROUND = 5  # spaces on either side that tell the usual distance at a place; it drifts along a membrane
_UNLIKE = 0.25  # difference from their median, as a share, beyond which one tells nothing
_SHORT = 0.075  # part of a step by which wells may be narrower than their neighbours


def usual_step(centre: FloatArray, pitch: float) -> float:
    """Return the usual distance between lanes [px]; where nearly all steps skip wells, it is that of those steps.

    Parameters
    ----------
    centre : ndarray of shape (n,)
        Columns of the lanes, rising [px].
    pitch : float
        Distance between lanes that was tried [px].
    """
    space = np.diff(centre)
    if len(space) == 0:
        return pitch
    single = pitch * max(1.0, float(np.floor(np.quantile(np.round(space / pitch), _SINGLE))))
    return float(np.median(space / np.maximum(1.0, np.round(space / single))))


def local_steps(centre: FloatArray, pitch: float) -> FloatArray:
    """Usual distance between lanes around each space between two lanes, without that space itself [px].

    Parameters
    ----------
    centre : ndarray of shape (n,)
        Columns of the lanes, rising [px].
    pitch : float
        Usual distance between lanes [px].

    Returns
    -------
    ndarray of shape (n - 1,)
        Mean of up to five spaces on either side, the nearer the more; wide ones are divided by the wells that they
        hold, and what is far from the median is left out.
    """
    space = np.diff(centre)
    single = space / np.maximum(1.0, np.round(space / pitch))
    if len(space) < 2:
        return single
    apart = np.abs(np.subtract.outer(np.arange(len(space)), np.arange(len(space))))
    around = (apart > 0) & (apart <= _AROUND)
    usual = _medians(np.where(around, single, np.inf), around.sum(axis=1))[:, None]
    weight = (around & (np.abs(single - usual) <= _UNLIKE * usual)) * np.exp(-apart / _AROUND)
    total = weight.sum(axis=1)
    steps: FloatArray = np.where(total > 0, weight @ single / np.where(total > 0, total, 1.0), usual[:, 0])
    return steps


def _medians(values: FloatArray, count: npt.NDArray[np.intp]) -> FloatArray:
    """Median of the first values of each row by size, of which there are so many."""
    ordered, which = np.sort(values, axis=1), np.arange(len(values))
    medians: FloatArray = 0.5 * (ordered[which, (count - 1) // 2] + ordered[which, count // 2])
    return medians


def fill_wells(centre: FloatArray, pitch: float) -> tuple[FloatArray, npt.NDArray[np.bool_]]:
    """Add the wells that were left empty inside a regular comb.

    A space of less than two steps is a gap (a ladder that was cut away, two gels side by side) and stays one.

    Parameters
    ----------
    centre : ndarray of shape (n,)
        Columns of the lanes, rising [px].
    pitch : float
        Usual distance between lanes [px].

    Returns
    -------
    centre : ndarray of shape (m,)
        Columns with the empty wells [px].
    empty : ndarray of bool of shape (m,)
        Which were added.
    """
    if len(centre) < FEWEST:
        return centre, np.zeros(len(centre), bool)
    space = np.diff(centre)
    missing = np.floor(space / local_steps(centre, pitch) / (1.0 - _SHORT)).astype(int) - 1
    missing[(missing < 0) | (missing > _MOST_EMPTY)] = 0
    places, empty = [centre[:1]], [np.zeros(1, bool)]
    for left, right, count in zip(centre[:-1], centre[1:], missing, strict=True):
        places.append(np.linspace(left, right, count + 2)[1:])
        empty.append(np.arange(count + 1) < count)
    return np.concatenate(places), np.concatenate(empty)
