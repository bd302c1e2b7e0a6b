"""Cut every lane into a strip of small cells that follows its centre line, and show bands their part of it.

Pixels are counted whole: each row of a strip starts at a whole pixel next to the lane's line, and what is left of the
line's way between pixels is told to the shapes as a drift.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any, NamedTuple, TypeVar

import numpy as np
import numpy.typing as npt
import pandas as pd

from ..blot import Blot, FloatArray
from ..geometry import evaluate_curve, parse_curve
from ..surround import off_membrane

__all__ = ["Beside", "Places", "Strips", "View", "cut_strips", "over_blocks", "pair_strips", "place_bands"]

BoolArray = npt.NDArray[np.bool_]
IntArray = npt.NDArray[np.int64]
Kind = TypeVar("Kind", bound=np.generic)

_REACH = 14.0  # half height of a band's window [band sigmas]
_SIDE = 0.56  # half width of a strip [pitch]
_CELLS = 15  # cells across a strip, about
_FINE = 1.2  # cells a band sigma, at most
_NEVER_BELOW = 12.0  # half height of a window [px]
_BEND = 3  # degree of a lane's line
_SPREAD = 1.3  # a band's light ends so far from its middle [half width]
_CHUNK = 256  # pairs of neighbours drawn at once, so that memory stays bounded
_SLOPE = 30.0  # a band's lean counts like a place at this distance [px]


@dataclass(frozen=True)
class Strips:
    """Lanes in cells; arrays have shape (lanes, rows, columns), with `pad` rows outside the picture at both ends.

    Parameters
    ----------
    light : ndarray of shape (L, R, K)
        Mean of each cell's pixels above `zero` [AU].
    count : ndarray of shape (L, R, K)
        Pixels of each cell that lie in the picture [px].
    usable : ndarray of shape (L, R, K)
        The cell lies on the membrane, under no bubble, and holds no saturated pixel.
    burnt : ndarray of shape (L, R, K)
        The cell holds a saturated pixel.
    zero : float
        Median of the picture [AU].
    start : ndarray of shape (L, R)
        First pixel column of each row.
    line : ndarray of shape (L, R)
        Centre line of each lane [px].
    cols : ndarray of shape (K,)
        Centres of the cells from the middle of the strip [px].
    height, width : int
        Size of a cell [px].
    pad : int
        Rows of cells above and below the picture.
    """

    light: FloatArray
    count: FloatArray
    usable: BoolArray
    burnt: BoolArray
    zero: float
    start: IntArray
    line: FloatArray
    cols: FloatArray
    height: int
    width: int
    pad: int

    @property
    def rows(self) -> FloatArray:
        """Middle of each row of cells [px]."""
        return np.asarray((np.arange(self.light.shape[1]) - self.pad) * self.height + (self.height - 1) / 2)


@dataclass(frozen=True)
class Places:
    """Where bands lie; arrays of shape (B,).

    Parameters
    ----------
    lane : ndarray
        Index of each band's strip.
    row, col : ndarray
        Centre [px].
    sigma, half : ndarray
        Half thickness along the run and half width across the lane [px].
    first : ndarray
        First row of cells of each band's window.
    tall : int
        Rows of cells of a window.
    curves : tuple of ndarray
        Points of each band's ridge [px].
    """

    lane: IntArray
    row: FloatArray
    col: FloatArray
    sigma: FloatArray
    half: FloatArray
    first: IntArray
    tall: int
    curves: tuple[FloatArray, ...]

    @property
    def windows(self) -> IntArray:
        """Rows of cells of every window, shape (B, tall)."""
        return self.first[:, None] + np.arange(self.tall)

    def cut(self, image: npt.NDArray[Kind]) -> npt.NDArray[Kind]:
        """Cut the windows out of images of all strips, shape (L, R, K) to (B, tall, K)."""
        return np.asarray(image[self.lane[:, None], self.windows])

    def spread_out(self, windows: FloatArray, strips: Strips) -> FloatArray:
        """Add up images of the bands' windows in their strips, shape (B, tall, K) to (L, R, K)."""
        image = np.zeros(strips.light.shape)
        for lane, first, window in zip(self.lane, self.first, windows, strict=True):
            image[lane, first : first + self.tall] += window
        return image

    def view(self, strips: Strips, seen: IntArray, by: IntArray) -> View:
        """Show windows of the bands ``seen`` as they lie in the strips ``by``."""
        windows = self.windows[seen]
        middle = self.tall // 2
        start = np.take_along_axis(strips.start[by], windows, 1)
        line = np.take_along_axis(strips.line[self.lane[seen]], windows, 1)
        across = start[:, middle, None] + (len(strips.cols) * strips.width - 1) / 2 + strips.cols
        drift = (start - start[:, middle, None]) - (line - line[:, middle, None])
        ridge = np.zeros_like(across)
        for i, band in enumerate(seen):
            ridge[i] = _ridge(self.curves[band], across[i], self.col[band], 1.1 * self.half[band])
        return View(
            rows=strips.rows[windows] - self.row[seen, None],
            cols=across - self.col[seen, None],
            drift=np.asarray(drift, dtype=np.float64),
            ridge=ridge,
            sigma=self.sigma[seen],
            half=self.half[seen],
            width=strips.width,
        )


