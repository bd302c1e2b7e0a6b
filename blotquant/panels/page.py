"""Strips in one picture: the panels of a figure, cut from membranes and pasted on a flat light page.

A strip is a large, filled rectangle that is darker than the page around it, or framed. Labels, tick marks and lines
are no strips. A picture of one membrane has none.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from ..blot import FloatArray
from .boxes import Box, in_reading_order

__all__ = ["find_strips"]

Mask = npt.NDArray[np.uint8]

_PAGE = 0.01  # share of the range within which the page is flat
_PAGE_SHARE = 0.15  # share of the picture that is page, at least
_PAGE_RIM = 0.5  # share of the picture's rim that is page, at least
_OFF_PAGE = 0.06  # share of the range by which a panel's ground, or its frame, is darker than the page
_WIDTH, _HEIGHT = 0.2, 0.05  # a panel's least size, as a share of the picture's
_LEAST = 10  # and in pixels [px]
_FILLED = 0.85  # share of its box that a panel fills, a frame's inside counted
_STRAIGHT = 0.95  # the same of a strip, ticks and labels left out; a row of touching bands has round ends
_INSIDE = 0.5  # lines of which less is panel are tick marks and labels that touch it
_BESIDE = 3  # how far beyond a strip's side the page is looked for [px]
_STEP = 0.6  # how dark it is there, of what it is just inside, at most
_LINE = 0.12  # a frame's line is darker than the strip's ground by so much of the range
_LINE_LONG = 0.99  # share of the strip's width that a line covers; touching bands leave its ends free
_BLUR = 3  # columns at a strip's ends that the frame's own blur takes [px]
_LINE_BESIDE = 0.5  # share of the width that is dark two pixels beside a line, at most; a band fades slowly
_LINE_MOST = 6  # thickest line, or pair of lines where two frames touch [px]


def _page(pixels: FloatArray) -> tuple[float, float] | None:
    """Level of the flat light page around the panels and the picture's range [AU]; None where there is no page."""
    level = float(pixels.max())
    span = level - float(pixels.min())
    if not span > 0.0:
        return None
    rim = np.concatenate([pixels[0], pixels[-1], pixels[:, 0], pixels[:, -1]])
    if np.mean(level - rim <= _PAGE * span) < _PAGE_RIM:  # no page here, as with nearly every picture of one membrane
        return None
    return (level, span) if np.mean(level - pixels <= _PAGE * span) >= _PAGE_SHARE else None


def _runs(kept: npt.NDArray[np.bool_]) -> list[tuple[int, int]]:
    """List starts and ends (half-open) of the runs of True."""
    edges = np.flatnonzero(np.diff(np.concatenate([[False], kept, [False]]).astype(np.int8)))
    return [(int(a), int(b)) for a, b in zip(edges[::2], edges[1::2], strict=True)]


def _longest(kept: npt.NDArray[np.bool_]) -> tuple[int, int]:
    return max(_runs(kept), key=lambda run: run[1] - run[0], default=(0, 0))


def _lines(dark: npt.NDArray[np.bool_]) -> npt.NDArray[np.bool_]:
    """Tell the rows that a drawn line covers: from end to end, thin, and light again at once on both sides."""
    import cv2

    share = np.pad(dark.mean(axis=1), 2)
    lines = np.zeros(len(dark), dtype=bool)
    covered = (share[2:-2] >= _LINE_LONG).astype(np.uint8).reshape(-1, 1)
    closed = cv2.morphologyEx(covered, cv2.MORPH_CLOSE, np.ones((3, 1), np.uint8))
    for start, end in _runs(closed.ravel().astype(bool)):
        if end - start <= _LINE_MOST and max(share[start], share[end + 3]) < _LINE_BESIDE:
            lines[start:end] = True
    return lines


