"""Intervals hold the truth and tests err as often as they say.

Slow; ``python -m tests.truth.coverage`` prints the figures for 2 000 studies a line.
"""

from __future__ import annotations

import pytest

from tests.truth.coverage import Curve, score_curves, score_groups, score_ratios, table

STUDIES = 2000


def test_twenty_drawn_studies_are_scored_through_the_real_stages() -> None:
    found = score_groups((1.0, 0.4), 20)
    assert set(found) == {"any_finding", "found_last_dose", "cover_group", "cover_family"}
    assert found["cover_family"] >= 0.8
    assert score_curves(Curve(relative=0.05), 4)["undetermined"] == 0.0
    assert score_ratios(Curve(relative=0.05), 440.0, 2)["given"] == 1.0


@pytest.mark.slow
@pytest.mark.parametrize("line", ["IC50 44 nM, doses 1 to 10 000 nM", "IC50 5 nM, five doses near zero activity"])
def test_the_interval_of_the_ic50_holds_the_truth_in_nineteen_of_twenty_studies(line: str) -> None:
    ((_, found),) = table(STUDIES, [line])
    print(line, found)
    assert 0.93 <= found["cover_ic50"] <= 0.97
    assert found["said_replicates_differ"] <= 0.03


@pytest.mark.slow
@pytest.mark.parametrize(
    "spread", ["replicates differ by 0.2", "replicates differ by 0.4", "six replicates differ by 0.4"]
)
def test_the_interval_of_the_ic50_holds_that_of_replicates_at_large(spread: str) -> None:
    ((_, found),) = table(STUDIES, [f"IC50 44 nM, {spread} (ln)"])
    print(spread, found)
    assert 0.93 <= found["cover_ic50"] <= 0.97


@pytest.mark.slow
@pytest.mark.parametrize(
    "line", ["absolute IC50 44 nM, doses 1 to 10 000 nM", "absolute IC50 5 nM, doses 1 to 10 000 nM"]
)
def test_the_interval_of_the_absolute_ic50_holds_the_error_of_the_measured_control(line: str) -> None:
    ((_, found),) = table(STUDIES, [line])
    print(line, found)
    assert 0.93 <= found["cover_ic50"] <= 0.97


@pytest.mark.slow
def test_the_control_cancels_in_a_ratio_of_two_treatments() -> None:
    ((_, found),) = table(STUDIES, ["IC50 ratio of 440 to 44 nM on one membrane"])
    print(found)
    assert 0.93 <= found["cover_ratio"] <= 0.97


@pytest.mark.slow
def test_dunnetts_familywise_error_is_five_percent_and_folds_are_covered() -> None:
    ((_, found),) = table(STUDIES, ["4 doses + vehicle, no effect"])
    print(found)
    assert 0.04 <= found["any_finding"] <= 0.06
    assert 0.93 <= found["cover_group"] <= 0.97
    assert 0.93 <= found["cover_family"] <= 0.97


@pytest.mark.slow
def test_three_replicates_see_an_inhibition_of_sixty_percent() -> None:
    ((_, found),) = table(STUDIES, ["4 doses + vehicle, 60 % inhibition at the top"])
    print(found)
    assert found["found_last_dose"] >= 0.72
    assert 0.93 <= found["cover_group"] <= 0.97
