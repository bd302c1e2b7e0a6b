"""Images of one membrane that do not lie on each other: their shift across the lanes is found and taken out."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from dataclasses import dataclass, field

import cv2
import numpy as np
import pandas as pd

from ..blot import Blot, FloatArray, Frame
from ..errors import DetectionError
from ..evidence import bulge
from ..geometry import to_file, to_upright
from ..tables import check, empty

__all__ = ["Registered", "find_shift", "register"]

_SIGMA = 3.0  # half thickness of bands that are looked for [px]
_SOFT = 20.0  # evidence in units of noise above which more says no more, so that one strong band does not rule
_WIDE = 16.0  # what varies over more than a share of the width is not lanes but where the membrane has any
_BAND = 8  # rows that a band takes [px]
_REACH = 0.2  # shifts are looked for within this share of the width at most
_LANES = 0.6  # and within this share of a lane's room, since a shift by a lane looks like none
_USUAL = 9  # lanes of a membrane of which nothing is said
_SURE = 0.2  # pictures that agree less than this nowhere agree: they are taken as lying right
_CLEAR = 0.85  # pictures that agree this well where they lie, against their best, are left where they lie
_EQUAL = 0.9  # agreements closer than this are equally good
_OPPOSITE = 1.5  # two equally good shifts that are alike in size leave it open which is meant


@dataclass(frozen=True)
class Registered:
    """Blots on one common grid, and the way back to their files.

    Parameters
    ----------
    blots : tuple of Blot
        Same pixels; frames that place them on the common grid.
    homes : dict of str to tuple of Frame
        For each image that was moved: its frame on the common grid and its frame in its file.
    shifts : dict of str to int
        Shift of each image against the first across the lanes [px].
    """

    blots: tuple[Blot, ...]
    homes: dict[str, tuple[Frame, Frame]] = field(default_factory=dict)
    shifts: dict[str, int] = field(default_factory=dict)

    def to_files(self, table: pd.DataFrame, name: str) -> pd.DataFrame:
        """Return a lanes or bands table of the common grid in pixels of the files as given."""
        if not self.homes or table.empty:
            return table
        parts = []
        for image, rows in table.groupby("image", sort=False):
            common, own = self.homes[str(image)]
            parts.append(to_file(to_upright(rows, common), own))
        return check(pd.concat(parts).loc[table.index], name)

    def quality(self) -> pd.DataFrame:
        """Report the shifts as rows of the quality table."""
        rows = [
            {
                "scope": "image",
                "name": image,
                "measure": "shift",
                "value": float(shift),
                "se": np.nan,
                "unit": "px",
                "note": "lies so far right of the membrane's first image; its lanes were matched accordingly",
            }
            for image, shift in self.shifts.items()
            if shift
        ]
        return check(pd.DataFrame(rows), "quality") if rows else empty("quality")


def _across(blot: Blot, width: int) -> FloatArray:
    """Lay the profile of band-like evidence across the lanes on the uncropped picture, shape (width,).

    Strong and weak bands count much alike; what varies over several lanes is taken off, so that gaps between lanes
    speak even where bands are gone on one side.
    """
    response = bulge(np.ascontiguousarray(blot.pixels, dtype=np.float32), _SIGMA)
    noise = 1.4826 * float(np.median(np.abs(response))) or 1.0
    evidence = np.tanh(np.clip(response / noise - 3.0, 0.0, None) / _SOFT)
    profile = np.sort(evidence, axis=0)[-_BAND:].sum(axis=0)  # one band's worth: a ladder counts no more than a lane
    out = np.zeros(width)
    out[blot.frame.left : blot.frame.left + len(profile)] = profile - profile.mean()
    wide = cv2.GaussianBlur(out.reshape(1, -1), (0, 0), width / _WIDE).ravel()
    return np.asarray(out - wide, dtype=np.float64)


def _width(blot: Blot) -> int:
    """Columns of the uncropped picture, upright [px]."""
    return blot.frame.rows if blot.frame.turns % 2 else blot.frame.cols


def _agreement(one: FloatArray, other: FloatArray, reach: int) -> FloatArray:
    """Correlation of two profiles at shifts −reach … reach of the other against the one."""
    full, middle = np.correlate(other, one, mode="full"), len(one) - 1
    scale = float(np.sqrt(np.sum(one**2) * np.sum(other**2))) or 1.0
    return np.asarray(full[middle - reach : middle + reach + 1] / scale, dtype=np.float64)


def _peaks(scores: FloatArray) -> np.ndarray:
    inner = (scores[1:-1] >= scores[:-2]) & (scores[1:-1] > scores[2:]) & (scores[1:-1] > 0)
    return np.flatnonzero(inner) + 1


def find_shift(one: Blot, other: Blot, *, n_lanes: int | None = None) -> int:
    """Find how far right the lanes of one picture lie of those of another of the same membrane [px].

    Lanes repeat, so several shifts agree nearly as well: the smallest of them is meant, unless there are two of
    about the same size.

    Parameters
    ----------
    one, other : Blot
        Upright pictures.
    n_lanes : int, optional
        Number of lanes, where it is known; larger shifts than about half a lane are not looked for.

    Raises
    ------
    DetectionError
        Two opposite shifts agree equally well: which lane is which cannot be told.
    """
    width = _width(one)
    reach = int(width * min(_REACH, _LANES / (n_lanes or _USUAL)))
    scores = _agreement(_across(one, width), _across(other, width), reach)
    best = float(scores.max())
    if best < _SURE or scores[reach] >= _CLEAR * best:
        return 0
    peaks = _peaks(scores)
    good = peaks[scores[peaks] >= _EQUAL * best] - reach
    if not len(good):
        return 0
    order = good[np.argsort(np.abs(good), kind="stable")]
    if len(order) > 1 and np.sign(order[0]) != np.sign(order[1]) and abs(order[1]) < _OPPOSITE * abs(order[0]):
        raise DetectionError(
            f"{other.name} is shifted against {one.name} by about half a lane ({order[0]:+d} or {order[1]:+d} px): "
            "which lane is which cannot be told; give both the same region, or join two membranes by pair"
        )
    return int(order[0])


def register(blots: Sequence[Blot], *, n_lanes: int | None = None) -> Registered:
    """Lay the images of one membrane on one grid where they are shifted against each other across the lanes.

    Only the numbers that say where a picture lies are changed; pixels are not touched. Pictures of different size or
    turned differently are left as they are: finding lanes will refuse them.

    Parameters
    ----------
    blots : sequence of Blot
        Upright pictures of one membrane.
    n_lanes : int, optional
        Number of lanes, where it is known.

    Raises
    ------
    DetectionError
        It cannot be told which lane is which.
    """
    first = blots[0]
    if len({(blot.frame.rows, blot.frame.cols, blot.frame.turns, blot.frame.mirror) for blot in blots}) > 1:
        return Registered(tuple(blots))
    shifts = {blot.name: 0 if blot is first else find_shift(first, blot, n_lanes=n_lanes) for blot in blots}
    if not any(shifts.values()):
        return Registered(tuple(blots))
    cols = _width(first)
    rows = first.frame.rows + first.frame.cols - cols
    moved, homes = [], {}
    for blot in blots:
        frame = Frame(rows, cols, top=blot.frame.top, left=blot.frame.left - shifts[blot.name], tilt=blot.frame.tilt)
        homes[blot.name] = (frame, blot.frame)
        moved.append(dataclasses.replace(blot, frame=frame))
    return Registered(tuple(moved), homes, shifts)
