"""Lanes at the ends of a membrane that nothing speaks for: scratches, labels, stains and smears."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import numpy.typing as npt

from ..blot import FloatArray
from .centre_lines import SPECK
from .findings import Search
from .votes import Votes

__all__ = ["row_room", "smears", "trimmed"]

_FEWEST = 4  # lanes below which none is given up
_STRONG = 0.5  # votes of a lane that needs no confirmation, as a share of the median lane's
_HARDLY = 0.2  # votes of a lane that is none, as a share of the median lane's
_ASTRAY = 0.13  # usual distance of a lane's bands from its centre line that makes it none, as a share of the pitch
_FARTHER = 3.0  # and as a multiple of that of other lanes' bands
_SMEARED = 2.2  # or how much thicker than those of the other lanes its bands are
_SCRATCHED = 0.55  # or how thin a lane's only band is
_CLEAR = 1.5  # vote of the clearest band of a lane with few votes, at least
_CONFIRMING = 3  # lanes apart at most that confirm each other
_ROW_SLOPE = 0.14  # fall of a row between lanes, at most [px/px]


def trimmed(found: Search, bands: Votes, seen: Votes) -> Search:
    """Give up a lane at an end that no band, or only a lonely one, speaks for: a scratch, a label, a stain."""
    keep = np.ones(len(found.comb.centre), bool)
    if len(keep) < _FEWEST:
        return found
    for end in (0, len(keep) - 1):
        keep[end] = _speaks_for_itself(found, bands, seen, end)
    return replace(found, comb=replace(found.comb, centre=found.comb.centre[keep]))


def smears(before: Search, after: Search, bands: Votes) -> list[float]:
    """Columns of lanes that were given up though they show a clear band, which strays: smears and scratches [px]."""
    gone = np.flatnonzero(~np.isin(before.comb.centre, after.comb.centre))
    lane = before.comb.lane_of(bands.row, bands.col, before.pitch)
    return [float(before.comb.centre[end]) for end in gone if bands.weight[lane == end].max(initial=0.0) >= _CLEAR]


def _speaks_for_itself(found: Search, bands: Votes, seen: Votes, end: int) -> bool:
    """Whether a lane at an end has votes enough, or bands below one another that other lanes confirm."""
    share = float(found.votes[end] / np.median(found.votes))
    if share > _STRONG:
        return True
    own = found.comb.lane_of(bands.row, bands.col, found.pitch) == end
    clearest = bands.weight[own].max(initial=0.0)
    hardly = _HARDLY if clearest < 2.0 * _CLEAR else 0.5 * _HARDLY
    if share < hardly or clearest < _CLEAR or _strays(found, end):
        return False
    return bool(own.sum() > 1) or _in_rows(found, bands, own, seen, end)


def _in_rows(found: Search, bands: Votes, own: npt.NDArray[np.bool_], seen: Votes, end: int) -> bool:
    """Whether a row of places in other lanes runs to a band of a lane at an end."""
    lane = found.comb.lane_of(seen.row, seen.col, found.pitch)
    others = (lane >= 0) & (np.abs(lane - end) <= _CONFIRMING) & (lane != end)
    down = np.abs(bands.row[own][:, None] - seen.row[others][None, :])
    room = row_room(np.abs(bands.col[own][:, None] - seen.col[others][None, :]))
    return bool((down <= room).any())


def row_room(apart: FloatArray) -> FloatArray:
    """How far bands of one row may lie from one another along the run, given how far across [px]."""
    room: FloatArray = _ROW_SLOPE * apart + 4.0
    return room


def _strays(found: Search, end: int) -> bool:
    """Whether a lane is but a smear: it shows no ends of bands, or bands beside one another, or far thicker ones.

    Or a scratch: all that it shows is one far thinner one.
    """
    marks = found.marks
    middle = 0.5 * (marks.left + marks.right)
    lane = found.comb.lane_of(marks.row, middle, found.pitch)
    own, others = lane == end, (lane >= 0) & (lane != end) & (marks.thickness > 0)
    wide = marks.right - marks.left
    own &= wide >= SPECK * (np.median(wide[others]) if others.any() else 0.0)
    off = np.abs(found.comb.flattened(marks.row, middle) - found.comb.centre[np.maximum(lane, 0)])
    usual = float(np.median(off[others])) if others.any() else 0.0
    if not own.any() or np.median(off[own]) > max(_ASTRAY * found.pitch, _FARTHER * usual):
        return True
    thickness = float(np.median(marks.thickness[own]) / np.median(marks.thickness[others])) if others.any() else 1.0
    return bool(thickness > _SMEARED or (own.sum() == 1 and thickness < _SCRATCHED))
