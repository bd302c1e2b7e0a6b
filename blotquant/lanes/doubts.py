"""What speaks against lanes: dots, single bands, an irregular comb, votes that are few or contradict each other."""

from __future__ import annotations

import warnings

import numpy as np

from ..blot import FloatArray
from ..errors import DetectionError, QualityWarning
from .ends import row_room
from .findings import Search
from .wells import FEWEST, local_steps

__all__ = ["comb_doubts", "refuse_dots"]

_ROUND = 1.37  # width over thickness below which bands are dots; drawn dots 1.0–1.3, a real dot blot 1.33, lanes 1.5 up
_FEW_VOTES = 2.5  # votes of a whole picture below which nothing was found
_STREAKS = 0.5  # votes of streaks a lane where hardly a band shows both its ends, at least: lanes that touch
_FEW_BANDS = 4.0  # and votes of bands that others confirm: a clear one has 3, stains and dust of a blank picture less
_ONE_STAIN = 0.5  # distance along the run up to which two marks are one stain, as a share of their thickness
_STEEP, _POINTS = 0.2, 3  # slope from which so many bands, or more, on one straight line are a scratch and no row
_FEW_POINTS = 12  # more bands are no scratch
_MOSTLY = 0.6  # share of them that lie on the line
_STRAIGHT = 2.5  # distance from it, at most [px]
_IN_LINE = 0.3  # distance across the run from which two of them tell a line, as a share of the pitch
_IRREGULAR = 0.10  # spread of neighbouring steps that predicts trouble
_RIVAL = 0.5  # worth of another pitch, as a share of the best, that predicts trouble …
_TOSS_UP = 0.75  # … and that makes it a toss-up: of 324 drawn blots 4 had it, all of them with a wrong count


def refuse_dots(found: Search, name: str, n_lanes: int | None = None) -> None:
    """Raise a DetectionError where bands are as thick as wide, or where all that is seen is next to nothing.

    A number of lanes that was given says that they are lanes: bands as thick as wide are then only warned of.
    """
    marks = found.marks
    seen = marks.thickness > 0
    if _hardly_anything(found, n_lanes is not None):
        raise DetectionError(f"{name}: no lanes found, hardly anything in the picture looks like a band")
    if not seen.any():
        return
    shape = (marks.right - marks.left)[seen] / marks.thickness[seen]
    order = np.argsort(shape)
    share = np.cumsum(marks.weight[seen][order])
    middle = float(shape[order][np.searchsorted(share, 0.5 * share[-1])])
    if middle >= _ROUND:
        return
    said = f"the spots are about as thick as wide ({middle:.2f})"
    if n_lanes is None:
        raise DetectionError(
            f"{name}: no lanes found, {said}: a dot blot, not a lane blot; if it has lanes, give their number"
        )
    warnings.warn(
        f"{name}: {said}, as in a dot blot; measured as lanes because their number was given",
        QualityWarning,
        stacklevel=3,
    )


def _hardly_anything(found: Search, given: bool) -> bool:
    """Whether what speaks for the lanes is next to nothing; a regular comb of several lanes confirms itself."""
    total = float(np.sum(found.votes))
    if not given and _is_scratch(found):
        return True
    if len(found.votes) >= FEWEST:
        seen = found.marks.weight[found.marks.thickness > 0]
        bands = bool(seen.sum() > _FEW_BANDS) or _confirmed(found) > 0.0
        return total < _FEW_VOTES if bands else float(found.streaked.mean()) < _STREAKS
    return total < _FEW_VOTES or not (found.marks.thickness > 0).any() or (not given and _confirmed(found) < _FEW_BANDS)


def _is_scratch(found: Search) -> bool:
    """Whether most of what is seen lies on one steep straight line."""
    marks = found.marks
    if not _POINTS <= len(marks.row) <= _FEW_POINTS:
        return False
    middle = 0.5 * (marks.left + marks.right)
    first, second = np.triu_indices(len(middle), 1)
    across = middle[second] - middle[first]
    apart = np.abs(across) > _IN_LINE * found.pitch  # two of one lane tell no line
    slope = (marks.row[second] - marks.row[first])[apart] / across[apart]
    off = marks.row - marks.row[first[apart], None] - slope[:, None] * (middle - middle[first[apart], None])
    on_line = (np.abs(off) < _STRAIGHT).sum(axis=1)
    needed = max(min(_POINTS + 1, len(middle)), _MOSTLY * len(middle))  # three of more may lie on a line by chance
    return bool((on_line[np.abs(slope) > _STEEP] >= needed).any())


def _confirmed(found: Search) -> float:
    """Votes of bands that have another one in their lane, or in another lane where the same row may run."""
    marks, comb = found.marks, found.comb
    middle = 0.5 * (marks.left + marks.right)
    off = np.abs(comb.flattened(marks.row, middle)[:, None] - comb.centre[None, :])
    lane = np.argmin(off, axis=1)
    down = np.abs(marks.row[:, None] - marks.row[None, :])
    other = ~np.eye(len(lane), dtype=bool)
    apart = down > _ONE_STAIN * (marks.thickness[:, None] + marks.thickness[None, :])
    below = (lane[:, None] == lane[None, :]) & other & apart
    beside = (lane[:, None] != lane[None, :]) & (down <= row_room(np.abs(middle[:, None] - middle[None, :])))
    seen = (marks.thickness > 0) & (marks.right - marks.left >= _ROUND * marks.thickness)
    return float(marks.weight[seen & (below | beside).any(axis=1)].sum())


def comb_doubts(found: Search, centre: FloatArray) -> tuple[float, list[str]]:
    """Return the confidence in the comb as a whole, 0 to 1, and what lowers it."""
    confidence, reasons = 1.0, []
    if len(centre) > 2:
        uneven = float(np.std(np.log(np.diff(centre) / local_steps(centre, found.pitch))))
        if uneven >= _IRREGULAR:
            confidence *= 0.7
            reasons.append(f"distances between lanes vary by {100 * uneven:.0f} %")
    if found.runner_up > _RIVAL * found.worth:
        confidence *= 0.4 if found.runner_up > _TOSS_UP * found.worth else 0.7
        reasons.append("another distance between lanes explains the bands nearly as well")
    return confidence, reasons
