"""How far bands differ from their fitted shapes, learnt from the picture, and which cells to distrust.

Without a misfit term in the weights, outlier rejection eats real band pixels as soon as a band's shape is not the
model's, and strong bands pull the background. The misfit is a share of the band's height that falls with the
distance from its ridge; one profile a picture, scaled band by band.
"""

from __future__ import annotations

import functools
from dataclasses import dataclass

import cv2
import numpy as np
import numpy.typing as npt

from ..blot import FloatArray
from ..medians import median

__all__ = ["Misfit", "trust"]

_EDGES = np.array([0.0, 0.7, 1.5, 2.2, 3.0, 3.7, 4.5, 5.5, 7.0, 10.0])  # distances from the ridge [sigma]
_MIDDLES = (_EDGES[1:] + _EDGES[:-1]) / 2
_LEAST = np.array([3e-3, 2e-3, 1e-3, 5e-4, 3e-4, 2e-4, 1e-4, 5e-5, 1e-5])  # misfit is never less [band height]
_WORST = 0.25 * np.exp(-((_MIDDLES / 1.7) ** 2) / 2) + 0.01 * np.exp(-((_MIDDLES / 5) ** 2) / 2)  # nor more
_LEAST_SCALE, _SCALE = 0.15, 10.0  # bounds of one band's misfit over the picture's
_MARGIN = 1.15  # a fit looks better than it is by about this, since it was made to
_CORE = 3.0  # half height of a band's core [sigma]
_MEDIAN = 0.455  # median of a squared standard normal number
_HUBER, _REJECT = 3.0, 6.0  # residuals [sd] from which cells weigh less, and nothing
_SPECK, _EDGE = 10.0, 1.0  # residuals [sd] from which something lies there, and light beside it is its edge
_CROSS = np.array([[0, 1, 0], [1, 1, 1], [0, 1, 0]], dtype=np.uint8)
_SHAPE = 0.5  # residuals above this share of a band's height are not due to its shape
_MOST = 0.3  # more of a core than this is not rejected: then the shape is wrong, not the pixels


def _spread_out(across: FloatArray) -> FloatArray:
    """Profile across, one cell wider on both sides: where the ends may be wrong."""
    wide = across.copy()
    wide[..., 1:] = np.maximum(wide[..., 1:], across[..., :-1])
    wide[..., :-1] = np.maximum(wide[..., :-1], across[..., 1:])
    return np.minimum(wide, 1.0)


