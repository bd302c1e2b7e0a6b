"""Profiles along lanes: the picture sampled on each lane's own centre line, five strips a lane and three a gap."""

from __future__ import annotations

import functools
from dataclasses import dataclass

import cv2
import numpy as np
import numpy.typing as npt
import pandas as pd

from ..blot import Blot, FloatArray
from ..bulges import Picture, bulge, scales_for
from ..evidence import Seen
from ..filter_noise import GREY_FLOOR, Light, chance_of, noise_of
from ..geometry import evaluate_curve, parse_curve, to_upright

__all__ = ["LaneProfiles", "Track", "lane_profiles", "lane_tracks"]

_STRIPS = np.array([-0.3, -0.15, 0.0, 0.15, 0.3])  # places of a lane's strips, as shares of its width
_GAP = np.array([0.84, 1.0, 1.16])  # places of a gap's strips, as shares of its distance from the lane's centre
_LENGTH = 20.0  # length of a lane in half thicknesses of its broadest bands, at least
_BROAD = 9.0  # half thickness from which a row of bands may fill a picture [px]
_SHAPE = 0.03  # part of a strong band's bulge that its own shape may put beside it
_WIDEST_GAP = 1.3  # distance between lanes beyond which the gap lies at the usual distance


@dataclass(frozen=True)
class Track:
    """Lanes of one image in its upright pixels.

    Parameters
    ----------
    lane : ndarray of shape (n,)
        Lane numbers.
    column : ndarray of shape (n, H)
        Column of each lane's centre line at every row [px].
    width : ndarray of shape (n,)
        Width of each lane [px].
    """

    lane: np.ndarray
    column: FloatArray
    width: FloatArray

    @property
    def pitch(self) -> float:
        """Usual distance between neighbouring lanes [px]."""
        middle = self.column[:, self.column.shape[1] // 2]
        return float(np.median(np.diff(middle))) if len(middle) > 1 else float(1.4 * self.width[0])


def lane_tracks(blot: Blot, lanes: pd.DataFrame) -> Track:
    """Bring the lanes of an image upright, in order of their numbers."""
    own = to_upright(lanes[lanes["image"] == blot.name].sort_values("lane"), blot.frame)
    rows = np.arange(blot.shape[0], dtype=float)
    curves = [parse_curve(text) for text in own["curve"].tolist()]
    alike: dict[bytes, list[int]] = {}  # lanes whose points lie at the same rows: usually all
    for number, points in enumerate(curves):
        alike.setdefault(points[:, 0].tobytes(), []).append(number)
    columns = np.empty((len(curves), len(rows)))
    for numbers in alike.values():
        across = np.stack([curves[number][:, 1] for number in numbers], axis=1)
        columns[numbers] = evaluate_curve(curves[numbers[0]][:, 0], across, rows).T
    return Track(own["lane"].to_numpy(), columns, own["width"].to_numpy(float))


@dataclass(frozen=True)
class Room:
    """How far a lane goes on from each of its rows.

    Parameters
    ----------
    distance : ndarray of shape (H, n)
        Distance along the lane to the next row that is off the membrane or out of the picture [px].
    top : int
        Row of the image's first pixel on the canvas [px].
    """

    distance: FloatArray
    top: int

    def at(self, rows: FloatArray) -> FloatArray:
        """Room at a row of the canvas in each lane; negative outside of the image [px]."""
        own = np.round(rows).astype(np.intp) - self.top
        inside = (own >= 0) & (own < len(self.distance))
        free: FloatArray = self.distance[np.where(inside, own, 0), np.arange(len(rows))]
        return np.where(inside, free, -1.0)


@dataclass(frozen=True)
class LaneProfiles:
    """Evidence along the lanes of one image.

    Parameters
    ----------
    height : ndarray of shape (k, H, n)
        Bulge of the lane, the median of its strips, at every half thickness [span].
    noise : ndarray of shape (k, H, n)
        Noise of `height` [span].
    gap : ndarray of shape (k, H, n)
        Bulge of the quieter of both gaps [span].
    strips : ndarray of shape (k, H, n, 5)
        Bulge of the lane's single strips [span].
    chance : ndarray of shape (H, n)
        Chance variation of the difference in brightness between lane and gap [span].
    brightness : ndarray of shape (H, n)
        Median of the lane's strips [span].
    gap_brightness : ndarray of shape (H, n, 2)
        Brightness of the darkest strip of the left and of the right gap [span].
    room : ndarray of shape (H, n)
        Distance along the lane to where the membrane or the picture ends [px].
    sigmas : ndarray of shape (k,)
        Half thicknesses [px].
    """

    height: Picture
    noise: Picture
    gap: Picture
    strips: Picture
    chance: Picture
    brightness: Picture
    gap_brightness: Picture
    room: FloatArray
    sigmas: FloatArray

    @functools.cached_property
    def score(self) -> Picture:
        """Evidence at every half thickness, where a strong band nearby counts as noise by what its shape may leave."""
        scores = []
        for height, noise, sigma in zip(self.height, self.noise, self.sigmas, strict=True):
            strongest = cv2.dilate(np.maximum(height, 0.0), np.ones((2 * int(4 * sigma) + 1, 1), np.uint8))
            strongest = np.asarray(strongest, np.float32).reshape(height.shape)
            # the strongest itself is judged by its own noise
            scores.append(height / np.sqrt(noise**2 + np.where(height < strongest, _SHAPE * strongest, 0.0) ** 2))
        return np.stack(scores)


def _gap_distances(track: Track) -> tuple[FloatArray, FloatArray]:
    """Half the distance to the left and to the right neighbour at every row, shape (n, H) [px]."""
    usual = np.full((1, track.column.shape[1]), track.pitch)
    space = np.diff(track.column, axis=0)
    left, right = np.concatenate([usual, space]), np.concatenate([space, usual])
    widest = _WIDEST_GAP * track.pitch
    return 0.5 * np.where(left > widest, track.pitch, left), 0.5 * np.where(right > widest, track.pitch, right)


def _room(off: npt.NDArray[np.bool_], track: Track) -> FloatArray:
    """Distance along each lane to the next row that is off the membrane or out of the picture, shape (H, n) [px]."""
    rows, cols = off.shape
    at = np.clip(np.round(track.column).astype(np.intp), 0, cols - 1)
    ends = np.pad(off[np.arange(rows), at].T, ((1, 1), (0, 0)), constant_values=True)
    number = np.arange(rows + 2)[:, None]
    before = np.maximum.accumulate(np.where(ends, number, 0), axis=0)
    after = np.minimum.accumulate(np.where(ends, number, rows + 1)[::-1], axis=0)[::-1]
    return np.asarray(np.minimum(number - before, after - number)[1:-1] - 1.0, dtype=np.float64)


def _sample(calm: Picture, track: Track) -> Picture:
    """Sample a picture on all strips, shape (H, n, 11): five of the lane, three of each gap."""
    size = max(1, round(0.15 * float(np.median(track.width))))
    smooth = cv2.blur(calm, (size + 1 - size % 2, 1))
    left, right = _gap_distances(track)
    offsets = np.concatenate(
        [
            _STRIPS[:, None, None] * track.width[:, None] * np.ones_like(left),
            -_GAP[:, None, None] * left,
            _GAP[:, None, None] * right,
        ]
    )
    at = np.moveaxis(track.column + offsets, (0, 1, 2), (2, 1, 0))
    rows = len(at)
    down = np.broadcast_to(np.arange(rows, dtype=np.float32)[:, None], (rows, at[0].size))
    values = cv2.remap(
        smooth,
        at.reshape(rows, -1).astype(np.float32),
        np.ascontiguousarray(down),
        interpolation=cv2.INTER_LINEAR,
        borderMode=cv2.BORDER_REPLICATE,
    )
    return np.asarray(values, np.float32).reshape(at.shape)


def _median_of_five(strips: Picture) -> Picture:
    """Median over the last axis, which holds five."""
    a, b, c, d, e = (strips[..., place] for place in range(5))
    low = np.maximum(np.minimum(a, b), np.minimum(d, e))
    high = np.minimum(np.maximum(a, b), np.maximum(d, e))
    return np.clip(c, np.minimum(low, high), np.maximum(low, high))


def _least_of_three(strips: Picture) -> Picture:
    """Least over the last axis, which holds three."""
    return np.minimum(np.minimum(strips[..., 0], strips[..., 1]), strips[..., 2])


def _quiet_gap(response: Picture, reach: int) -> Picture:
    """Bulge of the quieter gap: the least over a gap's strips, the most over the rows that a sloping band may take."""
    rows = np.ones((2 * reach + 1, 1), np.uint8)
    sides = [cv2.dilate(_least_of_three(part), rows) for part in (response[..., 5:8], response[..., 8:11])]
    return np.maximum(np.minimum(*sides), 0.0).astype(np.float32).reshape(response.shape[:2])


def lane_profiles(blot: Blot, track: Track) -> LaneProfiles:
    """Compute the evidence for bands along every lane of an image.

    Parameters
    ----------
    blot : Blot
        Upright, bright = protein.
    track : Track
        Its lanes.
    """
    seen = Seen.of(blot)
    values = _sample(seen.calm.full, track)
    rows, lanes, strips = values.shape
    flat = values.reshape(rows, -1)
    sigmas = scales_for(rows, 0.45 * track.pitch, _LENGTH)
    reach = int(np.ceil(0.05 * track.pitch))
    brightness = _median_of_five(values[..., :5])
    level = cv2.blur(np.ascontiguousarray(brightness), (1, 61 if rows > 61 else 2 * (rows // 2) + 1))
    level = np.asarray(level, np.float32).reshape(rows, lanes)
    chance = chance_of(seen.noise, level)
    light = Light.of(level, chance)
    wide = max(1.0, 0.5 * float(np.median(track.width)))
    floor = GREY_FLOOR * seen.noise.quantum / float(np.sqrt(wide))
    responses = np.stack([bulge(flat, sigma) for sigma in sigmas]).reshape(-1, rows, lanes, strips)
    height = _median_of_five(responses[..., :5])
    calm = np.asarray(cv2.blur(flat, (1, 3)), np.float32).reshape(values.shape)
    return LaneProfiles(
        height=height,
        noise=noise_of(height, light, sigmas, pixels=wide, floor=floor, grey=seen.noise.quantum, broad=_BROAD),
        gap=np.stack([_quiet_gap(response, reach) for response in responses]),
        strips=responses[..., :5],
        chance=2.0 * chance / float(np.sqrt(wide)),
        brightness=brightness,
        gap_brightness=np.stack([_least_of_three(calm[..., 5:8]), _least_of_three(calm[..., 8:11])], axis=-1),
        room=_room(seen.off, track),
        sigmas=np.array(sigmas),
    )
