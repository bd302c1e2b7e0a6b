"""What the light itself allows: the smallest error that any measuring can have of a band whose shape is known.

The Cramér–Rao bound of the amplitude of a known shape p in noise of variance v a pixel is 1 / sqrt(sum p² / v)
(Kay 1993, Fundamentals of Statistical Signal Processing: Estimation Theory, chapter 3).
"""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence

import numpy as np

from blotquant.synthetic import LEVEL_CAMERA, Drawn
from tests.truth.scoring import Score, hold_against_truth

__all__ = ["measure"]

_MARGIN = 6


def _bound(drawn: Drawn) -> np.ndarray:
    """Smallest standard deviation of every true band's volume [AU px]; of absent ones 0."""
    camera = LEVEL_CAMERA
    light = drawn.signal + drawn.background - camera.offset
    variance = camera.gain * light + camera.read_noise**2 + 1.0 / 12.0
    found = np.zeros(len(drawn.bands))
    for index, band in enumerate(drawn.bands.itertuples()):
        if band.volume > 0:
            rows = slice(max(int(band.top) - _MARGIN, 0), int(band.bottom) + _MARGIN)
            cols = slice(max(int(band.left) - _MARGIN, 0), int(band.right) + _MARGIN)
            shape = drawn.signal[rows, cols] / band.volume
            found[index] = 1.0 / np.sqrt((shape**2 / variance[rows, cols]).sum())
    return found


def measure(drawn: Sequence[Drawn]) -> list[Score]:
    """Draw measured volumes around the true ones with the smallest possible errors."""
    rng = np.random.default_rng(0)
    scores = []
    for picture in drawn:
        error = _bound(picture)
        bands = picture.bands.assign(detected=picture.bands["present"], volume_se=error)
        bands["volume"] += error * rng.standard_normal(len(bands))
        score = hold_against_truth(picture, bands, lanes=len(picture.lanes))
        scores.append(dataclasses.replace(score, seconds=float("nan")))
    return scores
