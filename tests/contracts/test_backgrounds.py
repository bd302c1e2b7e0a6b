"""What every member of the background family promises, run over the registry itself."""

from __future__ import annotations

import dataclasses

import numpy as np
import pandas as pd
import pytest

from blotquant.background import BACKGROUNDS, Places, estimate_background
from blotquant.blot import Blot, Frame

SHAPE = (120, 200)
EXACT = {"flat": 0, "ramp": 1, "quadratic": 2}


@pytest.fixture(scope="module")
def places() -> pd.DataFrame:
    """Four bands in two lanes, in a bands table."""
    rows = [(lane, band, row, col) for lane, col in ((1, 60), (2, 140)) for band, row in ((1, 40), (2, 85))]
    table = pd.DataFrame(rows, columns=["lane", "band", "centre_row", "centre_col"]).astype({"band": str})
    edges = {"top": table["centre_row"] - 10, "bottom": table["centre_row"] + 11}
    return table.assign(image="b", left=table["centre_col"] - 24, right=table["centre_col"] + 25, **edges).astype(
        dict.fromkeys(["top", "bottom", "left", "right", "centre_row", "centre_col"], float)
    )


def membrane(degree: int) -> np.ndarray:
    row, col = np.indices(SHAPE)
    out = 500.0 + (0.6 * row + 0.3 * col if degree > 0 else 0.0)
    return out + (2e-3 * (row - 50.0) ** 2 + 1e-3 * (col - 90.0) ** 2 if degree > 1 else 0.0) + np.zeros(SHAPE)


def light(places: pd.DataFrame, height: float = 3000.0) -> np.ndarray:
    row, col = np.indices(SHAPE)
    parts = [
        np.exp(-0.5 * ((row - r) / 2.5) ** 2) * (np.abs(col - c) < 18)
        for r, c in zip(places["centre_row"], places["centre_col"], strict=True)
    ]
    return height * np.sum(parts, axis=0)


def under(surface: np.ndarray, places: pd.DataFrame) -> np.ndarray:
    boxes = Places.of(places, SHAPE)
    return np.array([surface[boxes.box(i)].sum() for i in range(len(boxes))])


@pytest.fixture(params=list(BACKGROUNDS))
def method(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.mark.parametrize("kind", list(EXACT))
def test_it_is_exact_on_the_membranes_it_promises(method: str, kind: str, places: pd.DataFrame) -> None:
    if EXACT[kind] > EXACT[BACKGROUNDS[method].exact_on]:
        assert BACKGROUNDS[method].exact_on != kind
        return
    ground = membrane(EXACT[kind])
    found = estimate_background(Blot("b", ground + light(places), bright=True), places, method=method)
    signal = under(light(places), places)
    assert np.abs(under(found - ground, places) / signal).max() < 0.02


def test_an_offset_is_added_and_a_gain_multiplied(method: str, places: pd.DataFrame) -> None:
    noise = np.random.default_rng(1).normal(0, 5, SHAPE)
    blot = Blot("b", membrane(1) + light(places) + noise, bright=True)
    found = estimate_background(blot, places, method=method)
    moved = estimate_background(dataclasses.replace(blot, pixels=3.0 * blot.pixels + 700.0), places, method=method)
    np.testing.assert_allclose(under(moved, places), under(3.0 * found + 700.0, places), rtol=1e-9)


def test_a_mirrored_picture_has_the_mirrored_background(method: str, places: pd.DataFrame) -> None:
    pixels = membrane(1) + light(places) + np.random.default_rng(2).normal(0, 5, SHAPE)
    found = estimate_background(Blot("b", pixels, bright=True), places, method=method)
    mirrored = Blot("b", pixels[:, ::-1], bright=True, frame=Frame(*SHAPE, mirror=True))
    np.testing.assert_allclose(
        under(estimate_background(mirrored, places, method=method)[:, ::-1], places), under(found, places), rtol=1e-3
    )


def test_it_leaves_its_input_alone_and_says_where_it_comes_from(method: str, places: pd.DataFrame) -> None:
    before = places.copy()
    estimate_background(Blot("b", membrane(0), bright=True), places, method=method)
    pd.testing.assert_frame_equal(before, places)
    one = BACKGROUNDS[method]
    assert one.name == method
    assert one.meaning.endswith(".")
    assert one.assumption
    assert one.reference
