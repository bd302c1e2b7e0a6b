"""Labels of conditions along an axis: doses, brackets of treatments under them, brackets of stimuli under those.

The same labels stand below a dose plot and above the lanes of a blot. They are wrapped or turned so that
no two of them touch, whatever the names are.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

import numpy as np

from ..blot import FloatArray
from .names import Condition, column_name, number, plain, shorten
from .style import broken_lines, text_size

if TYPE_CHECKING:
    from matplotlib.axes import Axes

__all__ = ["Label", "LabelRow", "draw_rows", "draw_slots", "label_rows", "names_width", "rows_height"]

_GAP = 2.5  # between rows [point]
_LINE = 2.5  # between a bracket's line and its text [point]
_CLEAR = 3.0  # between neighbours [point]
_LONGEST = 26  # characters of a turned label
_LONGEST_NAME = 14  # characters of what stands left of a row
_LINES = 2  # a label is wrapped into so many lines at most
_WIDE = 8.0  # a bracket wider than so many times its text size has its label shortened rather than turned


@dataclass(frozen=True)
class Label:
    """One text over the places ``first`` … ``last`` (inclusive); ``tail`` stays when the text is shortened."""

    text: str
    first: int
    last: int
    turned: bool = False
    tail: str = ""


@dataclass(frozen=True)
class LabelRow:
    """Labels side by side: where they start, away from the axis, their common height [point], and what they name."""

    labels: tuple[Label, ...]
    start: float
    height: float
    bracket: bool = False
    name: str = ""

    @property
    def stop(self) -> float:
        """Where the next row may start [point]."""
        return self.start + self.height + _GAP


def _wrapped(text: str, width: float, size: float, lines: int) -> str | None:
    """Break a text at its spaces so that it fits a width [point]; None when it does not."""
    out = broken_lines(plain(text), width, size)
    fits = len(out) <= lines and all(text_size(line, size)[0] <= width for line in out)
    return "\n".join(out) if fits else None


def _fitted(label: Label, width: float, size: float, *, bracket: bool) -> Label:
    """Wrap a label, or turn it where its room [point] is too narrow; a long one over a wide bracket is shortened."""
    text = _wrapped(label.text + label.tail, width, size, _LINES)
    most = int(width / (0.62 * size)) if bracket and width > _WIDE * size else _LONGEST
    short = shorten(label.text, max(4, most - len(label.tail))) + label.tail
    if text is None and most != _LONGEST:
        text = short
    if text is None:
        return Label(short, label.first, label.last, turned=True)
    return Label(text, label.first, label.last)


def _height(labels: Sequence[Label], size: float) -> float:
    return max((text_size(label.text, size)[0 if label.turned else 1] for label in labels), default=0.0)


def _runs(keys: Sequence[object]) -> list[tuple[int, int]]:
    """First and last place of each run of equal keys."""
    starts = [place for place, key in enumerate(keys) if place == 0 or key != keys[place - 1]]
    return [(start, stop - 1) for start, stop in zip(starts, [*starts[1:], len(keys)], strict=True)]


def _has_doses(places: Sequence[Condition]) -> bool:
    return any(math.isfinite(place.dose) and place.dose > 0 for place in places)


def _bracket_row(labels: Sequence[Label], pitch: float, size: float, start: float, name: str = "") -> LabelRow:
    shown = [label for label in labels if label.text.strip()]
    room = [pitch * (label.last - label.first + 1) - _CLEAR for label in shown]
    fitted = [_fitted(label, width, size, bracket=True) for label, width in zip(shown, room, strict=True)]
    return LabelRow(tuple(fitted), start + _LINE, _height(fitted, size), bracket=True, name=name)


def _level_row(labels: Sequence[Label], width: float, size: float, start: float, name: str = "") -> LabelRow:
    """Place doses, or names of treatments without doses: side by side they are turned all or none."""
    fitted = [_fitted(label, width, size, bracket=False) for label in labels]
    if any(label.turned for label in fitted):
        fitted = [Label(shorten(label.text, _LONGEST), label.first, label.last, turned=True) for label in labels]
    return LabelRow(tuple(fitted), start, _height(fitted, size), name=name)


@dataclass(frozen=True)
class _Levels:
    """Labels of the ``group_by`` columns whose values differ, what changes most often first.

    ``inner`` change within a treatment, ``outer`` span treatments; ``around`` holds the outer values of each place.
    """

    inner: list[tuple[str, list[Label]]]
    outer: list[tuple[str, list[Label]]]
    around: list[tuple[str, ...]]

    @classmethod
    def of(cls, places: Sequence[Condition]) -> _Levels:
        done = [(place.stimulus, place.treatment) for place in places]
        columns = [[value for _, value in column] for column in zip(*(place.cell for place in places), strict=True)]
        names = [name for name, _ in places[0].cell] if places else []
        differ = [(name, values) for name, values in zip(names, columns, strict=True) if len(set(values)) > 1]
        levels = cls([], [], [()] * len(places))
        within: list[tuple[object, ...]] = [(one,) for one in done]
        for name, values in sorted(differ, key=lambda one: len(_runs(one[1]))):  # the one farthest out first
            inside = len(_runs(values)) > len(_runs(done))
            around = within if inside else levels.around
            keys = [(*others, value) for others, value in zip(around, values, strict=True)]
            labels = [Label(values[first], first, last) for first, last in _runs(keys)]
            (levels.inner if inside else levels.outer).insert(0, (column_name(name), labels))
            if not inside:
                levels.around[:] = [(*others, value) for others, value in zip(levels.around, values, strict=True)]
            within = [(*others, value) for others, value in zip(within, values, strict=True)]
        return levels


def _cell_row(name: str, labels: Sequence[Label], pitch: float, size: float, start: float) -> LabelRow:
    """Place the values of a ``group_by`` column: under brackets where one of them spans several places."""
    if any(label.last > label.first for label in labels):
        return _bracket_row(labels, pitch, size, start, name)
    return _level_row(labels, pitch - _CLEAR / 3, size, start, name)


def _done_rows(
    places: Sequence[Condition], around: Sequence[object], pitch: float, size: float, start: float
) -> list[LabelRow]:
    """Place the doses, and names of treatments without doses; brackets over the doses; brackets over stimuli."""
    stimuli = [(outside, place.stimulus) for outside, place in zip(around, places, strict=True)]
    runs = _runs([(one, place.treatment) for one, place in zip(stimuli, places, strict=True)])
    dosed = [run for run in runs if _has_doses(places[run[0] : run[1] + 1])]
    others = [run for run in runs if run not in dosed]
    doses = [Label(number(places[at].dose), at, at) for first, last in dosed for at in range(first, last + 1)]
    rows = [_level_row(doses, pitch - _CLEAR / 3, size, start)]
    drugs = [
        Label(places[first].treatment, first, last, tail=f" ({places[first].unit})" if places[first].unit else "")
        for first, last in dosed
    ]
    rows.append(_bracket_row(drugs, pitch, size, rows[0].stop))
    names = [Label(places[at].treatment, at, at) for first, last in others for at in range(first, last + 1)]
    rows.append(_level_row(names, pitch - _CLEAR, size, start))
    spurs = [Label(places[first].stimulus, first, last) for first, last in _runs(stimuli)]
    rows.append(_bracket_row(spurs, pitch, size, max(row.stop for row in rows if row.labels)))
    return [row for row in rows if row.labels]


def label_rows(places: Sequence[Condition], pitch: float, *, size: float = 6.5, start: float = 5.0) -> list[LabelRow]:
    """Lay out the labels of conditions that stand side by side.

    Parameters
    ----------
    places : sequence of Condition
        What stands at each place, from left to right.
    pitch : float
        Room of one place [point].
    size : float
        Text size [point].
    start : float
        Distance of the first row from the axis [point].

    Returns
    -------
    list of LabelRow
        Next to the axis times and other ``group_by`` values that change within a treatment; then the doses, and the
        names of treatments without doses; then brackets over the doses of a treatment; then brackets over what shares
        a stimulus; then brackets over what shares another ``group_by`` value. Of these, what is the same everywhere is
        left out.
    """
    if not places:
        return []
    levels, rows = _Levels.of(places), list[LabelRow]()
    for name, labels in levels.inner:
        rows.append(_cell_row(name, labels, pitch, size, max(start, rows_height(rows))))
    rows += _done_rows(places, levels.around, pitch, size, max(start, rows_height(rows)))
    for name, labels in levels.outer:
        rows.append(_cell_row(name, labels, pitch, size, max(start, rows_height(rows))))
    return rows


def rows_height(rows: Sequence[LabelRow]) -> float:
    """Height that the rows take, measured from the axis [point]."""
    return max((row.stop for row in rows), default=0.0)


def draw_rows(
    ax: Axes,
    rows: Sequence[LabelRow],
    xs: FloatArray,
    *,
    side: Literal["bottom", "top"] = "bottom",
    size: float = 6.5,
) -> None:
    """Draw rows of labels outside the axes.

    Parameters
    ----------
    ax : Axes
        Where the places lie.
    rows : sequence of LabelRow
        From `label_rows`.
    xs : ndarray of shape (n,)
        Centre of each place in the axis' data units.
    side : str
        ``bottom`` (below a plot) or ``top`` (above lanes).
    size : float
        Text size [point].
    """
    sign = -1.0 if side == "bottom" else 1.0
    half = 0.38 * float(np.median(np.diff(xs))) if len(xs) > 1 else 0.38
    for row in rows:
        if row.bracket:
            _draw_brackets(ax, row, xs, half, sign * (row.start - _LINE))
        _draw_texts(ax, row, xs, sign * row.start, size)
        if row.name:
            _draw_name(ax, row, sign * (row.start + row.height / 2.0), size)


def _draw_brackets(ax: Axes, row: LabelRow, xs: FloatArray, half: float, offset: float) -> None:
    """Draw a line over the places of each label of a row, ``offset`` points away from the axis."""
    from matplotlib.lines import Line2D
    from matplotlib.transforms import ScaledTranslation

    figure = ax.get_figure()
    if figure is None:
        raise ValueError("brackets need axes that stand in a figure")
    shift = ScaledTranslation(0.0, offset / 72.0, figure.dpi_scale_trans)
    edge = 0.0 if offset < 0 else 1.0
    for label in row.labels:
        line = Line2D([xs[label.first] - half, xs[label.last] + half], [edge, edge], color="black", linewidth=0.6)
        line.set_transform(ax.get_xaxis_transform() + shift)
        line.set_clip_on(False)
        line.set_in_layout(False)
        ax.add_artist(line)


def _draw_texts(ax: Axes, row: LabelRow, xs: FloatArray, offset: float, size: float) -> None:
    """Write the labels of a row, ``offset`` points away from the axis."""
    below = offset < 0
    for label in row.labels:
        if label.text:
            ax.annotate(
                label.text,
                xy=((xs[label.first] + xs[label.last]) / 2.0, 0.0 if below else 1.0),
                xycoords=ax.get_xaxis_transform(),
                xytext=(0.0, offset),
                textcoords="offset points",
                horizontalalignment="center",
                verticalalignment="top" if below else "bottom",
                rotation=90.0 if label.turned else 0.0,
                fontsize=size,
                annotation_clip=False,
            )


def _draw_name(ax: Axes, row: LabelRow, offset: float, size: float) -> None:
    """Write what the labels of a row are left of the axes, level with them."""
    ax.annotate(
        shorten(row.name, _LONGEST_NAME),
        xy=(0.0, 0.0 if offset < 0 else 1.0),
        xycoords="axes fraction",
        xytext=(-4.0, offset),
        textcoords="offset points",
        horizontalalignment="right",
        verticalalignment="center",
        fontsize=size,
        annotation_clip=False,
    )


def names_width(places: Sequence[Condition], size: float = 6.5) -> float:
    """Room that the names of ``group_by`` columns take left of the labels of some places [point]."""
    levels = _Levels.of(places)
    names = [shorten(name, _LONGEST_NAME) for name, _ in [*levels.inner, *levels.outer]]
    return max((text_size(name, size)[0] + 6.0 for name in names), default=0.0)


def draw_slots(ax: Axes, slots: Sequence[Condition], room: float) -> float:
    """Make an axis of conditions, one slot each, with their labels below.

    Parameters
    ----------
    ax : Axes
        Its x axis becomes slots 0, 1, 2 ….
    slots : sequence of Condition
        From left to right.
    room : float
        Width of the axes [point].

    Returns
    -------
    float
        Height of the labels below the axis [point].
    """
    rows = label_rows(slots, room / (len(slots) + 0.2))
    xs = np.arange(len(slots), dtype=np.float64)
    ax.set_xlim(-0.6, len(slots) - 0.4)
    ax.set_xticks(xs, [""] * len(slots))
    draw_rows(ax, rows, xs)
    return rows_height(rows)
