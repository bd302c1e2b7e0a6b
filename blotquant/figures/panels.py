"""Blot panel: the images of a membrane in register, phospho above total, lanes headed with their conditions."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from ..blot import FloatArray
from ..geometry import to_upright
from ..roles import UNUSED_ROLES
from ..tables import FORMS
from .blots import FLAGGED, MEASURED, View, band_look, doubts, plot_blot, view_of
from .brackets import LabelRow, draw_rows, label_rows, names_width, rows_height
from .marks import UNIT_HEIGHT, Mark, draw_marks, draw_unit, marks_width
from .names import Condition, cell_values, plain, shorten
from .pictures import Picture
from .style import DOUBLE, POINT, SINGLE, new_figure, styled, text_size

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure
    from matplotlib.lines import Line2D

__all__ = ["draw_panel", "image_label", "lane_conditions", "order_images", "unused_lanes"]

_SIZE = 6.5
_GAP = 1.5  # between strips [mm]
_EDGE = 1.5  # around the figure [mm]
_TALLEST = 60.0  # strip [mm]
_WIDEST_LANE = 14.0  # [mm]
_MOST_SINGLE = 12  # so many lanes fit one column


def order_images(images: pd.DataFrame) -> pd.DataFrame:
    """Sort the images of a membrane by target as first named, then phospho, total, loading, stain."""
    if len(images) < 2:
        return images
    targets = {name: place for place, name in enumerate(dict.fromkeys(images["target"]))}
    forms = {name: place for place, name in enumerate(FORMS)}
    late = images["form"].isin(["loading", "stain"])
    keys = pd.DataFrame(
        {"late": late, "target": images["target"].map(targets), "form": images["form"].map(forms).fillna(9)}
    )
    return images.loc[keys.sort_values(["late", "target", "form"], kind="stable").index]


def image_label(image: pd.Series[str]) -> str:
    """Write what an image shows: ``pSTAT3`` over ``(Y705)``, ``STAT3``."""
    target, site = shorten(image["target"], 16), shorten(image.get("site", "") or "", 12)
    if image["form"] != "phospho":
        return target
    return f"p{target}\n({site})" if site else f"p{target}"


def unused_lanes(images: pd.DataFrame, samples: pd.DataFrame, image: str) -> list[int]:
    """List the lanes of an image's membrane that hold no sample: ladders, empty and skipped ones.

    Parameters
    ----------
    images, samples : DataFrame
        Sheets of the study; none is unused where one of them has no rows.
    image : str
        Id of the image.

    Returns
    -------
    list of int
        Lane numbers, from 1.
    """
    if not len(samples) or not len(images):
        return []
    membranes = images.loc[images["image"] == image, "membrane"]
    mine = samples["membrane"].isin(membranes) & samples["role"].isin(UNUSED_ROLES)
    return [int(lane) for lane in samples.loc[mine, "lane"]]


def lane_conditions(samples: pd.DataFrame, lanes: Sequence[int], cells: Sequence[str] = ()) -> list[Condition]:
    """Return what was loaded in each lane; a lane without a sample keeps its role or stays blank.

    Parameters
    ----------
    samples : DataFrame
        Rows of one membrane in samples.csv.
    lanes : sequence of int
        Lane numbers from left to right.
    cells : sequence of str
        Columns of ``group_by``.
    """
    rows = {int(row["lane"]): row for _, row in samples.iterrows()}
    values = {name: dict(zip(rows, cell_values(samples, name), strict=True)) for name in cells}
    found = []
    for lane in lanes:
        row = rows.get(lane)
        if row is None:
            found.append(Condition("", "", math.nan, "", tuple((name, "") for name in cells)))
            continue
        role = plain(row.get("role", ""))
        name = role if role in UNUSED_ROLES else plain(row["treatment"])
        stimulus = "" if role in UNUSED_ROLES else plain(row.get("stimulus", ""))
        dose = pd.to_numeric(row.get("dose", math.nan), errors="coerce")
        cell = tuple((column, "" if role in UNUSED_ROLES else values[column][lane]) for column in cells)
        found.append(Condition(stimulus, name, float(dose), plain(row.get("dose_unit", "") or ""), cell))
    return found


@dataclass(frozen=True)
class _Strip:
    """One image of the panel: its rows, what is shown of it, and its label."""

    picture: Picture
    lanes: pd.DataFrame
    bands: pd.DataFrame
    view: View
    label: str
    centres: FloatArray


def _strip(image: pd.Series[str], picture: Picture, lanes: pd.DataFrame, bands: pd.DataFrame) -> _Strip:
    mine, rows = lanes[lanes["image"] == image["image"]], bands[bands["image"] == image["image"]]
    upright = to_upright(mine, picture.frame).sort_values("lane")
    view = view_of(picture, upright, to_upright(rows, picture.frame))
    label = image_label(image)
    shown = rows[rows["target"] != ""] if (bands["target"] != "").any() else rows
    return _Strip(picture, mine, shown, view, label, upright["centre"].to_numpy(float))


def _labels_width(strips: Sequence[_Strip]) -> float:
    return max(text_size(strip.label, 7.0)[0] for strip in strips) * POINT + 2.0


def _pitch(strip: _Strip, across: float) -> float:
    """Least distance of two lanes of a strip [point] that is ``across`` mm wide."""
    if len(strip.centres) < 2:
        return across / POINT
    return float(np.diff(strip.centres).min()) * across / POINT / (strip.view.right - strip.view.left)


def _draw_above(ax: Axes, strip: _Strip, rows: Sequence[LabelRow], *, unit: bool) -> None:
    """Write what was loaded over the lanes, and the unit of the masses over them."""
    draw_rows(ax, rows, strip.centres, side="top", size=_SIZE)
    if unit:
        draw_unit(ax)


def _draw_lane_numbers(ax: Axes, strip: _Strip, pitch: float) -> None:
    """Write lane numbers below the last strip, every second or fifth where they would touch."""
    numbers = [str(lane) for lane in sorted(strip.lanes["lane"])]
    widest = max(text_size(text, 5.5)[0] for text in numbers) + 2.0
    step = next(step for step in (1, 2, 5, 10, 50) if step * pitch >= widest or step == 50)
    for place in range(step - 1 if step > 1 else 0, len(numbers), step):
        ax.annotate(
            numbers[place],
            xy=(float(strip.centres[place]), 0.0),
            xycoords=ax.get_xaxis_transform(),
            xytext=(0.0, -2.0),
            textcoords="offset points",
            horizontalalignment="center",
            verticalalignment="top",
            fontsize=5.5,
            color="#444444",
        )


def _legend(strips: Sequence[_Strip]) -> list[Line2D]:
    """Explain the boxes that occur."""
    from matplotlib.lines import Line2D

    bands = pd.concat([strip.bands for strip in strips])
    looks = {band_look(str(flags), bool(seen)) for flags, seen in zip(bands["flags"], bands["detected"], strict=True)}
    handles = []
    if any(colour == FLAGGED for colour, _ in looks):
        worst = sorted({flag for text in bands["flags"] for flag in doubts(text)})
        names = [str(flag.name).lower().replace("_", " ") for flag in worst[:3]]
        handles.append(Line2D([], [], color=FLAGGED, linewidth=0.8, label=f"doubted ({', '.join(names)})"))
    if any(line == "--" for _, line in looks):
        handles.append(Line2D([], [], color=MEASURED, linewidth=0.8, linestyle="--", label="not detected"))
    return handles


def _heights(strips: Sequence[_Strip], width: float) -> list[float]:
    """Height of each strip [mm], true to its pixels unless that is taller than fits."""
    return [min(_TALLEST, width * strip.view.height_to_width) for strip in strips]


@styled
def draw_panel(
    images: pd.DataFrame,
    samples: pd.DataFrame,
    lanes: pd.DataFrame,
    bands: pd.DataFrame,
    pictures: Mapping[str, Picture],
    *,
    marks: Sequence[Mark] = (),
    cells: Sequence[str] = (),
) -> Figure:
    """Draw the images of one membrane one above the other, in register, with the conditions over the lanes.

    Parameters
    ----------
    images : DataFrame
        Rows of images.csv of one membrane.
    samples : DataFrame
        Rows of samples.csv of that membrane; may be empty.
    lanes, bands : DataFrame
        Rows of its images, in pixels of the files as given.
    pictures : mapping of image id to Picture
        What is shown; an image without a picture is left out.
    marks : sequence of Mark
        Masses of the ladder, from `mass_marks`.
    cells : sequence of str
        Columns of ``group_by``, whose values stand over the lanes where they differ.

    Returns
    -------
    Figure
        One strip an image: the target's row with membrane above and below, linear display, boxes around what was
        measured; its label on the right, lane numbers below.
    """
    shown = [image for _, image in order_images(images).iterrows() if image["image"] in pictures]
    strips = [_strip(image, pictures[image["image"]], lanes, bands) for image in shown]
    count = max(len(strip.centres) for strip in strips)
    width = SINGLE if count <= _MOST_SINGLE else max(DOUBLE, 5.0 * count)
    numbers = sorted(strips[0].lanes["lane"])
    places = lane_conditions(samples, numbers, cells) if len(samples) else []
    left = _EDGE + max(marks_width(list(marks)), names_width(places, _SIZE)) * POINT
    across = min(width - left - _EDGE - _labels_width(strips), _WIDEST_LANE * (count + 1))
    heights = _heights(strips, across)
    pitch = _pitch(strips[0], across)
    start = UNIT_HEIGHT if marks and names_width(places, _SIZE) else 3.0  # the names stand above the unit
    header, legend = label_rows(places, pitch, size=_SIZE, start=start), _legend(strips)
    over = max(rows_height(header), UNIT_HEIGHT if marks else 0.0) * POINT
    foot = (9.0 + (9.0 if legend else 0.0)) * POINT
    height = sum(heights) + _GAP * (len(strips) - 1) + over + foot + 2 * _EDGE
    figure = new_figure(width, height, layout=None)
    axes = _place_strips(figure, strips, heights, (left, across), foot)
    for ax, tall, strip in zip(axes, heights, strips, strict=True):
        draw_marks(ax, list(marks), (strip.view.bottom - strip.view.top) / (tall / POINT))
    _draw_above(axes[0], strips[0], header, unit=bool(marks))
    _draw_lane_numbers(axes[-1], strips[-1], pitch)
    if legend:
        corner = (_EDGE / width, _EDGE / height)
        figure.legend(handles=legend, loc="lower left", bbox_to_anchor=corner, ncols=2, borderaxespad=0.0)
    return figure


def _place_strips(
    figure: Figure, strips: Sequence[_Strip], heights: Sequence[float], span: tuple[float, float], foot: float
) -> list[Axes]:
    """Draw the strips from top to bottom, ``foot`` mm above the lower edge, with their labels on the right.

    ``span`` is where they start from the left and how wide they are [mm].
    """
    left, across = span
    width, height = figure.get_size_inches() * 25.4
    bottom = foot + _EDGE + sum(heights) + _GAP * (len(strips) - 1)
    axes = []
    for strip, tall in zip(strips, heights, strict=True):
        bottom -= tall
        ax = figure.add_axes((left / width, bottom / height, across / width, tall / height))
        plot_blot(strip.picture, strip.lanes, strip.bands, ax=ax)
        ax.annotate(
            strip.label,
            xy=(1.0, 0.5),
            xycoords="axes fraction",
            xytext=(3.0, 0.0),
            textcoords="offset points",
            verticalalignment="center",
            fontsize=7.0,
        )
        axes.append(ax)
        bottom -= _GAP
    return axes
