"""A small, calm copy of a picture, and the band-like bulges in it: what polarity, tilt and crop are judged on."""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
import numpy.typing as npt

from ..blot import FloatArray
from ..evidence import bulge_kernel

__all__ = ["Bulges", "Picture", "find_bulges", "shrink"]

Picture = npt.NDArray[np.float32]

_SIDE = 400  # longer side of the small copy [px]
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


def shrink(pixels: FloatArray) -> tuple[Picture, float]:
    """Copy a picture at no more than 400 px, without single hot pixels and with median zero.

    Returns
    -------
    ndarray of shape (h, w)
        The small copy [AU].
    float
        Pixels of the picture per pixel of the copy.
    """
    rows, cols = pixels.shape
    factor = max(1.0, max(rows, cols) / _SIDE)
    small = np.asarray(pixels, dtype=np.float32)
    if factor > 1.0:
        size = (max(1, round(cols / factor)), max(1, round(rows / factor)))
        small = np.asarray(cv2.resize(small, size, interpolation=cv2.INTER_AREA), dtype=np.float32)
    small = np.asarray(cv2.medianBlur(np.ascontiguousarray(small), 3), dtype=np.float32)
    return np.asarray(small - np.float32(np.median(small)), np.float32), factor


def _noise(response: Picture) -> float:
    """Noise of a filter's response, from its quietest third, so that crowded blots do not raise it [AU]."""
    sample = np.abs(response[::2, ::2]).ravel()
    at = int(_QUANTILE * sample.size)
    return float(np.partition(sample, at)[at]) / _OF_NORMAL


def _opened(evidence: Picture, length: int) -> Picture:
    kernel = np.ones((1, length), np.uint8)
    kept = np.asarray(cv2.morphologyEx(evidence, cv2.MORPH_OPEN, kernel), dtype=np.float32)
    kept[kept < _THRESHOLD] = 0.0
    return kept


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
    scaled: Picture = bulge * np.float32(1.0 / max(_noise(bulge), floor))
    scaled[np.abs(slope) > np.float32(_LEVEL) * np.abs(bulge)] = 0.0
    return scaled


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
        for i, (sign, strongest) in enumerate(((1.0, bright), (-1.0, dark))):
            kept = _opened(np.maximum(np.float32(sign) * ridges, np.float32(0.0)), length)
            np.maximum(strongest, kept, out=strongest)
            sums[i] += float(np.sum(kept, dtype=np.float64))
    return Bulges(bright, dark, sums[0], sums[1])
