"""Membranes that lie apart on a dark ground, as when two are photographed together."""

from __future__ import annotations

import itertools

import cv2
import numpy as np
import numpy.typing as npt

from ..blot import FloatArray
from .boxes import Box, in_reading_order

__all__ = ["find_membranes"]

Picture = npt.NDArray[np.float32]
Outline = npt.NDArray[np.int32]

_SIDE = 500  # longer side of the small copy on which membranes are told apart [px]
_RING = 0.02  # width of the picture's border, as a share of its side
_DARK_RIM = 0.6  # share of the picture's border that is ground, at least
_CLEAR = 6.0  # brightness above the ground, in units of its noise, from which something lies there
_RISE = 0.08  # and as a share of the usual membrane's
_QUIET = 1e-3  # least noise that is believed, as a share of the range
_SMALLEST = 0.08  # a membrane's least size, as a share of the picture's
_LEAST = 28  # and so many pixels, so that its inside can be told from its edge [px of the small copy]
_FILLED, _WHOLE = (
    0.92,
    0.85,
)  # share of the smallest turned box that its hull fills, and of the hull that it fills itself
_ALL = 0.9  # share of what is bright that lies on the membranes
_NEAR, _DEEP = 4, 14  # how far from its edge a membrane is looked at [px of the small copy]
_OUTSIDE = 0.3  # just outside, of the brightness just inside, at most
_STEEP = 0.3  # just inside, of the brightness deep inside, at least: light that fades has no edge
_ALONG = 32  # places of a side that are looked at
_MOSTLY = 0.6  # share of a side's places where the edge is sharp
_INSIDE = 2.0  # how far inside its traced edge a membrane begins [px of the small copy]


def _small(pixels: FloatArray) -> tuple[Picture, float]:
    rows, cols = pixels.shape
    factor = max(1.0, max(rows, cols) / _SIDE)
    size = (max(1, round(cols / factor)), max(1, round(rows / factor)))
    small = cv2.resize((pixels - pixels.min()).astype(np.float32), size, interpolation=cv2.INTER_AREA)
    return np.asarray(cv2.medianBlur(np.ascontiguousarray(small), 3), np.float32), factor


def _plane(y: Picture, x: Picture, values: Picture) -> Picture:
    """Level, fall and rise of the plane through some pixels [AU]."""
    design = np.stack([np.ones_like(y), y, x], axis=1).astype(np.float64)
    return np.asarray(np.linalg.solve(design.T @ design, design.T @ values), np.float32)


def _height(plane: Picture, y: Picture, x: Picture) -> Picture:
    level, down, right = plane
    return np.asarray(level + down * y + right * x, np.float32)


def _above_ground(small: Picture) -> tuple[Picture, float] | None:
    """Brightness above the ground and the ground's noise [AU]; None where the border is no dark ground.

    The ground may rise evenly towards one side; its level is that of the border, where no membrane reaches it.
    """
    high, wide = (max(1, round(_RING * side)) for side in small.shape)
    ring = np.ones(small.shape, dtype=bool)
    ring[high:-high, wide:-wide] = False
    side = max(small.shape)
    border, (y, x) = small[ring], ((each / side).astype(np.float32) for each in np.nonzero(ring))
    noise = quiet = _QUIET * float(np.ptp(small))
    calm = border <= np.quantile(border, _DARK_RIM)
    for _ in range(4):
        plane = _plane(y[calm], x[calm], border[calm])
        above = border - _height(plane, y, x)
        noise = max(1.4826 * float(np.median(np.abs(above[calm]))), quiet)
        calm = np.abs(above) < _CLEAR * noise
        if calm.sum() < _DARK_RIM * len(border):
            return None
    down, across = (np.arange(length, dtype=np.float32) / side for length in small.shape)
    return small - _height(plane, down[:, None], across), noise


