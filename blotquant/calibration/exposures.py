"""merge_exposures(): several exposures of one membrane → one picture in which strong and weak bands are in range."""

from __future__ import annotations

import warnings
from collections.abc import Sequence

import numpy as np
import pandas as pd

from ..blot import Blot, FloatArray, Step
from ..errors import QualityWarning, ReadError
from ..tables import check

__all__ = ["merge_exposures"]

_NEAR = 0.9  # share of the ceiling below which a pixel still follows the light
_STRONG = 99.0  # percentile of the pixels in range from which gains are read
_FEWEST = 50  # such pixels that make a gain
_TOLERANCE = 0.05  # share by which a gain may differ from the exposure times


def _ceilings(blots: Sequence[Blot]) -> list[float]:
    return [np.inf if blot.ceiling is None else blot.ceiling for blot in blots]


def _in_range(stack: FloatArray, ceilings: Sequence[float]) -> np.ndarray:
    """Pixels of each exposure that follow the light; a clipped pixel's neighbours are left out, they may have bled."""
    import cv2

    kernel = np.ones((3, 3), np.uint8)
    clipped = [(counts >= ceiling).astype(np.uint8) for counts, ceiling in zip(stack, ceilings, strict=True)]
    return np.stack([cv2.dilate(mask, kernel) == 0 for mask in clipped])


def _offset(stack: FloatArray, seconds: FloatArray, good: np.ndarray) -> float:
    """Read the counts at no exposure [AU]: median intercept of the lines of the pixels in range throughout."""
    everywhere = good.all(axis=0)
    counts = stack[:, everywhere]
    middle = seconds.mean()
    slope = (seconds - middle) @ (counts - counts.mean(axis=0)) / np.sum((seconds - middle) ** 2)
    return float(np.median(counts.mean(axis=0) - slope * middle))


def _step(low: FloatArray, high: FloatArray, offset: float, ceiling: float, good: np.ndarray) -> float | None:
    """Gain of one exposure over the next shorter one, by the sums of their strong pixels in range; None if too few."""
    inside = good & (high < _NEAR * ceiling)
    if inside.sum() < _FEWEST:
        return None
    strong = inside & (high >= np.percentile(high[inside], _STRONG))
    below, above = float(np.sum(low[strong] - offset)), float(np.sum(high[strong] - offset))
    return above / below if strong.sum() >= _FEWEST and below > 0 and above > 0 else None


def _gains(
    stack: FloatArray, seconds: FloatArray, offset: float, ceilings: Sequence[float], good: np.ndarray
) -> FloatArray:
    """Gain of each exposure relative to the longest, from the pictures where they tell, else from the times."""
    gains = np.ones(len(seconds))
    for k in range(len(seconds) - 2, -1, -1):
        told = _step(stack[k], stack[k + 1], offset, ceilings[k + 1], good[k] & good[k + 1])
        gains[k] = gains[k + 1] / (told or seconds[k + 1] / seconds[k])
    return gains


def _report(name: str, seconds: FloatArray, gains: FloatArray, wider: float) -> pd.DataFrame:
    place = {"scope": "image", "name": name, "kind": "exposure", "se": np.nan}
    rows = []
    for second, gain in zip(seconds, gains, strict=True):
        off = gain / (second / seconds[-1]) - 1.0
        note = "proportional to time" if abs(off) <= _TOLERANCE else f"{100 * off:+.1f} % against its time"
        rows.append({**place, "parameter": "gain", "x": second, "value": gain, "unit": "", "note": note})
    note = "how much further up the merged picture reaches than the longest exposure"
    rows.append({**place, "parameter": "range", "x": np.nan, "value": wider, "unit": "", "note": note})
    return check(pd.DataFrame(rows), "calibration")


def _warn(name: str, seconds: FloatArray, gains: FloatArray) -> None:
    off = np.abs(gains / (seconds / seconds[-1]) - 1.0)
    if np.any(off > _TOLERANCE):
        worst = int(np.argmax(off))
        warnings.warn(
            f"{name}: the exposure of {seconds[worst]:g} s is {100 * off[worst]:.0f} % off proportional to time "
            "(substrate fading, or times not as written); merged by the gains seen in the pictures; check exposure_s",
            QualityWarning,
            stacklevel=3,
        )


def merge_exposures(blots: Sequence[Blot], seconds: Sequence[float]) -> tuple[Blot, pd.DataFrame]:
    """Merge exposures of one membrane pixel by pixel.

    counts = offset + gain · light, fitted to the exposures in which the pixel is not clipped: light is the sum of the
    counts above the offset divided by the sum of the gains, the best estimate under photon noise. Gains are
    read from strong pixels in range of two exposures and compared with the times. Assumes that nothing moved.

    Parameters
    ----------
    blots : sequence of Blot
        As read, on one pixel grid, bright = signal.
    seconds : sequence of float
        Exposure of each [s].

    Returns
    -------
    blot : Blot
        Counts of the longest exposure, continued above its ceiling [AU]; named as the longest one.
    calibration : DataFrame
        Gain of each exposure, and by how much the range grew.

    Raises
    ------
    ReadError
        The exposures are not on one grid.

    References
    ----------
    Robertson, Borman & Stevenson 1999, doi:10.1109/ICIP.1999.817091 (merging exposures by their reliability).
    """
    order = np.argsort(np.asarray(seconds, dtype=np.float64), kind="stable")
    ordered, times = [blots[k] for k in order], np.asarray(seconds, dtype=np.float64)[order]
    longest = ordered[-1]
    if len({blot.shape for blot in ordered}) > 1:
        sizes = ", ".join(f"{blot.name} {blot.shape[0]} × {blot.shape[1]}" for blot in ordered)
        raise ReadError(
            f"exposures of one membrane differ in size ({sizes} px); give each its own membrane, or keep one"
        )
    stack, ceilings = np.stack([blot.pixels for blot in ordered]), _ceilings(ordered)
    good = _in_range(stack, ceilings)
    offset = _offset(stack, times, good) if good.all(axis=0).any() else 0.0
    gains = _gains(stack, times, offset, ceilings, good)
    top = offset + (ceilings[0] - offset) / gains[0]
    weight = np.tensordot(gains, good, axes=1)
    light = np.sum(np.where(good, stack - offset, 0.0), axis=0) / np.where(weight > 0, weight, 1.0)
    pixels = np.where(weight > 0, offset + light, top if np.isfinite(top) else 0.0)
    _warn(longest.name, times, gains)
    said = Step("merge", f"{len(times)} exposures, {', '.join(f'{second:g}' for second in times)} s")
    wider = (top - offset) / (ceilings[-1] - offset) if np.isfinite(top) and np.isfinite(ceilings[-1]) else np.nan
    merged = longest.after(said, pixels, ceiling=float(top) if np.isfinite(top) else None)
    return merged, _report(longest.name, times, gains, float(wider))
