"""Images of one membrane that are shifted against each other: found, taken out, or refused."""

from __future__ import annotations

import dataclasses

import numpy as np
import pandas as pd
import pytest

from blotquant.blot import Blot, Frame, Source
from blotquant.conditions import complete
from blotquant.errors import DetectionError
from blotquant.geometry import to_file
from blotquant.lanes import find_lanes
from blotquant.orientation import orient
from blotquant.pipeline.registration import find_scale, find_shift, register
from blotquant.tables import check
from tests.drawn_pairs import draw_pair


def membrane(columns: list[float], *, name: str = "a", seed: int = 0, shape: tuple[int, int] = (120, 400)) -> Blot:
    """Bands 24 px wide at given columns, on noise."""
    row, col = np.mgrid[0 : shape[0], 0 : shape[1]]
    pixels = np.random.default_rng(seed).normal(500.0, 5.0, shape)
    for place in columns:
        pixels += 3000.0 * np.exp(-0.5 * ((row - 60) / 3.0) ** 2) * (np.abs(col - place) < 12)
    return Blot(name, pixels, bright=True)


LANES = [60.0, 100, 140, 180, 220, 260, 300, 340]


def shifted(by: float, name: str = "b", lanes: list[float] = LANES) -> Blot:
    return membrane([lane + by for lane in lanes], name=name, seed=1)


@pytest.mark.parametrize("by", [-20, -12, 12, 18, 22])
def test_a_shift_is_found_to_a_pixel_or_two(by: int) -> None:
    assert find_shift(membrane(LANES), shifted(by), n_lanes=8) == pytest.approx(by, abs=2)


def test_pictures_that_lie_on_each_other_are_left() -> None:
    assert find_shift(membrane(LANES), shifted(0)) == 0


def test_an_image_whose_bands_are_mostly_gone_is_not_moved_by_a_lane() -> None:
    assert find_shift(membrane(LANES), shifted(0, lanes=LANES[1:3])) == 0
    assert find_shift(membrane(LANES), shifted(12, lanes=LANES[1:4])) == pytest.approx(12, abs=2)


def test_a_blank_image_is_not_moved() -> None:
    assert find_shift(membrane(LANES), Blot("b", np.full((120, 400), 7.0), bright=True)) == 0


def test_images_that_show_nothing_in_common_are_not_moved() -> None:
    other = membrane([75.0, 122, 160, 290], name="b", seed=2)
    assert find_shift(membrane([40.0, 201, 233]), other, n_lanes=8) == 0


def test_half_a_lane_that_cannot_be_told_is_refused() -> None:
    with pytest.raises(DetectionError, match="half a lane"):
        find_shift(membrane(LANES), shifted(20, lanes=LANES[2:4]), n_lanes=8)


def test_a_crop_is_not_taken_for_a_shift() -> None:
    whole = membrane(LANES)
    part = dataclasses.replace(shifted(0), pixels=shifted(0).pixels[:, 30:], frame=Frame(120, 400, left=30))
    assert find_shift(whole, part) == 0


def boxes(image: str, left: float) -> pd.DataFrame:
    row = {"image": image, "lane": 1, "left": left, "right": left + 20, "top": 5.0, "bottom": 9.0, "centre": left + 9.5}
    return check(complete(pd.DataFrame([{**row, "curve": f"5.00:{left + 9.5:.2f}"}]), "lanes"), "lanes")


@pytest.mark.parametrize("turns", [0, 1, 2, 3])
@pytest.mark.parametrize("mirror", [False, True])
def test_tables_of_the_common_grid_come_back_to_each_file(turns: int, mirror: bool) -> None:
    rows, cols = (120, 400) if turns % 2 == 0 else (400, 120)
    one = dataclasses.replace(membrane(LANES), frame=Frame(rows, cols, turns=turns, mirror=mirror))
    other = dataclasses.replace(shifted(15), frame=Frame(rows, cols, turns=turns, mirror=mirror))
    placed = register([one, other])
    assert placed.shifts["b"] == pytest.approx(15, abs=2)
    moved = placed.blots[1]
    common = boxes("b", 40.0)
    upright = common.copy()
    upright["left"] = 40.0 - moved.frame.left
    wanted = to_file(upright.assign(right=upright["left"] + 20), other.frame)
    found = placed.to_files(common, "lanes")
    for edge in ("left", "right", "top", "bottom"):
        assert found[edge].item() == wanted[edge].item()
    np.testing.assert_array_equal(moved.pixels, other.pixels)


