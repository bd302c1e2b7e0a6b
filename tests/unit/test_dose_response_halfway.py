"""The error of the measured control in the absolute IC50, against refits of moved lanes and the exact limits."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from blotquant.dose_response import CurveFit, fit_dose_response
from blotquant.dose_response.controls import controls_of
from blotquant.dose_response.crossings import Level
from blotquant.dose_response.estimates import Estimate, Shared, estimate_doses, estimate_parameters
from blotquant.dose_response.halfway import control_lanes, halfway_error
from blotquant.dose_response.profile import profile_crossing
from blotquant.normalisation import normalise
from tests.truth.coverage import Curve, draw_curves

OPTIONS = {"weights": "none", "scales": "block", "interval": "wald", "ic50": "absolute", "group_by": ["study"]}


def lanes(seed: int, **truth: float) -> pd.DataFrame:
    """Ratios of one study without unstimulated lanes: zero is zero."""
    drawn = draw_curves(Curve(**truth), [seed])
    return drawn[drawn["stimulus"] != "none"].reset_index(drop=True)


def fitted(ratios: pd.DataFrame, **options: str) -> CurveFit:
    return fit_dose_response(normalise(ratios, group_by=["study"]), **{**OPTIONS, **options}).fits[0]


def of_lanes(fit: CurveFit) -> dict[str, Estimate]:
    """Estimates with the errors of lanes alone, whatever replicates scatter by."""
    assert fit.weighted is not None
    shared = Shared(controls_of(fit.points), control_lanes(fit.points))
    found = [
        *estimate_parameters(fit.weighted, fit.options, shared),
        *estimate_doses(fit.weighted, fit.options, fit.half, shared),
    ]
    return {one.parameter: one for one in found}


def moved(ratios: pd.DataFrame) -> np.ndarray:
    """Change of ln IC50 with each lane's ratio, all of the study normalised and fitted again."""
    base, out = np.log(fitted(ratios).value("ic50_absolute")), []
    for place in range(len(ratios)):
        other = ratios.copy()
        other.loc[place, "ratio"] *= 1.0 + 1e-4
        change = np.log(fitted(other).value("ic50_absolute")) - base
        out.append(change / (1e-4 * ratios["ratio"][place]))
    return np.array(out)


def test_the_error_of_an_absolute_ic50_is_that_of_moved_lanes_the_vehicle_among_them() -> None:
    ratios = lanes(1, relative=0.004, additive=0.004)
    second = ratios[ratios["treatment"] == "vehicle"].assign(lane=90)
    second["ratio"] *= [1.006, 0.997, 1.004]
    ratios = pd.concat([ratios, second], ignore_index=True)
    fit = fitted(ratios)
    assert fit.weighted is not None
    control = ratios[ratios["treatment"] == "vehicle"].groupby("membrane")["ratio"].mean()
    lane_sd = np.sqrt(fit.weighted.variance) / 100.0 * ratios["membrane"].map(control).to_numpy()
    row = of_lanes(fit)["ic50_absolute"]
    assert row.se / row.value == pytest.approx(np.sqrt(np.sum((moved(ratios) * lane_sd) ** 2)), rel=0.02)


def test_the_control_cancels_between_fitted_plateaus_and_widens_the_absolute_ic50() -> None:
    fit = fitted(lanes(2), weights="error", interval="profile")
    told = of_lanes(fit)
    relative, absolute = (np.log(told[name].high / told[name].low) for name in ("ic50", "ic50_absolute"))
    assert absolute > 1.1 * relative
    assert fit.weighted is not None
    level = halfway_error(fit.weighted, np.array([0.0, 0.0, 1.0, 0.0, 0.0, 0.0]), 50.0, control_lanes(fit.points))
    assert level == pytest.approx(0.0, abs=1e-5)


def test_a_level_of_next_to_no_error_is_a_level_and_one_within_its_error_of_the_plateau_is_never_left() -> None:
    fit = fitted(lanes(3), interval="profile")
    assert fit.weighted is not None
    at, limits = np.log(fit.value("ic50_absolute")), (np.log(1e-4), np.log(1e8))
    held, close, wide, lost = (
        profile_crossing(fit.weighted, Level(0.0, 0.0, 50.0, error), at, 0.5, limits, 0.95)
        for error in (0.0, 1e-4, 8.0, 30.0)
    )
    assert close == pytest.approx(held, abs=1e-4)
    assert wide[0] < held[0] < held[1] < wide[1] < np.inf
    assert lost == (-np.inf, np.inf)


def test_blocks_held_against_a_control_elsewhere_share_its_error_within_a_replicate() -> None:
    fit = fitted(lanes(4), weights="error")
    elsewhere = fit.points.assign(shared=False)
    apart, one = control_lanes(elsewhere), control_lanes(elsewhere.assign(replicate="r0"))
    assert fit.weighted is not None
    slope = np.array([0.5, 0.5, 25.0, 0.0, 0.0, 0.0])
    far, together = (halfway_error(fit.weighted, slope, 50.0, which) for which in (apart, one))
    assert far > 1.0
    assert together == pytest.approx(np.sqrt(3.0) * far, rel=0.1)


def test_responses_that_lie_on_no_membrane_have_a_level_that_is_known() -> None:
    points = fitted(lanes(5)).points
    assert control_lanes(points.assign(blot=False)) is None
