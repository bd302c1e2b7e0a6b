"""Draw bands: from a table of true bands to light on the membrane, and back to the truth of what was drawn."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd

from ..blot import FloatArray
from ..errors import TableError
from ..geometry import curve_text
from .placement import Grid
from .shapes import FAMILIES, SHAPE_DEFAULTS

__all__ = ["complete", "render"]

_REACH = 9.0  # half thicknesses that a band's patch reaches along the run; beyond is less than 1e-15 of a Gaussian

_FOUND = ("centre_row", "centre_col", "top", "bottom", "left", "right", "curve", "lean", "height")


def complete(bands: pd.DataFrame, grid: Grid) -> pd.DataFrame:
    """Return the bands with every shape column, defaults where the table says nothing or is blank.

    Raises
    ------
    TableError
        A needed column is missing, or a lane does not exist.
    """
    for name in ("lane", "band", "volume"):
        if name not in bands.columns:
            raise TableError(f"true bands: column {name!r} is missing; needed are lane, band and volume")
    out = bands.reset_index(drop=True)
    out["band"] = out["band"].map(str)
    lanes = out["lane"].to_numpy(int)
    if len(lanes) and not (lanes.min() >= 1 and lanes.max() <= grid.layout.n_lanes):
        raise TableError(f"true bands: lanes must lie between 1 and {grid.layout.n_lanes}; change `Layout.n_lanes`")
    names = list(dict.fromkeys(out["band"]))
    heights = grid.shape[0] * (np.arange(len(names)) + 1.0) / (len(names) + 1.0)
    default: dict[str, Any] = {
        **SHAPE_DEFAULTS,
        "row": out["band"].map(dict(zip(names, heights, strict=True))).astype(float),
        "width": grid.layout.filling * grid.pitch,
    }
    given = {name: out[name].astype(float).fillna(value) for name, value in default.items() if name in out.columns}
    return out.assign(**{**default, **given})


def _patch_grid(bands: pd.DataFrame, grid: Grid) -> tuple[np.ndarray, np.ndarray, int, int]:
    """Top-left corners of equal patches that hold every band whole, and the patch's height and width [px]."""
    centre = grid.centres[bands["lane"].to_numpy(int) - 1]
    v = grid.row_line(bands["row"].to_numpy(float) + bands["shift"].to_numpy(float), centre)
    u = grid.lane_line(centre, v)
    row, col = grid.to_picture(u, grid.row_line(bands["row"].to_numpy(float) + bands["shift"].to_numpy(float), u))
    bend = bands[["curl", "slant", "split"]].abs().sum(axis=1) + np.where(bands["tail"] > 0, 7 * bands["tail_px"], 0)
    slope = abs(np.deg2rad(grid.layout.tilt)) + 4.0 * abs(grid.layout.smile) / grid.shape[1]
    reach = _REACH * bands["sigma"] + bend + slope * bands["width"]
    half_height = int(np.ceil(reach.max()))
    half_width = int(np.ceil((0.5 * bands["width"] + 8.0 * bands["edge"]).max() + 0.1 * half_height))
    top = np.round(row).astype(int) - half_height
    left = np.round(col).astype(int) - half_width
    return top, left, 2 * half_height + 1, 2 * half_width + 1


def _brightness(bands: pd.DataFrame, grid: Grid, family: str, row: FloatArray, col: FloatArray) -> FloatArray:
    """Brightness of every band at its patch's pixels, up to a factor a band; shape (n, h, w)."""
    names = [*SHAPE_DEFAULTS, "width", "row"]
    shape = {name: bands[name].to_numpy(float)[:, None, None] for name in names}
    shape["half"] = 0.5 * shape["width"]
    u, v = grid.to_membrane(row, col)
    centre = grid.centres[bands["lane"].to_numpy(int) - 1][:, None, None]
    across = u - grid.lane_line(centre, v)
    place = np.clip(across / shape["half"], -1.3, 1.3)
    bend = shape["curl"] * (place**2 - 1.0 / 3.0) + shape["slant"] * place
    along = v - grid.row_line(shape["row"] + shape["shift"], u) - bend
    profile = FAMILIES[family]
    light = profile(along, across, shape)
    double = np.flatnonzero(bands["split"].to_numpy(float))
    if len(double):
        part = {name: values[double] for name, values in shape.items()}
        second = profile(along[double] - part["split"], across[double], part)
        light[double] = (1.0 - part["share"]) * light[double] + part["share"] * second
    return light


