"""Blocks that may lie too high or too low by the error of the minimum control that all their points share."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np

from ..least_squares import Vector
from .controls import Controls
from .problem import Problem

__all__ = ["Shifted", "shifted"]


@dataclass(frozen=True)
class Shifted:
    """A problem with one shift for each minimum control, held near zero by the control's own error.

    Each shift is a fitted value with an observation of zero; least squares on both is generalised least squares with
    the covariance that the shared error gives.
    Assumes errors of the controls as large as they are said to be, independent of those of the points.

    Parameters
    ----------
    problem : Problem
        What is fitted.
    members : ndarray of shape (N, K)
        1 where a point was held against a control.

    References
    ----------
    Henderson 1975, Biometrics 31:423, doi 10.2307/2529430 (mixed model equations).
    """

    problem: Problem
    members: Vector

    @cached_property
    def size(self) -> int:
        """Number of fitted values: the problem's, then the shifts."""
        return int(self.problem.size + self.members.shape[1])

    @cached_property
    def target(self) -> Vector:
        """What is fitted: the responses (N,), then a zero for each shift."""
        return np.concatenate([self.problem.target, np.zeros(self.members.shape[1])])

    def part(self, fitted: Vector) -> Vector:
        """Fitted values of the problem itself."""
        return fitted[: self.problem.size]

    def begin(self, fitted: Vector) -> Vector:
        """Start from fitted values of the problem, without shifts."""
        return np.concatenate([fitted, np.zeros(self.members.shape[1])])

    def model_values(self, fitted: Vector) -> tuple[Vector, Vector]:
        """Fitted responses and shifts (N + K,) and their derivatives (N + K, P + K)."""
        values, slopes = self.problem.model_values(self.part(fitted))
        shifts = fitted[self.problem.size :]
        count = len(shifts)
        below = np.concatenate([np.zeros((count, self.problem.size)), np.eye(count)], axis=1)
        wide = np.concatenate([slopes, self.members], axis=1)
        return np.concatenate([values + self.members @ shifts, shifts]), np.concatenate([wide, below])


def shifted(problem: Problem, controls: Controls | None) -> Shifted:
    """Let the blocks of a problem shift where their minimum control is one of a few lanes; wells' are elsewhere.

    Parameters
    ----------
    problem : Problem
        What is fitted.
    controls : Controls, optional
        Errors of the controls.
    """
    count = len(problem.points.response)
    if controls is None or controls.scattered:
        return Shifted(problem, np.zeros((count, 0)))
    return Shifted(problem, (controls.block[:, None] == np.unique(controls.block)).astype(np.float64))
