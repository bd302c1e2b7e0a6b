"""Bulges: how far a picture stands out along the run, at several half thicknesses.

A band is thin along the run and wide across it. The negative second derivative along the run, smoothed at a few
scales, is positive on such a bulge and about zero on any slope or slow unevenness (Lindeberg 1998,
doi 10.1023/A:1008045108935: scale-normalised derivatives).
"""

from __future__ import annotations

import functools

import cv2
import numpy as np
import numpy.typing as npt

__all__ = ["SCALES", "Picture", "blurred", "bulge", "bulge_kernel", "bulge_noise", "resized", "scales_for"]

SCALES = (1.2, 2.4, 4.8, 9.6, 19.2)
"""Half thicknesses at which bulges are sought [rows]."""

SHORT = 48.0
"""Half thicknesses below which a picture is short: bands may fill it."""

_FINE = 4.8  # half thickness from which rows are averaged before bulges are sought [rows]

Picture = npt.NDArray[np.float32]


@functools.cache
def bulge_kernel(sigma: float) -> Picture:
    """Return the negative second derivative of a Gaussian, zero on constants and slopes; read-only.

    Parameters
    ----------
    sigma : float
        Half thickness that it looks for [rows].
    """
    reach = int(np.ceil(4.0 * sigma))
    t = np.arange(-reach, reach + 1.0)
    kernel = (1.0 - (t / sigma) ** 2) * np.exp(-0.5 * (t / sigma) ** 2) / (np.sqrt(2.0 * np.pi) * sigma)
    ready = np.asarray(kernel - kernel.mean(), dtype=np.float32)
    ready.setflags(write=False)
    return ready


@functools.cache
def bulge_noise(sigma: float) -> float:
    """Return the noise of a bulge where that of pixels is white, as a share of it."""
    return float(np.sqrt((bulge_kernel(sigma) ** 2).sum()))


def bulge(pixels: Picture, sigma: float) -> Picture:
    """Bulge of each column along the run at one half thickness [span]; a matching Gaussian of height 1 gives 0.35.

    Rows are averaged first as far as half thicknesses are then still 4.8 averaged rows.
    """
    fewer, thinner = _fewer_rows(pixels, sigma)
    one = np.ones(1, np.float32)
    response = cv2.sepFilter2D(fewer, -1, one, bulge_kernel(thinner), borderType=cv2.BORDER_REFLECT)
    return resized(np.asarray(response, np.float32), pixels.shape)


def blurred(pixels: Picture, sigma: float) -> Picture:
    """Blur each column along the run with a Gaussian of one half thickness [span], in rows averaged as for `bulge`."""
    fewer, thinner = _fewer_rows(pixels, sigma)
    response = cv2.GaussianBlur(fewer, (1, 2 * int(3 * thinner) + 1), sigmaX=1e-6, sigmaY=thinner)
    return resized(np.asarray(response, np.float32), pixels.shape)


def _fewer_rows(pixels: Picture, sigma: float) -> tuple[Picture, float]:
    """Average rows for a filter, and say what its half thickness is in them."""
    rows, cols = pixels.shape
    few = max(1, round(rows * _FINE / max(sigma, _FINE)))
    if few == rows:
        return pixels, sigma
    fewer = cv2.resize(pixels, (cols, few), interpolation=cv2.INTER_AREA)
    return np.asarray(fewer, np.float32), sigma * few / rows


def resized(picture: Picture, shape: tuple[int, ...]) -> Picture:
    """Interpolate a picture to a shape."""
    if picture.shape == shape:
        return picture
    return np.asarray(cv2.resize(picture, shape[::-1], interpolation=cv2.INTER_LINEAR), np.float32)


def scales_for(rows: int, thickest: float = np.inf, longest: float = 24.0) -> list[float]:
    """Half thicknesses that are sought in lanes of a length, up to a thickest one and a share of the length [rows]."""
    longest = 12.0 if rows < SHORT * SCALES[0] else longest
    return [s for s in SCALES if s == SCALES[0] or (s <= thickest and longest * s < rows)]
