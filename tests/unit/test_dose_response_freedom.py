"""What it costs that a part of the spread is estimated, against restricted likelihood and dense covariances."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import optimize, stats

from blotquant.dose_response import CurveFit, fit_dose_response
from blotquant.dose_response.components import estimation_cost, restricted_part
from blotquant.dose_response.controls import controls_of
from blotquant.dose_response.estimates import Shared, estimate_parameters
from blotquant.dose_response.freedom import precision
from blotquant.dose_response.models import MODELS
from blotquant.dose_response.problem import make_problem, solve
from blotquant.dose_response.profile import profile_parameter
from blotquant.dose_response.selection import find_series, points_of
from blotquant.dose_response.shifts import shifted
from blotquant.normalisation import normalise
from tests.truth.coverage import Curve, draw_curves

RNG = np.random.default_rng(4)
JACOBIAN = RNG.normal(size=(14, 3))
PART, KNOWN = RNG.uniform(0.0, 4.0, 14), RNG.uniform(0.2, 1.0, 14)


def residual_matrix(jacobian: np.ndarray, covariance: np.ndarray) -> np.ndarray:
    """P of restricted likelihood, for any covariance."""
    inverse = np.linalg.inv(covariance)
    middle = np.linalg.inv(jacobian.T @ inverse @ jacobian)
    return inverse - inverse @ jacobian @ middle @ jacobian.T @ inverse


def minus_two_restricted(
    amount: float, y: np.ndarray, jacobian: np.ndarray, known: np.ndarray, part: np.ndarray
) -> float:
    covariance = known + amount * np.diag(part)
    middle = jacobian.T @ np.linalg.inv(covariance) @ jacobian
    quadratic = y @ residual_matrix(jacobian, covariance) @ y
    return float(np.linalg.slogdet(covariance)[1] + np.linalg.slogdet(middle)[1] + quadratic)


def most_likely(y: np.ndarray, jacobian: np.ndarray, known: np.ndarray, part: np.ndarray, size: float) -> float:
    """Amount with the greatest restricted likelihood, by a search of its own."""
    found = optimize.minimize_scalar(
        lambda ln: minus_two_restricted(np.exp(ln), y, jacobian, known, part),
        bounds=(np.log(size) - 6.0, np.log(size) + 6.0),
        method="bounded",
        options={"xatol": 1e-9},
    )
    return float(np.exp(found.x))


def test_the_relative_part_has_the_greatest_restricted_likelihood() -> None:
    y = RNG.normal(size=14) * np.sqrt(KNOWN + 2.0 * PART)
    amount = 1.0
    for _ in range(50):  # residuals of the fit with the amount's own weights
        weights = 1.0 / (KNOWN + amount * PART)
        fit = JACOBIAN @ np.linalg.lstsq(JACOBIAN * np.sqrt(weights)[:, None], y * np.sqrt(weights), rcond=None)[0]
        amount = restricted_part((y - fit) ** 2, PART, KNOWN, JACOBIAN)
    assert amount == pytest.approx(most_likely(y, JACOBIAN, np.diag(KNOWN), PART, 1.0), rel=1e-5)


def test_errors_that_explain_all_leave_no_relative_part() -> None:
    assert restricted_part(np.full(14, 1e-6), PART, KNOWN, JACOBIAN) == 0.0


def test_a_spread_that_is_estimated_as_a_whole_has_the_residual_degrees_of_freedom() -> None:
    cost = estimation_cost(np.array([1.0, 0.0, 0.0]), 0.3 * PART, [PART], [0.3], JACOBIAN)
    assert cost.freedom == pytest.approx(11.0)
    assert cost.inflation == pytest.approx(1.0)


def test_points_with_known_errors_add_no_degrees_of_freedom() -> None:
    # six points tell one mean and the relative part, twenty with known errors another mean
    groups = np.repeat([0, 1], [6, 20])
    jacobian, relative = np.eye(2)[groups], np.where(groups == 0, 1.0, 0.0)
    variance = np.where(groups == 0, 0.5, 2.0)
    cost = estimation_cost(np.array([1.0, 0.0]), variance, [relative], [0.5], jacobian)
    assert cost.freedom == pytest.approx(5.0)
    assert estimation_cost(np.array([1.0, 0.0]), variance, [], [], jacobian).freedom == np.inf


def fitted(seed: int, **truth: float) -> CurveFit:
    folds = normalise(draw_curves(Curve(**truth), [seed]), group_by=["study"])
    return fit_dose_response(folds, group_by=["study"]).fits[0]


def test_many_doses_near_zero_leave_fewer_degrees_of_freedom_than_points_minus_parameters() -> None:
    few, many = (fitted(3, ic50=ic50).weighted for ic50 in (44.0, 5.0))
    assert few is not None
    assert many is not None
    slope = np.eye(few.problem.size)[2]
    assert 5.0 < precision(many, slope).freedom < precision(few, slope).freedom < few.dof


def test_shifts_are_least_squares_with_the_covariance_of_a_shared_error() -> None:
    folds = normalise(draw_curves(Curve(), [5]), group_by=["study"])
    (series,) = find_series(folds, ["study"])
    problem, controls = make_problem(points_of(series), MODELS["4pl"], scaled=True), controls_of(series.points)
    wide = shifted(problem, controls)
    sd, shift = np.full(27, 2.0), np.array([1.0, 3.0, 2.0])
    start = wide.begin(np.array([100.0, 0.0, np.log(44.0), 0.0, 0.0, 0.0]))
    found = solve(wide, np.concatenate([1.0 / sd, 1.0 / shift]), start)
    whitener = np.linalg.inv(np.linalg.cholesky(np.diag(sd**2) + (wide.members * shift**2) @ wide.members.T))
    dense = optimize.least_squares(
        lambda at: whitener @ (problem.model_values(at)[0] - problem.target), start[:6], xtol=1e-14, ftol=1e-14
    )
    assert wide.part(found.parameters) == pytest.approx(dense.x, rel=1e-5, abs=1e-6)
    assert found.rss == pytest.approx(2.0 * dense.cost, rel=1e-9)


def test_an_end_is_where_the_curve_under_it_is_just_not_contradicted() -> None:
    # dense covariance: known errors, the relative part of the curve under the end, and the minimum's shared error
    fit = fitted(1)
    weighted, controls = fit.weighted, controls_of(fit.points)
    assert weighted is not None
    assert weighted.additive == 0.0
    told = estimate_parameters(weighted, fit.options, Shared(controls))
    row = {one.parameter: one for one in told}["ic50"]
    problem, place = weighted.problem, int(weighted.problem.layout[0, 2])
    assert controls is not None
    members = controls.block[:, None] == np.unique(controls.block)
    known = np.diag(problem.points.se**2) + (members * controls.minimum[:, None] ** 2) @ members.T
    judged = precision(weighted, np.eye(problem.size)[place])
    bound = stats.f.ppf(0.95, 1, judged.freedom) * judged.inflation
    for end in (row.low, row.high):
        held = free = weighted.parameters.copy()
        held, rest = np.insert(np.delete(held, place), place, np.log(end)), np.arange(problem.size) != place
        for _ in range(8):
            part = problem.model_values(held)[0] ** 2
            part = np.maximum(part, (0.01 * problem.scales(held)[problem.points.block] * held[0]) ** 2)
            values, slopes = problem.model_values(free)
            amount = most_likely(problem.target - values, slopes, known, part, weighted.cv**2)
            whitener = np.linalg.inv(np.linalg.cholesky(known + amount * np.diag(part)))

            def misfit(at: np.ndarray, whitener: np.ndarray = whitener) -> np.ndarray:
                return np.asarray(whitener @ (problem.model_values(at)[0] - problem.target))

            with_end = optimize.least_squares(
                lambda at, held=held, misfit=misfit: misfit(np.insert(at, place, held[place])), held[rest]
            )
            without = optimize.least_squares(misfit, free)
            held, free = np.insert(with_end.x, place, held[place]), without.x
        assert 2.0 * (with_end.cost - without.cost) == pytest.approx(bound, rel=0.02)
    fixed = profile_parameter(weighted, place, 0.5, (-20.0, 20.0), 0.95)
    assert row.high / row.low > np.exp(fixed[1] - fixed[0])


def test_the_band_of_a_blots_curve_has_the_degrees_of_freedom_of_each_dose() -> None:
    folds = normalise(draw_curves(Curve(ic50=5.0), [3]), group_by=["study"])
    fit = fit_dose_response(folds, group_by=["study"], interval="wald").fits[0]
    doses = np.array([0.0, 5.0, 1000.0])
    low, high = fit.band(doses)
    assert fit.weighted is not None
    for dose, half in zip(doses, (high - low) / 2.0, strict=True):
        slope = optimize.approx_fprime(fit.weighted.parameters, lambda p, x=dose: curve_at(fit, p, x), 1e-7)
        own = precision(fit.weighted, slope)
        error = np.sqrt(own.factor * slope @ fit.covariance @ slope)
        assert half == pytest.approx(stats.t.ppf(0.975, own.freedom) * error, rel=1e-3)
    fine = np.concatenate([[0.0], np.geomspace(0.5, 2e4, 121)])
    many = np.interp(np.log(7.0), np.log(fine[1:]), np.subtract(*fit.band(fine)[::-1])[1:])
    assert many == pytest.approx(np.subtract(*fit.band(7.0)[::-1])[0], rel=0.01)


def curve_at(fit: CurveFit, parameters: np.ndarray, dose: float) -> float:
    """Response of the average block."""
    assert fit.weighted is not None
    top, bottom, ln_ic50, ln_slope = fit.weighted.problem.curves(parameters)[0][:4]
    share = 1.0 if dose == 0 else 1.0 / (1.0 + np.exp(np.exp(ln_slope) * (np.log(dose) - ln_ic50)))
    return float(bottom + (top - bottom) * share)
