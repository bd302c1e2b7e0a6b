"""Bringing membranes to one scale: by alignment, calibrators, sums or single lanes."""

from __future__ import annotations

import warnings

import numpy as np
import pandas as pd
import pytest

from blotquant.errors import QualityWarning, SettingsError, TableError
from blotquant.normalisation import membrane_scales, normalise
from tests.unit.test_normalisation import lanes


def membranes(*extra: dict[str, object], second: float = 4.0) -> pd.DataFrame:
    """Vehicle and two doses on two membranes, the second read ``second`` times as high."""
    rows: list[dict[str, object]] = []
    for name, scale in (("m1", 1.0), ("m2", second)):
        where = {"membrane": name, "replicate": name}
        rows += [{**where, "treatment": "vehicle", "ratio": 1.0 * scale}]
        rows += [{**where, "dose": dose, "ratio": value * scale} for dose, value in ((1.0, 0.8), (10.0, 0.2))]
    return lanes([*rows, *extra])


@pytest.mark.parametrize("across", ["alignment", "sum", "calibrator", "fixed"])
@pytest.mark.filterwarnings("ignore:across = fixed")
def test_every_way_finds_a_scale_that_is_there(across: str) -> None:
    calibrators = [{"membrane": m, "role": "calibrator", "treatment": "pool", "ratio": 0.5 * s}
                   for m, s in (("m1", 1.0), ("m2", 4.0))]  # fmt: skip
    table = membranes(*calibrators)
    scales = membrane_scales(table, across=across)
    assert scales["name"].tolist() == ["m1", "m2"]
    assert scales["value"].tolist() == pytest.approx([0.5, 2.0])
    assert set(scales["parameter"]) == {"STAT3 Y705 P/S"}
    assert scales[["scope", "unit"]].iloc[0].tolist() == ["membrane", ""]
    assert scales["kind"].tolist() == ["scale", "scale"]
    folds = normalise(table, across=across)
    assert folds["fold"].iloc[:6].tolist() == pytest.approx([1.0, 0.8, 0.2] * 2)
    assert folds["fold"].iloc[6:].isna().all()
    assert folds["ratio"].tolist() == table["ratio"].tolist()
    assert folds["ratio_se"].tolist() == table["ratio_se"].tolist()
    assert folds["ratio_loq"].tolist() == table["ratio_loq"].tolist()


def test_the_scale_of_a_calibrator_is_the_geometric_mean_of_its_lanes() -> None:
    pool = [{"membrane": "m1", "role": "calibrator", "treatment": "pool", "ratio": r} for r in (1.0, 4.0)]
    pool += [{"membrane": "m2", "role": "calibrator", "treatment": "pool", "ratio": 8.0}]
    assert membrane_scales(membranes(*pool), across="calibrator")["value"].tolist() == pytest.approx([0.5, 2.0])


@pytest.mark.parametrize("ratio", [0.0, 0.005, np.nan])
def test_a_calibrator_below_its_limit_is_none(ratio: float) -> None:
    pool = [{"membrane": "m1", "role": "calibrator", "treatment": "pool", "ratio": 1.0},
            {"membrane": "m2", "role": "calibrator", "treatment": "pool", "ratio": ratio}]  # fmt: skip
    with pytest.raises(TableError, match="across = calibrator: membrane 'm2' has no calibrator lane above its limit"):
        normalise(membranes(*pool), across="calibrator")


def test_a_single_lane_as_the_scale_is_warned_of() -> None:
    with pytest.warns(QualityWarning, match="across = fixed divides by single lanes"):
        folds = normalise(membranes(), across="fixed")
    assert folds["fold"].tolist() == pytest.approx([1.0, 0.8, 0.2] * 2)
    with pytest.warns(QualityWarning, match="fixed"):
        scales = membrane_scales(membranes(), across="fixed", reference={"dose": 10})
    assert scales["value"].tolist() == pytest.approx([0.5, 2.0])
    table = membranes()
    table.loc[5, "ratio"] *= 4.0  # the two highest doses differ by sixteen, the vehicles by four
    with pytest.warns(QualityWarning, match="fixed"):
        named = membrane_scales(table, across="fixed", reference={"dose": 10})
    assert named["value"].tolist() == pytest.approx([0.25, 4.0])


def test_a_named_maximum_is_the_fixed_lane_of_the_scales_that_are_listed() -> None:
    table = membranes({"membrane": "m1", "treatment": "sham", "ratio": 3.0},
                      {"membrane": "m2", "treatment": "sham", "ratio": 27.0})  # fmt: skip
    with pytest.warns(QualityWarning, match="fixed"):
        folds = normalise(table, across="fixed", maximum={"treatment": "sham"})
    assert folds["fold"].iloc[[6, 7]].tolist() == pytest.approx([1.0, 1.0])
    with pytest.warns(QualityWarning, match="fixed"):
        scales = membrane_scales(folds, across="fixed")
    assert scales["value"].tolist() == pytest.approx([1 / 3, 3.0])


