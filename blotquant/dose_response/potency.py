"""What may be said of an IC50: a number, or only the side on which it lies."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from .curve_fit import Checks, Options
from .estimates import Estimate, absolute_level, crossing, dose_limits, with_error
from .halfway import ControlLanes
from .models import sign_of
from .profile import least_crossing
from .weighting import Weighted

__all__ = ["Potency", "in_words", "judge", "sebaugh_notes"]

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


def in_words(value: float, unit: str = "") -> str:
    """Write a number with three digits and without a power of ten where people would not write one.

    Examples
    --------
    >>> in_words(1000.0, "nM")
    '1000 nM'
    """
    return f"{float(f'{value:.3g}'):g} {unit}".strip()


def _left_at_highest(fit: Weighted, half: float) -> bool:
    """Tell whether the fitted curve falls and is still above half of the activity at the highest dose."""
    problem = fit.problem
    curve = problem.curves(fit.parameters)[0]
    if sign_of(curve) < 0:
        return False
    highest = float(np.log(problem.points.positive[-1]))
    level = absolute_level(half, curve)
    at = crossing(problem, fit.parameters, level)
    if np.isfinite(at):
        return at > highest
    return bool(level.value(curve) < max(curve[0], curve[1]))


def _beyond(
    fit: Weighted, half: float, unit: str, level: float, absolute: Estimate, why: str, lanes: ControlLanes | None
) -> Potency:
    """Give the lower side when activity lasts to the highest dose: where it could fall to half."""
    highest = float(fit.problem.points.positive[-1])
    limits = dose_limits(fit.problem)
    curve = fit.problem.curves(fit.parameters)[0]
    side = absolute.low
    if np.isnan(absolute.value):
        target = with_error(fit, absolute_level(half, curve), limits[1], lanes)
        low = least_crossing(fit, target, limits[1], limits[0], level)
        side = float(np.exp(low)) if np.isfinite(low) else (0.0 if low == -np.inf else highest)
    return Potency(np.nan, side, np.inf, f"> {in_words(highest, unit)} ({why})")


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
    reaches beyond the highest dose while more than half of the activity is left there, or when its interval is open on
    both sides. One open side is said in the note.

    Parameters
    ----------
    fit : Weighted
        Fit of one curve.
    checks : Checks
        Comparison with the horizontal line.
    ic50 : Estimate
        Relative or absolute IC50 with its interval.
    absolute : Estimate
        Absolute IC50: its lower side is what is known when more than half of the activity is left.
    options : Options
        For the confidence level.
    half : float
        Response half-way between the controls; NaN without them.
    unit : str
        Unit of the doses.
    lanes : ControlLanes, optional
        Lanes of the maximum control: their error is in the level that is crossed.
    """
    positive = fit.problem.points.positive
    lowest, highest = float(positive[0]), float(positive[-1])
    falls = sign_of(fit.problem.curves(fit.parameters)[0]) > 0
    if checks.flat:
        why = "no effect: a horizontal line explains the points as well"
        return _beyond(fit, half, unit, options.level, absolute, why, lanes)
    # without controls, half of the top means little for a signal with an unknown zero: then only an open end counts
    unreached = _left_at_highest(fit, half) and (np.isfinite(half) or np.isinf(ic50.high))
    if falls and unreached and not ic50.high <= highest:
        why = "more than half of the activity is left at the highest dose"
        return _beyond(fit, half, unit, options.level, absolute, why, lanes)
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
    than half of the activity (predicted). The zero dose counts as one.

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
        reach = np.log(_BEND) / np.exp(curve[3])
        sides = (
            (ln_dose < curve[2] - reach, "on the plateau at low doses"),
            (ln_dose > curve[2] + reach, "on the plateau at high doses"),
        )
    return [f"fewer than two doses {words}: add some there" for mask, words in sides if int(np.sum(mask)) < 2]
