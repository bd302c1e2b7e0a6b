"""Noise of bulges, from the picture itself.

It is told at each level of brightness, by a low quantile that survives crowded blots. Counts times a factor or plus an
offset give the same evidence.
"""

from __future__ import annotations

import functools
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from .blot import FloatArray
from .bulges import SCALES, SHORT, Picture, bulge_noise, resized
from .noise import NoiseModel

__all__ = ["GREY_FLOOR", "PARTS", "Light", "chance_of", "noise_of"]

_LEVELS = 8  # brightness levels with a noise of their own
_FEWEST = 50  # places of a level, at least
_QUARTILE = 0.31864  # first quartile of |normal|
_QUIET_SHARE = 0.3  # quantile over the brightness levels that gives the usual noise
_SHORT_QUIET = 1.3  # that of a short picture, which bands fill, over the noise of its quietest level
_FILLED = 32.0  # half thicknesses below which a picture may be filled by a row of broad bands
_LOUDEST = 1.6  # how much noisier than usual a level or a part of the width may be
_QUIETEST = 0.7  # and how much quieter a level
_ROUGHEST = 10.0  # noise of a short picture's bulges over that of white noise, at most
_FLATTEST = 0.35  # a level of brightness whose bulges are flatter than so much of white noise is clipped and tells none
_COARSE = 0.1  # least noise of a bulge, in steps of the grey scale: a patch that is one step brighter is none

GREY_FLOOR = 0.6
"""Smallest noise of a pixel, in steps of its grey scale; 8-bit pictures have flat patches."""

PARTS = 8
"""Parts of the width with a noise of their own; a grid on which brightness is told has a multiple of them."""


def chance_of(noise: NoiseModel, brightness: npt.ArrayLike) -> Picture:
    """Return the standard deviation of a pixel of each brightness, never zero [span]."""
    return np.maximum(np.sqrt(noise.variance(brightness)), np.finfo(np.float32).tiny).astype(np.float32)


