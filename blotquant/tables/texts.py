"""How cells are written as texts, and how pandas keeps texts while we work."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from contextlib import AbstractContextManager
from typing import Any

import pandas as pd

from .outputs import TABLES

__all__ = ["as_text", "cell_text", "further_columns", "plain_texts", "texts_as_objects"]


def as_text(value: object) -> str:
    """Write a cell as text; numbers that pandas turned into floats because a cell is blank stay whole.

    Examples
    --------
    >>> as_text(10.0), as_text(7.5), as_text("10.0")
    ('10', '7.5', '10.0')
    """
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    return str(value)


def texts_as_objects(frame: pd.DataFrame) -> pd.DataFrame:
    """Return a table whose columns of texts are Python's own, so that a cell may also hold what is no text."""
    kinds = frame.dtypes
    return frame.astype({name: object for name in frame.columns if isinstance(kinds[name], pd.StringDtype)})


def further_columns(columns: Iterable[object], name: str) -> list[str]:
    """Return the columns beyond those that a table declares: ``group_by`` cells and what a user's sheets brought along.

    Parameters
    ----------
    columns : iterable of str
        All columns, as a table or a row lists them.
    name : str
        Key of `TABLES`.
    """
    return [str(column) for column in columns if column not in TABLES[name].names]


def cell_text(row: Mapping[Any, Any] | pd.Series[Any], name: str) -> str:
    """Name the ``group_by`` cell of a row: the columns beyond those that its table declares.

    Parameters
    ----------
    row : mapping
        Column → value.
    name : str
        Key of `TABLES`.

    Examples
    --------
    >>> cell_text({"treatment": "baricitinib", "time_min": 10.0, "donor": "A"}, "potencies")
    'time_min 10, donor A'
    """
    names = further_columns(row.index if isinstance(row, pd.Series) else row, name)
    further = [(column, row[column]) for column in names]
    return ", ".join(
        f"{column} {as_text(value)}" for column, value in further if value not in ("", None) and value == value
    )


def plain_texts() -> AbstractContextManager[None]:
    """Keep the texts of new tables as Python's own until the end of a ``with``.

    Where pyarrow is installed pandas packs every column of texts into Arrow's buffers and takes it out again cell by
    cell: a tenth of the time of a picture, whose tables have a few dozen rows. What the tables hold is the same.

    Examples
    --------
    >>> with plain_texts():
    ...     kind = pd.Series(["a"]).dtype
    """
    return pd.option_context("mode.string_storage", "python")
