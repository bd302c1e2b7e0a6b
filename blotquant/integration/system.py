"""The linear equations of a lane: its background and the heights and shapes of all its bands, solved together."""

from __future__ import annotations

import functools
from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy.linalg import lapack

from ..blot import FloatArray
from .ground import Ground
from .shape import BROAD, COUNT, Drawn
from .strips import Places

__all__ = ["EACH", "Covariance", "Solution", "Unknowns", "band_products", "factorise", "solve"]

IntArray = npt.NDArray[np.int64]

_JITTER = 1e-9  # share added to the diagonal of a matrix that rounding made singular
_CHUNK = 10  # bands whose products are made at once

EACH = 1 + COUNT
"""Unknowns of a band: its height, then its shape."""


@dataclass(frozen=True)
class Unknowns:
    """Which unknown of its lane is whose: first the background's terms, then those of each band.

    Parameters
    ----------
    ground : int
        Number of the background's terms, n.
    slots : int
        Bands of a lane, at most.
    lane, slot : ndarray of shape (B,)
        Lane of each band, and its number there.
    pairs : ndarray of shape (P, 2)
        Bands of one lane, the upper one first, whose windows overlap.
    """

    ground: int
    slots: int
    lane: IntArray
    slot: IntArray
    pairs: IntArray

    @classmethod
    def of(cls, places: Places, ground: Ground) -> Unknowns:
        """Give every unknown of all lanes its number."""
        slot = np.zeros(len(places.lane), np.int64)
        pairs = []
        for number in range(int(places.lane.max()) + 1):
            mine = np.flatnonzero(places.lane == number)
            mine = mine[np.argsort(places.first[mine], kind="stable")]
            slot[mine] = np.arange(len(mine))
            pairs += [
                (upper, lower)
                for i, upper in enumerate(mine)
                for lower in mine[i + 1 :]
                if places.first[lower] - places.first[upper] < places.tall
            ]
        return cls(len(ground), int(slot.max()) + 1, places.lane, slot, np.array(pairs, dtype=np.int64).reshape(-1, 2))

    @property
    def size(self) -> int:
        """Unknowns of a lane."""
        return self.ground + self.slots * EACH

    def of_band(self, band: int) -> slice:
        """Where a band's unknowns stand."""
        first = self.ground + int(self.slot[band]) * EACH
        return slice(first, first + EACH)

    @property
    def of_bands(self) -> IntArray:
        """Where the unknowns of all bands stand, shape (B, EACH)."""
        return self.ground + self.slot[:, None] * EACH + np.arange(EACH)


@dataclass(frozen=True)
class Covariance:
    """Covariance of all unknowns of each lane, as the Cholesky factors of its inverse: most of it is never asked for.

    Parameters
    ----------
    factors : tuple of ndarray of shape (m, m)
        Lower triangular factor of every lane.
    ground : int
        Number of the background's unknowns, n, which come first.
    """

    factors: tuple[FloatArray, ...]
    ground: int

    def times(self, lane: int, vectors: FloatArray) -> FloatArray:
        """Product of a lane's covariance with vectors, shape (m,) or (m, k)."""
        return np.asarray(lapack.dpotrs(self.factors[lane], vectors, lower=1)[0])

    def of_ground(self, lanes: Iterable[int]) -> FloatArray:
        """Variances of the background's unknowns in some lanes, shape (number of these, n)."""
        n = self.ground
        found = []
        for lane in lanes:  # the inverse of the factor by blocks, of which the bands' is there
            factor = self.factors[lane]
            ground = lapack.dtrtri(factor[:n, :n], lower=1)[0]
            parts = [ground, self._roots[lane] @ (factor[n:, :n] @ ground)] if len(factor) > n else [ground]
            found.append(sum(np.einsum("ij,ij->j", part, part) for part in parts))
        return np.array(found)

    def of_bands(self) -> FloatArray:
        """Covariances of the unknowns of each lane's bands, shape (L, m - n, m - n)."""
        return np.array([root.T @ root for root in self._roots])

    @functools.cached_property
    def _roots(self) -> list[FloatArray]:
        """Inverse of each factor's block of the bands."""
        n = self.ground
        return [lapack.dtrtri(factor[n:, n:], lower=1)[0] for factor in self.factors]


@dataclass(frozen=True)
class Solution:
    """Outcome of one linear step.

    Parameters
    ----------
    ground : ndarray of shape (L, n)
        Changes of the background's terms [AU].
    steps : ndarray of shape (B, EACH)
        Changes of height [AU] and shape of every band.
    covariance : Covariance
        Covariance of all unknowns of each lane.
    """

    ground: FloatArray
    steps: FloatArray
    covariance: Covariance


