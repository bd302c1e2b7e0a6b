"""Lanes that the comb lacks: bands that touch their neighbours stand out from one gap only, or from none.

Where a row of the lane at an end runs on, without a gap, to a place about a step farther that looks like a band with
an end of its own, there is one more lane. Between two lanes there is one where a row of theirs shows a band about half
way, though the space may be a little too narrow for a well that shows nothing.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
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
_ON_STEP = 0.12  # distance of a faint lane from where the next one would lie, as a share of the pitch, at most
_STREAK, _TRACE = 0.42, 3.0  # its votes of streaks, and the evidence there where a row of the last lanes runs on …
_HINT, _VOTES, _CLEAR_TRACE = 0.1, 0.5, 5.0  # … or less of a streak with so many votes of bands and more evidence
_FAR_TRACE = 8.0  # … and still more beyond wells that show nothing
_LAST = 2  # lanes apart at most whose rows tell where a row of the last one runs
_DRIFT = 0.1  # rise or fall of a row from these to the next lane, at most [px/px]
_MOST = 12  # lanes beyond one end, at most
_WELLS = 2  # wells without a sign that are skipped before one, at most
_GIVEN_UP = 0.3  # distance from a lane that was given up, at least, as a share of the pitch


def with_lanes_beyond(
    comb: Comb,
    bands: Votes,
    marks: Marks,
    pitch: float,
    *,
    places: Votes,
    tallies: tuple[FloatArray, FloatArray],
    given_up: FloatArray,
    looks: Sequence[Look],
    offsets: Sequence[tuple[int, int]],
) -> Comb:
    """Add lanes beyond each end of a comb where a row runs on, or where a lane shows along the run and in a row.

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
    tallies : two ndarrays of shape (W,)
        Votes of every column, lanes made upright: all, and those for lanes that show along their whole length.
    given_up : ndarray of shape (n,)
        Columns of lanes that were given up: smears and scratches come back no more [px].
    looks, offsets : sequence
        Evidence of each image, and where it starts on the canvas [px].
    """
    if len(comb.centre) < FEWEST:
        return comb
    usual = float(np.median(marks.right - marks.left)) if len(marks.row) else _USUAL * pitch
    around = _Around(places, looks, offsets, pitch)
    for outward in (-1, 1):
        for _ in range(_MOST):
            found = around.next_lane(comb, bands, outward, usual=usual, tallies=tallies, given_up=given_up)
            if found is None:
                break
            comb = replace(comb, centre=np.sort(np.append(comb.centre, found)))
    return comb


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

    def next_lane(
        self,
        comb: Comb,
        bands: Votes,
        outward: int,
        *,
        usual: float,
        tallies: tuple[FloatArray, FloatArray],
        given_up: FloatArray,
    ) -> float | None:
        """Column of the next lane to the left (−1) or right (1) of a comb, beyond wells without a sign if need be [px].

        `usual` is the usual width of a band; the rest as in `with_lanes_beyond`.
        """
        end = 0 if outward < 0 else -1
        step = outward * float(local_steps(comb.centre, self.pitch)[end])
        for wells in range(_WELLS + 1):
            at = float(comb.centre[end]) + (wells + 1) * step
            if not _ROOM * self.pitch < at < comb.shape[1] - 1 - _ROOM * self.pitch:
                return None
            found = self.touching(comb, bands, at, usual) if wells == 0 else None
            if found is None and (np.abs(given_up - at) > _GIVEN_UP * self.pitch).all():
                found = self.faint(comb, bands, at, tallies, next_one=wells == 0)
            if found is not None:
                return found
        return None

    def touching(self, comb: Comb, bands: Votes, at: float, usual: float) -> float | None:
        """Column of a lane near a place beyond the comb to which a row of the last one runs on without a gap [px]."""
        end = 0 if at < comb.centre[0] else len(comb.centre) - 1
        lane = comb.lane_of(bands.row, bands.col, self.pitch)
        rows = bands.row[(lane == end) & (bands.weight > _CLEAR)]
        near = np.flatnonzero(np.abs(comb.flattened(self.places.row, self.places.col) - at) < _OFF * self.pitch)
        own = near[_run_on(self.places.row[near], rows, self.pitch)]
        own = own[self.touch(own, 1 if end == 0 else -1)] if own.size >= _PLACES else own
        if own.size < _PLACES:
            return None
        flat = comb.flattened(*self.middles(own, usual))
        return float(np.clip(np.median(flat), at - _OFF * self.pitch, at + _OFF * self.pitch)) if flat.size else None

    def faint(
        self, comb: Comb, bands: Votes, at: float, tallies: tuple[FloatArray, FloatArray], *, next_one: bool
    ) -> float | None:
        """Column of a lane at a place beyond the comb that shows a little along the run and in a row [px]."""
        start = max(0, round(at) - int(_ON_STEP * self.pitch))
        votes, streaks = (tallied[start : round(at) + int(_ON_STEP * self.pitch) + 1] for tallied in tallies)
        shown = next_one and streaks.max(initial=0.0) >= _STREAK
        least = _TRACE if shown else _CLEAR_TRACE if next_one else _FAR_TRACE
        voted = votes.max(initial=0.0) >= _VOTES and streaks.max(initial=0.0) >= _HINT
        if not (shown or voted) or self.trace(comb, bands, at) < least:
            return None
        return float(start + np.argmax(streaks if shown else votes))

    def trace(self, comb: Comb, bands: Votes, at: float) -> float:
        """Largest evidence at a place beyond the comb, where one of the rows of the last lanes may run on."""
        end = 0 if at < comb.centre[0] else len(comb.centre) - 1
        lane = comb.lane_of(bands.row, bands.col, self.pitch)
        last = (lane >= 0) & (np.abs(lane - end) <= _LAST) & (bands.weight > _CLEAR)
        row = bands.row[last]
        room = _DRIFT * np.abs(at - comb.flattened(row, bands.col[last])) + 2.0
        best = 0.0
        for look, offset in zip(self.looks, self.offsets, strict=True):
            steps = np.linspace(-1.0, 1.0, 2 * look.rows(float(room.max(initial=0.0))) + 1)
            down = (row[:, None] + room[:, None] * steps).ravel()
            where = look.strips(down - offset[0], at + comb.offset(down, np.full_like(down, at)) - offset[1])
            best = max(best, float(look.score[where].max(initial=0.0)))
        return best

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
