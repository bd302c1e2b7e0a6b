"""Local border: one level a band, from the frame of pixels around its box."""

from __future__ import annotations

from collections.abc import Callable
from typing import Literal

import numpy as np

from ..blot import FloatArray
from .family import Background, Places, paint

__all__ = ["BORDER_MEAN", "BORDER_MEDIAN"]

Sides = Literal["all", "rows", "cols"]


def _frame(pixels: FloatArray, places: Places, i: int, width: int, sides: Sides) -> FloatArray:
    rows, cols = places.box(i)
    wide_rows, wide_cols = places.around(i, width)
    if sides == "rows":
        wide_cols = cols
    elif sides == "cols":
        wide_rows = rows
    inside = np.zeros(places.shape, dtype=bool)[wide_rows, wide_cols]
    inside[
        rows.start - wide_rows.start : rows.stop - wide_rows.start,
        cols.start - wide_cols.start : cols.stop - wide_cols.start,
    ] = True
    window = pixels[wide_rows, wide_cols]
    frame = window[~inside]
    return frame if frame.size else window.ravel()  # a box as large as the picture has no border


def _levels(
    pixels: FloatArray, places: Places, centre: Callable[[FloatArray], float], width: int, sides: Sides
) -> FloatArray:
    patches = []
    for i in range(len(places)):
        rows, cols = places.box(i)
        level = centre(_frame(pixels, places, i, width, sides))
        patches.append(np.full((rows.stop - rows.start, cols.stop - cols.start), level))
    return paint(pixels, places, patches)


def border_mean(pixels: FloatArray, places: Places, *, width: int = 1, sides: Sides = "all") -> FloatArray:
    """Mean of the frame of ``width`` px around each box, on all sides, or above and below, or left and right [AU]."""
    return _levels(pixels, places, lambda frame: float(np.mean(frame)), width, sides)


def border_median(pixels: FloatArray, places: Places, *, width: int = 3, sides: Sides = "all") -> FloatArray:
    """Median of the frame of ``width`` px around each box [AU]; specks and neighbours move it less than the mean."""
    return _levels(pixels, places, lambda frame: float(np.median(frame)), width, sides)


BORDER_MEAN = Background(
    "border_mean",
    border_mean,
    "band",
    "ramp",
    "Mean of a thin frame around the band's box.",
    "The frame is free of signal, and the background under the band has the frame's mean.",
    "Bio-Rad Image Lab, local background of the volume tools",
)
BORDER_MEDIAN = Background(
    "border_median",
    border_median,
    "band",
    "ramp",
    "Median of a frame of 1-5 px around the band's box.",
    "More than half of the frame is free of signal.",
    "LI-COR Image Studio, median background of shapes",
)
