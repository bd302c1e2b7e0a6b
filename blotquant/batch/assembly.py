"""What a batch leaves behind: its parts put together in one pass, in memory that does not grow with their number."""

from __future__ import annotations

import contextlib
import itertools
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pandas as pd

from ..figures.pictures import Picture
from ..files import BOOK, OVERVIEW, PAGE, RUN, write_whole
from ..pipeline.records import make_record
from ..pipeline.twins import Twins
from ..report import write_overview
from ..report.overview import MOST_FAILURES
from ..result.files import picture_place
from ..result.record import document_of, picture_rows
from ..settings import Settings
from ..tables import TABLES, empty, plain_texts, to_csv_bytes
from .digest import Digest
from .ledger import Ledger
from .parts import Opened, open_part, part_path
from .spools import JsonSpool, TableSpool, joined, spooled
from .summary import Summary, summarise_digest
from .unit import TABLES_OF_UNIT
from .writing import write_book_and_page

__all__ = ["Batch", "write_batch"]

_LONG = {"geometry": "{}", "inputs": "{}", "warnings": "[]", "failures": "[]", "images": "[]", "pictures": "{}"}


@dataclass(frozen=True)
class Batch:
    """A batch that has been worked through, before its results are written.

    Parameters
    ----------
    kept : Path
        Where its parts are.
    ledger : Ledger
        What came back.
    settings : Settings
        Settings of the stages.
    seconds : float
        How long the work took [s].
    units : int
        How many units were worked on, failed ones included.
    corrections : DataFrame, optional
        Edits of lanes and bands that it was measured with.
    """

    kept: Path
    ledger: Ledger
    settings: Settings
    seconds: float = 0.0
    units: int = 0
    corrections: pd.DataFrame | None = None

    @property
    def large(self) -> bool:
        """More pictures than a page and a workbook hold."""
        return len(self.ledger) > self.settings.report.most_images

    def parts(self) -> Iterator[tuple[str, Opened]]:
        """Yield key and part in the order of the units' names, opened one by one."""
        for key in self.ledger:
            yield key, open_part(part_path(self.kept, key))


def _keep_picture(output: Path, picture: Picture) -> None:
    write_whole(output / picture_place(picture.image), picture.png, forced=False)


def _add_part(part: Opened, tables: Mapping[str, TableSpool], long: Mapping[str, JsonSpool]) -> None:
    """Add a part's rows and its sections of ``run.json``."""
    for name, table in tables.items():
        table.add(part.csv[name])
    for section in ("inputs", "geometry"):
        for name, value in part.record[section].items():
            long[section].add(value, name)
    for section in ("warnings", "images"):
        for value in part.record[section]:
            long[section].add(value)


def _add_pictures(batch: Batch, digest: Digest, output: Path, long: JsonSpool) -> None:
    """Write every picture, of a large batch the worst ones; the others stay in their parts."""
    shown: Iterator[Picture]
    if batch.large:
        chosen = ((image, open_part(part_path(batch.kept, key))) for _, image, key in digest.worst)
        shown = (part.pictures[image] for image, part in chosen)
    else:
        shown = (part.pictures[image] for _, part in batch.parts() for image in part.pictures)
    for picture in shown:
        _keep_picture(output, picture)
        for image, row in picture_rows({picture.image: picture}).items():
            long.add(row, image)


def _write_tables(output: Path, tables: Mapping[str, TableSpool], corrections: pd.DataFrame | None) -> None:
    for name in TABLES:
        spool, edits = tables.get(name), corrections if name == "corrections" else None
        data = spool.whole() if spool else to_csv_bytes(empty(name) if edits is None else edits)
        write_whole(output / f"{name}.csv", data, forced=spool is not None or edits is not None)  # heads alone can wait


def _gather(batch: Batch, output: Path, record: Mapping[str, Any]) -> tuple[Digest, dict[str, Any]]:
    """Go through the parts once, write tables, pictures and ``run.json``, and return what the page needs."""
    digest, twins = Digest(), Twins()
    with contextlib.ExitStack() as open_files:
        tables = {name: TableSpool(name, open_files.enter_context(spooled(output))) for name in TABLES_OF_UNIT}
        long = {name: JsonSpool(kind, open_files.enter_context(spooled(output))) for name, kind in _LONG.items()}
        for key, part in batch.parts():
            _add_part(part, tables, long)
            digest.add(part.record, key)
            for image, prints in part.record["fingerprints"].items():
                twins.add(image, prints)
        for notes in twins.notes():
            tables["quality"].add(to_csv_bytes(notes))
        for name, failure in batch.ledger.failures():
            long["failures"].add(failure.as_row(name))
            digest.add_failure(failure.kind)
        _write_tables(output, tables, batch.corrections)
        _add_pictures(batch, digest, output, long["pictures"])
        told = {"units": batch.units, "seconds": batch.seconds, "large": batch.large, **digest.as_dict()}
        known = {**make_record("", {}, [], **record), "batch": told}
        images, pictures = long.pop("images"), long.pop("pictures")
        document = document_of({**known, **long}, batch.settings, images, [], pictures)
        write_whole(output / RUN, joined(document))
    first = itertools.islice(batch.ledger.failures(), MOST_FAILURES)
    shown = [each.as_row(name) for name, each in first]
    return digest, {**known, "failures": shown}


def write_batch(batch: Batch, output: Path, record: Mapping[str, Any]) -> Summary:
    """Write the results of a batch; the page comes last and says that all is there.

    Parameters
    ----------
    batch : Batch
        The batch, worked through.
    output : Path
        Folder of the results.
    record : mapping
        What the caller knows for ``run.json``.

    Returns
    -------
    Summary
        What it came to.

    Raises
    ------
    OutputError
        A file cannot be written; none is left half under its final name.
    """
    for name in (PAGE, OVERVIEW, BOOK):
        (output / name).unlink(missing_ok=True)
    with plain_texts():
        digest, known = _gather(batch, output, record)
        if batch.units > 1 and not batch.large:
            write_overview(known, output, output / OVERVIEW)
        page = write_overview(known, output, output / PAGE) if batch.large else write_book_and_page(output)
    return summarise_digest(digest, batch.ledger, tuple(digest.warnings), page)
