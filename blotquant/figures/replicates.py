"""Replicates keep their colour and marker in every figure; a hollow marker is not quantified."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
import numpy.typing as npt
import pandas as pd

from ..blot import FloatArray
from ..flags import Flag, decode
from .legends import Entries
from .names import shorten
from .style import COLOURS, DASHES, GREY, MARKERS, Dash

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.lines import Line2D

__all__ = [
    "LineLook",
    "draw_replicates",
    "hollow_handle",
    "line_look",
    "replicate_entries",
    "series_style",
    "unsure_rows",
]

_UNSURE = Flag.BELOW_LOD | Flag.BELOW_LOQ
_MOST_NAMED = 11
_LIGHT = {"markersize": 2.0, "markeredgewidth": 0.3, "alpha": 0.35}


def series_style(place: int) -> tuple[str, str]:
    """Return colour and marker of the ``place``-th replicate; no two of the first 56 are alike."""
    return COLOURS[place % len(COLOURS)], MARKERS[(place % len(COLOURS) + place // len(COLOURS)) % len(MARKERS)]


class LineLook(NamedTuple):
    """How a line is told from others, in colour and without."""

    colour: str
    marker: str
    dash: Dash


def line_look(place: int) -> LineLook:
    """Return the look of the ``place``-th line; any two of the first 28 differ in two of colour, marker and dash.

    Seven colours, four dashes and nine markers come back at different places.
    """
    return LineLook(COLOURS[place % len(COLOURS)], MARKERS[place % len(MARKERS)], DASHES[place % len(DASHES)])


def unsure_rows(points: pd.DataFrame) -> npt.NDArray[np.bool_]:
    """Tell which rows rest on a band below its limit of detection or quantification."""
    flagged = (
        np.array([bool(decode(text) & _UNSURE) for text in points["flags"]], dtype=bool)
        if "flags" in points
        else np.zeros(len(points), dtype=bool)
    )
    return flagged | ~points["detected"].to_numpy(bool) if "detected" in points else flagged


def draw_replicates(
    ax: Axes,
    points: pd.DataFrame,
    x: FloatArray,
    y: FloatArray,
    *,
    names: Sequence[str],
    width: float,
    shade: str | None = None,
    marker: str | None = None,
    light: bool = False,
) -> None:
    """Draw each row in the marker of its replicate, replicates side by side.

    Parameters
    ----------
    ax : Axes
        Where to draw.
    points : DataFrame
        Rows with ``replicate`` and, where there are, ``detected`` and ``flags``.
    x, y : ndarray of shape (n,)
        Where each row lies in data units; a NaN is not drawn.
    names : sequence of str
        Replicates in the order that gives them their markers.
    width : float
        How far apart the first and the last replicate are drawn [data unit of x].
    shade : str, optional
        Colour of all; each replicate's own when left out.
    marker : str, optional
        Marker of all; each replicate's own when left out.
    light : bool
        Draw small and light, for many that lie on each other.
    """
    hollow, replicate = unsure_rows(points), points["replicate"].to_numpy()
    shifts = np.linspace(-width / 2, width / 2, len(names)) if len(names) > 1 else np.zeros(1)
    for place, name in enumerate(names):
        own, glyph = series_style(place)
        colour = shade or own
        mine = (replicate == name) & np.isfinite(y)
        for rows, face in ((mine & ~hollow, colour), (mine & hollow, "white")):
            look: dict[str, Any] = {
                "marker": marker or glyph,
                "markeredgecolor": colour,
                "markerfacecolor": face,
                "markeredgewidth": 0.7,
            }
            look |= _LIGHT if light else {}
            ax.plot(x[rows] + shifts[place], y[rows], linestyle="none", zorder=3, **look)


def replicate_entries(
    names: Sequence[str], *, shade: str | None = None, shown: Collection[str] | None = None
) -> Entries:
    """Legend entries of replicates, after a word for what they are; of many, the first eleven and how many more.

    Without named replicates there is one entry, which says what a marker is.

    Parameters
    ----------
    names : sequence of str
        Replicates in the order that gives them their markers.
    shade : str, optional
        Colour of all; each replicate's own when left out.
    shown : collection of str, optional
        Those of which the figure has a marker; all when left out.
    """
    from matplotlib.lines import Line2D

    looks = [(name, *series_style(place)) for place, name in enumerate(names) if shown is None or name in shown]
    names = [name for name, _, _ in looks]
    named = [name for name in names if shorten(name, 18)]
    handles = []
    for name, own, marker in looks[: _MOST_NAMED if named else 1]:
        colour = shade or own
        look: dict[str, Any] = {
            "linestyle": "none",
            "marker": marker,
            "markeredgecolor": colour,
            "markerfacecolor": colour,
        }
        handles.append(
            Line2D([], [], label=shorten(name, 18) or ("not named" if named else "one lane or well"), **look)
        )
    further = len(names) - _MOST_NAMED if named else 0
    handles += [Line2D([], [], linestyle="none", label=f"and {further} more")] if further > 0 else []
    return Entries(handles, "replicate:" if named else "")


def hollow_handle(points: pd.DataFrame) -> list[Line2D]:
    """Legend entry that explains hollow markers, where there are any."""
    from matplotlib.lines import Line2D

    if not unsure_rows(points).any():
        return []
    look: dict[str, Any] = {"linestyle": "none", "marker": "o", "markerfacecolor": "white", "markeredgecolor": GREY}
    return [Line2D([], [], label="hollow: below limit of quantification", **look)]
