"""Images of one membrane that do not lie on each other: their shift across the lanes is found and taken out.

A difference in size is found as well. It is not taken out, since pixels are not resampled: lanes that it would mix up
are refused.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import cv2
import numpy as np
import pandas as pd

from ..blot import Blot, FloatArray, Frame, once_a_blot
from ..bulges import bulge
from ..errors import DetectionError
from ..geometry import to_file, to_upright
from ..lanes import find_lanes
from ..readers import split_stem
from ..tables import Finding, check, quality_table

__all__ = ["Registered", "find_scale", "find_shift", "on_one_grid", "register", "show_alike"]

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
_SCALES = np.linspace(0.86, 1.14, 57)  # sizes of one picture against the other that are tried
_POINTS = 800  # of a profile, when sizes are tried
_KNOWN = 0.5  # agreement of two pictures from which their sizes are known …
_BETTER = 0.85  # … and that which they have as they are is less than this share of it
_STRAY = 0.3  # a lane farther than this share of the pitch from where it must be is another one


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
    scales : dict of str to (float, float)
        For each image that is larger or smaller than the first: how many times, and the shift of its middle [px].
    drops : dict of str to int
        For each image that lies lower than the first, or higher: by how much [px].
    """

    blots: tuple[Blot, ...]
    homes: dict[str, tuple[Frame, Frame]] = field(default_factory=dict)
    shifts: dict[str, int] = field(default_factory=dict)
    scales: dict[str, tuple[float, float]] = field(default_factory=dict)
    drops: dict[str, int] = field(default_factory=dict)

    def lowered(self, drops: Mapping[str, int]) -> Registered:
        """Lay images that lie lower than the first by so much [px] on one grid with it; none moves without a drop."""
        if not drops:
            return self
        rows, cols = self.blots[0].frame.upright_shape
        placed, homes = [], {}
        for blot in self.blots:
            old = blot.frame
            frame = Frame(rows, cols, top=old.top - drops.get(blot.name, 0), left=old.left, tilt=old.tilt)
            homes[blot.name] = (frame, self.homes[blot.name][1] if self.homes else old)
            placed.append(dataclasses.replace(blot, frame=frame))
        return dataclasses.replace(self, blots=tuple(placed), homes=homes, drops=dict(drops))

    def check_lanes(self, lanes: pd.DataFrame) -> pd.DataFrame:
        """Return the lanes of the common grid, once those of images of other size are where they must be.

        Raises
        ------
        DetectionError
            A lane of an image lies nearer to its neighbour's place: which lane is which cannot be told.
        """
        for blot in self.blots if self.scales else ():
            if blot.name in self.scales:
                self._check_scaled(lanes, blot)
        return lanes

    def _check_scaled(self, lanes: pd.DataFrame, blot: Blot) -> None:
        first, (scale, moved) = self.blots[0], self.scales[blot.name]
        centres = [_centres(lanes, each) for each in (first, blot)]
        width = first.frame.upright_shape[1]
        middle = (width - 1) / 2.0
        due = middle + scale * (centres[0] - middle) + moved - self.shifts.get(blot.name, 0)
        pitch = float(np.median(np.diff(np.sort(centres[0])))) if len(centres[0]) > 1 else float(width)
        if np.abs(centres[1] - due).max() > _STRAY * pitch:
            raise DetectionError(
                f"{blot.name} shows the membrane {100 * abs(scale - 1):.0f} % {'larger' if scale > 1 else 'smaller'} "
                f"than {first.name}: which lane is which cannot be told; export both at one size, or give them "
                "membranes of their own and join those by pair"
            )

    def to_files(self, table: pd.DataFrame, name: str) -> pd.DataFrame:
        """Return a lanes or bands table of the common grid in pixels of the files as given."""
        return self._moved(table, name, back=True)

    def from_files(self, table: pd.DataFrame, name: str) -> pd.DataFrame:
        """Return a lanes or bands table of the files as given in pixels of the common grid."""
        return self._moved(table, name, back=False)

    def _moved(self, table: pd.DataFrame, name: str, *, back: bool) -> pd.DataFrame:
        if not self.homes or table.empty:
            return table
        parts = []
        for image, rows in table.groupby("image", sort=False):
            common, own = self.homes[str(image)]
            old, new = (common, own) if back else (own, common)
            parts.append(to_file(to_upright(rows, old), new))
        return check(pd.concat(parts).loc[table.index], name)

    def quality(self) -> pd.DataFrame:
        """Report shifts and sizes as rows of the quality table."""
        lanes, rows = (f"; its {what} were matched accordingly" for what in ("lanes", "rows"))
        right = f"lies so far right of the membrane's first image{lanes}"
        below = f"lies so far below the membrane's first image{rows}"
        large = f"shows the membrane so many times as large as its first image{lanes}"
        moved = [Finding("image", name, "shift", float(shift), right) for name, shift in self.shifts.items() if shift]
        moved += [Finding("image", name, "drop", float(drop), below) for name, drop in self.drops.items()]
        sized = [Finding("image", name, "scale", scale, large) for name, (scale, _) in self.scales.items()]
        return quality_table([*moved, *sized])


