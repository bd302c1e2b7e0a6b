"""Pictures of blots for the eye: grey, dark = protein, linear, upright and uncropped.

This is the only place where counts are scaled; nothing is measured on what is made here.
"""

from __future__ import annotations

import base64
import dataclasses
import hashlib
import html
import math
from dataclasses import dataclass
from typing import cast

import cv2
import numpy as np
import numpy.typing as npt

from ..blot import Blot, CountArray, FloatArray, Frame, whole_counts

__all__ = ["Picture", "decode_png", "display_html", "display_picture", "display_png", "encode_png", "fingerprints"]

GreyArray = npt.NDArray[np.uint8]

_HIGHEST = 99.9  # percentile shown black: a band's core may be black, a speck of dust does not set the scale
_LOWEST = 0.5  # percentile shown white
_PNG = [cv2.IMWRITE_PNG_COMPRESSION, 1, cv2.IMWRITE_PNG_STRATEGY, cv2.IMWRITE_PNG_STRATEGY_RLE]
if hasattr(cv2, "IMWRITE_PNG_FILTER"):  # not before OpenCV 5
    _PNG += [cv2.IMWRITE_PNG_FILTER, cv2.IMWRITE_PNG_FILTER_SUB]
_MOST_LEVELS = 2**17  # counts that are told apart by their number
_LEAST_SHADES = 16  # grey levels of a picture below which it shows too little to be the same as another
_LEAST_SPAN = 12.0  # a blank picture stays pale: the span is at least so many standard deviations of its noise


@dataclass(frozen=True)
class Picture:
    """A blot as it is shown: the whole picture as read, or the part of a file that was read, upright and uncropped.

    Parameters
    ----------
    image : str
        Id of the image.
    png : bytes
        8-bit grey PNG, dark = protein, linear between `low` and `high`.
    scale : float
        Pixels of this picture per pixel of the file.
    frame : Frame
        Quarter turns and mirror that bring the file's pixels to this picture, and where in it a part starts.
    low, high : float
        Counts shown white and black [AU], of the upright blot.
    part : tuple of int, optional
        Rows and columns of the upright part that was read; None where it was the whole file [px].
    prints : tuple of str, optional
        What `fingerprints` says of its pixels, where they were at hand.
    """

    image: str
    png: bytes
    scale: float
    frame: Frame
    low: float
    high: float
    part: tuple[int, int] | None = None
    prints: tuple[str, ...] | None = None

    @property
    def shape(self) -> tuple[int, int]:
        """Rows and columns of the upright picture in pixels of the file [px]."""
        if self.part is not None:
            return self.part
        return self.frame.upright_shape


def encode_png(grey: GreyArray) -> bytes:
    """Write 8-bit grey pixels as PNG; the same pixels give the same bytes.

    Runs only (RLE) suit noisy pictures: a fifth of the time of a search for repeats, which noise does not have. Each
    pixel is written as its difference from the one on its left; trying every way line by line takes twice the time.
    """
    return cv2.imencode(".png", grey, _PNG)[1].tobytes()


def fingerprints(grey: GreyArray) -> tuple[str, ...]:
    """Say what a picture shows as it is, mirrored, and turned by 180°, in a few letters each; none where it is blank.

    Parameters
    ----------
    grey : ndarray of shape (H, W)
        8-bit grey pixels.
    """
    if not any(np.count_nonzero(np.bincount(part.ravel())) >= _LEAST_SHADES for part in (grey[::8], grey)):
        return ()
    ways = (grey, grey[:, ::-1], grey[::-1, ::-1])
    found = (hashlib.sha256(repr(way.shape).encode() + np.ascontiguousarray(way).tobytes()) for way in ways)
    return tuple(each.hexdigest()[:32] for each in found)


def decode_png(png: bytes) -> GreyArray:
    """Read the 8-bit grey pixels of a PNG, shape (H, W)."""
    return cast(GreyArray, cv2.imdecode(np.frombuffer(png, np.uint8), cv2.IMREAD_GRAYSCALE))


def _told_apart(counts: CountArray) -> tuple[npt.NDArray[np.int32], FloatArray] | None:
    """Return each pixel's number of its level, and all levels [AU]; None for a picture that is not of whole counts."""
    if counts.dtype.kind != "i":
        return None
    low, high = int(counts.min()), int(counts.max())
    return (counts - np.int32(low), np.arange(low, high + 1.0)) if high - low < _MOST_LEVELS else None


def _order(levels: FloatArray, passed: npt.NDArray[np.int64], place: float) -> tuple[float, float]:
    """Values at the whole places around one, of all pixels in rising order; ``passed`` counts those up to a level."""
    first = math.floor(place)
    one, two = levels[np.searchsorted(passed, [first, min(first + 1, int(passed[-1]) - 1)], side="right")]
    return float(one), float(two)


def _percentile(levels: FloatArray, counts: npt.NDArray[np.int64], percent: float) -> float:
    """Percentile as `numpy.percentile` has it, from how many pixels stand at each level."""
    passed = np.cumsum(counts)
    place = percent / 100.0 * (int(passed[-1]) - 1)
    one, two = _order(levels, passed, place)
    share = place - math.floor(place)
    return two - (two - one) * (1.0 - share) if share >= 0.5 else one + (two - one) * share


