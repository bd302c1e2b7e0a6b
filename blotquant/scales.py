"""The additive model on the log scale: what a condition is, times what a membrane makes of it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from .errors import TableError
from .least_squares import Vector

__all__ = ["Alignment", "additive_design", "align", "islands"]

Codes = npt.NDArray[np.int64]


@dataclass(frozen=True)
class Alignment:
    """Scales that bring membranes together.

    Parameters
    ----------
    membranes : tuple of str
        Names, sorted.
    ln_scale : ndarray of shape (M,)
        Logarithm of the factor by which a membrane reads too high; their sum is zero.
    ln_se : ndarray of shape (M,)
        Its standard error; NaN without residual degrees of freedom.
    conditions : tuple of str
        Names, sorted.
    sigma : float
        Residual standard deviation of a logarithm.
    dof : int
        Residual degrees of freedom.
    """

    membranes: tuple[str, ...]
    ln_scale: Vector
    ln_se: Vector
    conditions: tuple[str, ...]
    sigma: float
    dof: int


def islands(conditions: Sequence[str], membranes: Sequence[str]) -> list[list[str]]:
    """Group the membranes that are connected through shared conditions.

    Returns
    -------
    list of lists of str
        One list for each connected group, membranes sorted; a single list when the design is connected.

    Examples
    --------
    >>> islands(["a", "b", "b", "c"], ["m1", "m1", "m2", "m3"])
    [['m1', 'm2'], ['m3']]
    """
    root = {name: name for name in membranes}
    first: dict[str, str] = {}
    for condition, membrane in zip(conditions, membranes, strict=True):
        other = root[first.setdefault(condition, membrane)]
        mine = root[membrane]
        root = {name: other if head == mine else head for name, head in root.items()}
    heads = sorted(set(root.values()))
    found = [sorted(name for name in root if root[name] == head) for head in heads]
    return sorted(found)


def additive_design(levels: Codes, scales: Codes) -> tuple[Vector, Vector]:
    """Columns of the additive model, and the inverse of its normal equations that holds the scales' sum at zero.

    Parameters
    ----------
    levels, scales : ndarray of shape (N,) of int
        Codes from 0 of each value's level and scale; all of them hang together (see `islands`).

    Returns
    -------
    design : ndarray of shape (N, L + S)
        Levels first.
    inverse : ndarray of shape (L + S, L + S)
        ``inverse @ design.T @ values`` are the estimates.
    """
    count, size = int(levels.max(initial=-1)) + 1, int(scales.max(initial=-1)) + 1
    design = np.zeros((len(levels), count + size))
    design[np.arange(len(levels)), levels] = 1.0
    design[np.arange(len(levels)), count + scales] = 1.0
    constraint = np.concatenate([np.zeros(count), np.ones(size)])
    inverse = np.linalg.inv(design.T @ design + np.outer(constraint, constraint))
    return design, np.asarray(inverse, dtype=np.float64)


def align(values: Vector, conditions: Sequence[str], membranes: Sequence[str]) -> Alignment:
    """Fit ln value = level of the condition + scale of the membrane by least squares.

    Assumes that errors are relative and that a membrane acts as one factor on all its lanes.

    Parameters
    ----------
    values : ndarray of shape (N,)
        Ratios or volumes, all above zero.
    conditions, membranes : sequence of str, length N
        What and where each value is.

    Returns
    -------
    Alignment

    Raises
    ------
    TableError
        A value is zero or less, or the membranes do not hang together through shared conditions; names the groups.

    References
    ----------
    Degasperi et al. 2014, PLoS ONE 9:e87293, doi 10.1371/journal.pone.0087293 (optimal alignment);
    Kreutz et al. 2007, Bioinformatics 23:2747, doi 10.1093/bioinformatics/btm397 (errors of blots are log-normal).
    """
    if not np.all(values > 0):
        raise TableError("alignment of membranes takes logarithms: leave out values that are zero or less")
    parts = islands(conditions, membranes)
    if len(parts) > 1:
        groups = " | ".join(", ".join(part) for part in parts)
        raise TableError(
            f"membranes cannot be aligned: no condition is shared between {groups}; load one lysate on all of them"
        )
    names, where = np.unique(np.asarray(membranes, dtype=str), return_inverse=True)
    levels, what = np.unique(np.asarray(conditions, dtype=str), return_inverse=True)
    design, inverse = additive_design(what, where)
    found = inverse @ design.T @ np.log(values)
    left = np.log(values) - design @ found
    dof = len(values) - (len(levels) + len(names) - 1)
    sigma = float(np.sqrt(left @ left / dof)) if dof > 0 else float("nan")
    spread = np.diag(inverse)[len(levels) :] - 1.0 / len(names) ** 2
    return Alignment(
        membranes=tuple(names.tolist()),
        ln_scale=found[len(levels) :],
        ln_se=sigma * np.sqrt(np.maximum(spread, 0.0)),
        conditions=tuple(levels.tolist()),
        sigma=sigma,
        dof=dof,
    )
