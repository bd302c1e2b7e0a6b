"""Families of comparisons: all groups of one stimulus against the vehicle, a trend, and the assay's window."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from scipy import stats

from ..conditions import DOSE, FAMILY, codes, label
from ..least_squares import Vector
from .linear import Fit, fit_groups
from .multiplicity import critical_value, dunnett_p, holm

__all__ = ["Family", "compare_all", "trend"]

Row = dict[str, Any]
_WORDS = {"blocks": "blocked by replicate", "random blocks": "replicates as random blocks", "no blocks": "unpaired"}


@dataclass(frozen=True)
class Family:
    """Values that are compared with one another.

    Parameters
    ----------
    groups : DataFrame
        One row a group, the control first: the condition's columns, ``name``, ``n``, ``below`` (all values censored).
    values : DataFrame
        One row a group × replicate with ``group`` (number), ``ln_value``, ``censored``, ``replicate``.
    level : float
        Confidence level.
    least : int
        Fewest biological replicates that give a p value.
    """

    groups: pd.DataFrame
    values: pd.DataFrame
    level: float
    least: int

    @classmethod
    def of(cls, values: pd.DataFrame, control: str, level: float, least: int) -> Family:
        """Put values into numbered groups; those of the boolean column ``control`` come first."""
        mine = values.sort_values([control, "treatment", "dose"], ascending=[False, True, True], kind="stable")
        number = codes(mine, [*DOSE, control])
        order = list(dict.fromkeys(number))
        mine = mine.assign(group=[order.index(one) for one in number])
        groups = pd.DataFrame([_group(part) for _, part in mine.groupby("group", sort=True)])
        return cls(groups, mine, level, least)

    def fit(self) -> Fit:
        """Fit all groups together."""
        group = self.values["group"].to_numpy(np.int64)
        return fit_groups(
            self.values["ln_value"].to_numpy(float),
            _censored_where_it_can_be(self.values["censored"].to_numpy(bool), group),
            group,
            codes(self.values, ["replicate"]),
        )


def _censored_where_it_can_be(censored: np.ndarray, group: np.ndarray) -> np.ndarray:
    """Let a group that lies wholly below enter at its limit, since it has no finite level; its effect is a bound."""
    whole = np.array([censored[group == one].all() for one in range(int(group.max()) + 1)])
    return np.asarray(censored & ~whole[group], dtype=bool)


def _group(part: pd.DataFrame) -> Row:
    first = part.iloc[0]
    return {
        **{column: first[column] for column in (*FAMILY, *DOSE)},
        "name": label(first.to_dict()),
        "n": int(part["replicate"].nunique()),
        "below": bool(part["censored"].all()),
        "some_below": bool(part["censored"].any()),
    }


def _note(groups: pd.DataFrame, a: int, b: int, least: int) -> str:
    one, other = groups.iloc[a], groups.iloc[b]
    notes = []
    if min(one["n"], other["n"]) < least:
        notes.append(f"no p value below {least} biological replicates")
    if one["below"]:
        notes.append("all values below the limit of quantification: the effect is at most this")
    elif one["some_below"] or other["some_below"]:
        notes.append("values below the limit of quantification taken as censored")
    return "; ".join(notes)


def _row(family: Family, pair: tuple[int, int], numbers: Row) -> Row:
    a, b = pair
    one, other = family.groups.iloc[a], family.groups.iloc[b]
    row = {
        **{column: one[column] for column in (*FAMILY, *DOSE)},
        "versus": other["name"],
        "n": one["n"],
        "n_versus": other["n"],
        "note": _note(family.groups, a, b, family.least),
        **numbers,
    }
    if min(one["n"], other["n"]) < family.least or not np.isfinite(numbers["statistic"]):
        row |= dict.fromkeys(("ci_low", "ci_high", "statistic", "p", "p_adjusted"), np.nan)
    return row


def _differences(fit: Fit, pairs: list[tuple[int, int]]) -> tuple[Vector, Vector, Vector]:
    """Differences of means, their standard errors, and the correlation between them."""
    contrast = np.zeros((len(pairs), len(fit.mean)))
    for i, (a, b) in enumerate(pairs):
        contrast[i, a], contrast[i, b] = 1.0, -1.0
    covariance = contrast @ fit.covariance @ contrast.T
    se = np.sqrt(np.maximum(np.diag(covariance), 0.0))
    safe = np.where(se > 0, se, 1.0)
    return contrast @ fit.mean, se, covariance / np.outer(safe, safe)


def compare_all(family: Family, method: str) -> list[Row]:
    """Compare every group with the control, or all pairs for Tukey."""
    k = len(family.groups)
    pairs = [(i, 0) for i in range(1, k)]
    if method == "tukey":
        pairs = [(j, i) for i in range(k) for j in range(i + 1, k)]
    if not pairs:
        return []
    fit = family.fit()
    difference, se, correlation = _differences(fit, pairs)
    usable = bool(fit.dof > 0 and np.isfinite(fit.sigma) and np.all(se > 0))
    t = difference / se if usable else np.full(len(pairs), np.nan)
    kind = method if method != "auto" else "t" if len(pairs) == 1 else "dunnett"
    p, adjusted, reach, words = _adjusted(kind, t, correlation, fit.dof, family.level, k)
    words = f"{words} on logarithms, {_WORDS[fit.kind]}"
    return [
        _row(
            family, pair, _numbers(difference[i], se[i], t[i], reach, fit.dof, (p[i], adjusted[i])) | {"method": words}
        )
        for i, pair in enumerate(pairs)
    ]


def _numbers(log_effect: float, se: float, t: float, reach: float, dof: float, p: tuple[float, float]) -> Row:
    """Bring a difference of logarithms back to a fold, with its interval."""
    fold, low, high = np.exp([log_effect, log_effect - reach * se, log_effect + reach * se]).tolist()
    numbers = {"effect": fold, "ci_low": low, "ci_high": high, "statistic": float(t), "dof": dof}
    return {**numbers, "p": float(p[0]), "p_adjusted": float(p[1])}


def _adjusted(
    kind: str, t: Vector, correlation: Vector, dof: float, level: float, k: int
) -> tuple[Vector, Vector, float, str]:
    """Single and adjusted p values, the half width of intervals in standard errors, and the method's name."""
    if not np.all(np.isfinite(t)):
        nothing = np.full(len(t), np.nan)
        return nothing, nothing, np.nan, "no test (no residual degrees of freedom)"
    p = np.asarray(2.0 * stats.t.sf(np.abs(t), dof))
    if kind == "tukey":
        root = np.sqrt(2.0)
        adjusted = np.asarray(stats.studentized_range.sf(np.abs(t) * root, k, dof))
        return p, adjusted, float(stats.studentized_range.ppf(level, k, dof) / root), "Tukey"
    if kind == "holm":
        reach = float(stats.t.ppf(1.0 - (1.0 - level) / (2.0 * len(t)), dof))
        return p, holm(p), reach, "Holm (intervals by Bonferroni)"
    reach = critical_value(correlation, dof, level)
    if kind == "t":
        return p, p, reach, "paired t"
    return p, dunnett_p(t, correlation, dof), reach, "Dunnett"


