"""Columns of the page's tables: how cells are written, and how a table is filled."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from functools import partial
from typing import Any

import pandas as pd

from ..figures.names import SERIES, column_name, interval_name, interval_text, main_first, number, plain, quantity_name
from ..tables import TABLES, as_text, further_columns
from .source import ReportSource
from .wording import big, flags_text, records

__all__ = [
    "DOSE",
    "FLAGS",
    "WHO",
    "Column",
    "Grid",
    "beside_who",
    "filled_grid",
    "further_of",
    "grids_by_quantity",
    "limits_column",
    "text_column",
    "value_column",
    "volume_column",
]

_MOST_ROWS = 400
_WIDE = ("method", "note")  # columns whose words may be wrapped
Cell = Callable[[Mapping[str, Any]], str]


@dataclass(frozen=True)
class Grid:
    """One table: an anchor, title, what all its rows share, a note, heads (text, kind: n, wide or none) and rows."""

    name: str
    title: str
    shared: str
    note: str
    heads: tuple[tuple[str, str], ...]
    rows: tuple[tuple[str, ...], ...]
    folded: bool = False
    left_out: int = 0


@dataclass(frozen=True)
class Column:
    """One column: its head, how a cell is written from a row, and its kind: n, wide or none."""

    head: str
    cell: Cell
    kind: str = "n"


def text_column(name: str, head: str = "") -> Column:
    """Show words; a long column's may be wrapped."""
    return Column(head or name.replace("_", " "), lambda row: plain(row[name]), "wide" if name in _WIDE else "")


def value_column(name: str, head: str = "", digits: int = 3) -> Column:
    """Show numbers with so many significant digits."""
    return Column(head or name.replace("_", " "), lambda row: number(float(row[name]), digits))


def volume_column(name: str, head: str = "") -> Column:
    """Show volumes, their thousands apart."""
    return Column(head or name.replace("_", " "), lambda row: big(float(row[name])))


def _interval(row: Mapping[str, Any]) -> str:
    low, high = float(row["ci_low"]), float(row["ci_high"])
    return "–" if math.isnan(low) and math.isnan(high) else interval_text(low, high)


def limits_column(result: ReportSource) -> Column:
    """Show limits at the level that the result was made with."""
    return Column(interval_name(result.settings.comparison.level), _interval)


def _dose(row: Mapping[str, Any]) -> str:
    dose = float(row["dose"])
    return "–" if math.isnan(dose) else f"{number(dose)} {plain(row['dose_unit'])}".strip()


QUANTITY = Column("quantity", lambda row: quantity_name(*(row[name] for name in SERIES)), "")
DOSE = Column("dose", _dose)
FLAGS = Column("doubts", lambda row: flags_text(row["flags"]), "wide")
WHO = (QUANTITY, text_column("stimulus"), text_column("treatment"))


def _filled(table: pd.DataFrame, columns: Iterable[Column]) -> list[tuple[Column, list[str]]]:
    """Write the cells of each column; a column without any content is left out."""
    rows = records(table.head(_MOST_ROWS))
    cells = [(column, [column.cell(row) for row in rows]) for column in columns]
    return [(column, texts) for column, texts in cells if any(text not in ("", "–") for text in texts)]


def filled_grid(
    name: str, title: str, note: str, table: pd.DataFrame, columns: Iterable[Column], *, folded: bool = False
) -> Grid:
    """Fill a table; words that are the same in every row stand once, above it."""
    filled = _filled(table, columns)
    alike = [
        (column, texts) for column, texts in filled if column.kind != "n" and len(texts) > 1 and len(set(texts)) == 1
    ]
    shared = "; ".join(f"{column.head}: {texts[0]}" for column, texts in alike)
    kept = [part for part in filled if part not in alike]
    rows = tuple(zip(*(texts for _, texts in kept), strict=True)) if kept else ()
    heads = tuple((column.head, column.kind) for column, _ in kept)
    return Grid(name, title, shared, note, heads, rows, folded, max(0, len(table) - _MOST_ROWS))


def grids_by_quantity(
    name: str, title: str, note: Callable[[pd.DataFrame], str], table: pd.DataFrame, columns: Iterable[Column]
) -> list[Grid]:
    """Make one table for each target, site and quantity; the main quantities come first."""
    chosen = beside_who(columns, further_of(table, name))
    parts = [rows for _, rows in main_first(table).groupby(SERIES, sort=False)]
    if len(parts) == 1:
        return [filled_grid(name, title, note(table), table, chosen)]
    grids = []
    for place, rows in enumerate(parts, start=1):
        what = quantity_name(*(rows[column].iloc[0] for column in SERIES))
        grids.append(filled_grid(f"{name}-{place}", f"{title}: {what}", note(rows), rows, chosen))
    return grids


def _further_text(column: str, row: Mapping[str, Any]) -> str:
    return plain(as_text(row[column]))


def further_of(table: pd.DataFrame, name: str) -> list[Column]:
    """Show columns of wells, and those beyond the declared ones, which the user's sheets brought along."""
    numbers = [column.name for column in TABLES[name].of_wells if column.kind == "float"]
    return [
        value_column(column) if column in numbers else Column(column_name(column), partial(_further_text, column), "")
        for column in further_columns(table, name)
    ]


def beside_who(columns: Iterable[Column], further: Iterable[Column]) -> list[Column]:
    """Put the columns of ``group_by`` beside what was done, where the eye looks for them."""
    known = list(columns)
    at = len(WHO) + known.index(WHO[0])
    return [*known[:at], *further, *known[at:]]
