"""Lane profiles: the light along every lane of an image, with the background and the bands that were fitted."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from ..blot import FloatArray, Frame
from ..geometry import to_upright
from .style import COLOURS, DOUBLE, GREY, new_axes, styled

if TYPE_CHECKING:
    from matplotlib.axes import Axes

__all__ = ["plot_profiles"]

_PITCH = 8.5  # height of a lane [mm]
_FEET = 18.0  # of axis, legend and margins [mm]
_REACH = 4.0  # how far a band is drawn, in half thicknesses


def _values(profile: pd.Series[Any]) -> tuple[FloatArray, FloatArray]:
    """Rows [px] and counts [AU] of a profile."""
    light = np.array([float(word) for word in str(profile["signal"]).split()])
    rows: FloatArray = float(profile["first"]) + float(profile["step"]) * np.arange(len(light), dtype=np.float64)
    return rows, light


def _levels(bands: pd.DataFrame, rows: FloatArray) -> FloatArray:
    """Background under the bands [AU], straight between them and level beyond the first and the last."""
    area = (bands["bottom"] - bands["top"]) * (bands["right"] - bands["left"])
    level = (bands["background"] / area).to_numpy(float)
    return np.asarray(np.interp(rows, bands["centre_row"].to_numpy(float), level), dtype=np.float64)


def _draw_lane(ax: Axes, rows: FloatArray, light: FloatArray, bands: pd.DataFrame, lift: float, tall: float) -> None:
    """Draw one lane, `lift` up and `tall` counts high: the light, the background under it, the bands above that."""
    ax.plot(rows, lift + (light - light.min()) / tall, color="black", linewidth=0.6)
    if bands.empty:
        return
    ground = _levels(bands, rows)
    ax.plot(rows, lift + (ground - light.min()) / tall, color=GREY, linewidth=0.6, linestyle=(0, (3, 2)))
    for place, (_, band) in enumerate(bands.iterrows()):
        centre, sigma = float(band["centre_row"]), max(float(band["sigma"]), 0.3)
        at = np.linspace(centre - _REACH * sigma, centre + _REACH * sigma, 41)
        foot = np.interp(at, rows, ground) - light.min()
        peak = foot + float(band["height"]) * np.exp(-0.5 * ((at - centre) / sigma) ** 2)
        colour = COLOURS[place % len(COLOURS)]
        ax.fill_between(at, lift + foot / tall, lift + peak / tall, color=colour, alpha=0.45, linewidth=0)


@styled
def plot_profiles(profiles: pd.DataFrame, bands: pd.DataFrame, frame: Frame, *, ax: Axes | None = None) -> Axes:
    """Draw the light along every lane of one image, one lane above the other, with background and fitted bands.

    Parameters
    ----------
    profiles : DataFrame
        Rows of ``profiles`` of one image.
    bands : DataFrame
        Rows of ``bands`` of that image [px of the file as given].
    frame : Frame
        How the image lies in its file, as its picture has it: quarter turns and mirror, no crop.
    ax : Axes, optional
        Where to draw, with the caller's matplotlib settings; a figure of its own in journal style when left out.

    Returns
    -------
    Axes
        Row of the upright picture [px] along x, lanes along y, all on one scale, which the bar gives [AU]. Bands are
        drawn as Gaussians of their height and half thickness; the measured volume is that of the fitted shape, which
        also has tails.
    """
    from matplotlib.lines import Line2D
    from matplotlib.patches import Patch

    upright = to_upright(bands, frame)
    traces = [(int(row["lane"]), *_values(row)) for _, row in profiles.sort_values("lane").iterrows()]
    tall = max((float(np.ptp(light)) for _, _, light in traces), default=1.0) or 1.0
    if ax is None:
        ax = new_axes(DOUBLE, _PITCH * max(len(traces), 1) + _FEET)
    for place, (lane, rows, light) in enumerate(traces):
        mine = upright[(upright["lane"] == lane) & upright["height"].notna() & (upright["band"] != "lane")]
        _draw_lane(ax, rows, light, mine.sort_values("centre_row"), -float(place), 1.15 * tall)
    ax.set_yticks([-float(place) for place in range(len(traces))], [str(lane) for lane, _, _ in traces])
    ax.set_ylim(-len(traces) + 0.75, 1.0)
    if traces:
        first, last = traces[0][1][0], traces[0][1][-1]
        ax.set_xlim(first, last + 0.02 * (last - first))
        ax.plot([last + 0.01 * (last - first)] * 2, [0.0, 1.0 / 1.15], color="black", linewidth=1.2)
    ax.set_ylabel("lane")
    ax.set_xlabel("row of the upright picture (px)")
    handles = [
        Line2D([], [], color="black", linewidth=0.6, label="light, mean of the lane's middle"),
        Line2D([], [], color=GREY, linewidth=0.6, linestyle=(0, (3, 2)), label="background"),
        Patch(facecolor=COLOURS[0], alpha=0.45, label="bands, a colour a row"),
        Line2D([], [], color="black", linewidth=1.2, label=f"bar: {tall:,.0f} AU".replace(",", "\u202f")),
    ]
    ax.legend(handles=handles, loc="lower center", bbox_to_anchor=(0.5, 1.0), ncols=4)
    return ax
