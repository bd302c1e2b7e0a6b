"""Precision plot: the measuring error of every target band against its volume."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from .legends import Entries, add_legends, legends_height
from .names import number, shorten
from .style import COLOURS, GREY, POINT, SINGLE, new_axes, resize, styled

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.axis import Axis

__all__ = ["plot_precision", "power", "set_decades"]

_RAISED = str.maketrans("0123456789-", "⁰¹²³⁴⁵⁶⁷⁸⁹⁻")
_PLOT_HEIGHT = 46.0  # of the axes [mm]
_ROOM = (SINGLE - 13.0) / POINT  # width of the axes [point]


def power(value: float, _: int) -> str:
    """Write a power of ten."""
    return "10" + f"{round(np.log10(value)):d}".translate(_RAISED)


def set_decades(axis: Axis, values: pd.Series[float], text: Callable[[float, int], str]) -> tuple[float, float]:
    """Label every decade of a logarithmic axis; return the limits, which are whole decades."""
    from matplotlib.ticker import FixedLocator, FuncFormatter, NullFormatter

    low, high = (float(values.min()), float(values.max())) if len(values) else (1.0, 10.0)
    first, last = math.floor(math.log10(low) - 0.02), math.ceil(math.log10(high) + 0.02)
    axis.set_major_locator(FixedLocator([10.0**power for power in range(first, last + 1)]))
    axis.set_major_formatter(FuncFormatter(text))
    axis.set_minor_formatter(NullFormatter())
    return 10.0**first, 10.0**last


@styled
def plot_precision(bands: pd.DataFrame, *, ax: Axes | None = None) -> Axes:
    """Draw the standard error of each target band as a share of its volume.

    Parameters
    ----------
    bands : DataFrame
        Rows of ``bands``; those of a target are drawn, all of them when no row has one.
    ax : Axes, optional
        Where to draw, with the caller's matplotlib settings; a figure of its own in journal style when left out.

    Returns
    -------
    Axes
        Volume [AU px] along x, error [%] along y, both logarithmic. A dashed line stands at 10 %, which is
        what a band at its limit of quantification has by definition.
    """
    from matplotlib.lines import Line2D

    rows = bands[bands["target"] != ""] if (bands["target"] != "").any() else bands
    shown = rows[(rows["volume"] > 0) & (rows["volume_se"] > 0)]
    names = list(dict.fromkeys(shown["target"]))
    own = ax is None
    if ax is None:
        ax = new_axes(SINGLE, 60.0)
    handles = []
    for place, name in enumerate(names):
        mine = shown[shown["target"] == name]
        colour = COLOURS[place % len(COLOURS)]
        share = 100.0 * mine["volume_se"] / mine["volume"]
        look: dict[str, Any] = {"linestyle": "none", "marker": "o", "markersize": 2.4, "color": colour, "alpha": 0.6}
        ax.plot(mine["volume"], share, markeredgewidth=0, **look)
        handles.append(Line2D([], [], label=shorten(name or "bands", 18), **look))
    ax.set_xscale("log")
    ax.set_yscale("log")
    errors = 100.0 * shown["volume_se"] / shown["volume"]
    ax.set_xlim(set_decades(ax.xaxis, shown["volume"], power))
    ax.set_ylim(set_decades(ax.yaxis, pd.concat([errors, pd.Series([10.0])]), lambda value, _: number(value)))
    ax.axhline(10.0, color=GREY, linewidth=0.6, linestyle=(0, (4, 3)))
    ax.set_xlabel("volume (AU px)")
    ax.set_ylabel("measuring error (% of volume)")
    notes = [Line2D([], [], color=GREY, linewidth=0.6, linestyle=(0, (4, 3)), label="10 %: limit of quantification")]
    if len(shown) < len(rows):
        text = f"{len(rows) - len(shown)} of {len(rows)} bands at or below zero: not shown"
        notes.append(Line2D([], [], linestyle="none", label=text))
    legends = [Entries(handles[:11]), Entries(notes)]
    add_legends(ax, legends, _ROOM)
    if own:
        resize(ax, SINGLE, _PLOT_HEIGHT + 9.0 + POINT * legends_height(legends, _ROOM))
    return ax
