"""A calm copy of a picture, made once: what surroundings, lanes and bands are looked for in."""

from __future__ import annotations

import functools
from dataclasses import dataclass
from weakref import WeakKeyDictionary

import cv2
import numpy as np
import numpy.typing as npt

from .blot import Blot, FloatArray

__all__ = ["Calm", "calmed", "hand_on"]

Picture = npt.NDArray[np.float32]


@dataclass(frozen=True, eq=False)
class Calm:
    """A picture without single hot pixels, in half the bytes.

    Parameters
    ----------
    full : ndarray of shape (H, W)
        Counts above `middle` [AU].
    middle : float
        Median of the pixels [AU], from which an offset cancels.
    """

    full: Picture
    middle: float

    @classmethod
    def of(cls, pixels: FloatArray, middle: float) -> Calm:
        """Calm some pixels, whose median is known."""
        above = np.empty(pixels.shape, np.float32)
        np.subtract(pixels, middle, out=above, casting="same_kind")  # in 64 bits, but with no second picture of them
        return cls(np.asarray(cv2.medianBlur(above, 3), np.float32), middle)

    @property
    def shape(self) -> tuple[int, int]:
        """Rows and columns [px]."""
        return self.full.shape[0], self.full.shape[1]

    @functools.cached_property
    def _halved(self) -> Picture:
        rows, cols = self.full.shape
        size = (max(1, round(cols / 2)), max(1, round(rows / 2)))
        return np.asarray(cv2.resize(self.full, size, interpolation=cv2.INTER_AREA), np.float32)

    def averaged(self, rows: int, cols: int) -> Picture:
        """Average pixels into fewer rows and columns [AU]; symmetric under a mirror."""
        small = 2 * rows <= self.full.shape[0] and 2 * cols <= self.full.shape[1]
        fine = self._halved if small else self.full
        if fine.shape == (rows, cols):
            return fine
        return np.asarray(cv2.resize(fine, (cols, rows), interpolation=cv2.INTER_AREA), np.float32)

    def at_most(self, side: int) -> tuple[Picture, float]:
        """Shrink a picture so that its longer side has no more than so many pixels, and calm it again.

        Returns
        -------
        ndarray of shape (h, w)
            The small copy [AU].
        float
            Pixels of the picture per pixel of the copy.
        """
        rows, cols = self.full.shape
        factor = max(1.0, max(rows, cols) / side)
        small = self.averaged(max(1, round(rows / factor)), max(1, round(cols / factor)))
        return np.asarray(cv2.medianBlur(small, 3), np.float32), factor

    def inverted(self, full: float) -> Calm:
        """Return the calm copy of ``full`` minus the pixels."""
        return Calm(-self.full, full - self.middle)

    def cropped(self, box: tuple[int, int, int, int]) -> Calm:
        """Return a part, ``top, bottom, left, right``, still above the whole picture's median."""
        top, bottom, left, right = box
        return Calm(np.ascontiguousarray(self.full[top:bottom, left:right]), self.middle)


_known: WeakKeyDictionary[Blot, Calm] = WeakKeyDictionary()


def calmed(blot: Blot) -> Calm:
    """Return the calm copy of a blot, which is made once: its pixels never change."""
    if blot not in _known:
        _known[blot] = Calm.of(blot.pixels, blot.middle)
    return _known[blot]


def hand_on(calm: Calm, blot: Blot) -> Blot:
    """Let a blot have a calm copy that is known from the blot it was made of; returns the blot."""
    _known[blot] = calm
    return blot
