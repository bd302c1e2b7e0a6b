"""estimate_noise(): how much a pixel's counts vary by chance, from the picture itself.

Noise of a camera or scanner is a constant part (read noise, quantisation) and a part that grows with the light
(photon noise): variance = read_sd² + gain · (mean − dark). Both are read off the picture's own small-scale residuals,
brightness by brightness (Foi et al. 2008, doi 10.1109/TIP.2008.2001399).
"""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
import numpy.typing as npt

from .blot import Blot, FloatArray, once_a_blot

__all__ = ["NoiseModel", "estimate_noise"]

_BLOCK = 8  # side of a block [px]
_CELL = 4  # side of the cells in which correlation is judged [px]
_FEW = 48  # blocks below which those cut off at an end are used as well
_DARK = np.array([0.02, 0.04, 0.07, 0.1])
_CUTS = np.concatenate([_DARK, np.linspace(0.2, 0.8, 7), 1.0 - _DARK[::-1], 1.0 - 0.02 / 2.0 ** np.arange(1, 4)])
"""Shares of the blocks that divide the levels of brightness: fine at the dark and at the bright end."""
_SHARE = 0.35  # quantile of the blocks of a level: texture, dust and band flanks only add
_BIAS = 0.926  # that quantile of a block's mean |residual| for white noise, over its mean (drawn: 8 × 8 px, 10⁵ blocks)
_CUT = 0.02  # share of a block's pixels at the picture's lowest or highest count from which it is left out
_EQUAL = 1e-9  # share of the span of brightness within which blocks are equally bright
_QUANTISED = 12.0  # variance of a rounding error is step²/12


@dataclass(frozen=True)
class NoiseModel:
    """How much a pixel's counts vary by chance.

    Parameters
    ----------
    read_sd : float
        Standard deviation at the level `dark` [AU].
    gain : float
        Counts a photo-electron: variance that each further count adds [AU].
    dark : float
        Brightness of the darkest membrane, from which `gain` counts [AU].
    quantum : float
        Smallest step between grey values [AU].
    correlation : float
        Variance of the mean of 4 × 4 pixels over what independent pixels would have; above 1 where the picture was
        smoothed or JPEG-compressed, or the membrane itself is grained.

    Examples
    --------
    >>> model = NoiseModel(read_sd=3.0, gain=2.0, dark=100.0, quantum=1.0, correlation=1.0)
    >>> model.variance(np.array([90.0, 100.0, 150.0]))
    array([  9.,   9., 109.])
    """

    read_sd: float
    gain: float
    dark: float
    quantum: float
    correlation: float

    @property
    def clumping(self) -> float:
        """By how much variances of means are larger than independent pixels would have, 1 at least."""
        return max(self.correlation, 1.0)

    def above(self, level: float, unit: float) -> NoiseModel:
        """Return the model of the same counts above a level [AU], in another unit [AU]."""
        dark = (self.dark - level) / unit
        return NoiseModel(self.read_sd / unit, self.gain / unit, dark, self.quantum / unit, self.correlation)

    def variance(self, mean: npt.ArrayLike) -> FloatArray:
        """Variance of one pixel's counts where the light is `mean` [AU²]."""
        above = np.maximum(np.asarray(mean, float) - self.dark, 0.0)
        variance: FloatArray = self.read_sd**2 + self.gain * above
        return variance


