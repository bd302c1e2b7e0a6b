"""Mass marks: where the ladder's masses lie beside a blot."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import pandas as pd

from .names import number
from .style import text_size

if TYPE_CHECKING:
    from matplotlib.axes import Axes

__all__ = ["UNIT_HEIGHT", "Mark", "draw_marks", "draw_unit", "marks_width", "mass_marks", "spaced"]

UNIT_HEIGHT = 9.0
"""What the unit of the masses takes above a blot [point]."""

_SIZE = 5.5


@dataclass(frozen=True)
class Mark:
    """One mass [kDa] at a row of the upright picture [px]."""

    row: float
    text: str


def mass_marks(calibration: pd.DataFrame, membrane: str, *, last: bool = False) -> list[Mark]:
    """List the ladder bands of a membrane's first (or last) ladder lane, from top to bottom.

    Parameters
    ----------
    calibration : DataFrame
        Rows of ``calibration``; those of kind ``mass`` with a position are ladder bands.
    membrane : str
        Name of the membrane.
    last : bool
        The last ladder lane, for marks on the right.
    """
    if not len(calibration):
        return []
    rows = calibration[(calibration["kind"] == "mass") & (calibration["name"] == membrane) & calibration["x"].notna()]
    if rows.empty:
        return []
    lane = rows[rows["parameter"] == rows["parameter"].iloc[-1 if last else 0]].sort_values("x")
    return [Mark(float(x), number(float(mass))) for x, mass in zip(lane["x"], lane["value"], strict=True)]


def spaced(marks: list[Mark], top: float, bottom: float, distance: float) -> list[Mark]:
    """Keep the marks between two rows that stand at least so far apart [px]."""
    kept: list[Mark] = []
    for mark in marks:
        if top + distance / 2 <= mark.row <= bottom - distance / 2 and (
            not kept or mark.row - kept[-1].row >= distance
        ):
            kept.append(mark)
    return kept


def marks_width(marks: list[Mark]) -> float:
    """Width that the marks take left of a blot [point]."""
    texts = ["kDa", *(mark.text for mark in marks)] if marks else []
    return max((text_size(text, _SIZE)[0] + 6.0 for text in texts), default=0.0)


def draw_unit(ax: Axes) -> None:
    """Write the unit of the masses over them, at the upper left corner of a blot."""
    ax.annotate(
        "kDa",
        xy=(0.0, 1.0),
        xycoords="axes fraction",
        xytext=(-5.0, 1.0),
        textcoords="offset points",
        horizontalalignment="right",
        verticalalignment="bottom",
        fontsize=_SIZE,
        annotation_clip=False,
    )


def draw_marks(ax: Axes, marks: list[Mark], per_point: float) -> None:
    """Write the masses left of a blot, each with a short line; ``per_point`` pixels are a point high."""
    bottom, top = ax.get_ylim()
    for mark in spaced(marks, top, bottom, 1.3 * _SIZE * per_point):
        ax.annotate(
            mark.text,
            xy=(0.0, mark.row),
            xycoords=ax.get_yaxis_transform(),
            xytext=(-5.0, 0.0),
            textcoords="offset points",
            horizontalalignment="right",
            verticalalignment="center",
            fontsize=_SIZE,
            arrowprops={"arrowstyle": "-", "linewidth": 0.5, "shrinkA": 0.5, "shrinkB": 0.0},
            annotation_clip=False,
        )
