"""measure_images(): lanes and bands of any number of images, one membrane after the other or many at once."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pandas as pd

from ..background import BACKGROUNDS
from ..errors import BlotquantError, OutputError, SettingsError, TableError
from ..pipeline import Given, measure_blots, measure_image, read_membrane
from ..pipeline.records import band_marks, kept_warnings, make_record, mark_edited
from ..result import Result
from ..result.record import sheet_from, sheet_rows
from ..settings import Settings
from ..tables import empty, nearest
from .engine import Failure, Pool, run
from .manifest import Manifest
from .parts import Kept, Part, read_part, unit_key, write_part

__all__ = ["check_methods", "measure_images"]

_TABLES = ("lanes", "bands", "quality", "calibration", "profiles")
_SAID = ("channel", "region", "polarity")  # what a row of images.csv may say of its picture
_MEASURING = ("orientation", "lanes", "bands", "integration", "batch")  # settings that measuring reads


@dataclass(frozen=True)
class _Unit:
    """One membrane to measure: its rows of the manifest, and the tables to start from where there are any."""

    name: str
    folder: Path
    images: pd.DataFrame
    settings: Settings
    kept: Path
    lanes: pd.DataFrame | None = None
    bands: pd.DataFrame | None = None

    @property
    def further(self) -> dict[str, Any]:
        """What else the unit is made from, besides images: settings and tables."""
        chosen = {name: part for name, part in self.settings.as_dict().items() if name in _MEASURING}
        start = [table.to_json(orient="values") for table in (self.lanes, self.bands) if table is not None]
        return {"settings": chosen, "start": start}


def _is_bare(images: pd.DataFrame) -> bool:
    """Tell whether nothing is said of a single file, so that all its channels are measured."""
    row = images.iloc[0]
    silent = all(row[name] in ("", "auto") for name in _SAID) and not row["mirror"]
    return len(images) == 1 and silent and bool(pd.isna(row[["rotate", "n_lanes"]]).all())


def _given(unit: _Unit) -> Given:
    told = unit.images["n_lanes"].dropna()
    count, why = unit.settings.lanes.n_lanes, "given by the settings"
    if count is None and len(told):
        count, why = int(told.iloc[0]), "given by n_lanes in images.csv"
    why = why if count else "found in the pictures"
    return Given(unit.name, count, why, lanes=unit.lanes, bands=unit.bands)


def _read(unit: _Unit) -> tuple[list[Any], list[dict[str, str]]]:
    """Read what can be read of a membrane; what cannot is a failure of its own."""
    pairs, failures, first = [], [], None
    for number in range(len(unit.images)):
        rows = unit.images.iloc[[number]]
        try:
            pairs += read_membrane(rows, unit.folder, unit.settings)
        except BlotquantError as error:
            first = first or error
            failures.append({"name": rows["image"].iloc[0], "kind": type(error).__name__, "message": str(error)})
    if first is not None and not pairs:
        raise first
    return pairs, failures


def _measure_rows(unit: _Unit) -> Part:
    """Measure the images of a membrane as the manifest describes them."""
    with kept_warnings() as said:
        pairs, failures = _read(unit)
        measured = measure_blots(pairs, _given(unit), unit.settings)
    read = {raw.name for raw, _ in pairs}
    images = sheet_rows(unit.images[unit.images["image"].isin(read)])
    record = {"inputs": dict(measured.inputs), "warnings": said, "failures": failures, "images": images}
    return Part({name: getattr(measured, name) for name in _TABLES}, measured.pictures, record)


def _measure_file(unit: _Unit) -> Part:
    """Measure every channel of a file of which nothing is said."""
    file = unit.folder / str(unit.images["file"].iloc[0])
    result = measure_image(file, name=str(unit.images["image"].iloc[0]), settings=unit.settings)
    known = unit.images.iloc[0]
    images = sheet_rows(result.images.assign(**{name: known[name] for name in ("membrane", "target", "form", "site")}))
    record = {
        "inputs": result.record["inputs"],
        "warnings": result.record["warnings"],
        "failures": [],
        "images": images,
    }
    return Part({name: getattr(result, name) for name in _TABLES}, result.pictures, record)


def _work(unit: _Unit) -> Path:
    """Measure one unit, unless that is done already, and return where its part is kept."""
    path = unit.kept / f"{unit_key(unit.folder, unit.images, unit.further)}.zip"
    if not path.exists() or read_part(path) is None:
        whole = unit.bands is None and _is_bare(unit.images)
        write_part(_measure_file(unit) if whole else _measure_rows(unit), path)
    return path


def _units(manifest: Manifest, settings: Settings, kept: Path, start: Result | None) -> Iterator[_Unit]:
    for membrane, images in manifest.images.groupby("membrane", sort=True):
        unit = _Unit(str(membrane), manifest.folder, images.reset_index(drop=True), settings, kept)
        yield unit if start is None else _starting(unit, start)


def _starting(unit: _Unit, start: Result) -> _Unit:
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
    edited = mark_edited(bands, start.record.get("geometry", {}))
    return dataclasses.replace(unit, images=_channel_rows(unit, rows), lanes=lanes, bands=edited)


def _channel_rows(unit: _Unit, rows: pd.DataFrame) -> pd.DataFrame:
    """Name the channel of each image that a bare file gave, so that each is read by itself."""
    if len(rows) == len(unit.images):
        return unit.images
    channels = rows["image"].str.rpartition("#")[2]
    return rows.assign(channel=channels.where(rows["channel"] == "", rows["channel"]))


@dataclass
class _Gathered:
    """What came back so far: where each part is kept, and what failed."""

    paths: dict[str, Path] = field(default_factory=dict)
    failed: list[tuple[str, Failure]] = field(default_factory=list)

    def parts(self) -> list[Part]:
        """Read the parts in the order of their names, whatever the order in which they came."""
        found = (read_part(self.paths[name]) for name in sorted(self.paths))
        return [part for part in found if part is not None]


def _table(parts: list[Part], name: str) -> pd.DataFrame:
    filled = [part.tables[name] for part in parts if len(part.tables[name])]
    return pd.concat(filled, ignore_index=True) if filled else empty(name)


def _united(
    gathered: _Gathered, settings: Settings, record: Mapping[str, Any]
) -> tuple[Result, list[tuple[str, Failure]]]:
    """Put the parts together, in the order of the images' ids."""
    parts = gathered.parts()
    inside = [each for part in parts for each in part.record["failures"]]
    within = [(each["name"], Failure(each["kind"], each["message"])) for each in inside]
    failed = sorted([*gathered.failed, *within], key=lambda each: each[0])
    tables = {name: _table(parts, name) for name in _TABLES}
    inputs = {name: digest for part in parts for name, digest in part.record["inputs"].items()}
    said = [text for part in parts for text in part.record["warnings"]]
    failures = [{"name": name, "kind": each.kind, "message": each.message} for name, each in failed]
    known = make_record("", inputs, said, geometry=band_marks(tables["bands"]), **record)
    result = Result(
        **tables,
        images=sheet_from([row for part in parts for row in part.record["images"]], "images"),
        settings=settings,
        record={**known, "failures": failures},
        pictures=Kept.united(part.pictures for part in parts),
    )
    return result, failed


