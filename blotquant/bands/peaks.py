"""Peaks along lanes: bands as they stand out in single lanes, before rows are followed."""

from __future__ import annotations

import functools
from dataclasses import dataclass

import cv2
import numpy as np
import numpy.typing as npt

from ..blot import FloatArray
from ..bulges import Picture
from .profiles import LaneProfiles

__all__ = ["FAINT", "Peaks", "find_peaks", "level_rise"]

FAINT = 4.0
"""Evidence below which a peak is not looked at."""

_LUMP = 0.1  # part of a band's bulge that may vary
_RELIEF = 0.04  # part of a band's height that may vary by chance from lane to gap
_VALLEY = -0.05  # bulge between two bands as a share of the lesser one's, at most: flat-topped bands have about 0
_FLAT = 0.95  # brightness of a flat top as a share of its brightest row
_BROAD = 0.8  # half width of such a top as a share of the half thickness, from which it is flat
_DIP = 0.8  # least brightness between two bands as a share of the dimmer one's, which is enough to part them
_ONE_TOP = 0.97  # brightness between two bands as a share of the brighter one's, at most
_BLEND = 0.9  # and below which they may be two that blend
_ASIDE = 6.0  # distance of another band that a peak has nothing to do with [reaches]
_SURE = 7.0  # evidence from which a peak may part a band in two
_STEEPEST = 0.15  # slope of a band's ridge inside its lane [px/px], at most
_TRIES = np.linspace(-0.6, 0.6, 25)  # slopes that are tried [px/px]

Indices = npt.NDArray[np.intp]


@dataclass(frozen=True)
class Peaks:
    """Peaks of the evidence along the lanes of a membrane's images.

    Parameters
    ----------
    image, lane : ndarray of shape (n,)
        Which image and which lane (index, from 0).
    row : ndarray of shape (n,)
        Place along the run on the canvas [px].
    score : ndarray of shape (n,)
        Evidence in units of noise.
    contrast : ndarray of shape (n,)
        Bulge above the quieter gap, in units of noise and lumps.
    sigma : ndarray of shape (n,)
        Half thickness [px].
    slope : ndarray of shape (n,)
        Slope of the ridge across the lane [px/px].
    steep : ndarray of shape (n,)
        How much more the lane's strips add up to along a steeper line than any row's: scratches do.
    over, under : ndarray of shape (n,)
        Height over what lies above and below, less a slope that goes on farther out [span].
    height : ndarray of shape (n,)
        Brightness over the mean of what lies above and below [span].
    margin : ndarray of shape (n,)
        Distance from where the membrane or the picture ends [half thicknesses].
    blended : ndarray of bool of shape (n,)
        Two bands that are too close to part.
    """

    image: Indices
    lane: Indices
    row: FloatArray
    score: FloatArray
    contrast: FloatArray
    sigma: FloatArray
    slope: FloatArray
    steep: FloatArray
    over: FloatArray
    under: FloatArray
    height: FloatArray
    margin: FloatArray
    blended: npt.NDArray[np.bool_]

    @classmethod
    def united(cls, peaks: list[Peaks]) -> Peaks:
        """Put the peaks of several images together."""
        return cls(*(np.concatenate([getattr(some, name) for some in peaks]) for name in cls.__dataclass_fields__))

    @property
    def rise(self) -> FloatArray:
        """Height over the brighter of what lies above and below, as a share of that over the darker."""
        return level_rise(self.over, self.under)

    def taken(self, which: npt.ArrayLike) -> Peaks:
        """Return some of the peaks."""
        return Peaks(*(getattr(self, name)[which] for name in self.__dataclass_fields__))


def _is_peak(score: Picture) -> npt.NDArray[np.bool_]:
    inner = score[..., 1:-1, :]
    peak = np.zeros(score.shape, bool)
    peak[..., 1:-1, :] = (inner >= score[..., :-2, :]) & (inner > score[..., 2:, :]) & (inner > FAINT)
    return peak


@dataclass
class _Band:
    """A band of one lane while its peaks are gathered: where it is best seen, and whether finer scales part it."""

    scale: int
    row: int
    score: float
    parted: bool = False
    blended: bool = False


