"""Places that look like bands: what a second look lets vote.

A place votes when it stands out from both gaps, when its ridge runs across the lane as rows do, and when it is
brighter than what lies above and below: the rim of a bubble or of the membrane is not. What lies right at the
membrane's end has no vote: an edge is as wide as any band.
"""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
import numpy.typing as npt

from ..blot import FloatArray
from ..bulges import Picture
from .second_look import Look
from .votes import SLOPE, Votes, odd

__all__ = ["votes_of"]

_FAINTEST = 5.0  # evidence below which a place casts no vote
_LEAST_CONTRAST = 3.0  # contrast against the gaps, at least
_STEEPEST = 0.3  # slope of a ridge inside a lane, at most [px/px]
_UNLIKE = 0.12  # and against the usual slope of rows there
_THICK = 0.8  # fall over the lane that a slope needs to be seen, in half thicknesses
_FEW = 20  # places below which rows are taken to be level
_ONE_SIDED = 0.15  # height over the nearer side as a share of that over the farther one, at least
_RELIEF = 0.04  # part of a band's height that may vary by chance from lane to gap
_BULGE = 0.37  # bulge of a band as a share of its height
_MARGIN = 1.5  # distance from the membrane's end, at least [half thicknesses]
_GAP = 7  # farthest strip of a gap from the middle of the lane; the nearest is 3

Indices = npt.NDArray[np.intp]


@dataclass(frozen=True)
class _Places:
    """Places of a look: rows, strips, and what fits there."""

    look: Look
    row: Indices
    col: Indices

    @property
    def scale(self) -> Indices:
        return np.asarray(self.look.scale[self.row, self.col])

    def brightness(self, by: npt.ArrayLike, strips: Indices) -> Picture:
        """Smooth brightness at rows `by` farther down and strips farther right, shape (n, strips); 0 outside [span]."""
        rows, count = self.look.score.shape
        at_row = np.clip(self.row + np.asarray(by), 0, rows - 1)[:, None]
        at_col = self.col[:, None] + strips
        values = self.look.smooth[self.scale[:, None], at_row, np.clip(at_col, 0, count - 1)]
        return np.where((at_col >= 0) & (at_col < count), values, np.nan)


def _slopes(places: _Places, pitch: float) -> FloatArray:
    """Slope of the ridge between two strips left and right of each place [px/px]."""
    look = places.look
    rows, strips = look.score.shape
    reach = look.rows(SLOPE * pitch) + 2
    window = np.clip(places.row[:, None] + np.arange(-reach, reach + 1), 0, rows - 1)
    ridge = [
        np.argmax(
            look.responses[places.scale[:, None], window, np.clip(places.col + by, 0, strips - 1)[:, None]], axis=1
        )
        for by in (-2, 2)
    ]
    slopes: FloatArray = (ridge[1] - ridge[0]) * look.step / (4.0 * look.width)
    return slopes


def _usual_slopes(col: Indices, slope: FloatArray, contrast: FloatArray) -> FloatArray:
    """Slope of the rows at each place: a line through the slopes of all places, since rows smile [px/px]."""
    if len(col) < _FEW:
        return np.zeros(len(col))
    xi = (col - col.mean()) / max(1.0, float(np.ptp(col)))
    design = np.stack([np.ones(len(xi)), xi], axis=1)
    fit = np.zeros(2)
    for _ in range(4):
        weight = np.minimum(contrast, 10.0) * np.exp(-0.5 * ((slope - design @ fit) / _UNLIKE) ** 2)
        prior = np.diag([10.0, 10.0])
        fit = np.linalg.solve(design.T @ (weight[:, None] * design) + prior, design.T @ (weight * slope))
    usual: FloatArray = design @ fit
    return usual


def _heights(places: _Places, pitch: float) -> tuple[npt.NDArray[np.bool_], FloatArray]:
    """Whether a place is brighter than both what lies above and below, and its contrast in height to the gaps."""
    away = np.round(3.0 * places.look.sigmas[places.scale] + 1.0).astype(np.intp)
    strips = np.arange(-_GAP, _GAP + 1)
    reach = places.look.rows(0.5 * SLOPE * pitch)
    here = np.max([places.brightness(by, strips) for by in (-reach, 0, reach)], axis=0)
    above, below = (places.brightness(by, strips) for by in (-away, away))
    height = np.nan_to_num(here - 0.5 * (above + below))
    own = slice(_GAP - 2, _GAP + 3)
    middle = np.nan_to_num(places.brightness(0, strips)[:, own])
    over = [middle.mean(axis=1) - np.nan_to_num(side[:, own]).mean(axis=1) for side in (above, below)]
    standing = np.minimum(*over) > _ONE_SIDED * np.maximum(*over)
    top = np.median(middle - np.nan_to_num(0.5 * (above + below))[:, own], axis=1)
    gap = np.maximum(height[:, : _GAP - 2].min(axis=1), height[:, _GAP + 3 :].min(axis=1))
    chance = places.look.noise[places.scale, places.row, places.col] / _BULGE
    contrast = (top - np.maximum(gap, 0.0)) / np.sqrt(chance**2 + (_RELIEF * np.maximum(top, 0.0)) ** 2)
    return standing, contrast.astype(float)


def _at_edge(places: _Places) -> npt.NDArray[np.bool_]:
    """Whether the membrane ends within a place's own thickness above or below it."""
    off = places.look.off
    if off.size == 0:
        return np.zeros(len(places.row), bool)
    away = np.round(_MARGIN * places.look.sigmas[places.scale] + 1.0).astype(np.intp)
    around = [np.clip(places.row + by * away, 0, len(off) - 1) for by in (-1, 0, 1)]
    return np.asarray(off[around, places.col].max(axis=0) > 0.0)


def votes_of(look: Look, pitch: float, offset: tuple[int, int]) -> Votes:
    """Return the places of an image that look like bands of lanes of this pitch.

    Those that do not stand out from the gaps, as bands that touch, have a vote of 0: they show where a row runs.

    Parameters
    ----------
    look : Look
        Evidence of the image.
    pitch : float
        Distance between lanes [px].
    offset : (int, int)
        Where the image starts on the canvas [px].
    """
    along = cv2.dilate(look.score, np.ones((odd(max(3.0, (0.08 * pitch + 2) / look.step)), 1), np.uint8))
    places = _Places(look, *np.nonzero((look.score >= along) & (look.score > _FAINTEST)))
    standing, contrast = _heights(places, pitch)
    contrast = np.maximum(contrast, look.contrast(places.row, places.col))
    standing &= ~_at_edge(places)
    band = (contrast > _LEAST_CONTRAST) & standing
    dull = np.flatnonzero(standing & ~band)
    slopes = _slopes(places, pitch)
    usual = _usual_slopes(places.col[band], slopes[band], contrast[band])
    unlike = np.abs(slopes[band] - usual)
    # the slope of a band that is thicker than it could fall over the lane says nothing
    thick = unlike * 4.0 * look.width < _THICK * look.step * look.sigmas[places.scale[band]]
    band[band] = thick | ((np.abs(slopes[band]) <= _STEEPEST) & (unlike <= _UNLIKE))
    weight = np.clip(0.5 * (contrast[band] - _LEAST_CONTRAST), 0.0, 3.0)
    all_of_them = np.concatenate([np.flatnonzero(band), dull])
    row, col = look.down(places.row[all_of_them]) + offset[0], look.across(places.col[all_of_them]) + offset[1]
    return Votes(row, col, np.concatenate([weight, np.zeros(len(dull))]), look.width)
