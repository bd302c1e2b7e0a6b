"""Several strips in one picture: each is brought upright and measured; those below one another share their lanes."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from ..blot import Blot
from ..errors import BlotquantError, DetectionError
from ..lanes import find_lanes
from ..orientation import orient_alike
from ..settings import Orientation, Settings
from .given import Given
from .membranes import Measured, gather, measure_blots
from .pieces import Pairs
from .upright import on_its_side

__all__ = ["Failed", "measure_strips", "see_lanes", "upright_strips"]

Strip = list[Blot]  # the channels of one strip

_ALIGNED = 0.03  # strips whose sides differ by no more of the width lie below one another
_OWN = 0.35  # lanes nearer than this are the same lane, as a share of their pitch


@dataclass(frozen=True)
class Failed:
    """A strip that could not be measured, and why."""

    name: str
    error: BlotquantError


def upright_strips(strips: Sequence[Strip], how: Orientation) -> list[Pairs]:
    """Bring the strips of one picture upright; they have one polarity, that of most of them.

    Parameters
    ----------
    strips : sequence of list of Blot
        The channels of each strip, as read.
    how : Orientation
        Settings of the orientation.
    """
    channels = [
        orient_alike(each, polarity=how.polarity, rotate=how.rotate, mirror=how.mirror, crop=how.crop)
        for each in zip(*strips, strict=True)
    ]
    return [list(zip(raw, shown, strict=True)) for raw, shown in zip(strips, zip(*channels, strict=True), strict=True)]


def _columns(strips: Sequence[Pairs]) -> list[list[int]]:
    """Gather the strips that lie below one another, by their number."""
    columns: list[list[int]] = []
    sides = []
    for pairs in strips:
        raw = pairs[0][0]
        sides.append((raw.frame.left, raw.frame.left + raw.shape[1], _ALIGNED * raw.frame.cols))
    for place, (left, right, room) in enumerate(sides):
        for column in columns:
            first = sides[column[0]]
            if abs(first[0] - left) <= room and abs(first[1] - right) <= room:
                column.append(place)
                break
        else:
            columns.append([place])
    return columns


def _are_among(own: pd.DataFrame, shared: pd.DataFrame) -> bool:
    """Whether the lanes that a strip shows by itself are lanes of those found in all strips together."""
    mine, theirs = own["centre"].to_numpy(), np.sort(shared["centre"].to_numpy())
    if len(theirs) < max(2, len(mine)):
        return False
    nearest = np.abs(mine[:, None] - theirs[None, :]).min(axis=1)
    return bool((nearest <= _OWN * np.median(np.diff(theirs))).all())


def _shared_lanes(column: Sequence[Pairs], n_lanes: int | None) -> pd.DataFrame | None:
    """Find the lanes of strips below one another together; None where none are found that they could share."""
    blots = [shown for pairs in column for _, shown in pairs]
    if len(column) < 2:
        return None
    try:
        return find_lanes(blots, n_lanes=n_lanes)
    except DetectionError:
        if n_lanes:  # a number that all strips together contradict is no better for each alone
            raise
        return None


def _lanes_of(pairs: Pairs, shared: pd.DataFrame | None, given: Given) -> Given:
    """Choose the lanes of a strip: those of all strips together, unless it shows others by itself."""
    if shared is None:
        return given
    blots = [shown for _, shown in pairs]
    mine = shared[shared["image"].isin([blot.name for blot in blots])].reset_index(drop=True)
    try:
        own = find_lanes(blots, n_lanes=given.n_lanes)
    except DetectionError:
        own = mine
    if not _are_among(own[own["image"] == blots[0].name], mine[mine["image"] == blots[0].name]):
        return given
    why = f"{given.why}, in all strips of the picture together"
    return Given(given.membrane, given.n_lanes, why, lanes=mine)


def see_lanes(strips: Sequence[Pairs]) -> dict[str, pd.DataFrame | DetectionError]:
    """Find the lanes of each picture as `measure_strips` does, or why none are found.

    Parameters
    ----------
    strips : sequence of list of (Blot, Blot)
        For each strip its channels, as read and upright.

    Returns
    -------
    dict of str to DataFrame or DetectionError
        By image.
    """
    seen: dict[str, pd.DataFrame | DetectionError] = {}
    for column in _columns(strips):
        shared = _shared_lanes([strips[place] for place in column], None)
        for place in column:
            blots = [shown for _, shown in strips[place]]
            try:
                given = _lanes_of(strips[place], shared, Given())
                found = find_lanes(blots) if given.lanes is None else given.lanes
            except DetectionError as error:
                besides = on_its_side(*strips[place][0])
                seen |= {blot.name: DetectionError(f"{error}{besides}") for blot in blots}
            else:
                seen |= {blot.name: found[found["image"] == blot.name] for blot in blots}
    return seen


def measure_strips(strips: Sequence[Pairs], given: Given, settings: Settings) -> tuple[Measured, list[Failed]]:
    """Measure the strips of one picture.

    Lanes are found in all strips that lie below one another together, so that a strip whose bands are faint or gone
    has its lanes too; a strip that shows other lanes by itself keeps its own. Rows are found in each strip alone.

    Parameters
    ----------
    strips : sequence of list of (Blot, Blot)
        For each strip its channels, as read and upright.
    given : Given
        What is known of the picture.
    settings : Settings
        Settings of the stages.

    Raises
    ------
    BlotquantError
        No strip could be measured.
    """
    parts: dict[int, Measured] = {}
    failed: dict[int, Failed] = {}
    for column in _columns(strips):
        shared = _shared_lanes([strips[place] for place in column], given.n_lanes)
        for place in column:
            name = strips[place][0][0].name
            own = Given(name, given.n_lanes, given.why)
            try:
                parts[place] = measure_blots(strips[place], _lanes_of(strips[place], shared, own), settings)
            except BlotquantError as error:
                failed[place] = Failed(name, error)
    if not parts:
        raise failed[min(failed)].error
    return gather([parts[place] for place in sorted(parts)]), [failed[place] for place in sorted(failed)]
