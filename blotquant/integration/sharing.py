"""What bands of a row and rows of a picture have in common: means and spreads of their shapes, and of backgrounds.

A weak band cannot tell its own shape; the strong ones of its row do. Bands scatter around their row, rows around
their picture; both means and the scatter are estimated from all bands at once (empirical Bayes: MacKay 1992, Neural
Computation 4:415, doi 10.1162/neco.1992.4.3.415, for the scatter).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from ..blot import FloatArray
from .shape import BROAD, BROADENS, COUNT, FLOOR, LIMIT, MOST, PICTURES, ROWS, SPREAD, STEP, THICKER, wings_along

__all__ = ["Sharing", "learn_spread"]

IntArray = npt.NDArray[np.int64]

_BETWEEN = 0.5  # rows of a picture scatter this much less than rows of all pictures, to start with
_FAINT, _REST = slice(BROAD - 1), slice(BROAD - 1, None)  # tails and wings; all other shapes, which scatter in step
# how many shapes' worth the assumed scatter of these counts, and bounds on its change
_REST_FIRM, _REST_LEAST, _REST_MOST = 4.0, 0.01, 4.0
# most rows have next to no tails and wings, some have a comet's: each has a scatter of its own, a priori so much …
_FEW, _ODD = 0.05, 2.0  # … of the assumed one, which counts like so many shapes (Student's t distribution)
_LEAST_ODD, _MOST_ODD = 0.01, 100.0
_SMALL = 2.0  # … and if they seem to scatter by less than about so many times that, it is rather haze that they follow
# … and it counts by this power of the share of its light that falls away from the ridge, but never less than so much
_FALLS, _DARK = 2, 0.05
# bands scatter in what their row shows: in full from so much of the assumed scatter on, and never less than this share
_PLENTY, _SCANT = 7.0, 0.01
_THEIRS = 0.25  # light that the background does not follow seems to broaden bands: so much of it is taken for theirs
_PACE = 0.5  # a row's mean moves by no more than this share of a band's longest step, while weights still settle
_FAR = 4.0  # squared deviations count no more than this many variances, so that one in five may be an outlier …
_SHORT = 0.88  # … which leaves so much of those that are none (normal distribution)
_FIRM = 0.5  # how many bands' worth the assumed scatter counts
_AROUND = np.arange(-12.0, 12.25, 0.5)  # distances from the ridge at which that is told [sigma] …
_PEAK = 3.0  # … and how far from it the light may be highest
_WINGS_AROUND = wings_along(_AROUND)
_HASTE, _LEAP = 2.0, 20.0  # scatter of backgrounds nears its end slowly: it moves so many steps at once, up to a factor


@dataclass(frozen=True)
class Sharing:
    """Mean shape of every row, and the scatter of bands around it.

    Parameters
    ----------
    row : ndarray of shape (B,)
        Index of each band's row.
    mean : ndarray of shape (rows, COUNT)
        Mean shape of each row.
    variance : ndarray of shape (COUNT,)
        Scatter of bands around their row, in rows with as much tails and wings as any.
    doubt : ndarray of shape (rows, COUNT, COUNT)
        Covariance of the means.
    between : ndarray of shape (rows, COUNT)
        Scatter of each row around the picture.
    """

    row: npt.NDArray[np.int64]
    mean: FloatArray
    variance: FloatArray
    doubt: FloatArray
    between: FloatArray

    @classmethod
    def at_start(cls, row: npt.NDArray[np.int64]) -> Sharing:
        """Nothing known: Gaussian bands with soft ends."""
        rows = int(row.max()) + 1
        doubt = np.broadcast_to(np.diag((_BETWEEN * ROWS) ** 2 + PICTURES**2), (rows, COUNT, COUNT))
        between = np.tile((_BETWEEN * ROWS) ** 2, (rows, 1))
        return cls(row, np.zeros((rows, COUNT)), SPREAD**2, doubt, between)

    @property
    def of_bands(self) -> FloatArray:
        """Mean shape of each band's row, shape (B, COUNT)."""
        return np.asarray(self.mean[self.row])

    @property
    def around(self) -> FloatArray:
        """Scatter of each band around its row, shape (B, COUNT)."""
        return np.asarray(self.variance * self._share()[self.row])

    @property
    def shown(self) -> FloatArray:
        """How far each band's row shows tails and wings, 0 to 1, shape (B,)."""
        return np.asarray(self._share()[self.row, 0])

    def _share(self) -> FloatArray:
        """How much of the scatter each row's bands have, shape (rows, COUNT)."""
        share = np.ones(self.between.shape)
        odd = self.between[:, :1] / (_BETWEEN * ROWS[0]) ** 2
        share[:, _FAINT] = np.clip(odd / _PLENTY, _SCANT, 1.0)
        return share

    def learn(self, theta: FloatArray, covariance: FloatArray, trust: FloatArray) -> Sharing:
        """Learn from the bands' shapes and the covariances that they have under the present sharing.

        Parameters
        ----------
        theta : ndarray of shape (B, COUNT)
            Shapes.
        covariance : ndarray of shape (B, COUNT, COUNT)
            Their covariances.
        trust : ndarray of shape (B,)
            How much each band may teach, 0 to 1.
        """
        share = self._share()[self.row]
        precision = 1 / (self.variance * share)
        rows = np.eye(len(self.mean))[self.row].T * trust
        told = np.eye(COUNT) * precision[:, None] - precision[:, :, None] * covariance * precision[:, None]
        information = np.einsum("rb,bij->rij", rows, told)
        score = rows @ ((theta - self.of_bands) * precision)
        mean, doubt, between = self._means(information, score)
        known = np.clip(1 - np.diagonal(covariance, axis1=1, axis2=2) * precision, 0, 1)
        off = np.minimum((theta - mean[self.row]) ** 2 / share, _FAR * self.variance)
        square = trust @ off / _SHORT
        square[BROADENS] *= _THEIRS
        variance = (square + _FIRM * self.variance) / (trust @ known + _FIRM)
        return Sharing(self.row, mean, np.clip(variance, FLOOR**2, MOST**2), doubt, between)

    def _means(self, information: FloatArray, score: FloatArray) -> tuple[FloatArray, FloatArray, FloatArray]:
        """Means of the rows, drawn to the picture's as far as not told by their own bands; covariance and scatter."""
        between = self.between
        damped = np.linalg.inv(np.eye(COUNT) + information * between[:, None])
        told = np.matmul(damped, (score + np.einsum("rij,rj->ri", information, self.mean))[..., None])[..., 0]
        unknown = np.linalg.inv(np.matmul(damped, information).sum(axis=0) + np.diag(1 / PICTURES**2))
        picture = unknown @ told.sum(axis=0)
        step = np.asarray(np.linalg.inv(information + np.eye(COUNT) / between[:, None]), dtype=np.float64)
        pull = score + (picture - self.mean) / between
        moved = np.clip(np.matmul(step, pull[..., None])[..., 0], -_PACE * STEP, _PACE * STEP)
        mean: FloatArray = np.clip(self.mean + moved, -LIMIT, LIMIT)
        variance = np.diagonal(step, axis1=1, axis2=2)
        drawn = step / between[:, None]  # how far rows follow their picture, which is not known either
        doubt = step + drawn @ unknown @ drawn.transpose(0, 2, 1)
        return mean, doubt, self._scatter(mean - picture if len(mean) > 1 else mean, variance)

    def _scatter(self, off: FloatArray, variance: FloatArray) -> FloatArray:
        """Scatter of rows around their picture, from how far off they are.

        Tails and wings of a row share a factor of that row, all other shapes one of the picture.
        """
        rows, start = len(off), (_BETWEEN * ROWS) ** 2
        known = np.clip(1 - variance / self.between, 0, 1)
        between = self.between.copy()
        faint = (off / np.sqrt(start))[:, _FAINT]
        square = (faint**2).sum(axis=1) * np.maximum(_falling(off[:, _FAINT]) ** _FALLS, _DARK)
        odd = (square + _ODD * _FEW) / (known[:, _FAINT].sum(axis=1) + _ODD)
        loose = np.clip(odd * odd / (odd + _SMALL), _LEAST_ODD, _MOST_ODD)
        between[:, _FAINT] = loose[:, None] * start[_FAINT]
        if rows > 1:
            now = float((self.between[0, _REST] / start[_REST])[0])
            square = (np.minimum(off**2, _FAR * self.between) / _SHORT / start)[:, _REST].sum()
            new = (square + _REST_FIRM * now) / ((1 - 1 / rows) * known[:, _REST].sum() + _REST_FIRM)
            between[:, _REST] = start[_REST] * np.clip(new, _REST_LEAST, _REST_MOST)
        return between

    def thickness(self, theta: FloatArray, height: FloatArray) -> tuple[FloatArray, FloatArray, Sharing]:
        """Put what all bands of a row are thicker than assumed into their sigma; high bands tell more, up to a point.

        Returns
        -------
        factor : ndarray of shape (B,)
            By how much the sigma of each band's row grows.
        theta : ndarray of shape (B, COUNT)
            Shapes with regard to the new sigma.
        sharing : Sharing
            Means with regard to the new sigma.
        """
        weight = np.sqrt(np.maximum(height, 0.0))
        total = np.bincount(self.row, weight)
        mean = np.bincount(self.row, weight * theta[:, THICKER]) / np.maximum(total, 1e-300)
        growth = np.clip(mean / np.sqrt(2.0), -0.25, 0.25)
        new_theta, new_mean = theta.copy(), self.mean.copy()
        new_theta[:, THICKER] -= growth[self.row] * np.sqrt(2.0)
        new_mean[:, THICKER] -= growth * np.sqrt(2.0)
        return np.exp(growth)[self.row], new_theta, Sharing(self.row, new_mean, self.variance, self.doubt, self.between)


