"""Whether a study has a window: its two controls farther apart than lanes of one condition scatter."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd
from scipy import stats

from ..conditions import DOSE, FAMILY, Codes, Mask, codes, stimulus_of, usable
from ..least_squares import Vector
from ..scales import additive_design, islands
from .references import Reference

__all__ = ["lysate_codes", "without_window"]

_USUAL_SCATTER, _USUAL_DOF = 0.2, 4.0  # SD of ln ratio between lanes of blots, and how many lanes that is worth
_SMALL = 1.4  # fold, nearer to none than to two: such a window, or one that runs the other way, takes more evidence
_ERROR, _SMALL_ERROR = 0.05, 0.005  # of studies without a window, to one side
_MOST = 100.0  # fold; farther apart is no more certain, and a minimum of zero or less has no logarithm
_NEAR = 0.5  # standard errors of its own lanes' scatter, below which the percents of one block are noise
_MEASURED = 2.0  # standard errors of measuring, below which the controls of one block are not told apart


def lysate_codes(table: pd.DataFrame, group_by: Sequence[str]) -> Codes:
    """Give the lanes of one lysate in a block (same sample, or told apart by ``technical``) equal numbers, from 0.

    Parameters
    ----------
    table : DataFrame
        A complete ratios table.
    group_by : sequence of str
        Columns that part the study.
    """
    repeats = (table["sample"] != "") | (table["technical"] != "")
    lane = np.where(repeats, -1, np.arange(len(table)))
    return codes(table.assign(lane=lane), [*FAMILY, *DOSE, *group_by, "replicate", "membrane", "sample", "lane"])


def _lysates(table: pd.DataFrame, values: Vector, group_by: Sequence[str]) -> pd.DataFrame:
    """One logarithm for each lysate on each membrane: its repeats tell nothing of how lysates scatter."""
    seen = usable(table) & (values > 0) & ~(values < table["ratio_loq"].to_numpy())
    out = pd.DataFrame(
        {
            "family": codes(table, FAMILY),
            "condition": codes(table, [*FAMILY, *DOSE, *group_by]),
            "block": codes(table, [*FAMILY, "replicate", "membrane"]),
            "lysate": lysate_codes(table, group_by),
            "ln": np.log(np.where(seen, values, 1.0)),
        }
    )
    return out[seen].groupby("lysate").agg({"family": "first", "condition": "first", "block": "first", "ln": "mean"})


def _residuals(values: pd.DataFrame) -> tuple[float, int]:
    """Sum of squares and degrees of freedom that ln value = condition + block leaves."""
    left, dof = 0.0, 0
    for names in islands([str(code) for code in values["condition"]], [str(code) for code in values["block"]]):
        own = values[values["block"].isin([int(name) for name in names])]
        what, where = (np.unique(own[name], return_inverse=True)[1] for name in ("condition", "block"))
        design, inverse = additive_design(what, where)
        ln = own["ln"].to_numpy()
        away = ln - design @ (inverse @ design.T @ ln)
        left, dof = left + float(away @ away), dof + len(ln) - (int(what.max()) + int(where.max()) + 1)
    return left, dof


def _scatter(table: pd.DataFrame, values: Vector, group_by: Sequence[str]) -> tuple[Vector, Vector]:
    """Variance of a lane's ln ratio in the family of each row, and its degrees of freedom.

    s² = (d₀ · s₀² + residual sum of squares) / (d₀ + degrees of freedom): a study of one replicate, or of few lanes,
    borrows the scatter that blots usually have.
    """
    family = codes(table, FAMILY)
    variance, dof = np.full(len(table), _USUAL_SCATTER**2), np.full(len(table), _USUAL_DOF)
    for code, own in _lysates(table, values, group_by).groupby("family"):
        left, more = _residuals(own)
        variance[family == code] = (_USUAL_DOF * _USUAL_SCATTER**2 + left) / (_USUAL_DOF + more)
        dof[family == code] += more
    return variance, dof


def _apart(top: Reference, floor: Reference) -> tuple[Vector, Vector]:
    """Logarithm of maximum over minimum, seen from every row, and its standard error by measuring."""
    high, low = np.maximum(top.mean, floor.mean), np.minimum(top.mean, floor.mean)
    with np.errstate(divide="ignore", invalid="ignore"):
        ln = np.where(high > 0, np.log(high / np.maximum(low, high / _MOST)), np.nan)
        share = 1.0 - low / high
        stretch = np.where(share > 0, ln / share, 1.0)  # from differences of the ratio to those of its logarithm
        error = np.hypot(np.nan_to_num(top.se), np.nan_to_num(floor.se)) / high * stretch
    return ln * np.where(top.mean < floor.mean, -1.0, 1.0), error


def _pairs(own: pd.DataFrame) -> pd.DataFrame:
    """One row for each replicate in each cell: its window and the variance of that."""
    own = own[np.isfinite(own["ln"])]
    each = own.drop_duplicates(["cell", "top", "floor"])  # the same controls tell the same once
    return each.groupby(["cell", "replicate"], as_index=False)[["ln", "variance"]].mean()


def _direction(pairs: pd.DataFrame, dof: float) -> int:
    """Direction in which activity moves the ratio, by the windows of all replicates together; 0 without a window.

    The replicates' windows are averaged by their variances. One that is small, or runs against the activity, must be
    told from none with more certainty, as a total form, which has no window by its nature, is asked each time.
    """
    weight = 1.0 / pairs["variance"].to_numpy()
    ln = float(weight @ pairs["ln"].to_numpy() / weight.sum())
    error = 1.0 / float(np.sqrt(weight.sum()))
    large = ln > np.log(_SMALL)
    needed = float(stats.t.ppf(1.0 - (_ERROR if large else _SMALL_ERROR), dof))
    return int(np.sign(ln)) if abs(ln) > needed * error else 0


def without_window(
    table: pd.DataFrame,
    values: Vector,
    top: Reference,
    floor: Reference,
    lysates: tuple[Vector, Vector],
    group_by: Sequence[str],
) -> Mask:
    """Find the rows whose maximum and minimum control are not told apart, or whose minimum is lost.

    ln (maximum / minimum), averaged over the replicates of a stimulus and ``group_by`` cell, is held against the
    scatter between lanes and the error of measuring: one-sided t at 5 %, at 0.5 % for a window below 1.4-fold or one
    that runs the other way. Where there is a window, a block is left out all the same whose own controls lie the other
    way round, or nearer than half a standard error of scatter or two of measuring. The scatter is that of ln ratio =
    condition + block over all conditions, pooled with a usual one of 0.2 (worth 4 degrees of freedom). Assumes
    errors that are log-normal with one spread, and lysates that err independently.

    Parameters
    ----------
    table : DataFrame
        A complete ratios table.
    values : ndarray of shape (N,)
        Its ratios, NaN for lanes that take no part.
    top, floor : Reference
        The controls of each row.
    lysates : (ndarray of shape (N,), ndarray of shape (N,))
        Lysates behind the means of ``top`` and ``floor``.
    group_by : sequence of str
        Columns that part the study.

    Returns
    -------
    ndarray of shape (N,) of bool

    References
    ----------
    Fieller 1954, doi 10.1111/j.2517-6161.1954.tb00159.x (a quotient by what is not told from zero is unbounded);
    Smyth 2004, doi 10.2202/1544-6115.1027 (pooling a variance with a usual one). The limits are our own, by drawn
    studies: percents are rare without a window, and the rule with a two-fold one.
    """
    lost: Mask = floor.expected & np.isfinite(top.mean) & ~np.isfinite(floor.mean)
    if not np.any(np.isfinite(floor.mean)):
        return lost
    variance, dof = _scatter(table, values, group_by)
    with np.errstate(divide="ignore"):
        variance = variance * (1.0 / lysates[0] + 1.0 / lysates[1])
    ln, measured = _apart(top, floor)
    cell = codes(table.assign(stimulus=stimulus_of(table)), [*FAMILY, "stimulus", *group_by])
    way = np.zeros(len(table))
    seen = {"cell": cell, "replicate": table["replicate"], "top": top.mean, "floor": floor.mean, "ln": ln}
    for code, own in _pairs(pd.DataFrame({**seen, "variance": variance + measured**2})).groupby("cell"):
        rows = cell == code
        way[rows] = _direction(own, float(dof[rows][0]))
    near = ln * way <= np.maximum(_NEAR * np.sqrt(variance), _MEASURED * measured)
    return lost | (np.isfinite(ln) & near)
