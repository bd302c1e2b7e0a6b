"""The background of a window: smooth along the run, freer across the lane, with a step for haze."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
from scipy.special import erf

from ..blot import FloatArray
from .windows import Geometry, Windows

__all__ = ["Ground"]

_DEGREE = 5  # total degree of the polynomial in (row, column)
_LOW, _FREE = 3, 14  # terms up to this degree along the run may have this degree across the lane
_HAZE, _DIFFERENCE = 4, 2  # degrees along the run of the haze and of the difference between its two edges
_SOFT = 0.075  # softness of a haze's edges [pitch]


def _chebyshev(degree: int, at: FloatArray) -> FloatArray:
    """Chebyshev polynomials up to a degree at positions in −1…1; shape (n, degree + 1)."""
    return np.asarray(np.polynomial.chebyshev.chebvander(at, degree), dtype=np.float64)


def _terms() -> list[tuple[int, int, int]]:
    """Degree along the run, function across the lane, and order of every term."""
    polynomial = [(i, j, i + j) for j in range(_FREE + 1) for i in range(_DEGREE + 1) if i + j <= _DEGREE or i <= _LOW]
    haze = [(i, _FREE + 1, i + 1) for i in range(_HAZE + 1)]
    return polynomial + haze + [(i, _FREE + 2, i + 2) for i in range(_DIFFERENCE + 1)]


class Ground:
    """Basis of the background in all windows: products of a function along the run and one across the lane.

    Since products of Chebyshev polynomials are sums of two, all normal equations follow from few moments of the
    weights; no design matrix is made.

    Parameters
    ----------
    windows : Windows
        The cells.
    geometry : Geometry
        Lanes, for the edges of the haze.
    """

    def __init__(self, windows: Windows, geometry: Geometry) -> None:
        terms = np.array(_terms())
        self.along: npt.NDArray[np.int64] = terms[:, 0]
        self.across: npt.NDArray[np.int64] = terms[:, 1]
        self.order: npt.NDArray[np.int64] = terms[:, 2]
        self.top = int(self.along.max())
        self._rows = _chebyshev(2 * self.top, windows.rows / np.abs(windows.rows).max())
        span = float(np.abs(windows.cols).max()) or 1.0
        smooth = _chebyshev(_FREE, windows.cols / span)
        at = (windows.cols - geometry.col[:, None])[:, :, None]
        soft = _SOFT * span / 0.56 * np.sqrt(2.0)
        rise, fall = erf((at + geometry.half[:, None, None]) / soft), erf((at - geometry.half[:, None, None]) / soft)
        shared = np.broadcast_to(smooth, (len(at), *smooth.shape))
        self._cols = np.concatenate([shared, (rise - fall) / 2, (rise + fall) / 2], axis=2)
        count = self._cols.shape[2]
        pairs = self._cols[:, :, :, None] * self._cols[:, :, None, :]
        self._pairs = pairs.reshape(len(at), -1, count * count)
        self._which = self.across[:, None] * count + self.across

    def __len__(self) -> int:
        return len(self.order)

    def gram(self, weight: FloatArray) -> FloatArray:
        """Weighted products of all pairs of terms, shape (B, n, n)."""
        moments = np.matmul(np.matmul(self._rows.T, weight), self._pairs)
        both = moments[:, self.along[:, None] + self.along, self._which]
        gram: FloatArray = (both + moments[:, np.abs(self.along[:, None] - self.along), self._which]) / 2
        return gram

    def project(self, image: FloatArray) -> FloatArray:
        """Products of every term with images of shape (B, R, K) or (B, m, R, K); shape (B, n) or (B, m, n)."""
        cols = self._cols if image.ndim == 3 else self._cols[:, None]
        moments = np.matmul(np.matmul(self._rows[:, : self.top + 1].T, image), cols)
        products: FloatArray = moments[..., self.along, self.across]
        return products

    def image(self, coefficients: FloatArray) -> FloatArray:
        """Background of shape (B, R, K) [AU] from coefficients of shape (B, n)."""
        table = np.zeros((len(coefficients), self.top + 1, self._cols.shape[2]))
        table[:, self.along, self.across] = coefficients
        rows = np.matmul(self._rows[:, : self.top + 1], table)
        picture: FloatArray = np.matmul(rows, self._cols.transpose(0, 2, 1))
        return picture