def _three(counts: CountArray) -> tuple[float, float, float, float]:
    """White, median and black of a picture, and the median distance from the median [AU]."""
    apart = _told_apart(counts)
    if apart is None:
        low, median, high = map(float, np.percentile(counts, [_LOWEST, 50.0, _HIGHEST]))
        return low, median, high, float(np.median(np.abs(counts - median)))
    levels, pixels = apart[1], np.bincount(apart[0].ravel(), minlength=len(apart[1]))
    low, median, high = (_percentile(levels, pixels, percent) for percent in (_LOWEST, 50.0, _HIGHEST))
    away = np.abs(levels - median)
    order = np.argsort(away, kind="stable")
    passed = np.cumsum(pixels[order])
    one, two = _order(away[order], passed, 0.5 * (int(passed[-1]) - 1))
    return low, median, high, 0.5 * (one + two) if counts.size % 2 == 0 else one


def _span(counts: CountArray) -> tuple[float, float]:
    """Find the counts shown white and black [AU]; robust against specks, and wide on a blank picture."""
    low, median, high, away = _three(counts)
    high = max(high, median + _LEAST_SPAN * (1.4826 * away))
    return low, high if high > low else low + 1.0


def _grey(counts: CountArray, low: float, high: float) -> GreyArray:
    """Scale counts linearly to 255 (white, ``low``) … 0 (black, ``high``)."""
    apart = _told_apart(counts)
    share = np.clip(((counts if apart is None else apart[1]) - low) / (high - low), 0.0, 1.0)
    shown = np.rint(255.0 * (1.0 - share)).astype(np.uint8)
    return shown if apart is None else np.take(shown, apart[0])  # fewer levels than pixels


def _turned(counts: CountArray, frame: Frame) -> CountArray:
    upright = np.rot90(counts, -frame.turns)  # rot90 turns anticlockwise
    return np.fliplr(upright) if frame.mirror else upright


def _frame(blot: Blot, upright: Blot) -> Frame:
    """Frame of the picture as read, upright and uncropped; a part of a file keeps where it starts."""
    turned = Frame(blot.frame.rows, blot.frame.cols, turns=upright.frame.turns, mirror=upright.frame.mirror)
    (rows, cols), top, left = blot.shape, blot.frame.top, blot.frame.left
    row, col = turned.to_upright([top, top + rows - 1], [left, left + cols - 1])
    return dataclasses.replace(turned, top=int(row.min()), left=int(col.min()))


def _as_upright(blot: Blot, upright: Blot, frame: Frame) -> CountArray:
    """Bring the picture as read upright, its counts as in ``upright`` (inverted where that one is)."""
    if upright.pixels is blot.pixels:
        return upright.counts
    whole = _turned(blot.counts, upright.frame)
    (rows, cols), top, left = upright.shape, upright.frame.top - frame.top, upright.frame.left - frame.left
    cropped = whole[top : top + rows, left : left + cols]
    if np.array_equal(cropped, upright.counts):
        return whole
    return whole_counts(float(cropped[0, 0] + upright.pixels[0, 0]) - whole)


def display_picture(blot: Blot, upright: Blot, *, max_side: int = 1600) -> Picture:
    """Make the picture of a blot that reports and figures show.

    Parameters
    ----------
    blot : Blot
        The blot as read.
    upright : Blot
        The same blot after `orient`; its membrane sets what is shown white and black.
    max_side : int
        Longest side of the picture [px]; a larger file is averaged down to it.

    Returns
    -------
    Picture
        Linear display, dark = protein, of the whole picture as read, brought upright.

    Examples
    --------
    >>> blot = Blot("one", np.arange(24.0).reshape(4, 6), bright=True)
    >>> display_picture(blot, blot).shape
    (4, 6)
    """
    (low, high), frame = _span(upright.counts), _frame(blot, upright)
    grey = _grey(_as_upright(blot, upright, frame), low, high)
    shown = (grey.shape[0], grey.shape[1]) if blot.shape != (blot.frame.rows, blot.frame.cols) else None
    scale = min(1.0, max_side / max(grey.shape))
    if scale < 1.0:
        size = (max(1, round(grey.shape[1] * scale)), max(1, round(grey.shape[0] * scale)))
        grey = cast(GreyArray, cv2.resize(grey, size, interpolation=cv2.INTER_AREA))
    return Picture(blot.name, encode_png(grey), scale, frame, low, high, shown, fingerprints(grey))


def display_png(blot: Blot) -> bytes:
    """Show one blot as PNG, at most 1600 px a side: dark = protein where that is known, else as in the file."""
    counts = blot.counts if blot.bright is not False else -blot.counts
    grey = _grey(counts, *_span(counts))
    if blot.bright is None:  # not looked at yet: white stays white
        grey = 255 - grey
    scale = 1600 / max(grey.shape)
    if scale < 1.0:
        grey = cast(GreyArray, cv2.resize(grey, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA))
    return encode_png(grey)


_ZOOM = """<style>.bq-zoom {{ overflow: auto; max-height: 40rem; border: 1px solid #ccc }} .bq-zoom img {{ width: 100%;
max-width: none; display: block }} .bq-large:checked ~ .bq-zoom img {{ width: auto }}</style>
<div><input type="checkbox" class="bq-large" id="{mark}"> <label for="{mark}">every pixel</label>
<small>{name}: {rows} × {cols} px; {said}</small>
<div class="bq-zoom"><img alt="{name}" src="data:image/png;base64,{data}"></div></div>"""


def display_html(blot: Blot) -> str:
    """Show one blot in a notebook: fitted to the page, or pixel by pixel in a window that scrolls; needs no script."""
    data = base64.b64encode(display_png(blot)).decode("ascii")
    said = "dark = protein, linear" if blot.bright is not None else "as in the file, linear; `orient` brings it upright"
    mark = "bq-" + hashlib.sha256(f"{blot.name}{blot.steps}".encode("utf-8", "replace")).hexdigest()[:10]
    name = html.escape(blot.name)
    return _ZOOM.format(mark=mark, name=name, rows=blot.shape[0], cols=blot.shape[1], said=said, data=data)
