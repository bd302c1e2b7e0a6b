"""A second look at a known pitch: each place is judged over the width of a whole lane.

The evidence of a lane is the median of five strips over half a pitch, which dust and scratches do not move. A place
votes when it stands out from both gaps, when its ridge runs across the lane as rows do, and when it is brighter than
what lies above and below: the rim of a bubble or of the membrane is not.
"""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
import numpy.typing as npt

from ..blot import FloatArray
from ..evidence import SCALES, Narrow, Picture, bulge, bulge_kernel, narrow, noise_of
from .votes import LUMP, SLOPE, Votes, odd, shifted

__all__ = ["Look", "look_again", "votes_of"]

_PER_PITCH = 10  # strips a pitch
_GAP_STRIPS = 2  # strips on either side of half a pitch where a gap may lie, since the pitch drifts
_FAINTEST = 5.0  # evidence below which a place casts no vote
_LEAST_CONTRAST = 3.0
_STEEPEST = 0.17  # slope of a ridge inside a lane, at most [px/px]
_ONE_SIDED = 0.15  # height over the nearer side as a share of that over the farther one, at least
_THICKEST = 0.2  # half thickness of a band as a share of the pitch, at most


@dataclass(frozen=True)
class Look:
    """Evidence of one image, judged over lanes of one pitch.

    Parameters
    ----------
    score, contrast : ndarray of shape (H, n)
        Evidence and contrast against the gaps, in units of noise.
    scale : ndarray of shape (H, n)
        Which half thickness fits best, index into `sigmas`.
    responses, smooth : ndarray of shape (k, H, n)
        Bulge and brightness of single strips at every half thickness [AU].
    sigmas : ndarray of shape (k,)
        Half thicknesses [px].
    width : float
        Width of a strip [px].
    """

    score: Picture
    contrast: Picture
    scale: npt.NDArray[np.intp]
    responses: Picture
    smooth: Picture
    sigmas: FloatArray
    width: float


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


def _judge(picture: Narrow, response: Picture, sigma: float, reach: int) -> tuple[Picture, Picture]:
    middle = _median_of_five(response)
    floor = picture.floor * float(np.sqrt((bulge_kernel(sigma) ** 2).sum() / 5.0))
    noise = noise_of(middle, picture.level, floor)
    contrast = (middle - _gaps(response, reach)) / np.sqrt(noise**2 + (LUMP * middle) ** 2)
    return middle / noise, contrast


def look_again(pixels: FloatArray, pitch: float) -> Look:
    """Judge every place of an image over the width of a lane.

    Parameters
    ----------
    pixels : ndarray of shape (H, W)
        Counts, bright = protein [AU].
    pitch : float
        Distance between lanes [px].
    """
    picture = narrow(pixels, max(1, round(pixels.shape[1] * _PER_PITCH / pitch)))
    rows = len(picture.pixels)
    sigmas = [s for s in SCALES if s == SCALES[0] or (s <= _THICKEST * pitch and 4 * s < rows)]
    responses = np.stack([bulge(picture.pixels, sigma) for sigma in sigmas])
    reach = int(np.ceil(SLOPE * 0.5 * pitch))
    judged = [_judge(picture, r, s, reach) for r, s in zip(responses, sigmas, strict=True)]
    scores = np.stack([score for score, _ in judged])
    scale = np.argmax(scores, axis=0)
    smooth = np.stack(
        [cv2.GaussianBlur(picture.pixels, (1, 2 * int(3 * s) + 1), sigmaX=1e-6, sigmaY=s) for s in sigmas]
    )
    return Look(
        np.take_along_axis(scores, scale[None], 0)[0],
        np.take_along_axis(np.stack([contrast for _, contrast in judged]), scale[None], 0)[0],
        scale,
        responses,
        smooth,
        np.array(sigmas),
        picture.width,
    )


def _slopes(look: Look, row: npt.NDArray[np.intp], col: npt.NDArray[np.intp], pitch: float) -> FloatArray:
    """Slope of the ridge between two strips left and right of each place [px/px]."""
    rows, strips = look.score.shape
    reach = int(np.ceil(SLOPE * pitch)) + 2
    scale = look.scale[row, col][:, None]
    window = np.clip(row[:, None] + np.arange(-reach, reach + 1), 0, rows - 1)
    ridge = [
        np.argmax(look.responses[scale, window, np.clip(col + by, 0, strips - 1)[:, None]], axis=1) for by in (-2, 2)
    ]
    slopes: FloatArray = (ridge[1] - ridge[0]) / (4.0 * look.width)
    return slopes


def _stands_up(look: Look, row: npt.NDArray[np.intp], col: npt.NDArray[np.intp]) -> npt.NDArray[np.bool_]:
    """Whether a place is brighter than what lies above and below it, on the nearer side too."""
    rows, strips = look.score.shape
    scale = look.scale[row, col]
    away = np.round(3.0 * look.sigmas[scale] + 1.0).astype(np.intp)

    def brightness(at: npt.NDArray[np.intp]) -> Picture:
        inside = np.clip(at, 0, rows - 1)
        return np.mean([look.smooth[scale, inside, np.clip(col + by, 0, strips - 1)] for by in range(-2, 3)], axis=0)

    here = brightness(row)
    above, below = here - brightness(row - away), here - brightness(row + away)
    return np.asarray(np.minimum(above, below) > _ONE_SIDED * np.maximum(above, below))


def votes_of(look: Look, pitch: float, offset: tuple[int, int]) -> Votes:
    """Return the places of an image that look like bands of lanes of this pitch."""
    along = cv2.dilate(look.score, np.ones((odd(0.08 * pitch + 2), 1), np.uint8))
    peak = (look.score >= along) & (look.score > _FAINTEST) & (look.contrast > _LEAST_CONTRAST)
    row, col = np.nonzero(peak)
    band = (np.abs(_slopes(look, row, col, pitch)) <= _STEEPEST) & _stands_up(look, row, col)
    row, col = row[band], col[band]
    weight = np.clip(0.5 * (look.contrast[row, col] - _LEAST_CONTRAST), 0.0, 3.0)
    return Votes(row + float(offset[0]), (col + 0.5) * look.width - 0.5 + offset[1], weight.astype(float), look.width)
