"""What a lane stands for: its condition, whether it is a control, and which lanes repeat one lysate.

Normalising, grouping, comparing and fitting all ask these questions; here they get the same answer.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from .errors import TableError
from .flags import Flag, has_flag, merge
from .roles import NO_ACTIVITY, NO_STIMULUS, SAMPLE_ROLES, VEHICLES, is_stimulus
from .tables import TABLES, as_text, nearest

__all__ = [
    "DOSE",
    "FAMILY",
    "TOTALS",
    "average_repeats",
    "check_group_by",
    "codes",
    "complete",
    "control",
    "in_folds",
    "label",
    "maximum_control",
    "minimum_control",
    "plain_site",
    "stimulus_of",
    "texts",
    "usable",
    "valued",
]

FAMILY = ["target", "site", "quantity"]
"""Rows that differ in one of these are never compared, averaged or fitted together."""

TOTALS = ("S", "S/L")
"""Quantities of the total form: whether the treatment moves it, not the answer."""

DOSE = ["stimulus", "treatment", "dose", "dose_unit"]

Mask = npt.NDArray[np.bool_]
Codes = npt.NDArray[np.int64]
Condition = Mapping[str, Any]

_BLANKS: dict[str, Any] = {"text": "", "flags": "", "curve": "", "float": np.nan, "int": 0, "bool": True}


def plain_site(site: object) -> str:
    """Bring the ways in which people write a phosphorylation site to one.

    Examples
    --------
    >>> plain_site("pTyr705"), plain_site("p-S727"), plain_site("Y1007/Y1008"), plain_site("Tyr1007/1008")
    ('Y705', 'S727', 'Y1007/1008', 'Y1007/1008')
    """
    text = "".join(letter for letter in str(site).upper() if letter.isalnum() or letter == "/").removeprefix("P")
    for long, short in (("TYR", "Y"), ("SER", "S"), ("THR", "T")):
        text = text.replace(long, short)
    first, *others = text.split("/")
    return "/".join([first, *(other.lstrip("YST") for other in others)])


def complete(table: pd.DataFrame, name: str) -> pd.DataFrame:
    """Return the table with every declared column of a kind of table, so that a short one made by hand will do.

    Missing texts are empty, numbers NaN, truths true; a missing replicate is the membrane.

    Parameters
    ----------
    table : DataFrame
        Rows; not changed.
    name : str
        Key of `TABLES`.
    """
    out = table.reset_index(drop=True).copy()
    for column in TABLES[name].columns:
        if column.name not in out:
            out[column.name] = _BLANKS[column.kind]
        if column.kind in ("text", "flags"):
            out[column.name] = texts(out[column.name])
        if column.kind == "float":
            out[column.name] = pd.to_numeric(out[column.name], errors="coerce").astype(np.float64)
    if "replicate" in out and "membrane" in out:
        out["replicate"] = out["replicate"].where(out["replicate"] != "", out["membrane"])
    return out


def check_group_by(table: pd.DataFrame, group_by: Sequence[str]) -> None:
    """Refuse further columns to part groups by that a table does not have.

    Raises
    ------
    TableError
        A column does not exist; names the nearest.
    """
    for column in group_by:
        if column not in table:
            raise TableError(f"group_by: column {column!r} does not exist{nearest(column, list(table.columns))}")


def texts(values: pd.Series[Any]) -> pd.Series[Any]:
    """Turn values into texts: blanks are empty and whole numbers have no point, whatever stands beside them."""
    return values.astype(object).where(values.notna(), "").map(as_text).astype(object)


def _plain(values: pd.Series[Any]) -> pd.Series[Any]:
    return values.map(lambda value: str(value).strip().casefold())


def usable(table: pd.DataFrame) -> Mask:
    """Lanes that take part in groups, tests and curves: samples and controls that were not excluded."""
    return (table["role"].isin(["", *SAMPLE_ROLES]) & ~has_flag(table["flags"], Flag.EXCLUDED)).to_numpy(dtype=bool)


def _equal(values: pd.Series[Any], wanted: Any) -> Mask:
    if isinstance(wanted, Sequence) and not isinstance(wanted, str):
        return np.asarray(np.logical_or.reduce([_equal(values, one) for one in wanted]), dtype=bool)
    if isinstance(wanted, int | float) and not isinstance(wanted, bool):
        return (pd.to_numeric(values, errors="coerce") == float(wanted)).to_numpy(dtype=bool)
    return (_plain(values) == str(wanted).strip().casefold()).to_numpy(dtype=bool)


def control(table: pd.DataFrame, condition: Condition, name: str) -> Mask:
    """Find the usable lanes of a named condition.

    Parameters
    ----------
    table : DataFrame
        With ``role``, ``flags`` and the condition's columns.
    condition : mapping
        Column → value, or a list of values; texts are compared without regard to case.
    name : str
        What the condition is called in messages: ``maximum``, ``minimum``, ``reference``.

    Returns
    -------
    ndarray of shape (N,) of bool

    Raises
    ------
    TableError
        A column or a value does not exist, or no lane has all of them.
    """
    mask = usable(table)
    found = mask.copy()
    for column, wanted in condition.items():
        if column not in table:
            known = [str(other) for other in table.columns]
            raise TableError(f"control {name}: column {column!r} does not exist{nearest(column, known)}")
        here = _equal(table[column], wanted)
        if not np.any(here & mask):
            known = sorted({as_text(value) for value in table.loc[mask, column]})
            raise TableError(f"control {name}: no sample has {column} = {wanted!r}{nearest(as_text(wanted), known)}")
        found &= here
    if not np.any(found):
        words = ", ".join(f"{column} = {wanted!r}" for column, wanted in condition.items())
        raise TableError(f"control {name}: no sample has {words} together; name a condition that was loaded")
    return found


def stimulus_of(table: pd.DataFrame) -> pd.Series[str]:
    """Return the stimulus in plain letters, empty where nothing was added, however that was written."""
    plain = _plain(table["stimulus"])
    return plain.mask(plain.isin(NO_STIMULUS), "")


def _stimulated(table: pd.DataFrame) -> tuple[Mask, bool]:
    """Lanes with a stimulus, and whether the study knows stimuli at all."""
    with_stimulus = (stimulus_of(table) != "").to_numpy(dtype=bool)
    return with_stimulus, bool(np.any(with_stimulus & usable(table)))


def maximum_control(table: pd.DataFrame, condition: Condition | None = None) -> Mask:
    """Find the lanes of full activity (100 %): named, or by role, or stimulated with a vehicle's usual name.

    Without any of them, the lanes of dose 0. All false where there is none.

    Parameters
    ----------
    table : DataFrame
        With ``role``, ``flags``, ``treatment``, ``stimulus``, ``dose``.
    condition : mapping, optional
        As in `control`.
    """
    if condition:
        return control(table, condition, "maximum")
    mask = usable(table)
    role = (table["role"] == "maximum").to_numpy(dtype=bool) & mask
    if np.any(role):
        return role
    stimulated, known = _stimulated(table)
    candidates = mask & (stimulated | (not known)) & (table["role"] != "minimum").to_numpy(dtype=bool)
    treatment = _plain(table["treatment"])
    for vehicle in VEHICLES:
        named = candidates & (treatment == vehicle).to_numpy(dtype=bool)
        if np.any(named):
            return named
    return candidates & (table["dose"] == 0).to_numpy(dtype=bool)


def minimum_control(table: pd.DataFrame, condition: Condition | None = None) -> Mask:
    """Find the lanes of no activity (0 %): named, or by role, or vehicle without the stimulus.

    Parameters
    ----------
    table, condition
        As in `maximum_control`.
    """
    if condition:
        return control(table, condition, "minimum")
    mask = usable(table)
    role = (table["role"] == "minimum").to_numpy(dtype=bool) & mask
    if np.any(role):
        return role
    treatment = _plain(table["treatment"])
    named = mask & treatment.isin(NO_ACTIVITY).to_numpy(dtype=bool)
    if np.any(named):
        return named
    stimulated, known = _stimulated(table)
    resting = mask & ~stimulated & known & ~(table["role"] == "maximum").to_numpy(dtype=bool)
    vehicle = treatment.isin([*VEHICLES, *NO_STIMULUS]).to_numpy(dtype=bool)
    return resting & vehicle


def label(row: Mapping[Any, Any], further: Sequence[str] = ()) -> str:
    """Name a condition for people; a stimulus that is another word for none is left out.

    Examples
    --------
    >>> label({"stimulus": "IL-6", "treatment": "baricitinib", "dose": 10.0, "dose_unit": "nM"})
    'IL-6 + baricitinib 10 nM'
    >>> label({"stimulus": "none", "treatment": "vehicle"}), label({"stimulus": "none", "treatment": ""})
    ('vehicle', 'none')
    """
    dose = row.get("dose", np.nan)
    treatment = str(row.get("treatment", ""))
    if pd.notna(dose) and dose != 0:
        treatment = f"{treatment} {dose:g} {row.get('dose_unit') or 'nM'}".strip()
    stimulus = str(row.get("stimulus", ""))
    told = (stimulus if is_stimulus(stimulus) or not treatment else "", treatment)
    words = " + ".join(part for part in told if part)
    extra = ", ".join(f"{column} {as_text(row[column])}" for column in further)
    return f"{words} ({extra})" if extra else words


def codes(table: pd.DataFrame, columns: Sequence[str]) -> Codes:
    """Give equal rows of some columns equal numbers, from 0; blanks are equal, and all rows are 0 without columns."""
    if not columns:
        return np.zeros(len(table), dtype=np.int64)
    numbers = table.groupby(list(columns), dropna=False, sort=True).ngroup()
    return np.asarray(numbers, dtype=np.int64)


def in_folds(table: pd.DataFrame) -> Mask:
    """Rows of the folds table whose value is the fold, lost or not: a reference was loaded for their family.

    All false for the table of ratios.
    """
    if "fold" not in table:
        return np.zeros(len(table), dtype=bool)
    family = codes(table, FAMILY)
    has_reference = usable(table) & (table["fold"].notna() | (table["reference"] != "")).to_numpy(dtype=bool)
    return np.isin(family, family[has_reference])


def valued(folds: pd.DataFrame) -> pd.DataFrame:
    """Take the lanes that groups are made of, with what is averaged of them.

    Parameters
    ----------
    folds : DataFrame
        Every column of the folds table; not changed.

    Returns
    -------
    DataFrame
        Samples and controls that were not excluded, with ``value``, the fold, or the ratio where no reference was
        loaded for the family, and ``is_fold``, which of the two it is. Where the reference is lost, ratios are no
        substitute: membranes have scales of their own.
    """
    lanes = folds[usable(folds)].reset_index(drop=True)
    known = in_folds(lanes)
    return lanes.assign(value=np.where(known, lanes["fold"], lanes["ratio"]), is_fold=known)


def _mean_of(values: np.ndarray) -> float:
    """Geometric mean; arithmetic when a value has no logarithm."""
    if np.all(values > 0):
        return float(np.exp(np.mean(np.log(values))))
    return float(np.mean(values))


def average_repeats(
    table: pd.DataFrame, columns: Sequence[str], values: Sequence[str], errors: Mapping[str, str] | None = None
) -> pd.DataFrame:
    """Average the lanes that repeat one another: one row for each combination of ``columns``.

    Values are averaged on the log scale, arithmetically where one is zero or less; blanks are left out of the mean.
    Assumes repeats whose errors of measuring are independent.

    Parameters
    ----------
    table : DataFrame
        Rows; not changed.
    columns : sequence of str
        Lanes equal in all of them repeat one another.
    values : sequence of str
        Columns to average.
    errors : mapping of str to str, optional
        Value column → column of its standard error, which becomes that of the mean.

    Returns
    -------
    DataFrame
        First row of each combination, with averaged values, united flags, and ``lanes``, the number of rows behind it;
        sorted by ``columns``.

    References
    ----------
    Lazic 2010, BMC Neurosci 11:5, doi 10.1186/1471-2202-11-5 (repeats of one unit are not replicates).
    """
    rows = []
    for _, group in table.groupby(list(columns), dropna=False, sort=True):
        row = group.iloc[0].to_dict()
        for value in values:
            there = group[value].to_numpy(dtype=np.float64)
            there = there[np.isfinite(there)]
            row[value] = _mean_of(there) if len(there) else np.nan
        for value, error in (errors or {}).items():
            known = group.loc[group[value].notna(), error].to_numpy(dtype=np.float64)
            row[error] = float(np.sqrt(np.sum(known**2)) / len(known)) if len(known) else np.nan
        row["flags"] = merge(group["flags"])
        row["lanes"] = int(group[values[0]].notna().sum())
        rows.append(row)
    return pd.DataFrame(rows, columns=[*table.columns, "lanes"] if not rows else None)
