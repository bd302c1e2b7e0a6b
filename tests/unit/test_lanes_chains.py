"""Chains of lanes among candidates made by hand."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from blotquant.lanes.beyond import with_lanes_between
from blotquant.lanes.centre_lines import Comb, Marks
from blotquant.lanes.chains import best_chain
from blotquant.lanes.doubts import comb_doubts
from blotquant.lanes.findings import Search
from blotquant.lanes.votes import Votes

PITCH = 133.0


def test_a_lane_that_stands_as_far_from_its_neighbours_as_they_from_theirs_is_taken_and_a_place_between_is_not() -> (
    None
):
    place = np.array([100.0, 165.0, 233.0, 366.0, 499.0])
    votes = np.array([8.0, 1.5, 8.0, 8.0, 8.0])
    assert best_chain(place, votes, PITCH)[1].tolist() == [0, 2, 3, 4]


def test_a_lane_with_many_votes_whose_middle_is_told_wrong_is_no_gap() -> None:
    """Bands that touch: the step before the lane is longer by a tenth, and the next one shorter by a third."""
    place = np.array([124.0, 258.0, 402.0, 498.0, 637.0])
    for votes, chain in ((5.8, [0, 1, 2, 3, 4]), (3.0, [0, 1, 3, 4])):
        assert best_chain(place, np.array([8.0, 8.2, votes, 9.0, 11.7]), PITCH)[1].tolist() == chain


def test_a_well_that_no_row_speaks_for_is_stepped_over() -> None:
    place = np.array([100.0, 233.0, 499.0, 632.0])
    assert best_chain(place, np.full(4, 6.0), PITCH)[1].tolist() == [0, 1, 2, 3]


COMB = Comb(np.array([50.0, 150.0, 330.0, 430.0, 530.0]), 0.0, 0.0, 0.0, (200, 600))
BANDS = Votes(np.full(5, 40.0), COMB.centre, np.full(5, 3.0), 10.0)


def between(row: float = 41.0, strips: int = 3, comb: Comb = COMB) -> list[float]:
    """Lanes where a band without votes shows in some strips half way along the widest space."""
    middle = 0.5 * (comb.centre[1] + comb.centre[2])
    dull = Votes(np.full(strips, row), middle + 10.0 * np.arange(strips) - 8.0, np.zeros(strips), 10.0)
    return with_lanes_between(comb, BANDS, 100.0, places=Votes.united([BANDS, dull])).centre.tolist()


def test_a_band_half_way_in_a_row_of_its_neighbours_is_a_lane_though_it_touches_both() -> None:
    assert between() == [50.0, 150.0, 242.0, 330.0, 430.0, 530.0]
    assert between(row=90.0) == COMB.centre.tolist()  # no row of theirs
    assert between(strips=2) == COMB.centre.tolist()
    near = replace(COMB, centre=np.array([50.0, 150.0, 310.0, 410.0, 510.0]))  # too narrow for two steps
    assert between(comb=near) == near.centre.tolist()


@pytest.mark.parametrize(("runner_up", "confidence"), [(4.9, 1.0), (5.1, 0.7), (7.4, 0.7), (7.6, 0.4)])
def test_another_pitch_nearly_as_good_lowers_the_confidence_and_a_toss_up_flags_all_lanes(
    runner_up: float, confidence: float
) -> None:
    even = np.array([50.0, 150.0, 250.0, 350.0])
    none = np.empty(0)
    found = Search(COMB, 100.0, none, none, Marks(none, none, none, none, none), 10.0, runner_up)
    sure, reasons = comb_doubts(found, even)
    assert sure == confidence
    assert bool(reasons) == (confidence < 1.0)