def trend(family: Family) -> list[Row]:
    """Fit a linear trend in log dose of each treatment with three doses; the effect is the fold for tenfold dose."""
    rows: list[Row] = []
    groups = family.groups
    for treatment in dict.fromkeys(groups["treatment"]):
        chosen = np.flatnonzero((groups["treatment"] == treatment) & (groups["dose"] > 0))
        if len(chosen) < 3:
            continue
        fit = family.fit()
        x = np.log10(groups["dose"].to_numpy(float)[chosen])
        contrast = np.zeros(len(groups))
        contrast[chosen] = (x - x.mean()) / np.sum((x - x.mean()) ** 2)
        slope, se = float(contrast @ fit.mean), float(np.sqrt(contrast @ fit.covariance @ contrast))
        t = np.array([slope / se if fit.dof > 0 and se > 0 else np.nan])
        p, adjusted, reach, _ = _adjusted("t", t, np.ones((1, 1)), fit.dof, family.level, 2)
        fewest = int(chosen[np.argmin(groups["n"].to_numpy()[chosen])])
        numbers = _numbers(slope, se, t[0], reach, fit.dof, (p[0], adjusted[0]))
        words = {
            "dose": np.nan,
            "versus": "a tenth of the dose",
            "method": f"linear trend in log dose, {_WORDS[fit.kind]}",
        }
        rows.append(_row(family, (fewest, fewest), numbers | words))
    return rows
