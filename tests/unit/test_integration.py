"""integrate(): volumes against the truth, limits, saturation, and what a volume must not depend on."""

from __future__ import annotations

import dataclasses

import numpy as np
import pandas as pd
import pytest

from blotquant.background import BACKGROUNDS
from blotquant.blot import Blot, Frame
from blotquant.errors import BlotquantError, SettingsError
from blotquant.integration import integrate, integrate_box
from blotquant.synthetic import Drawn, draw_level


def log_errors(drawn: Drawn, volumes: pd.DataFrame) -> np.ndarray:
    """|log error| of the bands that are there, after one factor common to the picture."""
    true = drawn.bands["volume"].to_numpy(float)
    there = drawn.bands["present"].to_numpy(bool) & (true > 0)
    ratio = np.log(np.maximum(volumes["volume"].to_numpy(float)[there], 1e-9) / true[there])
    return np.abs(ratio - np.median(ratio))


@pytest.fixture(scope="module")
def measured(drawn: Drawn) -> pd.DataFrame:
    return integrate(drawn.blot, drawn.places())


@pytest.mark.parametrize(
    ("level", "family", "median"), [("clean", "flat", 0.004), ("typical", "flat", 0.008), ("typical", "foreign", 0.012)]
)
def test_volumes_are_those_that_were_drawn(level: str, family: str, median: float) -> None:
    drawn = draw_level(level, family=family, seed=31)
    errors = log_errors(drawn, integrate(drawn.blot, drawn.places()))
    assert np.median(errors) < median
    assert np.quantile(errors, 0.9) < 10 * median


def test_errors_are_of_the_size_of_what_is_missed() -> None:
    z = []
    for seed in (32, 33, 34):
        drawn = draw_level("typical", seed=seed)
        volumes = integrate(drawn.blot, drawn.places())
        z.append((volumes["volume"] - drawn.bands["volume"]) / volumes["volume_se"])
    inside = np.abs(np.concatenate(z)) < 1.96
    assert inside.mean() > 0.85


def test_absent_bands_are_near_zero_with_an_error_and_not_detected(drawn: Drawn, measured: pd.DataFrame) -> None:
    empty = Blot("empty.tif", np.random.default_rng(5).normal(500.0, 6.0, drawn.blot.shape), bright=True)
    volumes = integrate(empty, drawn.places().assign(image="empty.tif"))
    assert len(volumes) == len(measured)
    assert np.abs(volumes["volume"].mean()) < 3 * volumes["volume_se"].mean() / np.sqrt(len(volumes))
    assert volumes["detected"].mean() < 0.1
    assert volumes["volume"].min() < 0  # nothing is clipped


def test_gain_scales_volumes_and_an_offset_cancels(drawn: Drawn, measured: pd.DataFrame) -> None:
    blot = dataclasses.replace(drawn.blot, ceiling=None, floor=None)
    plain = integrate(blot, drawn.places())
    moved = integrate(dataclasses.replace(blot, pixels=4.0 * blot.pixels + 1024.0), drawn.places())
    np.testing.assert_allclose(moved["volume"], 4.0 * plain["volume"], rtol=1e-7, atol=1e-3)
    np.testing.assert_allclose(moved["volume_se"], 4.0 * plain["volume_se"], rtol=1e-6)


@pytest.mark.parametrize("background", list(BACKGROUNDS))
def test_every_background_of_the_family_measures_the_same_bands(
    drawn: Drawn, measured: pd.DataFrame, background: str
) -> None:
    volumes = integrate(drawn.blot, drawn.places(), background=background)
    strong = measured["volume"] > measured["volume"].quantile(2 / 3)
    assert np.corrcoef(np.log(volumes["volume"][strong]), np.log(measured["volume"][strong]))[0, 1] > 0.95
    np.testing.assert_allclose(volumes["raw"] - volumes["background"], volumes["volume"], rtol=1e-9, atol=1e-6)
    assert (volumes["volume_se"] > 0).all()


