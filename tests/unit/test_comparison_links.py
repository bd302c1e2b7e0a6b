"""compare_groups() across membranes: a ratio is in units of its membrane, so something must link what is compared."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from scipy import stats

from blotquant.comparison import compare_groups, power_table
from blotquant.normalisation import normalise
from tests.unit.test_normalisation import lanes

VEHICLE, BARI, TOFA = [1.0, 2.1, 1.4, 0.8], [0.55, 1.3, 0.7, 0.46], [3.1, 2.6, 3.5, 4.0]
Rows = list[dict[str, object]]


def loaded(treatment: str, values: list[float], on: str, **further: object) -> Rows:
    """One lane of a treatment on each of some membranes, each a replicate."""
    dose = {"dose": 10.0} if treatment in ("bari", "tofa") else {}
    return [
        {"treatment": treatment, "membrane": f"{on}{i}", "replicate": f"{on}{i}", "ratio": value, **dose, **further}
        for i, value in enumerate(values)
    ]


def compared(rows: Rows, **options: str) -> pd.DataFrame:
    """Comparisons of the ratio, by treatment."""
    tests = compare_groups(normalise(lanes(rows)), **options)
    return tests[(tests["quantity"] == "P/S") & tests["dose"].notna()].set_index("treatment")


def shared() -> Rows:
    return [*loaded("vehicle", VEHICLE, "a"), *loaded("bari", BARI, "a")]


def test_a_compound_on_membranes_of_its_own_has_no_effect_and_no_p_value_and_is_told_what_to_load() -> None:
    row = compared([*shared(), *loaded("tofa", TOFA, "b")]).loc["tofa"]
    assert row[["effect", "ci_low", "ci_high", "statistic", "dof", "p", "p_adjusted"]].isna().all()
    assert row["method"] == ""
    assert (row["versus"], row["n"], row["n_versus"]) == ("IL-6 + vehicle", 4, 4)
    assert row["note"].startswith("not compared: IL-6 + tofa 10 nM and IL-6 + vehicle share no membrane")
    assert "load IL-6 + vehicle or one calibrator lysate on every membrane" in row["note"]
    assert "\n" not in row["note"]


def test_the_total_form_on_membranes_of_its_own_is_not_compared_either() -> None:
    tests = compare_groups(normalise(lanes([*shared(), *loaded("tofa", TOFA, "b", total=9.0)])))
    row = tests[(tests["quantity"] == "S") & (tests["treatment"] == "tofa")].iloc[0]
    assert row[["effect", "p"]].isna().all()
    assert "does the treatment move it?; not compared" in row["note"]


@pytest.mark.parametrize("method", ["auto", "holm"])
def test_a_compound_that_nothing_links_leaves_the_other_comparisons_as_they_are(method: str) -> None:
    alone = compared(shared(), method=method).loc["bari"]
    beside = compared([*shared(), *loaded("tofa", TOFA, "b")], method=method).loc["bari"]
    assert beside["method"] == "paired t on ln ratio by replicate"
    assert beside["p"] == pytest.approx(stats.ttest_rel(np.log(BARI), np.log(VEHICLE)).pvalue, rel=1e-9)
    pd.testing.assert_series_equal(alone, beside, check_exact=True)


def test_replicates_of_a_stray_compound_on_the_same_membrane_leave_the_pairs_of_the_others() -> None:
    rows = [{**row, "membrane": "m"} for row in [*shared(), *loaded("tofa", TOFA, "b")]]
    tests = compared(rows)
    bari, tofa = tests.loc["bari"], tests.loc["tofa"]
    assert bari["p"] == pytest.approx(stats.ttest_rel(np.log(BARI), np.log(VEHICLE)).pvalue, rel=1e-9)
    assert tofa["method"].endswith("not shared by all groups: replicate as random effect (REML, Satterthwaite)")
    assert tofa["effect"] == pytest.approx(stats.gmean(TOFA) / stats.gmean(VEHICLE))
    # two values of one replicate are not two: 9 would count them so, 6 are those of tofa and vehicle alone
    assert 5.0 < tofa["dof"] < 7.0
    assert tests["p_adjusted"].tolist() == pytest.approx((2.0 * tests["p"]).tolist())  # two models: Bonferroni
    half = np.log(bari["ci_high"] / bari["effect"]) * bari["statistic"] / np.log(bari["effect"])
    assert abs(half) == pytest.approx(stats.t.ppf(1 - 0.05 / 4, 3), rel=1e-6)


def test_replicates_of_their_own_on_shared_membranes_are_blocked_by_membrane() -> None:
    rows = []
    for i, scale in enumerate([1.0, 30.0, 900.0]):
        for j, (vehicle, bari) in enumerate([(1.0, 0.5), (1.2, 0.55)]):
            rows += loaded("vehicle", [scale * vehicle], "v", membrane=f"m{i}", replicate=f"v{i}{j}")
            rows += loaded("bari", [scale * bari * 1.1**i], "d", membrane=f"m{i}", replicate=f"d{i}{j}")
    row = compared(rows).loc["bari"]
    assert row["method"].endswith("blocked by membrane")
    assert row["effect"] == pytest.approx(1.1 * np.sqrt(0.5 * 0.55 / 1.2))
    assert (row["n"], row["dof"]) == (6, 12 - 2 - 3 + 1)
    assert row["p"] < 1e-4


def test_islands_without_a_reference_are_compared_within_and_share_the_familys_error() -> None:
    # a, b, c on three membranes, d and e on three others: four comparisons are made, six are not
    rng = np.random.default_rng(2)
    rows = [
        row for name, on in zip("cxyde", "aaabb", strict=True) for row in loaded(name, list(rng.uniform(1, 2, 3)), on)
    ]
    folds = normalise(lanes(rows))
    tests = compare_groups(folds)
    tests = tests[tests["quantity"] == "P/S"]
    assert (len(tests), int(tests["p"].notna().sum())) == (10, 4)
    within = tests[tests["treatment"].isin(["x", "y"]) & tests["p"].notna()]
    alone = compare_groups(folds[folds["treatment"].isin(list("cxy"))]).query("quantity == 'P/S'")
    assert within["p"].tolist() == pytest.approx(alone["p"].tolist(), rel=1e-9)
    assert within["p_adjusted"].tolist() == pytest.approx(np.minimum(alone["p_adjusted"] * 4 / 3, 1.0).tolist())
    pair = tests[(tests["treatment"] == "e") & tests["p"].notna()].iloc[0]
    assert pair["p_adjusted"] == pytest.approx(min(4.0 * pair["p"], 1.0))


def test_the_unstimulated_lanes_that_all_membranes_share_link_what_they_are_not_compared_with() -> None:
    resting = {"stimulus": "none"}
    rows = [*shared(), *loaded("tofa", TOFA, "b")]
    rows += loaded("vehicle", [0.1, 0.2, 0.15, 0.07], "a", **resting)
    rows += loaded("vehicle", [0.9, 0.8, 1.0, 1.3], "b", **resting)
    row = compared(rows).loc["tofa"]
    a = np.log(VEHICLE) - np.log([0.1, 0.2, 0.15, 0.07])
    b = np.log(TOFA) - np.log([0.9, 0.8, 1.0, 1.3])
    assert row["effect"] == pytest.approx(np.exp(b.mean() - a.mean()))
    assert "linked by conditions outside the comparison" in row["method"]


def test_a_lane_below_its_limit_links_nothing() -> None:
    rows = [*shared(), *loaded("tofa", TOFA, "b")]
    faint = {"stimulus": "none", "ratio_loq": 0.05}
    rows += loaded("vehicle", [0.01] * 4, "a", **faint)
    rows += loaded("vehicle", [0.01] * 4, "b", **faint)
    assert compared(rows).loc["tofa", "note"].startswith("not compared")


def test_a_calibrator_lysate_links_membranes_and_is_itself_compared_with_nothing() -> None:
    pool = {"role": "calibrator"}
    rows = [*shared(), *loaded("tofa", TOFA, "b")]
    rows += loaded("vehicle", [2.0, 4.0, 3.0, 1.5], "a", **pool)  # a pool that was named after its treatment
    rows += loaded("vehicle", [9.0, 8.0, 10.0, 13.0], "b", **pool)
    folds = normalise(lanes(rows))
    tests = compare_groups(folds).query("quantity == 'P/S'").set_index("treatment")
    assert list(tests.index) == ["bari", "tofa"]
    a = np.log(VEHICLE) - np.log([2.0, 4.0, 3.0, 1.5])
    b = np.log(TOFA) - np.log([9.0, 8.0, 10.0, 13.0])
    assert tests.loc["tofa", "effect"] == pytest.approx(np.exp(b.mean() - a.mean()))
    by_time = compare_groups(
        folds.assign(time_min=np.where(folds["role"] == "calibrator", np.nan, 15.0)), group_by=["time_min"]
    )
    linked = by_time[(by_time["quantity"] == "P/S") & (by_time["treatment"] == "tofa")].iloc[0]
    assert linked["effect"] == pytest.approx(tests.loc["tofa", "effect"])


POOL = {"a": 2.0, "b": 4.0, "c": 3.0, "d": 9.0, "e": 8.0, "f": 10.0}
BRIGHT = {"1": 1.0, "2": 5.0}


def on_two(treatment: str, values: dict[str, float], parts: str = "12", **further: object) -> Rows:
    """One lane of a treatment for each replicate on each of its membranes; 2 is five times as bright as 1."""
    return [
        row
        for replicate, value in values.items()
        for part in parts
        for row in loaded(
            treatment, [BRIGHT[part] * value], "", **{"membrane": part + replicate, "replicate": replicate, **further}
        )
    ]


def test_calibrators_link_replicates_that_span_several_membranes() -> None:
    vehicle, bari = dict(zip("abc", VEHICLE, strict=False)), dict(zip("abc", BARI, strict=False))
    tofa = dict(zip("def", TOFA, strict=False))
    rows = [*on_two("vehicle", vehicle), *on_two("bari", bari), *on_two("tofa", tofa)]
    tests = compared([*rows, *on_two("pool", POOL, role="calibrator")])
    own = [np.log(tofa[name] / POOL[name]) for name in "def"]
    base = [np.log(vehicle[name] / POOL[name]) for name in "abc"]
    assert tests.loc["tofa", "effect"] == pytest.approx(np.exp(np.mean(own) - np.mean(base)))
    assert "linked by conditions outside the comparison" in tests.loc["tofa", "method"]
    assert np.isfinite(tests.loc["tofa", "p"])
    assert (tests["note"] == "").all()
    assert compared(rows).loc["tofa", "note"].startswith("not compared")


def test_calibrators_are_linked_by_their_membrane_and_not_by_the_name_of_a_replicate() -> None:
    other = {"a": "b", "b": "c", "c": "a"}  # each replicate is called as the membrane of another
    rows = [
        row
        for treatment, values in (("vehicle", VEHICLE), ("bari", BARI))
        for name, value in zip("abc", values, strict=False)
        for row in loaded(treatment, [value], "", membrane=other[name], replicate=name)
    ]
    pool = [row for name in "abc" for row in loaded("pool", [POOL[name]], "", membrane=name, role="calibrator")]
    pd.testing.assert_frame_equal(compared([*rows, *pool]), compared(rows))


@pytest.mark.parametrize("apart", [1.0, 40.0])
def test_calibrators_link_the_membranes_of_one_replicate_however_far_replicates_are_apart(apart: float) -> None:
    level = {"a": 1.0, "b": apart, "c": apart**2}
    vehicle = {name: level[name] * noise for name, noise in zip("abc", (1.0, 1.1, 0.95), strict=True)}
    bari = {name: level[name] * noise for name, noise in zip("abc", (0.21, 0.2, 0.18), strict=True)}
    pool = dict.fromkeys("abc", 0.5)
    rows = [*on_two("vehicle", vehicle, "1"), *on_two("bari", bari, "2")]
    row = compared([*rows, *on_two("pool", pool, role="calibrator")]).loc["bari"]
    assert row["effect"] == pytest.approx(stats.gmean(list(bari.values())) / stats.gmean(list(vehicle.values())))
    assert row["ci_high"] < 0.35  # what replicates differ by is in both groups alike
    assert "groups not linked within replicates: blocked by membrane" in row["method"]
    assert row["note"] == ""
    half = compared([*rows, *on_two("pool", pool, "1", role="calibrator")]).loc["bari", "note"]
    assert half.count("share no condition: each is a block; load one lysate on all") == 3


def test_a_replicate_on_two_membranes_reads_in_the_units_of_one_on_one_of_them() -> None:
    rows = []
    for i, bright in enumerate([1.0, 7.0, 30.0]):
        for part, factor in (("x", bright), ("y", 3.0 * bright)):
            on = {"membrane": f"{part}{i}", "replicate": f"v{i}"}
            rows += loaded("vehicle", [factor * VEHICLE[i]], "", **on)
        rows += loaded("bari", [bright * BARI[i]], "", membrane=f"x{i}", replicate=f"d{i}")
    row = compared(rows).loc["bari"]
    assert row["effect"] == pytest.approx(stats.gmean(BARI[:3]) / stats.gmean(VEHICLE[:3]))


def test_folds_alone_are_on_one_scale_and_are_compared() -> None:
    folds = normalise(lanes([*shared(), *loaded("tofa", TOFA, "b")])).assign(fold=lambda t: t["ratio"], ratio=np.nan)
    row = compare_groups(folds).set_index("treatment").loc["tofa"].iloc[0]
    assert row["method"].endswith("replicate as random effect (REML, Satterthwaite)")
    assert np.isfinite(row["p"])


def test_a_table_that_names_no_membranes_is_compared() -> None:
    table = lanes([*shared(), *loaded("tofa", TOFA, "b")]).drop(columns=["membrane"])
    tests = compare_groups(table).query("quantity == 'P/S'").set_index("treatment")
    assert np.isfinite(tests.loc["tofa", "p"])


def test_no_effect_on_brighter_membranes_is_never_found() -> None:
    found = []
    for seed in range(20):
        rng = np.random.default_rng(seed)
        values = np.exp(rng.normal(0, 0.15, (3, 4)))
        rows = [*loaded("vehicle", list(values[0]), "a"), *loaded("bari", list(values[1]), "a")]
        found.append(compared([*rows, *loaded("tofa", list(3.0 * values[2]), "b")]).loc["tofa", "p_adjusted"])
    assert np.isnan(found).all()


def test_a_trend_over_doses_of_one_compound_needs_no_vehicle_but_linked_membranes() -> None:
    series = [
        {"dose": dose, "membrane": f"b{i}", "replicate": f"b{i}", "ratio": value * noise, "treatment": "tofa"}
        for dose, value in ((1.0, 8.0), (10.0, 4.0), (100.0, 2.1))
        for i, noise in enumerate([1.0, 1.3, 0.8] if dose != 10.0 else [1.1, 1.2, 0.9])
    ]
    trend = compare_groups(normalise(lanes([*shared(), *series]))).query("versus == 'a tenth of the dose'")
    assert trend["effect"].iloc[0] == pytest.approx(np.sqrt(2.1 / 8.0))
    torn = [{**row, "membrane": f"{row['membrane']} {row['dose']}", "replicate": f"{row['dose']}"} for row in series]
    assert compare_groups(normalise(lanes([*shared(), *torn]))).query("versus == 'a tenth of the dose'").empty


def test_power_is_planned_from_the_spread_within_replicates_whatever_else_was_loaded() -> None:
    alone = power_table(normalise(lanes(shared())))["note"].str.extract(r"SD of ln ([\d.]+)")[0]
    beside = power_table(normalise(lanes([*shared(), *loaded("tofa", TOFA, "b")])))["note"]
    assert beside.str.extract(r"SD of ln ([\d.]+)")[0].tolist() == alone.tolist()
