"""Draw the membrane: its glow, haze along lanes, bleed around bands, and the dirt that lies on it."""

from __future__ import annotations

import numpy as np
import pandas as pd
from scipy.ndimage import gaussian_filter, zoom

from ..blot import FloatArray
from .knobs import Membrane
from .placement import Grid
from .shapes import soft_ends

__all__ = ["draw_dirt", "draw_glow", "draw_surround"]

_COARSE = 6  # bleed is so smooth that it is computed on every sixth pixel


def _waves(shape: tuple[int, int], waves: float, rng: np.random.Generator) -> FloatArray:
    """Smooth random field of mean 0 and standard deviation 1: cosines whose amplitude falls with their order."""
    order = np.arange(int(np.ceil(waves)) + 1)
    reach = np.hypot(order[:, None] * max(shape) / shape[0], order[None, :] * max(shape) / shape[1])
    amplitude = np.where((reach > 0) & (reach <= waves), 1.0 / np.maximum(reach, 1.0), 0.0)
    weights = rng.standard_normal(amplitude.shape) * amplitude
    down = np.cos(np.pi * order[None, :] * (np.arange(shape[0])[:, None] + 0.5) / shape[0])
    over = np.cos(np.pi * order[:, None] * (np.arange(shape[1])[None, :] + 0.5) / shape[1])
    field: FloatArray = down @ weights @ over
    field -= field.mean()
    field /= max(float(field.std()), 1e-12)
    return field


def _haze(bands: pd.DataFrame, grid: Grid, strength: float, rng: np.random.Generator) -> FloatArray:
    """Light along loaded lanes: a share of the median band height, other in every lane, slowly varying [AU]."""
    haze = np.zeros(grid.shape)
    loaded = bands[bands["volume"] > 0]
    half, soft = 0.5 * grid.layout.filling * grid.pitch, 0.08 * grid.pitch
    order = np.arange(1, 5)
    height = float(loaded["height"].median()) if len(loaded) else 0.0
    for lane in loaded["lane"].unique():
        weights = rng.uniform(-0.3, 0.3, len(order))
        middle = float(grid.centres[lane - 1])
        ends = np.linspace(-0.7, 0.7, 15) * grid.shape[0]
        cols = grid.to_picture(grid.lane_line(middle, ends), ends)[1]
        first = int(np.clip(cols.min() - half - 5.0 * soft, 0, grid.shape[1]))
        last = int(np.clip(cols.max() + half + 5.0 * soft, 0, grid.shape[1]))
        u, v = grid.to_membrane(np.arange(grid.shape[0])[:, None], np.arange(first, last)[None, :])
        along = 1.0 + np.cos(np.pi * (v[..., None] / grid.shape[0] + 0.5) * order) @ weights
        haze[:, first:last] += (
            strength * height * rng.uniform(0.4, 1.6) * along * soft_ends(u - grid.lane_line(middle, v), half, soft)
        )
    return haze


