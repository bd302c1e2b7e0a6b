"""How sure an estimate's standard error is: its degrees of freedom where only a part of the spread is estimated."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from ..least_squares import Vector, covariance
from .components import estimation_cost, restricted_part
from .weighting import LEAST_CV, Weighted, level_of

__all__ = ["Precision", "precision"]


@dataclass(frozen=True)
class Precision:
    """Variance of an estimate over that of the fit's weights, its degrees of freedom, and the cost of its weights.

    ``factor`` holds ``inflation``, which tests with weights of their own need by itself.
    """

    factor: float
    freedom: float
    inflation: float


def precision(fit: Weighted, slope: Vector) -> Precision:
    """Judge the variance of an estimate from points with known errors and a relative part that is estimated.

    Points near zero carry their known error and tell nothing of the relative error of large ones, so the residual
    degrees of freedom N − P promise too much: an IC50's interval was too narrow on designs with many doses near
    zero. The relative part is estimated by restricted likelihood and the degrees of freedom are Satterthwaite's, at
    most N − P. Weights ``none`` and ``relative``, whose spread is estimated as a whole, keep N − P.
    Assumes that known errors are right and that the relative part is the same all over.

    Parameters
    ----------
    fit : Weighted
        The fit; its weights stay as they are.
    slope : ndarray of shape (P,)
        Derivative of the estimate by the fitted values.

    References
    ----------
    Patterson & Thompson 1971, doi 10.1093/biomet/58.3.545; Satterthwaite 1946, doi 10.2307/3002019;
    Kenward & Roger 1997, doi 10.2307/2533558.
    """
    dof = float(max(fit.dof, 1))
    inverse = covariance(fit.minimum, 1.0)
    if not np.isfinite(fit.additive) or fit.dof < 1 or not np.all(np.isfinite(inverse)):
        return Precision(1.0, dof, 1.0)
    problem = fit.problem
    scale = problem.scales(fit.parameters)[problem.points.block]
    values, slopes = problem.model_values(fit.parameters)
    level, jacobian = level_of(values, scale) * scale, slopes
    told = bool(np.all(problem.points.se > 0))
    known = (problem.points.se**2 if told else 0.0) + (fit.additive * scale) ** 2
    amount = fit.cv**2
    if told:
        amount = restricted_part((problem.points.response - values) ** 2, level**2, known, jacobian)
    given = [(level**2, amount)] if amount > LEAST_CV**2 else []
    given += [(scale**2, fit.additive**2)] if fit.additive > 0 else []
    variance = known + amount * level**2
    cost = estimation_cost(slope, variance, [part for part, _ in given], [much for _, much in given], jacobian)
    moves = (fit.minimum.jacobian @ inverse @ slope) * fit.root_weights
    plain = fit.variance * float(slope @ inverse @ slope)
    factor = float(np.sum(moves**2 * variance)) / plain if told and given and plain > 0 else 1.0
    return Precision(factor * cost.inflation, float(np.clip(cost.freedom, 1.0, dof)), cost.inflation)
