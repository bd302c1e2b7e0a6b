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
from ..bulges import Picture, blurred, bulge, scales_for
from ..evidence import Narrow, Seen, narrow
from ..filter_noise import noise_of
from .votes import LUMP, SLOPE, shifted

__all__ = ["Look", "look_again"]

_PER_PITCH = 10  # strips a pitch
_GAP_STRIPS = 2  # strips on either side of half a pitch where a gap may lie, since the pitch drifts
_THICKEST = 0.45  # half thickness of a band as a share of the pitch, at most
_ROWS_A_PITCH = 20  # rows a pitch that are enough
_ROWS = 260  # and so many in all; more are put together


@dataclass(frozen=True)
class Look:
    """Evidence of one image, judged over lanes of one pitch.

    Parameters
    ----------
    score : ndarray of shape (h, n)
        Evidence in units of noise, the largest over the half thicknesses.
    scale : ndarray of shape (h, n)
        Which half thickness fits best, index into `sigmas`.
    middle, gaps, noise : ndarray of shape (k, h, n)
        Bulge of the lane and of the stronger of both gaps, and the noise of the lane's, at every half thickness [span].
    responses, smooth : ndarray of shape (k, h, n)
        Bulge and brightness of single strips at every half thickness [span].
    sigmas : ndarray of shape (k,)
        Half thicknesses [rows].
    picture : Narrow
        The image in strips and rows.
    off : ndarray of shape (h, n)
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

    @property
    def step(self) -> float:
        """Height of a row [px]."""
        return self.picture.step

    def rows(self, length: float) -> int:
        """How many rows a length takes, rounded up [px]."""
        return int(np.ceil(length / self.picture.step))

    def across(self, strip: npt.NDArray[np.intp]) -> FloatArray:
        """Columns of the middles of strips [px]."""
        return np.asarray((strip + 0.5) * self.picture.width - 0.5, np.float64)

    def down(self, row: npt.NDArray[np.intp]) -> FloatArray:
        """Rows of the image at the middles of rows [px]."""
        return np.asarray((row + 0.5) * self.picture.step - 0.5, np.float64)

    def strips(self, row: FloatArray, col: FloatArray) -> tuple[npt.NDArray[np.intp], npt.NDArray[np.intp]]:
        """Row and strip of places of the image; the nearest where they lie outside."""
        size = np.array(self.score.shape)[:, None] - 1
        at = np.stack([(row + 0.5) / self.step - 0.5, (col + 0.5) / self.width - 0.5])
        down, across = np.clip(np.round(at).astype(np.intp), 0, size)
        return down, across

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
    rows, cols = image.shape
    step = max(1, int(min(pitch / _ROWS_A_PITCH, rows / _ROWS)))
    picture = narrow(image, max(1, round(cols * _PER_PITCH / pitch)), step)
    sigmas = scales_for(len(picture.pixels), _THICKEST * pitch / picture.step)
    responses = np.stack([bulge(picture.pixels, sigma) for sigma in sigmas])
    middle = np.stack([_median_of_five(response) for response in responses])
    pixels, floor = 5.0 * picture.width * picture.step, picture.floor / float(np.sqrt(5.0))
    noise = noise_of(middle, picture.light, sigmas, pixels=pixels, floor=floor, grey=picture.grey)
    score, scale = _best([own / chance for own, chance in zip(middle, noise, strict=True)])
    reach = int(np.ceil(SLOPE * 0.5 * pitch / picture.step))
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
