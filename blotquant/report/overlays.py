"""Pictures of the membranes with what was measured drawn over them, as data for the page."""

from __future__ import annotations

import base64
import functools
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import cv2
import numpy as np
import pandas as pd

from ..blot import FloatArray
from ..figures.blots import doubts
from ..figures.brackets import LabelRow, label_rows, rows_height
from ..figures.marks import Mark, mass_marks, spaced
from ..figures.names import number, plain
from ..figures.panels import image_label, lane_conditions, order_images, unused_lanes
from ..figures.pictures import Picture, decode_png, encode_png
from ..geometry import evaluate_curve, parse_curve
from ..tables import further_columns
from .parting import Parted
from .source import ReportSource
from .wording import big, condition_text, flags_text, mass_text
from .worries import placing_notes

__all__ = ["BAND_COLUMNS", "MembraneView", "fitted_png", "membrane_views", "shown_images"]

BAND_COLUMNS = (
    "lane",
    "loaded with",
    "row",
    "target",
    "volume [AU px]",
    "± standard error",
    "background [AU px]",
    "signal / noise",
    "height [AU]",
    "saturated [px]",
    "mass [kDa]",
    "detected",
    "centre (row, column) [px]",
    "doubts",
)
"""What is shown of a band that the reader points at."""

_ALL_PICTURES = 4_200_000  # bytes of PNG inside one page, so that a page of six membranes stays under 8 MB
_LEAST_PICTURE = 60_000
_MOST_MEMBRANES = 40
_CELL_END = "\x1f"  # the unit separator of ASCII
_SCREEN = 750.0  # width of a picture on screen [point]


@dataclass(frozen=True)
class Box:
    """One band: its box, looks, name for a screen reader, lane, and level of the background [AU].

    `values` is its row of the table, cells joined by a sign that no text holds.
    """

    left: float
    top: float
    width: float
    height: float
    look: str
    label: str
    values: str
    lane: int
    level: float


@dataclass(frozen=True)
class ImageView:
    """One image: its picture and everything drawn on it, in pixels of the upright file."""

    image: str
    label: str
    src: str
    width: int
    height: int
    lanes: tuple[tuple[int, str, float, float], ...]
    boxes: tuple[Box, ...]
    rows: tuple[tuple[float, float, str], ...]
    text: float
    shown: str
    note: str
    profiles: Mapping[str, tuple[float, float, tuple[float, ...]]]


@dataclass(frozen=True)
class HeaderText:
    """One text of the lanes' heading, how it stands, and the line under it where it is a bracket."""

    text: str
    x: float
    y: float
    turned: bool
    line: tuple[float, float, float] | None
    anchor: str = "middle"


@dataclass(frozen=True)
class MembraneView:
    """One membrane: the heading of its lanes, and its images from phospho to stain."""

    name: str
    header: tuple[HeaderText, ...]
    header_width: float
    header_height: float
    header_size: float
    note: str
    marks: tuple[Mark, ...]
    images: tuple[ImageView, ...]


@dataclass(frozen=True)
class _Drawn:
    """What the views are made from, its tables parted by image once for all of them."""

    result: ReportSource
    limit: int
    lanes: Parted
    bands: Parted
    profiles: Parted
    notes: Mapping[tuple[str, str], str]
    named: bool

    @classmethod
    def of(cls, result: ReportSource, limit: int) -> _Drawn:
        lanes, bands, profiles = map(Parted, (result.lanes, result.bands, result.profiles))
        named = bool((result.bands["target"] != "").any())
        return cls(result, limit, lanes, bands, profiles, placing_notes(result), named)


@functools.lru_cache(maxsize=128)  # the report and the review page show the same pictures
def fitted_png(png: bytes, limit: int) -> bytes:
    """Average a picture down until its PNG has at most so many bytes."""
    if len(png) <= limit:
        return png
    grey = decode_png(png)
    while len(png) > limit and min(grey.shape) > 80:
        share = max(0.5, min(0.9, (limit / len(png)) ** 0.5))
        grey = np.asarray(cv2.resize(grey, None, fx=share, fy=share, interpolation=cv2.INTER_AREA), dtype=np.uint8)
        png = encode_png(grey)
    return png


def _band_values(row: Mapping[str, Any], loaded: str) -> tuple[str, ...]:
    centre = f"{float(row['centre_row']):.1f}, {float(row['centre_col']):.1f}"
    flags = flags_text(row["flags"]) or "none"
    return (
        str(row["lane"]),
        loaded,
        plain(row["band"]),
        plain(row["target"]) or "–",
        big(float(row["volume"])),
        big(float(row["volume_se"])),
        big(float(row["background"])),
        number(float(row["snr"])),
        big(float(row["height"])),
        str(row["saturated"]),
        mass_text(row),
        "yes" if row["detected"] else "no",
        centre,
        flags,
    )


