"""How sure the response half-way between the controls is, where the controls are lanes of blots."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from ..conditions import Mask
from ..least_squares import Vector, covariance
from .problem import Codes
from .weighting import Weighted

__all__ = ["ControlLanes", "control_lanes", "halfway_error"]


@dataclass(frozen=True)
class ControlLanes:
    """Lanes of the maximum control behind the points of a curve.

    Parameters
    ----------
    among : ndarray of shape (N,) of bool
        The point is such a lane itself.
    control : ndarray of shape (N,) of int
        Points with one number were held against the same lanes, from 0: those of their block, else of their replicate.
    """

    among: Mask
    control: Codes


def control_lanes(points: pd.DataFrame) -> ControlLanes | None:
    """Find the control lanes of a curve; None for wells, whose controls' errors are known, and for tables of responses.

    Parameters
    ----------
    points : DataFrame
        Points of a series, with ``shared``, ``blot``, ``block`` and ``replicate``.
    """
    if not points["blot"].all():
        return None
    among = points["shared"].to_numpy(dtype=bool)
    here = points["block"].isin(points["block"][among])
    place = ("block " + points["block"].astype(str)).where(here, "replicate " + points["replicate"].astype(str))
    return ControlLanes(among, pd.factorize(place, sort=True)[0].astype(np.int64))


def halfway_error(fit: Weighted, slope: Vector, half: float, lanes: ControlLanes | None) -> float:
    """Work out what the measured control adds to the error of the distance between a curve and half of that control.

    A block's points are percentages of the mean of its n control lanes, so an error δ of a control lane moves all of
    them by −response · δ / (n · control), and that lane's own point by δ besides. With c the weight of a point in the
    curve at a dose, and A = Σ c · response / control over the block, a control lane counts with c − A/n instead of c;
    what this adds to the variance, Σ [(c − A/n)² − c²] · variance over the control lanes, is given back as an error of
    the level. It averages over blocks. Between fitted plateaus A is zero: there the control cancels.
    Assumes independent errors of the control lanes.

    Parameters
    ----------
    fit : Weighted
        Fit of one curve, with the variance of the estimate that is judged.
    slope : ndarray of shape (P,)
        Derivative of the curve at the dose by the fitted values.
    half : float
        Response half-way between the controls; NaN or 0 without them.
    lanes : ControlLanes, optional
        The control's lanes. One that lies on another membrane than its points counts as one lane, whose variance is
        that of a point with full activity.

    Returns
    -------
    float
        In units of the response; 0 where the control is not measured by lanes, or adds nothing.

    References
    ----------
    Seber & Wild 1989, Nonlinear Regression, doi 10.1002/0471725315, section 2.1.4 (variance under errors that are not
    independent).
    """
    inverse = covariance(fit.minimum, 1.0)
    if lanes is None or not np.isfinite(half) or half == 0 or fit.dof < 1 or not np.all(np.isfinite(inverse)):
        return 0.0
    values = fit.problem.model_values(fit.parameters)[0]
    moves = (fit.minimum.jacobian @ inverse @ slope) * fit.root_weights
    variance = fit.variance / fit.root_weights**2
    together = np.bincount(lanes.control, moves * values / (2.0 * half))
    count = np.bincount(lanes.control, lanes.among)
    own = (moves - (together / np.maximum(count, 1))[lanes.control]) ** 2 - moves**2
    full = float(variance[np.argmin(np.abs(values - 2.0 * half))])
    added = float(np.sum((own * variance)[lanes.among])) + full * float(np.sum(together[count == 0] ** 2))
    return float(np.sqrt(max(added, 0.0)))
