"""Where things lie: curves as text, and tables between the upright blot and the file's pixels.

Tables speak of pixels of the file as given. A stage brings a table upright with `to_upright`, works there,
and returns it through `to_file`. Both are exact: quarter turns, mirrors and crops only.

A curve is the polynomial of degree n−1 through its n points (n ≤ 5), written ``row:col row:col …``.
A lane's curve gives the column of its centre at a row; a band's curve gives the row of its ridge at a column
(both in the upright picture).
"""

from __future__ import annotations

import functools
import hashlib
import itertools
import re
from collections.abc import Callable, Collection
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from .blot import Blot, FloatArray, Frame, Step

__all__ = [
    "EDGES",
    "curve_text",
    "curve_texts",
    "evaluate_curve",
    "geometry_marks",
    "parse_curve",
    "parse_region",
    "to_file",
    "to_upright",
    "turned",
    "whole_region",
]

EDGES = ("top", "bottom", "left", "right")
"""Edges of a box, in the order in which a text names them."""

Region = dict[str, float | None]
_END = r"\s*(-?\d+(?:\.\d+)?)?\s*"
_REGION = re.compile(f"{_END}:{_END},{_END}:{_END}")
_ROW = {"lane": ("centre", "width", "tilt"), "band": ("lean", "sigma", "centre_row", "centre_col")}
_DECIMALS = 2  # geometry is rounded when it is born, so that a table read back measures the same pixels


def curve_text(rows: npt.ArrayLike, cols: npt.ArrayLike) -> str:
    """Write the points of a curve.

    Examples
    --------
    >>> curve_text([0, 10], [3.14159, 4])
    '0.00:3.14 10.00:4.00'
    """
    return " ".join(_point_texts(np.atleast_1d(np.asarray(rows, float)), np.atleast_1d(np.asarray(cols, float))))


def curve_texts(rows: FloatArray, cols: FloatArray) -> list[str]:
    """Write many curves at once, from their points of shape (curves, points) [px]."""
    points = iter(_point_texts(np.ravel(rows), np.ravel(cols)))
    return [" ".join(itertools.islice(points, rows.shape[1])) for _ in range(len(rows))]


def _point_texts(rows: FloatArray, cols: FloatArray) -> list[str]:
    # + 0.0 turns a rounded −0.0 into 0.0, which would otherwise be written as −0.00
    r, c = (np.round(each, _DECIMALS) + 0.0 for each in (rows, cols))
    return [f"{row:.{_DECIMALS}f}:{col:.{_DECIMALS}f}" for row, col in zip(r.tolist(), c.tolist(), strict=True)]


def parse_region(text: str) -> Region | None:
    """Read a box written as ``top:bottom,left:right`` [px]; one grammar for regions of pictures and corrections.

    Parameters
    ----------
    text : str
        Four numbers; one that is left out is the picture's end.

    Returns
    -------
    dict of str to float or None
        Edge → where it lies, None for the picture's end; None for a text that is no box, or an empty one.

    Examples
    --------
    >>> parse_region("10:20.5,5:")
    {'top': 10.0, 'bottom': 20.5, 'left': 5.0, 'right': None}
    """
    found = _REGION.fullmatch(text)
    if found is None:
        return None
    top, bottom, left, right = (None if end is None else float(end) for end in found.groups())
    empty = any(
        first is not None and last is not None and last <= first for first, last in ((top, bottom), (left, right))
    )
    return None if empty else dict(zip(EDGES, (top, bottom, left, right), strict=True))


def whole_region(region: Region) -> bool:
    """Tell whether a box can be a part of a picture: of whole pixels, none of them before its first."""
    return all(end is None or (end >= 0 and end.is_integer()) for end in region.values())


def parse_curve(text: str) -> FloatArray:
    """Read the points of a curve.

    Returns
    -------
    ndarray of shape (n, 2)
        Row and column of each point [px].
    """
    points = [tuple(map(float, point.split(":"))) for point in text.split()]
    return np.asarray(points, dtype=np.float64).reshape(-1, 2)


def evaluate_curve(along: npt.ArrayLike, across: npt.ArrayLike, at: npt.ArrayLike) -> FloatArray:
    """Evaluate the polynomial through points ``(along, across)`` at positions ``at`` (Lagrange form).

    Parameters
    ----------
    along, across : array of shape (n,)
        Points of the curve [px]; for a lane rows and columns, for a band columns and rows. `across` of shape (n, k)
        evaluates k curves whose points lie at the same places.
    at : array
        Where to evaluate [px].
    """
    x, y = np.asarray(along, float), np.asarray(across, float)
    t = np.asarray(at, float)[..., None]
    if len(x) == 1:
        return np.full(t.shape[:-1] + y.shape[1:], y[0])
    difference = t - x
    spread = x[:, None] - x
    np.fill_diagonal(spread, 1.0)
    weights = np.empty_like(difference)
    for j, scale in enumerate(np.prod(spread, axis=1)):
        others = [difference[..., k] for k in range(len(x)) if k != j]
        weights[..., j] = functools.reduce(np.multiply, others) / scale
    out: FloatArray = weights @ y
    return out


