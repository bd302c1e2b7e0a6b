"""fit_dose_response(): what is fitted, what is said of it, and what is never said."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from blotquant.dose_response import DoseResponse, fit_dose_response, ratio_of_fits
from blotquant.errors import SettingsError, TableError
from blotquant.normalisation import normalise, percent_activity

DOSES = (1.0, 3.0, 10.0, 30.0, 100.0, 300.0, 1000.0)


def response(
    dose: np.ndarray, ic50: float, *, top: float = 100.0, bottom: float = 0.0, hill: float = 1.0
) -> np.ndarray:
    return bottom + (top - bottom) / (1.0 + (dose / ic50) ** hill)


def table(
    ic50: float = 40.0,
    *,
    seed: int = 0,
    noise: float = 2.0,
    doses: tuple[float, ...] = (0.0, *DOSES),
    repeats: int = 2,
    **curve: float,
) -> pd.DataFrame:
    """Responses of one compound with additive noise."""
    dose = np.repeat(doses, repeats)
    rng = np.random.default_rng(seed)
    found = response(dose, ic50, **curve) + noise * rng.normal(size=len(dose))
    return pd.DataFrame({"treatment": "drug", "dose": dose, "response": found})


def values(fit: DoseResponse) -> pd.Series:
    return fit.curves.set_index("parameter")["value"]


def study(ic50s: dict[str, float], *, seed: int = 0, replicates: int = 3, noise: float = 0.1) -> pd.DataFrame:
    """Ratios of a blot study: unstimulated, vehicle and a dose series of each drug on each replicate's membrane."""
    rng = np.random.default_rng(seed)
    rows = []
    for number in range(replicates):
        scale = np.exp(rng.normal(0.0, 0.5))
        lanes = [("vehicle", "none", np.nan, 0.02), ("vehicle", "IL-6", np.nan, 1.0)]
        lanes += [(drug, "IL-6", dose, float(response(np.array(dose), ic50, top=1.0, bottom=0.02)))
                  for drug, ic50 in ic50s.items() for dose in DOSES]  # fmt: skip
        for lane, (treatment, stimulus, dose, truth) in enumerate(lanes, start=1):
            ratio = truth * np.exp(noise * rng.normal()) + 0.01 * rng.normal()
            rows.append((f"m{number}", lane, treatment, stimulus, dose, f"r{number}", scale * ratio, 0.01 * scale))
    columns = ["membrane", "lane", "treatment", "stimulus", "dose", "replicate", "ratio", "ratio_se"]
    return pd.DataFrame(rows, columns=columns).assign(target="STAT3", site="Y705", quantity="P/S", dose_unit="nM")


def test_a_falling_curve_has_its_top_at_zero_dose_and_a_positive_hill() -> None:
    found = values(fit_dose_response(table(noise=0.5)))
    assert found["ic50"] == pytest.approx(40.0, rel=0.05)
    assert found["top"] == pytest.approx(100.0, abs=1.0)
    assert found["bottom"] == pytest.approx(0.0, abs=1.0)
    assert found["hill"] == pytest.approx(1.0, rel=0.05)


@pytest.mark.parametrize("model", ["4pl", "5pl"])
def test_a_rising_curve_is_no_error_and_has_a_negative_hill(model: str) -> None:
    fit = fit_dose_response(table(noise=0.5, top=100.0, bottom=250.0), model=model)
    found = values(fit)
    assert found["top"] == pytest.approx(100.0, abs=3.0)
    assert found["bottom"] == pytest.approx(250.0, abs=5.0)
    assert found["hill"] < 0
    row = fit.potencies.iloc[0]
    assert row["ci_low"] < 40.0 < row["ci_high"]
    assert found["ic10"] < found["ic50"] < found["ic90"]


def test_the_zero_dose_stays_in_the_fit() -> None:
    fit = fit_dose_response(table())
    assert (fit.fits[0].points["dose"] == 0).sum() == 2
    assert fit.potencies["points"].iloc[0] == 16
    assert fit.curve_points["dose"].iloc[0] == 0.0


def test_vehicle_lanes_are_the_zero_dose_of_every_treatment_of_their_stimulus() -> None:
    fit = fit_dose_response(normalise(study({"a": 20.0, "b": 200.0})))
    assert fit.potencies["treatment"].tolist() == ["a", "b"]
    for one in fit.fits:
        assert one.points.loc[one.points["dose"] == 0, "response"].tolist() == [100.0] * 3
        assert one.points["shared"].sum() == 3
    assert fit.potencies["n"].tolist() == [3, 3]


