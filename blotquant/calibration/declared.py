"""Whether the ladder and the gel system that were named are those that the ladder lanes show."""

from __future__ import annotations

import numpy as np

from ..blot import FloatArray
from .assignment import ladder_cost
from .ladders import Ladder, ladders

__all__ = ["better_ladder"]

_STRAY = 0.03  # share by which a band misses its mass under the curve through the others from which others are tried
_CLEAR = 7.0  # cost less than the named ladder's from which another is it; bands of their own ladder reach 6 by chance


def better_ladder(positions: FloatArray, masses: tuple[float, ...], shares: FloatArray) -> Ladder | None:
    """Find a shipped ladder that fits the bands of a ladder lane far better than the one that was named.

    Asked only where a band is more than 3 % off the curve through the others; then the costs of the matching
    (`ladder_cost`) are compared. Our own rule. Assumes that the lane holds one ladder, of which most bands are seen:
    of few bands no other fits far better, and None is returned.

    Parameters
    ----------
    positions : ndarray of shape (n,)
        All bands of the lane along the run, rising [px].
    masses : tuple of float
        Masses of the named ladder, falling [kDa].
    shares : ndarray of shape (m,)
        Error of each matched band's mass when it is left out, as a share of the mass; NaN where it is not known.
    """
    if not bool((np.abs(shares) > _STRAY).any()):
        return None
    others = [each for each in ladders() if each.masses != masses]
    costs = [ladder_cost(positions, np.asarray(each.masses)) for each in others]
    best = int(np.argmin(costs))
    return others[best] if costs[best] <= ladder_cost(positions, np.asarray(masses)) - _CLEAR else None
