"""What is not membrane: the dark surround that a picture shows beside it.

The surround touches the picture's border, is flat and much darker than the membrane, and ends sharply all along.
A picture that is membrane throughout has none, however uneven; nor has one whose edge cannot be told.
"""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
import numpy.typing as npt

from .blot import Blot, FloatArray, once_a_blot
from .calm import Calm, Picture, calmed

__all__ = ["beyond_edge", "off_membrane"]

Mask = npt.NDArray[np.bool_]

_SIDE = 400  # longer side of the small copy on which the surround is told [px]
_RING, _SEGMENTS = 0.02, 12  # the border: its width as a share of the side, and how many pieces a side has
_QUIET = 1e-3  # least noise that is believed, as a share of the step from surround to membrane
_CLEAR = 6.0  # brightness above the surround, in units of its noise, from which something lies there
_HEIGHTS = (0.1, 0.25, 0.4)  # where the edge is traced, as shares of the way from surround to membrane
_SHARP = 5.0  # mean distance of the lowest from the highest trace, at most [px of the small copy]
_TALL, _LARGE = 0.5, 0.25  # height and area of the membrane as shares of the picture's, at least
_SOLID = 0.9  # share of its convex hull that the membrane fills
_STRAY = 0.01  # share of the surround that may be bright all the same: dust, not bands
_LEAST = 0.002  # a smaller surround, as a share of the picture, is none
_SOFT = 2  # blur of the sharpest edge [px]
_INSIDE = 3  # and how far inside it the membrane shows its own level [px]


@dataclass(frozen=True)
class _Levels:
    """Levels of surround and membrane [AU]."""

    dark: float
    noise: float
    membrane: float


