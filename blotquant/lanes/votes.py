"""Votes: places that look like the middle of a band, and their tally over the columns of a membrane."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import cv2
import numpy as np

from ..blot import FloatArray
from ..bulges import Picture

__all__ = ["LUMP", "SLOPE", "Votes", "odd", "shifted", "tally"]

LUMP = 0.1
"""Part of a band's evidence that may vary inside the band."""

SLOPE = 0.1
"""Usual steepness of a row across lanes, at most [px/px]."""


@dataclass(frozen=True)
class Votes:
    """Places that look like the middle of a band.

    Parameters
    ----------
    row, col : ndarray of shape (n,)
        Places on the canvas [px].
    weight : ndarray of shape (n,)
        What the vote counts, 0 to 3.
    spacing : float
        Distance between neighbouring places of a row [px].
    """

    row: FloatArray
    col: FloatArray
    weight: FloatArray
    spacing: float

    @classmethod
    def united(cls, votes: Sequence[Votes]) -> Votes:
        """Put the votes of several images together."""
        return cls(
            np.concatenate([some.row for some in votes]),
            np.concatenate([some.col for some in votes]),
            np.concatenate([some.weight for some in votes]),
            votes[0].spacing,
        )


def odd(size: float) -> int:
    """Nearest odd number of strips or rows, at least 1."""
    return max(1, 2 * round((size - 1.0) / 2.0) + 1)


def shifted(picture: Picture, by: int, outside: float = 0.0) -> Picture:
    """Shift columns to the right (to the left when negative); `outside` comes in from beyond the picture."""
    by = max(-picture.shape[1], min(by, picture.shape[1]))
    out = np.empty_like(picture)
    if by >= 0:
        out[:, by:] = picture[:, : picture.shape[1] - by]
        out[:, :by] = outside
    else:
        out[:, :by] = picture[:, -by:]
        out[:, by:] = outside
    return out


def tally(col: FloatArray, weight: FloatArray, spacing: float, pitch: float, width: int) -> FloatArray:
    """Add up the votes of all rows for each column.

    Parameters
    ----------
    col, weight : ndarray of shape (n,)
        Columns of the votes, brought to the middle row along the lanes' lean [px], and what they count.
    spacing : float
        Distance between neighbouring votes of a row [px].
    pitch : float
        Distance between lanes [px].
    width : int
        Columns of the canvas.

    Returns
    -------
    ndarray of shape (width,)
        About three times the number of rows that have a band there.
    """
    inside = (col > -0.5) & (col < width - 0.5)
    counts = np.asarray(np.bincount(np.round(col[inside]).astype(np.intp), weight[inside], width), dtype=np.float64)
    reach = max(1, min(int(0.3 * pitch), (width - 1) // 2))
    kernel = np.exp(-0.5 * (np.arange(-reach, reach + 1) / (0.1 * pitch)) ** 2)
    kernel /= max(1.0, float(kernel.sum()) / spacing)
    one = np.ones(1)
    smooth = cv2.sepFilter2D(counts[None, :], -1, kernel, one, borderType=cv2.BORDER_CONSTANT)
    return np.asarray(smooth[0], dtype=np.float64)
