"""What a column and a table are, and how a declaration is written."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Literal, cast

__all__ = ["Column", "Kind", "Table", "columns"]

Kind = Literal["text", "int", "float", "bool", "flags", "curve"]

_BLANKS: dict[str, float | bool] = {"float": math.nan, "int": math.nan, "bool": False}


@dataclass(frozen=True)
class Column:
    """One column: its name, kind, unit and meaning.

    ``required`` says that an input table must have it. ``float`` columns may be NaN; ``int`` columns of
    outputs never are; ``text`` columns use the empty text for "none".
    """

    name: str
    kind: Kind
    unit: str
    meaning: str
    required: bool = True


@dataclass(frozen=True)
class Table:
    """One table: what a row of it is, its columns in their order, and further ones that a table of wells has."""

    name: str
    row: str
    columns: tuple[Column, ...]
    of_wells: tuple[Column, ...] = ()

    @property
    def names(self) -> list[str]:
        """The declared column names in their order."""
        return [column.name for column in self.columns]

    @property
    def blanks(self) -> dict[str, str | float | bool]:
        """What an input says where it says nothing: no text, no number, not true."""
        return {column.name: _BLANKS.get(column.kind, "") for column in self.columns}

    @property
    def every(self) -> tuple[Column, ...]:
        """The declared columns, those of wells included."""
        return (*self.columns, *self.of_wells)


def columns(text: str) -> tuple[Column, ...]:
    """Parse ``name | kind | unit | meaning`` lines; a kind that ends in ``?`` marks an optional input column."""
    found = []
    for line in filter(None, map(str.strip, text.splitlines())):
        name, kind, unit, meaning = (part.strip() for part in line.split("|", 3))
        optional = kind.endswith("?")
        found.append(Column(name, cast(Kind, kind.rstrip("?")), unit, meaning, not optional))
    return tuple(found)
