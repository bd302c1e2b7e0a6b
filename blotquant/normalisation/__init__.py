"""normalise(): ratios relative to the reference condition of their block, and percent activity between controls."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

import numpy as np
import pandas as pd

from ..flags import Flag, add_flag
from ..tables import check
from .controls import ACTIVE_ROLES, assign_roles, reference_rows
from .plates import percent_activity
from .scales import block_scales, blocks_of

__all__ = ["normalise", "percent_activity"]

_SERIES = ["target", "site", "quantity"]


def normalise(
    ratios: pd.DataFrame,
    *,
    maximum: Mapping[str, object] | None = None,
    minimum: Mapping[str, object] | None = None,
    reference: Mapping[str, object] | None = None,
    group_by: Sequence[str] = (),
    within: str = "block",
    across: str = "reference",
    use_below_loq: bool = False,
) -> pd.DataFrame:
    """Turn ratios into folds and percent activity.

    ``fold = ratio / (scale · reference)``. With ``across="reference"`` the scale of a block is the arithmetic mean
    of its reference lanes and the reference is 1; otherwise the scales bring all blocks to one scale first
    (``alignment``, ``sum``, ``none``) and the reference is the mean of the scaled reference lanes of all blocks, so
    that the reference keeps its own spread. ``percent_activity = 100 (ratio − minimum) / (maximum − minimum)`` with the
    means of the controls of the same block and stimulus; it is not clipped.

    Assumes that ratios of one block share one arbitrary scale.

    Parameters
    ----------
    ratios : DataFrame
        Ratios table.
    maximum, minimum, reference : mapping of column to value, optional
        Lanes that mean 100 %, 0 % and fold = 1. Left out: the roles of the lanes, then the usual names (vehicle,
        DMSO …); the reference is the maximum where it is not named. None found: no folds.
    group_by : sequence of str
        Further columns that separate conditions (``time_min``).
    within : {"block", "membrane"}
        Where a lane looks for its reference: its replicate (on its own membrane, if there is one), or its membrane.
    across : {"reference", "alignment", "sum", "fixed", "none"}
        How blocks are brought to one scale; ``fixed`` is ``reference`` by its name in the literature.
    use_below_loq : bool
        Divide by a reference below its limit of quantification all the same.

    Returns
    -------
    DataFrame
        Folds table: the ratios with ``role`` of the control lanes filled in, ``fold``, ``percent_activity`` and the
        ``response`` that a curve is fitted to.

    Raises
    ------
    TableError
        A named control matches no row.
    SettingsError
        The design does not connect the blocks that ``alignment`` or ``sum`` should bring to one scale.

    References
    ----------
    Degasperi et al. 2014, PLoS ONE 9:e87293, doi:10.1371/journal.pone.0087293 (fixed point, sum and alignment).
    """
    table = assign_roles(ratios, maximum=maximum, minimum=minimum)
    table["reference"], is_reference = reference_rows(table, reference)
    active = table["role"].isin(ACTIVE_ROLES).to_numpy()
    new = {name: np.full(len(table), np.nan) for name in ("fold", "fold_se", "percent_activity")}
    low = np.zeros(len(table), dtype=bool)
    scale = np.full(len(table), np.nan)
    for _, part in table[active].groupby([*_SERIES, *group_by], sort=False, dropna=False):
        at = table.index.get_indexer(part.index)
        folds = _Folds(part, is_reference[at], within, across, use_below_loq)
        new["fold"][at], new["fold_se"][at], low[at] = folds.values()
        new["percent_activity"][at], scale[at] = folds.activity()
    table = table.assign(**new)
    table["percent_inhibition"] = 100.0 - table["percent_activity"]
    table["flags"] = add_flag(table["flags"], low, Flag.REFERENCE_BELOW_LOQ)
    return check(_with_response(table, scale), "folds")


def _with_response(table: pd.DataFrame, scale: np.ndarray) -> pd.DataFrame:
    """Choose what a curve is fitted to: percent activity, else fold, else the ratio, one choice for each series."""
    response, error = table["ratio"].to_numpy(float).copy(), table["ratio_se"].to_numpy(float).copy()
    for at in table.groupby([*_SERIES, "stimulus"], sort=False).indices.values():
        activity, fold = table["percent_activity"].to_numpy()[at], table["fold"].to_numpy()[at]
        if np.isfinite(activity).any():
            response[at], error[at] = activity, table["ratio_se"].to_numpy()[at] * scale[at]
        elif np.isfinite(fold).any():
            response[at], error[at] = fold, table["fold_se"].to_numpy()[at]
    return table.assign(response=response, response_se=error)


class _Folds:
    """Folds and percent activity of one series (target × site × quantity × group_by)."""

    def __init__(self, part: pd.DataFrame, is_reference: np.ndarray, within: str, across: str, force: bool) -> None:
        self.part, self.across, self.force = part, across, force
        self.is_reference = is_reference & part["ratio"].notna().to_numpy()
        self.blocks = blocks_of(part, within)
        self.ratio = part["ratio"].to_numpy(float)
        self.error = part["ratio_se"].to_numpy(float)
        self.loq = np.nan_to_num(part["ratio_loq"].to_numpy(float))

    def values(self) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """Fold, its standard error from measuring, and whether the reference is below its limit of quantification."""
        if self.across in ("reference", "fixed"):
            return self._over_reference(np.ones(len(self.ratio)), self._own_block)
        scales = block_scales(self.part, self.blocks, self.across)
        return self._over_reference(scales, lambda i: np.ones(len(self.ratio), dtype=bool))

    def _own_block(self, i: int) -> np.ndarray:
        """Rows whose reference counts for row ``i``: of its membrane and replicate, else of its replicate."""
        for keys in self.blocks:
            mine: np.ndarray = keys == keys[i]
            if (mine & self.is_reference).any():
                return mine
        return np.zeros(len(self.ratio), dtype=bool)

    def _candidates(self, i: int, mask: np.ndarray, among: np.ndarray) -> np.ndarray:
        """Control rows for row ``i``: of its own stimulus, else those of the only stimulus that has any."""
        stimulus = self.part["stimulus"].to_numpy()
        found: np.ndarray = np.flatnonzero(among & mask)
        same: np.ndarray = found[stimulus[found] == stimulus[i]]
        if len(same):
            return same
        return found if len(set(stimulus[found])) == 1 else found[:0]

    def _over_reference(
        self, scales: np.ndarray, block: Callable[[int], np.ndarray]
    ) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        n = len(self.ratio)
        fold, error, low = np.full(n, np.nan), np.full(n, np.nan), np.zeros(n, dtype=bool)
        value, se = self.ratio / scales, self.error / scales
        for i in range(n):
            refs = self._candidates(i, block(i), self.is_reference)
            if not len(refs):
                continue
            mean = value[refs].mean()
            low[i] = mean <= 0 or mean < (self.loq[refs] / scales[refs]).mean()
            if mean <= 0 or (low[i] and not self.force):
                continue
            fold[i] = value[i] / mean
            error[i] = _quotient_se(i, refs, value, se)
        return fold, error, low

    def activity(self) -> tuple[np.ndarray, np.ndarray]:
        """Percent activity, and the factor from ratio to percent."""
        n = len(self.ratio)
        role = self.part["role"].to_numpy()
        finite = np.isfinite(self.ratio)
        top, bottom = (role == "maximum") & finite, (role == "minimum") & finite
        percent, factor = np.full(n, np.nan), np.full(n, np.nan)
        for i in range(n):
            high, low = self._controls(i, top, bottom)
            if high - low > 0:
                factor[i] = 100.0 / (high - low)
                percent[i] = (self.ratio[i] - low) * factor[i]
        return percent, factor

    def _controls(self, i: int, top: np.ndarray, bottom: np.ndarray) -> tuple[float, float]:
        """Means of the maximum and minimum controls of row ``i``; NaN maximum without one, minimum 0 without one."""
        for keys in self.blocks:
            mine = keys == keys[i]
            if (highs := self._candidates(i, mine, top)).size:
                lows = np.flatnonzero(mine & bottom)
                return float(self.ratio[highs].mean()), float(self.ratio[lows].mean()) if lows.size else 0.0
        return np.nan, 0.0


def _quotient_se(i: int, refs: np.ndarray, value: np.ndarray, se: np.ndarray) -> float:
    """Return the standard error of ``value[i] / mean(value[refs])``; the row may be one of its own references."""
    mean, n = value[refs].mean(), len(refs)
    slope = np.full(n, -value[i] / (n * mean**2))
    own = 1.0 / mean
    slope[refs == i] += own
    variance = np.sum((slope * se[refs]) ** 2)
    if i not in refs:
        variance += (own * se[i]) ** 2
    return float(np.sqrt(variance))
