"""Evidence for bands: how far the picture bulges along the run, in units of its own noise.

A band is thin along the run and wide across it. The negative second derivative along the run, smoothed at a few
scales, is positive on such a bulge and about zero on any slope or slow unevenness (Lindeberg 1998,
doi 10.1023/A:1008045108935: scale-normalised derivatives). Its noise is taken from the picture itself, at each
level of brightness, by a low quantile that survives crowded blots. Counts times a factor or plus an offset give
the same evidence.
"""

from __future__ import annotations

import functools
from collections.abc import Sequence
from dataclasses import dataclass

import cv2
import numpy as np
import numpy.typing as npt

from .blot import Blot, FloatArray, once_a_blot
from .errors import DetectionError
from .noise import NoiseModel, estimate_noise
from .surround import beyond_edge, off_membrane

__all__ = [
    "GREY_FLOOR",
    "SCALES",
    "Canvas",
    "Narrow",
    "Picture",
    "Seen",
    "align",
    "blurred",
    "bulge",
    "bulge_kernel",
    "chance_of",
    "least_noise",
    "most_noise",
    "narrow",
    "noise_of",
    "scales_for",
]

SCALES = (1.2, 2.4, 4.8, 9.6, 19.2)
"""Half thicknesses at which bulges are sought [px]."""

_FINE = 4.8  # half thickness from which rows are averaged before bulges are sought [px]
_PLACES = 12000  # places at which brightness and noise are told
_LEVELS = 8  # brightness levels with a noise of their own
_QUARTILE = 0.31864  # first quartile of |normal|
_QUIET_SHARE = 0.3  # quantile over the brightness levels that gives the usual noise
_LOUDEST = 1.6  # how much noisier than usual a level or a part of the width may be
_SHORT = 48.0  # half thicknesses below which a picture is short: bands may fill it
_ROUGHEST = 10.0  # noise of a short picture's bulges over that of white noise, at most
_FLATTEST = 0.35  # a level of brightness whose bulges are flatter than so much of white noise is clipped and tells none
_PARTS = 8  # parts of the width with a noise of their own

Picture = npt.NDArray[np.float32]

