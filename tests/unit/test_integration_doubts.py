"""Doubts at their thresholds, on windows and tables made by hand."""

from __future__ import annotations

import dataclasses

import numpy as np
import pandas as pd
import pytest

from blotquant.background import Places
from blotquant.blot import Blot
from blotquant.dips import middle_columns
from blotquant.flags import Flag, has_flag
from blotquant.integration import doubts
from blotquant.integration.doubts import (
    _closed,
    _dip,
    _edges,
    _ridge,
    _straightened,
    flagged,
    limits,
    saturated_pixels,
)


def places_of(*boxes: tuple[int, int, int, int], shape: tuple[int, int] = (60, 80)) -> Places:
    top, bottom, left, right = np.array(boxes).T
    return Places(shape, np.arange(len(boxes)), top, bottom, left, right)


def test_limits_are_those_of_the_faintest_third_at_most() -> None:
    lod, loq = limits(np.array([1.0, 2.0, 3.0, 400.0]))
    np.testing.assert_allclose(lod, [3.3, 6.6, 6.6, 6.6])
    np.testing.assert_allclose(loq, [10.0, 20.0, 20.0, 20.0])
    assert [len(x) for x in limits(np.empty(0))] == [0, 0]


def test_saturated_pixels_are_those_at_the_ceiling_in_a_bands_box() -> None:
    pixels = np.zeros((60, 80))
    pixels[10:12, 20:23] = [[255.0, 254.9, 300.0], [255.0, 0.0, 0.0]]
    places = places_of((10, 12, 20, 23), (10, 11, 20, 22), (30, 40, 0, 80))
    row = np.array([11.0, 10.5, 35.0])
    assert saturated_pixels(Blot("a", pixels, ceiling=255.0), places, row).tolist() == [3, 1, 0]
    assert saturated_pixels(Blot("a", pixels), places, row).tolist() == [0, 0, 0]


def test_a_saturated_pixel_in_two_boxes_of_a_lane_is_that_of_the_nearer_band() -> None:
    pixels = np.zeros((60, 80))
    pixels[18:24, 5] = 255.0
    places = places_of((10, 22, 0, 20), (16, 30, 0, 20))
    row, blot = np.array([16.0, 24.0]), Blot("a", pixels, ceiling=255.0)
    assert saturated_pixels(blot, places, row).tolist() == [4, 6]  # of two lanes: each has its own
    one = dataclasses.replace(places, lane=np.array([1, 1]))
    assert saturated_pixels(blot, one, row).tolist() == [3, 4]  # row 20 is as near to one as to the other


def test_a_ridge_is_the_bands_curve_level_beyond_its_ends() -> None:
    cols = np.arange(5, 30)
    points = np.array([[20.0, 10.0], [22.0, 20.0]])
    np.testing.assert_allclose(_ridge(points, 21.0, cols), 20 + 0.2 * (np.clip(cols, 10, 20) - 10))
    np.testing.assert_allclose(_ridge(points[:0], 21.0, cols), 21.0)


def test_pixels_are_counted_from_the_ridge_and_end_with_the_picture() -> None:
    pixels = np.arange(80.0).reshape(10, 8)
    cols = np.array([2, 3, 4])
    part = _straightened(pixels, np.array([4.0, 4.6, 8.0]), cols, np.array([-5, 0, 3]))
    rows = [[0, 0, 3], [4, 5, 8], [7, 8, 9]]
    np.testing.assert_array_equal(part, [[8 * r + c for r, c in zip(row, cols, strict=True)] for row in rows])


PROFILE = [0.0, 50.0, 100.0, 80.0, 100.0, 50.0, 0.0]


def part_of(profile: list[float], cols: int = 16) -> np.ndarray:
    return 10.0 + np.repeat(np.array(profile)[:, None], cols, axis=1)


def dip_in(part: np.ndarray, noise: float = 1.0, deep: float = 0.05, outside: float = 0.5) -> int | None:
    core = middle_columns(part)
    return _dip(core, np.median(core, axis=1), 10.0, noise, deep, outside)


def dip(profile: list[float], *, noise: float = 1.0, deep: float = 0.05, outside: float = 0.5) -> int | None:
    return dip_in(part_of(profile), noise, deep, outside)


