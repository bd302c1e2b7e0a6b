"""What the grey levels tell of a picture's past: few levels, a stretched contrast, a gamma curve, lost blacks."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from ..blot import CountArray, FloatArray

__all__ = ["Levels", "blockiness", "clipped_share", "describe_levels"]

_FEW = 256
_MOST_BINS = 1_000_000  # counts that are told apart by their number
_CHUNK = 150  # distinct levels that are looked at together
_LEAST_CHUNKS = 3
_ONE_STEP = 1.5  # smallest steps up to which a step is no multiple of it
_TOLD = 0.15  # share of such steps in a run from which the smallest is the scale's; levels strewn by chance have 0.03
_BENT = 2.0  # steps at one end of the scale over those at the other: a curve, not a stretch
_POPULATED = 10  # pixels on both neighbours of a missing level
_MISSING = 3  # missing levels of an 8-bit picture that make a comb
_WHOLE = 1e-6


@dataclass(frozen=True)
class Levels:
    """Distinct grey levels of a picture.

    Parameters
    ----------
    count : int
        How many there are.
    step : float
        Usual smallest step between them [AU]; 0 for a blank picture.
    stretched : bool
        Levels are missing in a comb: the contrast was stretched after digitisation.
    bent : bool
        Steps grow from one end of the scale to the other, as after a gamma curve.
    few : bool
        No more levels than 8 bits hold, and they may be those of 8 bits.
    """

    count: int
    step: float
    stretched: bool
    bent: bool
    few: bool = False


def _quantile(values: FloatArray, share: float) -> float:
    """Quantile of a few values as `numpy.quantile` has it, which looks at its arguments longer than at the values."""
    rising, place = np.sort(values), share * (len(values) - 1)
    first = int(place)
    low, high = (float(rising[min(at, len(values) - 1)]) for at in (first, first + 1))
    rest = place - first
    return high - (high - low) * (1.0 - rest) if rest >= 0.5 else low + (high - low) * rest


def _smallest_steps(levels: FloatArray) -> tuple[FloatArray, npt.NDArray[np.bool_]]:
    """Smallest step within each run of neighbouring levels, from dark to bright [AU], and whether it is the scale's.

    Where few pixels lie, as on the flanks of a very strong band, levels are missing by chance: steps of all sizes
    stand side by side, and the scale's own may be smaller than the smallest that is seen.
    """
    steps = np.diff(levels)
    runs = [run for run in np.array_split(steps, max(1, len(steps) // _CHUNK)) if run.size]
    smallest = np.array([_quantile(run, 0.02) for run in runs])
    single = [float(np.mean(run < _ONE_STEP * least)) for run, least in zip(runs, smallest, strict=True)]
    return smallest, np.array(single) >= _TOLD


def _bent(smallest: FloatArray, told: npt.NDArray[np.bool_]) -> bool:
    """Tell whether steps grow from one end of the scale to the other; the larger ones must be the scale's own."""
    third = max(1, len(smallest) // 3)
    ends = slice(None, third), slice(-third, None)
    low, high = (float(np.median(smallest[end])) for end in ends)
    larger = ends[int(high > low)]
    own = smallest[larger][told[larger]]
    return bool(own.size) and float(np.median(own)) >= _BENT * min(low, high) > 0


def _many(levels: FloatArray) -> tuple[float, bool, bool]:
    """Step, stretched and bent of a picture with many levels."""
    smallest, told = _smallest_steps(levels)
    step = float(np.median(smallest))
    if len(smallest) < _LEAST_CHUNKS or step <= 0:
        return step, False, False
    bent = _bent(smallest, told)
    steps = np.diff(levels)
    multiples = np.abs(steps / step - np.round(steps / step)) < _WHOLE
    mixed = step > 1.5 and float(np.mean(multiples)) < 0.9
    return step, bool(mixed and not bent), bent


def _few(levels: FloatArray, counts: npt.NDArray[np.int64]) -> tuple[float, bool]:
    """Step and stretched of a picture with few levels: gaps between well populated neighbours."""
    steps = np.diff(levels)
    if not steps.size:
        return 0.0, False
    step = float(steps.min())
    crowded = np.minimum(counts[:-1], counts[1:]) >= _POPULATED
    return step, int(np.sum(crowded & (steps > 1.01 * step))) >= _MISSING


def _beyond_eight(levels: FloatArray) -> bool:
    """Tell counts that 8 bits cannot hold: whole numbers without gaps, or a multiple of such, some above 255.

    A picture without bands has few levels however many bits it has; an export to 8 bits ends at 255, spreads its levels
    by a step that holds from 0 on, or through a curve.
    """
    whole = np.round(levels).astype(np.int64)
    if len(levels) < 2 or not bool((np.abs(levels - whole) < _WHOLE).all()):
        return False
    steps = np.diff(whole)
    unit = int(np.gcd.reduce(steps))
    return bool(np.median(steps) == unit and whole[0] % unit == 0 and whole[-1] // unit >= _FEW)


def _histogram(pixels: CountArray) -> tuple[FloatArray, npt.NDArray[np.int64]]:
    """Distinct counts, ascending [AU], and how many pixels have each; whole numbers are counted without sorting."""
    lowest = pixels.min()
    if pixels.dtype.kind != "i" or pixels.max() - lowest > _MOST_BINS:
        levels, held = np.unique(pixels, return_counts=True)
        return levels.astype(np.float64), held
    counts: npt.NDArray[np.int64] = np.bincount((pixels - lowest).ravel())
    there = np.flatnonzero(counts)
    return there.astype(np.float64) + lowest, counts[there]


def describe_levels(pixels: CountArray) -> Levels:
    """Describe the distinct grey levels of a picture of whole counts; floating-point pictures give no comb.

    Notes
    -----
    A stretch by a factor that is no whole number leaves steps of two sizes side by side; a gamma curve leaves
    steps that shrink from one end of the scale to the other. A whole-number factor (binning, bits moved) harms
    nothing and is no stretch.
    """
    levels, counts = _histogram(pixels)
    if len(levels) <= _FEW:
        step, stretched = _few(levels, counts)
        return Levels(len(levels), step, stretched, False, not _beyond_eight(levels))
    whole = bool((np.abs(levels[:2000] - np.round(levels[:2000])) < _WHOLE).all())
    if not whole:
        return Levels(len(levels), float(np.min(np.diff(levels))), False, False)
    step, stretched, bent = _many(levels)
    return Levels(len(levels), step, stretched, bent)


def clipped_share(pixels: CountArray, floor: float | None) -> float:
    """Share of the pixels in the middle of the picture that stand at its floor; the surround does not count."""
    if floor is None:
        return 0.0
    rows, cols = pixels.shape
    middle = pixels[rows // 5 : rows - rows // 5, cols // 5 : cols - cols // 5]
    return float(np.mean(middle <= floor)) if middle.size else 0.0


def blockiness(pixels: FloatArray) -> float:
    """How much larger differences between neighbours are on every eighth line than elsewhere; about 1 without JPEG.

    The smaller of the two directions: a lane pattern may repeat in one, JPEG's blocks stand in both.
    """
    ratios = []
    for axis in (0, 1):
        lines = np.abs(np.diff(pixels, axis=axis)).mean(axis=1 - axis)
        if len(lines) < 64:
            return 1.0
        phases = np.array([lines[i::8].mean() for i in range(8)])
        usual, most = float(np.median(phases)), float(phases.max())
        ratios.append(most / usual if usual > 0 else np.inf if most > 0 else 1.0)
    return min(ratios)