def _band_label(values: Sequence[str]) -> str:
    lane, loaded, row, target, volume, error = values[:6]
    what = f"row {row}" + (f" ({target})" if target != "–" else "")
    seen = "" if values[11] == "yes" else ", not detected"
    doubted = "" if values[-1] == "none" else f"; {values[-1]}"
    return f"Lane {lane}{', ' + loaded if loaded else ''}: {what}, volume {volume} ± {error}{seen}{doubted}"


def _box(row: Mapping[str, Any], file_row: Mapping[str, Any], loaded: str, *, named: bool, used: bool) -> Box:
    """Make the box of a band; the target's row in a ladder or an empty lane is no band of the target."""
    looks = ["band", "target" if used and (row["target"] or not named) else "other"]
    looks += ["doubted"] if doubts(str(row["flags"])) else []
    looks += [] if row["detected"] else ["missing"]
    values = _band_values(file_row, loaded)
    left, top = float(row["left"]), float(row["top"])
    width, height = float(row["right"]) - left, float(row["bottom"]) - top
    level = float(row["background"]) / max(1.0, width * height)
    told = (_band_label(values), _CELL_END.join(values))
    return Box(left, top, width, height, " ".join(looks), *told, int(row["lane"]), level)


def _lane_line(row: Mapping[str, Any], height: int) -> str:
    """Points of a lane's centre line as an SVG polyline."""
    points = parse_curve(str(row["curve"]))
    top, bottom = max(0.0, float(row["top"])), min(float(height), float(row["bottom"]))
    if not len(points) or not bottom > top:
        return ""
    rows = np.linspace(top, bottom, 2 if len(points) < 3 else 7)
    columns = evaluate_curve(points[:, 0], points[:, 1], rows)
    return " ".join(f"{col + 0.5:.1f},{row + 0.5:.1f}" for row, col in zip(rows, columns, strict=True))


def _row_names(rows: Sequence[Mapping[str, Any]], text: float) -> tuple[tuple[float, float, str], ...]:
    """Left edge and height of each row at its leftmost lane, and its number; none on another, targets first."""
    found: dict[str, tuple[float, float, float]] = {}
    for row in sorted(rows, key=lambda row: (not row["target"], float(row["left"]))):
        found.setdefault(str(row["band"]), (float(row["top"]), float(row["bottom"]), float(row["left"])))
    kept: list[tuple[float, float, str]] = []
    for name, (top, bottom, left) in found.items():
        middle = (top + bottom) / 2
        if all(abs(middle - other) > text for _, other, _ in kept):
            kept.append((left, middle, plain(name)))
    return tuple(kept)


def _image_view(image: pd.Series[Any], picture: Picture, drawn: _Drawn, loaded: dict[int, str]) -> ImageView:
    called, (height, width) = str(image["image"]), picture.shape
    upright = drawn.lanes.upright(called, picture.frame)
    lines = [
        (int(row["lane"]), _lane_line(row, height), float(row["centre"]) + 0.5, float(row["width"])) for row in upright
    ]
    placed = drawn.bands.upright(called, picture.frame)
    pairs = zip(placed, drawn.bands.rows(called), strict=True)
    unused = unused_lanes(drawn.result.images, drawn.result.samples, called)
    boxes = [
        _box(row, own, loaded.get(lane, ""), named=drawn.named, used=lane not in unused)
        for row, own in pairs
        for lane in [int(row["lane"])]
    ]
    boxes.sort(key=lambda box: (round(box.top / max(1.0, box.height)), box.left))
    pitch = float(np.median([line[3] for line in lines])) if lines else width / 12
    shown = f"linear from {big(picture.low)} (white) to {big(picture.high)} AU (black), whole picture, not cropped"
    src = "data:image/png;base64," + base64.b64encode(fitted_png(picture.png, drawn.limit)).decode("ascii")
    text = max(0.009 * width, min(0.45 * pitch, 0.014 * width))
    label = image_label(image).replace("\n", " ")
    over = (tuple(lines), tuple(boxes), _row_names(placed, text))
    note, profiles = drawn.notes.get(("image", called), ""), _profiles(drawn.profiles.rows(called))
    return ImageView(called, label, src, width, height, *over, text, shown, note, profiles)


def _profiles(rows: Sequence[Mapping[str, Any]]) -> dict[str, tuple[float, float, tuple[float, ...]]]:
    """First row, step and values of each lane's profile."""
    return {
        str(row["lane"]): (float(row["first"]), float(row["step"]), tuple(map(float, str(row["signal"]).split())))
        for row in rows
    }


