"""What errors of a plate's controls do to an IC50, against refits of moved points."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from blotquant.dose_response import fit_dose_response
from blotquant.dose_response.controls import controls_of, widening
from blotquant.normalisation import percent_activity

DOSES = (1.0, 3.0, 10.0, 30.0, 100.0, 300.0)


def plate(name: str, seed: int, spread: float = 300.0) -> pd.DataFrame:
    """Left-over ATP of one plate: 50 000 without enzyme, 15 000 at full activity, IC50 20 nM."""
    rng = np.random.default_rng(seed)
    rows = [("control", 0.0, 15_000.0, "maximum")] * 4 + [("control", 0.0, 50_000.0, "minimum")] * 4
    rows += [("drug", dose, 50_000.0 - 35_000.0 / (1.0 + dose / 20.0), "sample") for dose in DOSES for _ in range(2)]
    table = pd.DataFrame(rows, columns=["treatment", "dose", "response", "role"])
    noise = rng.normal(0.0, spread, len(table)) * table["response"] / 15_000.0
    return table.assign(response=table["response"] + noise, plate=name, replicate=name)


WELLS = percent_activity(pd.concat([plate("p1", 1), plate("p2", 2)], ignore_index=True))


def shifts(table: pd.DataFrame) -> np.ndarray:
    """Move each sample well by a little and see by how much ln IC50 moves [per % activity]."""
    wells = np.flatnonzero(table["role"] == "sample")
    base, out = np.log(fit_dose_response(table, interval="wald").fits[0].value("ic50")), np.zeros(len(table))
    for well in wells:
        moved = table.copy()
        moved.loc[well, "response"] += 1e-3
        out[well] = (np.log(fit_dose_response(moved, interval="wald").fits[0].value("ic50")) - base) / 1e-3
    return out


def test_the_error_of_an_ic50_holds_the_errors_that_all_wells_of_a_plate_share() -> None:
    fit = fit_dose_response(WELLS, interval="wald").fits[0]
    assert fit.weighted is not None
    controls = controls_of(fit.points)
    assert controls is not None
    slope = np.array([0.0, 0.0, 1.0, 0.0])
    by_well, share = shifts(WELLS), np.clip(fit.predict(WELLS["dose"].fillna(0.0)) / 100.0, 0.0, None)
    common = sum(
        np.sum(by_well[rows] * part[rows]) ** 2 * WELLS.loc[rows, name].iloc[0] ** 2
        for rows in (np.flatnonzero(WELLS["plate"] == name) for name in ("p1", "p2"))
        for part, name in ((share, "maximum_se"), (1.0 - share, "minimum_se"))
    )
    alone = np.sqrt(fit.weighted.variance * (slope @ np.linalg.inv(fit.weighted.minimum.jacobian.T @
                    fit.weighted.minimum.jacobian) @ slope))  # fmt: skip
    told = widening(fit.weighted, slope, controls) * alone
    without = {"maximum": np.zeros(len(fit.points)), "minimum": np.zeros(len(fit.points))}
    scattered = widening(fit.weighted, slope, replace(controls, **without))
    assert scattered > 1.0
    assert told**2 == pytest.approx((scattered * alone) ** 2 + common, rel=0.02)
    assert told > alone
    row = fit_dose_response(WELLS, interval="wald").curves.set_index("parameter").loc["ic50"]
    assert row["se"] == pytest.approx(row["value"] * told, rel=1e-6)


def test_responses_as_they_stand_keep_the_plain_interval() -> None:
    bare = WELLS.drop(columns=["maximum_se", "minimum_se"])
    fit = fit_dose_response(bare).fits[0]
    assert controls_of(fit.points) is None
    assert fit.weighted is not None
    assert widening(fit.weighted, np.array([0.0, 0.0, 1.0, 0.0]), None) == 1.0
    wide, plain = (fit_dose_response(table).potencies.iloc[0] for table in (WELLS, bare))
    assert wide["ic50"] == pytest.approx(plain["ic50"], rel=1e-9)
    assert wide["ci_high"] / wide["ci_low"] > plain["ci_high"] / plain["ci_low"]


def test_a_plate_with_one_well_of_each_control_is_fitted() -> None:
    single = pd.concat([plate("p1", 3), plate("p2", 4)], ignore_index=True)
    controls = single["role"] != "sample"
    kept = pd.concat([single[~controls], single[controls].drop_duplicates(["plate", "role"])], ignore_index=True)
    row = fit_dose_response(percent_activity(kept)).potencies.iloc[0]
    assert row["ci_low"] < row["ic50"] < row["ci_high"]