def band_products(
    first: FloatArray, second: FloatArray, places: Places, upper: int, lower: int, weight: FloatArray | float = 1.0
) -> FloatArray:
    """Products of images of two overlapping windows, shapes (a, tall, K) and (b, tall, K) to (a, b).

    The weight has the shape of the first window, (tall, K).
    """
    below = int(places.first[lower] - places.first[upper])
    a, b = first[:, below:], second[:, : places.tall - below]
    a = a * weight[below:] if isinstance(weight, np.ndarray) else a
    return np.asarray(a.reshape(len(a), -1) @ b.reshape(len(b), -1).T)


def _of_windows(
    ground: Ground, places: Places, drawn: Drawn, weight: FloatArray, data: FloatArray
) -> tuple[FloatArray, FloatArray, FloatArray]:
    """Products of the bands' unknowns with those of the background, with one another, and with data of the windows."""
    bands, near = len(weight), drawn.near
    crossed = np.empty((bands, EACH, len(ground)))
    own, told = np.zeros((bands, EACH, EACH)), np.zeros((bands, EACH))
    far = np.concatenate([np.arange(near.start), np.arange(near.stop, weight.shape[1])])
    for first in range(0, bands, _CHUNK):  # few at a time stay in the processor's cache
        some = slice(first, first + _CHUNK)
        tables = []
        for rows, which in ((near, EACH), (far, BROAD)):
            part = drawn.slopes[some, :which, rows]
            heavy = part * weight[some, None, rows]
            tables.append(ground.tables_of_windows(heavy, some, rows))
            flat = heavy.reshape(*heavy.shape[:2], -1)
            own[some, :which, :which] += np.matmul(flat, part.reshape(flat.shape).transpose(0, 2, 1))
            told[some, :which] += np.matmul(flat, data[some, rows].reshape(len(flat), -1, 1))[..., 0]
        tables[0][:, :, :BROAD] += tables[1]
        crossed[some] = ground.of_tables(tables[0])
    return crossed, own, told


def solve(
    unknowns: Unknowns,
    ground: Ground,
    places: Places,
    drawn: Drawn,
    weight: FloatArray,
    data: FloatArray,
    precision: FloatArray,
    pull: FloatArray,
) -> Solution:
    """Solve the weighted equations of all lanes with what is known beforehand.

    Parameters
    ----------
    unknowns, ground, places
        What is sought.
    drawn : Drawn
        Light that each unknown of a band adds.
    weight, data : ndarray of shape (L, R, K)
        Weights, and light that is left when background and bands as they are now are taken off [AU].
    precision, pull : ndarray of shape (L, m)
        Precision of every unknown, and that times its expected change.
    """
    n, lanes = unknowns.ground, len(data)
    gram = np.zeros((lanes, unknowns.size, unknowns.size))
    right = pull.copy()
    gram[:, :n, :n], right[:, :n] = ground.gram(weight), right[:, :n] + ground.project(weight * data)
    windows = places.cut(weight)
    crossed, own, told = _of_windows(ground, places, drawn, windows, places.cut(data))
    for band, lane in enumerate(unknowns.lane):  # of a symmetric matrix the upper half is enough
        at = unknowns.of_band(band)
        gram[lane, :n, at], gram[lane, at, at] = crossed[band].T, own[band]
        right[lane, at] += told[band]
    for upper, lower in unknowns.pairs:
        lane, above, below = unknowns.lane[upper], unknowns.of_band(upper), unknowns.of_band(lower)
        pair = (drawn.slopes[upper], drawn.slopes[lower])
        gram[lane, above, below] = band_products(*pair, places, upper, lower, windows[upper])
    factors, found = factorise(gram, right, precision)
    return Solution(found[:, :n], found[unknowns.lane[:, None], unknowns.of_bands], Covariance(factors, n))


def factorise(gram: FloatArray, right: FloatArray, precision: FloatArray) -> tuple[tuple[FloatArray, ...], FloatArray]:
    """Cholesky factors and solution of normal equations, lane by lane.

    Parameters
    ----------
    gram : ndarray of shape (L, m, m)
        Products of the unknowns, of which the upper half is read; changed.
    right : ndarray of shape (L, m)
        Right-hand side.
    precision : ndarray of shape (L, m) or (m,)
        Added to the diagonal.
    """
    each = np.arange(gram.shape[1])
    gram[:, each, each] += precision
    factors, found = [], np.empty_like(right)
    for lane, matrix in enumerate(gram):
        # transposed, the matrix lies in memory as LAPACK wants it, and its upper half is the lower one
        factor, failed = lapack.dpotrf(matrix.T, lower=1)
        if failed:  # by rounding: two bands in one place
            matrix[each, each] *= 1 + _JITTER
            factor, _ = lapack.dpotrf(matrix.T, lower=1)
        factors.append(factor)
        found[lane] = lapack.dpotrs(factor, right[lane], lower=1)[0]
    return tuple(factors), found
