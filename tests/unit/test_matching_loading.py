"""Loading controls that are burnt out, lost or seen in some lanes only: answers known by hand."""

from __future__ import annotations

import itertools

import numpy as np
import pandas as pd
import pytest

from blotquant.comparison import compare_groups
from blotquant.grouping import summarise
from blotquant.matching import match_bands
from blotquant.matching.inputs import filled
from blotquant.matching.loading import loading_signal
from blotquant.normalisation import normalise
from tests.unit.test_matching import bands, flag, one, paired, samples, with_loading

NAMES = [(f"l{n}", "m", f"control{n}", "loading") for n in (1, 2, 3)]
LOADING = filled(pd.DataFrame(NAMES, columns=["image", "membrane", "target", "form"]), "images")


def burnt(*images: str) -> pd.DataFrame:
    """Bands of two parallel membranes; bands of the first sample (lane 1 on a, lane 2 on b) of some images saturated.

    Uncorrected volumes: phospho 20, total 100; loading 100 and 70, factors 0.5 and 1.
    """
    table = paired()[0]
    first = table["lane"] == table["image"].map({"p": 1, "lp": 1, "s": 2, "ls": 2})
    return flag(table, first & table["image"].isin(images), "saturated")


@pytest.mark.parametrize(
    ("images", "bound", "value"),
    [
        (("lp",), "upper", 0.4),  # P was divided by too little
        (("ls",), "lower", 0.4),  # S was divided by too little
        (("lp", "ls"), "unknown", np.nan),
        (("lp", "s"), "upper", 0.4),
        (("lp", "p"), "unknown", np.nan),
        (("ls", "p"), "lower", 0.4),
    ],
)
def test_a_saturated_loading_control_of_parallel_membranes_leaves_the_side_that_is_known(
    images: tuple[str, ...], bound: str, value: float
) -> None:
    _, sheet, lanes = paired()
    row = one(match_bands(burnt(*images), sheet, lanes))
    assert np.isnan(row["ratio"])
    assert np.isnan(row["ratio_se"])
    assert row["bound"] == bound
    assert row["ratio_bound"] == pytest.approx(value, nan_ok=True)
    assert row["flags"] == "saturated"
    used = one(match_bands(burnt(*images), sheet, lanes, saturated="use"))
    assert used["ratio"] == pytest.approx(0.4)
    assert np.isfinite(one(match_bands(burnt(*images), sheet, lanes), lane=2)["ratio"])


def test_a_saturated_loading_control_of_one_membrane_cancels_and_is_told_where_it_does_not() -> None:
    table = bands({("p", "1"): [20.0, 40.0], ("s", "1"): [100.0, 100.0], ("l1", "2"): [100.0, 300.0]})
    ratios = match_bands(flag(table, 4, "saturated"), with_loading("loading"), samples())
    assert (one(ratios)["ratio"], one(ratios)["flags"]) == (pytest.approx(0.2), "")
    over = one(ratios, "P/L")
    assert np.isnan(over["ratio"])
    assert (over["bound"], over["ratio_bound"], over["flags"]) == ("upper", pytest.approx(0.2), "saturated")


def lost(image: str, volume: float | None) -> pd.DataFrame:
    """Bands of two parallel membranes, where the first sample's loading control is faint, or there is no band."""
    table = paired()[0]
    mine = (table["image"] == image) & (table["lane"] == {"lp": 1, "ls": 2}[image])
    if volume is None:
        return table[~mine].reset_index(drop=True)
    return table.assign(volume=table["volume"].mask(mine, volume), detected=table["detected"] & ~mine)


