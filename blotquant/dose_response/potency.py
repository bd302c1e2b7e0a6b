"""What may be said of an IC50: a number, or only the side on which it lies."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from ..units import in_words
from .curve_fit import Checks, Options
from .estimates import Estimate, absolute_level, crossing, dose_limits, with_error
from .halfway import ControlLanes
from .models import LN_IC50, LN_SLOPE, sign_of
from .profile import nearest_crossing
from .weighting import Weighted

__all__ = ["Potency", "judge", "sebaugh_notes"]

_BEND = 4.6805  # responses at k/(1+k) and 1/(1+k) of the span bound the curve's linear part


@dataclass(frozen=True)
class Potency:
    """An IC50 as it may be reported.

    Parameters
    ----------
    value : float
        Dose; NaN when undetermined.
    low, high : float
        Interval; the known side is kept when undetermined.
    note : str
        Why it is undetermined, or what to mind.
    """

    value: float
    low: float
    high: float
    note: str


def _side_of_half(fit: Weighted, half: float) -> int:
    """Where a falling curve crosses half of the activity: 1 above the doses, −1 below, 0 among them; 0 if it rises."""
    problem = fit.problem
    curve = problem.curves(fit.parameters)[0]
    if sign_of(curve) < 0:
        return 0
    level = absolute_level(half, curve)
    at = crossing(problem, fit.parameters, level)
    if np.isnan(at):
        at = np.inf if level.value(curve) < max(curve[0], curve[1]) else -np.inf
    lowest, highest = np.log(problem.points.positive[[0, -1]])
    return int(at > highest) - int(at < lowest)


def _outside(
    fit: Weighted, half: float, unit: str, level: float, absolute: Estimate, lanes: ControlLanes | None, way: int
) -> Potency:
    """Give the side that is known of an IC50 above (`way` 1) or below the doses: where activity could cross half."""
    (low, high), doses = dose_limits(fit.problem), fit.problem.points.positive
    # from below no farther than the highest dose: beyond it a line could rise through half again
    far, limit, end = (high, low, doses[-1]) if way > 0 else (low, float(np.log(doses[-1])), doses[0])
    side, unknown = (absolute.low, 0.0) if way > 0 else (absolute.high, np.inf)
    if np.isnan(absolute.value):
        curve = fit.problem.curves(fit.parameters)[0]
        target = with_error(fit, absolute_level(half, curve), far, lanes)
        found = np.nan if fit.is_exact(fit.minimum.rss) else nearest_crossing(fit, target, far, limit, level)
        side = float(end) if np.isnan(found) else (unknown if np.isinf(found) else float(np.exp(found)))
    low, high = (side, np.inf) if way > 0 else (0.0, side)
    return Potency(np.nan, low, high, f"{'>' if way > 0 else '<'} {in_words(float(end), unit)}")


def _flat(fit: Weighted, mean: float, half: float) -> tuple[int, str]:
    """On which side of the doses an IC50 lies where a horizontal line explains the points, and why; 0 if none tells."""
    why = "a horizontal line explains the points as well"
    if np.any(fit.problem.points.dose == 0) or mean >= half:
        return 1, f"no effect: {why}"
    if mean < half:
        return -1, f"less than half of the activity is left at every dose: {why}"
    return 0, f"{why}, and neither a control nor a zero dose tells how much activity that is"


def judge(
    fit: Weighted,
    checks: Checks,
    ic50: Estimate,
    absolute: Estimate,
    options: Options,
    half: float,
    unit: str,
    lanes: ControlLanes | None = None,
) -> Potency:
    """Decide whether an IC50 is determined.

    It is not when a horizontal line explains the data as well, when it lies above the highest dose, when its interval
    reaches beyond the highest dose while more than half of the activity is left there, when it has no lower end while
    less than half is left at the lowest dose, or when its interval is open on both sides. One open side is said in the
    note.

    Parameters
    ----------
    fit : Weighted
        Fit of one curve.
    checks : Checks
        Comparison with the horizontal line.
    ic50 : Estimate
        Relative or absolute IC50 with its interval.
    absolute : Estimate
        Absolute IC50: where it crosses half of the activity is what is known when no dose does.
    options : Options
        For the confidence level.
    half : float
        Response half-way between the controls; NaN without them.
    unit : str
        Unit of the doses.
    lanes : ControlLanes, optional
        Lanes of the maximum control: their error is in the level that is crossed.
    """
    lowest, highest = (float(dose) for dose in fit.problem.points.positive[[0, -1]])

    def outside(way: int, why: str) -> Potency:
        if not way:
            return Potency(np.nan, 0.0, np.inf, f"undetermined: {why}")
        said = _outside(fit, half, unit, options.level, absolute, lanes, way)
        return replace(said, note=f"{said.note} ({why})")

    if checks.flat:
        return outside(*_flat(fit, checks.mean, half))
    side = _side_of_half(fit, half)
    # without controls, half of the top means little for a signal with an unknown zero: then only an open end counts
    if side > 0 and (np.isfinite(half) or np.isinf(ic50.high)) and not ic50.high <= highest:
        return outside(side, "more than half of the activity is left at the highest dose")
    nowhere = np.isnan(ic50.value) or np.log(ic50.value) < dose_limits(fit.problem)[0]
    if side < 0 and (nowhere or ic50.low == 0):
        said = outside(side, "less than half of the activity is left at the lowest dose")
        return replace(said, high=ic50.high) if np.isfinite(ic50.high) else said
    if np.isnan(ic50.value) or ic50.value > highest:
        words = "the curve never crosses it" if np.isnan(ic50.value) else "the fitted dose lies beyond the highest"
        return Potency(np.nan, ic50.low, np.inf, f"> {in_words(highest, unit)} ({words})")
    if ic50.low == 0 and np.isinf(ic50.high):
        return Potency(np.nan, 0.0, np.inf, "undetermined: the data bound it on neither side; add doses or replicates")
    notes = ["no upper limit: add higher doses"] if np.isinf(ic50.high) else []
    notes += ["no lower limit: add lower doses"] if ic50.low == 0 else []
    notes += ["below the lowest dose: add lower doses"] if ic50.value < lowest else []
    return Potency(ic50.value, ic50.low, ic50.high, "; ".join(notes))


def sebaugh_notes(fit: Weighted, kind: str, half: float) -> list[str]:
    """Say where the doses do not meet Sebaugh's rules for reporting an IC50.

    Relative: two doses or more beyond each bend point. Absolute: two or more with more, and two or more with less
    than half of the activity (predicted). The zero dose counts as one. Assumes the fitted curve:
    bend points and halves are read off it.

    Parameters
    ----------
    fit : Weighted
        Fit of one curve.
    kind : {"relative", "absolute"}
        Which IC50.
    half : float
        Response half-way between the controls; NaN without them.

    References
    ----------
    Sebaugh 2011, Pharm Stat 10:128, doi 10.1002/pst.426; bend points: Sebaugh & McCray 2003, Pharm Stat 2:167,
    doi 10.1002/pst.62.
    """
    problem = fit.problem
    curve = problem.curves(fit.parameters)[0]
    doses = np.unique(problem.points.dose)
    ln_dose = np.where(doses > 0, np.log(np.maximum(doses, 1e-300)), -np.inf)
    if kind == "absolute":
        at = crossing(problem, fit.parameters, absolute_level(half, curve))
        sides = (
            (ln_dose < at, "with more than half of the activity"),
            (ln_dose > at, "with less than half of the activity"),
        )
    else:
        reach = np.log(_BEND) / np.exp(curve[LN_SLOPE])
        sides = (
            (ln_dose < curve[LN_IC50] - reach, "on the plateau at low doses"),
            (ln_dose > curve[LN_IC50] + reach, "on the plateau at high doses"),
        )
    return [f"fewer than two doses {words}: add some there" for mask, words in sides if int(np.sum(mask)) < 2]
