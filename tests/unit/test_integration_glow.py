"""Glow: the light of bands that spreads over the membrane is fitted and taken off volumes."""

from __future__ import annotations

import dataclasses

import cv2
import numpy as np
import pytest

from blotquant.blot import Blot
from blotquant.integration.fit import Fit, fit_bands
from blotquant.integration.glow import _EXPECTED, Glow, fit_glow, spread_light
from blotquant.integration.volumes import measure
from blotquant.noise import NoiseModel
from tests.hand_made_lanes import Row, bands_table, drawn_picture

ROWS: list[Row] = [
    (lane, name, row, 40 + 44 * lane) for lane in (1, 2, 3, 4) for name, row in (("a", 70), ("b", 170), ("c", 260))
]
HEIGHTS = [3000.0, 900.0, 200.0, 2000.0, 400.0, 1500.0, 600.0, 2500.0, 900.0, 1200.0, 300.0, 2200.0]
TRUE = np.array(HEIGHTS) * 1.75 * np.sqrt(2 * np.pi) * 24.0
MODEL = NoiseModel(read_sd=4.0, gain=0.0, dark=500.0, quantum=0.0, correlation=1.0)
BANDS = bands_table(ROWS, half=13.0)
SIGNAL = drawn_picture(bands_table(ROWS), HEIGHTS, (330, 300))


def fitted(share: float, seed: int = 1) -> Fit:
    """Bands whose light glows, by a share, as widely as is assumed."""
    sigma = 7.0 * 1.75
    glow = cv2.GaussianBlur(SIGNAL, (0, 0), sigma, borderType=cv2.BORDER_CONSTANT)
    noise = np.random.default_rng(seed).normal(0, 4.0, SIGNAL.shape)
    blot = Blot("glowing", 500.0 + SIGNAL + share * glow + noise, bright=True)
    return fit_bands(blot, BANDS, MODEL, species=np.tile(np.arange(3), 4))


def glow_of(fit: Fit) -> Glow:
    none = np.zeros((len(fit.height), fit.unknowns.size))
    return fit_glow(fit, none, np.zeros(fit.own.shape))


@pytest.fixture(scope="module")
def dark() -> Fit:
    return fitted(0.0)


@pytest.fixture(scope="module")
def glowing() -> Fit:
    return fitted(0.02)


def test_the_bands_light_is_spread_over_all_strips(dark: Fit) -> None:
    spread, strips = spread_light(dark), dark.strips
    sigma = 7.0 * float(np.median(dark.view.sigma))
    wide = cv2.GaussianBlur(SIGNAL, (0, 0), sigma, borderType=cv2.BORDER_CONSTANT)
    middle = np.rint(strips.start + (len(strips.cols) * strips.width - 1) / 2).astype(int)
    rows = np.rint(strips.rows).astype(int)
    for lane in range(4):
        for row in np.flatnonzero((rows > 20) & (rows < 310))[::7]:
            seen = wide[rows[row], middle[lane, row]]
            assert spread[lane, row, len(strips.cols) // 2] == pytest.approx(seen, rel=0.05, abs=0.02 * wide.max())


def test_glow_is_found_where_there_is_some(dark: Fit, glowing: Fit) -> None:
    none, some = glow_of(dark), glow_of(glowing)
    assert abs(none.share) < 4 * np.sqrt(none.variance) + 0.001
    assert 0.008 < some.share < 0.025
    assert some.variance < (0.3 * some.share) ** 2


def test_taking_glow_off_brings_volumes_nearer_to_the_truth(glowing: Fit, monkeypatch: pytest.MonkeyPatch) -> None:
    with_glow = measure(glowing).volume / TRUE - 1
    monkeypatch.setattr(
        "blotquant.integration.volumes.fit_glow", lambda fit, lever, summed: Glow(0.0, 0.0, np.zeros(len(fit.height)))
    )
    without = measure(glowing).volume / TRUE - 1
    strong = np.array(HEIGHTS) > 1000
    assert np.median(without[strong]) > 0.0015
    assert abs(np.median(with_glow[strong])) < 0.85 * np.median(without[strong])


def test_a_volume_falls_by_what_a_glow_of_share_one_would_have_given_it(dark: Fit) -> None:
    """With nothing but a band's own sum asked for, it is the glow on the cells that count for it."""
    summed = np.zeros(dark.own.shape)
    summed[2] = 3.0
    response = fit_glow(dark, np.zeros((len(dark.height), dark.unknowns.size)), summed).response
    assert response[2] == pytest.approx(3.0 * dark.places.cut(spread_light(dark))[2].sum())
    assert not np.delete(response, 2).any()


def test_where_nothing_can_be_seen_the_share_is_what_is_expected(dark: Fit) -> None:
    blind = dataclasses.replace(dark, strips=dataclasses.replace(dark.strips, usable=np.zeros_like(dark.strips.usable)))
    found = glow_of(blind)
    assert (found.share, found.variance) == (pytest.approx(0.0, abs=1e-12), pytest.approx(_EXPECTED**2))
