"""Profile likelihood: the values of a parameter that the data do not contradict, open sides included."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from scipy import stats

from ..least_squares import Minimum, Vector, minimise
from .crossings import Level, crossing_refit
from .models import PARAMETERS
from .problem import Codes, solve
from .weighting import Weighted

__all__ = ["allowance", "nearest_crossing", "profile_crossing", "profile_difference", "profile_parameter"]

_OPEN_STEPS = 40
_LOOK_FAR = 2  # steps after which the limit itself is tried
_ROOT_STEPS = 60
_TOUCH = 0.02  # a crossing is one when the best fit there is this close to what is allowed


def allowance(fit: Weighted, level: float) -> float:
    """How far the weighted sum of squares may rise inside the interval: s²·F(level; 1, dof).

    Assumes independent, normal errors.

    References
    ----------
    Bates & Watts 1988, Nonlinear Regression Analysis, doi 10.1002/9780470316757, section 6.1.
    """
    return fit.variance * float(stats.f.ppf(level, 1, fit.sureness))


class _Rise:
    """Root of the rise of the sum of squares minus the root of what is allowed: close to a straight line.

    ``refit`` returns the best fit at a fixed value from a start. Called, it goes on from the last fit inside the
    interval; ``careful`` also tries gentler and steeper curves where the fit is worse than what is allowed (or within
    a ``margin`` of it), since a poor local minimum must not cut an interval short.
    """

    def __init__(
        self, refit: Callable[[float, Vector], Minimum], fit: Weighted, allowed: float, *, dose: bool = False
    ) -> None:
        self.refit, self.fit, self.allowed, self.dose = refit, fit, allowed, dose
        self.inside = fit.parameters

    def __call__(self, value: float) -> float:
        return self._judge(self.refit(value, self.inside))

    def careful(self, value: float, margin: float = 0.0) -> float:
        found = self.refit(value, self.inside)
        if found.rss - self.fit.minimum.rss > (1.0 - margin) ** 2 * self.allowed:
            others = [self.refit(value, start) for start in self._other_starts(value)]
            found = min([found, *others], key=lambda one: one.rss)
        return self._judge(found)

    def _judge(self, found: Minimum) -> float:
        height = float(np.sqrt(max(found.rss - self.fit.minimum.rss, 0.0)) - np.sqrt(self.allowed))
        if height <= 0:
            self.inside = found.parameters
        return height

    def _other_starts(self, value: float) -> list[Vector]:
        """Gentler and steeper curves; for a dose, also a step just there."""
        layout = self.fit.problem.layout
        slope, middle = (layout[:, PARAMETERS.index(name)] for name in ("ln_slope", "ln_ic50"))
        starts = []
        for ln_slope, ln_ic50 in ((-0.7, None), (0.7, None), (2.5, value)):
            start = self.fit.parameters.copy()
            start[slope[slope >= 0]] = ln_slope
            if ln_ic50 is not None and self.dose:
                start[middle[middle >= 0]] = ln_ic50
            starts.append(start)
        return starts if self.dose else starts[:2]


def _root(rise: _Rise, inner: tuple[float, float], outer: tuple[float, float], tolerance: float) -> float:
    """Find where the rise is zero between a value inside and one outside, by the Illinois variant of regula falsi."""
    (a, below), (b, above) = inner, outer
    middle, side, highest = b, 0, above
    for _ in range(_ROOT_STEPS):
        last, middle = middle, a + (b - a) * below / (below - above)
        value = rise(middle)
        if value > highest:  # no fit is worse than one farther out: the refit went astray
            value = min(value, rise.careful(middle))
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
    *,
    dose: bool = False,
) -> tuple[float, float]:
    if fit.is_exact(fit.minimum.rss):
        return at, at
    allowed = allowance(fit, level)
    low = _side(_Rise(refit, fit, allowed, dose=dose), at, -step, limits[0])
    high = _side(_Rise(refit, fit, allowed, dose=dose), at, step, limits[1])
    return low, high


def profile_parameter(
    fit: Weighted, place: int, step: float, limits: tuple[float, float], level: float
) -> tuple[float, float]:
    """Interval of one fitted value: those at which the refitted rest stays within the allowance.

    squares(value held, rest refitted) ≤ least squares + `allowance`; assumes normal errors with the weights of the fit.

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
        return solve(fit.problem, fit.root_weights, moved, fixed=fixed, tolerance=1e-8)

    at = float(fit.parameters[place])
    return _interval(refit, fit, at, step, limits, level)


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
    return _interval(crossing_refit(fit, target), fit, at, step, limits, level, dose=True)


def nearest_crossing(fit: Weighted, target: Level, far: float, limit: float, level: float) -> float:
    """Find the ln dose nearest to those tested at which the (only) curve could cross a response that they do not reach.

    Parameters
    ----------
    fit : Weighted
        The fit.
    target : Level
        The response.
    far : float
        A ln dose so high, or so low, that the data say nothing about it; the search comes from there.
    limit : float
        Where to stop looking.
    level : float
        Confidence level.

    Returns
    -------
    float
        Infinite when it may cross anywhere; NaN when the data contradict a crossing at any dose.
    """
    rise = _Rise(crossing_refit(fit, target), fit, allowance(fit, level), dose=True)
    return _side(rise, far, float(np.sign(limit - far)), limit) if rise.careful(far) <= 0 else float("nan")


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
