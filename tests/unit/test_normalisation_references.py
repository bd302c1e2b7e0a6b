"""What is said of lanes whose reference has no number, or is of another stimulus or cell than they are."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from blotquant.dose_response import fit_dose_response
from blotquant.errors import QualityWarning
from blotquant.normalisation import normalise, warn_of_references
from tests.unit.test_normalisation import lanes

SATURATED = {"treatment": "vehicle", "ratio": np.nan, "flags": "saturated", "bound": "lower"}


def blocks(*vehicles: dict[str, Any]) -> list[dict[str, Any]]:
    """One replicate on a membrane of its own for each vehicle lane: unstimulated, vehicle, drug."""
    rows: list[dict[str, Any]] = []
    for place, vehicle in enumerate(vehicles, start=1):
        where = {"membrane": f"rep{place}", "replicate": str(place)}
        rows += [
            {**where, "stimulus": "none", "treatment": "vehicle", "ratio": 0.1},
            {**where, "treatment": "vehicle", "ratio": 2.0, **vehicle},
            {**where, "dose": 10.0, "ratio": 1.0},
        ]
    return rows


def test_a_saturated_reference_is_said_on_every_lane_that_lost_its_fold() -> None:
    folds = normalise(lanes(blocks(SATURATED, {}, {})))
    assert folds["fold"].isna().tolist() == [True] * 3 + [False] * 6
    assert folds["percent_activity"].isna().tolist() == [True] * 3 + [False] * 6
    assert folds["flags"].str.contains("reference_saturated").tolist() == [True] * 3 + [False] * 6
    assert not folds["flags"].str.contains("reference_missing").any()
    with pytest.warns(
        QualityWarning, match=r"^STAT3 Y705 on rep1: the reference \(IL-6 \+ vehicle\) is saturated"
    ) as seen:
        warn_of_references(folds)
    assert len(seen) == 1


@pytest.mark.parametrize("lost", [{"ratio": np.nan}, {"role": "skip"}, {"flags": "excluded"}])
def test_a_reference_without_a_number_is_missing_for_its_block(lost: dict[str, Any]) -> None:
    folds = normalise(lanes(blocks({}, lost)))
    assert folds["fold"].isna().tolist() == [False] * 3 + [True] * 3
    hit = folds["flags"].str.contains("reference_missing").tolist()
    assert [hit[row] for row in (0, 1, 2, 3, 5)] == [False, False, False, True, True]
    with pytest.warns(QualityWarning, match=r"STAT3 Y705 on rep2: the reference .* has no ratio"):
        warn_of_references(folds)


def test_a_saturated_maximum_beside_a_sound_reference_leaves_the_fold_and_is_said() -> None:
    rows = [SATURATED, {"treatment": "sham", "ratio": 2.0}, {"ratio": 1.0}]
    folds = normalise(lanes(rows), reference={"treatment": "sham"})
    assert folds["fold"].iloc[1:].tolist() == pytest.approx([1.0, 0.5])
    assert folds["percent_activity"].isna().all()
    assert folds["flags"].str.contains("reference_saturated").all()


def test_one_sound_lane_of_the_reference_is_enough_and_no_control_at_all_is_no_doubt() -> None:
    rows = [SATURATED, {"treatment": "vehicle", "ratio": 2.0}, {"ratio": 1.0}]
    assert not normalise(lanes(rows))["flags"].str.contains("reference").any()
    free = normalise(lanes([{"treatment": "a"}, {"treatment": "b"}]))
    assert set(free["flags"]) == {""}


TWO = [
    {"stimulus": "none", "treatment": "vehicle", "ratio": 0.1},
    {"stimulus": "IL-6", "treatment": "vehicle", "ratio": 2.0},
    {"stimulus": "IL-6", "dose": 10.0, "ratio": 1.0},
    {"stimulus": "IFN", "dose": 10.0, "ratio": 3.0, "ratio_se": 0.2},
]


@pytest.mark.parametrize("named", [None, {"treatment": "vehicle", "stimulus": "IL-6"}])
def test_a_stimulus_without_a_maximum_of_its_own_has_no_percent_activity(named: dict[str, str] | None) -> None:
    folds = normalise(lanes(TWO), maximum=named)
    assert folds["fold"].tolist() == pytest.approx([0.05, 1.0, 0.5, 1.5])
    assert folds["percent_activity"].iloc[:3].tolist() == pytest.approx([0.0, 100.0, 100 * 0.9 / 1.9])
    assert folds[["percent_activity", "percent_activity_se", "percent_inhibition"]].iloc[3].isna().all()
    assert folds["flags"].str.contains("reference_unlike").tolist() == [False, False, False, True]
    # its curve is one of folds, beside the other stimulus' percent
    assert folds["response"].tolist() == pytest.approx([0.0, 100.0, 100 * 0.9 / 1.9, 1.5])
    assert folds["response_se"].iloc[3] == pytest.approx(0.1)
    with pytest.warns(QualityWarning, match=r"STAT3 Y705: .*IFN .*reference.* IL-6 \+ vehicle"):
        warn_of_references(folds)


def test_a_curve_of_folds_has_no_zero_dose_in_percent() -> None:
    doses = (1.0, 3.0, 10.0, 30.0, 100.0)
    given = [{**TWO[3], "dose": dose, "ratio": 3.0 / (1.0 + dose / 8.0)} for dose in doses]
    folds = normalise(lanes([*TWO[:3], *given]))
    fit = next(fit for fit in fit_dose_response(folds).fits if fit.keys["stimulus"] == "IFN")
    assert fit.response_unit == ""
    assert fit.points["response"].max() < 2.0
    assert fit.points["dose"].tolist() == list(doses)


def test_a_reference_named_for_all_is_no_doubt_but_gives_no_percent_activity() -> None:
    folds = normalise(lanes(TWO), reference={"treatment": "vehicle", "stimulus": "none"})
    assert folds["fold"].tolist() == pytest.approx([1.0, 20.0, 10.0, 30.0])
    assert np.isnan(folds["percent_activity"].iloc[3])
    assert folds["flags"].str.contains("reference_unlike").tolist() == [False, False, False, True]  # of the maximum
    own = [*TWO, {"stimulus": "IFN", "treatment": "vehicle", "ratio": 6.0}]
    both = normalise(lanes(own), reference={"treatment": "vehicle", "stimulus": "none"})
    assert both["percent_activity"].iloc[3] == pytest.approx(100 * 2.9 / 5.9)
    assert set(both["flags"]) == {""}


def test_a_reference_of_another_cell_serves_is_flagged_and_named() -> None:
    rows = [{"treatment": "vehicle", "ratio": 4.0}, {"dose": 1.0, "ratio": 2.0}, {"dose": 1.0, "ratio": 1.0}]
    table = lanes(rows).assign(time_min=[20.0, 20.0, 10.0])
    folds = normalise(table, group_by=["time_min"])
    assert folds["fold"].tolist() == pytest.approx([1.0, 0.5, 0.25])
    assert folds["flags"].tolist() == ["", "", "reference_unlike"]
    assert folds["reference"].tolist() == ["IL-6 + vehicle"] * 2 + ["IL-6 + vehicle (time_min 20)"]
    named = normalise(table, group_by=["time_min"], reference={"treatment": "vehicle", "time_min": 20})
    assert set(named["flags"]) == {"", "reference_unlike"}  # the maximum's cell was not named
    free = normalise(table, group_by=["time_min"], maximum={"treatment": "vehicle", "time_min": 20})
    assert set(free["flags"]) == {""}


def test_each_lane_names_its_own_reference() -> None:
    rows = [{"stimulus": s, "treatment": t} for s in ("IL-6", "IFN") for t in ("vehicle", "drug")]
    folds = normalise(lanes(rows))
    assert folds["reference"].tolist() == ["IL-6 + vehicle"] * 2 + ["IFN + vehicle"] * 2
    lone = normalise(lanes([*rows, {"stimulus": "IL-4"}]))
    assert lone["reference"].iloc[4] == ""
    assert lone["flags"].iloc[4] == "reference_missing"
