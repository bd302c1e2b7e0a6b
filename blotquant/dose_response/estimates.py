"""Parameters of a curve and doses read off it, each with its error and interval."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np
import pandas as pd
from scipy import stats

from ..least_squares import Vector, covariance, numeric_jacobian
from .between import scatter
from .controls import Controls, widening
from .crossings import Level
from .curve_fit import Options, parameter_covariance
from .following import follow_weights
from .freedom import precision
from .halfway import ControlLanes, halfway_error
from .models import PARAMETERS, evaluate, ln_dose_at, sign_of
from .problem import Codes, Problem
from .profile import profile_crossing, profile_parameter
from .weighting import Weighted

__all__ = [
    "Estimate",
    "Shared",
    "absolute_level",
    "crossing",
    "dose_limits",
    "estimate_doses",
    "estimate_parameters",
    "with_error",
]

_FAR = float(np.log(1e4))  # an end further out than this from the doses tested is open
_T_CAP = 3.0


@dataclass(frozen=True)
class Estimate:
    """One number of a curve.

    Parameters
    ----------
    parameter : str
        Name in the curves table.
    value, se : float
        Estimate and standard error, in its own unit.
    low, high : float
        Interval asked for; 0 or ±inf where open.
    wald : (float, float)
        Interval from the standard error.
    dose : bool
        Its unit is that of the doses.
    """

    parameter: str
    value: float
    se: float
    low: float
    high: float
    wald: tuple[float, float]
    dose: bool = False


@dataclass(frozen=True)
class Shared:
    """What points of a curve share, and so errors that are not independent.

    Parameters
    ----------
    controls : Controls, optional
        Errors of the controls against which points are held.
    lanes : ControlLanes, optional
        Lanes of the maximum control, see `halfway_error`.
    replicate : ndarray of shape (N,) of int, optional
        Biological replicate of each point, see `replicates_of`.
    """

    controls: Controls | None = None
    lanes: ControlLanes | None = None
    replicate: Codes | None = None

    @property
    def across(self) -> bool:
        """Several replicates were held against one control."""
        if self.controls is None or self.replicate is None:
            return False
        pairs = pd.DataFrame({"control": self.controls.block, "replicate": self.replicate}).drop_duplicates()
        return bool(pairs["control"].duplicated().any())


_NOTHING = Shared()

# degrees of freedom for which the lanes' own variance counts beside that of replicates: of 1 to 12 that were tried on
# 400 drawn studies each, this holds 93 to 96.5 % whether three or six replicates differ or not
_LANES = 2.0


def dose_limits(problem: Problem) -> tuple[float, float]:
    """Range of ln doses in which intervals are looked for."""
    positive = problem.points.positive
    return float(np.log(positive[0])) - _FAR, float(np.log(positive[-1])) + _FAR


def _slope_limits(problem: Problem) -> tuple[float, float]:
    """Range of ln slopes: from a line over the whole range to a step between two doses."""
    ln_dose = np.log(problem.points.positive)
    span = max(float(ln_dose[-1] - ln_dose[0]), 1.0)
    gap = float(np.min(np.diff(ln_dose))) if len(ln_dose) > 1 else 1.0
    return float(np.log(0.1 / span)), float(np.log(300.0 / gap))


def _plateau_limits(problem: Problem, value: float) -> tuple[float, float]:
    response = problem.points.response
    reach = 100.0 * max(float(np.ptp(response)), 1e-12)
    return value - reach, value + reach


def _wald(value: float, se: float, fit: Weighted, level: float) -> tuple[float, float]:
    half = float(stats.t.ppf(0.5 + level / 2.0, fit.sureness)) * se
    return (value - half, value + half) if np.isfinite(half) else (-np.inf, np.inf)


def _step(se: float, fallback: float) -> float:
    """First step of a profile: about the half width of the interval."""
    return min(2.0 * se, _T_CAP * fallback) if np.isfinite(se) and se > 0 else fallback


def _named(name: str, sign: float) -> tuple[str, Callable[[float], float], bool]:
    """Name in the table, the way from the fitted scale to it, and whether that is a dose."""
    if name in ("top", "bottom"):
        return name, lambda value: value, False
    if name == "ln_slope":
        return "hill", lambda value: sign * float(np.exp(np.clip(value, -700.0, 700.0))), False
    dose = name == "ln_ic50"
    return name.removeprefix("ln_"), lambda value: float(np.exp(np.clip(value, -700.0, 700.0))), dose


def _limits(problem: Problem, name: str, value: float) -> tuple[float, float]:
    if name == "ln_ic50":
        return dose_limits(problem)
    if name == "ln_slope":
        return _slope_limits(problem)
    return _plateau_limits(problem, value) if name in ("top", "bottom") else (-5.0, 5.0)


def _opened(way: Callable[[float], float], end: float, logarithmic: bool, sign: float) -> float:
    """Bring an end of an interval to the table's scale; exp of −inf is 0."""
    if np.isfinite(end):
        return way(end)
    if not logarithmic:
        return end
    return 0.0 if end < 0 else sign * np.inf


