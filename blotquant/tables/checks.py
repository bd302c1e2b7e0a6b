"""Check a table against its declaration."""

from __future__ import annotations

import difflib
from collections.abc import Sequence
from typing import Any

import numpy as np
import pandas as pd

from ..errors import TableError
from .columns import Column
from .outputs import TABLES

__all__ = ["check", "empty", "nearest"]


def empty(name: str) -> pd.DataFrame:
    """Return the named output table without rows, with every column and its kind."""
    return check(pd.DataFrame({column: [] for column in TABLES[name].names}), name)


def _cast(values: pd.Series[Any], column: Column) -> pd.Series[Any]:
    if column.kind in ("text", "flags", "curve"):
        return values.astype(object).where(values.notna(), "").map(str).astype(object)
    if column.kind == "float":
        return values.astype(np.float64)
    if column.kind == "int":
        return values.astype(np.int64)
    return values.astype(bool)


def check(table: pd.DataFrame, name: str) -> pd.DataFrame:
    """Return an output table with its declared columns first, in order and of their kinds.

    Parameters
    ----------
    table : DataFrame
        Rows of the table; not changed.
    name : str
        Key of `TABLES`.

    Raises
    ------
    TableError
        A declared column is missing, or a value is not of its column's kind.
    """
    declared = TABLES[name]
    missing = [column for column in declared.names if column not in table.columns]
    if missing:
        raise TableError(f"{name}: column {missing[0]!r} is missing; a {name} table has {', '.join(declared.names)}")
    further = [column for column in table.columns if column not in declared.names]
    out = table[declared.names + further].copy()
    for column in declared.columns:
        try:
            out[column.name] = _cast(out[column.name], column)
        except (TypeError, ValueError) as error:
            raise TableError(f"{name}: column {column.name!r} must be {column.kind}: {error}") from error
    return out.reset_index(drop=True)


def nearest(name: str, known: Sequence[str]) -> str:
    """Return ``; did you mean 'x'?`` for the nearest known name, or a list of them when none is near."""
    close = difflib.get_close_matches(name, known, n=1, cutoff=0.5)
    return f"; did you mean {close[0]!r}?" if close else f"; known: {', '.join(known)}"
