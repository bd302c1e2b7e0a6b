"""Doubts about measured bands: which are hollow, and which only look so."""

from __future__ import annotations

import dataclasses

import numpy as np
import pandas as pd
import pytest

from blotquant.bands import find_bands
from blotquant.blot import Blot
from blotquant.flags import Flag, has_flag
from blotquant.integration import integrate
from blotquant.lanes import find_lanes
from blotquant.synthetic import EFFECTS, Drawn, Layout, Membrane, draw, draw_level


def _found(drawn: Drawn) -> pd.DataFrame:
    return integrate(drawn.blot, find_bands(drawn.blot, find_lanes(drawn.blot)))


@pytest.mark.parametrize("family", ["flat", "foreign"])
@pytest.mark.parametrize("level", ["clean", "typical", "hard"])
def test_a_band_without_a_dip_is_not_hollow(level: str, family: str) -> None:
    volumes = _found(draw_level(level, family=family, seed=1, n_lanes=8, shape=(400, 640)))
    assert not has_flag(volumes["flags"], Flag.HOLLOW).any()


@pytest.mark.slow
@pytest.mark.parametrize("seed", range(2, 14))
@pytest.mark.parametrize("family", ["flat", "foreign"])
@pytest.mark.parametrize("level", ["clean", "typical", "hard"])
def test_a_band_without_a_dip_is_not_hollow_on_many_blots(level: str, family: str, seed: int) -> None:
    drawn = draw_level(level, family=family, seed=seed)
    for volumes in (integrate(drawn.blot, drawn.places()), _found(drawn)):
        assert not has_flag(volumes["flags"], Flag.HOLLOW).any()


@pytest.mark.parametrize("effect", ["saturated", "jpeg"])
def test_clipped_and_compressed_bands_are_not_hollow(effect: str) -> None:
    drawn = draw_level("clean", family="foreign", seed=4, effects=[effect])
    assert not has_flag(_found(drawn)["flags"], Flag.HOLLOW).any()


@pytest.mark.parametrize("family", ["flat", "foreign"])
@pytest.mark.parametrize("level", ["clean", "typical", "hard"])
def test_bands_burnt_out_in_the_middle_are_hollow_wherever_they_were_found(level: str, family: str) -> None:
    drawn = draw_level(level, family=family, seed=1, n_lanes=8, shape=(400, 640), effects=["hollow"])
    burn = EFFECTS["hollow"]["membrane"]["burn"]
    for volumes in (integrate(drawn.blot, drawn.places()), _found(drawn)):
        hollow = volumes[has_flag(volumes["flags"], Flag.HOLLOW)]
        burnt = drawn.bands[drawn.bands["height"] > 2.0 * burn]  # light turns over at 1.2 times `burn`
        assert len(burnt)
        for band in burnt.itertuples():
            near = (hollow["centre_row"] - band.centre_row).abs() < 3 * band.sigma
            assert (near & ((hollow["centre_col"] - band.centre_col).abs() < 0.5 * band.width)).any()
        for mark in hollow.itertuples():
            away = np.hypot(drawn.bands["centre_row"] - mark.centre_row, drawn.bands["centre_col"] - mark.centre_col)
            assert drawn.bands.loc[away.where(drawn.bands["present"]).idxmin(), "height"] > 1.2 * burn


def _two_bands(distance: float, burn: float = np.inf) -> pd.DataFrame:
    """Two bands a lane, the lower one 0.8 of the upper one, measured where they are."""
    table = pd.DataFrame({"lane": [1, 1, 2, 2], "band": ["1", "2"] * 2, "row": [60.0, 60.0 + distance] * 2,
                          "volume": [5e6, 4e6] * 2, "horn": 0.45})  # fmt: skip
    drawn = draw(table, layout=Layout(n_lanes=2), membrane=Membrane(burn=burn), family="foreign", shape=(140, 160))
    return integrate(drawn.blot, drawn.places())


@pytest.mark.parametrize("distance", [11.0, 14.0, 20.0])
def test_the_valley_between_two_neighbours_makes_neither_of_them_hollow(distance: float) -> None:
    assert not has_flag(_two_bands(distance)["flags"], Flag.HOLLOW).any()
    assert has_flag(_two_bands(30.0, burn=3000.0)["flags"], Flag.HOLLOW).all()


def test_a_grain_on_either_side_of_a_band_makes_it_no_hollow_one() -> None:
    drawn = draw_level("clean", seed=35)
    places = drawn.places()
    strongest = int(drawn.bands["volume"].argmax())
    pixels = drawn.blot.pixels.copy()
    row, col = int(places["centre_row"].iloc[strongest]), int(places["centre_col"].iloc[strongest])
    for side in (-6, 6):
        pixels[row + side - 1 : row + side + 2, col - 2 : col + 3] += 40000.0
    dusty = integrate(dataclasses.replace(drawn.blot, pixels=pixels, ceiling=None), places)
    assert not has_flag(dusty["flags"], Flag.HOLLOW).any()


def test_an_absent_band_is_negative_only_beyond_its_noise() -> None:
    noise = np.random.default_rng(5).normal(500.0, 6.0, (320, 480))
    drawn = draw_level("typical", seed=7, n_lanes=6, shape=(320, 480))
    places = drawn.places()
    pixels = noise.copy()
    box = places.iloc[4]
    rows, cols = np.arange(320)[:, None] - box["centre_row"], np.arange(480) - box["centre_col"]
    pixels -= 60.0 * np.exp(-0.5 * (rows / box["sigma"]) ** 2) * (np.abs(cols) < 0.5 * drawn.bands["width"].iloc[4])
    for light, dark in ((noise, False), (pixels, True)):
        volumes = integrate(Blot(drawn.blot.name, light, bright=True), places)
        assert (volumes["volume"] < 0).sum() > 3
        negative = has_flag(volumes["flags"], Flag.NEGATIVE).to_numpy()
        assert negative[4] == dark
        assert negative.sum() <= 2 * dark
