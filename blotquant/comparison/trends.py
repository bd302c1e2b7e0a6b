"""Linear trend over the logarithm of the dose."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from scipy import stats

from ..least_squares import Vector
from ..tables import TREND
from .links import Models
from .preparing import Family
from .testing import Fitted

__all__ = ["trend_rows"]

_FEWEST_DOSES = 3


def _contrast(fitted: Fitted, codes: list[int]) -> Vector:
    """Weights that give the slope over log10 dose from the group means."""
    x = np.log10([fitted.family.groups[code].keys["dose"] for code in codes])
    away = x - np.mean(x)
    out = np.zeros(len(fitted.family.groups))
    out[codes] = away / np.sum(away**2)
    return out


def trend_rows(family: Family, codes: Sequence[int], models: Models, level: float, few: int) -> list[dict[str, Any]]:
    """Test the linear trend of each treatment with three doses or more, from the fitted group means.

    The slope is a contrast of the means with the spread of the whole family, so that a bend in the curve does not
    count as noise. Treatments with values below LOQ have none, nor have those whose doses lie on membranes that nothing
    links.
    slope = Σ (x − x̄) mean / Σ (x − x̄)², x = log10 dose; assumes the errors of the model that was fitted.

    Parameters
    ----------
    family : Family
        All values.
    codes : sequence of int
        Groups of one stimulus.
    models : Models
        Their models.
    level : float
        Confidence level.
    few : int
        Fewer replicates than this give no p value.

    Returns
    -------
    list of dict
        Rows of the tests table; ``effect`` is the fold for ten times the dose.

    References
    ----------
    Tukey, Ciminera & Heyse 1985, Biometrics 41:295, doi 10.2307/2530666 (trend over the logarithm of the dose).
    """
    dosed: dict[tuple[str, str], list[int]] = {}
    for code in codes:
        group = family.groups[code]
        if group.keys["dose"] > 0 and not np.any(family.censored[family.group == code]):
            dosed.setdefault((group.keys["treatment"], group.keys["dose_unit"]), []).append(code)
    rows = []
    for own in dosed.values():
        linked = models.of(own) if len(own) >= _FEWEST_DOSES else None
        if linked is not None:
            rows.append(_row(linked.fitted, [linked.place[code] for code in own], level, few))
    return [row for row in rows if row]


def _row(fitted: Fitted, codes: list[int], level: float, few: int) -> dict[str, Any]:
    if fitted.censored is not None:
        return {}
    family = fitted.family
    slope, error, dof = fitted.linear.compare(_contrast(fitted, codes))
    if not (dof >= 1 and error > 0):
        return {}
    n = min(family.count(code) for code in codes)
    half = float(stats.t.ppf(0.5 + level / 2.0, dof)) * error
    p = 2.0 * float(stats.t.sf(abs(slope / error), dof)) if n >= few else np.nan
    first = family.groups[codes[0]]
    notes = [] if n >= few else [f"n = {n}: no p value below {few} biological replicates; repeat the experiment"]
    notes.append(f"fold for ten times the dose, over {len(codes)} doses")
    return {
        **family.keys,
        **first.keys,
        "dose": np.nan,
        "versus": "a tenth of the dose",
        "method": f"{TREND} on ln {family.what} over log dose, {fitted.words}",
        "n": n,
        "n_versus": n,
        "effect": float(np.exp(slope)),
        "ci_low": float(np.exp(slope - half)),
        "ci_high": float(np.exp(slope + half)),
        "statistic": slope / error,
        "dof": dof,
        "p": p,
        "p_adjusted": p,
        "note": "; ".join([*notes, *family.notes]),
    }
