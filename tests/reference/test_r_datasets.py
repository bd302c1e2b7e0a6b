"""Data sets that come with R, and what R's own functions print for them; each with its call."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from scipy import stats

from blotquant.comparison import compare_groups
from blotquant.comparison.censored import Censored
from blotquant.comparison.linear import fit_random
from blotquant.comparison.multiplicity import adjust, critical_value
from blotquant.dose_response import fit_dose_response

DNASE = {
    0.04882812: (0.017, 0.018), 0.1953125: (0.121, 0.124), 0.390625: (0.206, 0.215), 0.78125: (0.377, 0.374),
    1.5625: (0.614, 0.609), 3.125: (1.019, 1.001), 6.25: (1.334, 1.364), 12.5: (1.730, 1.710),
}  # fmt: skip
CHICK = (42, 51, 59, 64, 76, 93, 106, 125, 149, 171, 199, 205)
CHICK_DAYS = (0, 2, 4, 6, 8, 10, 12, 14, 16, 18, 20, 21)


def logistic(table: pd.DataFrame, model: str) -> tuple[dict[str, tuple[float, float]], float]:
    """Fit y(ln dose) and name its parameters as R's SSlogis and SSfpl do, each with its standard error."""
    fit = fit_dose_response(table.assign(treatment="x"), model=model, interval="wald")
    rows = fit.curves.set_index("parameter")
    value, se = rows["value"], rows["se"]
    named = {"A": (value.get("top", 0.0), se.get("top", 0.0)), "B": (value["bottom"], se["bottom"])}
    named["xmid"] = (float(np.log(value["ic50"])), se["ic50"] / value["ic50"])
    named["scal"] = (-1.0 / value["hill"], se["hill"] / value["hill"] ** 2)
    return named, fit.fits[0].residual_sd


def dnase() -> pd.DataFrame:
    rows = [(dose, response) for dose, both in DNASE.items() for response in both]
    return pd.DataFrame(rows, columns=["dose", "response"])


def test_the_elisa_of_dnase_has_the_logistic_curve_of_nls() -> None:
    # summary(nls(density ~ SSlogis(log(conc), Asym, xmid, scal), DNase, subset = Run == 1))
    found, spread = logistic(dnase(), "3pl")
    assert found["B"] == pytest.approx((2.34518, 0.07815), abs=5e-6)
    assert found["xmid"] == pytest.approx((1.48309, 0.08135), abs=6e-6)
    assert found["scal"] == pytest.approx((1.04145, 0.03227), abs=6e-6)
    assert spread == pytest.approx(0.01919, abs=5e-6)


def test_the_elisa_of_dnase_has_the_four_parameters_of_nls() -> None:
    # summary(nls(density ~ SSfpl(log(conc), A, B, xmid, scal), DNase, subset = Run == 1))
    found, spread = logistic(dnase(), "4pl")
    assert found["A"] == pytest.approx((-0.007897, 0.017200), abs=1e-6)
    assert found["B"] == pytest.approx((2.377239, 0.109516), abs=1e-6)
    assert found["xmid"] == pytest.approx((1.507403, 0.102080), abs=1e-6)
    assert found["scal"] == pytest.approx((1.062579, 0.056996), abs=1e-6)
    assert spread == pytest.approx(0.01981, abs=5e-6)


def test_a_chicken_grows_as_ssfpl_says() -> None:
    # summary(nls(weight ~ SSfpl(Time, A, B, xmid, scal), ChickWeight, subset = Chick == 1)); dose = exp(Time)
    table = pd.DataFrame({"dose": np.exp(np.array(CHICK_DAYS, float)), "response": CHICK})
    found, _ = logistic(table, "4pl")
    assert found["A"] == pytest.approx((27.453, 6.601), abs=6e-4)
    assert found["B"] == pytest.approx((348.971, 57.899), abs=6e-4)
    assert found["xmid"] == pytest.approx((19.391, 2.194), abs=6e-4)
    assert found["scal"] == pytest.approx((6.673, 1.002), abs=6e-4)


def as_ratios(values: dict[str, tuple[float, ...]], base: str, *, shared: bool) -> pd.DataFrame:
    """Put values as logarithms of ratios; ``shared``: the n-th values of all groups belong to one replicate."""
    rows = []
    for group, own in values.items():
        for number, value in enumerate(own):
            replicate = f"r{number}" if shared else f"{group}-{number}"
            row = {"treatment": "vehicle" if group == base else group, "replicate": replicate}
            rows.append({**row, "target": "X", "quantity": "P/S", "ratio": np.exp(value), "lane": len(rows) + 1})
    return pd.DataFrame(rows).assign(dose=np.nan)


