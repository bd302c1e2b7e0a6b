"""Evidence for bands: an image calmed, its noise known, seen in strips and rows as coarse as a search needs.

How far it bulges along the run is in `bulges`, in units of its own noise by `filter_noise`.
Light is that of the calm copy: above the picture's median, in units of the span of its counts [span].
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import cv2
import numpy as np
import numpy.typing as npt

from .blot import Blot, once_a_blot
from .bulges import Picture, resized
from .calm import Calm, calmed
from .errors import DetectionError
from .filter_noise import GREY_FLOOR, PARTS, Light, chance_of
from .noise import NoiseModel, estimate_noise
from .surround import beyond_edge, off_membrane

__all__ = ["Canvas", "Narrow", "Seen", "align", "narrow"]

_PLACES = 12000  # places at which brightness and noise are told


@dataclass(frozen=True)
class Canvas:
    """The common grid of a membrane's images, in the upright frame of the first.

    Parameters
    ----------
    rows, cols : int
        Size [px]; every image lies inside.
    offsets : tuple of (int, int)
        Row and column of each image's first pixel on the canvas [px].
    """

    rows: int
    cols: int
    offsets: tuple[tuple[int, int], ...]

    @property
    def shape(self) -> tuple[int, int]:
        """Rows and columns [px]."""
        return self.rows, self.cols


@dataclass(frozen=True)
class Narrow:
    """A picture whose columns are averaged into strips, and its rows a few at a time.

    Parameters
    ----------
    pixels : ndarray of shape (h, n)
        Counts relative to the picture's median [span].
    width : float
        Width of a strip [px]; strip i is centred at ``(i + 0.5) * width - 0.5``.
    step : float
        Height of a row [px]; row i is centred at ``(i + 0.5) * step - 0.5``.
    light : Light
        Brightness of the neighbourhood, and what it says of noise.
    floor : float
        Smallest noise of a strip's pixel that is believed [span].
    grey : float
        Step of the picture's grey scale [span].
    """

    pixels: Picture
    width: float
    step: float
    light: Light
    floor: float
    grey: float


@dataclass(frozen=True)
class Seen:
    """An image and its noise.

    Parameters
    ----------
    calm : Calm
        Counts, bright = protein, without single hot pixels; the membrane's level carried on over what lies beside it.
    noise : NoiseModel
        How much they vary by chance, above the picture's median and in units of its span as they are.
    off : ndarray of bool of shape (H, W)
        What lies beside the membrane.
    """

    calm: Calm
    noise: NoiseModel
    off: npt.NDArray[np.bool_]

    @classmethod
    def of(cls, blot: Blot) -> Seen:
        """Estimate the noise of a blot, and hide the edge of its membrane."""
        return _seen(blot)

    @property
    def shape(self) -> tuple[int, int]:
        """Rows and columns [px]."""
        return self.calm.shape


@once_a_blot
def _seen(blot: Blot) -> Seen:
    off = off_membrane(blot)
    calm = calmed(blot)
    if off.any():
        pixels = beyond_edge(blot.pixels, off)
        calm = Calm.of(pixels, float(np.median(pixels)))
    return Seen(calm, estimate_noise(blot).above(calm.middle, calm.span), off)


def align(blots: Sequence[Blot]) -> Canvas:
    """Lay the images of one membrane on one grid; they may lie differently in their files, and be cropped differently.

    Raises
    ------
    DetectionError
        There is no image, or the images differ in size when they are upright.
    """
    if not blots:
        raise DetectionError("no image was given to find lanes in; hand in one blot or the blots of a membrane")
    size = blots[0].frame.upright_shape
    for blot in blots:
        if blot.frame.upright_shape != size:
            raise DetectionError(
                f"{blot.name} and {blots[0].name} are of one membrane but not on one pixel grid; "
                "orient them alike, say mode cut if they are pieces of it, or give them different membrane names"
            )
    top = min(blot.frame.top for blot in blots)
    left = min(blot.frame.left for blot in blots)
    offsets = tuple((blot.frame.top - top, blot.frame.left - left) for blot in blots)
    rows = max(row + blot.shape[0] for (row, _), blot in zip(offsets, blots, strict=True))
    cols = max(col + blot.shape[1] for (_, col), blot in zip(offsets, blots, strict=True))
    return Canvas(rows, cols, offsets)


def _brightness(pixels: Picture) -> Picture:
    """Brightness of the neighbourhood on a grid of about 12 000 places, finer ones in small pictures [span]."""
    rows, cols = pixels.shape
    small = cv2.resize(pixels, (max(1, cols // 4), max(1, rows // 4)), interpolation=cv2.INTER_AREA)
    apart = max(1.0, np.sqrt(pixels.size / _PLACES))
    across = cols if cols < PARTS else PARTS * round(cols / apart / PARTS)
    return resized(np.asarray(cv2.blur(small, (9, 15)), np.float32), (round(rows / apart), max(1, across)))


def narrow(image: Seen, strips: int, step: int = 1) -> Narrow:
    """Average columns into strips, and rows; symmetric under a mirror.

    Parameters
    ----------
    image : Seen
        The image, bright = protein.
    strips : int
        Strips across the picture, at most.
    step : int
        Rows that are one, about.
    """
    rows, cols = image.shape
    count, few = min(strips, cols), max(1, round(rows / step))
    means = image.calm.averaged(few, count)
    width, height = cols / count, rows / few
    level = _brightness(means)
    floor = GREY_FLOOR * image.noise.quantum / float(np.sqrt(width * height))
    return Narrow(
        means,
        width,
        height,
        Light.of(level, chance_of(image.noise, level)),
        floor,
        image.noise.quantum,
    )
