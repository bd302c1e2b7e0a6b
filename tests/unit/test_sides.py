"""Pictures that are looked at from one side, and tables that tell what was seen as it lay."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from blotquant.blot import Blot, Frame
from blotquant.geometry import to_file, to_upright
from blotquant.sides import by_lane, from_behind, mirrored, mirrored_table

PIXELS = np.random.default_rng(3).normal(100.0, 5.0, (30, 41))


@pytest.mark.parametrize(("gain", "offset"), [(1.0, 0.0), (3.7, 0.0), (1.0, -900.0)])
def test_a_picture_and_its_mirror_image_are_looked_at_from_one_side(gain: float, offset: float) -> None:
    one, other = Blot("one", gain * PIXELS + offset), Blot("other", gain * PIXELS[:, ::-1] + offset)
    assert from_behind([one]) == from_behind([Blot("plain", PIXELS)])
    assert from_behind([one]) != from_behind([other])
    assert from_behind([one, one, other]) == from_behind([one])


def test_the_picture_is_mirrored_where_more_of_it_is_bright_on_the_left() -> None:
    pixels = np.zeros((20, 30))
    pixels[5:9, 20:28] = 50.0
    assert not from_behind([Blot("right", pixels)])
    assert from_behind([Blot("left", pixels[:, ::-1])])


@pytest.mark.parametrize("turns", [0, 1, 2, 3])
@pytest.mark.parametrize("mirror", [False, True])
def test_a_pixel_seen_from_behind_is_the_same_pixel_of_the_file(turns: int, mirror: bool) -> None:
    frame = Frame(90, 70, turns=turns, mirror=mirror, top=4, left=9, tilt=1.5)
    blot = Blot("crop", PIXELS, frame=frame)
    other = mirrored(blot)
    assert other.frame.tilt == -1.5
    np.testing.assert_array_equal(other.pixels, PIXELS[:, ::-1])
    np.testing.assert_allclose(other.frame.to_file(7.0, 40.0 - 12.0), frame.to_file(7.0, 12.0))
    np.testing.assert_array_equal(mirrored(other).pixels, PIXELS)
    assert mirrored(other).frame == frame


def test_a_table_mirrored_twice_is_as_it_was() -> None:
    bands = pd.DataFrame(
        {"image": "a", "lane": [1, 1, 2, 5], "band": ["1", "2", "1", "1"], "lean": [0.01, 0.0, -0.02, np.nan],
         "curve": ["3:4 5:6", "3:9 5:9", "3:14 5:16", "3:40 4:45"]}
    )  # fmt: skip
    other = mirrored_table(bands, 6)
    assert other["lane"].tolist() == [5, 5, 4, 1]
    assert other["curve"].iloc[0] == "5:6 3:4"
    np.testing.assert_array_equal(other["lean"], [-0.01, 0.0, 0.02, np.nan])
    pd.testing.assert_frame_equal(mirrored_table(other, 6), bands)
    assert by_lane(other)["lane"].tolist() == [1, 4, 5, 5]
    assert by_lane(other)["band"].tolist() == ["1", "1", "1", "2"]


def test_a_box_of_a_mirrored_picture_is_that_of_the_picture() -> None:
    blot = Blot("crop", PIXELS, frame=Frame(60, 70, top=4, left=9))
    box = pd.DataFrame({"top": [2.0], "bottom": [8.0], "left": [3.0], "right": [11.0]})
    seen = to_upright(to_file(box, blot.frame), mirrored(blot).frame)
    assert seen[["left", "right"]].to_numpy().tolist() == [[41.0 - 11.0, 41.0 - 3.0]]
