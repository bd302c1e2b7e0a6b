"""One membrane to measure: what it is made of, the work on it, and what of it is kept."""

from __future__ import annotations

import functools
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pandas as pd

from .. import __version__
from ..errors import BlotquantError, Failure, SettingsError
from ..files import plain_value
from ..geometry import geometry_marks
from ..pipeline import Given, Measured, measure_blots, measure_file, read_membrane
from ..pipeline.records import kept_warnings
from ..pipeline.twins import prints_of
from ..result.record import sheet_rows
from ..settings import Settings
from .digest import image_figures
from .manifest import image_table, known_of
from .parts import Part, is_part, part_path, unit_key, write_part
from .summary import count_rows

__all__ = ["TABLES_OF_UNIT", "Unit", "do_unit", "is_bare"]

TABLES_OF_UNIT = ("lanes", "bands", "quality", "calibration", "profiles")
"""The tables that measuring fills."""

_SAID = ("channel", "region", "polarity")  # what a row of images.csv may say of its picture
_MEASURING = ("orientation", "lanes", "bands", "integration")  # settings that measuring reads


@dataclass(frozen=True)
class Unit:
    """One membrane to measure: its rows of the manifest, and the tables to start from where there are any.

    Parameters
    ----------
    name : str
        The membrane's name.
    folder : Path
        Where the images' paths start.
    rows : list of mapping
        What is known of its images.
    settings : Settings
        Settings of the stages.
    kept : Path
        Folder for what is done, from the root.
    lanes, bands : DataFrame, optional
        Taken instead of finding them.
    version : str
        The version that the whole run is to be made with.
    """

    name: str
    folder: Path
    rows: list[dict[str, Any]]
    settings: Settings
    kept: Path
    lanes: pd.DataFrame | None = None
    bands: pd.DataFrame | None = None
    version: str = __version__

    @functools.cached_property
    def known(self) -> list[dict[str, Any]]:
        """What is known of each image, defaults filled in by the worker, so that tasks stay small."""
        return [known_of(row) for row in self.rows]

    @property
    def images(self) -> pd.DataFrame:
        """The same as a table."""
        return image_table(self.known)

    @property
    def further(self) -> dict[str, Any]:
        """What else the unit is made from, besides images: settings and tables."""
        chosen = {name: part for name, part in self.settings.as_dict().items() if name in _MEASURING}
        start = [table.to_json(orient="values") for table in (self.lanes, self.bands) if table is not None]
        return {"settings": chosen, "start": start}


def is_bare(images: Sequence[Mapping[str, Any]]) -> bool:
    """Tell whether nothing is said of a single file, so that all its channels are measured."""
    row = images[0]
    silent = all(row[name] in ("", "auto") for name in _SAID) and not row["mirror"]
    return len(images) == 1 and silent and bool(pd.isna(row["rotate"]) and pd.isna(row["n_lanes"]))


def _read(unit: Unit, images: pd.DataFrame) -> tuple[list[Any], list[dict[str, str]]]:
    """Read what can be read of a membrane; what cannot is a failure of its own."""
    pairs, failures, first = [], [], None
    for number in range(len(images)):
        rows = images.iloc[[number]]
        try:
            pairs += read_membrane(rows, unit.folder, unit.settings)
        except BlotquantError as error:
            first = first or error
            failures.append(Failure.of(error).as_row(rows["image"].iloc[0]))
    if first is not None and not pairs:
        raise first
    return pairs, failures


def _measure_rows(unit: Unit) -> Part:
    """Measure the images of a membrane as the manifest describes them."""
    images = unit.images
    with kept_warnings() as said:
        pairs, failures = _read(unit, images)
        given = Given.of(unit.name, unit.settings, images, lanes=unit.lanes, bands=unit.bands)
        measured = measure_blots(pairs, given, unit.settings)
    read = {raw.name for raw, _ in pairs}
    rows = sheet_rows(images[images["image"].isin(read)])
    record = {"inputs": dict(measured.inputs), "warnings": said, "failures": failures, "images": rows}
    return _part(measured, record)


def _measure_file(unit: Unit) -> Part:
    """Measure every channel and every strip of a file of which nothing is said."""
    (known,) = unit.known
    found = measure_file(unit.folder / str(known["file"]), name=str(known["image"]), settings=unit.settings)
    said = {name: known[name] for name in ("membrane", "target", "form", "site")}
    record = {
        "inputs": dict(found.measured.inputs),
        "warnings": list(found.warnings),
        "failures": found.failures,
        "images": plain_value([{**row, **said} for row in found.images]),
    }
    return _part(found.measured, record)


def _part(measured: Measured, record: Mapping[str, Any]) -> Part:
    """Add what the whole batch wants to know of a part, so that nobody has to read its tables for it."""
    tables = {name: getattr(measured, name) for name in TABLES_OF_UNIT}
    figures = {
        "geometry": geometry_marks(measured.lanes, measured.bands),
        "fingerprints": {image: prints_of(picture) for image, picture in measured.pictures.items()},
        "rows": {name: len(table) for name, table in tables.items()}
        | {"detected": int(measured.bands["detected"].sum())},
        "counts": count_rows(tables),
        "figures": image_figures(tables),
    }
    return Part(tables, measured.pictures, {**record, **figures})


def do_unit(unit: Unit) -> str:
    """Measure one unit, unless that is done already, and return the key under which it is kept.

    Raises
    ------
    BlotquantError
        No image of it can be measured, or what is found cannot be kept.
    SettingsError
        This worker has another version of blotquant than the run.
    """
    if unit.version != __version__:
        text = f"a worker has blotquant {__version__}, this run has {unit.version}; install one version everywhere"
        raise SettingsError(text)
    key = unit_key(unit.folder, unit.known, unit.further)
    path = part_path(unit.kept, key)
    if not is_part(path):
        whole = unit.bands is None and is_bare(unit.known)
        write_part(_measure_file(unit) if whole else _measure_rows(unit), path)
    return key
