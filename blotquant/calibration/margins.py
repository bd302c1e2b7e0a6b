"""How sure an apparent mass is: the prediction interval of a ladder lane's curve."""

from __future__ import annotations

import numpy as np

from ..blot import FloatArray
from .ladders import POLYNOMIALS, Curve, left_out_logs

__all__ = ["margin", "shares", "t_quantile"]

_LEVEL = 0.95


def t_quantile(free: float) -> float:
    """Return the two-sided 95 % quantile of Student's t.

    Parameters
    ----------
    free : float
        Degrees of freedom.
    """
    from scipy.special import stdtrit  # here: pictures without a ladder do without

    return float(stdtrit(free, 0.5 + _LEVEL / 2.0))


def _polynomial_margin(positions: FloatArray, logs: FloatArray, degree: int) -> Curve | None:
    """Half width from the residual spread about a polynomial and its own error at each place."""
    free = len(positions) - degree - 1
    if free < 1:
        return None
    middle, span = float(np.mean(positions)), float(np.ptp(positions)) or 1.0
    design = np.vander((positions - middle) / span, degree + 1)
    inverse = np.linalg.pinv(design.T @ design)
    residuals = logs - design @ (inverse @ design.T @ logs)
    quantile = t_quantile(free) * float(np.sqrt(np.sum(residuals**2) / free))

    def half(at: FloatArray) -> FloatArray:
        rows = np.vander((np.asarray(at, dtype=np.float64) - middle) / span, degree + 1)
        return np.asarray(quantile * np.sqrt(1.0 + np.einsum("ij,jk,ik->i", rows, inverse, rows)), dtype=np.float64)

    return half


def shares(positions: FloatArray, at: FloatArray) -> FloatArray:
    """Weigh the points on both sides of each place as a straight line between them does.

    Parameters
    ----------
    positions : ndarray of shape (n,)
        Points, two or more, rising [px].
    at : ndarray of shape (m,)
        Places [px]; beyond the ends the last line goes on.

    Returns
    -------
    ndarray of shape (m, n)
        Weights, which add up to 1 at each place.
    """
    right = np.clip(np.searchsorted(positions, at), 1, len(positions) - 1)
    share = (at - positions[right - 1]) / (positions[right] - positions[right - 1])
    out, each = np.zeros((len(at), len(positions))), np.arange(len(at))
    out[each, right - 1], out[each, right] = 1.0 - share, share
    return out


def _interpolated_margin(positions: FloatArray, logs: FloatArray, model: str) -> Curve | None:
    """Half width from the errors of inner bands when left out; a curve through its points has no residuals.

    Each error is brought to the size of one band's by the weights of its neighbours, as of a straight line. Errors of
    neighbours hang together, so they count as fewer degrees of freedom (Satterthwaite).
    """
    count = len(positions)
    if count < 4:
        return None
    contrasts = np.eye(count)[1:-1]
    for place in range(1, count - 1):
        rest = np.arange(count) != place
        contrasts[place - 1, rest] = -shares(positions[rest], positions[place : place + 1])[0]
    size = np.linalg.norm(contrasts, axis=1)
    together = (contrasts @ contrasts.T) / np.outer(size, size)
    free = float(len(size) ** 2 / np.sum(together**2))
    spread = float(np.sqrt(np.mean((left_out_logs(positions, logs, model)[1:-1] / size) ** 2)))
    quantile = t_quantile(free) * spread

    def half(at: FloatArray) -> FloatArray:
        place = np.asarray(at, dtype=np.float64)
        inside = (place >= positions[0]) & (place <= positions[-1])
        weights = shares(positions, np.clip(place, positions[0], positions[-1]))
        return np.where(inside, quantile * np.sqrt(1.0 + np.sum(weights**2, axis=1)), np.nan)

    return half


def margin(positions: FloatArray, logs: FloatArray, model: str) -> Curve:
    """Half width of the 95 % prediction interval of log10 mass along a ladder lane.

    A polynomial of p coefficients through n ladder bands: t(n − p) · s · √(1 + x′(X′X)⁻¹x), with s² = residual squares
    / (n − p): a further protein strays from the curve as the ladder's own bands do. Curves that pass through their
    points: s is told by the errors of inner bands when left out, the root is √(1 + w² + (1 − w)²) between two bands
    with weights w and 1 − w, and there is none outside the ladder. Assumes that proteins stray as ladder bands do,
    alike along the run; that ``auto`` chose the curve by the same bands is not held.

    Parameters
    ----------
    positions : ndarray of shape (n,)
        Ladder bands along the run [px].
    logs : ndarray of shape (n,)
        log10 of their masses [kDa].
    model : str
        Key of `MASS_MODELS`.

    Returns
    -------
    callable
        Half width [log10 kDa] at positions [px]; NaN where too few bands are left to tell.

    References
    ----------
    Draper & Smith 1998, Applied Regression Analysis, doi 10.1002/9781118625590, section 3.1 (prediction interval);
    Stone 1974, J R Stat Soc B 36:111, doi 10.1111/j.2517-6161.1974.tb00994.x (errors of points left out);
    Satterthwaite 1946, doi 10.2307/3002019 (degrees of freedom).
    """
    degree = POLYNOMIALS.get(model)
    if degree is not None:
        found = _polynomial_margin(positions, logs, min(degree, len(positions) - 1))
    else:
        found = _interpolated_margin(positions, logs, model)
    return found or (lambda at: np.full(np.shape(at), np.nan))
