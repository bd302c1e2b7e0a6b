"""Medians of many values, several times quicker than NumPy's own."""

from __future__ import annotations

from typing import TypeVar

import numpy as np
import numpy.typing as npt

__all__ = ["median", "medians_of_rows"]

Number = TypeVar("Number", bound=np.floating)


def median(values: npt.NDArray[np.floating]) -> float:
    """Return what `numpy.median` does, which spends most of its time on checks and on seeking two places at once.

    Parameters
    ----------
    values : ndarray
        At least one value, each a number.
    """
    half = values.size // 2
    ordered = np.partition(values, half, axis=None)
    upper = float(ordered[half])
    return upper if values.size % 2 else 0.5 * (float(ordered[:half].max()) + upper)


def medians_of_rows(values: npt.NDArray[Number]) -> npt.NDArray[Number]:
    """Return the median of each row of a table of numbers, shape (R, K) to (R,)."""
    count = values.shape[1]
    ordered = np.sort(values, axis=1)
    return np.asarray(0.5 * (ordered[:, (count - 1) // 2] + ordered[:, count // 2]), dtype=values.dtype)