def test_a_turned_picture_gives_the_same_volumes_in_the_file(drawn: Drawn, measured: pd.DataFrame) -> None:
    blot = drawn.blot
    turned = np.rot90(blot.pixels)  # a quarter turn against the clock: turning it clockwise brings it back
    frame = Frame(*turned.shape, turns=1)
    upright = dataclasses.replace(blot, pixels=np.rot90(turned, -1), frame=frame)
    from blotquant.geometry import to_file

    volumes = integrate(upright, to_file(drawn.places(), frame))
    np.testing.assert_allclose(volumes["volume"], measured["volume"], rtol=1e-6, atol=1.0)


def test_a_saturated_band_is_counted_and_flagged(drawn: Drawn) -> None:
    strongest = int(drawn.bands["volume"].argmax())
    level = 0.6 * drawn.bands["height"].max() + np.median(drawn.blot.pixels)
    clipped = dataclasses.replace(drawn.blot, pixels=np.minimum(drawn.blot.pixels, level), ceiling=float(level))
    volumes = integrate(clipped, drawn.places())
    assert volumes["saturated"].iloc[strongest] > 0
    assert "saturated" in volumes["flags"].iloc[strongest]
    weak = int(drawn.bands["volume"].where(drawn.bands["present"]).argmin())
    assert volumes["saturated"].iloc[weak] == 0


@pytest.mark.parametrize(("family", "seed"), [("flat", 5), ("foreign", 6), ("foreign", 7)])
def test_a_saturated_volume_is_a_lower_bound(family: str, seed: int) -> None:
    drawn = draw_level("clean", family=family, seed=seed, effects=("plateau",))
    volumes = integrate(drawn.blot, drawn.places())
    burnt = volumes["saturated"] > 0
    assert burnt.any()
    assert (volumes["volume"] < 1.01 * drawn.bands["volume"])[burnt].all()
    assert (volumes["volume"] > 0.2 * drawn.bands["volume"])[burnt].all()
    # what is burnt out is summed as it was counted: nothing lies on the band, and nothing was replaced
    assert not volumes["flags"][burnt].str.contains("speck").any()


def test_a_band_beside_dust_keeps_its_volume() -> None:
    drawn = draw_level("clean", seed=35)
    places = drawn.places()
    strongest = int(drawn.bands["volume"].argmax())
    plain = integrate(drawn.blot, places)["volume"].iloc[strongest]
    pixels = drawn.blot.pixels.copy()
    row, col = int(places["centre_row"].iloc[strongest]), int(places["centre_col"].iloc[strongest])
    pixels[row - 9 : row - 6, col - 2 : col + 2] += 20000.0
    dusty = integrate(dataclasses.replace(drawn.blot, pixels=pixels, ceiling=None), places)["volume"].iloc[strongest]
    added = 20000.0 * 12
    assert abs(dusty - plain) < 0.25 * added


def test_detected_means_above_the_limit_of_detection(measured: pd.DataFrame) -> None:
    assert (measured["detected"] == (measured["volume"] > measured["lod"])).all()
    assert (measured["lod"] < measured["loq"]).all()
    np.testing.assert_allclose(measured["snr"], measured["volume"] / measured["volume_se"])


def test_only_the_rows_of_this_image_are_measured_and_the_input_is_left_alone(drawn: Drawn) -> None:
    places = drawn.places()
    both = pd.concat([places, places.assign(image="other.tif")])
    before = both.copy()
    assert set(integrate(drawn.blot, both)["image"]) == {drawn.blot.name}
    pd.testing.assert_frame_equal(both, before)
    assert integrate(drawn.blot, places.assign(image="other.tif")).empty


def test_a_wrong_call_is_an_error_that_names_the_mend(drawn: Drawn) -> None:
    with pytest.raises(SettingsError, match="did you mean 'plane'"):
        integrate(drawn.blot, drawn.places(), background="plain")
    with pytest.raises(BlotquantError, match="orient"):
        integrate(dataclasses.replace(drawn.blot, bright=None), drawn.places())


def test_a_box_is_the_plain_sum_above_its_level() -> None:
    blot = Blot("one", np.arange(20.0).reshape(4, 5))
    assert integrate_box(blot, 1, 3, 0, 2, 1.0) == pytest.approx(5 + 6 + 10 + 11 - 4)
    with pytest.raises(SettingsError, match="holds no pixel"):
        integrate_box(blot, 10, 12, 0, 2)
