"""Families of lanes without one ratio: nothing of them can be compared or fitted, and a run says so and why."""

from __future__ import annotations

import warnings
from collections.abc import Iterator

import pandas as pd

from ..conditions import FAMILY, usable
from ..errors import QualityWarning
from ..flags import EXPLANATIONS, Flag, encode, has_flag

__all__ = ["warn_of_unfitted"]

_WHY = (Flag.SATURATED, Flag.NOT_PROPORTIONAL, Flag.LOADING_BELOW_LOQ, Flag.BELOW_LOD)  # leave a lane without a ratio


def _reason(lanes: pd.DataFrame) -> str:
    """Say what most of the lanes lost their ratio by, and what to do."""
    counts = {flag: int(has_flag(lanes["flags"], flag).sum()) for flag in _WHY}
    flag = max(counts, key=lambda each: counts[each])
    if not counts[flag]:
        return "see bands.csv for the band that has no number"
    return f"{counts[flag]} are flagged {encode(flag)!r}. {EXPLANATIONS[flag]}"


def _texts(folds: pd.DataFrame) -> Iterator[str]:
    for names, lanes in folds[usable(folds)].groupby(FAMILY, sort=True):
        if lanes["ratio"].isna().all():
            what = " ".join(part for part in map(str, names) if part)
            yield f"{what}: none of {len(lanes)} lanes has a ratio, so nothing is compared or fitted; {_reason(lanes)}"


def warn_of_unfitted(folds: pd.DataFrame) -> None:
    """Warn of each target, site and quantity of which no lane has a ratio.

    Parameters
    ----------
    folds : DataFrame
        As `normalise` returns it.
    """
    for text in _texts(folds):
        warnings.warn(text, QualityWarning, stacklevel=3)
