"""summarise(): replicates of a treatment × dose as one row, with the interval of their geometric mean."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd
from scipy import stats

from .flags import Flag, encode, merge
from .tables import check

__all__ = ["replicate_means", "summarise"]

_KEYS = ["target", "site", "quantity", "stimulus", "treatment", "dose", "dose_unit"]
_LEFT_OUT = ("ladder", "standard", "empty", "skip")


def summarise(folds: pd.DataFrame, *, group_by: Sequence[str] = (), level: float = 0.95) -> pd.DataFrame:
    """Summarise folds (ratios where there is no reference) by treatment and dose.

    Technical repeats are averaged first, so n counts biological replicates. The interval belongs to the geometric mean:
    t interval of the logarithms with n − 1 degrees of freedom.

    Assumes that the spread between replicates is log-normal (Kreutz et al. 2007, doi:10.1093/bioinformatics/btm397).

    Parameters
    ----------
    folds : DataFrame
        Folds table; ladders, standards, empty, skipped and excluded lanes are left out.
    group_by : sequence of str
        Further columns that separate groups.
    level : float
        Confidence level.

    Returns
    -------
    DataFrame
        Groups table, one row for each target × site × quantity × stimulus × treatment × dose, in order of dose.
    """
    keys = [*_KEYS, *group_by]
    rows = []
    for values, part in _counted(folds).groupby(keys, sort=True, dropna=False):
        named = dict(zip(keys, values, strict=True))
        rows.append({**named, **_group(replicate_means(part), part, level)})
    return check(pd.DataFrame(rows, columns=[*keys, *_COLUMNS]), "groups")


_COLUMNS = [
    "n",
    "n_technical",
    "mean",
    "sd",
    "sem",
    "geometric_mean",
    "ci_low",
    "ci_high",
    "percent_inhibition",
    "flags",
]


def _counted(folds: pd.DataFrame) -> pd.DataFrame:
    """Rows that count, with ``value``: the fold where the series has a reference, the ratio otherwise."""
    rows = folds[~folds["role"].isin(_LEFT_OUT)]
    has_fold = rows.groupby(["target", "site", "quantity"])["fold"].transform(lambda fold: fold.notna().any())
    return rows.assign(value=rows["fold"].where(has_fold.astype(bool), rows["ratio"]))


def replicate_means(part: pd.DataFrame) -> pd.DataFrame:
    """Average technical repeats: on the log scale where all are positive, else arithmetically.

    Parameters
    ----------
    part : DataFrame
        Rows of one condition with ``replicate``, ``value`` and ``percent_inhibition``.

    Returns
    -------
    DataFrame
        One row for each replicate that has a value: ``value`` and ``percent_inhibition``.
    """
    known = part[part["value"].notna()]
    return known.groupby("replicate", sort=True).agg(
        value=("value", lambda v: float(np.exp(np.log(v).mean())) if (v > 0).all() else float(v.mean())),
        percent_inhibition=("percent_inhibition", "mean"),
    )


def _group(means: pd.DataFrame, part: pd.DataFrame, level: float) -> dict[str, object]:
    value, n = means["value"].to_numpy(float), len(means)
    flags = merge(part["flags"])
    sd = float(value.std(ddof=1)) if n > 1 else np.nan
    geometric, low, high = _geometric(value, level)
    if n and np.any(value <= 0):
        flags = merge([flags, encode(Flag.NON_POSITIVE)])
    inhibition = means["percent_inhibition"]
    return {
        "n": n,
        "n_technical": int(part["value"].notna().sum()),
        "mean": float(value.mean()) if n else np.nan,
        "sd": sd,
        "sem": sd / np.sqrt(n) if n > 1 else np.nan,
        "geometric_mean": geometric,
        "ci_low": low,
        "ci_high": high,
        "percent_inhibition": float(inhibition.mean()) if inhibition.notna().any() else np.nan,
        "flags": flags,
    }


def _geometric(value: np.ndarray, level: float) -> tuple[float, float, float]:
    """Geometric mean and its t interval; NaN when a value has no logarithm or there is only one."""
    n = len(value)
    if n == 0 or np.any(value <= 0):
        return np.nan, np.nan, np.nan
    logs = np.log(value)
    centre = float(logs.mean())
    if n == 1:
        return float(np.exp(centre)), np.nan, np.nan
    half = float(stats.t.ppf(0.5 + level / 2.0, n - 1) * logs.std(ddof=1) / np.sqrt(n))
    return float(np.exp(centre)), float(np.exp(centre - half)), float(np.exp(centre + half))
