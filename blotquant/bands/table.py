"""The bands table: every row in every lane of every image, found or expected."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from .. import tables
from ..blot import Blot, FloatArray
from ..evidence import Canvas
from ..flags import Flag, encode
from ..geometry import curve_texts, to_file
from .peaks import Peaks
from .profiles import Track
from .rows import Row
from .smile import Smile

__all__ = ["Expect", "bands_table"]

Expect = Callable[[FloatArray, float], FloatArray]
"""Evidence for bands in all lanes of an image, told the rows of the canvas [px] and the half thickness [px]."""

_REACH = 3.0  # half height of a band's box, in half thicknesses
_SURE = 15.0  # evidence from which a band's own thickness and slope are believed
_SHOWN = 3  # bands of a row in an image from which it is expected in the lanes that show none clearly
_LIKE = 0.1  # difference from the smile's slope up to which it is believed [px/px]


_MEASURED = (
    *("raw", "background", "volume", "volume_se", "snr", "height", "lod", "loq", "rejected"),
    *("mass_kda", "mass_low", "mass_high"),
)


@dataclass(frozen=True)
class Members:
    """The bands of a row in all lanes of one image, before they are written.

    Parameters
    ----------
    peak : ndarray of shape (n,)
        Index of each band's peak, or −1 where it is only expected.
    score : ndarray of shape (n,)
        Evidence of each band in units of noise, 0 where there is too little.
    row, sigma, slope : ndarray of shape (n,)
        Place on the canvas and half thickness [px], and slope of the ridge [px/px].
    """

    peak: npt.NDArray[np.intp]
    score: FloatArray
    row: FloatArray
    sigma: FloatArray
    slope: FloatArray


def _members(
    row: Row, image: int, col: FloatArray, peaks: Peaks, flat: FloatArray, smile: Smile, expect: Expect
) -> Members:
    """List the bands of a row in all lanes of one image; `col` is each lane's column near the row."""
    own = row.members
    here = own[peaks.image[own] == image]
    peak = np.full(len(col), -1, np.intp)
    peak[peaks.lane[here]] = here
    usual = float(np.median(peaks.sigma[own]))
    slope = 0.5 * (smile(col + 1.0) - smile(col - 1.0))
    expected = row.predict(len(col), image, flat, peaks) + smile(col)
    found = peak >= 0
    elsewhere = expect(expected, usual) if found.sum() >= _SHOWN else np.zeros(len(col))
    sure = found & (peaks.score[peak] > _SURE)
    return Members(
        peak,
        np.where(found, peaks.score[peak], elsewhere),
        np.where(found, peaks.row[peak], expected),
        np.where(sure, peaks.sigma[peak], usual),
        np.where(sure & (np.abs(peaks.slope[peak] - slope) < _LIKE), peaks.slope[peak], slope),
    )


def _placed(blot: Blot, track: Track, members: Members, offset: tuple[int, int]) -> dict[str, Any]:
    """Places, boxes and curves of a row's bands in the image's upright pixels."""
    rows, cols = blot.shape
    centre_row = np.clip(members.row - offset[0], 0.0, rows - 1.0)
    lane, at = np.arange(len(centre_row)), np.round(centre_row).astype(np.intp)
    centre_col, half = track.column[lane, at], 0.5 * track.width
    across = centre_col[:, None] + half[:, None] * np.array([-1.0, 0.0, 1.0])
    ridge = centre_row[:, None] + members.slope[:, None] * (across - centre_col[:, None])
    low, high = np.maximum(at - 5, 0), np.minimum(at + 5, rows - 1)
    lean = (track.column[lane, high] - track.column[lane, low]) / np.maximum(1, high - low)
    reach = _REACH * members.sigma
    return {
        "centre_row": np.round(centre_row, 2),
        "centre_col": np.round(centre_col, 2),
        "top": np.clip(np.floor(ridge.min(axis=1) - reach + 0.5), 0, rows - 1),
        "bottom": np.clip(np.ceil(ridge.max(axis=1) + reach + 0.5), 1, rows),
        "left": np.clip(np.round(centre_col - half + 0.5), 0, cols - 1),
        "right": np.clip(np.round(centre_col + half + 0.5), 1, cols),
        "curve": np.array(curve_texts(ridge, across), object),
        "lean": np.round(lean, 4),
        "sigma": np.round(members.sigma, 2),
    }


def _written(blot: Blot, track: Track, number: int, members: Members, peaks: Peaks, offset: tuple[int, int]) -> Any:
    """One row of bands as columns of the table."""
    found = members.peak >= 0
    placed = _placed(blot, track, members, offset)
    edge = (placed["top"] == 0) | (placed["bottom"] == blot.shape[0])
    flags = np.where(edge, int(Flag.EDGE), 0) | np.where(found & peaks.blended[members.peak], int(Flag.OVERLAP), 0)
    return placed | {
        "lane": track.lane,
        "band": np.full(len(found), number),
        "detected": found,
        "flags": np.array([encode(int(flag)) for flag in flags], object),
        "score": np.round(members.score, 2),
    }


def bands_table(
    blots: Sequence[Blot],
    tracks: Sequence[Track],
    canvas: Canvas,
    rows: Sequence[Row],
    peaks: Peaks,
    flat: FloatArray,
    smile: Smile,
    expect: Sequence[Expect],
) -> pd.DataFrame:
    """Write every row in every lane of every image, in pixels of their files."""
    parts = []
    for image, (blot, track, offset) in enumerate(zip(blots, tracks, canvas.offsets, strict=True)):
        written = []
        for number, row in enumerate(rows, start=1):
            height = float(np.median(peaks.row[row.members])) - offset[0]
            col = track.column[:, int(np.clip(round(height), 0, blot.shape[0] - 1))] + offset[1]
            members = _members(row, image, col, peaks, flat, smile, expect[image])
            written.append(_written(blot, track, number, members, peaks, offset))
        united = {name: np.concatenate([own[name] for own in written]) for name in written[0]}
        order = np.lexsort((united["band"], united["lane"]))
        columns = {name: values[order] for name, values in united.items()}
        columns["band"] = np.array([str(number) for number in columns["band"]], object)
        rest = {"image": blot.name, "target": "", "saturated": 0} | dict.fromkeys(_MEASURED, np.nan)
        columns |= {name: np.full(len(order), value) for name, value in rest.items()}
        declared = {name: columns[name] for name in tables.TABLES["bands"].names}
        parts.append(to_file(pd.DataFrame(declared | columns), blot.frame))
    return tables.check(parts[0] if len(parts) == 1 else pd.concat(parts, ignore_index=True), "bands")
