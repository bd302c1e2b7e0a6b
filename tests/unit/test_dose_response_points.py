"""Which rows of a table are the points of a curve, and how much each of them counts."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import pytest

from blotquant.dose_response import CurveFit, fit_dose_response
from blotquant.dose_response.problem import Points
from blotquant.dose_response.replicates import fit_replicates
from blotquant.dose_response.starting import block_scales, dose_means
from blotquant.errors import TableError
from tests.unit.test_dose_response import DOSES, response, table


def rows(*extra: dict[str, Any], **same: Any) -> pd.DataFrame:
    """A falling curve of eight lanes, one a dose, and further rows."""
    dose = np.array([0.3, *DOSES])
    drug = pd.DataFrame({"treatment": "drug", "dose": dose, "response": response(dose, 40.0), "stimulus": "IL-6"})
    return pd.concat([drug.assign(**same), pd.DataFrame(list(extra))], ignore_index=True)


def fitted(points: pd.DataFrame, **options: Any) -> CurveFit:
    return fit_dose_response(points, **{"interval": "wald", "weights": "none", "scales": "none", **options}).fits[0]


def zero(points: pd.DataFrame, **options: Any) -> list[float]:
    """Responses at zero dose."""
    found = fitted(points, **options).points
    return found.loc[found["dose"] == 0, "response"].tolist()


def test_repeats_of_one_lysate_are_averaged_with_the_error_of_a_mean() -> None:
    again = {"treatment": "drug", "stimulus": "IL-6", "sample": "A", "replicate": "r1", "dose": 500.0}
    points = fitted(rows({**again, "response": 4.0, "response_se": 1.0}, {**again, "response": 8.0, "response_se": 2.0},
                         replicate="r1")).points  # fmt: skip
    row = points[points["dose"] == 500.0]
    assert row["response"].tolist() == [6.0]
    assert row["response_se"].tolist() == pytest.approx([np.sqrt(5.0) / 2.0])
    assert len(points) == 9


@pytest.mark.parametrize("other", [{"dose": 600.0}, {"replicate": "r2"}, {"sample": "B"}, {"sample": ""}])
def test_other_lysates_are_points_of_their_own(other: dict[str, object]) -> None:
    again = {"treatment": "drug", "stimulus": "IL-6", "sample": "A", "replicate": "r1", "dose": 500.0, "response": 4.0}
    assert len(fitted(rows(again, {**again, **other}, replicate="r1")).points) == 10


def test_a_lysate_on_two_membranes_makes_its_replicate_one_block() -> None:
    def membrane(name: str, sample: str) -> pd.DataFrame:
        return rows(membrane=name, replicate="r1").assign(sample=[f"{sample}{place}" for place in range(8)])

    same = fitted(pd.concat([membrane("m1", "a"), membrane("m2", "a")])).points
    assert len(same) == 8
    assert set(same["block"]) == {0}
    other = fitted(pd.concat([membrane("m1", "a"), membrane("m2", "b")])).points
    assert len(other) == 16
    assert set(other["block"]) == {0, 1}


VEHICLE: dict[str, Any] = {"treatment": "vehicle", "stimulus": "IL-6", "dose": np.nan, "response": 100.0}


def test_a_vehicle_without_a_dose_is_the_zero_dose_and_a_treatments_own_zero_is_not_shared() -> None:
    assert zero(rows(VEHICLE)) == [100.0]
    assert fitted(rows(VEHICLE)).points["shared"].sum() == 1
    own = {**VEHICLE, "treatment": "drug", "dose": 0.0, "response": 97.0}
    assert zero(rows(own)) == [97.0]
    assert not fitted(rows(own)).points["shared"].any()


@pytest.mark.parametrize("other", [{"stimulus": "IFN"}, {"replicate": "r2"}, {"membrane": "m2"}, {"target": "STAT5"}])
def test_a_vehicle_of_another_stimulus_block_or_target_is_no_zero_dose(other: dict[str, object]) -> None:
    same = {"replicate": "r1", "membrane": "m1", "target": "STAT3"}
    lanes = rows({**VEHICLE, **same}, {**VEHICLE, **same, **other, "response": 55.0}, **same)
    assert zero(lanes) == [100.0]


def test_a_vehicle_of_another_stimulus_is_no_zero_dose_where_the_own_has_none_and_one_without_any_is() -> None:
    maximum = {**VEHICLE, "role": "maximum"}
    assert zero(rows({**maximum, "stimulus": "IFN"}, role="sample")) == []
    assert zero(rows({**maximum, "stimulus": ""}, role="sample")) == [100.0]
    assert zero(rows({**maximum, "stimulus": "", "response": 7.0}, maximum, role="sample")) == [100.0]


def test_vehicles_go_by_the_cells_of_group_by_where_a_cell_has_one() -> None:
    early, late = {**VEHICLE, "time": 10}, {**VEHICLE, "time": 60, "response": 90.0}
    assert zero(rows(early, late, time=10), group_by=["time"]) == [100.0]
    assert zero(rows(early, late, time=30), group_by=["time"]) == [90.0, 100.0]
    assert zero(rows(early, late, time=10)) == [90.0, 100.0]


def test_control_wells_of_a_plate_are_one_point_a_plate() -> None:
    wells = [{**VEHICLE, "role": "maximum", "plate": plate, "response": value}
             for plate, value in (("p1", 96.0), ("p1", 104.0), ("p2", 70.0))]  # fmt: skip
    both = pd.concat([rows(plate="p1", role="sample"), rows(plate="p2", role="sample"), pd.DataFrame(wells)])
    assert zero(both) == [100.0, 70.0]
    lanes = both.drop(columns="plate").assign(replicate="1")
    assert zero(lanes) == [70.0, 96.0, 104.0]


@pytest.mark.parametrize("plate", ["", "p1"])
def test_control_wells_without_a_replicate_are_the_zero_dose_of_all_replicates(plate: str) -> None:
    named = [rows(plate=plate, membrane=plate, role="sample", replicate=name) for name in ("1", "2")]
    wells = [
        {**VEHICLE, "role": "maximum", "plate": plate, "membrane": plate, "response": value} for value in (96, 104)
    ]
    fit = fit_dose_response(pd.concat([*named, pd.DataFrame(wells)]), interval="wald")
    points = fit.fits[0].points
    assert points.loc[points["dose"] == 0, "response"].tolist() == [100.0]
    assert len(points) == 17
    assert fit.potencies["n"].tolist() == [2]
    each = fit.curves.set_index("parameter").loc["ic50_replicates", "note"]
    assert [part.split(":")[0] for part in each.split(", ")] == ["1", "2"]
    other = pd.DataFrame(wells).assign(plate="p2", membrane="p2")
    assert zero(pd.concat([*named, other])) == []


def test_replicates_that_share_a_zero_dose_differ_by_their_own_points_alone() -> None:
    rng = np.random.default_rng(5)
    named = [rows(plate="p", membrane="p", role="sample", replicate=name) for name in ("1", "2", "3")]
    noisy = pd.concat([one.assign(response=one["response"] + rng.normal(0, 2, len(one))) for one in named])
    shared = {**VEHICLE, "role": "maximum", "plate": "p", "membrane": "p"}
    alone, joint = (fit_dose_response(table).fits[0] for table in (noisy, pd.concat([noisy, pd.DataFrame([shared])])))
    assert fit_replicates(joint.weighted, joint.points).differ_p == pytest.approx(
        fit_replicates(alone.weighted, alone.points).differ_p, rel=1e-3
    )


def test_half_way_lies_between_the_controls_of_the_target_and_stimulus() -> None:
    def half(*extra: dict[str, Any]) -> float:
        return fitted(rows(*extra, role="sample", target="STAT3")).half

    high = {**VEHICLE, "role": "maximum", "target": "STAT3"}
    low = {**VEHICLE, "role": "minimum", "target": "STAT3", "stimulus": "none", "response": 10.0}
    assert half(high, {**high, "response": 90.0}, low, {**low, "response": 20.0}) == pytest.approx(55.0)
    assert half(high, {**high, "stimulus": "IFN", "response": 900.0}, low) == pytest.approx(55.0)
    assert half(high, low, {**low, "target": "STAT5", "response": 80.0}) == pytest.approx(55.0)
    assert half({**high, "stimulus": " il-6"}, low) == pytest.approx(55.0)
    assert half({**high, "stimulus": ""}, low) == pytest.approx(55.0)
    assert half({**high, "stimulus": "", "response": 900.0}, high, low) == pytest.approx(55.0)
    assert np.isnan(half(high))
    assert np.isnan(half(low))
    assert fitted(rows(high, role="sample", target="STAT3", percent_activity=50.0)).half == pytest.approx(50.0)


def test_the_most_processed_response_is_fitted_with_its_own_error() -> None:
    plain = rows().rename(columns={"response": "ratio"}).assign(ratio_se=0.5, fold_se=0.25)
    assert fitted(plain).points["response_se"].tolist() == [0.5] * 8
    folds = plain.assign(fold=plain["ratio"] / 100.0)
    assert fitted(folds).points["response"].max() < 2.0
    assert fitted(folds).points["response_se"].tolist() == [0.25] * 8
    activity = folds.assign(percent_activity=2.0 * plain["ratio"])
    assert fitted(activity).points["response"].max() > 150.0
    assert fitted(activity).points["response_se"].isna().all()
    assert fitted(activity.assign(response=3.0 * plain["ratio"], response_se=0.1)).points["response_se"].max() == 0.1
    blank = activity.assign(response=np.nan)
    assert fitted(blank).points["response"].max() > 150.0


@pytest.mark.parametrize(
    ("columns", "weights"),
    [
        ({}, "none"), ({"membrane": "m1"}, "error"), ({"membrane": "m1", "plate": "p1"}, "none"),
        ({"plate": "p1", "response_se": 1.0}, "error"), ({"response_se": 0.0}, "none"), ({"membrane": ""}, "none"),
        ({"membrane": np.nan, "plate": np.nan}, "none"), ({"membrane": "m1", "plate": np.nan}, "error"),
    ],
)  # fmt: skip
def test_what_comes_from_a_blot_is_weighted_by_errors(columns: dict[str, object], weights: str) -> None:
    fit = fit_dose_response(table().assign(**columns), interval="wald").fits[0]
    assert fit.options.weights == weights
    assert fit.options.scaled == (weights == "error")


def test_relative_weights_are_those_of_the_fitted_curve_down_to_a_hundredth_of_its_largest() -> None:
    points = table(noise=0.0, repeats=4, bottom=0.0, doses=(0.0, *DOSES, 1e5))
    points["response"] *= 1.0 + 0.1 * np.resize([1.0, -1.0, -1.0, 1.0], len(points))
    fit = fit_dose_response(points, weights="relative", interval="wald").fits[0]
    assert fit.weighted is not None
    level = np.maximum(fit.points["fitted"], 0.01 * fit.points["fitted"].max())
    assert level.min() == pytest.approx(0.01 * level.max())
    assert fit.weighted.root_weights * level.to_numpy() == pytest.approx(np.ones(len(points)), rel=1e-5)
    misses = (fit.points["response"] - fit.points["fitted"]) / level
    assert fit.weighted.cv == pytest.approx(np.sqrt(np.sum(misses**2) / fit.dof), rel=1e-5)
    assert fit.residual_sd == pytest.approx(fit.weighted.cv, rel=1e-4)


def minus_two_log_likelihood(squares: np.ndarray, variance: np.ndarray, dof: int) -> float:
    return float(np.sum(np.log(variance) + squares / variance * len(squares) / dof))


@pytest.mark.parametrize("se", [np.nan, 0.2])
def test_a_constant_part_of_the_error_is_the_likeliest(se: float) -> None:
    points = table(noise=4.0, repeats=8, seed=3)
    points["response"] += 0.1 * points["response"] * np.random.default_rng(4).normal(size=len(points))
    points["response_se"] = se
    fit = fit_dose_response(points, weights="error", scales="none", interval="wald").fits[0]
    weighted, known = fit.weighted, 0.0 if np.isnan(se) else se
    assert weighted is not None
    level = np.maximum(np.abs(fit.points["fitted"].to_numpy()), 0.01 * fit.points["fitted"].abs().max())
    variance = known**2 + weighted.additive**2 + (weighted.cv * level) ** 2
    assert weighted.root_weights**-2 == pytest.approx(variance, rel=1e-4)
    assert weighted.additive == pytest.approx(4.0, rel=0.3)
    assert fit.rss == pytest.approx(fit.dof, rel=1e-4)
    squares = (fit.points["response"] - fit.points["fitted"]).to_numpy() ** 2
    best = minus_two_log_likelihood(squares, variance, fit.dof)
    for factor in (0.7, 1.4):
        constant = known**2 + (factor * weighted.additive) ** 2
        low, high = 0.0, 1.0
        for _ in range(60):  # the relative part that keeps the weighted squares at the degrees of freedom
            cv = (low + high) / 2.0
            enough = np.sum(squares / (constant + (cv * level) ** 2)) < fit.dof
            low, high = (low, cv) if enough else (cv, high)
        assert minus_two_log_likelihood(squares, constant + (cv * level) ** 2, fit.dof) > best - 1e-3


def test_errors_that_are_too_small_get_a_relative_part_alone_where_that_is_enough() -> None:
    points = table(noise=0.0, repeats=8, bottom=20.0)
    points["response"] *= 1.0 + 0.1 * np.random.default_rng(1).normal(size=len(points))
    fit = fit_dose_response(points.assign(response_se=0.1), scales="none", interval="wald").fits[0]
    assert fit.weighted is not None
    assert fit.weighted.additive == 0.0
    assert fit.weighted.cv == pytest.approx(0.1, rel=0.2)


def test_first_guesses_of_scales_and_means_are_right_where_nothing_is_in_the_way() -> None:
    dose, level = np.array([0.0, 1.0, 10.0, 0.0, 1.0, 10.0]), np.array([100.0, 70.0, 20.0, 400.0, 280.0, 80.0])
    block, curve = np.array([0, 0, 0, 1, 1, 1]), np.zeros(6, dtype=np.int64)
    points = Points(dose, level, np.zeros(6), block, curve)
    assert block_scales(points).tolist() == pytest.approx([0.5, 2.0])
    assert dose_means(points).tolist() == pytest.approx([250.0, 175.0, 50.0] * 2)
    scale = np.array([0.5, 2.0])[block]
    assert dose_means(points, scale).tolist() == pytest.approx([200.0, 140.0, 40.0] * 2)
    apart = Points(dose, level, np.zeros(6), block, block)
    assert dose_means(apart).tolist() == level.tolist()
    nothing = Points(dose, np.where(block == 1, -level, level), np.zeros(6), block, curve)
    assert np.prod(block_scales(nothing)) == pytest.approx(1.0)


@pytest.mark.parametrize("level", [0.0, 50.0, -3.0])
@pytest.mark.parametrize(("model", "weights"), [("4pl", "none"), ("4pl", "error"), ("3pl", "relative")])
def test_equal_responses_have_no_ic50(level: float, model: str, weights: str) -> None:
    equal = pd.concat([table(40.0).assign(response=level, replicate=f"r{number}") for number in range(3)])
    row = fit_dose_response(equal, model=model, weights=weights).potencies.iloc[0]
    assert np.isnan(row["ic50"])
    assert "no effect" in row["note"]
    assert row["ci_high"] == np.inf


def test_rounding_is_neither_lack_of_fit_nor_a_difference_of_replicates() -> None:
    exact = pd.concat([table(40.0, noise=0.0).assign(replicate=f"r{number}") for number in range(3)])
    assert fit_dose_response(exact).potencies["note"].iloc[0] == ""


@pytest.mark.parametrize(
    ("column", "value", "words"), [("response", np.inf, "not finite"), ("dose", -1.0, "below zero")]
)
def test_a_point_that_cannot_be_is_refused_by_its_row(column: str, value: float, words: str) -> None:
    wrong = table(40.0)
    wrong.loc[3, column] = value
    with pytest.raises(TableError, match=f"row 4, column '{column}': .*{words}"):
        fit_dose_response(wrong)


def test_a_column_without_a_number_is_named() -> None:
    with pytest.raises(TableError, match="column 'response' holds no number"):
        fit_dose_response(table(40.0).assign(response=np.nan))
