"""Strips: lanes in cells, windows of bands, and what bands see of them; answers by hand."""

from __future__ import annotations

import dataclasses

import numpy as np
import pandas as pd
import pytest

from blotquant.blot import Blot
from blotquant.integration.strips import (
    Places,
    Strips,
    _line,
    _pitch,
    _starts,
    _thickness,
    cut_strips,
    place_bands,
)
from blotquant.surround import off_membrane
from tests.hand_made_lanes import LEANING, Row, bands_table, leaning_lanes


def noise(shape: tuple[int, int], seed: int = 1) -> Blot:
    return Blot("noise", np.random.default_rng(seed).normal(300.0, 20.0, shape), bright=True)


# -- reading the table ------------------------------------------------------------------------------------------------


def test_a_row_is_as_thick_as_the_median_of_its_bands() -> None:
    rows: list[Row] = [(1, "a", 10, 10), (2, "a", 10, 40), (3, "a", 10, 70), (1, "b", 50, 10), (2, "b", 50, 40)]
    found = _thickness(bands_table(rows, sigma=[2.0, 3.0, 7.0, 1.0, 4.0]))
    np.testing.assert_allclose(found, [3.0, 3.0, 3.0, 2.5, 2.5])


@pytest.mark.parametrize("unknown", [0.0, np.nan])
def test_a_band_of_unknown_thickness_is_a_sixth_of_its_box_and_no_band_is_too_thin(unknown: float) -> None:
    rows: list[Row] = [(1, "a", 50, 10), (1, "b", 90, 10), (1, "c", 130, 10)]
    table = bands_table(rows).assign(sigma=[unknown, unknown, 0.3], top=[41.0, 88.0, 0.0], bottom=[59.0, 91.0, 99.0])
    np.testing.assert_allclose(_thickness(table), [3.0, 1.0, 0.8])


def test_the_pitch_is_the_median_step_between_lanes_but_no_less_than_the_bands_are_wide() -> None:
    rows: list[Row] = [(1, "a", 10, 20), (1, "b", 50, 22), (2, "a", 10, 70), (4, "a", 10, 181), (3, "a", 10, 130)]
    table = bands_table(rows)
    assert _pitch(table, np.full(5, 10.0)) == pytest.approx(51.0)  # steps 49, 60, 51
    assert _pitch(table, np.array([10.0, 30.0, 30.0, 30.0, 10.0])) == pytest.approx(69.0)
    assert _pitch(table[table["lane"] == 1], np.full(2, 10.0)) == pytest.approx(1.15 * 23.0)


def test_places_are_read_off_the_table() -> None:
    table = bands_table([(3, "a", 10, 20), (7, "a", 12, 50)], half=11.0, curve="10.00:15.00 11.00:25.00")
    places = place_bands(table.assign(left=[9.0, 49.0], right=[32.0, 50.0]))
    assert places.lane.tolist() == [0, 1]
    assert places.row.tolist() == [10, 12]
    assert places.col.tolist() == [20, 50]
    assert places.half.tolist() == [11.0, 1.0]
    assert places.sigma.tolist() == [1.75, 1.75]
    assert places.first.tolist() == [0, 0]
    assert places.tall == 1
    assert [len(curve) for curve in places.curves] == [2, 2]


# -- the line of a lane -----------------------------------------------------------------------------------------------


def test_a_lane_of_one_band_follows_its_lean() -> None:
    found = _line(np.array([60.0]), np.array([100.0]), np.array([0.2]), np.array([0.0, 60.0, 80.0]))
    np.testing.assert_allclose(found, [88.0, 100.0, 104.0])


def test_a_lanes_line_is_a_cubic_between_its_bands_and_straight_beyond_them() -> None:
    def place(row: np.ndarray) -> np.ndarray:
        return 100 + 0.1 * (row - 50) + 2e-3 * (row - 50) ** 2 - 3e-5 * (row - 50) ** 3

    def lean(row: np.ndarray) -> np.ndarray:
        return 0.1 + 4e-3 * (row - 50) - 9e-5 * (row - 50) ** 2

    row, inside = np.array([130.0, 20.0]), np.linspace(20.0, 130.0, 12)
    np.testing.assert_allclose(_line(row, place(row), lean(row), inside), place(inside))
    beyond = _line(row, place(row), lean(row), np.array([10.0, 150.0]))
    np.testing.assert_allclose(beyond, [place(row[1]) - 10 * lean(row[1]), place(row[0]) + 20 * lean(row[0])])


