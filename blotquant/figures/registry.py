"""The table of figures: what each shows, and how it is drawn from the tables of a result."""

from __future__ import annotations

import dataclasses
import re
from collections.abc import Callable, Collection, Iterator, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

import pandas as pd

from ..flags import Flag, has_flag
from ..roles import UNUSED_ROLES
from ..settings import Settings
from ..tables import as_text, further_columns
from .course import plot_course
from .diagnostics import plot_linearity
from .dose_response import has_zero_dose, kinds_of_dose, plot_dose_response
from .grouped import plot_groups
from .marks import mass_marks
from .names import SERIES, column_name, interval_name, main_first, plain, quantity_name
from .panels import draw_panel, unused_lanes
from .parts import fit_figures, group_figures, has_few_slots, parts
from .pictures import Picture
from .precision import plot_precision
from .specification import plot_sensitivity
from .traces import plot_profiles

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

__all__ = ["FIGURES", "Drawn", "FigureKind", "ResultTables", "draw_all"]

_MOST_PANELS = 60


class ResultTables(Protocol):
    """The part of a result that figures are drawn from."""

    @property
    def lanes(self) -> pd.DataFrame:
        """Lanes of every image."""

    @property
    def bands(self) -> pd.DataFrame:
        """Bands, found or expected."""

    @property
    def ratios(self) -> pd.DataFrame:
        """Ratios of lanes."""

    @property
    def folds(self) -> pd.DataFrame:
        """Normalised ratios."""

    @property
    def groups(self) -> pd.DataFrame:
        """Treatments and doses."""

    @property
    def potencies(self) -> pd.DataFrame:
        """IC50s."""

    @property
    def curve_points(self) -> pd.DataFrame:
        """Fitted curves."""

    @property
    def sensitivity(self) -> pd.DataFrame:
        """Folds under other choices."""

    @property
    def calibration(self) -> pd.DataFrame:
        """Calibration points and coefficients."""

    @property
    def profiles(self) -> pd.DataFrame:
        """The light along each lane."""

    @property
    def images(self) -> pd.DataFrame:
        """The rows of images.csv."""

    @property
    def samples(self) -> pd.DataFrame:
        """The rows of samples.csv."""

    @property
    def pictures(self) -> Mapping[str, Picture]:
        """What is shown of each image."""

    @property
    def settings(self) -> Settings:
        """Settings in full."""


@dataclass(frozen=True)
class Drawn:
    """A figure with the stem of its file's name, a legend ready for a paper, and the values of the rows it shows."""

    stem: str
    title: str
    caption: str
    figure: Figure
    shows: Mapping[str, str] = dataclasses.field(default_factory=dict)


@dataclass(frozen=True)
class FigureKind:
    """A kind of figure: its name, what it shows, and how it is drawn from a result."""

    name: str
    shows: str
    draw: Callable[[ResultTables], Iterator[Drawn]]


def _stem(*parts: object) -> str:
    """Return a file name's stem of plain letters, whatever the parts are."""
    words = [re.sub(r"[^A-Za-z0-9_]+", "-", str(part).replace("/", "")).strip("-")[:40] for part in parts]
    return "_".join(word for word in words if word)


def _series(table: pd.DataFrame, name: str) -> Iterator[tuple[dict[str, str], pd.DataFrame]]:
    """Split a table by target, site, quantity and the user's grouping columns, main quantities first."""
    names = SERIES + further_columns(table, name)
    for _, rows in main_first(table).groupby(names, sort=False, dropna=False):
        yield {column: as_text(rows[column].iloc[0]) for column in names}, rows


def _name(key: Mapping[str, str]) -> str:
    """Write what a figure shows, with the values of the user's grouping columns."""
    further = [
        f"{plain(column)} {plain(value)}" for column, value in key.items() if column not in (*SERIES, "stimulus")
    ]
    return ", ".join([quantity_name(key["target"], key["site"], key["quantity"]), *further])


def _rows(table: pd.DataFrame, key: Mapping[str, str]) -> pd.DataFrame:
    """Rows of a table that have these values."""
    keep = pd.Series(True, index=table.index)
    for name, value in key.items():
        if name in table:
            keep &= table[name].map(as_text) == value
    return table[keep]


def _level(result: ResultTables) -> float:
    """Confidence level of the result's intervals."""
    return result.settings.comparison.level


def _n_text(table: pd.DataFrame, lanes: pd.DataFrame, result: ResultTables) -> str:
    """Write how many replicates are behind a table; responses alone do not say whether these are biological."""
    low, high = int(table["n"].min()), int(table["n"].max())
    kind = "replicates"
    if len(result.images):
        told = [rows["flags"] for rows in (table, lanes) if "flags" in rows]
        assumed = any(has_flag(flags, Flag.REPLICATE_ASSUMED).any() for flags in told)
        kind = "membranes taken as biological replicates" if assumed else "biological replicates"
    return f"n = {low} {kind}" if low == high else f"n = {low}–{high} {kind}"