def test_a_shift_is_reported_and_tables_without_one_stay_as_they_are() -> None:
    placed = register([membrane(LANES), shifted(15)])
    report = placed.quality()
    assert list(report["name"]) == ["b"]
    assert report["value"].item() == pytest.approx(15, abs=2)
    still = register([membrane(LANES), shifted(0)])
    table = boxes("b", 40.0)
    assert still.to_files(table, "lanes") is table
    assert still.quality().empty


def test_pictures_of_different_size_are_left_for_finding_lanes_to_refuse() -> None:
    placed = register([membrane(LANES), membrane(LANES, name="b", shape=(120, 420))])
    assert [blot.frame.cols for blot in placed.blots] == [400, 420]


def test_a_shift_by_a_whole_lane_is_not_looked_for_where_the_pitch_is_known() -> None:
    one, other = membrane([60.0, 160, 260]), membrane([80.0, 180, 280], name="b")

    assert find_shift(one, other) == pytest.approx(20, abs=2)
    assert find_shift(one, other, pitch=20.0) == 0


@pytest.mark.parametrize(
    ("files", "moved"),
    [
        (("s/a_700.TIF", "s/a_800.TIF"), False),
        (("s/a.tif", "s/a.tif"), False),
        (("s/a_700.TIF", "s/b_800.TIF"), True),
        (("s/a_1.tif", "s/a_2.tif"), True),
        (("r/a_700.TIF", "s/a_800.TIF"), True),
    ],
)
def test_channels_of_one_file_or_scan_lie_as_the_scanner_laid_them(files: tuple[str, str], moved: bool) -> None:
    blots = [
        dataclasses.replace(blot, source=Source(path=path))
        for blot, path in zip((membrane(LANES), shifted(15)), files, strict=True)
    ]

    assert bool(register(blots).shifts) is moved


@pytest.mark.parametrize("number", [3001, 3011, 3013, 3038])
def test_a_picture_of_other_size_is_known_by_its_lanes(number: int) -> None:
    pair = draw_pair(number, most_scale=0.1)
    truth = np.ptp(pair.centres["phospho.tif"]) / np.ptp(pair.centres["total.tif"])
    found = find_scale(orient(pair.total), orient(pair.phospho))

    assert found is not None
    assert found[0] == pytest.approx(truth, abs=0.006)


def test_pictures_of_one_size_or_with_nothing_in_common_have_no_scale() -> None:
    assert find_scale(membrane(LANES), shifted(12)) is None
    assert find_scale(membrane(LANES), Blot("b", np.full((120, 400), 7.0), bright=True)) is None


@pytest.mark.parametrize("number", [3001, 3014])
def test_lanes_that_another_size_mixes_up_are_refused_and_it_is_said_what_to_do(number: int) -> None:
    pair = draw_pair(number, most_scale=0.1)
    placed = register([orient(blot) for blot in (pair.total, pair.phospho)])

    with pytest.raises(DetectionError, match=r"shows the membrane . % larger than .* join those by pair"):
        placed.check_lanes(find_lanes(placed.blots))


def test_lanes_of_a_somewhat_larger_picture_are_matched_and_its_size_is_reported() -> None:
    pair = draw_pair(3002, most_scale=0.1)
    placed = register([orient(blot) for blot in (pair.total, pair.phospho)])
    lanes = placed.to_files(placed.check_lanes(find_lanes(placed.blots)), "lanes")
    report = placed.quality().set_index("measure")["value"]

    for image, truth in pair.centres.items():
        found = lanes.loc[lanes["image"] == image, "centre"].to_numpy()
        assert np.abs(found - truth).max() < 0.3 * pair.pitch
    assert report["scale"] == pytest.approx(1.047, abs=0.006)
