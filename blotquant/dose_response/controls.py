"""What the errors of a plate's controls, and a spread that changes along the curve, add to the error of an estimate."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from ..least_squares import Vector, covariance
from .problem import Codes
from .weighting import Weighted

__all__ = ["Controls", "controls_of", "minimum_errors", "widening"]


@dataclass(frozen=True)
class Controls:
    """Errors that all points held against one control share.

    Parameters
    ----------
    maximum, minimum : ndarray of shape (N,)
        Standard errors of the controls' means that made each point a percentage, from what is known of them [%].
    block : ndarray of shape (N,) of int
        Points with one number share their controls, from 0.
    exact : ndarray of shape (N,) of bool
        The point is the mean of the maximum control itself: 100 whatever its error.
    lanes : ndarray of shape (N,)
        Lanes behind the minimum's mean, whose error has the constant part that the fit finds in a lane; inf where the
        minimum's standard error is already the spread of its wells.
    scattered : bool
        The spread may change along the curve, which the weights do not say.
    """

    maximum: Vector
    minimum: Vector
    block: Codes
    exact: np.ndarray
    lanes: Vector
    scattered: bool


def controls_of(points: pd.DataFrame) -> Controls | None:
    """Read the errors of the controls off the points of a curve; None where there are none.

    Parameters
    ----------
    points : DataFrame
        Points of a series, with ``maximum_se``, ``minimum_se``, ``minimum``, ``minimum_n``, ``plate``, ``wells`` and
        ``shared``.
    """
    if points[["maximum_se", "minimum_se"]].isna().all(axis=None):
        return None
    errors = points[["maximum_se", "minimum_se"]].fillna(0.0)
    wells = bool(points["wells"].all())
    if wells:
        common = (points["plate"].astype(str) != "").any() or len(errors.drop_duplicates()) == 1
        place = points["plate" if common else "replicate"].astype(str)
    else:  # lanes held against one mean, wherever it was loaded
        place = points["minimum"].astype(str)
    lanes = np.maximum(points["minimum_n"].fillna(0.0).to_numpy(dtype=np.float64), 1.0)
    return Controls(
        maximum=errors["maximum_se"].to_numpy(dtype=np.float64) if wells else np.zeros(len(points)),
        minimum=errors["minimum_se"].to_numpy(dtype=np.float64),
        block=pd.factorize(place, sort=True)[0].astype(np.int64),
        exact=points["shared"].to_numpy(dtype=bool) & wells,
        lanes=np.full(len(points), np.inf) if wells else lanes,
        scattered=wells,
    )


def widening(fit: Weighted, slope: Vector, controls: Controls | None) -> float:
    """Factor, 1 or more, by which an estimate's standard error exceeds that of independent points of one spread.

    The estimate moves by Σ c·δ for errors δ of the points. To the variance of independent points comes
    (Σ c·activity)²·SE² of each maximum and (Σ c·(1 − activity))²·SE² of each minimum control, whose errors all points
    held against it share. On plates, where the spread may change along the curve (luminescence), the first part is
    Σ c²·residual²/(1 − leverage). On blots the maximum's error is in the blocks' scales, and a constant part of the
    spread that the fit finds in lanes is taken to be in the minimum's lanes too.
    Assumes that the errors of the controls are independent of those of the points.

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
    Seber & Wild 1989, Nonlinear Regression, doi 10.1002/0471725315, section 2.1.4 (variance under errors that are not
    independent); MacKinnon & White 1985, J Econometrics 29:305, doi 10.1016/0304-4076(85)90158-7 (HC2).
    """
    if controls is None or fit.dof < 1:
        return 1.0
    jacobian, residuals = fit.minimum.jacobian, fit.minimum.residuals
    inverse = covariance(fit.minimum, 1.0)
    if not np.all(np.isfinite(inverse)):
        return 1.0
    weighted = jacobian @ inverse @ slope  # c over the root of the weight
    plain = spread = fit.variance * float(slope @ inverse @ slope)
    if controls.scattered:
        leverage = np.clip(np.einsum("ip,pq,iq->i", jacobian, inverse, jacobian), 0.0, 0.99)
        spread = float(np.sum(weighted**2 * residuals**2 / (1.0 - leverage)))
    moves = weighted * fit.root_weights * ~controls.exact
    activity = fit.problem.model_values(fit.parameters)[0] / 100.0
    scale = fit.problem.scales(fit.parameters)[fit.problem.points.block]
    lowest = minimum_errors(controls, fit.additive, scale)
    for share, errors in ((activity, controls.maximum), (1.0 - activity, lowest)):
        spread += float(np.sum(np.bincount(controls.block, moves * share * errors) ** 2))
    return float(np.sqrt(max(spread / plain, 1.0))) if plain > 0 else 1.0


def minimum_errors(controls: Controls, additive: float, scale: Vector) -> Vector:
    """Return the standard error (N,) of each point's minimum control: what is known, and the constant part of a lane.

    Parameters
    ----------
    controls : Controls
        Errors of the controls.
    additive : float
        Constant standard deviation found in lanes, on the scale of the average block; NaN where none was looked for.
    scale : ndarray of shape (N,)
        Scale of each point's block.
    """
    lane = np.nan_to_num(additive) * scale / np.sqrt(controls.lanes)
    return np.asarray(np.hypot(controls.minimum, lane), dtype=np.float64)
