"""Figures of what measuring rests on: profiles, noise, background and dilution series."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from blotquant.bands import find_bands
from blotquant.blot import Blot, Frame
from blotquant.figures import FIGURES, plot_background, plot_linearity, plot_noise, plot_profiles
from blotquant.lanes import find_lanes
from blotquant.synthetic import simulate
from tests.contracts.test_figures import assert_texts_are_clear
from tests.drawn_result import drawn_result, with_dilutions


@pytest.fixture(scope="module")
def blot() -> Blot:
    return simulate(level="clean", seed=1, n_lanes=6, n_rows=2, shape=(220, 420))[0]


def test_noise_that_was_drawn_is_found_in_the_blocks_and_in_the_model() -> None:
    rng = np.random.default_rng(1)
    level = np.linspace(200.0, 5000.0, 600)[:, None] * np.ones((1, 400))
    noisy = Blot("n", level + rng.normal(0.0, np.sqrt(9.0 + 0.5 * level)), bright=True)
    ax = plot_noise(noisy)
    counts, noise = ax.lines[0].get_data()
    expected = np.sqrt(9.0 + 0.5 * np.asarray(counts))
    assert np.abs(np.asarray(noise) / expected - 1).max() < 0.06
    assert_texts_are_clear(ax.figure)


def test_the_background_is_shown_in_counts_with_its_method(blot: Blot) -> None:
    bands = find_bands(blot, find_lanes(blot))
    ax = plot_background(blot, bands, method="global")
    shown = np.asarray(ax.images[0].get_array())
    assert shown.shape == blot.shape
    assert shown.min() == pytest.approx(np.median(blot.pixels), rel=0.05)
    assert "global" in ax.get_title()
    assert_texts_are_clear(ax.figure)


def test_a_profile_has_its_band_where_the_table_says_and_as_high() -> None:
    result = drawn_result()
    image = result.images["image"].iloc[0]
    bands = result.bands[result.bands["image"] == image]
    ax = plot_profiles(result.profiles[result.profiles["image"] == image], bands, result.pictures[image].frame)
    lanes = bands["lane"].nunique()
    assert [text.get_text() for text in ax.get_yticklabels()] == [str(lane + 1) for lane in range(lanes)]
    first = ax.collections[0].get_paths()[0].vertices
    row = bands[bands["lane"] == 1].sort_values("centre_row")["centre_row"].iloc[0]
    assert first[np.argmax(first[:, 1]), 0] == pytest.approx(row, abs=1.0)
    assert_texts_are_clear(ax.figure)


def test_lanes_without_bands_and_images_without_lanes_are_drawn_too() -> None:
    result = drawn_result()
    image = result.images["image"].iloc[0]
    mine = result.profiles[result.profiles["image"] == image]
    for profiles in (mine, mine.iloc[:0]):
        assert_texts_are_clear(plot_profiles(profiles, result.bands.iloc[:0], Frame(90, 90)).figure)


def test_a_series_that_is_proportional_lies_on_its_line() -> None:
    series = pd.DataFrame({"amount_ug": [2.5, 5.0, 10.0, 20.0], "volume_se": 5.0})
    series["volume"] = 300.0 * series["amount_ug"]
    told = pd.DataFrame({"parameter": ["range_low", "range_high"], "value": [2.5, 20.0]})
    ax = plot_linearity(series, told)
    x, y = ax.lines[-1].get_data()
    assert np.asarray(y) == pytest.approx(300.0 * np.asarray(x))
    assert_texts_are_clear(ax.figure)
    nothing = plot_linearity(series, told.assign(value=np.nan))
    assert "no proportional range" in [text.get_text() for text in nothing.get_legend().get_texts()]


def test_the_callers_own_axes_are_drawn_on_with_the_callers_settings() -> None:
    from matplotlib.figure import Figure

    result = with_dilutions(drawn_result())
    ax = Figure(figsize=(9, 9)).add_subplot()
    series = pd.DataFrame({"amount_ug": [2.0], "volume": [9.0], "volume_se": [1.0]})
    assert plot_linearity(series, result.calibration, ax=ax) is ax
    assert tuple(ax.figure.get_size_inches()) == (9, 9)


def test_a_ladder_does_not_set_the_scale_of_the_samples_profiles() -> None:
    result = drawn_result()
    first = result.samples.index[result.samples["membrane"] == result.images["membrane"].iloc[0]][0]
    result.samples.loc[first, "role"] = "ladder"
    drawn = next(FIGURES["profiles"].draw(result))
    assert "1" not in [text.get_text() for text in drawn.figure.axes[0].get_yticklabels()]
    assert "ladders left out" in drawn.caption
