"""What every dose-response curve promises, run over the registry itself."""

from __future__ import annotations

import numpy as np
import pytest

from blotquant.dose_response import MODELS, fit_dose_response
from blotquant.dose_response.models import PARAMETERS, evaluate, ln_dose_at, sign_of
from blotquant.least_squares import numeric_jacobian
from blotquant.report.methods import _MODELS as IN_WORDS

LN_DOSE = np.concatenate([[-np.inf], np.log([0.1, 1.0, 9.0, 40.0, 300.0, 1e5])])
CURVES = [name for name in MODELS if name != "flat"]
BOTH = pytest.mark.parametrize("rising", [False, True])


def curve(name: str, *, rising: bool) -> np.ndarray:
    """Parameters of a curve of IC50 9 and slope 1.4, from 100 to 5 or the other way."""
    ends = (5.0, 100.0) if rising else (100.0, 5.0)
    return np.array([*ends, np.log(9.0), np.log(1.4), np.log(1.8) if name == "5pl" else 0.0])


@BOTH
@pytest.mark.parametrize("name", MODELS)
def test_the_response_at_zero_dose_is_the_top(name: str, rising: bool) -> None:
    parameters = curve(name, rising=rising)
    assert evaluate(MODELS[name], LN_DOSE[:1], parameters, rising)[0][0] == pytest.approx(parameters[0])


@BOTH
@pytest.mark.parametrize("name", CURVES)
def test_the_response_at_the_ic50_is_half_way_and_at_an_endless_dose_the_bottom(name: str, rising: bool) -> None:
    parameters = curve(name, rising=rising)
    found = evaluate(MODELS[name], np.array([np.log(9.0), 60.0]), parameters, rising)[0]
    assert found.tolist() == pytest.approx([52.5, parameters[1]])


@BOTH
@pytest.mark.parametrize("name", MODELS)
def test_the_derivatives_are_those_of_the_curve(name: str, rising: bool) -> None:
    parameters = curve(name, rising=rising)
    expected = numeric_jacobian(lambda p: evaluate(MODELS[name], LN_DOSE, p, rising)[0], parameters)
    assert evaluate(MODELS[name], LN_DOSE, parameters, rising)[1] == pytest.approx(expected, abs=1e-6)


@BOTH
@pytest.mark.parametrize("name", CURVES)
def test_the_curve_runs_one_way(name: str, rising: bool) -> None:
    found = evaluate(MODELS[name], LN_DOSE, curve(name, rising=rising), rising)[0]
    assert (np.diff(found) > 0).all() if rising else (np.diff(found) < 0).all()
    assert sign_of(curve(name, rising=rising)) == (-1.0 if rising else 1.0)


@BOTH
@pytest.mark.parametrize("share", [0.1, 0.5, 0.9])
@pytest.mark.parametrize("name", CURVES)
def test_the_dose_read_off_a_curve_gives_the_response_back(name: str, share: float, rising: bool) -> None:
    parameters = curve(name, rising=rising)
    ln_dose = ln_dose_at(MODELS[name], share, parameters, rising)
    found = evaluate(MODELS[name], np.array([ln_dose]), parameters, rising)[0][0]
    assert found == pytest.approx(parameters[1] + share * (parameters[0] - parameters[1]))


@pytest.mark.parametrize("name", CURVES)
def test_no_dose_leaves_more_than_all_or_less_than_nothing(name: str) -> None:
    parameters = curve(name, rising=False)
    assert np.isnan([ln_dose_at(MODELS[name], share, parameters, False) for share in (0.0, 1.0, 1.2, -0.1)]).all()


@BOTH
@pytest.mark.parametrize("name", CURVES)
def test_extreme_parameters_give_numbers(name: str, rising: bool) -> None:
    for extreme in ([1e9, -1e9, 700.0, 300.0, 40.0], [0.0, 0.0, -1e9, -300.0, -40.0]):
        values, slopes = evaluate(MODELS[name], LN_DOSE, np.array(extreme), rising)
        assert np.isfinite(values).all()
        assert np.isfinite(slopes).all()


@pytest.mark.parametrize("name", CURVES)
def test_a_curve_drawn_without_noise_is_found_again(name: str) -> None:
    import pandas as pd

    parameters = curve(name, rising=False)
    if name == "3pl":
        parameters[1] = 0.0
    doses = np.array([0.0, 0.3, 1, 3, 10, 30, 100, 300, 1000])
    with np.errstate(divide="ignore"):
        response = evaluate(MODELS[name], np.log(doses), parameters, False)[0]
    fit = fit_dose_response(
        pd.DataFrame({"treatment": "x", "dose": doses, "response": response}), model=name, interval="wald"
    ).fits[0]
    assert fit.value("ic50") == pytest.approx(9.0, rel=1e-5)
    assert fit.value("hill") == pytest.approx(1.4, rel=1e-5)
    assert fit.predict(doses) == pytest.approx(response, abs=1e-4)


@pytest.mark.parametrize("name", MODELS)
def test_a_model_says_what_it_is(name: str) -> None:
    model = MODELS[name]
    assert model.name == name
    assert model.formula
    assert "doi" in model.reference
    assert set(model.parameters(False)) <= set(PARAMETERS)
    assert len(model.parameters(True)) == len(model.parameters(False))


def test_every_curve_has_its_name_in_words_for_the_methods_section() -> None:
    assert sorted(IN_WORDS) == sorted(CURVES)


@BOTH
def test_the_plateau_that_is_held_is_the_lower_one(rising: bool) -> None:
    free = {name: set(MODELS[name].parameters(rising)) for name in MODELS}
    held = "top" if rising else "bottom"
    assert set(PARAMETERS) - free["3pl"] == {held, "ln_asymmetry"}
    assert set(PARAMETERS) - free["4pl"] == {"ln_asymmetry"}
    assert free["5pl"] == set(PARAMETERS)
    assert free["flat"] == {"top"}
