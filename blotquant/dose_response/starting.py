"""Where a fit begins: the best of a grid over ln ic50 and slope, with the plateaus solved for at each node."""

from __future__ import annotations

import numpy as np

from ..least_squares import Vector
from .models import PARAMETERS, evaluate
from .problem import Points, Problem

__all__ = ["block_scales", "dose_means", "starts"]

_SLOPES = (-1.2, -0.4, 0.0, 0.5, 1.2, 2.2)  # ln of 0.3 to 9
_ASYMMETRIES = (-2.0, 2.0)  # ln of 0.14 and 7: where a curve with an asymmetry also begins
_NODES = 12
_ALTERNATIONS = 10  # means of doses and scales of blocks, in turn


def dose_means(points: Points, scale: Vector | None = None) -> Vector:
    """Mean response (N,) of the points with the same dose and curve, each seen at its own place.

    Parameters
    ----------
    points : Points
        The data.
    scale : ndarray of shape (N,), optional
        Divides each response first.
    """
    response = points.response if scale is None else points.response / scale
    codes = np.unique(np.stack([points.curve, points.dose]), axis=1, return_inverse=True)[1].ravel()
    return (np.bincount(codes, response) / np.bincount(codes))[codes]


def block_scales(points: Points) -> Vector:
    """First guess of the scales (B,): regression of each block on the means over blocks, geometric mean one."""
    scale = np.ones(int(points.block.max()) + 1)
    for _ in range(_ALTERNATIONS):
        mean = dose_means(points, scale[points.block])
        over = np.bincount(points.block, points.response * mean)
        under = np.bincount(points.block, mean * mean)
        guess = np.divide(over, under, out=np.ones_like(over), where=under > 0)
        positive = np.where(guess > 0, guess, 1.0)
        scale = np.asarray(positive / np.exp(np.mean(np.log(positive))), dtype=np.float64)
    return scale


def _ln_dose_nodes(points: Points) -> Vector:
    inside = np.log(points.positive)
    gap = float(np.median(np.diff(inside))) if len(inside) > 1 else 1.0
    return np.linspace(inside[0] - gap / 2, inside[-1] + gap / 2, _NODES)


def _plateaus(problem: Problem, share: Vector, response: Vector, weights: Vector) -> tuple[Vector, float]:
    """Solve for the free plateaus of one curve at a given shape; returns (top, bottom) and the sum of squares."""
    columns = np.stack([share, 1.0 - share], axis=1)
    free = problem.layout[0, :2] >= 0
    held = problem.held[0, :2]
    left = response - columns[:, ~free] @ held[~free]
    found, *_ = np.linalg.lstsq(columns[:, free] * weights[:, None], left * weights, rcond=None)
    both = held.copy()
    both[free] = found
    miss = weights * (response - columns @ both)
    return both, float(miss @ miss)


def _one_curve(
    problem: Problem, mask: np.ndarray, weights: Vector, scale: Vector, ln_asymmetry: float
) -> list[tuple[float, Vector]]:
    """Grid for one curve: (sum of squares, parameters (5,)), best first, no two with the same slope."""
    points = problem.points
    ln_dose, response = points.ln_dose[mask], points.response[mask] / scale[mask]
    nodes: list[tuple[float, Vector]] = []
    for ln_slope in _SLOPES:
        tried = []
        for ln_ic50 in _ln_dose_nodes(points):
            shape = np.array([1.0, 0.0, ln_ic50, ln_slope, ln_asymmetry])
            share = evaluate(problem.model, ln_dose, shape, problem.rising)[0]
            both, squares = _plateaus(problem, share, response, weights[mask] * scale[mask])
            tried.append((squares, np.concatenate([both, shape[2:]])))
        nodes.append(min(tried, key=lambda node: node[0]))
    return sorted(nodes, key=lambda node: node[0])


def _from_grids(problem: Problem, root_weights: Vector, scales: Vector, ln_asymmetry: float, most: int) -> list[Vector]:
    """Join the best nodes of all curves, rank by rank."""
    points = problem.points
    grids = [
        _one_curve(problem, points.curve == curve, root_weights, scales[points.block], ln_asymmetry)
        for curve in range(len(problem.layout))
    ]
    found: list[Vector] = []
    for rank in range(most):
        vector = np.zeros(problem.size)
        for curve, grid in enumerate(grids):
            for column in range(len(PARAMETERS)):
                if problem.layout[curve, column] >= 0:
                    vector[problem.layout[curve, column]] = grid[rank][1][column]
        vector[problem.n_curve :] = problem.contrasts.T @ np.log(scales)
        found.append(vector)
    return found


def starts(problem: Problem, root_weights: Vector, *, most: int = 3) -> list[Vector]:
    """Return up to ``most`` starting vectors (P,), most promising first, and one for each further asymmetry."""
    scaled = problem.contrasts.shape[1] > 0
    scales = block_scales(problem.points) if scaled else np.ones(len(problem.contrasts))
    found = _from_grids(problem, root_weights, scales, 0.0, most)
    if np.any(problem.layout[:, PARAMETERS.index("ln_asymmetry")] >= 0):
        for ln_asymmetry in _ASYMMETRIES:
            found += _from_grids(problem, root_weights, scales, ln_asymmetry, 1)
    return found
