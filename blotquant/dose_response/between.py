"""How far biological replicates scatter about the joint curve, and what that makes of an estimate's error."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from ..least_squares import Vector, covariance
from .problem import Codes
from .weighting import Weighted

__all__ = ["FEWEST", "Scatter", "replicates_of", "scatter"]

FEWEST = 3
"""Replicates below which their scatter is not taken for an error: two leave one degree of freedom, whose t is 12.7."""

_NOTHING = 1e-6  # share of its variance that a direction keeps, below which the replicate's own scale has used it up


@dataclass(frozen=True)
class Scatter:
    """Variance of an estimate from the scatter of replicates, and its degrees of freedom."""

    variance: float
    freedom: float


def replicates_of(points: pd.DataFrame) -> Codes | None:
    """Tell the biological replicates of the points of a blot's curve; None below three, and for plates and tables.

    Parameters
    ----------
    points : DataFrame
        Points of a series, with ``replicate``, ``shared`` and ``blot``.
    """
    own = ~points["shared"].to_numpy(dtype=bool)
    if not points["blot"].all() or points.loc[own, "replicate"].nunique() < FEWEST:
        return None
    return np.asarray(pd.factorize(points["replicate"], sort=True)[0], dtype=np.int64)


def _unbiased(left: Vector) -> Vector:
    """Root (M, M) of the inverse of what fitting leaves of a replicate's errors, where it leaves any."""
    values, ways = np.linalg.eigh(left)
    kept = values > _NOTHING
    roots = np.where(kept, 1.0 / np.sqrt(np.where(kept, values, 1.0)), 0.0)
    return np.asarray((ways * roots) @ ways.T, dtype=np.float64)


def scatter(fit: Weighted, slope: Vector, replicate: Codes | None) -> Scatter | None:
    """Judge the variance of an estimate from replicates as they scatter, whatever they scatter by.

    An estimate moves by Σ c·δ for errors δ of the points. Lanes of one replicate share what that culture or donor does,
    its own IC50 included, so the errors are added up replicate by replicate: Σ over replicates of (Σ c·residual)², each
    residual corrected for what fitting took of it (CR2), with Satterthwaite's degrees of freedom, n − 1 where
    replicates are laid out alike. Assumes that replicates are independent and a sample of all.

    Parameters
    ----------
    fit : Weighted
        Joint fit of one curve.
    slope : ndarray of shape (P,)
        Derivative of the estimate by the fitted values.
    replicate : ndarray of shape (N,) of int, optional
        Biological replicate of each point, see `replicates_of`.

    Returns
    -------
    Scatter or None
        None where replicates do not tell it.

    References
    ----------
    Bell & McCaffrey 2002, Survey Methodology 28:169 (CR2 and its degrees of freedom); Pustejovsky & Tipton 2018, J Bus
    Econ Stat 36:672, doi 10.1080/07350015.2016.1247004 (with fixed effects).
    """
    inverse = covariance(fit.minimum, 1.0)
    if replicate is None or fit.dof < 1 or not np.all(np.isfinite(inverse)) or fit.is_exact(fit.minimum.rss):
        return None
    jacobian, residuals = fit.minimum.jacobian, fit.minimum.residuals
    moves = jacobian @ inverse @ slope
    left = np.eye(len(residuals)) - jacobian @ inverse @ jacobian.T
    parts = []
    for code in np.unique(replicate):
        own = replicate == code
        parts.append(left[:, own] @ (_unbiased(left[np.ix_(own, own)]) @ moves[own]))
    together = np.array(parts) @ np.array(parts).T
    freedom = float(np.trace(together)) ** 2 / float(np.sum(together**2))
    # a fit's residuals are what `left` leaves of the errors, so the parts apply to them as they stand
    return Scatter(float(np.sum((np.array(parts) @ residuals) ** 2)), max(freedom, 1.0))
