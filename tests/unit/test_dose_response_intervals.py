"""Intervals, ratios and replicates of curves against their definitions, fitted again here by other means."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from functools import cache

import numpy as np
import pandas as pd
import pytest
from scipy import optimize, stats

from blotquant.dose_response import CurveFit, DoseResponse, Potency, fit_dose_response, ratio_of_fits
from blotquant.normalisation import normalise
from tests.unit.test_dose_response import study, table

HALF = 45.0  # between controls of 90 and 0
PARTIAL = pd.concat(
    [
        table(40.0, noise=4.0, seed=5, bottom=15.0).assign(role="sample"),
        pd.DataFrame({"treatment": ["v", "u"], "dose": 0.0, "response": [90.0, 0.0], "role": ["maximum", "minimum"]}),
    ],
    ignore_index=True,
)


@cache
def partial() -> DoseResponse:
    return fit_dose_response(PARTIAL)


def logistic(ln_dose: np.ndarray, ln_ic50: float, ln_slope: float) -> np.ndarray:
    """Share of the span that is left."""
    return 1.0 / (1.0 + np.exp(np.exp(ln_slope) * (ln_dose - ln_ic50)))


def least(points: pd.DataFrame, curve: Callable[[np.ndarray], np.ndarray], start: list[float]) -> float:
    """Sum of squares of the best curve whose (top, bottom, ln ic50, ln slope) follow from fewer numbers."""
    with np.errstate(divide="ignore"):
        ln_dose = np.log(points["dose"].to_numpy())

    def residuals(free: np.ndarray) -> np.ndarray:
        top, bottom, ln_ic50, ln_slope = curve(free)
        return points["response"].to_numpy() - bottom - (top - bottom) * logistic(ln_dose, ln_ic50, ln_slope)

    found = [optimize.least_squares(residuals, [*start[:-1], start[-1] + shift], x_scale="jac", xtol=1e-14, ftol=1e-14)
             for shift in (0.0, -0.5, 0.7)]  # fmt: skip
    return 2.0 * min(one.cost for one in found)


def held_at(name: str, end: float) -> Callable[[np.ndarray], np.ndarray]:
    """Curves on which a number of the curves table has a given value, from their other three parameters."""

    def curve(free: np.ndarray) -> np.ndarray:
        if name in ("top", "bottom", "ic50", "hill"):
            place = ("top", "bottom", "ic50", "hill").index(name)
            return np.insert(free, place, end if place < 2 else np.log(end))
        if name == "ic50_absolute":
            top, ln_ic50, ln_slope = free
            share = float(logistic(np.log(end), ln_ic50, ln_slope))
            return np.array([top, (HALF - top * share) / (1.0 - share), ln_ic50, ln_slope])
        top, bottom, ln_slope = free
        left = {"ic10": 0.9, "ic90": 0.1}[name]
        return np.array([top, bottom, np.log(end) - np.log(1.0 / left - 1.0) / np.exp(ln_slope), ln_slope])

    return curve


@pytest.mark.parametrize("name", ["top", "bottom", "ic50", "hill", "ic10", "ic90", "ic50_absolute"])
def test_at_the_ends_of_a_profile_interval_the_best_curve_is_just_not_contradicted(name: str) -> None:
    fit = partial()
    row = fit.curves.set_index("parameter").loc[name]
    points = fit.fits[0].points
    whole = [90.0, 15.0, np.log(40.0), 0.0]
    squares = least(points, lambda free: free, whole)
    dof = len(points) - 4
    allowed = squares * (1.0 + stats.f.ppf(0.95, 1, dof) / dof)
    lost = {"top": 0, "bottom": 1, "ic50": 2, "hill": 3, "ic50_absolute": 1}.get(name, 2)
    start = [value for place, value in enumerate(whole) if place != lost]
    assert row["ci_low"] < row["value"] < row["ci_high"]
    for end in (row["ci_low"], row["ci_high"]):
        assert least(points, held_at(name, end), start) == pytest.approx(allowed, rel=2e-3)


def test_half_of_a_free_plateau_above_a_held_one_moves_with_it() -> None:
    points = table(noise=4.0, seed=2, top=20.0, bottom=100.0)
    fit = fit_dose_response(points, top=20.0, ic50="absolute")
    row = fit.curves.set_index("parameter").loc["ic50_absolute"]
    points = fit.fits[0].points

    def held(end: float) -> Callable[[np.ndarray], np.ndarray]:
        def curve(free: np.ndarray) -> np.ndarray:
            share = float(logistic(np.log(end), *free))
            return np.array([20.0, 20.0 * share / (share - 0.5), *free])  # 20·share + bottom·(1 − share) = bottom / 2

        return curve

    squares = least(points, lambda free: np.array([20.0, *free]), [100.0, np.log(40.0), 0.0])
    dof = len(points) - 3
    for end in (row["ci_low"], row["ci_high"]):
        found = least(points, held(end), [np.log(40.0), 0.0])
        assert found == pytest.approx(squares * (1.0 + stats.f.ppf(0.95, 1, dof) / dof), rel=2e-3)


def test_a_plateau_held_beside_the_points_is_no_crash() -> None:
    fit = fit_dose_response(table(noise=0.5, bottom=30.0), top=55.0)
    assert np.isnan(fit.fits[0].value("ic50_absolute"))


def test_wald_intervals_are_t_times_the_error_on_the_scale_that_is_fitted() -> None:
    fit = fit_dose_response(PARTIAL, interval="wald")
    rows = fit.curves.set_index("parameter")
    t = stats.t.ppf(0.975, fit.fits[0].dof)
    for name in ("ic50", "hill", "ic10", "ic90", "ic50_absolute"):
        value, se, low, high = rows.loc[name, ["value", "se", "ci_low", "ci_high"]]
        assert [low, high] == pytest.approx([value * np.exp(-t * se / value), value * np.exp(t * se / value)])
    for name in ("top", "bottom"):
        value, se, low, high = rows.loc[name, ["value", "se", "ci_low", "ci_high"]]
        assert [low, high] == pytest.approx([value - t * se, value + t * se])
    assert rows[["wald_low", "wald_high"]].loc["ic90"].tolist() == rows[["ci_low", "ci_high"]].loc["ic90"].tolist()
    assert set(rows["method"].loc[["top", "ic10"]]) == {"Wald; SE from JᵀJ; weights none"}
    profile = partial().curves.set_index("parameter")
    assert profile["method"]["ic50"] == "profile likelihood; SE from JᵀJ; weights none"
    assert profile["wald_low"]["ic50"] == pytest.approx(rows["ci_low"]["ic50"])
    assert profile["se"]["ic50"] == pytest.approx(rows["se"]["ic50"])


def test_the_error_of_a_dose_read_off_the_curve_is_the_delta_methods() -> None:
    one = partial().fits[0]
    top, bottom, ic50, hill = (one.value(name) for name in ("top", "bottom", "ic50", "hill"))

    def ln_ic90(free: np.ndarray) -> float:
        return float(free[2] + np.log(9.0) / np.exp(free[3]))

    def ln_absolute(free: np.ndarray) -> float:
        return float(free[2] + np.log((free[0] - HALF) / (HALF - free[1])) / np.exp(free[3]))

    at = np.array([top, bottom, np.log(ic50), np.log(hill)])
    named = {estimate.parameter: estimate for estimate in one.estimates}
    for name, function in (("ic90", ln_ic90), ("ic50_absolute", ln_absolute)):
        slope = optimize.approx_fprime(at, function, 1e-6)
        assert np.log(named[name].value) == pytest.approx(function(at))
        assert named[name].se / named[name].value == pytest.approx(
            np.sqrt(slope @ one.covariance[:4, :4] @ slope), rel=1e-3
        )


def known(value: float, low: float, high: float) -> CurveFit:
    """Fit whose IC50 is what is said."""
    one = fit_dose_response(table(doses=(0.0, 10.0, 100.0))).fits[0]
    return replace(one, potency=Potency(value, low, high, ""))


def test_the_ratio_of_separate_fits_recovers_the_variances_side_by_side() -> None:
    ratio = ratio_of_fits(known(200.0, 100.0, 600.0), known(10.0, 4.0, 15.0))
    assert ratio.value == pytest.approx(20.0)
    assert ratio.low == pytest.approx(20.0 * np.exp(-np.hypot(np.log(2.0), np.log(1.5))))
    assert ratio.high == pytest.approx(20.0 * np.exp(np.hypot(np.log(3.0), np.log(2.5))))
    assert ratio.note == "from two separate fits (variance estimates recovery)"


@pytest.mark.parametrize(
    ("one", "other", "low", "high"),
    [
        ((np.nan, 400.0, np.inf), (10.0, 5.0, 20.0), 20.0, np.inf),
        ((10.0, 5.0, 20.0), (np.nan, 400.0, np.inf), 0.0, 0.05),
        ((np.nan, 400.0, np.inf), (10.0, 5.0, np.inf), 0.0, np.inf),
        ((np.nan, 0.0, np.inf), (10.0, 0.0, 20.0), 0.0, np.inf),
    ],
)
def test_a_ratio_to_what_is_known_from_one_side_keeps_that_side(
    one: tuple[float, ...], other: tuple[float, ...], low: float, high: float
) -> None:
    ratio = ratio_of_fits(known(*one), known(*other))
    assert np.isnan(ratio.value)
    assert (ratio.low, ratio.high) == pytest.approx((low, high))
    assert ratio.note == "undetermined: an IC50 is only known from one side"


def test_the_ratio_to_an_ic50_without_a_lower_limit_has_no_upper_limit() -> None:
    ratio = ratio_of_fits(known(200.0, 0.0, 600.0), known(10.0, 0.0, 15.0))
    assert ratio.value == pytest.approx(20.0)
    assert (ratio.low, ratio.high) == (0.0, np.inf)


PAIR = pd.concat(
    [
        table(20.0, noise=3.0, seed=1).assign(treatment="a"),
        table(150.0, noise=3.0, seed=2, hill=1.3).assign(treatment="b"),
    ]
)  # fmt: skip


def joint(points: list[pd.DataFrame], free: Callable[[np.ndarray], list[np.ndarray]], start: list[float]) -> float:
    """Sum of squares of curves that have parameters in common."""

    def residuals(at: np.ndarray) -> np.ndarray:
        out = []
        for one, (top, bottom, ln_ic50, ln_slope) in zip(points, free(at), strict=True):
            with np.errstate(divide="ignore"):
                share = logistic(np.log(one["dose"].to_numpy()), ln_ic50, ln_slope)
            out.append(one["response"].to_numpy() - bottom - (top - bottom) * share)
        return np.concatenate(out)

    return 2.0 * float(optimize.least_squares(residuals, start, x_scale="jac", xtol=1e-13, ftol=1e-13).cost)


def test_a_ratio_of_treatments_and_its_test_of_parallelism_are_those_of_one_joint_fit() -> None:
    fit = fit_dose_response(PAIR)
    one, other = fit.fits[1], fit.fits[0]
    row = fit.curves[fit.curves["parameter"] == "ic50_ratio_to_a"].iloc[0]
    assert row["value"] == pytest.approx(one.value("ic50") / other.value("ic50"), rel=1e-5)
    squares, dof = one.rss + other.rss, one.dof + other.dof
    variances = [squares / dof * each.covariance[2, 2] / (each.rss / each.dof) for each in (one, other)]
    assert row["se"] == pytest.approx(row["value"] * np.sqrt(sum(variances)), rel=1e-4)
    points = [each.points for each in (other, one)]
    common = joint(
        points, lambda p: [np.array([p[0], p[1], p[2], p[4]]), np.array([p[0], p[1], p[3], p[4]])],
        [100.0, 0.0, np.log(20.0), np.log(150.0), 0.0],
    )  # fmt: skip
    f = (common - squares) / 3 / (squares / dof)
    assert row["note"] == f"joint fit; parallel curves: p = {stats.f.sf(f, 3, dof):.3g}"
    allowed = squares * (1.0 + stats.f.ppf(0.95, 1, dof) / dof)
    for end in (row["ci_low"], row["ci_high"]):
        held = joint(
            points,
            lambda p, end=end: [np.array([p[0], p[1], p[4], p[5]]), np.array([p[2], p[3], p[4] + np.log(end), p[6]])],
            [100.0, 0.0, 100.0, 0.0, np.log(20.0), 0.0, 0.0],
        )
        assert held == pytest.approx(allowed, rel=2e-3)
    assert row["method"] == "profile likelihood; SE from JᵀJ; weights none"


def test_treatments_on_membranes_of_their_own_keep_all_their_vehicles_in_the_ratio() -> None:
    one, other = study({"a": 20.0}, seed=1), study({"b": 200.0}, seed=2)
    other = other.assign(membrane="n" + other["membrane"], replicate="n" + other["replicate"])
    fit = fit_dose_response(normalise(pd.concat([one, other], ignore_index=True)), interval="wald")
    row = fit.curves[fit.curves["parameter"] == "ic50_ratio_to_a"].iloc[0]
    assert row["value"] == pytest.approx(fit.fits[1].value("ic50") / fit.fits[0].value("ic50"), rel=0.04)


REPLICATES = pd.concat([table(ic50, noise=2.0, seed=number).assign(replicate=f"r{number}")
                        for number, ic50 in enumerate((30.0, 45.0, 70.0))], ignore_index=True)  # fmt: skip


def test_replicates_alone_have_the_ic50s_of_their_own_fits_and_a_t_interval_of_their_logarithms() -> None:
    row = fit_dose_response(REPLICATES).curves.set_index("parameter").loc["ic50_replicates"]
    alone = [fit_dose_response(own).fits[0].value("ic50") for _, own in REPLICATES.groupby("replicate")]
    logs = np.log(alone)
    half = stats.t.ppf(0.975, 2) * logs.std(ddof=1) / np.sqrt(3.0)
    assert row["value"] == pytest.approx(np.exp(logs.mean()), rel=1e-4)
    assert row["se"] == pytest.approx(row["value"] * logs.std(ddof=1) / np.sqrt(3.0), rel=1e-3)
    assert [row["ci_low"], row["ci_high"]] == pytest.approx(np.exp([logs.mean() - half, logs.mean() + half]), rel=1e-3)
    assert row["note"] == ", ".join(f"r{number}: {float(f'{one:.3g}'):g}" for number, one in enumerate(alone))
    assert row["method"] == "geometric mean of the replicates' own fits, t interval"
    assert row["unit"] == "nM"


@pytest.mark.parametrize("held", [None, 100.0])
def test_whether_replicates_differ_is_the_f_test_of_one_ic50_against_three(held: float | None) -> None:
    fit = fit_dose_response(REPLICATES, top=held)
    points = [own for _, own in REPLICATES.groupby("replicate")]
    own = ([0.0] if held else [100.0, 0.0]) * 3  # plateaus of each replicate

    def curves(at: np.ndarray, ln_ic50: np.ndarray) -> list[np.ndarray]:
        plateaus = at[: len(own)].reshape(3, -1)
        tops = [held or float(row[0]) for row in plateaus]
        return [np.array([top, row[-1], x, at[len(own)]]) for top, row, x in zip(tops, plateaus, ln_ic50, strict=True)]

    one = joint(points, lambda at: curves(at, np.full(3, at[-1])), [*own, 0.0, np.log(45.0)])
    each = joint(points, lambda at: curves(at, at[-3:]), [*own, 0.0, *np.log([30.0, 45.0, 70.0])])
    dof = len(REPLICATES) - len(own) - 4
    p = stats.f.sf((one - each) / 2 / (each / dof), 2, dof)
    assert p < 0.05
    assert f"replicates differ in IC50 (p = {p:.2g}): give the geometric mean of" in fit.potencies["note"].iloc[0]


def test_plateaus_that_a_control_moved_are_no_difference_in_ic50() -> None:
    moved = [table(45.0, noise=1.0, seed=number).assign(replicate=f"r{number}") for number in range(3)]
    moved = [own.assign(response=own["response"] * (0.7 + 0.3 * number)) for number, own in enumerate(moved)]
    note = fit_dose_response(pd.concat(moved, ignore_index=True)).potencies["note"].iloc[0]
    assert "differ" not in note


def test_a_replicate_without_an_effect_or_with_too_few_doses_has_no_ic50_of_its_own() -> None:
    far = table(1e5, noise=2.0, seed=9).assign(replicate="r9")
    row = fit_dose_response(pd.concat([REPLICATES, far])).curves.set_index("parameter").loc["ic50_replicates"]
    assert "r9" not in row["note"]
    short = table(40.0, noise=2.0, doses=(10.0, 100.0)).assign(replicate="r8")
    with_short = fit_dose_response(pd.concat([REPLICATES, short])).curves.set_index("parameter").loc["ic50_replicates"]
    assert "r8" not in with_short["note"]


def test_an_effect_is_judged_with_the_weights_of_the_joint_fit() -> None:
    loud = table(1e5, noise=2.0, seed=9).assign(replicate="r9", response_se=2.0)
    loud.loc[loud.index[-1], ["response", "response_se"]] = [20.0, 200.0]  # far off, and known to be
    points = pd.concat([REPLICATES.assign(response_se=2.0), loud])
    row = fit_dose_response(points, scales="none", interval="wald").curves.set_index("parameter").loc["ic50_replicates"]
    assert row["note"].count("r") == 3
    assert "r9" not in row["note"]


def test_rising_replicates_and_held_plateaus_are_fitted_like_the_whole() -> None:
    up = REPLICATES.assign(response=120.0 - REPLICATES["response"])
    for options in ({"model": "5pl"}, {"bottom": 120.0}):
        row = fit_dose_response(up, interval="wald", **options).curves.set_index("parameter").loc["ic50_replicates"]
        assert 25.0 < row["value"] < 80.0
        assert row["note"].count("r") == 3


def test_the_flat_line_is_the_mean_with_its_error() -> None:
    points = table(noise=0.0, repeats=2).assign(response=lambda t: 50.0 + np.resize([3.0, -3.0, -3.0, 3.0], len(t)))
    fit = fit_dose_response(points)
    row = fit.curves.set_index("parameter").loc["top"]
    assert row["model"] == "flat"
    assert row["value"] == pytest.approx(50.0)
    assert row["se"] == pytest.approx(np.sqrt(9.0 / 15.0))  # SD² = 16·9/15 over 16 points
    assert row["ci_high"] - row["value"] == pytest.approx(row["value"] - row["ci_low"])
    assert (row["ci_high"] - row["value"]) / row["se"] == pytest.approx(stats.t.ppf(0.975, 15))
    assert row[["wald_low", "wald_high"]].tolist() == row[["ci_low", "ci_high"]].tolist()
    assert row["method"] == "Wald; SE from JᵀJ"
    assert fit.curves.set_index("parameter")["note"]["hill"] == "not a curve"
