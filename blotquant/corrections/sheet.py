"""The file of corrections: one edit a row, checked before anything is applied."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pandas as pd

from ..errors import TableError
from ..geometry import parse_region
from ..tables import TABLES, check, further_columns, nearest, read_csv

__all__ = ["ACTIONS", "read_corrections"]

ACTIONS = ("move", "add", "delete", "rename", "exclude")
_BOXED = {"move": ("old", "new"), "add": ("new",), "delete": ("old",)}
_EXPLAINED = ("delete", "exclude")  # what takes something away says why


def _wrong(row: Mapping[str, Any]) -> str:
    """Say what is wrong with an edit, as ``column 'x': …``; nothing where it is right."""
    if row["what"] not in ("lane", "band"):
        return f"column 'what': {row['what']!r} is neither 'lane' nor 'band'"
    if row["action"] not in ACTIONS:
        return f"column 'action': {row['action']!r} is unknown{nearest(row['action'], ACTIONS)}"
    if (row["what"] == "band") != bool(row["band"]):
        return f"column 'band': {row['band']!r}; an edit of a band names its row, an edit of a lane does not"
    if not row["who"].strip():
        return "column 'who' is blank; say who made the edit"
    if row["action"] in _EXPLAINED and not row["why"].strip():
        return f"column 'why' is blank; say why it is to {row['action']}"
    for column in _BOXED.get(row["action"], ()):
        if parse_region(row[column]) is None:
            return f"column {column!r}: {row[column]!r} is no box; write top:bottom,left:right in pixels of the file"
    number = row["new"].strip()
    if row["action"] == "rename" and not (number.isdigit() and int(number) > 0):
        return f"column 'new': {row['new']!r} is no number; lanes and rows are numbered from 1"
    return ""


def read_corrections(path: str | Path) -> pd.DataFrame:
    """Read a file of corrections, as ``review.html`` downloads it or as it is written by hand.

    Parameters
    ----------
    path : str or Path
        CSV with the columns of ``TABLES["corrections"]``.

    Returns
    -------
    DataFrame
        One edit a row, in the order in which they are applied.

    Raises
    ------
    TableError
        The file cannot be read, or an edit breaks a rule; names row (the header is row 1), column and value.
    """
    edits = check(read_csv(Path(path), "corrections"), "corrections")
    further = further_columns(edits, "corrections")
    if further:
        raise TableError(f"{path}: column {further[0]!r} is unknown{nearest(further[0], TABLES['corrections'].names)}")
    for number, row in enumerate(edits.to_dict("records"), start=2):
        wrong = _wrong({str(name): value for name, value in row.items()})
        if wrong:
            raise TableError(f"{path}: row {number}, {wrong}")
    return edits