@pytest.mark.parametrize("span", [4.0, 40.0])
def test_a_lean_counts_like_a_place_thirty_pixels_away(span: float) -> None:
    """The least-squares cubic through three centres and 30 times three leans, in plain monomials."""
    row = 50 + span * np.array([-1.0, 0.3, 1.2])
    col, lean = np.array([100.0, 103.0, 101.0]), np.array([0.02, -0.1, 0.05])
    at = np.linspace(row.min(), row.max(), 7)
    x = (row - 50) / 10
    powers = np.arange(4)
    slope = np.stack([np.zeros(3), np.full(3, 0.1), 0.2 * x, 0.3 * x * x], axis=1)
    design = np.vstack([x[:, None] ** powers, 30 * slope])
    best = np.linalg.lstsq(design, np.concatenate([col, 30 * lean]), rcond=None)[0]
    np.testing.assert_allclose(_line(row, col, lean, at), (((at - 50) / 10)[:, None] ** powers) @ best, rtol=1e-5)


@pytest.mark.parametrize("length", [3, 4])
@pytest.mark.parametrize("size", [20, 21])
def test_strips_of_a_mirrored_picture_are_mirrored_also_between_pixels(length: int, size: int) -> None:
    line = np.concatenate([np.arange(2.0, 18.0, 0.5), [3.3, 7.9]])
    line = line[line != (size - 1) / 2]  # the very middle has no side
    starts = _starts(line, length, size)
    np.testing.assert_array_equal(_starts(size - 1 - line, length, size), size - starts - length)
    assert np.abs(starts + (length - 1) / 2 - line).max() <= 0.5
    assert _starts(np.array([4.5, 15.5]), 3, 21).tolist() == [4, 14]


# -- cells ------------------------------------------------------------------------------------------------------------


