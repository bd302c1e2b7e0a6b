"""compare_groups(): the test a statistician would choose, with answers known by hand or from SciPy."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from scipy import stats

from blotquant.comparison import compare_groups, power_table
from blotquant.comparison.linear import fit_groups
from blotquant.comparison.multiplicity import critical_value, dunnett_p, holm
from blotquant.errors import SettingsError
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
    return tests[tests["dose"].notna()]


def test_two_groups_give_the_paired_t_test_on_logarithms() -> None:
    vehicle, drug = [1.0, 2.0, 1.5, 0.8], [0.4, 1.1, 0.9, 0.35]
    row = compare_groups(study({0: vehicle, 10: drug})).iloc[0]
    t = stats.ttest_rel(np.log(drug), np.log(vehicle))
    assert row["method"] == "paired t on logarithms, blocked by replicate"
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
    assert one["p_adjusted"].tolist() == pytest.approx(other["p_adjusted"].tolist(), rel=1e-9)


@pytest.mark.parametrize(("n", "expected"), [(3, 3.02), (4, 2.81), (5, 2.71)])
def test_critical_values_of_the_blocked_dunnett_for_four_doses(n: int, expected: float) -> None:
    # computed for the project and printed in its science notes: df = k(n − 1), correlation one half
    correlation = np.full((4, 4), 0.5) + 0.5 * np.eye(4)
    assert critical_value(correlation, 4.0 * (n - 1), 0.95) == pytest.approx(expected, abs=0.005)


def test_dunnett_p_values_agree_with_scipy_where_scipy_knows_the_design() -> None:
    rng = np.random.default_rng(4)
    control, groups = rng.normal(0, 1, 6), [rng.normal(m, 1, 6) for m in (0.4, 1.0, 1.9)]
    pooled = np.sqrt(np.mean([np.var(g, ddof=1) for g in (control, *groups)]))
    t = np.array([(g.mean() - control.mean()) / (pooled * np.sqrt(2 / 6)) for g in groups])
    correlation = np.full((3, 3), 0.5) + 0.5 * np.eye(3)
    scipys = stats.dunnett(*groups, control=control, rng=np.random.default_rng(0)).pvalue
    assert dunnett_p(t, correlation, 20.0) == pytest.approx(scipys, abs=2e-3)  # SciPy integrates by random numbers
    far = dunnett_p(10.0 * t, correlation, 20.0)
    assert (far > 2.0 * stats.t.sf(np.abs(10.0 * t), 20.0)).all()  # adjusted is never smaller, however small
    assert (far < 3.0 * 2.0 * stats.t.sf(np.abs(10.0 * t), 20.0)).all()  # nor larger than Bonferroni


def test_dunnett_is_chosen_for_several_doses_and_every_dose_meets_the_vehicle() -> None:
    tests = compare_groups(
        study({0: [1, 1.2, 0.9], 10: [0.7, 0.8, 0.5], 100: [0.2, 0.3, 0.15], 1000: [0.1, 0.1, 0.08]})
    )
    doses = against_vehicle(tests)
    assert doses["dose"].tolist() == [10.0, 100.0, 1000.0]
    assert set(doses["versus"]) == {"IL-6 + vehicle"}
    assert doses["method"].str.startswith("Dunnett on logarithms, blocked by replicate").all()
    assert (doses["p_adjusted"] >= doses["p"]).all()
    assert (doses["dof"] == 6).all()


def test_the_interval_is_adjusted_as_the_p_value_is() -> None:
    tests = against_vehicle(compare_groups(study({0: [1, 1.2, 0.9], 10: [0.9, 0.7, 0.8], 100: [0.3, 0.4, 0.2]})))
    excludes_one = (tests["ci_low"] > 1) | (tests["ci_high"] < 1)
    assert excludes_one.tolist() == (tests["p_adjusted"] < 0.05).tolist()
    half = np.log(tests["ci_high"] / tests["effect"])
    reach = half * tests["statistic"] / np.log(tests["effect"])
    correlation = np.full((2, 2), 0.5) + 0.5 * np.eye(2)
    assert reach.tolist() == pytest.approx([critical_value(correlation, 4.0, 0.95)] * 2, rel=1e-6)


def test_two_replicates_give_an_effect_and_no_p_value() -> None:
    row = compare_groups(study({0: [1.0, 2.0], 10: [0.5, 0.9]})).iloc[0]
    assert row["effect"] == pytest.approx(np.sqrt(0.5 * 0.9 / 2.0))
    assert row[["p", "p_adjusted", "ci_low", "statistic"]].isna().all()
    assert "no p value below 3" in row["note"]


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


def test_a_group_wholly_below_the_limit_gives_a_bound() -> None:
    values = {0: [1.0, 1.1, 0.9], 10: [0.5, 0.6, 0.4], 100: [0.001, -0.01, 0.004]}
    row = compare_groups(study(values, ratio_loq=0.02)).iloc[1]
    assert row["effect"] == pytest.approx(0.02 / stats.gmean([1.0, 1.1, 0.9]), rel=1e-6)
    assert "at most" in row["note"]


def test_a_missing_lane_makes_blocks_random_and_loses_nothing_else() -> None:
    folds = study({0: [1.0, 2.0, 1.5, 0.9], 10: [0.5, 1.1, 0.7, 0.4], 100: [0.2, 0.35, 0.3, 0.2]})
    tests = against_vehicle(compare_groups(folds.drop(index=[5])))
    assert tests["method"].str.endswith("random blocks").all()
    assert tests["n"].tolist() == [3, 4]
    assert (tests["p_adjusted"] < 0.05).all()


def test_random_blocks_agree_with_fixed_ones_when_blocks_differ_much() -> None:
    rng = np.random.default_rng(5)
    group, block = np.tile(np.arange(3), 6), np.repeat(np.arange(6), 3)
    y = 0.5 * group + 20.0 * rng.normal(size=6)[block] + 0.1 * rng.normal(size=18)
    keep = np.arange(18) != 4
    random = fit_groups(y[keep], np.zeros(17, bool), group[keep], block[keep])
    design = np.hstack([np.eye(3)[group], np.eye(6)[block][:, 1:]])[keep]
    fixed = np.linalg.lstsq(design, y[keep], rcond=None)[0]
    assert random.kind == "random blocks"
    assert random.mean[2] - random.mean[0] == pytest.approx(fixed[2] - fixed[0], abs=2e-3)
    assert random.dof == 17 - 8


def test_unpaired_replicates_are_compared_without_blocks() -> None:
    a, b = [1.0, 1.3, 0.8], [0.4, 0.5, 0.35]
    rows = [{"replicate": f"a{i}", "membrane": "m", "treatment": "vehicle", "ratio": v} for i, v in enumerate(a)]
    rows += [{"replicate": f"b{i}", "membrane": "m", "dose": 10.0, "ratio": v} for i, v in enumerate(b)]
    row = compare_groups(normalise(lanes(rows), within="membrane")).iloc[0]
    assert row["method"].endswith("unpaired")
    assert row["p"] == pytest.approx(stats.ttest_ind(np.log(a), np.log(b)).pvalue, rel=1e-9)


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


def test_holm_steps_down() -> None:
    assert holm(np.array([0.01, 0.04, 0.03])).tolist() == pytest.approx([0.03, 0.06, 0.06])


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
    assert (row["stimulus"], row["versus"]) == ("IL-6", "none + vehicle")
    assert row["p"] == pytest.approx(stats.ttest_rel(np.log([1.0, 2.5, 1.2]), np.log([0.1, 0.3, 0.15])).pvalue)


def test_without_a_vehicle_there_is_nothing_to_test_and_an_unknown_method_is_named() -> None:
    folds = normalise(lanes([{"treatment": "a"}, {"treatment": "b"}]))
    assert compare_groups(folds).empty
    with pytest.raises(SettingsError, match="did you mean 'dunnett'"):
        compare_groups(folds, method="dunnet")


def test_further_columns_part_the_families() -> None:
    early, late = study({0: [1.0, 1.1, 0.9], 10: [0.5, 0.6, 0.4]}), study({0: [2.0, 2.1, 1.9], 10: [0.2, 0.3, 0.1]})
    both = pd.concat([early.assign(time_min=10), late.assign(time_min=60)])
    tests = compare_groups(both, group_by=["time_min"])
    assert tests["time_min"].tolist() == [10, 60]
    assert tests["effect"].iloc[0] == pytest.approx(compare_groups(early)["effect"].iloc[0])


def test_more_replicates_are_needed_for_a_smaller_effect_and_the_power_is_what_simulation_gives() -> None:
    table = power_table(0.3, 4)
    assert table["replicates"].tolist() == [0, 5, 3]
    rng = np.random.default_rng(6)
    limit = critical_value(np.full((4, 4), 0.5) + 0.5 * np.eye(4), 16.0, 0.95)
    noise = rng.normal(0.0, 0.3, (4000, 5, 5))
    noise[..., 4] += np.log(0.5)
    left = noise - noise.mean(1, keepdims=True) - noise.mean(2, keepdims=True) + noise.mean((1, 2), keepdims=True)
    sigma = np.sqrt((left**2).sum((1, 2)) / 16.0)
    t = (noise[..., 4].mean(1) - noise[..., 0].mean(1)) / (sigma * np.sqrt(2 / 5))
    assert table["power"].iloc[1] == pytest.approx(np.mean(np.abs(t) > limit), abs=0.02)
