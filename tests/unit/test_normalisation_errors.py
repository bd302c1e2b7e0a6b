"""normalise(): errors of folds and activities against derivatives taken by hand, and what is refused or flagged."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import pytest

from blotquant.errors import SettingsError, TableError
from blotquant.normalisation import normalise
from tests.unit.test_normalisation import lanes

UNEQUAL: list[dict[str, Any]] = [
    {"treatment": "vehicle", "stimulus": "none", "ratio": 0.10, "ratio_se": 0.03},
    {"treatment": "vehicle", "stimulus": "none", "ratio": 0.30, "ratio_se": 0.05},
    {"treatment": "vehicle", "stimulus": "none", "ratio": 0.20, "ratio_se": 0.02},
    {"treatment": "vehicle", "ratio": 0.8, "ratio_se": 0.11},
    {"treatment": "vehicle", "ratio": 1.4, "ratio_se": 0.07},
    {"ratio": 0.45, "ratio_se": 0.04},
    {"dose": 3.0, "ratio": 1.9, "ratio_se": 0.13},
]


def propagated(rows: list[dict[str, Any]], column: str, **options: Any) -> list[float]:
    """Standard error of a column by moving one lane at a time: √Σ (∂column/∂ratio · se)²."""
    step = 1e-6
    squares = np.zeros(len(rows))
    for lane, row in enumerate(rows):
        ends = []
        for sign in (1.0, -1.0):
            moved = [{**other, "ratio": other["ratio"] + sign * step * (lane == at)} for at, other in enumerate(rows)]
            ends.append(normalise(lanes(moved), **options)[column].to_numpy())
        squares += ((ends[0] - ends[1]) / (2 * step) * row["ratio_se"]) ** 2
    return np.sqrt(squares).tolist()


@pytest.mark.parametrize("column", ["fold", "percent_activity"])
def test_errors_of_folds_and_activities_are_those_of_all_lanes_behind_them(column: str) -> None:
    found = normalise(lanes(UNEQUAL))[f"{column}_se"].tolist()
    assert found == pytest.approx(propagated(UNEQUAL, column), rel=1e-5)


def test_without_a_minimum_the_error_of_an_activity_is_that_of_the_lane_and_the_maximum() -> None:
    rows = UNEQUAL[3:]
    folds = normalise(lanes(rows))
    assert folds["percent_activity_se"].tolist() == pytest.approx(propagated(rows, "percent_activity"), rel=1e-5)
    assert folds["percent_activity"].tolist() == pytest.approx((100.0 * folds["fold"]).tolist())


def test_a_lone_control_has_an_activity_without_error() -> None:
    folds = normalise(lanes([UNEQUAL[0], UNEQUAL[3], UNEQUAL[5]]))
    assert folds["percent_activity_se"].iloc[:2].tolist() == pytest.approx([0.0, 0.0], abs=1e-9)


def test_errors_do_not_turn_negative_with_a_reference_that_is_a_lane_apart() -> None:
    rows = UNEQUAL[3:]
    folds = normalise(lanes(rows), reference={"treatment": "drug", "dose": 3.0})
    found = propagated(rows, "fold", reference={"treatment": "drug", "dose": 3.0})
    assert folds["fold_se"].tolist() == pytest.approx(found, rel=1e-5, abs=1e-9)


def test_the_error_of_a_curves_point_is_the_lanes_alone_on_the_scale_of_its_response() -> None:
    rows = [{"treatment": "vehicle", "ratio": 2.0, "ratio_se": 0.4}, {"ratio": 1.0, "ratio_se": 0.1}]
    activity = normalise(lanes(rows))
    assert activity["response_se"].tolist() == pytest.approx([20.0, 5.0])
    named: dict[str, Any] = {"reference": {"treatment": "vehicle"}, "maximum": {"treatment": "drug"}}
    below = [{**rows[0]}, {**rows[1], "ratio_loq": 5.0}]
    folds = normalise(lanes(below), **named)
    assert folds["percent_activity"].isna().all()
    assert folds["response"].tolist() == pytest.approx([1.0, 0.5])
    assert folds["response_se"].tolist() == pytest.approx([0.2, 0.05])
    plain = normalise(lanes([{"treatment": "a", "ratio": 2.0, "ratio_se": 0.4}, {"treatment": "b", "ratio": np.nan}]))
    assert plain["response_se"].iloc[0] == pytest.approx(0.4)
    assert np.isnan(plain["response_se"].iloc[1])


def test_each_target_chooses_its_own_response_and_names_its_own_reference() -> None:
    rows = [
        {"target": "STAT3", "treatment": "vehicle", "ratio": 2.0},
        {"target": "STAT3", "ratio": 1.0},
        {"target": "STAT5", "treatment": "other", "ratio": 3.0},
        {"target": "STAT5", "ratio": 7.0},
    ]
    folds = normalise(lanes(rows))
    assert folds["response"].tolist() == pytest.approx([100.0, 50.0, 3.0, 7.0])
    assert folds["reference"].tolist() == ["IL-6 + vehicle"] * 2 + [""] * 2


def test_the_reference_names_every_condition_that_served() -> None:
    rows = [{"treatment": name, "role": "maximum", "ratio": 1.0} for name in ("vehicle", "sham")]
    assert set(normalise(lanes(rows))["reference"]) == {"IL-6 + sham; IL-6 + vehicle"}


def test_controls_that_touch_give_no_activity_and_a_flag_while_folds_stay() -> None:
    def window(low: float, se: float) -> pd.DataFrame:
        minimum = {"treatment": "vehicle", "stimulus": "none", "ratio": low, "ratio_se": se}
        return normalise(lanes([minimum, {"treatment": "vehicle", "ratio": 1.0, "ratio_se": se}, {"ratio": 0.9}]))

    # of one replicate: ln fold over the usual scatter of two lanes, √2·0.2, and the error of measuring; t at 4 degrees
    near, far = window(0.55, 0.1), window(0.45, 0.1)
    assert near["percent_activity"].isna().all()
    assert near["flags"].str.contains("no_window").all()
    assert near["fold"].tolist() == pytest.approx([0.55, 1.0, 0.9])
    assert near["response"].tolist() == pytest.approx([0.55, 1.0, 0.9])
    assert not far["flags"].str.contains("no_window").any()
    assert far["percent_activity"].iloc[2] == pytest.approx(100.0 * 0.45 / 0.55)
    assert window(1.0, 0.0)["flags"].str.contains("no_window").all()
    assert not window(-0.2, 0.1)["flags"].str.contains("no_window").any()


def test_one_noisy_control_is_enough_to_close_the_window() -> None:
    for noisy in (0, 1):
        rows = [{"treatment": "vehicle", "stimulus": "none", "ratio": 0.5, "ratio_se": 0.01},
                {"treatment": "vehicle", "ratio": 1.5, "ratio_se": 0.01}]  # fmt: skip
        rows[noisy]["ratio_se"] = 0.6
        assert normalise(lanes(rows))["flags"].str.contains("no_window").all()
        rows[noisy]["ratio_se"] = 0.3
        assert not normalise(lanes(rows))["flags"].str.contains("no_window").any()


def test_a_block_whose_minimum_is_lost_has_folds_and_no_activity() -> None:
    rows: list[dict[str, Any]] = []
    for replicate, low in (("r1", 0.0), ("r2", np.nan)):
        where = {"replicate": replicate, "membrane": replicate}
        rows += [
            {**where, "treatment": "vehicle", "stimulus": "none", "ratio": low},
            {**where, "treatment": "vehicle", "ratio": 2.0},
            {**where, "ratio": 1.0},
        ]
    folds = normalise(lanes(rows))
    assert folds["percent_activity"].iloc[2] == pytest.approx(50.0)
    assert folds["percent_activity"].iloc[3:].isna().all()
    assert folds["fold"].iloc[5] == pytest.approx(0.5)
    assert folds["flags"].str.contains("no_window").tolist() == [False] * 3 + [True] * 3


def test_flags_of_the_controls_are_for_lanes_that_take_part() -> None:
    ladder = {"role": "ladder", "treatment": "", "ratio": np.nan}
    weak = normalise(lanes([{"treatment": "vehicle", "ratio": 0.005}, {"ratio": 1.0}, ladder]))
    assert weak["flags"].str.contains("reference_below_loq").tolist() == [True, True, False]
    same = {"treatment": "vehicle", "ratio": 1.0}
    shut = normalise(lanes([same, {**same, "stimulus": "none"}, ladder]))
    assert shut["flags"].str.contains("no_window").tolist() == [True, True, False]


def test_a_reference_below_its_limit_leaves_the_activity_and_a_maximum_below_it_leaves_the_fold() -> None:
    rows = [{"treatment": "vehicle", "ratio": 4.0}, {"treatment": "sham", "ratio": 0.005}, {"ratio": 1.0}]
    weak = normalise(lanes(rows), reference={"treatment": "sham"})
    assert weak["fold"].isna().all()
    assert weak["percent_activity"].iloc[2] == pytest.approx(25.0)
    assert weak["flags"].str.contains("reference_below_loq").all()
    other = normalise(lanes(rows), maximum={"treatment": "sham"}, reference={"treatment": "vehicle"})
    assert other["percent_activity"].isna().all()
    assert other["fold"].iloc[2] == pytest.approx(0.25)
    assert other["flags"].str.contains("reference_below_loq").all()


def test_a_reference_at_its_limit_serves_and_one_of_zero_never_does() -> None:
    at = normalise(lanes([{"treatment": "vehicle", "ratio": 0.01}, {"ratio": 1.0}]))
    assert at["fold"].iloc[1] == pytest.approx(100.0)
    zero = lanes([{"treatment": "vehicle", "ratio": 0.0, "ratio_loq": 0.0}, {"ratio": 1.0}])
    assert normalise(zero, use_below_loq=True)["fold"].isna().all()


def test_a_vehicle_on_the_other_membrane_of_the_replicate_serves_and_is_flagged() -> None:
    rows = [
        {"membrane": "a", "treatment": "vehicle", "ratio": 2.0, "ratio_se": 0.2},
        {"membrane": "a", "ratio": 1.0},
        {"membrane": "b", "ratio": 0.5, "ratio_se": 0.1},
        {"membrane": "c", "replicate": "r2", "treatment": "vehicle", "ratio": 8.0},
        {"membrane": "c", "replicate": "r2", "ratio": 8.0},
        {"membrane": "b", "role": "ladder"},
    ]
    folds = normalise(lanes(rows))
    assert folds["fold"].iloc[:5].tolist() == pytest.approx([1.0, 0.5, 0.25, 1.0, 1.0])
    assert folds["fold_se"].iloc[2] == pytest.approx(np.hypot(0.1, 0.25 * 0.2) / 2.0)
    assert folds["flags"].str.contains("reference_elsewhere").tolist() == [False, False, True, False, False, False]
    here = normalise(lanes(rows), within="membrane")
    assert np.isnan(here["fold"].iloc[2])
    assert not here["flags"].str.contains("reference_elsewhere").any()


def test_only_a_maximum_elsewhere_is_flagged_too() -> None:
    rows = [
        {"membrane": "a", "treatment": "vehicle", "ratio": 2.0},
        {"membrane": "b", "treatment": "sham", "ratio": 1.0},
        {"membrane": "a", "treatment": "sham", "ratio": 1.0},
    ]
    folds = normalise(lanes(rows), reference={"treatment": "sham"})
    assert folds["flags"].str.contains("reference_elsewhere").tolist() == [False, True, False]


def test_controls_go_by_the_cells_of_group_by_and_a_common_one_serves_where_a_cell_has_none() -> None:
    table = lanes([{"treatment": "vehicle", "ratio": 1.0}, {"treatment": "vehicle", "ratio": 4.0}, {"ratio": 2.0}])
    timed = normalise(table.assign(time_min=[10, 60, 60]), group_by=["time_min"])
    assert timed["fold"].tolist() == pytest.approx([1.0, 1.0, 0.5])
    free = normalise(table.assign(time_min=[10, 60, 60]), group_by=["time_min"], reference={"time_min": 10})
    assert free["fold"].tolist() == pytest.approx([1.0, 4.0, 2.0])
    other = normalise(table.assign(time_min=[10, 60, 90]), group_by=["time_min"])
    assert other["fold"].iloc[2] == pytest.approx(2.0 / 2.5)
    with pytest.raises(TableError, match="group_by: column 'tme_min' does not exist; did you mean 'time_min'"):
        normalise(table.assign(time_min=1), group_by=["tme_min"])


def test_a_stimulus_that_is_part_of_the_controls_name_binds_no_other() -> None:
    rows = [
        {"stimulus": "none", "treatment": "vehicle", "ratio": 0.5},
        {"stimulus": "IL-6", "treatment": "vehicle", "ratio": 2.0},
        {"stimulus": "IFN", "treatment": "vehicle", "ratio": 4.0},
    ]
    named = normalise(lanes(rows), reference={"stimulus": "none", "treatment": "vehicle"})
    assert named["fold"].tolist() == pytest.approx([1.0, 4.0, 8.0])
    bound = normalise(lanes(rows), reference={"treatment": "vehicle"})
    assert bound["fold"].tolist() == pytest.approx([1.0, 1.0, 1.0])
    both = normalise(lanes(rows), reference={"stimulus": ["none", "IL-6"]})
    assert both["fold"].tolist() == pytest.approx([1.0, 1.0, 4.0 / 1.25])


def test_the_named_minimum_is_zero_percent_and_one_condition_cannot_be_both() -> None:
    rows = [{"treatment": "vehicle", "ratio": 3.0}, {"treatment": "ruxolitinib", "ratio": 1.0}, {"ratio": 2.0}]
    folds = normalise(lanes(rows), minimum={"treatment": "ruxolitinib"})
    assert folds["percent_activity"].tolist() == pytest.approx([100.0, 0.0, 50.0])
    assert folds["role"].tolist() == ["maximum", "minimum", "sample"]
    with pytest.raises(TableError, match=r"'IL-6 \+ vehicle' is both maximum and minimum"):
        normalise(lanes(rows), maximum={"treatment": "vehicle"}, minimum={"treatment": "vehicle"})
    with pytest.raises(TableError, match="control minimum"):
        normalise(lanes(rows), minimum={"treatment": "rux"})
    with pytest.raises(TableError, match="control reference: no sample has"):
        normalise(lanes(rows), reference={"treatment": "rux"})


def test_a_minimum_that_maximums_name_covers_is_a_minimum() -> None:
    rows = [{"treatment": "vehicle", "stimulus": "none", "ratio": 0.0}, {"treatment": "vehicle", "ratio": 2.0}]
    folds = normalise(lanes(rows), maximum={"treatment": "vehicle"})
    assert folds["role"].tolist() == ["minimum", "maximum"]
    assert folds["is_reference"].tolist() == [False, True]


def test_roles_that_a_named_control_overrules_are_samples_again() -> None:
    rows = [
        {"treatment": "vehicle", "role": "maximum", "ratio": 4.0},
        {"treatment": "blank", "role": "minimum", "ratio": 0.1},
        {"treatment": "sham", "ratio": 2.0},
        {"treatment": "rest", "ratio": 0.0},
    ]
    folds = normalise(lanes(rows), maximum={"treatment": "sham"}, minimum={"treatment": "rest"})
    assert folds["role"].tolist() == ["sample", "sample", "maximum", "minimum"]
    assert folds["percent_activity"].iloc[0] == pytest.approx(200.0)


def test_unknown_options_are_errors_that_name_the_nearest() -> None:
    table = lanes([{"treatment": "vehicle"}])
    with pytest.raises(SettingsError, match="within = 'blok' is not known; did you mean 'block'"):
        normalise(table, within="blok")
    with pytest.raises(SettingsError, match="across = 'alignmnt' is not known; did you mean 'alignment'"):
        normalise(table, across="alignmnt")
    assert normalise(table[:0]).empty