def test_a_dip_lies_between_two_rims() -> None:
    assert dip(PROFILE) == 3
    assert dip([0.0, 50.0, 100.0, 100.0, 100.0, 50.0, 0.0]) is None
    assert dip([0.0, 10.0, 30.0, 100.0, 60.0, 20.0, 0.0]) is None


def test_a_dip_is_deeper_than_three_deviations_of_the_noise_and_a_share_of_the_height() -> None:
    assert dip(PROFILE, noise=6.6) == 3
    assert dip(PROFILE, noise=6.7) is None
    assert dip(PROFILE, deep=0.19) == 3
    assert dip(PROFILE, deep=0.2) is None


def test_a_dim_band_has_no_dip() -> None:
    profile = [0.0, 50.0, 100.0, 10.0, 100.0, 50.0, 0.0]
    assert dip(profile, noise=9.9) == 3
    assert dip(profile, noise=10.1) is None


def test_the_lesser_rim_is_at_least_half_the_greater_one() -> None:
    assert dip([0.0, 30.0, 51.0, 20.0, 100.0, 50.0, 0.0]) == 3
    assert dip([0.0, 30.0, 50.0, 20.0, 100.0, 50.0, 0.0]) is None
    assert dip([0.0, 50.0, 100.0, 20.0, 51.0, 30.0, 0.0]) == 3
    assert dip([0.0, 50.0, 100.0, 20.0, 50.0, 30.0, 0.0]) is None


def test_light_falls_beyond_both_rims_by_a_share_of_the_dip() -> None:
    assert dip([89.0, 95.0, 100.0, 80.0, 100.0, 50.0, 0.0]) == 3
    assert dip([90.0, 95.0, 100.0, 80.0, 100.0, 50.0, 0.0]) is None
    assert dip([0.0, 50.0, 100.0, 80.0, 100.0, 95.0, 89.0]) == 3
    assert dip([0.0, 50.0, 100.0, 80.0, 100.0, 95.0, 90.0]) is None
    assert dip([99.0, 100.0, 100.0, 80.0, 100.0, 95.0, 90.0], outside=0.0) == 3


def test_the_noise_is_also_that_of_neighbouring_pixels() -> None:
    rough = part_of(PROFILE) + np.where(np.arange(16) % 2, 4.0, -4.0)
    assert dip_in(rough) is None  # 1.4826 · 8 / √2 = 8.4, three of which are 25
    mild = part_of(PROFILE) + np.where(np.arange(16) % 2, 3.0, -3.0)
    assert dip_in(mild) == 3  # 6.3, three of which are 19


def test_a_grain_is_no_rim_and_few_rows_or_columns_tell_no_dip() -> None:
    grain = part_of([0.0, 50.0, 100.0, 90.0, 80.0, 50.0, 0.0])
    grain[4, 7:9] += 500.0
    assert dip_in(grain) is None
    assert dip_in(part_of(PROFILE, cols=8)) is None
    assert dip_in(part_of(PROFILE, cols=9)) == 3
    assert dip([0.0, 100.0, 80.0, 100.0, 0.0]) == 2
    assert dip([100.0, 80.0, 100.0, 0.0], outside=-1.0) is None


def ring(side: float, ends: tuple[float, float] = (1.0, 1.0)) -> np.ndarray:
    """A rim of 100 around a dip of 20 in rows 5 to 9, closed at both ends of the lane by so much."""
    part = np.zeros((15, 24))
    part[2:13, 2:22] = 100.0
    part[5:10, 5:19] = 20.0
    part[5:10, 2:5] = side * ends[0]
    part[5:10, 19:22] = side * ends[1]
    return part + 10.0


def test_a_rim_is_closed_where_both_ends_rise_out_of_the_dip() -> None:
    assert _closed(ring(100.0), 7, 10.0)
    assert not _closed(ring(20.0), 7, 10.0)
    for ends in ((1.0, 0.2), (0.2, 1.0)):
        assert not _closed(ring(100.0, ends), 7, 10.0)


