"""What bands of a row have in common, against the posterior of the same hierarchy written out densely."""

from __future__ import annotations

import dataclasses

import numpy as np
import pytest

from blotquant.integration.shape import BROAD, COUNT, FLOOR, LIMIT, MOST, PICTURES, ROWS, SPREAD, STEP, THICKER
from blotquant.integration.sharing import _BETWEEN, _PLENTY, _SCANT, Sharing, _falling, learn_spread

FAINT, REST = slice(BROAD - 1), slice(BROAD - 1, None)


def told(truth: np.ndarray, sharing: Sharing, error: float) -> tuple[np.ndarray, np.ndarray]:
    """Shapes and covariances of bands whose light says `truth` with an error, in units of their scatter."""
    variance = sharing.around
    mine = error**2 * variance
    covariance = 1 / (1 / variance + 1 / mine)
    theta = covariance * (sharing.of_bands / variance + truth / mine)
    return theta, np.array([np.diag(row) for row in covariance])


def unlike_rows(row: np.ndarray, faint: list[float]) -> Sharing:
    """Rows whose tails and wings scatter so many times as much as assumed."""
    start = Sharing.at_start(row)
    between = start.between.copy()
    between[:, FAINT] *= np.array(faint)[:, None]
    return dataclasses.replace(start, between=between)


def test_nothing_is_known_at_the_start() -> None:
    sharing = Sharing.at_start(np.array([0, 2, 1, 2]))
    assert sharing.mean.shape == (3, COUNT)
    assert not sharing.mean.any()
    np.testing.assert_array_equal(sharing.variance, SPREAD**2)
    for doubt in sharing.doubt:
        np.testing.assert_allclose(doubt, np.diag((ROWS / 2) ** 2 + PICTURES**2))
    assert sharing.of_bands.shape == (4, COUNT)


def test_means_of_rows_are_those_of_bands_that_scatter_in_rows_that_scatter_around_their_picture() -> None:
    """One parameter at a time: band = row + scatter + error, row = picture + its own scatter, picture = `PICTURES`.

    Of the three rows one has the assumed tails and wings, one more than plenty and one next to none.
    """
    row = np.array([0, 0, 0, 1, 1, 2])
    trust = np.array([1.0, 1.0, 0.5, 1.0, 0.0, 1.0])
    odd = np.array([1.0, 3.0 * _PLENTY, 0.3 * _SCANT * _PLENTY])
    at = np.random.default_rng(2).uniform(0, 1, (3, COUNT)) * 0.003 * STEP
    start = dataclasses.replace(unlike_rows(row, odd.tolist()), mean=at)
    truth = np.random.default_rng(1).uniform(0, 1, (6, COUNT)) * 0.02 * STEP
    theta, covariance = told(truth, start, 0.7)
    found = start.learn(theta, covariance, trust)
    for k in range(COUNT):
        loose, share = (odd, np.array([1 / _PLENTY, 1.0, _SCANT])) if k < 7 else (np.ones(3), np.ones(3))
        between = loose * (_BETWEEN * ROWS[k]) ** 2
        information = trust / (1.49 * SPREAD[k] ** 2 * share[row])
        prior = np.diag(between) + PICTURES[k] ** 2 * np.ones((3, 3))
        member = np.eye(3)[row]
        posterior = np.linalg.inv(np.linalg.inv(prior) + (member.T * information) @ member)
        expected = posterior @ (member.T @ (information * truth[:, k]))
        moved = expected - at[:, k]
        assert np.abs(moved).max() < 0.1 * STEP[k]
        np.testing.assert_allclose(found.mean[:, k], expected, atol=1e-9 * SPREAD[k])
        np.testing.assert_allclose(found.doubt[:, k, k], np.diag(posterior))


