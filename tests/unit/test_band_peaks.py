"""Peaks along a lane: flat tops are one band, however many peaks lie on them."""

from __future__ import annotations

from types import SimpleNamespace
from typing import cast

import numpy as np

from blotquant.bands.peaks import _plateaus
from blotquant.bands.profiles import LaneProfiles


def test_peaks_on_the_flat_top_of_a_stronger_one_are_part_of_it() -> None:
    """Two lanes with one flat top each from row 90 to 110; the first has a second peak on it, the second one beside."""
    row = np.arange(200.0)
    top = 5000.0 / (1.0 + np.exp((np.abs(row - 100.0) - 14.0) / 1.5))
    light = np.stack([top, top], axis=1).astype(np.float32)
    profiles = cast(LaneProfiles, SimpleNamespace(brightness=light, sigmas=np.array([4.0, 16.0])))
    at, lane = np.array([92, 105, 92, 140]), np.array([0, 0, 1, 1])
    place, sigma, part = _plateaus(profiles, at, lane, np.full(4, 5.0), np.array([90.0, 60.0, 90.0, 60.0]))
    assert part.tolist() == [False, True, False, False]
    np.testing.assert_allclose(place[[0, 2]], 100.0, atol=1.0)
    assert (sigma[[0, 2]] > 8.0).all()
    weaker = _plateaus(profiles, at[:2], lane[:2], np.full(2, 5.0), np.array([60.0, 90.0]))[2]
    assert weaker.tolist() == [True, False]
