"""Chains of lanes among candidates made by hand."""

from __future__ import annotations

import numpy as np

from blotquant.lanes.chains import best_chain

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
