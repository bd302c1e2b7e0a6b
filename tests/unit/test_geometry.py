"""Geometry: curves as text, and the way between the upright blot and the file, exact both ways."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from blotquant.blot import Frame
from blotquant.geometry import curve_text, evaluate_curve, parse_curve, to_file, to_upright

frames = st.builds(
    Frame,
    rows=st.integers(20, 60),
    cols=st.integers(20, 60),
    turns=st.integers(0, 3),
    mirror=st.booleans(),
    top=st.integers(0, 9),
    left=st.integers(0, 9),
)
hundredths = st.integers(-500, 9000).map(lambda n: n / 100)  # geometry is rounded to these when born


def upright_picture(picture: np.ndarray, frame: Frame) -> np.ndarray:
    """Turn, mirror and crop as the words of Frame say, independently of its formulas."""
    turned = np.rot90(picture, -frame.turns)
    mirrored = turned[:, ::-1] if frame.mirror else turned
    return mirrored[frame.top :, frame.left :]


def one_box(top: int, bottom: int, left: int, right: int) -> pd.DataFrame:
    return pd.DataFrame({"top": [float(top)], "bottom": [bottom], "left": [left], "right": [right]})


@given(frames, st.integers(0, 10), st.integers(0, 10))
def test_a_pixel_of_the_upright_blot_is_the_file_s_pixel_that_the_frame_names(frame: Frame, row: int, col: int) -> None:
    picture = np.arange(frame.rows * frame.cols).reshape(frame.rows, frame.cols)
    upright = upright_picture(picture, frame)

    file_row, file_col = frame.to_file(row, col)

    assert picture[int(file_row), int(file_col)] == upright[row, col]


@given(frames, hundredths, hundredths)
def test_there_and_back_is_the_same_point(frame: Frame, row: float, col: float) -> None:
    back = frame.to_upright(*frame.to_file(row, col))

    np.testing.assert_allclose(back, (row, col), atol=1e-9)


@given(frames, st.integers(0, 4), st.integers(5, 9), st.integers(0, 4), st.integers(5, 9))
def test_a_box_holds_the_same_pixels_in_the_file(frame: Frame, top: int, bottom: int, left: int, right: int) -> None:
    picture = np.random.default_rng(0).normal(size=(frame.rows, frame.cols))
    upright = upright_picture(picture, frame)

    box = to_file(one_box(top, bottom, left, right), frame).iloc[0].astype(int)

    inside = picture[box["top"] : box["bottom"], box["left"] : box["right"]]
    np.testing.assert_array_equal(np.sort(inside, axis=None), np.sort(upright[top:bottom, left:right], axis=None))


@given(frames, st.lists(st.tuples(hundredths, hundredths), min_size=1, max_size=5), hundredths)
def test_a_table_comes_back_as_it_was(frame: Frame, points: list[tuple[float, float]], centre: float) -> None:
    rows, cols = zip(*points, strict=True)
    table = pd.DataFrame(
        {
            "top": [3.0], "bottom": [8.0], "left": [2.0], "right": [12.0],
            "centre": [centre], "centre_row": [centre], "centre_col": [centre + 1],
            "curve": [curve_text(rows, cols)],
        }
    )  # fmt: skip

    back = to_upright(to_file(table, frame), frame)

    assert back["curve"].tolist() == table["curve"].tolist()
    pd.testing.assert_frame_equal(back.drop(columns="curve"), table.drop(columns="curve"), atol=1e-9)


@given(frames, hundredths)
def test_a_lane_s_centre_goes_with_its_box(frame: Frame, left: float) -> None:
    lane = pd.DataFrame({"top": [0.0], "bottom": [10.0], "left": [left], "right": [left + 8], "centre": [left + 3.5]})

    moved = to_file(lane, frame).iloc[0]

    edges = ("top", "bottom") if frame.turns % 2 else ("left", "right")
    assert moved["centre"] == pytest.approx((moved[edges[0]] + moved[edges[1]] - 1) / 2)


def test_a_table_without_places_is_only_copied() -> None:
    table = pd.DataFrame({"lane": [1, 2]})

    out = to_file(table, Frame(10, 10, turns=1))

    pd.testing.assert_frame_equal(out, table)
    assert out is not table


def test_an_empty_curve_stays_empty() -> None:
    assert to_file(pd.DataFrame({"curve": [""]}), Frame(10, 10, turns=1))["curve"].tolist() == [""]


def test_a_quarter_turn_by_hand() -> None:
    # 3 × 5 picture turned clockwise: its first column, read upwards, becomes the first row
    assert tuple(map(float, Frame(3, 5, turns=1).to_file(0, 0))) == (2.0, 0.0)
    assert tuple(map(float, Frame(3, 5, turns=1).to_file(4, 2))) == (0.0, 4.0)
    assert tuple(map(float, Frame(3, 5, mirror=True).to_file(0, 0))) == (0.0, 4.0)
    assert tuple(map(float, Frame(3, 5, top=1, left=2).to_file(0, 0))) == (1.0, 2.0)


def test_a_curve_is_written_with_two_decimals_and_no_minus_zero() -> None:
    assert curve_text([0, 10], [3.14159, -0.001]) == "0.00:3.14 10.00:0.00"
    np.testing.assert_array_equal(parse_curve("0.00:3.14 10.00:-0.50"), [[0.0, 3.14], [10.0, -0.5]])
    assert parse_curve("").shape == (0, 2)


@given(st.lists(st.floats(-2, 2), min_size=1, max_size=5))
def test_a_curve_through_the_points_of_a_polynomial_is_that_polynomial(coefficients: list[float]) -> None:
    polynomial = np.polynomial.Polynomial(coefficients)
    nodes = np.arange(len(coefficients)) * 3.0
    at = np.linspace(-2, 14, 7).reshape(7, 1)

    found = evaluate_curve(nodes, polynomial(nodes), at)

    assert found.shape == at.shape
    np.testing.assert_allclose(found, polynomial(at), atol=1e-8)
