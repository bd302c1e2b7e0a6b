"""Screening notes on a picture's integrity: places to look at, never a verdict.

Exact repeats of textured blocks, a step through the full height, and large parts of one value can come from
pasting and painting; they can as well come from text, frames, stitching and clipping. Nothing here judges how
a band looks.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from ..blot import FloatArray

__all__ = ["Repeat", "find_flat_share", "find_noise_step", "find_repeat", "find_step"]

_TILE = 16  # side of a block [px]
_SAMPLE = 16  # one block in so many is compared, chosen by its content
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


def _hashes(pixels: FloatArray) -> Hashes:
    """Hash of the block that starts at each pixel; equal blocks have equal hashes."""
    weights = np.random.default_rng(20_240_229).integers(1, 2**32, size=(2, _TILE), dtype=np.uint32) | np.uint32(1)
    lowest = float(pixels.min())
    whole = np.asarray(np.round((pixels - lowest) * 3.0), dtype=np.uint64).astype(np.uint32)  # thirds: means of colours
    for axis in (0, 1):
        length = whole.shape[axis] - _TILE + 1
        summed = np.zeros(tuple(length if i == axis else n for i, n in enumerate(whole.shape)), np.uint32)
        for k in range(_TILE):
            summed += whole[k : k + length] * weights[0, k] if axis == 0 else whole[:, k : k + length] * weights[1, k]
        whole = summed
    return whole


def _is_texture(block: FloatArray) -> bool:
    return len(np.unique(block)) >= _LEVELS


def _pairs(hashes: Hashes) -> npt.NDArray[np.int64]:
    """Row and column of each sampled block and of the next one with the same hash, shape (n, 4)."""
    rows, cols = np.nonzero(hashes % np.uint32(_SAMPLE) == 0)
    values = hashes[rows, cols]
    order = np.argsort(values, kind="stable")
    same = np.flatnonzero(values[order][1:] == values[order][:-1])
    first, second = order[same], order[same + 1]
    return np.stack([rows[first], cols[first], rows[second], cols[second]], axis=1)


def find_repeat(pixels: FloatArray) -> Repeat | None:
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


def _equal(pixels: FloatArray, pair: npt.NDArray[np.int64]) -> bool:
    one, two = (pixels[r : r + _TILE, c : c + _TILE] for r, c in (pair[:2], pair[2:]))
    return bool((one == two).all()) and _is_texture(one)


def find_step(pixels: FloatArray) -> int | None:
    """Find a column after which brightness jumps through the full height at once; lanes rise over several columns.

    Returns
    -------
    int or None
        The column before the jump [px].
    """
    if min(pixels.shape) < 32:
        return None
    steps = np.diff(pixels, axis=1)
    middle = np.median(steps, axis=0)
    spread = 1.4826 * float(np.median(np.abs(middle - np.median(middle))))
    floor = 1e-3 * float(np.ptp(pixels))
    inner = np.abs(middle[_STEP_MARGIN:-_STEP_MARGIN])
    at = _STEP_MARGIN + int(np.argmax(inner))
    beside = np.abs(np.delete(middle[at - 3 : at + 4], 3)).max()
    if abs(float(middle[at])) < max(_STEP_Z * spread, floor, _STEP_ALONE * float(beside)):
        return None
    way = np.sign(middle[at])
    return at if float(np.mean(np.sign(steps[:, at]) == way)) >= _STEP_ROWS else None


def find_noise_step(pixels: FloatArray) -> int | None:
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
    rough = np.abs(pixels[2:] - 2.0 * pixels[1:-1] + pixels[:-2])
    quarters = np.array_split(rough, _NOISE_PARTS, axis=0)
    level = np.log(np.array([np.median(part, axis=0) for part in quarters]) + np.finfo(np.float32).tiny)
    usual = np.median(np.lib.stride_tricks.sliding_window_view(level, _NOISE_SIDE, axis=1), axis=2)
    left, right = usual[:, :-_NOISE_SIDE], usual[:, _NOISE_SIDE:]
    change = right - left
    alike = np.abs(np.sign(change).sum(axis=0)) == _NOISE_PARTS
    size = np.where(alike, np.abs(change).min(axis=0), 0.0)
    place = int(np.argmax(size))
    if size[place] < np.log(_NOISE_RATIO):
        return None
    mean = level.mean(axis=0)
    near = np.arange(place + _NOISE_SIDE // 2, place + 3 * _NOISE_SIDE // 2)  # medians tell the place no better
    at = int(max(near, key=lambda col: abs(mean[col : col + 4].mean() - mean[col - 4 : col].mean())))
    before, after = float(left[:, place].mean()), float(right[:, place].mean())
    if min(before, after) < np.log(_NOISE_LEAST * float(np.ptp(pixels))):  # a clipped or filled side has none
        return None
    beside = np.concatenate([mean[at - 5 : at - 1] - before, mean[at + 1 : at + 5] - after])
    return at if float(np.median(np.abs(beside))) <= _NOISE_SHARP * abs(after - before) else None


def find_flat_share(pixels: FloatArray, floor: float | None, ceiling: float | None) -> float:
    """Share of small tiles that hold one value throughout, those at the floor and the ceiling left out."""
    rows, cols = (n // _FLAT_TILE * _FLAT_TILE for n in pixels.shape)
    if not rows or not cols:
        return 0.0
    tiles = pixels[:rows, :cols].reshape(rows // _FLAT_TILE, _FLAT_TILE, cols // _FLAT_TILE, _FLAT_TILE)
    low, high = tiles.min(axis=(1, 3)), tiles.max(axis=(1, 3))
    flat = low == high
    for limit in (floor, ceiling):
        if limit is not None:
            flat &= low != limit
    return float(flat.mean())