@dataclass(frozen=True)
class View:
    """Cells of windows as their bands see them.

    Parameters
    ----------
    rows : ndarray of shape (B, tall)
        How far each row of cells lies below the band's centre [px].
    cols : ndarray of shape (B, K)
        How far each column lies right of the band's centre, in the middle row [px].
    drift : ndarray of shape (B, tall)
        How much further right of the lane's line other rows lie [px].
    ridge : ndarray of shape (B, K)
        How far the ridge lies below the band's centre at each column [px].
    sigma, half : ndarray of shape (B,)
        Half thickness and half width of each band [px].
    width : int
        Width of a cell [px].
    """

    rows: FloatArray
    cols: FloatArray
    drift: FloatArray
    ridge: FloatArray
    sigma: FloatArray
    half: FloatArray
    width: int

    def thicker(self, factor: FloatArray) -> View:
        """Show the same cells to bands whose sigma has grown."""
        return replace(self, sigma=self.sigma * factor)


def _ridge(points: FloatArray, at: FloatArray, centre: float, reach: float) -> FloatArray:
    """Ridge of a band below its centre; straight on beyond its ends."""
    if len(points) < 2:
        return np.zeros(len(at))
    ends = np.array([centre - reach, centre, centre + reach])
    inside = np.clip(at, ends[0], ends[2])
    step = 0.1 * reach
    line = evaluate_curve(points[:, 1], points[:, 0], np.concatenate([inside, ends, ends[[0, 2]] + [step, -step]]))
    low, middle, high, by_low, by_high = line[len(at) :]
    out = line[: len(at)] - middle
    out = out + np.minimum(at - ends[0], 0.0) * (by_low - low) / step
    return np.asarray(out + np.maximum(at - ends[2], 0.0) * (high - by_high) / step)


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


def _line(row: FloatArray, col: FloatArray, lean: FloatArray, at: FloatArray) -> FloatArray:
    """Centre line of a lane through its bands' centres and leans (least squares) [px]."""
    middle = float(row.mean())
    span = max(float(np.abs(row - middle).max()), _SLOPE)
    degree = min(_BEND, 2 * len(row) - 1)
    powers = np.arange(degree + 1)

    def value_and_slope(rows: FloatArray) -> tuple[FloatArray, FloatArray]:
        place = (rows - middle)[:, None] / span
        return place**powers, powers * place ** np.maximum(powers - 1, 0)

    value, slope = value_and_slope(row)
    both = np.vstack([value, slope * (_SLOPE / span)])
    found = np.linalg.lstsq(both, np.concatenate([col, _SLOPE * lean]), rcond=1e-6)[0]
    inside = np.clip(at, row.min(), row.max())
    value, slope = value_and_slope(inside)
    return np.asarray(value @ found + (at - inside) * (slope @ found / span))


