"""What the errors of a plate's controls, and a spread that changes along the curve, add to the error of an estimate."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from ..least_squares import Vector, covariance
from .problem import Codes
from .weighting import Weighted

__all__ = ["Controls", "controls_of", "widening"]


@dataclass(frozen=True)
class Controls:
    """Errors that all wells of a plate share.

    Parameters
    ----------
    maximum, minimum : ndarray of shape (N,)
        Standard errors of the controls' means that made each point a percentage [%].
    plate : ndarray of shape (N,) of int
        Plate of each point, or replicate with controls of its own, from 0.
    exact : ndarray of shape (N,) of bool
        The point is the mean of the maximum control itself: 100 whatever its error.
    """

    maximum: Vector
    minimum: Vector
    plate: Codes
    exact: np.ndarray


def controls_of(points: pd.DataFrame) -> Controls | None:
    """Read the errors of the controls off the points of a curve; None where there are none.

    Parameters
    ----------
    points : DataFrame
        Points of a series, with ``maximum_se``, ``minimum_se``, ``plate`` and ``shared``.
    """
    if points[["maximum_se", "minimum_se"]].isna().all(axis=None):
        return None
    errors = points[["maximum_se", "minimum_se"]].fillna(0.0)
    common = (points["plate"].astype(str) != "").any() or len(errors.drop_duplicates()) == 1
    place = points["plate" if common else "replicate"].astype(str)
    return Controls(
        maximum=errors["maximum_se"].to_numpy(dtype=np.float64),
        minimum=errors["minimum_se"].to_numpy(dtype=np.float64),
        plate=pd.factorize(place, sort=True)[0].astype(np.int64),
        exact=points["shared"].to_numpy(dtype=bool),
    )


def widening(fit: Weighted, slope: Vector, controls: Controls | None) -> float:
    """Factor, 1 or more, by which an estimate's standard error exceeds that of independent points of one spread.

    The estimate moves by Σ c·δ for errors δ of the points. Its variance is Σ c²·residual²/(1 − leverage), which holds
    where the spread changes along the curve (wells of a luminescence assay), plus (Σ c·activity)²·SE² of each plate's
    maximum and (Σ c·(1 − activity))²·SE² of its minimum control, whose errors all wells of the plate share.

    Parameters
    ----------
    fit : Weighted
        Fit of percentages.
    slope : ndarray of shape (P,)
        Derivative of the estimate by the fitted values.
    controls : Controls, optional
        Errors of the controls; without them the factor is 1.

    References
    ----------
    MacKinnon & White 1985, J Econometrics 29:305, doi 10.1016/0304-4076(85)90158-7 (HC2).
    """
    if controls is None or fit.dof < 1:
        return 1.0
    jacobian, residuals = fit.minimum.jacobian, fit.minimum.residuals
    inverse = covariance(fit.minimum, 1.0)
    if not np.all(np.isfinite(inverse)):
        return 1.0
    weighted = jacobian @ inverse @ slope  # c over the root of the weight
    leverage = np.clip(np.einsum("ip,pq,iq->i", jacobian, inverse, jacobian), 0.0, 0.99)
    plain = fit.variance * float(slope @ inverse @ slope)
    scattered = float(np.sum(weighted**2 * residuals**2 / (1.0 - leverage)))
    moves = weighted * fit.root_weights * ~controls.exact
    activity = fit.problem.model_values(fit.parameters)[0] / 100.0
    shared = 0.0
    for share, errors in ((activity, controls.maximum), (1.0 - activity, controls.minimum)):
        shared += float(np.sum(np.bincount(controls.plate, moves * share * errors) ** 2))
    return float(np.sqrt(max((scattered + shared) / plain, 1.0))) if plain > 0 else 1.0
