"""Lanes that a row of bands hardly speaks for, and bands that look like two."""

from __future__ import annotations

import numpy as np
import pytest

from blotquant.bands import find_bands
from blotquant.blot import Blot
from blotquant.lanes import find_lanes
from blotquant.lanes.wells import fill_wells
from blotquant.orientation import orient


def ends(off: np.ndarray, half: float, soft: float) -> np.ndarray:
    return 1.0 / (1.0 + np.exp((np.abs(off) - half) / soft))


def horned(seed: int, deep: float) -> tuple[Blot, np.ndarray]:
    """Draw two rows of seven bands that bend and are hollow in the middle, a part of each row missing."""
    rng = np.random.default_rng(seed)
    row, col = np.indices((220, 620)).astype(float)
    centres = 58.0 + 84.0 * np.arange(7) + rng.normal(0.0, 1.5, 7)
    light = np.zeros(row.shape)
    for at in (60.0, 150.0):
        for number, centre in enumerate(centres):
            off = (col - centre) / 34.0
            ridge = np.exp(-0.5 * ((row - at + 4.0 * np.minimum(off**2, 1.3)) / 3.6) ** 2)
            hollow = 1.0 - deep * np.exp(-0.5 * (off / 0.42) ** 2)
            height = 0.0 if (number, at) in {(2, 60.0), (4, 150.0)} else rng.uniform(2500.0, 6000.0)
            light += height * ends(col - centre, 34.0, 1.8) * hollow * ridge
    return Blot("horned.tif", 500.0 + light + rng.normal(0.0, 60.0, row.shape), bright=True), centres


@pytest.mark.parametrize(("seed", "deep"), [(1, 0.75), (2, 0.6), (3, 0.6)])
def test_bands_that_are_hollow_in_the_middle_are_one_lane_each(seed: int, deep: float) -> None:
    blot, centres = horned(seed, deep)
    lanes = find_lanes(orient(blot))
    np.testing.assert_allclose(lanes["centre"], centres, atol=6.0)


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_a_last_lane_of_which_only_haze_and_a_trace_are_seen_is_a_lane(seed: int) -> None:
    rng = np.random.default_rng(seed)
    row, col = np.indices((140, 520)).astype(float)
    centres = 50.0 + 60.0 * np.arange(8)
    light = np.zeros(row.shape)
    for centre, height, haze in zip(centres, [*rng.uniform(2000.0, 5000.0, 7), 55.0], [60.0] * 7 + [25.0], strict=True):
        light += ends(col - centre, 22.0, 2.0) * (haze + height * np.exp(-0.5 * ((row - 70.0) / 4.0) ** 2))
    noise = rng.normal(0.0, 40.0, row.shape)
    lanes = find_lanes(orient(Blot("trace.tif", 500.0 + light + noise, bright=True)))
    np.testing.assert_allclose(lanes["centre"], centres, atol=7.0)


def touching(seed: int, lanes: int) -> tuple[Blot, np.ndarray]:
    """Draw two rows of narrow lanes whose bands touch where neighbours are about as strong, some of them missing."""
    rng = np.random.default_rng(seed)
    pitch = 27.0
    row, col = np.indices((190, round(pitch * (lanes + 1)))).astype(float)
    centres = pitch * (1.0 + np.arange(lanes)) + rng.normal(0.0, 0.5, lanes)
    light = np.zeros(row.shape)
    for at in (60.0, 130.0):
        ridge = np.exp(-0.5 * ((row - at - 3.0 * np.cos(col / 150.0)) / 2.8) ** 2)
        for centre in centres:
            height = 4000.0 * np.exp(rng.normal(0.0, 0.5)) * (rng.random() > 0.1)
            light += height * ends(col - centre, 12.6, 1.3) * ridge
    for centre in centres:
        light += 90.0 * ends(col - centre, 12.0, 1.5)
    return Blot("touching.tif", 500.0 + light + rng.normal(0.0, 40.0, row.shape), bright=True), centres


@pytest.mark.parametrize("seed", [6, 15, 24])
def test_narrow_lanes_whose_bands_touch_are_counted_to_the_last_one(seed: int) -> None:
    blot, centres = touching(seed, 21)
    lanes = find_lanes(orient(blot))
    np.testing.assert_allclose(lanes["centre"], centres, atol=8.0)


def test_a_wide_space_holds_the_wells_that_fit_it_best() -> None:
    centre, empty = fill_wells(np.array([44.0, 75.0, 154.6, 182.4, 209.0, 236.6]), 27.4)
    assert empty.tolist() == [False, False, True, True, False, False, False, False]
    np.testing.assert_allclose(centre[2:4], [101.5, 128.1], atol=0.1)


def test_a_strip_of_bands_hardly_wider_than_thick_has_lanes() -> None:
    rng = np.random.default_rng(3)
    row, col = np.indices((146, 640)).astype(float)
    centres = 50.0 + 44.0 * np.arange(13)
    lane = sum(rng.uniform(2000.0, 5000.0) * ends(col - centre, 15.0, 2.0) for centre in centres)
    light = lane * np.exp(-0.5 * ((row - 72.0) / 9.2) ** 2)
    lanes = find_lanes(orient(Blot("thick.tif", 500.0 + light + rng.normal(0.0, 40.0, row.shape), bright=True)))
    np.testing.assert_allclose(lanes["centre"], centres, atol=4.0)


@pytest.mark.parametrize("seed", [3, 8, 12])
def test_pieces_of_a_faint_scratch_are_no_bands(seed: int) -> None:
    rng = np.random.default_rng(seed)
    row, col = np.indices((300, 520)).astype(float)
    light = np.zeros(row.shape)
    for centre in 50.0 + 70.0 * np.arange(7):
        lane = ends(col - centre, 26.0, 2.0)
        for at in (120.0, 240.0):
            light += rng.uniform(2000.0, 6000.0) * lane * np.exp(-0.5 * ((row - at) / 4.5) ** 2)
    for start, at, slope in ((40.0, 40.0, 0.08), (310.0, 180.0, -0.12)):
        along = ends(col - start - 55.0, 60.0, 4.0)
        light += 250.0 * along * np.exp(-0.5 * ((row - at - slope * (col - start)) / 2.0) ** 2)
    blot = orient(Blot("scratch.tif", 500.0 + light + rng.normal(0.0, 45.0, row.shape), bright=True))
    bands = find_bands(blot, find_lanes(blot))
    seen = bands[bands["detected"]]
    assert len(seen) == 14
    assert (np.abs(seen["centre_row"].to_numpy()[:, None] - np.array([120.0, 240.0])).min(axis=1) < 4.0).all()