@once_a_blot
def _across(blot: Blot) -> FloatArray:
    """Lay the profile of band-like evidence across the lanes on the uncropped picture, shape (width,).

    Strong and weak bands count much alike; what varies over several lanes is taken off, so that gaps between lanes
    speak even where bands are gone on one side.
    """
    response = bulge(np.ascontiguousarray(blot.pixels, dtype=np.float32), _SIGMA)
    noise = 1.4826 * float(np.median(np.abs(response))) or 1.0
    evidence = np.tanh(np.clip(response / noise - 3.0, 0.0, None) / _SOFT)
    profile = np.sort(evidence, axis=0)[-_BAND:].sum(axis=0)  # one band's worth: a ladder counts no more than a lane
    width = blot.frame.upright_shape[1]
    out = np.zeros(width)
    out[blot.frame.left : blot.frame.left + len(profile)] = profile - profile.mean()
    wide = cv2.GaussianBlur(out.reshape(1, -1), (0, 0), width / _WIDE).ravel()
    return np.asarray(out - wide, dtype=np.float64)


def _agreement(one: FloatArray, other: FloatArray, reach: int) -> FloatArray:
    """Correlation of two profiles at shifts −reach … reach of the other against the one."""
    full, middle = np.correlate(other, one, mode="full"), len(one) - 1
    scale = float(np.sqrt(np.sum(one**2) * np.sum(other**2))) or 1.0
    return np.asarray(full[middle - reach : middle + reach + 1] / scale, dtype=np.float64)


def _peaks(scores: FloatArray) -> np.ndarray:
    inner = (scores[1:-1] >= scores[:-2]) & (scores[1:-1] > scores[2:]) & (scores[1:-1] > 0)
    return np.flatnonzero(inner) + 1


def _reach(width: int, n_lanes: int | None, pitch: float | None) -> int:
    room = pitch if pitch is not None else width / (n_lanes or _USUAL)
    return int(min(_REACH * width, _LANES * room))


def find_shift(one: Blot, other: Blot, *, n_lanes: int | None = None, pitch: float | None = None) -> int:
    """Find how far right the lanes of one picture lie of those of another of the same membrane [px].

    Lanes repeat, so several shifts agree nearly as well: the smallest of them is meant, unless there are two of
    about the same size.

    Parameters
    ----------
    one, other : Blot
        Upright pictures.
    n_lanes : int, optional
        Number of lanes, where it is known; larger shifts than about half a lane are not looked for.
    pitch : float, optional
        Distance between lanes, where it is known [px]; goes before their number.

    Raises
    ------
    DetectionError
        Two opposite shifts agree equally well: which lane is which cannot be told.
    """
    width = one.frame.upright_shape[1]
    reach = _reach(width, n_lanes, pitch)
    scores = _agreement(_across(one), _across(other), reach)
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


