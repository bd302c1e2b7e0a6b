"""The membrane in the picture: its box, where a flat frame or a dark surround is clearly seen.

Cropping is for finding lanes and noise, not for looks, so it is shy: each side is cut only where it ends
sharply, nothing is cut that holds evidence of a band, and a picture without such a side stays whole.
"""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
import numpy.typing as npt

from ..blot import FloatArray
from .small import Picture

__all__ = ["find_membrane"]

Box = tuple[int, int, int, int]
Mask = npt.NDArray[np.bool_]

_RING = 0.02  # width of the picture's border, as a share of its side
_RISES = (0.15, 0.3, 0.5)  # where the edge is traced, as shares of the way from surround to membrane
_SHARP = 0.04  # the edge lies within so much of the side between the lowest and the highest trace
_LEAST = 0.015  # a side is cut when so much of it, or more, is surround
_MARGIN = 0.01  # surround that is left on, as a share of the side
_SIZE = 0.25  # the membrane is at least so much of each side
_SOLID = 0.9  # share of its convex hull that the membrane fills
_STRAY = 0.01  # share of the surround that may be bright
_GAPS = 0.06  # share of the membrane that may be as dark as the surround; more, and it is a block of bands
_QUIET = 1e-4  # least noise that is believed, as a share of the range
_CLEAR = 6.0  # brightness above the surround, in units of its noise, from which something lies there
_FRAME = 0.85  # a frame's pixels are at least so bright, as a share of the range
_FRAME_SHARE = 0.95  # and so many of a row's or column's pixels are
_FRAME_MOST = 0.1  # widest frame, as a share of the side
_BAND, _BAND_SHARE = 6.0, 0.05  # evidence outside the box, absolute and of the strongest, that forbids a cut
_CLEARANCE = 4  # the membrane's own edge bulges so far outside [px of the small copy]


@dataclass(frozen=True)
class _Surround:
    """The dark around the membrane: its level and noise, and the membrane's own level [AU]."""

    level: float
    noise: float
    membrane: float


def _frame_width(lines: FloatArray) -> int:
    """How many of a side's lines, from outside, are bright throughout [px]; ``lines`` holds the bright shares."""
    inside = np.flatnonzero(lines < _FRAME_SHARE)
    width = int(inside[0]) if inside.size else 0
    return width + 1 if 0 < width <= _FRAME_MOST * len(lines) else 0  # one more: the frame's own blur


def _without_frame(small: Picture) -> Box:
    """Box inside a flat bright frame, such as a film's border that was dark in the file."""
    low, high = float(small.min()), float(small.max())
    bright = small >= low + _FRAME * (high - low)
    rows, cols = bright.mean(axis=1), bright.mean(axis=0)
    top, bottom = _frame_width(rows), small.shape[0] - _frame_width(rows[::-1])
    left, right = _frame_width(cols), small.shape[1] - _frame_width(cols[::-1])
    return top, bottom, left, right


