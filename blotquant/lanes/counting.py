"""Settle the number of lanes: what the pictures show, the wells between, and what the user said."""

from __future__ import annotations

from dataclasses import dataclass, replace
from itertools import pairwise

import numpy as np
import numpy.typing as npt

from ..blot import FloatArray
from ..errors import DetectionError
from .chains import PRICE
from .doubts import comb_doubts
from .findings import Search
from .search import choose
from .wells import fill_wells, local_steps

__all__ = ["Settled", "settle"]

_WEAK = 0.5  # votes below this share of the median make a lane one that may be given up
_NARROWEST = 0.7  # width of a well that is only put in because of the number given, as a share of its neighbours'
_PRICES = PRICE * 1.25 ** np.arange(-8, 16)  # what a lane must be worth, from eager to strict
_FULL_VOTES = 2.0  # votes from which a lane's own place is sure


@dataclass(frozen=True)
class Settled:
    """Lanes whose number is settled.

    Parameters
    ----------
    found : Search
        What the search saw, its comb holding all lanes.
    inferred : ndarray of bool of shape (n,)
        No row of bands speaks for the lane; it was placed by the others.
    confidence : ndarray of shape (n,)
        0 to 1.
    reasons : list of str
        What lowers the confidence of each lane.
    doubted : bool
        The number of lanes was given and the picture does not confirm it.
    """

    found: Search
    inferred: npt.NDArray[np.bool_]
    confidence: FloatArray
    reasons: list[str]
    doubted: bool


def _extended(
    centre: FloatArray, inferred: npt.NDArray[np.bool_], found: Search, count: int
) -> tuple[FloatArray, npt.NDArray[np.bool_]]:
    """Add lanes until there are `count`: at the ends, on the side with more votes, then with more room; then inside."""
    width = found.comb.shape[1]
    while len(centre) < count:
        first, last = (centre[1] - centre[0], centre[-1] - centre[-2]) if len(centre) > 1 else (found.pitch,) * 2
        sides = [(centre[0] - first, centre[0] - first), (centre[-1] + last, width - 1 - centre[-1] - last)]
        room = [space for _, space in sides]
        votes = [float(found.counts[round(place)]) if space > 0 else -1.0 for place, space in sides]
        right = (votes[1], room[1]) > (votes[0], room[0])
        place, space = sides[int(right)]
        if space < 0.2 * found.pitch:
            return _with_wells(centre, inferred, found.pitch, count)
        centre = np.append(centre, place) if right else np.insert(centre, 0, place)
        inferred = np.append(inferred, True) if right else np.insert(inferred, 0, True)
    return centre, inferred


def _with_wells(
    centre: FloatArray, inferred: npt.NDArray[np.bool_], pitch: float, count: int
) -> tuple[FloatArray, npt.NDArray[np.bool_]]:
    """Add wells in the spaces that have most room for one more, until there are `count` lanes or no space has any."""
    seen = centre[~inferred]
    if len(seen) < 2:
        return centre, inferred
    ends = centre[(centre < seen[0]) | (centre > seen[-1])]
    wells = np.array([int(((centre > left) & (centre < right)).sum()) for left, right in pairwise(seen)])
    space, usual = np.diff(seen), local_steps(seen, pitch)
    while len(ends) + len(seen) + wells.sum() < count:
        step = space / (wells + 2) / usual
        widest = int(np.argmax(step))
        if step[widest] < _NARROWEST:
            return centre, inferred
        wells[widest] += 1
    inside = [np.linspace(*pair, n + 2)[1:-1] for pair, n in zip(pairwise(seen), wells, strict=True)]
    lanes = np.sort(np.concatenate([ends, seen, *inside]))
    return lanes, ~np.isin(lanes, seen)


def _with_count(found: Search, count: int) -> tuple[FloatArray, npt.NDArray[np.bool_]] | None:
    """Lanes of the given number, or None when the pictures contradict it."""
    best = found.comb.centre
    chains = [choose(found.counts, found.pitch, price=float(price))[1] for price in _PRICES]
    filled = [fill_wells(chain, found.pitch) for chain in [best, *chains] if len(chain)]
    exact = [lanes for lanes in filled if len(lanes[0]) == count]
    if exact:
        return exact[0]
    fewer = [lanes for lanes in filled if len(lanes[0]) < count]
    if fewer:
        nearest = max(fewer, key=lambda lanes: len(lanes[0]))
        extended = _extended(*nearest, found, count)
        return extended if len(extended[0]) == count else None
    return None


def _gives_up_bands(found: Search, centre: FloatArray) -> bool:
    """Whether a lane with many votes is not among the given lanes."""
    strong = found.comb.centre[found.votes > _WEAK * np.median(found.votes)]
    distance = np.abs(strong[:, None] - centre[None, :]).min(axis=1)
    return bool((distance > 0.5 * found.pitch).any())


def settle(found: Search, n_lanes: int | None, name: str) -> Settled:
    """Settle the number of lanes and how sure each is.

    Parameters
    ----------
    found : Search
        What the search saw.
    n_lanes : int or None
        The number that the user gave.
    name : str
        Image to name in an error.

    Raises
    ------
    DetectionError
        The pictures contradict the number given.
    """
    own = fill_wells(found.comb.centre, found.pitch)
    centre, inferred = own
    if n_lanes is not None and n_lanes != len(centre):
        given = _with_count(found, n_lanes)
        if given is None or _gives_up_bands(found, given[0]):
            raise DetectionError(
                f"{name}: {n_lanes} lanes were given, but the picture shows {len(centre)}; "
                "look at the overlay and correct the number, or leave it out"
            )
        centre, inferred = given
    doubted = n_lanes is not None and n_lanes != len(own[0])
    found = replace(found, comb=replace(found.comb, centre=centre))
    return _judged(found, inferred, doubted, len(own[0]))


def _judged(found: Search, inferred: npt.NDArray[np.bool_], doubted: bool, shown: int) -> Settled:
    overall, common = comb_doubts(found, found.comb.centre)
    if doubted:
        overall *= 0.6
        common = [*common, f"the number of lanes was given; the picture alone shows {shown}"]
    sure = np.where(inferred, 0.5, np.clip(found.votes / _FULL_VOTES, 0.3, 1.0))
    reasons = []
    for lane_inferred, votes in zip(inferred, found.votes, strict=True):
        own = ["no band seen; placed by its neighbours"] if lane_inferred else []
        if not lane_inferred and votes < _FULL_VOTES:
            own = ["few or faint bands"]
        reasons.append("; ".join([*own, *common]))
    return Settled(found, inferred, np.round(overall * sure, 2), reasons, doubted)