@pytest.mark.parametrize(
    ("image", "volume", "bound", "value"),
    [
        # the limit is 10: the loading is at most 10/300 of the other lane's, whose factor is 1 as the only one seen
        ("lp", 5.0, "lower", 20 / (10 / 300) / 100),
        ("lp", -2.0, "lower", 20 / (10 / 300) / 100),
        ("ls", 5.0, "upper", 20 / 0.5 / (100 / (10 / 70))),
        ("lp", None, "unknown", np.nan),
        ("ls", None, "unknown", np.nan),
    ],
)
def test_a_lost_loading_control_of_parallel_membranes_gives_no_ratio(
    image: str, volume: float | None, bound: str, value: float
) -> None:
    _, sheet, lanes = paired()
    ratios = match_bands(lost(image, volume), sheet, lanes, saturated="use", force=True)
    row, other = one(ratios), one(ratios, lane=2)
    assert np.isnan([row[name] for name in ("ratio", "ratio_se", "ratio_loq")]).all()
    assert np.isnan(row["phospho" if image == "lp" else "total"])
    assert (row["bound"], row["flags"]) == (bound, "loading_below_loq")
    assert row["ratio_bound"] == pytest.approx(value, nan_ok=True)
    assert (np.isfinite(other["ratio"]), other["bound"], other["flags"]) == (True, "", "")


def test_a_faint_phospho_band_over_a_lost_loading_control_has_no_side() -> None:
    table, sheet, lanes = lost("lp", 5.0), *paired()[1:]
    faint = table.assign(volume=table["volume"].mask((table["image"] == "p") & (table["lane"] == 1), 6.0))
    assert one(match_bands(faint, sheet, lanes))["bound"] == "unknown"


def test_a_form_over_a_lost_loading_control_is_bounded_by_the_limit_of_the_control() -> None:
    table, sheet, lanes = lost("lp", 5.0), *paired()[1:]
    over = one(match_bands(table, sheet, lanes), "P/L")
    assert np.isnan(over["ratio"])
    assert (over["bound"], over["ratio_bound"]) == ("lower", pytest.approx(20 / 10))


def test_of_repeats_on_the_partner_those_without_loading_are_left_out() -> None:
    table, sheet, lanes = lost("ls", 5.0), *paired()[1:]
    repeated = lanes.assign(sample=["x", "y", "x", "x"], role=["sample", "skip", "sample", "sample"])
    row = one(match_bands(table, sheet, repeated))
    assert row["total"] == pytest.approx(200.0)  # the other repeat was 100 before its loading was lost
    assert np.isfinite(row["ratio"])
    assert row["flags"] == "loading_below_loq"


def test_a_loading_control_that_is_seen_nowhere_is_told_and_gives_no_ratio_between_membranes() -> None:
    table, sheet, lanes = paired()
    gone = table.assign(volume=table["volume"].mask(table["image"] == "lp", 2.0))
    ratios = match_bands(gone, sheet, lanes)
    assert ratios.loc[ratios["quantity"].isin(["P/S", "P/L"]), "ratio"].isna().all()
    told = ratios["flags"] == "loading_below_loq"
    assert list(told) == list(ratios["quantity"].isin(["P/S", "P/L"]))
    assert ratios.loc[ratios["quantity"] == "S/L", "ratio"].notna().all()


def test_a_form_by_itself_stays_beside_a_loading_control_that_is_seen_nowhere() -> None:
    table = bands({("p", "1"): [20.0, 40.0], ("l1", "2"): [2.0, 2.0]})
    ratios = match_bands(table, with_loading("loading").drop(index=1), samples())
    assert list(ratios["quantity"]) == ["P/L", "P/L", "P", "P"]
    assert list(ratios["ratio"])[2:] == [20.0, 40.0]


