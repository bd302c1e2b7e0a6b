"""A first look for the pitch: at every likely pitch, each row of bands votes for the columns between two gaps.

A place is the middle of a band when its evidence is above that of both gaps, half a pitch to either side; frames,
membrane edges and scratches run on through the gaps and get no vote. The contrast is weighed against the noise and a
share of the band itself, so that a weak row counts about as much as a strong one.
"""

from __future__ import annotations

import functools
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import cv2
import numpy as np
import numpy.typing as npt

from ..blot import FloatArray
from ..bulges import Picture, bulge, scales_for
from ..evidence import Canvas, Narrow, Seen, narrow
from ..filter_noise import noise_of
from .chains import PRICE, best_chain, candidates, peaks
from .streaks import Blocks, streak_votes
from .votes import LUMP, SLOPE, Votes, odd, shifted
from .wells import usual_step

__all__ = ["RIVAL", "Glance", "first_look"]

RIVAL = 0.7
"""Worth of another pitch at first look, as a share of the best, from which it is looked at as well."""

_STRIPS = 220  # strips across the picture
_PER_PITCH = 12  # strips a pitch that are enough
_AVERAGED = 260  # rows are averaged while about so many remain
_ROWS, _MOST_ROWS = 130, 4  # and then put together while so many remain, so many at most
_FULL = 9.0  # contrast from which a vote counts in full
_FAINTEST = 3.5  # evidence below which a place casts no vote
_STEP = 1.2  # ratio of neighbouring pitches
_SAME_LANES = 0.45  # logarithmic distance from the lanes' own pitch within which a pitch shows the same
_HOPELESS = 0.5  # worth of every other pitch, as a share of the best, below which those beside it are not looked at
_MOST_LANES = 45
_SHEARS = (-0.06, -0.03, 0.0, 0.03, 0.06)


def _evidence(picture: Narrow) -> Picture:
    """Largest evidence over the scales, without bulges narrower than three strips."""
    sigmas = scales_for(len(picture.pixels))
    responses = np.stack([bulge(picture.pixels, sigma) for sigma in sigmas])
    pixels = picture.width * picture.step
    responses /= noise_of(responses, picture.light, sigmas, pixels=pixels, floor=picture.floor, grey=picture.grey)
    best = responses.max(axis=0)
    opened = cv2.morphologyEx(best, cv2.MORPH_OPEN, np.ones((1, 3), np.uint8))
    return np.asarray(np.maximum(opened, 0.0), np.float32)


def _middle(score: Picture, pitch: float) -> Picture:
    """Least evidence over the middle third of a lane; `pitch` in strips."""
    part = np.asarray(cv2.blur(score, (odd(0.14 * pitch), 1), borderType=cv2.BORDER_CONSTANT), np.float32)
    by = max(1, round(0.15 * pitch))
    return np.minimum(part, np.minimum(shifted(part, by), shifted(part, -by)))


def _gaps(score: Picture, pitch: float, reach: int) -> Picture:
    """Evidence of the stronger of both gaps half a pitch away, over `reach` rows; `pitch` in strips."""
    lowest = cv2.erode(score, np.ones((1, odd(0.16 * pitch)), np.uint8))
    gap = np.asarray(cv2.dilate(lowest, np.ones((2 * reach + 1, 1), np.uint8)), np.float32)
    by = max(1, round(0.5 * pitch))
    return np.maximum(shifted(gap, by), shifted(gap, -by))


