"""find_panels(): strips of a figure are found inside their frames, and a membrane is never taken for a page."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import tifffile
from PIL import Image

from blotquant.blot import Blot
from blotquant.errors import ReadError
from blotquant.orientation import orient
from blotquant.panels import Box, find_panels
from blotquant.readers import read_blot, split_channels
from blotquant.synthetic import draw_level
from tests.drawn_figure import figure, strip
from tests.drawn_membranes import draw_apart
from tests.drawn_polarity import draw_any, inverted
from tests.measured_image import measure_image


def near(box: Box, top: int, left: int = 60) -> bool:
    wanted = np.array([top, top + 40, left, left + 240])
    return bool(np.abs(np.array([box.top, box.bottom, box.left, box.right]) - wanted).max() <= 3)


@pytest.mark.parametrize("ticks", [False, True])
@pytest.mark.parametrize("frame", [0, 1, 2, 3])
def test_strips_of_a_figure_are_found_inside_their_frames(frame: int, ticks: bool) -> None:
    found = find_panels(figure((20, 90, 160), frame=frame, ticks=ticks))

    assert [near(box, top) for box, top in zip(found, (20, 90, 160), strict=True)] == [True] * 3


def test_strips_with_a_white_ground_are_found_by_their_frames() -> None:
    assert len(find_panels(figure((30, 120), ground=254.0))) == 2


def test_strips_whose_frames_touch_are_parted() -> None:
    found = find_panels(figure((40, 84), frame=2))

    assert [near(box, top) for box, top in zip(found, (40, 84), strict=True)] == [True, True]


def test_touching_bands_are_no_line_that_parts_a_strip() -> None:
    page = figure((60,))
    page[74:86, 62:298] = 30.0

    assert len(find_panels(page)) == 1


def test_a_row_of_touching_bands_on_a_light_ground_is_no_strip() -> None:
    page = np.full((200, 300), 255.0)
    y, x = np.mgrid[:200, :300]
    lanes = np.abs(np.sin(np.pi * (x - 20) / 40)) * ((x > 20) & (x < 260))
    page -= 240.0 * np.exp(-0.5 * ((y - 100) / (2 + 5 * lanes)) ** 2) * lanes

    assert find_panels(page) == []


def test_text_lines_and_small_things_are_no_strips() -> None:
    page = np.full((200, 300), 255.0)
    page[20:22, 10:290] = 0.0
    page[60:75, 20:50] = 90.0
    page[100:180:3, 40:200:5] = 0.0

    assert find_panels(page) == []


@pytest.mark.parametrize("level", ["clean", "hard"])
def test_a_membrane_is_no_page_either_way_round(level: str) -> None:
    blot = draw_level(level, seed=1, n_lanes=10, n_rows=4, shape=(300, 500)).blot

    assert find_panels(blot.pixels) == []
    assert find_panels(inverted(blot).pixels) == []
    assert find_panels(np.full((30, 40), 9.0)) == []


def two_membranes(beside: bool, ground: float) -> np.ndarray:
    """Two drawn membranes apart on an even ground."""
    page = np.random.default_rng(1).normal(ground, 8, (320, 760) if beside else (560, 420))
    page[30:290, 30:390] = draw_level("typical", seed=1, n_lanes=8, n_rows=3, shape=(260, 360)).blot.pixels
    other = draw_level("typical", seed=2, n_lanes=6, n_rows=2, shape=(200, 300)).blot.pixels
    if beside:
        page[50:250, 430:730] = other
    else:
        page[330:530, 50:350] = other
    return page


@pytest.mark.parametrize("beside", [False, True])
def test_membranes_apart_on_a_dark_ground_are_found(beside: bool) -> None:
    one, other = find_panels(two_membranes(beside, 100.0))

    assert np.abs([one.top - 30, one.bottom - 290, one.left - 30, one.right - 390]).max() <= 5
    assert abs(other.left - (430 if beside else 50)) <= 5
    assert (other.bottom - other.top, other.right - other.left) == pytest.approx((200, 300), abs=8)


def parted(number: int) -> bool:
    """Whether every membrane of a drawn picture is found, and its sides within a twentieth of its size."""
    drawn = draw_apart(number)
    found = [(box.top, box.bottom, box.left, box.right) for box in find_panels(drawn.pixels)]

    def near(box: tuple[int, int, int, int], other: tuple[int, int, int, int]) -> bool:
        size = np.repeat([box[1] - box[0], box[3] - box[2]], 2)
        return bool((np.abs(np.subtract(box, other)) < 0.05 * size + 5).all())

    return len(found) == len(drawn.boxes) and all(any(near(box, each) for each in found) for box in drawn.boxes)


@pytest.mark.parametrize("number", [1, 2, 4, 11])
def test_membranes_of_any_brightness_are_parted_on_a_ground_with_dust_and_glow(number: int) -> None:
    assert parted(number)


@pytest.mark.slow
def test_membranes_are_parted_in_nearly_all_of_sixty_drawn_pictures() -> None:
    assert sum(parted(number) for number in range(60)) >= 55


def test_membranes_that_are_no_brighter_than_their_ground_stay_one_picture() -> None:
    page = two_membranes(True, 100.0)
    level = float(np.median(page[30:290, 30:390]))

    assert find_panels(two_membranes(True, level)) == []


@pytest.mark.parametrize("number", [*range(9), 41, 59, 126, 247, 255])
def test_bands_are_no_membranes_on_any_kind_of_blot(number: int) -> None:
    blot = draw_any(number).blot

    assert find_panels(blot.pixels) == []
    assert find_panels(inverted(blot).pixels) == []


def test_two_membranes_are_measured_each_with_its_own_lanes(tmp_path: Path) -> None:
    tifffile.imwrite(tmp_path / "two.tif", two_membranes(True, 100.0).clip(0, 65535).astype(np.uint16))
    result = measure_image(tmp_path / "two.tif")

    assert result.lanes.groupby("image")["lane"].nunique().to_dict() == {"two.tif@1": 8, "two.tif@2": 6}


def strips_of(blot: Blot) -> list[Blot]:
    return [strip for (strip,) in split_channels([blot])]


def test_a_figure_is_parted_into_blots_that_know_where_they_lay() -> None:
    page = figure((20, 90, 160), ticks=True)
    parts = strips_of(Blot("fig.png", page))

    assert [part.name for part in parts] == ["fig.png@1", "fig.png@2", "fig.png@3"]
    for part in parts:
        rows, cols = part.frame.to_file(*np.indices(part.shape))
        assert (page[rows.astype(int), cols.astype(int)] == part.pixels).all()
        assert orient(part).frame.rows == 220
    assert len({step.verb for part in parts for step in part.steps}) == 1


def test_a_single_strip_keeps_the_pictures_name_and_a_membrane_stays_whole() -> None:
    single = strips_of(Blot("fig.png", figure((90,))))
    membrane = Blot("m.tif", strip(200, 300))

    assert [part.name for part in single] == ["fig.png"]
    assert near(Box(single[0].frame.top, single[0].frame.top + single[0].shape[0], 60, 300), 90)
    assert strips_of(membrane) == [membrane]


def test_a_strip_can_be_read_by_its_number(tmp_path: Path) -> None:
    path = tmp_path / "fig.png"
    Image.fromarray(figure((20, 90)).astype(np.uint8)).save(path)
    second = read_blot(path, region="2")

    assert (second.name, second.frame.top in range(88, 94)) == ("fig.png@2", True)
    with pytest.raises(ReadError, match=r"number of a strip \(1, 2\)"):
        read_blot(path, region="3")
