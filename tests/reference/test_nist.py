"""NIST's Statistical Reference Datasets (public domain, https://www.itl.nist.gov/div898/strd): certified values.

Rat42 stands here so that one set is never skipped; the longer ones are read from next to the checkout.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from blotquant.dose_response import fit_dose_response
from blotquant.least_squares import Minimum, Vector, covariance, minimise

ACCEPTANCE = Path(__file__).parents[2] / "../shared/acceptance"

RAT42_X = np.array([9.0, 14.0, 21.0, 28.0, 42.0, 57.0, 63.0, 70.0, 79.0])
RAT42_Y = np.array([8.93, 10.8, 18.59, 22.33, 39.35, 56.11, 61.73, 64.62, 67.08])


def rat42(b: Vector) -> Vector:
    return b[0] / (1.0 + np.exp(b[1] - b[2] * RAT42_X)) - RAT42_Y


def standard_errors(found: Minimum) -> Vector:
    return np.sqrt(np.diag(covariance(found, found.rss / found.dof)))


@pytest.mark.parametrize("start", [(100.0, 1.0, 0.1), (75.0, 2.5, 0.07)])
def test_rat42_from_both_starting_points(start: tuple[float, ...]) -> None:
    found = minimise(rat42, np.array(start))
    assert found.parameters == pytest.approx([72.462237576, 2.6180768402, 0.067359200066], rel=1e-6)
    assert standard_errors(found) == pytest.approx([1.7340283401, 0.088295217536, 0.0034465663377], rel=1e-6)
    assert found.rss == pytest.approx(8.0565229338, rel=1e-9)
    assert found.dof == 6


def test_rat42_is_a_rising_log_logistic_curve() -> None:
    # dose = exp(x): d = b1, b = −b3, ln e = b2 / b3; the zero plateau is the top of a rising curve
    table = pd.DataFrame({"treatment": "age", "dose": np.exp(RAT42_X), "response": RAT42_Y})
    fit = fit_dose_response(table, model="3pl")
    values = fit.curves.set_index("parameter")
    assert values["value"]["bottom"] == pytest.approx(72.462237576, rel=1e-6)
    assert values["se"]["bottom"] == pytest.approx(1.7340283401, rel=1e-5)
    assert values["value"]["hill"] == pytest.approx(-0.067359200066, rel=1e-6)
    assert np.log(values["value"]["ic50"]) == pytest.approx(2.6180768402 / 0.067359200066, rel=1e-6)
    assert fit.fits[0].rss == pytest.approx(8.0565229338, rel=1e-8)


def certified(name: str) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    """Starts (P, 2), certified values (P,), standard deviations (P,) and data (N, 2) of a NIST file."""
    path = ACCEPTANCE / name
    if not path.is_file():
        pytest.skip(f"{name} is not next to the checkout")
    lines = path.read_text(encoding="ascii").splitlines()
    rows = [line.split("=")[1].split() for line in lines[40:60] if line.strip().startswith("b") and "=" in line]
    numbers = np.array(rows, dtype=float)
    data = np.array([line.split() for line in lines[60:] if line.strip()], dtype=float)
    return numbers[:, :2], numbers[:, 2], numbers[:, 3], data


@pytest.mark.parametrize("start", [0, 1])
@pytest.mark.parametrize(
    ("name", "areas"), [("nist_Gauss1.dat", (4119.7300, 2346.6136)), ("nist_Gauss2.dat", (4257.7735, 2493.4175))]
)
def test_two_bands_on_a_falling_baseline_are_parted_as_certified(
    name: str, areas: tuple[float, float], start: int
) -> None:
    starts, values, errors, data = certified(name)
    y, x = data.T

    def residuals(b: Vector) -> Vector:
        peaks = sum(b[i] * np.exp(-((x - b[i + 1]) ** 2) / b[i + 2] ** 2) for i in (2, 5))
        return np.asarray(b[0] * np.exp(-b[1] * x) + peaks - y)

    found = minimise(residuals, starts[:, start])
    assert found.parameters == pytest.approx(values, rel=1e-6)
    assert standard_errors(found) == pytest.approx(errors, rel=1e-6)
    found_areas = [found.parameters[i] * found.parameters[i + 2] * np.sqrt(np.pi) for i in (2, 5)]
    assert found_areas == pytest.approx(areas, rel=1e-6)


def test_norris_is_a_straight_calibration_line() -> None:
    path = ACCEPTANCE / "nist_Norris.dat"
    if not path.is_file():
        pytest.skip("nist_Norris.dat is not next to the checkout")
    lines = path.read_text(encoding="ascii").splitlines()
    y, x = np.array([line.split() for line in lines[60:] if line.strip()], dtype=float).T
    found = minimise(lambda b: b[0] + b[1] * x - y, np.array([1.0, 0.0]))
    assert found.parameters == pytest.approx([-0.262323073774029, 1.00211681802045], rel=1e-8)


RAT43_Y = [16.08, 33.83, 65.80, 97.20, 191.55, 326.20, 386.87, 520.53]
RAT43_Y += [590.03, 651.92, 724.93, 699.56, 689.96, 637.56, 717.41]
RAT43 = [699.64151270, 5.2771253025, 0.75962938329, 1.2792483859]


@pytest.mark.parametrize("start", [(100.0, 10.0, 1.0, 1.0), (700.0, 5.0, 0.75, 1.3)])
def test_rat43_from_both_starting_points(start: tuple[float, ...]) -> None:
    x, y = np.arange(1.0, 16.0), np.array(RAT43_Y)
    found = minimise(lambda b: b[0] / (1.0 + np.exp(b[1] - b[2] * x)) ** (1.0 / b[3]) - y, np.array(start))
    assert found.parameters == pytest.approx(RAT43, rel=1e-6)
    assert found.rss == pytest.approx(8786.4049080, rel=1e-9)


def test_rat43_is_a_rising_curve_with_an_asymmetry() -> None:
    # dose = exp(x): plateau b1, slope −b3, asymmetry 1/b4; the zero plateau is held
    table = pd.DataFrame({"treatment": "age", "dose": np.exp(np.arange(1.0, 16.0)), "response": RAT43_Y})
    fit = fit_dose_response(table, model="5pl", top=0.0, interval="wald")
    values = fit.curves.set_index("parameter")["value"]
    found = [values["bottom"], -values["hill"], 1.0 / values["asymmetry"]]
    assert found == pytest.approx([RAT43[0], RAT43[2], RAT43[3]], rel=1e-5)
    assert fit.fits[0].rss == pytest.approx(8786.4049080, rel=1e-8)


ROSZMAN1 = [
    (0.252429, -4868.68), (0.252141, -4868.09), (0.251809, -4867.41), (0.297989, -3375.19), (0.296257, -3373.14),
    (0.295319, -3372.03), (0.339603, -2473.74), (0.337731, -2472.35), (0.333820, -2469.45), (0.389510, -1894.65),
    (0.386998, -1893.40), (0.438864, -1497.24), (0.434887, -1495.85), (0.427893, -1493.41), (0.471568, -1208.68),
    (0.461699, -1206.18), (0.461144, -1206.04), (0.513532, -997.92), (0.506641, -996.61), (0.505062, -996.31),
    (0.535648, -834.94), (0.533726, -834.66), (0.568064, -710.03), (0.612886, -530.16), (0.624169, -464.17),
]  # fmt: skip


@pytest.mark.parametrize("start", [(0.1, -1e-5, 1000.0, -100.0), (0.2, -5e-6, 1200.0, -150.0)])
def test_roszman1_whose_parameters_differ_in_size_by_nine_orders_from_both_starting_points(
    start: tuple[float, ...],
) -> None:
    y, x = np.array(ROSZMAN1).T
    found = minimise(lambda b: b[0] - b[1] * x - np.arctan(b[2] / (x - b[3])) / np.pi - y, np.array(start))
    certified_values = [2.0196866396e-01, -6.1953516256e-06, 1.2044556708e03, -1.8134269537e02]
    assert found.parameters == pytest.approx(certified_values, rel=1e-6)
    errors = [1.9172666023e-02, 3.2058931691e-06, 7.4050983057e01, 4.9573513849e01]
    assert standard_errors(found) == pytest.approx(errors, rel=1e-5)
    assert found.rss == pytest.approx(4.9484847331e-04, rel=1e-9)


BOXBOD = [(109, 1), (149, 2), (149, 3), (191, 5), (213, 7), (224, 10)]
DANWOOD = [(2.138, 1.309), (3.421, 1.471), (3.597, 1.490), (4.340, 1.565), (4.882, 1.611), (5.660, 1.680)]
MGH09 = [
    (0.1957, 4), (0.1947, 2), (0.1735, 1), (0.1600, 0.5), (0.0844, 0.25), (0.0627, 0.167), (0.0456, 0.125),
    (0.0342, 0.1), (0.0323, 0.0833), (0.0235, 0.0714), (0.0246, 0.0625),
]  # fmt: skip
MGH10 = [34780, 28610, 23650, 19630, 16370, 13720, 11540, 9744, 8261, 7030, 6005, 5147, 4427, 3820, 3307, 2872]

MGH10_DATA = list(zip(MGH10, range(50, 130, 5), strict=True))
HARD = {  # data, curve, both starts, certified values and standard deviations
    "BoxBOD": (
        BOXBOD,
        lambda b, x: b[0] * (1.0 - np.exp(-b[1] * x)),
        ((1.0, 1.0), (100.0, 0.75)),
        (2.1380940889e02, 5.4723748542e-01),
        (1.2354515176e01, 1.0455993237e-01),
    ),
    "DanWood": (
        DANWOOD,
        lambda b, x: b[0] * x ** b[1],
        ((1.0, 5.0), (0.7, 4.0)),
        (7.6886226176e-01, 3.8604055871e00),
        (1.8281973860e-02, 5.1726610913e-02),
    ),
    "MGH09": (
        MGH09,
        lambda b, x: b[0] * (x**2 + x * b[1]) / (x**2 + x * b[2] + b[3]),
        ((25.0, 39.0, 41.5, 39.0), (0.25, 0.39, 0.415, 0.39)),
        (1.9280693458e-01, 1.9128232873e-01, 1.2305650693e-01, 1.3606233068e-01),
        (1.1435312227e-02, 1.9633220911e-01, 8.0842031232e-02, 9.0025542308e-02),
    ),
    "MGH10": (
        MGH10_DATA,
        lambda b, x: b[0] * np.exp(b[1] / (x + b[2])),
        ((2.0, 400000.0, 25000.0), (0.02, 4000.0, 250.0)),
        (5.6096364710e-03, 6.1813463463e03, 3.4522363462e02),
        (1.5687892471e-04, 2.3309021107e01, 7.8486103508e-01),
    ),
}


@pytest.mark.parametrize("start", [0, 1])
@pytest.mark.parametrize("name", HARD)
def test_sets_of_higher_difficulty_are_solved_from_both_starting_points(name: str, start: int) -> None:
    data, curve, starts, values, errors = HARD[name]
    y, x = np.array(data, dtype=float).T
    found = minimise(lambda b: curve(b, x) - y, np.array(starts[start]))
    assert found.parameters.tolist() == pytest.approx(values, rel=1e-6)
    assert standard_errors(found).tolist() == pytest.approx(errors, rel=1e-6)