def test_vehicle_lanes_of_another_stimulus_or_of_a_membrane_without_the_drug_stay_out() -> None:
    ratios = study({"a": 20.0})
    other = study({}, seed=1).assign(stimulus=lambda t: t["stimulus"].replace({"IL-6": "IFN"}))
    further = study({}, seed=2, replicates=1).assign(membrane="m9", replicate="r9")
    fit = fit_dose_response(normalise(pd.concat([ratios, other, further], ignore_index=True)))
    assert len(fit.fits) == 1
    assert (fit.fits[0].points["dose"] == 0).sum() == 3


def test_blots_are_fitted_with_errors_and_scales_and_plates_without() -> None:
    blot = fit_dose_response(normalise(study({"a": 20.0}))).fits[0]
    assert (blot.options.weights, blot.options.scaled) == ("error", True)
    assert np.prod(blot.points.groupby("block")["scale"].first()) == pytest.approx(1.0)
    plate = fit_dose_response(table()).fits[0]
    assert (plate.options.weights, plate.options.scaled) == ("none", False)


def test_weights_follow_the_fitted_curve() -> None:
    points = table(noise=0.0, repeats=6, bottom=20.0)
    rng = np.random.default_rng(3)
    points["response"] *= np.exp(0.2 * rng.normal(size=len(points)))
    points["response_se"] = 0.5
    relative, error = (
        fit_dose_response(points, weights=w, interval="wald").fits[0].weighted for w in ("relative", "error")
    )
    assert relative is not None
    assert error is not None
    assert relative.cv == pytest.approx(0.2, rel=0.2)
    assert error.cv == pytest.approx(0.2, rel=0.2)
    fitted = error.problem.model_values(error.parameters)[0]
    assert 1.0 / error.root_weights**2 == pytest.approx(0.25 + error.additive**2 + (error.cv * fitted) ** 2, rel=1e-5)
    assert error.minimum.rss == pytest.approx(error.dof, rel=1e-5)


def test_errors_that_explain_the_spread_leave_no_relative_part() -> None:
    fit = fit_dose_response(table(noise=2.0, repeats=4).assign(response_se=4.0)).fits[0]
    assert fit.weighted is not None
    assert fit.weighted.cv < 1e-6
    assert fit.weighted.variance == 1.0  # errors that are known do not shrink


def test_a_constant_part_is_estimated_where_no_errors_are_given() -> None:
    fit = fit_dose_response(table(noise=3.0, repeats=6), weights="error", scales="none").fits[0]
    assert fit.weighted is not None
    assert fit.weighted.additive == pytest.approx(3.0, rel=0.5)


def test_an_effect_that_is_not_there_is_flat_and_bounded_from_below() -> None:
    points = percent_activity(plate({"drug": 1e9}))
    fit = fit_dose_response(points)
    row = fit.potencies.iloc[0]
    assert np.isnan(row["ic50"])
    assert row["note"].startswith("> 1000 nM (no effect")
    assert 500.0 < row["ci_low"] < 2000.0
    assert np.isinf(row["ci_high"])
    curve = fit.curves.set_index("parameter")
    assert set(curve["model"]) == {"flat"}
    assert curve["value"]["top"] == pytest.approx(100.0, abs=2.0)
    assert curve["value"][["ic50", "bottom", "hill", "ic10", "ic90", "ic50_absolute"]].isna().all()
    assert fit.fits[0].predict([0.0, 1000.0]) == pytest.approx([curve["value"]["top"]] * 2)


def plate(ic50s: dict[str, float], *, seed: int = 0, highest: float = 1000.0, plates: int = 3) -> pd.DataFrame:
    """A kinase plate read as left-over ATP: the signal falls with activity."""
    rng = np.random.default_rng(seed)
    rows = []
    for name in range(plates):
        for drug, ic50 in ic50s.items():
            rows += [(drug, d, 1.0 / (1.0 + d / ic50), "sample", name) for d in highest / 3.0 ** np.arange(9)]
        rows += [("dmso", 0.0, 1.0, "maximum", name)] * 4 + [("no enzyme", 0.0, 0.0, "minimum", name)] * 4
    out = pd.DataFrame(rows, columns=["treatment", "dose", "activity", "role", "plate"])
    out["response"] = 1e5 * (1.0 - 0.8 * out["activity"]) + 1500.0 * rng.normal(size=len(out))
    return out.assign(plate=out["plate"].map("p{}".format))


