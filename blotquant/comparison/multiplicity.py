"""p values and intervals of many comparisons at once: Dunnett, Tukey, Holm."""

from __future__ import annotations

from functools import lru_cache

import numpy as np
from scipy import special, stats
from scipy.optimize import brentq

from ..least_squares import Vector

__all__ = ["adjust", "chi_nodes", "critical_value", "dunnett_tail", "one_factor", "tukey_tail"]

_Z_NODES, _S_NODES, _Z_REACH = 97, 65, 8.5
_ONE_FACTOR = 5e-3  # largest misfit of a correlation that the one-factor integral may have
_SEED = 20260101
_RULE_ERROR = 1e-4  # about what the quasi-random rule misses by


@lru_cache(maxsize=256)
def chi_nodes(dof: float) -> tuple[Vector, Vector, Vector, Vector]:
    """Gauss–Legendre nodes and weights of a standard normal z and of s, the root of chi² / dof.

    Parameters
    ----------
    dof : float
        Degrees of freedom of the spread; s is 1 when they are infinite.

    Returns
    -------
    z, weight of z, s, weight of s : ndarray
    """
    x, w = np.polynomial.legendre.leggauss(_Z_NODES)
    z = _Z_REACH * x
    z_weight = _Z_REACH * w * np.exp(-(z**2) / 2.0) / np.sqrt(2.0 * np.pi)
    if not np.isfinite(dof):
        return z, z_weight, np.ones(1), np.ones(1)
    low, high = np.sqrt(stats.chi2.ppf([1e-12, 1.0 - 1e-12], dof) / dof)
    x, w = np.polynomial.legendre.leggauss(_S_NODES)
    s = low + (high - low) * (x + 1.0) / 2.0
    s_weight = (high - low) / 2.0 * w * stats.chi2.pdf(s**2 * dof, dof) * 2.0 * s * dof
    return z, z_weight, s, s_weight


def one_factor(correlation: Vector) -> Vector | None:
    """Factor loadings λ with correlation_ij = λ_i λ_j.

    Parameters
    ----------
    correlation : ndarray of shape (K, K)
        Correlation of the comparisons.

    Returns
    -------
    ndarray of shape (K,) or None
        None when no such loadings exist; then the comparisons do not share one reference alone.
    """
    size = len(correlation)
    if size == 1:
        return np.zeros(1)
    if size == 2:
        rho = float(correlation[0, 1])
        root = float(np.sqrt(abs(rho)))
        return np.array([root, root * float(np.sign(rho))])
    off = correlation - np.diag(np.diag(correlation))
    loading = np.sqrt(np.maximum(off.sum(axis=1) / (size - 1), 1e-3))
    for _ in range(500):
        squares = loading**2
        new = off @ loading / np.maximum(squares.sum() - squares, 1e-12)
        done = np.max(np.abs(new - loading)) < 1e-10
        loading = 0.5 * (loading + new)
        if done:
            break
    miss = np.abs(np.outer(loading, loading) - correlation)[~np.eye(size, dtype=bool)]
    if np.max(miss) > _ONE_FACTOR or np.max(np.abs(loading)) >= 1.0:
        return None
    return np.asarray(loading, dtype=np.float64)


def _bounded(tail: float, statistic: float, dof: float, comparisons: int) -> float:
    """Hold the tail of the largest of some |t| between that of one and Bonferroni's sum of all.

    Both are exact bounds of it, whatever the correlation; one minus a number near one knows nothing of a tail below its
    own error.
    """
    single = 2.0 * float(stats.t.sf(abs(statistic), dof))
    return min(max(tail, single), comparisons * single, 1.0)


def dunnett_tail(statistic: float, correlation: Vector, dof: float) -> float:
    """Probability that the largest |t| of K correlated comparisons exceeds a value.

    With one shared reference the correlation has one factor and the multivariate t is a double integral, done by
    Gauss–Legendre quadrature; otherwise by a quasi-random rule with a fixed seed, and Bonferroni's bound, which is
    close so far out, where that is below the rule's error.
    Assumes normal errors of one spread, which is told independently of the means.

    Parameters
    ----------
    statistic : float
        |t|.
    correlation : ndarray of shape (K, K)
        Correlation of the comparisons.
    dof : float
        Degrees of freedom.

    References
    ----------
    Dunnett 1955, J Am Stat Assoc 50:1096, doi 10.1080/01621459.1955.10501294; Genz & Bretz 2009,
    doi 10.1007/978-3-642-01689-9.
    """
    value = min(abs(statistic), 1e3)
    loading = one_factor(correlation)
    if loading is None:
        size, edge = len(correlation), np.full(len(correlation), value)
        if (most := _bounded(1.0, statistic, dof, size)) < _RULE_ERROR:
            return most
        inside = stats.multivariate_t.cdf(
            edge, np.zeros(size), correlation, round(dof), lower_limit=-edge, random_state=np.random.default_rng(_SEED)
        )
        return _bounded(float(1.0 - inside), statistic, dof, size)
    z, z_weight, s, s_weight = chi_nodes(dof)
    rest = np.sqrt(1.0 - loading**2)
    centre = loading[None, None, :] * z[None, :, None]
    reach = value * s[:, None, None]
    tails = special.ndtr((centre - reach) / rest) + special.ndtr((-centre - reach) / rest)
    beyond = -np.expm1(np.sum(np.log1p(-np.minimum(tails, 1.0 - 1e-16)), axis=2))  # exact when it is small
    return _bounded(float(s_weight @ (beyond @ z_weight)), statistic, dof, len(correlation))


