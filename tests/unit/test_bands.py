"""find_bands(): every row in every lane, weak beside strong, and no band from dust or an edge."""

from __future__ import annotations

import dataclasses

import numpy as np
import pandas as pd
import pytest

from blotquant.bands import find_bands
from blotquant.blot import Blot
from blotquant.integration import integrate
from blotquant.lanes import find_lanes
from blotquant.synthetic import Drawn, draw_level


def found_share(drawn: Drawn, bands: pd.DataFrame) -> tuple[float, float]:
    """Recall and precision of the bands called detected, matched within one thickness and half a lane."""
    true = drawn.bands[drawn.bands["present"]]
    seen = bands[bands["detected"]]
    rows = np.abs(seen["centre_row"].to_numpy()[:, None] - true["centre_row"].to_numpy())
    cols = np.abs(seen["centre_col"].to_numpy()[:, None] - true["centre_col"].to_numpy())
    near = (rows < 6) & (cols < 12)
    return near.any(axis=0).mean(), near.any(axis=1).mean()


@pytest.mark.parametrize(
    ("level", "family", "seed"), [("clean", "flat", 21), ("typical", "foreign", 22), ("hard", "flat", 23)]
)
def test_drawn_bands_are_found_and_little_else(level: str, family: str, seed: int) -> None:
    drawn = draw_level(level, family=family, seed=seed)
    recall, precision = found_share(drawn, find_bands(drawn.blot, find_lanes(drawn.blot)))
    assert recall >= 0.95
    assert precision >= 0.95


def test_every_row_is_in_every_lane_of_every_image(drawn: Drawn) -> None:
    empty = Blot("empty.tif", np.random.default_rng(3).normal(500, 5, drawn.blot.shape), bright=True)
    blots = [empty, drawn.blot]
    bands = find_bands(blots, find_lanes(blots))
    counts = bands.groupby(["image", "band"])["lane"].nunique()
    assert (counts == 6).all()
    assert set(bands.loc[bands["image"] == "empty.tif", "band"]) == set(
        bands.loc[bands["image"] != "empty.tif", "band"]
    )
    assert not bands.loc[bands["image"] == "empty.tif", "detected"].any()


def test_rows_are_numbered_from_the_top(drawn: Drawn) -> None:
    bands = find_bands(drawn.blot, find_lanes(drawn.blot))
    heights = bands.groupby(bands["band"].astype(int))["centre_row"].median()
    assert heights.is_monotonic_increasing
    assert heights.index.tolist() == [1, 2, 3]


def test_a_weak_band_beside_a_strong_one_is_found() -> None:
    row, col = np.indices((240, 420))
    volumes = [1.0, 0.01, 1.0, 0.01, 1.0, 0.01]
    light = sum(
        v * np.exp(-0.5 * ((row - 120) / 4.0) ** 2) * (np.abs(col - c) < 20)
        for v, c in zip(volumes, range(50, 401, 66), strict=True)
    )
    pixels = 500 + 30000 * light + np.random.default_rng(4).normal(0, 15, row.shape)
    blot = Blot("weak.tif", pixels, bright=True)
    bands = find_bands(blot, find_lanes(blot))
    row_of_light = bands[(bands["centre_row"] - 120).abs() < 5]
    assert row_of_light["detected"].tolist() == [True] * 6


def test_boxes_hold_their_bands_and_follow_the_file(drawn: Drawn) -> None:
    bands = find_bands(drawn.blot, find_lanes(drawn.blot))
    assert (bands["top"] < bands["centre_row"]).all()
    assert (bands["centre_row"] < bands["bottom"]).all()
    assert (bands["left"] < bands["centre_col"]).all()
    assert (bands["centre_col"] < bands["right"]).all()
    assert (bands["sigma"] > 0).all()


def test_a_higher_bar_finds_fewer(drawn: Drawn) -> None:
    lanes = find_lanes(drawn.blot)
    low, high = (find_bands(drawn.blot, lanes, min_score=score)["detected"].sum() for score in (5.0, 80.0))
    assert high < low


