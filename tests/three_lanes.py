"""Three lanes of bands on a ramp, made by hand, and a fitter for them."""

from __future__ import annotations

import numpy as np

from blotquant.blot import Blot
from blotquant.integration.fit import _Fitter
from blotquant.noise import NoiseModel
from tests.hand_made_lanes import Row, bands_table, drawn_picture

ROWS: list[Row] = [(1, "a", 40, 40), (2, "a", 42, 70), (1, "b", 75, 40), (2, "b", 77, 70), (3, "b", 79, 100)]
HEIGHTS = [900.0, 500.0, 700.0, 300.0, 800.0]
SPECIES = np.array([0, 0, 1, 1, 1])
MODEL = NoiseModel(read_sd=3.0, gain=0.05, dark=480.0, quantum=0.0, correlation=1.0)


def picture(heights: list[float] = HEIGHTS, noise_sd: float = 3.0, seed: int = 1) -> Blot:
    light = drawn_picture(bands_table(ROWS), heights, (120, 140))
    ramp = 500 + 0.4 * np.arange(120)[:, None] + 0.2 * np.arange(140)
    return Blot("three", ramp + light + np.random.default_rng(seed).normal(0, noise_sd, light.shape), bright=True)


def fitter_of(blot: Blot, model: NoiseModel = MODEL) -> _Fitter:
    return _Fitter(blot, bands_table(ROWS, half=13.0), model, SPECIES)


def after_two_passes() -> _Fitter:
    """Return a fitter of the picture that has learnt something."""
    made = fitter_of(picture())
    made.step(0)
    made.step(1)
    return made
