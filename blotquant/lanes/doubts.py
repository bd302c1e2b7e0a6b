"""What speaks against lanes: dots, single bands, an irregular comb, votes that are few or contradict each other."""

from __future__ import annotations

import warnings

import numpy as np

from ..blot import FloatArray
from ..errors import DetectionError, QualityWarning
from .search import Search
from .wells import local_steps

__all__ = ["comb_doubts", "refuse_dots"]

_ROUND = 1.42  # width over thickness below which bands are dots; drawn dots 1.0–1.3, a real dot blot 1.33, lanes 1.5 up
_FEW_VOTES = 2.5  # votes of a whole picture below which nothing was found
_IRREGULAR = 0.10  # spread of neighbouring steps that predicts trouble
_RIVAL = 0.5  # worth of another pitch, as a share of the best, that predicts trouble


def refuse_dots(found: Search, name: str, n_lanes: int | None = None) -> None:
    """Raise a DetectionError where bands are as thick as wide, or where all that is seen is next to nothing.

    A number of lanes that was given says that they are lanes: bands as thick as wide are then only warned of.
    """
    marks = found.marks
    seen = marks.thickness > 0
    if float(np.sum(found.votes)) < _FEW_VOTES or not seen.any():
        raise DetectionError(f"{name}: no lanes found, hardly anything in the picture looks like a band")
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


def comb_doubts(found: Search, centre: FloatArray) -> tuple[float, list[str]]:
    """Return the confidence in the comb as a whole, 0 to 1, and what lowers it."""
    confidence, reasons = 1.0, []
    if len(centre) > 2:
        uneven = float(np.std(np.log(np.diff(centre) / local_steps(centre, found.pitch))))
        if uneven >= _IRREGULAR:
            confidence *= 0.7
            reasons.append(f"distances between lanes vary by {100 * uneven:.0f} %")
    if found.runner_up > _RIVAL * found.worth:
        confidence *= 0.7
        reasons.append("another distance between lanes explains the bands nearly as well")
    return confidence, reasons