def _surround(small: Picture) -> _Surround | None:
    """Levels of a dark surround and of the membrane in it; None where the border is not darker than the rest."""
    rows, cols = small.shape
    wide = (max(1, round(_RING * rows)), max(1, round(_RING * cols)))
    ring = np.concatenate([small[: wide[0]].ravel(), small[-wide[0] :].ravel()])
    ring = np.concatenate([ring, small[:, : wide[1]].ravel(), small[:, -wide[1] :].ravel()])
    ring.sort()
    level = float(ring[len(ring) // 5])
    dark = ring[: 2 * len(ring) // 5 + 1]
    noise = max(float(dark.std()), _QUIET * float(np.ptp(small)))
    above = small[small > level + _CLEAR * noise]
    if above.size < _SIZE**2 * small.size:
        return None
    membrane = float(np.median(above))
    if _CLEAR * noise > _RISES[1] * (membrane - level):  # too noisy to trace the edge at more than one height
        return None
    return _Surround(level, noise, membrane)


def _largest(mask: Mask) -> Mask:
    """Largest connected part, its holes filled."""
    closed = cv2.morphologyEx(mask.astype(np.uint8), cv2.MORPH_CLOSE, np.ones((5, 5), np.uint8))
    outlines, _ = cv2.findContours(closed, cv2.RETR_EXTERNAL, cv2.CHAIN_APPROX_SIMPLE)
    filled = np.zeros_like(closed)
    if outlines:
        cv2.drawContours(filled, [max(outlines, key=cv2.contourArea)], -1, 1, cv2.FILLED)
    return filled.astype(bool)


def _solidity(mask: Mask) -> float:
    points = cv2.findNonZero(mask.astype(np.uint8))
    hull = np.zeros(mask.shape, np.uint8)
    cv2.fillConvexPoly(hull, cv2.convexHull(points), 1)
    return float(mask.sum() / hull.sum())


def _box_of(mask: Mask) -> Box:
    rows, cols = np.flatnonzero(mask.any(axis=1)), np.flatnonzero(mask.any(axis=0))
    return int(rows[0]), int(rows[-1]) + 1, int(cols[0]), int(cols[-1]) + 1


def _traced(small: Picture) -> list[Box] | None:
    """Boxes of the membrane at three heights of its edge; None where there is no membrane in a dark surround."""
    around = _surround(small)
    if around is None:
        return None
    boxes = []
    for rise in _RISES:
        above = small > around.level + max(rise * (around.membrane - around.level), _CLEAR * around.noise)
        mask = _largest(above)
        if not mask.any():
            return None
        box = _box_of(mask)
        boxes.append(box)
        if rise == _RISES[1]:
            stray, gaps = above & ~mask, mask & ~above
            if stray.sum() > _STRAY * (~mask).sum() or gaps.sum() > _GAPS * mask.sum() or _solidity(mask) < _SOLID:
                return None
    return boxes


def _beyond(side: int, place: int) -> tuple[slice, slice]:
    """Slice out what lies outside a side: 0 top, 1 bottom, 2 left, 3 right."""
    out = slice(None, max(0, place)) if side % 2 == 0 else slice(place, None)
    return (out, slice(None)) if side < 2 else (slice(None), out)


def _side(side: int, traced: list[Box], evidence: Picture) -> int:
    """Where one side is cut, or where the picture ends when it must not be."""
    length = evidence.shape[side // 2]
    end: int = 0 if side % 2 == 0 else length
    place: int = traced[1][side]
    outward = -1 if side % 2 == 0 else 1
    spread = max(box[side] for box in traced) - min(box[side] for box in traced)
    outside = evidence[_beyond(side, place + outward * _CLEARANCE)]
    banded = outside.size > 0 and float(outside.max()) > max(_BAND, _BAND_SHARE * float(evidence.max()))
    if abs(place - end) < max(2.0, _LEAST * length) or spread > max(2.0, _SHARP * length) or banded:
        return end
    margin = min(abs(place - end), max(1, round(_MARGIN * length)))
    return int(place + outward * margin)


def _cut(small: Picture, evidence: Picture) -> Box:
    """Decide each side of the membrane's box in the small copy."""
    rows, cols = small.shape
    traced = _traced(small)
    if traced is None:
        return 0, rows, 0, cols
    top, bottom, left, right = traced[1]
    if bottom - top < _SIZE * rows or right - left < _SIZE * cols:
        return 0, rows, 0, cols
    return (
        _side(0, traced, evidence),
        _side(1, traced, evidence),
        _side(2, traced, evidence),
        _side(3, traced, evidence),
    )


def find_membrane(small: Picture, evidence: Picture, factor: float, shape: tuple[int, int]) -> Box | None:
    """Find the membrane's box in an upright picture.

    Parameters
    ----------
    small : ndarray of shape (h, w)
        Small copy, bright = protein [AU].
    evidence : ndarray of shape (h, w)
        Bulges of the bands' sign in it.
    factor : float
        Pixels of the picture per pixel of the copy.
    shape : tuple of int
        Rows and columns of the picture [px].

    Returns
    -------
    tuple of int or None
        ``top, bottom, left, right``, half-open [px]; None where nothing is to be cut.
    """
    top, bottom, left, right = _without_frame(small)
    inner = small[top:bottom, left:right]
    if min(inner.shape) < 8:
        return None
    cut = _cut(inner, evidence[top:bottom, left:right])
    box = (top + cut[0], top + cut[1], left + cut[2], left + cut[3])
    if box == (0, small.shape[0], 0, small.shape[1]):
        return None
    upper = [int(np.floor(box[0] * factor)), int(np.floor(box[2] * factor))]
    lower = [min(shape[0], int(np.ceil(box[1] * factor))), min(shape[1], int(np.ceil(box[3] * factor)))]
    return upper[0], lower[0], upper[1], lower[1]
