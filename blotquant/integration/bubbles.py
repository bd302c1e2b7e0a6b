"""Find bubbles: pale discs with a sharp rim, inside which neither membrane nor band shows its light.

Air between gel and membrane keeps protein from the membrane. A background that bends into a bubble takes light off
the bands beside it, so what lies inside is not used. Every sharp edge votes, radius by radius, for the place that
its light falls off to (Kimme, Ballard & Sklansky 1975, Communications of the ACM 18:120, doi 10.1145/360666.360677);
a disc counts where a step of one size is seen all along the rim, as far as the rim can be judged.
"""

from __future__ import annotations

from typing import NamedTuple

import cv2
import numpy as np
import numpy.typing as npt
import pandas as pd

from ..blot import Blot, FloatArray
from ..bulges import Picture
from ..noise import NoiseModel

__all__ = ["Disc", "find_bubbles", "inside"]

BoolArray = npt.NDArray[np.bool_]
IntArray = npt.NDArray[np.int64]

_SIDE = 480  # longer side of the small copy on which rims are sought [px]
_SHARP, _WIDE = 1.0, 2.5  # blur of edges, and of what is taken off so that soft ones go [px of the small copy]
_TRACED = 1.2  # blur by both the first and the derivative
_EDGE = 15.0  # standard deviations of noise from which an edge is sharp …
_FAINT = 1e-5  # noise that there is at least, as a share of the picture's span
_DUST = 15.0  # … and a spot is dust, whose edges say nothing
_GRAIN = 5  # dust is narrower than this [px of the small copy]
_UPRIGHT = 0.6  # edges of bands run across the lane: inside a box only those count that fall sideways by this share
_ENDS = 0.2  # … and not within this share of its width from its sides, where the band ends
_LEAST, _MOST, _FINER = 5.0, 0.12, 1.07  # radii [px of the small copy; share of its shorter side; ratio]
_VOTES, _FEW = 0.24, 18  # edges that agree, as a share of the rim's length, and how many there are at least
_COARSE = 6  # side of the blocks in which votes are counted first [px]
_PEAKS = 3  # places that are looked at for each radius
_RAYS = 48  # places along a rim
_OFFSETS = np.array([-3.0, -2.0, 2.0, 3.0])  # where light is compared inside and outside the rim [px of the small copy]
_JUDGED, _AGREE = 8, 0.7  # how many places must be free to judge, and which share of them show the step
_CLEAR, _ALIKE = 12.0, 0.4  # least step [sd of a pixel's noise], and what counts as the same step
_CLOSE = 1.5  # edges so near the rim tell where it lies [px of the small copy]
_MARGIN = 2.0  # how far beyond the rim its light is soft [px of the small copy]


class Disc(NamedTuple):
    """A bubble: centre and radius [px]."""

    row: float
    col: float
    radius: float


class _Scene(NamedTuple):
    """Small copy of a picture: light, noise, what lies in boxes or under dust, and its sharp edges with their fall."""

    light: Picture
    noise: Picture
    hidden: BoolArray
    edges: FloatArray  # row, column, and the direction in which light grows; shape (4, n)


def _small(blot: Blot) -> tuple[Picture, float]:
    """Small copy above the picture's median, and how much smaller it is."""
    factor = max(1.0, max(blot.shape) / _SIDE)
    rows, cols = (max(1, round(size / factor)) for size in blot.shape)
    light = (blot.pixels - blot.middle).astype(np.float32)
    return np.asarray(cv2.resize(light, (cols, rows), interpolation=cv2.INTER_AREA), np.float32), factor


def _boxes(bands: pd.DataFrame, shape: tuple[int, int], factor: float) -> tuple[BoolArray, BoolArray]:
    """Inside of the bands' boxes, and of their ends."""
    boxes, ends = np.zeros(shape, dtype=np.bool_), np.zeros(shape, dtype=np.bool_)
    for top, bottom, left, right in bands[["top", "bottom", "left", "right"]].to_numpy(float) / factor:
        rows = slice(max(int(top), 0), max(int(bottom) + 1, 0))
        first, last = left + _ENDS * (right - left), right - _ENDS * (right - left)
        boxes[rows, max(int(left), 0) : max(int(right) + 1, 0)] = True
        ends[rows, max(int(left), 0) : max(int(first) + 1, 0)] = True
        ends[rows, max(int(last), 0) : max(int(right) + 1, 0)] = True
    return boxes, ends