def strip_sum(blot: Blot, strips: Strips, lane: int) -> tuple[float, int]:
    """Sum and count of the picture's pixels under a strip, row by row."""
    total, count = 0.0, 0
    for row in range(blot.shape[0]):
        start = strips.start[lane, row // strips.height + strips.pad]
        part = blot.pixels[row, max(start, 0) : max(start + len(strips.cols) * strips.width, 0)]
        total, count = total + part.sum(), count + part.size
    return total, count


@pytest.mark.parametrize("sigma", [2.0, 4.0])
def test_the_cells_of_a_strip_hold_every_pixel_under_it_once(sigma: float) -> None:
    blot = noise((101, 97))  # no whole number of cells; lane 1 leaves the picture on the left, lane 2 on the right
    table = bands_table([(1, "a", 40, 14), (1, "b", 80, 10), (2, "a", 45, 86)], sigma=sigma, lean=[-0.1, -0.1, 0.2])
    strips, _ = cut_strips(blot, table)
    assert strips.height == round(sigma / 1.2)
    assert strips.zero == np.median(blot.pixels)
    for lane in (0, 1):
        total, count = strip_sum(blot, strips, lane)
        assert strips.count[lane].sum() == count
        whole = (strips.light[lane] * strips.count[lane]).sum() + strips.zero * strips.count[lane].sum()
        assert whole == pytest.approx(total, rel=1e-12)
    np.testing.assert_array_equal(strips.usable, strips.count > 0)
    assert not strips.light[strips.count == 0].any()
    assert strips.count.max() == strips.height * strips.width


def test_a_cell_is_the_mean_of_its_own_pixels() -> None:
    blot = noise((80, 120))
    strips, _ = cut_strips(blot, bands_table([(1, "a", 40, 50)], sigma=4.0))
    row, col = strips.pad + 11, 3
    top, left = 11 * strips.height, strips.start[0, row] + col * strips.width
    cell = blot.pixels[top : top + strips.height, left : left + strips.width]
    assert strips.light[0, row, col] + strips.zero == pytest.approx(cell.mean())
    assert strips.rows[row] == pytest.approx(top + (strips.height - 1) / 2)


def test_cells_are_a_fifteenth_of_a_strip_of_about_the_pitch() -> None:
    for pitch, width, across in ((40, 3, 15), (60, 4, 17)):
        rows: list[Row] = [(1, "a", 50, 60), (2, "a", 50, 60 + pitch)]
        strips, places = cut_strips(noise((100, 260)), bands_table(rows))
        assert strips.width == width
        np.testing.assert_allclose(strips.cols, width * (np.arange(across) - across // 2))
        assert strips.light.shape == (2, 100 + 2 * 25, across)
        assert strips.pad == 25  # 14 sigmas
        assert places.tall == 51
    thin, _ = cut_strips(noise((100, 60)), bands_table([(1, "a", 50, 30)], sigma=0.8))
    assert (thin.height, thin.pad) == (1, 12)
    narrow, _ = cut_strips(noise((100, 60)), bands_table([(1, "a", 50, 30)], half=2.0))
    assert narrow.width == 1


def test_starts_follow_a_leaning_lane_to_the_pixel() -> None:
    strips, _ = leaning_lanes()
    np.testing.assert_allclose(strips.line[0], 30 + 0.1 * (strips.rows - 40), atol=1e-5)
    np.testing.assert_allclose(strips.line[1], 71.3 + 0.04 * (strips.rows - 55), atol=1e-5)
    middle = strips.start + (len(strips.cols) * strips.width - 1) / 2
    assert np.abs(middle - strips.line).max() <= 0.5 + 1e-6


def test_a_lane_without_a_lean_goes_straight_down() -> None:
    strips, _ = cut_strips(noise((60, 80)), bands_table([(1, "a", 20, 31.0)], lean=np.nan))
    np.testing.assert_allclose(strips.line, 31.0)


def test_a_cell_with_a_saturated_pixel_is_unusable_and_no_other() -> None:
    plain = noise((100, 80))
    pixels = plain.pixels.copy()
    pixels[33, 41] = 4095.0
    strips, _ = cut_strips(Blot("one", pixels, bright=True, ceiling=4095.0), bands_table([(1, "a", 40, 40)]))
    col = (41 - strips.start[0, 33 + strips.pad]) // strips.width
    spoilt = (strips.count > 0) & ~strips.usable
    assert np.argwhere(spoilt).tolist() == [[0, 33 + strips.pad, col]]
    free, _ = cut_strips(Blot("one", pixels, bright=True), bands_table([(1, "a", 40, 40)]))
    assert free.usable[free.count > 0].all()


def test_cells_beside_the_membrane_are_unusable() -> None:
    pixels = noise((200, 240)).pixels + 1000.0
    pixels[:, :38] = np.random.default_rng(2).normal(20.0, 2.0, (200, 38))
    pixels[:31] = np.random.default_rng(3).normal(20.0, 2.0, (31, 240))
    blot = Blot("edge", pixels, bright=True)
    beside = off_membrane(blot)
    assert beside[:, :30].all()
    strips, _ = cut_strips(blot, bands_table([(1, "a", 100, 48), (2, "a", 100, 100)]))
    for row in (5, 40, 199):
        left = strips.start[0, row + strips.pad] + strips.width * np.arange(len(strips.cols))
        expected = [not beside[row, at : at + strips.width].any() for at in left]
        np.testing.assert_array_equal(strips.usable[0, row + strips.pad], expected)
    assert not strips.usable[1, strips.pad + 20].any()


# -- windows and views ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("sigma", [2.0, 5.0])
def test_a_band_lies_in_the_middle_of_its_window_also_at_the_pictures_ends(sigma: float) -> None:
    rows: list[Row] = [(1, "a", 0.0, 30), (1, "b", 37.4, 30), (2, "a", 2.0, 71), (2, "c", 99.0, 71)]
    strips, places = cut_strips(noise((100, 100)), bands_table(rows, sigma=sigma))
    assert places.tall == 2 * strips.pad + 1
    assert places.windows.min() >= 0
    assert places.windows.max() < strips.light.shape[1]
    middle = strips.rows[places.windows[:, places.tall // 2]]
    assert np.abs(middle - places.row).max() <= strips.height / 2
    assert strips.pad * strips.height >= max(14 * sigma, 12)
    outside, at_end = cut_strips(noise((100, 100)), bands_table([(1, "a", -60, 30), (1, "b", 170, 30)], sigma=sigma))
    assert at_end.first.tolist() == [0, outside.light.shape[1] - at_end.tall]


def test_a_window_is_cut_from_the_bands_own_lane() -> None:
    strips, places = leaning_lanes()
    image = np.arange(strips.light.size).reshape(strips.light.shape)
    windows = places.cut(image)
    for band in range(4):
        first = places.first[band]
        np.testing.assert_array_equal(windows[band], image[places.lane[band], first : first + places.tall])


def test_a_band_sees_its_cells_from_its_centre() -> None:
    strips, places = leaning_lanes()
    everyone = np.arange(4)
    view = places.view(strips, everyone, places.lane)
    middle = places.tall // 2
    for band in everyone:
        lane, window = places.lane[band], slice(places.first[band], places.first[band] + places.tall)
        np.testing.assert_allclose(view.rows[band], strips.rows[window] - places.row[band])
        start, line = strips.start[lane, window], strips.line[lane, window]
        centres = [start[middle] + strips.width * k + (strips.width - 1) / 2 for k in range(len(strips.cols))]
        np.testing.assert_allclose(view.cols[band], np.array(centres) - places.col[band])
        off = start - line
        np.testing.assert_allclose(view.drift[band], off - off[middle])
    assert np.abs(view.drift).max() > 0.3
    assert np.abs(view.drift).max() <= 1.0
    np.testing.assert_array_equal(view.sigma, places.sigma)
    np.testing.assert_array_equal(view.half, places.half)
    assert view.width == strips.width
    np.testing.assert_allclose(view.thicker(np.array([1.0, 2.0, 3.0, 4.0])).sigma, [1.75, 3.5, 5.25, 7.0])


def test_a_neighbour_is_seen_in_the_other_lanes_strip_along_its_own_line() -> None:
    strips, places = leaning_lanes()
    view = places.view(strips, np.array([3, 0]), np.array([0, 1]))
    middle = places.tall // 2
    for i, (band, by) in enumerate(((3, 0), (0, 1))):
        window = slice(places.first[band], places.first[band] + places.tall)
        start, line = strips.start[by, window], strips.line[places.lane[band], window]
        first = start[middle] + (strips.width - 1) / 2
        assert view.cols[i, 0] == pytest.approx(first - places.col[band])
        off = start - line
        np.testing.assert_allclose(view.drift[i], off - off[middle])
    np.testing.assert_allclose(view.sigma, 1.75)


def ridge_seen(curve: str) -> tuple[np.ndarray, np.ndarray, Places]:
    table = bands_table([(1, "a", 40, 50)], half=10.0, curve=curve)
    strips, places = cut_strips(noise((100, 100)), table)
    strips = dataclasses.replace(strips, cols=np.arange(-20.0, 21.0), width=1, start=strips.line.astype(int) - 20)
    view = places.view(strips, np.array([0]), np.array([0]))
    return view.cols[0], view.ridge[0], places


def test_a_ridge_is_the_bands_curve_and_goes_on_straight_beyond_its_ends() -> None:
    points = [(40 + 0.02 * off * off, 50 + off) for off in (-10, 0, 10)]
    cols, ridge, places = ridge_seen(" ".join(f"{row:.2f}:{col:.2f}" for row, col in points))
    reach = 1.1 * places.half[0]
    slope = 0.02 * (2 - 0.1) * reach  # over the last tenth of the way
    beyond = np.maximum(np.abs(cols) - reach, 0.0)
    expected = 0.02 * np.minimum(np.abs(cols), reach) ** 2 + slope * beyond
    np.testing.assert_allclose(ridge, expected, atol=1e-9)
    assert beyond.max() > 5


def test_a_tilted_ridge_is_tilted_at_both_ends_and_no_curve_is_level() -> None:
    cols, ridge, _ = ridge_seen("39.00:40.00 41.00:60.00")
    np.testing.assert_allclose(ridge, 0.1 * cols, atol=1e-9)
    for nothing in ("", "41.00:50.00"):
        assert not ridge_seen(nothing)[1].any()


def test_the_order_of_rows_in_the_table_changes_nothing_but_the_order() -> None:
    blot, table = noise((120, 104)), bands_table(LEANING)
    strips, places = cut_strips(blot, table)
    again, turned = cut_strips(blot, pd.DataFrame(table.iloc[::-1]).reset_index(drop=True))
    np.testing.assert_allclose(again.light, strips.light)
    np.testing.assert_array_equal(turned.first, places.first[::-1])