@dataclass(frozen=True)
class Misfit:
    """Misfit of a picture's bands.

    Parameters
    ----------
    profile : ndarray of shape (9,)
        Standard deviation at distances from the ridge, as a share of the band's height.
    scale : ndarray of shape (B,)
        Factor of each band.
    """

    profile: FloatArray
    scale: FloatArray

    @classmethod
    def at_start(cls, count: int) -> Misfit:
        """Take 6 % of the height at the ridge, falling fast."""
        profile = 0.06 * np.exp(-((_MIDDLES / 1.4) ** 2) / 2) + 0.001 * np.exp(-((_MIDDLES / 4) ** 2) / 2)
        return cls(profile, np.ones(count))

    def variance(self, along: FloatArray, across: FloatArray, height: FloatArray) -> FloatArray:
        """Variance of each cell [AU²] of bands of a height (their scale included by the caller)."""
        index = np.minimum(np.abs(along) * (400 / _EDGES[-1]) + 0.5, 400).astype(np.int64)
        variance: FloatArray = (height**2)[:, None, None] * self._squared[index] * _spread_out(across) ** 2
        return variance

    @functools.cached_property
    def _squared(self) -> FloatArray:
        """Squared profile at 401 distances from the ridge, the last one beyond all light."""
        table = np.exp(2 * np.interp(np.linspace(0.0, _EDGES[-1], 401), _MIDDLES, np.log(self.profile)))
        table[-1] = 0.0
        return np.asarray(table)

    def learn(
        self,
        residual: FloatArray,
        noise: FloatArray,
        own: FloatArray,
        places: tuple[FloatArray, FloatArray],
        height: FloatArray,
        clean: npt.NDArray[np.bool_],
    ) -> Misfit:
        """Learn from the residuals of a fit.

        Parameters
        ----------
        residual, noise, own : ndarray of shape (B, R, K)
            Residuals [AU], variance by everything but the band's own misfit, and that misfit's variance now [AU²].
        places : tuple of ndarray
            Distance from the ridge [sigma] and profile across.
        height : ndarray of shape (B,)
            Heights of the bands [AU].
        clean : ndarray of shape (B, R, K)
            Cells without dust.
        """
        along, across = np.abs(places[0]), places[1]
        scale = self._scales(residual, noise, own, clean & (along < _CORE) & (across > 0.3))
        bins = np.digitize(along, _EDGES[1:-1])
        tall = ((height * scale) ** 2)[:, None, None]
        expected = noise + tall * self.profile[bins] ** 2
        squared = np.minimum(residual**2, 36 * expected)
        weight = np.where(clean & (_spread_out(across) > 0.5), (tall / expected) ** 2, 0.0)
        share = np.divide(squared - noise, tall, out=np.zeros_like(noise), where=tall > 0)
        size = len(_MIDDLES)
        above = np.bincount(bins.ravel(), (weight * share).ravel(), size)
        new = np.sqrt(np.maximum(above / np.maximum(np.bincount(bins.ravel(), weight.ravel(), size), 1e-300), 1e-10))
        falling = np.minimum.accumulate(np.maximum(new, 0.3 * self.profile))
        return Misfit(np.clip(falling, _LEAST, _WORST) * _MARGIN, scale)

    def _scales(
        self, residual: FloatArray, noise: FloatArray, own: FloatArray, core: npt.NDArray[np.bool_]
    ) -> FloatArray:
        """Factor of each band, by the median of its core, where misfit can be told from noise."""
        unit = own / (self.scale**2)[:, None, None]
        scale = np.ones(len(unit))
        told = core & (unit > 0.25 * noise)
        many = np.flatnonzero(told.sum(axis=(1, 2)) > 30)
        for i in many:
            excess = residual[i][told[i]] ** 2 - _MEDIAN * noise[i][told[i]]
            ratio = median(excess) / (_MEDIAN * median(unit[i][told[i]]))
            scale[i] = np.sqrt(np.clip(ratio, _LEAST_SCALE**2, _SCALE**2))
        if len(many):
            scale[many] /= median(scale[many])
        return scale


def kept_cores(
    residual: FloatArray, deviation: FloatArray, core: npt.NDArray[np.bool_], height: FloatArray
) -> npt.NDArray[np.bool_]:
    """Cells that are not rejected: where so much of a core would be that it must be the shape that is wrong.

    Parameters
    ----------
    residual, deviation : ndarray of shape (B, tall, K)
        Residuals [AU], and over their expected standard deviations.
    core : ndarray of shape (B, tall, K)
        Cells of the bands' cores.
    height : ndarray of shape (B,)
        Heights of the bands [AU]; what lies further off than half of it is no matter of shape.
    """
    gone = (np.abs(deviation) > _REJECT) & core
    many = gone.sum(axis=(1, 2)) > _MOST * np.maximum(core.sum(axis=(1, 2)), 1)
    near = np.abs(residual) < _SHAPE * np.abs(height)[:, None, None]
    return np.asarray(many[:, None, None] & core & near)


def trust(deviation: FloatArray, kept: npt.NDArray[np.bool_]) -> FloatArray:
    """Weight of every cell by its residual: 1, less beyond 3 standard deviations, 0 beyond 6 (Huber 1964).

    What is far beyond is a speck, a scratch or a hole, and cells next to it that are brighter than they should hold its
    edge or rim.

    Parameters
    ----------
    deviation : ndarray of shape (L, R, K)
        Residuals over their expected standard deviations.
    kept : ndarray of bool of shape (L, R, K)
        Cells that are not rejected.
    """
    size = np.abs(deviation)
    weight = np.minimum(1.0, _HUBER / np.maximum(size, _HUBER))
    weight = np.where(size > _REJECT, np.where(kept, np.maximum(weight, 0.2), 0.0), weight)
    speck = ~kept & (size > _SPECK)
    for lane in np.flatnonzero(speck.any(axis=(1, 2))):
        beside = cv2.dilate(speck[lane].astype(np.uint8), _CROSS) > 0
        weight[lane][beside & ~kept[lane] & (deviation[lane] > _EDGE)] = 0.0
    return weight