def _falling(wings: FloatArray) -> FloatArray:
    """Share of the light of tails and wings that falls away from the ridge, shape (rows, BROAD - 1) to (rows,).

    A band's own light adds to it and is weaker the farther off; lumps beside a band, and what takes light, are haze.
    """
    profile = wings @ _WINGS_AROUND
    light, at = np.maximum(profile, 0.0), np.arange(len(_AROUND))
    middle = np.flatnonzero(np.abs(_AROUND) <= _PEAK)
    peak = middle[0] + profile[:, middle].argmax(axis=1)[:, None]
    below = np.minimum.accumulate(np.where(at >= peak, light, np.inf), axis=1)
    above = np.minimum.accumulate(np.where(at <= peak, light, np.inf)[:, ::-1], axis=1)[:, ::-1]
    falls = np.where(at >= peak, below, above).sum(axis=1)
    return np.asarray(falls / np.maximum(np.abs(profile).sum(axis=1), np.finfo(float).tiny))


def learn_spread(coefficients: FloatArray, variance: FloatArray, spread: FloatArray, group: IntArray) -> FloatArray:
    """Scatter of background terms between lanes, from their estimates and the variances of those.

    Parameters
    ----------
    coefficients : ndarray of shape (L, n)
        Estimates [AU].
    variance : ndarray of shape (any, n)
        Their variances under the present scatter [AU²], in a sample of the lanes.
    spread : ndarray of shape (n,)
        Present scatter [AU²].
    group : ndarray of shape (n,)
        Terms of one group scatter alike.
    """
    lanes, size = len(coefficients), np.bincount(group)
    known = lanes * np.bincount(group, np.clip(1 - variance / spread, 0, 1).mean(axis=0))
    # a bubble in one lane must not loosen all
    square = np.bincount(group, np.minimum(coefficients**2, _FAR * spread).sum(axis=0)) / _SHORT
    now = np.bincount(group, spread) / size
    new = (square + _FIRM * now) / (known + _FIRM)
    slow = (square + lanes * np.bincount(group, variance.mean(axis=0))) / (lanes * size)
    change = np.clip((np.minimum(new, slow) / now) ** _HASTE, 1 / _LEAP, _LEAP)
    return np.asarray((now * change)[group])
