"""percent_activity(): the controls of a plate, whichever wells they stand in and whatever they carry."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from blotquant.dose_response import fit_dose_response
from blotquant.errors import QualityWarning, TableError
from blotquant.normalisation import percent_activity


def wells(*rows: dict[str, object]) -> pd.DataFrame:
    """One well a row; what is not said is the same for all."""
    default = {"role": "sample", "treatment": "x", "dose": 1.0, "target": "JAK1", "replicate": "1", "stimulus": ""}
    return pd.DataFrame([{**default, **row} for row in rows])


def controls(high: float, low: float, **where: object) -> list[dict[str, object]]:
    """One maximum and one minimum well."""
    return [{**where, "role": "maximum", "response": high}, {**where, "role": "minimum", "response": low}]


def test_the_error_of_percent_activity_is_that_of_both_controls_means() -> None:
    high, low = [{"role": "maximum", "response": r} for r in (90.0, 110.0)], [
        {"role": "minimum", "response": r} for r in (8.0, 10.0, 12.0)
    ]  # fmt: skip
    out = percent_activity(wells(*high, *low, {"response": 32.5})).iloc[-1]
    # means 100 and 10, a quarter of the way up; SEM 10 of the maximum, 2/√3 of the minimum
    assert out["percent_activity"] == pytest.approx(25.0)
    assert out["percent_activity_se"] == pytest.approx(100.0 * np.hypot(0.25 * 10.0, 0.75 * 2.0 / np.sqrt(3.0)) / 90.0)
    assert out["fold"] == pytest.approx(0.325)
    assert out["reference"] == "maximum"


def test_without_a_minimum_zero_signal_is_zero_activity() -> None:
    out = percent_activity(wells({"role": "maximum", "response": 200.0}, {"response": 50.0}))
    assert out["response"].tolist() == pytest.approx([100.0, 25.0])
    assert out["percent_activity_se"].tolist() == [0.0, 0.0]


def test_what_comes_out_says_what_served_as_control() -> None:
    out = percent_activity(wells(*controls(10.0, 110.0, plate="p1"), {"plate": "p1", "response": 60.0}))
    assert out["role"].tolist() == ["maximum", "minimum", "sample"]
    assert out["is_reference"].tolist() == [True, False, False]
    assert out["membrane"].tolist() == ["p1"] * 3
    assert out["detected"].tolist() == [True] * 3


def test_a_plate_keeps_the_membrane_it_was_read_from() -> None:
    out = percent_activity(wells({"plate": "p1", "membrane": "m9", "response": 60.0}))
    assert out["membrane"].tolist() == ["m9"]
    assert out["is_reference"].tolist() == [False]


def test_controls_can_be_named_by_a_condition() -> None:
    table = wells(
        {"treatment": "DMSO", "response": 80.0}, {"treatment": "blank", "response": 20.0}, {"response": 35.0},
    )  # fmt: skip
    out = percent_activity(table, maximum={"treatment": "dmso"}, minimum={"treatment": "blank"})
    assert out["response"].tolist() == pytest.approx([100.0, 0.0, 25.0])
    assert out["role"].tolist() == ["maximum", "minimum", "sample"]
    with pytest.raises(TableError, match="control maximum: no sample has treatment = 'DMSOO'"):
        percent_activity(table, maximum={"treatment": "DMSOO"})
    with pytest.raises(TableError, match="control minimum: no sample has treatment = 'blnk'"):
        percent_activity(table, maximum={"treatment": "dmso"}, minimum={"treatment": "blnk"})


def test_replicates_have_controls_of_their_own_where_each_was_given_some() -> None:
    first = [*controls(100.0, 0.0, replicate="1"), {"replicate": "1", "response": 50.0}]
    second = [*controls(200.0, 0.0, replicate="2"), {"replicate": "2", "response": 50.0}]
    own = percent_activity(wells(*first, *second))
    assert own["response"].iloc[[2, 5]].tolist() == pytest.approx([50.0, 25.0])
    shared = percent_activity(wells(*first, {"replicate": "2", "response": 25.0}))
    assert shared["response"].iloc[-1] == pytest.approx(25.0)


def test_replicates_on_one_plate_share_its_controls() -> None:
    rows = [*controls(100.0, 0.0, plate="p", replicate="1"), *controls(300.0, 0.0, plate="p", replicate="2")]
    out = percent_activity(wells(*rows, {"plate": "p", "replicate": "1", "response": 50.0}))
    assert out["response"].iloc[-1] == pytest.approx(25.0)


@pytest.mark.parametrize("column", ["target", "stimulus"])
def test_targets_and_stimuli_have_controls_of_their_own_where_each_was_given_some(column: str) -> None:
    rows = [*controls(100.0, 0.0, **{column: "a"}), *controls(400.0, 0.0, **{column: "b"})]
    out = percent_activity(wells(*rows, {column: "a", "response": 50.0}, {column: "b", "response": 100.0}))
    assert out["response"].iloc[-2:].tolist() == pytest.approx([50.0, 25.0])


def test_blanks_without_a_target_serve_all_and_leave_each_target_its_own_maximum() -> None:
    rows: list[dict[str, object]] = [
        {"role": "maximum", "target": "JAK1", "response": 110.0},
        {"role": "maximum", "target": "JAK2", "response": 510.0},
        {"role": "minimum", "target": "", "response": 10.0},
        {"target": "JAK1", "response": 60.0},
        {"target": "JAK2", "response": 60.0},
    ]
    out = percent_activity(wells(*rows))
    assert out["response"].iloc[-2:].tolist() == pytest.approx([50.0, 10.0])


def test_unstimulated_blanks_serve_every_stimulus() -> None:
    rows: list[dict[str, object]] = [
        {"role": "maximum", "stimulus": "IL-6", "response": 100.0},
        {"role": "maximum", "stimulus": "IFN", "response": 400.0},
        {"role": "minimum", "stimulus": "none", "response": 0.0},
        {"stimulus": "IL-6", "response": 50.0},
        {"stimulus": "IFN", "response": 100.0},
        {"stimulus": "none", "response": 1.0},
    ]
    out = percent_activity(wells(*rows))
    assert out["response"].iloc[-3:-1].tolist() == pytest.approx([50.0, 25.0])
    assert np.isnan(out["response"].iloc[-1])  # which of the two would be its 100 %?


def test_one_maximum_serves_every_stimulus() -> None:
    rows = [*controls(100.0, 0.0, stimulus="IL-6"), {"stimulus": "none", "response": 5.0}]
    assert percent_activity(wells(*rows))["response"].iloc[-1] == pytest.approx(5.0)
    wide = [*controls(100.0, 0.0), *({"stimulus": one, "response": 5.0} for one in ("IL-6", "GM"))]
    assert percent_activity(wells(*wide))["response"].iloc[-2:].tolist() == pytest.approx([5.0, 5.0])


def test_minima_of_one_stimulus_serve_the_others() -> None:
    rows = [{"role": "minimum", "stimulus": "IL-6", "response": 10.0}]
    for one in ("IL-6", "GM"):
        rows += [{"role": "maximum", "stimulus": one, "response": 110.0}, {"stimulus": one, "response": 60.0}]
    assert percent_activity(wells(*rows))["response"].iloc[[2, 4]].tolist() == pytest.approx([50.0, 50.0])


def test_minima_without_a_replicate_serve_all_and_leave_each_its_own_maximum() -> None:
    rows: list[dict[str, object]] = [{"role": "minimum", "replicate": "", "response": 10.0}]
    for replicate, high in (("a", 110.0), ("b", 210.0)):
        rows += [{"role": "maximum", "replicate": replicate, "response": high}]
        rows += [{"replicate": replicate, "response": 60.0}]
    assert percent_activity(wells(*rows))["response"].iloc[[2, 4]].tolist() == pytest.approx([50.0, 25.0])
    own = [{"role": "minimum", "replicate": "a", "response": 10.0}, *rows[1:]]
    with pytest.raises(TableError, match="replicate 'b' has no minimum control"):
        percent_activity(wells(*own))


def test_a_plate_whose_controls_are_not_told_apart_is_left_out_beside_others_and_that_is_said() -> None:
    closed = [*controls(9.0, 9.0, plate="p1"), *({"plate": "p1", "dose": d, "response": 5.0} for d in (1.0, 10.0))]
    sound = [*controls(9.0, 1.0, plate="p2"), *({"plate": "p2", "dose": d, "response": 5.0} for d in (1.0, 10.0))]
    with pytest.warns(QualityWarning, match="plate p1: .* have no percent activity and are left out of curves; check"):
        out = percent_activity(wells(*closed, *sound))
    (fit,) = fit_dose_response(out).fits
    assert set(fit.points["plate"]) == {"p2"}
    with pytest.warns(QualityWarning, match="plate p1: .* and the signal relative to the maximum is fitted; check"):
        alone = percent_activity(wells(*closed))
    (fit,) = fit_dose_response(alone).fits
    assert fit.points.loc[~fit.points["shared"], "response"].tolist() == pytest.approx([5.0 / 9.0] * 2)


@pytest.mark.parametrize(
    ("rows", "words"),
    [
        ([*controls(9.0, 1.0, plate="p1"), {"plate": "p2", "response": 5.0}], "plate 'p2' has no maximum control"),
        (
            [*controls(9.0, 1.0, plate="p1"), {"plate": "p2", "role": "maximum", "response": 9.0},
             {"plate": "p2", "response": 5.0}],
            "plate 'p2' has no minimum control; give one of its wells the role minimum",
        ),
        (
            [*controls(9.0, 1.0), {"response": 5.0}, {"target": "JAK2", "response": 5.0}],
            "target 'JAK2' has no maximum control; give one of its wells the role maximum",
        ),
        (
            [*controls(9.0, 1.0, stimulus="a"), *controls(9.0, 1.0, stimulus="b"), {"stimulus": "a", "response": 1.0},
             {"stimulus": "c", "response": 5.0}],
            "stimulus 'c' has no maximum control",
        ),
        (
            [{"role": "maximum", "stimulus": "IL-6", "response": 9.0}, {"stimulus": "il-6", "response": 5.0},
             {"stimulus": "GM", "response": 5.0}],
            "stimulus 'GM' has no maximum control; .* one that serves every stimulus names none",
        ),
        ([{"role": "maximum", "response": np.nan}, {"response": 5.0}], "the table has no maximum control"),
        (
            [*controls(9.0, 1.0, replicate="1"), {"response": 5.0}, *controls(90.0, 10.0, replicate="2"),
             {"replicate": "2", "response": 50.0}, {"replicate": "3", "response": 500.0}],
            "replicate '3' has no maximum control; .* controls that serve all replicates name none",
        ),
    ],
)  # fmt: skip
def test_wells_whose_controls_were_forgotten_are_an_error(rows: list[dict[str, object]], words: str) -> None:
    with pytest.raises(TableError, match=words):
        percent_activity(wells(*rows))


def test_a_lost_control_well_leaves_the_others_to_serve() -> None:
    rows: list[dict[str, object]] = [{"role": "maximum", "response": r} for r in (100.0, np.nan, 100.0)]
    out = percent_activity(wells(*rows, {"response": 40.0}))
    assert out["response"].iloc[-1] == pytest.approx(40.0)


def test_controls_that_are_not_told_apart_give_no_activity_and_a_flag() -> None:
    noisy = [{"role": "maximum", "response": r} for r in (0.0, 20.0)]  # 10 ± 10
    with pytest.warns(QualityWarning, match="not told apart.*check the roles"):
        out = percent_activity(wells(*noisy, {"role": "minimum", "response": 1.0}, {"response": 5.0}))
    assert out["response"].isna().all()
    assert out["flags"].str.contains("no_window").all()
    with pytest.warns(QualityWarning, match="not told apart"):
        same = percent_activity(wells(*controls(5.0, 5.0), {"response": 5.0}))
    assert same["flags"].str.contains("no_window").all()
    apart = percent_activity(wells(*noisy, {"role": "minimum", "response": -10.5}, {"response": 5.0}))
    assert not apart["flags"].str.contains("no_window").any()


def test_plates_and_replicates_may_be_blank_or_numbers() -> None:
    table = wells(*controls(100.0, 0.0), {"response": 50.0})
    assert percent_activity(table.assign(plate=np.nan, replicate=np.nan))["response"].iloc[-1] == pytest.approx(50.0)
    assert percent_activity(table.assign(plate=7))["plate"].tolist() == ["7"] * 3
    assert percent_activity(table.drop(columns="replicate"))["replicate"].tolist() == [""] * 3


def test_a_maximum_of_one_or_of_zero_signal_is_still_a_maximum() -> None:
    one = percent_activity(wells(*controls(1.0, 0.0), {"response": 0.25}))
    assert one["fold"].iloc[-1] == pytest.approx(0.25)
    zero = percent_activity(wells(*controls(0.0, 8.0), {"response": 2.0}))
    assert zero["response"].iloc[-1] == pytest.approx(75.0)
    assert zero["fold"].isna().all()


def test_a_readout_that_is_not_linear_is_warned_of() -> None:
    table = wells({"response": 60.0})
    with pytest.warns(QualityWarning, match="'Fluorescence polarisation' is not linear"):
        percent_activity(table.assign(readout="Fluorescence polarisation"))
    percent_activity(table.assign(readout="luminescence"))


def of_roles(**values: list[float]) -> pd.DataFrame:
    rows = [(role, value) for role, found in values.items() for value in found]
    table = pd.DataFrame(rows, columns=["role", "response"])
    return table.assign(treatment="x", dose=1.0, replicate="1", target="JAK1", stimulus="", dose_unit="nM")


def test_without_a_minimum_a_signal_that_runs_away_upwards_is_warned_of() -> None:
    with pytest.warns(QualityWarning, match="no minimum control.* up to 480 %.* role minimum"):
        out = percent_activity(of_roles(maximum=[20.0], sample=[19.0, 50.0, 96.0]))
    assert out["percent_activity"].tolist() == pytest.approx([100.0, 95.0, 250.0, 480.0])
    # inhibition, and scatter about a compound that does nothing, are what a rising signal looks like
    percent_activity(of_roles(maximum=[20.0], sample=[23.0, 12.0, 1.0]))
    percent_activity(of_roles(maximum=[20.0], sample=[19.0, 21.0, 22.5]))
    percent_activity(of_roles(maximum=[20.0], minimum=[0.0], sample=[96.0]))


def test_without_a_maximum_the_signal_itself_is_fitted_and_that_is_warned_of() -> None:
    with pytest.warns(QualityWarning, match="minimum controls but no maximum.* as they stand.* role maximum"):
        out = percent_activity(of_roles(minimum=[1.0], sample=[50.0]))
    assert out["response"].tolist() == [1.0, 50.0]
    assert percent_activity(of_roles(sample=[50.0]))["response"].tolist() == [50.0]
