"""Intervals for which the weights are those of the curve that is tested, not of the curve that fits best."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy import stats

from ..least_squares import Vector
from .problem import Codes, solve
from .weighting import LEAST_CV, Weighted, spread_at

__all__ = ["follow_weights"]

_ROUNDS = 6
_CLOSE = 1e-4
_LOOKS = 12
_EXACT = 2e-3  # of the distance between the estimate and an end
_STRIDE = 2.0  # an end moves to at most so many times its distance at once


@dataclass(frozen=True)
class _Test:
    """Extra sum of squares of one fitted value, with weights and spread estimated under the value that is tested."""

    fit: Weighted
    weights: str
    place: int
    bound: float

    def __call__(self, value: float, start: Vector) -> tuple[float, Vector]:
        """Root of the statistic over its bound (1 at an end), and the curve under the value."""
        problem, dof = self.fit.problem, self.fit.dof
        fixed: Codes = np.array([self.place])
        curve = start.copy()
        curve[self.place] = value
        for _ in range(_ROUNDS):
            spread = spread_at(problem, self.weights, curve, dof + 1)
            held = solve(problem, spread.root_weights, curve, fixed=fixed, tolerance=1e-8)
            moved = float(np.max(np.abs(held.parameters - curve) / (np.abs(curve) + 1.0)))
            curve = held.parameters
            if moved < _CLOSE:
                break
        free = min(
            solve(problem, spread.root_weights, begin, tolerance=1e-8).rss for begin in (self.fit.parameters, curve)
        )
        enough = spread.known and spread.cv <= LEAST_CV  # the errors told explain the spread: they do not shrink
        variance = max(free / max(dof, 1), 1.0 if enough else 1e-300)
        return float(np.sqrt(max(held.rss - free, 0.0) / variance / self.bound)), curve


def _end(test: _Test, at: float, end: float, limit: float) -> float:
    """Move an end until the statistic there is at its bound; infinite when that lies beyond the limit."""
    if not np.isfinite(end) or end == at:
        return end
    curve, points = test.fit.parameters, [(0.0, 0.0)]
    for _ in range(_LOOKS):
        height, curve = test(end, curve)
        points.append((end - at, height))
        if abs(height - 1.0) < _EXACT:
            break
        (one, below), (other, above) = points[-2:]
        slope = (above - below) / (other - one)
        ahead = other + (1.0 - above) / slope if slope * other > 0 else other * _STRIDE
        low, high = sorted((other / _STRIDE, other * _STRIDE))
        end = at + float(np.clip(ahead, low, high))
        if abs(end - at) >= abs(limit - at):
            return float(np.sign(limit - at) * np.inf)
    return end


def follow_weights(
    fit: Weighted,
    weights: str,
    place: int,
    ends: tuple[float, float],
    limits: tuple[float, float],
    level: float,
    *,
    wider: float = 1.0,
) -> tuple[float, float]:
    """Correct the interval of a fitted value for weights that were estimated together with the curve.

    Weights taken from the curve that fits best favour that curve: points that lie low by chance count more. So each
    end is moved to where the value is just not contradicted by weights of the curve under that very value, refitted
    with its spread: squares(value held) − squares(free) = s²·F(level; 1, dof).

    Parameters
    ----------
    fit : Weighted
        The fit.
    weights : str
        Its kind of weights.
    place : int
        Which fitted value.
    ends : (float, float)
        Interval with the weights of the best fit; an open side stays open.
    limits : (float, float)
        Where to stop looking; an end beyond is open.
    level : float
        Confidence level.
    wider : float
        Factor on the standard error, as for shared errors of controls.

    References
    ----------
    Carroll & Ruppert 1988, Transformation and Weighting in Regression, doi 10.1201/9780203735268, section 2.6
    (the cost of estimated weights); Rao 1948, doi 10.1017/S0305004100023987 (tests at the restricted estimate).
    """
    test = _Test(fit, weights, place, wider**2 * float(stats.f.ppf(level, 1, max(fit.dof, 1))))
    at = float(fit.parameters[place])
    return _end(test, at, ends[0], limits[0]), _end(test, at, ends[1], limits[1])
