"""The interval of an IC50 over blots minds how far biological replicates scatter."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from scipy import stats

from blotquant.dose_response import fit_dose_response
from blotquant.dose_response.between import replicates_of, scatter
from blotquant.normalisation import normalise
from tests.unit.test_dose_response import study


def blots(*ic50s: float, noise: float = 0.05) -> pd.DataFrame:
    """One membrane for each IC50."""
    parts = [
        study({"drug": ic50}, seed=number, replicates=1, noise=noise).assign(
            membrane=f"m{number}", replicate=f"r{number}"
        )
        for number, ic50 in enumerate(ic50s)
    ]
    return normalise(pd.concat(parts, ignore_index=True))


def margin(fit: pd.DataFrame) -> float:
    """Half of the interval's width [ln units]."""
    return float(np.log(fit["ci_high"].iloc[0] / fit["ci_low"].iloc[0]) / 2.0)


@pytest.mark.parametrize("interval", ["profile", "wald"])
@pytest.mark.parametrize("kind", ["relative", "absolute"])
def test_replicates_that_differ_widen_the_interval_to_that_of_their_own_ic50s(interval: str, kind: str) -> None:
    truths = (20.0, 45.0, 90.0, 30.0)
    found = fit_dose_response(blots(*truths), interval=interval, ic50=kind).potencies
    # that of the lanes is next to nothing beside it, and counts with two degrees of freedom
    expected = np.sqrt(3.0 / 5.0) * stats.t.ppf(0.975, 5) * np.std(np.log(truths), ddof=1) / 2.0
    assert margin(found) == pytest.approx(expected, rel=0.2)
    assert found["ci_low"].iloc[0] < np.exp(np.mean(np.log(truths))) < found["ci_high"].iloc[0]


def test_replicates_that_agree_by_chance_do_not_make_an_interval_of_nothing() -> None:
    one = study({"drug": 40.0}, replicates=1, noise=0.15)
    copies = pd.concat([one.assign(membrane=f"m{number}", replicate=f"r{number}") for number in range(3)])
    found = fit_dose_response(normalise(copies.reset_index(drop=True)), interval="wald")
    lanes = fit_dose_response(
        normalise(copies.reset_index(drop=True)).assign(membrane=""), interval="wald", scales="block"
    )
    row, alone = (fit.curves.set_index("parameter").loc["ic50"] for fit in (found, lanes))
    half = stats.t.ppf(0.975, 4) * np.sqrt(0.5) * alone["se"] / alone["value"]
    assert np.log(row["ci_high"] / row["value"]) == pytest.approx(half, rel=1e-6)


def test_of_replicates_laid_out_alike_it_is_the_spread_of_their_parts_with_one_degree_of_freedom_less() -> None:
    (fit,) = fit_dose_response(blots(20.0, 45.0, 90.0), scales="none", weights="none", interval="wald").fits
    weighted, slope = fit.weighted, np.array([0.0, 0.0, 1.0, 0.0])
    assert weighted is not None
    replicate = replicates_of(fit.points)
    found = scatter(weighted, slope, replicate)
    assert replicate is not None
    assert found is not None
    jacobian = weighted.minimum.jacobian
    moves = jacobian @ np.linalg.inv(jacobian.T @ jacobian) @ slope
    parts = np.bincount(replicate, moves * weighted.minimum.residuals)
    assert found.variance == pytest.approx(1.5 * np.sum(parts**2), rel=1e-6)
    assert found.freedom == pytest.approx(2.0, rel=1e-6)


def test_two_blots_keep_the_interval_of_their_lanes_and_say_what_it_lacks() -> None:
    found = fit_dose_response(blots(20.0, 90.0)).potencies
    assert replicates_of(fit_dose_response(blots(20.0, 90.0)).fits[0].points) is None
    assert "n = 2: the interval is that of these blots; three replicates or more tell" in found["note"].iloc[0]
    assert "n = " not in fit_dose_response(blots(20.0, 40.0, 90.0)).potencies["note"].iloc[0]


def test_a_difference_that_the_interval_holds_is_told_without_another_figure() -> None:
    note = fit_dose_response(blots(10.0, 45.0, 200.0)).potencies["note"].iloc[0]
    assert "replicates differ in IC50" in note
    assert "the interval minds it" in note
    assert "instead" not in note


def test_wells_of_plates_and_tables_without_membranes_are_as_they_were() -> None:
    table = blots(20.0, 45.0, 90.0)
    assert replicates_of(fit_dose_response(table.assign(membrane="")).fits[0].points) is None


def test_two_blots_keep_both_wald_limits_however_far_out() -> None:
    flat = pd.concat([blots(2000.0, noise=0.1).assign(membrane=name, replicate=name) for name in ("m0", "m1")])
    (fit,) = fit_dose_response(flat.reset_index(drop=True), interval="wald").fits
    far = [one for one in fit.estimates if one.parameter in ("ic50", "hill")]
    assert any(one.wald[1] > 1e6 * one.value for one in far)
    for one in far:
        assert one.wald[0] > 0
        assert np.log(one.wald[1] / one.value) == pytest.approx(np.log(one.value / one.wald[0]))


def test_a_ratio_says_that_it_minds_replicates_where_its_intervals_do() -> None:
    drugs = pd.concat(
        [
            study({"a": 20.0, "b": 60.0}, seed=number, replicates=1).assign(
                membrane=f"m{number}", replicate=f"r{number}"
            )
            for number in range(3)
        ]
    )
    folds = normalise(drugs.reset_index(drop=True))
    curves = fit_dose_response(pd.concat([folds, folds.assign(target="STAT5", dose=folds["dose"] * 2.0)])).curves
    told = curves["method"].str.contains("scatter of replicates")
    assert told[curves["parameter"].str.startswith("selectivity_over_")].tolist() == [True, True]
    assert told[curves["parameter"].str.startswith("ic50_ratio_to_")].tolist() == [False, False]  # a joint fit of lanes


def test_six_replicates_that_agree_narrow_the_interval_of_their_lanes() -> None:
    one = study({"drug": 40.0}, replicates=1, noise=0.15)
    alike = pd.concat([one.assign(membrane=f"m{number}", replicate=f"r{number}") for number in range(6)])
    folds = normalise(alike.reset_index(drop=True))
    lanes = fit_dose_response(folds.assign(membrane=""), interval="wald", scales="block").potencies
    assert margin(fit_dose_response(folds, interval="wald").potencies) < 0.9 * margin(lanes)
