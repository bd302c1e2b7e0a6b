"""Dose-response plot: every replicate, the fitted curve with its band, the IC50 with its interval."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from ..blot import FloatArray
from ..tables import cell_text, further_columns
from ..units import conversion_factor, dimension
from .dose_axis import DoseAxis
from .grouped import value_column, y_label
from .legends import Entries, add_legends, legends_height
from .names import bound_text, interval_text, number, plain, quantity_name, shorten
from .replicates import LineLook, draw_replicates, hollow_handle, line_look, replicate_entries
from .style import COLOURS, GREY, MARKERS, POINT, SINGLE, Dash, new_axes, resize, styled

if TYPE_CHECKING:
    from matplotlib.axes import Axes

__all__ = ["has_zero_dose", "kinds_of_dose", "plot_dose_response", "spreads"]

_PLOT_HEIGHT = 50.0  # of the axes [mm]
_CROWD = 5  # wells of a replicate at a dose from which they are drawn small and light
_ROOM = (SINGLE - 13.0) / POINT  # width of the axes [point]


@dataclass(frozen=True)
class _Scale:
    """How responses are shown: percent activity as percent inhibition, anything else as it is."""

    inhibition: bool

    def __call__(self, response: pd.Series[float] | FloatArray) -> FloatArray:
        values = np.asarray(response, dtype=float)
        return 100.0 - values if self.inhibition else values


def _draw_curve(ax: Axes, curve: pd.DataFrame, axis: DoseAxis, scale: _Scale, colour: str, dash: Dash) -> None:
    """Draw a fitted curve and its band, and its level at zero dose left of the break."""
    x = axis.place(curve["dose"])
    shown = (curve["dose"] > 0).to_numpy() & (x >= axis.low - 0.6 * axis.gap) & (x <= axis.high + 0.6 * axis.gap)
    fitted, low, high = (scale(curve[name]) for name in ("fitted", "ci_low", "ci_high"))
    ax.fill_between(x[shown], low[shown], high[shown], color=colour, alpha=0.15, linewidth=0, zorder=1)
    ax.plot(x[shown], fitted[shown], color=colour, linestyle=dash, zorder=2)
    at_zero = (curve["dose"] == 0).to_numpy()
    if axis.has_zero and at_zero.any():
        piece = np.array([axis.zero - 0.45 * axis.gap, axis.zero + 0.45 * axis.gap])
        ax.fill_between(piece, low[at_zero][0], high[at_zero][0], color=colour, alpha=0.15, linewidth=0, zorder=1)
        ax.plot(piece, np.full(2, fitted[at_zero][0]), color=colour, linestyle=dash, zorder=2)


def _draw_ic50(
    ax: Axes, potency: pd.Series[float], curve: pd.DataFrame, axis: DoseAxis, scale: _Scale, colour: str
) -> None:
    """Mark the IC50 on its curve, with its interval as a bar; what lies beyond the axis ends in an arrow at its edge.

    An IC50 below the doses itself has no mark: left of them stands the zero dose.
    """
    ic50 = float(potency["ic50"])
    rising = curve[curve["dose"] > 0]
    if not np.isfinite(ic50) or rising.empty:
        return
    low, high = float(potency["ci_low"]), float(potency["ci_high"])
    edges = axis.low - 0.5 * axis.gap, axis.high + 0.7 * axis.gap
    ends = np.log10(low) if low > 0 else -np.inf, np.log10(high)
    x = float(np.log10(ic50))
    left, at, right = np.clip([ends[0], x, ends[1]], *edges)
    y = float(np.interp(at, np.log10(rising["dose"].to_numpy(float)), scale(rising["fitted"])))
    ax.plot([left, right], [y, y], color=colour, linewidth=2.2, alpha=0.55, solid_capstyle="butt", zorder=4)
    for end, beyond, marker in ((left, ends[0] < edges[0], "<"), (right, ends[1] > edges[1], ">")):
        if beyond:
            ax.plot([end], [y], marker=marker, color=colour, markersize=4, zorder=4)
    if at == x:
        ax.plot([x], [y], marker="|", color=colour, markersize=8, markeredgewidth=1.4, zorder=5)
        ax.axvline(x, ymax=0.06, color=colour, linewidth=0.8, zorder=4)


def _ic50_text(treatment: str, potencies: pd.DataFrame, cell: str) -> str:
    mine = potencies[potencies["treatment"] == treatment]
    name = shorten(treatment, 20) + (f" ({shorten(cell, 20)})" if cell else "")
    if mine.empty:
        return name
    row = mine.iloc[0]
    unit = plain(row["unit"])
    if not np.isfinite(row["ic50"]):
        return f"{name}: IC50 {shorten(bound_text(row['note']), 26)}"
    return f"{name}: IC50 {number(row['ic50'])} {unit} ({interval_text(row['ci_low'], row['ci_high'], unit)})"


def _fitted_rows(points: pd.DataFrame, drugs: list[str]) -> pd.DataFrame:
    """Rows behind the curves; ``series`` is the treatment, empty for the zero dose that all of them share."""
    rows = points[points["response"].notna()].copy()
    shared = (rows["role"] == "maximum") & ~rows["treatment"].isin(drugs) if "role" in rows else rows["dose"].isna()
    rows["series"] = rows["treatment"].where(~shared, "")
    rows["dose"] = rows["dose"].where(~shared, 0.0)
    return rows[shared | rows["treatment"].isin(drugs)]


def _common_unit(curve_points: pd.DataFrame, potencies: pd.DataFrame) -> str:
    """Choose the unit of most treatments, the first of them where several are as common."""
    own = {**dict(zip(curve_points["treatment"], curve_points["dose_unit"], strict=True)),
           **dict(zip(potencies["treatment"], potencies["unit"], strict=True))}  # fmt: skip
    units = [plain(unit) for unit in own.values() if plain(unit)]
    return max(units, key=units.count, default="")


def _in_unit(table: pd.DataFrame, doses: list[str], own: str, unit: str) -> pd.DataFrame:
    """Express columns of doses in one unit, each row coming from the unit in its column ``own``."""
    if own not in table or not unit:
        return table
    units = table[own].where((table[doses] > 0).any(axis=1), unit)  # a zero dose is one in any unit
    factor = units.map(lambda text: conversion_factor(str(text), unit) if plain(text) else 1.0).astype(np.float64)
    return table.assign(**{name: table[name] * factor for name in doses}, **{own: unit})


def _treatments(curve_points: pd.DataFrame, potencies: pd.DataFrame) -> list[str]:
    """Treatments with doses, those that allow no curve too."""
    return list(dict.fromkeys([*potencies["treatment"], *curve_points["treatment"]]))


def kinds_of_dose(potencies: pd.DataFrame) -> list[tuple[str, pd.DataFrame]]:
    """Part treatments with molar doses from those with masses, which share no axis; one kind alone has no name."""
    kind = potencies["unit"].map(lambda unit: dimension(unit) if plain(unit) else "")
    parts = [(str(name), rows) for name, rows in potencies.groupby(kind, sort=False)]
    return parts if len(parts) > 1 else [("", potencies)]


def has_zero_dose(points: pd.DataFrame, curve_points: pd.DataFrame, potencies: pd.DataFrame) -> bool:
    """Tell whether the figure of these curves shows a zero dose, left of its axis break."""
    return DoseAxis(_fitted_rows(points, _treatments(curve_points, potencies))["dose"]).has_zero


def _y_label(points: pd.DataFrame, inhibition: bool, cells: Sequence[str]) -> str:
    first = points.iloc[0]
    if not inhibition and plain(first["quantity"]):
        return y_label(points, value_column(points), cells, _PLOT_HEIGHT)
    what = "inhibition (%)" if inhibition else "response"
    name = shorten(quantity_name(first["target"], first["site"], first["quantity"]), 34)
    return f"{name}\n{what}" if plain(first["target"]) else what


def spreads(points: pd.DataFrame, values: FloatArray) -> pd.DataFrame:
    """Mean and standard deviation of the values at each dose: over replicates, over wells where there is one replicate.

    Parameters
    ----------
    points : DataFrame
        Rows of one curve with ``dose`` and ``replicate``.
    values : ndarray of shape (n,)
        What is averaged, in its own unit; a NaN does not count.

    Returns
    -------
    DataFrame
        Columns ``dose, mean, sd``, and ``over``: ``replicates`` or ``wells``; doses with one value are left out.
    """
    rows = points[["dose", "replicate"]].assign(value=values).dropna(subset=["value"])
    found = []
    for dose, mine in rows.groupby("dose"):
        means = mine.groupby("replicate")["value"].mean()
        over, several = ("replicates", means) if len(means) > 1 else ("wells", mine["value"])
        if len(several) > 1:
            found.append({"dose": dose, "mean": several.mean(), "sd": several.std(ddof=1), "over": over})
    return pd.DataFrame(found, columns=["dose", "mean", "sd", "over"])


@dataclass(frozen=True)
class _Markers:
    """How lanes are drawn: in the marker of their replicate, or, where these are too many, in that of their drug."""

    names: list[str]
    of_drugs: bool
    crowded: bool

    @classmethod
    def of(cls, shown: pd.DataFrame, drugs: list[str]) -> _Markers:
        names = list(dict.fromkeys(shown["replicate"]))
        many = len(drugs) > 1 and (len(drugs) > len(COLOURS) or len(names) > len(MARKERS))
        crowd = shown.groupby(["series", "dose", "replicate"]).size()
        return cls(names, many, many or bool(len(crowd) and crowd.max() >= _CROWD))

    def draw(self, ax: Axes, rows: pd.DataFrame, at: tuple[FloatArray, FloatArray], gap: float, look: LineLook) -> None:
        """Draw the lanes of a drug in its colour; without one, each replicate in its own."""
        if self.of_drugs:
            rows = rows.assign(replicate="")
        names, marker = ([""], look.marker) if self.of_drugs else (self.names, None)
        shade = look.colour or None
        draw_replicates(ax, rows, *at, names=names, width=0.12 * gap, shade=shade, marker=marker, light=self.crowded)

    def draw_spreads(self, ax: Axes, table: pd.DataFrame, x: FloatArray, look: LineLook) -> None:
        """Draw mean ± SD at each dose."""
        marker = look.marker if self.of_drugs else "_"
        style: dict[str, Any] = {"color": look.colour or "black", "elinewidth": 0.8, "zorder": 4}
        size = 6.0 if self.crowded and not self.of_drugs else 4.0
        ax.errorbar(x, table["mean"], yerr=table["sd"], fmt=marker, markersize=size, markeredgewidth=1.0, **style)

    def entries(self, tables: list[pd.DataFrame], *, own: bool) -> list[Entries]:
        """Explain markers and bars."""
        from matplotlib.lines import Line2D

        over = dict.fromkeys(word for table in tables for word in table["over"])
        if self.of_drugs:
            small: dict[str, Any] = {"linestyle": "none", "marker": "o", "markersize": 2.0, "color": GREY, "alpha": 0.5}
            marks = Entries([Line2D([], [], label=f"small: one lane or well of {len(self.names)} replicates", **small)])
        else:
            marks = replicate_entries(self.names, shade=None if own else GREY)
        look: dict[str, Any] = {"linestyle": "none", "marker": "+", "markersize": 6.0, "color": GREY}
        told = [Line2D([], [], label=f"mean ± SD of {' or '.join(over)}", **look)] if over else []
        return [marks, Entries(told)]


def _looks(count: int) -> list[LineLook]:
    """Give so many drugs their looks; one alone has no colour: it is black, and its replicates have their own."""
    return [LineLook("", "o", "-")] if count == 1 else [line_look(place) for place in range(count)]


@styled
def plot_dose_response(
    points: pd.DataFrame, curve_points: pd.DataFrame, potencies: pd.DataFrame, *, ax: Axes | None = None
) -> Axes:
    """Draw dose-response curves of one target, site, quantity and stimulus.

    Parameters
    ----------
    points : DataFrame
        What was fitted: ``treatment, dose, response, replicate`` and, where there is one, ``percent_activity``
        (then percent inhibition is shown), ``role``, ``detected`` and ``flags``. Lanes of role ``maximum`` are the
        zero dose of every treatment.
    curve_points : DataFrame
        Rows of ``curve_points`` of the same target, site, quantity and stimulus.
    potencies : DataFrame
        Rows of ``potencies`` for the same; of a treatment without a curve the points alone are drawn.
    ax : Axes, optional
        Where to draw, with the caller's matplotlib settings; a figure of its own in journal style when left out.

    Returns
    -------
    Axes
        Dose along x, logarithmic, in the unit of most treatments, the zero dose left of a break; response or percent
        inhibition along y. The bar across a curve is the interval of its IC50; an arrow means that it goes on beyond
        the axis. Upright bars: mean ± SD at a dose, of replicates, or of wells where there is one replicate.

    Raises
    ------
    TableError
        Some doses are molar and others a mass per volume.
    """
    from matplotlib.lines import Line2D

    drugs = _treatments(curve_points, potencies)
    inhibition = "percent_activity" in points and bool(points["percent_activity"].notna().any())
    scale, looks = _Scale(inhibition), _looks(len(drugs))
    unit = _common_unit(curve_points, potencies)
    curve_points = _in_unit(curve_points, ["dose"], "dose_unit", unit)
    potencies = _in_unit(potencies, ["ic50", "ci_low", "ci_high"], "unit", unit)
    shown = _in_unit(_fitted_rows(points, drugs), ["dose"], "dose_unit", unit)
    axis, markers = DoseAxis(shown["dose"]), _Markers.of(shown, drugs)
    own = ax is None
    if ax is None:
        ax = new_axes(SINGLE, 60.0)
    common = LineLook("" if len(drugs) == 1 else "black", "o", "-")
    named = ((potencies, "potencies"), (curve_points, "curve_points"))
    cell = next(cell_text(table.iloc[0], name) for table, name in named if len(table))
    tables = []
    for drug, look in [("", common), *zip(drugs, looks, strict=True)]:
        mine = shown[shown["series"] == drug]
        y = scale(mine["response"])
        markers.draw(ax, mine, (axis.place(mine["dose"]), y), axis.gap, look)
        tables.append(spreads(mine, y))
        markers.draw_spreads(ax, tables[-1], axis.place(tables[-1]["dose"]), look)
    handles = []
    for drug, look in zip(drugs, looks, strict=True):
        curve, colour = curve_points[curve_points["treatment"] == drug], look.colour or "black"
        _draw_curve(ax, curve, axis, scale, colour, look.dash)
        for _, potency in potencies[potencies["treatment"] == drug].iterrows():
            _draw_ic50(ax, potency, curve, axis, scale, colour)
        style: dict[str, Any] = {"color": colour, "linestyle": look.dash, "marker": look.marker}
        style |= {} if markers.of_drugs else {"marker": ""}
        handles.append(Line2D([], [], label=_ic50_text(drug, potencies, cell), **style))
    axis.draw(ax, _ROOM)
    ax.set_xlabel(f"dose ({unit})" if unit else "dose")
    ax.set_ylabel(_y_label(points, inhibition, further_columns(potencies, "potencies")))
    legends = [Entries(handles), *markers.entries(tables, own=len(drugs) == 1), Entries(hollow_handle(shown))]
    add_legends(ax, legends, _ROOM)
    if own:
        resize(ax, SINGLE, _PLOT_HEIGHT + 9.0 + POINT * legends_height(legends, _ROOM))
    return ax
