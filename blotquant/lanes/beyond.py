"""Lanes that the comb lacks: bands that touch their neighbours stand out from one gap only, or from none.

Where a row of the lane at an end runs on, without a gap, to a place about a step farther that looks like a band with
an end of its own, there is one more lane. Between two lanes there is one where a row of theirs shows a band about half
way, though the space may be a little too narrow for a well that shows nothing.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from ..blot import FloatArray
from .centre_lines import Comb, Marks, along_ridge, mark_bands
from .second_look import Look
from .votes import Votes
from .wells import FEWEST, local_steps

__all__ = ["with_lanes_between", "with_lanes_beyond"]

_OFF = 0.2  # distance of such a place from where the next lane would lie, as a share of the step
_ROOM = 0.4  # distance from the picture's side, at least, as a share of the pitch
_CLEAR = 1.0  # vote of the band whose row runs on, at least
_SLOPE = 0.14  # fall of the row from lane to lane, at most [px/px]
_PLACES = 3  # strips that show such a place, at least
_TOUCHES = 0.4  # evidence all the way to the lane at the end as a share of the place's own, at least
_NARROWEST, _WIDEST = 0.6, 1.4  # width of the band as a share of the usual one
_USUAL = 0.7  # usual width of a band where none is known, as a share of the pitch
_TIGHT = 0.15  # part of a step by which a lane between two others may be narrower than its neighbours


def with_lanes_beyond(
    comb: Comb,
    bands: Votes,
    marks: Marks,
    pitch: float,
    *,
    places: Votes,
    looks: Sequence[Look],
    offsets: Sequence[tuple[int, int]],
) -> Comb:
    """Add a lane beyond each end of a comb where a row runs on.

    Parameters
    ----------
    comb : Comb
        The lanes as found so far.
    bands, marks : Votes, Marks
        Bands in them, one vote each, and their ends.
    pitch : float
        Distance between lanes [px].
    places : Votes
        All places that look like bands, those that do not stand out from the gaps among them.
    looks, offsets : sequence
        Evidence of each image, and where it starts on the canvas [px].
    """
    centre = comb.centre
    if len(centre) < FEWEST:
        return comb
    step = local_steps(centre, pitch)
    usual = float(np.median(marks.right - marks.left)) if len(marks.row) else _USUAL * pitch
    lane = comb.lane_of(bands.row, bands.col, pitch)
    around, added = _Around(places, looks, offsets, pitch), []
    for end, inward, at in ((0, 1, centre[0] - step[0]), (len(centre) - 1, -1, centre[-1] + step[-1])):
        if not _ROOM * pitch < at < comb.shape[1] - 1 - _ROOM * pitch:
            continue
        rows = bands.row[(lane == end) & (bands.weight > _CLEAR)]
        near = np.flatnonzero(np.abs(comb.flattened(places.row, places.col) - at) < _OFF * pitch)
        own = near[_run_on(places.row[near], rows, pitch)]
        own = own[around.touch(own, inward)] if own.size >= _PLACES else own
        if own.size < _PLACES:
            continue
        flat = comb.flattened(*around.middles(own, usual))
        if flat.size:
            added.append(float(np.clip(np.median(flat), at - _OFF * pitch, at + _OFF * pitch)))
    return Comb(np.sort(np.append(centre, added)), comb.lean, comb.fan, comb.bow, comb.shape)


def with_lanes_between(comb: Comb, bands: Votes, pitch: float, *, places: Votes) -> Comb:
    """Add a lane in each space of nearly two steps where a row of its neighbours shows a band.

    Parameters
    ----------
    comb, bands, pitch, places
        As in `with_lanes_beyond`.
    """
    centre = comb.centre
    if len(centre) < FEWEST:
        return comb
    lane, flat = comb.lane_of(bands.row, bands.col, pitch), comb.flattened(places.row, places.col)
    space, step, added = np.diff(centre), local_steps(centre, pitch), []
    for left in np.flatnonzero(np.abs(space / step - 2.0) < 2.0 * _TIGHT):
        rows = bands.row[((lane == left) | (lane == left + 1)) & (bands.weight > _CLEAR)]
        near = np.abs(flat - 0.5 * (centre[left] + centre[left + 1])) < _OFF * pitch
        own = np.flatnonzero(near)[_run_on(places.row[near], rows, pitch)]
        if own.size >= _PLACES:
            added.append(float(np.median(flat[own])))
    return Comb(np.sort(np.append(centre, added)), comb.lean, comb.fan, comb.bow, comb.shape)


def _run_on(row: FloatArray, rows: FloatArray, pitch: float) -> npt.NDArray[np.bool_]:
    """Tell which places lie where one of some rows would run on from a lane a step away."""
    down = np.abs(row[:, None] - rows[None, :])
    return np.asarray((down < _SLOPE * pitch + 1.0).any(axis=1))


class _Around(NamedTuple):
    """Places that look like bands, the evidence of each image and where it starts [px], and the pitch [px]."""

    places: Votes
    looks: Sequence[Look]
    offsets: Sequence[tuple[int, int]]
    pitch: float

    def touch(self, own: npt.NDArray[np.intp], inward: int) -> npt.NDArray[np.bool_]:
        """Tell from which places the ridge goes on to the lane at the end without a gap, in any of the images."""
        touches = np.zeros(len(own), bool)
        for look, offset in zip(self.looks, self.offsets, strict=True):
            row, col = look.strips(self.places.row[own] - offset[0], self.places.col[own] - offset[1])
            ridge = along_ridge(look, row, col, np.full(len(own), inward), round(self.pitch / look.width) + 1)
            touches |= ridge.min(axis=1) > _TOUCHES * ridge[:, 0]
        return touches

    def middles(self, own: npt.NDArray[np.intp], usual: float) -> tuple[FloatArray, FloatArray]:
        """Row and middle of the bands that places show, of those whose width is usual [px]."""
        here = Votes(self.places.row[own], self.places.col[own], np.ones(len(own)), self.places.spacing)
        looked = zip(self.looks, self.offsets, strict=True)
        seen = Marks.united([mark_bands(look, here, offset, self.pitch, thick=False) for look, offset in looked])
        wide = seen.right - seen.left
        fits = (wide > _NARROWEST * usual) & (wide < _WIDEST * usual)
        return seen.row[fits], 0.5 * (seen.left + seen.right)[fits]