def _header(
    rows: Sequence[LabelRow], centres: FloatArray, width: float, scale: float, size: float
) -> tuple[HeaderText, ...]:
    """Place the labels of lanes above them, in pixels of the picture; y counts from the heading's top."""
    total = rows_height(rows)
    half = 0.38 * float(np.median(np.diff(centres))) if len(centres) > 1 else 10.0
    found = []
    for row in rows:
        for label in row.labels:
            first, last = float(centres[label.first]), float(centres[label.last])
            low = (total - row.start) * scale
            line = (first - half, last + half, low + 1.2 * scale) if row.bracket else None
            lines = label.text.split("\n")
            baseline = low - 0.25 * size * scale  # descenders stay above the line
            for place, text in enumerate(lines):
                y = baseline - (len(lines) - 1 - place) * 1.3 * size * scale
                found.append(HeaderText(text, (first + last) / 2, y, label.turned, line if place == 0 else None))
        found += _row_name(row, centres, width, (total - row.start - 0.25 * size) * scale, size * scale)
    return tuple(found)


def _row_name(row: LabelRow, centres: FloatArray, width: float, y: float, size: float) -> list[HeaderText]:
    """Name a row of the heading in the free room left or right of its labels; where there is none, leave it unsaid."""
    if not row.name or not row.labels:
        return []
    ends = row.labels[0], row.labels[-1]
    half = [0.31 * size * (1 if label.turned else max(map(len, label.text.split("\n")))) for label in ends]
    left = (centres[ends[0].first] + centres[ends[0].last]) / 2 - half[0]
    right = width - (centres[ends[1].first] + centres[ends[1].last]) / 2 - half[1]
    if row.bracket:
        left, right = min(left, float(centres[0])), min(right, width - float(centres[-1]))
    wanted = 0.62 * size * (len(row.name) + 1)
    if max(left, right) < wanted:
        return []
    at_left = left >= wanted
    return [HeaderText(row.name, 2.0 if at_left else width - 2.0, y, False, None, "start" if at_left else "end")]


def _membrane_view(name: str, images: pd.DataFrame, drawn: _Drawn) -> MembraneView:
    result, samples = drawn.result, drawn.result.samples
    mine = samples[samples["membrane"] == name] if len(samples) else samples
    loaded = {int(row["lane"]): condition_text(row) for _, row in mine.iterrows()}
    shown = [row for _, row in order_images(images).iterrows() if row["image"] in result.pictures]
    views = tuple(_image_view(row, result.pictures[row["image"]], drawn, loaded) for row in shown)
    first = sorted(views[0].lanes)
    centres = np.array([lane[2] for lane in first])
    scale, size = views[0].width / _SCREEN, 8.0
    pitch = float(np.diff(centres).min()) / scale if len(centres) > 1 else 60.0
    cells = further_columns(result.groups, "groups")
    places = lane_conditions(mine, [lane[0] for lane in first], cells) if len(mine) else []
    rows = label_rows(places, pitch, size=size, start=3.0) if places and pitch > 0 else []
    header = _header(rows, centres, views[0].width, scale, size)
    height = (rows_height(rows) + 2.0) * scale if rows else 0.0
    note = drawn.notes.get(("membrane", name), "")
    marks = tuple(
        spaced(mass_marks(result.calibration, name, last=True), 0.0, float(views[0].height), 1.2 * views[0].text)
    )
    return MembraneView(name, header, views[0].width, height, size * scale, note, marks, views)


def membrane_views(result: ReportSource) -> tuple[list[MembraneView], int]:
    """Prepare the membranes for the page.

    Returns
    -------
    list of MembraneView
        At most forty of them, those with doubts first.
    int
        How many membranes are not shown.
    """
    shown, hidden, limit = shown_images(result)
    if shown.empty:
        return [], hidden
    drawn = _Drawn.of(result, limit)
    return [_membrane_view(str(name), rows, drawn) for name, rows in shown.groupby("membrane", sort=False)], hidden


def shown_images(result: ReportSource) -> tuple[pd.DataFrame, int, int]:
    """Choose the images that a page shows.

    Returns
    -------
    DataFrame
        Rows of the images of at most forty membranes; of more, those with most doubts, worst first.
    int
        How many membranes are not shown.
    int
        How many bytes each picture may have.
    """
    if not len(result.images):
        return result.images, 0, _ALL_PICTURES
    images = result.images[result.images["image"].isin(list(result.pictures))]
    names = list(dict.fromkeys(images["membrane"]))
    doubted = result.bands[result.bands["flags"].map(lambda text: bool(doubts(text))).astype(bool)]
    count = images["image"].map(doubted["image"].value_counts()).fillna(0).groupby(images["membrane"]).sum()
    if len(names) > _MOST_MEMBRANES:
        names = sorted(names, key=lambda name: -float(count[name]))[:_MOST_MEMBRANES]
    order = {name: place for place, name in enumerate(names)}
    shown = images[images["membrane"].isin(names)]
    shown = shown.iloc[shown["membrane"].map(order).argsort(kind="stable")]
    return shown, images["membrane"].nunique() - len(names), max(_LEAST_PICTURE, _ALL_PICTURES // max(1, len(shown)))
