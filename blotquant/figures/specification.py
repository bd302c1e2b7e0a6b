"""Specification plot: each group's fold under every choice that the user could have defended.

A conclusion that hangs on one choice is seen at once
(Simonsohn, Simmons & Nelson 2020, Nat Hum Behav 4:1208, doi 10.1038/s41562-020-0912-z).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from ..blot import FloatArray
from ..tables import further_columns
from .brackets import draw_slots, names_width
from .legends import Entries, add_legends, legends_height
from .limits import mark_cut, set_fold_limits
from .names import COMBINED, interval_name, option_name, places_of, quantity_name, shorten, slots_of
from .replicates import series_style
from .style import DOUBLE, GREY, POINT, new_axes, resize, styled

if TYPE_CHECKING:
    from matplotlib.artist import Artist
    from matplotlib.axes import Axes
    from matplotlib.lines import Line2D

__all__ = ["plot_sensitivity"]

_PLOT_HEIGHT = 46.0  # of the axes [mm]
_AXIS_WIDTH = 15.0  # what the y axis takes [mm]
_MOST_NAMED = 23


def _draw_default(ax: Axes, table: pd.DataFrame, x: FloatArray) -> None:
    """Draw the fold under the choices that the result was made with, and its interval as a grey field."""
    low, high = table["ci_low"].to_numpy(float), table["ci_high"].to_numpy(float)
    known = np.isfinite(low) & np.isfinite(high)
    ax.bar(x[known], (high - low)[known], bottom=low[known], width=0.8, color="#dddddd", linewidth=0, zorder=1)
    ax.hlines(table["fold"], x - 0.4, x + 0.4, color="black", linewidth=1.2, zorder=2)


def _draw_options(ax: Axes, table: pd.DataFrame, x: FloatArray) -> list[Line2D]:
    """Draw the folds under other choices side by side, combinations behind them; return their legend entries."""
    from matplotlib.lines import Line2D

    many = (table["choice"] == COMBINED).to_numpy()
    behind = _draw_combined(ax, table[many], x[many])
    table, x = table[~many], x[~many]
    options = list(dict.fromkeys(zip(table["choice"], table["option"], strict=True)))
    shifts = np.linspace(-0.36, 0.36, len(options)) if len(options) > 1 else np.zeros(len(options))
    handles = []
    for place, (choice, option) in enumerate(options):
        mine = ((table["choice"] == choice) & (table["option"] == option)).to_numpy()
        colour, marker = series_style(place)
        look: dict[str, Any] = {"linestyle": "none", "marker": marker, "color": colour, "markersize": 2.6}
        ax.plot(x[mine] + shifts[place], table["fold"].to_numpy(float)[mine], zorder=3, **look)
        handles.append(Line2D([], [], label=option_name(choice, option), **look))
    return [*handles[:_MOST_NAMED], *behind]


def _draw_combined(ax: Axes, table: pd.DataFrame, x: FloatArray) -> list[Line2D]:
    """Draw the folds under combinations of choices as a column of small grey dots, which one entry names."""
    from matplotlib.lines import Line2D

    if not len(table):
        return []
    look: dict[str, Any] = {"linestyle": "none", "marker": ".", "color": GREY, "markersize": 1.6}
    places = pd.factorize(table["option"])[0]
    shifts = 0.72 * places / max(int(places.max()), 1) - 0.36
    ax.plot(x + shifts, table["fold"].to_numpy(float), zorder=2.5, **look)
    return [Line2D([], [], label=f"{table['option'].nunique()} combinations of these", **look)]


def _reported_handles(level: float) -> list[Artist]:
    from matplotlib.lines import Line2D
    from matplotlib.patches import Patch

    line = Line2D([], [], color="black", linewidth=1.2, label="as reported")
    return [line, Patch(color="#dddddd", label=f"its {interval_name(level)}")]


@styled
def plot_sensitivity(
    sensitivity: pd.DataFrame, *, like: pd.DataFrame | None = None, level: float = 0.95, ax: Axes | None = None
) -> Axes:
    """Draw how far each group's fold moves under other backgrounds, normalisations and controls.

    Parameters
    ----------
    sensitivity : DataFrame
        Rows of ``sensitivity`` of one target, site and quantity.
    like : DataFrame, optional
        A table (``folds``) in whose order the conditions stand.
    level : float
        Confidence level of the intervals, for the legend.
    ax : Axes, optional
        Where to draw, with the caller's matplotlib settings; a figure of its own in journal style when left out.

    Returns
    -------
    Axes
        Conditions along x. Black line and grey field: fold and interval as reported; marks: other choices.

    References
    ----------
    Simonsohn, Simmons & Nelson 2020, Nat Hum Behav 4:1208, doi 10.1038/s41562-020-0912-z.
    """
    cells = further_columns(sensitivity, "sensitivity")
    slots = slots_of(sensitivity, sensitivity if like is None else like, cells)
    x = places_of(sensitivity, slots)
    default = sensitivity["default"].to_numpy(bool)
    width = max(DOUBLE, 5.0 * len(slots))
    room = width / POINT - max(_AXIS_WIDTH / POINT, names_width(slots))
    own = ax is None
    if ax is None:
        ax = new_axes(width, 60.0)
    first = (
        ~sensitivity.duplicated(["stimulus", "treatment", "dose", *cells]).to_numpy() if not default.any() else default
    )
    shown = sensitivity[first].assign(place=x[first]).drop_duplicates("place")
    _draw_default(ax, shown, shown["place"].to_numpy(float))
    marks = _draw_options(ax, sensitivity[~default], x[~default])
    ax.axhline(1.0, color=GREY, linewidth=0.5, linestyle=(0, (4, 3)), zorder=1)
    top = set_fold_limits(ax, sensitivity["fold"].to_numpy(float), shown["ci_high"].to_numpy(float))
    mark_cut(ax, shown["place"].to_numpy(float), shown["ci_high"].to_numpy(float), top)
    below = draw_slots(ax, slots, room)
    row = sensitivity.iloc[0]
    ax.set_ylabel(f"{shorten(quantity_name(row['target'], row['site'], row['quantity']), 34)}\nfold")
    legends = [Entries(_reported_handles(level)), Entries(marks)]
    add_legends(ax, legends, room)
    if own:
        resize(ax, width, _PLOT_HEIGHT + POINT * (below + legends_height(legends, room) + 4.0))
    return ax
