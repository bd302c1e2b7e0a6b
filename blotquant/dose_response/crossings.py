"""Refits of a curve under the dose at which it crosses a response, which may itself be known to an error only."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from ..least_squares import Minimum, Vector, minimise
from .models import LN_IC50, evaluate, ln_dose_at
from .weighting import Weighted

__all__ = ["Level", "crossing_refit"]

_LEAST = 1e-9


@dataclass(frozen=True)
class Level:
    """A response that a curve reaches, top·``top`` + bottom·``bottom`` + ``constant``, and its standard error."""

    top: float
    bottom: float
    constant: float = 0.0
    error: float = 0.0

    def value(self, parameters: Vector) -> float:
        """Return the response for a curve's parameters."""
        return float(self.top * parameters[0] + self.bottom * parameters[1] + self.constant)


def _share_refit(fit: Weighted, share: float) -> Callable[[float, Vector], Minimum]:
    """Refit the only curve with the ln dose held at which a share of its span is left; ln ic50 follows from it."""
    problem = fit.problem
    own = problem.layout[0]
    place = int(own[LN_IC50])
    shape = [int(own[column]) for column in (3, 4) if own[column] >= 0]

    def apart(fitted: Vector) -> float:
        curve = problem.curves(fitted)[0]
        return ln_dose_at(problem.model, share, curve, problem.rising) - float(curve[LN_IC50])

    def moved(fitted: Vector, value: float) -> Vector:
        out = fitted.copy()
        out[place] = value - apart(fitted)
        return out

    def refit(value: float, start: Vector) -> Minimum:
        def residuals(fitted: Vector) -> Vector:
            values = problem.model_values(moved(fitted, value))[0]
            return np.asarray(fit.root_weights * (values - problem.points.response))

        def jacobian(fitted: Vector) -> Vector:
            slopes = fit.root_weights[:, None] * problem.model_values(moved(fitted, value))[1]
            for one in shape:
                slopes[:, one] -= slopes[:, place] * _slope_of(apart, fitted, one)
            slopes[:, place] = 0.0
            return slopes

        return minimise(residuals, start, jacobian=jacobian, tolerance=1e-9, max_calls=400)

    return refit


def _slope_of(function: Callable[[Vector], float], at: Vector, place: int) -> float:
    """Central difference of a scalar by one of its arguments."""
    up, down = at.copy(), at.copy()
    up[place] += 1e-6
    down[place] -= 1e-6
    return (function(up) - function(down)) / 2e-6


def _plateau_refit(fit: Weighted, target: Level, column: int) -> Callable[[float, Vector], Minimum]:
    """Refit the only curve with the ln dose held at which it crosses a response; one plateau follows from the rest.

    bottom·(1 − share) + top·share = target, solved for the bottom (``column`` 1) or the top (0).
    """
    problem, weights = fit.problem, fit.root_weights
    own = problem.layout[0]
    place, other = int(own[column]), int(own[1 - column])
    shape = [(int(own[index]), index - 2) for index in (2, 3, 4) if own[index] >= 0]

    refused = np.full(len(weights), 1e8 * (1.0 + float(np.max(np.abs(weights * problem.points.response)))))

    def solved(fitted: Vector, ln_dose: float) -> tuple[Vector | None, Vector]:
        """Put the plateau in its place among the fitted values, and give its derivatives by the others."""
        curve = problem.curves(fitted)[0]
        unit = np.concatenate([[1.0, 0.0], curve[2:]])
        share, slopes = problem.model.share(np.array([ln_dose]), unit[None, :], problem.rising)
        parts = np.array([float(share[0]) - target.top, 1.0 - float(share[0]) - target.bottom])
        divisor = float(parts[column])
        if abs(divisor) < _LEAST:  # no plateau brings the curve there
            return None, np.zeros(problem.size)
        value = (target.constant - parts[1 - column] * curve[1 - column]) / divisor
        out, by = fitted.copy(), np.zeros(problem.size)
        out[place] = value
        both = np.where(np.arange(2) == column, value, curve[:2])
        for where, index in shape:
            by[where] = (both[1] - both[0]) * slopes[0, index] / divisor
        if other >= 0:
            by[other] = -parts[1 - column] / divisor
        return out, by

    def refit(ln_dose: float, start: Vector) -> Minimum:
        def residuals(fitted: Vector) -> Vector:
            whole = solved(fitted, ln_dose)[0]
            if whole is None:
                return refused
            return np.asarray(weights * (problem.model_values(whole)[0] - problem.points.response))

        def jacobian(fitted: Vector) -> Vector:
            whole, by = solved(fitted, ln_dose)
            if whole is None:
                return np.zeros((len(weights), problem.size))
            slopes = weights[:, None] * problem.model_values(whole)[1]
            along = slopes[:, place].copy()
            slopes[:, place] = 0.0
            return np.asarray(slopes + along[:, None] * by)

        return minimise(residuals, start, jacobian=jacobian, tolerance=1e-9, max_calls=400)

    return refit


def _measured_refit(fit: Weighted, target: Level) -> Callable[[float, Vector], Minimum]:
    """Refit with the response that is crossed at a ln dose as a further observation, which has an error.

    The profile of the dose over the unknown level: squares + s² · ((curve(dose) − level) / error)².
    """
    problem, weights = fit.problem, fit.root_weights
    own, heavy = problem.layout[0], float(np.sqrt(fit.variance)) / target.error
    free = own >= 0

    def refit(ln_dose: float, start: Vector) -> Minimum:
        def residuals(fitted: Vector) -> Vector:
            curve = problem.curves(fitted)[0]
            there = evaluate(problem.model, np.array([ln_dose]), curve, problem.rising)[0]
            data = weights * (problem.model_values(fitted)[0] - problem.points.response)
            return np.append(data, heavy * (there - target.value(curve)))

        def jacobian(fitted: Vector) -> Vector:
            curve = problem.curves(fitted)[0]
            by = evaluate(problem.model, np.array([ln_dose]), curve, problem.rising)[1][0]
            by[:2] -= (target.top, target.bottom)
            row = np.zeros(problem.size)
            row[own[free]] = heavy * by[free]
            return np.vstack([weights[:, None] * problem.model_values(fitted)[1], row])

        return minimise(residuals, start, jacobian=jacobian, tolerance=1e-9, max_calls=400)

    return refit


def crossing_refit(fit: Weighted, target: Level) -> Callable[[float, Vector], Minimum]:
    """Make the refit with the ln dose held at which the only curve crosses a response.

    Parameters
    ----------
    fit : Weighted
        The fit; its weights stay as they are.
    target : Level
        The response.

    Returns
    -------
    callable
        Takes a ln dose and a start (P,), returns the best fit under that dose.
    """
    if target.error > 0:
        return _measured_refit(fit, target)
    own, held = fit.problem.layout[0], fit.problem.held[0]
    free = own[:2] >= 0
    inside = target.constant == 0.0 and target.top + target.bottom == 1.0
    if inside:
        return _share_refit(fit, target.top)
    # beside a plateau at zero, a part of the other one is a share of the span: it says nothing about that plateau
    nothing = [not free[column] and held[column] == 0.0 and target.constant == 0.0 for column in (0, 1)]
    if free[1] and not nothing[0]:
        return _plateau_refit(fit, target, 1)
    if free[0] and not nothing[1]:
        return _plateau_refit(fit, target, 0)
    curve = fit.problem.curves(fit.parameters)[0]
    span = float(curve[0] - curve[1])
    share = (target.value(curve) - float(curve[1])) / span if span else 0.5
    return _share_refit(fit, share if 0.0 < share < 1.0 else 0.5)
