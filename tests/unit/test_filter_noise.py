"""Noise of bulges, told by levels of brightness: white noise as it is, and pictures too small for levels."""

from __future__ import annotations

import numpy as np
import pytest

from blotquant.bulges import bulge, bulge_noise, scales_for
from blotquant.filter_noise import Light, noise_of


def noise_in(pixels: np.ndarray, chance: np.ndarray) -> np.ndarray:
    """Noise of a picture's bulges, brightness told at each of its pixels."""
    sigmas = scales_for(len(pixels))
    responses = np.stack([bulge(pixels, sigma) for sigma in sigmas])
    light = Light.of(np.zeros_like(pixels), chance)
    return noise_of(responses, light, sigmas, pixels=1.0, floor=0.0) / chance


def test_white_noise_is_told_at_every_half_thickness() -> None:
    pixels = np.random.default_rng(1).normal(0.0, 3.0, (300, 200)).astype(np.float32)
    told = noise_in(pixels, np.full(pixels.shape, 3.0, np.float32))
    usual = np.median(told.reshape(len(told), -1), axis=1)
    np.testing.assert_allclose(usual, [bulge_noise(sigma) for sigma in scales_for(300)], rtol=0.15)


@pytest.mark.parametrize("shape", [(5, 7), (12, 3), (1, 1)])
def test_a_tiny_picture_has_a_noise(shape: tuple[int, int]) -> None:
    pixels = np.random.default_rng(2).normal(0.0, 3.0, shape).astype(np.float32)
    told = noise_in(pixels, np.full(shape, 3.0, np.float32))
    assert told.shape[1:] == shape
    assert np.isfinite(told).all()
    assert (told > 0).all()


def test_gain_does_not_change_the_noise_in_units_of_chance() -> None:
    pixels = np.random.default_rng(3).normal(0.0, 3.0, (120, 90)).astype(np.float32)
    one = noise_in(pixels, np.full(pixels.shape, 3.0, np.float32))
    other = noise_in(8.0 * pixels, np.full(pixels.shape, 24.0, np.float32))
    np.testing.assert_allclose(other, one, rtol=1e-5)
