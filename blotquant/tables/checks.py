"""Check a table against its declaration."""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Sequence
from functools import lru_cache
from typing import Any

import numpy as np
import pandas as pd

from .. import flags
from ..errors import TableError
from .columns import Column, Table
from .outputs import TABLES
from .texts import as_text

__all__ = ["check", "empty", "require"]

_POINT = r"-?\d+(\.\d+)?"
_CURVE = re.compile(rf"({_POINT}:{_POINT}( {_POINT}:{_POINT})*)?")
_TRUTH = {"true": True, "false": False, "1": True, "0": False, "1.0": True, "0.0": False}

_LARGEST = 2.0**53  # beyond it a number in a table is not known to the last digit


@lru_cache
def _empty(name: str) -> pd.DataFrame:
    return check(pd.DataFrame({column: [] for column in TABLES[name].names}), name)


def empty(name: str) -> pd.DataFrame:
    """Return the named output table without rows, with every column and its kind."""
    return _empty(name).copy()  # made once: ten times for each picture that is measured


@lru_cache(maxsize=4096)  # many rows, few different sets of flags
def _flags(value: object) -> str:
    return flags.encode(flags.decode(as_text(value)))


@lru_cache(maxsize=4096)  # the same lanes and bands are checked by every stage
def _curve(value: object) -> str:
    text = " ".join(as_text(value).split())
    if not _CURVE.fullmatch(text):
        raise ValueError("write a curve as row:col row:col")
    return text


def _int(value: object) -> int:
    number = float(str(value))
    if not number.is_integer():
        raise ValueError("must be a whole number")
    if abs(number) > _LARGEST:
        raise ValueError("is too large")
    return int(number)


def _bool(value: object) -> bool:
    text = str(value).strip().lower()
    if text not in _TRUTH:
        raise ValueError("must be true or false")
    return _TRUTH[text]


class _WrongCellError(Exception):
    """A value is not of its column's kind: its place from 0, and why."""

    def __init__(self, place: int, why: str) -> None:
        super().__init__(why)
        self.place = place


_WRITTEN: dict[str, Callable[[object], str]] = {"text": as_text, "flags": _flags, "curve": _curve}
_READ: dict[str, tuple[Callable[[object], object], Any]] = {
    "float": (lambda value: float(str(value)), np.float64),
    "int": (_int, np.int64),
    "bool": (_bool, np.bool_),
}
_FAST = {"float": "iuf", "int": "iu", "bool": "b"}  # kinds of numpy that need no look at each value


def _each(values: list[object], convert: Callable[[object], object], column: Column) -> list[object]:
    """Convert value by value, so that an error can name the row."""
    out = []
    for place, value in enumerate(values):
        try:
            out.append(convert(value))
        except (TypeError, ValueError, TableError) as error:
            raise _WrongCellError(place, f"{value!r} is not of kind {column.kind} ({error})") from error
    return out


def _cast(values: pd.Series[Any], column: Column) -> Any:
    """Return the values as an array of the column's kind."""
    if column.kind in _WRITTEN:
        if column.kind == "text" and isinstance(values.dtype, pd.StringDtype) and not values.hasnans:
            return values.to_numpy(object)
        texts = ["" if value is None or value is pd.NA or value != value else value for value in values]
        return np.array(_each(texts, _WRITTEN[column.kind], column), dtype=object)
    convert, kind = _READ[column.kind]
    if values.dtype.kind in _FAST[column.kind]:
        return values.to_numpy().astype(kind, copy=False)
    missing = [math.nan if value is None or value is pd.NA else value for value in values]
    return np.array(_each(missing, convert, column), dtype=kind)


def _cast_all(table: pd.DataFrame, declared: Table, *, of_file: bool) -> dict[str, Any]:
    """Cast each declared column; an error names the row as the file shows it, or as it is counted from 1."""
    cast = {}
    for column in declared.columns:
        try:
            cast[column.name] = _cast(table[column.name], column)
        except _WrongCellError as error:
            row, how = (error.place + 2, "") if of_file else (error.place + 1, "; rows count from 1")
            raise TableError(f"{declared.name}: row {row}, column {column.name!r}: {error}{how}") from error
    return cast


def _is_right(values: pd.Series[Any], kind: str) -> bool:
    """Tell a column of texts that casting would leave as it is."""
    if values.hasnans:
        return False
    return kind == "text" or all(_WRITTEN[kind](value) == value for value in values.tolist())


def _is_checked(table: pd.DataFrame, declared: Table) -> bool:
    """Tell a table that is as `check` returns it: stages hand them on, and most are checked many times."""
    if table.columns[: len(declared.names)].tolist() != declared.names or not table.columns.is_unique:
        return False
    if not (isinstance(table.index, pd.RangeIndex) and table.index.start == 0 and table.index.step == 1):
        return False
    pairs = list(zip(declared.columns, table.dtypes.tolist(), strict=False))
    if not all(_READ[c.kind][1] == d if c.kind in _READ else isinstance(d, pd.StringDtype) for c, d in pairs):
        return False
    return all(_is_right(table[column.name], column.kind) for column, _ in pairs if column.kind in _WRITTEN)


def check(table: pd.DataFrame, name: str, *, of_file: bool = False) -> pd.DataFrame:
    """Return an output table with its declared columns first, in order and of their kinds.

    Parameters
    ----------
    table : DataFrame
        Rows of the table; not changed.
    name : str
        Key of `TABLES`.
    of_file : bool
        The rows stand in a file, below a header that is row 1 of what a spreadsheet shows.

    Returns
    -------
    DataFrame
        The declared columns, then the further ones as they came; rows numbered from 0.

    Raises
    ------
    TableError
        A declared column is missing, or a value is not of its column's kind.
    """
    declared = TABLES[name]
    missing = [column for column in declared.names if column not in table.columns]
    if missing:
        raise TableError(f"{name}: column {missing[0]!r} is missing; a {name} table has {', '.join(declared.names)}")
    try:
        if _is_checked(table, declared):
            return table.copy()
    except (TypeError, ValueError, TableError):
        pass  # a value is wrong; below it is named with its row
    plain = table.reset_index(drop=True)
    cast = _cast_all(plain, declared, of_file=of_file)
    further = {column: plain[column] for column in plain.columns if column not in cast}
    return pd.DataFrame({**cast, **further}, index=plain.index)


def require(table: pd.DataFrame, name: str, columns: Sequence[str]) -> None:
    """Refuse a table that lacks a column that is read; columns that are filled need not be there yet.

    Raises
    ------
    TableError
        A column is missing; names it and the table.
    """
    missing = [column for column in columns if column not in table.columns]
    if missing:
        raise TableError(f"{name}: column {missing[0]!r} is missing; here a {name} table needs {', '.join(columns)}")
