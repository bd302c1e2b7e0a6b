"""A small, calm copy of a picture, and the band-like bulges in it: what polarity, tilt and crop are judged on."""

from __future__ import annotations

import functools
from dataclasses import dataclass

import cv2
import numpy as np

from ..bulges import Picture, bulge_kernel

__all__ = ["SIDE", "Bulges", "Picture", "find_bulges"]

SIDE = 400
"""Longer side of the small copy [px]."""

_SIGMAS = (1.2, 2.4, 4.8)  # half thicknesses of bands that are looked for in the small copy [px]
_LENGTH = 3.0  # a band is at least so many half thicknesses wide; dust and letters are not
_THRESHOLD = 3.0  # bulges below so many units of noise do not count
_QUANTILE, _OF_NORMAL = 0.3, 0.3853  # noise is told by the quietest third: quantile of |normal|
_LEVEL = 0.45  # a ridge is where the slope is less than so much of the bulge, both in units of its half thickness
_TINY = 1e-6


@dataclass(frozen=True)
class Bulges:
    """Band-like bulges of either sign, in units of noise; zero where there are none.

    Parameters
    ----------
    bright, dark : ndarray of shape (h, w)
        Evidence for bright bands and for dark ones, the strongest over all half thicknesses.
    bright_sum, dark_sum : float
        Their sums over all half thicknesses.
    """

    bright: Picture
    dark: Picture
    bright_sum: float
    dark_sum: float


def _noise(response: Picture) -> float:
    """Noise of a filter's response, from its quietest third, so that crowded blots do not raise it [AU]."""
    sample = np.abs(response[::3, ::3]).ravel()
    at = int(_QUANTILE * sample.size)
    return float(np.partition(sample, at)[at]) / _OF_NORMAL


def _opened(evidence: Picture, length: int) -> Picture:
    opened = cv2.morphologyEx(evidence, cv2.MORPH_OPEN, np.ones((1, length), np.uint8))
    return np.asarray(cv2.threshold(opened, _THRESHOLD, 0.0, cv2.THRESH_TOZERO)[1], np.float32)


@functools.cache
def _slope_kernel(sigma: float) -> Picture:
    """First derivative of a Gaussian, in the units of `bulge_kernel`."""
    reach = int(np.ceil(4.0 * sigma))
    t = np.arange(-reach, reach + 1.0) / sigma
    kernel = t * np.exp(-0.5 * t**2) / (np.sqrt(2.0 * np.pi) * sigma)
    return np.asarray(kernel, dtype=np.float32)


def _ridges(small: Picture, sigma: float, floor: float) -> Picture:
    """Signed evidence for ridges and valleys of one half thickness, in units of its noise."""
    smooth = cv2.blur(small, (2 * int(1.5 * sigma) + 3, 1))
    one = np.ones(1, np.float32)
    bulge, slope = (
        np.asarray(cv2.sepFilter2D(smooth, -1, one, kernel, borderType=cv2.BORDER_REFLECT), np.float32)
        for kernel in (bulge_kernel(sigma), _slope_kernel(sigma))
    )
    level = np.abs(slope, out=slope) <= np.abs(bulge) * np.float32(_LEVEL)
    scaled: Picture = bulge * np.float32(1.0 / max(_noise(bulge), floor))
    return np.multiply(scaled, level, out=scaled)


def find_bulges(small: Picture) -> Bulges:
    """Find what is thin along the run and wide across it, bright and dark.

    The negative second derivative along the run, at three half thicknesses, in units of its own noise; only
    where the picture is level along the run, so that neither the sides of a band nor the membrane's edge count;
    an opening across the run takes away what is narrower than a band.
    """
    bright, dark = np.zeros_like(small), np.zeros_like(small)
    sums = [0.0, 0.0]
    floor = _TINY * float(np.ptp(small)) + float(np.finfo(np.float32).tiny)
    for sigma in _SIGMAS:
        ridges = _ridges(small, sigma, floor)
        length = max(3, int(_LENGTH * sigma) | 1)
        for i, strongest in enumerate((bright, dark)):
            kept = _opened(ridges if i == 0 else -ridges, length)
            np.maximum(strongest, kept, out=strongest)
            sums[i] += float(cv2.sumElems(kept)[0])
    return Bulges(bright, dark, sums[0], sums[1])
