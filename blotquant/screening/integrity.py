"""Screening notes on a picture's integrity: places to look at, never a verdict.

Exact repeats of textured blocks, a step through the full height, and large parts of one value can come from
pasting and painting; they can as well come from text, frames, stitching and clipping. Nothing here judges how
a band looks.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from ..blot import CountArray, FloatArray

__all__ = ["Repeat", "find_flat_share", "find_noise_step", "find_repeat", "find_step"]

_TILE = 16  # side of a block [px]
_SAMPLE = 16  # one block in so many is compared, chosen by its content; a power of two
_STRIP = 64  # rows that are hashed together [px]
_LEAST_REPEATS = 12  # sampled blocks that repeat with one and the same shift
_LEVELS = 8  # a block with fewer distinct values is no texture
_FLAT_TILE = 8
_NOISE_SIDE = 24  # columns on each side whose noise is compared [px]
_NOISE_PARTS = 4
_NOISE_RATIO = 1.7  # least change of the noise in every quarter of the height
_NOISE_LEAST = 1e-6  # noise below this share of the range is none
_NOISE_SHARP = 0.12  # how far the columns next to the change may be from their side's noise, as a share of the change
_STEP_Z = 12.0
_STEP_ALONE = 4.0  # a splice jumps at one column; the flank of a lane takes several
_STEP_MARGIN = 8  # columns at the picture's ends that are left out [px]
_STEP_ROWS = 0.9  # share of the rows in which the step goes the same way

Hashes = npt.NDArray[np.uint32]


@dataclass(frozen=True)
class Repeat:
    """A part of a picture that occurs twice, exactly: where first, and how far away again [px]."""

    row: int
    col: int
    down: int
    right: int
    blocks: int


def _hashes(pixels: CountArray) -> Hashes:
    """Hash of the block that starts at each pixel; equal blocks have equal hashes."""
    weights = np.random.default_rng(20_240_229).integers(1, 2**32, size=(2, _TILE), dtype=np.uint32) | np.uint32(1)
    thirds = (pixels - pixels.min()) * 3  # means of three colours are whole in thirds
    whole = (thirds if thirds.dtype.kind == "i" else np.round(thirds).astype(np.uint64)).astype(np.uint32)
    out = np.zeros(tuple(n - _TILE + 1 for n in whole.shape), np.uint32)
    for top in range(0, len(out), _STRIP):  # a strip at a time stays in the processor's cache
        down = _weighted_sum(whole[top : top + _STRIP + _TILE - 1].T, weights[0]).T
        out[top : top + _STRIP] = _weighted_sum(down, weights[1])
    return out


def _weighted_sum(whole: Hashes, weights: Hashes) -> Hashes:
    """Weighted sum of each pixel and those to its right, modulo 2³²."""
    length = whole.shape[1] - _TILE + 1
    summed: Hashes = whole[:, :length] * weights[0]
    passing = np.empty_like(summed)
    for k in range(1, _TILE):
        np.multiply(whole[:, k : k + length], weights[k], passing)
        summed += passing
    return summed


def _column_medians(values: CountArray) -> FloatArray:
    """Median of each column; sorting the turned picture takes a third of the time of `numpy.median` down columns."""
    rising = np.sort(np.ascontiguousarray(values.T), axis=1)
    half, odd = divmod(rising.shape[1], 2)
    middle: FloatArray = (rising[:, half] if odd else 0.5 * (rising[:, half - 1] + rising[:, half])).astype(np.float64)
    return middle


def _is_texture(block: CountArray) -> bool:
    return len(np.unique(block)) >= _LEVELS


def _pairs(hashes: Hashes) -> npt.NDArray[np.int64]:
    """Row and column of each sampled block and of the next one with the same hash, shape (n, 4).

    A block like that one pixel to its right or below is no texture; a picture filled with one value has no other.
    """
    sampled = hashes & np.uint32(_SAMPLE - 1) == 0
    sampled[:, :-1] &= hashes[:, :-1] != hashes[:, 1:]
    sampled[:-1] &= hashes[:-1] != hashes[1:]
    places = np.flatnonzero(sampled)
    values = hashes.ravel()[places].astype(np.uint64)
    order = np.sort(values << np.uint64(32) | np.arange(len(values), dtype=np.uint64))  # by hash, then by place
    rising, rank = order >> np.uint64(32), places[(order & np.uint64(2**32 - 1)).astype(np.int64)]
    same = np.flatnonzero(rising[1:] == rising[:-1])
    first, second = (np.unravel_index(rank[at], hashes.shape) for at in (same, same + 1))
    return np.stack([*first, *second], axis=1)


def find_repeat(pixels: CountArray) -> Repeat | None:
    """Find the largest textured part that occurs twice, pixel for pixel.

    Parameters
    ----------
    pixels : ndarray of shape (H, W)
        Counts [AU].

    Returns
    -------
    Repeat or None
        None where nothing of at least about 20 × 20 pixels repeats.
    """
    if min(pixels.shape) < 2 * _TILE:
        return None
    pairs = _pairs(_hashes(pixels))
    if len(pairs) < _LEAST_REPEATS:
        return None
    shifts, member, counts = np.unique(pairs[:, 2:] - pairs[:, :2], axis=0, return_inverse=True, return_counts=True)
    for best in np.argsort(counts)[::-1][:5]:
        own = pairs[member.ravel() == best]
        real = [pair for pair in own[:200] if _equal(pixels, pair)]
        if len(real) >= _LEAST_REPEATS:
            top, left = np.array(real)[:, :2].min(axis=0)
            return Repeat(int(top), int(left), int(shifts[best][0]), int(shifts[best][1]), len(real))
    return None


def _equal(pixels: CountArray, pair: npt.NDArray[np.int64]) -> bool:
    one, two = (pixels[r : r + _TILE, c : c + _TILE] for r, c in (pair[:2], pair[2:]))
    return bool((one == two).all()) and _is_texture(one)


def find_step(pixels: CountArray) -> int | None:
    """Find a column after which brightness jumps through the full height at once; lanes rise over several columns.

    Returns
    -------
    int or None
        The column before the jump [px].
    """
    if min(pixels.shape) < 32:
        return None
    steps = np.diff(pixels, axis=1)
    alike = np.maximum((steps > 0).sum(axis=0), (steps < 0).sum(axis=0))[_STEP_MARGIN:-_STEP_MARGIN]
    if (alike / len(steps)).max() < _STEP_ROWS:  # true of nearly every picture, and told sooner than the medians
        return None
    middle = _column_medians(steps)
    spread = 1.4826 * float(np.median(np.abs(middle - np.median(middle))))
    floor = 1e-3 * float(np.ptp(pixels))
    inner = np.abs(middle[_STEP_MARGIN:-_STEP_MARGIN])
    at = _STEP_MARGIN + int(np.argmax(inner))
    beside = np.abs(np.delete(middle[at - 3 : at + 4], 3)).max()
    if abs(float(middle[at])) < max(_STEP_Z * spread, floor, _STEP_ALONE * float(beside)):
        return None
    way = np.sign(middle[at])
    return at if float(np.mean(np.sign(steps[:, at]) == way)) >= _STEP_ROWS else None


def find_noise_step(pixels: CountArray) -> int | None:
    """Find a column at which the noise changes through the full height at once.

    Noise is the usual second difference along the run, column by column, in each quarter of the height; all quarters
    must change the same way, by 1.7 times or more, within a few columns.

    Returns
    -------
    int or None
        The first column with the other noise [px].
    """
    if min(pixels.shape) < 4 * _NOISE_SIDE:
        return None
    rough = -2 * pixels[1:-1]
    rough += pixels[2:]
    rough += pixels[:-2]
    np.abs(rough, rough)
    quarters = np.array_split(rough, _NOISE_PARTS, axis=0)
    level = np.log(np.array([_column_medians(part) for part in quarters]) + np.finfo(np.float32).tiny)
    near = np.sort(np.lib.stride_tricks.sliding_window_view(level, _NOISE_SIDE, axis=1), axis=2)
    usual = 0.5 * (near[..., _NOISE_SIDE // 2 - 1] + near[..., _NOISE_SIDE // 2])  # the median: the side is even
    left, right = usual[:, :-_NOISE_SIDE], usual[:, _NOISE_SIDE:]
    change = right - left
    alike = np.abs(np.sign(change).sum(axis=0)) == _NOISE_PARTS
    size = np.where(alike, np.abs(change).min(axis=0), 0.0)
    place = int(np.argmax(size))
    if size[place] < np.log(_NOISE_RATIO):
        return None
    mean = level.mean(axis=0)
    around = np.arange(place + _NOISE_SIDE // 2, place + 3 * _NOISE_SIDE // 2)  # medians tell the place no better
    at = int(max(around, key=lambda col: abs(mean[col : col + 4].mean() - mean[col - 4 : col].mean())))
    before, after = float(left[:, place].mean()), float(right[:, place].mean())
    if min(before, after) < np.log(_NOISE_LEAST * float(np.ptp(pixels))):  # a clipped or filled side has none
        return None
    beside = np.concatenate([mean[at - 5 : at - 1] - before, mean[at + 1 : at + 5] - after])
    return at if float(np.median(np.abs(beside))) <= _NOISE_SHARP * abs(after - before) else None


def find_flat_share(pixels: CountArray, floor: float | None, ceiling: float | None) -> float:
    """Share of small tiles that hold one value throughout, those at the floor and the ceiling left out."""
    rows, cols = (n // _FLAT_TILE * _FLAT_TILE for n in pixels.shape)
    if not rows or not cols:
        return 0.0
    bands = pixels[:rows, :cols].reshape(rows // _FLAT_TILE, _FLAT_TILE, cols)
    low, high = (  # first down the columns, which is along the memory
        most.reduce(most.reduce(bands, axis=1).reshape(len(bands), -1, _FLAT_TILE), axis=2)
        for most in (np.minimum, np.maximum)
    )
    flat = low == high
    for limit in (floor, ceiling):
        if limit is not None:
            flat &= low != limit
    return float(flat.mean())
