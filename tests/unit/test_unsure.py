"""Flag background_unsure: bands on uneven ground are told from bands on even ground by trying other backgrounds."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from blotquant.bands import find_bands
from blotquant.blot import Blot
from blotquant.conditions import complete
from blotquant.flags import Flag, has_flag
from blotquant.integration import integrate
from blotquant.lanes import find_lanes
from blotquant.orientation import orient
from blotquant.pipeline.sensitivity import other_backgrounds
from blotquant.pipeline.unsure import flag_unsure
from blotquant.tables import check


def blot(edge: float) -> Blot:
    """Six lanes of one row on even ground; beneath the bands of lanes 2 and 5 the edge of a bright patch runs."""
    row, col = np.mgrid[0:160, 0:420]
    pixels = np.random.default_rng(2).normal(900.0, 8.0, row.shape)
    for lane in range(6):
        pixels += 2500.0 * np.exp(-0.5 * ((row - 80) / 4.0) ** 2 - 0.5 * (np.abs(col - 40 - 68 * lane) / 20.0) ** 8)
    for lane in (1, 4):
        inside = (np.abs(col - 40 - 68 * lane) < 32) & (row > 80) & (row < 125)
        pixels += edge * inside
    return Blot("b.tif", pixels)


def measured(edge: float) -> pd.DataFrame:
    upright = orient(blot(edge), polarity="bright", crop=False)
    found = find_bands(upright, find_lanes(upright, n_lanes=6))
    main = found[(found["centre_row"] - 80).abs() < 12]
    others = {method: integrate(upright, main, background=method) for method in other_backgrounds("joint")}
    return flag_unsure(integrate(upright, main), others)


def test_bands_on_even_ground_are_not_flagged() -> None:
    assert not has_flag(measured(0.0)["flags"], Flag.BACKGROUND_UNSURE).any()


def test_bands_on_the_edge_of_a_bright_patch_are_flagged_and_their_neighbours_are_not() -> None:
    bands = measured(1500.0)

    assert set(bands.loc[has_flag(bands["flags"], Flag.BACKGROUND_UNSURE), "lane"]) == {2, 5}


def table(*volumes: float, loq: float = 1.0) -> pd.DataFrame:
    rows = [
        {"image": "a", "lane": lane, "band": "1", "volume": volume, "loq": loq, "detected": True}
        for lane, volume in enumerate(volumes, start=1)
    ]
    return check(complete(pd.DataFrame(rows), "bands"), "bands")


def flagged(bands: pd.DataFrame, *others: pd.DataFrame) -> list[int]:
    told = flag_unsure(bands, {str(number): other for number, other in enumerate(others)})
    return told.loc[has_flag(told["flags"], Flag.BACKGROUND_UNSURE), "lane"].tolist()


def test_what_a_background_finds_less_in_all_bands_is_no_doubt() -> None:
    bands, less = table(100, 200, 300, 400), table(70, 140, 210, 280)

    assert flagged(bands, less, less) == []
    assert flagged(bands, table(70, 140, 210, 400), table(70, 140, 210, 400)) == [4]


@pytest.mark.parametrize("loq", [1.0, 500.0])
def test_one_other_background_or_a_band_below_its_limit_is_no_doubt(loq: float) -> None:
    bands, other = table(100, 200, 300, 400, loq=loq), table(100, 200, 300, 600, loq=loq)

    assert flagged(bands, other) == []
    assert flagged(bands, other, table(100, 200, 300, 400)) == []
    assert flagged(bands, other, other) == ([4] if loq == 1.0 else [])
