"""The solver behind the curves: answers known by hand; NIST's are in tests/reference."""

from __future__ import annotations

import numpy as np
import pytest

from blotquant.errors import FitError
from blotquant.least_squares import covariance, minimise, numeric_jacobian

X = np.array([0.0, 1.0, 2.0, 3.0])
Y = np.array([1.0, 3.1, 4.9, 7.0])


def line(b: np.ndarray) -> np.ndarray:
    return b[0] + b[1] * X - Y


def test_a_straight_line_has_the_textbook_answer() -> None:
    found = minimise(line, np.zeros(2))
    assert found.parameters == pytest.approx(np.polyfit(X, Y, 1)[::-1])
    assert (found.dof, found.rss) == (2, pytest.approx(float(np.sum(line(found.parameters) ** 2))))


def test_both_conventions_agree_where_the_model_is_linear() -> None:
    found = minimise(line, np.zeros(2))
    design = np.stack([np.ones(4), X], axis=1)
    expected = 0.5 * np.linalg.inv(design.T @ design)
    hessian = covariance(found, 0.5, convention="hessian", gradient=lambda b: design.T @ line(b))
    assert covariance(found, 0.5) == pytest.approx(expected)
    assert hessian == pytest.approx(expected, rel=1e-6)


def test_a_parameter_that_the_data_do_not_determine_has_an_infinite_variance() -> None:
    found = minimise(lambda b: b[0] + b[1] + 0.0 * X - Y, np.array([1.0, 2.0]))
    assert np.isinf(covariance(found, 1.0)).all()


def test_the_numeric_derivative_of_a_square_is_twice_its_root() -> None:
    at = np.array([1.5, -2.0, 1e6, 0.0])
    assert numeric_jacobian(lambda b: b**2, at) == pytest.approx(np.diag(2 * at), rel=1e-8, abs=1e-9)


def test_what_cannot_be_fitted_is_named() -> None:
    with pytest.raises(FitError, match="1 points cannot determine 2 parameters"):
        minimise(lambda b: b[:1], np.zeros(2))
    with pytest.raises(FitError, match="not finite"):
        minimise(lambda b: np.array([np.nan, 1.0]), np.zeros(2))
    with pytest.raises(FitError, match="needs the gradient"):
        covariance(minimise(line, np.zeros(2)), 1.0, convention="hessian")
