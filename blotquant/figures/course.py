"""Course plot: groups along a number of ``group_by``, a time as a rule, one line for what was done to the cells.

The lines join geometric means; the reader sees the biological replicates beside them
(Lord et al. 2020, J Cell Biol 219:e202001064, doi 10.1083/jcb.202001064).
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from ..blot import FloatArray
from ..errors import TableError
from ..tables import further_columns
from .dose_axis import DoseAxis
from .grouped import draw_missing, middles, notes, value_column, y_label
from .legends import Entries, add_legends, legends_height
from .limits import mark_cut, set_fold_limits
from .names import Condition, as_numbers, cell_values, column_name, conditions, number, places_of, shorten, slots_of
from .replicates import LineLook, line_look, unsure_rows
from .style import GREY, POINT, SINGLE, new_axes, resize, styled, text_size

if TYPE_CHECKING:
    from matplotlib.axes import Axes

__all__ = ["MOST_LINES", "course_column", "plot_course"]

MOST_LINES = 12
"""Lines that one figure tells apart."""

_PLOT_HEIGHT = 52.0  # of the axes [mm]
_ROOM = (SINGLE - 15.0) / POINT  # width of the axes [point]
_SIZE = 6.5
_LONGEST = 26  # characters of a name in the legend
_WIDE = 50.0  # from so large a ratio of the numbers on the axis is logarithmic
_APART = 0.008  # of neighbouring lines, as a share of the axis
_TIMES = ("time", "minute", "minutes", "hour", "hours", "day", "days", "week", "weeks")
_THINGS = {"animal", "batch", "blot", "cell", "clone", "donor", "experiment", "gel", "id", "line", "mouse", "patient",
           "passage", "plate", "replicate", "sample", "subject", "well"}  # fmt: skip


def _is_axis(column: str, numbers: FloatArray) -> bool:
    """Tell numbers along which something runs from those that name things: donor 7, or 1, 2, 3 without a unit."""
    if column.lower() in _TIMES or column_name(column).endswith(")"):
        return True
    words = set(re.split(r"[^a-z]+", column.lower()))
    known = np.unique(numbers[np.isfinite(numbers)])
    return not words & _THINGS and not np.array_equal(known, np.arange(1, known.size + 1))


def course_column(groups: pd.DataFrame) -> str:
    """Return the ``group_by`` column along which groups make a course; an empty text where there is none.

    It holds numbers, and something was done at two of them at least.

    Parameters
    ----------
    groups : DataFrame
        Rows of ``groups``.
    """
    cells = further_columns(groups, "groups")
    for column in cells:
        numbers = as_numbers(cell_values(groups, column))
        if numbers is None or not _is_axis(column, numbers):
            continue
        lines = conditions(groups, [name for name in cells if name != column])
        if pd.Series(numbers).groupby(places_of(groups, lines)).nunique().max() > 1:
            return column
    return ""


class _NumberAxis:
    """Places along the axis: linear, or logarithmic with zero left of a break; a missing number stands at the left."""

    def __init__(self, numbers: FloatArray) -> None:
        known = np.unique(numbers[np.isfinite(numbers)])
        above = known[known > 0]
        self.values = [float(value) for value in known]
        self.blank = bool(np.isnan(numbers).any())
        wide = above.size > 2 and above[-1] / above[0] >= _WIDE and known[0] >= 0 and not self.blank
        self.log = DoseAxis(known) if wide else None
        span = float(known[-1] - known[0]) or 1.0
        self.missing = float(known[0]) - 0.15 * span
        ends = (self.log.place(known)) if self.log else known
        first = self.missing if self.blank else float(ends[0])
        self.low, self.high = first, float(ends[-1])

    @property
    def span(self) -> float:
        """Length between the first place and the last one [data unit]."""
        return (self.high - self.low) or 1.0

    def place(self, numbers: FloatArray) -> FloatArray:
        """Return where numbers lie along the axis."""
        placed = self.log.place(numbers) if self.log else numbers
        return np.where(np.isnan(numbers), self.missing, placed)

    def draw(self, ax: Axes) -> None:
        """Set limits, and a tick at each number whose label has room."""
        if self.log:
            self.log.draw(ax, _ROOM, size=_SIZE)
        else:
            ax.set_xlim(self.low - 0.06 * self.span, self.high + 0.06 * self.span)
        at = [float(x) for x in self.place(np.array(self.values))]
        ticks = [(x, number(value)) for x, value in zip(at, self.values, strict=True)]
        ticks = ([(self.missing, "–")] if self.blank else []) + ticks
        kept, per_unit = ticks[-1:], _ROOM / (1.12 * self.span)
        for x, text in reversed(ticks[:-1]):
            half = (text_size(text, _SIZE)[0] + text_size(kept[0][1], _SIZE)[0]) / 2 + 5.0
            kept = [(x, text), *kept] if (kept[0][0] - x) * per_unit >= half else kept
        ax.set_xticks([], minor=True)
        ax.set_xticks([x for x, _ in ticks], [text if (x, text) in kept else "" for x, text in ticks])


def _line_texts(lines: Sequence[Condition]) -> list[str]:
    """Name each line by what tells it from the others."""
    parts = [
        {**dict(line.cell), "stimulus": line.stimulus, "treatment": line.treatment, "dose": _dose_text(line)}
        for line in lines
    ]
    told = [name for name in (parts[0] if parts else {}) if len({part[name] for part in parts}) > 1]
    told = told or ["stimulus", "treatment", "dose"]
    texts = [", ".join(text for name in told if (text := shorten(part[name], _LONGEST))) for part in parts]
    return [text or "not named" for text in texts]


def _dose_text(line: Condition) -> str:
    return f"{number(line.dose)} {line.unit}".strip() if line.dose > 0 else ""


def _draw_line(
    ax: Axes, points: pd.DataFrame, groups: pd.DataFrame, x: tuple[FloatArray, FloatArray], value: str, look: LineLook
) -> None:
    """Draw one line: its lanes small and light, its means joined, their intervals; ``x`` of lanes and of groups."""
    unsure, y = unsure_rows(points), points[value].to_numpy(float)
    small: dict[str, Any] = {"marker": look.marker, "markersize": 2.6, "linestyle": "none", "alpha": 0.7, "zorder": 5}
    for rows, face in ((~unsure, look.colour), (unsure, "white")):
        ax.plot(x[0][rows], y[rows], markeredgecolor=look.colour, markerfacecolor=face, markeredgewidth=0.5, **small)
    order = np.argsort(x[1], kind="stable")
    at, mean = x[1][order], middles(groups)[order]
    ax.plot(at, mean, color=look.colour, linestyle=look.dash, marker=look.marker, markersize=4.0, zorder=4)
    low, high = (groups[name].to_numpy(float)[order] for name in ("ci_low", "ci_high"))
    known = np.isfinite(low) & np.isfinite(high)
    ax.vlines(at[known], low[known], high[known], color=look.colour, linewidth=0.8, zorder=3)


@styled
def plot_course(
    folds: pd.DataFrame, groups: pd.DataFrame, *, along: str, level: float = 0.95, ax: Axes | None = None
) -> Axes:
    """Draw groups along a number of ``group_by``: one line for each stimulus, treatment, dose and other cell.

    Parameters
    ----------
    folds : DataFrame
        Rows of ``folds`` (or ``ratios``) of one target, site and quantity.
    groups : DataFrame
        The rows of ``groups`` that summarise them.
    along : str
        The column of ``group_by`` that is the axis, ``time_min`` for example.
    level : float
        Confidence level of the intervals, for the legend.
    ax : Axes, optional
        Where to draw, with the caller's matplotlib settings; a figure of its own in journal style when left out.

    Returns
    -------
    Axes
        ``along`` along x [unit as in its name], logarithmic where its numbers span a ratio of 50 or more; fold (or
        ratio) along y. Small markers: lanes; lines join geometric means; bars: their intervals.

    Raises
    ------
    TableError
        The column holds no numbers.

    References
    ----------
    Lord et al. 2020, J Cell Biol 219:e202001064, doi 10.1083/jcb.202001064.
    """
    from matplotlib.lines import Line2D

    cells = further_columns(groups, "groups")
    lines = slots_of(groups, folds, [name for name in cells if name != along])
    value, of_points, of_groups = value_column(folds), places_of(folds, lines), places_of(groups, lines)
    xs = [as_numbers(cell_values(table, along)) for table in (folds, groups)]
    if xs[0] is None or xs[1] is None:
        numeric = [name for name in cells if as_numbers(cell_values(groups, name)) is not None]
        raise TableError(f"the column {along!r} holds no numbers; take {', '.join(numeric) or 'plot_groups instead'}")
    axis = _NumberAxis(xs[1])
    own = ax is None
    if ax is None:
        ax = new_axes(SINGLE, 60.0)
    shift = _APART * axis.span * (np.arange(len(lines)) - (len(lines) - 1) / 2)
    group_x = axis.place(xs[1]) + shift[of_groups.astype(int)]
    point_x = axis.place(xs[0]) + np.where(of_points >= 0, shift[of_points.astype(int)], np.nan)
    for place in range(len(lines)):
        mine, ours = of_points == place, of_groups == place
        _draw_line(ax, folds[mine], groups[ours], (point_x[mine], group_x[ours]), value, line_look(place))
    highs = groups["ci_high"].to_numpy(float)
    shown = np.concatenate([folds[value], groups["mean"], [1.0] if value == "fold" else []])
    cut = mark_cut(ax, group_x, highs, set_fold_limits(ax, shown, highs))
    lost = draw_missing(ax, folds, point_x, value)
    axis.draw(ax)
    ax.set_xlabel(column_name(along))
    ax.set_ylabel(y_label(folds, value, cells, _PLOT_HEIGHT))
    handles = []
    for place, text in enumerate(_line_texts(lines)):
        look = line_look(place)
        style: dict[str, Any] = {"color": look.colour, "linestyle": look.dash, "marker": look.marker}
        handles.append(Line2D([], [], label=text, **style))
    legends = [Entries(handles), Entries([*notes(folds, groups, value, level, cut=cut, colour=GREY), *lost])]
    add_legends(ax, legends, _ROOM)
    if own:
        resize(ax, SINGLE, _PLOT_HEIGHT + 9.0 + POINT * legends_height(legends, _ROOM))
    return ax