def _starts(line: FloatArray, length: int, size: int) -> IntArray:
    """First pixels of strips around lines; ties go to the picture's middle, so that mirrored pictures agree."""
    inwards = 1e-6 * np.sign((size - 1) / 2 - line)
    return np.rint(line - (length - 1) / 2 + inwards).astype(np.int64)


def _gather(
    blot: Blot, hidden: BoolArray, start: IntArray, cells: tuple[int, int], size: tuple[int, int], pad: int
) -> tuple[FloatArray, FloatArray, BoolArray, BoolArray]:
    """Means above the picture's median, pixel counts, and whether hidden or saturated, of all cells."""
    rows, (height, width) = blot.shape[0], size
    cols = start[:, :, None] + np.arange(cells[1] * width)
    inside = (cols >= 0) & (cols < blot.shape[1])
    at = np.arange(cells[0])[:, None] * blot.shape[1] + np.clip(cols, 0, blot.shape[1] - 1)

    def sums(image: FloatArray) -> FloatArray:
        """Sum an image over the cells: cells of all lanes have the same rows, so these are summed first."""
        tall = np.zeros((cells[0] * height, blot.shape[1]))
        tall[pad * height : pad * height + rows] = image
        flat = np.where(inside, np.take(tall.reshape(cells[0], height, -1).sum(axis=1), at), 0.0)
        return np.asarray(flat.reshape(len(start), *cells, width).sum(axis=3))

    # from the picture's median, so that an offset cancels before anything is summed
    light = sums(blot.pixels - blot.middle)
    tall = np.clip(rows - (np.arange(cells[0]) - pad) * height, 0, height) * (np.arange(cells[0]) >= pad)
    count = inside.reshape(len(start), *cells, width).sum(axis=3) * tall[:, None].astype(np.float64)
    ceiling = np.inf if blot.ceiling is None else blot.ceiling
    nowhere = np.zeros(count.shape, dtype=np.bool_)
    masks = (hidden, blot.pixels >= ceiling)
    lost, burnt = (sums(mask.astype(float)) > 0 if mask.any() else nowhere for mask in masks)
    return light / np.maximum(count, 1.0), count, lost, burnt


def place_bands(bands: pd.DataFrame) -> Places:
    """Read the places of bands off their table; windows are laid when the strips are cut."""
    half = np.maximum((bands["right"] - bands["left"]).to_numpy(float) / 2 - 0.5, 1.0)
    return Places(
        lane=np.unique(bands["lane"].to_numpy(np.int64), return_inverse=True)[1].astype(np.int64),
        row=bands["centre_row"].to_numpy(float),
        col=bands["centre_col"].to_numpy(float),
        sigma=_thickness(bands),
        half=half,
        first=np.zeros(len(bands), np.int64),
        tall=1,
        curves=tuple(parse_curve(text) for text in bands["curve"]),
    )


