"""Wells that no row of bands speaks for: places in the comb that are a pitch from their neighbours."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from ..blot import FloatArray

__all__ = ["fill_wells", "local_steps"]

_FEWEST = 4  # lanes from which a comb is known to be regular
_MOST_EMPTY = 2  # empty wells side by side
_SHORT = 0.15  # part of a step by which a well may be narrower than its neighbours


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
        Median of up to two spaces on either side, wide ones divided by the wells that they hold.
    """
    space = np.diff(centre)
    single = space / np.maximum(1.0, np.round(space / pitch))
    around = [np.concatenate([single[max(0, i - 2) : i], single[i + 1 : i + 3]]) for i in range(len(space))]
    return np.array([np.median(near) if len(near) else own for near, own in zip(around, single, strict=True)])


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
    if len(centre) < _FEWEST:
        return centre, np.zeros(len(centre), bool)
    space = np.diff(centre)
    missing = np.floor(space / local_steps(centre, pitch) + _SHORT).astype(int) - 1
    missing[(missing < 0) | (missing > _MOST_EMPTY)] = 0
    places, empty = [centre[:1]], [np.zeros(1, bool)]
    for left, right, count in zip(centre[:-1], centre[1:], missing, strict=True):
        places.append(np.linspace(left, right, count + 2)[1:])
        empty.append(np.arange(count + 1) < count)
    return np.concatenate(places), np.concatenate(empty)
