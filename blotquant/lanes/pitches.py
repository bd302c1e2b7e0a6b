"""A first look for the pitch: at every likely pitch, each row of bands votes for the columns between two gaps.

A place is the middle of a band when its evidence is above that of both gaps, half a pitch to either side; frames,
membrane edges and scratches run on through the gaps and get no vote. The contrast is weighed against the noise and a
share of the band itself, so that a weak row counts about as much as a strong one.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import cv2
import numpy as np

from ..blot import FloatArray
from ..evidence import (
    Canvas,
    Narrow,
    Picture,
    Seen,
    bulge,
    bulge_kernel,
    least_noise,
    most_noise,
    narrow,
    noise_of,
    scales_for,
)
from .chains import best_chain, candidates
from .streaks import streak_votes
from .votes import LUMP, SLOPE, Votes, odd, shifted, tally

__all__ = ["Glance", "first_look"]

_STRIPS = 220  # strips across the picture
_FULL = 9.0  # contrast from which a vote counts in full
_FAINTEST = 3.5  # evidence below which a place casts no vote
_STEP = 1.15  # ratio of neighbouring pitches
_MOST_LANES = 45
_SHEARS = (-0.06, -0.03, 0.0, 0.03, 0.06)


def _evidence(picture: Narrow) -> Picture:
    """Largest evidence over the scales, without bulges narrower than three strips."""
    best = np.full(picture.pixels.shape, -np.inf, np.float32)
    for sigma in scales_for(len(best)):
        kernel = bulge_kernel(sigma)
        response = bulge(picture.pixels, sigma)
        floor = picture.floor * float(np.sqrt((kernel**2).sum()))
        most, least = most_noise(sigma, len(best), picture.width), least_noise(sigma, picture.width)
        np.maximum(best, response / noise_of(response, picture.light, floor, most, least), out=best)
    opened = cv2.morphologyEx(best, cv2.MORPH_OPEN, np.ones((1, 3), np.uint8))
    return np.asarray(np.maximum(opened, 0.0), np.float32)


def _middle(score: Picture, pitch: float) -> Picture:
    """Least evidence over the middle third of a lane; `pitch` in strips."""
    part = np.asarray(cv2.blur(score, (odd(0.14 * pitch), 1), borderType=cv2.BORDER_CONSTANT), np.float32)
    by = max(1, round(0.15 * pitch))
    return np.minimum(part, np.minimum(shifted(part, by), shifted(part, -by)))


def _gaps(score: Picture, pitch: float, width: float) -> Picture:
    """Evidence of the stronger of both gaps half a pitch away; `pitch` in strips of `width` px."""
    reach = int(np.ceil(SLOPE * 0.5 * pitch * width))
    lowest = cv2.erode(score, np.ones((1, odd(0.16 * pitch)), np.uint8))
    gap = np.asarray(cv2.dilate(lowest, np.ones((2 * reach + 1, 1), np.uint8)), np.float32)
    by = max(1, round(0.5 * pitch))
    return np.maximum(shifted(gap, by), shifted(gap, -by))


def _votes(score: Picture, width: float, pitch: float, offset: tuple[int, int]) -> Votes:
    middle = _middle(score, pitch / width)
    contrast = (middle - _gaps(score, pitch / width, width)) / np.sqrt(1.0 + (LUMP * middle) ** 2)
    along = cv2.dilate(middle, np.ones((odd(0.08 * pitch + 2), 1), np.uint8))
    row, col = np.nonzero((middle >= along) & (middle > _FAINTEST) & (contrast > 0))
    weight = np.minimum(contrast[row, col], _FULL) * (3.0 / _FULL)
    places = np.asarray(np.stack([row + float(offset[0]), (col + 0.5) * width - 0.5 + offset[1]]), dtype=np.float64)
    return Votes(places[0], places[1], weight.astype(float), width)


def _upright(votes: Votes, pitch: float, shape: tuple[int, int]) -> tuple[float, FloatArray]:
    """Lean at which the votes gather most, and the votes of each column then."""
    down = votes.row - 0.5 * (shape[0] - 1)
    tallies = [tally(votes.col - s * down, votes.weight, votes.spacing, pitch, shape[1]) for s in _SHEARS]
    sharpness = [float((counts**2).sum()) * (1.0 - 1e-6 * abs(s)) for counts, s in zip(tallies, _SHEARS, strict=True)]
    best = int(np.argmax(sharpness))
    return _SHEARS[best], tallies[best]


@dataclass(frozen=True)
class Glance:
    """Lanes as a first look sees them at one pitch.

    Parameters
    ----------
    worth : float
        Votes gained less the prices of lanes and uneven steps.
    pitch : float
        Distance between lanes that was tried [px].
    shear : float
        Lean of the lanes [columns per row].
    centre : ndarray of shape (n,)
        Columns of the lanes at the middle row [px].
    """

    worth: float
    pitch: float
    shear: float
    centre: FloatArray


def first_look(images: Sequence[Seen], canvas: Canvas) -> list[Glance]:
    """Try pitches and return what each shows, best first.

    Parameters
    ----------
    images : sequence of Seen
        The images of the membrane.
    canvas : Canvas
        Where they lie.
    """
    pictures = [narrow(image, _STRIPS) for image in images]
    scores = [_evidence(picture) for picture in pictures]
    pitches = canvas.cols / 2.2 / _STEP ** np.arange(40)
    pitches = pitches[pitches > max(canvas.cols / _MOST_LANES, 8.0)]
    found = []
    for pitch in pitches:
        cast = []
        for score, picture, offset in zip(scores, pictures, canvas.offsets, strict=True):
            cast += [_votes(score, picture.width, pitch, offset), streak_votes(picture, pitch, offset)]
        found.append(_upright(Votes.united(cast), pitch, canvas.shape))
    glances = []
    for i, pitch in enumerate(pitches):
        counts = np.max([tallied for _, tallied in found[max(0, i - 1) : i + 2]], axis=0)
        place, votes = candidates(counts, pitch)
        worth, chain = best_chain(place, votes, pitch)
        glances.append(Glance(worth, float(pitch), found[i][0], place[chain]))
    return sorted(glances, key=lambda glance: -glance.worth)
