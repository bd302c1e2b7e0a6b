"""control_quality(): Z′ and the window between the controls, by hand."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from blotquant.normalisation import control_quality, normalise, percent_activity
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
    assert found["unit"].tolist() == ["fold", ""]


@pytest.mark.parametrize(
    ("half", "words"),
    [(0.1, "good separation"), (1.0, "marginal separation"), (3.0, "the controls overlap")],
)
def test_z_prime_is_judged_in_words_from_four_lanes_on(half: float, words: str) -> None:
    high, low = [10.0 - half, 10.0 + half] * 2, [2.0 - half, 2.0 + half] * 2
    note = quality(controls(high, low)).set_index("measure").loc["z_prime", "note"]
    assert note.startswith(f"STAT3 Y705 P/S: {words}")
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
    assert found["note"] == "STAT3 Y705 P/S: maximum over minimum control; the signal falls with activity"
    small = quality(controls([0.3], [0.1])).set_index("measure").loc["window"]
    assert small["value"] == pytest.approx(3.0)
    assert "falls" not in small["note"]
    barely = quality(controls([0.3], [0.2])).set_index("measure").loc["window"]
    assert "falls" not in barely["note"]
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
    assert found[["scope", "name", "unit"]].iloc[0].tolist() == ["target", "STAT3 Y705 P/S", ""]
    assert quality([{"role": "ladder"}]).empty
    assert quality([{"treatment": "vehicle"}]).empty


def test_plates_are_judged_one_by_one_in_the_order_of_targets_and_plates() -> None:
    maxima = (("b", "p2", 8.0), ("b", "p1", 4.0), ("a", "p1", 2.0))
    rows = [(plate, target, role, value) for target, plate, high in maxima
            for role, value in (("maximum", high), ("minimum", 1.0))]  # fmt: skip
    wells = pd.DataFrame(rows, columns=["plate", "target", "role", "response"]).assign(treatment="x", dose=1.0)
    found = control_quality(percent_activity(wells))
    window = found[found["measure"] == "window"]
    assert window["value"].tolist() == pytest.approx([2.0, 4.0, 8.0])
    assert window["name"].tolist() == ["p1", "p1", "p2"]
    assert set(window["scope"]) == {"plate"}
    bare = control_quality(percent_activity(wells[["role", "response", "treatment", "dose"]].iloc[:2]))
    assert set(bare["scope"]) == {"study"}
    assert bare["note"].iloc[0] == "response: maximum over minimum control"


def test_donors_of_a_table_without_plates_are_judged_one_by_one() -> None:
    rows = [(donor, role, level * value) for donor, level in (("d1", 1.0), ("d2", 5.0))
            for role, values in (("maximum", (9.0, 10.0, 11.0, 10.0)), ("minimum", (1.0, 2.0, 3.0, 2.0)))
            for value in values]  # fmt: skip
    tubes = pd.DataFrame(rows, columns=["replicate", "role", "response"]).assign(treatment="x", dose=0.0)
    found = control_quality(percent_activity(tubes))
    z_prime = found[found["measure"] == "z_prime"]
    assert z_prime["name"].tolist() == ["d1", "d2"]
    assert set(found["scope"]) == {"replicate"}
    assert z_prime["value"].tolist() == pytest.approx([1.0 - 3.0 * 2.0 * np.sqrt(2.0 / 3.0) / 8.0] * 2)


def test_membranes_stand_in_order_and_a_lane_without_a_value_does_not_count() -> None:
    rows = controls([4.0, np.nan], [1.0], membrane="m2") + controls([2.0], [1.0], membrane="m1")
    window = quality(rows).query("measure == 'window'")
    assert window["name"].tolist() == ["m1", "m2"]
    assert window["value"].tolist() == pytest.approx([2.0, 4.0])