def test_gain_and_offset_do_not_change_what_is_found(drawn: Drawn) -> None:
    plain = dataclasses.replace(drawn.blot, ceiling=None)
    moved = dataclasses.replace(plain, pixels=4.0 * plain.pixels + 300.0)
    one, other = (find_bands(blot, find_lanes(blot)) for blot in (plain, moved))
    assert one["detected"].tolist() == other["detected"].tolist()
    np.testing.assert_allclose(one["centre_row"], other["centre_row"], atol=0.05)


@pytest.mark.parametrize("seed", [31, 32, 33])
def test_the_edge_of_the_membrane_is_no_row_and_takes_none_away(seed: int) -> None:
    drawn = draw_level("typical", seed=seed)
    row, col = np.indices(drawn.blot.shape)
    off = row > 490 - 0.02 * col
    cut = dataclasses.replace(
        drawn.blot, pixels=np.where(off, np.random.default_rng(seed).normal(20, 2, off.shape), drawn.blot.pixels)
    )
    whole, bands = (find_bands(blot, find_lanes(blot)) for blot in (drawn.blot, cut))
    recall, precision = found_share(drawn, bands)
    assert recall == 1.0
    assert precision == 1.0
    assert bands["band"].nunique() == whole["band"].nunique()


def test_a_row_that_the_border_of_the_picture_cuts_is_not_found(drawn: Drawn) -> None:
    first = int(drawn.bands.loc[drawn.bands["band"] == "1", "centre_row"].median())
    cut = Blot("cut.tif", drawn.blot.pixels[first:], bright=True)
    bands = find_bands(cut, find_lanes(cut))
    assert bands["band"].nunique() == 2
    assert (bands["centre_row"] > 20).all()


def test_uneven_ground_far_below_the_bands_makes_no_row() -> None:
    drawn = draw_level("clean", seed=34)
    row, col = np.indices(drawn.blot.shape)
    ripple = 0.02 * np.ptp(drawn.blot.pixels) * np.exp(-0.5 * ((row - 40) / 3.0) ** 2) * (col > 500)
    noise = np.random.default_rng(34).normal(0.0, 0.02 * np.ptp(drawn.blot.pixels), row.shape)
    blot = dataclasses.replace(drawn.blot, pixels=drawn.blot.pixels + ripple + noise, ceiling=None)
    bands = find_bands(blot, find_lanes(blot))
    assert (bands["centre_row"] > 60).all()


def test_a_row_whose_bands_are_many_lanes_apart_is_one_row() -> None:
    row, col = np.indices((240, 900))
    centres = np.arange(45, 900, 62)
    light = sum(
        v * np.exp(-0.5 * ((row - r - 0.01 * col) / 4.0) ** 2) / (1.0 + np.exp((np.abs(col - c) - 22) / 2.0))
        for r, v, which in ((60, 1.0, range(14)), (150, 0.3, (0, 1, 7, 13)))
        for c in centres[list(which)]
    )
    pixels = 500 + 20000 * light + np.random.default_rng(8).normal(0, 15, row.shape)
    blot = Blot("apart.tif", pixels, bright=True)
    bands = find_bands(blot, find_lanes(blot))
    assert bands["band"].nunique() == 2
    assert bands.loc[bands["detected"] & (bands["band"] == "2"), "lane"].tolist() == [1, 2, 8, 14]


def test_a_clipped_band_with_one_sharp_flank_is_found_in_its_middle() -> None:
    row, col = np.indices((200, 330))
    across = sum(1.0 / (1.0 + np.exp((np.abs(col - at) - 20) / 1.5)) for at in range(35, 330, 65))
    along = np.exp(-0.5 * ((np.minimum(row - 80, 0) / 9.0) ** 2)) / (1.0 + np.exp((row - 96) / 0.7))
    pixels = np.minimum(500 + 40000 * along * across, 22000) + np.random.default_rng(9).normal(0, 15, row.shape)
    blot = Blot("clipped.tif", np.minimum(pixels, 22000), bright=True, ceiling=22000.0)
    bands = find_bands(blot, find_lanes(blot, n_lanes=5))
    top = np.flatnonzero(blot.pixels[:, 35] >= 21900)
    assert bands["band"].tolist() == ["1"] * 5
    assert bands["detected"].all()
    np.testing.assert_allclose(bands["centre_row"], 0.5 * (top[0] + top[-1]), atol=2.0)