def test_a_lane_without_loading_takes_part_in_no_fold_and_no_test() -> None:
    rng = np.random.default_rng(5)
    rows, volumes = [], {}
    for replicate, (membrane, treatment) in itertools.product("123", [("a", "vehicle"), ("b", "vehicle")]):
        name = membrane + replicate
        rows.append(samples(2, name, treatment=[treatment, "drug"], sample=["v", "d"], replicate=replicate))
        for image in ("p", "lp") if membrane == "a" else ("s", "ls"):
            volumes[(image + replicate, "1")] = list(500.0 * np.exp(rng.normal(0.0, 0.1, 2)))
    volumes[("lp2", "1")][1] = 5.0  # the loading of the drug's lane in the second replicate
    forms = {"p": ("a", "STAT3", "phospho"), "s": ("b", "STAT3", "total"), "lp": ("a", "actin", "loading"),
             "ls": ("b", "actin", "loading")}  # fmt: skip
    sheet = pd.DataFrame(
        [
            (kind + replicate, membrane + replicate, target, form, replicate)
            for replicate, (kind, (membrane, target, form)) in itertools.product("123", forms.items())
        ],
        columns=["image", "membrane", "target", "form", "pair"],
    )
    table = bands(volumes)
    table["target"] = table["image"].str[:-1].map({kind: target for kind, (_, target, _) in forms.items()})
    folds = normalise(match_bands(table, sheet, pd.concat(rows, ignore_index=True)))
    drug = folds[(folds["treatment"] == "drug") & (folds["quantity"] == "P/S")]
    assert list(np.isfinite(drug["fold"])) == [True, False, True]
    groups = summarise(folds)
    assert groups.loc[(groups["treatment"] == "drug") & (groups["quantity"] == "P/S"), "n"].item() == 2
    tests = compare_groups(folds)
    assert tests.loc[tests["quantity"] == "P/S", "n"].tolist() == [2]


def controls(levels: list[float], load: np.ndarray, gone: list[tuple[int, int]], se: float = 1.0) -> pd.DataFrame:
    """Bands of loading controls that read one load each at its own level; (control, lane) that are gone read 2."""
    volumes = {(f"l{n}", str(n)): list(level * load) for n, level in enumerate(levels, start=1)}
    for control, lane in gone:
        volumes[(f"l{control}", str(control))][lane - 1] = 2.0
    return bands(volumes, volume_se=se).assign(target=lambda table: "control" + table["band"])


LOADS = np.array([1.0, 2.0, 0.5, 1.0, 1.0, 1.0])


@pytest.mark.parametrize(
    "gone", [[(2, 2)], [(1, 3)], [(1, 1), (2, 2), (3, 3)], [(1, 2), (3, 2)], [(2, 1), (3, 1), (2, 6)]]
)
def test_a_control_that_is_lost_in_a_lane_moves_no_factor(gone: list[tuple[int, int]]) -> None:
    found = loading_signal(controls([3000.0, 800.0, 150.0], LOADS, gone), LOADING, "m", range(1, 7))
    assert found is not None
    assert found["factor"].to_numpy() == pytest.approx(LOADS / LOADS.mean(), rel=1e-12)
    assert (found["volume"] / found["factor"]).to_numpy() == pytest.approx(
        np.full(6, np.cbrt(3000.0 * 800.0 * 150.0) * LOADS.mean()), rel=1e-12
    )


def test_a_lane_in_which_a_control_was_lost_says_so_and_has_no_bound() -> None:
    table = pd.concat([bands({("s", "9"): list(1000 * LOADS)}, target="STAT3"),
                       controls([3000.0, 800.0], LOADS, [(2, 2)])], ignore_index=True)  # fmt: skip
    ratios = match_bands(table, with_loading("loading", "loading").drop(index=0), samples(6))
    assert set(ratios["quantity"]) == {"S/L"}
    assert ratios["ratio"].to_numpy() == pytest.approx(np.full(6, ratios["ratio"].iloc[0]), rel=1e-12)
    assert list(ratios["flags"]) == ["", "loading_below_loq", "", "", "", ""]
    assert list(ratios["bound"]) == [""] * 6


