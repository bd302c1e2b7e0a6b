"""Result: the tables of a run, what they were made from, and how they are saved and shown."""

from __future__ import annotations

import html
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pandas as pd

from ..errors import OutputExistsError, TableError
from ..figures.pictures import Picture
from ..files import BOOK, PICTURES, RUN, write_whole
from ..settings import Settings
from ..tables import TABLES, empty, read_csv, to_csv_bytes
from .files import picture_place
from .record import from_json, pictures_from, sheet_from, to_json
from .workbook import workbook_bytes

if TYPE_CHECKING:
    from matplotlib.axes import Axes

__all__ = ["Result"]

_BRINGS = {
    "potencies": "quantify a study whose samples.csv has doses, or fit a table with doses",
    "groups": "quantify a study, as measure makes lanes and bands alone",
    "sensitivity": "quantify a study with report.sensitivity = true",
}
"""What brings the rows that a plot needs."""


@dataclass(frozen=True, repr=False)
class Result:
    """Every table of a run, its settings and its provenance.

    Parameters
    ----------
    lanes, bands, ratios, folds, groups, tests, curves, potencies, curve_points, sensitivity, calibration, quality
        DataFrames as declared in ``TABLES``; without rows where a run did not make them.
    profiles : DataFrame
        The light along each lane, likewise.
    corrections : DataFrame
        Edits by hand that were applied to lanes and bands, likewise.
    images, samples : DataFrame
        The sheets of the study.
    settings : Settings
        Settings in full.
    record : Mapping
        What ``run.json`` holds: versions, command, SHA-256 of every input, seed, time, warnings, failures.
    pictures : Mapping of str to Picture
        What is shown of each image.
    """

    lanes: pd.DataFrame = field(default_factory=partial(empty, "lanes"))
    bands: pd.DataFrame = field(default_factory=partial(empty, "bands"))
    ratios: pd.DataFrame = field(default_factory=partial(empty, "ratios"))
    folds: pd.DataFrame = field(default_factory=partial(empty, "folds"))
    groups: pd.DataFrame = field(default_factory=partial(empty, "groups"))
    tests: pd.DataFrame = field(default_factory=partial(empty, "tests"))
    curves: pd.DataFrame = field(default_factory=partial(empty, "curves"))
    potencies: pd.DataFrame = field(default_factory=partial(empty, "potencies"))
    curve_points: pd.DataFrame = field(default_factory=partial(empty, "curve_points"))
    sensitivity: pd.DataFrame = field(default_factory=partial(empty, "sensitivity"))
    calibration: pd.DataFrame = field(default_factory=partial(empty, "calibration"))
    quality: pd.DataFrame = field(default_factory=partial(empty, "quality"))
    profiles: pd.DataFrame = field(default_factory=partial(empty, "profiles"))
    corrections: pd.DataFrame = field(default_factory=partial(empty, "corrections"))
    images: pd.DataFrame = field(default_factory=pd.DataFrame)
    samples: pd.DataFrame = field(default_factory=pd.DataFrame)
    settings: Settings = field(default_factory=Settings)
    record: Mapping[str, Any] = field(default_factory=dict)
    pictures: Mapping[str, Picture] = field(default_factory=dict)

    @property
    def tables(self) -> dict[str, pd.DataFrame]:
        """The tables by name, in the order of the pipeline."""
        return {name: getattr(self, name) for name in TABLES}

    def save(self, folder: str | Path, *, force: bool = False) -> Path:
        """Write the tables as CSV and XLSX, the pictures, and run.json (last: it says that all is there).

        Parameters
        ----------
        folder : str or Path
            Where the files go; made when it is not there. Nothing is written outside it.
        force : bool
            Write into a folder that has something in it; files of the same names are replaced, others stay.

        Returns
        -------
        Path
            The folder.

        Raises
        ------
        OutputExistsError
            The folder has something in it and ``force`` is not set.
        OutputError
            It cannot be written to; no half file is left under its final name.
        """
        out = Path(folder)
        if out.exists() and not out.is_dir():
            raise OutputExistsError(f"{out}: is a file; choose a folder for the results")
        if out.is_dir() and not force and any(out.iterdir()):
            raise OutputExistsError(
                f"{out}: is there already and not empty; choose another, or use force to replace it"
            )
        for name, table in self.tables.items():
            write_whole(out / f"{name}.csv", to_csv_bytes(table))
        write_whole(out / BOOK, workbook_bytes(self.tables))
        for image, picture in self.pictures.items():
            write_whole(out / picture_place(image), picture.png, forced=False)
        record = to_json(self.record, self.settings, self.images, self.samples, self.pictures)
        write_whole(out / RUN, record)
        return out

    @classmethod
    def load(cls, folder: str | Path) -> Result:
        """Read a saved result back.

        Raises
        ------
        TableError
            The folder holds no result, or a table in it was damaged.
        """
        place = Path(folder)
        try:
            data = (place / RUN).read_bytes()
        except OSError as error:
            raise TableError(f"{place}: holds no result of blotquant (no {RUN} that can be read)") from error
        record, settings, sheets, shown = from_json(data, str(place / RUN))

        def read(name: str) -> bytes | None:
            path = place / PICTURES / Path(name).name
            return path.read_bytes() if path.is_file() else None

        tables: dict[str, Any] = {name: read_csv(place / f"{name}.csv", name) for name in TABLES}
        try:
            images, samples = (sheet_from(sheets.get(name, []), name) for name in ("images", "samples"))
            pictures = pictures_from(shown, read)
        except (ArithmeticError, AttributeError, LookupError, TypeError, ValueError) as error:
            raise TableError(f"{place / 'run.json'}: is damaged ({error}); make the result anew") from error
        return cls(**tables, images=images, samples=samples, settings=settings, record=record, pictures=pictures)

    def _need(self, table: str, plot: str) -> None:
        """Refuse to draw from a table without rows; says what brings them."""
        if not len(getattr(self, table)):
            raise TableError(f"nothing to draw in {plot}: this result has no rows in {table!r}; {_BRINGS[table]}")

    def _series(self, table: str, **chosen: str | None) -> pd.DataFrame:
        """Rows of the first target, quantity, site, stimulus and treatment that fit what was chosen."""
        rows: pd.DataFrame = getattr(self, table)
        for name in ("target", "quantity", "site", "stimulus", "treatment"):
            if name not in chosen:
                continue
            wanted = chosen[name]
            if len(rows):
                kept = rows[rows[name] == (rows[name].iloc[0] if wanted is None else wanted)]
                if kept.empty:
                    known = ", ".join(dict.fromkeys(rows[name].map(str)))
                    raise TableError(f"{table}: no row has {name} {wanted!r}; known: {known}")
                rows = kept
        return rows

    def plot_dose_response(
        self,
        *,
        target: str | None = None,
        quantity: str | None = None,
        stimulus: str | None = None,
        treatment: str | None = None,
        ax: Axes | None = None,
    ) -> Axes:
        """Draw the dose-response curves of one target, the first one when none is named, or of one treatment on it."""
        from ..figures import plot_dose_response
        from ..figures.dose_response import kinds_of_dose

        self._need("potencies", "plot_dose_response")
        chosen = {"target": target, "quantity": quantity, "site": None, "stimulus": stimulus}
        potencies = self._series("potencies", **chosen, **({} if treatment is None else {"treatment": treatment}))
        if len(kinds_of_dose(potencies)) > 1:
            names = ", ".join(dict.fromkeys(f"{row.treatment!r} in {row.unit}" for row in potencies.itertuples()))
            raise TableError(f"molar doses and masses share no axis; name one treatment: treatment = {names}")
        same = {name: str(potencies[name].iloc[0]) for name in chosen}
        curves, points = self._series("curve_points", **same), self._series("folds", **same)
        curves = curves[curves["treatment"].isin(potencies["treatment"])]
        axes: Axes = plot_dose_response(points, curves, potencies, ax=ax)
        return axes

    def plot_groups(self, *, target: str | None = None, quantity: str | None = None, ax: Axes | None = None) -> Axes:
        """Draw every replicate by treatment and dose for one target; the first one when none is named."""
        from ..figures import plot_groups

        self._need("groups", "plot_groups")
        groups = self._series("groups", target=target, quantity=quantity, site=None)
        same = {name: str(groups[name].iloc[0]) for name in ("target", "quantity", "site")}
        points = self._series("folds" if len(self.folds) else "ratios", **same)
        axes: Axes = plot_groups(points, groups, level=self.settings.comparison.level, ax=ax)
        return axes

    def plot_course(
        self,
        *,
        along: str | None = None,
        target: str | None = None,
        quantity: str | None = None,
        ax: Axes | None = None,
    ) -> Axes:
        """Draw groups along a number of ``group_by``, such as ``time_min``; the first one when none is named."""
        from ..figures import plot_course
        from ..figures.course import course_column

        self._need("groups", "plot_course")
        groups = self._series("groups", target=target, quantity=quantity, site=None)
        same = {name: str(groups[name].iloc[0]) for name in ("target", "quantity", "site")}
        column = along or course_column(groups)
        if column not in groups:
            what = f"no column {column!r} to draw along" if column else "group_by names no number to draw along"
            raise TableError(f"groups: {what}; plot_groups() draws the groups side by side")
        points = self._series("folds" if len(self.folds) else "ratios", **same)
        axes: Axes = plot_course(points, groups, along=column, level=self.settings.comparison.level, ax=ax)
        return axes

    def plot_sensitivity(
        self, *, target: str | None = None, quantity: str | None = None, ax: Axes | None = None
    ) -> Axes:
        """Draw how far the folds of one target move under other choices."""
        from ..figures import plot_sensitivity

        self._need("sensitivity", "plot_sensitivity")
        rows = self._series("sensitivity", target=target, quantity=quantity, site=None)
        axes: Axes = plot_sensitivity(rows, level=self.settings.comparison.level, ax=ax)
        return axes

    def plot_blot(self, image: str | None = None, *, ax: Axes | None = None) -> Axes:
        """Draw one image with its lanes and boxes; the first one when none is named."""
        from ..figures import plot_blot

        name = self._image(image)
        lanes, bands = (table[table["image"] == name] for table in (self.lanes, self.bands))
        axes: Axes = plot_blot(self.pictures[name], lanes, bands, ax=ax)
        return axes

    def plot_profiles(self, image: str | None = None, *, ax: Axes | None = None) -> Axes:
        """Draw the light along every lane of one image, with background and bands; the first one when none is named."""
        from ..figures import plot_profiles
        from ..figures.panels import unused_lanes

        name = self._image(image)
        profiles, bands = (table[table["image"] == name] for table in (self.profiles, self.bands))
        profiles = profiles[~profiles["lane"].isin(unused_lanes(self.images, self.samples, name))]
        axes: Axes = plot_profiles(profiles, bands, self.pictures[name].frame, ax=ax)
        return axes

    def plot_precision(self, *, ax: Axes | None = None) -> Axes:
        """Draw the measuring error of every band against its volume."""
        from ..figures import plot_precision

        axes: Axes = plot_precision(self.bands, ax=ax)
        return axes

    def _image(self, image: str | None) -> str:
        """Return the name of an image that has a picture; the first one when none is named."""
        known = list(self.pictures)
        name = image if image is not None or not known else known[0]
        if name is None or name not in self.pictures:
            raise TableError(f"no picture of {name!r}; known: {', '.join(known) or '(none)'}")
        return name

    def __repr__(self) -> str:
        made = ", ".join(f"{name} {len(table)}" for name, table in self.tables.items() if len(table))
        return f"Result({made or 'no rows'})"

    def _repr_html_(self) -> str:
        title = html.escape(str(self.record.get("title", "")) or "Result")
        warnings = "".join(f"<li>{html.escape(str(text))}</li>" for text in self.record.get("warnings", []))
        shown = next((name for name in ("potencies", "groups", "ratios", "bands") if len(getattr(self, name))), "bands")
        table = getattr(self, shown).head(20).to_html(index=False, float_format=lambda value: f"{value:.4g}")
        return f"<h4>{title}</h4><p>{html.escape(repr(self))}</p><ul>{warnings}</ul><h5>{shown}</h5>{table}"
