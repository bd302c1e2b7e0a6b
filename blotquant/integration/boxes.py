"""Plain sums over boxes: what every gel program's rectangle gives."""

from __future__ import annotations

import numpy as np

from ..background import Places
from ..blot import Blot, FloatArray
from ..errors import SettingsError

__all__ = ["box_sums", "integrate_box"]


def box_sums(image: FloatArray, places: Places) -> FloatArray:
    """Sum of an image over each box, shape (n,) [unit of the image × px]."""
    return np.array([float(image[places.box(i)].sum()) for i in range(len(places))])


def integrate_box(blot: Blot, top: int, bottom: int, left: int, right: int, background_level: float = 0.0) -> float:
    """Sum the pixels of a box above one background level.

    Parameters
    ----------
    blot : Blot
        The picture; ``bright`` need not be known.
    top, bottom, left, right : int
        Edges of the box, half-open [px of the blot].
    background_level : float
        Background of every pixel of the box [AU].

    Returns
    -------
    float
        Volume above the level [AU px]. LI-COR's "integrated intensity" is this times the area of a pixel.

    Raises
    ------
    SettingsError
        The box holds no pixel of the picture.

    Examples
    --------
    >>> integrate_box(Blot("one", np.full((4, 5), 7.0)), 1, 3, 0, 5, background_level=2.0)
    50.0
    """
    part = blot.pixels[max(top, 0) : max(bottom, 0), max(left, 0) : max(right, 0)]
    if part.size == 0:
        rows, cols = blot.shape
        raise SettingsError(
            f"box {top}:{bottom},{left}:{right} holds no pixel of {blot.name!r}; take it from 0:{rows},0:{cols}"
        )
    return float(part.sum() - background_level * part.size)