def _has_sides(box: Box, pixels: FloatArray) -> bool:
    """Whether the picture darkens at once at both sides of a box, as at a cut or a frame; a membrane's ground does not.

    The page is the lightest there is.
    """
    rows, page = slice(box.top, box.bottom), float(pixels.max())
    for outside, inside in ((box.left - _BESIDE, box.left), (box.right - 1 + _BESIDE, box.right - _BESIDE)):
        if not 0 <= outside < pixels.shape[1]:
            continue  # cut off by the picture itself
        beyond = page - float(np.median(pixels[rows, outside]))
        within = page - float(np.median(pixels[rows, inside : inside + _BESIDE], axis=0).min())
        if beyond > _STEP * within:
            return False
    return True


def _strips(box: Box, filled: Mask, pixels: FloatArray, span: float) -> list[Box]:
    """Part a large filled part into its strips, at rows of page and at drawn lines; without ticks and labels."""
    left, right = _longest(filled[box.slices].mean(axis=0) > _INSIDE)
    inner = Box(box.top, box.bottom, box.left + left, box.left + right)
    if right - left < _LEAST or not _has_sides(inner, pixels):
        return []
    dark = np.median(pixels[inner.slices]) - pixels[inner.slices] > _LINE * span
    kept = (filled[inner.slices].mean(axis=1) > _INSIDE) & ~_lines(dark[:, _BLUR:-_BLUR])
    tall = [(a, b) for a, b in _runs(kept) if b - a >= _LEAST]
    strips = [Box(box.top + a, box.top + b, inner.left, inner.right) for a, b in tall]
    return [strip for strip in strips if float(filled[strip.slices].mean()) >= _STRAIGHT]


def _filled_boxes(mask: Mask, pixels: FloatArray, span: float) -> list[Box]:
    """Find strips in the parts that are large and fill their box, what a frame encloses counted in."""
    import cv2

    rows, cols = mask.shape
    outlines, _ = cv2.findContours(mask, cv2.RETR_EXTERNAL, cv2.CHAIN_APPROX_SIMPLE)
    found: list[Box] = []
    for outline in outlines:
        left, top, width, height = cv2.boundingRect(outline)
        if width < max(_LEAST, _WIDTH * cols) or height < max(_LEAST, _HEIGHT * rows):
            continue
        filled = np.zeros_like(mask)
        cv2.drawContours(filled, [outline], -1, 1, cv2.FILLED)
        box = Box(top, top + height, left, left + width)
        if float(filled[box.slices].mean()) >= _FILLED:
            found += _strips(box, filled, pixels, span)
    return found


def _line_width(lines: FloatArray, ground: float, span: float) -> int:
    """How many lines of a side, from outside, belong to the frame [px]; with one more for its blur."""
    darker = ground - lines[: _LINE_MOST + 1]
    at = int(np.argmax(darker[:3]))
    if darker[at] <= _LINE * span:
        return 0
    inside = np.flatnonzero(darker[at:] <= _LINE * span)
    return at + (int(inside[0]) if inside.size else 1) + 1


def _without_frame(box: Box, pixels: FloatArray, span: float) -> Box:
    """Take a drawn frame off a strip."""
    inside = pixels[box.slices]
    rows, cols, ground = np.median(inside, axis=1), np.median(inside, axis=0), float(np.median(inside))
    return Box(
        box.top + _line_width(rows, ground, span),
        box.bottom - _line_width(rows[::-1], ground, span),
        box.left + _line_width(cols, ground, span),
        box.right - _line_width(cols[::-1], ground, span),
    )


def find_strips(pixels: FloatArray) -> list[Box]:
    """Find the strips that a flat light page parts, in reading order.

    Parameters
    ----------
    pixels : ndarray of shape (H, W)
        Counts of the whole picture as the file holds them [AU].

    Returns
    -------
    list of Box
        Inside of each strip, its frame left out [px]; empty where there is no page.
    """
    page = _page(pixels)
    if page is None:
        return []
    level, span = page
    mask = (level - pixels > _OFF_PAGE * span).astype(np.uint8)
    inner = [_without_frame(box, pixels, span) for box in _filled_boxes(mask, pixels, span)]
    sound = [box for box in inner if min(box.bottom - box.top, box.right - box.left) >= _LEAST // 2]
    return in_reading_order(sound)
