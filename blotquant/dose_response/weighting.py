"""How much each point counts: the variance of a response as a function of the curve, estimated with it."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from scipy.optimize import brentq, minimize_scalar

from ..least_squares import Minimum, Vector
from .problem import Problem, solve
from .starting import block_scales, dose_means, starts

__all__ = ["LEAST_CV", "WEIGHTS", "Spread", "Weighted", "fit_weighted", "level_of", "spread_about", "spread_at"]

WEIGHTS = ("none", "error", "relative")
"""Variance of a point: constant; se² + (cv·fitted)²; (cv·fitted)²."""

_FLOOR = 0.01  # of the largest response: below it, a relative error is not believed
_ROUNDS = 25
_ROUNDING = 1e-20  # share of the data's squares below which a fit leaves nothing to doubt
_CLOSE = 1e-7
LEAST_CV = 1e-9
"""A relative part as small as this is none."""
_EVIDENCE = 2.0  # Akaike's price of a parameter


@dataclass(frozen=True)
class Weighted:
    """A weighted fit.

    Parameters
    ----------
    problem : Problem
        What was fitted.
    minimum : Minimum
        All P parameters, weighted residuals and their derivatives.
    root_weights : ndarray of shape (N,)
        1/standard deviation of a point; up to a common factor for ``none`` and ``relative``.
    variance : float
        Variance of a point of weight one, s²; at least 1 where the weights are absolute.
    dof : int
        Residual degrees of freedom.
    cv : float
        Relative standard deviation between points; NaN for ``none``.
    additive : float
        Constant standard deviation on the scale of the average block, where it had to be estimated; NaN otherwise.
    freedom : float, optional
        Degrees of freedom of the estimate that is asked for, see `freedom.precision`.
    """

    problem: Problem
    minimum: Minimum
    root_weights: Vector
    variance: float
    dof: int
    cv: float
    additive: float
    freedom: float | None = None

    @property
    def sureness(self) -> float:
        """Degrees of freedom of the interval of an estimate: its own where they were judged, else the residual ones."""
        return max(float(self.dof) if self.freedom is None else self.freedom, 1.0)

    @property
    def parameters(self) -> Vector:
        """Fitted values (P,)."""
        return self.minimum.parameters

    def is_exact(self, squares: float) -> bool:
        """Tell whether a weighted sum of squares is nothing but rounding."""
        return squares <= _ROUNDING * float(np.sum((self.root_weights * self.problem.points.response) ** 2))


@dataclass(frozen=True)
class Spread:
    """Weights and what they were made of, as in `Weighted`; ``known``: they are absolute."""

    root_weights: Vector
    cv: float = float("nan")
    additive: float = float("nan")
    known: bool = False


def _relative_part(squares: Vector, fitted: Vector, known: Vector, dof: int) -> float:
    """Return the cv that brings the weighted squares to the degrees of freedom; 0 when none is needed."""

    def excess(cv: float) -> float:
        return float(np.sum(squares / (known + (cv * fitted) ** 2))) - dof

    most = float(np.sqrt(np.max(squares / np.maximum(fitted**2, 1e-300)))) * len(squares) + 1.0
    if excess(LEAST_CV) <= 0:
        return 0.0
    if excess(most) >= 0:
        return most
    return float(brentq(excess, LEAST_CV, most, xtol=1e-12, rtol=1e-10))


def _known_errors(squares: Vector, fitted: Vector, se: Vector, size: float, dof: int) -> Spread:
    """Weights from the errors given; a constant part is added only where the likelihood asks for it."""

    def variance(ln_part: float) -> tuple[Vector, float]:
        known = se**2 + (np.exp(ln_part) * size) ** 2
        cv = max(_relative_part(squares, fitted, known, dof), LEAST_CV)
        return known + (cv * fitted) ** 2, cv

    def minus_two_log_likelihood(ln_part: float) -> float:
        spread = variance(ln_part)[0]
        return float(np.sum(np.log(spread) + squares / spread * len(squares) / dof))

    none = -40.0
    best = minimize_scalar(minus_two_log_likelihood, bounds=(np.log(1e-3), np.log(0.3)), method="bounded")
    wanted = minus_two_log_likelihood(none) - best.fun > _EVIDENCE
    spread, cv = variance(best.x if wanted else none)
    return Spread(1.0 / np.sqrt(spread), cv, float(np.exp(best.x)) * size if wanted else 0.0, True)


def _unknown_errors(squares: Vector, fitted: Vector, size: float, dof: int) -> Spread:
    """Estimate a constant and a relative part together, by pseudo-likelihood corrected for the fitted parameters."""
    count = len(squares)

    def cv_squared(ratio: float) -> float:
        return max(float(np.sum(squares / (ratio**2 + fitted**2))) / dof, 1e-30)

    def minus_two_log_likelihood(ln_ratio: float) -> float:
        ratio = float(np.exp(ln_ratio)) * size
        return float(count * np.log(cv_squared(ratio)) + np.sum(np.log(ratio**2 + fitted**2)))

    best = minimize_scalar(minus_two_log_likelihood, bounds=(np.log(1e-3), np.log(1e2)), method="bounded")
    ratio = float(np.exp(best.x)) * size
    cv = float(np.sqrt(cv_squared(ratio)))
    return Spread(1.0 / (cv * np.sqrt(ratio**2 + fitted**2)), cv, cv * ratio)


def level_of(fitted: Vector, scale: Vector) -> Vector:
    """Size of each response on the scale of the average block, not below what a relative error is believed of."""
    level = np.abs(fitted / scale)
    return np.maximum(level, _FLOOR * (float(np.max(level)) or 1.0))


def _spread(
    problem: Problem, weights: str, fitted: Vector, scale: Vector, dof: int, told: Vector | None = None
) -> Spread:
    """Weights from the curve as it stands; all but ``none`` look at every block on the scale of the average one."""
    response, se = (problem.points.response if told is None else told) / scale, problem.points.se / scale
    if weights == "none":
        return Spread(np.ones(len(response)))
    level = level_of(fitted, scale)
    size = float(np.max(level))
    squares, dof = (response - fitted / scale) ** 2, max(dof, 1)
    if weights == "relative":
        found = Spread(1.0 / level, float(np.sqrt(np.sum(squares / level**2) / dof)))
    elif np.all(se > 0):
        found = _known_errors(squares, level, se, size, dof)
    else:
        found = _unknown_errors(squares, level, size, dof)
    return replace(found, root_weights=found.root_weights / scale)


def spread_at(problem: Problem, weights: str, at: Vector, dof: int) -> Spread:
    """Weights that a curve asks for, its spread estimated around that curve.

    Parameters
    ----------
    problem : Problem
        What is fitted.
    weights : str
        Member of `WEIGHTS`.
    at : ndarray of shape (P,)
        The curve.
    dof : int
        Residual degrees of freedom of a fit that gave it.
    """
    scale = problem.scales(at)[problem.points.block]
    return _spread(problem, weights, problem.model_values(at)[0], scale, dof)


def spread_about(problem: Problem, weights: str, at: Vector, residuals: Vector, dof: int) -> Spread:
    """Weights that a curve asks for, its spread told by the residuals of another fit.

    Parameters
    ----------
    problem : Problem
        What is fitted.
    weights : str
        Member of `WEIGHTS`.
    at : ndarray of shape (P,)
        The curve whose levels make the weights.
    residuals : ndarray of shape (N,)
        Response minus fit of the other.
    dof : int
        Its residual degrees of freedom.
    """
    scale, fitted = problem.scales(at)[problem.points.block], problem.model_values(at)[0]
    return _spread(problem, weights, fitted, scale, dof, fitted + residuals)


def _best_start(problem: Problem, root_weights: Vector) -> Minimum:
    tried = [solve(problem, root_weights, start, tolerance=1e-8) for start in starts(problem, root_weights)]
    best = min(tried, key=lambda found: found.rss)
    return solve(problem, root_weights, best.parameters)


def fit_weighted(problem: Problem, weights: str) -> Weighted:
    """Fit by least squares whose weights follow the fitted curve, repeated until they agree.

    Assumes independent errors whose spread follows the curve as the weights say.

    Parameters
    ----------
    problem : Problem
        What is fitted.
    weights : str
        Member of `WEIGHTS`. ``error`` uses each point's se, and the relative part cv is the one that makes the
        weighted squares add up to the degrees of freedom; a constant part is added where the likelihood asks for it
        (Akaike), and takes the place of an se that is missing or zero.

    References
    ----------
    Carroll & Ruppert 1988, Transformation and Weighting in Regression, doi 10.1201/9780203735268, chapters 2 and 3.
    """
    dof = len(problem.points.response) - problem.size
    scaled = problem.contrasts.shape[1] > 0
    first = block_scales(problem.points) if scaled else np.ones(len(problem.contrasts))
    scale = first[problem.points.block]
    spread = _spread(problem, weights, scale * dose_means(problem.points, scale), scale, dof)
    found = _best_start(problem, spread.root_weights)
    for _ in range(_ROUNDS if weights != "none" else 0):
        last = found.parameters
        spread = spread_at(problem, weights, last, dof)
        found = solve(problem, spread.root_weights, last)
        if np.max(np.abs(found.parameters - last) / (np.abs(last) + 1.0)) < _CLOSE:
            break
    variance = found.rss / max(dof, 1)
    if spread.known:  # errors that are known do not shrink
        variance = max(variance, 1.0)
    return Weighted(problem, found, spread.root_weights, variance, dof, spread.cv, spread.additive)
