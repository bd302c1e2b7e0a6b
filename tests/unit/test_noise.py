"""estimate_noise(): what was put into a picture is read back from it."""

from __future__ import annotations

import dataclasses

import numpy as np
import pytest
from scipy.optimize import nnls

from blotquant.blot import Blot
from blotquant.noise import NoiseModel, _least_squares_without_negatives, estimate_noise


def picture(gain: float, read: float, seed: int = 0) -> np.ndarray:
    """Smooth hills of light with photon and read noise, rounded to counts."""
    rng = np.random.default_rng(seed)
    row, col = np.indices((360, 480))
    light = 300.0 + 4000.0 * np.exp(-(((row - 180) / 70.0) ** 2) - ((col - 240) / 90.0) ** 2) + 0.5 * col
    return np.rint(rng.normal(light, np.sqrt(read**2 + gain * (light - 300.0))))


@pytest.mark.parametrize(("gain", "read"), [(0.5, 4.0), (2.0, 8.0), (0.0, 5.0)])
def test_gain_and_read_noise_are_read_from_the_picture(gain: float, read: float) -> None:
    model = estimate_noise(Blot("b", picture(gain, read), bright=True))
    for level in (400.0, 1500.0, 3500.0):
        expected = read**2 + gain * (level - 300.0)
        assert np.sqrt(model.variance(level)) == pytest.approx(np.sqrt(expected), rel=0.15)


def test_the_grey_step_and_independence_of_pixels_are_seen() -> None:
    model = estimate_noise(Blot("b", picture(0.5, 6.0), bright=True))
    assert model.quantum == 1.0
    assert model.correlation == pytest.approx(1.0, abs=0.3)


def test_noise_scales_with_gain_and_ignores_an_offset() -> None:
    blot = Blot("b", picture(0.5, 6.0), bright=True)
    one, other = estimate_noise(blot), estimate_noise(dataclasses.replace(blot, pixels=4.0 * blot.pixels + 1000.0))
    assert other.variance(4.0 * 900.0 + 1000.0) == pytest.approx(16.0 * one.variance(900.0), rel=1e-6)


def test_dust_does_not_count_as_noise() -> None:
    pixels = picture(0.5, 6.0)
    rows, cols = np.random.default_rng(1).integers(0, 350, (2, 60))
    pixels[rows, cols] += 5000.0
    clean, dusty = (estimate_noise(Blot("b", p, bright=True)) for p in (picture(0.5, 6.0), pixels))
    assert dusty.variance(600.0) == pytest.approx(float(clean.variance(600.0)), rel=0.25)


def test_a_picture_without_noise_has_next_to_none() -> None:
    model = estimate_noise(Blot("b", np.full((64, 64), 7.0), bright=True))
    assert isinstance(model, NoiseModel)
    assert float(model.variance(7.0)) < 1.0


def test_coefficients_without_negatives_are_those_of_scipy() -> None:
    rng = np.random.default_rng(5)
    for _ in range(200):
        design = rng.normal(size=(8, 3)) + 0.5
        told = design @ rng.normal(size=3) + rng.normal(0, 0.3, 8)
        found = _least_squares_without_negatives(design, told)
        np.testing.assert_allclose(found, nnls(design, told)[0], atol=1e-9)
    assert not _least_squares_without_negatives(np.ones((4, 3)), -np.ones(4)).any()