def test_parameters_that_bands_tell_together_are_learnt_together() -> None:
    """Two parameters whose errors are correlated, in one row: the generalised least-squares mean."""
    start = Sharing.at_start(np.array([0, 0]))
    pair = np.array([3, 4])
    scatter = start.around[0]
    error = np.diag(scatter)
    error[np.ix_(pair, pair)] = np.array([[1.0, 0.9], [0.9, 1.2]]) * np.sqrt(scatter[3] * scatter[4])
    covariance = np.linalg.inv(np.diag(1 / scatter) + np.linalg.inv(error))
    truth = np.zeros((2, COUNT))
    truth[:, 3], truth[:, 4] = [0.004, 0.002], [0.001, 0.003]
    theta = truth @ np.linalg.inv(error) @ covariance
    found = start.learn(theta, np.array([covariance] * 2), np.ones(2))
    information = 2 * np.linalg.inv(np.diag(scatter) + error)
    prior = np.diag((_BETWEEN * ROWS) ** 2 + PICTURES**2)
    posterior = np.linalg.inv(information + np.linalg.inv(prior))
    np.testing.assert_allclose(found.mean[0], posterior @ information @ truth.mean(axis=0), atol=1e-12)
    np.testing.assert_allclose(found.doubt[0], posterior, atol=1e-12)
    assert posterior[3, 4] > 0.3 * np.sqrt(scatter[3] * scatter[4])


def test_a_mean_moves_no_further_than_its_pace_and_stays_within_bounds() -> None:
    start = Sharing.at_start(np.array([0, 0]))
    for side in (1.0, -1.0):
        theta, covariance = told(side * np.tile(LIMIT, (2, 1)), start, 1e-3)
        found = start.learn(theta, covariance, np.ones(2))
        np.testing.assert_allclose(found.mean[0], side * 0.5 * STEP)
        for _ in range(200):
            theta, covariance = told(side * np.tile(4 * LIMIT, (2, 1)), found, 1e-3)
            found = found.learn(theta, covariance, np.ones(2))
        np.testing.assert_allclose(found.mean[0], side * LIMIT)


def test_rows_scatter_around_their_picture_as_much_as_they_are_seen_to() -> None:
    """All shapes but tails and wings in step: rows that are alike pull one another, others do not."""
    start = Sharing.at_start(np.array([0, 1, 2, 3]))
    truth = np.tile(np.array([[0.3], [-0.3], [0.3], [-0.3]]), COUNT) * 2 * np.sqrt(start.between)
    truth[:, :7] /= 1000
    found = start
    for _ in range(40):
        theta, covariance = told(truth, found, 0.05)
        found = found.learn(theta, covariance, np.ones(4))
    factor = (found.between / start.between)[:, 7:]
    np.testing.assert_allclose(factor, factor[0, 0])
    assert 0.2 < factor[0, 0] < 0.8  # 0.36 · 4 / 3 less what the scatter of bands explains
    alone = Sharing.at_start(np.array([0, 0]))
    theta, covariance = told(np.ones((2, COUNT)) * SPREAD, alone, 0.5)
    np.testing.assert_array_equal(alone.learn(theta, covariance, np.ones(2)).between[:, 7:], alone.between[:, 7:])


@pytest.mark.parametrize("rows", [1, 4])
def test_a_row_with_long_tails_keeps_them_and_the_others_stay_without(rows: int) -> None:
    start = Sharing.at_start(np.repeat(np.arange(rows), 8))
    truth = np.zeros((rows, COUNT))
    truth[0, :2] = 0.1, 0.04  # a comet, beyond all that rows have as a rule
    assert (truth[0, :2] > 15 * np.sqrt(start.between[0, :2])).all()
    found = start
    for _ in range(15):
        theta, covariance = told(truth[start.row], found, 0.01)
        found = found.learn(theta, covariance, np.ones(len(theta)))
    np.testing.assert_allclose(found.mean[0, :2], truth[0, :2], rtol=0.1)
    loose = np.sqrt(found.between / start.between)[:, :7]
    np.testing.assert_allclose(loose, np.repeat(loose[:, :1], 7, axis=1))
    assert loose[0, 0] > 4
    of_row = found.around.reshape(rows, 8, COUNT)
    np.testing.assert_allclose(of_row[0], np.tile(found.variance, (8, 1)))  # its bands scatter in full
    np.testing.assert_allclose(of_row[1:, :, REST], np.tile(found.variance[REST], (rows - 1, 8, 1)))
    if rows > 1:
        assert (of_row[1:, :, FAINT] <= max(0.02, _SCANT) * found.variance[FAINT]).all()
        assert loose[1:, 0].max() < 0.6
        assert np.abs(found.mean[1:, :2]).max() < 0.003


