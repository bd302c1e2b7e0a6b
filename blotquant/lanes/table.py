"""The lanes table: boxes, centre lines and doubts of every lane in every image."""

from __future__ import annotations

from collections.abc import Sequence
from statistics import median

import numpy as np
import pandas as pd

from .. import tables
from ..blot import Blot, FloatArray
from ..evidence import Canvas
from ..flags import Flag, encode
from ..geometry import curve_texts, to_file
from .counting import Settled
from .findings import Search

__all__ = ["lanes_table"]

_MARGIN = 1.25  # width of a lane's box over that of its bands at half height
_USUAL = 0.7  # width of a band as a share of the pitch, where none was measured
_UNSURE = 0.5  # confidence below which a lane is flagged
_TILTED = 2.0  # lean from which lanes are flagged [degree]


def _widths(found: Search) -> FloatArray:
    """Width of each lane [px]: that of its bands with their soft ends, and never more than the space it has."""
    comb, marks = found.comb, found.marks
    flat = comb.flattened(marks.row, 0.5 * (marks.left + marks.right))
    lane = np.argmin(np.abs(flat[:, None] - comb.centre[None, :]), axis=1)
    wide = marks.right - marks.left
    usual = float(np.median(wide)) if len(wide) else _USUAL * found.pitch
    # two bands' worth of the usual width steady a lane with few bands
    own = np.array([median([*wide[lane == k].tolist(), usual, usual]) for k in range(len(comb.centre))])
    space = np.diff(comb.centre, prepend=-np.inf, append=np.inf)
    room = np.minimum(space[:-1], space[1:])
    half = np.minimum(_MARGIN * own, np.where(np.isfinite(room), room, np.inf))
    return np.asarray(np.round(half, 2), dtype=np.float64)


def _image_lanes(blot: Blot, canvas: Canvas, offset: tuple[int, int], settled: Settled) -> pd.DataFrame:
    """Lanes of one image in its own upright pixels."""
    comb = settled.found.comb
    rows, cols = blot.shape
    at = np.array([0.0, 0.5 * (rows - 1), rows - 1.0])
    columns = comb.columns(at + offset[0]) - offset[1]
    width = _widths(settled.found)
    fine = comb.columns(np.linspace(0, rows - 1, 9) + offset[0]) - offset[1]
    left = np.clip(np.round(fine.min(axis=1) - 0.5 * width + 0.5), 0, cols - 1)
    right = np.clip(np.round(fine.max(axis=1) + 0.5 * width + 0.5), left + 1, cols)
    run = max(1.0, rows - 1.0)
    tilt = np.degrees(np.arctan2(columns[:, 0] - columns[:, 2], run))
    return pd.DataFrame(
        {
            "image": blot.name,
            "lane": np.arange(1, len(width) + 1),
            "left": left,
            "right": right,
            "top": 0.0,
            "bottom": float(rows),
            "centre": np.round(columns[:, 1], 2),
            "width": width,
            "tilt": np.round(tilt, 3),
            "curve": curve_texts(np.broadcast_to(at, columns.shape), columns),
            "confidence": settled.confidence,
            "reason": settled.reasons,
            "flags": _flags(np.asarray(np.round(tilt, 3), np.float64), settled),
        }
    )


def _flags(tilt: FloatArray, settled: Settled) -> list[str]:
    flags = np.where(settled.confidence < _UNSURE, int(Flag.LANE_UNSURE), 0)
    flags |= np.where(np.abs(tilt) > _TILTED, int(Flag.TILTED), 0)
    flags |= np.where(settled.inferred, int(Flag.LANE_EMPTY), 0)
    flags |= int(Flag.LANES_GIVEN) if settled.doubted else 0
    return [encode(int(flag)) for flag in flags]


def lanes_table(blots: Sequence[Blot], canvas: Canvas, settled: Settled) -> pd.DataFrame:
    """Write the lanes of all images of a membrane in pixels of their files."""
    parts = [
        to_file(_image_lanes(blot, canvas, offset, settled), blot.frame)
        for blot, offset in zip(blots, canvas.offsets, strict=True)
    ]
    return tables.check(parts[0] if len(parts) == 1 else pd.concat(parts, ignore_index=True), "lanes")
