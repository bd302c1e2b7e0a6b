"""The equations of a lane against a dense least-squares problem."""

from __future__ import annotations

import dataclasses

import numpy as np
import pytest

from blotquant.integration.ground import Ground
from blotquant.integration.shape import BROAD, Drawn
from blotquant.integration.strips import Places, Strips
from blotquant.integration.system import EACH, Unknowns, band_products, solve
from tests.hand_made_lanes import leaning_lanes

Lanes = tuple[Strips, Places, Ground, Unknowns]


@pytest.fixture(scope="module")
def lanes() -> Lanes:
    strips, places = leaning_lanes()
    ground = Ground(strips, places)
    return strips, places, ground, Unknowns.of(places, ground)


def test_unknowns_are_numbered_lane_by_lane_from_above(lanes: Lanes) -> None:
    _, places, ground, unknowns = lanes
    n = len(ground)
    assert (unknowns.ground, unknowns.slots, unknowns.size) == (n, 3, n + 3 * EACH)
    assert unknowns.slot.tolist() == [0, 1, 2, 0]
    assert unknowns.of_band(1) == slice(n + EACH, n + 2 * EACH)
    np.testing.assert_array_equal(unknowns.of_bands[2], n + 2 * EACH + np.arange(EACH))
    mixed = dataclasses.replace(places, lane=places.lane[::-1].copy(), first=places.first[::-1].copy())
    turned = Unknowns.of(mixed, ground)
    assert turned.slot.tolist() == [0, 2, 1, 0]
    assert turned.pairs.tolist() == [[3, 2], [3, 1], [2, 1]]


def test_bands_of_one_lane_whose_windows_overlap_are_pairs(lanes: Lanes) -> None:
    _, places, ground, unknowns = lanes
    assert unknowns.pairs.tolist() == [[0, 1], [0, 2], [1, 2]]  # windows of 57 rows, 12, 50 and 38 apart
    short = Unknowns.of(dataclasses.replace(places, tall=38), ground)
    assert short.pairs.tolist() == [[0, 1]]  # 38 rows apart share no row
    assert Unknowns.of(dataclasses.replace(places, tall=39), ground).pairs.tolist() == [[0, 1], [1, 2]]
    alone = Unknowns.of(dataclasses.replace(places, tall=3), ground)
    assert alone.pairs.shape == (0, 2)


def embedded(images: np.ndarray, strips: Strips, places: Places, band: int) -> np.ndarray:
    """Images of a band's window in its whole strip."""
    whole = np.zeros((len(images), *strips.light.shape[1:]))
    whole[:, places.first[band] : places.first[band] + places.tall] = images
    return whole


def test_products_of_two_windows_are_sums_over_the_rows_that_they_share(lanes: Lanes) -> None:
    strips, places, _, _ = lanes
    rng = np.random.default_rng(1)
    cells = (places.tall, len(strips.cols))
    first, second = rng.normal(size=(2, *cells)), rng.normal(size=(3, *cells))
    for upper, lower in ((0, 1), (0, 2), (1, 2), (1, 1)):
        expected = np.einsum(
            "ark,brk->ab", embedded(first, strips, places, upper), embedded(second, strips, places, lower)
        )
        np.testing.assert_allclose(band_products(first, second, places, upper, lower), expected)


def drawn_of(slopes: np.ndarray, near: slice) -> Drawn:
    """Derivatives of which only the broad ones reach beyond some rows."""
    slopes = slopes.copy()
    slopes[:, BROAD:, : near.start] = slopes[:, BROAD:, near.stop :] = 0.0
    return Drawn(slopes[:, 0], slopes[:, 0], slopes[:, 0], slopes, near)


@pytest.mark.parametrize("near", [slice(20, 41), slice(0, 57), slice(0, 0)])
def test_a_step_is_the_weighted_least_squares_solution_of_every_lane_with_what_is_known_beforehand(
    lanes: Lanes, near: slice
) -> None:
    strips, places, ground, unknowns = lanes
    rng = np.random.default_rng(2)
    drawn = drawn_of(rng.normal(size=(4, EACH, places.tall, len(strips.cols))), near)
    slopes = drawn.slopes
    weight = rng.uniform(0, 2, strips.light.shape) * (rng.uniform(size=strips.light.shape) > 0.1)
    data = rng.normal(size=strips.light.shape)
    precision = rng.uniform(0.5, 2.0, (2, unknowns.size))
    pull = rng.normal(size=(2, unknowns.size))
    before = pull.copy()
    found = solve(unknowns, ground, places, drawn, weight, data, precision, pull)
    np.testing.assert_array_equal(pull, before)
    images = np.array([ground.image(np.tile(unit, (2, 1))) for unit in np.eye(len(ground))])
    for lane, bands in enumerate(((0, 1, 2), (3,))):
        parts = [images[:, lane], *(embedded(slopes[band], strips, places, band) for band in bands)]
        design = np.concatenate(parts).reshape(len(ground) + len(bands) * EACH, -1).T
        known = design.shape[1]
        root = np.sqrt(weight[lane].ravel())
        prior = np.sqrt(precision[lane, :known])
        tall = np.vstack([root[:, None] * design, np.diag(prior)])
        told = np.concatenate([root * data[lane].ravel(), pull[lane, :known] / prior])
        best = np.linalg.lstsq(tall, told, rcond=None)[0]
        np.testing.assert_allclose(found.ground[lane], best[: len(ground)], atol=1e-9)
        for slot, band in enumerate(bands):
            first = len(ground) + slot * EACH
            np.testing.assert_allclose(found.steps[band], best[first : first + EACH], atol=1e-9)
        normal = tall.T @ tall
        covariance = found.covariance.times(lane, np.eye(unknowns.size))
        np.testing.assert_allclose(covariance[:known, :known] @ normal, np.eye(known), atol=1e-8)
        n = len(ground)
        np.testing.assert_allclose(found.covariance.of_ground([1, lane])[1], np.diagonal(covariance)[:n])
        np.testing.assert_allclose(found.covariance.of_bands()[lane], covariance[n:, n:], atol=1e-12)
        rest = np.diagonal(covariance)[known:]
        np.testing.assert_allclose(rest, 1 / precision[lane, known:])
    assert found.steps.shape == (4, EACH)


def test_unknowns_of_very_different_size_are_solved_alike(lanes: Lanes) -> None:
    """Nothing is seen: every unknown is what was expected, from the loosest to the firmest."""
    strips, places, ground, unknowns = lanes
    precision = np.geomspace(1e-12, 1e12, 2 * unknowns.size).reshape(2, -1)
    nothing = np.zeros(strips.light.shape)
    slopes = np.ones((4, EACH, places.tall, len(strips.cols)))
    drawn = drawn_of(slopes, slice(0, places.tall))
    found = solve(unknowns, ground, places, drawn, nothing, nothing, precision, 3.0 * precision)
    np.testing.assert_allclose(found.ground, 3.0)
    np.testing.assert_allclose(found.steps, 3.0)
    np.testing.assert_allclose(found.covariance.of_ground(range(2)), 1 / precision[:, : len(ground)])
    of_bands = np.diagonal(found.covariance.of_bands(), axis1=1, axis2=2)
    np.testing.assert_allclose(of_bands, 1 / precision[:, len(ground) :])
