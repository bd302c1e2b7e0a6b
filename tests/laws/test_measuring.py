"""What lanes, bands and volumes must not hang on: the side a picture is seen from, how it lies, its gain and offset."""

from __future__ import annotations

import dataclasses

import numpy as np
import pandas as pd
import pytest

from blotquant import find_bands, find_lanes, integrate, orient
from blotquant.blot import Blot, Frame
from blotquant.sides import from_behind
from blotquant.synthetic import FAMILIES, draw_level

CASES = [(level, family) for level in ("clean", "typical", "hard") for family in FAMILIES]
MEASURED = ["volume", "volume_se", "lod", "loq", "height"]


def measured(blot: Blot) -> tuple[pd.DataFrame, pd.DataFrame]:
    lanes = find_lanes(blot)
    return lanes, integrate(blot, find_bands(blot, lanes))


@pytest.fixture(scope="module", params=CASES, ids=lambda case: "-".join(map(str, case)))
def seen(request: pytest.FixtureRequest) -> tuple[Blot, pd.DataFrame, pd.DataFrame]:
    level, family = request.param
    blot = orient(draw_level(level, seed=11, family=family, n_lanes=8, shape=(330, 480)).blot)
    return blot, *measured(blot)


def changed(blot: Blot, gain: float = 1.0, offset: float = 0.0) -> Blot:
    ends = {name: None if end is None else gain * end + offset for name, end in
            (("ceiling", blot.ceiling), ("floor", blot.floor))}  # fmt: skip
    return dataclasses.replace(blot, pixels=gain * blot.pixels + offset, **ends)


def assert_same_volumes(found: pd.DataFrame, expected: pd.DataFrame, gain: float = 1.0) -> None:
    same = ["lane", "band", "detected", "flags"]
    pd.testing.assert_frame_equal(found[same], expected[same])
    for name in MEASURED:  # an absent band's volume is as exact as its error, not as itself
        room = 1e-9 * np.hypot(expected[name], expected["volume_se"])
        assert ((found[name] / gain - expected[name]).abs() <= room).all(), name


def test_a_mirrored_picture_gives_the_same_volumes_at_mirrored_places(
    seen: tuple[Blot, pd.DataFrame, pd.DataFrame],
) -> None:
    blot, lanes, bands = seen
    other = dataclasses.replace(blot, pixels=blot.pixels[:, ::-1])
    assert from_behind([other]) != from_behind([blot])
    other_lanes, other_bands = measured(other)
    count, cols = len(lanes), blot.shape[1]
    assert len(other_lanes) == count
    np.testing.assert_allclose(cols - 1 - other_lanes["centre"][::-1], lanes["centre"], atol=1e-9)
    np.testing.assert_allclose(-other_lanes["tilt"][::-1], lanes["tilt"], atol=1e-9)
    back = other_bands.assign(lane=count + 1 - other_bands["lane"]).sort_values("lane", kind="stable")
    back = back.reset_index(drop=True)
    assert_same_volumes(back, bands)
    np.testing.assert_array_equal(cols - back["right"], bands["left"])
    np.testing.assert_allclose(cols - 1 - back["centre_col"], bands["centre_col"], atol=1e-9)
    np.testing.assert_allclose(-back["lean"], bands["lean"], atol=1e-9)


@pytest.mark.parametrize(("gain", "offset"), [(1.37, 0.0), (0.01, 0.0), (1.0, 1234.5), (1.0, -57.0)])
def test_volumes_scale_with_gain_and_ignore_an_offset(
    seen: tuple[Blot, pd.DataFrame, pd.DataFrame], gain: float, offset: float
) -> None:
    blot, _, bands = seen
    assert_same_volumes(measured(changed(blot, gain, offset))[1], bands, gain)


@pytest.mark.parametrize("turns", [1, 2, 3])
def test_a_turned_picture_gives_the_same_volumes_when_it_is_told(
    seen: tuple[Blot, pd.DataFrame, pd.DataFrame], turns: int
) -> None:
    blot, _, bands = seen
    filed = dataclasses.replace(blot, pixels=np.rot90(blot.pixels, turns), frame=Frame(0, 0))
    turned = orient(filed, rotate=90 * turns)
    found = measured(turned)[1]
    assert_same_volumes(found, bands)
    rows, cols = turned.frame.to_upright(found["centre_row"], found["centre_col"])
    np.testing.assert_allclose(rows, bands["centre_row"], atol=1e-9)
    np.testing.assert_allclose(cols, bands["centre_col"], atol=1e-9)


def test_rows_of_the_bands_table_may_come_in_any_order(seen: tuple[Blot, pd.DataFrame, pd.DataFrame]) -> None:
    blot, _, bands = seen
    order = np.random.default_rng(0).permutation(len(bands))
    found = integrate(blot, bands.iloc[order])
    pd.testing.assert_frame_equal(found, bands.iloc[order].reset_index(drop=True), check_exact=True)


def test_halving_the_resolution_moves_ratios_of_strong_bands_by_less_than_a_hundredth() -> None:
    off = []
    for seed in range(4):
        drawn = draw_level("typical", seed=seed)
        whole = orient(drawn.blot)
        pixels = whole.pixels.reshape(whole.shape[0] // 2, 2, whole.shape[1] // 2, 2).mean(axis=(1, 3))
        half = dataclasses.replace(whole, pixels=pixels, frame=Frame(*pixels.shape))
        fine, coarse = (measured(blot)[1].set_index(["lane", "band"])["volume"] for blot in (whole, half))
        strong = fine[fine > 0.05 * fine.groupby("band").transform("max")].index
        change = np.log(coarse[strong] / fine[strong])
        off += (change - change.groupby("band").transform("median")).abs().tolist()
    assert len(off) > 50
    assert max(off) < 0.01