def _make(
    name: str, at: float, se: float, ends: tuple[float, float], wald: tuple[float, float], sign: float
) -> Estimate:
    parameter, way, dose = _named(name, sign)
    logarithmic = name.startswith("ln_")
    flip = sign if name == "ln_slope" else 1.0
    value = way(at)
    low, high = sorted(_opened(way, end, logarithmic, flip) for end in ends)
    wald_low, wald_high = sorted(_opened(way, end, logarithmic, flip) for end in wald)
    error = abs(value) * se if logarithmic else se
    return Estimate(parameter, value, error, low, high, (wald_low, wald_high), dose)


def _judged(fit: Weighted, slope: Vector, controls: Controls | None) -> tuple[Weighted, float]:
    """Give a fit the variance and the degrees of freedom of one estimate.

    Also what a test with weights of its own, and with shifts for the minimum controls of blots, still lacks.
    """
    wider, own = widening(fit, slope, controls), precision(fit, slope)
    lacking = wider if controls is not None and controls.scattered else 1.0
    judged = replace(fit, variance=fit.variance * own.factor * wider**2, freedom=own.freedom)
    return judged, lacking * float(np.sqrt(own.inflation))


@dataclass(frozen=True)
class _Stretch:
    """Factors of an estimate's error and margins where replicates scatter, not lanes; below 1 where they agree."""

    error: float
    margin: float

    def ends(self, ends: tuple[float, float], at: float, limits: tuple[float, float]) -> tuple[float, float]:
        """Stretch both sides by one factor, so that a lopsided or open interval stays so; open beyond the limits."""
        if self.margin == 1.0:  # nothing to stretch: no limit is lost that the method itself gives
            return ends
        low, high = (at + (end - at) * self.margin for end in ends)
        return (low if low > limits[0] else -np.inf), (high if high < limits[1] else np.inf)


def _over_replicates(judged: Weighted, slope: Vector, shared: Shared, level: float, besides: float = 0.0) -> _Stretch:
    """Compare the scatter of replicates with the error of independent lanes; ``besides`` is a variance both have.

    The two variances are weighed by degrees of freedom, as Smyth 2004 (Stat Appl Genet Mol Biol 3:3, doi
    10.2202/1544-6115.1027) moderates those of few arrays.
    """
    found = scatter(judged, slope, shared.replicate)
    if found is None:
        return _Stretch(1.0, 1.0)
    fitted = judged.variance * float(slope @ covariance(judged.minimum, 1.0) @ slope)
    alone = fitted + besides
    if shared.across:  # the error of a control that replicates have in common does not show in their scatter
        besides += fitted * (1.0 - widening(judged, slope, shared.controls) ** -2)
    whole = found.variance + besides
    doubt = found.variance**2 / found.freedom + besides**2 / judged.sureness
    freedom = whole**2 / doubt if doubt > 0 else found.freedom  # Satterthwaite's
    # few replicates tell their scatter poorly: that of the lanes stands in with degrees of freedom of its own
    sure = min(_LANES, judged.sureness)
    moderated = (freedom * whole + sure * alone) / (freedom + sure)
    own, lanes = (float(stats.t.ppf(0.5 + level / 2.0, max(dof, 1.0))) for dof in (freedom + sure, judged.sureness))
    error = float(np.sqrt(moderated / alone))
    return _Stretch(error, error * own / lanes)


def estimate_parameters(fit: Weighted, options: Options, shared: Shared = _NOTHING) -> list[Estimate]:
    """Estimate the fitted parameters of a single curve.

    Doses, slope and asymmetry are estimated and bounded on the log scale; ``se`` is that of the logarithm times the
    value (delta method).

    Parameters
    ----------
    fit : Weighted
        The fit.
    options : Options
        Interval, level and convention of the standard error.
    shared : Shared
        Errors that points share.
    """
    problem, found = fit.problem, []
    sign = sign_of(problem.curves(fit.parameters)[0])
    spread = np.sqrt(np.maximum(np.diag(parameter_covariance(fit, options.se)), 0.0))
    for name in PARAMETERS:
        place = int(problem.layout[0, PARAMETERS.index(name)])
        if place < 0:
            continue
        slope = np.eye(problem.size)[place]
        whole, wider = _judged(fit, slope, shared.controls)
        grown = float(np.sqrt(whole.variance / fit.variance)) if fit.variance > 0 else 1.0
        at, se, limits = (
            float(fit.parameters[place]),
            float(spread[place]) * grown,
            _limits(problem, name, float(fit.parameters[place])),
        )
        wald = _wald(at, se, whole, options.level)
        ends = wald
        if options.interval == "profile":
            fallback = 0.5 if name.startswith("ln_") else 0.2 * float(np.ptp(problem.points.response))
            ends = profile_parameter(whole, place, _step(se, fallback), limits, options.level)
            if name == "ln_ic50" and options.weights == "error":
                ends = follow_weights(
                    whole, options.weights, place, ends, limits, options.level, controls=shared.controls, wider=wider
                )
        stretch = _over_replicates(whole, slope, shared, options.level)
        ends, wald = (stretch.ends(one, at, limits) for one in (ends, wald))
        found.append(_make(name, at, se * stretch.error, ends, wald, sign))
    return found


