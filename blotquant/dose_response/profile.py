"""Profile likelihood: the values of a parameter that the data do not contradict, open sides included."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from scipy import stats

from ..least_squares import Minimum, Vector, minimise
from .models import PARAMETERS, evaluate, ln_dose_at
from .problem import Codes, solve
from .weighting import Weighted

__all__ = ["Level", "allowance", "least_crossing", "profile_crossing", "profile_difference", "profile_parameter"]

_OPEN_STEPS = 40
_LOOK_FAR = 2  # steps after which the limit itself is tried
_ROOT_STEPS = 60
_TOUCH = 0.02  # a crossing is one when the best fit there is this close to what is allowed
_EXACT = 1e-20  # share of the data's squares below which a fit leaves nothing to doubt


@dataclass(frozen=True)
class Level:
    """A response that a curve reaches: top·``top`` + bottom·``bottom`` + ``constant``."""

    top: float
    bottom: float
    constant: float = 0.0

    def value(self, parameters: Vector) -> float:
        """Return the response for a curve's parameters."""
        return float(self.top * parameters[0] + self.bottom * parameters[1] + self.constant)


def allowance(fit: Weighted, level: float) -> float:
    """How far the weighted sum of squares may rise inside the interval: s²·F(level; 1, dof).

    References
    ----------
    Bates & Watts 1988, Nonlinear Regression Analysis, doi 10.1002/9780470316757, section 6.1.
    """
    return fit.variance * float(stats.f.ppf(level, 1, max(fit.dof, 1)))


class _Rise:
    """Root of the rise of the sum of squares minus the root of what is allowed: close to a straight line.

    ``refit`` returns the best fit at a fixed value from a start. Called, it goes on from the last fit inside the
    interval; ``careful`` also tries gentler and steeper curves where the fit is worse than what is allowed (or within
    a ``margin`` of it), since a poor local minimum must not cut an interval short.
    """

    def __init__(self, refit: Callable[[float, Vector], Minimum], fit: Weighted, allowed: float) -> None:
        self.refit, self.fit, self.allowed = refit, fit, allowed
        self.inside = fit.parameters

    def __call__(self, value: float) -> float:
        return self._judge(self.refit(value, self.inside))

    def careful(self, value: float, margin: float = 0.0) -> float:
        found = self.refit(value, self.inside)
        if found.rss - self.fit.minimum.rss > (1.0 - margin) * self.allowed:
            others = [self.refit(value, start) for start in self._other_slopes()]
            found = min([found, *others], key=lambda one: one.rss)
        return self._judge(found)

    def _judge(self, found: Minimum) -> float:
        height = float(np.sqrt(max(found.rss - self.fit.minimum.rss, 0.0)) - np.sqrt(self.allowed))
        if height <= 0:
            self.inside = found.parameters
        return height

    def _other_slopes(self) -> list[Vector]:
        places = np.unique(self.fit.problem.layout[:, PARAMETERS.index("ln_slope")])
        starts = []
        for ln_slope in (-0.7, 0.7):
            start = self.fit.parameters.copy()
            start[places[places >= 0]] = ln_slope
            starts.append(start)
        return starts


def _root(rise: _Rise, inner: tuple[float, float], outer: tuple[float, float], tolerance: float) -> float:
    """Find where the rise is zero between a value inside and one outside, by the Illinois variant of regula falsi."""
    (a, below), (b, above) = inner, outer
    middle, side = b, 0
    for _ in range(_ROOT_STEPS):
        last, middle = middle, a + (b - a) * below / (below - above)
        value = rise(middle)
        if value == 0 or abs(middle - last) < tolerance:
            break
        if value < 0:
            a, below = middle, value
            above, side = (above / 2.0 if side < 0 else above), -1
        else:
            b, above = middle, value
            below, side = (below / 2.0 if side > 0 else below), 1
    return middle


def _side(rise: _Rise, at: float, step: float, limit: float) -> float:
    """Go one way from the estimate until the rise is above zero and find where it crosses; infinite when it never does.

    Where a careful look at the crossing finds a better fit after all, the way goes on from there.
    """
    allowed = float(np.sqrt(rise.allowed))
    inner, outer, reach = (at, -allowed), at, step
    found = float(np.sign(step) * np.inf)
    for number in range(_OPEN_STEPS):
        if number == _LOOK_FAR and rise.careful(limit) <= 0:
            return float(np.sign(step) * np.inf)
        outer = inner[0] + reach
        outer = limit if (outer - limit) * np.sign(step) >= 0 else outer
        value = rise.careful(outer)
        if value > 0:
            found = _root(rise, inner, (outer, value), 1e-6 * max(abs(step), 1e-3))
            value = rise.careful(found, _TOUCH)
            if value > -_TOUCH * allowed:
                return found
            inner, reach = (found, value), step / 4.0
            continue
        if outer == limit:
            return float(np.sign(step) * np.inf)
        inner, reach = (outer, min(value, -1e-12)), 1.7 * reach
    return found


def _interval(
    refit: Callable[[float, Vector], Minimum],
    fit: Weighted,
    at: float,
    step: float,
    limits: tuple[float, float],
    level: float,
) -> tuple[float, float]:
    if fit.minimum.rss <= _EXACT * float(np.sum((fit.root_weights * fit.problem.points.response) ** 2)):
        return at, at
    allowed = allowance(fit, level)
    low = _side(_Rise(refit, fit, allowed), at, -step, limits[0])
    high = _side(_Rise(refit, fit, allowed), at, step, limits[1])
    return low, high


