"""control_quality(): Z′ and the window between the controls, by hand."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from blotquant.normalisation import control_quality, normalise
from tests.unit.test_normalisation import lanes


def quality(rows: list[dict[str, object]]) -> pd.DataFrame:
    return control_quality(normalise(lanes(rows)))


def controls(high: list[float], low: list[float], **where: object) -> list[dict[str, object]]:
    rows = [{**where, "treatment": "vehicle", "ratio": value} for value in high]
    return rows + [{**where, "treatment": "vehicle", "stimulus": "none", "ratio": value} for value in low]


def test_z_prime_and_window_are_those_of_the_paper() -> None:
    found = quality(controls([9.0, 10.0, 11.0, 10.0], [1.0, 2.0, 3.0, 2.0])).set_index("measure")
    sd = np.sqrt(2.0 / 3.0)
    assert found.loc["z_prime", "value"] == pytest.approx(1.0 - 3.0 * 2.0 * sd / 8.0)
    assert found.loc["window", "value"] == pytest.approx(5.0)
    assert found.loc["window", "note"] == "STAT3 Y705 P/S: maximum over minimum control"
    assert found["scope"].tolist() == ["membrane"] * 2
    assert found["name"].tolist() == ["m1"] * 2


@pytest.mark.parametrize(
    ("half", "words"),
    [(0.1, "good separation"), (1.0, "marginal separation"), (3.0, "the controls overlap")],
)
def test_z_prime_is_judged_in_words_from_four_lanes_on(half: float, words: str) -> None:
    high, low = [10.0 - half, 10.0 + half] * 2, [2.0 - half, 2.0 + half] * 2
    assert words in quality(controls(high, low)).set_index("measure").loc["z_prime", "note"]
    few = quality(controls(high[:3], low)).set_index("measure").loc["z_prime", "note"]
    assert "3 lanes of a control: n too small to judge" in few


def test_a_lone_lane_or_no_window_has_no_z_prime() -> None:
    lone = quality(controls([10.0], [2.0, 2.0])).set_index("measure")
    assert np.isnan(lone.loc["z_prime", "value"])
    assert lone.loc["window", "value"] == pytest.approx(5.0)
    assert np.isnan(quality(controls([2.0, 2.0], [2.0, 2.0])).set_index("measure").loc["z_prime", "value"])


def test_a_signal_that_falls_with_activity_still_has_a_window_above_one() -> None:
    found = quality(controls([2.0], [10.0])).set_index("measure").loc["window"]
    assert found["value"] == pytest.approx(5.0)
    assert "the signal falls with activity" in found["note"]
    assert quality(controls([2.0], [-0.1]))["measure"].tolist() == ["z_prime"]


def test_each_stimulus_is_judged_by_its_own_maximum() -> None:
    rows = controls([9.0, 11.0], [1.0, 1.0], stimulus="IL-6")[:2] + controls([99.0, 101.0], [1.0, 1.0], stimulus="IFN")
    found = quality(rows)
    assert found["note"].str.contains("IFN|IL-6").all()
    assert found["value"].tolist() == pytest.approx([
        100.0, 1.0 - 3.0 * np.sqrt(2.0) / 99.0, 10.0, 1.0 - 3.0 * np.sqrt(2.0) / 9.0
    ])  # fmt: skip


def test_a_stimulus_with_a_minimum_of_its_own_is_set_against_that() -> None:
    rows = [{"role": role, "stimulus": s, "treatment": t, "ratio": v} for role, s, t, v in (
        ("maximum", "a", "vehicle", 8.0), ("minimum", "a", "block", 2.0),
        ("maximum", "b", "vehicle", 9.0), ("minimum", "b", "block", 1.0),
    )]  # fmt: skip
    found = quality(rows)
    assert found.loc[found["measure"] == "window", "value"].tolist() == pytest.approx([4.0, 9.0])


def test_a_target_without_a_maximum_control_says_so_and_no_lanes_say_nothing() -> None:
    found = quality([{"treatment": "a"}, {"treatment": "b"}])
    assert found["measure"].tolist() == ["reference"]
    assert found["note"].iloc[0].startswith("no maximum control is named and none is obvious")
    assert found["name"].tolist() == ["STAT3 Y705 P/S"]
    assert quality([{"role": "ladder"}]).empty
    assert quality([{"treatment": "vehicle"}]).empty
