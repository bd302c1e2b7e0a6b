"""off_membrane(): the dark beside the membrane, and nothing on pictures that are membrane throughout."""

from __future__ import annotations

import dataclasses
import time

import numpy as np
import pytest

from blotquant.blot import Blot
from blotquant.surround import beyond_edge, off_membrane
from blotquant.synthetic import Drawn, draw_level


def below_the_line(shape: tuple[int, int], left: float, right: float) -> np.ndarray:
    """What lies below a slanted line from a row at the left to a row at the right."""
    row, col = np.indices(shape)
    return row > left + (right - left) * col / (shape[1] - 1)


def with_surround(blot: Blot, off: np.ndarray, level: float = 20.0) -> Blot:
    pixels = np.where(off, np.random.default_rng(1).normal(level, 2.0, blot.shape), blot.pixels)
    return dataclasses.replace(blot, pixels=pixels)


@pytest.mark.parametrize("seed", range(3))
def test_a_dark_strip_below_a_slanted_edge_is_off_the_membrane(seed: int) -> None:
    blot = draw_level("typical", seed=seed).blot
    off = below_the_line(blot.shape, 440.0, 465.0)
    found = off_membrane(with_surround(blot, off))
    assert found[off].all()
    near = below_the_line(blot.shape, 434.0, 459.0)
    assert not found[~near].any()


@pytest.mark.parametrize("level", ["clean", "typical", "hard"])
@pytest.mark.parametrize("family", ["flat", "foreign"])
def test_a_picture_that_is_membrane_throughout_has_no_surround(level: str, family: str) -> None:
    for seed in range(40, 45):
        assert not off_membrane(draw_level(level, family=family, seed=seed).blot).any()


def test_bands_that_touch_are_not_taken_for_a_membrane() -> None:
    row, col = np.indices((120, 400))
    pixels = 300.0 + 20000.0 * np.exp(-(((row - 60) / 12.0) ** 4)) * (np.abs(col - 200) < 195)
    assert not off_membrane(Blot("strip.tif", pixels, bright=True)).any()


def test_a_shallow_slope_into_the_dark_is_no_edge() -> None:
    row = np.indices((300, 400))[0]
    pixels = np.random.default_rng(2).normal(4000.0 * np.clip((280.0 - row) / 150.0, 0.02, 1.0), 10.0)
    assert not off_membrane(Blot("slope.tif", pixels, bright=True)).any()


def test_gain_and_offset_do_not_move_the_surround(drawn: Drawn) -> None:
    blot = with_surround(drawn.blot, below_the_line(drawn.blot.shape, 230.0, 222.0))
    moved = dataclasses.replace(blot, pixels=4.0 * blot.pixels + 300.0, ceiling=None)
    assert off_membrane(blot).any()
    np.testing.assert_array_equal(off_membrane(blot), off_membrane(moved))


def test_beyond_the_edge_the_level_of_the_membrane_goes_on(drawn: Drawn) -> None:
    off = below_the_line(drawn.blot.shape, 230.0, 222.0)
    cut = with_surround(drawn.blot, off)
    found = off_membrane(cut)
    filled = beyond_edge(cut.pixels, found)
    np.testing.assert_array_equal(filled[~found], cut.pixels[~found])
    ground = np.median(drawn.blot.pixels)
    assert np.abs(np.median(filled[found]) - ground) < 0.1 * ground
    assert beyond_edge(cut.pixels, np.zeros_like(found)) is cut.pixels


def test_the_surround_is_told_in_a_fraction_of_the_time_that_measuring_takes() -> None:
    blot = draw_level("typical", seed=5).blot
    blot = with_surround(blot, below_the_line(blot.shape, 440.0, 465.0))
    seconds = []
    for _ in range(5):
        start = time.perf_counter()
        off_membrane(blot)
        seconds.append(time.perf_counter() - start)
    assert min(seconds) < 0.05


def test_a_ground_that_is_clipped_to_black_between_bands_is_no_surround() -> None:
    blot = draw_level("typical", seed=20008, n_lanes=7, effects=("clipped",)).blot
    assert not off_membrane(blot).any()
