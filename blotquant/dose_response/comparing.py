"""Potency of one treatment against another, and of one treatment on several targets."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
import pandas as pd
from scipy import stats

from ..units import conversion_factor
from .between import replicates_of
from .curve_fit import Options, parameter_covariance
from .models import MODELS, PARAMETERS
from .problem import Points, Problem, make_problem
from .profile import profile_difference
from .results import CurveFit
from .weighting import Weighted, fit_weighted

__all__ = ["PotencyRatio", "ratio_of_fits", "ratio_of_treatments"]

_FAR = float(np.log(1e6))


@dataclass(frozen=True)
class PotencyRatio:
    """IC50 of one curve over that of another.

    Parameters
    ----------
    value, low, high : float
        Ratio and its interval; NaN, 0 and inf where undetermined or open.
    se : float
        Standard error of the ratio (of its logarithm times the ratio).
    note : str
        How it was made; of a joint fit with p of the hypothesis that both curves have one shape (bottom, slope).
    minded : bool
        The interval minds how far replicates scatter, as that of an IC50 it was made of does.
    """

    value: float
    low: float
    high: float
    se: float
    note: str
    minded: bool = False


def _ln_quotient(more: float, less: float) -> float:
    """Logarithm of a quotient of doses; infinite to a side that is open."""
    return float(np.log(more / less)) if less > 0 else np.inf


def _in_unit_of(other: CurveFit, one: CurveFit) -> CurveFit:
    """Express the doses of a fit in the unit of another."""
    if other.unit == one.unit:
        return other
    factor = conversion_factor(other.unit, one.unit)
    said = other.potency
    potency = replace(said, value=said.value * factor, low=said.low * factor, high=said.high * factor)
    points = other.points.assign(dose=other.points["dose"] * factor)
    return replace(other, unit=one.unit, points=points, potency=potency)


def ratio_of_fits(one: CurveFit, other: CurveFit) -> PotencyRatio:
    """Ratio of two IC50s from curves that share no points, as of one treatment on two targets.

    The interval of the difference of logarithms is recovered from the two intervals, which need not be symmetric.
    ln ratio = ln a − ln b; its lower margin is √((ln a − ln a_low)² + (ln b_high − ln b)²), the upper alike. Assumes
    that the two estimates are independent.

    Parameters
    ----------
    one, other : CurveFit
        Numerator and denominator; doses in another unit are converted.

    References
    ----------
    Zou & Donner 2008, Stat Med 27:1693, doi 10.1002/sim.3095 (variance estimates recovery).
    """
    a, b = one.potency, _in_unit_of(other, one).potency
    note = "from two separate fits (variance estimates recovery)"
    minded = any(replicates_of(fit.points) is not None for fit in (one, other))
    if not (np.isfinite(a.value) and np.isfinite(b.value)):
        low = a.low / b.high if a.low > 0 and np.isfinite(b.high) else 0.0
        high = a.high / b.low if b.low > 0 and np.isfinite(a.high) else np.inf
        return PotencyRatio(np.nan, low, high, np.nan, "undetermined: an IC50 is only known from one side", minded)
    ln = np.log(a.value / b.value)
    down = np.hypot(_ln_quotient(a.value, a.low), _ln_quotient(b.high, b.value))
    up = np.hypot(_ln_quotient(a.high, a.value), _ln_quotient(b.value, b.low))
    ratio = float(np.exp(ln))
    return PotencyRatio(ratio, float(np.exp(ln - down)), float(np.exp(ln + up)), np.nan, note, minded)


def _place(points: pd.DataFrame) -> pd.Series[str]:
    """Name the block of each point."""
    return points[["replicate", "membrane", "plate"]].astype(str).agg("\x1f".join, axis=1)


def _joined(one: CurveFit, other: CurveFit) -> Points:
    """Points of both curves; vehicle lanes of a block that both lie on stand once."""
    there = _place(other.points).isin(_place(one.points)[one.points["shared"]])
    second = other.points[~(other.points["shared"] & there)]
    both = pd.concat([one.points.assign(curve=0), second.assign(curve=1)], ignore_index=True)
    place = _place(both)
    return Points(
        dose=both["dose"].to_numpy(dtype=np.float64),
        response=both["response"].to_numpy(dtype=np.float64),
        se=both["response_se"].to_numpy(dtype=np.float64),
        block=pd.factorize(place, sort=True)[0].astype(np.int64),
        curve=both["curve"].to_numpy(dtype=np.int64),
    )


def _joint_fit(points: Points, like: Problem, options: Options, shared: Sequence[str]) -> Weighted:
    problem = make_problem(
        points,
        MODELS[options.model],
        rising=like.rising,
        scaled=options.scaled,
        hold=dict(options.hold),
        shared=shared,
    )
    return fit_weighted(problem, options.weights)


def _parallel(full: Weighted, common: Weighted) -> float:
    """F test of one shape for both curves, at the weights of the wider fit."""
    residuals = full.root_weights * (common.problem.model_values(common.parameters)[0] - full.problem.points.response)
    extra = full.problem.size - common.problem.size
    if extra < 1 or full.dof < 1 or full.minimum.rss <= 0:
        return float("nan")
    ratio = max(float(residuals @ residuals) - full.minimum.rss, 0.0) / extra / (full.minimum.rss / full.dof)
    return float(stats.f.sf(ratio, extra, full.dof))


def ratio_of_treatments(one: CurveFit, other: CurveFit) -> PotencyRatio:
    """Ratio of the IC50s of two treatments of one study, from a joint fit with a common top and common scales.

    Assumes that both treatments share the response at zero dose and the scale of each block.

    Parameters
    ----------
    one, other : CurveFit
        Numerator and denominator, fitted with the same options; doses in another unit are converted.

    Returns
    -------
    PotencyRatio
        Its note has p of parallelism: a ratio of potencies holds for all effects only when curves are parallel.

    References
    ----------
    Ritz et al. 2006, Comput Stat Data Anal 51:1233 (relative potency); Bates & Watts 1988,
    doi 10.1002/9780470316757 (profile).
    """
    alike = one.weighted is not None and other.weighted is not None
    if not (alike and np.isfinite(one.potency.value) and np.isfinite(other.potency.value)):
        return ratio_of_fits(one, other)
    like = one.weighted.problem if one.weighted else None
    if like is None or other.weighted is None or other.weighted.problem.rising != like.rising:
        return ratio_of_fits(one, other)
    points = _joined(one, _in_unit_of(other, one))
    shared = ["top"] if one.points["shared"].any() else []
    full = _joint_fit(points, like, one.options, shared)
    common = _joint_fit(points, like, one.options, [name for name in PARAMETERS if name != "ln_ic50"])
    places = full.problem.layout[:, PARAMETERS.index("ln_ic50")]
    first, second = int(places[0]), int(places[1])
    ln = float(full.parameters[first] - full.parameters[second])
    spread = parameter_covariance(full, one.options.se)
    variance = spread[first, first] + spread[second, second] - 2.0 * spread[first, second]
    se = float(np.sqrt(variance)) if np.isfinite(variance) and variance > 0 else np.nan
    step = 2.0 * se if np.isfinite(se) else 0.5
    low, high = profile_difference(full, first, second, step, _FAR, one.options.level)
    parallel = _parallel(full, common)
    note = f"joint fit; parallel curves: p = {parallel:.3g}" if np.isfinite(parallel) else "joint fit"
    ratio = float(np.exp(ln))
    return PotencyRatio(ratio, float(np.exp(low)), float(np.exp(high)), ratio * se, note)
