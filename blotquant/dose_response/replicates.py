"""Biological replicates one by one: their own IC50s, and whether they differ."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd
from scipy import stats

from ..least_squares import Vector
from .estimates import dose_limits
from .models import PARAMETERS
from .problem import Codes, Points, Problem, make_problem, solve
from .weighting import Weighted

__all__ = ["Replicates", "fit_replicates"]

_IC50 = PARAMETERS.index("ln_ic50")
_LEAST_DOF = 3  # degrees of freedom below which the spread says too little of a difference
_BY_CHANCE = 0.05  # how often a replicate without any effect may pass for a curve


@dataclass(frozen=True)
class Replicates:
    """IC50s of the replicates.

    Parameters
    ----------
    names : tuple of str
        Replicates with an effect of their own and an IC50 within the doses tested.
    ln_ic50 : tuple of float
        Natural logarithms of their IC50s.
    mean, se : float
        Mean of the logarithms and its standard error; NaN below two.
    differ_p : float
        p of the hypothesis that all replicates share one IC50 (F test, plateaus free); NaN below two.
    """

    names: tuple[str, ...]
    ln_ic50: tuple[float, ...]
    mean: float
    se: float
    differ_p: float

    def interval(self, level: float) -> tuple[float, float]:
        """Return the t interval of the mean logarithm."""
        half = float(stats.t.ppf(0.5 + level / 2.0, max(len(self.names) - 1, 1))) * self.se
        return self.mean - half, self.mean + half


def _own_ic50(fit: Weighted, mask: np.ndarray) -> float:
    """Fit the points of a mask alone and return ln ic50; NaN when they do not determine it."""
    problem = fit.problem
    points = problem.points.take(mask)
    hold = {name: value for name, value in zip(PARAMETERS, problem.held[0], strict=True) if _is_held(fit, name)}
    alone = make_problem(points, problem.model, rising=problem.rising, hold=hold)
    if len(np.unique(points.dose)) < alone.size or len(points.dose) <= alone.size:
        return float("nan")
    scale = float(np.mean(problem.scales(fit.parameters)[problem.points.block[mask]]))
    start = fit.parameters[: problem.n_curve].copy()
    for name in ("top", "bottom"):
        place = problem.layout[0, PARAMETERS.index(name)]
        if place >= 0:
            start[place] *= scale
    found = solve(alone, fit.root_weights[mask], start)
    if not _has_effect(fit, mask, found.rss, alone.size):
        return float("nan")
    place = int(alone.layout[0, _IC50])
    ln_ic50 = float(found.parameters[place])
    inside = np.log(points.positive)
    return ln_ic50 if inside[0] <= ln_ic50 <= inside[-1] else float("nan")


def _has_effect(fit: Weighted, mask: np.ndarray, squares: float, parameters: int) -> bool:
    """F test of a replicate's curve against a horizontal line, with the spread of the joint fit."""
    if parameters < 2:
        return True
    weights, response = fit.root_weights[mask] ** 2, fit.problem.points.response[mask]
    flat = float(np.sum(weights * (response - np.average(response, weights=weights)) ** 2))
    bound = float(stats.f.ppf(1.0 - _BY_CHANCE, parameters - 1, max(fit.dof, 1)))
    return flat - squares > (parameters - 1) * fit.variance * bound


def _is_held(fit: Weighted, name: str) -> bool:
    free = fit.problem.model.parameters(fit.problem.rising)
    return name in free and int(fit.problem.layout[0, PARAMETERS.index(name)]) < 0


def _difference(fit: Weighted, names: np.ndarray, among: np.ndarray) -> float:
    """F test of one IC50 for all replicates against one for each, every replicate with plateaus of its own.

    The error of a control by which a replicate was normalised moves its plateaus, and must not be taken for a
    difference in IC50. Points that are not `among` the replicates are left out. NaN where the points do not suffice.
    """
    problem, replicate = fit.problem, np.unique(names[among], return_inverse=True)[1].astype(np.int64)
    points, weights, count = problem.points.take(among), fit.root_weights[among], int(replicate.max()) + 1
    parted = Points(points.dose, points.response, points.se, points.block, replicate)
    hold = {name: value for name, value in zip(PARAMETERS, problem.held[0], strict=True) if _is_held(fit, name)}
    shape = ["ln_ic50", "ln_slope", "ln_asymmetry"]
    one, each = (
        make_problem(parted, problem.model, rising=problem.rising, hold=hold, shared=shared)
        for shared in (shape, shape[1:])
    )
    dof = len(points.response) - each.size
    if dof < _LEAST_DOF:
        return float("nan")
    scales = problem.scales(fit.parameters)[problem.points.block][among]
    common, found = (solve(wide, weights, _parted_start(fit, wide, replicate, scales)) for wide in (one, each))
    if found.rss <= 0 or fit.is_exact(common.rss):
        return float("nan")
    ratio = max(common.rss - found.rss, 0.0) / (count - 1) / (found.rss / dof)
    return float(stats.f.sf(ratio, count - 1, dof))


def _parted_start(fit: Weighted, wider: Problem, replicate: Codes, scales: Vector) -> Vector:
    """Start every replicate at the joint curve, its plateaus at the replicate's own level."""
    start = np.zeros(wider.size)
    level = np.bincount(replicate, scales) / np.bincount(replicate)
    for column in range(len(PARAMETERS)):
        if fit.problem.layout[0, column] >= 0:
            plateau = column < 2
            start[wider.layout[:, column]] = fit.parameters[fit.problem.layout[0, column]] * (level if plateau else 1.0)
    return start


def fit_replicates(fit: Weighted, points: pd.DataFrame) -> Replicates:
    """Fit every biological replicate by itself, with the weights of the joint fit.

    Assumes that replicates are a sample: their ln IC50s give a mean with a t interval.

    Parameters
    ----------
    fit : Weighted
        Joint fit of one curve.
    points : DataFrame
        Its points, with ``replicate``.

    Returns
    -------
    Replicates

    References
    ----------
    Eastwood et al. 2006, J Biomol Screen 11:253, doi 10.1177/1087057105285611 (potencies vary on the log scale).
    """
    replicate = points["replicate"].to_numpy(dtype=str)
    names = np.unique(replicate[~points["shared"].to_numpy(dtype=bool)])
    for_all = ~np.isin(replicate, names)  # zero doses that name no replicate
    low, high = dose_limits(fit.problem)
    if len(names) < 2 or not low <= fit.parameters[fit.problem.layout[0, _IC50]] <= high:
        return Replicates((), (), np.nan, np.nan, np.nan)
    found = {str(name): _own_ic50(fit, (replicate == name) | for_all) for name in names}
    known = {name: value for name, value in found.items() if np.isfinite(value)}
    values = np.array(list(known.values()))
    several = len(values) > 1
    return Replicates(
        names=tuple(known),
        ln_ic50=tuple(known.values()),
        mean=float(np.mean(values)) if several else np.nan,
        se=float(np.std(values, ddof=1) / np.sqrt(len(values))) if several else np.nan,
        differ_p=_difference(fit, replicate, ~for_all),
    )
