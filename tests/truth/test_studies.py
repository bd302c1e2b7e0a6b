"""Image to IC50 on drawn studies.

Slow; ``pytest -m slow tests/truth/test_studies.py -s`` runs and prints it, ``python -m tests.truth.studies`` prints it
alone.
"""

from __future__ import annotations

import pandas as pd
import pytest

from tests.truth.studies import score_studies, score_study, summarise_studies

SEEDS = range(100, 140)


@pytest.fixture(scope="module")
def line() -> dict[str, float]:
    """Quantify all studies once and print what came out."""
    found = summarise_studies(score_studies(SEEDS))
    print()
    print(pd.Series(found).round(3).to_string())
    return found


def test_a_drawn_study_is_quantified_from_its_images_alone() -> None:
    score = score_study(100)
    assert score["lanes_lost"] == 0
    assert score["ratio_error"] < 3.0
    assert score["inside"]


@pytest.mark.slow
def test_the_true_ic50_lies_in_its_interval_in_nine_of_ten_studies(line: dict[str, float]) -> None:
    assert line["inside"] >= 0.9


@pytest.mark.slow
def test_lane_ratios_are_within_three_percent_of_the_vehicle_and_none_is_lost(line: dict[str, float]) -> None:
    assert line["ratio_error"] <= 3.0
    assert line["lanes_lost"] == 0


@pytest.mark.slow
def test_measuring_adds_little_to_the_error_of_the_ic50(line: dict[str, float]) -> None:
    assert line["ic50_error"] <= 1.15 * line["ic50_error_known"]
