"""Take off volumes what glows around strong bands: light that camera, substrate and film spread over the membrane.

Glow is alike for all bands of a picture, so one number tells it: how much of the bands' light, blurred widely, lies on
the picture. It is one more unknown of the equations of all lanes together, and since the rest is solved already, its
Schur complement gives it in one step (Nocedal & Wright 2006, Numerical Optimization, doi 10.1007/978-0-387-40065-5).
"""

from __future__ import annotations

from typing import NamedTuple

import cv2
import numpy as np

from ..blot import FloatArray
from .fit import Fit

__all__ = ["Glow", "fit_glow", "spread_light"]

_WIDE = 7.0  # standard deviation of the glow [band sigmas]: wider than any wing, narrower than a band's window
_EXPECTED = 0.02  # how much of the bands' light glows, about


class Glow(NamedTuple):
    """Share of the bands' light that glows, its variance, and by how much volumes fall for a share of 1 [AU px]."""

    share: float
    variance: float
    response: FloatArray


def spread_light(fit: Fit) -> FloatArray:
    """Light of all bands of the picture, blurred widely, as the strips see it, shape (L, R, K) [AU]."""
    strips = fit.strips
    _, rows, cells = strips.light.shape
    middle = strips.start[:, :, None] + (cells * strips.width - 1) / 2 + strips.cols
    # told from the middle of all, so that mirrored pictures agree
    col = np.rint((middle - middle.mean()) / strips.width).astype(np.int64)
    col -= col.min()
    wide = int(col.max()) + 1
    at = np.arange(rows)[:, None] * wide + col
    picture = np.bincount(at.ravel(), np.maximum(fit.bands, 0.0).ravel(), rows * wide).reshape(rows, wide)
    sigma = _WIDE * float(np.median(fit.view.sigma))
    blurred = cv2.GaussianBlur(
        picture, (0, 0), sigmaX=sigma / strips.width, sigmaY=sigma / strips.height, borderType=cv2.BORDER_CONSTANT
    )
    return np.asarray(blurred.ravel()[at], dtype=np.float64)


def fit_glow(fit: Fit, lever: FloatArray, summed: FloatArray) -> Glow:
    """Fit the share of glow, and tell how volumes depend on it.

    Parameters
    ----------
    fit : Fit
        Bands and backgrounds fitted without glow.
    lever : ndarray of shape (B, m)
        How much each volume moves with every unknown of its lane.
    summed : ndarray of shape (B, tall, K)
        How much of each cell's residual counts as the band's [px].
    """
    glow, places, where = spread_light(fit), fit.places, (fit.unknowns.lane[:, None], fit.unknowns.of_bands)
    weight = fit.certainty
    heavy = weight * glow
    told = np.zeros((len(glow), fit.unknowns.size))
    told[:, : len(fit.ground)] = fit.ground.project(heavy)
    told[where] = np.einsum("bprk,brk->bp", fit.drawn.slopes, places.cut(heavy))
    # what the other unknowns would take of a glow of share 1 …
    taken = np.array([fit.covariance.times(lane, vector) for lane, vector in enumerate(told)])
    of_bands = np.einsum("bprk,bp->brk", fit.drawn.slopes, taken[where])
    seen = fit.ground.image(taken[:, : len(fit.ground)]) + places.spread_out(of_bands, fit.strips)
    # … and what is left tells the share; written as a sum of squares, since the matrix is a pass older than the bands
    left = glow - seen
    precision, pull = fit.prior()
    information = float((weight * left**2).sum() + (precision * taken**2).sum() + 1 / _EXPECTED**2)
    score = float((weight * left * fit.residual).sum() - (taken * pull).sum())
    response = (lever * taken[fit.unknowns.lane]).sum(axis=1) + (summed * places.cut(glow)).sum(axis=(1, 2))
    return Glow(score / information, 1 / information, response)
