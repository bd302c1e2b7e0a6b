"""Centre lines and widths of lanes: where bands end on both sides, on curves that all lanes share.

Lanes of one membrane lean, fan out and bow together: the centre of lane k at row y is
``c_k + t·(a + b·ξ) + t²·d`` with t the distance from the middle row and ξ that of the lane from the middle column.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from ..blot import FloatArray
from .second_look import Look
from .votes import Votes

__all__ = ["SPECK", "Comb", "Marks", "along_ridge", "fit_comb", "mark_bands"]

_IN_LANE = 0.3  # distance from a lane's centre within which places are its own, as a share of the pitch
_LEAN_SD = 0.03  # usual lean of lanes, and of its change towards the sides [px/px]
_PLACE_SD = 0.15  # error of a lane's place so far, as a share of the pitch
_BOW_SD = 0.01  # usual bow, as a share of the length of the lanes
_MARK_SD = 0.07  # error of one band's middle, as a share of the pitch
_HUBER = 1.5

SPECK = 0.5
"""Width of a mark as a share of the usual one below which it is a speck that tells no middle."""

_STEEPEST = 0.2  # climb or fall of a row that is followed from strip to strip [px/px]
_DIP = 0.9  # evidence between two bands that touch, as a share of the lesser one's, at most


@dataclass(frozen=True)
class Comb:
    """The lanes of a membrane as curves.

    Parameters
    ----------
    centre : ndarray of shape (n,)
        Column of each lane at the middle row [px].
    lean, fan, bow : float
        Coefficients a, b and d of the shared curve, with t and ξ from −1 to 1 [px].
    shape : (int, int)
        Size of the canvas [px].
    """

    centre: FloatArray
    lean: float
    fan: float
    bow: float
    shape: tuple[int, int]

    def offset(self, row: npt.ArrayLike, col: npt.ArrayLike) -> FloatArray:
        """How far a lane at column `col` of the middle row lies to the right at `row` [px]."""
        t = 2.0 * np.asarray(row, float) / max(1, self.shape[0] - 1) - 1.0
        xi = 2.0 * np.asarray(col, float) / max(1, self.shape[1] - 1) - 1.0
        return t * (self.lean + self.fan * xi) + t**2 * self.bow

    def columns(self, row: npt.ArrayLike) -> FloatArray:
        """Column of every lane at the given rows, shape (n, number of rows) [px]."""
        at = np.atleast_1d(np.asarray(row, float))
        return self.centre[:, None] + self.offset(at[None, :], self.centre[:, None])

    def flattened(self, row: FloatArray, col: FloatArray) -> FloatArray:
        """Column at the middle row of the lane that runs through each point [px]."""
        return col - self.offset(row, col - self.offset(row, col))

    def lane_of(self, row: FloatArray, col: FloatArray, pitch: float) -> npt.NDArray[np.intp]:
        """Index of the lane that each place lies in, −1 where it lies in none."""
        off = np.abs(self.flattened(row, col)[:, None] - self.centre[None, :])
        return np.where(off.min(axis=1) < _IN_LANE * pitch, np.argmin(off, axis=1), -1)


@dataclass(frozen=True)
class Marks:
    """Bands seen in lanes, with their two ends.

    Parameters
    ----------
    row, left, right : ndarray of shape (n,)
        Row and both ends at half height [px].
    weight : ndarray of shape (n,)
        Votes behind it.
    thickness : ndarray of shape (n,)
        Full thickness at half height [px]; 0 where it was not seen.
    """

    row: FloatArray
    left: FloatArray
    right: FloatArray
    weight: FloatArray
    thickness: FloatArray

    @classmethod
    def none(cls) -> Marks:
        """Return no bands at all."""
        return cls(*(np.empty(0) for _ in range(5)))

    @classmethod
    def united(cls, marks: Sequence[Marks]) -> Marks:
        """Put the bands of several images together."""
        names = ("row", "left", "right", "weight", "thickness")
        return cls(*(np.concatenate([getattr(some, name) for some in marks]) for name in names))


def _crossing(profile: FloatArray) -> FloatArray:
    """Distance from the first sample at which each profile falls to half, by linear interpolation [samples]."""
    low = profile < 0.5
    first = np.argmax(low, axis=1)
    which = np.arange(len(profile))
    inner, outer = profile[which, np.maximum(first - 1, 0)], profile[which, first]
    part = np.divide(inner - 0.5, inner - outer, out=np.zeros_like(inner), where=inner > outer)
    return np.where(low.any(axis=1) & (first > 0), first - 1 + np.clip(part, 0.0, 1.0), np.nan)


def _ends(look: Look, row: npt.NDArray[np.intp], col: npt.NDArray[np.intp], pitch: float) -> list[FloatArray]:
    """Distance from each place to the band's left and right end, at half of its evidence or where it touches [px]."""
    far = max(2, round(0.75 * pitch / look.width)) + 1
    side = np.repeat([-1, 1], len(row))
    values = along_ridge(look, np.tile(row, 2), np.tile(col, 2), side, far)
    top = values[:, :2].mean(axis=1)
    share = values / np.where(top > 0, top, np.inf)[:, None]
    half, valley = _crossing(share), _valley(share)
    return list(np.split(np.where(np.isfinite(half), half, valley) * look.width, 2))