@pytest.mark.parametrize(("seen", "kept"), [(0.5, 0.09), (1.0, 0.28), (6.0, 0.93)])
def test_little_feet_of_a_row_are_drawn_to_zero_and_large_ones_are_kept(seen: float, kept: float) -> None:
    """What a row shows is weighed with the prior, a twentieth that is worth two shapes; little counts by its square."""
    start = Sharing.at_start(np.array([0]))
    usual = (_BETWEEN * ROWS) ** 2
    found = start._scatter(seen * np.sqrt(usual)[None], 1e-9 * usual[None])
    scatter = (7 * seen**2 + 2 * 0.05) / (7 + 2)
    np.testing.assert_allclose(found[0, FAINT] / usual[FAINT], scatter**2 / (scatter + 2))
    assert scatter / (scatter + 2) == pytest.approx(kept, abs=0.06)


COMET = [0.05, 0.01, 0.0, 0.0, 0.0, 0.0, 0.0]
SKIRTS = [0.0, 0.0, 0.01, 0.05, 0.01, 0.0, 0.0]
FAR_OFF = [-0.07, 0.03, 0.0, -0.01, 0.0, 0.011, -0.03]
LUMPS_BESIDE = [0.0, 0.0, 0.02, -0.02, 0.02, 0.0, 0.0]


@pytest.mark.parametrize(
    ("feet", "falls"), [(COMET, 1.0), (SKIRTS, 1.0), (LUMPS_BESIDE, 0.44), (FAR_OFF, 0.0), ([0.0] * 7, 0.0)]
)
def test_light_of_feet_falls_away_from_the_ridge_and_lumps_beside_a_band_do_not(
    feet: list[float], falls: float
) -> None:
    both = np.array([feet, [-foot for foot in feet]])
    found = _falling(both)
    assert found[0] == pytest.approx(falls, abs=0.01)
    if falls == 1.0:
        assert found[1] == 0.0  # bands only add light
    mirrored = both[:1, [6, 5, 4, 3, 2, 1, 0]]
    np.testing.assert_allclose(_falling(mirrored), found[:1], rtol=1e-12)


@pytest.mark.parametrize(("feet", "counts"), [(COMET, 1.0), (LUMPS_BESIDE, 0.19), (-np.array(COMET), 0.05)])
def test_feet_that_do_not_fall_away_from_the_ridge_hardly_count(feet: list[float], counts: float) -> None:
    start = Sharing.at_start(np.array([0]))
    usual = (_BETWEEN * ROWS) ** 2
    off = np.concatenate([feet, np.zeros(COUNT - 7)])[None]
    found = start._scatter(off, 1e-9 * usual[None])[0, FAINT] / usual[FAINT]
    counted = max(_falling(off[:, :7])[0] ** 2, 0.05)
    assert counted == pytest.approx(counts, abs=0.01)
    scatter = (counted * (off[0, FAINT] ** 2 / usual[FAINT]).sum() + 2 * 0.05) / (7 + 2)
    np.testing.assert_allclose(found, min(scatter**2 / (scatter + 2), 100.0))


def test_bands_scatter_in_tails_and_wings_as_far_as_their_row_has_any_and_in_all_else_in_full() -> None:
    shares = [_SCANT, 0.3, 1.0, 1.0]
    row = np.array([2, 0, 1, 3, 0])
    sharing = unlike_rows(row, [0.1 * _SCANT * _PLENTY, 0.3 * _PLENTY, _PLENTY, 4 * _PLENTY])
    sharing = dataclasses.replace(sharing, variance=np.random.default_rng(4).uniform(0.5, 2.0, COUNT) * SPREAD**2)
    for band, found in enumerate(sharing.around):
        np.testing.assert_allclose(found[FAINT], shares[row[band]] * sharing.variance[FAINT])
        np.testing.assert_array_equal(found[REST], sharing.variance[REST])
    np.testing.assert_allclose(sharing.shown, [shares[number] for number in row])
    # how rows scatter in all else says nothing about it
    between = sharing.between.copy()
    between[:, REST] /= 100
    np.testing.assert_array_equal(dataclasses.replace(sharing, between=between).around, sharing.around)