def test_controls_that_are_seen_in_every_lane_are_their_geometric_mean_with_errors_in_quadrature() -> None:
    rng = np.random.default_rng(2)
    volumes = {(f"l{n}", str(n)): list(np.exp(rng.normal(6.0, 0.5, 5))) for n in (1, 2, 3)}
    table = bands(volumes, volume_se=4.0).assign(target=lambda table: "control" + table["band"])
    found = loading_signal(table, LOADING, "m", range(1, 6))
    assert found is not None
    read = np.array(list(volumes.values()))
    mean = np.exp(np.log(read / read.mean(axis=1, keepdims=True)).mean(axis=0))
    assert found["factor"].to_numpy() == pytest.approx(mean / mean.mean(), rel=1e-14)
    assert (found["se"] / found["volume"]).to_numpy() == pytest.approx(np.sqrt(((4 / read) ** 2).sum(axis=0)) / 3)


def test_the_error_of_a_factor_from_fewer_controls_is_the_spread_it_has() -> None:
    """Monte Carlo: 4 000 draws with relative errors of 3 and 6 %; the lane with one control also bears its level's."""
    rng, levels, relative = np.random.default_rng(11), np.array([3000.0, 800.0]), np.array([0.03, 0.06])
    draws = []
    for _ in range(4000):
        noise = 1.0 + relative[:, None] * rng.standard_normal((2, 6))
        logs = np.log(levels[:, None] * LOADS * noise)
        level = (logs[1] - logs[0])[[0, 2, 3, 4, 5]].mean() / 2.0  # lane 2 lacks control 2
        draws.append([logs[:, 0].mean(), logs[0, 1] + level])
    table = controls(list(levels), LOADS, [(2, 2)])
    table["volume_se"] = np.where(table["band"] == "1", 0.03, 0.06) * table["volume"]
    found = loading_signal(table, LOADING, "m", range(1, 7))
    assert found is not None
    share = (found["se"] / found["volume"]).to_numpy()
    assert share[:2] == pytest.approx(np.std(draws, axis=0), rel=0.04)
    # by hand: own band 0.03, half the mean difference of five lanes
    assert share[1] == pytest.approx(np.hypot(0.03, np.hypot(0.03, 0.06) / np.sqrt(5) / 2))


def test_lanes_whose_controls_share_no_lane_with_the_others_have_no_factor() -> None:
    # control 1 is seen in lanes 1 to 4, control 2 in lanes 5 and 6: what loads of both compare to is not known
    gone = [(1, 5), (1, 6), (2, 1), (2, 2), (2, 3), (2, 4)]
    found = loading_signal(controls([3000.0, 800.0], LOADS, gone), LOADING[:2], "m", range(1, 7))
    assert found is not None
    assert list(found["detected"]) == [True] * 4 + [False] * 2
    assert found["factor"].to_numpy()[:4] == pytest.approx(LOADS[:4] / LOADS[:4].mean())
    assert (found["flags"] == "loading_below_loq").all()


def test_a_loading_band_that_was_left_out_by_hand_corrects_nothing_and_bounds_nothing() -> None:
    table = bands({("p", "1"): [20.0, 40.0], ("s", "1"): [100.0, 100.0], ("l1", "2"): [100.0, 300.0]})
    ratios = match_bands(flag(table, 4, "excluded"), with_loading("loading"), samples())
    row = one(ratios, "P/L")
    assert np.isnan(row["ratio"])
    assert (row["bound"], row["flags"]) == ("unknown", "loading_below_loq")
    assert one(ratios)["ratio"] == pytest.approx(0.2)  # it cancels, and the lane stays
    assert one(ratios, lane=2)["loading"] == pytest.approx(1.0)  # the mean of what is left


def test_of_two_loading_controls_one_left_out_by_hand_is_told_by_the_other() -> None:
    table = controls([3000.0, 800.0], LOADS, [])
    out = (table["image"] == "l2") & (table["lane"] == 2)
    table.loc[out, "volume"] *= 9.0  # a fingerprint
    found = loading_signal(flag(table, out, "excluded"), LOADING[:2], "m", range(1, 7))
    assert found is not None
    assert found["factor"].to_numpy() == pytest.approx(LOADS / LOADS.mean())
    assert list(found["flags"]) == ["", "loading_below_loq", "", "", "", ""]
