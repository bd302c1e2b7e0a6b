"""integrate(): what it adds to the fit – limits, errors, boxes, backgrounds of the family, ladders, wrong calls."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import pytest

import blotquant.integration as integration
from blotquant.background import BACKGROUNDS, Places, estimate_background
from blotquant.blot import Blot, Frame
from blotquant.errors import BlotquantError, SettingsError
from blotquant.geometry import to_file
from blotquant.integration import integrate, integrate_box
from blotquant.integration.boxes import box_sums
from blotquant.integration.volumes import Measured
from blotquant.noise import estimate_noise
from blotquant.synthetic import Drawn


def places_of(*boxes: tuple[int, int, int, int], shape: tuple[int, int] = (20, 30)) -> Places:
    top, bottom, left, right = np.array(boxes).T
    return Places(shape, np.ones(len(boxes), np.int64), top, bottom, left, right)


def test_sums_of_boxes_are_half_open() -> None:
    image = np.arange(600.0).reshape(20, 30)
    found = box_sums(image, places_of((0, 2, 3, 5), (19, 20, 0, 30), (0, 20, 0, 30)))
    assert found.tolist() == [3 + 4 + 33 + 34, image[19].sum(), image.sum()]


def test_a_box_is_cut_to_the_picture() -> None:
    blot = Blot("one", np.arange(20.0).reshape(4, 5))
    assert integrate_box(blot, -5, 1, -3, 2) == 0 + 1
    assert integrate_box(blot, 3, 9, 4, 9, 2.5) == 19 - 2.5
    assert integrate_box(blot, 0, 4, 0, 5) == blot.pixels.sum()
    for nothing in ((2, 2, 0, 5), (-4, 0, 0, 5), (0, 4, -9, -1), (0, 4, 5, 9), (3, 1, 0, 5)):
        with pytest.raises(SettingsError, match=r"box .* holds no pixel of 'one'; take it from 0:4,0:5"):
            integrate_box(blot, *nothing)


Told = dict[str, Any]


@pytest.fixture
def told(drawn: Drawn, monkeypatch: pytest.MonkeyPatch) -> Told:
    """A fit and its volumes replaced by what a test tells; `species` is what the fit was given."""
    count = len(drawn.bands)
    say: Told = {"volume": np.linspace(-50.0, 5e5, count), "error": np.linspace(10.0, 900.0, count)}
    say["blank"] = 0.7 * say["error"]

    fit = object()

    def fit_bands(blot: Blot, bands: pd.DataFrame, model: object, *, species: np.ndarray, hidden: np.ndarray) -> object:
        say.update(species=species, bands=bands, model=model, blot=blot, hidden=hidden)
        return fit

    def measure(given: object) -> Measured:
        assert given is fit
        return Measured(say["volume"], say["error"], say["blank"], np.full(count, 0.001), np.arange(float(count)))

    monkeypatch.setattr(integration, "fit_bands", fit_bands)
    monkeypatch.setattr(integration, "measure", measure)
    monkeypatch.setattr(integration, "from_behind", lambda blots: False)  # what is told is told in the order of lanes
    return say


def lane_by_lane(drawn: Drawn) -> pd.DataFrame:
    """Places of the drawn bands in the order in which they are fitted."""
    return drawn.places().sort_values(["lane", "centre_row"], ignore_index=True)


def test_volumes_and_errors_are_those_of_the_fit(drawn: Drawn, told: Told) -> None:
    volumes = integrate(drawn.blot, lane_by_lane(drawn))
    np.testing.assert_allclose(volumes["volume_se"], told["error"])
    np.testing.assert_allclose(volumes["volume"], told["volume"])
    np.testing.assert_allclose(volumes["snr"], told["volume"] / told["error"])
    np.testing.assert_allclose(volumes["height"], np.arange(float(len(volumes))))
    np.testing.assert_allclose(volumes["rejected"], 0.001)


def test_raw_is_the_boxs_sum_and_the_background_what_the_volume_leaves_of_it(drawn: Drawn, told: Told) -> None:
    bands = lane_by_lane(drawn)
    volumes = integrate(drawn.blot, bands)
    boxes = bands[["top", "bottom", "left", "right"]].to_numpy(float).round().astype(int)
    sums = [drawn.blot.pixels[t:b, left:right].sum() for t, b, left, right in boxes]
    np.testing.assert_allclose(volumes["raw"], sums)
    np.testing.assert_allclose(volumes["background"], np.array(sums) - told["volume"])


def test_limits_are_three_point_three_and_ten_blank_errors_of_the_faintest_third_at_most(
    drawn: Drawn, told: Told
) -> None:
    volumes = integrate(drawn.blot, lane_by_lane(drawn))
    blank = np.minimum(told["blank"], np.quantile(told["blank"], 1 / 3))
    np.testing.assert_allclose(volumes["lod"], 3.3 * blank)
    np.testing.assert_allclose(volumes["loq"], 10.0 * blank)


def test_a_band_is_detected_above_its_limit_where_finding_saw_a_sign_of_it(drawn: Drawn, told: Told) -> None:
    count = len(drawn.bands)
    told["error"] = told["blank"] = np.full(count, 100.0)
    told["volume"] = np.full(count, 1000.0)
    told["volume"][0] = 329.5  # 3.3 · 100 is 330
    told["volume"][1] = 380.0
    told["volume"][2] = 1000.5  # beyond ten errors no sign is needed
    score = np.full(count, 5.0)
    score[2:5] = [0.0, -1.0, np.nan]  # a band whose score is not known was put there by hand
    volumes = integrate(drawn.blot, lane_by_lane(drawn).assign(score=score))
    assert volumes["detected"].tolist()[:6] == [False, True, True, False, True, True]
    assert volumes["detected"].iloc[5:].all()


def test_many_rows_are_fitted_a_dozen_at_a_time_with_three_neighbours_and_each_band_is_measured_once(
    drawn: Drawn, monkeypatch: pytest.MonkeyPatch
) -> None:
    lanes = drawn.places()[drawn.places()["band"] == "1"]
    rows = np.arange(30)
    table = pd.concat(
        [lanes.assign(band=str(row + 1), centre_row=20.0 + 15.0 * row) for row in rows], ignore_index=True
    )
    seen: list[list[int]] = []

    def fit_bands(
        blot: Blot, bands: pd.DataFrame, model: object, *, species: np.ndarray, hidden: np.ndarray
    ) -> pd.DataFrame:
        assert sorted(set(species)) == list(range(bands["band"].nunique()))
        seen.append(sorted(bands["band"].astype(int).unique()))
        return bands

    def measure(bands: pd.DataFrame) -> Measured:
        row = bands["band"].to_numpy(float)
        error = np.full(len(row), float(len(seen)))
        return Measured(row, error, error, row, row)

    monkeypatch.setattr(integration, "fit_bands", fit_bands)
    monkeypatch.setattr(integration, "measure", measure)
    volumes = integrate(drawn.blot, table)
    assert seen == [list(range(1, 16)), list(range(10, 28)), list(range(22, 31))]
    np.testing.assert_array_equal(volumes["volume"], volumes["band"].astype(float))
    slab = np.rint(volumes["volume_se"]).to_numpy()
    np.testing.assert_array_equal(slab, 1 + (volumes["band"].astype(int) - 1) // 12)


def test_ladders_share_no_shapes_with_samples(drawn: Drawn, told: Told) -> None:
    bands = lane_by_lane(drawn)
    integrate(drawn.blot, bands)
    by_row = told["species"]
    assert len(np.unique(by_row)) == bands["band"].nunique()
    assert len(set(zip(by_row, bands["band"], strict=True))) == bands["band"].nunique()
    integrate(drawn.blot, bands, ladders=[1, 4])
    of_ladder = bands["lane"].isin([1, 4]).to_numpy()
    assert not set(told["species"][of_ladder]) & set(told["species"][~of_ladder])
    assert told["species"].min() == 0
    assert told["species"].dtype == np.int64
    assert len(np.unique(told["species"])) == 2 * bands["band"].nunique()


def test_a_table_that_was_rounded_to_ten_digits_is_measured_the_same(drawn: Drawn, told: Told) -> None:
    bands = lane_by_lane(drawn)
    fine = {name: bands[name] + 3.3e-7 for name in ("sigma", "centre_row", "centre_col")} | {"lean": 1e-8 + 0.03}
    integrate(drawn.blot, bands.assign(**fine))
    for name in ("sigma", "centre_row", "centre_col"):
        np.testing.assert_array_equal(told["bands"][name], bands[name].round(6))
    assert (told["bands"]["lean"] == 0.03).all()
    assert told["model"] == estimate_noise(drawn.blot)


def test_flags_know_the_noise_of_the_membrane(drawn: Drawn, told: Told, monkeypatch: pytest.MonkeyPatch) -> None:
    seen: list[float] = []

    def flagged(bands: pd.DataFrame, blot: Blot, places: Places, noise_sd: float) -> pd.Series:
        seen.append(noise_sd)
        return bands["flags"]

    monkeypatch.setattr(integration, "flagged", flagged)
    integrate(drawn.blot, lane_by_lane(drawn))
    model = estimate_noise(drawn.blot)
    above = max(np.median(drawn.blot.pixels) - model.dark, 0.0)
    assert seen == [pytest.approx(np.sqrt(model.read_sd**2 + model.gain * above))]


def test_bands_are_measured_upright_and_given_in_the_file(drawn: Drawn, told: Told) -> None:
    frame = Frame(drawn.blot.shape[1], drawn.blot.shape[0], turns=1)
    upright = Blot(drawn.blot.name, drawn.blot.pixels, bright=True, frame=frame)
    in_file = to_file(lane_by_lane(drawn), frame)
    volumes = integrate(upright, in_file)
    np.testing.assert_allclose(told["bands"]["centre_row"], lane_by_lane(drawn)["centre_row"], atol=1e-6)
    np.testing.assert_allclose(volumes["centre_row"], in_file["centre_row"], atol=1e-6)
    assert volumes["top"].tolist() == in_file["top"].tolist()


@pytest.mark.parametrize("background", list(BACKGROUNDS))
def test_every_background_of_the_family_is_taken_off_box_by_box(drawn: Drawn, background: str) -> None:
    blot, bands = drawn.blot, drawn.places()
    volumes = integrate(blot, bands, background=background)
    surface, noise = estimate_background(blot, bands, method=background), estimate_noise(blot)
    places = Places.of(bands, blot.shape)
    for i in (0, 7, len(bands) - 1):
        box = places.box(i)
        raw, under = blot.pixels[box], surface[box]
        row = volumes.iloc[i]
        assert row["raw"] == pytest.approx(raw.sum())
        assert row["background"] == pytest.approx(under.sum())
        assert row["volume"] == pytest.approx(raw.sum() - under.sum())
        assert row["height"] == pytest.approx((raw - under).max())
        variance = (noise.variance(raw) + noise.variance(under)).sum() * max(noise.correlation, 1.0)
        assert row["volume_se"] == pytest.approx(np.sqrt(variance))
    assert (volumes["rejected"] == 0.0).all()


@pytest.mark.parametrize("correlation", [0.5, 3.0])
def test_the_error_of_a_box_grows_with_the_correlation_of_its_pixels(
    drawn: Drawn, monkeypatch: pytest.MonkeyPatch, correlation: float
) -> None:
    model = integration.NoiseModel(2.0, 0.0, 0.0, 1.0, correlation)
    monkeypatch.setattr(integration, "estimate_noise", lambda _: model)
    volumes = integrate(drawn.blot, drawn.places(), background="plane")
    boxes = Places.of(drawn.places(), drawn.blot.shape)
    size = (boxes.bottom - boxes.top) * (boxes.right - boxes.left)
    np.testing.assert_allclose(volumes["volume_se"], np.sqrt(8.0 * size * max(correlation, 1.0)))


def test_a_picture_without_noise_still_has_errors_above_zero(drawn: Drawn) -> None:
    flat = Blot(drawn.blot.name, np.full(drawn.blot.shape, 7.0), bright=True)
    volumes = integrate(flat, drawn.places(), background="global")
    np.testing.assert_allclose(volumes["volume_se"], np.sqrt(np.finfo(float).tiny))
    assert not volumes["detected"].any()


def test_no_rows_of_this_image_are_an_empty_table_with_every_column(drawn: Drawn) -> None:
    nothing = integrate(drawn.blot, drawn.places().assign(image="other.tif"))
    assert nothing.empty
    assert {"volume", "volume_se", "flags"} <= set(nothing.columns)


def test_wrong_calls_are_errors_of_our_own_that_say_what_to_do(drawn: Drawn) -> None:
    bands = drawn.places()
    for bright in (None, False):
        with pytest.raises(BlotquantError, match=r"^dark\.tif: bring the blot upright with `orient`"):
            integrate(Blot("dark.tif", drawn.blot.pixels, bright=bright), bands)
    with pytest.raises(SettingsError, match=r"^background 'jont' is unknown.*did you mean 'joint'"):
        integrate(drawn.blot, bands, background="jont")
    with pytest.raises(SettingsError, match=r"^background 'zzz' is unknown"):
        integrate(drawn.blot, bands, background="zzz")


def test_a_picture_of_which_nothing_is_usable_is_measured_as_nothing_with_an_error_and_flagged(drawn: Drawn) -> None:
    burnt = Blot(drawn.blot.name, np.full(drawn.blot.shape, 255.0), bright=True, ceiling=255.0)
    volumes = integrate(burnt, drawn.places())
    np.testing.assert_allclose(volumes["volume"], 0.0, atol=1e-6)
    assert (volumes["volume_se"] > 0).all()
    assert not volumes["detected"].any()
    assert volumes["flags"].str.contains("saturated").all()
