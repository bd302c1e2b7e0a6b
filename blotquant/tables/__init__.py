"""Every table of blotquant, declared once: its columns, their kind, unit and meaning.

The glossary, ``blotquant schema``, the sheet that explains ``results.xlsx`` and the checks of input and
output all read `TABLES` and `INPUTS`. Rows are pandas DataFrames; columns beyond the declared ones travel along.
"""

from __future__ import annotations

from ..errors import nearest
from .checks import check, empty, require
from .columns import Column, Table
from .files import read_csv, to_csv_bytes
from .inputs import FORMS, INPUTS, MODES, POLARITIES
from .measures import MEASURES, Finding, Measure, Tone, measure_of, quality_table
from .outputs import TABLES
from .phrases import TOTAL, TREND, WINDOW, kinds_of_tests, target_note, weights_text
from .texts import as_text, cell_text, further_columns, plain_texts, texts_as_objects

__all__ = [
    "FORMS",
    "INPUTS",
    "MEASURES",
    "MODES",
    "POLARITIES",
    "TABLES",
    "TOTAL",
    "TREND",
    "WINDOW",
    "Column",
    "Finding",
    "Measure",
    "Table",
    "Tone",
    "as_text",
    "cell_text",
    "check",
    "empty",
    "further_columns",
    "kinds_of_tests",
    "measure_of",
    "nearest",
    "plain_texts",
    "quality_table",
    "read_csv",
    "require",
    "target_note",
    "texts_as_objects",
    "to_csv_bytes",
    "weights_text",
]
