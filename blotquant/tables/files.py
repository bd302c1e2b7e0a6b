"""Tables as CSV: the same table gives the same bytes, and a cell is never run by a spreadsheet."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any, BinaryIO

import pandas as pd

from ..errors import TableError
from .checks import check
from .outputs import TABLES

__all__ = ["read_csv", "to_csv_bytes"]

# A spreadsheet runs a cell that starts like this; the apostrophe makes it text, and read_csv takes it off.
_RISKY = ("=", "+", "-", "@", "\t", "\r", "'")


def _guard(text: str) -> str:
    return "'" + text if text.startswith(_RISKY) else text


def _unguard(text: str) -> str:
    return text[1:] if text[:1] == "'" else text


def _on_texts(table: pd.DataFrame, change: Callable[[str], str]) -> pd.DataFrame:
    """Return the table with every text changed, column names included."""
    out = table.rename(columns=change)
    for column in out.columns:
        if out[column].dtype == object or isinstance(out[column].dtype, pd.StringDtype):
            out[column] = out[column].map(lambda value: change(value) if isinstance(value, str) else value)
    return out


def to_csv_bytes(table: pd.DataFrame) -> bytes:
    """Write a table as UTF-8 CSV: ten significant digits, LF line ends; cells a spreadsheet would run become text.

    Parameters
    ----------
    table : DataFrame
        Rows of a table; not changed.

    Returns
    -------
    bytes
        The same for the same table, whatever the machine.
    """
    out = _on_texts(table, _guard)
    return out.to_csv(index=False, float_format="%.10g", lineterminator="\n").encode("utf-8")


def _numbers_where_all_are(column: pd.Series[Any]) -> pd.Series[Any]:
    """Turn a user's column of numbers and blanks into numbers; any other stays text."""
    filled = column[column != ""]
    numbers = pd.to_numeric(filled, errors="coerce")
    if filled.empty or numbers.isna().any():
        return column
    return pd.to_numeric(column.where(column != "", None))


def read_csv(path: Path | BinaryIO, name: str) -> pd.DataFrame:
    """Read a saved output table back with its kinds.

    Parameters
    ----------
    path : Path or binary file
        A CSV file, as blotquant wrote it or as a spreadsheet saved it again.
    name : str
        Key of `TABLES`.

    Returns
    -------
    DataFrame
        The table, checked; further columns are numbers where every cell is one or blank, texts otherwise.

    Raises
    ------
    TableError
        The file is not the named table.
    """
    try:
        table = pd.read_csv(path, dtype=str, keep_default_na=False, encoding="utf-8-sig")
        table = _on_texts(table, _unguard)
        for column in TABLES[name].columns:
            if column.kind == "float" and column.name in table:
                table[column.name] = table[column.name].where(table[column.name] != "", None)
        for further in table.columns.difference(TABLES[name].names):
            table[further] = _numbers_where_all_are(table[further])
        return check(table, name)
    except (OSError, ValueError) as error:
        why = " ".join(str(error).split())
        raise TableError(f"{path}: cannot be read as a {name} table ({why}); save it as CSV (UTF-8)") from error
    except TableError as error:
        raise TableError(f"{path}: {error}") from error
