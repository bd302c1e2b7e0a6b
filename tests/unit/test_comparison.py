"""compare_groups(): the test a statistician would choose, with answers known by hand or from SciPy."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from scipy import stats

from blotquant.comparison import compare_groups, power_table
from blotquant.comparison.censored import Censored
from blotquant.comparison.linear import fit_fixed, fit_random
from blotquant.comparison.multiplicity import adjust, critical_value, dunnett_tail, one_factor, tukey_tail
from blotquant.comparison.power import power_of
from blotquant.errors import SettingsError, TableError
from blotquant.normalisation import normalise
from tests.unit.test_normalisation import lanes


def study(values: dict[float, list[float]], **further: object) -> pd.DataFrame:
    """Folds of one drug: dose → ratio in each replicate (0 is the vehicle), each replicate on its own membrane."""
    rows = []
    for dose, ratios in values.items():
        for i, ratio in enumerate(ratios):
            treatment = {"treatment": "vehicle"} if dose == 0 else {"treatment": "drug", "dose": dose}
            rows.append({"replicate": f"r{i}", "membrane": f"m{i}", "ratio": ratio, **treatment, **further})
    return normalise(lanes(rows))


def against_vehicle(tests: pd.DataFrame) -> pd.DataFrame:
    return tests[tests["dose"].notna() & (tests["quantity"] == "P/S")]


def halves(count: int) -> np.ndarray:
    """Correlation of comparisons with one reference in complete blocks."""
    return np.full((count, count), 0.5) + 0.5 * np.eye(count)


def test_two_groups_give_the_paired_t_test_on_logarithms() -> None:
    vehicle, drug = [1.0, 2.0, 1.5, 0.8], [0.4, 1.1, 0.9, 0.35]
    row = compare_groups(study({0: vehicle, 10: drug})).iloc[0]
    t = stats.ttest_rel(np.log(drug), np.log(vehicle))
    assert row["method"] == "paired t on ln ratio by replicate"
    assert row["p"] == pytest.approx(t.pvalue, rel=1e-9)
    assert row["p_adjusted"] == row["p"]
    low, high = t.confidence_interval()
    assert (row["ci_low"], row["ci_high"]) == pytest.approx((np.exp(low), np.exp(high)))
    assert row["effect"] == pytest.approx(stats.gmean(drug) / stats.gmean(vehicle))
    assert (row["n"], row["n_versus"], row["dof"]) == (4, 4, 3)


def test_the_scale_of_a_replicate_does_not_move_the_test() -> None:
    values = {0: [1.0, 2.0, 1.5], 10: [0.5, 1.3, 0.7], 100: [0.2, 0.3, 0.35]}
    scaled = {dose: [v * s for v, s in zip(row, (1, 10, 100), strict=True)] for dose, row in values.items()}
    one, other = compare_groups(study(values)), compare_groups(study(scaled))
    assert one["p_adjusted"].dropna().tolist() == pytest.approx(other["p_adjusted"].dropna().tolist(), rel=1e-9)


@pytest.mark.parametrize(("n", "expected"), [(3, 3.02), (4, 2.81), (5, 2.71)])
def test_critical_values_of_the_blocked_dunnett_for_four_doses(n: int, expected: float) -> None:
    # computed for the project and printed in its science notes: df = k(n − 1), correlation one half
    assert critical_value("dunnett", halves(4), 5, 4.0 * (n - 1), 0.95) == pytest.approx(expected, abs=0.005)


def test_dunnett_p_values_agree_with_scipy_where_scipy_knows_the_design() -> None:
    rng = np.random.default_rng(4)
    control, groups = rng.normal(0, 1, 6), [rng.normal(m, 1, 6) for m in (0.4, 1.0, 1.9)]
    pooled = np.sqrt(np.mean([np.var(g, ddof=1) for g in (control, *groups)]))
    t = np.array([(g.mean() - control.mean()) / (pooled * np.sqrt(2 / 6)) for g in groups])
    scipys = stats.dunnett(*groups, control=control, rng=np.random.default_rng(0)).pvalue
    found = adjust("dunnett", t, halves(3), 4, np.full(3, 20.0))
    assert found == pytest.approx(scipys, abs=2e-3)  # SciPy integrates by random numbers
    far = adjust("dunnett", 10.0 * t, halves(3), 4, np.full(3, 20.0))
    assert (far > 2.0 * stats.t.sf(np.abs(10.0 * t), 20.0)).all()  # adjusted is never smaller, however small
    assert (far < 3.0 * 2.0 * stats.t.sf(np.abs(10.0 * t), 20.0)).all()  # nor larger than Bonferroni


def test_dunnett_is_chosen_for_several_doses_and_every_dose_meets_the_vehicle() -> None:
    tests = compare_groups(
        study({0: [1, 1.2, 0.9], 10: [0.7, 0.8, 0.5], 100: [0.2, 0.3, 0.15], 1000: [0.1, 0.1, 0.08]})
    )
    doses = against_vehicle(tests)
    assert doses["dose"].tolist() == [10.0, 100.0, 1000.0]
    assert set(doses["versus"]) == {"IL-6 + vehicle"}
    assert doses["method"].str.startswith("Dunnett on ln ratio, blocked by replicate").all()
    assert (doses["p_adjusted"] >= doses["p"]).all()
    assert (doses["dof"] == 6).all()


def test_a_form_by_itself_is_a_signal_and_no_ratio() -> None:
    total = study({0: [1, 1.2, 0.9], 10: [0.7, 0.8, 0.5], 100: [0.2, 0.3, 0.15]}).assign(quantity="S")
    methods = compare_groups(total)["method"]
    assert methods.str.contains("on ln signal").all()
    assert not methods.str.contains("ratio").any()


def test_the_interval_is_adjusted_as_the_p_value_is() -> None:
    tests = against_vehicle(compare_groups(study({0: [1, 1.2, 0.9], 10: [0.9, 0.7, 0.8], 100: [0.3, 0.4, 0.2]})))
    excludes_one = (tests["ci_low"] > 1) | (tests["ci_high"] < 1)
    assert excludes_one.tolist() == (tests["p_adjusted"] < 0.05).tolist()
    half = np.log(tests["ci_high"] / tests["effect"])
    reach = half * tests["statistic"] / np.log(tests["effect"])
    assert reach.tolist() == pytest.approx([critical_value("dunnett", halves(2), 3, 4.0, 0.95)] * 2, rel=1e-6)


def test_two_replicates_give_an_effect_with_its_interval_and_no_p_value() -> None:
    row = compare_groups(study({0: [1.0, 2.0], 10: [0.5, 0.9]})).iloc[0]
    low, high = stats.ttest_rel(np.log([0.5, 0.9]), np.log([1.0, 2.0])).confidence_interval()
    assert row["effect"] == pytest.approx(np.sqrt(0.5 * 0.9 / 2.0))
    assert (row["ci_low"], row["ci_high"]) == pytest.approx((np.exp(low), np.exp(high)))
    assert row[["p", "p_adjusted"]].isna().all()
    assert "n = 2: no p value below 3" in row["note"]
    asked = compare_groups(study({0: [1.0, 2.0], 10: [0.5, 0.9]}), min_replicates=2).iloc[0]
    assert np.isfinite(asked["p"])


def test_one_replicate_gives_an_effect_and_nothing_else() -> None:
    row = compare_groups(study({0: [1.0], 10: [0.5]})).iloc[0]
    assert row["effect"] == pytest.approx(0.5)
    assert row[["p", "p_adjusted", "ci_low", "ci_high", "statistic"]].isna().all()


def test_technical_repeats_do_not_make_more_of_n() -> None:
    one = study({0: [1.0, 2.0, 1.5], 10: [0.5, 1.1, 0.7]})
    twice = normalise(pd.concat([one, one])[one.columns.drop(["fold", "reference"])])
    a, b = compare_groups(one).iloc[0], compare_groups(twice).iloc[0]
    assert (b["n"], b["dof"]) == (3, 2)
    assert b["p"] == pytest.approx(a["p"])


def test_a_value_below_the_limit_of_quantification_is_censored_and_not_taken_as_it_stands() -> None:
    values = {0: [1.0, 1.1, 0.9, 1.2], 10: [0.5, 0.6, 0.4, 0.55], 100: [0.04, 0.03, 0.05, 1e-9]}
    row = compare_groups(study(values, ratio_loq=0.02)).iloc[1]
    uncensored = compare_groups(study(values, ratio_loq=0.0)).iloc[1]
    assert uncensored["effect"] < 1e-3  # the logarithm of almost nothing drags the group down without bound
    assert 0.015 < row["effect"] < 0.04
    assert "censored" in row["note"]
    assert row["p_adjusted"] < uncensored["p_adjusted"]


def test_a_group_wholly_below_the_limit_is_bounded_from_above_and_still_tested() -> None:
    values = {0: [1.0, 1.1, 0.9], 10: [0.5, 0.6, 0.4], 100: [0.001, -0.01, 0.004]}
    row = compare_groups(study(values, ratio_loq=0.02)).iloc[1]
    assert np.isnan(row["effect"])
    assert row["ci_low"] == 0.0
    assert 0.01 < row["ci_high"] < 0.05  # the limit over the vehicle is 0.02
    assert row["p_adjusted"] < 0.01
    assert "known from one side" in row["note"]


@pytest.mark.parametrize("seen", [0, 1])
def test_a_target_of_which_nothing_or_one_value_is_seen_has_no_effect_and_does_not_stop_the_others(seen: int) -> None:
    folds = study({0: [1.0, 2.0, 1.5], 1: [0.5, 1.1, 0.8], 10: [0.2, 0.4, 0.4]})
    faint = folds.assign(target="faint", ratio_loq=9.0)
    faint.loc[: seen - 1, "ratio_loq"] = 0.1
    tests = compare_groups(pd.concat([folds, faint], ignore_index=True))
    unseen = against_vehicle(tests[tests["target"] == "faint"])
    assert len(unseen) == 2
    assert unseen[["effect", "p", "p_adjusted"]].isna().all(axis=None)
    assert unseen["note"].str.contains("below LOQ").all()
    assert against_vehicle(tests[tests["target"] != "faint"])["p_adjusted"].notna().all()


def test_a_value_of_zero_without_a_known_limit_is_censored_at_the_smallest_value_seen() -> None:
    values = {0: [1.0, 1.1, 0.9], 10: [0.5, 0.6, 0.4], 100: [0.1, 0.12, -0.01]}
    row = compare_groups(study(values, ratio_loq=np.nan)).iloc[1]
    assert 0.05 < row["effect"] < 0.12
    assert "1 values below LOQ" in row["note"]


def test_the_likelihood_with_nothing_censored_is_least_squares() -> None:
    rng = np.random.default_rng(2)
    group = np.repeat(np.arange(3), 5)
    y = rng.normal(0.4 * group, 0.3)
    design = np.eye(3)[group]
    fit, plain = Censored(y, np.zeros(15, bool), design), fit_fixed(y, group, None)
    contrast = np.array([-1.0, 0.0, 1.0])
    estimate, error, dof = plain.compare(contrast)
    assert contrast @ fit.coefficients == pytest.approx(estimate, rel=1e-6)
    assert (fit.root(contrast, 0.0), fit.dof) == (pytest.approx(estimate / error, rel=1e-4), dof)
    reach = stats.t.ppf(0.975, dof)
    assert fit.limit(contrast, reach, 1.0) == pytest.approx(estimate + reach * error, rel=1e-4)


def test_a_censored_mean_is_the_maximum_of_its_likelihood() -> None:
    y, censored = np.array([0.3, 0.9, 1.4, 0.0, 0.0]), np.array([False, False, False, True, True])
    fit = Censored(y, censored, np.ones((5, 1)))

    def likelihood(mean: float, sd: float) -> float:
        return float(stats.norm.logpdf(y[:3], mean, sd).sum() + 2 * stats.norm.logcdf(0.0, mean, sd))

    best = likelihood(float(fit.coefficients[0]), fit.sd)
    assert best == pytest.approx(fit.best)
    for mean, sd in [(0.02, 0.0), (-0.02, 0.0), (0.0, 0.02), (0.0, -0.02)]:
        assert likelihood(float(fit.coefficients[0]) + mean, fit.sd + sd) < best


def test_a_missing_lane_makes_blocks_random_and_loses_nothing_else() -> None:
    folds = study({0: [1.0, 2.0, 1.5, 0.9], 10: [0.5, 1.1, 0.7, 0.4], 100: [0.2, 0.35, 0.3, 0.2]})
    tests = against_vehicle(compare_groups(folds.drop(index=[5])))
    assert tests["method"].str.endswith("replicate as random effect (REML, Satterthwaite)").all()
    assert tests["n"].tolist() == [3, 4]
    assert (tests["p_adjusted"] < 0.05).all()


def test_random_blocks_agree_with_fixed_ones_when_blocks_differ_much() -> None:
    rng = np.random.default_rng(5)
    group, block = np.tile(np.arange(3), 6), np.repeat(np.arange(6), 3)
    y = 0.5 * group + 20.0 * rng.normal(size=6)[block] + 0.1 * rng.normal(size=18)
    keep = np.arange(18) != 4
    contrast = np.array([-1.0, 0.0, 1.0])
    random = fit_random(y[keep], group[keep], block[keep]).compare(contrast)
    fixed = fit_fixed(y[keep], group[keep], block[keep]).compare(contrast)
    assert random == (pytest.approx(fixed[0], abs=2e-3), pytest.approx(fixed[1], rel=1e-2), pytest.approx(9, abs=0.1))


def test_random_blocks_in_complete_blocks_are_the_blocked_analysis_of_variance() -> None:
    # in a balanced design REML, Satterthwaite and least squares with fixed blocks say the same of differences
    rng = np.random.default_rng(6)
    group, block = np.tile(np.arange(4), 5), np.repeat(np.arange(5), 4)
    y = 0.3 * group + rng.normal(size=5)[block] + 0.2 * rng.normal(size=20)
    contrast = np.array([-1.0, 1.0, 0.0, 0.0])
    assert fit_random(y, group, block).compare(contrast) == pytest.approx(
        fit_fixed(y, group, block).compare(contrast), rel=1e-4
    )


def test_blocks_that_do_not_differ_are_left_out() -> None:
    group, block = np.array([0, 1, 0, 1, 0]), np.array([0, 0, 1, 1, 2])
    y = np.array([1.0, 2.0, 1.2, 1.8, 0.9])
    contrast = np.array([-1.0, 1.0])
    assert fit_random(y, group, block).compare(contrast) == fit_fixed(y, group, None).compare(contrast)


def test_unpaired_replicates_are_compared_without_blocks() -> None:
    a, b = [1.0, 1.3, 0.8], [0.4, 0.5, 0.35]
    rows = [{"replicate": f"a{i}", "membrane": "m", "treatment": "vehicle", "ratio": v} for i, v in enumerate(a)]
    rows += [{"replicate": f"b{i}", "membrane": "m", "dose": 10.0, "ratio": v} for i, v in enumerate(b)]
    row = compare_groups(normalise(lanes(rows), within="membrane")).iloc[0]
    assert row["method"].endswith("replicates not shared between groups: no blocks")
    assert row["p"] == pytest.approx(stats.ttest_ind(np.log(a), np.log(b)).pvalue, rel=1e-9)


def test_a_study_of_one_replicate_says_that_it_has_one() -> None:
    tests = compare_groups(study({0: [1.0], 10: [0.6], 100: [0.2]}))
    assert tests["method"].str.endswith(", a single replicate: no blocks").all()


def test_tukey_compares_all_pairs_as_scipy_does() -> None:
    values = {0: [1.0, 1.4, 0.8], 10: [0.6, 0.9, 0.4], 100: [0.2, 0.45, 0.2]}
    rows = [
        {
            "replicate": f"{dose}-{i}",
            "membrane": "m",
            "ratio": v,
            **({"dose": dose} if dose else {"treatment": "vehicle"}),
        }
        for dose, ratios in values.items()
        for i, v in enumerate(ratios)
    ]
    tests = compare_groups(normalise(lanes(rows), within="membrane"), method="tukey")
    expected = stats.tukey_hsd(*[np.log(v) for v in values.values()]).pvalue
    pairs = against_vehicle(tests)["p_adjusted"].tolist()
    assert pairs == pytest.approx([expected[0, 1], expected[0, 2], expected[1, 2]], rel=1e-6)


def test_tukeys_tail_is_that_of_the_studentised_range() -> None:
    for q, k, dof in [(3.0, 5, 8.0), (5.5, 3, 4.0), (2.0, 8, 30.0)]:
        assert tukey_tail(q / np.sqrt(2), k, dof) == pytest.approx(stats.studentized_range.sf(q, k, dof), rel=1e-6)
    for k, dof in [(3, 6.0), (6, 20.0)]:
        bound = critical_value("tukey", np.eye(k), k, dof, 0.95) * np.sqrt(2)
        assert bound == pytest.approx(stats.studentized_range.ppf(0.95, k, dof), rel=1e-5)


def test_holm_steps_down_and_has_bonferronis_intervals() -> None:
    t = stats.t.isf(np.array([0.01, 0.04, 0.03]) / 2, 9)
    assert adjust("holm", t, np.eye(3), 4, np.full(3, 9.0)).tolist() == pytest.approx([0.03, 0.06, 0.06])
    assert critical_value("holm", np.eye(3), 4, 9.0, 0.95) == pytest.approx(stats.t.ppf(1 - 0.05 / 6, 9), rel=1e-5)
    values = {0: [1.0, 1.4, 0.8], 10: [0.6, 0.9, 0.4], 100: [0.2, 0.45, 0.2]}
    tests = against_vehicle(compare_groups(study(values), method="holm"))
    assert tests["p_adjusted"].tolist() == pytest.approx([tests["p"].iloc[0], 2 * tests["p"].iloc[1]])


def test_comparisons_that_share_no_reference_alone_are_integrated_by_rule() -> None:
    correlation = np.array([[1.0, 0.7, 0.1], [0.7, 1.0, 0.6], [0.1, 0.6, 1.0]])
    assert one_factor(correlation) is None
    found = dunnett_tail(2.2, correlation, 12.0)
    draws = np.random.default_rng(0).multivariate_normal(np.zeros(3), correlation, 200_000)
    draws /= np.sqrt(np.random.default_rng(1).chisquare(12, 200_000) / 12)[:, None]
    assert found == pytest.approx(np.mean(np.abs(draws).max(1) > 2.2), abs=0.002)
    assert found == dunnett_tail(2.2, correlation, 12.0)


def test_one_comparison_needs_no_adjustment() -> None:
    assert dunnett_tail(2.3, np.eye(1), 5.0) == pytest.approx(2 * stats.t.sf(2.3, 5))
    assert critical_value("dunnett", np.eye(1), 2, 5.0, 0.95) == pytest.approx(stats.t.ppf(0.975, 5))


def test_the_trend_is_the_slope_of_the_logarithms_in_log_dose() -> None:
    ratios = {0: [1.0, 1.0, 1.0], **{10.0**k: [0.5**k * s for s in (1.0, 1.05, 0.95)] for k in (1, 2, 3)}}
    row = compare_groups(study(ratios)).query("method.str.contains('trend')").iloc[0]
    assert row["effect"] == pytest.approx(0.5, rel=1e-6)
    assert row["p"] < 1e-6
    assert np.isnan(row["dose"])


def test_the_stimulated_vehicle_is_compared_with_the_unstimulated_one() -> None:
    rows = []
    for i, (low, high) in enumerate([(0.1, 1.0), (0.3, 2.5), (0.15, 1.2)]):
        where = {"replicate": f"r{i}", "membrane": f"m{i}", "treatment": "vehicle"}
        rows += [{**where, "stimulus": "none", "ratio": low}, {**where, "ratio": high}]
    row = compare_groups(normalise(lanes(rows))).iloc[0]
    assert (row["stimulus"], row["versus"]) == ("IL-6", "vehicle")
    assert row["p"] == pytest.approx(stats.ttest_rel(np.log([1.0, 2.5, 1.2]), np.log([0.1, 0.3, 0.15])).pvalue)


def test_with_an_unstimulated_reference_doses_still_meet_the_stimulated_vehicle() -> None:
    rows = []
    for i, scale in enumerate([1.0, 2.5, 0.6]):
        where = {"replicate": f"r{i}", "membrane": f"m{i}"}
        rows.append({**where, "stimulus": "none", "treatment": "vehicle", "ratio": 0.1 * scale})
        rows.append({**where, "treatment": "vehicle", "ratio": scale * (1 + 0.1 * i)})
        rows += [{**where, "treatment": "a drug", "dose": 10.0**k, "ratio": scale * (0.8 - 0.2 * k)} for k in range(3)]
    table = lanes(rows)
    folds = normalise(table, reference={"stimulus": "none", "treatment": "vehicle"})
    tests = compare_groups(folds).query("quantity == 'P/S' and dose == dose")
    assert tests["method"].str.startswith("Dunnett").all()
    assert list(tests["versus"]) == ["IL-6 + vehicle"] * 3
    usual = compare_groups(normalise(table)).query("quantity == 'P/S' and dose == dose")
    assert tests["p_adjusted"].to_numpy() == pytest.approx(usual["p_adjusted"].to_numpy(), rel=1e-12)
    assert power_table(folds)["value"].notna().any()


def test_a_stimulus_without_a_drug_is_compared_with_the_reference_that_was_named_and_not_called_a_window() -> None:
    rows = []
    for i, (low, high, other) in enumerate([(0.1, 1.0, 0.4), (0.3, 2.5, 1.1), (0.15, 1.2, 0.7)]):
        where = {"replicate": f"r{i}", "membrane": f"m{i}", "treatment": "vehicle"}
        rows += [{**where, "stimulus": "none", "ratio": low}, {**where, "ratio": high}]
        rows += [{**where, "stimulus": "IFN", "ratio": other}]
    tests = compare_groups(normalise(lanes(rows), reference={"stimulus": "none"})).query("quantity == 'P/S'")
    assert sorted(tests["stimulus"]) == ["IFN", "IL-6"]
    assert set(tests["versus"]) == {"vehicle"}
    assert not tests["note"].str.contains("window").any()
    found = tests.set_index("stimulus").loc["IL-6", "p"]
    assert found == pytest.approx(stats.ttest_rel(np.log([1.0, 2.5, 1.2]), np.log([0.1, 0.3, 0.15])).pvalue)


@pytest.mark.parametrize(("unstimulated", "compared"), [(["0"], set()), (["0", "15"], {"15"})])
def test_a_cell_of_a_time_course_without_lanes_of_the_reference_has_folds_and_no_comparison(
    unstimulated: list[str], compared: set[str]
) -> None:
    rows = []
    for i, (low, high) in enumerate([(0.1, 1.0), (0.3, 2.5), (0.15, 1.2)]):
        where = {"replicate": f"r{i}", "membrane": f"m{i}", "treatment": "vehicle"}
        rows += [{**where, "stimulus": "none", "ratio": low, "time_min": time} for time in unstimulated]
        rows += [{**where, "ratio": high, "time_min": time} for time in ("5", "15")]
    folds = normalise(lanes(rows), reference={"stimulus": "none"}, group_by=["time_min"])
    assert folds["fold"].notna().all()
    tests = compare_groups(folds, group_by=["time_min"])
    assert set(tests["time_min"] if len(tests) else []) == compared


def test_a_window_whose_minimum_is_not_seen_is_bounded_from_below() -> None:
    rows = []
    for i, scale in enumerate([1.0, 2.5, 1.2]):
        where = {"replicate": f"r{i}", "membrane": f"m{i}", "ratio_loq": 0.05 * scale}
        rows.append({**where, "stimulus": "none", "treatment": "vehicle", "ratio": 0.01 * scale})
        rows.append({**where, "treatment": "vehicle", "ratio": scale * (1 + 0.1 * i)})
        rows += [{**where, "treatment": "drug", "dose": d, "ratio": scale * (0.8 - 0.1 * i)} for d in (1.0, 10.0)]
    tests = compare_groups(normalise(lanes(rows))).query("quantity == 'P/S'")
    window = tests[tests["versus"] == "vehicle"].iloc[0]
    assert np.isnan(window["effect"])
    assert 5.0 < window["ci_low"] < 20.0  # vehicle over the limit is 20
    assert window["ci_high"] == np.inf
    assert window["p"] < 0.05


def test_without_a_reference_all_pairs_are_compared_and_an_unknown_method_is_named() -> None:
    rows = [{"treatment": t, "replicate": f"r{i}", "membrane": f"m{i}", "ratio": v * (1 + 0.1 * i)}
            for t, v in (("a", 1.0), ("b", 2.0), ("c", 4.5)) for i in range(3)]  # fmt: skip
    folds = normalise(lanes(rows))
    tests = compare_groups(folds).query("quantity == 'P/S'")
    assert tests["method"].str.startswith("Tukey").all()
    assert list(zip(tests["treatment"], tests["versus"], strict=True)) == [
        ("b", "IL-6 + a"), ("c", "IL-6 + a"), ("c", "IL-6 + b")
    ]  # fmt: skip
    with pytest.raises(SettingsError, match="did you mean 'dunnett'"):
        compare_groups(folds, method="dunnet")


def test_the_total_form_is_tested_by_itself() -> None:
    rows = []
    for i, (vehicle, drug) in enumerate([(100.0, 51.0), (210.0, 99.0), (150.0, 80.0)]):
        where = {"replicate": f"r{i}", "membrane": f"m{i}", "ratio": 1.0}
        rows += [{**where, "treatment": "vehicle", "total": vehicle}, {**where, "dose": 10.0, "total": drug}]
    tests = compare_groups(normalise(lanes(rows)))
    total = tests[tests["quantity"] == "S"].iloc[0]
    assert total["effect"] == pytest.approx(stats.gmean([0.51, 99 / 210, 80 / 150]))
    assert total["p"] < 0.01
    assert "does the treatment move it" in total["note"]


def test_a_saturated_total_is_no_quantity_and_a_saturated_phospho_leaves_it() -> None:
    rows = []
    for i, (vehicle, drug) in enumerate([(100, 50), (210, 100), (150, 80), (120, 60)]):
        where = {"replicate": f"r{i}", "membrane": f"m{i}", "ratio": 1.0, "ratio_se": 0.01}
        rows += [{**where, "treatment": "vehicle", "total": vehicle}, {**where, "dose": 10.0, "total": drug}]
    lost = {"ratio": np.nan, "flags": "saturated"}
    rows[1] |= {**lost, "bound": "upper", "total": 5.0}
    rows[3] |= {**lost, "bound": "lower"}
    tests = compare_groups(normalise(lanes(rows)))
    total = tests[tests["quantity"] == "S"].iloc[0]
    assert (total["n"], total["n_versus"]) == (3, 4)
    assert 0.45 < total["effect"] < 0.6
    assert "1 lanes without a value left out" in total["note"]
    used = normalise(lanes([{**row, "ratio": 1.0} for row in rows]))  # matching.saturated = use
    assert compare_groups(used)[lambda t: t["quantity"] == "S"]["n"].iloc[0] == 4


def test_membranes_of_one_replicate_are_brought_to_one_scale_before_they_are_averaged() -> None:
    rows = []
    for i in range(3):
        for membrane, scale, doses in ((f"a{i}", 1.0, (10.0, 100.0)), (f"b{i}", 7.0, (100.0, 1000.0))):
            where = {"replicate": f"r{i}", "membrane": membrane}
            noise = 1.0 + 0.05 * i
            rows.append({**where, "treatment": "vehicle", "ratio": scale * noise})
            rows += [{**where, "dose": dose, "ratio": scale * 5.0 / dose * noise**2} for dose in doses]
    tests = against_vehicle(compare_groups(normalise(lanes(rows))))
    assert tests["effect"].tolist() == pytest.approx([0.5 * 1.0492, 0.05 * 1.0492, 0.005 * 1.0492], rel=2e-3)
    assert (tests["n"] == 3).all()


def test_replicates_taken_from_membranes_are_named_beside_every_p() -> None:
    tests = compare_groups(study({0: [1.0, 1.1, 0.9], 10: [0.5, 0.6, 0.4]}, flags="replicate_assumed"))
    assert tests["note"].str.contains("each membrane is taken as one").all()


def test_a_lane_without_a_ratio_is_left_out_and_said() -> None:
    folds = study({0: [1.0, 2.0, 1.5, 0.9], 10: [0.5, 1.1, np.nan, 0.4], 100: [0.2, 0.35, 0.3, 0.2]})
    tests = against_vehicle(compare_groups(folds))
    assert tests["n"].tolist() == [3, 4]
    assert tests["note"].str.contains("1 lanes without a value left out").all()


def test_further_columns_part_the_families() -> None:
    early, late = study({0: [1.0, 1.1, 0.9], 10: [0.5, 0.6, 0.4]}), study({0: [2.0, 2.1, 1.9], 10: [0.2, 0.3, 0.1]})
    both = pd.concat([early.assign(time_min=10), late.assign(time_min=60)])
    tests = compare_groups(both, group_by=["time_min"])
    tests = tests[tests["quantity"] == "P/S"]
    assert tests["time_min"].tolist() == [10, 60]
    assert tests["effect"].iloc[0] == pytest.approx(compare_groups(early)["effect"].iloc[0])
    with pytest.raises(TableError, match="column 'time' does not exist"):
        compare_groups(both, group_by=["time"])


def test_the_power_of_the_blocked_dunnett_is_what_simulation_gives() -> None:
    # five replicates, four doses, residual SD 0.3, one group at half of the vehicle
    rng = np.random.default_rng(6)
    limit = critical_value("dunnett", halves(4), 5, 16.0, 0.95)
    noise = rng.normal(0.0, 0.3, (4000, 5, 5))
    noise[..., 4] += np.log(0.5)
    left = noise - noise.mean(1, keepdims=True) - noise.mean(2, keepdims=True) + noise.mean((1, 2), keepdims=True)
    sigma = np.sqrt((left**2).sum((1, 2)) / 16.0)
    t = (noise[..., 4].mean(1) - noise[..., 0].mean(1)) / (sigma * np.sqrt(2 / 5))
    assert power_of(np.log(0.5), 0.3, 5, 4) == pytest.approx(np.mean(np.abs(t) > limit), abs=0.02)
    assert power_of(np.log(0.4), 0.3, 3, 4) > 0.72  # the project's figure for 60 % inhibition at n = 3


def test_the_power_of_a_paired_comparison_is_that_of_r_pwr() -> None:
    # pwr.t.test(d = 0.2, n = 60, sig.level = 0.10, type = "one.sample")$power; d is of differences, √2 spreads wide
    assert power_of(0.2 * np.sqrt(2.0), 1.0, 60, 1, level=0.90) == pytest.approx(0.4555818, abs=1e-6)


@pytest.mark.parametrize("effect", [0.5, 0.1, 1e-3, 1e-9])
def test_an_effect_however_large_has_a_power(effect: float) -> None:
    far, near = power_of(np.log(effect), 0.12, 3, 7), power_of(np.log(0.6), 0.12, 3, 7)
    assert near < far <= 1.0


def test_no_fewer_replicates_are_advised_than_give_a_p_value() -> None:
    steady = {0: [1.0, 1.01, 0.99], 10: [0.5, 0.51, 0.5], 100: [0.1, 0.1, 0.101]}
    assert set(power_table(study(steady))["value"]) == {3.0}
    assert set(power_table(study(steady), min_replicates=2)["value"]) == {2.0}
    assert set(power_table(study(steady), min_replicates=5)["value"]) == {5.0}


def test_the_power_table_says_how_many_replicates_are_needed_at_the_spread_seen() -> None:
    values = {0: [1.0, 2.0, 1.5], 10: [0.5, 1.4, 0.6], 100: [0.2, 0.35, 0.3]}
    table = power_table(study(values))
    assert table["measure"].tolist() == [f"replicates_for_fold_{e}" for e in ("0.75", "0.5", "0.4", "0.25")]
    assert table["value"].is_monotonic_decreasing
    assert table["note"].str.contains("2 groups against the reference").all()
    assert power_table(normalise(lanes([{"treatment": "a"}]))).empty


def test_where_every_value_is_below_the_limit_nothing_is_tested_and_nothing_breaks() -> None:
    rows = compare_groups(study({0: [0.2, 0.3, 0.25], 10: [0.1, 0.2, 0.3]}, ratio_loq=1.0))

    assert rows["p"].isna().all()
    assert rows["note"].ne("").all()


def test_no_adjusted_p_value_lies_below_its_p_nor_above_bonferronis() -> None:
    correlation = halves(7)  # doses that lack lanes: comparisons that share no one factor
    for row, share in ((2, 0.95), (3, 0.93)):
        correlation[row] *= share
        correlation[:, row] *= share
        correlation[row, row] = 1.0
    correlation[0, 1] = correlation[1, 0] = 0.53
    assert one_factor(correlation) is None
    for t in (0.5, 3.0, 8.0, 15.0, 20.0, 30.0, 2e3):
        single = 2.0 * stats.t.sf(t, 19.0)
        assert single <= dunnett_tail(t, correlation, 19.0) <= min(7.0 * single, 1.0)
        assert single <= dunnett_tail(t, halves(7), 19.0) <= min(7.0 * single, 1.0)
        assert single <= tukey_tail(t, 8, 19.0) <= min(28.0 * single, 1.0)
    values = {10.0**k: [0.5**k * s for s in (1.0, 1.1, 0.95, 1.05)] for k in range(8)}
    folds = study({0: [1.02, 0.95, 1.0, 1.1], **values}).drop(index=[9, 14])
    tests = against_vehicle(compare_groups(folds))
    assert tests["p"].min() < 1e-15
    assert (tests["p_adjusted"] >= tests["p"]).all()
    assert (tests["p_adjusted"] <= np.minimum(8.0 * tests["p"], 1.0)).all()


@pytest.mark.parametrize("replicates", [3, 4, 5, 6])
@pytest.mark.parametrize("missing", [[], [5]])
def test_values_that_scatter_by_rounding_alone_tell_no_error(replicates: int, missing: list[int]) -> None:
    folds = study({float(dose): [100 / 7] * replicates for dose in (0, 1, 3, 10, 30, 100)}).drop(index=missing)
    tests = compare_groups(folds).query("quantity == 'P/S'")
    assert tests["p"].isna().all()
    assert tests["effect"].tolist() == pytest.approx([1.0] * len(tests))
    told = against_vehicle(tests).query("n >= 3")
    assert len(told) >= 4
    assert told["note"].str.contains("the replicates are identical and tell no error").all()
    assert not told["note"].str.contains("no degree of freedom").any()


def test_identical_values_beside_some_below_the_limit_tell_no_error_either() -> None:
    values = {0: [100 / 7] * 4, 10: [50 / 7] * 4, 100: [0.1, 0.2, 0.1, 0.05]}
    tests = against_vehicle(compare_groups(study(values, ratio_loq=1.0)))
    assert tests["p"].isna().all()
    assert tests["effect"].iloc[0] == pytest.approx(0.5)
    assert np.isnan(tests["effect"].iloc[1])
    assert tests["note"].str.contains("the replicates are identical").all()


def test_a_scatter_however_small_that_is_more_than_rounding_is_an_error() -> None:
    row = compare_groups(study({0: [1.0, 1.0 + 1e-9, 1.0], 10: [0.5, 0.5, 0.5 + 1e-9]})).iloc[0]
    assert row["p"] < 1e-12