def test_an_ic50_beyond_the_highest_dose_is_never_a_number() -> None:
    fit = fit_dose_response(percent_activity(plate({"drug": 900.0}, highest=400.0)))
    row = fit.potencies.iloc[0]
    assert np.isnan(row["ic50"])
    assert row["note"].startswith("> 400 nM (more than half of the activity is left")
    assert 300.0 < row["ci_low"] < 900.0
    assert np.isinf(row["ci_high"])


def test_the_wells_of_a_plates_control_are_one_point() -> None:
    fit = fit_dose_response(percent_activity(plate({"drug": 50.0}))).fits[0]
    zero = fit.points[fit.points["dose"] == 0]
    assert zero["response"].tolist() == pytest.approx([100.0] * 3)
    assert fit.half == pytest.approx(50.0)


def test_the_absolute_ic50_lies_half_way_between_the_controls() -> None:
    points = table(noise=0.2, bottom=30.0)
    controls = pd.DataFrame(
        {"treatment": ["v", "u"], "dose": 0.0, "response": [100.0, 0.0], "role": ["maximum", "minimum"]}
    )
    fit = fit_dose_response(pd.concat([points.assign(role="sample"), controls]), ic50="absolute")
    # 30 + 70 / (1 + x / 40) = 50 at x = 100
    assert fit.potencies["ic50"].iloc[0] == pytest.approx(100.0, rel=0.05)
    assert fit.potencies["kind"].iloc[0] == "absolute"
    assert fit.fits[0].value("ic50") == pytest.approx(40.0, rel=0.05)


def test_an_absolute_ic50_that_the_curve_never_reaches_is_said() -> None:
    points = table(noise=0.2, bottom=70.0)
    row = fit_dose_response(points, ic50="absolute").potencies.iloc[0]
    assert np.isnan(row["ic50"])
    assert row["note"].startswith("> 1000 nM")


def test_a_partial_inhibitor_has_a_relative_ic50() -> None:
    row = fit_dose_response(table(noise=0.5, bottom=70.0)).potencies.iloc[0]
    assert row["ic50"] == pytest.approx(40.0, rel=0.1)


def test_sebaughs_rules_are_notes() -> None:
    few = table(5000.0, noise=0.3, doses=(0.0, 10, 30, 100, 300, 1000, 3000, 10000, 30000), bottom=0.0)
    assert "fewer than two doses on the plateau at high doses" in fit_dose_response(few).potencies["note"].iloc[0]
    early = table(2.0, noise=0.3, doses=DOSES)
    assert "fewer than two doses on the plateau at low doses" in fit_dose_response(early).potencies["note"].iloc[0]
    absolute = fit_dose_response(early, ic50="absolute").potencies["note"].iloc[0]
    assert absolute == "fewer than two doses with more than half of the activity: add some there"
    assert fit_dose_response(table(noise=0.3)).potencies["note"].iloc[0] == ""


def test_replicates_are_also_fitted_one_by_one() -> None:
    curve = fit_dose_response(normalise(study({"a": 20.0}, noise=0.05))).curves.set_index("parameter")
    row = curve.loc["ic50_replicates"]
    assert row["ci_low"] < 20.0 < row["ci_high"]
    each = [float(part.split(": ")[1]) for part in row["note"].split(", ")]
    assert row["value"] == pytest.approx(np.exp(np.mean(np.log(each))), rel=0.01)


def test_replicates_that_differ_in_ic50_are_pointed_out() -> None:
    one = table(10.0, noise=0.5).assign(replicate="1")
    two = table(100.0, noise=0.5, seed=1).assign(replicate="2")
    three = table(40.0, noise=0.5, seed=2).assign(replicate="3")
    row = fit_dose_response(pd.concat([one, two, three])).potencies.iloc[0]
    assert "replicates differ in IC50" in row["note"]


def test_lack_of_fit_is_a_note() -> None:
    points = table(noise=0.5, repeats=3)
    points.loc[points["dose"] == 10.0, "response"] += 15.0
    assert "lack of fit" in fit_dose_response(points).potencies["note"].iloc[0]


def test_the_ratio_of_two_treatments_comes_with_its_interval_and_a_test_of_parallelism() -> None:
    fit = fit_dose_response(normalise(study({"a": 20.0, "b": 200.0}, noise=0.08)))
    row = fit.curves[fit.curves["parameter"] == "ic50_ratio_to_a"].iloc[0]
    assert row["treatment"] == "b"
    assert row["ci_low"] < 10.0 < row["ci_high"]
    assert row["note"].startswith("joint fit; parallel curves: p = ")


