"""Cells of a workbook: the rows of tables as XML, put into sheets whose frame XlsxWriter has made.

XlsxWriter makes all that spreadsheet programs are strict about (styles, panes, filters, rules, relations). A cell costs
it five times what its XML costs, and a batch has tens of thousands.
"""

from __future__ import annotations

import functools
import io
import itertools
import math
import re
import string
import zipfile
from collections.abc import Iterator, Sequence
from typing import Any

import pandas as pd

__all__ = ["filled", "rows_xml"]

_FIRST = 3  # below names and units
_LONGEST = 32767  # letters that a cell of Excel holds
_LEVEL = 3  # of compression: a tenth larger than with 6, in a third of the time
_ESCAPED = re.compile(r"_x[0-9A-Fa-f]{4}_")  # a text that looks like an escape is escaped itself
_CONTROL = re.compile("[\x00-\x08\x0b-\x1f\ufffe\uffff]")
_DIMENSION = re.compile(rb'<dimension ref="A1:[A-Z]+\d+"/>')
_END = b"</sheetData>"


def _letters() -> Iterator[str]:
    """Yield A, B … Z, AA, AB … as Excel names columns."""
    for length in itertools.count(1):
        yield from map("".join, itertools.product(string.ascii_uppercase, repeat=length))


@functools.lru_cache(maxsize=65536)  # names and flags come again and again
def _text(value: str) -> str:
    """End of a cell that holds a text; one that holds none is left blank."""
    if not value:
        return ""
    plain = _ESCAPED.sub(lambda found: f"_x005F{found[0]}", value[:_LONGEST])
    plain = _CONTROL.sub(lambda found: f"_x{ord(found[0]):04X}_", plain)
    escaped = plain.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
    return f' t="inlineStr"><is><t xml:space="preserve">{escaped}</t></is></c>'


def _cell(value: Any) -> str:
    """End of a cell with its kind: a number that is none stays blank, an infinite one is a text."""
    if isinstance(value, str):
        return _text(value)
    if isinstance(value, bool):
        return f' t="b"><v>{value:d}</v></c>'
    if math.isfinite(value):
        return f"><v>{value!r}</v></c>"
    return "" if math.isnan(value) else _text("inf" if value > 0 else "-inf")


def rows_xml(table: pd.DataFrame) -> str:
    """Write the rows of a table as those of a sheet, below its names and units.

    Parameters
    ----------
    table : DataFrame
        Texts, numbers and truths.
    """
    columns = [[_cell(value) for value in column.tolist()] for _, column in table.items()]
    letters = list(itertools.islice(_letters(), len(columns)))
    rows = []
    for number, cells in enumerate(zip(*columns, strict=True), start=_FIRST):
        line = "".join([f'<c r="{at}{number}"{cell}' for at, cell in zip(letters, cells, strict=True) if cell])
        rows.append(f'<row r="{number}">{line}</row>')
    return "".join(rows)


def filled(book: bytes, tables: Sequence[pd.DataFrame]) -> bytes:
    """Put rows into the sheets of a workbook that has names and units alone.

    Parameters
    ----------
    book : bytes
        The workbook.
    tables : sequence of DataFrame
        One for each sheet, in their order.

    Returns
    -------
    bytes
        The workbook; the same tables give the same bytes.
    """
    rows = {f"xl/worksheets/sheet{number}.xml": table for number, table in enumerate(tables, start=1)}
    out = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(book)) as old, zipfile.ZipFile(out, "w") as new:
        for entry in old.infolist():
            data, table = old.read(entry), rows.get(entry.filename)
            if table is not None and len(table):
                last = next(itertools.islice(_letters(), len(table.columns) - 1, None))
                reach = f'<dimension ref="A1:{last}{_FIRST + len(table) - 1}"/>'
                data = _DIMENSION.sub(reach.encode(), data, count=1)
                data = data.replace(_END, rows_xml(table).encode("utf-8", "replace") + _END, 1)
            new.writestr(entry, data, zipfile.ZIP_DEFLATED, _LEVEL)
    return out.getvalue()
