"""Dose-response figures of the R package drc (3.0), each with the call that made it.

Ryegrass: Inderjit, Streibig & Olofsdotter 2002, Physiol Plant 114:422, as shipped with drc; root length [cm] against
ferulic acid [mM]. The table stands here so that the test is never skipped.
"""

from __future__ import annotations

from pathlib import Path

import pandas as pd
import pytest

from blotquant.dose_response import DoseResponse, fit_dose_response

ACCEPTANCE = Path(__file__).parents[2] / "../shared/acceptance"

RYEGRASS = {
    0.0: [7.58, 8.0, 8.328571429, 7.25, 7.375, 7.9625],
    0.94: [8.355555556, 6.914285714, 7.75],
    1.88: [6.871428571, 6.45, 5.922222222],
    3.75: [1.925, 2.885714286, 4.233333333],
    7.5: [1.1875, 0.857142857, 1.057142857],
    15.0: [0.6875, 0.525, 0.825],
    30.0: [0.25, 0.22, 0.44],
}


def ryegrass() -> pd.DataFrame:
    rows = [(dose, response) for dose, responses in RYEGRASS.items() for response in responses]
    return pd.DataFrame(rows, columns=["dose", "response"]).assign(treatment="ferulic acid", dose_unit="mM")


def parameters(fit: DoseResponse) -> pd.DataFrame:
    return fit.curves.set_index("parameter")


@pytest.fixture(scope="module")
def profile() -> DoseResponse:
    return fit_dose_response(ryegrass())


def test_ryegrass_has_the_coefficients_of_drc(profile: DoseResponse) -> None:
    # coef(drm(rootl ~ conc, data = ryegrass, fct = LL.4()))
    values = parameters(profile)["value"]
    expected = {"hill": 2.98222868, "bottom": 0.48140995, "top": 7.79296233, "ic50": 3.05795517}
    assert {name: values[name] for name in expected} == pytest.approx(expected, rel=1e-6)


def test_ryegrass_has_the_residual_spread_of_drc(profile: DoseResponse) -> None:
    # summary(fit)$rseMat; sum(residuals(fit)^2)
    fit = profile.fits[0]
    assert fit.rss == pytest.approx(5.400215, rel=1e-6)
    assert (fit.residual_sd, fit.dof) == (pytest.approx(0.5196256, rel=1e-6), 20)


def test_standard_errors_follow_the_convention_asked_for(profile: DoseResponse) -> None:
    # hessian: summary(drm(...)); jacobian: summary(nls(rootl ~ SSfpl-like formula, ryegrass))
    names = ["hill", "bottom", "top", "ic50"]
    jacobian = parameters(profile)["se"][names]
    hessian = parameters(fit_dose_response(ryegrass(), se="hessian"))["se"][names]
    assert jacobian.tolist() == pytest.approx([0.458429, 0.209506, 0.189733, 0.185829], rel=1e-4)
    assert hessian.tolist() == pytest.approx([0.465068, 0.212193, 0.188568, 0.185731], rel=1e-4)


def test_the_profile_interval_of_the_ic50(profile: DoseResponse) -> None:
    # extra sum of squares, F(1, 20): the values of e at which RSS = 5.400215 · (1 + F / 20)
    row = parameters(profile).loc["ic50"]
    assert (row["ci_low"], row["ci_high"]) == pytest.approx((2.69110, 3.47539), rel=1e-5)


def test_the_wald_interval_is_that_of_the_logarithm(profile: DoseResponse) -> None:
    # ED(fit, 50, interval = "tfls")-like: exp(ln e ± t(20) · SE / e), SE from JᵀJ
    row = parameters(fit_dose_response(ryegrass(), interval="wald")).loc["ic50"]
    assert (row["ci_low"], row["ci_high"]) == pytest.approx((2.69389, 3.47123), rel=1e-5)
    beside = parameters(profile).loc["ic50"]
    assert (beside["wald_low"], beside["wald_high"]) == (row["ci_low"], row["ci_high"])


def test_effective_doses_of_ryegrass(profile: DoseResponse) -> None:
    # ED(fit, c(10, 90)); ED(fit, coef(fit)["d"] / 2, type = "absolute")
    values = parameters(profile)["value"]
    assert values["ic10"] == pytest.approx(1.463709, rel=1e-6)
    assert values["ic90"] == pytest.approx(6.388625, rel=1e-6)
    assert values["ic50_absolute"] == pytest.approx(3.19621, rel=1e-5)


def test_the_absolute_ic50_can_be_the_one_that_is_reported() -> None:
    row = fit_dose_response(ryegrass(), ic50="absolute").potencies.iloc[0]
    assert (row["kind"], row["ic50"]) == ("absolute", pytest.approx(3.19621, rel=1e-5))