@dataclass(frozen=True)
class _Column:
    """One lane at one half thickness, as plain numbers: short stretches of them are looked at many times."""

    bulges: Picture
    brightness: Picture
    sigma: float

    @functools.cached_property
    def height(self) -> list[float]:
        """Bulges as plain numbers, made only where they are asked for."""
        numbers: list[float] = self.bulges.tolist()
        return numbers

    @functools.cached_property
    def light(self) -> list[float]:
        """Brightness as plain numbers."""
        numbers: list[float] = self.brightness.tolist()
        return numbers

    @functools.cached_property
    def darkest(self) -> float:
        """Least brightness of the lane [span]."""
        return float(self.brightness.min())

    def parted(self, one: int, other: int) -> tuple[bool, bool]:
        """Whether two peaks are two bands, and if not, whether they are two that blend."""
        top, bottom = sorted((one, other))
        # far apart, any dark row between tells; the darkest of the lane stands in for that nearby
        dimmer, deep = min(self.light[top], self.light[bottom]), min(self.light[top : bottom + 1 : 8])
        if deep - self.darkest < _DIP * (dimmer - self.darkest):
            return True, False
        hollowest = min(self.height[top : bottom + 1])
        between = self.height.index(hollowest, top)
        lesser = min(self.height[top], self.height[bottom])
        reach = int(4 * self.sigma) + 2
        base = min(self.light[max(0, top - reach) : bottom + reach + 1])
        shoulders = (self.light[top] - base, self.light[bottom] - base)
        dips = min(self.light[top : bottom + 1]) - base < _DIP * min(shoulders)
        # a flat-topped or saturated band bulges at both shoulders and is brightest between them
        hollow = hollowest <= _VALLEY * lesser and self.light[between] - base <= _ONE_TOP * max(shoulders)
        return dips or hollow, hollowest < _BLEND * lesser


def _is_lone(nearest: list[_Band], scale: int, row: int, reach: float) -> bool:
    """Whether a peak covers a finer one of a band that has no other near it, as most do."""
    if not nearest or nearest[0].scale == scale or abs(nearest[0].row - row) > reach:
        return False
    return all(abs(band.row - row) > _ASIDE * reach for band in nearest[1:])


def _take(band: _Band, scale: int, row: int, score: float, *, moves: bool = True) -> None:
    """Let a band be where a stronger peak shows it, unless finer scales have parted it."""
    if score > band.score:
        if moves and not band.parted:
            band.scale, band.row = scale, row
        band.score = score


def _join(bands: list[_Band], column: _Column, scale: int, row: int, score: float) -> None:
    """Give a peak to the band that it belongs to, or start a new one.

    Peaks are two bands when the bulge between them is hollow; a coarser peak belongs to the finer ones that it covers.
    """
    reach = 1.5 * column.sigma + 1.0
    nearest = sorted(bands, key=lambda band: abs(band.row - row))
    if _is_lone(nearest[:3], scale, row, reach):
        _take(nearest[0], scale, row, score)
        return
    verdicts = [(band, *column.parted(band.row, row)) for band in nearest[:3]]
    covered = [band for band in nearest if band.scale != scale and abs(band.row - row) <= reach]
    joined = [band for band, parted, _ in verdicts if not parted or band in covered]
    if not joined:
        near = [band for band in nearest if band.scale == scale and abs(band.row - row) <= 3.0 * reach]
        if near and score < _SURE:
            return
        for band in near:
            band.parted = True
        bands.append(_Band(scale, row, score, parted=bool(near)))
        return
    band = joined[0]
    band.blended |= score > _SURE and any(
        blended for other, _, blended in verdicts if other is band and other.scale == scale
    )
    _take(band, scale, row, score, moves=len(joined) == 1)


def _gather(profiles: LaneProfiles) -> list[tuple[int, _Band]]:
    """Gather the peaks of all scales, fine to coarse and strong to weak, into bands of each lane."""
    scales, rows, lanes = np.nonzero(_is_peak(profiles.score))
    strength = profiles.score[scales, rows, lanes]
    order = np.lexsort((rows, -strength, scales, lanes))
    found = zip(*(values[order].tolist() for values in (lanes, scales, rows, strength)), strict=True)
    bands: dict[int, list[_Band]] = {}
    columns: dict[tuple[int, int], _Column] = {}
    for lane, scale, row, score in found:
        if (lane, scale) not in columns:
            columns[lane, scale] = _Column(
                profiles.height[scale, :, lane], profiles.brightness[:, lane], float(profiles.sigmas[scale])
            )
        _join(bands.setdefault(lane, []), columns[lane, scale], scale, row, score)
    return [(lane, band) for lane, own in bands.items() for band in own]


def _refined(values: Picture, scale: Indices, row: Indices, lane: Indices) -> FloatArray:
    """Place of each peak between rows, by a parabola through three values [px]."""
    above, here, below = (values[scale, row + by, lane].astype(float) for by in (-1, 0, 1))
    bend = above - 2.0 * here + below
    shift = np.divide(0.5 * (above - below), bend, out=np.zeros_like(bend), where=bend < 0)
    return np.asarray(row + np.clip(shift, -0.5, 0.5), dtype=np.float64)


