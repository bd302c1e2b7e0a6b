"""Bands where a row is expected: a lane in which no peak stands out by itself may show one where the row passes."""

from __future__ import annotations

import numpy as np

from ..blot import FloatArray
from .profiles import LaneProfiles

__all__ = ["expected_evidence"]

_SHARE = 0.5  # evidence that counts where a row passes, as a share of that asked of a band elsewhere
_AROUND = 0.7  # how far off its place a band is looked for, in half thicknesses
_OVER_GAP = 2.0  # bulge above the quieter gap, in units of noise
_SPECK = -3.0  # bulge of each strip of the lane, at least, in units of noise: beside a speck it is hollow
_INSIDE = 3.0  # distance from where the membrane or the picture ends [half thicknesses]


def expected_evidence(
    profiles: LaneProfiles, top: int, row: FloatArray, sigma: float, *, min_score: float
) -> FloatArray:
    """Evidence for a band at one place in every lane of an image, 0 where there is too little.

    Parameters
    ----------
    profiles : LaneProfiles
        Evidence along the lanes.
    top : int
        Row of the image's first pixel on the canvas [px].
    row : ndarray of shape (n,)
        Where the row passes each lane, on the canvas [px].
    sigma : float
        Half thickness of the row's bands [px].
    min_score : float
        Evidence asked of a band that is not expected.
    """
    _, rows, lanes = profiles.height.shape
    lane = np.arange(lanes)
    scale = int(np.argmin(np.abs(np.log(profiles.sigmas / sigma))))
    reach = max(1, round(_AROUND * sigma))
    at = np.round(row).astype(np.intp) - top + np.arange(-reach, reach + 1)[:, None]
    inside = np.clip(at, 0, rows - 1)
    where = (scale, inside, lane)
    evidence = profiles.score[where]
    best = np.argmax(evidence, axis=0)
    above = (profiles.height[where] - profiles.gap[where]) / profiles.noise[where]
    even = profiles.strips[where].min(axis=-1) > _SPECK * profiles.noise[where]
    free = profiles.room[inside, lane] > _INSIDE * sigma
    clear = (evidence > _SHARE * min_score) & (above > _OVER_GAP) & even & free & (at == inside)
    found: FloatArray = np.where(clear, evidence, 0.0)[best, lane].astype(float)
    return found