def absolute_level(half: float, curve: Vector) -> Level:
    """Response of the absolute IC50: half-way between the measured controls, or half the upper plateau without them.

    Parameters
    ----------
    half : float
        Response half-way between the controls; NaN without them.
    curve : ndarray of shape (5,)
        Parameters of the curve.
    """
    if np.isfinite(half):
        return Level(0.0, 0.0, half)
    return Level(0.5, 0.0) if sign_of(curve) > 0 else Level(0.0, 0.5)


def crossing(problem: Problem, fitted: Vector, target: Level) -> float:
    """Natural logarithm of the dose at which the only curve crosses a response; NaN when it never does."""
    parameters = problem.curves(fitted)[0]
    span = parameters[0] - parameters[1]
    if span == 0:
        return float("nan")
    share = float((target.value(parameters) - parameters[1]) / span)
    return ln_dose_at(problem.model, share, parameters, problem.rising)


def _slopes(problem: Problem, fitted: Vector, ln_dose: float) -> tuple[float, Vector]:
    """Differentiate the only curve at a ln dose: by the ln dose, and (P,) by the fitted values."""
    curve, own = problem.curves(fitted)[0], problem.layout[0]
    by = evaluate(problem.model, np.array([ln_dose]), curve, problem.rising)[1][0]
    slope = np.zeros(problem.size)
    slope[own[own >= 0]] = by[own >= 0]
    return -float(by[2]), slope


def with_error(fit: Weighted, target: Level, ln_dose: float, lanes: ControlLanes | None) -> Level:
    """Give the response of the absolute IC50 the error of the measured control, see `halfway_error`.

    Parameters
    ----------
    fit : Weighted
        Fit of one curve.
    target : Level
        The response; a share of the fitted plateaus has no error of its own.
    ln_dose : float
        Where the curve crosses it.
    lanes : ControlLanes, optional
        Lanes of the maximum control.
    """
    slope = _slopes(fit.problem, fit.parameters, ln_dose)[1]
    sure = replace(fit, variance=fit.variance * precision(fit, slope).factor)
    return replace(target, error=halfway_error(sure, slope, target.constant, lanes))


def _dose(fit: Weighted, options: Options, name: str, target: Level, shared: Shared) -> Estimate:
    at = crossing(fit.problem, fit.parameters, target)
    low, high = dose_limits(fit.problem)
    if not low <= at <= high:
        return Estimate(name, np.nan, np.nan, 0.0, np.inf, (0.0, np.inf), True)

    def ln_dose(fitted: Vector) -> Vector:
        return np.array([crossing(fit.problem, fitted, target)])

    slope = numeric_jacobian(ln_dose, fit.parameters)[0]
    target = with_error(fit, target, at, shared.lanes)
    fit = _judged(fit, slope, shared.controls)[0]
    spread = parameter_covariance(fit, options.se)
    se = float(np.sqrt(max(slope @ spread @ slope, 0.0))) if np.all(np.isfinite(spread)) else np.inf
    control = target.error / _slopes(fit.problem, fit.parameters, at)[0] if target.error > 0 else 0.0
    se = float(np.hypot(se, control))
    wald = _wald(at, se, fit, options.level)
    ends = wald
    if options.interval == "profile":
        ends = profile_crossing(fit, target, at, _step(se, 0.5), (low, high), options.level)
    stretch = _over_replicates(fit, slope, shared, options.level, control**2)
    ends, wald = (stretch.ends(one, at, (low, high)) for one in (ends, wald))
    made = _make("ln_ic50", at, se * stretch.error, ends, wald, 1.0)
    return Estimate(name, made.value, made.se, made.low, made.high, made.wald, True)


def estimate_doses(fit: Weighted, options: Options, half: float, shared: Shared = _NOTHING) -> list[Estimate]:
    """Read ic10, ic90 and the absolute IC50 off a single curve.

    Parameters
    ----------
    fit : Weighted
        The fit.
    options : Options
        Interval, level and convention of the standard error.
    half : float
        Response half-way between the controls; NaN without them.
    shared : Shared
        Errors that points share.

    Returns
    -------
    list of Estimate
        NaN with an open interval where the curve does not reach the response within 10⁴ times the doses tested.
    """
    targets = {
        "ic10": Level(0.9, 0.1),
        "ic90": Level(0.1, 0.9),
        "ic50_absolute": absolute_level(half, fit.problem.curves(fit.parameters)[0]),
    }
    return [_dose(fit, options, name, target, shared) for name, target in targets.items()]
