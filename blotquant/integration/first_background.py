"""The background without the bands, to start from: robust against bubbles and dust, and only as free as it must be."""

from __future__ import annotations

import cv2
import numpy as np
import numpy.typing as npt

from ..blot import FloatArray
from ..medians import median
from .ground import Ground
from .sharing import learn_spread
from .strips import Strips
from .system import Covariance, factorise

__all__ = ["first_background", "pruned"]

BoolArray = npt.NDArray[np.bool_]
IntArray = npt.NDArray[np.int64]

_FREE = 1e12  # the background's level is not drawn anywhere: its variance in units of the spread²
_LOOSE, _DECAY = 3.0, 0.5  # scatter of background terms to start with: of the light's, and by order
_NOTHING = 0.045  # terms that scatter by less than so many of the cells' noise are left out
_ROUNDS, _STIFF = 7, 1  # of the first, robust background, and how many before its scatter is learnt
_SURE = 3  # and how many before terms are left out


def _enclosed(gone: BoolArray) -> BoolArray:
    """Cells that rejected ones enclose: where a background that a bubble bends crosses the bubble's own light."""
    inside = np.zeros_like(gone)
    for lane in np.flatnonzero(gone.any(axis=(1, 2))):
        _, label, box, _ = cv2.connectedComponentsWithStats((~gone[lane]).astype(np.uint8), connectivity=4)
        ends = box[:, :2] + box[:, 2:4]
        island = (box[:, :2] > 0).all(axis=1) & (ends < gone.shape[:0:-1]).all(axis=1)
        inside[lane] = island[label] & (label > 0)
    return inside


def pruned(
    ground: Ground, coefficients: FloatArray, spread: FloatArray, least: float
) -> tuple[Ground, FloatArray, FloatArray]:
    """Leave out terms whose scatter is no larger than the least."""
    some = spread > least
    return ground.only(some), coefficients[:, some], spread[some]


def first_background(
    strips: Strips, ground: Ground, outside: BoolArray, noise: FloatArray, asked: IntArray
) -> tuple[Ground, FloatArray, FloatArray, FloatArray]:
    """Robust background without the bands: its terms, coefficients, the scatter to start with, and trust in each cell.

    The scatter is learnt here first, in `asked` lanes, where no band can be taken for background nor the other way
    round; terms that hardly scatter are left out.
    """
    # bands may fill all lanes, and nothing of a picture may be usable
    told = next((cells for cells in (outside, strips.usable) if cells.any()), np.ones_like(outside))
    light = strips.light[told]
    size = float(1.4826 * median(np.abs(light - median(light))) + np.sqrt(median(noise)))
    least = _NOTHING**2 * median(noise)
    spread = (_LOOSE * size * _DECAY**ground.order) ** 2
    spread[0] = _FREE * size**2
    coefficients, trusted = np.zeros((len(noise), len(ground))), np.ones_like(noise)
    background = np.zeros_like(noise)
    # stiff at first, so that what is no background stands out instead of bending it
    scale = np.full((len(noise), 1, 1), size / np.sqrt(median(noise)))
    for number in range(_ROUNDS):
        weight = np.where(outside, trusted / (noise * (scale if number < _STIFF else 1.0) ** 2), 0.0)
        left = ground.project(weight * (strips.light - background)) - coefficients / spread
        factors, change = factorise(ground.gram(weight), left, 1 / spread)
        coefficients = coefficients + change
        if number >= _STIFF:
            variance = Covariance(factors, len(ground)).of_ground(asked)
            spread[1:] = learn_spread(coefficients, variance, spread, ground.group)[1:]
        if number >= _SURE:
            ground, coefficients, spread = pruned(ground, coefficients, spread, least)
        background = ground.image(coefficients)
        off = np.abs(strips.light - background) / np.sqrt(noise)
        middle = [median(x[ok]) if ok.any() else 1.0 for x, ok in zip(off, outside, strict=True)]
        scale = np.maximum(1.4826 * np.array(middle), 1.0)[:, None, None]
        trusted = np.where(off < 5 * scale, np.minimum(1.0, 2 * scale / np.maximum(off, 1e-9)), 0.0)
        trusted = np.where(_enclosed(outside & (trusted == 0)), 0.0, trusted)
    # a band adds light: where there is less, something lies on the membrane
    below = strips.light < background
    return ground, coefficients, spread, np.where(outside | (below & (trusted == 0)), trusted, 1.0)
