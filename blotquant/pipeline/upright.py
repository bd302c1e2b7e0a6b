"""Which way up a membrane lies, told by its ladder: large proteins lie at the top, and their bands are spaced so.

A picture without lanes is looked at from its side, before it is said to have none.
"""

from __future__ import annotations

import warnings
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from ..bands import find_bands
from ..blot import Blot
from ..calibration import ladder_cost
from ..errors import BlotquantError, DetectionError, QualityWarning
from ..geometry import to_upright
from ..lanes import find_lanes
from ..orientation import orient
from ..tables import Finding, quality_table

__all__ = ["Turn", "find_turn", "on_its_side"]

_TURNS = (0, 180, 90, 270)  # the likelier first
_FEWEST, _SURE = 3, 0.5  # lanes and their median confidence from which a picture is believed to lie on its side
_CLEAR = 4.0  # by how much less the best way up costs than the next, in squared spreads of a ladder band


@dataclass(frozen=True)
class Turn:
    """How a membrane is turned.

    Parameters
    ----------
    degrees : int
        Quarter turns clockwise that bring the pictures upright [degree].
    cost, next_cost : float
        How badly the ladder fits so, and the next best way up.
    """

    degrees: int
    cost: float
    next_cost: float

    def quality(self, membrane: str) -> pd.DataFrame:
        """Report the turn as a row of the quality table."""
        other = f"{self.next_cost:.1f}" if np.isfinite(self.next_cost) else "nothing"
        note = f"way up told by the ladder: squared misfit {self.cost:.1f}, and {other} the next best way"
        return quality_table([Finding("membrane", membrane, "turn", float(self.degrees), note)])


def _cost(blots: Sequence[Blot], ladders: Sequence[int], masses: tuple[float, ...], n_lanes: int | None) -> float:
    """How badly the ladder lanes fit; infinite where the pictures do not show their lanes so."""
    try:
        lanes = find_lanes(blots, n_lanes=n_lanes)
        bands = find_bands(blots, lanes)
    except DetectionError:
        return float("inf")
    found = bands[(bands["score"] > 0) & bands["lane"].isin(ladders)]
    places = [to_upright(found[found["image"] == blot.name], blot.frame) for blot in blots]
    return sum(min(_lane_cost(rows[rows["lane"] == lane], masses) for rows in places) for lane in ladders)


def _lane_cost(rows: pd.DataFrame, masses: tuple[float, ...]) -> float:
    return ladder_cost(np.sort(rows["centre_row"].to_numpy(np.float64)), np.asarray(masses))


def find_turn(
    upright: Callable[[int], Sequence[Blot]],
    samples: pd.DataFrame,
    ladder: tuple[float, ...],
    *,
    n_lanes: int | None = None,
) -> Turn:
    """Find how a membrane must be turned so that its ladder reads from the largest mass at the top.

    Every quarter turn is tried: lanes and bands are found, and the bands of the ladder's lanes are matched to its
    masses with misses. A mirrored membrane has the same spacing and is not told.

    Parameters
    ----------
    upright : callable
        Quarter turns clockwise [degree] → the membrane's images, turned so.
    samples : DataFrame
        Its lanes, numbered as it lies upright; those of role ``ladder`` are read.
    ladder : tuple of float
        The ladder's masses from the top, falling [kDa].
    n_lanes : int, optional
        Number of lanes, where it is known.

    Raises
    ------
    DetectionError
        No way up shows the lanes, or two fit nearly as well: the user must say ``rotate``.
    """
    lanes = [int(lane) for lane in samples.loc[samples["role"] == "ladder", "lane"]]
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", QualityWarning)
        costs = {turn: _cost(upright(turn), lanes, ladder, n_lanes) for turn in _TURNS}
    best, second = sorted(costs, key=lambda turn: costs[turn])[:2]
    name = upright(0)[0].name
    if not np.isfinite(costs[best]):
        raise DetectionError(f"{name}: no way up shows the membrane's lanes; say how it lies with rotate")
    if costs[second] - costs[best] < _CLEAR:
        raise DetectionError(
            f"{name}: the ladder fits nearly as well turned by {best} as by {second} degrees; say which with rotate"
        )
    return Turn(best, costs[best], costs[second])


def on_its_side(raw: Blot, shown: Blot, n_lanes: int | None = None) -> str:
    """Say, to be added to an error, that a picture without lanes shows them when it is turned by a quarter.

    Parameters
    ----------
    raw, shown : Blot
        The picture as read, and as it was looked at.
    n_lanes : int, optional
        Number of lanes, where it is known.

    Returns
    -------
    str
        Empty where it does not show them clearly.
    """
    turns = (90, 270) if shown.frame.turns % 2 == 0 else (0, 180)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", QualityWarning)
            lanes = find_lanes(orient(raw, rotate=turns[0]))
    except BlotquantError:
        return ""
    if len(lanes) < _FEWEST or n_lanes not in (None, len(lanes)) or float(lanes["confidence"].median()) < _SURE:
        return ""
    return (
        f"; turned by a quarter it shows {len(lanes)} lanes: if it lies on its side, say so with rotate = "
        f"{turns[0]} or {turns[1]}, in images.csv or as orientation.rotate"
    )