def along_ridge(
    look: Look, row: npt.NDArray[np.intp], col: npt.NDArray[np.intp], side: npt.NDArray[np.intp], far: int
) -> FloatArray:
    """Evidence from each place to one side, along the ridge, which may climb or fall as rows do, shape (n, far)."""
    scale, (rows, strips) = look.scale[row, col][:, None], look.score.shape
    reach = max(1, look.rows(_STEEPEST * look.width))
    window, at, values = np.arange(-reach, reach + 1), row, []
    for strip in range(far):
        across = col + side * strip
        inside = (across >= 0) & (across < strips)
        down = np.clip(at[:, None] + window, 0, rows - 1)
        near = look.responses[scale, down, np.clip(across, 0, strips - 1)[:, None]]
        best = np.argmax(near, axis=1)
        values.append(np.where(inside, near[np.arange(len(row)), best], 0.0))
        at = down[np.arange(len(row)), best]
    return np.stack(values, axis=1).astype(float)


def _valley(profile: FloatArray) -> FloatArray:
    """Distance from the first sample to the first valley, which parts two bands that touch, else NaN [samples]."""
    lowest = np.minimum.accumulate(profile, axis=1)
    risen = lowest < _DIP * np.minimum(1.0, profile)
    first = np.argmax(risen, axis=1)
    before = np.arange(profile.shape[1]) < first[:, None]
    at = np.argmin(np.where(before, profile, np.inf), axis=1)
    return np.where(risen.any(axis=1) & (at > 0), at, np.nan)


def _thickness(look: Look, row: npt.NDArray[np.intp], col: npt.NDArray[np.intp], pitch: float) -> FloatArray:
    """Full thickness at half height over the higher side of each place [px]."""
    far = np.arange(max(3, round(0.6 * pitch / look.step)) + 1)
    across = np.clip(col[:, None] + np.arange(-1, 2), 0, look.score.shape[1] - 1)
    sides = []
    for side in (-1, 1):
        at_row = np.clip(row[:, None] + side * far, 0, len(look.score) - 1)
        sides.append(look.smooth[0][at_row[:, :, None], across[:, None, :]].mean(axis=2))
    top = sides[0][:, 0]
    base = np.maximum(*(side.min(axis=1) for side in sides))
    height = np.where(top > base, top - base, np.inf)
    half = [_crossing((side - base[:, None]) / height[:, None]) for side in sides]
    total: FloatArray = np.nansum(half, axis=0) * look.step
    return total


def mark_bands(look: Look, bands: Votes, offset: tuple[int, int], pitch: float, *, thick: bool = True) -> Marks:
    """Measure where bands end on both sides and how thick they are.

    Parameters
    ----------
    look : Look
        Evidence of the image.
    bands : Votes
        Places on the canvas, one a band.
    offset : (int, int)
        Where the image starts on the canvas [px].
    pitch : float
        Distance between lanes [px].
    thick : bool
        Measure how thick they are as well.
    """
    row, col = look.strips(bands.row - offset[0], bands.col - offset[1])
    to_left, to_right = _ends(look, row, col, pitch)
    middle = look.across(col) + offset[1]
    seen = np.isfinite(to_left) & np.isfinite(to_right)
    thickness = _thickness(look, row, col, pitch) if thick else np.zeros(len(row))
    return Marks(
        bands.row[seen],
        (middle - to_left)[seen],
        (middle + to_right)[seen],
        bands.weight[seen],
        thickness[seen],
    )


def fit_comb(marks: Marks, comb: Comb, pitch: float) -> Comb:
    """Fit the lanes' shared curve and their places to the middles of bands, robustly.

    Parameters
    ----------
    marks : Marks
        Bands with their ends.
    comb : Comb
        The lanes as found so far.
    pitch : float
        Distance between lanes [px].
    """
    centre, (rows, cols) = comb.centre, comb.shape
    middle = 0.5 * (marks.left + marks.right)
    flat = comb.flattened(marks.row, middle)
    lane = np.argmin(np.abs(flat[:, None] - centre[None, :]), axis=1)
    wide = marks.right - marks.left
    near = np.abs(flat - centre[lane]) < 0.3 * pitch
    near &= wide >= SPECK * (np.median(wide[marks.weight >= 1.0]) if (marks.weight >= 1.0).any() else 0.0)
    middle, lane, votes, wide = middle[near], lane[near], marks.weight[near], wide[near]
    usual = float(np.quantile(wide, 0.75)) if wide.size else 0.0
    sd = np.hypot(_MARK_SD * pitch, 0.5 * np.maximum(usual - wide, 0.0))
    t = 2.0 * marks.row[near] / max(1, rows - 1) - 1.0
    xi = 2.0 * centre[lane] / max(1, cols - 1) - 1.0
    count = len(centre)
    design = np.zeros((len(t), count + 3))
    design[np.arange(len(t)), lane] = 1.0
    design[:, count:] = np.stack([t, t * xi, t**2], axis=1)
    prior = np.concatenate(
        [np.full(count, _PLACE_SD * pitch), [0.5 * _LEAN_SD * rows, 0.5 * _LEAN_SD * rows, _BOW_SD * rows]]
    )
    towards = np.concatenate([centre, [0.0, 0.0, 0.0]])
    guess = np.concatenate([centre, [comb.lean, comb.fan, comb.bow]])
    for _ in range(4):
        residual = np.abs(middle - design @ guess) / sd
        weight = np.minimum(votes, 1.0) * np.minimum(1.0, _HUBER / np.maximum(residual, 1e-9)) / sd**2
        normal = design.T @ (weight[:, None] * design) + np.diag(prior**-2.0)
        guess = np.linalg.solve(normal, design.T @ (weight * middle) + towards / prior**2)
    lean, fan, bow = (float(value) for value in guess[count:])
    return Comb(guess[:count], lean, fan, bow, comb.shape)
