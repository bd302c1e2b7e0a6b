"""From texts to kinds: each cell is what its column declares, or an error that names it."""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Iterable, Sequence
from typing import Any

import numpy as np
import pandas as pd

from ..errors import TableError
from ..tables import Column, Table, nearest
from .sheets import Sheet

__all__ = ["check_choice", "check_names", "edit_distance", "is_number", "typed"]

_NUMBER = re.compile(r"[+-]?(\d+(\.\d*)?|\.\d+)([eE][+-]?\d+)?")
_BOOLS = {"true": True, "yes": True, "1": True, "false": False, "no": False, "0": False, "": False}


def edit_distance(one: str, other: str) -> int:
    """Count the letters to insert, delete or replace between two names, upper and lower case alike (Levenshtein).

    Examples
    --------
    >>> edit_distance("treatmant", "treatment")
    1
    """
    one, other = one.casefold(), other.casefold()
    last = list(range(len(other) + 1))
    for i, a in enumerate(one, start=1):
        row = [i]
        for j, b in enumerate(other, start=1):
            row.append(min(last[j] + 1, row[j - 1] + 1, last[j - 1] + (a != b)))
        last = row
    return last[-1]


def is_number(text: str) -> bool:
    """Tell whether a text is a plain decimal number."""
    return _NUMBER.fullmatch(text) is not None


def check_names(sheet: Sheet, table: Table, *, strict: bool, edits: int = 2, reserved: Iterable[str] = ()) -> None:
    """Check the header against a declaration.

    Parameters
    ----------
    sheet : Sheet
        The table as texts.
    table : Table
        Its declaration.
    strict : bool
        Any unknown column is an error; else only one that looks misspelt.
    edits : int
        A name within so many edits of a known one looks misspelt.
    reserved : iterable of str
        Names that the results use and that a further column may not take.

    Raises
    ------
    TableError
        A column is missing, unknown, misspelt or reserved.
    """
    missing = [column.name for column in table.columns if column.required and column.name not in sheet.columns]
    for name in sheet.columns:
        if name in table.names:
            continue
        near = [known for known in table.names if known != "note" and edit_distance(name, known) <= edits]
        if near:
            best = min(near, key=lambda known: edit_distance(name, known))
            raise TableError(f"{sheet.where} row 1: column {name!r} is unknown; did you mean {best!r}?")
        if strict:
            raise TableError(f"{sheet.where} row 1: column {name!r} is unknown{nearest(name, table.names)}")
        if name in reserved:
            raise TableError(f"{sheet.where} row 1: column {name!r} is a column of the results; give it another name")
    if missing:
        raise TableError(f"{sheet.where} row 1: column {missing[0]!r} is missing; found {', '.join(sheet.columns)}")


def _number_problem(text: str) -> str:
    if re.fullmatch(r"[+-]?[1-9]\d{0,2}(,\d{3})+", text):
        pointed = f", {text.replace(',', '.')} if it is a decimal comma" if text.count(",") == 1 else ""
        return f"has a comma; write {text.replace(',', '')} if it parts thousands{pointed}"
    if re.fullmatch(r"[+-]?\d+,\d+", text):
        return f"has a decimal comma; write {text.replace(',', '.')} with a point"
    unit = re.fullmatch(r"([+-]?[\d.]+(?:[eE][+-]?\d+)?)\s*([A-Za-zµμ%/]+)", text)
    if unit:
        return f"is not a number; write {unit[1]} here and keep {unit[2]!r} out of the cell"
    return "is not a number; write a plain number such as 10 or 0.5, and leave out what was not measured"


def _float(text: str) -> float:
    if not text:
        return math.nan
    if not is_number(text) or not math.isfinite(float(text)):
        raise ValueError(_number_problem(text))
    return float(text)


def _whole(text: str) -> float:
    value = _float(text)
    if not math.isnan(value) and value != int(value):
        raise ValueError("is not a whole number")
    return value


def _bool(text: str) -> bool:
    if text.casefold() not in _BOOLS:
        raise ValueError("must be true or false")
    return _BOOLS[text.casefold()]


_PARSERS: dict[str, Callable[[str], Any]] = {"text": str, "float": _float, "int": _whole, "bool": _bool}


def _parse_column(sheet: Sheet, column: Column) -> list[Any]:
    parse, found = _PARSERS[column.kind], []
    for row in sheet.rows:
        text = row.cells.get(column.name, "")
        try:
            found.append(parse(text))
        except ValueError as error:
            raise sheet.error(row.number, column.name, text, str(error)) from error
    return found


def typed(sheet: Sheet, table: Table) -> pd.DataFrame:
    """Return the declared columns with their kinds (blank numbers NaN) and further columns as texts.

    The index holds the row numbers of the file, so that later checks can name them.

    Raises
    ------
    TableError
        A cell is not of its column's kind, or the table has no rows.
    """
    if not sheet.rows:
        raise TableError(f"{sheet.where}: has no rows; each row is {table.row}")
    data: dict[str, Any] = {}
    for column in table.columns:
        values = _parse_column(sheet, column)
        kind: Any = {"text": object, "bool": bool}.get(column.kind, np.float64)
        data[column.name] = np.array(values, dtype=kind)
    for name in sheet.columns:
        if name not in data:
            data[name] = np.array([row.cells[name] for row in sheet.rows], dtype=object)
    frame = pd.DataFrame({name: pd.Series(values, dtype=values.dtype) for name, values in data.items()})
    frame.index = pd.Index([row.number for row in sheet.rows])
    return frame


def check_choice(sheet: Sheet, frame: pd.DataFrame, column: str, choices: Sequence[str]) -> None:
    """Check that a column holds only the listed words.

    Raises
    ------
    TableError
        Another word stands there.
    """
    for number, value in frame[column].items():
        if value not in choices:
            words = [word for word in choices if word]
            raise sheet.error(
                int(str(number)), column, value, f"is not one of {', '.join(words)}{nearest(value, words)}"
            )
