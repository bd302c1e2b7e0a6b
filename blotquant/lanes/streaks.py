"""Streaks: lanes that show along their whole length, by haze or by gaps between bands that touch.

Blocks of rows are averaged; a place is in a lane when the block is brighter there than half a pitch to either side.
A streak is weak evidence a block, but there are many blocks, and no row of bands is needed for it.
"""

from __future__ import annotations

import functools
from dataclasses import dataclass, replace

import cv2
import numpy as np

from ..bulges import Picture
from ..evidence import Narrow
from .votes import LUMP, Votes, odd, shifted

__all__ = ["Blocks", "streak_votes"]

_BLOCKS = 24  # blocks of rows
_WEIGHT = 0.2  # what a streak in one block counts against a band
_FULL = 9.0  # contrast from which a vote counts in full
_RELIEF = 0.03  # part of the block's whole relief that may vary by chance
_TINY = np.float32(np.finfo(np.float32).tiny)


@dataclass(frozen=True)
class Blocks:
    """Mean brightness of blocks of rows.

    Parameters
    ----------
    light : ndarray of shape (k, n)
        Of each block and strip [span].
    height : float
        Rows of a block [px].
    width : float
        Width of a strip [px].
    """

    light: Picture
    height: float
    width: float

    @classmethod
    def of(cls, picture: Narrow) -> Blocks:
        """Average the rows of an image in strips."""
        rows, strips = picture.pixels.shape
        count = min(_BLOCKS, rows)
        light = np.asarray(cv2.resize(picture.pixels, (strips, count), interpolation=cv2.INTER_AREA), np.float32)
        return cls(light, picture.step * rows / count, picture.width)

    @functools.cached_property
    def variance(self) -> Picture:
        """What a block's brightness may vary by its own relief, shape (k, 1) [span²]."""
        relief = np.ptp(self.light, axis=1)[:, None]
        return np.asarray((_RELIEF * relief) ** 2, np.float32)

    def coarser(self, strips: int) -> Blocks:
        """Average strips as well, down to a number of them."""
        light = cv2.resize(self.light, (strips, len(self.light)), interpolation=cv2.INTER_AREA)
        wider = self.width * self.light.shape[1] / strips
        return replace(self, light=np.asarray(light, np.float32), width=wider)


def _from_block_to_block(above: Picture) -> float:
    """Change from block to block, where few bands are, of what lanes stand above gaps [span]."""
    change = np.abs(above[1:] - above[:-1]).ravel()
    return float(np.partition(change, change.size // 3)[change.size // 3]) if change.size else 0.0


def streak_votes(blocks: Blocks, pitch: float, offset: tuple[int, int]) -> Votes:
    """Let every block of rows vote for the columns of lanes that show along the run.

    Parameters
    ----------
    blocks : Blocks
        Blocks of rows of the image.
    pitch : float
        Distance between lanes [px].
    offset : (int, int)
        Where the image starts on the canvas [px].
    """
    light, per_pitch = blocks.light, pitch / blocks.width
    part = np.asarray(cv2.blur(light, (odd(0.14 * per_pitch), 1), borderType=cv2.BORDER_REPLICATE), np.float32)
    by = max(1, round(0.15 * per_pitch))
    middle = np.minimum(part, np.minimum(shifted(part, by), shifted(part, -by)))
    lowest = np.asarray(cv2.erode(light, np.ones((1, odd(0.16 * per_pitch)), np.uint8)), np.float32)
    half = max(1, round(0.5 * per_pitch))
    gap = np.maximum(shifted(lowest, half, -np.inf), shifted(lowest, -half, -np.inf))
    base = np.asarray(cv2.erode(light, np.ones((1, odd(2.0 * per_pitch)), np.uint8)), np.float32)
    above = middle - gap
    spread = (LUMP * (middle - base)) ** 2 + _from_block_to_block(above[:, half:-half:2]) ** 2 + blocks.variance
    contrast = above / np.sqrt(np.maximum(spread, _TINY))
    which = np.flatnonzero((contrast > 1.0) & (contrast < np.inf))
    row, col = np.divmod(which, contrast.shape[1])
    weight = np.minimum(contrast.ravel()[which], _FULL) * (3.0 * _WEIGHT / _FULL)
    down, across = np.stack(
        [(row + 0.5) * blocks.height - 0.5 + offset[0], (col + 0.5) * blocks.width - 0.5 + offset[1]]
    ).astype(np.float64)
    return Votes(down, across, weight.astype(np.float64), blocks.width)