def test_the_ratio_of_two_treatments_is_the_same_in_whatever_units_their_doses_are() -> None:
    folds = normalise(study({"a": 20.0, "b": 200.0}, noise=0.08))
    own = (folds["treatment"] == "b").to_numpy()
    mixed = folds.assign(
        dose=folds["dose"].where(~own, folds["dose"] / 1000.0), dose_unit=np.where(own, "uM", folds["dose_unit"])
    )
    one, other = (fit_dose_response(given).curves.set_index("parameter") for given in (folds, mixed))
    assert set(other.loc["ic50", "unit"]) == {"nM", "µM"}
    told, found = one.loc["ic50_ratio_to_a"], other.loc["ic50_ratio_to_a"]  # 0.2 µM is not the more potent one
    assert found["treatment"] == "b"
    assert found[["value", "ci_low", "ci_high"]].tolist() == pytest.approx(
        told[["value", "ci_low", "ci_high"]].tolist(), rel=1e-4
    )
    apart = fit_dose_response(mixed.assign(dose_unit=np.where(own, "ng/mL", "nM"))).curves
    assert not apart["parameter"].str.contains("ratio").any()  # a mass and moles have none


def test_a_treatment_on_several_targets_has_its_selectivity() -> None:
    two = pd.concat(
        [table(10.0, noise=0.5).assign(target="JAK1"), table(400.0, noise=0.5, seed=1).assign(target="JAK3")]
    )
    fit = fit_dose_response(two)
    row = fit.curves[fit.curves["parameter"] == "selectivity_over_JAK1"].iloc[0]
    assert row["target"] == "JAK3"
    assert row["ci_low"] < 40.0 < row["ci_high"]
    same = ratio_of_fits(fit.fits[0], fit.fits[0])
    assert same.value == 1.0
    assert same.low * same.high == pytest.approx(1.0)


def test_the_ratio_to_an_undetermined_ic50_is_known_from_one_side() -> None:
    two = pd.concat([table(10.0, noise=0.5).assign(target="JAK1"), table(1e9, noise=0.5, seed=1).assign(target="JAK3")])
    fit = fit_dose_response(two)
    row = fit.curves[fit.curves["parameter"] == "selectivity_over_JAK1"].iloc[0]
    assert np.isnan(row["value"])
    assert row["ci_low"] > 50.0
    assert np.isinf(row["ci_high"])


def test_plateaus_can_be_held() -> None:
    fit = fit_dose_response(table(), top=100.0, bottom=0.0)
    assert set(fit.curves["parameter"]).isdisjoint({"top", "bottom"})
    assert fit.fits[0].predict([0.0, 1e12]) == pytest.approx([100.0, 0.0], abs=1e-6)


def test_three_parameters_hold_the_lower_plateau_at_zero() -> None:
    fit = fit_dose_response(table(), model="3pl")
    assert "bottom" not in set(fit.curves["parameter"])
    assert fit.fits[0].predict(1e12)[0] == pytest.approx(0.0, abs=1e-6)


def test_too_few_doses_are_said_and_not_fitted() -> None:
    fit = fit_dose_response(table(doses=(0.0, 10.0, 100.0)))
    row = fit.potencies.iloc[0]
    assert np.isnan(row["ic50"])
    assert row["note"] == "3 different doses cannot carry the 4 parameters of the 4pl; add doses"
    assert fit.curves["parameter"].tolist() == ["ic50"]
    assert fit.curve_points.empty
    assert np.isnan([fit.fits[0].rss, fit.fits[0].residual_sd]).all()
    single = fit_dose_response(table(doses=(0.0, 10.0, 100.0, 1000.0), repeats=1)).potencies.iloc[0]
    assert single["note"] == "4 points leave no degree of freedom beside 4 parameters"


def test_a_single_replicate_with_a_clear_effect_is_a_curve() -> None:
    row = fit_dose_response(table(repeats=1, noise=4.0)).potencies.iloc[0]
    assert row["ci_low"] < 40.0 < row["ci_high"]
    assert np.isfinite(row["ic50"])


def test_points_without_noise_leave_nothing_to_doubt() -> None:
    row = fit_dose_response(table(noise=0.0)).potencies.iloc[0]
    assert row[["ic50", "ci_low", "ci_high"]].tolist() == pytest.approx([40.0] * 3, rel=1e-6)


