"""A drawn blot: what it says is true is what was drawn, and each knob does what it says."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import pytest

from blotquant.errors import SettingsError, TableError
from blotquant.geometry import parse_curve
from blotquant.synthetic import FAMILIES, Camera, Drawn, Export, Layout, Membrane, draw, make_blot
from blotquant.tables import TABLES

SHAPE = (120, 240)
QUIET = Camera(gain=0.0, read_noise=0.0, offset=0.0)
DARK = Membrane(base=0.0)


def table(n_lanes: int = 3, volume: float = 1e5, **columns: object) -> pd.DataFrame:
    """One row in every lane."""
    return pd.DataFrame({"lane": range(1, n_lanes + 1), "band": "1", "volume": volume}).assign(**columns)


def quiet(bands: pd.DataFrame, **knobs: Any) -> Drawn:
    """Draw light alone: no noise, no membrane."""
    options: dict[str, Any] = {"layout": Layout(n_lanes=3), "membrane": DARK, "camera": QUIET, "shape": SHAPE}
    return draw(bands, **(options | knobs))


def profile_spread(drawn: Drawn) -> float:
    """Standard deviation of the light along the run [px]."""
    light = drawn.signal.sum(axis=1)
    rows = np.arange(len(light))
    middle = (rows * light).sum() / light.sum()
    return float(np.sqrt(((rows - middle) ** 2 * light).sum() / light.sum()))


@pytest.mark.parametrize("family", FAMILIES)
@pytest.mark.parametrize(
    "columns",
    [
        {},
        {"skew": 0.3, "curl": 3.0, "slant": 1.5, "lopsided": 0.3},
        {"tail": 0.3, "tail_px": 4.0},
        {"split": 6.0, "share": 0.4},
    ],
)
def test_the_sum_of_noise_free_pixels_is_the_true_volume(family: str, columns: dict[str, float]) -> None:
    drawn = quiet(table(volume=123456.0, **columns), family=family)
    assert drawn.signal.sum() == pytest.approx(drawn.bands["volume"].sum(), rel=1e-12)
    assert drawn.bands["volume"].to_numpy() == pytest.approx(123456.0, rel=1e-6)


def test_a_lone_band_holds_its_volume_in_its_own_pixels() -> None:
    drawn = quiet(table(n_lanes=1, volume=5e4), layout=Layout(n_lanes=1))
    assert drawn.signal.sum() == pytest.approx(5e4, rel=1e-9)
    assert drawn.signal.max() == pytest.approx(drawn.bands["height"].iloc[0])


def test_a_band_across_the_edge_is_as_large_as_the_part_in_the_picture() -> None:
    drawn = quiet(table(n_lanes=1, row=-0.5), layout=Layout(n_lanes=1))
    assert drawn.bands["volume"].iloc[0] == pytest.approx(5e4, rel=1e-6)
    assert drawn.signal.sum() == pytest.approx(drawn.bands["volume"].iloc[0], rel=1e-12)


def test_the_centre_of_gravity_of_a_symmetric_band_is_its_ridge() -> None:
    drawn = quiet(table(row=50.25))
    assert drawn.bands["centre_row"].to_numpy() == pytest.approx(50.25, abs=1e-6)
    assert drawn.bands["centre_col"].to_numpy() == pytest.approx(drawn.lanes["centre"].to_numpy(), abs=1e-6)


def test_the_box_holds_all_but_a_hundredth_of_the_light() -> None:
    band = quiet(table(n_lanes=1), layout=Layout(n_lanes=1, filling=0.5))
    top, bottom, left, right = band.bands[["top", "bottom", "left", "right"]].iloc[0].astype(int)
    assert 0.985 < band.signal[top:bottom, left:right].sum() / band.signal.sum() < 0.9999


def test_a_tilt_lowers_the_right_end_of_a_row() -> None:
    drawn = quiet(table(), layout=Layout(n_lanes=3, tilt=2.0))
    rise = np.diff(drawn.bands["centre_row"]) / np.diff(drawn.bands["centre_col"])
    assert rise == pytest.approx(np.tan(np.deg2rad(2.0)), rel=1e-3)
    assert drawn.bands["lean"].to_numpy() == pytest.approx(-np.tan(np.deg2rad(2.0)), rel=1e-3)


def test_a_smile_lifts_the_outer_lanes() -> None:
    drawn = quiet(table(), layout=Layout(n_lanes=3, smile=6.0))
    left, middle, right = drawn.bands["centre_row"]
    expected = 6.0 * (2.0 * (drawn.lanes["centre"].iloc[0] - 119.5) / 240.0) ** 2
    assert middle - left == pytest.approx(expected, abs=0.3)
    assert left == pytest.approx(right, abs=1e-6)


@pytest.mark.parametrize(("knob", "bend"), [("lean", 8.0), ("bow", 5.0)])
def test_lanes_lean_and_bow_as_asked(knob: str, bend: float) -> None:
    drawn = quiet(table(), layout=Layout(n_lanes=3, **{knob: bend}))
    top, middle, bottom = parse_curve(drawn.lanes["curve"].iloc[1])[:, 1]
    found = bottom - top if knob == "lean" else middle - 0.5 * (top + bottom)
    assert found == pytest.approx(bend, rel=0.03)


def test_a_fan_spreads_the_outer_lanes_only() -> None:
    drawn = quiet(table(), layout=Layout(n_lanes=3, fan=6.0))
    drift = [np.ptp(parse_curve(text)[:, 1]) for text in drawn.lanes["curve"]]
    assert drift[1] == pytest.approx(0.0, abs=0.02)
    assert drift[0] == pytest.approx(drift[2], abs=0.02)
    assert drift[0] > 2.0


def test_a_gap_widens_the_space_after_its_lane() -> None:
    steps = np.diff(quiet(table(), layout=Layout(n_lanes=3, gaps=(1,), gap=0.5)).lanes["centre"])
    assert steps[0] == pytest.approx(1.5 * steps[1])


def test_unequal_spacing_moves_lanes_but_keeps_their_order() -> None:
    even = quiet(table()).lanes["centre"]
    uneven = quiet(table(), layout=Layout(n_lanes=3, spacing=0.05)).lanes["centre"]
    assert np.abs(uneven - even).max() > 0.3
    assert (np.diff(uneven) > 0).all()


def test_a_moved_membrane_moves_its_bands() -> None:
    still, moved = quiet(table()), quiet(table(), layout=Layout(n_lanes=3, right=7.0, down=-4.0))
    assert moved.bands["centre_col"].to_numpy() - still.bands["centre_col"].to_numpy() == pytest.approx(7.0, abs=1e-3)
    assert moved.bands["centre_row"].to_numpy() - still.bands["centre_row"].to_numpy() == pytest.approx(-4.0, abs=1e-3)


def test_a_flat_band_is_as_thick_as_its_sigma() -> None:
    assert profile_spread(quiet(table(sigma=3.0))) == pytest.approx(3.0, rel=1e-3)


def test_a_skewed_band_has_its_longer_flank_below() -> None:
    drawn = quiet(table(row=60.0, skew=0.3))
    assert (drawn.bands["centre_row"] > 60.5).all()


def test_a_comet_tail_points_up_and_is_part_of_the_volume() -> None:
    drawn = quiet(table(row=90.0, tail=0.4, tail_px=6.0))
    assert drawn.bands["centre_row"].to_numpy() == pytest.approx(90.0 - 0.4 * 6.0, abs=0.1)
    assert drawn.bands["volume"].to_numpy() == pytest.approx(1e5, rel=1e-6)


def test_a_doublet_is_one_row_whose_volume_is_the_sum() -> None:
    drawn = quiet(table(row=50.0, split=20.0, share=0.25))
    profile = drawn.signal.sum(axis=1)
    assert drawn.bands["centre_row"].to_numpy() == pytest.approx(55.0, abs=1e-3)
    assert profile[60:].sum() / profile.sum() == pytest.approx(0.25, abs=0.01)


def test_a_curled_band_is_lower_at_its_ends() -> None:
    drawn = quiet(table(n_lanes=1, row=60.0, curl=4.0), layout=Layout(n_lanes=1, filling=0.5))
    rows = parse_curve(drawn.bands["curve"].iloc[0])[:, 0]
    assert rows[0] - rows[2] == pytest.approx(4.0, abs=0.02)
    peak = drawn.signal.argmax(axis=0)
    assert peak[int(drawn.bands["left"].iloc[0]) + 6] > peak[120]


@pytest.mark.parametrize("family", FAMILIES)
def test_the_ridge_follows_the_brightest_pixels(family: str) -> None:
    layout = Layout(n_lanes=3, tilt=1.0, smile=4.0, lean=4.0)
    drawn = quiet(table(curl=2.0, slant=1.0), layout=layout, family=family)
    for text in drawn.bands["curve"]:
        for row, col in parse_curve(text)[1:4]:
            assert drawn.signal[:, round(col)].argmax() == pytest.approx(row, abs=1.0)


def test_horned_ends_shine_brighter_than_the_middle() -> None:
    drawn = quiet(table(n_lanes=1, horn=0.5, lump=0.0), layout=Layout(n_lanes=1, filling=0.5), family="foreign")
    across = drawn.signal.sum(axis=0)
    left, right = drawn.bands[["left", "right"]].iloc[0].astype(int)
    assert across[left + 10] > 1.1 * across[(left + right) // 2]


def test_absent_bands_have_a_place_and_no_volume() -> None:
    drawn = quiet(table().assign(volume=[1e5, 0.0, 1e5]))
    absent = drawn.bands.iloc[1]
    assert not absent["present"]
    assert absent["volume"] == 0.0
    assert absent["centre_col"] == pytest.approx(drawn.lanes["centre"].iloc[1], abs=1e-6)
    assert drawn.lanes["empty"].tolist() == [False, True, False]


def test_a_blot_without_bands_is_membrane_only() -> None:
    drawn = draw(table().iloc[:0], layout=Layout(n_lanes=3), membrane=Membrane(base=100.0), camera=QUIET, shape=SHAPE)
    assert drawn.bands.empty
    assert (drawn.blot.pixels == 100.0).all()


def test_two_exposures_share_the_membrane_and_scale_the_truth() -> None:
    knobs: dict[str, Any] = {"layout": Layout(n_lanes=3, spacing=0.03), "shape": SHAPE}
    one = draw(table(), camera=QUIET, noise_seed=1, **knobs)
    two = draw(table(), camera=Camera(0.0, 0.0, 0.0, exposure=3.0), noise_seed=2, **knobs)
    assert two.bands["volume"].to_numpy() == pytest.approx(3.0 * one.bands["volume"].to_numpy())
    assert two.background == pytest.approx(3.0 * one.background)


def test_places_are_a_bands_table_with_nothing_measured(drawn: Drawn) -> None:
    places = drawn.places()
    assert list(places.columns) == TABLES["bands"].names
    assert places["volume"].isna().all()
    assert (places["detected"] == drawn.bands["present"]).all()
    assert np.abs(places["centre_row"] - drawn.bands["centre_row"]).max() <= 0.005


def test_make_blot_is_the_picture_of_draw() -> None:
    blot = make_blot(table(), layout=Layout(n_lanes=3), shape=SHAPE, seed=4)
    assert (blot.pixels == draw(table(), layout=Layout(n_lanes=3), shape=SHAPE, seed=4).blot.pixels).all()
    assert blot.bright
    assert blot.ceiling == 65535.0
    assert (blot.pixels == np.round(blot.pixels)).all()


def test_the_same_seed_draws_the_same_pixels_and_another_seed_others() -> None:
    one, same, other = (make_blot(table(), layout=Layout(n_lanes=3), shape=SHAPE, seed=seed) for seed in (1, 1, 2))
    assert (one.pixels == same.pixels).all()
    assert (one.pixels != other.pixels).mean() > 0.5


def test_the_table_of_bands_is_not_changed() -> None:
    bands = table()
    before = bands.copy()
    make_blot(bands, layout=Layout(n_lanes=3), shape=SHAPE)
    pd.testing.assert_frame_equal(bands, before)


def test_a_blank_shape_takes_its_default() -> None:
    blank = quiet(table(sigma=[np.nan, 4.0, np.nan], row=[np.nan, 60.0, np.nan]))
    assert (blank.signal == quiet(table()).signal).all()


def test_further_columns_travel_along() -> None:
    assert quiet(table(mass_kda=86.0)).bands["mass_kda"].tolist() == [86.0] * 3


def test_an_inverted_export_is_dark_on_bright_and_says_so() -> None:
    plain = make_blot(table(), layout=Layout(n_lanes=3), shape=SHAPE)
    inverted = make_blot(table(), layout=Layout(n_lanes=3), shape=SHAPE, export=Export(inverted=True))
    assert (inverted.pixels == 65535.0 - plain.pixels).all()
    assert inverted.bright is False


def test_a_table_without_volumes_is_refused() -> None:
    with pytest.raises(TableError, match="'volume' is missing"):
        make_blot(table().drop(columns="volume"))


def test_a_lane_that_is_not_there_is_refused() -> None:
    with pytest.raises(TableError, match="between 1 and 2"):
        make_blot(table(n_lanes=3), layout=Layout(n_lanes=2))


def test_an_unknown_family_is_refused() -> None:
    with pytest.raises(SettingsError, match="known: flat, foreign"):
        make_blot(table(), family="strange")
