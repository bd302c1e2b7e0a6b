"""What a member of the background family is, and the places it is given."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
import numpy.typing as npt
import pandas as pd

from ..blot import FloatArray

__all__ = ["Background", "IntArray", "Places", "moving_mean", "paint"]

IntArray = npt.NDArray[np.int64]


@dataclass(frozen=True)
class Background:
    """A member of the family: how it estimates, what it promises, where it comes from.

    Parameters
    ----------
    name : str
        Its key in ``BACKGROUNDS``.
    estimate : callable
        ``estimate(pixels, places, **options)``: pixels of an upright picture, (H, W) [AU], and the boxes of its bands
        → background on the same grid, (H, W) [AU].
    scope : {"band", "lane", "image"}
        What it looks at: each band's surroundings, each lane's profile, or the whole picture.
    exact_on : {"flat", "ramp", "quadratic"}
        The hardest noise-free membrane on which it makes no error under a band.
    meaning : str
        What it does, in one sentence.
    assumption : str
        What must hold for it to be right.
    reference : str
        Where it was described.
    """

    name: str
    estimate: Callable[..., FloatArray]
    scope: Literal["band", "lane", "image"]
    exact_on: Literal["flat", "ramp", "quadratic"]
    meaning: str
    assumption: str
    reference: str


@dataclass(frozen=True)
class Places:
    """Boxes of bands in an upright picture: half-open, whole pixels, inside the picture, never empty.

    Parameters
    ----------
    shape : tuple of int
        Rows and columns of the picture [px].
    lane : ndarray of shape (n,)
        Lane of each band.
    top, bottom, left, right : ndarray of shape (n,)
        Edges of each band's box [px].
    """

    shape: tuple[int, int]
    lane: IntArray
    top: IntArray
    bottom: IntArray
    left: IntArray
    right: IntArray

    @classmethod
    def of(cls, bands: pd.DataFrame, shape: tuple[int, int]) -> Places:
        """Take the boxes of an upright bands table, cut to the picture."""
        edges = {}
        for low, high, size in (("top", "bottom", shape[0]), ("left", "right", shape[1])):
            start = np.clip(np.rint(bands[low].to_numpy(float)).astype(np.int64), 0, size - 1)
            stop = np.clip(np.rint(bands[high].to_numpy(float)).astype(np.int64), 0, size)
            edges[low], edges[high] = start, np.maximum(stop, start + 1)
        return cls(shape, bands["lane"].to_numpy(np.int64), **edges)

    def __len__(self) -> int:
        return len(self.lane)

    def box(self, i: int) -> tuple[slice, slice]:
        """Rows and columns of band ``i``."""
        return slice(int(self.top[i]), int(self.bottom[i])), slice(int(self.left[i]), int(self.right[i]))

    def around(self, i: int, margin: int) -> tuple[slice, slice]:
        """Rows and columns of band ``i`` with a margin on every side, cut to the picture."""
        rows = slice(max(0, int(self.top[i]) - margin), min(self.shape[0], int(self.bottom[i]) + margin))
        cols = slice(max(0, int(self.left[i]) - margin), min(self.shape[1], int(self.right[i]) + margin))
        return rows, cols

    def covered(self) -> npt.NDArray[np.bool_]:
        """Mask of the pixels inside any box, shape (H, W)."""
        steps = np.zeros((self.shape[0] + 1, self.shape[1] + 1), dtype=np.int64)
        np.add.at(steps, (self.top, self.left), 1)
        np.add.at(steps, (self.bottom, self.right), 1)
        np.add.at(steps, (self.top, self.right), -1)
        np.add.at(steps, (self.bottom, self.left), -1)
        inside: npt.NDArray[np.bool_] = np.cumsum(np.cumsum(steps, axis=0), axis=1)[:-1, :-1] > 0
        return inside


def paint(pixels: FloatArray, places: Places, patches: Sequence[FloatArray]) -> FloatArray:
    """Put each band's background under its box; where boxes overlap, their mean.

    Parameters
    ----------
    pixels : ndarray of shape (H, W)
        The picture [AU]; the median of what no box covers fills the rest.
    places : Places
        The boxes.
    patches : sequence of ndarray
        Background under each box [AU].
    """
    total, count = np.zeros(places.shape), np.zeros(places.shape)
    for i, patch in enumerate(patches):
        total[places.box(i)] += patch
        count[places.box(i)] += 1.0
    free = pixels[count == 0]
    rest = float(np.median(free)) if free.size else float(np.median(pixels))
    return np.where(count > 0, total / np.maximum(count, 1.0), rest)


def moving_mean(profiles: FloatArray, width: int, axis: int = -1) -> FloatArray:
    """Mean over a centred window that shrinks towards the ends, so that a straight line stays one.

    Parameters
    ----------
    profiles : ndarray
        Values [any unit].
    width : int
        Window [px]; an even width counts as the next odd one.
    axis : int
        Axis along which to average.
    """
    values = np.moveaxis(profiles, axis, -1)
    size = values.shape[-1]
    at = np.arange(size)
    half = np.minimum(np.minimum(at, size - 1 - at), width // 2)
    sums = np.concatenate([np.zeros((*values.shape[:-1], 1)), np.cumsum(values, axis=-1)], axis=-1)
    mean = (sums[..., at + half + 1] - sums[..., at - half]) / (2 * half + 1)
    return np.moveaxis(mean, -1, axis)