def test_values_below_their_limit_do_not_move_the_alignment() -> None:
    table = membranes(
        {"membrane": "m1", "dose": 100.0, "ratio": 0.001}, {"membrane": "m2", "dose": 100.0, "ratio": 0.009},
        {"membrane": "m1", "dose": 300.0, "ratio": -0.1, "ratio_loq": np.nan},
        {"membrane": "m2", "dose": 300.0, "ratio": 0.0, "ratio_loq": np.nan},
    )  # fmt: skip
    assert membrane_scales(table)["value"].tolist() == pytest.approx([0.5, 2.0])


def test_alignment_takes_the_geometric_mean_over_the_conditions_and_says_its_error() -> None:
    table = membranes()
    table.loc[5, "ratio"] *= 8.0  # one of three conditions disagrees: factors 4, 4, 32, geometric mean 8
    scales = membrane_scales(table)
    assert scales["value"].tolist() == pytest.approx([8.0**-0.5, 8.0**0.5])
    # residuals of ln y: ± ln 2 · (1/2, 1/2, −1), one each on two membranes; 6 values − 4 parameters
    sigma = np.sqrt(2.0 * np.log(2.0) ** 2 * (0.25 + 0.25 + 1.0) / 2.0)
    error = sigma * np.sqrt(2.0 / 3.0) / 2.0  # half the difference of two means of three
    assert (scales["se"] / scales["value"]).tolist() == pytest.approx([error] * 2)
    assert scales["note"].iloc[0] == f"alignment over 3 conditions, residual SD of ln {sigma:.3g}"


@pytest.mark.parametrize(
    ("across", "note"),
    [
        ("sum", "sum, from the sum over the conditions that lie on every membrane"),
        ("fixed", "fixed, from the reference lanes of each membrane"),
    ],
)
def test_scales_without_a_fit_say_what_they_rest_on_and_no_spread_that_is_not_known(across: str, note: str) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", QualityWarning)  # of a single reference lane
        scales = membrane_scales(membranes(), across=across, reference={"treatment": "vehicle"})
    assert scales["note"].tolist() == [note] * 2


def test_conditions_are_told_apart_by_the_further_columns() -> None:
    table = membranes().assign(time_min=[10, 10, 10, 10, 60, 60])
    # only the vehicle is shared; the doses are other conditions
    table.loc[[4, 5], "ratio"] *= 100.0
    assert membrane_scales(table, group_by=["time_min"])["value"].tolist() == pytest.approx([0.5, 2.0])
    assert membrane_scales(table)["value"].iloc[1] == pytest.approx(2.0 * 100.0 ** (1 / 3))


def test_the_sum_is_over_the_conditions_that_lie_on_every_membrane() -> None:
    table = membranes({"membrane": "m1", "dose": 100.0, "ratio": 50.0}, {"membrane": "m2", "dose": 1.0, "ratio": 3.2})
    assert membrane_scales(table, across="sum")["value"].tolist() == pytest.approx([0.5, 2.0])
    apart = lanes([{"treatment": "vehicle"}, {"membrane": "m2", "treatment": "other"}])
    with pytest.raises(TableError, match="across = sum: no condition lies on every membrane"):
        membrane_scales(apart, across="sum")
    lost = membranes({"membrane": "m3", "treatment": "vehicle", "ratio": -5.0})
    with pytest.raises(TableError, match="across = sum"):
        membrane_scales(lost, across="sum")
    small = membranes()
    small["ratio"] *= 0.01
    assert membrane_scales(small, across="sum")["value"].tolist() == pytest.approx([0.5, 2.0])


def test_each_target_has_its_own_scales_and_a_membrane_without_one_has_no_fold() -> None:
    other = membranes(second=9.0).assign(target="STAT5")
    lost = lanes([{"membrane": "m3", "replicate": "m3", "treatment": "vehicle", "ratio": 0.001}])
    table = pd.concat([membranes(), other, lost], ignore_index=True)
    scales = membrane_scales(table)
    assert scales["value"].tolist() == pytest.approx([0.5, 2.0, 1 / 3, 3.0])
    folds = normalise(table, across="alignment")
    assert folds["fold"].iloc[:12].tolist() == pytest.approx([1.0, 0.8, 0.2] * 4)
    assert np.isnan(folds["fold"].iloc[12])


def test_ladders_and_excluded_lanes_have_no_say_in_a_scale() -> None:
    wild = [{"membrane": "m2", "dose": 1.0, "ratio": 1e6, "role": "standard"},
            {"membrane": "m2", "dose": 1.0, "ratio": 1e6, "flags": "excluded"}]  # fmt: skip
    assert membrane_scales(membranes(*wild))["value"].tolist() == pytest.approx([0.5, 2.0])


def test_without_a_scale_there_are_no_rows_and_an_unknown_way_is_an_error() -> None:
    assert membrane_scales(membranes(), across="reference").empty
    assert membrane_scales(membranes(), across="none").empty
    with pytest.raises(SettingsError, match="across = 'summ' is not known; did you mean 'sum'"):
        membrane_scales(membranes(), across="summ")
