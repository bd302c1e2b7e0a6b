"""Boxes as text, and lanes and bands that follow a box that was moved by hand.

All here is in the upright picture, where lanes run down; the file's pixels are turned and turned back by the caller.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pandas as pd

from ..blot import Frame
from ..geometry import EDGES, curve_text, parse_curve, parse_region

__all__ = ["Box", "box_of", "box_text", "cut_to", "moved", "parse_box", "same_box"]

Box = Mapping[str, float]
_NEAR = 0.51  # boxes are whole pixels; half a pixel apart is the same box


def parse_box(text: str, frame: Frame) -> dict[str, float] | None:
    """Read a box written as top:bottom,left:right [px]; None where the text is none or the box is empty.

    Parameters
    ----------
    text : str
        As `parse_region` reads it; an end that is left out is the picture's.
    frame : Frame
        Has the size of the picture.

    Examples
    --------
    >>> parse_box("10:20,5:", Frame(60, 90))
    {'top': 10.0, 'bottom': 20.0, 'left': 5.0, 'right': 90.0}
    """
    region = parse_region(text)
    if region is None:
        return None
    ends = {"top": 0.0, "bottom": float(frame.rows), "left": 0.0, "right": float(frame.cols)}
    box = {edge: ends[edge] if at is None else at for edge, at in region.items()}
    return box if box["bottom"] > box["top"] and box["right"] > box["left"] else None


def box_text(box: Mapping[str, Any]) -> str:
    """Write a box as top:bottom,left:right [px].

    Examples
    --------
    >>> box_text({"top": 10.0, "bottom": 20.0, "left": 5.0, "right": 35.5})
    '10:20,5:35.5'
    """
    top, bottom, left, right = (f"{float(box[edge]):.10g}" for edge in EDGES)
    return f"{top}:{bottom},{left}:{right}"


def box_of(row: Mapping[str, Any] | pd.Series[Any]) -> dict[str, float]:
    """Take the box of a row of lanes or bands."""
    return {edge: float(row[edge]) for edge in EDGES}


def same_box(one: Box, other: Box) -> bool:
    """Tell whether two boxes are the same to half a pixel."""
    return all(abs(one[edge] - other[edge]) <= _NEAR for edge in EDGES)


def cut_to(box: Box, rows: int, cols: int) -> dict[str, float] | None:
    """Cut a box to a picture of so many rows and columns [px]; None where half of it or more lies outside.

    Examples
    --------
    >>> cut_to({"top": -2.0, "bottom": 20.0, "left": 5.0, "right": 35.0}, 60, 90)
    {'top': 0.0, 'bottom': 20.0, 'left': 5.0, 'right': 35.0}
    """
    cut = {"top": max(box["top"], 0.0), "bottom": min(box["bottom"], float(rows)),
           "left": max(box["left"], 0.0), "right": min(box["right"], float(cols))}  # fmt: skip

    def area(each: Box) -> float:
        return max(each["bottom"] - each["top"], 0.0) * max(each["right"] - each["left"], 0.0)

    return cut if area(cut) > area(box) / 2 else None


def _curve(text: str, middle_col: float, stretch: float, by_row: float, by_col: float) -> str:
    """Move the points of a curve: columns are stretched about the old middle and shifted, rows are shifted."""
    points = parse_curve(text)
    if not len(points):
        return text
    return curve_text(points[:, 0] + by_row, middle_col + stretch * (points[:, 1] - middle_col) + by_col)


def moved(row: Mapping[str, Any], old: Box, new: Box) -> dict[str, Any]:
    """Return a lane's or a band's row as it follows its box from `old` to `new`.

    Centre and curve go along with the middle of the box and are stretched with its width; a band's half thickness is
    stretched with the box's height.
    """
    middle_row, middle_col = (old["top"] + old["bottom"]) / 2, (old["left"] + old["right"]) / 2
    by_row = (new["top"] + new["bottom"]) / 2 - middle_row
    by_col = (new["left"] + new["right"]) / 2 - middle_col
    stretch = (new["right"] - new["left"]) / (old["right"] - old["left"])
    taller = (new["bottom"] - new["top"]) / (old["bottom"] - old["top"])
    out = dict(row) | dict(new)
    if "centre_row" in row:
        out["centre_row"] = round(float(row["centre_row"]) + by_row, 2)
        out["centre_col"] = round(middle_col + stretch * (float(row["centre_col"]) - middle_col) + by_col, 2)
        out["sigma"] = round(max(0.5, float(row["sigma"]) * taller), 2)
    else:  # a lane's line runs through all rows, so it moves sideways only
        by_row = 0.0
        out["centre"] = round(float(row["centre"]) + by_col, 2)
        out["width"] = round(float(row["width"]) * stretch, 2)
    out["curve"] = _curve(str(row["curve"]), middle_col, stretch, by_row, by_col)
    return out
