"""Rows: peaks of neighbouring lanes that follow one another along the smile, image by image, then together."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from ..blot import FloatArray
from .belief import NEIGHBOURS, SUPPORT, believed_rows
from .peaks import Peaks, level_rise
from .profiles import Room
from .smile import Smile

__all__ = ["Row", "band_like", "complete_rows", "follow_rows", "unite_images", "whole_rows"]

_FARTHEST = 4  # lanes apart at most that are linked
_MEMORY = 3.0  # lanes over which a row's own bend is remembered
_CLEAR = 2.5  # contrast against the quieter gap from which a band is clear of it
_LEAST_CONTRAST = 0.5  # contrast of a band in a row of clear ones, at least: bands that touch
_HIDDEN = 8.0  # evidence of a band that does not stand free but lies where a row passes, at least
_TOUCHING = -2.5  # its contrast against the quieter gap where it touches others, at least
_LIKE = 0.35  # and how unlike its thickness may then be to theirs, as a logarithm
_PASSING = 0.7  # and how far it may lie off that row, in half thicknesses
_CLEAR_SHARE = 0.34  # share of a row's bands that must be clear
_LEAST_RISE = 0.1  # height over the brighter side as a share of that over the darker, unless it is a shoulder
_RIM, _RIM_RISE = 2.5, 0.25  # the same so near to where the membrane or the picture ends: rims glow [half thicknesses]
_PAIR_RISE = 0.25  # the same for the outer sides of two bands too close to stand free
_TOO_STEEP = 1.25  # bulge along a steep line as a share of that along usual slopes, at most
_LEAST_MARGIN = 1.5  # distance from where the membrane or the picture ends, at least [half thicknesses]
_WANDER = 0.8  # how far a band may lie off its neighbour's row, in half thicknesses
_LEAST_WANDER = 2.0  # and at least [px]
_UNLIKE = 1.4  # logarithm of the ratio of their half thicknesses, at most
_UNEVEN = 0.03  # and more with distance, since no smile is a cubic [px/px]
_ONE_PLACE = 2.1  # distance within which rows of an image are one, in half thicknesses: 0.9 of the width at half height
_SAME_ROW = 1.5  # distance of the rows of two images that are one, in half thicknesses, at most
_CUT, _CUT_SHARE = 1.0, 0.5  # a row is cut off that has less room [half thicknesses] in more of its lanes


@dataclass(frozen=True)
class Row:
    """A row of bands: its peaks, one a lane and image at most, and how far each image's lie off the common place.

    Parameters
    ----------
    members : ndarray of shape (m,)
        Indices of its peaks.
    shift : ndarray of shape (images,)
        How much lower the row lies in each image than in the common place [px].
    """

    members: npt.NDArray[np.intp]
    shift: FloatArray

    def predict(self, lanes: int, image: int, flat: FloatArray, peaks: Peaks) -> FloatArray:
        """Where the row should lie in each of so many lanes of an image, the smile taken out [px]."""
        own = self.members
        apart = np.abs(peaks.lane[own] - np.arange(lanes)[:, None])
        near = np.exp(-apart / _MEMORY) * np.minimum(peaks.score[own], 30.0)
        common = flat[own] - self.shift[peaks.image[own]]
        places: FloatArray = (near * common).sum(axis=1) / near.sum(axis=1) + self.shift[image]
        return places


def band_like(peaks: Peaks) -> npt.NDArray[np.bool_]:
    """Tell which peaks look like bands rather than scratches, edges of the membrane or of bubbles, or frames."""
    standing = peaks.rise >= np.where(peaks.margin < _RIM, _RIM_RISE, _LEAST_RISE)
    for index in np.flatnonzero(~standing):
        beside = (peaks.lane == peaks.lane[index]) & (peaks.image == peaks.image[index])
        apart = np.abs(peaks.row - peaks.row[index])
        stronger = peaks.score > peaks.score[index]
        taller = (peaks.score > 2.0 * peaks.score[index]) | (peaks.height > 2.0 * peaks.height[index])
        shoulder = (apart < 4.0 * peaks.sigma) & stronger & taller
        hidden = (apart < 4.0 * np.maximum(peaks.sigma, peaks.sigma[index]) + 3.0) & _pairs(peaks, index)
        standing[index] = bool((beside & (shoulder | hidden)).any())
    clear = (peaks.contrast >= _LEAST_CONTRAST) & (peaks.margin > _LEAST_MARGIN)
    return clear & (peaks.steep < _TOO_STEEP) & standing


def _pairs(peaks: Peaks, index: np.intp) -> npt.NDArray[np.bool_]:
    """Tell with which peaks one makes a pair that stands free on its outer sides: each hides one side of the other."""
    below = peaks.row > peaks.row[index]
    own_side = np.where(below, peaks.over[index], peaks.under[index])
    other_side = np.where(below, peaks.under, peaks.over)
    pair = level_rise(own_side, other_side) >= _PAIR_RISE
    return np.asarray(pair & (peaks.row != peaks.row[index]), dtype=np.bool_)


def _links(peaks: Peaks, flat: FloatArray, col: FloatArray) -> list[tuple[int, int]]:
    """Pairs of peaks of nearby lanes of one image that could be one row, likeliest first."""
    apart = peaks.lane[None, :] - peaks.lane[:, None]
    same = peaks.image[None, :] == peaks.image[:, None]
    first, second = np.nonzero(same & (apart > 0) & (apart <= _FARTHEST))
    sigma = np.sqrt(peaks.sigma[first] * peaks.sigma[second])
    space = np.abs(col[second] - col[first])
    room = np.maximum(_LEAST_WANDER, _WANDER * sigma) + _UNEVEN * space
    miss = np.abs(flat[second] - flat[first]) / room
    unlike = np.abs(np.log(peaks.sigma[first] / peaks.sigma[second]))
    price = miss + 0.3 * (apart[first, second] - 1) + 0.3 * unlike
    fits = np.flatnonzero((miss < 1.0) & (unlike < _UNLIKE))
    return [(int(first[i]), int(second[i])) for i in fits[np.argsort(price[fits], kind="stable")]]


def _joined(peaks: Peaks, links: Sequence[tuple[int, int]]) -> list[list[int]]:
    """Join linked peaks into rows that have one peak a lane and image at most."""
    group = list(range(len(peaks.row)))
    members = {i: [i] for i in group}
    places = {i: {(int(peaks.image[i]), int(peaks.lane[i]))} for i in group}
    for one, other in links:
        a, b = group[one], group[other]
        if a == b or places[a] & places[b]:
            continue
        for index in members[b]:
            group[index] = a
        members[a] += members.pop(b)
        places[a] |= places.pop(b)
    return list(members.values())


def _united(rows: list[npt.NDArray[np.intp]], peaks: Peaks, flat: FloatArray) -> list[npt.NDArray[np.intp]]:
    """Make one row of those of one image that lie at one place, nearest first: bands too far apart to be linked."""
    rows = sorted(rows, key=lambda row: -len(row))
    while True:
        best, pair = 1.0, (-1, -1)
        for i, one in enumerate(rows):
            for j in range(i + 1, len(rows)):
                other = rows[j]
                if (
                    peaks.image[one[0]] != peaks.image[other[0]]
                    or np.intersect1d(peaks.lane[one], peaks.lane[other]).size
                ):
                    continue
                sigma = float(np.sqrt(np.median(peaks.sigma[one]) * np.median(peaks.sigma[other])))
                miss = abs(_distance(one, other, flat, peaks)) / (_ONE_PLACE * sigma)
                if miss < best:
                    best, pair = miss, (i, j)
        if pair[0] < 0:
            return rows
        rows[pair[0]] = np.concatenate([rows[pair[0]], rows.pop(pair[1])])


def follow_rows(peaks: Peaks, flat: FloatArray, col: FloatArray) -> list[npt.NDArray[np.intp]]:
    """Gather the peaks of every image into rows.

    Parameters
    ----------
    peaks : Peaks
        Peaks that look like bands.
    flat, col : ndarray of shape (n,)
        Row of each peak with the smile taken out, and its column on the canvas [px].

    Returns
    -------
    list of ndarray
        Indices of each row's peaks; each row is of one image.
    """
    rows = _united([np.array(row, np.intp) for row in _joined(peaks, _links(peaks, flat, col))], peaks, flat)
    rows = [row for row in rows if np.mean(peaks.contrast[row] >= _CLEAR) >= _CLEAR_SHARE]
    return believed_rows(rows, peaks, flat)


def complete_rows(
    rows: list[npt.NDArray[np.intp]], peaks: Peaks, flat: FloatArray, like: int
) -> list[npt.NDArray[np.intp]]:
    """Add peaks that do not stand free where a row passes that neighbouring lanes show.

    A bubble, a slope of the ground or a strong band may hide one side of a band, and bands may touch.

    Parameters
    ----------
    rows : list of ndarray
        Rows of single images.
    peaks : Peaks
        All peaks, those that look like bands first.
    flat : ndarray of shape (n,)
        Row of each peak with the smile taken out [px].
    like : int
        How many look like bands.
    """
    clear = peaks.contrast >= np.where(peaks.rise >= _LEAST_RISE, _TOUCHING, _CLEAR)
    clear &= (peaks.margin > _LEAST_MARGIN) & (peaks.steep < _TOO_STEEP)
    hidden = np.flatnonzero(clear & (peaks.score > _HIDDEN) & (np.arange(len(clear)) >= like))
    added: dict[int, list[int]] = {}
    for index in hidden[np.argsort(-peaks.score[hidden], kind="stable")]:
        misses = [_miss(row, index, peaks, flat) for row in rows]
        best = int(np.argmin(misses)) if misses else -1
        if best >= 0 and misses[best] < 1.0 and peaks.lane[index] not in peaks.lane[added.get(best, [])]:
            added.setdefault(best, []).append(int(index))
    return [np.append(row, np.array(added.get(number, []), np.intp)) for number, row in enumerate(rows)]


def _miss(row: npt.NDArray[np.intp], index: np.intp, peaks: Peaks, flat: FloatArray) -> float:
    """How far a peak lies off a row that neighbouring lanes show, 1 at most; infinite where they show none."""
    apart = np.abs(peaks.lane[row] - peaks.lane[index])
    near = row[apart <= SUPPORT]
    if peaks.image[row[0]] != peaks.image[index] or len(near) < NEIGHBOURS or apart.min() == 0:
        return float("inf")
    sigma = float(np.median(peaks.sigma[near]))
    if peaks.contrast[index] < _LEAST_CONTRAST and abs(np.log(peaks.sigma[index] / sigma)) > _LIKE:
        return float("inf")  # light that has spread from a neighbour
    place = np.average(flat[near], weights=np.minimum(peaks.score[near], 30.0))
    return float(abs(flat[index] - place) / max(_LEAST_WANDER, _PASSING * sigma))


def _distance(one: npt.NDArray[np.intp], other: npt.NDArray[np.intp], flat: FloatArray, peaks: Peaks) -> float:
    """How much lower the second row lies where both are seen, or nearest to it [px]."""
    apart = np.abs(peaks.lane[one][:, None] - peaks.lane[other][None, :])
    near = np.exp(-apart / 1.0) * np.minimum(peaks.score[one], 30.0)[:, None] * np.minimum(peaks.score[other], 30.0)
    return float((near * (flat[other][None, :] - flat[one][:, None])).sum() / near.sum())


def _usual_shift(matches: list[tuple[float, float]], softness: float) -> float:
    """Shift of an image under which most rows fall on rows of the others, near zero when in doubt [px]."""
    if not matches:
        return 0.0
    shifts, weights = np.array(matches).T
    votes = np.exp(-0.5 * ((shifts[:, None] - shifts[None, :]) / (0.5 * softness)) ** 2) @ weights
    votes *= np.exp(-0.5 * (shifts / (2.0 * softness)) ** 2)
    near = np.exp(-0.5 * ((shifts - shifts[np.argmax(votes)]) / (0.5 * softness)) ** 2) * weights
    return float((near * shifts).sum() / near.sum())


def unite_images(rows: Sequence[npt.NDArray[np.intp]], peaks: Peaks, flat: FloatArray, images: int) -> list[Row]:
    """Make one row of those of several images that lie at one place, from top to bottom.

    An image may be shifted a little against the first one; the shift that most rows share is taken out first.

    Parameters
    ----------
    rows : sequence of ndarray
        Rows of single images.
    peaks : Peaks
        Peaks that look like bands.
    flat : ndarray of shape (n,)
        Row of each peak with the smile taken out [px].
    images : int
        Number of images of the membrane.
    """
    united = [[row] for row in rows if peaks.image[row[0]] == 0]
    for image in range(1, images):
        own = [row for row in rows if peaks.image[row[0]] == image]
        sigma = float(np.median([np.median(peaks.sigma[row]) for row in rows])) if rows else 1.0
        near = [
            (_distance(np.concatenate(group), row, flat, peaks), _weight(row, peaks)) for group in united for row in own
        ]
        shift = _usual_shift([pair for pair in near if abs(pair[0]) < 3.0 * sigma], _SAME_ROW * sigma)
        pairs = [
            (abs(_distance(np.concatenate(group), row, flat, peaks) - shift), i, j)
            for i, group in enumerate(united)
            for j, row in enumerate(own)
        ]
        taken_groups, taken_rows = set(), set()
        for miss, i, j in sorted(pairs):
            if miss < _SAME_ROW * sigma and i not in taken_groups and j not in taken_rows:
                united[i].append(own[j])
                taken_groups.add(i)
                taken_rows.add(j)
        united += [[row] for j, row in enumerate(own) if j not in taken_rows]
    made = [_row(group, peaks, flat, images) for group in united]
    return sorted(made, key=lambda row: float(np.median(flat[row.members] - row.shift[peaks.image[row.members]])))


def whole_rows(
    rows: Sequence[Row], peaks: Peaks, flat: FloatArray, smile: Smile, col: Sequence[FloatArray], room: Sequence[Room]
) -> list[Row]:
    """Leave out rows that the end of the membrane or of the picture cuts off in most lanes.

    Parameters
    ----------
    rows : sequence of Row
        Rows of the membrane.
    peaks, flat
        As in `unite_images`.
    smile : Smile
        How the membrane's rows bend.
    col : sequence of ndarray of shape (n,)
        Column of each lane's centre on the canvas, one array an image [px].
    room : sequence of Room
        Room along the lanes of each image.
    """
    kept = []
    for row in rows:
        sigma = float(np.median(peaks.sigma[row.members]))
        cut: list[bool] = []
        for image, (across, free) in enumerate(zip(col, room, strict=True)):
            places = row.predict(len(across), image, flat, peaks) + smile(across)
            cut += (free.at(places) < _CUT * sigma).tolist()
        if np.mean(cut) <= _CUT_SHARE:
            kept.append(row)
    return kept


def _weight(row: npt.NDArray[np.intp], peaks: Peaks) -> float:
    return float(np.log1p(peaks.score[row]).sum())


def _row(group: list[npt.NDArray[np.intp]], peaks: Peaks, flat: FloatArray, images: int) -> Row:
    """Unite the rows of a group; images without a band of this row are taken to lie like the first that has one."""
    shift = np.zeros(images)
    for row in group[1:]:
        shift[peaks.image[row[0]]] = _distance(group[0], row, flat, peaks)
    return Row(np.concatenate(group), shift)