def _slopes(
    profiles: LaneProfiles, scale: Indices, row: Indices, lane: Indices, spacing: FloatArray
) -> tuple[FloatArray, FloatArray]:
    """Slope along which a band's strips add up to most [px/px], and how much more than along usual slopes."""
    rows = profiles.height.shape[1]
    place = spacing[lane][:, None, None] * np.arange(-2.0, 3.0)
    at = row[:, None, None] + _TRIES[:, None] * place
    low = np.clip(np.floor(at).astype(np.intp), 0, rows - 2)
    part = np.clip(at - low, 0.0, 1.0)
    strip = np.broadcast_to(np.arange(5), at.shape)
    where = (scale[:, None, None], low, lane[:, None, None], strip)
    next_row = (scale[:, None, None], low + 1, lane[:, None, None], strip)
    # the median: a speck on one strip must not turn the ridge
    along = np.median((1.0 - part) * profiles.strips[where] + part * profiles.strips[next_row], axis=2)
    usual = along[:, np.abs(_TRIES) <= _STEEPEST]
    best = usual.max(axis=1)
    excess = along.max(axis=1) / np.where(best > 0, best, np.inf)
    slopes: FloatArray = _TRIES[np.abs(_TRIES) <= _STEEPEST][np.argmax(usual, axis=1)]
    return slopes, excess


def level_rise(over: FloatArray, under: FloatArray) -> FloatArray:
    """Return the lesser of two heights as a share of the larger; −1 where neither rises."""
    more = np.maximum(over, under)
    rises: FloatArray = np.where(more > 0, np.minimum(over, under) / np.where(more > 0, more, 1.0), -1.0)
    return rises


def _rises(profiles: LaneProfiles, row: Indices, lane: Indices, sigma: FloatArray) -> tuple[FloatArray, FloatArray]:
    """Height over what lies above and over what lies below [span].

    A slope that goes on farther above and below is taken out: a step, as at the rim of the membrane, does not.
    """
    rows = len(profiles.brightness)
    smooth = cv2.blur(profiles.brightness, (1, 3)).reshape(profiles.brightness.shape).astype(float)
    away = np.round(2.5 * sigma + 1.5).astype(np.intp)
    above2, above, here, below, below2 = (
        smooth[np.clip(row + by * away, 0, rows - 1), lane] for by in (-2, -1, 0, 1, 2)
    )
    slopes = np.stack([above - above2, below2 - below])
    slope = np.where(np.prod(slopes, axis=0) > 0, np.sign(slopes[0]) * np.abs(slopes).min(axis=0), 0.0)
    return here - above - slope, here - below + slope


def _thickness(profiles: LaneProfiles, scale: Indices, row: Indices, lane: Indices) -> FloatArray:
    """Half thickness of each band: where its bulge ends on both sides, less the smoothing [px]."""
    rows, reach = profiles.height.shape[1], int(3 * profiles.sigmas[-1])
    ends = []
    for side in (-1, 1):
        window = np.clip(row[:, None] + side * np.arange(reach + 1), 0, rows - 1)
        values = profiles.height[scale[:, None], window, lane[:, None]]
        negative = values <= 0
        first = np.where(negative.any(axis=1), np.argmax(negative, axis=1), reach)
        which = np.arange(len(row))
        inner, outer = values[which, np.maximum(first - 1, 0)], values[which, first]
        part = np.divide(inner, inner - outer, out=np.ones_like(inner), where=inner > outer)
        ends.append(first - 1 + part)
    total = 0.5 * (ends[0] + ends[1])
    smoothing = profiles.sigmas[scale]
    thickness: FloatArray = np.sqrt(np.maximum(total**2 - smoothing**2, 0.25 * smoothing**2))
    return thickness


def _heights(profiles: LaneProfiles, row: Indices, lane: Indices, sigma: FloatArray) -> tuple[FloatArray, FloatArray]:
    """Height of the lane over its surroundings above and below [span], and less that of the quieter gap [chance]."""
    rows = len(profiles.brightness)
    away = np.round(3.0 * sigma + 1.0).astype(np.intp)
    above, below = np.clip(row - away, 0, rows - 1), np.clip(row + away, 0, rows - 1)
    light, gaps = profiles.brightness, profiles.gap_brightness
    height = light[row, lane] - 0.5 * (light[above, lane] + light[below, lane])
    near = [gaps[np.clip(row + by, 0, rows - 1), lane] for by in (-3, 0, 3)]
    gap = (np.max(near, axis=0) - 0.5 * (gaps[above, lane] + gaps[below, lane])).min(axis=1)
    chance = np.sqrt(profiles.chance[row, lane] ** 2 + (_RELIEF * np.maximum(height, 0.0)) ** 2)
    return height.astype(float), ((height - np.maximum(gap, 0.0)) / chance).astype(float)