def profile_parameter(
    fit: Weighted, place: int, step: float, limits: tuple[float, float], level: float
) -> tuple[float, float]:
    """Interval of one fitted value: those at which the refitted rest stays within the allowance.

    Parameters
    ----------
    fit : Weighted
        The fit; its weights stay as they are.
    place : int
        Which fitted value.
    step : float
        First step away from the estimate; about the half width expected.
    limits : (float, float)
        Where to stop looking; an end beyond is open.
    level : float
        Confidence level.

    Returns
    -------
    (float, float)
        Lower and upper end; infinite when open.
    """
    fixed: Codes = np.array([place])

    def refit(value: float, start: Vector) -> Minimum:
        moved = start.copy()
        moved[place] = value
        return solve(fit.problem, fit.root_weights, moved, fixed=fixed, tolerance=1e-10)

    at = float(fit.parameters[place])
    return _interval(refit, fit, at, step, limits, level)


def _share_refit(fit: Weighted, share: float) -> Callable[[float, Vector], Minimum]:
    """Refit the only curve with the ln dose held at which a share of its span is left; ln ic50 follows from it."""
    problem = fit.problem
    own = problem.layout[0]
    place = int(own[PARAMETERS.index("ln_ic50")])
    shape = [int(own[column]) for column in (3, 4) if own[column] >= 0]

    def apart(fitted: Vector) -> float:
        curve = problem.curves(fitted)[0]
        return ln_dose_at(problem.model, share, curve, problem.rising) - float(curve[2])

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


def _crossing_refit(fit: Weighted, target: Level) -> Callable[[float, Vector], Minimum]:
    """Refit under the constraint that the only curve crosses a response at a ln dose.

    The constraint enters as one more residual of great weight, so that it needs no form of its own for each curve.
    """
    problem, weights = fit.problem, fit.root_weights
    heavy = 1e4 * float(np.max(weights))
    levels = np.array([target.top, target.bottom, 0.0, 0.0, 0.0])
    own = problem.layout[0]

    def miss(fitted: Vector, ln_dose: float) -> tuple[float, Vector]:
        parameters = problem.curves(fitted)[0]
        response, slopes = evaluate(problem.model, np.array([ln_dose]), parameters, problem.rising)
        out = np.zeros(problem.size)
        out[own[own >= 0]] = (slopes[0] - levels)[own >= 0]
        return float(response[0]) - target.value(parameters), out

    def refit(ln_dose: float, start: Vector) -> Minimum:
        def residuals(fitted: Vector) -> Vector:
            data = weights * (problem.model_values(fitted)[0] - problem.points.response)
            return np.append(data, heavy * miss(fitted, ln_dose)[0])

        def jacobian(fitted: Vector) -> Vector:
            data = weights[:, None] * problem.model_values(fitted)[1]
            return np.vstack([data, heavy * miss(fitted, ln_dose)[1]])

        return minimise(residuals, start, jacobian=jacobian, tolerance=1e-8, max_calls=400)

    return refit


def profile_crossing(
    fit: Weighted, target: Level, at: float, step: float, limits: tuple[float, float], level: float
) -> tuple[float, float]:
    """Interval of the ln dose at which the only curve crosses a response.

    Parameters
    ----------
    fit : Weighted
        The fit; its weights stay as they are.
    target : Level
        The response.
    at : float
        ln dose at which the fitted curve crosses it.
    step, limits, level
        As in `profile_parameter`.

    Returns
    -------
    (float, float)
        Lower and upper end of the ln dose; infinite when open.
    """
    inside = target.constant == 0.0 and target.top + target.bottom == 1.0  # a share of the span
    refit = _share_refit(fit, target.top) if inside else _crossing_refit(fit, target)
    return _interval(refit, fit, at, step, limits, level)


def least_crossing(fit: Weighted, target: Level, far: float, limit: float, level: float) -> float:
    """Lowest ln dose at which the (only) curve could cross a response that it has not reached at the highest dose.

    Parameters
    ----------
    fit : Weighted
        The fit.
    target : Level
        The response.
    far : float
        A ln dose so high that the data say nothing about it; the search comes down from there.
    limit : float
        Where to stop looking.
    level : float
        Confidence level.

    Returns
    -------
    float
        NaN when the data contradict a crossing at any dose.
    """
    rise = _Rise(_crossing_refit(fit, target), fit, allowance(fit, level))
    return _side(rise, far, -1.0, limit) if rise.careful(far) <= 0 else float("nan")


def profile_difference(
    fit: Weighted, one: int, other: int, step: float, limit: float, level: float
) -> tuple[float, float]:
    """Interval of the difference of two fitted values.

    Parameters
    ----------
    fit : Weighted
        The fit of several curves; its weights stay as they are.
    one, other : int
        Places of the two in the vector that is fitted.
    step : float
        First step away from the estimate.
    limit : float
        How far from the estimate an end may lie; one beyond is open.
    level : float
        Confidence level.
    """
    problem, weights = fit.problem, fit.root_weights
    heavy = 1e4 * float(np.max(np.abs(fit.minimum.jacobian[:, [one, other]]))) or 1.0
    row = np.zeros(problem.size)
    row[one], row[other] = heavy, -heavy

    def refit(difference: float, start: Vector) -> Minimum:
        def residuals(fitted: Vector) -> Vector:
            data = weights * (problem.model_values(fitted)[0] - problem.points.response)
            return np.append(data, heavy * (fitted[one] - fitted[other] - difference))

        def jacobian(fitted: Vector) -> Vector:
            return np.vstack([weights[:, None] * problem.model_values(fitted)[1], row])

        return minimise(residuals, start, jacobian=jacobian, tolerance=1e-10, max_calls=400)

    at = float(fit.parameters[one] - fit.parameters[other])
    return _interval(refit, fit, at, step, (at - limit, at + limit), level)
