"""Evidence for bands: how far the picture bulges along the run, in units of its own noise.

A band is thin along the run and wide across it. The negative second derivative along the run, smoothed at a few
scales, is positive on such a bulge and about zero on any slope or slow unevenness (Lindeberg 1998,
doi 10.1023/A:1008045108935: scale-normalised derivatives). Its noise is taken from the picture itself, at each
level of brightness, by a low quantile that survives crowded blots. Counts times a factor or plus an offset give
the same evidence.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import cv2
import numpy as np
import numpy.typing as npt

from .blot import Blot, FloatArray
from .errors import DetectionError

__all__ = [
    "SCALES",
    "Canvas",
    "Narrow",
    "Picture",
    "align",
    "bulge",
    "bulge_kernel",
    "grey_step",
    "narrow",
    "noise_of",
]

SCALES = (1.2, 2.4, 4.8, 9.6)
"""Half thicknesses at which bulges are sought [px]."""

_LEVELS = 8  # brightness levels with a noise of their own
_QUARTILE = 0.31864  # first quartile of |normal|
_GREY_FLOOR = 0.6  # smallest noise of a pixel, in steps of its grey scale; 8-bit pictures have flat patches

Picture = npt.NDArray[np.float32]


@dataclass(frozen=True)
class Canvas:
    """The common grid of a membrane's images, in the upright frame of the first.

    Parameters
    ----------
    rows, cols : int
        Size [px]; every image lies inside.
    top, left : int
        Where the canvas starts in the first image's upright pixels (zero or negative) [px].
    offsets : tuple of (int, int)
        Row and column of each image's first pixel on the canvas [px].
    """

    rows: int
    cols: int
    top: int
    left: int
    offsets: tuple[tuple[int, int], ...]

    @property
    def shape(self) -> tuple[int, int]:
        """Rows and columns [px]."""
        return self.rows, self.cols


@dataclass(frozen=True)
class Narrow:
    """A picture whose columns are averaged into strips.

    Parameters
    ----------
    pixels : ndarray of shape (H, n)
        Counts relative to the picture's median [AU].
    width : float
        Width of a strip [px]; strip i is centred at ``(i + 0.5) * width - 0.5``.
    level : ndarray of shape (H, n)
        Brightness of the neighbourhood [AU].
    floor : float
        Smallest noise of a strip's pixel that is believed [AU].
    """

    pixels: Picture
    width: float
    level: Picture
    floor: float


def align(blots: Sequence[Blot]) -> Canvas:
    """Lay the images of one membrane on one grid; they may be cropped differently.

    Raises
    ------
    DetectionError
        There is no image, or the images lie differently in their files.
    """
    if not blots:
        raise DetectionError("no image was given to find lanes in; hand in one blot or the blots of a membrane")
    grids = [(blot.frame.turns % 4, blot.frame.mirror, blot.frame.rows, blot.frame.cols) for blot in blots]
    for blot, grid in zip(blots, grids, strict=True):
        if grid != grids[0]:
            raise DetectionError(
                f"{blot.name} and {blots[0].name} are of one membrane but not on one pixel grid; "
                "orient them alike, or give them different membrane names"
            )
    top = min(blot.frame.top for blot in blots)
    left = min(blot.frame.left for blot in blots)
    offsets = tuple((blot.frame.top - top, blot.frame.left - left) for blot in blots)
    rows = max(row + blot.shape[0] for (row, _), blot in zip(offsets, blots, strict=True))
    cols = max(col + blot.shape[1] for (_, col), blot in zip(offsets, blots, strict=True))
    return Canvas(rows, cols, top - blots[0].frame.top, left - blots[0].frame.left, offsets)


def bulge_kernel(sigma: float) -> Picture:
    """Return the negative second derivative of a Gaussian, zero on constants and slopes.

    Parameters
    ----------
    sigma : float
        Half thickness that it looks for [px].
    """
    reach = int(np.ceil(4.0 * sigma))
    t = np.arange(-reach, reach + 1.0)
    kernel = (1.0 - (t / sigma) ** 2) * np.exp(-0.5 * (t / sigma) ** 2) / (np.sqrt(2.0 * np.pi) * sigma)
    return (kernel - kernel.mean()).astype(np.float32)


def bulge(pixels: Picture, sigma: float) -> Picture:
    """Bulge of each column along the run at one half thickness [AU]; a matching Gaussian of height 1 gives 0.35."""
    kernel = bulge_kernel(sigma)
    one = np.ones(1, np.float32)
    return np.asarray(cv2.sepFilter2D(pixels, -1, one, kernel, borderType=cv2.BORDER_REFLECT), np.float32)


def grey_step(pixels: npt.ArrayLike) -> float:
    """Smallest step between grey values that occur [AU]; 0 for a flat picture."""
    values = np.asarray(pixels).ravel()
    steps = np.diff(np.unique(values[:: max(1, values.size // 20000)]))
    return float(steps.min()) if steps.size else 0.0


def noise_of(response: Picture, level: Picture, floor: float) -> Picture:
    """Noise of a filter response at each pixel, from quiet pixels of the same brightness.

    Parameters
    ----------
    response, level : ndarray of shape (H, n)
        Filter response and local brightness [AU].
    floor : float
        Smallest noise that is believed [AU].

    Returns
    -------
    ndarray of shape (H, n)
        Standard deviation [AU]; never zero.
    """
    step = max(1, int(np.sqrt(response.size / 12000)))
    sample, of_level = np.abs(response[::step, ::step]).ravel(), level[::step, ::step].ravel()
    groups = np.array_split(np.argsort(of_level, kind="stable"), min(_LEVELS, max(1, sample.size // 50)))
    centres = np.array([of_level[group].mean() for group in groups])
    quartiles = np.array([np.partition(sample[group], len(group) // 4)[len(group) // 4] for group in groups])
    spread = np.maximum(quartiles / _QUARTILE, max(floor, float(np.finfo(np.float32).tiny)))
    return np.interp(level, centres, spread).astype(np.float32)


def _brightness(pixels: Picture) -> Picture:
    rows, cols = pixels.shape
    small = cv2.resize(pixels, (max(1, cols // 4), max(1, rows // 4)), interpolation=cv2.INTER_AREA)
    wide = cv2.blur(small, (9, 15))
    return np.asarray(cv2.resize(wide, (cols, rows), interpolation=cv2.INTER_LINEAR), np.float32)


def narrow(pixels: FloatArray, strips: int) -> Narrow:
    """Remove single hot pixels and average columns into strips; symmetric under a mirror.

    Parameters
    ----------
    pixels : ndarray of shape (H, W)
        Counts, bright = protein [AU].
    strips : int
        Strips across the picture, at most.
    """
    calm = cv2.medianBlur((pixels - np.median(pixels)).astype(np.float32), 3)
    count = min(strips, pixels.shape[1])
    means = np.asarray(cv2.resize(calm, (count, pixels.shape[0]), interpolation=cv2.INTER_AREA), np.float32)
    width = pixels.shape[1] / count
    return Narrow(means, width, _brightness(means), _GREY_FLOOR * grey_step(pixels) / float(np.sqrt(width)))
