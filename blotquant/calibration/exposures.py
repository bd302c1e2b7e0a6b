"""merge_exposures(): several exposures of one membrane → one picture in which strong and weak bands are in range."""

from __future__ import annotations

import warnings
from collections.abc import Sequence
from dataclasses import dataclass, replace

import cv2
import numpy as np
import numpy.typing as npt
import pandas as pd

from ..blot import Blot, FloatArray, Step
from ..errors import QualityWarning, ReadError
from ..tables import check, empty
from .exposure_pairs import Match, in_range, match_exposures

__all__ = ["Merged", "merge_exposures"]

_TOLERANCE, _SURE = 0.01, 3.0  # share, and standard errors, by which a gain differs from the times before it is told
_FOOT = 0.02  # share of the height of what is clipped down to which its light is taken from one exposure
_MOVED = 0.5  # shift from which an exposure is said to have moved [px]

BoolArray = npt.NDArray[np.bool_]


@dataclass(frozen=True)
class Merged:
    """Exposures as one picture.

    Parameters
    ----------
    blot : Blot
        Counts of the longest exposure, continued above its ceiling [AU]; named as the longest one.
    doubt : ndarray of shape (H, W)
        Standard error of the factor by which each pixel was brought to the scale of the longest exposure, as a share.
    calibration : DataFrame
        Gain of each exposure, how far it had moved, and by how much the range grew; no rows where one is left.
    exposures : tuple of str
        Names of those that were merged, the shortest first; one where no other could be laid on it.
    """

    blot: Blot
    doubt: FloatArray
    calibration: pd.DataFrame
    exposures: tuple[str, ...]


@dataclass(frozen=True)
class _Placed:
    """An exposure on the grid of the longest one: counts there are `offset` plus `gain` times its own."""

    blot: Blot
    seconds: float
    down: float = 0.0
    right: float = 0.0
    turn: float = 0.0
    gain: float = 1.0
    doubt: float = 0.0
    offset: float = 0.0

    @property
    def ceiling(self) -> float:
        return np.inf if self.blot.ceiling is None else self.blot.ceiling

    def against(self, longest: _Placed) -> float:
        """By which share its light, against that of the longest exposure, is off the ratio of their times."""
        return longest.seconds / (self.seconds * self.gain) - 1.0

    @property
    def top(self) -> float:
        """Where it clips, in counts of the longest exposure [AU]."""
        return self.offset + self.gain * self.ceiling

    def light(self) -> tuple[FloatArray, BoolArray]:
        """Bring its counts to the scale of the longest exposure, NaN where it shows nothing [AU]; which are in range.

        It is moved by whole pixels, column by column and row by row where it is turned: none is resampled.
        """
        (rows, cols), counts = self.blot.shape, self.blot.pixels
        row, col = np.arange(rows), np.arange(cols)
        down = np.rint(self.down + self.turn * (col - (cols - 1) / 2)).astype(int)
        right = np.rint(self.right - self.turn * (row - (rows - 1) / 2)).astype(int)
        at = row[:, None] + down, col + right[:, None]
        shown = (at[0] >= 0) & (at[0] < rows) & (at[1] >= 0) & (at[1] < cols)
        there = np.clip(at[0], 0, rows - 1), np.clip(at[1], 0, cols - 1)
        light = np.where(shown, (self.offset + self.gain * counts)[there], np.nan)
        return light, shown & in_range(counts, self.ceiling)[there]


def _place(blots: Sequence[Blot], seconds: FloatArray) -> list[_Placed]:
    """Place each exposure against the next longer one that could be placed; those that cannot be are left out."""
    placed = [_Placed(blots[-1], float(seconds[-1]))]
    for blot, second in zip(blots[-2::-1], seconds[-2::-1], strict=True):
        own, next_one = _Placed(blot, float(second)), placed[0]
        found = match_exposures(blot.pixels, next_one.blot.pixels, (own.ceiling, next_one.ceiling))
        if found is None:
            warnings.warn(
                f"{placed[-1].blot.name}: the exposure of {second:g} s ({blot.name}) shows too little in common with "
                f"that of {next_one.seconds:g} s to be laid on it (moved far or turned, another membrane, or too "
                "faint), and was left out; bands that are clipped without it stay flagged as saturated",
                QualityWarning,
                stacklevel=3,
            )
            continue
        placed.insert(0, _beyond(next_one, found, own))
    return placed


def _beyond(next_one: _Placed, found: Match, own: _Placed) -> _Placed:
    """Place an exposure that was matched with the next longer one on the grid of the longest."""
    return replace(
        own,
        down=next_one.down + found.down + found.turn * next_one.right,
        right=next_one.right + found.right - found.turn * next_one.down,
        turn=next_one.turn + found.turn,
        gain=next_one.gain * found.gain,
        doubt=float(np.hypot(next_one.doubt, found.gain_se / found.gain)),
        offset=next_one.offset + next_one.gain * found.offset,
    )


def _with_feet(light: FloatArray, good: BoolArray) -> BoolArray:
    """Tell what is clipped, down to the feet of its bands: no seam runs through a slope that may lie a fraction off."""
    clipped = ~good
    if not clipped.any() or clipped.all():
        return clipped
    ground = float(np.median(light[good]))
    risen = clipped | (light > ground + _FOOT * (float(light[good].max()) - ground))
    parts = cv2.connectedComponents(risen.astype(np.uint8), connectivity=4)[1]
    return np.isin(parts, np.unique(parts[clipped]))


