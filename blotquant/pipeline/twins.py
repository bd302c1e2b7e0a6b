"""Screening note across files: two images that show the same picture, whatever their names and contrast.

Copies, re-exports and mix-ups do that; so may a picture that was meant for two targets. The note says where to look.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd

from ..figures.pictures import Picture, decode_png
from ..tables import check, empty

__all__ = ["Twins", "fingerprints", "note_twins"]

_LEAST = 16  # grey levels of a picture below which it shows too little to be the same as another
_WAYS = ("", ", mirrored", ", turned by 180°")


def fingerprints(picture: Picture) -> list[str]:
    """Say what a picture shows as it is, mirrored, and turned by 180°, in a few letters each; none where it is blank.

    Parameters
    ----------
    picture : Picture
        A picture as displayed.
    """
    grey = decode_png(picture.png)
    if np.count_nonzero(np.bincount(grey.ravel())) < _LEAST:
        return []
    ways = (grey, grey[:, ::-1], grey[::-1, ::-1])
    shown = (repr(way.shape).encode() + np.ascontiguousarray(way).tobytes() for way in ways)
    return [hashlib.sha256(each).hexdigest()[:32] for each in shown]


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
        twins.add(image, fingerprints(pictures[image]))
    return twins.notes()
