"""The linear model behind every test: ln y ~ group + block, with values below the limit of quantification censored."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy import optimize, stats

from ..least_squares import Vector

__all__ = ["Fit", "fit_groups"]

Codes = np.ndarray[tuple[int, ...], np.dtype[np.int64]]
Mask = np.ndarray[tuple[int, ...], np.dtype[np.bool_]]


@dataclass(frozen=True)
class Fit:
    """Means of groups on the log scale, and how sure they are.

    Parameters
    ----------
    mean : ndarray of shape (K,)
        ln level of each group, up to a common constant.
    covariance : ndarray of shape (K, K)
        Covariance of the means; that of differences is what counts.
    sigma : float
        Residual standard deviation of ln y within blocks.
    dof : float
        Residual degrees of freedom.
    kind : str
        What was fitted, in words: ``blocks``, ``random blocks``, ``no blocks``.
    """

    mean: Vector
    covariance: Vector
    sigma: float
    dof: float
    kind: str


def _design(group: Codes, block: Codes) -> tuple[Vector, Vector]:
    """Columns of groups, and of blocks as deviations from the last one."""
    groups = np.eye(int(group.max()) + 1)[group]
    blocks = np.eye(int(block.max()) + 1)[block]
    return groups, blocks[:, :-1] - blocks[:, -1:]


def fit_groups(ln_value: Vector, censored: Mask, group: Codes, block: Codes) -> Fit:
    """Fit ln y = group + block.

    Every group in every block: blocks are fixed. Some missing: blocks are random (REML), so that groups that share no
    block are still compared through the blocks' spread. Blocks of one value each: no blocks. Censored values are
    those known only to lie below ``ln_value``; with them the fit is by maximum likelihood (Tobin) with fixed blocks,
    and the residual variance carries the degrees of freedom that the fitted means took.

    Parameters
    ----------
    ln_value : ndarray of shape (N,)
        Logarithms; of the limit of quantification where censored.
    censored : ndarray of shape (N,) of bool
        The value lies somewhere below.
    group, block : ndarray of shape (N,) of int
        Numbers from 0; every number occurs.

    References
    ----------
    Kreutz et al. 2007, Bioinformatics 23:2747, doi 10.1093/bioinformatics/btm397 (errors of blots are log-normal);
    Tobin 1958, Econometrica 26:24, doi 10.2307/1907382 (censored values);
    Patterson and Thompson 1971, Biometrika 58:545, doi 10.1093/biomet/58.3.545 (REML).
    """
    groups, blocks = _design(group, block)
    single = bool(np.bincount(block).max() == 1)
    design = groups if single else np.hstack([groups, blocks])
    estimable = np.linalg.matrix_rank(design) == design.shape[1]
    n_groups, n_blocks = groups.shape[1], int(block.max()) + 1
    complete = len(np.unique(group * n_blocks + block)) == n_groups * n_blocks
    if censored.any() and estimable:
        return _tobit(ln_value, censored, design, n_groups, "no blocks" if single else "blocks")
    if single or complete:
        return _least_squares(ln_value, design, n_groups, "no blocks" if single else "blocks")
    return _random_blocks(ln_value, groups, np.eye(n_blocks)[block])


def _least_squares(y: Vector, design: Vector, n_groups: int, kind: str) -> Fit:
    inverse = np.linalg.pinv(design.T @ design)
    found = np.asarray(inverse @ design.T @ y, dtype=np.float64)
    dof = len(y) - np.linalg.matrix_rank(design)
    left = y - design @ found
    variance = float(left @ left) / dof if dof > 0 else np.nan
    part = slice(0, n_groups)
    spread: Vector = np.asarray(variance * inverse[part, part], dtype=np.float64)
    return Fit(found[part], spread, float(np.sqrt(variance)), float(dof), kind)


def _random_blocks(y: Vector, groups: Vector, blocks: Vector) -> Fit:
    """Restricted maximum likelihood over the ratio of the variance between blocks to that within them."""
    n, k = groups.shape

    def solve(log_ratio: float) -> tuple[float, Vector, Vector, float]:
        v = np.eye(n) + np.exp(log_ratio) * blocks @ blocks.T
        weight = np.linalg.inv(v)
        information = groups.T @ weight @ groups
        mean = np.asarray(np.linalg.solve(information, groups.T @ weight @ y), dtype=np.float64)
        left = y - groups @ mean
        variance = float(left @ weight @ left) / (n - k)
        logs = np.linalg.slogdet(v)[1] + np.linalg.slogdet(information)[1]
        inverse = np.asarray(np.linalg.inv(information), dtype=np.float64)
        return float((n - k) * np.log(max(variance, 1e-300)) + logs), mean, inverse, variance

    best = optimize.minimize_scalar(lambda ratio: solve(float(ratio))[0], bounds=(-12.0, 8.0), method="bounded")
    _, mean, spread, variance = solve(float(best.x))
    # containment: what is left after groups and blocks were both taken out, the cautious choice
    dof = n - np.linalg.matrix_rank(np.hstack([groups, blocks]))
    return Fit(mean, variance * spread, float(np.sqrt(variance)), float(dof), "random blocks")


def _tobit(y: Vector, censored: Mask, design: Vector, n_groups: int, kind: str) -> Fit:
    """Maximum likelihood with censored values, in Olsen's form (doi 10.2307/1913207), where it has one maximum."""
    n, p = design.shape
    seen = ~censored
    start = _least_squares(y, design, p, kind)
    scale = max(start.sigma if np.isfinite(start.sigma) else 0.0, 0.05)

    def negative(parameters: Vector) -> tuple[float, Vector]:
        gamma, theta = parameters[:p], float(np.exp(parameters[p]))
        z = theta * y - design @ gamma
        value = seen.sum() * parameters[p] - 0.5 * z[seen] @ z[seen] + stats.norm.logcdf(z[censored]).sum()
        mills = np.exp(stats.norm.logpdf(z[censored]) - stats.norm.logcdf(z[censored]))
        slope_z = np.where(censored, 0.0, -z)
        slope_z[censored] = mills
        slope_theta = float(np.sum(seen)) + theta * float(slope_z @ y)
        return -float(value), -np.append(-(design.T @ slope_z), slope_theta)

    at = np.append(start.mean / scale, -np.log(scale))
    best = optimize.minimize(negative, at, jac=True, method="BFGS", options={"gtol": 1e-8, "maxiter": 2000})
    gamma, theta = best.x[:p], float(np.exp(best.x[p]))
    z = theta * y - design @ gamma
    mills = np.exp(stats.norm.logpdf(z[censored]) - stats.norm.logcdf(z[censored]))
    weight = np.ones(n)
    weight[censored] = mills * (mills + z[censored])  # how much a censored value tells, between 0 and 1
    dof = float(seen.sum() - p)
    variance = (1.0 / theta**2) * (n / dof if dof > 0 else np.nan)
    inverse = np.linalg.pinv(design.T @ (weight[:, None] * design))[:n_groups, :n_groups]
    mean = np.asarray(gamma[:n_groups] / theta, dtype=np.float64)
    spread = np.asarray(variance * inverse, dtype=np.float64)
    return Fit(mean, spread, float(np.sqrt(variance)), dof, kind)
