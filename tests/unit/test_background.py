"""estimate_background(): by hand-known answers, and the two findings about rolling balls."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from blotquant.background import BACKGROUNDS, Places, estimate_background
from blotquant.background.family import moving_mean, paint
from blotquant.background.hull import lower_hull
from blotquant.blot import Blot
from blotquant.errors import SettingsError


def table(*boxes: tuple[int, int, int, int]) -> pd.DataFrame:
    """Bands table of boxes (top, bottom, left, right)."""
    frame = pd.DataFrame(boxes, columns=["top", "bottom", "left", "right"]).astype(float)
    lanes = np.arange(len(frame)) + 1
    centres = {"centre_row": frame[["top", "bottom"]].mean(axis=1), "centre_col": frame[["left", "right"]].mean(axis=1)}
    return frame.assign(image="b", lane=lanes, band="1", **centres)


def test_boxes_are_cut_to_the_picture_and_never_empty() -> None:
    places = Places.of(table((-5, 3, -4, 2), (8, 20, 9, 30), (15, 16, 50, 60)), (10, 12))
    assert places.box(0) == (slice(0, 3), slice(0, 2))
    assert places.box(1) == (slice(8, 10), slice(9, 12))
    assert all(np.zeros((10, 12))[places.box(i)].size for i in range(3))


def test_covered_marks_the_union_of_the_boxes() -> None:
    covered = Places.of(table((1, 3, 1, 3), (2, 4, 2, 4)), (6, 6)).covered()
    assert covered.sum() == 7
    assert covered[2, 2]
    assert not covered[0, 0]


def test_where_boxes_overlap_their_mean_is_painted_and_the_rest_is_the_open_membrane() -> None:
    places = Places.of(table((0, 2, 0, 2), (1, 3, 1, 3)), (5, 5))
    painted = paint(np.full((5, 5), 9.0), places, [np.full((2, 2), 2.0), np.full((2, 2), 4.0)])
    assert painted[0, 0] == 2.0
    assert painted[1, 1] == 3.0
    assert painted[4, 4] == 9.0


def test_a_moving_mean_keeps_a_straight_line_to_its_ends() -> None:
    line = np.arange(20.0)
    np.testing.assert_allclose(moving_mean(line, 5), line)


def test_the_lower_hull_of_a_bowl_is_the_bowl_and_of_a_hill_the_chord() -> None:
    x = np.linspace(-1, 1, 41)
    np.testing.assert_allclose(lower_hull(x[None] ** 2), x[None] ** 2, atol=1e-12)
    np.testing.assert_allclose(lower_hull(1 - x[None] ** 2), np.zeros((1, 41)), atol=1e-12)


def test_the_mean_of_a_border_is_the_mean_of_its_pixels() -> None:
    pixels = np.random.default_rng(3).normal(100, 10, (40, 40))
    bands = table((15, 25, 12, 28))
    frame = np.zeros((40, 40), bool)
    frame[14:26, 11:29] = True
    frame[15:25, 12:28] = False
    found = estimate_background(Blot("b", pixels, bright=True), bands, method="border_mean", width=1)
    assert found[20, 20] == pytest.approx(pixels[frame].mean())


def test_a_rolling_ball_does_not_depend_on_the_bit_depth() -> None:
    row = np.exp(-0.5 * ((np.arange(80) - 40) / 4.0) ** 2)
    picture = 0.1 + 0.8 * np.outer(row, np.where(np.abs(np.arange(120) - 60) < 15, 1.0, 0.0))
    bands = table((25, 56, 40, 81))
    volumes = []
    for span in (1.0, 255.0, 4095.0, 65535.0):
        found = estimate_background(Blot("b", span * picture, bright=True), bands, method="rolling_ball", radius=50)
        volumes.append(float((span * picture - found)[25:56, 40:81].sum()) / span)
    assert volumes == pytest.approx([volumes[0]] * 4, rel=1e-6)


def test_a_rolling_ball_sinks_into_noise_and_a_border_median_does_not() -> None:
    pixels = np.random.default_rng(4).normal(1000.0, 10.0, (120, 160))
    blot, bands = Blot("b", pixels, bright=True), table((50, 70, 60, 100))
    ball = estimate_background(blot, bands, method="rolling_ball", radius=50)[50:70, 60:100].mean()
    border = estimate_background(blot, bands, method="border_median", width=5)[60, 80]
    assert ball < 1000.0 - 5.0
    assert border == pytest.approx(1000.0, abs=2.5)


def test_an_unknown_method_or_option_names_the_nearest() -> None:
    blot, bands = Blot("b", np.ones((30, 30)), bright=True), table((5, 10, 5, 10))
    with pytest.raises(SettingsError, match="did you mean 'plane'"):
        estimate_background(blot, bands, method="plain")
    with pytest.raises(SettingsError, match="did you mean 'radius'"):
        estimate_background(blot, bands, method="rolling_ball", radios=50)


def test_the_family_has_the_methods_of_the_contract() -> None:
    assert {"border_mean", "border_median", "plane", "valley", "inter_lane", "global", "rolling_ball"} <= set(
        BACKGROUNDS
    )


def test_a_background_box_beside_the_picture_is_refused_with_where_the_picture_lies() -> None:
    blot, bands = Blot("b", np.ones((30, 40)), bright=True), table((5, 10, 5, 10))
    with pytest.raises(SettingsError, match="holds no pixel of the picture; take it from 0:30,0:40"):
        estimate_background(blot, bands, method="global", box=(30, 35, 0, 5))
