"""Legends that stand above the axes and never on the data."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np

from .style import broken_lines, text_size

if TYPE_CHECKING:
    from matplotlib.artist import Artist
    from matplotlib.axes import Axes

__all__ = ["Entries", "add_legends", "legends_height"]

_SIZE = 6.5
_HANDLE = 3.0 * _SIZE + 3.0  # handle, its distance to the text, and the column's gap [point]
_LINE = 1.5 * _SIZE  # height of an entry of one line [point]
_FURTHER = 1.4 * _SIZE  # height of each further line of an entry [point]
_FIRST = 0.62 * _SIZE  # from the upper edge to the middle of the first line [point]
_AFTER_HEADING = 6.0  # [point]


@dataclass(frozen=True)
class Entries:
    """Entries of a legend that stand together, and a word before them for what they are."""

    handles: Sequence[Artist] = field(default_factory=list)
    heading: str = ""

    @property
    def indent(self) -> float:
        """Room that the heading takes [point]."""
        return text_size(self.heading, _SIZE)[0] + _AFTER_HEADING if self.heading else 0.0

    def labels(self, room: float) -> list[str]:
        """Write the labels; one wider than the room [point] goes on in a second line."""
        width = room - self.indent - _HANDLE
        return ["\n".join(broken_lines(str(handle.get_label()), width, _SIZE)) for handle in self.handles]

    def columns(self, room: float) -> list[list[str]]:
        """Part the labels into as many columns as fit, each as wide as its widest, filled one after the other."""
        labels = self.labels(room)
        widths = np.array([text_size(label, _SIZE)[0] + _HANDLE for label in labels])
        for count in range(len(labels), 1, -1):
            if sum(float(part.max()) for part in np.array_split(widths, count)) <= room - self.indent:
                return [list(part) for part in np.array_split(np.array(labels, dtype=object), count)]
        return [labels]

    def height(self, room: float) -> float:
        """Height of the entries in so much room [point]."""
        return max(sum(_LINE + _FURTHER * label.count("\n") for label in column) for column in self.columns(room))


def legends_height(groups: Sequence[Entries], room: float) -> float:
    """Height of groups of legend entries, one group above the other [point], in so much room [point]."""
    return sum(entries.height(room) for entries in groups if entries.handles) + 5.0


def add_legends(ax: Axes, groups: Sequence[Entries], room: float, *, away: float = 5.0) -> None:
    """Put legends above the axes, each in as many columns as fit, the first group on top.

    Parameters
    ----------
    ax : Axes
        Axes that the legends explain.
    groups : sequence of Entries
        Entries with their labels; each group starts on a new line.
    room : float
        Width that they may take [point].
    away : float
        Distance from the axes [point].
    """
    for entries in reversed([group for group in groups if group.handles]):
        away += entries.height(room)
        _add(ax, entries, room, away)
        if entries.heading:
            _add_heading(ax, entries.heading, away)


def _add(ax: Axes, entries: Entries, room: float, top: float) -> None:
    """Put one group of entries right of the room for its heading, its upper edge ``top`` points above the axes."""
    from matplotlib.legend import Legend
    from matplotlib.transforms import ScaledTranslation

    if (figure := ax.get_figure()) is None:
        raise ValueError("a legend needs axes that stand in a figure")
    shift = ScaledTranslation(entries.indent / 72.0, top / 72.0, figure.dpi_scale_trans)
    legend = Legend(
        ax,
        list(entries.handles),
        entries.labels(room),
        loc="upper left",
        bbox_to_anchor=(0.0, 1.0),
        bbox_transform=ax.transAxes + shift,
        ncols=len(entries.columns(room)),
        fontsize=_SIZE,
    )
    ax.add_artist(legend)
    legend.set_clip_on(False)  # it stands outside, and the layout counts only what is not clipped


def _add_heading(ax: Axes, text: str, top: float) -> None:
    """Write a heading level with the first line of its entries, whose upper edge is ``top`` points above the axes."""
    ax.annotate(
        text,
        xy=(0.0, 1.0),
        xycoords="axes fraction",
        xytext=(0.0, top - _FIRST),
        textcoords="offset points",
        verticalalignment="center",
        fontsize=_SIZE,
        annotation_clip=False,
    )
