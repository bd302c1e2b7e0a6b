"""One curve: which way it runs, whether it is a curve at all, and how well it fits."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal, cast

import numpy as np
from scipy import stats

from ..least_squares import Minimum, Vector, covariance
from .models import MODELS
from .problem import Points, make_problem, solve
from .weighting import Weighted, fit_weighted

__all__ = ["Checks", "Options", "best_fit", "check_fit", "parameter_covariance"]


@dataclass(frozen=True)
class Options:
    """How curves are fitted; see `fit_dose_response`."""

    model: str
    weights: str
    interval: str
    se: str
    ic50: str
    scaled: bool
    level: float
    hold: Mapping[str, float]


@dataclass(frozen=True)
class Checks:
    """What speaks for and against a fit.

    Parameters
    ----------
    flat : bool
        A horizontal line explains the points as well.
    aicc_gain : float
        AICc of the horizontal line minus that of the curve; positive when the curve is better.
    mean, mean_se : float
        The horizontal line and its standard error.
    lack_f, lack_p : float
        F and p of lack of fit against the spread between repeats of a dose; NaN without repeats.
    lack_dof : (int, int)
        Its degrees of freedom.
    """

    flat: bool
    aicc_gain: float
    mean: float
    mean_se: float
    lack_f: float
    lack_p: float
    lack_dof: tuple[int, int]


def best_fit(points: Points, options: Options) -> Weighted:
    """Fit the model, both ways where falling and rising curves are different families, and keep the closer one.

    Parameters
    ----------
    points : Points
        Data of one curve.
    options : Options
        Model, weights and what is held.

    Returns
    -------
    Weighted
    """
    model = MODELS[options.model]
    fits = []
    for rising in (False, True) if model.oriented else (False,):
        problem = make_problem(points, model, rising=rising, scaled=options.scaled, hold=dict(options.hold))
        fits.append(fit_weighted(problem, options.weights))
    wanted = [fit for fit in fits if _runs_as_laid_out(fit)] or fits
    return min(wanted, key=_misfit)


def _misfit(fit: Weighted) -> float:
    """Compare fits with weights of their own by their likelihood."""
    count = len(fit.root_weights)
    return float(count * np.log(max(fit.minimum.rss, 1e-300)) - 2.0 * np.sum(np.log(fit.root_weights)))


def _runs_as_laid_out(fit: Weighted) -> bool:
    top, bottom = fit.problem.curves(fit.parameters)[0][:2]
    return not fit.problem.model.oriented or bool((top < bottom) == fit.problem.rising)


def parameter_covariance(fit: Weighted, convention: str) -> Vector:
    """Covariance (P, P) of the fitted values by one of the two conventions, see `least_squares.covariance`.

    Parameters
    ----------
    fit : Weighted
        The fit; its weights count as known.
    convention : {"jacobian", "hessian"}
        Which.
    """
    problem, weights = fit.problem, fit.root_weights

    def gradient(fitted: Vector) -> Vector:
        values, slopes = problem.model_values(fitted)
        out: Vector = slopes.T @ (weights**2 * (values - problem.points.response))
        return out

    kind = cast(Literal["jacobian", "hessian"], convention)
    return covariance(fit.minimum, fit.variance, convention=kind, gradient=gradient)


def _aicc(rss: float, count: int, parameters: int) -> float:
    """Akaike's criterion for small samples; the error variance counts as a parameter."""
    k = parameters + 1
    spare = count - k - 1
    correction = 2.0 * k * (k + 1) / spare if spare > 0 else np.inf
    return float(count * np.log(max(rss, 1e-300) / count) + 2.0 * k + correction)


def _flat_fit(fit: Weighted) -> Minimum:
    """Horizontal line through the points with the curve's weights and its own scales."""
    problem = fit.problem
    flat = make_problem(problem.points, MODELS["flat"], scaled=problem.contrasts.shape[1] > 0)
    weights = fit.root_weights**2
    start = np.zeros(flat.size)
    start[0] = float(np.sum(weights * problem.points.response) / np.sum(weights))
    start[1:] = fit.parameters[problem.n_curve :]
    return solve(flat, fit.root_weights, start)


def _pure_error(points: Points, root_weights: Vector, scaled: bool) -> tuple[float, int]:
    """Sum of squares and parameters of the model with a free mean for each dose (times the block's scale)."""
    dose = np.unique(points.dose, return_inverse=True)[1]
    blocks = int(points.block.max()) + 1 if scaled else 1
    block = points.block if scaled else np.zeros(len(dose), dtype=np.int64)
    weights, scale, squares = root_weights**2, np.ones(blocks), np.inf
    for _ in range(200):
        factor = scale[block]
        spread = np.bincount(dose, weights * factor**2)
        mean = np.bincount(dose, weights * factor * points.response) / np.where(spread > 0, spread, 1.0)
        last, fitted = squares, mean[dose]
        if blocks > 1:
            under = np.bincount(block, weights * fitted**2)
            over = np.bincount(block, weights * fitted * points.response)
            scale = np.divide(over, under, out=np.ones(blocks), where=under > 0)
        squares = float(np.sum(weights * (points.response - scale[block] * fitted) ** 2))
        if last - squares <= 1e-12 * squares:
            break
    return squares, int(dose.max()) + blocks


def _lack_of_fit(fit: Weighted) -> tuple[float, float, tuple[int, int]]:
    """F test of the curve against free means."""
    points = fit.problem.points
    pure, parameters = _pure_error(points, fit.root_weights, fit.problem.contrasts.shape[1] > 0)
    inner = len(points.response) - parameters
    outer = fit.dof - inner
    if inner < 1 or outer < 1 or fit.is_exact(pure):
        return np.nan, np.nan, (max(outer, 0), max(inner, 0))
    ratio = max(fit.minimum.rss - pure, 0.0) / outer / (pure / inner)
    return ratio, float(stats.f.sf(ratio, outer, inner)), (outer, inner)


def check_fit(fit: Weighted) -> Checks:
    """Compare a curve with a horizontal line and with free means.

    The line is kept when its AICc is lower and the extra sum of squares of the curve is not significant at 5 %.
    Lack of fit: F = (squares about the curve − squares about the means of doses) / their degrees of freedom over the
    pure error of repeats. Assumes the weights of the fit.

    Parameters
    ----------
    fit : Weighted
        The fit of one curve.

    References
    ----------
    Hurvich & Tsai 1989, Biometrika 76:297, doi 10.1093/biomet/76.2.297 (AICc);
    Bates & Watts 1988, doi 10.1002/9780470316757 (lack of fit).
    """
    flat, count = _flat_fit(fit), len(fit.problem.points.response)
    size = len(flat.parameters)
    gain = _aicc(flat.rss, count, size) - _aicc(fit.minimum.rss, count, fit.problem.size)
    if not np.isfinite(gain):
        gain = np.nan
    extra = fit.problem.size - size
    noise = fit.minimum.rss / max(fit.dof, 1)
    ratio = (flat.rss - fit.minimum.rss) / extra / noise if noise > 0 else np.inf
    if fit.is_exact(flat.rss):  # all responses are equal
        return Checks(True, np.nan, float(flat.parameters[0]), 0.0, np.nan, np.nan, (0, 0))
    curved = gain > 0 or stats.f.sf(ratio, extra, max(fit.dof, 1)) < 0.05
    spread = covariance(flat, flat.rss / max(count - size, 1))
    lack = _lack_of_fit(fit)
    return Checks(not curved, gain, float(flat.parameters[0]), float(np.sqrt(spread[0, 0])), *lack)