ERGO = {
    "T1": (12, 10, 7, 7, 8, 9, 8, 7, 9), "T2": (15, 14, 14, 11, 11, 11, 12, 11, 13),
    "T3": (12, 13, 13, 10, 8, 11, 12, 8, 10), "T4": (10, 12, 9, 9, 7, 10, 11, 7, 8),
}  # fmt: skip


def test_four_stools_blocked_by_subject_are_compared_as_by_lme() -> None:
    # summary(lme(effort ~ Type, random = ~ 1 | Subject, ergoStool))$tTable: Pinheiro & Bates 2000, table 1.1
    tests = compare_groups(as_ratios(ERGO, "T1", shared=True)).set_index("treatment")
    assert np.log(tests["effect"]).tolist() == pytest.approx([3.888889, 2.222222, 0.666667], abs=1e-6)
    assert tests["statistic"].tolist() == pytest.approx([7.497610, 4.284348, 1.285304], abs=1e-6)
    assert set(tests["dof"]) == {24.0}


SLEEP = {
    "1": (0.7, -1.6, -0.2, -1.2, -0.1, 3.4, 3.7, 0.8, 0.0, 2.0),
    "2": (1.9, 0.8, 1.1, 0.1, -0.1, 4.4, 5.5, 1.6, 4.6, 3.4),
}


def test_students_sleep_is_the_paired_t_test_of_r() -> None:
    # with(sleep, t.test(extra[group == 1], extra[group == 2], paired = TRUE))
    row = compare_groups(as_ratios(SLEEP, "2", shared=True)).iloc[0]
    assert (row["statistic"], row["dof"]) == (pytest.approx(-4.0621, abs=5e-5), 9.0)
    assert row["p"] == pytest.approx(0.002833, abs=5e-7)
    ends = np.log([row["ci_low"], row["ci_high"]])
    assert ends.tolist() == pytest.approx([-2.4598858, -0.7001142], abs=1e-7)


PLANTS = {
    "ctrl": (4.17, 5.58, 5.18, 6.11, 4.50, 4.61, 5.17, 4.53, 5.33, 5.14),
    "trt1": (4.81, 4.17, 4.41, 3.59, 5.87, 3.83, 6.03, 4.89, 4.32, 4.69),
    "trt2": (6.31, 5.12, 5.54, 5.50, 5.37, 5.29, 4.92, 6.15, 5.80, 5.26),
}


def test_plants_are_compared_with_their_control_as_by_multcomp() -> None:
    # summary(glht(aov(weight ~ group, PlantGrowth), mcp(group = "Dunnett")))
    tests = compare_groups(as_ratios(PLANTS, "ctrl", shared=False))
    assert tests["statistic"].tolist() == pytest.approx([-1.331, 1.772], abs=5e-4)
    assert tests["p_adjusted"].tolist() == pytest.approx([0.323, 0.153], abs=6e-4)


def test_all_pairs_of_plants_are_compared_as_by_tukeyhsd() -> None:
    # TukeyHSD(aov(weight ~ group, PlantGrowth))
    tests = compare_groups(as_ratios(PLANTS, "ctrl", shared=False), method="tukey")
    assert tests["p_adjusted"].tolist() == pytest.approx([0.3908711, 0.1979960, 0.0120064], abs=2e-6)
    low, high = np.log(tests["ci_low"]).tolist(), np.log(tests["ci_high"]).tolist()
    assert low == pytest.approx([-1.0622161, -0.1972161, 0.1737839], abs=2e-6)
    assert high == pytest.approx([0.3202161, 1.1852161, 1.5562161], abs=2e-6)


BLOOD = ((7.40, 8.50, 7.20, 8.24, 9.84, 8.32), (9.76, 8.80, 7.68, 9.36), (12.80, 9.68, 12.16, 9.20, 10.55))
"""Blood counts of six controls and animals under two drugs: Dunnett 1955, J Am Stat Assoc 50:1096, table 1."""


