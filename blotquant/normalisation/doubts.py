"""What a run must be told of its references: blocks that have none with a number, and lanes held against another's."""

from __future__ import annotations

import warnings
from collections.abc import Iterable, Iterator

import pandas as pd

from ..errors import QualityWarning
from ..flags import Flag, has_flag

__all__ = ["warn_of_references"]

_LOST = {
    Flag.REFERENCE_SATURATED: ("is saturated", "expose shorter, or give a shorter exposure with its exposure_s"),
    Flag.REFERENCE_MISSING: ("has no ratio", "see why in ratios.csv; load it with every replicate and stimulus"),
}
_UNLIKE = "load it with every stimulus and cell, or name the one that is meant for all as [control] reference"


def _listed(names: Iterable[object]) -> str:
    return ", ".join(sorted({str(name) for name in names} - {""}))


def _of_lost(what: str, rows: pd.DataFrame, flag: Flag) -> str:
    why, do = _LOST[flag]
    named = _listed(rows["reference"])
    lost = "fold" if rows["fold"].isna().all() else "percent activity"
    place = f" on {_listed(rows['membrane'])}" if _listed(rows["membrane"]) else ""
    return (
        f"{what}{place}: the reference{f' ({named})' if named else ''} {why}, so lanes have no {lost} and are not in "
        f"curves; {do}"
    )


def _of_unlike(what: str, rows: pd.DataFrame) -> str:
    stimuli = f" under {_listed(rows['stimulus'])}" if _listed(rows["stimulus"]) else ""
    return (
        f"{what}: lanes{stimuli} have no reference or maximum of their own stimulus and group_by cell; their folds are "
        f"against {_listed(rows['reference'])}; {_UNLIKE}"
    )


def _texts(folds: pd.DataFrame) -> Iterator[str]:
    for (target, site), family in folds.groupby(["target", "site"], sort=True):
        what = " ".join(part for part in (str(target), str(site)) if part) or "response"
        for flag in _LOST:
            rows = family[has_flag(family["flags"], flag)]
            if len(rows):
                yield _of_lost(what, rows, flag)
        rows = family[has_flag(family["flags"], Flag.REFERENCE_UNLIKE)]
        if len(rows):
            yield _of_unlike(what, rows)


def warn_of_references(folds: pd.DataFrame) -> None:
    """Warn where lanes lost their fold with their block's reference, or are held against the reference of others.

    Unstimulated controls, which are compared with a stimulus' maximum by their nature, are passed over.

    Parameters
    ----------
    folds : DataFrame
        As `normalise` returns it.
    """
    for text in _texts(folds[folds["role"] != "minimum"]):
        warnings.warn(text, QualityWarning, stacklevel=3)
