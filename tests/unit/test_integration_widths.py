"""Own widths of bands: where the light of a profile falls to a half."""

from __future__ import annotations

import dataclasses

import numpy as np
import pytest

from blotquant.blot import Blot
from blotquant.integration.strips import cut_strips
from blotquant.integration.widths import _by_neighbours, _crossing, _ends, _mean, _profiles, with_own_widths
from tests.hand_made_lanes import Row, bands_table, drawn_picture

ROWS: list[Row] = [(1, "a", 40, 40), (2, "a", 40, 90), (1, "b", 90, 40), (2, "b", 90, 90)]


def test_a_mean_of_fewer_than_two_cells_is_unknown() -> None:
    values = np.array([[[1.0, 2.0, 3.0], [3.0, 4.0, 9.0], [8.0, 9.0, 1.0]]])
    weight = np.array([[[1.0, 1.0, 0.0], [1.0, 0.0, 1.0], [0.0, 0.0, 1.0]]])
    np.testing.assert_array_equal(_mean(values, weight), [[2.0, np.nan, 5.0]])
    np.testing.assert_array_equal(_mean(values, 0 * weight), [[np.nan] * 3])


def test_a_profile_crosses_its_half_between_two_cells() -> None:
    at = 3.0 * np.arange(-4, 5)
    profile = np.array([0.0, 1.0, 4.0, 10.0, 10.0, 10.0, 9.0, 1.0, 0.0])
    assert _crossing(profile, at, 5.0, 4, 1) == pytest.approx(6.0 + 3 * 4 / 8)
    assert _crossing(profile, at, 5.0, 4, -1) == pytest.approx(-6.0 + 3 * 1 / 6)
    assert _crossing(profile, at, 0.5, 4, -1) == pytest.approx(-9.0 - 3 * 0.5)
    assert _crossing(profile, at, 0.5, 4, 1) == pytest.approx(9.0 + 3 * 0.5)


def test_a_profile_that_never_falls_or_is_not_seen_crosses_nowhere() -> None:
    at = np.arange(5.0)
    assert np.isnan(_crossing(np.full(5, 9.0), at, 5.0, 2, 1))
    assert np.isnan(_crossing(np.full(5, 9.0), at, 5.0, 2, -1))
    assert np.isnan(_crossing(np.array([9.0, 9.0, 9.0, np.nan, 1.0]), at, 5.0, 2, 1))


def test_ends_are_seen_from_the_middle_half_of_a_band() -> None:
    at = np.arange(-10.0, 11.0)
    profile = np.where(np.abs(at) < 7, 8.0, 0.0)
    left, right, light = _ends(profile, at, 8.0)
    assert (left, right, light) == (pytest.approx(-6.5), pytest.approx(6.5), 8.0)
    horned = np.where(np.abs(at) < 4, 8.0, np.where(np.abs(at) < 7, 16.0, 0.0))
    assert _ends(horned, at, 8.0) == (pytest.approx(-6.75), pytest.approx(6.75), 8.0)
    dark = _ends(-profile, at, 8.0)
    assert np.isnan(dark[:2]).all()
    assert dark[2] == -8.0
    few = np.where(np.abs(at) < 1.5, 8.0, np.nan)
    assert _ends(few, at, 8.0)[2] == 8.0
    two = np.where((at > -1.5) & (at < 0.5), 8.0, np.nan)
    assert np.isnan(_ends(two, at, 8.0)[:2]).all()
    assert _ends(two, at, 8.0)[2] == 0.0
    assert np.isnan(_ends(np.zeros(21), at, 8.0)[:2]).all()


def test_an_unsure_band_is_as_wide_as_its_lane_or_else_the_picture() -> None:
    values = np.array([1.0, 2.0, 9.0, 4.0, 9.0, 9.0])
    sure = np.array([True, True, False, True, False, False])
    lane = np.array([0, 0, 0, 1, 1, 2])
    assert _by_neighbours(values, sure, lane).tolist() == [1.0, 2.0, 1.5, 4.0, 4.0, 2.0]
    assert _by_neighbours(values, np.zeros(6, bool), lane).tolist() == [1.0] * 6


def blot_of(heights: list[float], half: float, noise_sd: float = 2.0, ramp: float = 0.0) -> Blot:
    table = bands_table(ROWS, half=18.0)
    pixels = np.random.default_rng(6).normal(500.0, noise_sd, (130, 130)) + ramp * np.arange(130)[:, None]
    return Blot("two", pixels + drawn_picture(table, heights, (130, 130), half), bright=True)


def widths(blot: Blot, box: float) -> np.ndarray:
    strips, boxes = cut_strips(blot, bands_table(ROWS, half=box))
    return with_own_widths(strips, boxes, boxes.view(strips, np.arange(4), boxes.lane))


