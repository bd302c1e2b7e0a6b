"""Legends that stand above the axes and never on the data."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

from .style import text_size

if TYPE_CHECKING:
    from matplotlib.artist import Artist
    from matplotlib.axes import Axes

__all__ = ["add_legends", "legends_height"]

_SIZE = 6.5
_HANDLE = 3.0 * _SIZE + 3.0  # handle, its distance to the text, and the column's gap [point]
_LINE = 1.5 * _SIZE  # height of an entry [point]


def _columns(handles: Sequence[Artist], room: float) -> int:
    """Count the columns that fit, each as wide as its widest entry; entries fill one column after the other."""
    widths = np.array([text_size(str(handle.get_label()), _SIZE)[0] + _HANDLE for handle in handles])
    for count in range(len(widths), 1, -1):
        if sum(float(part.max()) for part in np.array_split(widths, count)) <= room:
            return count
    return 1


def _height(handles: Sequence[Artist], room: float) -> float:
    return -(-len(handles) // _columns(handles, room)) * _LINE


def legends_height(groups: Sequence[Sequence[Artist]], room: float) -> float:
    """Height of groups of legend entries, one group above the other [point], in so much room [point]."""
    return sum(_height(handles, room) for handles in groups if handles) + 5.0


def add_legends(ax: Axes, groups: Sequence[Sequence[Artist]], room: float, *, away: float = 5.0) -> None:
    """Put legends above the axes, each in as many columns as fit, the first group on top.

    Parameters
    ----------
    ax : Axes
        Axes that the legends explain.
    groups : sequence of sequences of Artist
        Entries with their labels; each group starts on a new line.
    room : float
        Width that they may take [point].
    away : float
        Distance from the axes [point].
    """
    from matplotlib.legend import Legend
    from matplotlib.transforms import ScaledTranslation

    for handles in reversed([group for group in groups if group]):
        legend = Legend(
            ax,
            list(handles),
            [str(handle.get_label()) for handle in handles],
            loc="lower left",
            bbox_to_anchor=(0.0, 1.0),
            bbox_transform=ax.transAxes + ScaledTranslation(0.0, away / 72.0, ax.figure.dpi_scale_trans),
            ncols=_columns(handles, room),
            fontsize=_SIZE,
        )
        ax.add_artist(legend)
        legend.set_clip_on(False)  # it stands outside, and the layout counts only what is not clipped
        away += _height(handles, room)
