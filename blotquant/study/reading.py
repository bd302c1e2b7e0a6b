"""read_study(): a folder of pictures and two tables → Study."""

from __future__ import annotations

import hashlib
import html
import warnings
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pandas as pd

from ..calibration import ladder_masses
from ..errors import QualityWarning, TableError
from ..flags import Flag, add_flag, has_flag
from ..matching import pair_lanes
from ..settings import Settings
from ..tables import INPUTS, TABLES, nearest, texts_as_objects
from .images import complete_images
from .options import Control, Options, check_controls, read_options
from .samples import complete_samples, mixed_columns
from .sheets import Sheet, read_csv_sheet, read_workbook_sheet, sheet_names

__all__ = ["Study", "read_study"]


@dataclass(frozen=True)
class Study:
    """A study as it was written down: pictures, lanes, controls and settings, checked and completed.

    Parameters
    ----------
    folder : Path
        Where the study lies.
    title : str
        Its title; the folder's name when none was given.
    images : DataFrame
        ``images.csv`` with defaults filled in; ``image`` is the id, ``file`` the path relative to the folder.
    samples : DataFrame
        ``samples.csv`` with defaults filled in, and ``flags`` of each lane.
    maximum, minimum, reference : mapping or None
        Controls by column and value of samples.csv; None where none was named.
    group_by : tuple of str
        Further columns that part groups.
    mass : Mapping
        ``ladder``, ``buffer`` and ``model`` of the mass calibration, where named.
    settings : Settings
        Settings of each stage.
    notes : tuple of str
        What had to be assumed, in words.
    inputs : Mapping of str to str
        SHA-256 of each table that was read, by file name.
    given : Mapping
        The study as it was written: ``images`` and ``samples`` row by row with their cells as texts, and ``title``,
        ``control``, ``group_by`` and ``mass`` of study.toml.
    """

    folder: Path
    title: str
    images: pd.DataFrame
    samples: pd.DataFrame
    maximum: Control | None = None
    minimum: Control | None = None
    reference: Control | None = None
    group_by: tuple[str, ...] = ()
    mass: Mapping[str, Any] = field(default_factory=dict)
    settings: Settings = field(default_factory=Settings)
    notes: tuple[str, ...] = ()
    inputs: Mapping[str, str] = field(default_factory=dict)
    given: Mapping[str, Any] = field(default_factory=dict)

    @property
    def membranes(self) -> list[str]:
        """Names of the membranes in the order of images.csv."""
        return [str(name) for name in self.images["membrane"].unique()]

    def _repr_html_(self) -> str:
        notes = "".join(f"<li>{html.escape(note)}</li>" for note in self.notes)
        tables = self.images[["image", "membrane", "target", "form"]].to_html(index=False)
        count = f"{len(self.images)} images of {len(self.membranes)} membranes, {len(self.samples)} lanes"
        return f"<h4>{html.escape(self.title)}</h4><p>{count}</p><ul>{notes}</ul>{tables}"


def _find_tables(folder: Path) -> tuple[Sheet, Sheet, dict[str, str]]:
    """Read images and samples from two CSVs or from one workbook; both at once would be two truths."""
    book, images, samples = folder / "study.xlsx", folder / "images.csv", folder / "samples.csv"
    if book.exists() and (images.exists() or samples.exists()):
        raise TableError(f"{folder}: holds study.xlsx and CSV tables; keep one of them")
    if book.exists():
        for name in ("images", "samples"):
            if name not in sheet_names(book):
                raise TableError(f"study.xlsx: has no sheet {name!r}{nearest(name, sheet_names(book))}")
        return read_workbook_sheet(book, "images"), read_workbook_sheet(book, "samples"), _hashes(book)
    for path in (images, samples):
        if not path.exists():
            raise TableError(f"{path}: is missing; 'blotquant init {folder}' writes one to fill in")
    first, second = (read_csv_sheet(path, INPUTS[path.stem].names) for path in (images, samples))
    return first, second, _hashes(images, samples)


def _hashes(*paths: Path) -> dict[str, str]:
    return {path.name: hashlib.sha256(path.read_bytes()).hexdigest() for path in paths if path.exists()}


def _check_groups(samples: pd.DataFrame, group_by: tuple[str, ...]) -> None:
    taken = {name for table in ("groups", "tests", "curves") for name in TABLES[table].names}
    for name in group_by:
        if name not in samples.columns:
            raise TableError(
                f"study.toml: group_by names {name!r}, which samples.csv lacks{nearest(name, list(samples.columns))}"
            )
        if name in taken:
            raise TableError(f"study.toml: group_by names {name!r}, which parts groups already; leave it out")


