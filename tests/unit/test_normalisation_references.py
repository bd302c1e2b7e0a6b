"""What is said of lanes whose reference has no number, or is of another stimulus or cell than they are."""

from __future__ import annotations

import warnings
from typing import Any

import numpy as np
import pandas as pd
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


def test_one_saturated_control_of_several_is_left_out_of_their_mean_and_warned_of() -> None:
    rows = [*blocks({}, {}), {**SATURATED, "membrane": "rep1", "replicate": "1"}]
    folds = normalise(lanes(rows))
    assert folds["fold"].iloc[2] == folds["fold"].iloc[5] == pytest.approx(0.5)
    assert not folds["flags"].str.contains("reference_saturated").any()
    text = r"^STAT3 Y705 on rep1: 1 lane of IL-6 \+ vehicle is saturated and left out of the controls' mean"
    with pytest.warns(QualityWarning, match=text) as seen:
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


def said(folds: pd.DataFrame) -> list[str]:
    """Texts of the warnings."""
    with warnings.catch_warnings(record=True) as seen:
        warnings.simplefilter("always")
        warn_of_references(folds)
    return [str(one.message) for one in seen]


RESTING = {"treatment": "vehicle", "stimulus": "none"}


def test_the_control_that_is_lost_is_named_with_what_is_lost_by_it() -> None:
    lost_maximum = normalise(lanes(blocks(SATURATED, {})), reference=RESTING)
    assert lost_maximum["fold"].iloc[2] == pytest.approx(10.0)
    (text,) = said(lost_maximum)
    assert text.startswith(
        "STAT3 Y705 on rep1: the maximum (IL-6 + vehicle) is saturated, so lanes have no percent activity and are not "
        "in curves; expose shorter"
    )
    rows = [{"treatment": "vehicle", "ratio": 2.0}, {**SATURATED, "treatment": "sham"}, {"ratio": 1.0}]
    (text,) = said(normalise(lanes(rows), reference={"treatment": "sham"}))
    assert "the reference (IL-6 + sham) is saturated, so lanes have no fold; expose" in text


@pytest.mark.parametrize(
    ("lost", "why"),
    [
        (SATURATED, "is saturated"),
        ({"ratio": 0.005}, "is below its limit of quantification"),
        ({"ratio": np.nan}, "has no"),
    ],
)
def test_ratios_do_not_stand_in_for_a_reference_that_is_lost_everywhere(lost: dict[str, Any], why: str) -> None:
    doses = [{"membrane": f"rep{n}", "replicate": str(n), "dose": 10.0**k} for n in (1, 2) for k in range(5)]
    folds = normalise(lanes([*blocks(lost, lost), *doses]))
    assert folds["ratio"].notna().any()
    assert folds["response"].isna().all()
    (text,) = said(folds)
    assert f"the reference (IL-6 + vehicle) {why}" in text
    assert "so lanes have no fold or percent activity and are not in curves" in text
    assert not fit_dose_response(folds).fits


def test_a_stimulus_without_any_reference_is_missing_one_and_not_unlike() -> None:
    rows = [{**RESTING, "ratio": 0.1}, {"treatment": "vehicle"}, {"dose": 1.0}]
    folds = normalise(lanes([*rows, {"stimulus": "IFN", "dose": 1.0}]), reference={"treatment": "vehicle"})
    assert folds["flags"].tolist() == [""] * 3 + ["reference_missing"]
    assert np.isnan(folds["response"].iloc[3])
    (text,) = said(folds)
    assert text.startswith(
        "STAT3 Y705 on m1: lanes under IFN have no reference of their own stimulus, so no fold or percent "
        "activity and are not in curves; load"
    )


@pytest.mark.parametrize("others", [("A",), ("A", "C")])
def test_a_stimulus_without_a_maximum_has_a_curve_of_folds_where_it_has_folds(others: tuple[str, ...]) -> None:
    rows: list[dict[str, Any]] = [{"stimulus": "none", "treatment": "vehicle", "ratio": 0.1}]
    rows += [{"stimulus": one, "treatment": what, "dose": dose} for one in others for what, dose in MAXIMUM_AND_DRUG]
    rows += [{"stimulus": "B", "dose": 1.0, "ratio": 0.5}]
    folds = normalise(lanes(rows), reference=RESTING)
    assert np.isnan(folds["percent_activity"].iloc[-1])
    assert folds["response"].iloc[-1] == pytest.approx(5.0)
    (text,) = said(folds)
    assert "lanes under B have no maximum of their own stimulus" in text
    assert "no percent activity and curves of folds" in text


def test_between_two_maxima_of_others_a_stimulus_has_neither_fold_nor_curve() -> None:
    rows = [{"stimulus": one, "treatment": what, "dose": dose} for one in "AC" for what, dose in MAXIMUM_AND_DRUG]
    folds = normalise(lanes([*rows, {"stimulus": "B", "dose": 1.0, "ratio": 0.5}]))
    assert folds[["fold", "percent_activity", "response"]].iloc[-1].isna().all()
    (text,) = said(folds)
    assert "lanes under B have no reference of their own stimulus" in text
    assert "are not in curves" in text


@pytest.mark.parametrize(
    ("column", "other"), [("time_min", {"time_min": 10.0}), ("stimulus", {"stimulus": "IFN", "time_min": 0.0})]
)
def test_a_reference_named_with_cell_or_stimulus_is_meant_for_all_of_them(column: str, other: dict[str, Any]) -> None:
    given = [{"treatment": "vehicle", "time_min": 0.0}, {"dose": 1.0, "time_min": 0.0}, {"dose": 1.0, **other}]
    table = lanes(given).assign(time_min=[row["time_min"] for row in given])
    wanted = {"treatment": "vehicle", column: {"time_min": 0.0, "stimulus": "IL-6"}[column]}
    free = normalise(table, group_by=["time_min"], reference=wanted)
    assert free["fold"].iloc[2] == pytest.approx(1.0)
    assert set(free["flags"]) == {""}
    assert not said(free)
    bare = normalise(table, group_by=["time_min"], reference={"treatment": "vehicle"})
    assert bare["flags"].tolist() == ["", "", "reference_unlike"]
    assert "meant for all, with its stimulus and cell, as [control] reference" in said(bare)[0]