def _quantum(pixels: FloatArray) -> float:
    """Smallest step between the grey values that occur [AU]."""
    values = pixels.ravel()
    steps = np.diff(np.unique(values[:: max(1, values.size // 50000)]))
    # differences of rounded floats are not steps
    steps = steps[steps > 1e-9 * float(np.ptp(values))] if steps.size else steps
    return float(steps.min()) if steps.size else 0.0


def _block_means(picture: npt.NDArray[np.floating], side: int) -> FloatArray:
    rows, cols = (size // side for size in picture.shape)
    if rows == 0 or cols == 0:
        return np.empty((rows, cols))
    whole = picture[: rows * side, : cols * side]
    return np.asarray(cv2.resize(whole, (cols, rows), interpolation=cv2.INTER_AREA), np.float64)


def _residual(pixels: FloatArray) -> FloatArray:
    """Mixed fourth difference: zero on planes and cylinders; white noise keeps its variance [AU]."""
    kernel = np.array([1.0, -2.0, 1.0]) / np.sqrt(6.0)
    return np.asarray(cv2.sepFilter2D(pixels, cv2.CV_64F, kernel, kernel, borderType=cv2.BORDER_REFLECT), np.float64)


def _block_noise(pixels: FloatArray) -> tuple[FloatArray, FloatArray]:
    """Mean and noise variance of every block that is not cut off at either end [AU, AU²]."""
    mean = _block_means(pixels, _BLOCK).ravel()
    residual = _residual(pixels)
    noise = np.sqrt(0.5 * np.pi) * _block_means(np.abs(residual, out=residual), _BLOCK).ravel()
    ends = pixels <= pixels.min()
    ends |= pixels >= pixels.max()
    at_ends = _block_means(ends.astype(np.float32), _BLOCK).ravel()
    whole = at_ends <= _CUT
    if whole.sum() < _FEW:
        whole = np.ones(len(mean), bool)
    return mean[whole], noise[whole] ** 2


def _quantile(values: FloatArray, share: float) -> float:
    """Return what `numpy.quantile` does, without its overhead."""
    place = share * (len(values) - 1)
    low = int(place)
    high = min(low + 1, len(values) - 1)
    ordered = np.partition(values, [low, high])
    return float(ordered[low] + (place - low) * (ordered[high] - ordered[low]))


def _by_level(mean: FloatArray, variance: FloatArray) -> tuple[FloatArray, FloatArray, FloatArray]:
    """Brightness, noise variance and number of blocks of each level."""
    # means of whole counts are often equal: they stay so where a gain has rounded them, and come in order of variance
    step = _EQUAL * (float(np.ptp(mean)) or 1.0)
    order = np.lexsort((variance, np.rint((mean - mean.min()) / step)))
    groups = [group for group in np.split(order, (_CUTS * len(order)).astype(int)) if len(group)]
    level = np.array([mean[group].mean() for group in groups])
    quiet = np.array([_quantile(variance[group], _SHARE) for group in groups]) / _BIAS**2
    return level, quiet, np.array([float(len(group)) for group in groups])


def _least_squares_without_negatives(design: FloatArray, told: FloatArray) -> FloatArray:
    """Solve for coefficients of which none is negative: the best of all choices of those that are zero.

    With three coefficients there are seven choices; SciPy's `nnls` gives the same, but its import takes a fifth of the
    time in which a picture is measured. All three together are the best where none of them is negative.
    """
    count = design.shape[1]
    together = np.asarray(np.linalg.lstsq(design, told, rcond=None)[0], np.float64)
    if together.min() >= 0:
        return together
    best, least = np.zeros(count), float(told @ told)
    for choice in range(1, 2**count - 1):
        used = [k for k in range(count) if choice >> k & 1]
        found = np.linalg.lstsq(design[:, used], told, rcond=None)[0]
        off = told - design[:, used] @ found
        if found.min() >= 0 and off @ off < least:
            best, least = np.zeros(count), float(off @ off)
            best[used] = found
    return best


def _fit(level: FloatArray, variance: FloatArray, count: FloatArray, floor: float) -> tuple[float, float]:
    """Fit variance = a + b·level + c·level², none negative; c takes what grain of bands and membrane adds [AU², AU]."""
    span = float(level.max()) or 1.0
    design = np.stack([np.ones_like(level), level / span, (level / span) ** 2], axis=1)
    model = np.maximum(variance, floor)
    coefficients = np.zeros(3)
    for _ in range(5):
        weight = np.sqrt(count) / np.maximum(model, floor)
        # a level above the model is likelier to be textured than noisy
        weight *= np.minimum(1.0, 1.5 * model / np.maximum(variance, floor))
        coefficients = _least_squares_without_negatives(weight[:, None] * design, weight * variance)
        model = np.maximum(design @ coefficients, floor)
    return float(coefficients[0]), float(coefficients[1]) / span


def _correlation(pixels: FloatArray, model: NoiseModel) -> float:
    """Variance of means over cells, over that of independent pixels of the same brightness."""
    cells = _block_means(pixels, _CELL)
    if min(cells.shape) < 2 * _BLOCK:
        return 1.0
    mean, variance = _block_noise(cells)
    expected = model.variance(mean) / _CELL**2
    usable = expected > 0
    if not usable.any():
        return 1.0
    return float(np.clip(np.quantile(variance[usable] / expected[usable], _SHARE) / _BIAS**2, 0.25, 25.0))


@once_a_blot
def estimate_noise(blot: Blot) -> NoiseModel:
    """Estimate how much a pixel's counts vary by chance, from the picture itself.

    Small-scale residuals of blocks are gathered by brightness; at each level a low quantile of the blocks is taken, so
    that texture, dust and flanks of bands do not count as noise. Assumes noise that is independent from pixel to
    pixel; `correlation` tells how far that holds. Counts times a factor give the model times that factor, an offset
    moves `dark` only.

    Parameters
    ----------
    blot : Blot
        A picture, at least 16 × 16 px for a model of its own; a smaller one gets the step of its grey scale.

    Returns
    -------
    NoiseModel
        Read noise, gain, grey step [AU] and correlation.

    References
    ----------
    Foi et al. 2008, IEEE Trans. Image Process. 17:1737, doi 10.1109/TIP.2008.2001399: signal-dependent noise from one
    image. Immerkaer 1996, Comput. Vis. Image Underst. 64:300, doi 10.1006/cviu.1996.0060: the fourth difference.
    """
    pixels = np.asarray(blot.pixels)
    quantum = _quantum(pixels)
    least = quantum**2 / _QUANTISED
    if min(pixels.shape) < 2 * _BLOCK:
        return NoiseModel(float(np.sqrt(least)), 0.0, float(np.median(pixels)), quantum, 1.0)
    mean, variance = _block_noise(pixels)
    dark = float(np.quantile(mean, 0.01))
    level, quiet, count = _by_level(np.maximum(mean - dark, 0.0), variance)
    floor = max(least, 1e-12 * float(np.ptp(pixels)) ** 2)
    read, gain = _fit(level, quiet, count, floor) if floor > 0 else (0.0, 0.0)
    model = NoiseModel(float(np.sqrt(max(read, least))), gain, dark, quantum, 1.0)
    return NoiseModel(model.read_sd, model.gain, dark, quantum, _correlation(pixels, model))
