"""summarise(): n is biological, and the interval belongs to the geometric mean."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from scipy import stats

from blotquant.comparison import compare_groups
from blotquant.flags import Flag, has_flag
from blotquant.grouping import summarise
from blotquant.normalisation import normalise
from tests.unit.test_normalisation import lanes


def study(values: dict[str, list[float]]) -> pd.DataFrame:
    """Folds of one drug at 10 nM: replicate → ratios of its technical repeats; the vehicle is one."""
    rows = []
    for replicate, ratios in values.items():
        rows.append({"replicate": replicate, "membrane": replicate, "treatment": "vehicle", "ratio": 1.0})
        rows += [{"replicate": replicate, "membrane": replicate, "dose": 10.0, "ratio": r} for r in ratios]
    return normalise(lanes(rows))


def test_a_group_has_the_geometric_mean_of_its_replicates_with_its_t_interval() -> None:
    groups = summarise(study({"1": [0.5], "2": [0.25], "3": [0.4]}))
    row = groups[groups["treatment"] == "drug"].iloc[0]
    logs = np.log([0.5, 0.25, 0.4])
    half = stats.t.ppf(0.975, 2) * logs.std(ddof=1) / np.sqrt(3)
    assert row["geometric_mean"] == pytest.approx(np.exp(logs.mean()))
    assert row["ci_low"] == pytest.approx(np.exp(logs.mean() - half))
    assert row["ci_high"] == pytest.approx(np.exp(logs.mean() + half))
    assert row["mean"] == pytest.approx(np.mean([0.5, 0.25, 0.4]))
    assert row["sem"] == pytest.approx(np.std([0.5, 0.25, 0.4], ddof=1) / np.sqrt(3))
    assert row["percent_inhibition"] == pytest.approx(100 * (1 - row["mean"]))


def test_technical_repeats_are_averaged_first_and_do_not_count_in_n() -> None:
    row = summarise(study({"1": [0.1, 0.4], "2": [0.2]})).query("treatment == 'drug'").iloc[0]
    assert (row["n"], row["n_technical"]) == (2, 3)
    assert row["geometric_mean"] == pytest.approx(0.2)


def test_lanes_that_are_the_maximum_on_average_have_an_inhibition_of_zero_and_no_rounding() -> None:
    rows = []
    for replicate, ratios in {"1": [0.81, 1.13], "2": [0.7, 1.19], "3": [0.93, 1.07]}.items():
        where = {"replicate": replicate, "membrane": replicate}
        rows += [{**where, "treatment": "vehicle", "ratio": ratio} for ratio in ratios]
        rows += [{**where, "treatment": "vehicle", "stimulus": "none", "ratio": 0.03}, {**where, "ratio": 0.4}]
    groups = summarise(normalise(lanes(rows)))
    vehicle = groups[groups["treatment"] == "vehicle"]["percent_inhibition"]
    assert [str(float(value)) for value in vehicle] == ["0.0", "100.0"]


def test_a_value_of_zero_or_less_leaves_the_mean_and_takes_the_geometric_mean_away() -> None:
    row = summarise(study({"1": [0.1], "2": [-0.02]})).query("treatment == 'drug'").iloc[0]
    assert row["mean"] == pytest.approx(0.04)
    assert np.isnan(row["geometric_mean"])
    assert "non_positive" in row["flags"]


def test_groups_are_called_small_exactly_where_tests_give_no_p_value() -> None:
    folds = study({"1": [0.5], "2": [0.25]})
    for few in (2, 3):
        flagged = has_flag(summarise(folds, min_replicates=few)["flags"], Flag.FEW_REPLICATES).any()
        assert compare_groups(folds, min_replicates=few)["p"].isna().all() == flagged == (few == 3)


def test_one_replicate_has_no_spread() -> None:
    row = summarise(study({"1": [0.1]})).query("treatment == 'drug'").iloc[0]
    assert row["n"] == 1
    assert row[["sd", "sem", "ci_low"]].isna().all()


def test_ratios_are_summarised_where_there_is_no_reference() -> None:
    groups = summarise(normalise(lanes([{"treatment": "a", "ratio": 2.0}, {"treatment": "b", "ratio": 3.0}])))
    assert groups["mean"].tolist() == pytest.approx([2.0, 3.0])


def test_groups_stand_in_order_of_dose_and_further_columns_part_them() -> None:
    table = lanes([{"dose": d} for d in (100.0, 3.0, 30.0)]).assign(time_min=[10, 10, 60])
    groups = summarise(normalise(table), group_by=["time_min"])
    assert groups["dose"].tolist() == [3.0, 30.0, 100.0]
    assert groups["time_min"].tolist() == [10, 60, 10]
    assert summarise(normalise(table.assign(role="skip"))).empty


def test_a_condition_is_one_group_even_where_only_some_of_its_lanes_carry_the_role_of_the_control() -> None:
    rows = [
        {"replicate": r, "membrane": r, "treatment": "vehicle", "ratio": v, "role": role}
        for r, v, role in (("1", 1.0, "maximum"), ("2", 2.0, "sample"), ("3", 4.0, "maximum"))
    ]
    drug = [{"replicate": r, "membrane": r, "dose": 10.0, "ratio": 0.5} for r in ("1", "2", "3")]
    folds = normalise(lanes([*rows, *drug]), across="none")
    assert summarise(folds)["n"].tolist() == [3, 3]
    row = compare_groups(folds).iloc[0]
    assert (row["n"], row["n_versus"], row["versus"]) == (3, 3, "IL-6 + vehicle")


def test_the_groups_of_lanes_without_a_value_stay_and_say_so() -> None:
    row = summarise(study({"1": [0.5], "2": [np.nan], "3": [0.25]})).query("treatment == 'drug'").iloc[0]
    assert (row["n"], row["n_technical"]) == (2, 2)
    assert row["percent_inhibition"] == pytest.approx(62.5)
    assert "few_replicates" in row["flags"]
    lost = summarise(study({"1": [np.nan]})).query("treatment == 'drug'").iloc[0]
    assert (lost["n"], lost["n_technical"]) == (0, 0)
    assert lost[["mean", "sd", "sem", "geometric_mean", "ci_low", "ci_high", "percent_inhibition"]].isna().all()


def test_where_every_reference_is_lost_ratios_of_several_membranes_are_no_means() -> None:
    rows = []
    for place, scale in enumerate((1.0, 10.0, 100.0)):
        where = {"membrane": f"m{place}", "replicate": f"r{place}"}
        rows += [{**where, "treatment": "vehicle", "ratio": np.nan, "flags": "saturated"}]
        rows += [{**where, "dose": 10.0, "ratio": scale}]
    found = summarise(normalise(lanes(rows)))
    assert found["mean"].isna().all()
    assert (found["n"] == 0).all()
    assert found["flags"].str.contains("reference_saturated").all()
    named = [{**row, "treatment": "other"} for row in rows if "dose" in row]
    assert summarise(normalise(lanes(named)))["mean"].iloc[0] == pytest.approx(37.0)  # no reference was loaded
