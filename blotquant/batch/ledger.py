"""What came back of a run so far, on disk: which part each unit gave, and what failed; as small for any number."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator

from ..errors import Failure

__all__ = ["Ledger"]


class Ledger:
    """Units that are done and units that failed; kept in a file without a name that goes when the run ends."""

    def __init__(self) -> None:
        self._base = sqlite3.connect("", isolation_level=None)
        self._base.execute("PRAGMA journal_mode = OFF")  # nothing is kept beyond the run, so nothing is to be undone
        self._base.execute("CREATE TABLE done (name TEXT PRIMARY KEY, key TEXT)")
        self._base.execute("CREATE INDEX by_key ON done (key)")
        self._base.execute("CREATE TABLE failed (name TEXT, kind TEXT, message TEXT, trace TEXT, code INT)")

    def done(self, name: str, key: str) -> None:
        """Note that a unit is done and under which key its part is kept."""
        self._base.execute("INSERT OR REPLACE INTO done VALUES (?, ?)", (name, key))

    def fail(self, name: str, failure: Failure) -> None:
        """Note that a unit failed, or an image of one."""
        row = (name, failure.kind, failure.message, failure.trace, failure.exit_code)
        self._base.execute("INSERT INTO failed VALUES (?, ?, ?, ?, ?)", row)

    def __contains__(self, key: str) -> bool:
        return self._base.execute("SELECT 1 FROM done WHERE key = ? LIMIT 1", (key,)).fetchone() is not None

    def __len__(self) -> int:
        return int(self._base.execute("SELECT count(*) FROM done").fetchone()[0])

    def __iter__(self) -> Iterator[str]:
        """Yield the key of each unit that is done, in the order of the units' names."""
        for (key,) in self._base.execute("SELECT key FROM done ORDER BY name"):
            yield str(key)

    def failures(self) -> Iterator[tuple[str, Failure]]:
        """Yield what failed, in the order of the names."""
        for name, *rest in self._base.execute("SELECT * FROM failed ORDER BY name, message"):
            yield str(name), Failure(*rest)