def _bleed(signal: FloatArray, membrane: Membrane) -> FloatArray:
    """Light that spreads around every band [AU]: the signal, blurred widely."""
    rows, cols = signal.shape
    padded = np.pad(signal, ((0, -rows % _COARSE), (0, -cols % _COARSE)))
    coarse = padded.reshape(padded.shape[0] // _COARSE, _COARSE, padded.shape[1] // _COARSE, _COARSE).mean((1, 3))
    blurred = gaussian_filter(coarse, membrane.bleed_px / _COARSE, mode="nearest")
    wide: FloatArray = zoom(blurred, _COARSE, order=1, grid_mode=True, mode="nearest")
    return membrane.bleed * wide[:rows, :cols]


def draw_glow(
    bands: pd.DataFrame, signal: FloatArray, grid: Grid, membrane: Membrane, rng: np.random.Generator
) -> FloatArray:
    """Draw what shines under the bands: base, unevenness, gradient, haze and bleed.

    Returns
    -------
    ndarray of shape (H, W)
        Light of the membrane without bands and dirt [AU].
    """
    rows, cols = grid.shape
    glow = np.ones(grid.shape)
    if membrane.unevenness:
        glow += membrane.unevenness * _waves(grid.shape, membrane.waves, rng)
    if membrane.gradient:
        down, over = np.linspace(-0.25, 0.25, rows)[:, None], np.linspace(-0.25, 0.25, cols)[None, :]
        glow += membrane.gradient * (rng.choice((-1.0, 1.0)) * down + rng.choice((-1.0, 1.0)) * over)
    glow = membrane.base * np.maximum(glow, 0.0)
    if membrane.haze:
        glow += _haze(bands, grid, membrane.haze, rng)
    if membrane.bleed:
        glow += _bleed(signal, membrane)
    return glow


def _window(picture: FloatArray, row: float, col: float, reach: float) -> tuple[slice, slice, FloatArray, FloatArray]:
    """Part of the picture within `reach` of a place, and the distances of its rows and columns from that place [px]."""
    rows = slice(max(int(row - reach), 0), max(int(row + reach) + 1, 0))
    cols = slice(max(int(col - reach), 0), max(int(col + reach) + 1, 0))
    y = np.arange(picture.shape[0], dtype=float)[rows, None] - row
    x = np.arange(picture.shape[1], dtype=float)[None, cols] - col
    return rows, cols, y, x


def _add_grain(dirt: FloatArray, row: float, col: float, height: float, rng: np.random.Generator) -> None:
    """Add one grain of dust: an elliptic spot, 2–6 px wide, sharper than any band."""
    wide, long, angle = rng.uniform(0.6, 1.3), rng.uniform(0.8, 2.2), rng.uniform(0.0, np.pi)
    rows, cols, y, x = _window(dirt, row, col, 9.0)
    first = (x * np.cos(angle) + y * np.sin(angle)) / long
    second = (y * np.cos(angle) - x * np.sin(angle)) / wide
    dirt[rows, cols] += height * np.exp(-0.5 * (first**2 + second**2) ** 2)


def _add_scratch(dirt: FloatArray, height: float, rng: np.random.Generator) -> None:
    """Add one straight scratch, 1–2 px wide, bright or dark."""
    row, col, angle = rng.uniform(0, dirt.shape[0]), rng.uniform(0, dirt.shape[1]), rng.uniform(0.0, np.pi)
    length, wide = rng.uniform(0.1, 0.35) * dirt.shape[0], rng.uniform(0.6, 1.0)
    rows, cols, y, x = _window(dirt, row, col, 0.5 * length + 12.0)
    along, across = x * np.cos(angle) + y * np.sin(angle), y * np.cos(angle) - x * np.sin(angle)
    dirt[rows, cols] += height * np.exp(-0.5 * (across / wide) ** 2) * soft_ends(along, 0.5 * length, 2.0)


def _add_bubble(dirt: FloatArray, height: float, rng: np.random.Generator) -> None:
    """Add one bubble: a pale disc with a soft rim."""
    row, col = rng.uniform(0, dirt.shape[0]), rng.uniform(0, dirt.shape[1])
    radius = rng.uniform(0.02, 0.06) * min(dirt.shape)
    rows, cols, y, x = _window(dirt, row, col, radius + 10.0)
    dirt[rows, cols] += height * soft_ends(np.hypot(y, x), radius, 1.5)


def _grain_places(
    bands: pd.DataFrame, shape: tuple[int, int], membrane: Membrane, rng: np.random.Generator
) -> FloatArray:
    """Row and column of every grain; those on bands lie within the box of a band that is there."""
    anywhere: FloatArray = rng.uniform(0.0, 1.0, (membrane.dust, 2)) * np.array(shape)
    there = bands[bands["volume"] > 0]
    if there.empty or not membrane.dust_on_bands:
        return anywhere
    box = there[["top", "bottom", "left", "right"]].to_numpy(float)[rng.integers(0, len(there), membrane.dust_on_bands)]
    share = rng.uniform(0.1, 0.9, (membrane.dust_on_bands, 2))
    return np.vstack([anywhere, box[:, [0, 2]] + share * (box[:, [1, 3]] - box[:, [0, 2]])])


def draw_dirt(bands: pd.DataFrame, shape: tuple[int, int], membrane: Membrane, rng: np.random.Generator) -> FloatArray:
    """Draw dust, hot pixels, scratches and bubbles.

    Returns
    -------
    ndarray of shape (H, W)
        Light that they add or take away [AU].
    """
    dirt = np.zeros(shape)
    for row, col in _grain_places(bands, shape, membrane, rng):
        _add_grain(dirt, row, col, membrane.dust_height * rng.lognormal(0.0, 0.7), rng)
    for _ in range(membrane.specks):
        dirt[rng.integers(shape[0]), rng.integers(shape[1])] += membrane.dust_height * rng.uniform(1.0, 4.0)
    for _ in range(membrane.scratches):
        sign = rng.choice((-0.5, 1.0))
        _add_scratch(dirt, sign * min(membrane.dust_height, 0.6 * membrane.base) * rng.uniform(0.3, 1.0), rng)
    for _ in range(membrane.bubbles):
        _add_bubble(dirt, -membrane.base * rng.uniform(0.2, 0.6), rng)
    return dirt


def draw_surround(grid: Grid, membrane: Membrane) -> FloatArray:
    """Draw the membrane's outline: 1 on it and 0 on the black surround, with an edge 1.5 px soft."""
    u, v = grid.to_membrane(np.arange(grid.shape[0])[:, None], np.arange(grid.shape[1])[None, :])
    across = soft_ends(u, 0.5 * grid.shape[1] - membrane.edge, 1.5)
    return np.asarray(across * soft_ends(v, 0.5 * grid.shape[0] - membrane.edge, 1.5))