def test_naming_a_reference_that_is_not_the_maximum_leaves_the_doubt_about_the_maximum() -> None:
    given = [{"treatment": "vehicle"}, {"treatment": "sham"}, {"dose": 1.0}, {"dose": 1.0}]
    table = lanes(given).assign(time_min=[0.0, 0.0, 0.0, 10.0])
    folds = normalise(table, group_by=["time_min"], reference={"treatment": "sham", "time_min": 0.0})
    assert folds["flags"].tolist() == ["", "", "", "reference_unlike"]
    assert "name those that are meant for all, with their cell, as [control] maximum and reference" in said(folds)[0]


MAXIMUM_AND_DRUG = [("vehicle", np.nan), ("drug", 1.0)]
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
    assert set(named["flags"]) == {""}  # the reference is the maximum, so its cell is named for both
    free = normalise(table, group_by=["time_min"], maximum={"treatment": "vehicle", "time_min": 20})
    assert set(free["flags"]) == {""}


def test_each_lane_names_its_own_reference() -> None:
    rows = [{"stimulus": s, "treatment": t} for s in ("IL-6", "IFN") for t in ("vehicle", "drug")]
    folds = normalise(lanes(rows))
    assert folds["reference"].tolist() == ["IL-6 + vehicle"] * 2 + ["IFN + vehicle"] * 2
    lone = normalise(lanes([*rows, {"stimulus": "IL-4"}]))
    assert lone["reference"].iloc[4] == ""
    assert lone["flags"].iloc[4] == "reference_missing"


def time_course(**cells: float) -> pd.DataFrame:
    """Two times of a stimulus beside an unstimulated lane of time 0, in each cell line; twenty-fold at 30 min."""
    rows, cell, time = [], [], []
    for name, level in cells.items():
        for stimulus, minutes, fold in (("none", 0.0, 1.0), ("IL-6", 5.0, 10.0), ("IL-6", 30.0, 20.0)):
            rows.append({"treatment": "vehicle", "stimulus": stimulus, "ratio": level * fold})
            cell.append(name)
            time.append(minutes)
    return lanes(rows).assign(cell=cell, time_min=time)


@pytest.mark.parametrize("group_by", [["cell", "time_min"], ["time_min", "cell"]])
def test_a_lane_without_a_reference_of_its_time_is_held_against_that_of_its_cell_line(group_by: list[str]) -> None:
    folds = normalise(time_course(HeLa=0.05, Jurkat=0.02), group_by=group_by, reference={"stimulus": "none"})
    assert folds["fold"].tolist() == pytest.approx([1.0, 10.0, 20.0] * 2)
    own = {"cell": "cell HeLa", "time_min": "time_min 0"}
    assert folds["reference"].tolist()[1:3] == [f"vehicle ({', '.join(own[name] for name in group_by)})"] * 2
    assert folds["flags"].str.contains("reference_unlike").tolist() == [False, True, True] * 2


def test_of_as_many_columns_the_first_of_group_by_are_kept() -> None:
    table = time_course(HeLa=0.05, Jurkat=0.02)
    table.loc[3, "time_min"] = 5.0  # a reference of the same time in the other line, of another time in its own
    for group_by, fold in ((["cell", "time_min"], 10.0), (["time_min", "cell"], 25.0)):
        folds = normalise(table, group_by=group_by, reference={"stimulus": "none"})
        assert folds["fold"].iloc[1] == pytest.approx(fold)


def test_no_maximum_is_guessed_where_a_reference_is_named_and_nothing_is_held_against_a_maximum() -> None:
    table = time_course(HeLa=0.05)
    for named in ({"stimulus": "none"}, {"stimulus": "none", "time_min": 0.0}):
        for group_by in ([], ["time_min"]):
            folds = normalise(table, group_by=group_by, reference=named)
            assert folds["fold"].tolist() == pytest.approx([1.0, 10.0, 20.0])
            assert folds[["percent_activity", "percent_inhibition"]].isna().all(axis=None)
            assert "maximum" not in set(folds["role"])
            assert folds["response"].tolist() == pytest.approx([1.0, 10.0, 20.0])
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        warn_of_references(folds)
    drug = {"treatment": "drug", "stimulus": "IL-6", "dose": 10.0, "ratio": 0.4}
    with_drug = lanes([*time_course(HeLa=0.05).drop(columns=["cell", "time_min"]).to_dict("records"), drug])
    folds = normalise(with_drug, reference={"stimulus": "none"})
    assert folds["percent_activity"].notna().all()  # a drug's vehicle is its zero dose, and obvious
    given = time_course(HeLa=0.05).assign(role=["sample", "sample", "maximum"])
    assert normalise(given, reference={"stimulus": "none"})["percent_activity"].iloc[2] == pytest.approx(100.0)


def test_the_warning_of_an_unlike_reference_asks_for_no_maximum_where_there_is_none() -> None:
    folds = normalise(
        time_course(HeLa=0.05, Jurkat=0.02), group_by=["cell", "time_min"], reference={"stimulus": "none"}
    )
    with pytest.warns(QualityWarning, match="their folds are against vehicle") as seen:
        warn_of_references(folds)
    assert len(seen) == 1
    assert "maximum" not in str(seen[0].message)
