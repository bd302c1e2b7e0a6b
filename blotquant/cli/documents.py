"""What the JSON document of each verb holds: printed by ``blotquant schema documents`` and the docs, held by tests."""

from __future__ import annotations

from dataclasses import dataclass

__all__ = ["DOCUMENTS", "Field"]


@dataclass(frozen=True)
class Field:
    """One field of a document: its name, its JSON type, and what it says; a type with ? may be left out."""

    name: str
    kind: str
    meaning: str


def _fields(text: str) -> tuple[Field, ...]:
    rows = ([part.strip() for part in line.split("|", 2)] for line in text.strip().splitlines())
    return tuple(Field(*row) for row in rows)


_EVERY = _fields("""
verb | string | The verb.
exit_code | number | As the process ends: 0, 1, 2, 3 or 130.
error | string? | Only where the verb could not do its work: what, where, and what to do next; nothing else follows.
""")
_DRY = _fields("""
dry_run | boolean? | Nothing was done.
""")
_SUMMARY = _fields("""
images | number | Images measured.
lanes | number | Lanes, counted in each image.
bands | number | Bands, found or expected.
detected | number | Bands above their limit of detection.
flags | object | Flag to number of rows that carry it, worst first.
warnings | array | Doubts about the run, in words.
potencies | array | Rows of potencies.csv.
report | string | Path of report.html.
unchanged | boolean | All was done already and nothing had changed.
""")
_FAILURES = _fields("""
failures | array | What failed: name, kind and message.
""")
_OUTPUT = _fields("""
output | string | Folder of the result.
""")
_MEASURE = _fields("""
images | number or array | Images measured; their names in a dry run.
""")
_STUDIES = _fields("""
study | string? | Name of the study, where there is one.
table | string? | Path of studies.csv, where there are several.
studies | array? | One summary a study, where there are several; names in a dry run.
""")


def _optional(fields: tuple[Field, ...]) -> tuple[Field, ...]:
    return tuple(Field(each.name, each.kind.rstrip("?") + "?", each.meaning) for each in fields)


DOCUMENTS: dict[str, tuple[Field, ...]] = {
    "demo": _EVERY + _DRY + _OUTPUT + _fields("""
study | string | Folder of the study that was drawn.
truth | object? | IC50 that was drawn, and its unit.
""") + _optional(_SUMMARY),
    "init": _EVERY + _DRY + _fields("""
folder | string | Folder of the images.
written | array | Paths of the files to fill in.
"""),
    "simulate": _EVERY + _DRY + _OUTPUT + _fields("""
study | boolean | A whole study was drawn.
seed | number | Seed of the drawing.
"""),
    "inspect": _EVERY + _FAILURES + _fields("""
images | array | One object an image: image, quality (measure, value, unit, note, tone), notes, flags.
"""),
    "readers": _EVERY + _fields("""
image | string or null | The file that was asked about.
readers | array | One object a reader: reader, formats, extensions; with an image: reader, takes, reason.
"""),
    "schema": _EVERY + _fields("""
tables | object | Table to side (input or output), row, and columns (name, kind, unit, meaning, required).
settings | array? | One object a setting: name, default, meaning, choices, low, high.
flags | array? | One object a flag: name, severity, meaning.
measures | array? | One object a measure of the quality table: name, unit, meaning.
documents | array? | One object a field of a verb's document: verb, name, kind, meaning.
"""),
    "measure": _EVERY + _DRY + _OUTPUT + _MEASURE + _optional(_FAILURES + _SUMMARY[1:]),
    "quantify": _EVERY + _DRY + _optional(_OUTPUT + _FAILURES + _SUMMARY) + _STUDIES,
    "fit": _EVERY + _DRY + _OUTPUT + _fields("""
table | string? | The table, in a dry run.
rows | number? | Its rows, in a dry run.
""") + _optional(_SUMMARY),
    "report": _EVERY + _DRY + _OUTPUT + _fields("""
report | string | Path of report.html.
"""),
}  # fmt: skip
"""Verb to the fields of its document, in no order that programs may lean on."""