def test_repeats_of_one_lysate_are_one_point() -> None:
    ratios = study({"a": 20.0})
    again = ratios.assign(ratio=ratios["ratio"] * 1.1, lane=ratios["lane"] + 20)
    both = pd.concat([ratios.assign(technical="1"), again.assign(technical="2")], ignore_index=True)
    fit = fit_dose_response(normalise(both))
    assert fit.potencies["points"].iloc[0] == 24
    assert fit.fits[0].points["response_se"].notna().all()


def test_further_columns_part_the_curves() -> None:
    two = pd.concat([table().assign(time_min=15), table(400.0).assign(time_min=60)])
    fit = fit_dose_response(two, group_by=["time_min"])
    assert fit.potencies["time_min"].tolist() == [15, 60]
    assert fit.potencies["ic50"].tolist() == pytest.approx([40.0, 400.0], rel=0.2)


def test_folds_or_ratios_are_fitted_where_there_is_no_response() -> None:
    plain = table(noise=0.5).rename(columns={"response": "ratio"})
    assert fit_dose_response(plain).potencies["ic50"].iloc[0] == pytest.approx(40.0, rel=0.1)


def test_a_study_without_doses_has_no_curves() -> None:
    fit = fit_dose_response(pd.DataFrame({"treatment": ["a", "b"], "dose": np.nan, "response": [1.0, 2.0]}))
    assert fit.fits == ()
    assert fit.curves.empty
    assert list(fit.potencies.columns)[:4] == ["target", "site", "quantity", "stimulus"]


def test_minimum_controls_ladders_and_excluded_lanes_make_no_points() -> None:
    points = table().assign(role="sample", flags="")
    points.loc[0, "role"], points.loc[1, "role"], points.loc[2, "flags"] = "minimum", "ladder", "excluded"
    assert fit_dose_response(points).potencies["points"].iloc[0] == 13


def test_what_is_asked_wrongly_is_named() -> None:
    with pytest.raises(SettingsError, match="did you mean '4pl'"):
        fit_dose_response(table(), model="4p")
    with pytest.raises(SettingsError, match="level = 95"):
        fit_dose_response(table(), level=95)
    with pytest.raises(TableError, match="no column of responses"):
        fit_dose_response(table().drop(columns="response"))
    with pytest.raises(TableError, match="column 'dose' is missing"):
        fit_dose_response(table().drop(columns="dose"))
    with pytest.raises(TableError, match="column 'time' does not exist"):
        fit_dose_response(table(), group_by=["time"])
    with pytest.raises(TableError, match="dose unit 'nm' is not known"):
        fit_dose_response(table().assign(dose_unit="nm"))


def test_an_unknown_unit_is_refused_before_anything_is_fitted(monkeypatch: pytest.MonkeyPatch) -> None:
    fitted = []
    monkeypatch.setattr("blotquant.dose_response.best_fit", lambda *given, **_: fitted.append(given))
    two = pd.concat([table(), table().assign(treatment="other", dose_unit="U/mL")])
    with pytest.raises(TableError, match="dose unit 'U/mL' is not known"):
        fit_dose_response(two)
    assert not fitted


def test_the_band_of_a_curve_holds_the_curve_and_narrows_with_the_level() -> None:
    fit = fit_dose_response(table()).fits[0]
    dose = np.array([0.0, 5.0, 40.0, 900.0])
    low, high = fit.band(dose)
    assert (low < fit.predict(dose)).all()
    assert (high > fit.predict(dose)).all()
    narrow = fit.band(dose, level=0.5)
    assert (narrow[1] - narrow[0] < high - low).all()


def test_a_wider_level_gives_a_wider_interval() -> None:
    narrow, wide = (fit_dose_response(table(), level=level).potencies.iloc[0] for level in (0.8, 0.99))
    assert wide["ci_low"] < narrow["ci_low"] < narrow["ci_high"] < wide["ci_high"]


def test_fits_show_themselves() -> None:
    fit = fit_dose_response(table(noise=0.5).assign(treatment="<b>drug</b>"))
    assert "IC50" in repr(fit)
    assert "4pl" in repr(fit.fits[0])
    assert "&lt;b&gt;drug" in fit._repr_html_()
    assert "<b>drug" not in fit._repr_html_()


def test_the_input_is_not_changed() -> None:
    ratios = study({"a": 20.0})
    folds = normalise(ratios)
    before = folds.copy()
    fit_dose_response(folds)
    pd.testing.assert_frame_equal(folds, before)