def test_the_doubt_about_a_row_that_tells_nothing_is_its_scatter_and_what_is_not_known_of_its_picture() -> None:
    """Only the last row's band is not trusted; the others' tell their rows' means all but exactly."""
    alone = (_BETWEEN * ROWS) ** 2
    for others in (1, 40):
        start = Sharing.at_start(np.arange(others + 1))
        start = dataclasses.replace(start, variance=1e-6 * SPREAD**2)
        theta, covariance = told(np.zeros((others + 1, COUNT)), start, 0.1)
        doubt = start.learn(theta, covariance, np.append(np.ones(others), 0.0)).doubt
        picture = 1 / (others / alone + 1 / PICTURES**2)  # told by so many rows that scatter
        np.testing.assert_allclose(doubt[-1], np.diag(alone + picture), rtol=1e-4, atol=1e-15)
        assert (np.diagonal(doubt[0]) < 1e-4 * alone).all()
        unknown = start.learn(theta, covariance, np.zeros(others + 1)).doubt
        np.testing.assert_allclose(unknown, np.tile(np.diag(alone + PICTURES**2), (others + 1, 1, 1)), atol=1e-15)


def test_scatter_is_that_of_the_bands_around_their_rows() -> None:
    """In tails and wings the first row's bands are expected to scatter less, and what they do counts as much more."""
    start = unlike_rows(np.array([0, 0, 1, 1]), [0.2 * _PLENTY, _PLENTY])
    trust = np.array([1.0, 0.5, 1.0, 1.0])
    expects = np.ones((4, COUNT))
    expects[:2, FAINT] = np.sqrt(0.2)
    truth = np.array([1.0, -1.0, 0.6, -0.6])[:, None] * SPREAD * expects
    theta, covariance = told(truth, start, 0.5)
    found = start.learn(theta, covariance, trust)
    square = np.minimum(((theta - found.of_bands) / expects) ** 2, 4 * SPREAD**2)
    known = 1 - 0.2  # the error leaves a fifth of the scatter unknown
    theirs = np.where(np.isin(np.arange(COUNT), [*range(7), 12, 14]), 0.25, 1.0)  # what makes bands broader
    expected = (theirs * (trust @ square) / 0.88 + 0.5 * SPREAD**2) / (trust.sum() * known + 0.5)
    np.testing.assert_allclose(found.variance, expected)
    assert ((expected > FLOOR**2) & (expected < MOST**2)).all()


def test_scatter_has_bounds_and_one_outlier_in_five_does_not_loosen_it() -> None:
    both = Sharing.at_start(np.zeros(10, int))
    outliers = np.array([1e3, -1e3, *np.zeros(8)])[:, None] * SPREAD  # on either side, so that the mean stays
    theta, covariance = told(outliers, both, 1e-3)
    far = both.learn(theta, covariance, np.ones(10)).variance
    assert (far <= both.variance).all()
    theta, covariance = told(outliers / 50, both, 1e-3)
    np.testing.assert_allclose(both.learn(theta, covariance, np.ones(10)).variance, far)
    start = Sharing.at_start(np.zeros(5, int))
    wild = np.array([30.0, -30, 30, -30, 30])[:, None] * SPREAD
    calm = start
    for _ in range(50):
        theta, covariance = told(wild, start, 1e-3)
        start = start.learn(theta, covariance, np.ones(5))
        theta, covariance = told(0 * wild, calm, 1e-3)
        calm = calm.learn(theta, covariance, np.ones(5))
    np.testing.assert_allclose(start.variance, MOST**2)
    np.testing.assert_allclose(calm.variance, FLOOR**2)


def test_bands_that_are_not_trusted_teach_nothing() -> None:
    start = Sharing.at_start(np.array([0, 0, 1]))
    theta, covariance = told(np.tile(0.5 * LIMIT, (3, 1)), start, 0.1)
    found = start.learn(theta, covariance, np.zeros(3))
    np.testing.assert_allclose(found.mean, 0.0, atol=1e-15)
    np.testing.assert_allclose(found.variance, start.variance)


