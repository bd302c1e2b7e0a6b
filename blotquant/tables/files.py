"""Tables as CSV: the same table gives the same bytes, and a cell is never run by a spreadsheet."""

from __future__ import annotations

from pathlib import Path

import pandas as pd

from ..errors import TableError
from .checks import check
from .outputs import TABLES

__all__ = ["read_csv", "to_csv_bytes"]

# A spreadsheet runs a cell that starts like this; the apostrophe makes it text, and read_csv takes it off.
_RISKY = ("=", "+", "-", "@", "\t", "\r", "'")


def _guard(text: str) -> str:
    return "'" + text if text.startswith(_RISKY) else text


def to_csv_bytes(table: pd.DataFrame) -> bytes:
    """Write a table as UTF-8 CSV: ten significant digits, LF line ends; cells a spreadsheet would run become text."""
    out = table.copy()
    for column in out.columns:
        if out[column].dtype == object or isinstance(out[column].dtype, pd.StringDtype):
            out[column] = out[column].map(lambda value: _guard(value) if isinstance(value, str) else value)
    return out.to_csv(index=False, float_format="%.10g", lineterminator="\n").encode("utf-8")


def read_csv(path: Path, name: str) -> pd.DataFrame:
    """Read a saved output table back with its kinds.

    Raises
    ------
    TableError
        The file is not the named table.
    """
    texts = {column.name: str for column in TABLES[name].columns if column.kind in ("text", "flags", "curve")}
    try:
        table = pd.read_csv(
            path,
            dtype=texts,
            keep_default_na=False,
            na_values={column.name: [""] for column in TABLES[name].columns if column.kind == "float"},
        )
    except (OSError, ValueError) as error:
        raise TableError(f"{path}: cannot be read as a {name} table ({error})") from error
    for column in texts.keys() & set(table.columns):
        table[column] = table[column].map(lambda value: value[1:] if value[:1] == "'" else value)
    return check(table, name)