def cut_strips(blot: Blot, bands: pd.DataFrame, hidden: BoolArray | None = None) -> tuple[Strips, Places]:
    """Cut a strip of ±0.56 pitch along every lane into cells of about 3 × 5 px, and lay a window around every band.

    Parameters
    ----------
    blot : Blot
        The upright picture.
    bands : DataFrame
        Upright bands table of the picture, not empty.
    hidden : ndarray of shape (H, W), optional
        Pixels that something hides; by default those beside the membrane.
    """
    places = place_bands(bands)
    pitch = _pitch(bands, places.half)
    height = max(1, round(float(np.median(places.sigma)) / _FINE))
    width = max(1, round(2 * _SIDE * pitch / _CELLS))
    across = 2 * int(_SIDE * pitch / width) + 1
    pad = int(np.ceil(max(_REACH * float(places.sigma.max()), _NEVER_BELOW) / height))
    cells = -(-blot.shape[0] // height) + 2 * pad
    at = np.asarray((np.arange(cells) - pad) * height + (height - 1) / 2, dtype=np.float64)
    lean = np.nan_to_num(bands["lean"].to_numpy(float))
    lanes = [places.lane == number for number in range(int(places.lane.max()) + 1)]
    line = np.array([_line(places.row[mine], places.col[mine], lean[mine], at) for mine in lanes])
    start = _starts(line, across * width, blot.shape[1])
    lost = off_membrane(blot) if hidden is None else hidden
    light, count, off, burnt = _gather(blot, lost, start, (cells, across), (height, width), pad)
    cols = np.asarray((np.arange(across) - across // 2) * float(width), dtype=np.float64)
    usable = (count > 0) & ~off & ~burnt
    strips = Strips(light, count, usable, burnt, blot.middle, start, line, cols, height, width, pad)
    middle = np.rint((places.row - (height - 1) / 2) / height).astype(np.int64) + pad
    return strips, replace(places, first=np.clip(middle - pad, 0, cells - 2 * pad - 1), tall=2 * pad + 1)


def over_blocks(images: FloatArray, side: int) -> FloatArray:
    """Add up whole blocks of cells, shape (n, R, K) to (n, R // side, K // side)."""
    count, rows, cols = len(images), images.shape[1] // side, images.shape[2] // side
    tall = images[:, : rows * side, : cols * side].reshape(count, rows, side, -1).sum(axis=2)
    return np.asarray(tall @ np.kron(np.eye(cols), np.ones((side, 1))))


class Beside(NamedTuple):
    """Bands as strips of other lanes see them, on those columns of the strips on which their light may fall.

    The view's columns are those of the strip from the `start` of each pair.
    """

    by: IntArray
    seen: IntArray
    start: IntArray
    view: View


def _lit(strips: Strips, places: Places, by: IntArray, seen: IntArray) -> Beside | None:
    """Pair strips with bands on one side of them."""
    view = places.view(strips, seen, by)
    lit = np.flatnonzero((np.abs(view.cols) < _SPREAD * view.half[:, None] + 3 * strips.width).any(axis=0))
    if not len(lit):
        return None
    cols = slice(int(lit[0]), int(lit[-1]) + 1)
    start = np.full(len(by), cols.start, np.int64)
    return Beside(by, seen, start, replace(view, cols=view.cols[:, cols], ridge=view.ridge[:, cols]))


def _joined(one: Beside, other: Beside) -> Beside:
    """Join pairs whose views are equally wide, so that they are drawn at once."""
    both = (one.view, other.view)
    names = ("rows", "cols", "drift", "ridge", "sigma", "half")
    fields: dict[str, Any] = {name: np.concatenate([getattr(each, name) for each in both]) for name in names}
    view = replace(one.view, **fields)
    by, seen, start = (np.concatenate(pair) for pair in zip(one[:3], other[:3], strict=True))
    return Beside(by, seen, start, view)


def pair_strips(strips: Strips, places: Places) -> list[Beside]:
    """Pair strips with the bands of other lanes that may shine into them, from the right or from the left."""
    reach = (len(strips.cols) // 2 + 0.5) * strips.width + _SPREAD * places.half
    away = places.col - strips.line[:, places.first + places.tall // 2]
    near = np.abs(away) < reach
    near[places.lane, np.arange(len(reach))] = False
    sides = [np.nonzero(near & side) for side in (away > 0, away <= 0)]
    found = []
    for i in range(0, max(len(by) for by, _ in sides), _CHUNK):
        some = [(by[i : i + _CHUNK], seen[i : i + _CHUNK]) for by, seen in sides]
        parts = [part for each in some if len(each[0]) and (part := _lit(strips, places, *each)) is not None]
        if len(parts) == 2 and parts[0].view.cols.shape[1] == parts[1].view.cols.shape[1]:
            parts = [_joined(*parts)]
        found += parts
    return found
