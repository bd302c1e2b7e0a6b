"""The dataset that grows with a batch: Parquet files of many units each, to be queried while the run goes on.

``dataset/bands``, ``dataset/lanes`` … are read by ``pandas.read_parquet``, ``pyarrow.dataset`` or DuckDB. A file is
whole as soon as it has its name. It tells in its metadata which units it holds, so that going on adds no unit twice.
"""

from __future__ import annotations

import hashlib
import importlib
import io
import json
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from ..files import DATASET, write_whole
from ..tables import TABLES
from .ledger import Ledger
from .parts import Opened
from .unit import TABLES_OF_UNIT

__all__ = ["Dataset", "dataset_in"]

_FIRST = "lanes"  # written last: what it names is there
_EVERY = 64  # units a file
_KEY = "part"  # the column that tells which part a row came with
_KINDS = {"float": "float64", "int": "int64", "bool": "bool_"}


def _arrow() -> Any:
    for name in ("pyarrow.csv", "pyarrow.compute"):
        importlib.import_module(name)
    return importlib.import_module("pyarrow")


@dataclass
class Dataset:
    """Parquet files below a folder, one folder a table.

    Parameters
    ----------
    folder : Path
        Where they are.
    every : int
        Units a file.
    """

    folder: Path
    every: int = _EVERY
    _waiting: list[tuple[str, Opened]] = field(default_factory=list)
    _known: Ledger = field(default_factory=Ledger)

    def __post_init__(self) -> None:
        self._arrow, self._parquet = _arrow(), importlib.import_module("pyarrow.parquet")
        whole = {path.name for path in self._files(_FIRST)}
        for name in TABLES_OF_UNIT:
            for path in self._files(name):
                if path.name not in whole:  # a run was killed between this file and the last one of its kind
                    path.unlink()
        for path in self._files(_FIRST):
            for key in self._units(path):
                self._known.done(key, key)

    def _files(self, table: str) -> Iterator[Path]:
        return iter(sorted((self.folder / table).glob("[0-9a-f]*.parquet")))

    def _units(self, path: Path) -> list[str]:
        keys: list[str] = json.loads(self._parquet.read_schema(path).metadata[b"units"])
        return keys

    def add(self, key: str, part: Opened) -> None:
        """Add a unit, unless it is there; every so many units a file is written."""
        if key in self._known:
            return
        self._known.done(key, key)
        self._waiting.append((key, part))
        if len(self._waiting) >= self.every:
            self.flush()

    def flush(self) -> None:
        """Write what waits."""
        if self._waiting:
            tables = {name: self._table(name) for name in TABLES_OF_UNIT}
            self._write([key for key, _ in self._waiting], tables)
            self._waiting.clear()

    def _table(self, name: str) -> Any:
        """Read the waiting rows of one table, with the key of their unit; those below the same head at once."""
        pa, pieces = self._arrow, []
        kinds = {column.name: getattr(pa, _KINDS.get(column.kind, "string"))() for column in TABLES[name].columns}
        convert = pa.csv.ConvertOptions(column_types=kinds, strings_can_be_null=False)
        parse, read = pa.csv.ParseOptions(newlines_in_values=True), pa.csv.ReadOptions(use_threads=False)
        for head, parts in self._by_head(name).items():
            data = io.BytesIO(b"\n".join([head, b"".join(body for _, _, body in parts)]))
            rows = pa.csv.read_csv(data, read_options=read, parse_options=parse, convert_options=convert)
            keys = pa.array([key for key, count, _ in parts for _ in range(count)], pa.string())
            pieces.append(self._unguarded(rows).append_column(_KEY, keys))
        return pa.concat_tables(pieces, promote_options="permissive")

    def _by_head(self, name: str) -> dict[bytes, list[tuple[str, int, bytes]]]:
        """Key, number of rows and rows of each waiting part, by the head of its table."""
        found: dict[bytes, list[tuple[str, int, bytes]]] = {}
        for key, part in self._waiting:
            head, _, body = part.csv[name].partition(b"\n")
            found.setdefault(head, []).append((key, int(part.record["rows"][name]), body))
        return found

    def _unguarded(self, table: Any) -> Any:
        """Take the apostrophe off texts that a spreadsheet would have run: nothing runs them here."""
        for place, column in enumerate(table.schema):
            if self._arrow.types.is_string(column.type):
                plain = self._arrow.compute.replace_substring_regex(table.column(place), "^'", "")
                table = table.set_column(place, column.name, plain)
        return table

    def _write(self, keys: list[str], tables: dict[str, Any]) -> None:
        name = hashlib.sha256("".join(keys).encode()).hexdigest()[:16] + ".parquet"
        for table in sorted(tables, key=lambda each: each == _FIRST):
            if len(tables[table]) or table == _FIRST:
                told = tables[table].replace_schema_metadata({"units": json.dumps(keys)})
                buffer = io.BytesIO()
                self._parquet.write_table(told, buffer, compression="zstd")
                write_whole(self.folder / table / name, buffer.getvalue())

    def keep_only(self, ledger: Ledger) -> None:
        """Take out the units that are no longer asked for: their image or setting has changed."""
        for path in list(self._files(_FIRST)):
            keys = self._units(path)
            wanted = [key for key in keys if key in ledger]
            if len(wanted) < len(keys):
                self._rewrite(path.name, wanted)

    def _rewrite(self, name: str, wanted: list[str]) -> None:
        pa, places = self._arrow, {table: self.folder / table / name for table in TABLES_OF_UNIT}
        there = {table: path for table, path in places.items() if path.exists()}
        if wanted:
            chosen = pa.array(wanted, pa.string())
            old = {table: self._parquet.read_table(path) for table, path in there.items()}
            self._write(wanted, {t: rows.filter(pa.compute.is_in(rows[_KEY], chosen)) for t, rows in old.items()})
        for table in (_FIRST, *(table for table in there if table != _FIRST)):
            there[table].unlink(missing_ok=True)


def dataset_in(folder: Path) -> Dataset | None:
    """Open the dataset of a result folder, or None where pyarrow (the extra ``batch``) is not installed."""
    try:
        return Dataset(folder / DATASET)
    except ModuleNotFoundError:
        return None
