"""Linear models of logarithms: blocks as fixed or random effects."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.optimize import minimize_scalar

from ..conditions import Codes
from ..least_squares import Vector

__all__ = ["LinearFit", "fit_fixed", "fit_random", "still"]

_ROUNDING = 1e-12  # of the values: averaging and scaling leave some 1e-15, no blot is read to a part in 1e12


@dataclass(frozen=True)
class LinearFit:
    """Means of groups on the log scale.

    Parameters
    ----------
    mean : ndarray of shape (G,)
        Mean of each group, up to a constant that cancels in comparisons.
    covariance : ndarray of shape (G, G)
        Their covariance.
    sd : float
        Residual standard deviation of a value within a block; 0 where values scatter by no more than rounding.
    residual_dof : float
        Its degrees of freedom.
    gradients : tuple of ndarray of shape (G, G)
        Derivatives of the covariance by the variance components; empty with fixed blocks.
    components : ndarray
        Covariance of the variance components.
    """

    mean: Vector
    covariance: Vector
    sd: float
    residual_dof: float
    gradients: tuple[Vector, ...] = ()
    components: Vector | None = None

    def compare(self, contrast: Vector) -> tuple[float, float, float]:
        """Estimate, standard error and degrees of freedom of a contrast of the group means.

        With random blocks the degrees of freedom are Satterthwaite's, 2·variance² / Var(variance).
        Assumes what the fit assumes.

        Parameters
        ----------
        contrast : ndarray of shape (G,)
            Weights of the groups; they add up to zero.

        References
        ----------
        Satterthwaite 1946, Biometrics Bull 2:110, doi 10.2307/3002019; Kuznetsova et al. 2017, J Stat Softw 82(13),
        doi 10.18637/jss.v082.i13.
        """
        estimate = float(contrast @ self.mean)
        variance = float(contrast @ self.covariance @ contrast)
        if not self.gradients or self.components is None:
            return estimate, float(np.sqrt(max(variance, 0.0))), self.residual_dof
        slope = np.array([contrast @ one @ contrast for one in self.gradients])
        spread = float(slope @ self.components @ slope)
        dof = 2.0 * variance**2 / spread if spread > 0 else self.residual_dof
        return estimate, float(np.sqrt(max(variance, 0.0))), float(np.clip(dof, 1.0, 1e6))


def _dummies(codes: Codes) -> Vector:
    return np.asarray(codes[:, None] == np.arange(int(np.max(codes)) + 1), dtype=np.float64)


def still(left: Vector, values: Vector) -> bool:
    """Tell whether residuals are nothing but the rounding of logarithms, which is no measure of an error."""
    return bool(np.max(np.abs(left), initial=0.0) <= _ROUNDING * max(1.0, float(np.max(np.abs(values), initial=0.0))))


def _design(group: Codes, block: Codes | None) -> Vector:
    groups = _dummies(group)
    if block is None or int(block.max()) == 0:
        return groups
    blocks = _dummies(block)
    return np.hstack([groups, blocks[:, 1:] - blocks[:, :1]])  # sum to zero: group means are of the average block


def fit_fixed(values: Vector, group: Codes, block: Codes | None) -> LinearFit:
    """Fit value = group + block by least squares.

    Assumes independent errors of one spread and that block and group add up.

    Parameters
    ----------
    values : ndarray of shape (N,)
        Logarithms.
    group, block : ndarray of shape (N,) of int
        Codes from 0; no blocks when ``block`` is None.

    References
    ----------
    Seber & Lee 2003, Linear Regression Analysis, doi 10.1002/9780471722199.
    """
    design = _design(group, block)
    inverse = np.linalg.pinv(design.T @ design)
    found = inverse @ design.T @ values
    left = values - design @ found
    dof = len(values) - int(np.linalg.matrix_rank(design))
    variance = float(left @ left / dof) if dof > 0 else np.nan
    if dof > 0 and still(left, values):
        variance = 0.0
    size = int(np.max(group)) + 1
    return LinearFit(found[:size], np.asarray(variance * inverse[:size, :size]), float(np.sqrt(variance)), float(dof))


def _restricted(ratio: float, values: Vector, design: Vector, shared: Vector) -> tuple[float, float]:
    """Minus two log restricted likelihood at a ratio of block to residual variance, and the residual variance there."""
    weight = np.linalg.inv(np.eye(len(values)) + ratio * shared)
    information = design.T @ weight @ design
    found = np.linalg.solve(information, design.T @ weight @ values)
    left = values - design @ found
    dof = len(values) - design.shape[1]
    variance = float(left @ weight @ left) / dof
    determinants = -np.linalg.slogdet(weight)[1] + np.linalg.slogdet(information)[1]
    return float(dof * np.log(max(variance, 1e-300)) + determinants), variance


def fit_random(values: Vector, group: Codes, block: Codes, within: Codes | None = None) -> LinearFit:
    """Fit value = group + random block by restricted maximum likelihood.

    Uses what a block with missing groups still says about the others; assumes that blocks are a sample.

    Parameters
    ----------
    values : ndarray of shape (N,)
        Logarithms.
    group, block : ndarray of shape (N,) of int
        Codes from 0.
    within : ndarray of shape (N,) of int, optional
        Codes of fixed blocks in which the random ones lie; then these need not hang together.

    References
    ----------
    Patterson & Thompson 1971, Biometrika 58:545, doi 10.1093/biomet/58.3.545.
    """
    plain, blocked = fit_fixed(values, group, within), fit_fixed(values, group, block)
    if plain.sd == 0 or blocked.sd == 0:  # no variance to be parted
        return plain if plain.sd == 0 or within is not None else blocked
    design, blocks = _design(group, within), _dummies(block)
    shared = blocks @ blocks.T
    best = minimize_scalar(
        lambda ln: _restricted(float(np.exp(ln)), values, design, shared)[0], bounds=(-12.0, 12.0), method="bounded"
    )
    ratio = float(np.exp(best.x))
    if _restricted(0.0, values, design, shared)[0] <= best.fun:
        return plain
    variance = _restricted(ratio, values, design, shared)[1]
    weight = np.linalg.inv(variance * (np.eye(len(values)) + ratio * shared))
    covariance = np.asarray(np.linalg.inv(design.T @ weight @ design), dtype=np.float64)
    projection = weight - weight @ design @ covariance @ design.T @ weight
    parts = (np.eye(len(values)), shared)
    information = np.array([[0.5 * np.trace(projection @ one @ projection @ two) for two in parts] for one in parts])
    middle = covariance @ design.T @ weight
    size = int(np.max(group)) + 1
    gradients = tuple((middle @ one @ middle.T)[:size, :size] for one in parts)
    return LinearFit(
        mean=(middle @ values)[:size],
        covariance=covariance[:size, :size],
        sd=float(np.sqrt(variance)),
        residual_dof=float(len(values) - design.shape[1] - int(block.max())),
        gradients=gradients,
        components=np.linalg.pinv(information),
    )
