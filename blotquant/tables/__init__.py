"""Every table of blotquant, declared once: its columns, their kind, unit and meaning.

The glossary, ``blotquant schema``, the sheet that explains ``results.xlsx`` and the checks of input and
output all read `TABLES` and `INPUTS`. Rows are pandas DataFrames; columns beyond the declared ones travel along.
"""

from __future__ import annotations

from .checks import check, empty, nearest, require
from .columns import Column, Table
from .files import read_csv, to_csv_bytes
from .inputs import INPUTS
from .outputs import TABLES
from .texts import as_text, cell_text, further_columns, plain_texts

__all__ = [
    "INPUTS",
    "TABLES",
    "Column",
    "Table",
    "as_text",
    "cell_text",
    "check",
    "empty",
    "further_columns",
    "nearest",
    "plain_texts",
    "read_csv",
    "require",
    "to_csv_bytes",
]
