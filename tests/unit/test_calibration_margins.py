"""The interval of an apparent mass."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from scipy import stats

from blotquant.calibration import calibrate_mass, ladder_masses
from blotquant.calibration.ladders import MASS_MODELS
from blotquant.calibration.margins import margin
from blotquant.conditions import complete

MASSES = np.array(ladder_masses("PageRuler", "Tris-glycine"))
LOGS = np.log10(MASSES)
PLACES = 400.0 * (np.log10(300.0) - LOGS) / np.log10(300.0 / 8.0)


def noisy(rng: np.random.Generator) -> np.ndarray:
    return np.sort(PLACES + rng.normal(0.0, 2.0, len(PLACES)))


def test_the_margin_of_a_straight_line_is_the_prediction_interval_of_the_textbook() -> None:
    places = noisy(np.random.default_rng(1))
    line = stats.linregress(places, LOGS)
    s = np.sqrt(np.sum((LOGS - line.intercept - line.slope * places) ** 2) / 8)
    at = np.array([0.0, 150.0, 390.0])
    leverage = 1 / 10 + (at - places.mean()) ** 2 / np.sum((places - places.mean()) ** 2)
    expected = stats.t.ppf(0.975, 8) * s * np.sqrt(1 + leverage)
    np.testing.assert_allclose(margin(places, LOGS, "linear")(at), expected, rtol=1e-9)


@pytest.mark.parametrize("model", MASS_MODELS)
def test_a_band_that_strays_as_ladder_bands_do_lies_within_the_margin_in_nineteen_of_twenty_draws(model: str) -> None:
    rng, inside = np.random.default_rng(2), []
    asked = np.log10(np.geomspace(170.0, 11.0, 7))
    true = 400.0 * (np.log10(300.0) - asked) / np.log10(300.0 / 8.0)
    for _ in range(150):
        places, seen = noisy(rng), true + rng.normal(0.0, 2.0, len(true))
        within = (seen > places[0]) & (seen < places[-1])
        told, half = MASS_MODELS[model](places, LOGS)(seen), margin(places, LOGS, model)(seen)
        inside += list((np.abs(told - asked) <= half)[within])
    assert 0.93 <= np.mean(inside) <= 0.975


def test_too_few_bands_tell_no_margin_and_curves_through_points_none_outside() -> None:
    assert np.isnan(margin(PLACES[:3], LOGS[:3], "quadratic")(PLACES[:1])).all()
    assert np.isnan(margin(PLACES[:3], LOGS[:3], "pchip")(PLACES[:1])).all()
    half = margin(noisy(np.random.default_rng(3)), LOGS, "pchip")(np.array([-50.0, 200.0, 900.0]))
    assert np.isnan(half).tolist() == [True, False, True]


def lanes(places: dict[int, np.ndarray]) -> pd.DataFrame:
    rows = [
        {"image": "a", "lane": lane, "band": str(n), "centre_row": row, "centre_col": 50.0 * lane}
        for lane, own in places.items()
        for n, row in enumerate(own, start=1)
    ]
    return complete(pd.DataFrame(rows).assign(detected=True, volume=1.0, volume_se=0.1), "bands")


def test_every_band_carries_the_interval_and_between_two_ladder_lanes_it_is_that_of_both() -> None:
    rng = np.random.default_rng(4)
    first, last = noisy(rng), noisy(rng)
    roles = pd.DataFrame({"membrane": "m", "lane": [1, 2, 3], "role": ["ladder", "sample", "ladder"]})
    given = lanes({1: first, 2: np.array([120.0, 300.0]), 3: last})
    stain = given.iloc[[-1]].assign(band="lane")
    told, _ = calibrate_mass(pd.concat([given, stain]), roles, ladder="26616", buffer="Tris-glycine", model="linear")
    mine = told[told["lane"] == 2]
    assert (told["mass_low"][:-1] < told["mass_kda"][:-1]).all()
    assert (told["mass_high"][:-1] > told["mass_kda"][:-1]).all()
    assert told[["mass_kda", "mass_low", "mass_high"]].iloc[-1].isna().all()
    halves = [margin(own, LOGS, "linear")(np.array([120.0, 300.0])) for own in (first, last)]
    width = np.log10(mine["mass_high"] / mine["mass_low"]).to_numpy()
    np.testing.assert_allclose(width, halves[0] + halves[1], rtol=1e-9)
