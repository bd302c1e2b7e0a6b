"""Cut the surroundings of every band into equal windows of small cells."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pandas as pd

from ..blot import Blot, FloatArray
from ..geometry import evaluate_curve, parse_curve

__all__ = ["Geometry", "Windows", "cut_windows"]

BoolArray = npt.NDArray[np.bool_]

_REACH = 10.0  # half height of a window [band sigmas]
_SIDE = 0.56  # half width of a window [pitch]
_CELLS = 25  # cells across a window, about
_FINE = 5.0  # cells a band sigma, at most
_NEVER_BELOW = 12.0  # half height of a window [px]


@dataclass(frozen=True)
class Windows:
    """Cells around every band; arrays have shape (bands, rows, columns).

    Parameters
    ----------
    row, col : ndarray of shape (B,)
        Centre of each window [px of the upright blot].
    height, width : int
        Size of a cell [px].
    rows, cols : ndarray of shape (R,), (K,)
        Centres of the cells from the window's centre [px].
    light : ndarray of shape (B, R, K)
        Mean of each cell's pixels above the window's `level` [AU].
    level : ndarray of shape (B,)
        Median of each window [AU].
    count : ndarray of shape (B, R, K)
        Pixels of each cell that lie in the picture [px].
    usable : ndarray of shape (B, R, K)
        The cell lies in the picture, near enough, and holds no saturated pixel.
    """

    row: FloatArray
    col: FloatArray
    height: int
    width: int
    rows: FloatArray
    cols: FloatArray
    light: FloatArray
    level: FloatArray
    count: FloatArray
    usable: BoolArray


@dataclass(frozen=True)
class Geometry:
    """Where each band lies in a window and how large it is, before fitting.

    Parameters
    ----------
    row, col : ndarray of shape (B,)
        Centre of the band from the window's centre [px].
    ridge : ndarray of shape (B, K)
        Rise of the ridge above the band's centre row at each column of cells [px].
    lean : ndarray of shape (B,)
        Slope of the lane [columns per row].
    sigma : ndarray of shape (B,)
        Half thickness along the run [px].
    half : ndarray of shape (B,)
        Half width across the lane [px].
    """

    row: FloatArray
    col: FloatArray
    ridge: FloatArray
    lean: FloatArray
    sigma: FloatArray
    half: FloatArray

    def seen_from(self, windows: Windows, seen: npt.NDArray[np.int64], by: npt.NDArray[np.int64]) -> Geometry:
        """Geometry of bands ``seen`` in the windows of bands ``by``; ridges go on straight beyond their own window."""
        shift = (windows.col[by] - windows.col[seen]) / windows.width
        last = len(windows.cols) - 1
        at = np.clip(np.arange(last + 1) + shift[:, None], 0, last)
        low = np.minimum(at.astype(np.int64), max(last - 1, 0))
        own, part = self.ridge[seen], at - low
        ridge = np.take_along_axis(own, low, 1) * (1 - part)
        ridge += np.take_along_axis(own, np.minimum(low + 1, last), 1) * part
        return Geometry(
            self.row[seen] + windows.row[seen] - windows.row[by],
            self.col[seen] + windows.col[seen] - windows.col[by],
            ridge,
            self.lean[seen],
            self.sigma[seen],
            self.half[seen],
        )


def _filled(values: pd.Series[float], instead: FloatArray) -> FloatArray:
    numbers = values.to_numpy(float)
    return np.where(np.isfinite(numbers) & (numbers != 0), numbers, instead)


def _thickness(bands: pd.DataFrame) -> FloatArray:
    """Half thickness of each band's row [px]: the median of its bands, since single ones are uncertain."""
    guess = np.maximum((bands["bottom"] - bands["top"]).to_numpy(float) / 6, 1.0)
    own = pd.Series(np.clip(_filled(bands["sigma"], guess), 0.8, None))
    return own.groupby(bands["band"].to_numpy()).transform("median").to_numpy(float)


def _pitch(bands: pd.DataFrame, half: FloatArray) -> float:
    """Distance of neighbouring lanes [px]."""
    centres = np.sort(bands.groupby("lane")["centre_col"].mean().to_numpy(float))
    widest = 2.3 * float(np.median(half))
    return max(float(np.median(np.diff(centres))), widest) if len(centres) > 1 else 1.15 * widest