def _laid(frame: Frame, rows: int, cols: int, turns: int, mirror: bool) -> Frame:
    """Frame of a picture of ``rows × cols`` that is turned and mirrored once more, exactly."""
    local = Frame(rows, cols, turns=turns, mirror=mirror)
    new = Frame(
        frame.rows,
        frame.cols,
        turns=(frame.turns + (-turns if frame.mirror else turns)) % 4,
        mirror=frame.mirror != mirror,
    )
    top, left = new.to_upright(*frame.to_file(*local.to_file(0.0, 0.0)))
    tilt = -frame.tilt if mirror else frame.tilt
    return Frame(new.rows, new.cols, new.turns, new.mirror, round(float(top)), round(float(left)), tilt)


def turned(blot: Blot, turns: int, mirror: bool) -> Blot:
    """Return a blot turned clockwise by quarter turns, then mirrored; exactly, and its frame knows.

    Parameters
    ----------
    blot : Blot
        Any picture.
    turns : int
        Quarter turns clockwise (0–3).
    mirror : bool
        Swap left and right, after turning.
    """
    if not (turns or mirror):
        return blot
    pixels = np.rot90(blot.pixels, -turns)
    pixels = pixels[:, ::-1] if mirror else pixels
    frame = _laid(blot.frame, *blot.shape, turns, mirror)
    detail = f"{90 * turns}° clockwise" + (", left and right swapped" if mirror else "")
    return blot.after(Step("turn", detail), np.ascontiguousarray(pixels), frame=frame)


def _map_boxes(table: pd.DataFrame, frame: Frame, *, inverse: bool) -> dict[str, FloatArray]:
    """Half-open boxes: their corners are edges, half a pixel before the first and after the last pixel."""
    change = frame.to_upright if inverse else frame.to_file
    row_a, col_a = change(table["top"].to_numpy(float) - 0.5, table["left"].to_numpy(float) - 0.5)
    row_b, col_b = change(table["bottom"].to_numpy(float) - 0.5, table["right"].to_numpy(float) - 0.5)
    return {
        "top": np.minimum(row_a, row_b) + 0.5,
        "bottom": np.maximum(row_a, row_b) + 0.5,
        "left": np.minimum(col_a, col_b) + 0.5,
        "right": np.maximum(col_a, col_b) + 0.5,
    }


def _map_table(table: pd.DataFrame, frame: Frame, *, inverse: bool) -> pd.DataFrame:
    if frame.as_in_file:
        return table.copy()
    change = frame.to_upright if inverse else frame.to_file
    changed: dict[str, Any] = {}
    if {"top", "bottom", "left", "right"} <= set(table.columns):
        changed |= _map_boxes(table, frame, inverse=inverse)
    if {"centre_row", "centre_col"} <= set(table.columns):
        rows, cols = change(table["centre_row"].to_numpy(float), table["centre_col"].to_numpy(float))
        changed |= {"centre_row": rows, "centre_col": cols}
    if "centre" in table.columns:
        across = table["centre"].to_numpy(float)
        # a lane that lies on its side in the file is placed by its row there
        on_side = frame.turns % 2 == 1
        if inverse:
            changed["centre"] = change(across, across)[1]
        else:
            changed["centre"] = change(np.zeros_like(across), across)[0 if on_side else 1]
    if "curve" in table.columns:
        changed["curve"] = _map_curves(table["curve"].tolist(), change)
    return table.assign(**changed)


def _map_curves(texts: list[str], change: Callable[..., tuple[FloatArray, FloatArray]]) -> list[str]:
    """Map the points of all curves at once; a call for each curve took most of the time of a table."""
    counts = [len(text.split()) for text in texts]
    points = parse_curve(" ".join(texts))
    moved = iter(_point_texts(*change(points[:, 0], points[:, 1])))
    return [" ".join(itertools.islice(moved, count)) for count in counts]


def to_file(table: pd.DataFrame, frame: Frame) -> pd.DataFrame:
    """Return a lanes or bands table of the upright blot in pixels of the file as given."""
    return _map_table(table, frame, inverse=False)


def to_upright(table: pd.DataFrame, frame: Frame) -> pd.DataFrame:
    """Return a lanes or bands table of the file in pixels of the upright blot; the inverse of `to_file`."""
    return _map_table(table, frame, inverse=True)


def _written(values: list[Any]) -> list[str]:
    # + 0.0 turns −0, which a spreadsheet saves as 0, into 0
    return [value if isinstance(value, str) else f"{value + 0.0:.10g}" for value in values]


def _texts(table: pd.DataFrame, names: Collection[str]) -> list[tuple[str, ...]]:
    return list(zip(*(_written(table[name].tolist()) for name in names), strict=True))


def geometry_marks(lanes: pd.DataFrame, bands: pd.DataFrame) -> dict[str, str]:
    """Mark where each lane and band lies, so that an edit by hand is noticed when the tables come back.

    Returns
    -------
    dict of str to str
        By ``image|lane|band`` (of a lane ``image|lane|``): the box, what else the row says of its place, the curve. Of
        bands, which are many, the last two are a digest.
    """
    marks = {}
    for what, table in (("lane", lanes), ("band", bands)):
        places = _texts(table, ("image", "lane", "band") if what == "band" else ("image", "lane"))
        for place, box, rest in zip(places, _texts(table, EDGES), _texts(table, (*_ROW[what], "curve")), strict=True):
            told = ";".join(rest)
            told = hashlib.sha256(told.encode()).hexdigest()[:12] if what == "band" else told
            marks["|".join((*place, "")[:3])] = "{}:{},{}:{};{}".format(*box, told)
    return marks
