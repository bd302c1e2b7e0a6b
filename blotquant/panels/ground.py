"""Membranes that lie apart on a dark ground, as when two are photographed together."""

from __future__ import annotations

import itertools

import cv2
import numpy as np
import numpy.typing as npt

from ..blot import FloatArray
from .boxes import Box, in_reading_order

__all__ = ["find_membranes"]

Mask = npt.NDArray[np.uint8]
Picture = npt.NDArray[np.float32]

_SIDE = 500  # longer side of the small copy on which membranes are told apart [px]
_RING = 0.02  # width of the picture's border, as a share of its side
_RISES = (0.2, 0.35, 0.5)  # where edges are traced, as shares of the way from ground to membrane
_CLEAR = 6.0  # brightness above the ground, in units of its noise, from which something lies there
_QUIET = 1e-3  # least noise that is believed, as a share of the range
_WIDTH, _HEIGHT = 0.15, 0.12  # a membrane's least size, as a share of the picture's
_FILLED = 0.88  # share of the smallest turned box that a membrane fills
_ALL = 0.9  # share of what is bright that lies on the membranes
_AGREE = 0.04  # how far the lowest trace of a side lies from the highest, at most, as a share of the membrane's size
_SLACK = 2.0  # and at least this much, for the picture's blur [px of the small copy]
_INSIDE = 2.0  # how far inside its traced edge a membrane begins [px of the small copy]
_DARK_RIM = 0.7  # share of the picture's border that is ground, at least


def _small(pixels: FloatArray) -> tuple[Picture, float]:
    rows, cols = pixels.shape
    factor = max(1.0, max(rows, cols) / _SIDE)
    size = (max(1, round(cols / factor)), max(1, round(rows / factor)))
    small = cv2.resize((pixels - pixels.min()).astype(np.float32), size, interpolation=cv2.INTER_AREA)
    return np.asarray(cv2.medianBlur(np.ascontiguousarray(small), 3), np.float32), factor


def _levels(small: Picture) -> tuple[float, float] | None:
    """Level of the ground and how far above it the membranes lie [AU]; None where the border is no dark ground."""
    high, wide = (max(1, round(_RING * side)) for side in small.shape)
    sides = (small[:high], small[-high:], small[:, :wide], small[:, -wide:])
    ring = np.concatenate([side.ravel() for side in sides])
    dark = float(np.quantile(ring, 0.3))
    calm = ring[ring <= np.quantile(ring, 0.6)]
    noise = max(float(calm.std()), _QUIET * float(np.ptp(small)))
    above = small[small > dark + _CLEAR * noise]
    if above.size < _WIDTH * _HEIGHT * small.size:
        return None
    step = float(np.median(above)) - dark
    if _CLEAR * noise > _RISES[0] * step or float(np.mean(ring < dark + _RISES[0] * step)) < _DARK_RIM:
        return None
    return dark, step


def _pieces(small: Picture, level: float) -> list[Box] | None:
    """Boxes of the large solid pieces above a level; None where much else is bright as well."""
    rows, cols = small.shape
    bright = np.pad((small > level).astype(np.uint8), 3)
    mask = cv2.morphologyEx(bright, cv2.MORPH_CLOSE, np.ones((5, 5), np.uint8))[3:-3, 3:-3]
    outlines, _ = cv2.findContours(mask, cv2.RETR_EXTERNAL, cv2.CHAIN_APPROX_NONE)
    found: list[Box] = []
    kept = everything = 0.0
    for outline in outlines:
        area = float(cv2.contourArea(outline))
        everything += area
        left, top, width, height = cv2.boundingRect(outline)
        if width < _WIDTH * cols or height < _HEIGHT * rows:
            continue
        turned = cv2.minAreaRect(outline)[1]
        if area >= _FILLED * turned[0] * turned[1]:
            found.append(Box(top, top + height, left, left + width))
            kept += area
    return found if everything > 0 and kept >= _ALL * everything else None


def _sides(box: Box) -> npt.NDArray[np.float64]:
    return np.array([box.top, box.bottom, box.left, box.right], dtype=np.float64)


def _agree(traces: list[Box]) -> bool:
    """Whether a membrane's edge lies in one place at every height: it ends sharply, as no band does."""
    sides = np.array([_sides(box) for box in traces])
    size = np.repeat([traces[0].bottom - traces[0].top, traces[0].right - traces[0].left], 2)
    return bool((np.ptp(sides, axis=0) <= np.maximum(_SLACK, _AGREE * size)).all())


def _apart(boxes: list[Box]) -> bool:
    return all(
        one.bottom <= two.top or two.bottom <= one.top or one.right <= two.left or two.right <= one.left
        for one, two in itertools.combinations(boxes, 2)
    )


def find_membranes(pixels: FloatArray) -> list[Box]:
    """Find membranes that lie apart on a dark ground, in reading order.

    Assumes a flat ground that is darker than every membrane, around and between them, and membranes that end sharply.
    Shy: where anything else is bright, or an edge cannot be traced at three heights, the picture stays whole.

    Parameters
    ----------
    pixels : ndarray of shape (H, W)
        Counts of the whole picture as the file holds them [AU].

    Returns
    -------
    list of Box
        The upright box inside each membrane's edge [px]; empty unless there are two or more.
    """
    if min(pixels.shape) < 64:
        return []
    small, factor = _small(pixels)
    levels = _levels(small)
    if levels is None:
        return []
    traced = [_pieces(small, levels[0] + rise * levels[1]) for rise in _RISES]
    if any(pieces is None for pieces in traced) or len({len(pieces or ()) for pieces in traced}) > 1:
        return []
    by_height = [in_reading_order(pieces or ()) for pieces in traced]
    boxes = by_height[-1]
    if len(boxes) < 2 or not _apart(by_height[0]):
        return []
    sharp = all(_agree(list(same)) for same in zip(*by_height, strict=True))
    return [_in_full(box, factor, pixels.shape) for box in boxes] if sharp else []


def _in_full(box: Box, factor: float, shape: tuple[int, ...]) -> Box:
    """Bring a box of the small copy to the picture, a little inside its edge."""
    inside = _INSIDE * factor
    return Box(
        max(0, round(box.top * factor + inside)),
        min(shape[0], round(box.bottom * factor - inside)),
        max(0, round(box.left * factor + inside)),
        min(shape[1], round(box.right * factor - inside)),
    )
