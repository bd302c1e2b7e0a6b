"""Parts of a variance that are estimated: the relative part by restricted likelihood, and what such parts cost."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from scipy.optimize import brentq

from ..least_squares import Vector

__all__ = ["Cost", "estimation_cost", "restricted_part"]

_GROWTH = 4.0
_MOST = 60  # steps of growth


def _left_over(jacobian: Vector, variance: Vector) -> Vector:
    """One minus the leverage of each point in weighted least squares."""
    basis = np.linalg.qr(jacobian / np.sqrt(variance)[:, None])[0]
    return np.asarray(np.clip(1.0 - np.einsum("ip,ip->i", basis, basis), 0.0, 1.0), dtype=np.float64)


def restricted_part(squares: Vector, part: Vector, known: Vector, jacobian: Vector) -> float:
    """Estimate how much of one part of the variance there is: variance = known + amount · part.

    The score of the restricted likelihood is zero there, so that points count by how much they tell of the part, and a
    point near zero, whose error is known, is not taken for evidence on the relative error of large ones.
    Assumes independent, normal errors.

    Parameters
    ----------
    squares : ndarray of shape (N,)
        Squared residuals of the fit.
    part : ndarray of shape (N,)
        What one unit of the amount adds to a point's variance.
    known : ndarray of shape (N,)
        Variance that is known, above zero.
    jacobian : ndarray of shape (N, P)
        Derivatives of the fitted values.

    Returns
    -------
    float
        0 when none is needed.

    References
    ----------
    Patterson & Thompson 1971, Biometrika 58:545, doi 10.1093/biomet/58.3.545.
    """

    def score(amount: float) -> float:
        variance = known + amount * part
        share = part / variance
        return float(np.sum(share * (squares / variance - _left_over(jacobian, variance))))

    low, high = 0.0, float(np.mean(squares) / max(float(np.mean(part)), 1e-300)) or 1e-12
    if score(low) <= 0:
        return 0.0
    for _ in range(_MOST):
        if score(high) < 0:
            return float(brentq(score, low, high, xtol=1e-14, rtol=1e-8))
        low, high = high, high * _GROWTH
    return high


@dataclass(frozen=True)
class Cost:
    """What it costs an estimate that parts of the variance are estimated.

    Parameters
    ----------
    freedom : float
        Degrees of freedom of its variance; inf when nothing is estimated.
    inflation : float
        Factor on its variance, 1 or more: weights that are estimated are not the best ones.
    """

    freedom: float
    inflation: float


def estimation_cost(
    slope: Vector, variance: Vector, parts: Sequence[Vector], amounts: Sequence[float], jacobian: Vector
) -> Cost:
    """Work out degrees of freedom and inflation of the variance of an estimate by generalised least squares.

    Its variance changes by g with each part's amount a; ν = 2 (g·a)² / gᵀ C g, with C the covariance of the amounts
    from the information of the restricted likelihood. Only what is estimated counts: a known part of the variance adds
    no degrees of freedom. With a single part and nothing known ν is N − P and the inflation 1.
    Assumes independent, normal errors.

    Parameters
    ----------
    slope : ndarray of shape (P,)
        Derivative of the estimate by the fitted values.
    variance : ndarray of shape (N,)
        Variance of a point.
    parts : sequence of ndarray of shape (N,)
        What a unit of each estimated amount adds to it.
    amounts : sequence of float
        How much there is of each.
    jacobian : ndarray of shape (N, P)
        Derivatives of the fitted values.

    References
    ----------
    Satterthwaite 1946, Biometrics Bull 2:110, doi 10.2307/3002019; Kenward & Roger 1997, Biometrics 53:983,
    doi 10.2307/2533558 (inflation).
    """
    if not parts:
        return Cost(float("inf"), 1.0)
    weights = 1.0 / variance
    weighted = jacobian * weights[:, None]
    cover = np.linalg.pinv(jacobian.T @ weighted)
    projection = np.diag(weights) - weighted @ cover @ weighted.T
    information = 0.5 * np.array(
        [[float(np.sum(projection**2 * np.outer(one, other))) for other in parts] for one in parts]
    )
    unsure = np.linalg.pinv(information)
    moves = weighted @ (cover @ slope)
    change = np.array([float(np.sum(moves**2 * part)) for part in parts])
    against = [weighted.T @ (part[:, None] * weighted) for part in parts]
    both = np.zeros_like(cover)
    for i, one in enumerate(parts):
        for j, other in enumerate(parts):
            squared = weighted.T @ ((one * other * weights)[:, None] * weighted)
            both += unsure[i, j] * (squared - against[i] @ cover @ against[j])
    total, doubt = float(slope @ cover @ slope), float(change @ unsure @ change)
    freedom = 2.0 * float(change @ np.asarray(amounts)) ** 2 / doubt if doubt > 0 else float("inf")
    return Cost(
        freedom, 1.0 + max(2.0 * float(slope @ cover @ both @ cover @ slope) / total, 0.0) if total > 0 else 1.0
    )
