"""One blot with its boxes: a piece of its picture, dark = protein, linear display."""

from __future__ import annotations

import functools
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from ..blot import FloatArray
from ..flags import PICTURE_FLAGS, SEVERITY, Flag, decode
from ..geometry import to_upright
from .pictures import Picture, decode_png
from .style import COLOURS, DOUBLE, new_axes, styled

if TYPE_CHECKING:
    from matplotlib.axes import Axes

__all__ = ["FLAGGED", "MEASURED", "SAID_ONCE", "View", "band_look", "doubts", "plot_blot", "view_of"]

MEASURED, FLAGGED = COLOURS[0], COLOURS[1]
SAID_ONCE = (PICTURE_FLAGS & ~Flag.CLIPPED_AT_ZERO) | Flag.TILTED
"""Doubts that no band has by itself: said once for the picture, not at each of its bands."""

_AROUND = 5.0  # heights of a band that stay visible above and below it (advice of several journals)


@dataclass(frozen=True)
class View:
    """A piece of an upright picture: half-open rows and columns of the file's pixels [px]."""

    top: float
    bottom: float
    left: float
    right: float

    @property
    def height_to_width(self) -> float:
        """Height of the piece as a share of its width."""
        return (self.bottom - self.top) / (self.right - self.left)


def _columns(lanes: pd.DataFrame, width: int) -> tuple[float, float]:
    """From half a lane left of the first lane to half a lane right of the last [px]."""
    if lanes.empty:
        return 0.0, float(width)
    lane = float((lanes["right"] - lanes["left"]).median())
    return max(0.0, float(lanes["left"].min()) - lane / 2), min(float(width), float(lanes["right"].max()) + lane / 2)


def view_of(picture: Picture, lanes: pd.DataFrame, bands: pd.DataFrame, *, whole: bool = False) -> View:
    """Choose what is shown of an image: its lanes, and its target's row with membrane above and below.

    Parameters
    ----------
    picture : Picture
        The image's picture.
    lanes, bands : DataFrame
        Rows of the image, in pixels of the upright picture.
    whole : bool
        Keep all rows of the picture.
    """
    rows, cols = picture.shape
    left, right = _columns(lanes, cols)
    target = bands[bands["target"] != ""]
    if whole or target.empty:
        return View(0.0, float(rows), left, right)
    around = _AROUND * 2.355 * float(target["sigma"].median())
    if not np.isfinite(around):
        around = float((target["bottom"] - target["top"]).median())
    top, bottom = float(target["top"].min()) - around, float(target["bottom"].max()) + around
    return View(max(0.0, top), min(float(rows), bottom), left, right)


def _piece(picture: Picture, view: View) -> tuple[FloatArray, tuple[float, float, float, float]]:
    """Grey values of a view, and their extent in pixels of the file: left, right, bottom, top."""
    grey = decode_png(picture.png)
    rows, cols = picture.shape
    down, across = grey.shape[0] / rows, grey.shape[1] / cols
    top, bottom = int(np.floor(view.top * down)), int(np.ceil(view.bottom * down))
    left, right = int(np.floor(view.left * across)), int(np.ceil(view.right * across))
    piece = grey[top:bottom, left:right].astype(np.float64)
    return piece, (left / across - 0.5, right / across - 0.5, bottom / down - 0.5, top / down - 0.5)


@functools.lru_cache(maxsize=4096)
def doubts(flags: str) -> tuple[Flag, ...]:
    """Return the flags that put one band's number in doubt, worst first; faintness and whole pictures are not meant."""
    faint = Flag.BELOW_LOD | Flag.BELOW_LOQ | SAID_ONCE
    carried = decode(flags)
    return tuple(flag for flag in Flag if flag & carried and SEVERITY[flag] != "note" and not flag & faint)


def band_look(flags: str, detected: bool) -> tuple[str, str]:
    """Return colour and line of a band's box: orange where its number is in doubt, dashed where not detected."""
    return (FLAGGED if doubts(flags) else MEASURED), ("-" if detected else "--")


def _draw_boxes(ax: Axes, bands: pd.DataFrame) -> None:
    from matplotlib.patches import Rectangle

    boxes = bands[["left", "top", "right", "bottom"]].to_numpy(dtype=np.float64)
    for (left, top, right, bottom), flags, seen in zip(boxes, bands["flags"], bands["detected"], strict=True):
        colour, line = band_look(str(flags), bool(seen))
        look: dict[str, Any] = {"fill": False, "edgecolor": colour, "linewidth": 0.5, "linestyle": line}
        ax.add_patch(Rectangle((left - 0.5, top - 0.5), right - left, bottom - top, **look))


@styled
def plot_blot(
    picture: Picture,
    lanes: pd.DataFrame,
    bands: pd.DataFrame,
    *,
    boxes: bool = True,
    whole: bool = False,
    ax: Axes | None = None,
) -> Axes:
    """Draw one image with the boxes of its bands.

    Parameters
    ----------
    picture : Picture
        The image as it is shown; linear, uncropped.
    lanes, bands : DataFrame
        Rows of that image, in pixels of the file as given.
    boxes : bool
        Draw a box around each band: orange where the number is in doubt, dashed where nothing was detected.
    whole : bool
        Show all rows; otherwise the target's row with membrane above and below it.
    ax : Axes, optional
        Where to draw; a figure of its own in journal style when left out.

    Returns
    -------
    Axes
        In pixels of the upright picture, without ticks.
    """
    lanes, bands = to_upright(lanes, picture.frame), to_upright(bands, picture.frame)
    view = view_of(picture, lanes, bands, whole=whole)
    if ax is None:
        ax = new_axes(DOUBLE, DOUBLE * view.height_to_width + 4.0)
    grey, extent = _piece(picture, view)
    ax.imshow(grey, cmap="gray", vmin=0, vmax=255, extent=extent, aspect="auto", interpolation="none")
    ax.set_xlim(view.left - 0.5, view.right - 0.5)
    ax.set_ylim(view.bottom - 0.5, view.top - 0.5)
    ax.set_xticks([])
    ax.set_yticks([])
    for spine in ax.spines.values():
        spine.set_visible(True)
    if boxes:
        _draw_boxes(ax, bands)
    return ax