def tukey_tail(statistic: float, groups: int, dof: float) -> float:
    """Probability that the largest |t| over all pairs of groups exceeds a value (studentised range).

    Exact for groups of one size, conservative for others; assumes normal errors of one spread.

    Parameters
    ----------
    statistic : float
        |t| of a pair.
    groups : int
        Number of groups.
    dof : float
        Degrees of freedom.

    References
    ----------
    Tukey–Kramer: Kramer 1956, Biometrics 12:307, doi 10.2307/3001469.
    """
    value = min(abs(statistic), 1e3) * np.sqrt(2.0)
    z, z_weight, s, s_weight = chi_nodes(dof)
    below = special.ndtr(z)[None, :] - special.ndtr(z[None, :] - value * s[:, None])
    inside = groups * (s_weight @ (below ** (groups - 1) @ z_weight))
    return _bounded(float(1.0 - inside), statistic, dof, groups * (groups - 1) // 2)


def _tail(method: str, statistic: float, correlation: Vector, groups: int, dof: float) -> float:
    if method == "dunnett":
        return dunnett_tail(statistic, correlation, dof)
    if method == "tukey":
        return tukey_tail(statistic, groups, dof)
    single = 2.0 * float(stats.t.sf(abs(statistic), dof))
    return min(single * len(correlation), 1.0) if method == "holm" else single


def critical_value(method: str, correlation: Vector, groups: int, dof: float, level: float) -> float:
    """|t| that bounds all comparisons together at a confidence level.

    Parameters
    ----------
    method : {"dunnett", "tukey", "holm", "single"}
        How comparisons are adjusted; ``holm`` has Bonferroni's intervals.
    correlation : ndarray of shape (K, K)
        Correlation of the comparisons.
    groups : int
        Number of groups, for ``tukey``.
    dof : float
        Degrees of freedom.
    level : float
        Confidence level.
    """
    return _critical(method, correlation.tobytes(), len(correlation), groups, dof, level)


@lru_cache(maxsize=4096)
def _critical(method: str, correlation: bytes, size: int, groups: int, dof: float, level: float) -> float:
    matrix = np.frombuffer(correlation).reshape(size, size)
    single = float(stats.t.ppf(0.5 + level / 2.0, dof))
    if method == "single" or (method == "dunnett" and size == 1):
        return single

    def excess(value: float) -> float:
        return _tail(method, value, matrix, groups, dof) - (1.0 - level)

    high = single
    while excess(high) > 0 and high < 1e6:
        high *= 2.0
    return float(brentq(excess, single * 0.999, high, xtol=1e-6))


def adjust(method: str, statistics: Vector, correlation: Vector, groups: int, dof: Vector) -> Vector:
    """Adjust the p values of a family.

    Holm: the i-th smallest of m p values times m − i + 1, made monotone; assumes nothing of how comparisons hang
    together. Dunnett and Tukey assume normal errors of one spread.

    Parameters
    ----------
    method : {"dunnett", "tukey", "holm", "single"}
        How.
    statistics : ndarray of shape (K,)
        t of each comparison.
    correlation : ndarray of shape (K, K)
        Their correlation.
    groups : int
        Number of groups, for ``tukey``.
    dof : ndarray of shape (K,)
        Degrees of freedom of each.

    Returns
    -------
    ndarray of shape (K,)

    References
    ----------
    Holm 1979, Scand J Stat 6:65.
    """
    if method in ("dunnett", "tukey"):
        return np.array([_tail(method, t, correlation, groups, d) for t, d in zip(statistics, dof, strict=True)])
    single = np.asarray(2.0 * stats.t.sf(np.abs(statistics), dof), dtype=np.float64)
    if method == "single":
        return single
    order = np.argsort(single, kind="stable")
    raised = np.maximum.accumulate(single[order] * (len(single) - np.arange(len(single))))
    out = np.empty(len(single))
    out[order] = np.minimum(raised, 1.0)
    return out
