"""What a lane is divided by: the mean of its control lanes, looked for near by first."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from ..conditions import FAMILY, Condition, Mask, codes, stimulus_of
from ..least_squares import Vector

__all__ = ["Reference", "find_reference"]


@dataclass(frozen=True)
class Reference:
    """The mean of the control lanes that belong to each row; NaN where there is none.

    Parameters
    ----------
    mean : ndarray of shape (N,)
        Arithmetic mean of their values.
    se : ndarray of shape (N,)
        Its standard error from measuring.
    count : ndarray of shape (N,)
        Number of control lanes behind it.
    loq : ndarray of shape (N,)
        Mean of their limits of quantification; NaN where unknown.
    among : ndarray of shape (N,) of bool
        The row is itself one of them.
    elsewhere : ndarray of shape (N,) of bool
        They lie on another membrane of the replicate.
    expected : ndarray of shape (N,) of bool
        Such a control was loaded in some block, if not in this row's.
    """

    mean: Vector
    se: Vector
    count: Vector
    loq: Vector
    among: Mask
    elsewhere: Mask
    expected: Mask


def _mean_by_code(code: np.ndarray, mask: Mask, values: Vector) -> tuple[Vector, Vector]:
    """Mean and count of the finite values of a mask in each code, seen from every row."""
    use = mask & np.isfinite(values)
    size = int(code.max(initial=-1)) + 1
    count = np.bincount(code[use], minlength=size).astype(np.float64)
    total = np.bincount(code[use], values[use], minlength=size)
    mean = np.divide(total, count, out=np.full(size, np.nan), where=count > 0)
    return mean[code], count[code]


def _reachable(code: np.ndarray, mask: Mask) -> Mask:
    """Rows whose code has at least one row of the mask."""
    return np.isin(code, code[mask])


def _levels(table: pd.DataFrame, mask: Mask, group_by: Sequence[str], named: Iterable[str]) -> list[list[str]]:
    """Columns in which a control must agree with its lanes, strictest first; named ones are free."""
    further = [column for column in group_by if column not in named]
    lanes = table.loc[mask, FAMILY].assign(stimulus=stimulus_of(table)[mask])
    only_one = not lanes.drop_duplicates().duplicated(FAMILY).any()
    levels = [["stimulus", *further], ["stimulus"]]
    if "stimulus" in named or only_one:
        levels += [further, []]
    return levels


def find_reference(
    table: pd.DataFrame,
    values: Vector,
    mask: Mask,
    *,
    named: Condition | None,
    group_by: Sequence[str],
    blocks: Sequence[Sequence[str]],
) -> Reference:
    """Find the control lanes of every row and average them.

    A control agrees with its lanes in stimulus and ``group_by`` where such a control was loaded at all, and lies in
    the same block.

    Parameters
    ----------
    table : DataFrame
        Rows with ``target, site, quantity, stimulus`` and the columns of ``group_by`` and ``blocks``.
    values : ndarray of shape (N,)
        What is averaged.
    mask : ndarray of shape (N,) of bool
        The control lanes.
    named : mapping, optional
        The condition by which a user named the control; its columns need not agree.
    group_by : sequence of str
        Columns that part the study.
    blocks : sequence of sequence of str
        Columns that make a block, nearest first; a later one is used where the block before has no control.

    Returns
    -------
    Reference
    """
    columns = _levels(table, mask, group_by, named or {})
    place = np.full(len(table), -1)
    for index, level in enumerate(columns):
        found = _reachable(codes(table, [*FAMILY, *level]), mask)
        place = np.where((place < 0) & found, index, place)
    out = {name: np.full(len(table), np.nan) for name in ("mean", "se", "count", "loq")}
    elsewhere = np.zeros(len(table), dtype=bool)
    for index, level in enumerate(columns):
        for far, block in enumerate(blocks):
            rows = (place == index) & ~np.isfinite(out["mean"])
            if not np.any(rows):
                continue
            code = codes(table, [*FAMILY, *level, *block])
            usable = mask & np.isfinite(values)
            mean, count = _mean_by_code(code, usable, values)
            squares = _mean_by_code(code, usable, np.nan_to_num(table["ratio_se"].to_numpy()) ** 2)[0]
            loq = _mean_by_code(code, usable, table["ratio_loq"].to_numpy())[0]
            se = np.sqrt(np.divide(squares, count, out=np.full(len(mean), np.nan), where=count > 0))
            for name, column in (("mean", mean), ("se", se), ("count", count), ("loq", loq)):
                out[name] = np.where(rows, column, out[name])
            elsewhere |= rows & np.isfinite(mean) & (far > 0)
    return Reference(**out, among=mask & np.isfinite(values), elsewhere=elsewhere, expected=place >= 0)
