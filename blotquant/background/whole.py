"""One level for the whole picture."""

from __future__ import annotations

import numpy as np

from ..blot import FloatArray
from ..errors import SettingsError
from .family import Background, Places

__all__ = ["GLOBAL"]


def global_level(pixels: FloatArray, places: Places, *, box: tuple[int, int, int, int] | None = None) -> FloatArray:
    """Median of the pixels outside every band's box, or mean of one box ``(top, bottom, left, right)`` [AU]."""
    if box is not None:
        top, bottom, left, right = box
        sample = pixels[top:bottom, left:right]
        if sample.size == 0:
            rows, cols = places.shape
            raise SettingsError(f"background box {box} holds no pixel of the picture; take it from 0:{rows},0:{cols}")
        return np.full(places.shape, float(np.mean(sample)))
    free = pixels[~places.covered()]
    return np.full(places.shape, float(np.median(free if free.size else pixels)))


GLOBAL = Background(
    "global",
    global_level,
    "image",
    "flat",
    "One level for the picture: the median outside all boxes, or the mean of a box of the user's.",
    "The membrane is even.",
    "Bio-Rad Image Lab, global background of the volume tools",
)
