"""Where a detector clips: plateaus are found at and below full scale, and never invented."""

from __future__ import annotations

import numpy as np
import pytest

from blotquant.saturation import find_ceiling, find_floor


def noisy(level: float = 1000.0, spread: float = 30.0, shape: tuple[int, int] = (80, 100)) -> np.ndarray:
    return np.random.default_rng(2).normal(level, spread, shape).round().astype(np.uint16)


def with_plateau(level: int, size: int = 6) -> np.ndarray:
    pixels = noisy()
    y, x = np.mgrid[:80, :100]
    peak = 90_000 * np.exp(-0.5 * (((y - 40) / 4) ** 2 + ((x - 50) / (4 + size)) ** 2))
    return np.minimum(pixels + peak, level).astype(np.uint16)


@pytest.mark.parametrize("level", [65535, 65522, 50000, 16383])
def test_a_plateau_is_found_at_full_scale_and_below(level: int) -> None:
    pixels = with_plateau(level)
    assert (pixels == level).sum() > 3
    assert find_ceiling(pixels, full=65535.0) == level


def test_a_picture_without_a_plateau_has_its_ceiling_at_full_scale() -> None:
    assert find_ceiling(noisy(), full=65535.0) == 65535.0


def test_a_hot_pixel_is_no_plateau_and_does_not_hide_one() -> None:
    lone = noisy()
    lone[10, 10] = 40_000
    beyond = with_plateau(50_000)
    beyond[10, 10] = 52_000

    assert find_ceiling(lone, full=65535.0) == 65535.0
    assert find_ceiling(beyond, full=65535.0) == 50_000.0


def test_scattered_pixels_of_one_value_are_no_plateau() -> None:
    pixels = noisy()
    pixels[::20, ::20] = 40_000

    assert find_ceiling(pixels, full=65535.0) == 65535.0


def test_what_is_seen_beats_what_the_file_states_and_that_beats_full_scale() -> None:
    assert find_ceiling(with_plateau(50_000), full=65535.0, stated=60_000.0) == 50_000.0
    assert find_ceiling(noisy(), full=65535.0, stated=60_000.0) == 60_000.0
    assert find_ceiling(noisy(), full=65535.0, stated=500.0) == 65535.0


def test_in_eight_bits_full_scale_alone_means_nothing() -> None:
    y = np.mgrid[:80, :100][0]
    stretched = (255 * np.exp(-0.5 * ((y - 40) / 20) ** 2)).astype(np.uint8)
    clipped = np.minimum(255, 900 * np.exp(-0.5 * ((y - 40) / 20) ** 2)).astype(np.uint8)

    assert find_ceiling((noisy(100, 10) % 256).astype(np.uint8), full=255.0) is None
    assert find_ceiling(stretched, full=255.0) is None
    assert find_ceiling(clipped, full=255.0) == 255.0


def test_the_ground_of_an_eight_bit_picture_is_no_limit() -> None:
    pixels = np.full((80, 100), 4, np.uint8)
    pixels[::3, ::2] = 5
    pixels[40:50, 20:80] = np.random.default_rng(0).integers(30, 200, (10, 60))

    assert find_floor(pixels, full=255.0) is None


def test_pixels_cut_at_zero_are_found_and_an_offset_is_no_cut() -> None:
    dark = np.maximum(np.random.default_rng(1).normal(2, 20, (80, 100)), 0).round().astype(np.uint16)

    assert find_floor(dark, full=65535.0) == 0.0
    assert find_floor(noisy(), full=65535.0) == 0.0


def test_floating_point_has_a_limit_only_where_one_is_seen() -> None:
    pixels = with_plateau(50_000).astype(np.float32) / 7

    assert find_ceiling(pixels) == pytest.approx(50_000 / 7)
    assert find_ceiling(noisy().astype(np.float64) + 0.5) is None
    assert find_floor(noisy().astype(np.float64)) is None


def test_counts_of_few_levels_have_no_plateau_by_chance() -> None:
    rng = np.random.default_rng(3)

    assert [find_ceiling(rng.poisson(6, (80, 100)).astype(np.uint16), full=65535.0) for _ in range(20)] == [
        65535.0
    ] * 20


def test_a_blank_picture_has_no_plateau() -> None:
    assert find_ceiling(np.full((9, 9), 7, np.uint8), full=255.0) is None
    assert find_ceiling(np.full((9, 9), 65535, np.uint16), full=65535.0) == 65535.0