def test_a_closed_rim_is_three_quarters_as_bright_and_rises_by_seven_tenths() -> None:
    assert _closed(ring(80.0), 7, 10.0)  # rises by 60 of 80
    assert not _closed(ring(75.0), 7, 10.0)  # rises by 55 of 80
    deep = ring(76.0)
    deep[5:10, 5:19] = 10.0 - 100.0  # rises by 176 of 200
    assert _closed(deep, 7, 10.0)
    deep[5:10, [*range(2, 5), *range(19, 22)]] = 10.0 + 74.0
    assert not _closed(deep, 7, 10.0)


def test_boxes_at_the_pictures_edge() -> None:
    places = places_of((0, 9, 5, 9), (5, 60, 5, 9), (5, 9, 0, 9), (5, 9, 70, 80), (1, 59, 1, 79))
    assert _edges(places, np.zeros(5, dtype=bool)).tolist() == [True, True, True, True, False]


def test_a_whole_lane_touches_the_edge_only_at_its_sides() -> None:
    places, blot = places_of((0, 60, 5, 9), (0, 60, 0, 9)), Blot("a", np.full((60, 80), 50.0))
    assert has_flag(flagged(measured(band=["lane"] * 2), blot, places, 1.0), Flag.EDGE).tolist() == [False, True]
    assert has_flag(flagged(measured(), blot, places, 1.0), Flag.EDGE).tolist() == [True, True]


def measured(**columns: object) -> pd.DataFrame:
    """Two plain bands far above their limits."""
    table: dict[str, object] = {
        "volume": [1e4, 1e4], "lod": [33.0, 33.0], "loq": [100.0, 100.0], "detected": [True, True],
        "saturated": [0, 0], "rejected": [0.0, 0.0], "background": [0.0, 0.0], "sigma": [2.0, 2.0],
        "centre_row": [15.0, 45.0], "curve": ["", ""], "flags": ["", "overlap"], "band": ["1", "2"],
    }  # fmt: skip
    return pd.DataFrame(table | columns)


def flags_of(pixels: np.ndarray | None = None, floor: float | None = None, **columns: object) -> dict[str, list[bool]]:
    pixels = np.full((60, 80), 50.0) if pixels is None else pixels
    places = places_of((10, 20, 10, 30), (40, 50, 10, 30))
    flags = flagged(measured(**columns), Blot("a", pixels, floor=floor), places, 1.0)
    return {flag.name: has_flag(flags, flag).tolist() for flag in Flag if has_flag(flags, flag).any()}


def test_a_plain_band_has_no_new_doubts() -> None:
    places = places_of((10, 20, 10, 30), (40, 50, 10, 30))
    flags = flagged(measured(), Blot("a", np.full((60, 80), 50.0)), places, 1.0)
    assert flags.tolist() == ["", "overlap"]


def test_flags_stand_at_their_thresholds() -> None:
    assert flags_of(saturated=[0, 1])["SATURATED"] == [False, True]
    assert flags_of(rejected=[0.02, 0.021])["SPECK"] == [False, True]
    below = flags_of(volume=[-33.0, -33.1], detected=[False, False])
    assert below["NEGATIVE"] == [False, True]
    assert below["BELOW_LOD"] == [True, True]
    assert "BELOW_LOQ" not in below
    assert flags_of(volume=[100.0, 100.1])["BELOW_LOQ"] == [True, False]


def test_a_box_of_which_a_hundredth_lies_at_the_floor_is_cut_off_at_zero() -> None:
    pixels = np.full((60, 80), 50.0)
    pixels[12, 12:14] = 3.0  # a hundredth of the box
    pixels[42, 12:15] = [3.0, 2.0, 3.0]
    assert flags_of(pixels, floor=3.0)["CLIPPED_AT_ZERO"] == [False, True]
    assert "CLIPPED_AT_ZERO" not in flags_of(pixels)


def rims(at: float, apart: float, height: float = 100.0, closed: bool = True) -> np.ndarray:
    """Two rims in columns 8 to 31, joined at their ends."""
    rows = np.arange(60)[:, None]
    light = sum(np.exp(-(((rows - at - side * apart / 2) / 1.5) ** 2) / 2) for side in (-1, 1))
    pixels = np.zeros((60, 80)) + np.where(np.abs(np.arange(80) - 19.5) < 12, 1.0, 0.0) * light
    if closed:
        inside = np.abs(np.arange(60) - at) < apart / 2
        for cols in (slice(8, 11), slice(29, 32)):
            pixels[inside, cols] = 1.0
    return height * pixels


