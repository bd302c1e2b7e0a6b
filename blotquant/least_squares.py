"""Nonlinear least squares with errors: the one solver behind the curves, checked against NIST's certified values."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

import numpy as np
import numpy.typing as npt

from .errors import FitError

__all__ = ["Minimum", "Vector", "covariance", "minimise", "numeric_jacobian"]

Vector = npt.NDArray[np.float64]
Function = Callable[[Vector], Vector]

_STEP = float(np.finfo(np.float64).eps ** (1 / 3))  # balances rounding and curvature in a central difference
_TIGHT = 1e-15
_BOUNDS = (100.0, 10.0)  # MINPACK's bound on the first step, in sizes of the start; the second where that strands
_NO_EFFECT = 1e-12


@dataclass(frozen=True)
class Minimum:
    """Where a sum of squares is least.

    Parameters
    ----------
    parameters : ndarray of shape (P,)
        The estimate, in the parameters' own units.
    residuals : ndarray of shape (N,)
        Weighted residuals there.
    jacobian : ndarray of shape (N, P)
        Their derivatives there.
    rss : float
        Sum of the squared residuals.
    """

    parameters: Vector
    residuals: Vector
    jacobian: Vector
    rss: float

    @property
    def dof(self) -> int:
        """Residual degrees of freedom."""
        return int(self.jacobian.shape[0] - self.jacobian.shape[1])


def numeric_jacobian(function: Function, at: Vector) -> Vector:
    """Differentiate a vector function by central differences.

    Parameters
    ----------
    function : callable
        Takes P parameters, returns N values.
    at : ndarray of shape (P,)
        Where.

    Returns
    -------
    ndarray of shape (N, P)
    """
    columns = []
    for index, value in enumerate(at):
        step = _STEP * max(abs(float(value)), 1e-8)
        up, down = at.copy(), at.copy()
        up[index] += step
        down[index] -= step
        columns.append((function(up) - function(down)) / (up[index] - down[index]))
    return np.stack(columns, axis=-1)


def _is_stranded(found: Minimum, size: float) -> bool:
    """Tell that a parameter has no effect where the search ended: a first step may have leapt onto a plain."""
    effect = np.max(np.abs(found.jacobian), axis=0) * np.abs(found.parameters)
    return bool(np.min(effect) < _NO_EFFECT * size)


def minimise(
    residuals: Function,
    start: Vector,
    *,
    jacobian: Function | None = None,
    tolerance: float = _TIGHT,
    max_calls: int = 2000,
) -> Minimum:
    """Find the parameters with the least sum of squared residuals, by Levenberg and Marquardt's method.

    Assumes residuals that are smooth in the parameters; the minimum is that of the valley it starts in.

    Parameters
    ----------
    residuals : callable
        Takes P parameters, returns N weighted residuals.
    start : ndarray of shape (P,)
        Where to begin.
    jacobian : callable, optional
        Takes P parameters, returns (N, P) derivatives; central differences when left out.
    tolerance : float
        Relative change of parameters and of the sum of squares at which to stop.
    max_calls : int
        Most evaluations of the residuals.

    Returns
    -------
    Minimum

    Raises
    ------
    FitError
        There are fewer points than parameters, or the residuals are not finite at the start.

    References
    ----------
    Moré 1978, Lecture Notes in Mathematics 630:105, doi 10.1007/BFb0067700 (MINPACK, through SciPy).
    """
    from scipy.optimize import leastsq  # here: measuring pictures imports this module and does without

    slopes = jacobian or (lambda at: numeric_jacobian(residuals, at))
    with np.errstate(over="ignore", invalid="ignore"):
        first = residuals(start)
    if first.size < start.size:
        raise FitError(f"{first.size} points cannot determine {start.size} parameters; add points or take fewer")
    if not np.all(np.isfinite(first)):
        raise FitError("the residuals are not finite at the starting values; give others")

    def descend(bound: float) -> Minimum:
        found, *_ = leastsq(
            residuals, start, Dfun=slopes, full_output=True, factor=bound,
            ftol=tolerance, xtol=tolerance, gtol=0.0, maxfev=max_calls,
        )  # fmt: skip
        best = np.asarray(found, dtype=np.float64)
        left = residuals(best)
        return Minimum(best, left, slopes(best), float(left @ left))

    with np.errstate(over="ignore", invalid="ignore", divide="ignore"):  # on its way the search may leave all reason
        found = descend(_BOUNDS[0])
        if not _is_stranded(found, float(np.max(np.abs(first)))):
            return found
        return min(found, descend(_BOUNDS[1]), key=lambda one: one.rss)


def covariance(
    minimum: Minimum,
    variance: float,
    *,
    convention: Literal["jacobian", "hessian"] = "jacobian",
    gradient: Function | None = None,
) -> Vector:
    """Covariance of the parameters at a minimum.

    ``jacobian`` is s²(JᵀJ)⁻¹, as nls, SciPy and Prism print it; ``hessian`` is s²(½H)⁻¹ with H the second
    derivatives of the sum of squares, as R drc prints it. The two differ where the fit is poor.
    Assumes independent residuals of one variance, and a model that is nearly straight around the minimum.

    Parameters
    ----------
    minimum : Minimum
        The fit.
    variance : float
        Variance of a residual of weight one, s².
    convention : {"jacobian", "hessian"}
        Which of the two.
    gradient : callable, optional
        Takes P parameters, returns Jᵀr (half the gradient of the sum of squares); needed for ``hessian``.

    Returns
    -------
    ndarray of shape (P, P)
        Infinite where the data do not determine a parameter.

    Raises
    ------
    FitError
        ``hessian`` without a gradient.

    References
    ----------
    Seber & Wild 1989, Nonlinear Regression, doi 10.1002/0471725315, section 5.1.
    """
    information = minimum.jacobian.T @ minimum.jacobian
    if convention == "hessian":
        if gradient is None:
            raise FitError("the hessian convention needs the gradient of the sum of squares")
        half = numeric_jacobian(gradient, minimum.parameters)
        information = (half + half.T) / 2
    size = np.sqrt(np.abs(np.diag(information)))
    size[size == 0] = 1.0
    scaled = information / np.outer(size, size)
    values, vectors = np.linalg.eigh(scaled)
    if values[0] < 1e-13:
        return np.full(information.shape, np.inf)
    inverse: Vector = variance * (vectors / values) @ vectors.T / np.outer(size, size)
    return inverse
