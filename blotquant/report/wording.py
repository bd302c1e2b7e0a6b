"""Numbers, conditions and p values in words for the page."""

from __future__ import annotations

import math
from collections.abc import Mapping
from datetime import datetime
from typing import Any

import numpy as np
import pandas as pd

from ..conditions import in_folds
from ..figures.names import SERIES, interval_text, number, plain, quantity_name
from ..roles import is_stimulus
from ..tables import cell_text

__all__ = [
    "big",
    "condition_text",
    "counted",
    "fitted_text",
    "flag_text",
    "flags_text",
    "folds_behind",
    "joined",
    "mass_text",
    "moment",
    "p_text",
    "records",
]

_THIN = "\u202f"  # narrow no-break space


def big(value: float) -> str:
    """Write a volume: whole, with narrow spaces between thousands; small ones with three digits.

    Examples
    --------
    >>> big(1234567.8).replace(_THIN, " ")
    '1 234 568'
    """
    if not math.isfinite(value) or abs(value) < 1000:
        return number(value)
    return f"{value:,.0f}".replace(",", _THIN).replace("-", "−")


def flag_text(name: str) -> str:
    """Write the name of a flag.

    Examples
    --------
    >>> flag_text("below_loq"), flag_text("clipped_at_zero")
    ('below LOQ', 'clipped at zero')
    """
    return name.lower().replace("_", " ").replace("loq", "LOQ").replace("lod", "LOD")


def fitted_text(row: Mapping[str, Any] | pd.Series[Any], folds: pd.DataFrame) -> str:
    """Write what a curve is of: quantity, stimulus and ``group_by`` cell of a row of potencies.

    Examples
    --------
    >>> row = {"target": "STAT3", "site": "Y705", "quantity": "P/S", "stimulus": "IL-6", "cell": "HeLa"}
    >>> fitted_text(row, pd.DataFrame())
    'pSTAT3 (Y705) / STAT3 under IL-6 (cell HeLa)'
    """
    text = quantity_name(*(row[name] for name in SERIES))
    if not plain(row["target"]):
        text = "activity" if folds["percent_activity"].notna().any() else "the response"
    stimulus, cell = plain(row["stimulus"]), plain(cell_text(row, "potencies"))
    return text + (f" under {stimulus}" if stimulus else "") + (f" ({cell})" if cell else "")


def folds_behind(folds: pd.DataFrame, rows: pd.DataFrame) -> pd.DataFrame:
    """Return the folds of the target, site and quantity of these rows; none where there was no reference for any."""
    first = rows.iloc[0]
    same = np.logical_and.reduce([folds[name] == first[name] for name in SERIES])
    found = folds[same]
    return found[in_folds(found)]


def flags_text(flags: object) -> str:
    """Write the flags of a row as words, empty when there is none."""
    return ", ".join(flag_text(name) for name in str(flags).split(";") if name)


def p_text(p: float) -> str:
    """Write a p value with two digits, and none below 0.0001.

    Examples
    --------
    >>> p_text(0.0123), p_text(2e-7), p_text(float("nan"))
    ('0.012', '< 0.0001', '–')
    """
    if math.isnan(p):
        return "–"
    return "< 0.0001" if p < 1e-4 else number(p, 2)


def condition_text(row: Mapping[str, Any] | pd.Series[Any], table: str = "") -> str:
    """Write stimulus, treatment and dose of a row, and its ``group_by`` cell where its ``table`` is named.

    Examples
    --------
    >>> row = {"stimulus": "IL-6", "treatment": "baricitinib", "dose": 30.0, "dose_unit": "nM", "time_min": 10.0}
    >>> condition_text(row, "groups")
    'IL-6, baricitinib 30 nM, time_min 10'
    """
    stimulus, treatment = plain(row.get("stimulus", "")), plain(row.get("treatment", ""))
    parts = [stimulus if is_stimulus(stimulus) or not treatment else "", treatment]
    dose = pd.to_numeric(row.get("dose", math.nan), errors="coerce")
    if not pd.isna(dose) and float(dose) > 0:
        parts[-1] = f"{parts[-1]} {number(float(dose))} {plain(row.get('dose_unit', ''))}".strip()
    parts.append(plain(cell_text(row, table)) if table else "")
    return ", ".join(part for part in parts if part)


def moment(time: str) -> str:
    """Write a time of ISO 8601 as a reader does.

    Examples
    --------
    >>> moment("2026-11-25T18:29:57+00:00"), moment("some day")
    ('2026-11-25 18:29 UTC', 'some day')
    """
    try:
        when = datetime.fromisoformat(time)
    except ValueError:
        return plain(time)
    return f"{when:%Y-%m-%d %H:%M} {when.tzname() or ''}".strip()


def mass_text(row: Mapping[str, Any]) -> str:
    """Write a band's apparent mass with its prediction interval, where there is one.

    Examples
    --------
    >>> mass_text({"mass_kda": 86.21, "mass_low": 84.0, "mass_high": 88.5})
    '86.2 (84–88.5)'
    """
    low, high = float(row["mass_low"]), float(row["mass_high"])
    mass = number(float(row["mass_kda"]))
    return mass if math.isnan(low) or math.isnan(high) else f"{mass} ({interval_text(low, high)})"


def records(table: pd.DataFrame) -> list[dict[str, Any]]:
    """Return the rows of a table as mappings of column to value."""
    names, columns = [str(name) for name in table.columns], [column.tolist() for _, column in table.items()]
    return [dict(zip(names, row, strict=True)) for row in zip(*columns, strict=True)]


def counted(count: int, one: str, many: str = "") -> str:
    """Write a count with its noun.

    Examples
    --------
    >>> counted(1, "lane"), counted(3, "lane"), counted(2, "replicate of one", "replicates of one")
    ('1 lane', '3 lanes', '2 replicates of one')
    """
    return f"{count} {one if count == 1 else many or one + 's'}"


def joined(words: list[str], most: int = 6) -> str:
    """List words with commas and 'and'; of many, the first and how many more.

    Examples
    --------
    >>> joined(["a", "b", "c"]), joined(["a", "b", "c"], most=2)
    ('a, b and c', 'a, b and 1 more')
    """
    if len(words) > most:
        return ", ".join(words[:most]) + f" and {len(words) - most} more"
    return words[0] if len(words) == 1 else ", ".join(words[:-1]) + " and " + words[-1] if words else ""
