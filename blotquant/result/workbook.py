"""results.xlsx: every table as a typed sheet, and a sheet that explains every column."""

from __future__ import annotations

import datetime
import io
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd

from ..conditions import DOSE, FAMILY, average_repeats, complete, valued
from ..flags import SEVERITY, encode
from ..tables import TABLES, further_columns
from .cells import filled

__all__ = ["wide_folds", "workbook_bytes"]

_WIDEST = 40  # letters after which a column is not made wider
_OPTIONS = {
    "in_memory": True,
    "strings_to_formulas": False,
    "strings_to_urls": False,
    "strings_to_numbers": False,
}
_EPOCH = datetime.datetime(2000, 1, 1)  # the same tables give the same bytes


def _width(name: str, unit: str, cells: list[Any]) -> int:
    shown = [str(cell)[:_WIDEST] if isinstance(cell, str) else f"{cell:.6g}" for cell in cells[:200]]
    return min(_WIDEST, 2 + max(map(len, (name, unit, *shown))))


def _add_sheet(book: Any, name: str, table: pd.DataFrame, units: Mapping[str, str], styles: Mapping[str, Any]) -> None:
    """Make one sheet with names and units, for its rows: header frozen, filter on, doubtful rows tinted."""
    sheet = book.add_worksheet(name)
    for col, column in enumerate(table.columns):
        sheet.write_string(0, col, str(column), styles["head"])
        sheet.write_string(1, col, units.get(str(column), ""), styles["unit"])
        cells = table[column].tolist()
        if column == "flags" and cells:
            _mark_doubts(sheet, col, len(cells), styles)
        sheet.set_column(col, col, _width(str(column), units.get(str(column), ""), cells))
    sheet.freeze_panes(2, 0)
    if len(table.columns):
        sheet.autofilter(1, 0, max(1, len(table) + 1), len(table.columns) - 1)


def _mark_doubts(sheet: Any, col: int, rows: int, styles: Mapping[str, Any]) -> None:
    """Tint the flags of a column by rules, worst first, so that the marks stay right when rows are edited or moved."""
    for weight in ("wrong", "doubt"):
        for flag in (flag for flag in SEVERITY if SEVERITY[flag] == weight):
            rule = {"type": "text", "criteria": "containing", "value": encode(flag), "stop_if_true": True}
            sheet.conditional_format(2, col, rows + 1, col, {**rule, "format": styles[weight]})


def wide_folds(folds: pd.DataFrame, group_by: Sequence[str] = ()) -> pd.DataFrame:
    """Lay folds (ratios where there is no reference) with replicates side by side, as plotting programs like them.

    Parameters
    ----------
    folds : DataFrame
        Folds table, or ratios; not changed.
    group_by : sequence of str
        Further columns that part groups.

    Returns
    -------
    DataFrame
        One row a group, with the means of its replicates that the groups table is made of; ``value`` says whether they
        are folds or ratios.
    """
    keys = [*FAMILY, *DOSE, *group_by]
    lanes = valued(complete(folds, "folds"))
    if lanes.empty:
        return pd.DataFrame(columns=keys)
    lanes["place"] = lanes.groupby(keys, sort=False, dropna=False).ngroup()
    means = average_repeats(lanes, ["place", "replicate"], ["value"])
    wide = means.pivot_table(index="place", columns="replicate", values="value", dropna=False)
    wide = wide[list(dict.fromkeys(lanes["replicate"]))]
    rows = lanes.drop_duplicates("place")
    told = rows[keys].assign(value=np.where(rows["is_fold"], "fold", "ratio")).reset_index(drop=True)
    return pd.concat([told, wide.add_prefix("replicate ").reset_index(drop=True)], axis=1)


def _columns_sheet(tables: Mapping[str, pd.DataFrame]) -> pd.DataFrame:
    rows = [
        {"table": name, "column": column.name, "kind": column.kind, "unit": column.unit, "meaning": column.meaning}
        for name in tables
        if name in TABLES
        for column in TABLES[name].every
        if column.name in tables[name]
    ]
    return pd.DataFrame(rows, columns=["table", "column", "kind", "unit", "meaning"])


def workbook_bytes(tables: Mapping[str, pd.DataFrame]) -> bytes:
    """Write tables as an Excel workbook.

    Parameters
    ----------
    tables : mapping of str to DataFrame
        Tables by their name in ``TABLES``.

    Returns
    -------
    bytes
        The workbook; texts are texts, never formulas or links. The same tables give the same bytes.
    """
    import xlsxwriter

    buffer = io.BytesIO()
    book = xlsxwriter.Workbook(buffer, _OPTIONS)
    book.set_properties({"title": "blotquant results", "created": _EPOCH})
    styles = {
        "head": book.add_format({"bold": True, "bottom": 0}),
        "unit": book.add_format({"italic": True, "font_color": "#666666", "bottom": 1}),
        "wrong": book.add_format({"bg_color": "#f4c7c3"}),
        "doubt": book.add_format({"bg_color": "#fce8b2"}),
    }
    lanes = tables["folds"] if len(tables.get("folds", ())) else tables.get("ratios", pd.DataFrame())
    wide = wide_folds(lanes, further_columns(tables["groups"], "groups") if "groups" in tables else ())
    sheets = {**tables, "replicates_wide": wide, "columns": _columns_sheet(tables)}
    for name, table in sheets.items():
        units = {column.name: column.unit for column in TABLES[name].every} if name in TABLES else {}
        _add_sheet(book, name, table, units, styles)
    book.close()
    return filled(buffer.getvalue(), list(sheets.values()))
