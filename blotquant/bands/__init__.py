"""find_bands(): the blots of a membrane and their lanes → bands table."""

from __future__ import annotations

import functools
from collections.abc import Sequence

import numpy as np
import pandas as pd

from .. import tables
from ..blot import Blot, FloatArray
from ..calm import calmed
from ..errors import DetectionError
from ..evidence import Canvas, align
from ..sides import by_lane, from_behind, mirrored, mirrored_table
from .expected import expected_evidence
from .peaks import Peaks, find_peaks
from .profiles import Room, Track, lane_profiles, lane_tracks
from .rims import join_rims
from .rows import band_like, complete_rows, follow_rows, unite_images, whole_rows
from .smile import find_smile
from .table import bands_table

__all__ = ["find_bands"]


def find_bands(blots: Blot | Sequence[Blot], lanes: pd.DataFrame, *, min_score: float = 5.0) -> pd.DataFrame:
    """Find the bands of a membrane and follow its rows across all lanes and images.

    Along every lane, bands are peaks of the negative second derivative of brightness, in units of noise; peaks of
    neighbouring lanes make rows, along the smile that the membrane's rows share. A row that some lane of some image
    shows is expected in all. A row that is near the noise, faint beside the bands of its image (5 %) and not
    straight, clear of the gaps and as thick as others, or that the end of the membrane or of the picture cuts off, is
    none. Assumes bands that stand out from the gap on one side of the lane at least.

    Parameters
    ----------
    blots : Blot or sequence of Blot
        One upright blot, bright = protein, or the blots of one membrane on one pixel grid.
    lanes : DataFrame
        Lanes table of these blots.
    min_score : float
        Evidence in units of noise from which a peak counts as a band; one without neighbours in its row needs 12.

    Returns
    -------
    DataFrame
        The `bands` table [px of the file as given]: every row in every lane of every image, numbered from the top of
        the membrane; `detected` False where a band is only expected, and `score` 0 where less than half of `min_score`
        speaks for it; measured columns empty.

    Raises
    ------
    DetectionError
        The images do not lie on one pixel grid, or there is no lane.
    TableError
        A column of the lanes' places is missing.
    """
    tables.require(lanes, "lanes", ("image", "lane", "width", "curve"))
    images = [blots] if isinstance(blots, Blot) else list(blots)
    if lanes.empty:
        raise DetectionError(
            f"{images[0].name if images else 'bands'}: the lanes table has no row; find the lanes first"
        )
    if not from_behind(images):
        return _found(images, lanes, min_score)
    ends = int(lanes["lane"].min() + lanes["lane"].max())
    bands = _found([mirrored(blot) for blot in images], mirrored_table(lanes, ends), min_score)
    return by_lane(mirrored_table(bands, ends))


def _found(images: Sequence[Blot], lanes: pd.DataFrame, min_score: float) -> pd.DataFrame:
    """Find the bands of a membrane from the side from which it is looked at."""
    canvas = align(images)
    tracks = [lane_tracks(blot, lanes) for blot in images]
    found, room, expect = [], [], []
    for number, (blot, track, offset) in enumerate(zip(images, tracks, canvas.offsets, strict=True)):
        profiles = lane_profiles(blot, track)
        seen = find_peaks(profiles, 0.15 * track.width, number, float(offset[0]))
        found.append(join_rims(seen, calmed(blot).full, track, float(offset[0])))
        room.append(Room(profiles.room, offset[0]))
        expect.append(functools.partial(expected_evidence, profiles, offset[0], min_score=min_score))
    peaks = Peaks.united(found)
    peaks = peaks.taken(peaks.score >= min_score)
    bands = band_like(peaks)
    peaks, like = peaks.taken(np.argsort(~bands, kind="stable")), peaks.taken(bands)
    col = _columns(peaks, tracks, canvas)
    smile = find_smile(like, col[: bands.sum()], canvas.cols, tracks[0].pitch)
    flat = peaks.row - smile(col)
    followed = follow_rows(like, flat[: bands.sum()], col[: bands.sum()])
    rows = unite_images(complete_rows(followed, peaks, flat, int(bands.sum())), peaks, flat, len(images))
    middle = [
        track.column[:, track.column.shape[1] // 2] + offset[1]
        for track, offset in zip(tracks, canvas.offsets, strict=True)
    ]
    rows = whole_rows(rows, peaks, flat, smile, middle, room)
    if not rows:
        return tables.empty("bands")
    return bands_table(images, tracks, canvas, rows, peaks, flat, smile, expect)


def _columns(peaks: Peaks, tracks: Sequence[Track], canvas: Canvas) -> FloatArray:
    """Column of the lane's centre at each peak, on the canvas [px]."""
    col = np.zeros(len(peaks.row))
    for image, (track, (down, right)) in enumerate(zip(tracks, canvas.offsets, strict=True)):
        own = peaks.image == image
        row = np.clip(np.round(peaks.row[own] - down).astype(np.intp), 0, track.column.shape[1] - 1)
        col[own] = track.column[peaks.lane[own], row] + right
    return col
