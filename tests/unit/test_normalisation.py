"""normalise(): folds and percent activity, with answers known by hand."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from blotquant.errors import TableError
from blotquant.normalisation import normalise, percent_activity
from blotquant.tables import check


def lanes(rows: list[dict[str, object]]) -> pd.DataFrame:
    """Ratios table from what differs; everything else is filled in."""
    default: dict[str, object] = {
        "membrane": "m1", "lane": 1, "sample": "", "stimulus": "IL-6", "treatment": "drug", "dose": np.nan,
        "dose_unit": "nM", "replicate": "r1", "technical": "", "role": "sample", "target": "STAT3", "site": "Y705",
        "quantity": "P/S", "phospho": 1.0, "phospho_se": 0.1, "total": 1.0, "total_se": 0.1, "loading": 1.0,
        "ratio": 1.0, "ratio_se": 0.1, "ratio_loq": 0.01, "bound": "", "ratio_bound": np.nan,
        "detected": True, "flags": "",
    }  # fmt: skip
    return check(pd.DataFrame([{**default, "lane": i + 1, **row} for i, row in enumerate(rows)]), "ratios")


@pytest.fixture
def series() -> pd.DataFrame:
    """Two replicates on two membranes, the second with twice the scale."""
    rows = []
    for replicate, scale in (("r1", 1.0), ("r2", 2.0)):
        where = {"membrane": f"m-{replicate}", "replicate": replicate}
        rows += [
            {**where, "treatment": "vehicle", "stimulus": "none", "ratio": 0.1 * scale},
            {**where, "treatment": "vehicle", "ratio": 0.9 * scale},
            {**where, "treatment": "vehicle", "ratio": 1.1 * scale},
            {**where, "dose": 10.0, "ratio": 0.55 * scale},
        ]
    return lanes(rows)


def test_a_fold_is_relative_to_the_mean_of_the_vehicle_lanes_of_its_block(series: pd.DataFrame) -> None:
    folds = normalise(series)
    assert folds["fold"].tolist() == pytest.approx([0.1, 0.9, 1.1, 0.55] * 2)
    assert set(folds["reference"]) == {"IL-6 + vehicle"}


def test_controls_are_found_by_their_usual_names_and_percent_activity_lies_between_them(series: pd.DataFrame) -> None:
    folds = normalise(series)
    assert folds["role"].tolist() == ["minimum", "maximum", "maximum", "sample"] * 2
    assert folds["percent_activity"].iloc[[0, 3]].tolist() == pytest.approx([0.0, 50.0])
    assert folds["percent_inhibition"].iloc[3] == pytest.approx(50.0)
    assert folds["response"].tolist() == pytest.approx(folds["percent_activity"].tolist())
    assert folds["response_se"].iloc[3] == pytest.approx(0.1 * 100 / 0.9)


def test_percent_activity_is_not_clipped() -> None:
    folds = normalise(lanes([{"treatment": "vehicle", "ratio": 1.0}, {"ratio": -0.2}, {"ratio": 1.3}]))
    assert folds["percent_activity"].tolist() == pytest.approx([100.0, -20.0, 130.0])


def test_the_error_of_a_fold_carries_the_error_of_its_reference() -> None:
    folds = normalise(lanes([{"treatment": "vehicle", "ratio": 2.0, "ratio_se": 0.2}, {"ratio": 1.0, "ratio_se": 0.1}]))
    assert folds["fold_se"].iloc[0] == pytest.approx(0.0)  # a lone reference is exactly one
    assert folds["fold_se"].iloc[1] == pytest.approx(0.5 * np.hypot(0.1, 0.1))


def test_a_row_among_several_references_shares_their_error() -> None:
    rows = [{"treatment": "vehicle", "ratio": 1.0, "ratio_se": 0.1}] * 2
    folds = normalise(lanes(rows))
    # fold = 2a/(a+b): both slopes are 1/2 at a = b = 1
    assert folds["fold_se"].tolist() == pytest.approx([0.5 * np.hypot(0.1, 0.1)] * 2)


def test_nothing_is_divided_by_a_reference_below_its_limit_of_quantification() -> None:
    table = lanes([{"treatment": "vehicle", "ratio": 0.005}, {"ratio": 1.0}])
    folds = normalise(table)
    assert folds["fold"].isna().all()
    assert folds["flags"].str.contains("reference_below_loq").all()
    assert normalise(table, use_below_loq=True)["fold"].iloc[1] == pytest.approx(200.0)


def test_a_named_control_wins_over_the_usual_names_and_one_that_matches_nothing_is_an_error() -> None:
    table = lanes([{"treatment": "vehicle", "ratio": 4.0}, {"treatment": "sham", "ratio": 2.0}, {"ratio": 1.0}])
    folds = normalise(table, maximum={"treatment": "sham"})
    assert folds["fold"].tolist() == pytest.approx([2.0, 1.0, 0.5])
    with pytest.raises(TableError, match="did you mean 'sham'"):
        normalise(table, maximum={"treatment": "shan"})
    with pytest.raises(TableError, match="did you mean 'treatment'"):
        normalise(table, maximum={"treatmet": "sham"})


def test_a_reference_other_than_the_maximum_moves_folds_and_not_percent_activity() -> None:
    table = lanes([{"treatment": "vehicle", "ratio": 4.0}, {"treatment": "sham", "ratio": 2.0}])
    folds = normalise(table, reference={"treatment": "sham"})
    assert folds["fold"].tolist() == pytest.approx([2.0, 1.0])
    assert folds["percent_activity"].tolist() == pytest.approx([100.0, 50.0])


def test_without_a_control_there_are_no_folds_and_the_ratio_is_the_response() -> None:
    folds = normalise(lanes([{"treatment": "a", "ratio": 2.0}, {"treatment": "b", "ratio": 3.0}]))
    assert folds["fold"].isna().all()
    assert set(folds["reference"]) == {""}
    assert folds["response"].tolist() == [2.0, 3.0]


def test_each_stimulus_has_its_own_vehicle_and_an_unstimulated_lane_has_none_where_there_are_two() -> None:
    table = lanes(
        [
            {"stimulus": "none", "treatment": "vehicle", "ratio": 0.1},
            {"stimulus": "IL-6", "treatment": "vehicle", "ratio": 1.0},
            {"stimulus": "IFN", "treatment": "vehicle", "ratio": 4.0},
            {"stimulus": "IFN", "ratio": 1.0},
        ]
    )
    folds = normalise(table)
    assert folds["fold"].iloc[1:].tolist() == pytest.approx([1.0, 1.0, 0.25])
    assert np.isnan(folds["fold"].iloc[0])


def test_two_replicates_on_one_membrane_keep_their_own_vehicle_unless_the_membrane_is_the_block() -> None:
    rows = [{"replicate": r, "treatment": t, "ratio": v} for r, t, v in
            (("2", "vehicle", 1.0), ("2", "x", 0.5), ("3", "vehicle", 3.0), ("3", "x", 0.5))]  # fmt: skip
    assert normalise(lanes(rows))["fold"].iloc[3] == pytest.approx(1 / 6)
    assert normalise(lanes(rows), within="membrane")["fold"].iloc[3] == pytest.approx(0.25)


@pytest.mark.parametrize("across", ["alignment", "sum"])
def test_scales_between_membranes_come_out_of_the_conditions_they_share(series: pd.DataFrame, across: str) -> None:
    folds = normalise(series, across=across)
    assert folds["fold"].tolist() == pytest.approx([0.1, 0.9, 1.1, 0.55] * 2)


def test_without_scales_membranes_keep_their_own_level(series: pd.DataFrame) -> None:
    assert normalise(series, across="none")["fold"].iloc[[3, 7]].tolist() == pytest.approx([0.55 / 1.5, 1.1 / 1.5])


def test_membranes_that_share_no_condition_cannot_be_aligned() -> None:
    table = lanes([{"treatment": "vehicle"}, {"membrane": "m2", "replicate": "r2", "treatment": "other"}])
    with pytest.raises(TableError, match=r"no condition is shared between m1 | m2"):
        normalise(table, across="alignment")


def test_ladders_and_empty_lanes_get_no_fold() -> None:
    folds = normalise(lanes([{"treatment": "vehicle", "ratio": 2.0}, {"role": "ladder", "treatment": ""}]))
    assert np.isnan(folds["fold"].iloc[1])
    assert folds["role"].iloc[1] == "ladder"


def wells(rows: list[tuple[str, str, float]]) -> pd.DataFrame:
    table = pd.DataFrame(rows, columns=["plate", "role", "response"])
    return table.assign(treatment="x", dose=1.0, replicate="1", target="JAK1", stimulus="", dose_unit="nM")


def test_percent_activity_of_plates_runs_either_way_and_plate_by_plate() -> None:
    falling = wells([("p1", "maximum", 10.0), ("p1", "minimum", 110.0), ("p1", "sample", 60.0)])
    rising = wells([("p2", "maximum", 200.0), ("p2", "minimum", 100.0), ("p2", "sample", 125.0)])
    out = percent_activity(pd.concat([falling, rising]))
    assert out["response"].tolist() == pytest.approx([100.0, 0.0, 50.0, 100.0, 0.0, 25.0])
    assert out["percent_inhibition"].iloc[5] == pytest.approx(75.0)
    assert out["signal"].tolist() == [10.0, 110.0, 60.0, 200.0, 100.0, 125.0]


def test_a_plate_without_controls_keeps_its_responses() -> None:
    out = percent_activity(wells([("p1", "sample", 60.0)]))
    assert out["response"].tolist() == [60.0]
    assert np.isnan(out["percent_inhibition"].iloc[0])
