"""Rows that bow between ladder lanes."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from blotquant.calibration import calibrate_mass, ladder_masses
from blotquant.calibration.drift import rows_drift
from blotquant.conditions import complete

LADDER = np.array(ladder_masses("PageRuler", "Tris-glycine"))
ASKED = np.array([150.0, 86.0, 50.0, 20.0])


def position(masses: np.ndarray) -> np.ndarray:
    return 400.0 * np.log(300.0 / np.asarray(masses)) / np.log(300.0 / 8.0)


def gel(ladders: tuple[int, ...], bend: float, slope: float = 0.0, stray: float = 0.0, seed: int = 1) -> pd.DataFrame:
    """Eleven lanes of a smiling or leaning gel; ladder lanes hold the ladder, the others four proteins."""
    rng, rows = np.random.default_rng(seed), []
    for lane in range(1, 12):
        column = 50.0 * lane
        shift = bend * (column - 50.0) * (column - 550.0) / 250.0**2 + slope * (column - 50.0)
        shift += stray * rng.standard_normal()
        masses = LADDER if lane in ladders else ASKED
        first = 20 if lane in ladders else 1
        for number, place in enumerate(position(masses) + shift, start=first):
            rows.append({"image": "a", "lane": lane, "band": str(number), "centre_row": place, "centre_col": column})
    return complete(pd.DataFrame(rows).assign(detected=True, volume=1.0, volume_se=0.1), "bands")


def sheet(ladders: tuple[int, ...]) -> pd.DataFrame:
    lanes = np.arange(1, 12)
    return pd.DataFrame({"membrane": "m", "lane": lanes, "role": np.where(np.isin(lanes, ladders), "ladder", "sample")})


def calibrated(bands: pd.DataFrame, ladders: tuple[int, ...]) -> tuple[pd.DataFrame, pd.DataFrame]:
    return calibrate_mass(bands, sheet(ladders), ladder="26616", buffer="Tris-glycine", model="linear")


@pytest.mark.parametrize(
    ("ladders", "slope"), [((1, 11), 0.0), ((1, 11), 0.02), ((1,), 0.02), ((11,), -0.01), ((1, 6, 11), 0.0)]
)
def test_the_masses_of_a_smiling_gel_are_those_of_a_straight_one(ladders: tuple[int, ...], slope: float) -> None:
    told, report = calibrated(gel(ladders, bend=-6.0, slope=slope), ladders)
    for number, mass in enumerate(ASKED, start=1):
        np.testing.assert_allclose(told.loc[told["band"] == str(number), "mass_kda"], mass, rtol=1e-3)
    row = report[report["parameter"] == "drift"].iloc[0]
    assert row["value"] > 1.0
    assert row["se"] < 0.05


def test_masses_of_ladder_bands_stay_where_the_ladder_has_them() -> None:
    told, _ = calibrated(gel((1, 11), bend=-6.0), (1, 11))
    ladder = told[told["lane"].isin([1, 11])]
    np.testing.assert_allclose(ladder["mass_kda"], np.tile(LADDER, 2), rtol=1e-6)


def test_intervals_hold_the_stray_of_single_lanes() -> None:
    inside = []
    for seed in range(12):
        told, _ = calibrated(gel((1, 11), bend=-6.0, stray=1.0, seed=seed), (1, 11))
        mine = told[~told["lane"].isin([1, 11])]
        true = mine["band"].astype(int).map(dict(enumerate(ASKED, start=1)))
        inside.append(((mine["mass_low"] <= true) & (true <= mine["mass_high"])).mean())
    assert 0.9 <= np.mean(inside) <= 1.0


def test_a_drift_is_the_less_sure_the_farther_its_only_ladder() -> None:
    bands = gel((1,), bend=-6.0, stray=0.5)
    lane = bands["lane"].to_numpy()
    near, far = (rows_drift(bands, lane >= first, np.array([50.0])) for first in (3, 7))
    assert near.error[lane == 1].max() == far.error[lane == 1].max() == 0.0
    assert far.error[lane == 9].min() > 2.0 * near.error[lane == 9].max()


def test_a_band_of_another_protein_in_a_row_does_not_bend_it() -> None:
    bands = gel((1, 11), bend=-6.0, stray=0.1)
    odd = (bands["lane"] == 6) & (bands["band"] == "2")
    bands.loc[odd, "centre_row"] += 15.0
    seen = ~bands["lane"].isin([1, 11]).to_numpy()
    found = rows_drift(bands, seen, np.array([50.0, 550.0]))
    assert found.spread < 0.2
    assert found.shift[(bands["lane"] == 6).to_numpy()][0] == pytest.approx(6.0, abs=0.3)


def test_too_few_lanes_tell_no_drift() -> None:
    bands = gel((1, 11), bend=-6.0)
    few = bands["lane"].isin([4, 5, 6, 7]).to_numpy()
    found = rows_drift(bands, few, np.array([50.0, 550.0]))
    assert found.dof == 0.0
    assert not found.shift.any()
