"""Grouped dose plot: every replicate, its mean and its interval, treatments and doses under brackets.

A superplot without bars: the reader sees the biological replicates, which are what is counted
(Lord et al. 2020, J Cell Biol 219:e202001064, doi 10.1083/jcb.202001064).
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from ..blot import FloatArray
from ..conditions import complete, in_folds
from ..tables import further_columns
from .brackets import draw_slots, names_width
from .legends import Entries, add_legends, legends_height
from .limits import mark_cut, set_fold_limits
from .names import interval_name, places_of, plain, quantity_name, slots_of
from .replicates import draw_replicates, hollow_handle, replicate_entries
from .style import DOUBLE, GREY, POINT, SINGLE, broken_lines, new_axes, resize, styled

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.lines import Line2D

__all__ = ["draw_missing", "middles", "notes", "plot_groups", "value_column", "y_label"]

_PLOT_HEIGHT = 46.0  # of the axes [mm]
_AXIS_WIDTH = 15.0  # what the y axis takes, with two lines of its label [mm]
_LABEL = 7.0  # size of that label [point]
_WIDEST_SINGLE = 12  # so many conditions fit one column


def value_column(points: pd.DataFrame) -> str:
    """Folds where a reference was loaded, ratios otherwise, as groups are made."""
    return "fold" if in_folds(complete(points, "folds")).any() else "ratio"


def middles(groups: pd.DataFrame) -> FloatArray:
    """Geometric mean of each group, or the mean where a value is not positive."""
    geometric = groups["geometric_mean"].to_numpy(float)
    return np.where(np.isfinite(geometric), geometric, groups["mean"].to_numpy(float))


def _draw_means(ax: Axes, groups: pd.DataFrame, x: FloatArray) -> None:
    """Draw the middle of each group, and the interval of its geometric mean."""
    ax.hlines(middles(groups), x - 0.32, x + 0.32, color="black", linewidth=1.2, zorder=4)
    low, high = groups["ci_low"].to_numpy(float), groups["ci_high"].to_numpy(float)
    known = np.isfinite(low) & np.isfinite(high) & groups["geometric_mean"].notna().to_numpy()
    ax.vlines(x[known] + 0.26, low[known], high[known], color="black", linewidth=0.8, zorder=4)


def draw_missing(ax: Axes, points: pd.DataFrame, x: FloatArray, value: str) -> list[Line2D]:
    """Set a cross on the axis for each lane without a value; return the legend entry that says why there is none."""
    from matplotlib.lines import Line2D

    missing = points[value].isna().to_numpy() & np.isfinite(x)
    if not missing.any():
        return []
    look: dict[str, Any] = {"linestyle": "none", "marker": "x", "markeredgecolor": GREY}
    ax.plot(x[missing], np.zeros(missing.sum()), transform=ax.get_xaxis_transform(), clip_on=False, **look)
    measured = points["ratio"].notna().to_numpy()[missing]
    why = ["saturated or without partner"] if not measured.all() else []
    why += ["its reference has none"] if measured.any() else []
    return [Line2D([], [], label=f"no value ({'; '.join(why)})", **look)]


def notes(
    points: pd.DataFrame, groups: pd.DataFrame, value: str, level: float, *, cut: bool, colour: str = "black"
) -> list[Line2D]:
    """Legend entries for means, intervals and hollow markers."""
    from matplotlib.lines import Line2D

    known = groups["geometric_mean"].notna()
    text = "geometric mean" if known.any() else "mean"
    text += f", {interval_name(level)}" if groups["ci_low"].notna().any() else ""
    text += " (arrow: goes on)" if cut else ""
    text += "; mean alone where a value ≤ 0" if known.any() and not known.all() else ""
    return [Line2D([], [], color=colour, linewidth=1.2, label=text), *hollow_handle(points[points[value].notna()])]


def _reference(points: pd.DataFrame, cells: Sequence[str]) -> str:
    """Name the reference without the ``group_by`` cell that it was taken from; not where there are several."""
    of_cell = rf" \((?:{'|'.join(map(re.escape, cells))}) [^()]*\)$" if cells else "$^"
    texts = [plain(part) for text in dict.fromkeys(points["reference"]) for part in str(text).split("; ")]
    names = list(dict.fromkeys(re.sub(of_cell, "", text) for text in texts if text))
    return names[0] if len(names) == 1 else "reference"


def y_label(points: pd.DataFrame, value: str, cells: Sequence[str], tall: float) -> str:
    """Write what was measured and in what, on lines as long as the axis is tall [mm]."""
    first = points.iloc[0]
    name = quantity_name(first["target"], first["site"], first["quantity"])
    what = f"fold of {_reference(points, cells)}" if value == "fold" else "ratio [AU]"
    return "\n".join(line for text in (name, what) for line in broken_lines(text, tall / POINT, _LABEL))


@styled
def plot_groups(folds: pd.DataFrame, groups: pd.DataFrame, *, level: float = 0.95, ax: Axes | None = None) -> Axes:
    """Draw every replicate by treatment and dose, with the mean and interval of each group.

    Parameters
    ----------
    folds : DataFrame
        Rows of ``folds`` (or ``ratios``) of one target, site and quantity.
    groups : DataFrame
        The rows of ``groups`` that summarise them.
    level : float
        Confidence level of their intervals, for the legend.
    ax : Axes, optional
        Where to draw, with the caller's matplotlib settings; a figure of its own in journal style when left out.

    Returns
    -------
    Axes
        Conditions along x, with their ``group_by`` values; fold (or ratio) along y. Hollow: a band is below its limit
        of quantification.
        A cross on the axis: a lane without a value.

    References
    ----------
    Lord et al. 2020, J Cell Biol 219:e202001064, doi 10.1083/jcb.202001064.
    """
    cells = further_columns(groups, "groups")
    slots, value = slots_of(groups, folds, cells), value_column(folds)
    x = places_of(folds, slots)
    points, x = folds[x >= 0], x[x >= 0]
    label = y_label(points, value, cells, _PLOT_HEIGHT)
    width = SINGLE if len(slots) <= _WIDEST_SINGLE else max(DOUBLE, 5.0 * len(slots))
    left = max(_AXIS_WIDTH / POINT + 1.3 * _LABEL * max(0, label.count("\n") - 1), names_width(slots))
    room = width / POINT - left
    own = ax is None
    if ax is None:
        ax = new_axes(width, 1.0)
    names = list(dict.fromkeys(points["replicate"]))
    draw_replicates(ax, points, x - 0.08, points[value].to_numpy(float), names=names, width=0.36)
    group_x = places_of(groups, slots)
    _draw_means(ax, groups, group_x)
    highs = groups["ci_high"].to_numpy(float)
    top = set_fold_limits(ax, np.concatenate([points[value], groups["mean"], [1.0] if value == "fold" else []]), highs)
    cut = mark_cut(ax, group_x + 0.26, highs, top)
    lost = draw_missing(ax, points, x, value)
    if value == "fold":
        ax.axhline(1.0, color=GREY, linewidth=0.5, linestyle=(0, (4, 3)), zorder=1)
    below = draw_slots(ax, slots, room)
    ax.set_ylabel(label)
    shown = set(points.loc[points[value].notna(), "replicate"])
    legends = [replicate_entries(names, shown=shown), Entries([*notes(points, groups, value, level, cut=cut), *lost])]
    add_legends(ax, legends, room)
    if own:
        resize(ax, width, _PLOT_HEIGHT + POINT * (below + legends_height(legends, room) + 4.0))
    return ax