def _blend(placed: Sequence[_Placed]) -> tuple[FloatArray, FloatArray]:
    """Average the exposures by how much light each has seen, and tell how well each pixel's factor is known.

    A band that an exposure clips is taken from the shorter ones, down to its feet. What none has in range keeps the
    counts of the shortest; where that shows nothing it is as good as clipped.
    """
    total, weight, unsure = (np.zeros(placed[0].blot.shape) for _ in range(3))
    for each in placed:  # the shortest first
        light, good = each.light()
        used = good & ~((weight > 0) & _with_feet(light, good))
        share = used / each.gain
        total += np.where(used, share * light, 0.0)
        weight += share
        unsure += share * each.doubt
    known, shortest = np.where(weight > 0, weight, 1.0), placed[0]
    light = shortest.light()[0]
    burnt = np.where(np.isfinite(light), light, shortest.top if np.isfinite(shortest.top) else 0.0)
    return np.where(weight > 0, total / known, burnt), unsure / known


def _disagrees(each: _Placed, longest: _Placed) -> bool:
    off = abs(each.against(longest))
    return off > _TOLERANCE and off > _SURE * each.doubt


def _warn(placed: Sequence[_Placed]) -> None:
    longest = placed[-1]
    odd = [each for each in placed if _disagrees(each, longest)]
    if odd:
        worst = max(odd, key=lambda each: abs(each.against(longest)))
        share = 100 * abs(worst.against(longest))
        warnings.warn(
            f"{longest.blot.name}: the exposure of {worst.seconds:g} s is {share:.1f} % off proportional to "
            "time (substrate fading, or times not as written); merged by the gains seen in the "
            "pictures; check exposure_s",
            QualityWarning,
            stacklevel=3,
        )


def _report(placed: Sequence[_Placed], wider: float) -> pd.DataFrame:
    longest, rows = placed[-1], []
    for each in placed:
        off = f"{100 * each.against(longest):+.1f} % against its time"
        rows.append(("gain", each.seconds, 1 / each.gain, each.doubt / each.gain, "",
                     off if _disagrees(each, longest) else "proportional to time"))  # fmt: skip
        rim = np.degrees(_MOVED / (0.5 * max(longest.blot.shape)))
        for parameter, value, unit, least, note in (
            ("down", each.down, "px", _MOVED, "lower"),
            ("right", each.right, "px", _MOVED, "farther right"),
            ("turn", float(np.degrees(np.arctan(each.turn))), "degree", rim, "turned clockwise"),
        ):
            if abs(value) >= least:
                note = f"the membrane lies so much {note} than in the longest exposure; moved back by whole pixels"
                rows.append((parameter, each.seconds, value, np.nan, unit, note))
    note = "how much further up the merged picture reaches than the longest exposure"
    rows.append(("range", np.nan, wider, np.nan, "", note))
    told = pd.DataFrame(rows, columns=["parameter", "x", "value", "se", "unit", "note"])
    return check(told.assign(scope="image", name=longest.blot.name, kind="exposure"), "calibration")


def merge_exposures(blots: Sequence[Blot], seconds: Sequence[float]) -> Merged:
    """Merge exposures of one membrane pixel by pixel.

    Each exposure is laid on the longest one by whole pixels, where it shows the same bands; what is left of a fraction
    of a pixel does no harm, since a band that clips is taken from one exposure down to its feet. The factor between two
    exposures is read from the light that both have in range, as the written times are off where substrate fades; the
    times order the exposures and are held against it. Elsewhere light is the sum of the counts above the offset divided
    by the sum of the gains, the best estimate under photon noise. Assumes that the membrane was turned a little at
    most between exposures, and that its bands faded alike.

    Parameters
    ----------
    blots : sequence of Blot
        As read, on one pixel grid, bright = signal.
    seconds : sequence of float
        Exposure of each [s].

    Returns
    -------
    Merged
        The picture, how well its scale is known, and the calibration. An exposure that cannot be laid on the others is
        left out with a warning; where the longest is all that is left, the picture is that one as read.

    Raises
    ------
    ReadError
        The exposures are not on one grid.

    References
    ----------
    Robertson, Borman & Stevenson 1999, doi:10.1109/ICIP.1999.817091 (merging exposures by their reliability).
    """
    times = np.asarray(seconds, dtype=np.float64)
    order = np.argsort(times, kind="stable")
    ordered = [blots[k] for k in order]
    if len({blot.shape for blot in ordered}) > 1:
        sizes = ", ".join(f"{blot.name} {blot.shape[0]} × {blot.shape[1]}" for blot in ordered)
        raise ReadError(
            f"exposures of one membrane differ in size ({sizes} px); give each its own membrane, or keep one"
        )
    placed = _place(ordered, times[order])
    names = tuple(each.blot.name for each in placed)
    if len(placed) == 1:
        return Merged(placed[0].blot, np.zeros(placed[0].blot.shape), empty("calibration"), names)
    pixels, doubt = _blend(placed)
    _warn(placed)
    longest, top = placed[-1], placed[0].top
    ground = float(np.median(longest.blot.pixels))
    limited = np.isfinite(top) and np.isfinite(longest.ceiling) and longest.ceiling > ground
    wider = (top - ground) / (longest.ceiling - ground) if limited else np.nan
    said = Step("merge", f"{len(placed)} exposures, {', '.join(f'{each.seconds:g}' for each in placed)} s")
    merged = longest.blot.after(said, pixels, ceiling=float(top) if np.isfinite(top) else None)
    return Merged(merged, doubt, _report(placed, wider), names)