def _along(groups: pd.DataFrame, key: Mapping[str, str]) -> str:
    """Write along what groups stand side by side: treatment, dose and the grouping columns within the figure."""
    inside = [column for column in further_columns(groups, "groups") if column not in key]
    words = ["treatment", "dose", *(column_name(column).partition(" (")[0] for column in inside)]
    return f"{', '.join(words[:-1])} and {words[-1]}"


def _draw_groups(result: ResultTables) -> Iterator[Drawn]:
    points = result.folds if len(result.folds) else result.ratios
    means = f"geometric mean; bar: its {interval_name(_level(result))} where every value is above zero."
    for key, groups in parts(result.groups, "groups", fit_figures):
        rows = _rows(points, key)
        if rows.empty:
            continue
        name, n = _name(key), _n_text(groups, rows, result)
        along, side_by_side = group_figures(groups)
        if along:
            title = f"{name} along {column_name(along)}"
            caption = (
                f"{title}, {n}. Small: one lane each; large, joined by lines: {means} Colour, marker and dash tell "
                "what was done."
            )
            axes = plot_course(rows, groups, along=along, level=_level(result))
            yield Drawn(_stem("course", *key.values()), title, caption, _figure(axes), key)
        if side_by_side:
            title = f"{name} by {_along(groups, key)}"
            caption = f"{title}, {n}. Each marker is one lane; colour and marker tell the replicate. Line: {means}"
            axes = plot_groups(rows, groups, level=_level(result))
            yield Drawn(_stem("groups", *key.values()), title, caption, _figure(axes), key)


def _curve_words(level: float) -> str:
    return (
        f"; line and field: fitted curve and its {interval_name(level, 'band')}, of these replicates alone; "
        f"horizontal bar: {interval_name(level)} of the IC50, an arrow where it goes on beyond the doses"
    )


def _draw_curves(result: ResultTables) -> Iterator[Drawn]:
    for key, potencies in _series(result.potencies, "potencies"):
        for stimulus, of_stimulus in potencies.groupby("stimulus", sort=False):
            full = key | {"stimulus": str(stimulus)}
            points, curves = _rows(result.folds, full), _rows(result.curve_points, full)
            for kind, known in kinds_of_dose(of_stimulus) if len(points) else ():
                curve = curves[curves["treatment"].isin(known["treatment"])]
                name = _name(key) + (f", {plain(stimulus)}" if plain(stimulus) else "")
                title = f"Dose-response of {name}" if any(map(plain, full.values())) else "Dose-response"
                title += f" ({kind})" if kind else ""
                axes = plot_dose_response(points, curve, known)
                what, n = name if plain(key["target"]) else "Response", _n_text(known, points, result)
                one = "lane" if len(result.images) else "well or sample"
                caption = (
                    f"{what} against dose, {n}. Each marker is one {one}, or a mean with its upright bar: mean ± SD at "
                    "a dose, of replicates, or of wells where there is one "
                    f"replicate{_curve_words(_level(result)) if len(curve) else ''}."
                )
                zero = has_zero_dose(points, curve, known)
                caption += " The zero dose stands left of the axis break." if zero else ""
                yield Drawn(_stem("dose_response", *full.values(), kind), title, caption, _figure(axes), full)


def _of_samples(result: ResultTables, images: pd.DataFrame, samples: pd.DataFrame) -> pd.DataFrame:
    """Bands of a membrane's images, those in its ladder lanes and empty lanes left out."""
    bands = result.bands[result.bands["image"].isin(images["image"])]
    if "role" not in samples:
        return bands
    return bands[~bands["lane"].isin(samples.loc[samples["role"].isin(UNUSED_ROLES), "lane"])]


def _draw_panels(result: ResultTables) -> Iterator[Drawn]:
    images = result.images if len(result.images) else pd.DataFrame({"image": [], "membrane": []})
    for membrane in list(dict.fromkeys(images["membrane"]))[:_MOST_PANELS]:
        rows = images[images["membrane"] == membrane]
        shown = rows[rows["image"].isin(list(result.pictures)) & rows["image"].isin(result.lanes["image"])]
        if shown.empty:
            continue
        samples = result.samples
        mine = samples[samples["membrane"] == membrane] if len(samples) else samples
        marks = mass_marks(result.calibration, str(membrane))
        bands, cells = _of_samples(result, shown, mine), further_columns(result.groups, "groups")
        figure = draw_panel(shown, mine, result.lanes, bands, result.pictures, marks=marks, cells=cells)
        caption = (
            f"Membrane {plain(membrane)}: the measured row of each image with membrane above and below it, linear "
            "display of the whole range, dark = protein. Boxes: what was measured."
        )
        yield Drawn(_stem("blot", membrane), f"Membrane {plain(membrane)}", caption, figure)


