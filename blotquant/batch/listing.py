"""A list of images on disk: sorted and without doubles at any length, in the memory of a short one."""

from __future__ import annotations

import contextlib
import json
import os
import sqlite3
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

from ..errors import OutputError

__all__ = ["Listing"]

_TABLE = "CREATE TABLE images (path BLOB, said TEXT, several INT, id TEXT, membrane TEXT, UNIQUE (path, said))"


@contextlib.contextmanager
def _room() -> Iterator[None]:
    """Say what to do when the folder for passing files is full."""
    try:
        yield
    except sqlite3.OperationalError as error:
        text = f"the list of images cannot be kept in the folder for passing files ({error}); make room, or set TMPDIR"
        raise OutputError(text) from error


def _file(path: bytes, folder: str) -> str:
    return os.path.relpath(os.fsdecode(path), folder).replace(os.sep, "/")


class Listing:
    """Images by their path, each with what was said of it; kept in a file without a name that goes when it is closed.

    Add everything, then `settle` once, then read.
    """

    def __init__(self) -> None:
        self._base = sqlite3.connect("", isolation_level=None)
        self._base.execute(_TABLE)
        self._folder = ""

    def anchor(self, folder: str) -> None:
        """Let the common folder hold this one too."""
        if folder != self._folder:
            self._folder = os.path.commonpath([self._folder, folder]) if self._folder else folder

    def add(self, path: str, said: Mapping[str, Any] | None = None) -> None:
        """Add an image by its path from the root; one without anything said only where nothing is said of the path."""
        where = os.fsencode(path)
        self.anchor(os.path.dirname(path))  # noqa: PTH120 - a Path each would be kept by Python for ever
        with _room():
            if said is None and self._base.execute("SELECT 1 FROM images WHERE path = ?", (where,)).fetchone():
                return
            row = (where, json.dumps(said or {}, sort_keys=True))
            self._base.execute("INSERT OR IGNORE INTO images VALUES (?, ?, 0, '', '')", row)

    def settle(
        self, name: Callable[[str, Mapping[str, Any], bool], str], kin: Callable[[str], tuple[str, bool]]
    ) -> Path:
        """Name every image and bring all into order.

        Parameters
        ----------
        name : callable
            Path from the common folder, what was said, and whether the file is listed several times → id.
        kin : callable
            Path from the common folder → what numbered files share, empty for others, and whether the number is a
            scanner's channel. Files of which all numbers are channels are of one membrane.

        Returns
        -------
        Path
            The first folder that holds them all.
        """
        folder = self._folder

        def called(path: bytes, said: str, several: int) -> str:
            return name(_file(path, folder), json.loads(said), bool(several))

        with _room():
            self._base.create_function("called", 3, called, deterministic=True)
            count = "(SELECT count(*) FROM images AS other WHERE other.path = images.path)"
            self._base.execute(f"UPDATE images SET several = {count} > 1")
            self._base.execute("UPDATE images SET id = called(path, said, several)")
            own = "coalesce(nullif(json_extract(said, '$.membrane'), ''), id)"
            self._base.execute(f"UPDATE images SET membrane = {own}")
            self._join(lambda path: kin(_file(path, folder)))
            self._base.execute("CREATE INDEX by_membrane ON images (membrane, id)")
            self._base.execute("CREATE INDEX by_id ON images (id)")
        return Path(folder)

    def _join(self, kin: Callable[[bytes], tuple[str, bool]]) -> None:
        """Let images of which nothing is said share a membrane where all their names are channels of one scan."""
        self._base.create_function("kin", 1, lambda path: kin(path)[0], deterministic=True)
        self._base.create_function("is_channel", 1, lambda path: kin(path)[1], deterministic=True)
        self._base.execute(
            "CREATE TEMP TABLE scans AS SELECT kin(path) AS name FROM images WHERE said = '{}' AND kin(path) != ''"
            " GROUP BY 1 HAVING count(*) > 1 AND min(is_channel(path)) AND name NOT IN (SELECT membrane FROM images)"
        )
        self._base.execute(
            "UPDATE images SET membrane = kin(path) WHERE said = '{}' AND kin(path) IN (SELECT name FROM scans)"
        )

    def _one(self, query: str) -> Any:
        row = self._base.execute(query).fetchone()
        return row[0] if row else None

    def __len__(self) -> int:
        return int(self._one("SELECT count(*) FROM images"))

    @property
    def membranes(self) -> int:
        """How many membranes there are."""
        return int(self._one("SELECT count(DISTINCT membrane) FROM images"))

    @property
    def twice(self) -> str | None:
        """An id that two images bear, or None."""
        name = self._one("SELECT id FROM images GROUP BY id HAVING count(*) > 1 ORDER BY id LIMIT 1")
        return None if name is None else str(name)

    def rows(self, *, by_membrane: bool = False) -> Iterator[dict[str, Any]]:
        """Yield what is known of each image, in the order of their ids, or membrane by membrane."""
        order = "membrane, id" if by_membrane else "id"
        for path, said, name, membrane in self._base.execute(
            f"SELECT path, said, id, membrane FROM images ORDER BY {order}"
        ):
            yield {**json.loads(said), "image": name, "membrane": membrane, "file": _file(path, self._folder)}
