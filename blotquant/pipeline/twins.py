"""Screening note across files: two images that show the same picture, whatever their names and contrast.

Copies, re-exports and mix-ups do that; so may a picture that was meant for two targets. The note says where to look.
"""

from __future__ import annotations

import sqlite3
import warnings
from collections.abc import Iterator, Mapping, Sequence

import pandas as pd

from ..errors import QualityWarning
from ..figures.pictures import Picture, decode_png, fingerprints
from ..tables import Finding, check, empty, quality_table

__all__ = ["Twins", "note_twins", "prints_of"]

_SOME = 1000  # notes that are written together
_SCREENING = "screening note: "
_WAYS = ("", ", mirrored", ", turned by 180°")


def prints_of(picture: Picture) -> Sequence[str]:
    """Return the fingerprints of a picture; one that was saved has to be decoded for them."""
    return fingerprints(decode_png(picture.png)) if picture.prints is None else picture.prints


class Twins:
    """Remembers what pictures show, one after the other, and notes those that show what an earlier one does.

    Prints and notes are kept in a file without a name, so that memory does not grow with the number of pictures.
    """

    def __init__(self) -> None:
        self._base = sqlite3.connect("", isolation_level=None)
        self._base.executescript(
            "PRAGMA journal_mode = OFF; CREATE TABLE notes (image TEXT, other TEXT, way TEXT);"
            "CREATE TABLE seen (print TEXT PRIMARY KEY, image TEXT, way TEXT) WITHOUT ROWID"
        )

    def add(self, image: str, prints: Sequence[str]) -> None:
        """Compare a picture, by its fingerprints, with those before it."""
        if not prints:
            return
        earlier = self._base.execute("SELECT image, way FROM seen WHERE print = ?", prints[:1]).fetchone()
        if earlier is not None:
            self._base.execute("INSERT INTO notes VALUES (?, ?, ?)", (image, *earlier))
            return
        rows = [(each, image, way) for each, way in zip(prints, _WAYS, strict=True)]
        self._base.executemany("INSERT OR IGNORE INTO seen VALUES (?, ?, ?)", rows)

    def notes(self) -> Iterator[pd.DataFrame]:
        """Yield rows of the quality table, one an image that repeats an earlier one, some at a time."""
        rows = self._base.execute("SELECT image, other, way FROM notes ORDER BY rowid")
        while some := rows.fetchmany(_SOME):
            yield quality_table(_note(*row) for row in some)


def _note(image: str, other: str, way: str) -> Finding:
    shown = f"{_SCREENING}shows the same picture as {other}{way}"
    note = f"{shown}, contrast aside; one file under two names, or a mix-up?"
    return Finding("image", image, "same_picture", 1.0, note)


def note_twins(pictures: Mapping[str, Picture]) -> pd.DataFrame:
    """Note images that show the same picture, pixel for pixel as displayed, also with other contrast or mirrored.

    Each is warned of as well: in a study it makes n larger than what was measured.

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
    found = list(twins.notes())
    for note in (row for notes in found for row in notes.itertuples()):
        warnings.warn(
            f"{note.name} {str(note.note).removeprefix(_SCREENING)} Where each counts as a replicate, n is too large: "
            "correct its file in images.csv, or take its row out",
            QualityWarning,
            stacklevel=2,
        )
    return check(pd.concat(found), "quality") if found else empty("quality")
