"""What is fitted: points, curves with shared or separate parameters, and a scale for each block."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Protocol

import numpy as np
import numpy.typing as npt

from ..least_squares import Minimum, Vector, minimise
from .models import PARAMETERS, Model, evaluate

__all__ = ["Codes", "Fittable", "Points", "Problem", "make_problem", "solve"]

Codes = npt.NDArray[np.int64]


@dataclass(frozen=True)
class Points:
    """The data of one or several curves.

    Parameters
    ----------
    dose : ndarray of shape (N,)
        Dose, 0 included [dose_unit].
    response : ndarray of shape (N,)
        What is fitted.
    se : ndarray of shape (N,)
        Standard error of a response from measuring; NaN where unknown.
    block : ndarray of shape (N,) of int
        Number of the block, from 0.
    curve : ndarray of shape (N,) of int
        Number of the curve, from 0.
    """

    dose: Vector
    response: Vector
    se: Vector
    block: Codes
    curve: Codes

    @cached_property
    def ln_dose(self) -> Vector:
        """Natural logarithm of the dose, −inf for zero."""
        return np.where(self.dose > 0, np.log(np.where(self.dose > 0, self.dose, 1.0)), -np.inf)

    @cached_property
    def positive(self) -> Vector:
        """The different doses above zero, in order."""
        return np.unique(self.dose[self.dose > 0])

    def take(self, mask: np.ndarray) -> Points:
        """Return the points of a boolean mask, blocks and curves renumbered from 0."""
        block, curve = (np.unique(code[mask], return_inverse=True)[1] for code in (self.block, self.curve))
        return Points(self.dose[mask], self.response[mask], self.se[mask], block, curve)


class Fittable(Protocol):
    """What least squares needs to know of a problem."""

    @property
    def size(self) -> int:
        """Number of fitted values P."""

    @property
    def target(self) -> Vector:
        """What is fitted (N,)."""

    def model_values(self, fitted: Vector) -> tuple[Vector, Vector]:
        """Fitted responses (N,) and their derivatives (N, P)."""


@dataclass(frozen=True)
class Problem:
    """Curves through points: response = scale of the block × curve(dose).

    The logarithms of the scales add up to zero, so that curves speak of the average block.

    Parameters
    ----------
    points : Points
        The data.
    model : Model
        Curve of every treatment.
    rising : bool
        Orientation, where the model has one.
    layout : ndarray of shape (C, 5) of int
        Place of each curve's parameter in the vector that is fitted; −1 where it is held.
    held : ndarray of shape (C, 5)
        Values of the parameters that are held.
    contrasts : ndarray of shape (B, S)
        ln scales of the blocks = contrasts · the last S fitted values; S = 0 without scales.
    """

    points: Points
    model: Model
    rising: bool
    layout: Codes
    held: Vector
    contrasts: Vector

    @cached_property
    def n_curve(self) -> int:
        """Number of fitted values that belong to curves; scales follow them."""
        return int(np.max(self.layout)) + 1

    @cached_property
    def size(self) -> int:
        """Number of fitted values."""
        return int(self.n_curve + self.contrasts.shape[1])

    @property
    def target(self) -> Vector:
        """What is fitted: the responses (N,)."""
        return self.points.response

    @cached_property
    def _scatter(self) -> tuple[Codes, Codes, Codes]:
        """Which derivative (point, parameter) belongs to which fitted value."""
        places = self.layout[self.points.curve]
        point, parameter = np.nonzero(places >= 0)
        return point, parameter, places[point, parameter]

    def curves(self, fitted: Vector) -> Vector:
        """Parameters (C, 5) of every curve."""
        return np.where(self.layout >= 0, fitted[np.maximum(self.layout, 0)], self.held)

    def scales(self, fitted: Vector) -> Vector:
        """Scale (B,) of every block."""
        return np.exp(np.clip(self.contrasts @ fitted[self.n_curve :], -50.0, 50.0))

    def model_values(self, fitted: Vector) -> tuple[Vector, Vector]:
        """Fitted responses (N,) and their derivatives (N, P) by the fitted values."""
        points = self.points
        base, slopes = evaluate(self.model, points.ln_dose, self.curves(fitted)[points.curve], self.rising)
        scale = self.scales(fitted)[points.block]
        out = np.zeros((len(base), self.size))
        point, parameter, place = self._scatter
        out[point, place] = scale[point] * slopes[point, parameter]
        values = scale * base
        out[:, self.n_curve :] = values[:, None] * self.contrasts[points.block]
        return values, out


def _sum_to_zero(blocks: int) -> Vector:
    """Columns that span the vectors of a length whose sum is zero, orthonormal."""
    centring = np.eye(blocks) - 1.0 / blocks
    return np.asarray(np.linalg.svd(centring)[0][:, : blocks - 1], dtype=np.float64)


def make_problem(
    points: Points,
    model: Model,
    *,
    rising: bool = False,
    scaled: bool = False,
    hold: dict[str, float] | None = None,
    shared: Sequence[str] = (),
) -> Problem:
    """Lay out what is fitted.

    Parameters
    ----------
    points : Points
        The data.
    model : Model
        Curve.
    rising : bool
        Orientation, where the model has one.
    scaled : bool
        Fit a scale for each block.
    hold : dict of str to float, optional
        Parameters held at a value (``{"top": 100.0}``).
    shared : sequence of str
        Parameters that all curves have in common.
    """
    held = dict(hold or {})
    free = [name for name in model.parameters(rising) if name not in held]
    curves = int(points.curve.max()) + 1
    layout = np.full((curves, len(PARAMETERS)), -1, dtype=np.int64)
    values = np.tile([held.get(name, 0.0) for name in PARAMETERS], (curves, 1))
    place = 0
    for name in free:
        column = PARAMETERS.index(name)
        common = name in shared
        layout[:, column] = place if common else place + np.arange(curves)
        place += 1 if common else curves
    blocks = int(points.block.max()) + 1
    contrasts = _sum_to_zero(blocks) if scaled and blocks > 1 else np.zeros((blocks, 0))
    return Problem(points, model, rising, layout, values, contrasts)


def solve(
    problem: Fittable,
    root_weights: Vector,
    start: Vector,
    *,
    fixed: Codes | None = None,
    tolerance: float = 1e-12,
) -> Minimum:
    """Weighted least squares from a start.

    Parameters
    ----------
    problem : Fittable
        What is fitted.
    root_weights : ndarray of shape (N,)
        1/standard deviation of each point, up to a factor.
    start : ndarray of shape (P,)
        Where to begin.
    fixed : ndarray of int, optional
        Places in the vector that stay as they start.
    tolerance : float
        Relative change at which to stop.

    Returns
    -------
    Minimum
        With all P parameters; its Jacobian has the columns of those that are not fixed.
    """
    moving = np.setdiff1d(np.arange(problem.size), fixed if fixed is not None else [])
    response = problem.target

    def complete(part: Vector) -> Vector:
        whole = start.copy()
        whole[moving] = part
        return whole

    last: dict[bytes, tuple[Vector, Vector]] = {}

    def values(part: Vector) -> tuple[Vector, Vector]:
        key = part.tobytes()
        if key not in last:
            last.clear()
            last[key] = problem.model_values(complete(part))
        return last[key]

    def residuals(part: Vector) -> Vector:
        out: Vector = root_weights * (values(part)[0] - response)
        return out

    def slopes(part: Vector) -> Vector:
        out: Vector = (root_weights[:, None] * values(part)[1])[:, moving]
        return out

    found = minimise(residuals, start[moving], jacobian=slopes, tolerance=tolerance, max_calls=400)
    return Minimum(complete(found.parameters), found.residuals, found.jacobian, found.rss)