@dataclass(frozen=True)
class _View:
    """Evidence of an image at a fineness: that of `step` rows is their largest, that of strips their mean.

    Parameters
    ----------
    score : ndarray of shape (h, n)
        Evidence.
    step : float
        Height of a row [px].
    width : float
        Width of a strip [px].
    blocks : Blocks
        Brightness of blocks of rows in the same strips.
    """

    score: Picture
    step: float
    width: float
    blocks: Blocks

    @classmethod
    def of(cls, picture: Narrow) -> _View:
        """Look at an image in strips."""
        score = _evidence(picture)
        step = int(np.clip(len(score) // _ROWS, 1, _MOST_ROWS))
        whole = np.pad(score, ((0, -len(score) % step), (0, 0)))
        largest = whole.reshape(-1, step, whole.shape[1]).max(axis=1)
        return cls(largest, step * picture.step, picture.width, Blocks.of(picture))

    def halved(self) -> _View:
        """Make one strip of two."""
        rows, strips = self.score.shape
        score = cv2.resize(self.score, (strips // 2, rows), interpolation=cv2.INTER_AREA)
        blocks = self.blocks.coarser(strips // 2)
        return _View(np.asarray(score, np.float32), self.step, blocks.width, blocks)


def _votes(view: _View, pitch: float, offset: tuple[int, int]) -> Votes:
    middle = _middle(view.score, pitch / view.width)
    reach = int(np.ceil(SLOPE * 0.5 * pitch / view.step))
    contrast = (middle - _gaps(view.score, pitch / view.width, reach)) / np.sqrt(1.0 + (LUMP * middle) ** 2)
    along = cv2.dilate(middle, np.ones((max(3, odd((0.08 * pitch + 2) / view.step)), 1), np.uint8))
    which = np.flatnonzero((middle >= along) & (middle > _FAINTEST) & (contrast > 0))
    row, col = np.divmod(which, middle.shape[1])
    weight = np.minimum(contrast.ravel()[which], _FULL) * (3.0 / _FULL)
    down, across = np.stack(
        [(row + 0.5) * view.step - 0.5 + offset[0], (col + 0.5) * view.width - 0.5 + offset[1]]
    ).astype(np.float64)
    return Votes(down, across, weight.astype(np.float64), view.width)


def _upright(votes: Votes, pitch: float, shape: tuple[int, int]) -> tuple[float, FloatArray]:
    """Lean at which the votes gather most, and the votes of each column then."""
    down = votes.row - 0.5 * (shape[0] - 1)
    bins = int(np.ceil(shape[1] / votes.spacing))
    at = (votes.col + 0.5 - np.array(_SHEARS)[:, None] * down) / votes.spacing - 0.5
    inside = (at > -0.5) & (at < bins - 0.5)
    flat = (np.round(at) + bins * np.arange(len(_SHEARS))[:, None])[inside].astype(np.intp)
    counts = np.bincount(flat, np.broadcast_to(votes.weight, at.shape)[inside], bins * len(_SHEARS))
    soft = cv2.GaussianBlur(
        counts.reshape(len(_SHEARS), bins).astype(np.float32),
        (0, 0),
        0.1 * pitch / votes.spacing,
        sigmaY=1e-6,
        borderType=cv2.BORDER_CONSTANT,
    )
    sharpness = (soft**2).sum(axis=1) * (1.0 - 1e-6 * np.abs(_SHEARS))
    best = int(np.argmax(sharpness))
    places = (np.arange(bins) + 0.5) * votes.spacing - 0.5
    return _SHEARS[best], np.interp(np.arange(shape[1]), places, soft[best])


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

    @functools.cached_property
    def step(self) -> float:
        """Usual distance between the lanes [px]."""
        return usual_step(self.centre, self.pitch)

    def tells(self, pitch: float) -> bool:
        """Whether another pitch is farther from the lanes' own distance, and near enough to show the same lanes."""
        off, own = abs(np.log(pitch / self.step)), abs(np.log(self.pitch / self.step))
        return bool(own < off < _SAME_LANES)


def first_look(images: Sequence[Seen], canvas: Canvas) -> list[Glance]:
    """Try pitches and return what each shows, best first.

    Parameters
    ----------
    images : sequence of Seen
        The images of the membrane.
    canvas : Canvas
        Where they lie.
    """
    views = [[_View.of(narrow(image, _STRIPS, max(1, round(image.shape[0] / _AVERAGED)))) for image in images]]
    pitches = canvas.cols / 2.2 / _STEP ** np.arange(40)
    pitches = np.sort(pitches[pitches > max(canvas.cols / _MOST_LANES, 8.0)])
    found = {i: _looked(views, pitches[i], canvas) for i in range(0, len(pitches), 2)}
    most = {i: _most(tallied) for i, (_, tallied) in found.items()}
    hopeful = _HOPELESS * max(most.values(), default=0.0)
    for i in range(1, len(pitches), 2):
        if max(most[i - 1], most.get(i + 1, 0.0)) >= hopeful:
            found[i] = _looked(views, pitches[i], canvas)
    return _glances(pitches, found)


def _looked(views: list[list[_View]], pitch: float, canvas: Canvas) -> tuple[float, FloatArray]:
    """Lean of the lanes and votes of each column at one pitch; views are as fine as the pitch needs, finest first."""
    level = 0
    while min(pitch / view.width for view in views[level]) >= 2 * _PER_PITCH:
        level += 1
        if level == len(views):
            views.append([view.halved() for view in views[-1]])
    cast = []
    for view, offset in zip(views[level], canvas.offsets, strict=True):
        cast += [_votes(view, pitch, offset), streak_votes(view.blocks, pitch, offset)]
    return _upright(Votes.united(cast), pitch, canvas.shape)


def _most(tallied: FloatArray) -> float:
    """Return what lanes can be worth at most, given the votes of each column."""
    return float(np.maximum(peaks(tallied)[1] - PRICE, 0.0).sum())


def _glances(pitches: npt.NDArray[np.floating], found: Mapping[int, tuple[float, FloatArray]]) -> list[Glance]:
    """Choose the lanes at each pitch, best first; pitches whose votes cannot rival the best are left out."""
    counts = {i: np.max([found[k][1] for k in (i - 1, i, i + 1) if k in found], axis=0) for i in sorted(found)}
    most = {i: _most(tallied) for i, tallied in counts.items()}
    glances: list[Glance] = []
    best = 0.0
    for i in sorted(most, key=lambda i: -most[i]):
        if most[i] <= RIVAL * best:
            break
        if any(glance.tells(pitches[i]) for glance in glances):
            continue
        place, votes = candidates(counts[i], pitches[i])
        worth, chain = best_chain(place, votes, pitches[i])
        glances.append(Glance(worth, float(pitches[i]), found[i][0], place[chain]))
        best = max(best, worth)
    return sorted(glances, key=lambda glance: -glance.worth)