def _run(above: npt.NDArray[np.bool_], start: Indices) -> tuple[Indices, Indices]:
    """First and last column of the run of true values that holds a start, row by row; ends of the window count."""
    column = np.arange(above.shape[1])
    left = np.where(~above & (column < start[:, None]), column, -1).max(axis=1) + 1
    right = np.where(~above & (column > start[:, None]), column, above.shape[1]).min(axis=1) - 1
    return left, right


def _plateaus(
    profiles: LaneProfiles, row: Indices, lane: Indices, sigma: FloatArray, score: FloatArray
) -> tuple[FloatArray, FloatArray, npt.NDArray[np.bool_]]:
    """Place and half thickness of bands [px]: of the whole top where it is flat and was found at a shoulder.

    Third, which of them are no bands of their own, since they lie on the flat top of a stronger one.
    """
    reach = np.round(2.0 * sigma).astype(np.intp) + 1
    far = int(max(3.0 * profiles.sigmas[-1], 5.0 * sigma.max(initial=0.0)))
    by = np.arange(-far, far + 1)
    light = profiles.brightness[np.clip(row[:, None] + by, 0, len(profiles.brightness) - 1), lane[:, None]]
    inner = np.abs(by) <= reach[:, None]
    top, base = np.where(inner, light, -np.inf).max(axis=1), np.where(inner, light, np.inf).min(axis=1)
    above = light - base[:, None] > _FLAT * (top - base)[:, None]
    nearest = np.argmin(np.where(above & inner, np.abs(by), 2 * far), axis=1)
    left, right = _run(above, nearest)
    half = 0.5 * (right - left)
    start, end = row - far + left, row - far + right
    within = (row[None, :] >= start[:, None]) & (row[None, :] <= end[:, None]) & (lane[:, None] == lane[None, :])
    stronger = within & (score[None, :] > score[:, None])
    enclosed = (left > 0) & (right < 2 * far) & (start > 0) & (end < len(profiles.brightness) - 1)
    flat = enclosed & ~stronger.any(axis=1) & (~above[:, far] | (half > _BROAD * sigma))
    middle = 0.5 * (start + end)
    part = (within & flat[:, None] & (score[None, :] < score[:, None])).any(axis=0)
    return np.where(flat, middle, row), np.where(flat, np.maximum(sigma, half + 1.0), sigma), part


def find_peaks(profiles: LaneProfiles, spacing: FloatArray, image: int, offset: float) -> Peaks:
    """Find bands in every lane of an image.

    Parameters
    ----------
    profiles : LaneProfiles
        Evidence along the lanes.
    spacing : ndarray of shape (n,)
        Distance between the strips of each lane [px].
    image : int
        Number of the image on its membrane.
    offset : float
        Row of the image's first pixel on the canvas [px].
    """
    gathered = _gather(profiles)
    lane = np.array([lane for lane, _ in gathered], np.intp)
    scale = np.array([band.scale for _, band in gathered], np.intp)
    row = np.array([band.row for _, band in gathered], np.intp)
    height, noise = profiles.height[scale, row, lane], profiles.noise[scale, row, lane]
    contrast = (height - profiles.gap[scale, row, lane]) / np.sqrt(noise**2 + (_LUMP * height) ** 2)
    sigma = _thickness(profiles, scale, row, lane).astype(float)
    score = np.array([band.score for _, band in gathered], float)
    slope, steep = _slopes(profiles, scale, row, lane, spacing)
    place, sigma, part = _plateaus(profiles, row, lane, sigma, score)
    exact = np.where(place == row, _refined(profiles.height, scale, row, lane), place)
    row = np.round(place).astype(np.intp)
    tall, clear = _heights(profiles, row, lane, sigma)
    over, under = _rises(profiles, row, lane, sigma)
    margin = profiles.room[row, lane] / np.maximum(sigma, profiles.sigmas[scale])
    found = Peaks(
        image=np.full(len(row), image, np.intp),
        lane=lane,
        row=exact + offset,
        score=score,
        contrast=np.maximum(contrast, clear).astype(float),
        sigma=sigma,
        slope=slope,
        steep=steep,
        over=over,
        under=under,
        height=tall,
        margin=margin,
        blended=np.array([band.blended for _, band in gathered], bool),
    )
    return found.taken(~part)
