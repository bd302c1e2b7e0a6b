"""Bubbles are found by their rim, and what lies inside is not used."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from blotquant.blot import Blot
from blotquant.integration import integrate
from blotquant.integration.bubbles import Disc, find_bubbles, inside
from blotquant.noise import NoiseModel
from blotquant.orientation import orient
from blotquant.synthetic import draw_level
from tests.hand_made_lanes import bands_table

SHAPE = (260, 420)
MODEL = NoiseModel(read_sd=6.0, gain=0.0, dark=1000.0, quantum=0.0, correlation=1.0)
BANDS = bands_table([(1, "a", 60, 100), (2, "a", 60, 200)], half=24.0)


def membrane(*discs: tuple[float, float, float, float], slope: float = 0.0, soft: float = 1.5) -> np.ndarray:
    """Noisy membrane with discs (row, column, radius, depth) [px, px, px, AU] whose rims are `soft` [px]."""
    row, col = np.arange(SHAPE[0])[:, None], np.arange(SHAPE[1])
    picture = 1000.0 + slope * row + np.random.default_rng(7).normal(0, 6.0, SHAPE)
    for y, x, radius, depth in discs:
        picture -= depth / (1 + np.exp((np.hypot(row - y, col - x) - radius) / (0.6 * soft)))
    return picture


def found(picture: np.ndarray, bands: pd.DataFrame = BANDS) -> list[Disc]:
    return find_bubbles(Blot("one", picture, bright=True), bands, MODEL)


@pytest.mark.parametrize(("row", "col", "radius"), [(180, 300, 9), (150, 120, 16), (8, 300, 18), (130, 210, 22)])
def test_a_pale_disc_is_found_with_its_soft_rim(row: float, col: float, radius: float) -> None:
    (disc,) = found(membrane((row, col, radius, 200.0), slope=0.5))
    assert np.hypot(disc.row - row, disc.col - col) <= 1.0
    assert radius + 1 <= disc.radius <= radius + 4


def test_a_large_picture_is_searched_on_a_smaller_copy() -> None:
    small = membrane((150, 120, 16, 200.0))
    edges = {edge: 4 * BANDS[edge] for edge in ("top", "bottom", "left", "right")}
    (disc,) = found(np.kron(small, np.ones((4, 4))), BANDS.assign(**edges))
    assert np.hypot(disc.row - 4 * 150 - 1.5, disc.col - 4 * 120 - 1.5) <= 4.0
    assert 4 * 17 <= disc.radius <= 4 * 21


def test_two_bubbles_are_two() -> None:
    discs = found(membrane((150, 120, 16, 200.0), (180, 300, 12, 250.0)))
    assert sorted(round(disc.col / 10) for disc in discs) == [12, 30]


@pytest.mark.parametrize(
    "picture",
    [
        membrane(),
        membrane(slope=2.0),
        membrane((150, 120, 16, -200.0)),  # a bright blot is none
        membrane((150, 120, 20, 300.0), soft=14.0),  # nor is what fades
        membrane((150, 120, 16, 30.0)),  # nor what can hardly be told from noise
    ],
)
def test_nothing_else_is_a_bubble(picture: np.ndarray) -> None:
    assert found(picture) == []


def test_a_picture_without_noise_and_one_of_one_value_have_none() -> None:
    still = NoiseModel(read_sd=0.0, gain=0.0, dark=0.0, quantum=0.0, correlation=1.0)
    assert find_bubbles(Blot("one", np.full(SHAPE, 5.0), bright=True), BANDS, still) == []


def test_bands_and_dust_are_no_bubbles() -> None:
    drawn = [draw_level(level, seed=seed, family=family) for level in ("clean", "typical") for seed in (1, 2)
             for family in ("flat", "foreign")]  # fmt: skip
    for one in drawn:
        blot = orient(one.blot)
        assert find_bubbles(blot, one.places(), MODEL) == []


def test_gain_and_offset_do_not_matter() -> None:
    picture = membrane((150, 120, 16, 200.0))
    loud = NoiseModel(read_sd=15.0, gain=0.0, dark=9000.0, quantum=0.0, correlation=1.0)
    assert find_bubbles(Blot("one", 2.5 * picture + 9000, bright=True), BANDS, loud) == found(picture)


def test_the_inside_of_discs_is_a_mask() -> None:
    mask = inside([Disc(3.0, 4.0, 1.0), Disc(0.0, 0.0, 0.0)], (6, 7))
    assert np.argwhere(mask).tolist() == [[0, 0], [2, 4], [3, 3], [3, 4], [3, 5], [4, 4]]


def test_a_band_that_a_bubble_half_hides_is_measured_by_its_other_half_and_flagged() -> None:
    """The seeds are blots on which a bubble took a fifth to a half of such a band before it was looked for."""
    for family, seed, lane, band in (("flat", 15022, 4, "1"), ("flat", 15013, 2, "4"), ("foreign", 15007, 4, "4")):
        drawn = draw_level("hard", seed=seed, family=family, n_lanes=10)
        bands = integrate(orient(drawn.blot), drawn.places()).set_index(["lane", "band"])
        one, truth = bands.loc[(lane, band)], drawn.bands.set_index(["lane", "band"]).loc[(lane, band)]
        assert abs(one["volume"] - truth["volume"]) < 4 * one["volume_se"]
        assert "speck" in one["flags"]


def test_a_band_that_a_bubble_hides_but_for_its_ends_is_measured_by_these() -> None:
    drawn = draw_level("clean", seed=3, n_lanes=4, shape=(260, 400))
    first = drawn.places().iloc[0]
    row, col = np.arange(260)[:, None], np.arange(400)
    far = np.hypot(row - first["centre_row"], col - first["centre_col"])
    blank = 400.0 + np.random.default_rng(1).normal(0, 6.0, (260, 400))
    pixels = np.where(far < 21, blank, drawn.blot.pixels)
    hidden = integrate(orient(Blot("one", pixels, bright=True)), drawn.places().assign(image="one")).iloc[0]
    assert hidden["flags"] == "speck"
    assert hidden["rejected"] > 0.7
    truth = drawn.bands.iloc[0]["volume"]
    assert abs(hidden["volume"] - truth) < 3 * hidden["volume_se"]
    assert 0.01 < hidden["volume_se"] / truth < 0.05
