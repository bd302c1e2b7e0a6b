"""summarise(): the replicates of a treatment × dose as one row, with the interval of their geometric mean."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import pandas as pd
from scipy import stats

from . import tables
from .conditions import DOSE, FAMILY, average_repeats, check_group_by, complete, valued
from .flags import Flag, encode, merge
from .least_squares import Vector

__all__ = ["geometric_interval", "summarise"]

_DIGITS = 9  # of a percent that are kept: what lies below is rounding, as of lanes that are 100 % on average
_MEASURES = ["n", "n_technical", "mean", "sd", "sem", "geometric_mean", "ci_low", "ci_high", "percent_inhibition"]


def geometric_interval(values: Vector, level: float) -> tuple[float, float, float]:
    """Geometric mean with the t interval of the logarithms.

    exp(mean of logarithms ± t(n − 1) · SD / √n); assumes log-normal values of independent replicates.

    Parameters
    ----------
    values : ndarray of shape (n,)
        One value for each biological replicate.
    level : float
        Confidence level.

    Returns
    -------
    (float, float, float)
        Mean, lower and upper limit; NaN where a value has no logarithm, limits NaN below two values.

    References
    ----------
    Kreutz et al. 2007, Bioinformatics 23:2747, doi 10.1093/bioinformatics/btm397 (errors of blots are log-normal).
    """
    count = len(values)
    if count == 0 or np.any(values <= 0):
        return np.nan, np.nan, np.nan
    logs = np.log(values)
    centre = float(np.mean(logs))
    if count == 1:
        return float(np.exp(centre)), np.nan, np.nan
    half = float(stats.t.ppf(0.5 + level / 2.0, count - 1) * np.std(logs, ddof=1) / np.sqrt(count))
    return float(np.exp(centre)), float(np.exp(centre - half)), float(np.exp(centre + half))


def _row(group: pd.DataFrame, level: float, few: int) -> dict[str, Any]:
    """Figures of one group from the mean of each of its replicates."""
    there = group[group["value"].notna()]
    values = there["value"].to_numpy(dtype=np.float64)
    count = len(values)
    centre, low, high = geometric_interval(values, level)
    sd = float(np.std(values, ddof=1)) if count > 1 else np.nan
    inhibition = there["percent_inhibition"].dropna()
    doubts = [encode(Flag.NON_POSITIVE)] if np.any(values <= 0) else []
    doubts += [encode(Flag.FEW_REPLICATES)] if count < few else []
    return {
        "n": count,
        "n_technical": int(group["lanes"].sum()),
        "mean": float(np.mean(values)) if count else np.nan,
        "sd": sd,
        "sem": sd / np.sqrt(count) if count > 1 else np.nan,
        "geometric_mean": centre,
        "ci_low": low,
        "ci_high": high,
        "percent_inhibition": round(float(inhibition.mean()), _DIGITS) + 0.0 if len(inhibition) else np.nan,
        "flags": merge([*group["flags"], *doubts]),
    }


def summarise(
    folds: pd.DataFrame, *, group_by: Sequence[str] = (), level: float = 0.95, min_replicates: int = 3
) -> pd.DataFrame:
    """Summarise folds by treatment and dose; ratios where there is no reference, nothing where all are lost.

    Repeats of one biological replicate are averaged first (on the log scale; arithmetically where one is zero or
    less), so ``n`` counts biological replicates. The interval belongs to the geometric mean. Assumes that the spread
    between replicates is log-normal.

    Parameters
    ----------
    folds : DataFrame
        Folds table; ladder, empty, skipped, standard, calibrator and excluded lanes are left out; not changed.
    group_by : sequence of str
        Further columns that part groups.
    level : float
        Confidence level.
    min_replicates : int
        Groups of fewer biological replicates are flagged ``few_replicates``; tests give no p value for them.

    Returns
    -------
    DataFrame
        Groups table, one row for each target × site × quantity × stimulus × treatment × dose × ``group_by``; the
        reference of a stimulus stands first, then treatments by name and dose.

    Raises
    ------
    TableError
        A column of ``group_by`` does not exist.

    References
    ----------
    Vaux, Fidler & Cumming 2012, EMBO Rep 13:291, doi 10.1038/embor.2012.36 (replicates and repeats).
    """
    table = complete(folds, "folds")
    check_group_by(table, group_by)
    keys = [*FAMILY, *DOSE, *group_by]
    lanes = valued(table if "is_reference" in folds else table.assign(is_reference=False))
    means = average_repeats(lanes, [*keys, "replicate"], ["value"])
    inhibition = lanes.groupby([*keys, "replicate"], dropna=False, sort=True)["percent_inhibition"].mean()
    means["percent_inhibition"] = inhibition.to_numpy()
    order = [*FAMILY, "stimulus", "behind", "treatment", "dose", "dose_unit", *group_by]
    means["behind"] = ~means.groupby(keys, dropna=False)["is_reference"].transform("any").astype(bool)
    rows = [
        {**group.iloc[0][keys].to_dict(), **_row(group, level, min_replicates)}
        for _, group in means.groupby(order, dropna=False, sort=True)
    ]
    return tables.check(pd.DataFrame(rows, columns=[*keys, *_MEASURES, "flags"]), "groups")