def _draw_sensitivity(result: ResultTables) -> Iterator[Drawn]:
    for key, rows in parts(result.sensitivity, "sensitivity", lambda part: has_few_slots(part, "sensitivity")):
        name = _name(key)
        points = _rows(result.folds, key)
        caption = (
            f"{name}: folds under every choice of background, normalisation and control that could have been defended. "
            f"Line and field: as reported, with {interval_name(_level(result))}."
        )
        yield Drawn(
            _stem("sensitivity", *key.values()),
            f"{name}: other choices",
            caption,
            _figure(plot_sensitivity(rows, like=points, level=_level(result))),
        )


def _draw_precision(result: ResultTables) -> Iterator[Drawn]:
    if len(result.bands):
        caption = "Standard error of measuring of each band as a share of its volume; one marker is one band."
        yield Drawn("precision", "Measuring error of the bands", caption, _figure(plot_precision(result.bands)))


def _draw_profiles(result: ResultTables) -> Iterator[Drawn]:
    """One figure an image that has a target, of a bounded number of images; measuring alone draws none."""
    targets = list(dict.fromkeys(result.bands.loc[result.bands["target"] != "", "image"]))
    for image in targets[:_MOST_PANELS]:
        rows = result.profiles[result.profiles["image"] == image]
        rows = rows[~rows["lane"].isin(unused_lanes(result.images, result.samples, image))]
        if rows.empty or image not in result.pictures:
            continue
        caption = (
            f"Image {plain(image)}: mean light along the middle of each lane, from the top of the membrane to its "
            "bottom, ladders left out. Dashed: the background under the bands; filled: each band as a Gaussian of its "
            "fitted height and thickness."
        )
        bands = result.bands[result.bands["image"] == image]
        axes = plot_profiles(rows, bands, result.pictures[image].frame)
        yield Drawn(_stem("profiles", image), f"Lane profiles of {plain(image)}", caption, _figure(axes))


def _draw_linearity(result: ResultTables) -> Iterator[Drawn]:
    known = result.calibration[result.calibration["kind"] == "linearity"]
    for image, rows in known.groupby("name", sort=False):
        membrane = result.images.loc[result.images["image"] == image, "membrane"].iloc[0]
        lanes = result.samples[(result.samples["membrane"] == membrane) & (result.samples["role"] == "standard")]
        bands = result.bands[(result.bands["image"] == image) & (result.bands["target"] != "")]
        series = bands.merge(lanes[["lane", "amount_ug"]].astype(float), on="lane")
        caption = (
            f"Dilution series on {plain(image)}: volume against protein loaded, one marker a lane, bars one standard "
            "error of measuring. Shaded: where volume is proportional to amount."
        )
        figure = _figure(plot_linearity(series, rows))
        yield Drawn(_stem("linearity", image), f"Dilution series on {plain(image)}", caption, figure)


def _figure(axes: Axes) -> Figure:
    figure = axes.get_figure(root=True)
    if figure is None:
        raise ValueError("the axes stand in no figure")
    return figure


FIGURES: dict[str, FigureKind] = {
    kind.name: kind
    for kind in (
        FigureKind("dose_response", "Curves with every replicate and the IC50's interval.", _draw_curves),
        FigureKind(
            "groups", "Every replicate by treatment and dose or along time, with means and intervals.", _draw_groups
        ),
        FigureKind("blot", "The images of a membrane in register, with boxes.", _draw_panels),
        FigureKind("sensitivity", "Folds under other backgrounds, normalisations and controls.", _draw_sensitivity),
        FigureKind("precision", "Measuring error of each band against its volume.", _draw_precision),
        FigureKind("profiles", "Light along every lane, with background and fitted bands.", _draw_profiles),
        FigureKind("linearity", "Dilution series: volume against amount loaded.", _draw_linearity),
    )
}
"""Kinds of figure, the ones that answer the question first."""


def draw_all(result: ResultTables, *, kinds: Collection[str] = tuple(FIGURES)) -> Iterator[Drawn]:
    """Draw every figure that a result has the tables for, one at a time; no two stems are alike.

    Parameters
    ----------
    result : ResultTables
        Any object with the tables and pictures that `ResultTables` names.
    kinds : collection of str
        Keys of `FIGURES` that are drawn.
    """
    seen: dict[str, int] = {}
    for name in kinds:
        for drawn in FIGURES[name].draw(result):
            count = seen[drawn.stem.lower()] = seen.get(drawn.stem.lower(), 0) + 1
            yield drawn if count == 1 else dataclasses.replace(drawn, stem=f"{drawn.stem}_{count}")