def _middle(values: npt.NDArray[np.floating]) -> float:
    """Median, without the overhead of NumPy's own."""
    ordered = np.sort(values)
    return 0.5 * (float(ordered[(len(ordered) - 1) // 2]) + float(ordered[len(ordered) // 2]))


def _levels(small: Picture) -> _Levels | None:
    """Levels if the darkest piece of the border were surround; None where nothing is clearly brighter."""
    rows, cols = small.shape
    high, wide = max(1, round(_RING * rows)), max(1, round(_RING * cols))
    pieces = [
        piece.ravel()
        for side, axis in ((small[:high], 1), (small[-high:], 1), (small[:, :wide], 0), (small[:, -wide:], 0))
        for piece in np.array_split(side, min(_SEGMENTS, side.shape[axis]), axis=axis)
    ]
    darkest = min(pieces, key=_middle)
    dark = _middle(darkest)
    noise = float(np.median(np.abs(darkest - dark))) / 0.6745
    above = small[small > dark + _CLEAR * noise]
    if above.size < _LARGE * small.size:
        return None
    membrane = float(np.partition(above, above.size // 2)[above.size // 2])
    step = membrane - dark
    if not step > 0.0 or max(noise, _QUIET * step) * _CLEAR > _HEIGHTS[1] * step:
        return None
    return _Levels(dark, noise, membrane)


def _beside(dark: Mask) -> Mask:
    """Keep what touches the picture's border."""
    count, labels = cv2.connectedComponents(dark.astype(np.uint8), connectivity=4)
    rim = np.concatenate([labels[0], labels[-1], labels[:, 0], labels[:, -1]])
    touching = np.zeros(count, bool)
    touching[rim] = True
    touching[0] = False
    return np.asarray(touching[labels], dtype=np.bool_)


def _is_membrane(mask: Mask) -> bool:
    """Whether what is not surround is one large solid piece, and hardly anything else: bands on a black ground are."""
    outlines, _ = cv2.findContours(mask.astype(np.uint8), cv2.RETR_EXTERNAL, cv2.CHAIN_APPROX_SIMPLE)
    areas = [float(cv2.contourArea(outline)) for outline in outlines]
    outline, area = max(zip(outlines, areas, strict=True), key=lambda piece: piece[1])
    if sum(areas) - area > _STRAY * (mask.size - mask.sum()):
        return False
    if cv2.boundingRect(outline)[3] < _TALL * len(mask) or area < _LARGE * mask.size:
        return False
    return area >= _SOLID * float(cv2.contourArea(cv2.convexHull(outline)))


def _edge_length(mask: Mask) -> int:
    """Count the steps between surround and membrane, along rows or columns, whichever are more [px]."""
    return max(int((mask[1:] != mask[:-1]).sum()), int((mask[:, 1:] != mask[:, :-1]).sum()))


@once_a_blot
def off_membrane(blot: Blot) -> Mask:
    """Tell which pixels of a picture lie beside the membrane.

    Parameters
    ----------
    blot : Blot
        Upright, bright = protein.

    Returns
    -------
    ndarray of bool of shape (H, W)
        True off the membrane, the blur of its edge included; False everywhere where no surround is clearly seen.
        Read-only.

    Notes
    -----
    Assumes that the surround is flat and darker than any part of the membrane near its edge. Our own method; a gain or
    an offset of the counts changes nothing.
    """
    nowhere = np.zeros(blot.shape, bool)
    nowhere.setflags(write=False)
    if min(blot.shape) < 2 * _SEGMENTS:
        return nowhere
    calm = calmed(blot)
    small, _ = calm.at_most(_SIDE)
    levels = _levels(small)
    if levels is None:
        return nowhere
    step = levels.membrane - levels.dark
    middle = _beside(small < levels.dark + _HEIGHTS[1] * step)
    if middle.sum() < _LEAST * middle.size or middle.all():
        return nowhere
    low, high = (_beside(small < levels.dark + height * step) for height in _HEIGHTS[::2])
    blur = (float(high.sum()) - float(low.sum())) / max(1, _edge_length(middle))
    if blur > _SHARP or not _is_membrane(~middle):
        return nowhere
    off = _in_full(calm, middle, levels.dark + _HEIGHTS[1] * step, blur * max(blot.shape) / max(small.shape))
    off.setflags(write=False)
    return off


def _in_full(calm: Calm, small: Mask, level: float, blur: float) -> Mask:
    """Trace the surround at one level in the picture itself, near where the small copy has it, with its blur."""
    rows, cols = calm.shape
    near = cv2.resize(small.astype(np.uint8), (cols, rows), interpolation=cv2.INTER_NEAREST)
    reach = 2 * int(np.ceil(max(rows, cols) / _SIDE)) + 1
    around = cv2.dilate(near, np.ones((reach, reach), np.uint8)).astype(bool)
    inner = cv2.erode(near, np.ones((reach, reach), np.uint8), borderValue=1).astype(bool)
    dark = (inner | (around & (calm.full < level))).astype(np.uint8)
    soft = cv2.dilate(dark, np.ones((2 * max(_SOFT, round(blur)) + 1,) * 2, np.uint8))
    return np.asarray(soft, dtype=np.bool_)


def beyond_edge(pixels: FloatArray, off: Mask) -> FloatArray:
    """Carry the membrane's level on over its surround, so that its edge is no step.

    Parameters
    ----------
    pixels : ndarray of shape (H, W)
        Counts [AU].
    off : ndarray of bool of shape (H, W)
        The surround, from `off_membrane`.

    Returns
    -------
    ndarray of shape (H, W)
        Counts on the membrane; off it the mean around the nearest place on the membrane [AU].
    """
    if not off.any():
        return pixels
    size = 2 * _INSIDE + 1
    on = (~off).astype(np.float32)
    share = cv2.blur(on, (size, size))
    level = cv2.blur(np.where(off, 0.0, pixels).astype(np.float32), (size, size)) / np.maximum(share, 1e-6)
    _, label = cv2.distanceTransformWithLabels(
        off.astype(np.uint8), cv2.DIST_L2, cv2.DIST_MASK_5, labelType=cv2.DIST_LABEL_PIXEL
    )
    of_label = np.zeros(int(label.max()) + 1, np.float32)
    of_label[label[~off]] = level[~off]
    return np.where(off, of_label[label], pixels)
