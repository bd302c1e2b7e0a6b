"""What the measuring rests on: the noise of the pixels, the background under the bands, the dilution series."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from ..background import estimate_background
from ..blot import Blot, FloatArray
from ..noise import estimate_noise
from .names import number
from .precision import power, set_decades
from .style import COLOURS, DOUBLE, GREY, SINGLE, new_axes, styled

if TYPE_CHECKING:
    from matplotlib.axes import Axes

__all__ = ["plot_background", "plot_linearity", "plot_noise"]

_SIDE = 12  # pixels of a block whose noise is taken
_BINS = 16
_MOST_TICKS = 8


def _block_noise(pixels: FloatArray) -> tuple[FloatArray, FloatArray]:
    """Mean [AU] and variance [AU²] of blocks; each pixel against its four neighbours, so slopes drop out."""
    inside = pixels[1:-1, 1:-1]
    around = (pixels[:-2, 1:-1] + pixels[2:, 1:-1] + pixels[1:-1, :-2] + pixels[1:-1, 2:]) / 4
    rows, cols = (size // _SIDE for size in inside.shape)

    def blocks(values: FloatArray) -> FloatArray:
        return values[: rows * _SIDE, : cols * _SIDE].reshape(rows, _SIDE, cols, _SIDE)

    variance = 0.8 * np.median(blocks((inside - around) ** 2), axis=(1, 3)) / 0.4549  # median of chi² with one degree
    return np.asarray(blocks(inside).mean(axis=(1, 3)).ravel()), np.asarray(variance.ravel())


@styled
def plot_noise(blot: Blot, *, ax: Axes | None = None) -> Axes:
    """Draw the noise of a picture's pixels against their counts, measured and as the model has it.

    Parameters
    ----------
    blot : Blot
        An upright picture with bright bands.
    ax : Axes, optional
        Where to draw, with the caller's matplotlib settings; a figure of its own in journal style when left out.

    Returns
    -------
    Axes
        Counts [AU] along x, standard deviation of a pixel [AU] along y. Markers: medians of blocks of equal counts,
        each pixel against its neighbours, so slopes drop out; where pixels were smoothed they lie below the line.
    """
    model = estimate_noise(blot)
    level, variance = _block_noise(blot.pixels)
    order = np.array_split(np.argsort(level, kind="stable"), min(_BINS, max(1, len(level) // 4)))
    middles = np.array([np.median(level[part]) for part in order])
    if ax is None:
        ax = new_axes(SINGLE, 60.0)
    ax.plot(middles, [np.sqrt(np.median(variance[part])) for part in order], linestyle="none", marker="o",
            color=COLOURS[0], label="blocks of the picture")  # fmt: skip
    along = np.linspace(middles.min(), max(middles.max(), middles.min() + 1.0), 100)
    label = f"model: read noise {number(model.read_sd)} AU, gain {number(model.gain)} AU"
    ax.plot(along, np.sqrt(model.variance(along)), color=COLOURS[1], label=label)
    ax.set_ylim(0.0, 1.08 * ax.get_ylim()[1])
    ax.set_xlabel("counts of a pixel (AU)")
    ax.set_ylabel("noise of a pixel (AU)")
    ax.legend(loc="lower center", bbox_to_anchor=(0.5, 1.0))
    return ax


@styled
def plot_background(blot: Blot, bands: pd.DataFrame, *, method: str = "rolling_ball", ax: Axes | None = None) -> Axes:
    """Draw the background of a picture as one method sees it.

    Parameters
    ----------
    blot : Blot
        An upright picture with bright bands.
    bands : DataFrame
        Its bands [px of the file as given].
    method : str
        Key of ``BACKGROUNDS``.
    ax : Axes, optional
        Where to draw, with the caller's matplotlib settings; a figure of its own in journal style when left out.

    Returns
    -------
    Axes
        The upright picture's pixels, coloured by the background's counts [AU].
    """
    surface = estimate_background(blot, bands, method=method)
    if ax is None:
        ax = new_axes(DOUBLE, min(DOUBLE, DOUBLE * 0.85 * blot.shape[0] / blot.shape[1] + 14.0))
    shown = ax.imshow(surface, cmap="viridis", interpolation="none", aspect="equal")
    figure = ax.get_figure()
    if figure is not None:
        figure.colorbar(shown, ax=ax, label="background (AU)", shrink=0.9)
    ax.set_xlabel("column (px)")
    ax.set_ylabel("row (px)")
    ax.set_title(f"background {method!r}")
    return ax


@styled
def plot_linearity(series: pd.DataFrame, calibration: pd.DataFrame, *, ax: Axes | None = None) -> Axes:
    """Draw a dilution series against the amounts that were loaded.

    Parameters
    ----------
    series : DataFrame
        Bands of one image's target in lanes of role ``standard``, with a column ``amount_ug`` [µg].
    calibration : DataFrame
        Rows of ``calibration`` of kind ``linearity`` for that image; they say up to where it is proportional.
    ax : Axes, optional
        Where to draw, with the caller's matplotlib settings; a figure of its own in journal style when left out.

    Returns
    -------
    Axes
        Amount [µg] along x, volume [AU px] along y, both logarithmic; bars: one standard error. The line is
        proportional to the amount, through the points of the shaded range.
    """
    shown = series[(series["volume"] > 0) & (series["amount_ug"] > 0)]
    told = calibration.set_index("parameter")["value"]
    low, high = (float(told.get(name, np.nan)) for name in ("range_low", "range_high"))
    if ax is None:
        ax = new_axes(SINGLE, 66.0)
    ax.errorbar(shown["amount_ug"], shown["volume"], yerr=shown["volume_se"], linestyle="none", marker="o",
                color=COLOURS[0], elinewidth=0.6, label="lanes of the series")  # fmt: skip
    ax.set_xscale("log")
    ax.set_yscale("log")
    inside = shown[(shown["amount_ug"] >= low) & (shown["amount_ug"] <= high)]
    if len(inside):
        ax.axvspan(
            low, high, color=COLOURS[5], alpha=0.25, linewidth=0, label=f"proportional: {number(low)}–{number(high)} µg"
        )
        slope = float(np.exp(np.log(inside["volume"] / inside["amount_ug"]).mean()))
        along = np.array([shown["amount_ug"].min(), shown["amount_ug"].max()])
        ax.plot(along, slope * along, color=GREY, linewidth=0.8, label="volume proportional to amount")
    else:
        ax.plot([], [], linestyle="none", label="no proportional range")
    if len(shown):
        ax.set_ylim(set_decades(ax.yaxis, shown["volume"], power))
    amounts = sorted(shown["amount_ug"].unique())
    told_amounts = amounts[:: -(-len(amounts) // _MOST_TICKS) or 1]
    ax.set_xticks(told_amounts, [number(float(amount)) for amount in told_amounts])
    ax.minorticks_off()
    ax.set_xlabel("protein loaded (µg)")
    ax.set_ylabel("volume (AU px)")
    ax.legend(loc="lower center", bbox_to_anchor=(0.5, 1.0))
    return ax
