"""Tables that people write, read as texts: CSV or a sheet of a workbook, with the row numbers a spreadsheet shows."""

from __future__ import annotations

import csv
import io
import itertools
import warnings
import zipfile
import zlib
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ..errors import TableError

__all__ = ["Row", "Sheet", "read_csv_sheet", "read_workbook_sheet", "sheet_names", "stream_csv_sheet"]

_LARGEST = 200_000_000  # bytes of a table, unpacked; more is no table that a person wrote
_DELIMITERS = (",", ";", "\t")
_RISKY = tuple("=+-@")


@dataclass(frozen=True)
class Row:
    """One row of a table: its number as a spreadsheet shows it, and its cells by column name, as texts."""

    number: int
    cells: dict[str, str]


@dataclass(frozen=True)
class Sheet:
    """A table as texts.

    Parameters
    ----------
    where : str
        File, and sheet where there is one, as errors name it.
    columns : tuple of str
        Header, from left to right.
    rows : tuple of Row
        Rows that have at least one filled cell.
    """

    where: str
    columns: tuple[str, ...]
    rows: tuple[Row, ...]

    def error(self, row: int, column: str, value: object, problem: str) -> TableError:
        """Return the error that names file, row, column and value."""
        return TableError(f"{self.where} row {row}, column {column!r}: {value!r} {problem}")


def _read_bytes(path: Path) -> bytes:
    try:
        if path.stat().st_size > _LARGEST:
            raise TableError(f"{path.name}: larger than {_LARGEST // 10**6} MB; a table of lanes is far smaller")
        return path.read_bytes()
    except OSError as error:
        raise TableError(f"{path}: cannot be read ({error.strerror or error})") from error


def _decode(data: bytes, where: str) -> str:
    """Decode UTF-8 (with or without its mark) and UTF-16 with its mark; nothing is guessed."""
    try:
        if data.startswith((b"\xff\xfe", b"\xfe\xff")):
            return data.decode("utf-16")
        return data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise TableError(
            f"{where}: byte {error.start + 1} is not UTF-8; save the table as 'CSV UTF-8' and run again"
        ) from error


def _delimiter(text: str, known: Sequence[str]) -> str:
    """Choose the delimiter under which the header names most known columns; a comma when nothing speaks."""
    header = next(iter(text.splitlines()), "")

    def score(delimiter: str) -> tuple[int, int]:
        names = [name.strip().strip('"').casefold() for name in header.split(delimiter)]
        return len(set(names) & set(known)), len(names)

    return max(_DELIMITERS, key=score)


def _plain(text: str) -> str:
    """Take off surrounding blanks, and the apostrophe with which a spreadsheet is kept from running a cell."""
    text = text.strip()
    return text[1:] if text[:1] == "'" and text[1:].startswith(_RISKY) else text


def _header(cells: Sequence[str], where: str) -> tuple[str, ...]:
    names = [_plain(cell) for cell in cells]
    while names and not names[-1]:
        names.pop()
    if not any(names):
        raise TableError(f"{where}: the table is empty; its first row must name the columns")
    twice = next((name for name in names if name and names.count(name) > 1), None)
    if twice is not None:
        raise TableError(f"{where} row 1: column {twice!r} stands twice; keep one")
    return tuple(names)


def _row(number: int, raw: Sequence[str], names: Sequence[str], where: str) -> Row | None:
    """Pair cells with the header, None for a blank row; cells outside it are an error: nobody knows what they are."""
    cells = [_plain(cell) for cell in raw]
    for place, cell in enumerate(cells):
        if cell and (place >= len(names) or not names[place]):
            raise TableError(f"{where} row {number}: {cell!r} stands in cell {place + 1}, which has no column name")
    if not any(cells):
        return None
    padded = [*cells, *[""] * len(names)]
    return Row(number, {name: cell for name, cell in zip(names, padded, strict=False) if name})


def _sheets(lines: Iterable[tuple[int, Sequence[str]]], where: str, size: int | None) -> Iterator[Sheet]:
    """Yield a table in pieces of so many rows, or whole; a table without rows is one piece."""
    numbered = iter(lines)
    names = _header(next(numbered, (1, ()))[1], where)
    shown = tuple(name for name in names if name)
    rows = (row for number, raw in numbered if (row := _row(number, raw, names, where)) is not None)
    first = True
    while (piece := tuple(itertools.islice(rows, size))) or first:
        yield Sheet(where, shown, piece)
        first = False


def _sheet(lines: Iterable[tuple[int, Sequence[str]]], where: str) -> Sheet:
    return next(_sheets(lines, where, None))