def _ridges(bands: pd.DataFrame, grid: Grid) -> dict[str, list[str] | FloatArray]:
    """Ridge of every band as a curve of five points, and the slope of its lane's centre line there."""
    centre = grid.centres[bands["lane"].to_numpy(int) - 1][:, None]
    place = np.linspace(-1.0, 1.0, 5)
    height = (bands["row"] + bands["shift"] + bands["share"] * bands["split"]).to_numpy(float)[:, None]
    bend = bands["curl"].to_numpy()[:, None] * (place**2 - 1.0 / 3.0) + bands["slant"].to_numpy()[:, None] * place
    u = grid.lane_line(centre, grid.row_line(height, centre)) + 0.5 * bands["width"].to_numpy(float)[:, None] * place
    v = grid.row_line(height, u) + bend
    rows, cols = grid.to_picture(u, v)
    ends = grid.to_picture(grid.lane_line(centre, v[:, [2, 2]] + [[-1.0, 1.0]]), v[:, [2, 2]] + [[-1.0, 1.0]])
    lean = (ends[1][:, 1] - ends[1][:, 0]) / (ends[0][:, 1] - ends[0][:, 0])
    return {"curve": [curve_text(row, col) for row, col in zip(rows, cols, strict=True)], "lean": lean}


def _measure(patches: FloatArray, row: FloatArray, col: FloatArray) -> dict[str, FloatArray]:
    """Centres of gravity and boxes that hold 99.5 % of the light along the run and across."""
    down, over = patches.sum(axis=2), patches.sum(axis=1)
    total = down.sum(axis=1)
    rows, cols = row[:, :, 0], col[:, 0, :]
    found = {
        "centre_row": (down * rows).sum(axis=1) / total,
        "centre_col": (over * cols).sum(axis=1) / total,
    }
    for (first, last), marginal, places in ((("top", "bottom"), down, rows), (("left", "right"), over, cols)):
        share = np.cumsum(marginal, axis=1) / total[:, None]
        found[first] = places[np.arange(len(places)), (share < 0.0025).sum(axis=1)]
        found[last] = places[np.arange(len(places)), (share < 0.9975).sum(axis=1)] + 1.0
    return found


def render(bands: pd.DataFrame, grid: Grid, family: str) -> tuple[FloatArray, pd.DataFrame]:
    """Draw the bands.

    Each band is drawn on a patch that holds it whole, at the centres of its pixels, and scaled so that the sum of its
    pixels is its volume; the true volume is the sum of those that lie in the picture.

    Parameters
    ----------
    bands : DataFrame
        As `complete` returns it.
    grid : Grid
        Lanes and rows.
    family : str
        Key of `FAMILIES`.

    Returns
    -------
    signal : ndarray of shape (H, W)
        Light of all bands [AU].
    truth : DataFrame
        The bands with the volume drawn [AU px], centres, boxes and heights.
    """
    signal = np.zeros(grid.shape)
    if bands.empty:
        return signal, bands.assign(**{name: [] for name in _FOUND})
    top, left, height, width = _patch_grid(bands, grid)
    row = (top[:, None, None] + np.arange(height)[None, :, None]).astype(float)
    col = (left[:, None, None] + np.arange(width)[None, None, :]).astype(float)
    patches = _brightness(bands, grid, family, row, col)
    patches /= patches.sum(axis=(1, 2), keepdims=True)
    truth = bands.assign(**_measure(patches, row, col), **_ridges(bands, grid))
    patches *= bands["volume"].to_numpy(float)[:, None, None]
    drawn = np.zeros(len(bands))
    for index, (y, x) in enumerate(zip(top, left, strict=True)):
        rows, cols = slice(max(y, 0), max(y + height, 0)), slice(max(x, 0), max(x + width, 0))
        inside = signal[rows, cols]
        part = patches[index, max(-y, 0) :, max(-x, 0) :][: inside.shape[0], : inside.shape[1]]
        inside += part
        drawn[index] = part.sum()
    return signal, truth.assign(volume=drawn, height=patches.max(axis=(1, 2)))