def _starts(centre: FloatArray, length: int, size: int) -> npt.NDArray[np.int64]:
    """First pixel of a window of a length around each centre; ties go to the picture's middle, so mirrors agree."""
    inwards = 1e-6 * np.sign((size - 1) / 2 - centre)
    return np.rint(centre - (length - 1) / 2 + inwards).astype(np.int64)


def _ridges(bands: pd.DataFrame, col: FloatArray, cols: FloatArray) -> FloatArray:
    ridge = np.zeros((len(bands), len(cols)))
    centres = bands["centre_col"].to_numpy(float)
    for i, text in enumerate(bands["curve"]):
        points = parse_curve(text)
        if len(points) > 1:
            at = np.append(col[i] + cols, centres[i])
            line = evaluate_curve(points[:, 1], points[:, 0], at)
            ridge[i] = line[:-1] - line[-1]
    return ridge


def _gather(
    blot: Blot, top: npt.NDArray[np.int64], left: npt.NDArray[np.int64], cells: tuple[int, int], size: tuple[int, int]
) -> tuple[FloatArray, FloatArray, BoolArray]:
    """Means, pixel counts, and whether saturated, of all cells."""
    rows = top[:, None] + np.arange(cells[0] * size[0])
    cols = left[:, None] + np.arange(cells[1] * size[1])
    inside = ((rows >= 0) & (rows < blot.shape[0]))[:, :, None] & ((cols >= 0) & (cols < blot.shape[1]))[:, None, :]
    near = (np.clip(rows, 0, blot.shape[0] - 1)[:, :, None], np.clip(cols, 0, blot.shape[1] - 1)[:, None, :])
    # from the picture's median, so that an offset cancels before anything is summed
    pixels = np.where(inside, blot.pixels[near] - np.median(blot.pixels), 0.0)
    parts = (len(top), cells[0], size[0], cells[1], size[1])
    count = inside.reshape(parts).sum(axis=(2, 4)).astype(float)
    light = pixels.reshape(parts).sum(axis=(2, 4)) / np.maximum(count, 1.0)
    ceiling = np.inf if blot.ceiling is None else blot.ceiling
    clipped = (inside & (blot.pixels[near] >= ceiling)).reshape(parts).any(axis=(2, 4))
    return light, count, clipped


def cut_windows(blot: Blot, bands: pd.DataFrame) -> tuple[Windows, Geometry]:
    """Cut a window of ±10 sigmas by ±0.56 pitch around every band into cells of about 1 × 4 px.

    Parameters
    ----------
    blot : Blot
        The upright picture.
    bands : DataFrame
        Upright bands table of the picture, not empty.
    """
    sigma = _thickness(bands)
    half = np.maximum((bands["right"] - bands["left"]).to_numpy(float) / 2 - 0.5, 1.0)
    pitch = _pitch(bands, half)
    height = max(1, round(float(np.median(sigma)) / _FINE))
    width = max(1, round(2 * _SIDE * pitch / _CELLS))
    across = 2 * int(_SIDE * pitch / width) + 1
    along = 2 * int(np.ceil(max(_REACH * float(sigma.max()), _NEVER_BELOW) / height)) + 1
    place_row, place_col = bands["centre_row"].to_numpy(float), bands["centre_col"].to_numpy(float)
    top = _starts(place_row, along * height, blot.shape[0])
    left = _starts(place_col, across * width, blot.shape[1])
    row = np.asarray(top + (along * height - 1) / 2, dtype=np.float64)
    col = np.asarray(left + (across * width - 1) / 2, dtype=np.float64)
    rows = np.asarray((np.arange(along) - along // 2) * float(height), dtype=np.float64)
    cols = np.asarray((np.arange(across) - across // 2) * float(width), dtype=np.float64)
    light, count, clipped = _gather(blot, top, left, (along, across), (height, width))
    reach = np.maximum(_REACH * sigma, _NEVER_BELOW)
    usable = (count > 0) & ~clipped & (np.abs(rows) <= reach[:, None])[:, :, None]
    inner = np.where(usable, light, np.nan)
    seen = usable.any(axis=(1, 2))
    level = np.zeros(len(bands))
    level[seen] = np.nanmedian(inner[seen], axis=(1, 2))
    windows = Windows(
        row, col, height, width, rows, cols, light - level[:, None, None], level + np.median(blot.pixels), count, usable
    )
    lean = np.nan_to_num(bands["lean"].to_numpy(float))
    return windows, Geometry(place_row - row, place_col - col, _ridges(bands, col, cols), lean, sigma, half)
