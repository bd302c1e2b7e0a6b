"""Comparisons with values that are only known to lie below a limit: likelihood instead of squares."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from scipy import special
from scipy.optimize import brentq

from ..conditions import Mask
from ..least_squares import Vector
from .linear import still

__all__ = ["Censored"]

_STEPS = 100
_FAR = 30.0  # standard deviations below which a group's mean is as good as minus infinity
_ROUGH = 1e-10


def _mills(z: Vector) -> Vector:
    """Density over distribution of the standard normal."""
    log_ratio: Vector = -(z**2) / 2.0 - 0.5 * np.log(2.0 * np.pi) - special.log_ndtr(z)
    return np.exp(log_ratio)


def _least_squares(values: Vector, design: Vector) -> Vector:
    return np.asarray(np.linalg.lstsq(design, values, rcond=None)[0], dtype=np.float64)


class Censored:
    """Normal model of logarithms with left-censored values: value = design · coefficients + error.

    The likelihood of a value is the density, that of a censored one the probability of lying below its limit. In
    Olsen's parameters (coefficients/σ, 1/σ) it is concave, so that Newton's method finds its maximum.
    Assumes independent, normal errors of one size, and limits that do not depend on the value.

    Parameters
    ----------
    values : ndarray of shape (N,)
        Logarithms; where censored, the logarithm of the limit.
    censored : ndarray of shape (N,) of bool
        Which are only known to lie below.
    design : ndarray of shape (N, P)
        Columns of the model, of full rank.

    References
    ----------
    Tobin 1958, Econometrica 26:24, doi 10.2307/1907382; Olsen 1978, Econometrica 46:1211, doi 10.2307/1911445;
    Helsel 2012, Statistics for Censored Environmental Data, doi 10.1002/9781118162729.
    """

    def __init__(self, values: Vector, censored: Mask, design: Vector) -> None:
        self.values, self.censored, self.design = values, censored, design
        self.best, self.sd = float("nan"), float("nan")
        if self.dof < 1:  # nothing but limits, or as many coefficients as values: the likelihood has no maximum
            self.coefficients = _least_squares(values, design)
            return
        self.coefficients = _least_squares(values[~censored], design[~censored])
        if still(values[~censored] - design[~censored] @ self.coefficients, values):
            self.sd = 0.0  # the likelihood grows without end as σ falls to zero
        else:
            self.best, self.coefficients, self.sd = self._maximum(values, design)

    @property
    def counted(self) -> tuple[int, int]:
        """Observations and coefficients without those of groups that are censored altogether."""
        informative = np.any(self.design[~self.censored] != 0, axis=0)
        rows = ~np.any(self.design[:, ~informative] != 0, axis=1)
        return int(np.sum(rows)), int(np.sum(informative))

    @property
    def dof(self) -> int:
        """Residual degrees of freedom."""
        count, coefficients = self.counted
        return count - coefficients

    def _maximum(self, values: Vector, design: Vector) -> tuple[float, Vector, float]:
        """Newton's method with halved steps; returns log likelihood, coefficients and σ."""
        seen = ~self.censored
        spread = (float(np.std(values[seen])) if seen.any() else 0.0) or 1.0
        point = np.zeros(design.shape[1] + 1)
        point[:-1] = np.linalg.lstsq(design, values / spread, rcond=None)[0]
        point[-1] = 1.0 / spread
        height = self._height(point, values, design)
        for _ in range(_STEPS):
            gradient, curvature = self._slopes(point, values, design)
            step = np.linalg.lstsq(curvature, gradient, rcond=1e-12)[0]
            size, moved = 1.0, False
            while size > 1e-8 and not moved:
                trial = point + size * step
                trial[:-1] = np.maximum(trial[:-1], np.min(trial[-1] * values) - _FAR)
                new = self._height(trial, values, design)
                moved = new > height
                size /= 2.0
            if not moved or new - height < _ROUGH:
                break
            point, height = trial, new
        return height, point[:-1] / point[-1], 1.0 / float(point[-1])

    def _height(self, point: Vector, values: Vector, design: Vector) -> float:
        if point[-1] <= 0:
            return -np.inf
        z = point[-1] * values - design @ point[:-1]
        seen = ~self.censored
        density = np.sum(np.log(point[-1]) - z[seen] ** 2 / 2.0 - 0.5 * np.log(2.0 * np.pi))
        return float(density + np.sum(special.log_ndtr(z[self.censored])))

    def _slopes(self, point: Vector, values: Vector, design: Vector) -> tuple[Vector, Vector]:
        """Gradient and minus the second derivatives of the log likelihood."""
        columns = np.hstack([-design, values[:, None]])
        z = columns @ point
        seen = ~self.censored
        ratio = np.where(seen, -z, _mills(np.where(seen, 0.0, z)))
        bend = np.where(seen, 1.0, ratio * (ratio + z))
        gradient = columns.T @ ratio
        curvature = (columns.T * bend) @ columns
        gradient[-1] += np.sum(seen) / point[-1]
        curvature[-1, -1] += np.sum(seen) / point[-1] ** 2
        return gradient, curvature

    def root(self, contrast: Vector, at: float) -> float:
        """Signed root of the likelihood ratio of a contrast's value, on the scale of t.

        √(dof · (exp(2·Δ log likelihood / n) − 1)), which is exactly t when nothing is censored; positive when the
        estimate lies above the value.

        Parameters
        ----------
        contrast : ndarray of shape (P,)
            Weights of the coefficients.
        at : float
            Value of the contrast.
        """
        count, _ = self.counted
        if count == 0:  # all below the limit: nothing speaks
            return float("nan")
        pivot = int(np.argmax(np.abs(contrast)))
        ratio = contrast / contrast[pivot]
        others = np.arange(len(contrast)) != pivot
        column = self.design[:, pivot]
        design = self.design[:, others] - column[:, None] * ratio[others]
        held = self._maximum(self.values - column * at / contrast[pivot], design)[0]
        size = float(np.sqrt(max(self.dof * np.expm1(2.0 * max(self.best - held, 0.0) / count), 0.0)))
        return size if float(contrast @ self.coefficients) >= at else -size

    def limit(self, contrast: Vector, bound: float, side: float) -> float:
        """Value of a contrast at which the root reaches ∓``bound``: an end of its interval; infinite when open.

        Parameters
        ----------
        contrast : ndarray of shape (P,)
            Weights of the coefficients.
        bound : float
            Critical t.
        side : {-1.0, 1.0}
            Lower or upper end.
        """
        start = float(contrast @ self.coefficients)
        goal: Callable[[float], float] = lambda at: bound - abs(self.root(contrast, at))  # noqa: E731 - one formula
        reach = self.sd
        inner = start
        for _ in range(12):
            outer = start + side * reach
            if goal(outer) < 0:
                return float(brentq(goal, inner, outer, xtol=1e-6))
            inner, reach = outer, 2.0 * reach
        return side * np.inf
