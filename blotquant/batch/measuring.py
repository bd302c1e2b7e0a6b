"""measure_images(): lanes and bands of any number of images, one membrane after the other or many at once."""

from __future__ import annotations

import contextlib
import dataclasses
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pandas as pd

from ..background import BACKGROUNDS
from ..errors import Failure, OutputError, SettingsError, TableError
from ..files import DATASET, LOG, PARTS
from ..result import Result
from ..result.record import sheet_rows
from ..settings import Settings
from ..tables import nearest
from .assembly import Batch
from .dataset import Dataset, dataset_in
from .engine import Outcome, Pool, run
from .ledger import Ledger
from .log import Log
from .manifest import Manifest
from .parts import open_part, part_path
from .unit import Unit, do_unit, is_bare

__all__ = ["check_methods", "measure_images"]

Progress = Callable[[str, Failure | None], None]


def _nobody(name: str, failure: Failure | None) -> None:
    """Tell nobody."""


def _units(manifest: Manifest, settings: Settings, kept: Path, start: Result | None) -> Iterator[Unit]:
    for membrane, rows in manifest.by_membrane():
        unit = Unit(membrane, manifest.folder, rows, settings, kept)
        yield unit if start is None else _starting(unit, start)


def _starting(unit: Unit, start: Result) -> Unit:
    """Give a unit its lanes and bands of an earlier run, corrections by hand included."""
    membranes = start.images.set_index("image")["membrane"]
    channels = set(membranes.index[membranes == unit.name])
    lanes, bands = (table[table["image"].isin(channels)].reset_index(drop=True) for table in (start.lanes, start.bands))
    failed = {each["name"] for each in start.record.get("failures", ())}
    if lanes.empty and failed & {unit.name, *unit.images["image"]}:
        return unit  # what could not be measured has nothing to go on from; it is tried anew
    if lanes.empty:
        raise TableError(f"{unit.name}: has no row in the lanes.csv to go on from; measure it anew without --from")
    rows = start.images[start.images["image"].isin(channels)].reset_index(drop=True)
    return dataclasses.replace(unit, rows=_channel_rows(unit, rows), lanes=lanes, bands=bands)


def _channel_rows(unit: Unit, rows: pd.DataFrame) -> list[dict[str, Any]]:
    """Name the channel and the strip of each image that a bare file gave, so that each is read by itself."""
    return sheet_rows(rows) if is_bare(unit.known) else unit.rows


def check_methods(settings: Settings) -> Settings:
    """Return the settings, once it is known that measuring can follow them; every image would fail by them otherwise.

    Raises
    ------
    SettingsError
        The background is of no name in ``BACKGROUNDS``, or a setting needs what only a study says.
    """
    known = ["joint", *BACKGROUNDS]
    if settings.integration.background not in known:
        name = settings.integration.background
        raise SettingsError(f"setting integration.background = {name!r} is unknown{nearest(name, known)}")
    if settings.orientation.by_ladder:
        raise SettingsError("setting orientation.by_ladder needs the ladder's lanes of a study; for measure say rotate")
    return settings


def _stop_where_all_would_fail(failure: Failure) -> None:
    """Stop where results cannot be kept, or workers are not fit: every image after this one would fail alike."""
    if failure.kind == OutputError.__name__:
        raise OutputError(failure.message)
    if failure.kind == SettingsError.__name__:
        raise SettingsError(failure.message)


@dataclasses.dataclass(frozen=True)
class _Desk:
    """Where what comes back is noted: the ledger, the dataset, the log."""

    kept: Path
    ledger: Ledger
    dataset: Dataset | None
    log: Log

    def take(self, outcome: Outcome[Unit, str]) -> Failure | None:
        """Note what became of one unit, and return why it failed or the first failure inside it."""
        name, failure = outcome.task.name, outcome.failure
        if failure is not None:
            _stop_where_all_would_fail(failure)
            self._fail(name, failure)
        elif outcome.value is not None:
            self.ledger.done(name, outcome.value)
            failure = self._keep(outcome.value)
            self.log.write("done", name=name, key=outcome.value, seconds=outcome.seconds, warnings=outcome.warnings)
        return failure

    def _fail(self, name: str, failure: Failure) -> None:
        self.ledger.fail(name, failure)
        self.log.write("failed", name=name, kind=failure.kind, message=failure.message)

    def _keep(self, key: str) -> Failure | None:
        """Add a part to the dataset, and note the images that failed inside its membrane."""
        part = open_part(part_path(self.kept, key))
        if self.dataset is not None:
            self.dataset.add(key, part)
        inside = [(each["name"], Failure.from_row(each)) for each in part.record["failures"]]
        for name, failure in inside:
            self._fail(name, failure)
        return inside[0][1] if inside else None

    def close(self) -> None:
        """Bring the dataset and the parts down to what this run asked for."""
        if self.dataset is not None:
            self.dataset.flush()
            self.dataset.keep_only(self.ledger)
        for path in self.kept.glob("*/*"):
            if path.stem not in self.ledger:
                path.unlink(missing_ok=True)


def measure_images(
    manifest: Manifest,
    output: Path,
    *,
    settings: Settings | None = None,
    pool: Pool | None = None,
    start: Result | None = None,
    progress: Progress = _nobody,
) -> Batch:
    """Measure every image; one failure does not stop the rest. `write_batch` writes what came of it.

    Parameters
    ----------
    manifest : Manifest
        The images, from `find_images`.
    output : Path
        Folder of the results, where finished parts are kept, so that a run that was cut short goes on from them.
    settings : Settings, optional
        Settings of the stages.
    pool : Pool, optional
        Where to work; left out, here and one after the other. The result is the same.
    start : Result, optional
        A result whose lanes and bands are taken, corrections by hand included, instead of finding them.
    progress : callable
        Told the name of each image or membrane that is done, and why it failed if it did.

    Returns
    -------
    Batch
        What was done and what failed; the results themselves lie in `output`.

    Raises
    ------
    OutputError
        The disk is full or cannot be written to.
    """
    used, kept = settings or Settings(), output.absolute() / PARTS
    begun, count = time.perf_counter(), 0
    if start is not None:
        from ..pipeline.edits import taken_up  # most runs find lanes and bands themselves

        start = taken_up(start)
    with Log(output / LOG) as log:
        log.write("begun", membranes=manifest.membranes, images=len(manifest), pool=dataclasses.asdict(pool or Pool()))
        many = manifest.membranes > 1 or (output / DATASET).exists()
        desk = _Desk(kept, Ledger(), dataset_in(output) if many else None, log)
        units = _units(manifest, used, kept, start)
        with contextlib.closing(run(do_unit, units, pool=pool, time_limit_s=used.batch.time_limit_s)) as outcomes:
            for outcome in outcomes:
                count += 1
                progress(outcome.task.name, desk.take(outcome))
        desk.close()
        seconds = time.perf_counter() - begun
        log.write("measured", units=count, seconds=seconds)
    return Batch(kept, desk.ledger, used, seconds, count, None if start is None else start.corrections)