def _dust(light: Picture, noise: Picture) -> BoolArray:
    """Bright spots and lines narrower than any bubble, and what lies next to them."""
    square = np.ones((_GRAIN, _GRAIN), np.uint8)
    spots = cv2.morphologyEx(cv2.GaussianBlur(light, (0, 0), 0.7), cv2.MORPH_TOPHAT, square) > _DUST * noise
    return np.asarray(cv2.dilate(spots.astype(np.uint8), square) > 0)


def _look(blot: Blot, bands: pd.DataFrame, model: NoiseModel) -> tuple[_Scene, float]:
    """Sharp edges of a picture, thinned to a pixel, without those of bands and dust."""
    light, factor = _small(blot)
    wide = cv2.GaussianBlur(light, (0, 0), _WIDE)
    variance = model.variance(wide.astype(np.float64) + blot.middle) * model.clumping
    # pictures without noise still need some
    noise = (np.sqrt(variance + (_FAINT * float(np.ptp(light))) ** 2) / factor).astype(np.float32)
    boxes, ends = _boxes(bands, light.shape, factor)
    dust = _dust(light, noise) & ~boxes
    rest = cv2.GaussianBlur(light, (0, 0), _SHARP) - wide
    right, down = (cv2.Sobel(rest, cv2.CV_32F, *way, scale=1 / 8) for way in ((1, 0), (0, 1)))
    steep = cv2.magnitude(right, down)
    sharp = steep > noise * (_EDGE / (np.sqrt(8 * np.pi) * _TRACED**2))
    sharp &= ~dust & (~boxes | ((np.abs(right) > _UPRIGHT * steep) & ~ends))
    sharp[[0, -1]] = sharp[:, [0, -1]] = False
    row, col = np.nonzero(sharp)
    size = steep[row, col]
    to_right, to_down = right[row, col] / size, down[row, col] / size
    x, y = (np.rint(1.2 * way).astype(int) for way in (to_right, to_down))
    ridge = (size >= steep[row + y, col + x]) & (size >= steep[row - y, col - x])
    edges = np.array([row, col, to_down, to_right], dtype=np.float64)[:, ridge]
    return _Scene(light, noise, boxes | dust, edges), factor


def _may_hold(row: IntArray, col: IntArray, least: float) -> bool:
    """Tell whether a square of three by three may hold so many points: it lies in four of these blocks, at most."""
    row, col = row // _COARSE, col // _COARSE
    cols = int(col.max()) + 1
    count = np.bincount(row * cols + col, minlength=(int(row.max()) + 1) * cols).reshape(-1, cols)
    count = np.pad(count, 1)
    tall = count[1:] + count[:-1]
    return bool((tall[:, 1:] + tall[:, :-1]).max() >= least)


def _voted(scene: _Scene, radius: float) -> list[tuple[float, Disc]]:
    """Places that enough edges vote for as centres of a pale disc, with their share of the rim, the best ones first."""
    around = int(np.ceil(radius)) + 1
    rows, cols = (size + 2 * around for size in scene.light.shape)
    row, col, down, right = scene.edges
    # light grows outwards, so the centre lies against the slope
    at_row, at_col = (np.floor(x + 0.5).astype(int) + around for x in (row - radius * down, col - radius * right))
    if not _may_hold(at_row, at_col, 0.99 * max(2 * np.pi * radius * _VOTES, _FEW)):
        return []
    votes = np.bincount(at_row * cols + at_col, minlength=rows * cols).reshape(rows, cols).astype(np.float32)
    share = cv2.boxFilter(votes, -1, (3, 3), normalize=False) / np.float32(2 * np.pi * radius)
    many = np.flatnonzero(share >= max(_VOTES, _FEW / (2 * np.pi * radius)))
    found: list[tuple[float, Disc]] = []
    for best in many[np.argsort(-share.flat[many], kind="stable")]:
        y, x = divmod(int(best), cols)
        if all(np.hypot(y - around - disc.row, x - around - disc.col) > radius / 2 for _, disc in found):
            found.append((float(share[y, x]), Disc(float(y - around), float(x - around), radius)))
        if len(found) == _PEAKS:
            break
    return found


