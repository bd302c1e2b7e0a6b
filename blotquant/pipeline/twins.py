"""Screening note across files: two images that show the same picture, whatever their names and contrast.

Copies, re-exports and mix-ups do that; so may a picture that was meant for two targets. The note says where to look.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd

from ..figures.pictures import Picture, decode_png, fingerprints
from ..tables import check, empty

__all__ = ["Twins", "note_twins", "prints_of"]

_WAYS = ("", ", mirrored", ", turned by 180°")


def prints_of(picture: Picture) -> Sequence[str]:
    """Return the fingerprints of a picture; one that was saved has to be decoded for them."""
    return fingerprints(decode_png(picture.png)) if picture.prints is None else picture.prints


class Twins:
    """Remembers what pictures show, one after the other, and notes those that show what an earlier one does."""

    def __init__(self) -> None:
        self._seen: dict[str, tuple[str, str]] = {}
        self._rows: list[dict[str, object]] = []

    def add(self, image: str, prints: Sequence[str]) -> None:
        """Compare a picture, by its fingerprints, with those before it."""
        if not prints:
            return
        if prints[0] in self._seen:
            self._rows.append(_note(image, *self._seen[prints[0]]))
            return
        for each, way in zip(prints, _WAYS, strict=True):
            self._seen.setdefault(each, (image, way))

    def notes(self) -> pd.DataFrame:
        """Rows of the quality table, one an image that repeats an earlier one."""
        return check(pd.DataFrame(self._rows), "quality") if self._rows else empty("quality")


def _note(image: str, other: str, way: str) -> dict[str, object]:
    shown = f"screening note: shows the same picture as {other}{way}"
    note = f"{shown}, contrast aside; one file under two names, or a mix-up?"
    return {"scope": "image", "name": image, "measure": "same_picture", "value": 1.0, "se": np.nan, "unit": "",
            "note": note}  # fmt: skip


def note_twins(pictures: Mapping[str, Picture]) -> pd.DataFrame:
    """Note images that show the same picture, pixel for pixel as displayed, also with other contrast or mirrored.

    Parameters
    ----------
    pictures : Mapping of str to Picture
        The pictures of a run by image id.

    Returns
    -------
    DataFrame
        Rows of the quality table, one an image that repeats an earlier one.
    """
    twins = Twins()
    for image in pictures:
        twins.add(image, prints_of(pictures[image]))
    return twins.notes()
