"""What a lane is divided by: the mean of its control lanes, looked for near by first."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import combinations

import numpy as np
import pandas as pd

from ..conditions import FAMILY, Condition, Mask, codes, label, stimulus_of
from ..flags import Flag, has_flag
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
    saturated : ndarray of shape (N,) of bool
        One of the row's control lanes is saturated.
    other_stimulus, other_cell : ndarray of shape (N,) of bool
        The row is stimulated, and they are not with the same; they are of another ``group_by`` cell.
    names : ndarray of shape (N,) of str
        Their conditions, with the cell where it is another; empty where there is none.
    """

    mean: Vector
    se: Vector
    count: Vector
    loq: Vector
    among: Mask
    elsewhere: Mask
    expected: Mask
    saturated: Mask
    other_stimulus: Mask
    other_cell: Mask
    names: np.ndarray


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


def _levels(
    table: pd.DataFrame, mask: Mask, group_by: Sequence[str], named: Iterable[str]
) -> list[tuple[list[str], list[str]]]:
    """Columns in which a control must agree with its lanes, strictest first, and those of ``group_by`` left out.

    Named columns are free. Of as many columns the first of ``group_by`` are kept the longest.
    """
    further = [column for column in group_by if column not in named]
    kept = [list(some) for size in range(len(further), -1, -1) for some in combinations(further, size)]
    lanes = table.loc[mask, FAMILY].assign(stimulus=stimulus_of(table)[mask])
    only_one = not lanes.drop_duplicates().duplicated(FAMILY).any()
    stimuli = [["stimulus"], []] if "stimulus" in named or only_one else [["stimulus"]]
    return [([*own, *some], [name for name in further if name not in some]) for own in stimuli for some in kept]


def _names(table: pd.DataFrame, mask: Mask, code: np.ndarray, further: Sequence[str]) -> np.ndarray:
    """Names of the conditions of a mask in each code, seen from every row."""
    said = np.full(int(code.max(initial=-1)) + 1, "", dtype=object)
    for one in np.unique(code[mask]):
        rows = table[mask & (code == one)].to_dict("records")
        said[one] = "; ".join(sorted({label(row, further) for row in rows}))
    return np.asarray(said[code], dtype=object)


def _averages(table: pd.DataFrame, values: Vector, mask: Mask, code: np.ndarray) -> dict[str, Vector]:
    """Mean, standard error, count and limit of the control lanes in each code, seen from every row."""
    use = mask & np.isfinite(values)
    mean, count = _mean_by_code(code, use, values)
    squares = _mean_by_code(code, use, np.nan_to_num(table["ratio_se"].to_numpy()) ** 2)[0]
    se = np.sqrt(np.divide(squares, count, out=np.full(len(mean), np.nan), where=count > 0))
    return {"mean": mean, "se": se, "count": count, "loq": _mean_by_code(code, use, table["ratio_loq"].to_numpy())[0]}


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
    alike = table.assign(stimulus=stimulus_of(table))
    place = np.full(len(table), -1)
    for index, (level, _) in enumerate(columns):
        if np.any(place < 0):
            found = _reachable(codes(alike, [*FAMILY, *level]), mask)
            place = np.where((place < 0) & found, index, place)
    cell = np.isin(place, [index for index, (_, left_out) in enumerate(columns) if left_out])
    stimulus = np.isin(place, [index for index, (level, _) in enumerate(columns) if "stimulus" not in level])
    out = {name: np.full(len(table), np.nan) for name in ("mean", "se", "count", "loq")}
    elsewhere, saturated = np.zeros((2, len(table)), dtype=bool)
    names = np.full(len(table), "", dtype=object)
    full = has_flag(table["flags"], Flag.SATURATED).to_numpy(dtype=bool)
    for index, (level, left_out) in enumerate(columns):
        here = place == index
        if np.any(here):
            further = group_by if left_out else ()
            names = np.where(here, _names(table, mask, codes(alike, [*FAMILY, *level]), further), names)
        for far, block in enumerate(blocks):
            rows = here & ~np.isfinite(out["mean"])
            if not np.any(rows):
                continue
            code = codes(alike, [*FAMILY, *level, *block])
            saturated |= rows & _reachable(code, mask & full)
            for name, column in _averages(table, values, mask, code).items():
                out[name] = np.where(rows, column, out[name])
            elsewhere |= rows & np.isfinite(out["mean"]) & (far > 0)
    return Reference(
        **out,
        among=mask & np.isfinite(values),
        elsewhere=elsewhere,
        expected=place >= 0,
        saturated=saturated,
        other_stimulus=stimulus & (stimulus_of(table) != "").to_numpy(dtype=bool),
        other_cell=cell,
        names=names,
    )