def _fitted(scene: _Scene, disc: Disc) -> Disc:
    """Least-squares circle (Kåsa 1976) through the edges that lie on the rim and fall to its middle."""
    row, col, down, right = scene.edges
    for _ in range(2):
        y, x = row - disc.row, col - disc.col
        far = np.hypot(y, x)
        on = (np.abs(far - disc.radius) < _CLOSE) & (y * down + x * right > 0.8 * far)
        if on.sum() < _JUDGED:
            return disc
        y, x = y[on], x[on]
        a, b, c = np.linalg.lstsq(np.array([y, x, np.ones_like(y)]).T, y * y + x * x, rcond=None)[0]
        disc = Disc(disc.row + a / 2, disc.col + b / 2, float(np.sqrt(max(c + (a * a + b * b) / 4, 1.0))))
    return disc


def _stands(scene: _Scene, disc: Disc) -> bool:
    """Whether the light steps up by one amount all along the rim, where neither band nor dust hides it."""
    angle = 2 * np.pi / _RAYS * np.arange(_RAYS)[:, None]
    at = disc.radius + _OFFSETS
    row = (disc.row + np.sin(angle) * at).astype(np.float32)
    col = (disc.col + np.cos(angle) * at).astype(np.float32)
    rows, cols = scene.light.shape
    free = ((row >= 0) & (row <= rows - 1) & (col >= 0) & (col <= cols - 1)).all(axis=1)
    y, x = (np.clip(np.rint(place), 0, size - 1).astype(int) for place, size in ((row, rows), (col, cols)))
    free &= ~scene.hidden[y, x].any(axis=1)
    if free.sum() < _JUDGED:
        return False
    light = cv2.remap(scene.light, col, row, cv2.INTER_LINEAR)[free]
    step = light[:, 2:].mean(axis=1) - light[:, :2].mean(axis=1)
    size, noise = float(np.median(step)), float(np.median(scene.noise[y, x][free]))
    return size > _CLEAR * noise and float(np.mean(step > _ALIKE * size)) >= _AGREE


def find_bubbles(blot: Blot, bands: pd.DataFrame, model: NoiseModel) -> list[Disc]:
    """Find the bubbles of a picture, those with the most complete rim first.

    Parameters
    ----------
    blot : Blot
        The upright picture, bands bright.
    bands : DataFrame
        Upright bands table of the picture: edges of bands are none of bubbles.
    model : NoiseModel
        Noise of the picture.
    """
    scene, factor = _look(blot, bands, model)
    if scene.edges.shape[1] < _JUDGED:
        return []
    largest = _MOST * min(scene.light.shape)
    count = int(np.log(max(largest / _LEAST, 1.0)) / np.log(_FINER))
    voted = [one for radius in _LEAST * _FINER ** np.arange(count + 1) for one in _voted(scene, float(radius))]
    found: list[Disc] = []
    for _, disc in sorted(voted, key=lambda one: -one[0]):
        if any(np.hypot(disc.row - one.row, disc.col - one.col) < one.radius for one in found):
            continue
        rim = _fitted(scene, disc)
        if _stands(scene, rim):
            found.append(rim)
    return [
        Disc(float(np.rint((row + 0.5) * factor - 0.5)), float(np.rint((col + 0.5) * factor - 0.5)),
             float(np.rint((radius + _MARGIN) * factor)))
        for row, col, radius in found
    ]  # fmt: skip


def inside(discs: list[Disc], shape: tuple[int, int]) -> BoolArray:
    """Pixels that lie inside any of the discs."""
    rows, cols = np.arange(shape[0])[:, None], np.arange(shape[1])
    covered = np.zeros(shape, dtype=np.bool_)
    for disc in discs:
        covered |= (rows - disc.row) ** 2 + (cols - disc.col) ** 2 <= disc.radius**2
    return covered