def test_a_band_that_touches_both_neighbours_of_its_row_is_found() -> None:
    row, col = np.indices((300, 330))
    centres = np.arange(35, 330, 65)

    def across(half: float, which: np.ndarray) -> np.ndarray:
        return sum(1.0 / (1.0 + np.exp((np.abs(col - at) - half) / 1.5)) for at in which)

    joined = np.exp(-0.5 * ((row - 80) / 9.0) ** 2) * np.minimum(across(20, centres) + across(46, centres[2:3]), 1.0)
    parted = np.exp(-0.5 * ((row - 210) / 9.0) ** 2) * across(20, centres)
    pixels = 500 + 20000 * (joined + parted) + np.random.default_rng(9).normal(0, 15, row.shape)
    blot = Blot("joined.tif", pixels, bright=True)
    bands = find_bands(blot, find_lanes(blot))
    assert len(bands) == 10
    assert bands["detected"].all()


def test_a_band_with_one_side_hidden_is_found_where_its_row_passes() -> None:
    row, col = np.indices((260, 420))
    centres = np.arange(30, 420, 60)
    lane = 1.0 / (1.0 + np.exp((np.abs(col[None] - centres[:, None, None]) - 20) / 2.0))
    heights = np.array([1500.0, 1500.0, 1500.0, 300.0, 1500.0, 1500.0, 1500.0])
    light = np.exp(-0.5 * ((row - 180) / 4.0) ** 2) * np.tensordot(heights, lane, axes=1)
    light += 4000.0 * np.exp(-0.5 * ((row - 70) / 4.0) ** 2) * lane.sum(axis=0)
    light[:, 185:235] += 400.0 / (1.0 + np.exp((row[:, 185:235] - 176) / 3.0))  # a stain that ends on the faint band
    pixels = 500.0 + light + np.random.default_rng(11).normal(0.0, 10.0, row.shape)
    blot = Blot("hidden.tif", pixels, bright=True)
    bands = find_bands(blot, find_lanes(blot))
    hidden = bands[(bands["lane"] == 4) & (np.abs(bands["centre_row"] - 180) < 4)]
    assert hidden["detected"].tolist() == [True]


@pytest.mark.parametrize("apart", [5.0, 6.0, 7.0])
def test_both_bands_of_a_close_pair_are_found(apart: float) -> None:
    row, col = np.indices((260, 420))
    across = sum(1.0 / (1.0 + np.exp((np.abs(col - at) - 20) / 2.0)) for at in range(30, 420, 60))
    heights = {70.0: 4000.0, 180.0 - 0.5 * apart: 1500.0, 180.0 + 0.5 * apart: 1200.0}
    light = sum(height * np.exp(-0.5 * ((row - at) / 1.5) ** 2) for at, height in heights.items())
    pixels = 500.0 + light * across + np.random.default_rng(11).normal(0.0, 10.0, row.shape)
    blot = Blot("pair.tif", pixels, bright=True)
    bands = find_bands(blot, find_lanes(blot))
    assert bands["detected"].all()
    np.testing.assert_allclose(bands.groupby("band")["centre_row"].median(), list(heights), atol=0.7)


def test_a_faint_band_of_a_short_strip_is_found_beside_strong_ones() -> None:
    drawn = draw_level("typical", family="foreign", seed=1, n_rows=1, shape=(60, 900))
    assert found_share(drawn, find_bands(drawn.blot, find_lanes(drawn.blot))) == (1.0, 1.0)