def check_methods(settings: Settings) -> Settings:
    """Return the settings, once their background is known to exist; every image would fail by it otherwise.

    Raises
    ------
    SettingsError
        The background is of no name in ``BACKGROUNDS``.
    """
    known = ["joint", *BACKGROUNDS]
    if settings.integration.background not in known:
        name = settings.integration.background
        raise SettingsError(f"setting integration.background = {name!r} is unknown{nearest(name, known)}")
    return settings


def _stop_on_full_disk(failure: Failure) -> None:
    """Stop where results cannot be kept: every image after this one would fail alike."""
    if failure.kind == OutputError.__name__:
        raise OutputError(f"{failure.message}; what is done is kept, go on with --resume")


def measure_images(
    manifest: Manifest,
    output: Path,
    *,
    settings: Settings | None = None,
    pool: Pool | None = None,
    start: Result | None = None,
    record: Mapping[str, Any] | None = None,
    progress: Callable[[str], None] = lambda name: None,
) -> tuple[Result, list[tuple[str, Failure]]]:
    """Measure every image; one failure does not stop the rest.

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
    record : mapping, optional
        What the caller knows for ``run.json``.
    progress : callable
        Told the name of each image or membrane that is done.

    Returns
    -------
    Result
        Lanes, bands and quality of all images, in the order of their ids.
    list of (str, Failure)
        What failed, by name, and why.
    """
    used, kept = settings or Settings(), output / ".parts"
    gathered = _Gathered()
    units = list(_units(manifest, used, kept, start))
    for outcome in run(_work, units, pool=pool, time_limit_s=used.batch.time_limit_s):
        if outcome.failure is not None:
            _stop_on_full_disk(outcome.failure)
            gathered.failed.append((outcome.task.name, outcome.failure))
        elif outcome.value is not None:
            gathered.paths[outcome.task.name] = outcome.value
        progress(outcome.task.name)
    _prune(kept, set(gathered.paths.values()))
    result, failed = _united(gathered, used, record or {})
    return (result if start is None else dataclasses.replace(result, corrections=start.corrections)), failed


def _prune(kept: Path, wanted: set[Path]) -> None:
    """Take away parts of images or settings that are no longer asked for."""
    for path in kept.glob("*"):
        if path not in wanted:
            path.unlink(missing_ok=True)
