"""Streaks: lanes that show along their whole length, by haze or by gaps between bands that touch.

Blocks of rows are averaged; a place is in a lane when the block is brighter there than half a pitch to either side.
A streak is weak evidence a block, but there are many blocks, and no row of bands is needed for it.
"""

from __future__ import annotations

import cv2
import numpy as np

from ..evidence import Narrow
from .votes import LUMP, Votes, odd, shifted

__all__ = ["streak_votes"]

_BLOCKS = 24  # blocks of rows
_WEIGHT = 0.2  # what a streak in one block counts against a band
_FULL = 9.0  # contrast from which a vote counts in full
_RELIEF = 0.03  # part of the block's whole relief that may vary by chance


def streak_votes(picture: Narrow, pitch: float, offset: tuple[int, int]) -> Votes:
    """Let every block of rows vote for the columns of lanes that show along the run.

    Parameters
    ----------
    picture : Narrow
        The image in strips.
    pitch : float
        Distance between lanes [px].
    offset : (int, int)
        Where the image starts on the canvas [px].
    """
    rows, strips = picture.pixels.shape
    count = min(_BLOCKS, rows)
    blocks = np.asarray(cv2.resize(picture.pixels, (strips, count), interpolation=cv2.INTER_AREA), np.float32)
    chance = float(np.median(np.abs(np.diff(blocks, axis=0)))) if count > 1 else 0.0
    per_pitch = pitch / picture.width
    part = np.asarray(cv2.blur(blocks, (odd(0.14 * per_pitch), 1), borderType=cv2.BORDER_REPLICATE), np.float32)
    by = max(1, round(0.15 * per_pitch))
    middle = np.minimum(part, np.minimum(shifted(part, by), shifted(part, -by)))
    lowest = np.asarray(cv2.erode(blocks, np.ones((1, odd(0.16 * per_pitch)), np.uint8)), np.float32)
    half = max(1, round(0.5 * per_pitch))
    gap = np.maximum(shifted(lowest, half, -np.inf), shifted(lowest, -half, -np.inf))
    base = np.asarray(cv2.erode(blocks, np.ones((1, odd(2.0 * per_pitch)), np.uint8)), np.float32)
    relief = np.ptp(blocks, axis=1)[:, None]
    spread = chance**2 + (LUMP * (middle - base)) ** 2 + (_RELIEF * relief) ** 2
    contrast = (middle - gap) / np.sqrt(np.maximum(spread, np.finfo(np.float32).tiny))
    row, col = np.nonzero(np.isfinite(contrast) & (contrast > 1.0))
    weight = np.minimum(contrast[row, col], _FULL) * (3.0 * _WEIGHT / _FULL)
    return Votes(
        (row + 0.5) * rows / count - 0.5 + offset[0],
        np.asarray((col + 0.5) * picture.width - 0.5 + offset[1], dtype=np.float64),
        weight.astype(float),
        picture.width,
    )
