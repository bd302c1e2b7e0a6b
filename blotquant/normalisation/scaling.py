"""How membranes are brought to one scale before anything is divided."""

from __future__ import annotations

import warnings
from collections.abc import Callable, Sequence
from functools import partial

import numpy as np
import pandas as pd

from .. import tables
from ..conditions import DOSE, FAMILY, Condition, Mask, codes, complete, control, maximum_control, usable
from ..errors import QualityWarning, SettingsError, TableError
from ..least_squares import Vector
from ..scales import Alignment, align
from ..tables import nearest

__all__ = ["ACROSS", "membrane_scales", "scales_of"]

Scales = tuple[Vector, Vector]
_FIXED_WARNING = (
    "across = fixed divides by single lanes: their error enters every value of the membrane and widens all others "
    "(Degasperi 2014); take across = alignment, which uses every condition that membranes share"
)


def _shared(rows: pd.DataFrame, group_by: Sequence[str]) -> list[str]:
    """Name each row's condition; equal names are the same."""
    return [str(code) for code in codes(rows, [*DOSE, *group_by, "role"])]


def _by_alignment(rows: pd.DataFrame, reference: Mask, group_by: Sequence[str]) -> Alignment:
    """Every condition counts; calibrators are one."""
    there = rows[(rows["ratio"] > 0) & ~(rows["ratio"] < rows["ratio_loq"])]
    return align(there["ratio"].to_numpy(), _shared(there, group_by), list(there["membrane"]))


def _by_subset(name: str, words: str, rows: pd.DataFrame, reference: Mask, group_by: Sequence[str]) -> Alignment:
    """Scales from some lanes only, taken as one condition."""
    chosen = (rows["role"] == "calibrator").to_numpy() if name == "calibrator" else reference
    above = chosen & (rows["ratio"] > 0).to_numpy() & ~(rows["ratio"] < rows["ratio_loq"]).to_numpy()
    lacking = sorted(set(rows["membrane"]) - set(rows.loc[above, "membrane"]))
    if lacking:
        raise TableError(f"across = {name}: membrane {lacking[0]!r} has no {words} above its limit; take alignment")
    return align(rows.loc[above, "ratio"].to_numpy(), ["all"] * int(above.sum()), list(rows.loc[above, "membrane"]))


def _by_sum(rows: pd.DataFrame, reference: Mask, group_by: Sequence[str]) -> Alignment:
    """Sum over the conditions that lie on every membrane."""
    there = rows.assign(condition=_shared(rows, group_by)).dropna(subset=["ratio"])
    table = there.pivot_table(index="condition", columns="membrane", values="ratio", aggfunc="mean").dropna()
    total = table.sum(axis=0)
    if table.empty or len(total) < rows["membrane"].nunique() or not bool((total > 0).all()):
        raise TableError("across = sum: no condition lies on every membrane; take alignment, or load the same lanes")
    return align(total.to_numpy(), ["all"] * len(total), [str(name) for name in total.index])


ACROSS: dict[str, Callable[[pd.DataFrame, Mask, Sequence[str]], Alignment] | None] = {
    "reference": None,
    "none": None,
    "alignment": _by_alignment,
    "calibrator": partial(_by_subset, "calibrator", "calibrator lane"),
    "sum": _by_sum,
    "fixed": partial(_by_subset, "fixed", "reference lane"),
}
"""Ways to bring membranes to one scale; those without a function need no scale of their own."""


_NOTES = {
    "calibrator": "from the calibrator lanes of each membrane",
    "sum": "from the sum over the conditions that lie on every membrane",
    "fixed": "from the reference lanes of each membrane",
}
"""What scales that have no conditions to fit rest on."""


def _note(across: str, found: Alignment) -> str:
    rests_on = f", {_NOTES[across]}" if across in _NOTES else f" over {len(found.conditions)} conditions"
    return across + rests_on + (f", residual SD of ln {found.sigma:.3g}" if np.isfinite(found.sigma) else "")


def _check(across: str) -> None:
    if across not in ACROSS:
        raise SettingsError(f"across = {across!r} is not known{nearest(across, list(ACROSS))}")


def _families(
    table: pd.DataFrame, reference: Mask, across: str, group_by: Sequence[str]
) -> list[tuple[np.ndarray, Alignment]]:
    method = ACROSS[across]
    if method is None:
        return []
    if across == "fixed":
        warnings.warn(_FIXED_WARNING, QualityWarning, stacklevel=4)
    kept = (usable(table) | (table["role"] == "calibrator").to_numpy()) & table["ratio"].notna().to_numpy()
    family = codes(table, FAMILY)
    found = []
    for code in np.unique(family[kept]):
        rows = np.flatnonzero(kept & (family == code))
        found.append((np.flatnonzero(family == code), method(table.iloc[rows], reference[rows], group_by)))
    return found


def scales_of(table: pd.DataFrame, reference: Mask, across: str, group_by: Sequence[str]) -> Vector:
    """Factor by which each row's membrane reads too high; 1 where there is nothing to bring together.

    Formula and paper: `align`. Assumes one factor for all lanes of a membrane.

    Parameters
    ----------
    table : DataFrame
        A complete ratios table.
    reference : ndarray of shape (N,) of bool
        The reference lanes.
    across : str
        Key of `ACROSS`.
    group_by : sequence of str
        Columns that part the study.

    Returns
    -------
    ndarray of shape (N,)

    Raises
    ------
    SettingsError
        ``across`` is unknown.
    TableError
        The design does not connect the membranes.
    """
    _check(across)
    out = np.ones(len(table))
    for rows, found in _families(table, reference, across, group_by):
        factor = dict(zip(found.membranes, np.exp(found.ln_scale), strict=True))
        out[rows] = [factor.get(name, np.nan) for name in table["membrane"].iloc[rows]]
    return out


def membrane_scales(
    ratios: pd.DataFrame,
    *,
    reference: Condition | None = None,
    group_by: Sequence[str] = (),
    across: str = "alignment",
) -> pd.DataFrame:
    """List the scales of the membranes with their errors, as rows of the calibration table.

    Parameters
    ----------
    ratios : DataFrame
        Ratios of any number of membranes, or the folds made of them, whose ``role`` tells the controls; not changed.
    reference : mapping, optional
        Reference condition, for ``fixed``; the maximum control when left out.
    group_by : sequence of str
        Columns that part the study.
    across : str
        Key of `ACROSS`; no rows for ``reference`` and ``none``.

    Returns
    -------
    DataFrame
        Calibration table; ``value`` is the factor by which the membrane reads too high, the geometric mean over
        membranes being 1.

    Raises
    ------
    SettingsError
        ``across`` is unknown.
    TableError
        The design does not connect the membranes.
    """
    _check(across)
    table = complete(ratios, "ratios")
    mask = control(table, reference, "reference") if reference else maximum_control(table)
    out = []
    for rows, found in _families(table, mask, across, group_by):
        first = table.iloc[rows[0]]
        what = " ".join(part for part in (first["target"], first["site"], first["quantity"]) if part)
        for name, ln_scale, ln_se in zip(found.membranes, found.ln_scale, found.ln_se, strict=True):
            factor = float(np.exp(ln_scale))
            note = _note(across, found)
            place = {"scope": "membrane", "name": name, "kind": "scale", "parameter": what, "x": np.nan}
            out.append({**place, "value": factor, "se": factor * float(ln_se), "unit": "", "note": note})
    return tables.check(pd.DataFrame(out), "calibration") if out else tables.empty("calibration")
