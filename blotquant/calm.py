"""A calm copy of a picture, made once: what surroundings, lanes and bands are looked for in."""

from __future__ import annotations

import dataclasses
import functools
from dataclasses import dataclass
from weakref import WeakKeyDictionary

import cv2
import numpy as np
import numpy.typing as npt

from .blot import Blot, FloatArray

__all__ = ["Calm", "calmed", "hand_on"]

Picture = npt.NDArray[np.float32]

_ROWS = 64  # rows that are calmed at once


@dataclass(frozen=True, eq=False)
class Calm:
    """A picture without single hot pixels, in half the bytes.

    Parameters
    ----------
    full : ndarray of shape (H, W)
        Counts above `middle`, in units of `span`.
    middle : float
        Median of the pixels [AU], from which an offset cancels.
    span : float
        Largest less smallest count [AU], from which a gain cancels to the last of the few digits.
    """

    full: Picture
    middle: float
    span: float

    @classmethod
    def of(cls, pixels: FloatArray, middle: float) -> Calm:
        """Calm some pixels, whose median is known."""
        span = float(np.ptp(pixels)) or 1.0
        above = np.empty(pixels.shape, np.float32)
        for first in range(0, len(pixels), _ROWS):  # in 64 bits, but with no second picture of them
            some = slice(first, first + _ROWS)
            np.divide(pixels[some] - middle, span, out=above[some], casting="same_kind")
        return cls(np.asarray(cv2.medianBlur(above, 3), np.float32), middle, span)

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
        """Average pixels into fewer rows and columns [span]; symmetric under a mirror."""
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
            The small copy [span].
        float
            Pixels of the picture per pixel of the copy.
        """
        rows, cols = self.full.shape
        factor = max(1.0, max(rows, cols) / side)
        small = self.averaged(max(1, round(rows / factor)), max(1, round(cols / factor)))
        return np.asarray(cv2.medianBlur(small, 3), np.float32), factor

    def inverted(self, full: float) -> Calm:
        """Return the calm copy of ``full`` minus the pixels."""
        return Calm(-self.full, full - self.middle, self.span)

    def cropped(self, box: tuple[int, int, int, int]) -> Calm:
        """Return a part, ``top, bottom, left, right``, still above the whole picture's median and by its span."""
        top, bottom, left, right = box
        return dataclasses.replace(self, full=np.ascontiguousarray(self.full[top:bottom, left:right]))

    def mirrored(self) -> Calm:
        """Return the calm copy of the picture with left and right swapped."""
        return dataclasses.replace(self, full=np.ascontiguousarray(self.full[:, ::-1]))


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
