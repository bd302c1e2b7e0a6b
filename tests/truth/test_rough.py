"""Rough membranes: what is left of the accuracy where clouds, smears and haze are about as wide as bands' wings."""

from __future__ import annotations

import numpy as np
import pytest

from blotquant.synthetic import FAMILIES, draw_level
from tests.truth.rough import GROUNDS, rough


@pytest.mark.parametrize(("ground", "least", "most"), [("rough", 0.08, 0.5), ("hazy", 0.4, 4.0), ("lumpy", 0.1, 1.0)])
def test_a_rough_membrane_adds_light_and_no_truth(ground: str, least: float, most: float) -> None:
    rough_one, clean = GROUNDS[ground]("flat", 3), draw_level("clean", seed=3, family="flat", n_lanes=10)
    assert rough_one.bands.equals(clean.bands)
    added = rough_one.blot.pixels - clean.blot.pixels
    base = float(np.median(clean.blot.pixels))
    assert least * base < added.std() < most * base
    np.testing.assert_array_equal(added, GROUNDS[ground]("flat", 3).blot.pixels - clean.blot.pixels)


@pytest.mark.parametrize("family", FAMILIES)
def test_clouds_and_smears_are_told_from_wings(family: str) -> None:
    """Before rows without tails kept their bands from having any, it was 0.7 to 0.9 % and 3 %; at first 3 and 15 %."""
    table = rough(range(1000, 1003), [family]).iloc[0]
    assert table["f1"] > 0.98
    assert table["lanes_exact"] == 1.0
    assert table["median"] < 0.8
    assert table["p90"] < 2.5
    assert table["cover"] > 0.75
    assert table["absent_found"] == 0.0


@pytest.mark.parametrize(
    ("ground", "seeds", "median", "p90"),
    [
        # where fine waves of haze were held to those of clouds it was 4 and 7 %, and the truth held in 41 and 7 %
        ("hazy", range(3011, 3013), 0.3, 1.5),
        # where any row could have wings and errors did not say so it was 2.4 and 13 %, and the truth held in 59 %
        ("lumpy", range(3001, 3005), 0.9, 3.5),
    ],
)
def test_haze_that_lanes_share_is_told_from_wings(ground: str, seeds: range, median: float, p90: float) -> None:
    table = rough(seeds, ["flat"], ground).iloc[0]
    assert table["f1"] > 0.97
    assert table["lanes_exact"] == 1.0
    assert table["median"] < median
    assert table["p90"] < p90
    assert table["cover"] > 0.9
