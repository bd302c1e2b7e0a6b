"""Rolling ball and sliding paraboloid: what a ball rolled under the picture's relief can touch.

The radius is a length in pixels and a height in counts at once, so the picture is first stretched to one
span (0 to 65 535); without that, results would depend on the bit depth. Both sink into noise: they take the
lower side of it, so weak bands come out too large. They are offered for parity with ImageJ.
"""

from __future__ import annotations

from collections.abc import Callable

import cv2
import numpy as np

from ..blot import FloatArray
from .family import Background, Places
from .hull import lower_hull

__all__ = ["PARABOLOID", "ROLLING_BALL", "SPAN"]

SPAN = 65535.0
"""Counts to which a picture's range is stretched before a ball is rolled under it."""

# radius up to which [px], shrink factor, share of the ball's arc that is left out on each side [%]
_SHRINK = ((10.0, 1, 24), (30.0, 2, 24), (100.0, 4, 32), (np.inf, 8, 40))


def _stretched(pixels: FloatArray, estimate: Callable[[FloatArray], FloatArray]) -> FloatArray:
    low, high = float(pixels.min()), float(pixels.max())
    if high == low:
        return pixels.copy()
    gain = SPAN / (high - low)
    return np.minimum(estimate((pixels - low) * gain) / gain + low, pixels)


def _smoothed(relief: FloatArray) -> FloatArray:
    """Mean of 3 × 3 px, so that single dark pixels do not hold the ball down."""
    smooth = cv2.blur(relief, (3, 3), borderType=cv2.BORDER_REPLICATE)
    return np.asarray(smooth, dtype=np.float64)


def _ball(radius: float) -> tuple[int, FloatArray]:
    """Shrink factor, and height of the ball over its square of shrunken pixels; −inf outside the ball."""
    factor, trim = next((factor, trim) for limit, factor, trim in _SHRINK if radius <= limit)
    small = max(radius / factor, 1.0)
    half = round(small) - round(trim * small / 100) if small >= 1 else 0
    at = np.arange(-half, half + 1, dtype=np.float64)
    squared = small**2 - at[:, None] ** 2 - at**2
    return factor, np.where(squared > 0, np.sqrt(np.maximum(squared, 0.0)), -np.inf)


def _lowest_of_blocks(relief: FloatArray, factor: int) -> FloatArray:
    """Minimum of each block of ``factor`` × ``factor`` px; the last blocks may be smaller."""
    rows, cols = (-size % factor for size in relief.shape)
    padded = np.pad(relief, ((0, rows), (0, cols)), constant_values=np.inf)
    blocks = padded.reshape(padded.shape[0] // factor, factor, padded.shape[1] // factor, factor)
    lowest: FloatArray = blocks.min(axis=(1, 3))
    return lowest


def _open_by(relief: FloatArray, ball: FloatArray) -> FloatArray:
    """Grey-scale opening by a ball: the highest that its top reaches from below."""
    half = ball.shape[0] // 2
    steps = [(dy, dx, ball[dy, dx]) for dy, dx in np.argwhere(np.isfinite(ball))]
    height, width = relief.shape
    padded = np.pad(relief, half, constant_values=np.inf)
    floor = np.full(relief.shape, np.inf)
    for dy, dx, rise in steps:
        np.minimum(floor, padded[dy : dy + height, dx : dx + width] - rise, out=floor)
    padded = np.pad(floor, half, constant_values=-np.inf)
    top = np.full(relief.shape, -np.inf)
    for dy, dx, rise in steps:
        np.maximum(top, padded[dy : dy + height, dx : dx + width] + rise, out=top)
    return top


def _enlarged(small: FloatArray, factor: int, shape: tuple[int, int]) -> FloatArray:
    """Bilinear interpolation from the centres of the blocks, level beyond the outermost ones."""
    if factor == 1:
        return small
    rows = (np.arange(shape[0]) - (factor - 1) / 2) / factor
    cols = (np.arange(shape[1]) - (factor - 1) / 2) / factor
    at_col, at_row = np.meshgrid(cols.astype(np.float32), rows.astype(np.float32))
    scale = max(float(np.abs(small).max()), 1.0)
    large = cv2.remap(small / scale, at_col, at_row, cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE)
    return np.asarray(large, dtype=np.float64) * scale


def rolling_ball(pixels: FloatArray, places: Places, *, radius: float = 50.0, smooth: bool = True) -> FloatArray:
    """Open by a ball of ``radius`` px, on a picture stretched to `SPAN` and shrunk as ImageJ does [AU].

    The radius must be at least twice the band's half thickness, or the band itself is taken for background.
    """

    def estimate(relief: FloatArray) -> FloatArray:
        factor, ball = _ball(radius)
        opened = _open_by(_lowest_of_blocks(_smoothed(relief) if smooth else relief, factor), ball)
        return _enlarged(opened, factor, places.shape)

    return _stretched(pixels, estimate)


def _slide_along_rows(relief: FloatArray, bend: float) -> FloatArray:
    """Open each row by the parabola −bend·x²: the lower hull of what the parabola adds up to."""
    bowl = bend * (np.arange(relief.shape[1]) - (relief.shape[1] - 1) / 2) ** 2
    slid: FloatArray = lower_hull(relief + bowl) - bowl
    return slid


def paraboloid(pixels: FloatArray, places: Places, *, radius: float = 0.5, smooth: bool = True) -> FloatArray:
    """Open along rows and columns by a parabola whose apex bends like a ball of ``radius`` px [AU].

    Useful radii are small (0.2 to 5 px), since the picture's range is `SPAN` counts.
    """
    bend = 1.0 / (2.0 * radius)

    def estimate(relief: FloatArray) -> FloatArray:
        surface = _smoothed(relief) if smooth else relief
        along_rows = _slide_along_rows(surface, bend)
        first = _slide_along_rows(along_rows.T, bend).T
        along_cols = _slide_along_rows(surface.T, bend).T
        return (first + _slide_along_rows(along_cols, bend)) / 2

    return _stretched(pixels, estimate)


ROLLING_BALL = Background(
    "rolling_ball",
    rolling_ball,
    "image",
    "flat",
    "Opening by a ball of 50 px under the picture stretched to one span.",
    "Bands are much thinner than the ball; noise is small, since the ball sinks into it.",
    "Sternberg 1983, IEEE Computer 16:22, doi 10.1109/MC.1983.1654163",
)
PARABOLOID = Background(
    "paraboloid",
    paraboloid,
    "image",
    "flat",
    "Openings by a parabola along rows and columns of the picture stretched to one span.",
    "Bands bend more sharply than the parabola; noise is small, since the parabola sinks into it.",
    "ImageJ, Process > Subtract Background, sliding paraboloid (M. Schmid)",
)
