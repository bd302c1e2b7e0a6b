"""Rows of a table image by image, as mappings, made once for all pictures of a page."""

from __future__ import annotations

from typing import Any

import pandas as pd

from ..blot import Frame
from ..geometry import to_upright
from .wording import records

__all__ = ["Parted"]


class Parted:
    """A table parted by image; searching it for each picture took longer than drawing the pictures.

    Parameters
    ----------
    table : DataFrame
        A table with a column ``image``.
    """

    def __init__(self, table: pd.DataFrame) -> None:
        self._table = table
        self._places: dict[str, list[int]] = {}
        self._rows: dict[str, list[dict[str, Any]]] = {}
        for place, row in enumerate(records(table)):
            self._places.setdefault(str(row["image"]), []).append(place)
            self._rows.setdefault(str(row["image"]), []).append(row)

    def rows(self, image: str) -> list[dict[str, Any]]:
        """Rows of an image as the table has them; none where it has none."""
        return self._rows.get(image, [])

    def upright(self, image: str, frame: Frame) -> list[dict[str, Any]]:
        """Rows of an image in pixels of its upright picture; of lanes and bands."""
        if frame.as_in_file:
            return self.rows(image)
        return records(to_upright(self._table.iloc[self._places.get(image, [])], frame))
