"""Laws of a dose-response fit: what a change of units, order or sign may and may not move."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from blotquant.dose_response import DoseResponse, fit_dose_response
from blotquant.normalisation import normalise, percent_activity

DOSES = np.array([0.0, 1, 3, 10, 30, 100, 300, 1000])
FEW = settings(max_examples=6, deadline=None)


def drawn(seed: int, *, ic50: float = 40.0, blocks: int = 1) -> pd.DataFrame:
    rng = np.random.default_rng(seed)
    parts = []
    for block in range(blocks):
        response = 100.0 / (1.0 + DOSES / ic50) * (1.0 + 0.08 * rng.normal(size=8)) + rng.normal(size=8)
        parts.append(pd.DataFrame({"dose": DOSES, "response": response, "replicate": f"r{block}"}))
    return pd.concat(parts, ignore_index=True).assign(treatment="x", dose_unit="nM")


def interval(fit: DoseResponse) -> list[float]:
    return fit.potencies.iloc[0][["ic50", "ci_low", "ci_high"]].tolist()


@FEW
@given(st.integers(0, 10_000), st.floats(1e-3, 1e6))
def test_the_unit_of_the_response_does_not_move_the_ic50(seed: int, factor: float) -> None:
    table = drawn(seed)
    scaled = table.assign(response=table["response"] * factor)
    one, other = (fit_dose_response(t, interval="wald") for t in (table, scaled))
    assert interval(other) == pytest.approx(interval(one), rel=1e-4)


@FEW
@given(st.integers(0, 10_000), st.floats(1e-3, 1e3))
def test_the_ic50_moves_with_the_unit_of_the_dose(seed: int, factor: float) -> None:
    table = drawn(seed)
    moved = fit_dose_response(table.assign(dose=table["dose"] * factor), interval="wald")
    expected = [factor * value for value in interval(fit_dose_response(table, interval="wald"))]
    assert interval(moved) == pytest.approx(expected, rel=1e-4)


def test_doses_in_two_units_are_brought_to_the_one_that_most_have() -> None:
    table = drawn(1)
    mixed = table.copy()
    mixed.loc[6:, "dose"], mixed.loc[6:, "dose_unit"] = table.loc[6:, "dose"] / 1000.0, "uM"
    assert interval(fit_dose_response(mixed)) == interval(fit_dose_response(table))
    assert fit_dose_response(mixed).potencies["unit"].tolist() == ["nM"]


@FEW
@given(st.integers(0, 10_000), st.randoms(use_true_random=False))
def test_the_order_of_the_rows_does_not_matter(seed: int, random: object) -> None:
    table = drawn(seed, blocks=2).assign(response_se=1.0)
    order = list(range(len(table)))
    random.shuffle(order)  # type: ignore[attr-defined]  # hypothesis hands in random.Random
    one, other = (fit_dose_response(t, interval="wald") for t in (table, table.iloc[order]))
    assert other.curves.equals(one.curves)


@FEW
@given(st.integers(0, 10_000))
def test_a_curve_turned_upside_down_has_the_same_ic50_and_a_hill_of_the_other_sign(seed: int) -> None:
    table = drawn(seed)
    up, down = (
        fit_dose_response(one, interval="wald") for one in (table.assign(response=100 - table["response"]), table)
    )
    values = [fit.curves.set_index("parameter")["value"] for fit in (up, down)]
    assert values[0]["ic50"] == pytest.approx(values[1]["ic50"], rel=1e-5)
    assert values[0]["hill"] == pytest.approx(-values[1]["hill"], rel=1e-5)
    assert values[0]["top"] == pytest.approx(100 - values[1]["top"], abs=1e-3)


@FEW
@given(st.integers(0, 10_000), st.lists(st.floats(0.05, 20.0), min_size=3, max_size=3))
def test_the_scale_of_a_block_does_not_move_a_fit_with_scales(seed: int, scales: list[float]) -> None:
    table = drawn(seed, blocks=3)
    factor = np.repeat(scales, len(DOSES))
    one = table.assign(response_se=1.0)
    other = table.assign(response=table["response"] * factor, response_se=factor)
    found = [interval(fit_dose_response(t, interval="wald")) for t in (one, other)]
    assert found[1] == pytest.approx(found[0], rel=1e-4)


@FEW
@given(st.integers(0, 10_000), st.floats(0.1, 50.0), st.floats(-3.0, 3.0))
def test_gain_and_offset_of_a_plate_cancel_in_percent_activity(seed: int, gain: float, offset: float) -> None:
    table = drawn(seed)[["dose", "response", "treatment"]].assign(role="sample")
    controls = pd.DataFrame({"dose": 0.0, "response": [98.0, 103.0, 1.0, 2.0], "treatment": "c",
                             "role": ["maximum", "maximum", "minimum", "minimum"]})  # fmt: skip
    plain = pd.concat([table, controls], ignore_index=True)
    changed = plain.assign(response=-gain * plain["response"] + offset)  # the signal may fall with activity
    expected = percent_activity(plain)["response"].to_numpy()
    assert percent_activity(changed)["response"].to_numpy() == pytest.approx(expected, rel=1e-7, abs=1e-7)


@FEW
@given(st.lists(st.floats(0.01, 100.0), min_size=3, max_size=3))
def test_folds_ignore_the_scale_of_a_membrane(scales: list[float]) -> None:
    rows = [
        {
            "membrane": f"m{i}",
            "treatment": t,
            "stimulus": "IL-6",
            "dose": d,
            "ratio": v * scale,
            "ratio_se": 0.1 * scale,
        }
        for i, scale in enumerate(scales)
        for t, d, v in (("vehicle", np.nan, 2.0), ("x", 10.0, 1.0), ("x", 100.0, 0.2))
    ]
    folds = normalise(pd.DataFrame(rows))
    assert folds["fold"].tolist() == pytest.approx([1.0, 0.5, 0.1] * 3)
    assert folds["fold_se"].tolist() == pytest.approx(folds["fold_se"].tolist()[:3] * 3)