def test_the_lack_of_fit_test_of_ryegrass(profile: DoseResponse) -> None:
    # modelFit(fit)
    row = parameters(profile).loc["lack_of_fit_p"]
    assert row["value"] == pytest.approx(0.86648, abs=1e-5)
    assert row["note"] == "lack of fit: F(3, 17) = 0.2411"


def shared(name: str, dose: str, response: str) -> pd.DataFrame:
    path = ACCEPTANCE / name
    if not path.is_file():
        pytest.skip(f"{name} is not next to the checkout")
    return pd.read_csv(path).rename(columns={dose: "dose", response: "response"}).assign(treatment="x")


@pytest.mark.parametrize(
    ("name", "columns", "expected"),
    [
        # coef(drm(rgr ~ dose, data = terbuthylazin, fct = LL.4()))
        ("drc_terbuthylazin.csv", ("dose", "rgr"), (1.247725, 0.00086012, 0.3069335, 189.1051)),
        # coef(drm(weight ~ conc, data = lettuce, fct = LL.4()))
        ("drc_lettuce.csv", ("conc", "weight"), (1.383312, 0.3721798, 1.101071, 8.607129)),
        # coef(drm(weight ~ conc, data = nasturtium, fct = LL.4()))
        ("drc_nasturtium.csv", ("conc", "weight"), (1.396779, 22.73327, 896.5905, 1.509244)),
    ],
)
def test_other_data_sets_of_drc_have_its_coefficients(
    name: str, columns: tuple[str, str], expected: tuple[float, ...]
) -> None:
    values = parameters(fit_dose_response(shared(name, *columns), interval="wald"))["value"]
    assert [values[one] for one in ("hill", "bottom", "top", "ic50")] == pytest.approx(expected, rel=1e-4)


def test_standard_errors_of_terbuthylazin() -> None:
    # from JᵀJ at the coefficients of drm(rgr ~ dose, data = terbuthylazin, fct = LL.4())
    table = shared("drc_terbuthylazin.csv", "dose", "rgr")
    errors = parameters(fit_dose_response(table, interval="wald"))["se"]
    found = [errors[name] for name in ("hill", "bottom", "top", "ic50")]
    assert found == pytest.approx([0.252403, 0.0261952, 0.0097235, 38.781], rel=1e-4)


SECALONIC = {0.0: 5.5, 0.01: 5.7, 0.019: 5.4, 0.038: 4.6, 0.075: 3.3, 0.15: 0.7, 0.3: 0.4}
"""Root length [cm] at doses of secalonic acid [mM]: Gong et al. 2004, means of three, as shipped with drc."""


def test_seven_means_without_repeats_have_the_summary_of_drc() -> None:
    # summary(drm(rootl ~ dose, data = secalonic, fct = LL.4())): three degrees of freedom
    table = pd.DataFrame({"dose": SECALONIC.keys(), "response": SECALONIC.values()}).assign(treatment="secalonic acid")
    fit = fit_dose_response(table, se="hessian", interval="wald")
    names = ["hill", "bottom", "top", "ic50"]
    rows = parameters(fit).loc[names]
    assert rows["value"].tolist() == pytest.approx([2.6542086, 0.0917852, 5.5297495, 0.0803547], rel=1e-4)
    assert rows["se"].tolist() == pytest.approx([0.6962333, 0.3747246, 0.2010300, 0.0078829], rel=1e-4)
    assert (fit.fits[0].residual_sd, fit.fits[0].dof) == (pytest.approx(0.2957497, rel=1e-6), 3)


ETMOTC = {0.36072: 0.625723143, 0.9018: 0.582926514, 2.7054: 0.459269324, 5.4108: 0.396610153}
ETMOTC |= {14.4288: 0.314611249, 36.072: 0.200608825, 90.18: 0.120232055}
"""Growth of lemna at doses of metsulfuron-methyl alone: the mixture of 0 % in drc's etmotc."""


def test_of_two_optima_of_an_asymmetric_curve_the_better_one_is_found() -> None:
    # scipy.optimize.least_squares from 72 starts, ln asymmetry within ±5; from a symmetric start it is 4.1939e-4
    table = pd.DataFrame({"dose": ETMOTC.keys(), "response": ETMOTC.values()}).assign(treatment="x")
    fit = fit_dose_response(table, model="5pl", interval="wald").fits[0]
    assert fit.rss == pytest.approx(4.19240e-4, rel=1e-4)


def test_hormesis_in_lettuce_leaves_the_upper_side_of_the_ic50_open() -> None:
    row = fit_dose_response(shared("drc_lettuce.csv", "conc", "weight")).potencies.iloc[0]
    assert row["ci_high"] == float("inf")
    assert "no upper limit" in row["note"]
