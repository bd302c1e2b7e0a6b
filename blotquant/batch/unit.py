"""One membrane to measure: what it is made of, the work on it, and what of it is kept."""

from __future__ import annotations

import functools
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pandas as pd

from .. import __version__
from ..errors import BlotquantError, SettingsError
from ..pipeline import Given, measure_blots, measure_image, read_membrane
from ..pipeline.records import band_marks, kept_warnings
from ..pipeline.twins import prints_of
from ..result.record import sheet_rows
from ..settings import Settings
from .digest import image_figures
from .manifest import image_table
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
    def images(self) -> pd.DataFrame:
        """Its rows as a table; made by the worker, so that tasks stay small."""
        return image_table(self.rows)

    @property
    def further(self) -> dict[str, Any]:
        """What else the unit is made from, besides images: settings and tables."""
        chosen = {name: part for name, part in self.settings.as_dict().items() if name in _MEASURING}
        start = [table.to_json(orient="values") for table in (self.lanes, self.bands) if table is not None]
        return {"settings": chosen, "start": start}


def is_bare(images: pd.DataFrame) -> bool:
    """Tell whether nothing is said of a single file, so that all its channels are measured."""
    row = images.iloc[0]
    silent = all(row[name] in ("", "auto") for name in _SAID) and not row["mirror"]
    return len(images) == 1 and silent and bool(pd.isna(row[["rotate", "n_lanes"]]).all())


def _given(unit: Unit) -> Given:
    told = unit.images["n_lanes"].dropna()
    count, why = unit.settings.lanes.n_lanes, "given by the settings"
    if count is None and len(told):
        count, why = int(told.iloc[0]), "given by n_lanes in images.csv"
    why = why if count else "found in the pictures"
    markers = tuple(unit.images.loc[unit.images["form"] == "marker", "image"])
    return Given(unit.name, count, why, lanes=unit.lanes, bands=unit.bands, markers=markers)


def _read(unit: Unit) -> tuple[list[Any], list[dict[str, str]]]:
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


def _measure_rows(unit: Unit) -> Part:
    """Measure the images of a membrane as the manifest describes them."""
    with kept_warnings() as said:
        pairs, failures = _read(unit)
        measured = measure_blots(pairs, _given(unit), unit.settings)
    read = {raw.name for raw, _ in pairs}
    images = sheet_rows(unit.images[unit.images["image"].isin(read)])
    record = {"inputs": dict(measured.inputs), "warnings": said, "failures": failures, "images": images}
    return Part({name: getattr(measured, name) for name in TABLES_OF_UNIT}, measured.pictures, record)


def _measure_file(unit: Unit) -> Part:
    """Measure every channel and every strip of a file of which nothing is said."""
    file = unit.folder / str(unit.images["file"].iloc[0])
    result = measure_image(file, name=str(unit.images["image"].iloc[0]), settings=unit.settings)
    known = unit.images.iloc[0]
    images = sheet_rows(result.images.assign(**{name: known[name] for name in ("membrane", "target", "form", "site")}))
    record = {
        "inputs": result.record["inputs"],
        "warnings": result.record["warnings"],
        "failures": result.record["failures"],
        "geometry": result.record["geometry"],
        "images": images,
    }
    return Part({name: getattr(result, name) for name in TABLES_OF_UNIT}, result.pictures, record)


def _with_figures(part: Part) -> Part:
    """Add what the whole batch wants to know of a part, so that nobody has to read its tables for it."""
    figures = {
        "geometry": part.record.get("geometry") or band_marks(part.tables["bands"]),
        "fingerprints": {image: prints_of(picture) for image, picture in part.pictures.items()},
        "rows": {name: len(table) for name, table in part.tables.items()}
        | {"detected": int(part.tables["bands"]["detected"].sum())},
        "counts": count_rows(part.tables),
        "figures": image_figures(part.tables),
    }
    return Part(part.tables, part.pictures, {**part.record, **figures})


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
    key = unit_key(unit.folder, unit.images, unit.further)
    path = part_path(unit.kept, key)
    if not is_part(path):
        whole = unit.bands is None and is_bare(unit.images)
        write_part(_with_figures(_measure_file(unit) if whole else _measure_rows(unit)), path)
    return key
