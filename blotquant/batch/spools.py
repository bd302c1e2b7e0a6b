"""Files that grow piece by piece while a batch is put together, and are given their names when they are whole."""

from __future__ import annotations

import codecs
import contextlib
import csv
import io
import json
import tempfile
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import IO, Any

from ..files import cannot_write, plain_value
from ..tables import empty, to_csv_bytes

__all__ = ["JsonSpool", "TableSpool", "spooled"]

_PIECE = 1 << 20


@contextlib.contextmanager
def spooled(folder: Path) -> Iterator[IO[bytes]]:
    """Open a file without a name in a folder; it goes when it is closed, or when the run dies.

    Raises
    ------
    OutputError
        The disk is full or the folder cannot be written to.
    """
    try:
        with tempfile.TemporaryFile(dir=folder) as file:
            yield file
    except OSError as error:
        raise cannot_write(folder, error) from error


def _pieces(file: IO[bytes]) -> Iterator[bytes]:
    file.seek(0)
    while piece := file.read(_PIECE):
        yield piece


class TableSpool:
    """One table of many parts: their CSV bytes under each other, below one header.

    Parameters
    ----------
    name : str
        The table's name in ``TABLES``.
    file : binary file
        Where the rows are kept.
    """

    def __init__(self, name: str, file: IO[bytes]) -> None:
        self._name, self._file = name, file
        self._columns: list[str] = []

    def add(self, data: bytes) -> None:
        """Add the rows of a part; one without rows adds no columns either."""
        head, _, rows = data.partition(b"\n")
        if not rows:
            return
        columns = next(csv.reader([head.decode()]))
        if not self._columns:
            self._columns = columns
        if columns != self._columns:  # a further column of the user's that only some parts have
            rows = self._fit(columns, rows)
        self._file.write(rows)

    def _fit(self, columns: list[str], rows: bytes) -> bytes:
        """Lay rows out under the columns so far; what they add becomes a column, blank in the rows above."""
        added = [name for name in columns if name not in self._columns]
        if added:
            self._widen(len(added))
            self._columns += added
        out = io.StringIO()
        writer = csv.writer(out, lineterminator="\n")
        for row in csv.reader(io.StringIO(rows.decode(), newline="")):
            cells = dict(zip(columns, row, strict=True))
            writer.writerow([cells.get(name, "") for name in self._columns])
        return out.getvalue().encode()

    def _widen(self, blanks: int) -> None:
        """Give every row so far so many blank cells at its end."""
        with tempfile.TemporaryFile("w+", encoding="utf-8", newline="") as copy:
            copy.writelines(codecs.iterdecode(_pieces(self._file), "utf-8"))
            copy.seek(0)
            self._file.seek(0)
            self._file.truncate()
            text = io.TextIOWrapper(self._file, encoding="utf-8", newline="", write_through=True)
            writer = csv.writer(text, lineterminator="\n")
            for row in csv.reader(copy):
                writer.writerow([*row, *[""] * blanks])
            text.detach()

    def whole(self) -> Iterator[bytes]:
        """Yield the table from its header on."""
        if not self._columns:
            yield to_csv_bytes(empty(self._name))
            return
        out = io.StringIO()
        csv.writer(out, lineterminator="\n").writerow(self._columns)
        yield out.getvalue().encode()
        yield from _pieces(self._file)


class JsonSpool:
    """A JSON object or list that is too long to be held: its members one after the other.

    Parameters
    ----------
    brackets : str
        ``{}`` or ``[]``.
    file : binary file
        Where the members are kept.
    """

    def __init__(self, brackets: str, file: IO[bytes]) -> None:
        self._brackets, self._file, self._empty = brackets, file, True

    def add(self, value: Any, name: str | None = None) -> None:
        """Add a member; one of an object has a name."""
        text = json.dumps(plain_value(value), ensure_ascii=False, allow_nan=False)
        text = text if name is None else f"{json.dumps(name, ensure_ascii=False)}: {text}"
        self._file.write(f"{'' if self._empty else ','}\n  {text}".encode("utf-8", "replace"))
        self._empty = False

    def whole(self) -> Iterator[bytes]:
        """Yield it from bracket to bracket."""
        yield self._brackets[0].encode()
        yield from _pieces(self._file)
        yield b"" if self._empty else b"\n "
        yield self._brackets[1].encode()


def joined(members: Mapping[str, Any]) -> Iterator[bytes]:
    """Yield a JSON object of plain values, spools, and objects of them."""
    yield b"{"
    for number, (name, value) in enumerate(members.items()):
        yield f"{',' if number else ''}\n {json.dumps(name)}: ".encode()
        if isinstance(value, JsonSpool):
            yield from value.whole()
        elif isinstance(value, Mapping) and any(isinstance(each, JsonSpool) for each in value.values()):
            yield from joined(value)
        else:
            yield json.dumps(plain_value(value), ensure_ascii=False, allow_nan=False).encode("utf-8", "replace")
    yield b"\n}"
