"""A second look at a known pitch: each place is judged over the width of a whole lane.

The evidence of a lane is the median of five strips over half a pitch, which dust and scratches do not move.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import cv2
import numpy as np
import numpy.typing as npt

from ..blot import FloatArray
from ..evidence import (
    Narrow,
    Picture,
    Seen,
    blurred,
    bulge,
    bulge_kernel,
    least_noise,
    most_noise,
    narrow,
    noise_of,
    scales_for,
)
from .votes import LUMP, SLOPE, shifted

__all__ = ["Look", "look_again"]

_PER_PITCH = 10  # strips a pitch
_GAP_STRIPS = 2  # strips on either side of half a pitch where a gap may lie, since the pitch drifts
_THICKEST = 0.45  # half thickness of a band as a share of the pitch, at most


@dataclass(frozen=True)
class Look:
    """Evidence of one image, judged over lanes of one pitch.

    Parameters
    ----------
    score : ndarray of shape (H, n)
        Evidence in units of noise, the largest over the half thicknesses.
    scale : ndarray of shape (H, n)
        Which half thickness fits best, index into `sigmas`.
    middle, gaps, noise : ndarray of shape (k, H, n)
        Bulge of the lane and of the stronger of both gaps, and the noise of the lane's, at every half thickness [AU].
    responses, smooth : ndarray of shape (k, H, n)
        Bulge and brightness of single strips at every half thickness [AU].
    sigmas : ndarray of shape (k,)
        Half thicknesses [px].
    picture : Narrow
        The image in strips.
    off : ndarray of shape (H, n)
        Share of each strip that lies beside the membrane; shape (0, 0) where nothing does.
    """

    score: Picture
    scale: npt.NDArray[np.uint8]
    middle: Picture
    gaps: Picture
    noise: Picture
    responses: Picture
    smooth: Picture
    sigmas: FloatArray
    picture: Narrow
    off: Picture

    @property
    def width(self) -> float:
        """Width of a strip [px]."""
        return self.picture.width

    def contrast(self, row: npt.NDArray[np.intp], col: npt.NDArray[np.intp]) -> Picture:
        """Contrast of places against the gaps, in units of noise, at the half thickness that fits each best."""
        at = (self.scale[row, col], row, col)
        middle = self.middle[at]
        spread = np.sqrt(self.noise[at] ** 2 + (LUMP * middle) ** 2)
        return np.asarray((middle - self.gaps[at]) / spread, np.float32)


def _median_of_five(strips: Picture) -> Picture:
    """Median of each strip and its two neighbours on either side; outside is empty."""
    a, b, c, d, e = (shifted(strips, by) for by in (-2, -1, 0, 1, 2))
    low = np.maximum(np.minimum(a, b), np.minimum(d, e))
    high = np.minimum(np.maximum(a, b), np.maximum(d, e))
    return np.clip(c, np.minimum(low, high), np.maximum(low, high))


def _gaps(response: Picture, reach: int) -> Picture:
    """Bulge of the stronger of both gaps, each where it is lowest between 0.3 and 0.7 pitches away."""
    lowest = cv2.erode(response, np.ones((1, 2 * _GAP_STRIPS + 1), np.uint8))
    gap = np.asarray(cv2.dilate(lowest, np.ones((2 * reach + 1, 1), np.uint8)), np.float32)
    half = _PER_PITCH // 2
    return np.maximum(np.maximum(shifted(gap, half), shifted(gap, -half)), 0.0)


def _noise(picture: Narrow, middle: Picture, sigma: float) -> Picture:
    floor = picture.floor * float(np.sqrt((bulge_kernel(sigma) ** 2).sum() / 5.0))
    wide = 5.0 * picture.width
    most, least = most_noise(sigma, len(middle), wide), least_noise(sigma, wide)
    return noise_of(middle, picture.light, floor, most, least)


def _best(scores: Sequence[Picture]) -> tuple[Picture, npt.NDArray[np.uint8]]:
    """Largest of several scores at each place, and which it is."""
    best, which = scores[0], np.zeros(scores[0].shape, np.uint8)
    for number, score in enumerate(scores[1:], start=1):
        which = np.where(score > best, np.uint8(number), which)
        best = np.maximum(best, score)
    return best, which


def _beside(image: Seen, picture: Narrow) -> Picture:
    if not image.off.any():
        return np.zeros((0, 0), np.float32)
    rows, strips = picture.pixels.shape
    return np.asarray(
        cv2.resize(image.off.astype(np.float32), (strips, rows), interpolation=cv2.INTER_AREA), np.float32
    )


def look_again(image: Seen, pitch: float) -> Look:
    """Judge every place of an image over the width of a lane.

    Parameters
    ----------
    image : Seen
        The image, bright = protein.
    pitch : float
        Distance between lanes [px].
    """
    picture = narrow(image, max(1, round(image.pixels.shape[1] * _PER_PITCH / pitch)))
    rows = len(picture.pixels)
    sigmas = scales_for(rows, _THICKEST * pitch)
    responses = np.stack([bulge(picture.pixels, sigma) for sigma in sigmas])
    middle = np.stack([_median_of_five(response) for response in responses])
    noise = np.stack([_noise(picture, own, sigma) for own, sigma in zip(middle, sigmas, strict=True)])
    score, scale = _best([own / chance for own, chance in zip(middle, noise, strict=True)])
    reach = int(np.ceil(SLOPE * 0.5 * pitch))
    return Look(
        score=score,
        scale=scale,
        middle=middle,
        gaps=np.stack([_gaps(response, reach) for response in responses]),
        noise=noise,
        responses=responses,
        smooth=np.stack([blurred(picture.pixels, sigma) for sigma in sigmas]),
        sigmas=np.array(sigmas),
        picture=picture,
        off=_beside(image, picture),
    )