def find_scale(one: Blot, other: Blot, *, n_lanes: int | None = None) -> tuple[float, float] | None:
    """Find how many times as large the lanes of one picture are as those of another of the same membrane.

    Profiles across the lanes are stretched and compared; pixels are not.

    Parameters
    ----------
    one, other : Blot
        Upright pictures.
    n_lanes : int, optional
        Number of lanes, where it is known.

    Returns
    -------
    scale, shift : float
        Size of the other against the one, and how far right its middle then lies [px]; None where the pictures show
        too little in common to tell, or agree nearly as well as they are.
    """
    width = one.frame.upright_shape[1]
    step = max(1, round(width / _POINTS))
    profiles = [_across(blot) for blot in (one, other)]
    first, second = (
        np.asarray(cv2.blur(each.reshape(1, -1), (step, 1)).ravel()[::step], dtype=np.float64) for each in profiles
    )
    at, middle = np.arange(len(first)), (len(first) - 1) / 2.0
    reach = max(1, _reach(width, n_lanes, None) // step)
    tried = [_agreement(first, np.interp(middle + (at - middle) * k, at, second), reach) for k in _SCALES]
    best = [float(scores.max()) for scores in tried]
    place = int(np.argmax(best))
    if best[place] < _KNOWN or best[len(_SCALES) // 2] >= _BETTER * best[place]:
        return None
    scale = float(_SCALES[place])
    return scale, scale * step * float(np.argmax(tried[place]) - reach)


def _centres(lanes: pd.DataFrame, blot: Blot) -> FloatArray:
    """Centres of an image's lanes in the uncropped upright picture, in their order [px]."""
    mine = to_upright(lanes[lanes["image"] == blot.name], dataclasses.replace(blot.frame, top=0, left=0))
    return mine.sort_values("lane")["centre"].to_numpy(dtype=np.float64)


def on_one_grid(one: Blot, other: Blot) -> bool:
    """Whether two pictures share their grid by their making: channels of one file, or of one scan."""
    paths = [Path(blot.source.path) for blot in (one, other)]
    parted = [split_stem(path.stem) for path in paths]
    scan = paths[0].parent == paths[1].parent and parted[0][0] == parted[1][0] and all(name for _, name in parted)
    return bool(one.source.path) and (paths[0] == paths[1] or scan)


def show_alike(blots: Sequence[Blot]) -> list[list[Blot]]:
    """Group images that show the same part of the run; strips below one another in one picture share no rows."""
    groups: list[tuple[int, int, list[Blot]]] = []
    for blot in blots:
        top, bottom, members = blot.frame.top, blot.frame.top + blot.shape[0], [blot]
        for group in [each for each in groups if each[0] < bottom and top < each[1]]:
            groups.remove(group)
            top, bottom, members = min(top, group[0]), max(bottom, group[1]), [*group[2], *members]
        groups.append((top, bottom, members))
    return [members for _, _, members in sorted(groups, key=lambda group: group[0])]


def _pitch(blot: Blot, n_lanes: int | None) -> float | None:
    """Distance between the lanes that a picture shows by itself [px]; None where it shows none."""
    try:
        centres = find_lanes(blot, n_lanes=n_lanes)["centre"].to_numpy(dtype=np.float64)
    except DetectionError:
        return None
    return float(np.median(np.diff(np.sort(centres)))) if len(centres) > 1 else None


def _shifts(first: Blot, moving: Sequence[Blot], n_lanes: int | None) -> dict[str, int]:
    """Find the shift of images against the first; a shift of more than half a lane's room is that of no lane."""

    def found(pitch: float | None) -> dict[str, int]:
        return {blot.name: find_shift(first, blot, n_lanes=n_lanes, pitch=pitch) for blot in moving}

    shifts = found(None)
    if n_lanes is None and any(shifts.values()):
        pitch = _pitch(first, n_lanes)
        shifts = shifts if pitch is None else found(pitch)
    return shifts


def register(blots: Sequence[Blot], *, n_lanes: int | None = None, still: Collection[str] = ()) -> Registered:
    """Lay the images of one membrane on one grid where they are shifted against each other across the lanes.

    Only the numbers that say where a picture lies are changed; pixels are not touched. Channels of one file or scan
    share their grid. Pictures of different size or turned differently are left as they are: finding lanes will refuse
    them.

    Parameters
    ----------
    blots : sequence of Blot
        Upright pictures of one membrane.
    n_lanes : int, optional
        Number of lanes, where it is known.
    still : collection of str
        Images that are known to lie as the first does, such as a picture of the marker by visible light.

    Raises
    ------
    DetectionError
        It cannot be told which lane is which.
    """
    first = blots[0]
    if len({blot.frame.upright_shape for blot in blots}) > 1:
        return Registered(tuple(blots))
    moving = [blot for blot in blots[1:] if blot.name not in still and not on_one_grid(first, blot)]
    sizes = {blot.name: find_scale(first, blot, n_lanes=n_lanes) for blot in moving}
    scales = {image: size for image, size in sizes.items() if size is not None}
    shifts = {blot.name: 0 for blot in blots} | _shifts(first, moving, n_lanes)
    if not any(shifts.values()):
        return Registered(tuple(blots), scales=scales)
    rows, cols = first.frame.upright_shape
    placed, homes = [], {}
    for blot in blots:
        frame = Frame(rows, cols, top=blot.frame.top, left=blot.frame.left - shifts[blot.name], tilt=blot.frame.tilt)
        homes[blot.name] = (frame, blot.frame)
        placed.append(dataclasses.replace(blot, frame=frame))
    return Registered(tuple(placed), homes, shifts, scales)
