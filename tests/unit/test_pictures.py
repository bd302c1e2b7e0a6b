"""Pictures of blots: display only, dark = protein, the whole file upright."""

from __future__ import annotations

import base64
import re

import numpy as np
import pytest

from blotquant.blot import Blot, Frame, Step
from blotquant.figures.pictures import decode_png, display_picture, display_png
from blotquant.orientation import orient


def _with_band(shape=(40, 60), box=(10, 14, 20, 30)) -> np.ndarray:
    pixels = np.full(shape, 100.0) + np.random.default_rng(0).normal(0, 2, shape)
    top, bottom, left, right = box
    pixels[top:bottom, left:right] += 1000.0
    return pixels


def test_a_band_is_dark_on_white_whichever_way_the_file_runs():
    bright = Blot("b", _with_band(), bright=True)
    dark = Blot("d", 4095.0 - bright.pixels, bright=False)
    upright = dark.after(Step("invert"), 4095.0 - dark.pixels, bright=True)
    for picture in (display_picture(bright, bright), display_picture(dark, upright)):
        grey = decode_png(picture.png)
        assert grey[12, 25] < 10
        assert grey[30, 5] > 230


def test_the_whole_file_is_shown_upright_although_the_blot_was_cropped():
    file = Blot("f", _with_band(), bright=True)
    frame = Frame(40, 60, turns=1, mirror=True, top=5, left=4)
    whole = np.fliplr(np.rot90(file.pixels, -1))
    upright = file.after(Step("turn"), whole[5:50, 4:36], frame=frame)
    picture = display_picture(file, upright)
    assert picture.shape == (60, 40) == decode_png(picture.png).shape
    assert (picture.frame.top, picture.frame.left) == (0, 0)
    row, col = picture.frame.to_upright(12, 25)
    assert decode_png(picture.png)[int(row), int(col)] < 10


@pytest.mark.parametrize(("turns", "mirror", "at"), [(0, False, (12, 25)), (1, False, (12, 25)), (3, True, (12, 25))])
def test_a_part_of_a_file_is_shown_where_it_lies(turns, mirror, at):
    file = _with_band()
    part = Blot("f@2", file[4:30, 10:50], bright=True, frame=Frame(40, 60, top=4, left=10))
    upright = orient(part, rotate=90 * turns, mirror=mirror, crop=False)
    picture = display_picture(part, upright)
    assert picture.shape == decode_png(picture.png).shape == ((26, 40) if turns % 2 == 0 else (40, 26))
    row, col = picture.frame.to_upright(*at)
    grey = decode_png(picture.png)
    assert grey[int(row), int(col)] < 10
    assert grey[0, 0] > 230


def test_a_large_file_is_averaged_down_and_says_by_how_much():
    blot = Blot("large", _with_band((400, 600), (100, 140, 200, 300)), bright=True)
    picture = display_picture(blot, blot, max_side=300)
    assert decode_png(picture.png).shape == (200, 300)
    assert picture.scale == pytest.approx(0.5)
    assert picture.shape == (400, 600)


def test_display_is_linear_between_its_two_counts():
    ramp = Blot("ramp", np.tile(np.linspace(0, 1000, 500), (20, 1)), bright=True)
    picture = display_picture(ramp, ramp)
    grey = decode_png(picture.png)[0].astype(float)
    expected = 255 * (1 - np.clip((ramp.pixels[0] - picture.low) / (picture.high - picture.low), 0, 1))
    np.testing.assert_allclose(grey, expected, atol=0.51)


def test_a_blank_picture_stays_pale_and_a_constant_one_does_not_fail():
    blank = Blot("blank", np.random.default_rng(1).normal(500, 20, (50, 50)), bright=True)
    assert decode_png(display_picture(blank, blank).png).mean() > 180
    flat = Blot("flat", np.full((5, 5), 7.0), bright=True)
    assert decode_png(display_picture(flat, flat).png).min() == 255


def test_the_same_blot_gives_the_same_bytes_and_is_not_changed():
    blot = Blot("b", _with_band(), bright=True)
    before = blot.pixels.copy()
    assert display_picture(blot, blot).png == display_picture(blot, blot).png
    np.testing.assert_array_equal(blot.pixels, before)


@pytest.mark.parametrize(("bright", "expected"), [(True, 0), (False, 255), (None, 255)])
def test_a_notebook_shows_a_blot_dark_on_white_once_its_polarity_is_known(bright, expected):
    blot = Blot("b", _with_band((1700, 80), (10, 14, 20, 60)), bright=bright)
    grey = decode_png(display_png(blot))
    assert max(grey.shape) == 1600
    assert abs(int(grey[11, 40]) - expected) < 60


def test_a_notebook_shows_a_blot_whole_or_pixel_by_pixel_and_its_name_as_text():
    blot = Blot('<script>"x"</script>', np.arange(24.0).reshape(4, 6), bright=True)
    shown = blot._repr_html_()
    assert "<script>" not in shown
    assert "4 × 6 px" in shown
    data = base64.b64decode(re.search(r"base64,([^\"]+)", shown)[1])
    assert data == blot._repr_png_()
