"""What a lane stands for: controls by role, by name and by usual words; repeats averaged."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from blotquant.conditions import (
    average_repeats,
    check_group_by,
    codes,
    complete,
    control,
    label,
    maximum_control,
    minimum_control,
    stimulus_of,
    texts,
    usable,
)
from blotquant.errors import TableError


def lanes(*rows: tuple[str, str, float, str]) -> pd.DataFrame:
    """Treatment, stimulus, dose and role of each lane."""
    table = pd.DataFrame(rows, columns=["treatment", "stimulus", "dose", "role"])
    return table.assign(flags="", target="STAT3", dose_unit="nM")


NAN = float("nan")


def test_a_short_table_is_completed_with_blanks_and_the_replicate_is_the_membrane() -> None:
    given = pd.DataFrame({"membrane": ["m1", "m2"], "replicate": ["", "r2"], "ratio": [1, 2], "treatment": [3.0, None]})
    out = complete(given, "ratios")
    assert out["replicate"].tolist() == ["m1", "r2"]
    assert out["treatment"].tolist() == ["3", ""]
    assert out["ratio"].dtype == np.float64
    assert out["flags"].tolist() == ["", ""]
    assert out["total"].isna().all()
    assert "flags" not in given


def test_names_that_are_numbers_have_no_point_even_beside_a_blank() -> None:
    assert texts(pd.Series([1.0, None, 2.5])).tolist() == ["1", "", "2.5"]
    assert texts(pd.Series([np.nan, np.nan])).tolist() == ["", ""]
    assert texts(pd.Series(["p1", None])).tolist() == ["p1", ""]


def test_ladders_and_excluded_lanes_are_not_usable() -> None:
    table = lanes(("x", "", NAN, "sample"), ("x", "", NAN, "ladder"), ("x", "", NAN, "calibrator"), ("x", "", NAN, ""))
    table.loc[3, "flags"] = "excluded"
    assert usable(table).tolist() == [True, False, False, False]


@pytest.mark.parametrize("name", ["vehicle", "DMSO", "Control", "veh", "mock", "untreated"])
def test_usual_names_of_a_vehicle_are_understood(name: str) -> None:
    table = lanes((name, "none", NAN, ""), (name, "IL-6", NAN, ""), ("drug", "IL-6", 1.0, ""))
    assert maximum_control(table).tolist() == [False, True, False]
    assert minimum_control(table).tolist() == [True, False, False]


@pytest.mark.parametrize("stimulus", ["none", "unstimulated", "", "-", "None"])
def test_usual_words_for_no_stimulus_are_understood(stimulus: str) -> None:
    table = lanes(("vehicle", stimulus, NAN, ""), ("vehicle", "IL-6", NAN, ""))
    assert minimum_control(table).tolist() == [True, False]
    assert stimulus_of(table).tolist() == ["", "il-6"]


def test_of_several_usual_names_the_vehicle_wins() -> None:
    table = lanes(("untreated", "IL-6", NAN, ""), ("vehicle", "IL-6", NAN, ""))
    assert maximum_control(table).tolist() == [False, True]


def test_without_stimuli_the_vehicle_is_the_maximum_and_there_is_no_minimum() -> None:
    table = lanes(("vehicle", "", NAN, ""), ("drug", "", 1.0, ""))
    assert maximum_control(table).tolist() == [True, False]
    assert not minimum_control(table).any()


def test_a_drug_without_the_stimulus_is_no_control() -> None:
    table = lanes(("vehicle", "none", NAN, ""), ("drug", "none", 10.0, ""), ("vehicle", "IL-6", NAN, ""))
    assert minimum_control(table).tolist() == [True, False, False]


def test_roles_win_over_names() -> None:
    table = lanes(("vehicle", "IL-6", NAN, ""), ("drug", "IL-6", 1.0, "maximum"), ("other", "IL-6", NAN, "minimum"))
    assert maximum_control(table).tolist() == [False, True, False]
    assert minimum_control(table).tolist() == [False, False, True]


def test_dose_zero_is_the_control_where_nothing_is_named() -> None:
    table = lanes(("drug", "IL-6", 0.0, ""), ("drug", "IL-6", 10.0, ""))
    assert maximum_control(table).tolist() == [True, False]
    assert not maximum_control(lanes(("a", "", NAN, ""), ("b", "", NAN, ""))).any()


def test_a_lane_named_for_no_activity_is_the_minimum() -> None:
    assert minimum_control(lanes(("isotype", "", NAN, ""), ("x", "", 1.0, ""))).tolist() == [True, False]


def test_a_named_condition_takes_texts_numbers_and_lists() -> None:
    table = lanes(("Vehicle", "IL-6", 0.0, ""), ("drug", "IL-6", 10.0, ""), ("drug", "IFN", 10.0, ""))
    assert control(table, {"treatment": "vehicle"}, "maximum").tolist() == [True, False, False]
    assert control(table, {"dose": 10, "stimulus": "IFN"}, "maximum").tolist() == [False, False, True]
    assert control(table, {"treatment": ["vehicle", "drug"], "stimulus": "IL-6"}, "maximum").sum() == 2


def test_a_named_condition_that_matches_nothing_names_the_nearest() -> None:
    table = lanes(("vehicle", "IL-6", 0.0, ""), ("drug", "none", 10.0, ""))
    with pytest.raises(
        TableError, match=r"control maximum: no sample has treatment = 'vehicel'; did you mean 'vehicle'"
    ):
        control(table, {"treatment": "vehicel"}, "maximum")
    with pytest.raises(TableError, match="column 'treatmnt' does not exist; did you mean 'treatment'"):
        control(table, {"treatmnt": "vehicle"}, "minimum")
    with pytest.raises(TableError, match="together"):
        control(table, {"treatment": "vehicle", "stimulus": "none"}, "minimum")


def test_a_condition_is_named_as_people_say_it() -> None:
    assert label({"stimulus": "IL-6", "treatment": "drug", "dose": 10.0, "dose_unit": ""}) == "IL-6 + drug 10 nM"
    assert label({"stimulus": "-", "treatment": "vehicle", "dose": 0.0}) == "vehicle"
    assert label({"treatment": "x", "time_min": 15.0}, ["time_min"]) == "x (time_min 15)"


def test_blanks_are_equal_when_rows_are_numbered() -> None:
    table = lanes(("a", "", NAN, ""), ("a", "", NAN, ""), ("a", "", 1.0, ""))
    assert codes(table, ["treatment", "dose"]).tolist() == [1, 1, 0]
    assert codes(table, []).tolist() == [0, 0, 0]


def test_repeats_are_averaged_on_the_log_scale_unless_a_value_has_no_logarithm() -> None:
    table = pd.DataFrame(
        {
            "key": list("aabbcc"),
            "value": [1.0, 4.0, 3.0, -1.0, np.nan, 2.0],
            "se": [0.3, 0.4, 0.1, 0.1, 0.9, 0.2],
            "flags": ["edge", "saturated", "", "", "", ""],
        }
    )
    out = average_repeats(table, ["key"], ["value"], {"value": "se"})
    assert out["value"].tolist() == [2.0, 1.0, 2.0]
    assert out["se"].tolist() == pytest.approx([0.25, np.sqrt(0.02) / 2, 0.2])
    assert out["lanes"].tolist() == [2, 2, 1]
    assert out["flags"].tolist() == ["saturated;edge", "", ""]
    assert average_repeats(table[:0], ["key"], ["value"]).empty


def test_a_column_to_part_groups_by_that_is_not_there_is_named_with_the_nearest() -> None:
    table = lanes(("vehicle", "", NAN, "sample")).assign(time_min=5)
    check_group_by(table, ["time_min", "target"])
    with pytest.raises(TableError, match="group_by: column 'tme_min' does not exist; did you mean 'time_min'"):
        check_group_by(table, ["target", "tme_min"])