def _mark_mixed(samples: pd.DataFrame, group_by: tuple[str, ...]) -> tuple[pd.DataFrame, list[str]]:
    notes = []
    for name, lanes in mixed_columns(samples, group_by).items():
        samples["flags"] = add_flag(samples["flags"], lanes, Flag.MIXED_GROUP)
        note = f"column {name!r} varies inside a group; add it to group_by in study.toml to part the groups by it"
        warnings.warn(note, QualityWarning, stacklevel=3)
        notes.append(note)
    return samples, notes


def _assumptions(images: pd.DataFrame, samples: pd.DataFrame) -> list[str]:
    """Say what the tables left open and how it was taken."""
    notes = []
    if has_flag(samples["flags"], Flag.REPLICATE_ASSUMED).any():
        notes.append("no replicate was named for some lanes: each membrane was taken as one biological replicate")
    joined = images["pair"].where(images["pair"] != "", images["membrane"])
    for (group, target), rows in images[images["form"].isin(["phospho", "total"])].groupby([joined, "target"]):
        if set(rows["form"]) == {"phospho"}:
            notes.append(f"{target} of {group} has no total image: no phospho/total ratio is possible")
    parallel = images.loc[images["mode"] == "parallel", "membrane"].unique()
    bare = [
        name for name in parallel if not images.loc[images["membrane"] == name, "form"].isin(["loading", "stain"]).any()
    ]
    if bare:
        notes.append(
            f"parallel gels without a loading control ({', '.join(bare)}): loading differences stay in the ratio"
        )
    spellings = samples["treatment"].drop_duplicates()
    for name, twins in spellings.groupby(spellings.str.casefold().str.replace(" ", "")):
        if len(twins) > 1:
            written = ", ".join(repr(twin) for twin in twins)
            notes.append(
                f"treatment {name!r} is written in {len(twins)} ways ({written}) and counts as {len(twins)} treatments"
            )
    return notes


def _joined_membranes(images: pd.DataFrame) -> list[tuple[str, ...]]:
    paired = images[images["pair"] != ""]
    return [tuple(rows.unique()) for _, rows in paired.groupby("pair", sort=False)["membrane"]]


def _given(images: Sheet, samples: Sheet, options: Options) -> dict[str, Any]:
    """Keep what was written, so that it can be written again; settings are kept by themselves."""
    sheets = {"images": images, "samples": samples}
    rows = {name: [dict(row.cells) for row in sheet.rows] for name, sheet in sheets.items()}
    controls = {name: dict(condition) for name, condition in options.controls.items()}
    told = {"title": options.title, "control": controls, "group_by": list(options.group_by), "mass": dict(options.mass)}
    return {**told, **rows}


def read_study(folder: str | Path) -> Study:
    """Read a study folder: ``images.csv`` and ``samples.csv`` (or ``study.xlsx``), and ``study.toml``.

    Parameters
    ----------
    folder : str or Path
        The study folder, or one of those files in it.

    Returns
    -------
    Study
        Tables checked by every rule and completed with defaults.

    Raises
    ------
    TableError
        A table is missing or breaks a rule; names file, row, column, value and the nearest valid one.
    SettingsError
        ``study.toml`` holds an unknown name or a value out of range.
    """
    place = Path(folder)
    place = place.parent if place.is_file() else place
    if not place.is_dir():
        raise TableError(f"{place}: no such study folder")
    image_sheet, sample_sheet, inputs = _find_tables(place)
    images = complete_images(image_sheet, place)
    samples = complete_samples(sample_sheet, images["membrane"], _joined_membranes(images))
    options = read_options(place / "study.toml")
    _check_groups(samples, options.group_by)
    check_controls(samples, options.controls)
    samples, notes = _mark_mixed(samples, options.group_by)
    if "ladder" in options.mass:
        ladder_masses(options.mass["ladder"], options.mass.get("buffer", ""))
    images, samples = texts_as_objects(images.reset_index(drop=True)), texts_as_objects(samples.reset_index(drop=True))
    pair_lanes(images, samples)
    return Study(
        folder=place,
        title=options.title or place.resolve().name,
        images=images,
        samples=samples,
        **{name: options.controls.get(name) for name in ("maximum", "minimum", "reference")},
        group_by=options.group_by,
        mass=options.mass,
        settings=options.settings,
        notes=(*notes, *_assumptions(images, samples)),
        inputs={**inputs, **_hashes(place / "study.toml")},
        given=_given(image_sheet, sample_sheet, options),
    )
