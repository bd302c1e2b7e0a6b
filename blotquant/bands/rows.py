"""Rows: peaks of neighbouring lanes that follow one another along the smile."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from ..blot import FloatArray
from .peaks import Peaks
from .smile import Smile

__all__ = ["Row", "follow_rows"]

_ALONE = 9.0  # evidence from which a peak is believed without neighbours
_NEIGHBOUR = 2  # lanes apart at most that support each other
_MEMORY = 3.0  # lanes over which a row's own bend is remembered
_LEAST_CONTRAST = 2.5  # contrast against the quieter gap, at least
_LEAST_RISE = 0.1  # height over the brighter side as a share of that over the darker, unless it is a shoulder
_TOO_STEEP = 1.25  # bulge along a steep line as a share of that along usual slopes, at most
_LEAST_MARGIN = 0.7  # distance from the picture's top or bottom, at least [half thicknesses]
_WANDER = 0.6  # how far a band may lie off its row, in half thicknesses
_LEAST_WANDER = 1.5  # and at least [px]


@dataclass
class Row:
    """A row while it is followed: its peaks, one a lane and image."""

    members: list[int]

    def predict(self, lane: int, flat: FloatArray, peaks: Peaks) -> float:
        """Where the row should lie in a lane, the smile taken out [px]."""
        own = np.array(self.members)
        near = np.exp(-np.abs(peaks.lane[own] - lane) / _MEMORY) * np.minimum(peaks.score[own], 30.0)
        return float((near * flat[own]).sum() / near.sum())


def _tolerance(peaks: Peaks, index: int, row: Row) -> float:
    own = np.array(row.members)
    nearest = np.abs(peaks.lane[own] - peaks.lane[index]).min()
    sigma = 0.5 * (peaks.sigma[index] + float(np.median(peaks.sigma[own])))
    return max(_LEAST_WANDER, _WANDER * sigma) * (1.0 + 0.15 * min(int(nearest), 6))


def _free(peaks: Peaks, index: int, row: Row) -> bool:
    """Whether the row has no peak yet in this lane of this image."""
    own = np.array(row.members)
    return not ((peaks.lane[own] == peaks.lane[index]) & (peaks.image[own] == peaks.image[index])).any()


def _supported(peaks: Peaks, row: Row) -> npt.NDArray[np.bool_]:
    """Which members are strong by themselves or have a neighbour in the row."""
    own = np.array(row.members)
    apart = np.abs(peaks.lane[own][:, None] - peaks.lane[own][None, :])
    other = ~np.eye(len(own), dtype=bool)
    return (peaks.score[own] > _ALONE) | ((apart <= _NEIGHBOUR) & other).any(axis=1)


def _band_like(peaks: Peaks) -> npt.NDArray[np.bool_]:
    """Which peaks look like bands rather than scratches, edges of the membrane or of bubbles, or frames."""
    shoulder = np.zeros(len(peaks.row), bool)
    for index in np.flatnonzero(peaks.rise < _LEAST_RISE):
        near = (
            (peaks.lane == peaks.lane[index])
            & (peaks.image == peaks.image[index])
            & (np.abs(peaks.row - peaks.row[index]) < 6.0 * peaks.sigma[index])
        )
        shoulder[index] = bool((peaks.score[near] > 2.0 * peaks.score[index]).any())
    standing = (peaks.rise >= _LEAST_RISE) | shoulder
    return (peaks.contrast >= _LEAST_CONTRAST) & (peaks.steep < _TOO_STEEP) & standing & (peaks.margin > _LEAST_MARGIN)


def follow_rows(peaks: Peaks, col: FloatArray, smile: Smile, min_score: float) -> tuple[list[Row], FloatArray]:
    """Gather peaks into rows, strongest first.

    Parameters
    ----------
    peaks : Peaks
        Peaks of all images.
    col : ndarray of shape (n,)
        Column of each peak on the canvas [px].
    smile : Smile
        How rows bend.
    min_score : float
        Evidence that a band must have.

    Returns
    -------
    rows : list of Row
        From top to bottom.
    flat : ndarray of shape (n,)
        Row of each peak with the smile taken out [px].
    """
    flat = peaks.row - smile(col)
    good = (peaks.score >= min_score) & _band_like(peaks)
    rows: list[Row] = []
    for index in np.argsort(-peaks.score, kind="stable"):
        if not good[index]:
            continue
        misses = [abs(flat[index] - row.predict(int(peaks.lane[index]), flat, peaks)) for row in rows]
        fits = [
            (miss, row)
            for miss, row in zip(misses, rows, strict=True)
            if miss < _tolerance(peaks, int(index), row) and _free(peaks, int(index), row)
        ]
        if fits:
            min(fits, key=lambda fit: fit[0])[1].members.append(int(index))
        else:
            rows.append(Row([int(index)]))
    kept = []
    for row in rows:
        members = [index for index, sure in zip(row.members, _supported(peaks, row), strict=True) if sure]
        if members:
            kept.append(Row(members))
    return sorted(kept, key=lambda row: float(np.median(flat[row.members]))), flat