@pytest.mark.parametrize("box", [14.0, 16.0, 20.0])
def test_bands_are_as_wide_as_their_light_not_as_their_boxes(box: float) -> None:
    found = widths(blot_of([900.0, 700.0, 500.0, 300.0], 13.0), box)
    np.testing.assert_allclose(found, 13.0, atol=0.4)


def test_a_slope_of_the_membrane_widens_nothing() -> None:
    np.testing.assert_allclose(widths(blot_of([900.0] * 4, 13.0, ramp=5.0), 16.0), 13.0, atol=0.4)


def test_a_faint_band_takes_the_width_of_its_lane() -> None:
    found = widths(blot_of([900.0, 0.0, 3.0, 900.0], 13.0, noise_sd=6.0), 16.0)
    np.testing.assert_allclose(found, 13.0, atol=0.4)
    np.testing.assert_allclose(widths(blot_of([0.0] * 4, 13.0), 16.0), 16.0)


def test_bands_that_are_far_narrower_or_wider_than_their_boxes_keep_them() -> None:
    np.testing.assert_allclose(widths(blot_of([900.0] * 4, 6.0), 16.0), 16.0)  # 6 of 16 are less than a half
    np.testing.assert_allclose(widths(blot_of([900.0] * 4, 9.0), 16.0), 9.0, atol=0.5)
    assert widths(blot_of([900.0] * 4, 16.0), 14.5) == pytest.approx(16.0, abs=0.5)  # 1.10 times its box
    np.testing.assert_allclose(widths(blot_of([900.0] * 4, 17.0), 14.0), 14.0)  # 1.21 times its box


def test_a_profile_is_the_light_of_the_core_above_that_of_both_flanks() -> None:
    """Rows: core 100, flank above 10, below 30; columns with a flank missing, or both, or the core."""
    blot = blot_of([0.0] * 4, 13.0)
    strips, boxes = cut_strips(blot, bands_table(ROWS, half=16.0))
    view = boxes.view(strips, np.array([0]), np.array([0]))
    far = np.abs(view.rows[0]) / 1.75
    column = np.where(far < 1.2, 100.0, np.where(view.rows[0] < 0, 10.0, 30.0))
    column[(far >= 1.2) & (far <= 3.0)] = 1e6
    column[far >= 5.5] = -1e6
    light = np.repeat(column[:, None], len(strips.cols), axis=1)[None]
    usable = np.ones(light.shape, bool)
    usable[0, view.rows[0] < -2.4, 0] = False
    usable[0, view.rows[0] > 2.4, 1] = False
    usable[0, far > 1.2, 2] = False
    usable[0, far < 1.2, 3] = False
    profile, noise = _profiles(light, usable, view)
    np.testing.assert_array_equal(profile[0, :6], [70.0, 90.0, np.nan, np.nan, 80.0, 80.0])
    # the flank above steps by nothing but where it is missing: 30 to 10, then to 0 and back
    assert noise[0] == 0.0


def test_noise_of_a_profile_is_that_of_steps_along_the_flank_above() -> None:
    blot = blot_of([0.0] * 4, 13.0)
    strips, boxes = cut_strips(blot, bands_table(ROWS, half=16.0))
    view = boxes.view(strips, np.array([0]), np.array([0]))
    flank = np.where(np.arange(len(strips.cols)) % 2 == 0, 3.0, 5.0)
    light = np.broadcast_to(flank, (1, boxes.tall, len(strips.cols)))
    _, noise = _profiles(light, np.ones(light.shape, bool), view)
    assert noise[0] == pytest.approx(1.4826 * 2.0 / np.sqrt(2))
    # under a band that lies on a dark stain the flank above tells it alone
    below = np.where(view.rows[0][:, None] > 0, 1.0, flank)[None]
    assert _profiles(below, np.ones(light.shape, bool), view)[1][0] == pytest.approx(noise[0])
    # and that below where it is missing
    unseen = np.broadcast_to(view.rows[0][:, None] > -3, light.shape[1:])[None]
    assert _profiles(light, unseen, view)[1][0] == pytest.approx(noise[0])


def test_a_bent_band_is_looked_at_along_its_ridge() -> None:
    blot = blot_of([0.0] * 4, 13.0)
    strips, boxes = cut_strips(blot, bands_table(ROWS, half=16.0))
    view = boxes.view(strips, np.array([0]), np.array([0]))
    bent = dataclasses.replace(view, ridge=0.03 * view.cols**2)
    light = 50.0 * (np.abs(view.rows[:, :, None] - bent.ridge[:, None]) < 2.4)
    profile, _ = _profiles(light, np.ones(light.shape, bool), bent)
    np.testing.assert_allclose(profile, 50.0)