def _outlines(above: Picture, level: float) -> list[Outline] | None:
    """Hulls of the large solid pieces above a level; None where much else is bright as well."""
    bright = np.pad((above > level).astype(np.uint8), 3)
    mask = cv2.morphologyEx(bright, cv2.MORPH_CLOSE, np.ones((5, 5), np.uint8))[3:-3, 3:-3]
    mask = cv2.morphologyEx(np.ascontiguousarray(mask), cv2.MORPH_OPEN, np.ones((7, 7), np.uint8))
    found: list[Outline] = []
    kept = everything = 0.0
    for outline in cv2.findContours(mask, cv2.RETR_EXTERNAL, cv2.CHAIN_APPROX_NONE)[0]:
        hull = cv2.convexHull(outline)
        area, whole = float(cv2.contourArea(outline)), float(cv2.contourArea(hull))
        everything += area
        _, _, width, height = cv2.boundingRect(outline)
        if width < max(_LEAST, _SMALLEST * above.shape[1]) or height < max(_LEAST, _SMALLEST * above.shape[0]):
            continue
        sides = cv2.minAreaRect(hull)[1]
        if whole >= _FILLED * sides[0] * sides[1] and area >= _WHOLE * whole:
            found.append(np.asarray(hull, np.int32))
            kept += area
    return found if everything > 0 and kept >= _ALL * everything else None


def _across_edge(above: Picture, start: FloatArray, end: FloatArray, middle: FloatArray) -> FloatArray:
    """Brightness just outside, just inside and deep inside a side, at places along it, shape (3, n) [AU].

    Places outside the picture are left out.
    """
    share = (np.arange(_ALONG) + 0.5)[:, None] / _ALONG
    places = start + np.clip(share, 0.06, 0.94) * (end - start)
    out = np.array([end[1] - start[1], start[0] - end[0]]) / max(float(np.hypot(*(end - start))), 1e-9)
    out = out if float(np.dot(out, middle - start)) < 0 else -out
    limits = np.array(above.shape)[::-1] - 1
    inside = ((places + _NEAR * out >= 0) & (places + _NEAR * out <= limits)).all(axis=1)
    points = [np.clip(places[inside] + away * out, 0, limits) for away in (_NEAR, -_NEAR, -_DEEP)]
    return np.array([above[np.rint(at[:, 1]).astype(int), np.rint(at[:, 0]).astype(int)] for at in points])


def _is_sharp(above: Picture, hull: Outline, noise: float) -> bool:
    """Whether a piece ends sharply on every side that lies inside the picture, as no band and no haze does.

    One side may lie beyond the picture; what crosses it from border to border is a lane.
    """
    turned = cv2.minAreaRect(hull)
    corners, middle = np.asarray(cv2.boxPoints(turned), np.float64), np.asarray(turned[0], np.float64)
    soft, beyond = np.asarray(cv2.blur(above, (3, 3)), np.float32), 0
    for start, end in itertools.pairwise([*corners, corners[0]]):
        outside, near, deep = _across_edge(soft, start, end, middle)
        if len(near) < _ALONG // 4:
            beyond += 1
            continue
        sharp = (outside < np.maximum(_OUTSIDE * near, 3.0 * noise)) & (near > _STEEP * deep)
        if sharp.mean() < _MOSTLY:
            return False
    return beyond <= 1


def _apart(boxes: list[Box]) -> bool:
    return all(
        one.bottom <= two.top or two.bottom <= one.top or one.right <= two.left or two.right <= one.left
        for one, two in itertools.combinations(boxes, 2)
    )


def find_membranes(pixels: FloatArray) -> list[Box]:
    """Find membranes that lie apart on a dark ground, in reading order.

    Assumes a ground, flat or rising evenly, that is darker than every membrane, around and between them, and membranes
    that are rectangles and end sharply. Shy: where anything else is bright, or an edge fades, the picture stays whole.

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
    ground = _above_ground(small)
    if ground is None:
        return []
    above, noise = ground
    bright = above[above > _CLEAR * noise]
    if bright.size < 2 * _SMALLEST**2 * small.size:
        return []
    hulls = _outlines(above, max(_CLEAR * noise, _RISE * float(np.median(bright))))
    if hulls is None or len(hulls) < 2 or not all(_is_sharp(above, hull, noise) for hull in hulls):
        return []
    boxes = in_reading_order(_box(hull) for hull in hulls)
    return [_in_full(box, factor, pixels.shape) for box in boxes] if _apart(boxes) else []


def _box(hull: Outline) -> Box:
    left, top, width, height = cv2.boundingRect(hull)
    return Box(top, top + height, left, left + width)


def _in_full(box: Box, factor: float, shape: tuple[int, ...]) -> Box:
    """Bring a box of the small copy to the picture, a little inside its edge."""
    inside = _INSIDE * factor
    return Box(
        max(0, round(box.top * factor + inside)),
        min(shape[0], round(box.bottom * factor - inside)),
        max(0, round(box.left * factor + inside)),
        min(shape[1], round(box.right * factor - inside)),
    )
