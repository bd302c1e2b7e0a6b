"""The error budget holds: what blotquant says of its volumes is measured on drawn blots.

Slow; ``pytest -m slow tests/truth -s`` runs and prints it, ``python -m tests.truth 20`` prints it alone.
"""

from __future__ import annotations

import pandas as pd
import pytest

from blotquant.synthetic import FAMILIES, LEVELS
from tests.truth.budget import score_cell
from tests.truth.scoring import summarise

PICTURES = 12
GOALS = pd.DataFrame(
    [
        ("clean", "flat", 0.995, 0.10, 0.6, 0.93, 0.97),
        ("typical", "flat", 0.99, 0.15, 0.8, 0.93, 0.97),
        ("hard", "flat", 0.98, 0.35, 2.0, 0.90, 0.98),
        ("clean", "foreign", 0.995, 0.25, 1.0, 0.90, 0.98),
        ("typical", "foreign", 0.99, 0.35, 1.6, 0.90, 0.98),
        ("hard", "foreign", 0.98, 0.50, 2.5, 0.90, 0.98),
    ],
    columns=["level", "family", "f1", "median", "p90", "cover_low", "cover_high"],
).set_index(["level", "family"])


@pytest.fixture(scope="module")
def lines() -> dict[tuple[str, str], dict[str, float]]:
    """Measure every cell once and print it."""
    found = {
        (level, family): summarise([score for _, score in score_cell(level, family, range(1000, 1000 + PICTURES))])
        for family in FAMILIES
        for level in LEVELS
    }
    print()
    print(pd.DataFrame(found).T.round(3).to_string())
    print("again: python -m tests.truth; beside peers: python -m tests.benchmarks")
    return found


CELLS = pytest.mark.parametrize(("level", "family"), list(GOALS.index))


@pytest.mark.slow
@CELLS
def test_bands_are_found_and_nothing_else(
    lines: dict[tuple[str, str], dict[str, float]], level: str, family: str
) -> None:
    assert lines[level, family]["f1"] >= GOALS.loc[(level, family), "f1"]


@pytest.mark.slow
@CELLS
def test_volumes_are_right_up_to_a_common_factor(
    lines: dict[tuple[str, str], dict[str, float]], level: str, family: str
) -> None:
    goal = GOALS.loc[(level, family)]
    assert lines[level, family]["bands"] >= 300
    assert lines[level, family]["median"] <= goal["median"]
    assert lines[level, family]["p90"] <= goal["p90"]
    assert lines[level, family]["factor90"] < 1.5


@pytest.mark.slow
@CELLS
def test_errors_of_volumes_cover_the_truth_as_often_as_they_say(
    lines: dict[tuple[str, str], dict[str, float]], level: str, family: str
) -> None:
    line, goal = lines[level, family], GOALS.loc[(level, family)]
    for part in ("cover", "cover_low", "cover_mid", "cover_high"):
        assert goal["cover_low"] <= line[part] <= goal["cover_high"], part
    assert 0.45 <= line["z"] <= 0.85


@pytest.mark.slow
@CELLS
def test_absent_bands_are_near_zero_and_not_detected(
    lines: dict[tuple[str, str], dict[str, float]], level: str, family: str
) -> None:
    assert lines[level, family]["absent_found"] < 0.05
    assert abs(lines[level, family]["absent_z"]) < 2.0


@pytest.mark.slow
@pytest.mark.parametrize(("level", "goal"), [("clean", 0.98), ("typical", 0.97), ("hard", 0.93)])
def test_lanes_are_counted_exactly(level: str, goal: float) -> None:
    scores = [score for _, score in score_cell(level, "flat", range(2000, 2056), vary_lanes=True)]
    assert summarise(scores)["lanes_exact"] >= goal
