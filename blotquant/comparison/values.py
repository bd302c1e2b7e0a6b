"""One value for each condition and biological replicate, with what is known of it below the limit of quantification."""

from __future__ import annotations

import numpy as np
import pandas as pd

from ..conditions import DOSE, average_repeats, label
from ..scales import align, islands

__all__ = ["replicate_values"]


def _membrane_scale(lanes: pd.DataFrame) -> np.ndarray:
    """Factor of each lane's membrane, 1 unless one replicate lies on several membranes that share conditions."""
    spread = lanes.groupby("replicate")["membrane"].nunique()
    positive = lanes["ratio"].to_numpy(float) > 0
    if spread.max() <= 1 or not positive.any():
        return np.ones(len(lanes))
    known = lanes[positive]
    names = [label(row) for row in known[DOSE].to_dict("records")]
    membranes = known["membrane"].astype(str).tolist()
    if len(islands(names, membranes)) > 1 or set(membranes) != set(lanes["membrane"].astype(str)):
        return np.ones(len(lanes))
    found = align(known["ratio"].to_numpy(float), names, membranes)
    scale = dict(zip(found.membranes, np.exp(found.ln_scale), strict=True))
    return np.array([scale[name] for name in lanes["membrane"].astype(str)])


def replicate_values(lanes: pd.DataFrame) -> pd.DataFrame:
    """Average technical repeats and take logarithms.

    Parameters
    ----------
    lanes : DataFrame
        Rows of one family of the folds table, with ``is_top`` and ``is_bottom``.

    Returns
    -------
    DataFrame
        One row for each condition × replicate with ``ln_value`` and ``censored``; a censored row's ``ln_value`` is
        that of its limit of quantification. Rows without a usable number are left out.
    """
    known = lanes[lanes["ratio"].notna()].reset_index(drop=True)
    if known.empty:
        return known.assign(ln_value=[], censored=[])
    scale = _membrane_scale(known)
    known = known.assign(ratio=known["ratio"] / scale, ratio_loq=known["ratio_loq"] / scale)
    means = average_repeats(known, [*DOSE, "is_top", "is_bottom", "replicate"], ["ratio", "ratio_loq"])
    value, loq = means["ratio"].to_numpy(float), means["ratio_loq"].to_numpy(float)
    below = (loq > 0) & (value < loq)
    usable = below | (value > 0)
    ln_value = np.log(np.where(below, loq, np.where(value > 0, value, 1.0)))
    return means.assign(ln_value=ln_value, censored=below)[usable].reset_index(drop=True)
