"""p values and intervals for a family of comparisons made on one fit."""

from __future__ import annotations

from functools import lru_cache

import numpy as np
from scipy import optimize, special, stats

from ..least_squares import Vector

__all__ = ["critical_value", "dunnett_p", "holm", "one_factor"]

_NODES = 64


@lru_cache(maxsize=1)
def _normal_rule() -> tuple[Vector, Vector]:
    nodes, weights = np.polynomial.hermite_e.hermegauss(_NODES)
    return nodes, weights / np.sqrt(2.0 * np.pi)


@lru_cache(maxsize=32)
def _scale_rule(dof: float) -> tuple[Vector, Vector]:
    """Quadrature over s = sqrt(chi²/dof) on the scale of ln s, far enough out for p values of 1e-12."""
    nodes, weights = np.polynomial.legendre.leggauss(96)
    low, high = 0.5 * np.log(stats.chi2.ppf([1e-15, 1.0 - 1e-15], dof) / dof)
    s = np.exp(0.5 * (high - low) * nodes + 0.5 * (high + low))
    density = stats.chi2.pdf(dof * s**2, dof) * 2.0 * dof * s
    return s, 0.5 * (high - low) * weights * density * s


def one_factor(correlation: Vector) -> Vector:
    """Find loadings λ with R ≈ λλᵀ off the diagonal; exact for comparisons with one control in a balanced design.

    References
    ----------
    Hsu 1992, J Comput Graph Stat 1:151, doi 10.2307/1390840 (factor-analytic approximation).
    """
    k = len(correlation)
    if k == 1:
        return np.zeros(1)
    upper = np.triu_indices(k, 1)

    def misfit(loadings: Vector) -> Vector:
        return np.asarray(np.outer(loadings, loadings)[upper] - correlation[upper])

    start = np.full(k, np.sqrt(max(float(correlation[upper].mean()), 0.01)))
    return np.clip(optimize.least_squares(misfit, start, xtol=1e-14, ftol=1e-14, gtol=1e-14).x, -0.999, 0.999)


def _outside(limit: float, loadings: Vector, dof: float) -> float:
    """Probability that some |t| exceeds the limit; summed from the tails, so that it is exact when it is small."""
    z, weight_z = _normal_rule()
    s, weight_s = _scale_rule(dof)
    rest = np.sqrt(1.0 - loadings**2)
    reach, shift = limit * s[:, None, None], loadings * z[None, :, None]
    tails = special.ndtr((shift - reach) / rest) + special.ndtr((-reach - shift) / rest)
    beyond = -np.expm1(np.log1p(-np.minimum(tails, 1.0 - 1e-16)).sum(axis=2))
    return float(weight_s @ (beyond @ weight_z))


def dunnett_p(t: Vector, correlation: Vector, dof: float) -> Vector:
    """Two-sided p values adjusted for all comparisons with one control.

    Parameters
    ----------
    t : ndarray of shape (K,)
        t statistics.
    correlation : ndarray of shape (K, K)
        Correlation of the compared differences.
    dof : float
        Degrees of freedom of their common residual.

    References
    ----------
    Dunnett 1955, J Am Stat Assoc 50:1096, doi 10.1080/01621459.1955.10501294.
    """
    if len(t) == 1:
        return np.asarray(2.0 * stats.t.sf(np.abs(t), dof))
    loadings = one_factor(correlation)
    return np.clip([_outside(one, loadings, dof) for one in np.abs(t)], 0.0, 1.0)


def critical_value(correlation: Vector, dof: float, level: float) -> float:
    """|t| that all comparisons with one control stay below with probability ``level``."""
    if len(correlation) == 1:
        return float(stats.t.ppf(0.5 + level / 2.0, dof))
    loadings = one_factor(correlation)
    low = float(stats.t.ppf(0.5 + level / 2.0, dof))
    high = float(stats.t.ppf(1.0 - (1.0 - level) / (2.0 * len(correlation)), dof))  # Bonferroni
    root = optimize.brentq(lambda c: 1.0 - level - _outside(c, loadings, dof), 0.999 * low, 1.001 * high)
    return float(root)


def holm(p: Vector) -> Vector:
    """Adjust p values by Holm's step-down procedure.

    References
    ----------
    Holm 1979, Scand J Stat 6:65 (no DOI).
    """
    order = np.argsort(p)
    steps = p[order] * np.arange(len(p), 0, -1)
    out = np.empty(len(p))
    out[order] = np.minimum(np.maximum.accumulate(steps), 1.0)
    return out
