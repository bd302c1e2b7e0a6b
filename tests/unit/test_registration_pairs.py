"""Phospho and total pictures that are shifted and scaled against each other are matched lane for lane, or refused."""

from __future__ import annotations

import numpy as np
import pytest

from blotquant.errors import DetectionError
from blotquant.lanes import find_lanes
from blotquant.orientation import orient
from blotquant.pipeline.registration import register
from tests.drawn_pairs import draw_pair


def outcome(number: int, most_scale: float = 0.02) -> str:
    """Whether the lanes of a drawn pair were matched or refused, or how they were not."""
    pair = draw_pair(number, most_scale=most_scale)
    try:
        placed = register([orient(blot) for blot in (pair.total, pair.phospho)])
        lanes = placed.to_files(placed.check_lanes(find_lanes(placed.blots)), "lanes")
    except DetectionError:
        return "refused"
    for image, truth in pair.centres.items():
        found = lanes[lanes["image"] == image].sort_values("lane")["centre"].to_numpy()
        if len(found) != len(truth) or np.abs(found - truth).max() > 0.35 * pair.pitch:
            return f"pair {number}: {image} has {len(found)} lanes of {len(truth)}, or they lie elsewhere"
    return "matched"


@pytest.mark.parametrize("number", [9, 13, 43, 56, 141, 190])
def test_a_shifted_pair_is_matched_lane_for_lane(number: int) -> None:
    assert outcome(number) == "matched"


@pytest.mark.slow
def test_two_hundred_pairs_are_matched_lane_for_lane_or_refused() -> None:
    outcomes = [outcome(number) for number in range(200)]
    print({each: outcomes.count(each) for each in set(outcomes)})

    assert set(outcomes) <= {"matched", "refused"}
    assert outcomes.count("matched") >= 195


@pytest.mark.slow
def test_pairs_of_up_to_a_tenth_in_size_are_matched_or_refused_unless_phospho_shows_too_little() -> None:
    outcomes = [outcome(number, most_scale=0.1) for number in range(3000, 3060)]
    mixed_up = [each for each in outcomes if each not in ("matched", "refused")]

    assert len(mixed_up) <= 4, mixed_up
    assert outcomes.count("matched") >= 30