def test_rows_thickness_goes_into_sigma_weighted_by_the_roots_of_heights() -> None:
    sharing = Sharing.at_start(np.array([0, 0, 1, 2]))
    mean = np.full((3, COUNT), 0.05)
    sharing = Sharing(sharing.row, mean, sharing.variance, sharing.doubt, sharing.between)
    theta = np.full((4, COUNT), 0.01)
    theta[:, THICKER] = [0.10, 0.20, -0.9, 0.3]
    height = np.array([100.0, 400.0, 50.0, -5.0])
    factor, new, shared = sharing.thickness(theta, height)
    growth = np.array([(10 * 0.1 + 20 * 0.2) / 30 / np.sqrt(2), -0.25, 0.0])  # a dark band tells nothing
    np.testing.assert_allclose(factor, np.exp(growth[[0, 0, 1, 2]]))
    np.testing.assert_allclose(new[:, THICKER], theta[:, THICKER] - np.sqrt(2) * growth[[0, 0, 1, 2]])
    np.testing.assert_allclose(shared.mean[:, THICKER], 0.05 - np.sqrt(2) * growth)
    rest = np.arange(COUNT) != THICKER
    np.testing.assert_array_equal(new[:, rest], theta[:, rest])
    np.testing.assert_array_equal(shared.mean[:, rest], 0.05)
    assert theta[0, THICKER] == 0.10
    assert shared.variance is sharing.variance
    assert shared.doubt is sharing.doubt
    theta[2, THICKER] = 0.9
    assert sharing.thickness(theta, height)[0][2] == pytest.approx(np.exp(0.25))


def test_backgrounds_scatter_by_group_as_their_terms_do() -> None:
    group, spread = np.array([0, 0, 1]), np.array([4.0, 2.0, 10.0])
    coefficients = np.array([[1.0, -1.0, 2.0], [1.5, 0.5, -3.0]])
    variance = np.array([[1.0, 1.0, 5.0], [2.0, 0.5, 11.0]])
    # known: 0.75 + 0.5 + 0.5 + 0.75 = 2.5, and 0.5 + 0 = 0.5
    new = [(4.5 / 0.88 + 0.5 * 3.0) / 3.0, (13.0 / 0.88 + 0.5 * 10.0) / 1.0]
    slow = [(4.5 / 0.88 + 4.5) / 4, (13.0 / 0.88 + 16.0) / 2]
    found = learn_spread(coefficients, variance, spread, group)
    now = np.array([3.0, 10.0])  # two steps of the fixed point at once
    np.testing.assert_allclose(found, (np.minimum(new, slow) ** 2 / now)[group])
    assert new[0] < slow[0]
    assert slow[1] < new[1]


def test_a_term_that_nothing_tells_loosens_slowly() -> None:
    one, alone = np.ones(1), np.zeros(1, int)
    found = learn_spread(np.array([[1.0], [1.0]]), np.array([[0.9], [0.9]]), one, alone)
    assert found[0] == pytest.approx(((2 / 0.88 + 1.8) / 2) ** 2)  # by knowledge it would be ((2 / 0.88 + 0.5) / 0.7)²
    wild = learn_spread(np.array([[9.0], [9.0]]), np.zeros((2, 1)) + 10.0, one, alone)
    calm = learn_spread(np.zeros((2, 1)), np.zeros((2, 1)), one, alone)
    assert (wild[0], calm[0]) == (pytest.approx(20.0), pytest.approx(1 / 20.0))


def test_a_bubble_in_one_lane_does_not_loosen_all() -> None:
    spread, group = np.ones(2), np.zeros(2, int)
    calm = np.array([[0.1, 0.1]] * 5)
    bubble = calm.copy()
    bubble[0] = 1000.0
    found = learn_spread(bubble, np.zeros((5, 2)), spread, group)
    np.testing.assert_allclose(found, ((2 * 4.0 + 8 * 0.01) / 0.88 / 10) ** 2)  # no more than four variances a term
