"""What is said of a curve: notes, checks, bands and tables."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from scipy import optimize, stats

from blotquant.dose_response import CurveFit, Estimate, Potency, fit_dose_response
from blotquant.dose_response.rows import curve_rows, potency_row
from blotquant.errors import SettingsError
from tests.unit.test_dose_response import DOSES, response, table

OPEN = (0.0, np.inf)


def noted(name: str, low: float, high: float, *, value: float = 2.0, unknown: bool = True) -> pd.Series:
    """Row of one estimate with a given interval, of a curve whose IC50 is unknown or not."""
    fit = fit_dose_response(table(noise=0.5), interval="wald").fits[0]
    potency = Potency(np.nan, 0.0, np.inf, "?") if unknown else fit.potency
    dose = name.startswith("ic")
    one = replace(fit, estimates=(Estimate(name, value, 0.5, low, high, (1.0, 3.0), dose),), potency=potency)
    return pd.Series(curve_rows(one, None)[0])


@pytest.mark.parametrize(
    ("name", "low", "high", "note"),
    [
        ("bottom", 1.0, np.inf, "> 1, no upper limit"),
        ("bottom", -np.inf, 3.0, "< 3, no lower limit"),
        ("bottom", -np.inf, np.inf, "bounded on neither side"),
        ("bottom", 0.0, 3.0, ""),
        ("ic90", 12.5, np.inf, "> 12.5 nM, no upper limit"),
        ("ic90", 0.0, 3000.0, "< 3000 nM, no lower limit"),
        ("ic90", *OPEN, "bounded on neither side"),
        ("hill", 0.0, 2.0, "< 2, no lower limit"),
        ("hill", -np.inf, -0.5, "< -0.5, no lower limit"),
        ("asymmetry", 0.5, np.inf, "> 0.5, no upper limit"),
    ],
)
def test_a_parameter_with_an_open_side_says_which_side_is_known(name: str, low: float, high: float, note: str) -> None:
    row = noted(name, low, high)
    assert row["note"] == note
    assert np.isnan(row["value"]) == (note != "")
    assert np.isnan(row["se"]) == (note != "")
    assert (row["ci_low"], row["ci_high"]) == (low, high)
    assert (row["wald_low"], row["wald_high"]) == (1.0, 3.0)
    assert row["unit"] == ("nM" if name == "ic90" else "")
    known = noted(name, low, high, unknown=False)
    assert (known["value"], known["se"], known["note"]) == (2.0, 0.5, note)


@pytest.mark.parametrize("name", ["top", "hill", "ic50", "ic90"])
def test_an_error_that_the_points_do_not_determine_is_unknown_and_not_infinite(name: str) -> None:
    fit = fit_dose_response(table(noise=0.5), interval="wald").fits[0]
    one = Estimate(name, 2.0, np.inf, 1.0, 3.0, (-np.inf, np.inf), name.startswith("ic"))
    row = curve_rows(replace(fit, estimates=(one,)), None)[0]
    assert np.isfinite(row["value"])
    assert np.isnan(row["se"])


def test_plateaus_have_the_unit_of_the_response() -> None:
    points = table(noise=0.5)
    for given, unit in ((points, ""), (points.assign(percent_activity=points["response"]), "%")):
        curves = fit_dose_response(given).curves.set_index("parameter")["unit"]
        assert (curves["top"], curves["bottom"], curves["hill"], curves["ic50"]) == (unit, unit, "", "nM")
    flat = table(top=100.0, bottom=100.0, seed=1)
    rows = fit_dose_response(flat.assign(percent_activity=flat["response"])).curves.set_index("parameter")
    assert rows.loc["top", ["model", "unit"]].tolist() == ["flat", "%"]


def test_a_dose_that_the_curve_does_not_reach_has_no_value() -> None:
    assert np.isnan(noted("ic90", *OPEN, value=np.nan, unknown=False)["value"])


@pytest.mark.parametrize(
    ("points", "options", "note"),
    [
        (table(0.2, noise=0.5, doses=(0.0, *DOSES), repeats=3), {}, "below the lowest dose: add lower doses"),
        (
            table(40.0, noise=0.5, top=20.0, bottom=30.0),
            {"ic50": "absolute", "top": 20.0},
            "> 1000 nM (the curve never crosses it)",
        ),
        (table(4000.0, noise=1.0, top=1000.0, bottom=20.0), {}, "> 1000 nM (the fitted dose lies beyond the highest)"),
    ],
)  # fmt: skip
def test_an_ic50_outside_the_doses_is_said(points: pd.DataFrame, options: dict[str, object], note: str) -> None:
    row = fit_dose_response(points, **options).potencies.iloc[0]
    assert row["note"].split("; ")[0] == note
    assert np.isfinite(row["ic50"]) == (note == "below the lowest dose: add lower doses")


def inhibited(*, zero: bool = False, controls: bool = True, **more: object) -> pd.DataFrame:
    """Wells of a compound that leaves 1 % of the activity at every dose, told by controls, a zero dose or nothing."""
    rng = np.random.default_rng(11)
    dose = np.repeat(DOSES, 3)
    wells = pd.DataFrame({"dose": dose, "response": 1.0 + rng.normal(0, 1.5, len(dose)), "role": "sample"})
    ends = [{"dose": 0.0, "response": 100.0, "role": "maximum"}] * 3 + [{"response": 0.0, "role": "minimum"}] * 3
    lanes = [{"dose": 0.0, "response": 100.0 + value, "role": "sample"} for value in rng.normal(0, 1.5, 3)]
    parts = [wells, pd.DataFrame(ends if controls else []), pd.DataFrame(lanes if zero else [])]
    return pd.concat(parts, ignore_index=True).assign(treatment="drug", plate="", **more)


@pytest.mark.parametrize("ic50", ["relative", "absolute"])
@pytest.mark.parametrize("model", ["4pl", "3pl"])
@pytest.mark.parametrize("zero", [True, False])
def test_an_ic50_below_all_doses_is_said_to_lie_below_the_lowest(model: str, ic50: str, zero: bool) -> None:
    points = inhibited(zero=zero)
    if not zero:  # wells that no zero dose goes with: a line
        points.loc[points["role"] != "sample", "plate"] = "p2"
    row = fit_dose_response(points, model=model, ic50=ic50).potencies.iloc[0]
    assert np.isnan(row["ic50"])
    assert row["ci_low"] == 0.0
    assert 0.0 < row["ci_high"] <= DOSES[0] * 1.001
    assert row["note"].startswith(f"< {DOSES[0]:g} nM (less than half of the activity is left at ")


def test_a_line_of_full_activity_or_with_a_zero_dose_on_it_is_no_effect() -> None:
    full = inhibited()
    full.loc[full["role"] == "sample", "response"] += 99.0
    none = inhibited(controls=False)
    for points in (full, pd.concat([none, none.iloc[:3].assign(dose=0.0)])):
        row = fit_dose_response(points).potencies.iloc[0]
        assert row["note"].startswith(f"> {DOSES[-1]:g} nM (no effect: ")
        assert row["ci_high"] == np.inf


def test_a_line_of_which_nothing_tells_the_activity_leaves_both_sides_open() -> None:
    fit = fit_dose_response(inhibited(controls=False))
    row = fit.potencies.iloc[0]
    assert (row["ci_low"], row["ci_high"]) == OPEN
    assert row["note"].endswith("neither a control nor a zero dose tells how much activity that is")


def test_equal_responses_tell_nothing_beyond_the_doses() -> None:
    same = inhibited(controls=False).assign(response=7.0)
    row = fit_dose_response(pd.concat([same, same.iloc[:3].assign(dose=0.0)])).potencies.iloc[0]
    assert (row["ci_low"], row["ci_high"]) == (DOSES[-1], np.inf)


@pytest.mark.parametrize(("seed", "least"), [(6, 4600.0), (9, 4780.0), (19, 4655.0)])
def test_the_lower_side_of_a_weak_compound_is_the_least_dose_that_any_start_of_the_refit_allows(
    seed: int, least: float
) -> None:
    rng = np.random.default_rng(seed)
    dose = np.repeat(DOSES, 2)
    wells = pd.DataFrame({"dose": dose, "response": 100 / (1 + dose / 20000) + rng.normal(0, 0.6, len(dose))})
    ends = [{"dose": 0.0, "response": 100.0, "role": "maximum"}] * 2 + [{"response": 0.0, "role": "minimum"}] * 2
    points = pd.concat([wells.assign(role="sample"), pd.DataFrame(ends)]).assign(treatment="weak")
    # 30 starts of the refit at each of a row of doses gave `least`
    assert fit_dose_response(points, weights="none").potencies["ci_low"].iloc[0] == pytest.approx(least, rel=0.005)


def test_a_line_is_not_told_to_try_another_curve() -> None:
    uneven = inhibited(controls=False)
    uneven["response"] = np.tile([0.0, 0.1, -0.1], len(DOSES)) + np.repeat([0.0, 9.0] * 4, 3)[: len(uneven)]
    fit = fit_dose_response(uneven).fits[0]
    assert fit.model == "flat"
    assert fit.checks is not None
    assert fit.checks.lack_p < 0.01
    assert not any("5pl" in note for note in fit.notes)


def by_hand(rss: float, count: int, parameters: int) -> float:
    k = parameters + 1
    return count * np.log(rss / count) + 2 * k + 2 * k * (k + 1) / (count - k - 1)


def test_the_gain_over_a_horizontal_line_is_that_of_aicc() -> None:
    fit = fit_dose_response(table(noise=5.0), interval="wald")
    rows, one = fit.curves.set_index("parameter"), fit.fits[0]
    line = float(np.sum((one.points["response"] - one.points["response"].mean()) ** 2))
    assert rows["value"]["aicc_gain"] == pytest.approx(by_hand(line, 16, 1) - by_hand(one.rss, 16, 4))
    assert rows["value"]["residual_sd"] == pytest.approx(np.sqrt(one.rss / 12))
    assert rows["note"]["residual_sd"] == "12 degrees of freedom"
    assert set(rows.index).isdisjoint({"cv", "additive_sd"})


def test_lack_of_fit_is_the_f_test_against_a_mean_for_each_dose() -> None:
    fit = fit_dose_response(table(noise=5.0, repeats=3), interval="wald")
    one = fit.fits[0]
    pure = float(one.points.groupby("dose")["response"].apply(lambda r: ((r - r.mean()) ** 2).sum()).sum())
    f = (one.rss - pure) / 4 / (pure / 16)
    row = fit.curves.set_index("parameter").loc["lack_of_fit_p"]
    assert row["value"] == pytest.approx(stats.f.sf(f, 4, 16))
    assert row["note"] == f"lack of fit: F(4, 16) = {f:.4g}"
    assert "lack_of_fit_p" not in set(fit_dose_response(table(repeats=1), interval="wald").curves["parameter"])


def test_lack_of_fit_with_scales_is_against_means_times_scales() -> None:
    blocks = [table(noise=4.0, repeats=1, seed=seed).assign(replicate=f"r{seed}") for seed in range(3)]
    points = pd.concat([own.assign(response=own["response"] * 2.0**place) for place, own in enumerate(blocks)])
    fit = fit_dose_response(points, scales="block", interval="wald")
    wide = points.pivot_table(index="dose", columns="replicate", values="response").to_numpy()

    def residuals(free: np.ndarray) -> np.ndarray:
        return (wide - np.outer(free[:8], np.concatenate([[1.0], free[8:]]))).ravel()

    pure = 2.0 * optimize.least_squares(residuals, [*wide[:, 0], 2.0, 4.0], xtol=1e-14, ftol=1e-14).cost
    row = fit.curves.set_index("parameter").loc["lack_of_fit_p"]
    f = (fit.fits[0].rss - pure) / 4 / (pure / 14)
    assert row["note"] == f"lack of fit: F(4, 14) = {f:.4g}"
    assert row["value"] == pytest.approx(stats.f.sf(f, 4, 14), rel=1e-4)


@pytest.mark.parametrize("options", [{}, {"model": "3pl"}, {"bottom": 0.0, "top": 100.0}])
def test_the_band_is_the_delta_methods(options: dict[str, object]) -> None:
    fit = fit_dose_response(table(noise=4.0), interval="wald", **options).fits[0]
    names = [name for name in ("top", "bottom", "ic50", "hill") if not np.isnan(fit.value(name))]
    at = {"top": 100.0, "bottom": 0.0} | {name: fit.value(name) for name in names}

    def curve(free: np.ndarray) -> float:
        moved = at | {n: np.exp(v) if n in ("ic50", "hill") else v for n, v in zip(names, free, strict=True)}
        return float(response(np.array(25.0), moved["ic50"], **{k: moved[k] for k in ("top", "bottom", "hill")}))

    free = np.array([np.log(at[name]) if name in ("ic50", "hill") else at[name] for name in names])
    slope = optimize.approx_fprime(free, curve, 1e-6)
    low, high = fit.band(25.0)
    half = stats.t.ppf(0.975, fit.dof) * np.sqrt(slope @ fit.covariance @ slope)
    assert fit.predict(25.0)[0] == pytest.approx(curve(free))
    assert (high - low)[0] / 2.0 == pytest.approx(half, rel=1e-4)
    narrow = fit.band(25.0, level=0.5)
    assert (narrow[1] - narrow[0])[0] / 2.0 == pytest.approx(
        half * stats.t.ppf(0.75, fit.dof) / stats.t.ppf(0.975, fit.dof)
    )


def test_the_grid_runs_from_half_the_lowest_to_twice_the_highest_dose_with_the_curve_and_its_band() -> None:
    fit = fit_dose_response(table(noise=1.0), interval="wald")
    grid = fit.curve_points
    assert grid["dose"].iloc[[0, 1, -1]].tolist() == pytest.approx([0.0, 0.5, 2000.0])
    assert len(grid) == 122
    assert np.ptp(np.diff(np.log(grid["dose"].iloc[1:]))) < 1e-9
    assert grid["fitted"].tolist() == pytest.approx(fit.fits[0].predict(grid["dose"]).tolist())
    assert (grid["ci_low"] < grid["fitted"]).all()
    assert (grid["fitted"] < grid["ci_high"]).all()
    assert set(grid["dose_unit"]) == {"nM"}
    assert fit_dose_response(table(doses=DOSES), interval="wald").curve_points["dose"].iloc[0] == pytest.approx(0.5)


def test_a_fit_says_its_ic50_or_why_there_is_none() -> None:
    fit = fit_dose_response(table(noise=0.5).assign(target="JAK1"))
    row = fit.potencies.iloc[0]
    said = f"<CurveFit JAK1 drug: 4pl, IC50 {row['ic50']:.4g} nM ({row['ci_low']:.3g} to {row['ci_high']:.3g})>"
    assert repr(fit.fits[0]) == said
    assert repr(fit) == f"<DoseResponse: 1 curves>\n  {said}"
    assert f"<td>{row['ic50']:.4g}</td>" in fit._repr_html_()
    assert "<p>1 dose-response curves</p>" in fit._repr_html_()
    few = fit_dose_response(table(doses=(0.0, 10.0, 100.0))).fits[0]
    assert "IC50 3 different doses cannot carry" in repr(few)
    assert "nan" not in fit_dose_response(table(doses=(0.0, 10.0, 100.0)))._repr_html_().lower()


def test_what_cannot_be_fitted_keeps_its_points_and_has_no_numbers() -> None:
    one = fit_dose_response(table(doses=(0.0, 10.0, 100.0))).fits[0]
    assert one.points["scale"].tolist() == [1.0] * 6
    assert np.isnan(one.value("ic50"))
    assert one.covariance.shape == (0, 0)
    assert one.dof == 0
    assert np.isnan(one.band(1.0)).all()
    row = potency_row(one)
    assert np.isnan(row["hill"])
    assert (row["ci_low"], row["ci_high"]) == OPEN
    assert one.notes == ()


def test_the_potency_row_is_of_the_ic50_asked_for() -> None:
    points = table(noise=0.5, repeats=3).assign(replicate=np.resize(["a", "b", "c"], 24))
    relative, absolute = (fit_dose_response(points, ic50=kind).potencies.iloc[0] for kind in ("relative", "absolute"))
    assert (relative["n"], relative["points"]) == (3, 24)
    assert (relative["kind"], absolute["kind"]) == ("relative", "absolute")
    assert relative["interval"] == "profile"
    curves = fit_dose_response(points).curves.set_index("parameter")
    names = ["value", "ci_low", "ci_high"]
    assert relative[["ic50", "ci_low", "ci_high"]].tolist() == curves.loc["ic50", names].tolist()
    assert absolute[["ic50", "ci_low", "ci_high"]].tolist() == curves.loc["ic50_absolute", names].tolist()
    assert relative["hill"] == curves.loc["hill", "value"]


def doubted(**options: object) -> tuple[CurveFit, pd.DataFrame]:
    points = table(noise=0.5, repeats=3)
    points.loc[points["dose"] == 10.0, "response"] += 15.0
    fit = fit_dose_response(points, interval="wald", **options)
    return fit.fits[0], fit.curves.set_index("parameter")


def test_doubts_stand_at_the_ic50_that_is_asked_for() -> None:
    for kind, place, other in (("relative", "ic50", "ic50_absolute"), ("absolute", "ic50_absolute", "ic50")):
        one, rows = doubted(ic50=kind)
        assert one.checks is not None
        words = f"lack of fit (p = {one.checks.lack_p:.2g}): compare points and curve, try model = 5pl"
        assert rows.loc[place, "note"] == words
        assert rows.loc[other, "note"] == ""


def test_rules_for_an_absolute_ic50_count_doses_on_both_sides_of_it() -> None:
    late = table(200.0, noise=0.3, doses=(0.0, 1.0, 3.0, 10.0, 30.0, 100.0, 300.0))
    note = fit_dose_response(late, ic50="absolute", interval="wald").potencies["note"].iloc[0]
    assert note == "fewer than two doses with less than half of the activity: add some there"


def test_three_parameters_of_a_rising_curve_hold_its_start_at_zero() -> None:
    up = table(noise=0.5).assign(response=lambda t: 100.0 - t["response"])
    fit = fit_dose_response(up, model="3pl", interval="wald")
    rows = fit.curves.set_index("parameter")
    assert "top" not in rows.index
    assert rows["value"]["bottom"] == pytest.approx(100.0, abs=2.0)
    assert rows["value"]["hill"] == pytest.approx(-1.0, abs=0.1)
    assert fit.fits[0].predict(0.0)[0] == 0.0


def test_a_rising_curve_that_does_not_level_off_has_an_endless_upper_limit() -> None:
    up = table(3000.0, noise=2.0, seed=4, top=100.0, bottom=250.0)
    row = fit_dose_response(up).curves.set_index("parameter").loc["ic50"]
    assert row["ci_high"] == np.inf
    assert row["ci_low"] > 100.0


def test_ratios_are_to_the_most_potent_treatment_of_the_same_target_wherever_it_stands() -> None:
    doses = {("JAK1", "a"): 200.0, ("JAK1", "b"): 20.0, ("JAK2", "a"): 30.0, ("JAK2", "b"): 300.0}
    points = [table(ic50, noise=0.5, seed=place).assign(target=target, treatment=treatment)
              for place, ((target, treatment), ic50) in enumerate(doses.items())]  # fmt: skip
    curves = fit_dose_response(pd.concat(points), interval="wald").curves
    found = curves[curves["parameter"].str.contains("ratio|selectivity")].set_index(
        ["target", "treatment", "parameter"]
    )
    assert found["value"].to_dict() == {
        ("JAK1", "a", "ic50_ratio_to_b"): pytest.approx(10.0, rel=0.1),
        ("JAK2", "b", "ic50_ratio_to_a"): pytest.approx(10.0, rel=0.1),
        ("JAK1", "a", "selectivity_over_JAK2"): pytest.approx(200.0 / 30.0, rel=0.1),
        ("JAK2", "b", "selectivity_over_JAK1"): pytest.approx(15.0, rel=0.1),
    }


def test_a_flat_line_has_one_top_and_a_level_above_one_is_refused() -> None:
    flat = fit_dose_response(table(1e9, noise=2.0), interval="wald").curves
    assert (flat["parameter"] == "top").sum() == 1
    with pytest.raises(SettingsError, match=r"level = 1\.5: must lie between 0 and 1"):
        fit_dose_response(table(), level=1.5)


def test_two_replicates_have_a_mean_of_their_ic50s_and_an_excluded_one_no_say() -> None:
    two = pd.concat([table(40.0, noise=1.0, seed=s).assign(replicate=f"r{s}", flags="") for s in (0, 1, 2)])
    two.loc[two["replicate"] == "r2", "flags"] = "excluded"
    row = fit_dose_response(two, interval="wald").curves.set_index("parameter").loc["ic50_replicates"]
    assert [part.split(":")[0] for part in row["note"].split(", ")] == ["r0", "r1"]
    assert row["method"] == "geometric mean of the replicates' own fits, t interval"


def test_known_errors_on_blocks_of_other_scales_count_on_the_scale_of_each_block() -> None:
    blocks = [table(noise=2.0, repeats=1, seed=seed).assign(replicate=f"r{seed}", response_se=2.0) for seed in range(3)]
    plain = pd.concat(blocks)
    factor = plain["replicate"].map({"r0": 0.1, "r1": 1.0, "r2": 10.0})
    scaled = plain.assign(response=plain["response"] * factor, response_se=plain["response_se"] * factor)
    one, other = (fit_dose_response(t, interval="wald").potencies.iloc[0] for t in (plain, scaled))
    names = ["ic50", "ci_low", "ci_high"]
    assert other[names].tolist() == pytest.approx(one[names].tolist(), rel=1e-4)