def test_a_band_with_a_dark_middle_is_hollow_as_far_as_half_way_to_its_strong_neighbours() -> None:
    assert flags_of(rims(15.0, 6.0))["HOLLOW"] == [True, False]
    assert flags_of(rims(45.0, 6.0))["HOLLOW"] == [False, True]
    # a band at one rim sees the other one, where the rim is closed
    assert flags_of(rims(18.0, 6.0))["HOLLOW"] == [True, False]
    assert "HOLLOW" not in flags_of(rims(20.0, 10.0, closed=False))
    level = {"background": [20 * 10 * 95.0, 0.0]}  # a band of 5 above its background
    assert "HOLLOW" not in flags_of(rims(15.0, 6.0), **level)
    assert "HOLLOW" not in flags_of(rims(15.0, 6.0, height=9.0))


Looked = tuple[list[float], float, float, float, float]


def looked_at(
    monkeypatch: pytest.MonkeyPatch, rows: list[float], lanes: list[int], strong: list[bool], sigma: list[float]
) -> list[Looked]:
    """Rows of the picture in which dips are looked for, band by band: core, above, below; and level and bounds."""
    seen: list[Looked] = []

    def dip(core: np.ndarray, profile: np.ndarray, *given: float) -> None:
        np.testing.assert_array_equal(profile, np.median(core, axis=1))
        seen.append((core[:, 0].tolist(), *given))

    monkeypatch.setattr(doubts, "_dip", dip)
    count = len(rows)
    table = pd.DataFrame(
        {"background": np.arange(count) * 200.0, "sigma": sigma, "centre_row": rows, "curve": [""] * count}
    )
    places = dataclasses.replace(places_of(*[(10, 20, 10, 30)] * count), lane=np.array(lanes))
    pixels = np.repeat(np.arange(300.0)[:, None], 80, axis=1)
    assert not doubts._hollow(table, Blot("rows", pixels), places, 1.5, np.array(strong)).any()
    return seen


def test_a_core_is_three_half_thicknesses_to_each_side_and_rims_are_sought_within_six(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    core, above, below = looked_at(monkeypatch, [100.0], [1], [True], [2.5])
    assert core == ([*range(92, 109)], 0.0, 1.5, 0.05, 0.5)  # 7.5 px are 8 rows
    assert above == ([*range(85, 103)], 0.0, 1.5, 0.07, 0.0)  # 15 rows, and two beyond the ridge
    assert below == ([*range(98, 116)], 0.0, 1.5, 0.07, 0.0)


@pytest.mark.parametrize("unknown", [np.nan, 0.2])
def test_a_band_of_unknown_thickness_has_a_core_of_three_pixels(
    monkeypatch: pytest.MonkeyPatch, unknown: float
) -> None:
    core, above, _ = looked_at(monkeypatch, [100.0], [1], [True], [unknown])
    assert core[0] == [*range(97, 104)]
    assert above[0] == [*range(94, 103)]


def test_a_core_ends_half_way_to_strong_bands_of_the_lane(monkeypatch: pytest.MonkeyPatch) -> None:
    rows, sigma = [100.0, 91.0, 107.0, 96.0, 103.0], [4.0] * 5
    seen = looked_at(monkeypatch, rows, [1, 1, 1, 1, 2], [True, True, True, False, True], sigma)
    assert seen[0][0] == [*range(96, 104)]  # to 91 and 107, not to the faint band nor the other lane's
    assert seen[3][0] == [*range(79, 96)]
    assert seen[12][0] == [*range(91, 116)]
    assert [looked[1] for looked in seen[::3]] == [0.0, 1.0, 2.0, 3.0, 4.0]  # background over 200 px


def test_a_thick_band_is_looked_at_no_further_than_the_picture_s_thin_ones(monkeypatch: pytest.MonkeyPatch) -> None:
    rows, sigma = [100.0, 150.0, 200.0, 250.0], [9.0, 1.0, 1.5, 1.0]
    core, above, _ = looked_at(monkeypatch, rows, [1, 2, 3, 4], [True] * 4, sigma)[:3]
    far = 20  # six times 3.375, of which a quarter is thicker
    assert core[0] == [*range(100 - far, 100 + far + 1)]
    assert above[0] == [*range(100 - far, 103)]
