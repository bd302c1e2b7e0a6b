"""The bands table: every row in every lane of every image, found or expected."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from .. import tables
from ..blot import Blot, FloatArray
from ..evidence import Canvas
from ..flags import Flag, encode
from ..geometry import curve_text, to_file
from .peaks import Peaks
from .profiles import Track
from .rows import Row
from .smile import Smile

__all__ = ["bands_table"]

_REACH = 3.0  # half height of a band's box, in half thicknesses
_SURE = 15.0  # evidence from which a band's own thickness and slope are believed
_SMOOTH = 2.0  # lanes over which a row's place is smoothed where it is only expected


@dataclass(frozen=True)
class Member:
    """One band of one image before it is written: index of its peak, or −1 where it is only expected."""

    peak: int
    row: float
    sigma: float
    slope: float


def _expected(row: Row, lane: int, image: int, col: float, peaks: Peaks, flat: FloatArray, smile: Smile) -> float:
    return row.predict(lane, image, flat, peaks) + float(smile(np.array(col)))


def _smile_slope(smile: Smile, col: float) -> float:
    return float(smile(np.array(col + 1.0)) - smile(np.array(col - 1.0))) / 2.0


def _members(
    row: Row, image: int, lanes: int, col: FloatArray, peaks: Peaks, flat: FloatArray, smile: Smile
) -> list[Member]:
    """List the bands of a row in all lanes of one image; `col` is each lane's column near the row."""
    own = np.array(row.members)
    usual = float(np.median(peaks.sigma[own]))
    found = {int(peaks.lane[i]): int(i) for i in own[peaks.image[own] == image]}
    members = []
    for lane in range(lanes):
        slope = _smile_slope(smile, col[lane])
        if lane in found:
            peak = found[lane]
            sure = peaks.score[peak] > _SURE
            members.append(
                Member(
                    peak,
                    float(peaks.row[peak]),
                    float(peaks.sigma[peak]) if sure else usual,
                    float(peaks.slope[peak]) if sure and abs(peaks.slope[peak] - slope) < 0.1 else slope,
                )
            )
        else:
            members.append(Member(-1, _expected(row, lane, image, col[lane], peaks, flat, smile), usual, slope))
    return members


def _band(blot: Blot, track: Track, index: int, member: Member, offset: tuple[int, int]) -> dict[str, object]:
    """Place, box and curve of one band in the image's upright pixels."""
    rows, cols = blot.shape
    centre_row = float(np.clip(member.row - offset[0], 0.0, rows - 1.0))
    at = round(centre_row)
    column = track.column[index]
    centre_col, half = float(column[at]), 0.5 * float(track.width[index])
    across = np.array([centre_col - half, centre_col, centre_col + half])
    ridge = centre_row + member.slope * (across - centre_col)
    lean = (column[min(at + 5, rows - 1)] - column[max(at - 5, 0)]) / max(1, min(at + 5, rows - 1) - max(at - 5, 0))
    reach = _REACH * member.sigma
    return {
        "centre_row": round(centre_row, 2),
        "centre_col": round(centre_col, 2),
        "top": float(np.clip(np.floor(ridge.min() - reach + 0.5), 0, rows - 1)),
        "bottom": float(np.clip(np.ceil(ridge.max() + reach + 0.5), 1, rows)),
        "left": float(np.clip(round(centre_col - half + 0.5), 0, cols - 1)),
        "right": float(np.clip(round(centre_col + half + 0.5), 1, cols)),
        "curve": curve_text(ridge, across),
        "lean": round(float(lean), 4),
        "sigma": round(member.sigma, 2),
    }


_MEASURED = ("raw", "background", "volume", "volume_se", "snr", "height", "lod", "loq", "rejected", "mass_kda")


def bands_table(
    blots: Sequence[Blot],
    tracks: Sequence[Track],
    canvas: Canvas,
    rows: Sequence[Row],
    peaks: Peaks,
    flat: FloatArray,
    smile: Smile,
) -> pd.DataFrame:
    """Write every row in every lane of every image, in pixels of their files."""
    parts = []
    for image, (blot, track, offset) in enumerate(zip(blots, tracks, canvas.offsets, strict=True)):
        written = []
        for number, row in enumerate(rows, start=1):
            height = float(np.median(peaks.row[row.members])) - offset[0]
            col = track.column[:, int(np.clip(round(height), 0, blot.shape[0] - 1))] + offset[1]
            for index, member in enumerate(_members(row, image, len(col), col, peaks, flat, smile)):
                band = _band(blot, track, index, member, offset)
                seen = member.peak >= 0
                edge = band["top"] == 0 or band["bottom"] == blot.shape[0]
                blended = seen and bool(peaks.blended[member.peak])
                flags = (Flag.EDGE if edge else Flag(0)) | (Flag.OVERLAP if blended else Flag(0))
                band |= {"lane": track.lane[index], "band": str(number), "detected": seen, "flags": encode(flags)}
                band["score"] = round(float(peaks.score[member.peak]), 2) if seen else 0.0
                written.append(band)
        part = pd.DataFrame(written).assign(image=blot.name, target="", saturated=0, **dict.fromkeys(_MEASURED, np.nan))
        parts.append(to_file(part.sort_values(["lane", "band"], key=_numbers), blot.frame))
    return tables.check(pd.concat(parts, ignore_index=True), "bands")


def _numbers(column: pd.Series) -> pd.Series:
    return column.astype(int)
