"""Intervals for which the weights are those of the curve that is tested, not of the curve that fits best."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy import stats

from ..least_squares import Vector
from .components import restricted_part
from .controls import Controls, minimum_errors
from .problem import Codes, solve
from .shifts import Shifted, shifted
from .weighting import Spread, Weighted, level_of, spread_about

__all__ = ["follow_weights"]

_ROUNDS = 6
_CLOSE = 1e-4
_LOOKS = 12
_EXACT = 2e-3  # of the distance between the estimate and an end
_LEAST_SHIFT = 1e-6  # of the largest response
_STRIDE = 2.0  # an end moves to at most so many times its distance at once


@dataclass(frozen=True)
class _Test:
    """Extra sum of squares of one fitted value, with weights and spread estimated under the value that is tested."""

    fit: Weighted
    weights: str
    place: int
    bound: float
    controls: Controls | None = None

    def __call__(self, value: float, start: Vector) -> tuple[float, Vector]:
        """Root of the statistic over its bound (1 at an end), and the curve under the value."""
        problem = shifted(self.fit.problem, self.controls)
        fixed: Codes = np.array([self.place])
        curve, free = problem.begin(start), problem.begin(self.fit.parameters)
        curve[self.place] = value
        for _ in range(_ROUNDS):
            root_weights, known = self._weights(problem, curve, free)
            held = solve(problem, root_weights, curve, fixed=fixed, tolerance=1e-8)
            best = min(
                (solve(problem, root_weights, begin, tolerance=1e-8) for begin in (free, held.parameters)),
                key=lambda one: one.rss,
            )
            moved = float(np.max(np.abs(held.parameters - curve) / (np.abs(curve) + 1.0)))
            curve, free = held.parameters, best.parameters
            if moved < _CLOSE:
                break
        variance = 1.0 if known else max(best.rss / max(self.fit.dof, 1), 1e-300)
        return float(np.sqrt(max(held.rss - best.rss, 0.0) / variance / self.bound)), problem.part(curve)

    def _weights(self, problem: Shifted, curve: Vector, free: Vector) -> tuple[Vector, bool]:
        """Weights of points and shifts: levels of one curve, residuals of the other; and whether errors are known."""
        plain, points = problem.problem, problem.problem.points
        values, slopes = problem.model_values(free)
        residuals = problem.target - values
        at, count = problem.part(curve), len(points.response)
        spread = spread_about(plain, self.weights, at, residuals[:count], self.fit.dof)
        scale = plain.scales(at)[points.block]
        shift = self._shift_errors(problem, spread, scale)
        if not spread.known:
            return np.concatenate([spread.root_weights, 1.0 / shift]), False
        nothing = np.zeros(len(shift))
        known = np.concatenate([points.se**2 + (spread.additive * scale) ** 2, shift**2])
        part = np.concatenate([(level_of(plain.model_values(at)[0], scale) * scale) ** 2, nothing])
        amount = restricted_part(residuals**2, part, known, slopes)
        return 1.0 / np.sqrt(known + amount * part), True

    def _shift_errors(self, problem: Shifted, spread: Spread, scale: Vector) -> Vector:
        """Return the standard error (K,) of each minimum control; a shift of no error stays at zero."""
        if self.controls is None or not problem.members.shape[1]:
            return np.zeros(0)
        each = minimum_errors(self.controls, spread.additive, scale)
        least = _LEAST_SHIFT * float(np.max(np.abs(problem.problem.target)))
        return np.asarray(np.maximum(problem.members.T @ each / problem.members.sum(axis=0), least), dtype=np.float64)


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
    controls: Controls | None = None,
    wider: float = 1.0,
) -> tuple[float, float]:
    """Correct the interval of a fitted value for weights that were estimated together with the curve.

    Weights taken from the curve that fits best favour that curve: points that lie low by chance count more. So each
    end is moved to where the value is just not contradicted by weights of the curve under that very value, refitted
    with its spread: squares(value held) − squares(free) = s²·F(level; 1, dof).
    Assumes a spread that follows the curve as the weights say.

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
    controls : Controls, optional
        Errors that points share; those of blots' minimum controls let blocks shift.
    wider : float
        Factor on the standard error, as for shared errors of a plate's controls.

    References
    ----------
    Carroll & Ruppert 1988, Transformation and Weighting in Regression, doi 10.1201/9780203735268, section 2.6
    (the cost of estimated weights); Rao 1948, doi 10.1017/S0305004100023987 (tests at the restricted estimate).
    """
    test = _Test(fit, weights, place, wider**2 * float(stats.f.ppf(level, 1, fit.sureness)), controls)
    at = float(fit.parameters[place])
    return _end(test, at, ends[0], limits[0]), _end(test, at, ends[1], limits[1])
