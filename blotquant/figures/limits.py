"""How far an axis of folds goes: the replicates decide, not the interval of two of them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from ..blot import FloatArray

if TYPE_CHECKING:
    from matplotlib.axes import Axes

__all__ = ["mark_cut", "set_fold_limits"]

_FURTHEST = 1.8  # times the largest value: a longer interval is cut, so that the replicates stay readable


def set_fold_limits(ax: Axes, values: FloatArray, highs: FloatArray) -> float:
    """Set the y axis to show every value, zero, and intervals as far as that leaves the values readable.

    Parameters
    ----------
    ax : Axes
        Its y axis is set.
    values : ndarray
        What must be seen (folds or ratios); NaN is passed over.
    highs : ndarray
        Upper ends of intervals.

    Returns
    -------
    float
        Upper end of the axis; what lies beyond it is cut.
    """
    shown = values[np.isfinite(values)]
    largest, smallest = (float(shown.max()), float(shown.min())) if shown.size else (1.0, 0.0)
    reach = highs[np.isfinite(highs)]
    top = max(largest, min(_FURTHEST * largest, float(reach.max()))) if reach.size else largest
    top = top if top > 0 else 1.0
    ax.set_ylim(min(0.0, smallest) - 0.04 * top, 1.06 * top)
    return 1.06 * top


def mark_cut(ax: Axes, x: FloatArray, highs: FloatArray, top: float) -> bool:
    """Set an arrow head at the upper end of each interval that goes on beyond the axis; tell if there is one."""
    cut = np.isfinite(highs) & (highs > top)
    if not cut.any():  # an empty line that is not clipped lies in the figure's corner, and the layout makes room for it
        return False
    look: dict[str, Any] = {"marker": "^", "markersize": 3.0, "color": "black", "linestyle": "none"}
    ax.plot(x[cut], np.ones(int(cut.sum())), transform=ax.get_xaxis_transform(), clip_on=False, zorder=5, **look)
    return True
