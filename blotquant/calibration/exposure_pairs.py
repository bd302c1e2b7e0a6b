"""How a shorter exposure lies against a longer one of the same membrane, and how many times as bright the longer is.

Both are asked of the same linear contrasts, a narrow mean less a wide one along the run, over the pixels that are in
range in both: an offset and an even glow cancel, whatever the times say.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import cv2
import numpy as np
import numpy.typing as npt

from ..blot import FloatArray

__all__ = ["Match", "in_range", "match_exposures"]

_NEAR = 0.9  # share of the ceiling below which a pixel still follows the light
_NARROW = 1.5  # standard deviation of the mean over a band's light [px]
_WIDE, _ACROSS = 35.0, 3.0  # and of that over its surroundings, as a share of the rows, and across the lanes [px]
_REACH = 0.15  # shifts are looked for within this share of the picture's sides …
_SIDE = 1200  # … in a copy of no more than so many pixels a side
_SOFT = 20.0  # contrast in units of noise above which more says no more, so that a clipped band looks like a whole one
_ROUNDS, _STILL, _LEAP = 12, 0.003, 2.0  # rounds to a fraction of a pixel; the least step [px] that asks for one; most
_STRONG, _FAINT = 20.0, 6.0  # contrasts that tell the gain, in units of noise, and where those are too few
_FEWEST = 50  # pixels that tell a gain
_TILES = 30  # parts of the longer side between which the gain is compared
_ALIKE = 0.9  # agreement (cosine) of the two pictures, part by part, from which they are placed
_ODD = 2.5  # scatters from the gain beyond which a part counts less
_LEAST = 2e-4  # share that no gain is known better than

Picture = npt.NDArray[np.floating]
BoolArray = npt.NDArray[np.bool_]


@dataclass(frozen=True)
class Match:
    """A shorter exposure against a longer one.

    Parameters
    ----------
    down, right : float
        How much lower and farther right the picture's middle lies in the shorter exposure [px].
    turn : float
        By how much it is turned clockwise about it, as a tangent [px/px].
    gain : float
        How many times as bright the longer one is …
    gain_se : float
        … with one standard error.
    offset : float
        Counts of the longer one are this plus gain times those of the shorter one [AU].
    """

    down: float
    right: float
    turn: float
    gain: float
    gain_se: float
    offset: float


def in_range(pixels: FloatArray, ceiling: float) -> BoolArray:
    """Tell which pixels follow the light; a clipped pixel's neighbours are left out, they may have bled."""
    clipped = (pixels >= ceiling).astype(np.uint8)
    return np.asarray(cv2.dilate(clipped, np.ones((3, 3), np.uint8)) == 0, dtype=np.bool_)


def _contrast(pixels: Picture, usable: BoolArray) -> Picture:
    """Narrow mean less wide mean along the run, of usable pixels alone [AU]."""
    weight = usable.astype(np.float32)
    light = np.where(usable, pixels, np.float32(0.0))
    means = []
    for across, along in ((_NARROW, _NARROW), (_ACROSS, max(4.0 * _NARROW, pixels.shape[0] / _WIDE))):
        share = cv2.GaussianBlur(weight, (0, 0), across, sigmaY=along)
        means.append(cv2.GaussianBlur(light, (0, 0), across, sigmaY=along) / np.maximum(share, 1e-3))
    return np.asarray(means[0] - means[1], dtype=np.float32)


def _noise(contrast: Picture) -> float:
    return 1.4826 * float(np.median(np.abs(contrast))) or 1.0


def _first_shift(low: FloatArray, high: FloatArray) -> tuple[float, float]:
    """Find the shift to a pixel of a copy of moderate size, by the correlation of what looks like bands [px]."""
    step = max(1.0, max(low.shape) / _SIDE)
    size = (round(low.shape[1] / step), round(low.shape[0] / step))
    seen = []
    for pixels in (low, high):
        small = np.asarray(cv2.resize(pixels.astype(np.float32), size, interpolation=cv2.INTER_AREA), np.float32)
        contrast = _contrast(small, np.ones(small.shape, dtype=np.bool_))
        seen.append(np.tanh(np.clip(contrast / _noise(contrast) - 3.0, 0.0, None) / _SOFT))
    reach = [int(_REACH * side) for side in seen[0].shape]
    padded = [cv2.getOptimalDFTSize(side + far) for side, far in zip(seen[0].shape, reach, strict=True)]
    spectra = [np.fft.rfft2(each, padded) for each in seen]
    scores = np.fft.irfft2(spectra[0] * np.conj(spectra[1]), padded)
    near = np.roll(scores, reach, axis=(0, 1))[: 2 * reach[0] + 1, : 2 * reach[1] + 1]
    row, col = np.unravel_index(int(np.argmax(near)), near.shape)
    return step * float(row - reach[0]), step * float(col - reach[1])


def _seen_at(low: Picture, good: BoolArray, place: FloatArray) -> tuple[Picture, BoolArray]:
    """Look at the shorter exposure between its pixels, to find shift and gain; nothing is measured in this copy."""
    (down, right, turn), (rows, cols) = place, low.shape
    move = np.array([[1.0, -turn, right + turn * (rows - 1) / 2], [turn, 1.0, down - turn * (cols - 1) / 2]])
    inside = cv2.erode(good.astype(np.uint8), np.ones((7, 7), np.uint8)).astype(np.float32)
    smooth, edge = cv2.INTER_LANCZOS4 | cv2.WARP_INVERSE_MAP, cv2.BORDER_REFLECT
    looked = cv2.warpAffine(low, move, (cols, rows), flags=smooth, borderMode=edge)
    usable = cv2.warpAffine(inside, move, (cols, rows), flags=cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP) > 0.999
    return np.asarray(looked, np.float32), np.asarray(usable, np.bool_)