def drawn_rows(
    heights: dict[float, float],
    sigmas: dict[float, float],
    *,
    noise: float,
    rows: int = 300,
    pitch: int = 60,
    lanes: int = 7,
) -> Blot:
    """Rows of even bands, at each place its height and its half thickness, on white noise."""
    row, col = np.indices((rows, lanes * pitch))
    centres = pitch * (np.arange(lanes) + 0.5)
    across = sum(1.0 / (1.0 + np.exp((np.abs(col - at) - pitch / 3) / 2.0)) for at in centres)
    light = sum(height * np.exp(-0.5 * ((row - at) / sigmas[at]) ** 2) for at, height in heights.items())
    return Blot(
        "rows.tif", 500.0 + light * across + np.random.default_rng(12).normal(0.0, noise, row.shape), bright=True
    )


def test_a_broad_faint_row_far_below_the_strongest_is_found() -> None:
    blot = drawn_rows({80.0: 20000.0, 200.0: 300.0}, {80.0: 5.0, 200.0: 7.0}, noise=40.0)
    bands = find_bands(blot, find_lanes(blot))
    faint = bands[np.abs(bands["centre_row"] - 200) < 5]
    assert faint["score"].between(5, 50).all()
    assert faint["detected"].tolist() == [True] * 7
    assert len(bands) == 14


def test_the_more_lanes_line_up_the_fainter_a_row_is_believed() -> None:
    seven = drawn_rows({80.0: 20000.0, 200.0: 60.0}, {80.0: 5.0, 200.0: 8.0}, noise=40.0)
    bands = find_bands(seven, find_lanes(seven))
    faint = bands[np.abs(bands["centre_row"] - 200) < 5]
    assert len(faint) == 7
    assert faint["score"].between(5, 10).all()
    two = dataclasses.replace(seven, pixels=seven.pixels[:, :120])
    assert len(find_bands(two, find_lanes(two))) == 2


def test_a_faint_row_of_several_bands_may_lie_a_little_askew() -> None:
    """Each band a third of its half thickness off the next: no wave of the ground follows lanes like that."""
    even = drawn_rows({80.0: 20000.0, 200.0: 70.0}, {80.0: 5.0, 200.0: 6.0}, noise=40.0)
    lane = np.arange(420) // 60
    for amount, found in ((2, 14), (6, 7)):
        pixels = even.pixels.copy()
        for number in range(7):
            below = np.s_[130:270, lane == number]
            pixels[below] = np.roll(even.pixels[below], amount if number % 2 else -amount, axis=0)
        askew = dataclasses.replace(even, pixels=pixels)
        bands = find_bands(askew, find_lanes(askew))
        assert len(bands) == found