GREY_FLOOR = 0.6
"""Smallest noise of a pixel, in steps of its grey scale; 8-bit pictures have flat patches."""


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
class Light:
    """Local brightness of a picture, sorted into levels once for all filters whose noise is told by them.

    Brightness varies slowly, so it is kept on a grid of about 12 000 places.

    Parameters
    ----------
    chance : ndarray of shape (h, w)
        Standard deviation of a pixel of that brightness [AU].
    groups : tuple of ndarray
        Places of each level on the grid.
    below : ndarray of shape (h, w)
        Number of the level whose mean brightness lies below each place's.
    share : ndarray of shape (h, w)
        How far each place's brightness lies from there to the next level's, 0 to 1.
    """

    chance: Picture
    groups: tuple[npt.NDArray[np.intp], ...]
    below: npt.NDArray[np.intp]
    share: Picture

    @classmethod
    def of(cls, level: Picture, chance: Picture) -> Light:
        """Sort brightness into levels.

        Parameters
        ----------
        level, chance : ndarray of shape (h, w)
            Brightness on a grid, and standard deviation of a pixel of that brightness [AU].
        """
        sample = level.ravel()
        order = np.argsort(sample, kind="stable")
        groups = tuple(np.array_split(order, min(_LEVELS, max(1, sample.size // 50))))
        centres = np.array([sample[group].mean() for group in groups])
        centres = np.append(centres, centres[-1])  # one level is a pair of equal ones
        below = np.clip(np.searchsorted(centres[:-1], level) - 1, 0, None)
        gap, share = centres[below + 1] - centres[below], np.zeros(level.shape)
        np.divide(level - centres[below], gap, out=share, where=gap > 0)
        return cls(chance, groups, below, np.clip(share, 0.0, 1.0).astype(np.float32))

    def between(self, values: FloatArray) -> Picture:
        """Interpolate a value of each level to every place of the grid, shape (h, w)."""
        padded = np.append(values, values[-1]).astype(np.float32)
        low = np.take(padded, self.below)
        return np.asarray(low + (np.take(padded, self.below + 1) - low) * self.share, np.float32)

    def sampled(self, response: Picture) -> Picture:
        """Take a picture at the places of the grid, in absolute value, shape (h, w)."""
        at = [
            ((np.arange(n) + 0.5) * size / n).astype(np.intp)
            for n, size in zip(self.chance.shape, response.shape, strict=True)
        ]
        return np.abs(response[np.ix_(*at)])


@dataclass(frozen=True)
class Narrow:
    """A picture whose columns are averaged into strips.

    Parameters
    ----------
    pixels : ndarray of shape (H, n)
        Counts relative to the picture's median [AU].
    width : float
        Width of a strip [px]; strip i is centred at ``(i + 0.5) * width - 0.5``.
    light : Light
        Brightness of the neighbourhood, and what it says of noise.
    floor : float
        Smallest noise of a strip's pixel that is believed [AU].
    """

    pixels: Picture
    width: float
    light: Light
    floor: float


@dataclass(frozen=True)
class Seen:
    """An image and its noise.

    Parameters
    ----------
    pixels : ndarray of shape (H, W)
        Counts, bright = protein; the membrane's level carried on over what lies beside it [AU].
    noise : NoiseModel
        How much they vary by chance.
    off : ndarray of bool of shape (H, W)
        What lies beside the membrane.
    middle : float
        Median of the pixels [AU].
    """

    pixels: FloatArray
    noise: NoiseModel
    off: npt.NDArray[np.bool_]
    middle: float

    @classmethod
    def of(cls, blot: Blot) -> Seen:
        """Estimate the noise of a blot, and hide the edge of its membrane."""
        return _seen(blot)

    @functools.cached_property
    def calm(self) -> Picture:
        """Pixels above their median, single hot ones removed [AU]."""
        return np.asarray(cv2.medianBlur((self.pixels - self.middle).astype(np.float32), 3), np.float32)


@once_a_blot
def _seen(blot: Blot) -> Seen:
    off = off_membrane(blot)
    pixels = beyond_edge(blot.pixels, off)
    middle = blot.middle if pixels is blot.pixels else float(np.median(pixels))
    return Seen(pixels, estimate_noise(blot), off, middle)


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
    return np.asarray(kernel - kernel.mean(), dtype=np.float32)


def bulge(pixels: Picture, sigma: float) -> Picture:
    """Bulge of each column along the run at one half thickness [AU]; a matching Gaussian of height 1 gives 0.35.

    Rows are averaged first as far as half thicknesses are then still 4.8 averaged rows.
    """
    fewer, thinner = _fewer_rows(pixels, sigma)
    one = np.ones(1, np.float32)
    response = cv2.sepFilter2D(fewer, -1, one, bulge_kernel(thinner), borderType=cv2.BORDER_REFLECT)
    return _resized(np.asarray(response, np.float32), pixels.shape)


def blurred(pixels: Picture, sigma: float) -> Picture:
    """Blur each column along the run with a Gaussian of one half thickness [AU], in rows averaged as for `bulge`."""
    fewer, thinner = _fewer_rows(pixels, sigma)
    response = cv2.GaussianBlur(fewer, (1, 2 * int(3 * thinner) + 1), sigmaX=1e-6, sigmaY=thinner)
    return _resized(np.asarray(response, np.float32), pixels.shape)


def _fewer_rows(pixels: Picture, sigma: float) -> tuple[Picture, float]:
    """Average rows for a filter, and say what its half thickness is in them."""
    rows, cols = pixels.shape
    few = max(1, round(rows * _FINE / max(sigma, _FINE)))
    if few == rows:
        return pixels, sigma
    fewer = cv2.resize(pixels, (cols, few), interpolation=cv2.INTER_AREA)
    return np.asarray(fewer, np.float32), sigma * few / rows


def _quartile(values: npt.NDArray[np.floating]) -> float:
    """Spread of a sample from its quieter half, as for normal noise."""
    return float(np.partition(values, len(values) // 4)[len(values) // 4]) / _QUARTILE


def scales_for(rows: int, thickest: float = np.inf) -> list[float]:
    """Half thicknesses that are sought in lanes of a length, up to a thickest one [px]."""
    longest = 12.0 if rows < _SHORT * SCALES[0] else 24.0
    return [s for s in SCALES if s == SCALES[0] or (s <= thickest and longest * s < rows)]


def most_noise(sigma: float, rows: int, width: float) -> float:
    """Return the largest noise that a bulge may have in a picture, as a share of its pixels' noise.

    A picture so short that bands fill it shows no quiet place; grain and texture are taken for ten times as rough as
    white noise there, at most. Taller pictures tell their noise themselves.

    Parameters
    ----------
    sigma : float
        Half thickness [px].
    rows : int
        Length of the lanes [px].
    width : float
        Columns that were averaged [px].
    """
    if rows >= _SHORT * min(sigma, SCALES[1]):
        return float("inf")
    return _ROUGHEST * _white(sigma, width)


def least_noise(sigma: float, width: float) -> float:
    """Return the smallest noise that a bulge may have, as a share of its pixels' noise; parameters as `most_noise`."""
    return _FLATTEST * _white(sigma, width)


def _white(sigma: float, width: float) -> float:
    """Noise of a bulge where that of pixels is white, as a share of it."""
    return float(np.sqrt((bulge_kernel(sigma) ** 2).sum() / max(1.0, width)))


def noise_of(response: Picture, light: Light, floor: float, most: float = np.inf, least: float = 0.0) -> Picture:
    """Noise of a filter response at each pixel.

    It follows the noise of single pixels, by a factor that is found at every level of brightness and in every part of
    the width from the quieter half of the responses; levels that hold little but bands may not raise it by much.

    Parameters
    ----------
    response : ndarray of shape (H, n)
        Filter response [AU].
    light : Light
        Brightness of the same picture.
    floor : float
        Smallest noise that is believed [AU].
    most, least : float
        Largest share of a pixel's noise that is believed, since responses of a picture that bands fill are no noise;
        and the smallest, since a clipped ground shows none.

    Returns
    -------
    ndarray of shape (H, n)
        Standard deviation [AU]; never zero.
    """
    sample = light.sampled(response)
    shares = (sample / light.chance).ravel()
    spread = np.array([_quartile(shares[group]) for group in light.groups])
    telling = spread[spread >= least]
    quietest = float(telling.min()) if telling.size else least
    usual = min(max(float(np.quantile(spread, _QUIET_SHARE)), quietest), most)
    factor = light.between(np.clip(spread, 0.7 * usual, _LOUDEST * usual))
    noise = np.maximum(factor * light.chance, np.float32(max(floor, float(np.finfo(np.float32).tiny))))
    return _resized(noise * _across(sample / noise), response.shape)


def _across(sample: Picture) -> Picture:
    """How much noisier each part of the width is than its brightness says, at least 1, shape (1, w)."""
    parts = np.array_split(np.arange(sample.shape[1]), min(_PARTS, sample.shape[1]))
    spread = np.array([_quartile(sample[:, part].ravel()) for part in parts])
    centres = np.array([part.mean() for part in parts])
    relative = np.clip(spread / max(float(np.median(spread)), 1e-9), 1.0, _LOUDEST)
    return np.interp(np.arange(sample.shape[1]), centres, relative)[None, :].astype(np.float32)


def _resized(picture: Picture, shape: tuple[int, ...]) -> Picture:
    if picture.shape == shape:
        return picture
    return np.asarray(cv2.resize(picture, shape[::-1], interpolation=cv2.INTER_LINEAR), np.float32)


def _brightness(pixels: Picture) -> Picture:
    """Brightness of the neighbourhood on a grid of about 12 000 places, finer ones in small pictures [AU]."""
    rows, cols = pixels.shape
    small = cv2.resize(pixels, (max(1, cols // 4), max(1, rows // 4)), interpolation=cv2.INTER_AREA)
    apart = max(1.0, np.sqrt(pixels.size / _PLACES))
    return _resized(np.asarray(cv2.blur(small, (9, 15)), np.float32), (round(rows / apart), round(cols / apart)))


def chance_of(noise: NoiseModel, brightness: npt.ArrayLike) -> Picture:
    """Return the standard deviation of a pixel of each brightness, never zero [AU]."""
    return np.maximum(np.sqrt(noise.variance(brightness)), np.finfo(np.float32).tiny).astype(np.float32)


def narrow(image: Seen, strips: int) -> Narrow:
    """Remove single hot pixels and average columns into strips; symmetric under a mirror.

    Parameters
    ----------
    image : Seen
        The image, bright = protein.
    strips : int
        Strips across the picture, at most.
    """
    rows, cols = image.pixels.shape
    count = min(strips, cols)
    means = np.asarray(cv2.resize(image.calm, (count, rows), interpolation=cv2.INTER_AREA), np.float32)
    width = cols / count
    level = _brightness(means)
    floor = GREY_FLOOR * image.noise.quantum / float(np.sqrt(width))
    return Narrow(means, width, Light.of(level, chance_of(image.noise, level + image.middle)), floor)