@dataclass(frozen=True)
class Light:
    """Local brightness of a picture, sorted into levels once for all filters whose noise is told by them.

    Brightness varies slowly, so it is kept on a coarse grid.

    Parameters
    ----------
    chance : ndarray of shape (h, w)
        Standard deviation of a pixel of that brightness [span].
    levels : ndarray of shape (k, m)
        Places of each level on the grid, counted row by row.
    weights : ndarray of shape (k, h * w)
        What each level tells of each place: 1 in all, for the two levels whose brightness lies nearest.
    """

    chance: Picture
    levels: npt.NDArray[np.intp]
    weights: Picture

    @classmethod
    def of(cls, level: Picture, chance: Picture) -> Light:
        """Sort brightness into levels.

        Parameters
        ----------
        level, chance : ndarray of shape (h, w)
            Brightness on a grid, and standard deviation of a pixel of that brightness [span].
        """
        sample = level.ravel()
        count = min(_LEVELS, max(1, sample.size // _FEWEST))
        each = sample.size // count
        order = np.argpartition(sample, each * np.arange(1, count))
        levels = order[: each * count].reshape(count, each)
        centres = sample[levels].mean(axis=1)
        return cls(chance, levels, _between(sample, centres))

    def at(self, shape: tuple[int, int]) -> npt.NDArray[np.intp]:
        """Return where the places of the grid lie in a picture of a shape, counted row by row."""
        down, across = (
            ((np.arange(n) + 0.5) * size / n).astype(np.intp) for n, size in zip(self.chance.shape, shape, strict=True)
        )
        return np.asarray((down[:, None] * shape[1] + across).ravel(), np.intp)


def _between(sample: Picture, centres: Picture) -> Picture:
    """Weights that interpolate from the levels' brightness to every place's, shape (levels, places)."""
    weights = np.zeros((len(centres), len(sample)), np.float32)
    below = np.zeros(len(sample), np.intp)
    for centre in centres[1:-1]:
        below += sample > centre
    if len(centres) == 1:
        weights[0] = 1.0
        return weights
    gap = np.diff(centres)
    share = (sample - centres[below]) * np.divide(1.0, gap, out=np.zeros_like(gap), where=gap > 0)[below]
    np.clip(share, 0.0, 1.0, out=share)
    place = np.arange(len(sample))
    weights[below, place] = 1.0 - share
    weights[below + 1, place] = share
    return weights


def _quartiles(values: npt.NDArray[np.floating]) -> Picture:
    """Spread of samples from their quieter half, as for normal noise, over the last axis."""
    at = values.shape[-1] // 4
    return np.asarray(np.partition(values, at, axis=-1)[..., at] / np.float32(_QUARTILE), np.float32)


def _quantiles(values: FloatArray, share: float) -> FloatArray:
    """Quantile of each row of some values, as `numpy.quantile` gives, without its overhead."""
    ordered = np.sort(values, axis=1)
    place = share * (values.shape[1] - 1)
    low = int(place)
    high = min(low + 1, values.shape[1] - 1)
    quantiles: FloatArray = ordered[:, low] + (place - low) * (ordered[:, high] - ordered[:, low])
    return quantiles


def _limits(sigma: float, rows: int, pixels: float) -> tuple[float, float]:
    """Smallest and largest noise that a bulge may have, as shares of its pixels' noise.

    A picture so short that bands fill it shows no quiet place; grain and texture are taken for ten times as rough as
    white noise there, at most. Taller pictures tell their noise themselves. A clipped ground shows none.
    """
    white = bulge_noise(sigma) / float(np.sqrt(max(1.0, pixels)))
    return _FLATTEST * white, float("inf") if rows >= SHORT * min(sigma, SCALES[1]) else _ROUGHEST * white


def noise_of(
    responses: Picture,
    light: Light,
    sigmas: Sequence[float],
    *,
    pixels: float,
    floor: float,
    grey: float = 0.0,
    broad: float = np.inf,
) -> Picture:
    """Noise of the bulges of a picture at each of its pixels.

    It follows the noise of single pixels, by a factor that is found at every level of brightness and in every part of
    the width from the quieter half of the responses; levels that hold little but bands may not raise it by much.

    Parameters
    ----------
    responses : ndarray of shape (k, H, n)
        Bulges at several half thicknesses [span].
    light : Light
        Brightness of the same picture.
    sigmas : sequence of float
        The half thicknesses [rows of the picture].
    pixels : float
        How many of the image's pixels were averaged into one of the picture's.
    floor : float
        Smallest noise of such a pixel that is believed [span].
    grey : float
        Step of the picture's grey scale, which no averaging makes finer where noise is less than it [span].
    broad : float
        Half thickness from which bands may fill a picture that is not short for the finer ones, and the quietest level
        tells the noise [rows].

    Returns
    -------
    ndarray of shape (k, H, n)
        Standard deviation [span]; never zero.
    """
    count, rows, cols = responses.shape
    sample = np.abs(responses.reshape(count, -1).take(light.at((rows, cols)), axis=1)).astype(np.float32, copy=False)
    shares: Picture = sample / light.chance.ravel()
    spread = _quartiles(shares[:, light.levels]).astype(float)
    least, most = np.array([_limits(sigma, rows, pixels) for sigma in sigmas]).T
    telling = np.where(spread >= least[:, None], spread, np.inf).min(axis=1)
    quietest = np.where(np.isfinite(telling), telling, least)
    filled = np.isfinite(most) | np.array([sigma >= broad and rows < _FILLED * sigma for sigma in sigmas])
    quiet = np.where(filled, quietest * _SHORT_QUIET, _quantiles(spread, _QUIET_SHARE))
    usual = np.minimum(np.maximum(quiet, quietest), most)[:, None]
    factor = np.clip(spread, _QUIETEST * usual, _LOUDEST * usual).astype(np.float32) @ light.weights
    tiny = float(np.finfo(np.float32).tiny)
    floors = np.array([max(floor * bulge_noise(sigma), _COARSE * grey, tiny) for sigma in sigmas], np.float32)
    noise = np.maximum(factor * light.chance.ravel(), floors[:, None]).reshape(count, *light.chance.shape)
    noise *= _across(sample.reshape(noise.shape) / noise)
    return np.stack([resized(own, (rows, cols)) for own in noise])


def _across(sample: Picture) -> Picture:
    """How much noisier each part of the width is than its brightness says, at least 1, shape (k, 1, w)."""
    count, _, width = sample.shape
    parts = min(PARTS, width)
    each = width // parts
    first = (np.arange(parts) * (width - each)) // max(1, parts - 1)
    columns = sample[:, :, first[:, None] + np.arange(each)]
    spread = _quartiles(np.moveaxis(columns, 1, 2).reshape(count, parts, -1)).astype(float)
    usual = np.maximum(_quantiles(spread, 0.5), 1e-9)[:, None]
    relative = np.clip(spread / usual, 1.0, _LOUDEST)
    return np.asarray((relative @ _over_width(parts, width))[:, None, :], np.float32)


@functools.lru_cache(maxsize=64)
def _over_width(parts: int, width: int) -> FloatArray:
    """Weights that interpolate from parts of a width to its columns, shape (parts, width)."""
    centres = (np.arange(parts) + 0.5) * width / parts - 0.5
    return np.stack([np.interp(np.arange(width), centres, own) for own in np.eye(parts)])