def _step(x: Picture, y: Picture, usable: BoolArray) -> FloatArray:
    """Read off, to first order, by how much more it lies lower and farther right, and is turned at the rim [px]."""
    row, col = np.nonzero(usable & (y > _FAINT * _noise(y[usable])))
    low, down, right = (np.asarray(term, np.float64)[row, col] for term in (x, *np.gradient(x)))
    middle, rim = (np.array(x.shape) - 1) / 2, max(x.shape) / 2
    design = np.stack([low, down, right, (down * (col - middle[1]) - right * (row - middle[0])) / rim])
    told, weight, found = y[row, col].astype(np.float64), np.ones(len(row)), np.zeros(4)
    for _ in range(3):  # dust that did not move with the membrane counts less
        found = np.asarray(np.linalg.lstsq((design * weight) @ design.T, design @ (weight * told), rcond=None)[0])
        off = np.abs(told - found @ design)
        weight = np.minimum(1.0, _ODD * 1.4826 * np.median(off) / np.maximum(off, 1e-300)) if off.any() else weight
    return np.clip(found[1:] / found[0], -_LEAP, _LEAP) if found[0] > 0 else np.zeros(3)


def _parts(x: Picture, y: Picture, chosen: BoolArray) -> tuple[FloatArray, FloatArray]:
    """Add up both contrasts of the chosen pixels in each part of the picture [AU]."""
    side = max(8, max(x.shape) // _TILES)
    row, col = np.nonzero(chosen)
    part = (row // side) * (x.shape[1] // side + 1) + col // side
    held = np.bincount(part) > 0
    one, other = (
        np.asarray(np.bincount(part, weights=each[chosen].astype(np.float64))[held], np.float64) for each in (x, y)
    )
    return one, other


def _alike(x: Picture, y: Picture, usable: BoolArray) -> float:
    """Agreement of the two contrasts wherever either shows a band: 1 where one is a multiple of the other."""
    shown = usable & ((x > _FAINT * _noise(x[usable])) | (y > _FAINT * _noise(y[usable])))
    if shown.sum() < _FEWEST:
        return 0.0
    one, other = _parts(x, y, shown)
    return float(one @ other / np.sqrt((one @ one) * (other @ other) or 1.0))


def _gain(x: Picture, y: Picture, usable: BoolArray) -> tuple[float, float] | None:
    """Ratio of the sums of strong contrasts, with its standard error by how far parts of the picture differ.

    What is strong is asked of the longer exposure, so that noise of the shorter one chooses nothing. Parts that stray
    count less (Huber 1964, doi:10.1214/aoms/1177703732).
    """
    noise = _noise(y[usable])
    strong = usable & (y > _STRONG * noise)
    strong = strong if strong.sum() >= _FEWEST else usable & (y > _FAINT * noise)
    if strong.sum() < _FEWEST:
        return None
    below, above = _parts(x, y, strong)
    weight, gain = np.ones(len(above)), float(above.sum() / below.sum())
    for _ in range(10):
        off = (above - gain * below) / np.sqrt(above)
        spread = 1.4826 * float(np.median(np.abs(off)))
        weight = np.minimum(1.0, _ODD * spread / np.maximum(np.abs(off), 1e-300)) if spread > 0 else weight
        gain = float((weight @ above) / (weight @ below))
    told = weight * above
    parts = told.sum() ** 2 / (told @ told)
    left = weight * (above - gain * below)
    error = float(np.sqrt(left @ left * parts / max(parts - 1.0, 0.25))) / float(told.sum())
    return (gain, gain * float(np.hypot(error, _LEAST))) if gain > 0 and np.isfinite(gain) else None


def match_exposures(low: FloatArray, high: FloatArray, ceilings: Sequence[float]) -> Match | None:
    """Find how a shorter exposure lies against a longer one, and the factor between them.

    Assumes that between the two the membrane was moved, turned a little at most, and that all its bands faded alike.

    Parameters
    ----------
    low, high : ndarray of shape (H, W)
        Counts of the shorter and of the longer exposure, bright = signal [AU].
    ceilings : sequence of float
        Counts at which each of them clips [AU]; infinite where not known.

    Returns
    -------
    Match or None
        None where the two show too little in common to tell.
    """
    good = in_range(low, ceilings[0])
    clear = in_range(high, _NEAR * ceilings[1])
    small, large = low.astype(np.float32), high.astype(np.float32)
    place, rim = np.array([*_first_shift(low, high), 0.0]), max(low.shape) / 2
    for _ in range(_ROUNDS):
        looked, usable = _seen_at(small, good, place)
        usable &= clear
        if usable.sum() < _FEWEST:
            return None
        x, y = _contrast(looked, usable), _contrast(large, usable)
        step = _step(x, y, usable)
        if np.abs(step).max() < _STILL:
            break
        place = place + step / (1.0, 1.0, rim)
    told = _gain(x, y, usable) if _alike(x, y, usable) >= _ALIKE else None
    if told is None:
        return None
    ground = usable & (y < _FAINT * _noise(y[usable]))
    offset = float(np.median((large - told[0] * looked)[ground])) if ground.any() else 0.0
    return Match(float(place[0]), float(place[1]), float(place[2]), *told, offset)
