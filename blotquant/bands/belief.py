"""Belief: which rows of bands are believed, by neighbours, by evidence, by height and by thickness."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from ..blot import FloatArray
from .peaks import Peaks

__all__ = ["NEIGHBOURS", "SUPPORT", "believed_rows"]

SUPPORT = 2
"""Lanes apart at most that support each other."""

NEIGHBOURS = 2
"""Supporting bands that one has, at least, where none is believed alone."""

_ALONE = 12.0  # evidence from which a peak is believed without neighbours
_MANY = 5  # bands of a row that are believed together where they line up, at least
_CLEAR_ROW = 50.0  # evidence of its best band from which a row is believed however faint …
_FAINT_ROW = 0.05  # … and its height as a share of that of the image's bands from which it is believed all the same
_TALL = 3  # bands of a row that are so tall, or taller; a ladder alone is no measure
_LINED_UP = 22.0  # evidence of its bands together from which a row of several is believed all the same …
_SEVERAL, _SEVERAL_LINED_UP = 3, 14.0  # … and if they are so many, or more
_SHARP = 5.0  # … which stand clear of the gaps by more than so much …
_BENT = 0.12  # … and lie off the row by less than this times what they have above it [half thicknesses] …
_ASTRAY = 0.5  # … or, if several, by less than so much …
_INSIDE = 2.3  # … and are all so far from where the membrane or the picture ends [half thicknesses] …
_SLIM, _STOUT = 0.6, 1.9  # … and, if faint, as thick as others, within these shares; ground and scratches are not
_THIN, _THICK = 0.4, 2.5  # thickness of a row against the usual one beyond which it is a scratch or a stain …
_THINNEST, _THICKEST = 0.25, 4.5  # … unless it is beyond doubt in three lanes or more
_THIN_ALONE, _CERTAIN = 0.65, 50.0  # the same for a row of one band, unless its evidence is so large
_FEW, _LOW, _WEAK = 4, 0.25, 35.0  # up to so many bands that do not line up, so low and with so little evidence …
_THIN_WEAK = 0.8  # … are pieces of a scratch or of a fingerprint where they are thinner than this


def _support(peaks: Peaks, own: npt.NDArray[np.intp]) -> npt.NDArray[np.intp]:
    """Count the members of a row in lanes near each of them."""
    apart = np.abs(peaks.lane[own][:, None] - peaks.lane[own][None, :])
    return np.asarray((apart <= SUPPORT).sum(axis=1) - 1, dtype=np.intp)


def _supported(peaks: Peaks, own: npt.NDArray[np.intp]) -> npt.NDArray[np.bool_]:
    """Which members are strong by themselves or have a neighbour in the row."""
    return np.asarray((peaks.score[own] > _ALONE) | (_support(peaks, own) > 0), dtype=np.bool_)


def _backed(peaks: Peaks, own: npt.NDArray[np.intp]) -> bool:
    """Whether a row of faint members has one with neighbours enough."""
    return bool((_support(peaks, own) >= NEIGHBOURS).any())


def _lined_up(row: npt.NDArray[np.intp], peaks: Peaks, flat: FloatArray) -> bool:
    """Whether several bands make a row that is beyond doubt, however faint each: together they look like one."""
    clear = float(np.median(peaks.contrast[row])) - _SHARP
    least, astray = (_SEVERAL_LINED_UP, _ASTRAY) if len(row) >= _SEVERAL else (_LINED_UP, 0.0)
    return bool(
        clear > 0
        and _support(peaks, row).max() > 0
        and np.hypot.reduce(peaks.score[row]) > least
        and flat[row].std() < max(_BENT * clear, astray) * np.median(peaks.sigma[row])
        and peaks.margin[row].min() > _INSIDE
    )


def _believed(row: npt.NDArray[np.intp], peaks: Peaks, flat: FloatArray) -> npt.NDArray[np.intp]:
    """Members of a row that are believed: all of many that line up, else those with a neighbour or strong evidence."""
    if len(row) >= _MANY and _lined_up(row, peaks, flat):
        return row
    own = row[_supported(peaks, row)]
    return own if len(own) and (peaks.score[own].max() > _ALONE or _backed(peaks, own)) else own[:0]


def _standing_out(rows: list[npt.NDArray[np.intp]], peaks: Peaks, flat: FloatArray) -> list[npt.NDArray[np.intp]]:
    """Leave out rows that are near the noise, faint beside the bands of their image, and uneven: the ground."""
    if not rows:
        return rows
    thickness = float(np.median(peaks.sigma[np.concatenate(rows)]))
    thick = np.array([np.median(peaks.sigma[row]) for row in rows]) / thickness
    shares = _heights(rows, peaks)
    return [
        row
        for row, share, as_thick in zip(rows, shares, (thick > _SLIM) & (thick < _STOUT), strict=True)
        if peaks.score[row].max() >= _CLEAR_ROW or share >= _FAINT_ROW or (as_thick and _lined_up(row, peaks, flat))
    ]


def _heights(rows: list[npt.NDArray[np.intp]], peaks: Peaks) -> list[float]:
    """Height of each row as a share of that of the tallest bands of its image."""
    usual: dict[int, float] = {}
    own = []
    for row in rows:
        image = int(peaks.image[row[0]])
        tall = np.sort(peaks.height[row])[::-1][:_TALL]
        usual[image] = max(usual.get(image, 0.0), float(tall[-1]) * len(tall) / _TALL)
        own.append(float(tall[-1] if len(tall) == _TALL else tall[0]))
    return [height / usual[int(peaks.image[row[0]])] for row, height in zip(rows, own, strict=True)]


def believed_rows(rows: list[npt.NDArray[np.intp]], peaks: Peaks, flat: FloatArray) -> list[npt.NDArray[np.intp]]:
    """Return the rows that are believed, with those of their bands that are.

    Parameters
    ----------
    rows : list of ndarray
        Indices of each row's peaks; each row is of one image.
    peaks : Peaks
        Peaks that look like bands.
    flat : ndarray of shape (n,)
        Row of each peak with the smile taken out [px].
    """
    kept = [_believed(row, peaks, flat) for row in rows]
    kept = _standing_out([row for row in kept if len(row)], peaks, flat)
    if not kept:
        return kept
    thickness = np.array([np.median(peaks.sigma[row]) for row in kept])
    weight = np.array([np.log1p(peaks.score[row]).sum() for row in kept])
    order = np.argsort(thickness)
    total = np.cumsum(weight[order])
    usual = thickness[order][np.searchsorted(total, 0.5 * total[-1])]
    shares = _heights(kept, peaks)
    limits = np.array([_limits(row, share, peaks, flat) for row, share in zip(kept, shares, strict=True)]) * usual
    fits = (thickness > limits[:, 0]) & (thickness < limits[:, 1])
    return [row for row, fit in zip(kept, fits, strict=True) if fit]


def _limits(row: npt.NDArray[np.intp], share: float, peaks: Peaks, flat: FloatArray) -> tuple[float, float]:
    """Between which shares of the usual thickness that of a row must lie."""
    astray = len(row) == 1 or flat[row].std() > _ASTRAY * np.median(peaks.sigma[row])
    if len(row) <= _FEW and astray and share < _LOW and peaks.score[row].max() < _WEAK:
        return _THIN_WEAK, _THICK
    if len(row) == 1 and peaks.score[row[0]] < _CERTAIN:
        return _THIN_ALONE, _THICK
    if len(row) > NEIGHBOURS and _lined_up(row, peaks, flat):
        return _THINNEST, _THICKEST
    return _THIN, _THICK
