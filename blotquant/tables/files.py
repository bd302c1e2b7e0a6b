"""Tables as CSV: the same table gives the same bytes, and a cell is never run by a spreadsheet."""

from __future__ import annotations

import csv
import functools
import io
from collections.abc import Callable
from pathlib import Path
from typing import Any, BinaryIO

import pandas as pd

from ..errors import TableError
from .checks import check, empty
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


def _cells(column: pd.Series[Any]) -> list[Any] | None:
    """Return a column's cells as they are written; None for kinds that only a user's columns have, such as dates."""
    cells = column.tolist()
    if column.dtype == "float64":
        return ["" if value != value else f"{value:.10g}" for value in cells]
    if column.dtype in ("int64", "bool"):
        return cells
    return [_guard(text) for text in cells] if all(isinstance(cell, str) for cell in cells) else None


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
    columns = [_cells(column) for _, column in table.items()]
    known = [cells for cells in columns if cells is not None]
    if len(known) < max(1, len(columns)):
        out = _on_texts(table, _guard)
        return out.to_csv(index=False, float_format="%.10g", lineterminator="\n").encode("utf-8")
    lines = io.StringIO()  # a third of the time of pandas, whose way is made for long tables
    writer = csv.writer(lines, lineterminator="\n")
    writer.writerow(map(_guard, table.columns))
    writer.writerows(zip(*known, strict=True))
    return lines.getvalue().encode("utf-8")


@functools.cache
def _head(name: str) -> bytes:
    return to_csv_bytes(empty(name))


def _plain(cell: Any) -> Any:
    """Take the apostrophe off; a cell that the file's line does not have is no text."""
    return _unguard(cell) if isinstance(cell, str) else cell


def _column(cells: list[Any], kind: str | None) -> pd.Series[Any]:
    """Make a column of the texts in a file; None stands for its kind where it is a further one, of the user's."""
    if kind is None:
        return _numbers_where_all_are(pd.Series(cells))
    return pd.Series([None if cell == "" else cell for cell in cells] if kind == "float" else cells, dtype=object)


def _is_empty(path: Path | BinaryIO, name: str) -> bool:
    """Tell a file that is the head of its table and nothing else, as most of a run's tables are."""
    if not isinstance(path, Path):
        return False
    with path.open("rb") as file:
        return file.read(len(_head(name)) + 1) == _head(name)


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
        if _is_empty(path, name):
            return empty(name)
        raw = pd.read_csv(path, dtype=object, keep_default_na=False, encoding="utf-8-sig")
        kinds = {column.name: column.kind for column in TABLES[name].columns}
        kinds |= {column.name: column.kind for column in TABLES[name].of_wells if column.kind == "text"}
        columns = {_unguard(column): [_plain(cell) for cell in raw[column]] for column in raw.columns}
        table = pd.DataFrame({column: _column(cells, kinds.get(column)) for column, cells in columns.items()})
        return check(table, name, of_file=True)
    except (OSError, ValueError) as error:
        why = " ".join(str(error).split())
        raise TableError(f"{path}: cannot be read as a {name} table ({why}); save it as CSV (UTF-8)") from error
    except TableError as error:
        raise TableError(f"{path}: {error}") from error