def test_dunnetts_own_example_is_as_scipy_computes_it() -> None:
    # scipy.stats.dunnett(drug_a, drug_b, control=control); SciPy integrates by random points
    groups = [np.array(group) for group in BLOOD]
    sizes, dof = np.array([6, 4, 5]), 12
    spread = np.sqrt(sum(float(np.sum((group - group.mean()) ** 2)) for group in groups) / dof)
    error = spread * np.sqrt(1.0 / sizes[1:] + 1.0 / sizes[0])
    difference = np.array([group.mean() for group in groups[1:]]) - groups[0].mean()
    share = float(np.sqrt(4 / 10 * 5 / 11))
    correlation = np.array([[1.0, share], [share, 1.0]])
    assert difference / error == pytest.approx([0.85703213, 3.69375231], abs=1e-7)
    found = adjust("dunnett", difference / error, correlation, 3, np.full(2, float(dof)))
    assert found == pytest.approx([0.6201, 0.0058], abs=2e-4)
    half = critical_value("dunnett", correlation, 3, float(dof), 0.95) * error
    assert difference - half == pytest.approx([-1.2566, 0.8394], abs=3e-3)


def test_holms_p_values_are_those_of_p_adjust() -> None:
    # p.adjust(c(0.01, 0.02, 0.03, 0.04, 0.05), "holm")
    t = stats.t.isf(np.array([0.01, 0.02, 0.03, 0.04, 0.05]) / 2.0, 10)
    found = adjust("holm", t, np.eye(5), 6, np.full(5, 10.0))
    assert found == pytest.approx([0.05, 0.08, 0.09, 0.09, 0.09], rel=1e-9)


TOBIN = np.array([
    (0.0, 57.7, 236), (0.7, 50.9, 283), (0.0, 48.5, 207), (0.0, 41.7, 220), (0.0, 47.7, 238), (0.0, 59.8, 216),
    (0.0, 44.3, 284), (3.7, 45.1, 221), (0.0, 51.7, 275), (3.0, 50.0, 269), (10.4, 46.8, 207), (0.0, 58.0, 249),
    (0.0, 58.9, 246), (0.0, 40.0, 277), (1.5, 34.1, 231), (0.0, 39.9, 219), (0.0, 33.4, 240), (3.5, 48.1, 266),
    (6.1, 46.6, 214), (0.0, 53.1, 251),
])  # fmt: skip
"""Purchase of durable goods, age, and liquidity: Tobin 1958, as shipped with R's survival."""


def test_tobins_censored_regression_is_that_of_survreg() -> None:
    # survreg(Surv(durable, durable > 0, type = "left") ~ age + quant, tobin, dist = "gaussian")
    bought, age, quant = TOBIN.T
    fit = Censored(bought, bought == 0, np.stack([np.ones(20), age, quant], axis=1))
    assert fit.coefficients == pytest.approx([15.14486636, -0.12905928, -0.04554166], rel=1e-6)
    assert fit.sd == pytest.approx(5.57254, abs=1e-5)
    assert fit.best == pytest.approx(-28.9, abs=0.05)


MEAT = (
    (0, 7, 1, 17), (2, 26, 4, 25), (9, 33, 18, 29), (0, 17, 2, 27), (1, 23, 9, 27), (4, 29, 18, 30),
    (0, 10, 4, 25), (1, 26, 18, 37), (2, 24, 9, 26), (0, 25, 9, 40), (1, 25, 4, 34), (2, 34, 18, 32),
    (0, 11, 18, 27), (1, 24, 2, 21), (4, 26, 9, 32),
)  # fmt: skip
"""Tenderness of beef after so many days of storage, in pairs of roasts: nlme's Meat, Cochran & Cox 1957."""


def test_incomplete_blocks_have_the_restricted_likelihood_of_another_program() -> None:
    # statsmodels 0.15: mixedlm("score ~ C(Storage)", Meat, groups = Meat.Pair).fit(reml = True)
    days = np.array([(one, other) for one, _, other, _ in MEAT]).ravel()
    score = np.array([(one, other) for _, one, _, other in MEAT], dtype=float).ravel()
    fit = fit_random(score, np.unique(days, return_inverse=True)[1], np.repeat(np.arange(15), 2))
    assert fit.mean[0] == pytest.approx(14.454726, abs=1e-5)
    differences = [9.119665, 12.352134, 13.704268, 16.570884, 15.324694]
    assert fit.mean[1:] - fit.mean[0] == pytest.approx(differences, abs=1e-5)
    assert fit.sd**2 == pytest.approx(7.436584, rel=1e-4)
    assert fit.compare(np.array([-1.0, 1, 0, 0, 0, 0]))[1] == pytest.approx(2.0973, abs=2e-4)
