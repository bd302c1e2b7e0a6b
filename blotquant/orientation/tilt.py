"""Tilt of a membrane: the angle at which its rows of bands line up, kept as a number and never resampled away."""

from __future__ import annotations

import cv2
import numpy as np
import numpy.typing as npt

from ..blot import FloatArray
from .small import Picture

__all__ = ["find_tilt"]

_MOST = 15.0  # largest tilt that is looked for [degree]
_STRIPS = 48
_CAP = 15.0  # evidence counts up to here, so that one strong lane does not decide alone
_FINEST = 0.1  # periods along the run finer than so many a pixel are noise
_USUAL = 10.0  # spread of tilts seen in practice [degree]
_COHERENT = 4.0  # aligned power over the power of unaligned strips
_GAIN = 1.15  # aligned power over that of an upright picture, for larger tilts
_SMALL = 1.0  # a tilt that needs no such gain [degree]


def _spectra(evidence: Picture) -> tuple[npt.NDArray[np.complex64], FloatArray, FloatArray]:
    """Spectra of narrow strips along the run, with their frequencies [1/px] and places across the run [px]."""
    rows, cols = evidence.shape
    count = min(_STRIPS, cols)
    strips = cv2.resize(np.minimum(evidence, np.float32(_CAP)), (count, rows), interpolation=cv2.INTER_AREA)
    length = 1 << int(np.ceil(np.log2(rows + 0.3 * cols)))
    last = max(3, int(_FINEST * length))
    spectra = np.fft.rfft(np.asarray(strips, np.float64), length, axis=0)[1:last].astype(np.complex64)
    across = (np.arange(count) + 0.5) * cols / count - 0.5 * cols
    return spectra, np.arange(1, last) / length, across


def _aligned(
    spectra: npt.NDArray[np.complex64], frequencies: FloatArray, across: FloatArray, angles: FloatArray
) -> FloatArray:
    """Power of the strips' sum after each is moved along the run by its place times the angle's slope."""
    slopes = np.tan(np.deg2rad(angles))
    step = across[1] - across[0] if len(across) > 1 else 0.0
    # strips lie evenly, so that the turn from one to the next is the same all along: one sine a frequency, not a strip
    turn = np.exp(2j * np.pi * step * slopes[:, None] * frequencies).astype(np.complex64)
    summed = np.zeros_like(turn)
    for strip in spectra.T[::-1]:
        summed *= turn
        summed += strip
    power: FloatArray = (np.abs(summed).astype(np.float64) ** 2).sum(axis=-1)
    return power


def _vertex(angles: FloatArray, power: FloatArray, best: int) -> float:
    """Top of the parabola through the best angle and its neighbours [degree]."""
    if not 0 < best < len(angles) - 1:
        return float(angles[best])
    before, at, after = power[best - 1 : best + 2]
    bend = before - 2.0 * at + after
    return float(angles[best] + (0.5 * (before - after) / bend * (angles[1] - angles[0]) if bend < 0 else 0.0))


def find_tilt(evidence: Picture) -> float:
    """Find the angle at which rows of bands line up.

    Parameters
    ----------
    evidence : ndarray of shape (h, w)
        Bulges of the bands' sign in a small copy, from `find_bulges`.

    Returns
    -------
    float
        Tilt, clockwise positive, −15 to 15; 0 where no rows line up [degree].
    """
    spectra, frequencies, across = _spectra(evidence)
    alone = float((np.abs(spectra) ** 2).sum())
    if alone <= 0.0:
        return 0.0
    coarse = np.arange(-_MOST, _MOST + 0.5)
    power = _aligned(spectra, frequencies, across, coarse)
    best = int(np.argmax(power * np.exp(-0.5 * (coarse / _USUAL) ** 2)))
    fine = coarse[best] + np.arange(-8, 9) / 8.0
    near = _aligned(spectra, frequencies, across, fine)
    top = int(np.argmax(near))
    tilt = _vertex(fine, near, top)
    upright = float(power[len(coarse) // 2])
    if near[top] < _COHERENT * alone or (abs(tilt) > _SMALL and near[top] < _GAIN * upright):
        return 0.0
    return round(tilt, 2)