def read_csv_sheet(path: Path, known: Sequence[str]) -> Sheet:
    """Read a CSV as texts; comma, semicolon or tab, whichever the header speaks for.

    Parameters
    ----------
    path : Path
        The file, UTF-8.
    known : sequence of str
        Column names that tell the delimiter.

    Raises
    ------
    TableError
        The file cannot be read, is not UTF-8, or its cells do not fit its header.
    """
    text = _decode(_read_bytes(path), path.name)
    lines = csv.reader(io.StringIO(text, newline=""), delimiter=_delimiter(text, known), strict=True)
    try:
        return _sheet(enumerate(lines, start=1), path.name)
    except csv.Error as error:
        raise TableError(f"{path.name} near line {lines.line_num}: not a CSV table ({error})") from error


def stream_csv_sheet(path: Path, known: Sequence[str], *, size: int = 200) -> Iterator[Sheet]:
    """Read a CSV as `read_csv_sheet` does, in pieces, so that a list of any length takes the same memory.

    Parameters
    ----------
    path : Path
        The file, UTF-8.
    known : sequence of str
        Column names that tell the delimiter.
    size : int
        Rows a piece.

    Yields
    ------
    Sheet
        The next rows; at least one sheet, also where there are none.

    Raises
    ------
    TableError
        As `read_csv_sheet`.
    """
    try:
        with path.open("rb") as file:
            wide = file.read(2) in (b"\xff\xfe", b"\xfe\xff")
        with path.open(encoding="utf-16" if wide else "utf-8-sig", newline="") as text:
            header = text.readline()
            text.seek(0)
            lines = csv.reader(text, delimiter=_delimiter(header, known), strict=True)
            yield from _sheets(enumerate(lines, start=1), path.name, size)
    except OSError as error:
        raise TableError(f"{path}: cannot be read ({error.strerror or error})") from error
    except UnicodeDecodeError as error:
        raise TableError(f"{path.name}: is not UTF-8; save the table as 'CSV UTF-8' and run again") from error
    except csv.Error as error:
        raise TableError(f"{path.name} near line {lines.line_num}: not a CSV table ({error})") from error


def _cell_text(value: Any) -> str:
    if value is None:
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, float):
        return str(int(value)) if value.is_integer() and abs(value) < 1e15 else repr(value)
    return str(value)


def _open_workbook(path: Path) -> Any:
    """Open a workbook; a file that is none, or that unpacks beyond measure, is refused."""
    import openpyxl
    from openpyxl.utils.exceptions import InvalidFileException

    data = _read_bytes(path)
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            if sum(item.file_size for item in archive.infolist()) > _LARGEST:
                raise TableError(f"{path.name}: unpacks to more than {_LARGEST // 10**6} MB; refused")
        return openpyxl.load_workbook(io.BytesIO(data), data_only=True)
    except (
        OSError,
        ValueError,
        KeyError,
        TypeError,
        AttributeError,
        IndexError,
        EOFError,
        RuntimeError,  # a kind of compression that is not known here included
        zipfile.BadZipFile,
        zlib.error,
        InvalidFileException,
        SyntaxError,  # of the XML: that of lxml, which is used where it is installed, and of the standard library
    ) as error:
        why = " ".join(str(error).split())
        raise TableError(f"{path.name}: not an Excel workbook, or damaged ({why})") from error


def sheet_names(path: Path) -> list[str]:
    """List the sheets of a workbook.

    Raises
    ------
    TableError
        The file is not a workbook.
    """
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return [str(sheet.title) for sheet in _open_workbook(path).worksheets]


def read_workbook_sheet(path: Path, name: str | None) -> Sheet:
    """Read one sheet of an ``.xlsx`` workbook as texts; the first one when ``name`` is None.

    Raises
    ------
    TableError
        The file is not a workbook, has no such sheet, or its cells do not fit its header.
    """
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # openpyxl warns of drop-downs and styles that it does not keep
        book = _open_workbook(path)
    sheets = {str(sheet.title): sheet for sheet in book.worksheets}  # charts have no cells
    chosen = name or next(iter(sheets), "")
    if chosen not in sheets:
        raise TableError(f"{path.name}: has no sheet {chosen!r}; its sheets are {', '.join(sheets) or '(none)'}")
    where = f"{path.name} sheet {chosen!r}"
    rows = ([_cell_text(value) for value in row] for row in sheets[chosen].iter_rows(values_only=True))
    return _sheet(enumerate(rows, start=1), where)
