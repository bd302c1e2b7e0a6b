"""Dips of bands that are dark in their middle, on windows made by hand."""

from __future__ import annotations

import numpy as np

from blotquant.dips import middle_columns, rises_at_sides, smoothed_along


def test_the_middle_half_of_a_lane() -> None:
    part = np.arange(24.0).reshape(2, 12)
    np.testing.assert_array_equal(middle_columns(part), part[:, 3:9])
    assert middle_columns(np.zeros((2, 13))).shape == (2, 7)


def ring(left: float, right: float, *, dip: float = 50.0) -> np.ndarray:
    """A band of 100 whose middle row falls to `dip`, and at its ends to `left` and `right`."""
    light = np.full((11, 17), 100.0)
    light[5] = dip
    light[5, :3], light[5, -3:] = left, right
    return light


def test_sides_rise_out_of_a_dip_by_a_share_of_its_depth() -> None:
    assert rises_at_sides(ring(100.0, 90.0), 5) == (1.0, 0.8)


def test_a_side_whose_brightest_column_is_dark_at_the_dip_has_an_open_rim() -> None:
    assert rises_at_sides(ring(100.0, 74.0), 5) is None
    assert rises_at_sides(ring(74.0, 100.0), 5) is None
    assert rises_at_sides(ring(76.0, 76.0), 5) is not None


def test_sides_rise_out_of_no_dip_by_nothing() -> None:
    assert rises_at_sides(np.full((11, 17), 100.0), 5) == (0.0, 0.0)


def test_light_is_smoothed_along_the_lane_only_and_counted_from_the_level() -> None:
    part = np.zeros((9, 3))
    part[4, 1] = 30.0
    expected = np.full((9, 3), -2.0)
    expected[3:6, 1] = 8.0
    np.testing.assert_allclose(smoothed_along(part, 2.0), expected)