@pytest.mark.parametrize(("lanes", "found"), [([0, 2, 5, 8, 11], 5), ([0, 2, 5, 8], 0)])
def test_five_faint_bands_that_line_up_are_a_row_though_none_has_two_neighbours(lanes: list[int], found: int) -> None:
    heights, sigmas = {80.0: 20000.0, 200.0: 60.0}, {80.0: 5.0, 200.0: 7.0}
    full = drawn_rows(heights, sigmas, noise=40.0, lanes=13)
    empty = drawn_rows({80.0: 20000.0}, sigmas, noise=40.0, lanes=13)
    few = np.where(np.isin(np.arange(13 * 60) // 60, lanes), full.pixels, empty.pixels)
    blot = dataclasses.replace(full, pixels=few)
    bands = find_bands(blot, find_lanes(blot))
    faint = bands[np.abs(bands["centre_row"] - 200) < 5]
    assert faint["detected"].sum() == found
    assert faint.loc[faint["detected"], "score"].between(5, 12).all()


@pytest.mark.parametrize(("rows", "at", "sigma"), [(240, 123.0, 16.0), (520, 472.0, 12.0), (520, 300.0, 16.0)])
@pytest.mark.parametrize("height", [300.0, 15000.0])
def test_a_row_four_times_as_thick_as_others_is_found_with_its_own_thickness(
    rows: int, at: float, sigma: float, height: float
) -> None:
    blot = drawn_rows({40.0: 20000.0, at: height}, {40.0: 4.0, at: sigma}, noise=30.0, rows=rows, pitch=106)
    bands = find_bands(blot, find_lanes(blot))
    broad = bands[bands["band"] == "2"]
    assert len(bands) == 14
    assert broad["detected"].all()
    np.testing.assert_allclose(broad["centre_row"], at, atol=0.3 * sigma)
    np.testing.assert_allclose(broad["sigma"], sigma, rtol=0.2)


def test_a_band_near_the_noise_is_seen_where_its_row_passes_and_an_absent_one_is_not() -> None:
    row, col = np.indices((300, 840))
    lane = [1.0 / (1.0 + np.exp((np.abs(col - at) - 20) / 2.0)) for at in range(30, 840, 60)]
    along = np.exp(-0.5 * ((row - 180) / 4.0) ** 2)
    heights = np.array([600.0] * 10 + [18.0] * 2 + [0.0] * 2)
    light = along * np.tensordot(heights, lane, axes=1) + 4000.0 * np.roll(along, -110, axis=0) * sum(lane)
    blot = Blot("faint.tif", 500.0 + light + np.random.default_rng(19).normal(0.0, 40.0, row.shape), bright=True)
    bands = find_bands(blot, find_lanes(blot))
    faint = bands[bands["band"] == "2"].sort_values("lane")
    assert faint["detected"].tolist() == [True] * 10 + [False] * 4
    assert faint["score"].iloc[10:12].between(2.5, 5.0).all()
    assert faint["score"].iloc[12:].tolist() == [0.0, 0.0]
    measured = integrate(blot, bands)
    assert measured.loc[faint.index, "detected"].tolist() == [True] * 12 + [False] * 2


def test_lanes_that_glow_up_to_the_rim_of_the_picture_make_no_row() -> None:
    plain = drawn_rows({80.0: 20000.0, 200.0: 8000.0}, {80.0: 4.0, 200.0: 4.0}, noise=20.0)
    lane = plain.pixels[80] > 0.5 * plain.pixels[80].max()
    row = np.arange(300)
    inner = 0.8 + 0.2 * np.exp(-0.5 * ((row - 9) / 3.0) ** 2)  # a little darker at the very rim
    rim = 3000.0 * np.exp(-0.5 * (np.maximum(row - 9, 0) / 4.0) ** 2) * np.where(row < 9, inner, 1.0)
    blot = dataclasses.replace(plain, pixels=plain.pixels + rim[:, None] * lane)
    bands = find_bands(blot, find_lanes(blot))
    np.testing.assert_allclose(bands.groupby("band")["centre_row"].median(), [80.0, 200.0], atol=1.0)


@pytest.mark.parametrize(("level", "family", "seed"), [("clean", "foreign", 3), ("hard", "foreign", 3)])
def test_a_band_burnt_out_in_the_middle_is_found_as_one(level: str, family: str, seed: int) -> None:
    drawn = draw_level(level, family=family, seed=seed, n_lanes=8, shape=(400, 640), effects=["hollow"])
    bands = find_bands(drawn.blot, find_lanes(drawn.blot))
    seen, true = bands[bands["detected"]], drawn.bands[drawn.bands["present"] & (drawn.bands["split"] == 0)]
    rows = np.abs(seen["centre_row"].to_numpy()[:, None] - true["centre_row"].to_numpy())
    cols = np.abs(seen["centre_col"].to_numpy()[:, None] - true["centre_col"].to_numpy())
    near = ((rows < 4 * true["sigma"].to_numpy()) & (cols < 12)).sum(axis=0)
    assert (near == 1).all()


@pytest.mark.parametrize("apart", [9.0, 12.0])
def test_two_bands_whose_dip_does_not_fill_up_at_the_sides_are_two(apart: float) -> None:
    row, col = np.indices((240, 420))
    rows = sum(np.exp(-0.5 * ((row - 120 - side * apart / 2) / 2.5) ** 2) for side in (-1, 1))
    lanes = sum((np.abs(col - centre) < 20) for centre in range(60, 361, 60))
    blot = Blot(
        "pairs.tif", 500 + 8000.0 * rows * lanes + np.random.default_rng(5).normal(0, 20, row.shape), bright=True
    )
    bands = find_bands(blot, find_lanes(blot))
    assert bands["detected"].sum() == 12
