"""The smile: how rows run across the lanes of a membrane.

All rows bend alike: row r lies at ``Y_r + D(x)`` with D a cubic. D is found from pairs of peaks in neighbouring
lanes, as the cubic under which most pairs fall together: slopes first, then a bend, then a robust fit.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from ..blot import FloatArray
from .peaks import Peaks

__all__ = ["Smile", "find_smile"]

_SLOPES = np.linspace(-0.12, 0.12, 25)  # steepness at the middle that is tried [px/px]
_BENDS = np.linspace(-0.18, 0.18, 19)  # change of steepness from the middle to the sides that is tried [px/px]
_NEAR = 3  # lanes apart at most that make a pair
_SD = np.array([0.05, 0.06, 0.03])  # usual size of the coefficients [px/px]


class Smile:
    """How far every row lies below its place in the middle of the membrane.

    Parameters
    ----------
    coefficients : ndarray of shape (3,)
        Of ξ, ξ² and ξ³ [px], ξ from −1 to 1 across the canvas.
    cols : int
        Width of the canvas [px].
    """

    def __init__(self, coefficients: FloatArray, cols: int) -> None:
        self.coefficients, self.cols = coefficients, cols

    def __call__(self, col: FloatArray) -> FloatArray:
        """Displacement at columns of the canvas [px]."""
        displaced: FloatArray = _powers(col, self.cols) @ self.coefficients
        return displaced


def _powers(col: FloatArray, cols: int) -> FloatArray:
    xi = 2.0 * np.asarray(col, float) / max(1, cols - 1) - 1.0
    return np.stack([xi, xi**2, xi**3], axis=-1)


def _pairs(
    peaks: Peaks, col: FloatArray, pitch: float
) -> tuple[npt.NDArray[np.intp], npt.NDArray[np.intp], FloatArray]:
    """Peaks of nearby lanes that could be one row: difference of rows, their columns' places, weights."""
    first, second = np.nonzero(
        (peaks.lane[None, :] > peaks.lane[:, None])
        & (peaks.lane[None, :] - peaks.lane[:, None] <= _NEAR)
        & (np.abs(peaks.row[None, :] - peaks.row[:, None]) < 0.3 * np.abs(col[None, :] - col[:, None]) + 4.0)
    )
    strength = np.log1p(np.minimum(peaks.score, 100.0))
    alike = np.exp(-np.abs(np.log(peaks.sigma[first] / peaks.sigma[second])))
    weight = np.minimum(strength[first], strength[second]) * alike
    return first, second, weight / np.maximum(1.0, np.abs(col[second] - col[first]) / pitch)


def find_smile(peaks: Peaks, col: FloatArray, cols: int, pitch: float) -> Smile:
    """Find how the rows of a membrane bend.

    Parameters
    ----------
    peaks : Peaks
        Peaks of all images.
    col : ndarray of shape (n,)
        Column of each peak on the canvas [px].
    cols : int
        Width of the canvas [px].
    pitch : float
        Distance between lanes [px].
    """
    half = 0.5 * max(1, cols - 1)
    first, second, weight = _pairs(peaks, col, pitch)
    if len(first) == 0:
        return Smile(np.zeros(3), cols)
    down = peaks.row[second] - peaks.row[first]
    powers = (_powers(col[second], cols) - _powers(col[first], cols)) * half
    softness = max(2.0, 0.7 * float(np.median(peaks.sigma)))
    tries = np.stack(np.meshgrid(_SLOPES, _BENDS, indexing="ij"), axis=-1).reshape(-1, 2)
    misses = down[None, :] - tries @ powers[:, :2].T
    votes = np.exp(-0.5 * (misses / softness) ** 2) @ weight
    votes *= np.exp(-0.5 * ((tries / (3.0 * _SD[:2])) ** 2).sum(axis=1))
    guess = np.append(tries[np.argmax(votes)], 0.0)
    prior = np.diag((0.5 * softness / (half * _SD)) ** 2 * half**2)
    for width in (2.0 * softness, 1.5 * softness, softness, softness, softness):
        miss = down - powers @ guess
        own = weight * np.exp(-0.5 * (miss / width) ** 2)
        guess = np.linalg.solve(powers.T @ (own[:, None] * powers) + prior, powers.T @ (own * down))
    return Smile(guess * half, cols)
