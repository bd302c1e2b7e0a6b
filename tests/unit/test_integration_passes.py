"""Passes of the fit on hand-made lanes: what is known beforehand, trust, what is learnt, and where they lead."""

from __future__ import annotations

import dataclasses
from typing import Any

import numpy as np
import pytest

from blotquant import integrate, orient
from blotquant.integration import fit as fitting
from blotquant.integration.first_background import _enclosed
from blotquant.integration.fit import Fit, _Fitter, _texture, fit_bands
from blotquant.integration.misfit import Misfit
from blotquant.integration.shape import COUNT, LIMIT, SPREAD, STEP, THICKER
from blotquant.integration.sharing import Sharing, learn_spread
from blotquant.integration.system import Solution
from blotquant.integration.system import solve as solve_lanes
from blotquant.synthetic import draw_level
from tests.hand_made_lanes import bands_table
from tests.three_lanes import HEIGHTS, MODEL, ROWS, SPECIES, after_two_passes, fitter_of, picture


@pytest.fixture(scope="module")
def fitter() -> _Fitter:
    """Two passes made; tests leave it alone."""
    return after_two_passes()


@pytest.fixture(scope="module")
def fitted() -> Fit:
    return fit_bands(picture(), bands_table(ROWS, half=13.0), MODEL, species=SPECIES)


# -- what is known beforehand, and trust ------------------------------------------------------------------------------


def test_the_background_scatters_heights_are_free_and_shapes_are_drawn_to_their_row(fitter: _Fitter) -> None:
    theta = 0.1 * np.random.default_rng(1).uniform(-1, 1, (5, COUNT)) * LIMIT
    fit = dataclasses.replace(fitter.fit, theta=theta, height=np.array([900.0, 500.0, -50.0, 300.0, 0.0]))
    precision, pull = fit.prior()
    n = len(fitter.ground)
    np.testing.assert_allclose(precision[:, :n], np.broadcast_to(1 / fit.spread, (3, n)))
    np.testing.assert_allclose(pull[:, :n], -fit.coefficients / fit.spread)
    sd = 30 * np.sqrt(np.median(fit.noise))
    for band, (lane, slot) in enumerate(((0, 0), (1, 0), (0, 1), (1, 1), (2, 0))):
        at = n + slot * (1 + COUNT)
        assert precision[lane, at] == pytest.approx(1 / (3 * abs(fit.height[band]) + sd) ** 2)
        assert pull[lane, at] == 0
        mine = slice(at + 1, at + 1 + COUNT)
        around = fit.sharing.around[band]
        assert around[0] < 0.5 * fit.sharing.variance[0]  # these rows have no tails
        np.testing.assert_allclose(precision[lane, mine], 1 / around)
        expected = (fit.sharing.mean[SPECIES[band]] - theta[band]) / around
        np.testing.assert_allclose(pull[lane, mine], expected)
    np.testing.assert_array_equal(precision[2, n + 1 + COUNT :], 1.0)
    np.testing.assert_array_equal(pull[2, n + 1 + COUNT :], 0.0)


def core_of(fitter: _Fitter, fit: Fit) -> np.ndarray:
    return fitter.places.cut(fitter.strips.usable) & (np.abs(fit.drawn.along) < 3) & (fit.drawn.across > 0.3)


def test_bands_that_something_lies_on_or_that_fit_ill_teach_less(fitter: _Fitter) -> None:
    fit = dataclasses.replace(fitter.fit, misfit=Misfit(fitter.fit.misfit.profile, np.array([1.0, 2.0, 4.0, 8.0, 1.0])))
    fit = dataclasses.replace(fit, weight=np.ones_like(fit.weight))
    np.testing.assert_allclose(fitter._teaching(fit), [1.0, 1.0, 0.25, 0.0625, 1.0])
    core = core_of(fitter, fit)
    for share, teaches in ((0.14, 1.0), (0.16, 0.0)):
        weight = np.ones_like(fit.weight)
        lane, window = fitter.places.lane[4], fitter.places.windows[4]
        cells = np.argwhere(core[4])
        for row, col in cells[: int(share * len(cells))]:
            weight[lane, window[row], col] = 0.0
        found = fitter._teaching(dataclasses.replace(fit, weight=weight))
        np.testing.assert_allclose(found, [1.0, 1.0, 0.25, 0.0625, teaches])


def test_cells_are_trusted_by_their_residuals_and_a_core_is_kept(fitter: _Fitter) -> None:
    fit = dataclasses.replace(fitter.fit, noise=np.full_like(fitter.fit.noise, 4.0))
    residual = np.zeros_like(fit.noise)
    where = fitter.strips.pad + 8  # far from the bands
    residual[0, where, :4] = [2.0, 8.0, -10.0, 14.0]
    residual[2][fitter.places.windows[4]] = np.where(core_of(fitter, fit)[4], 20.0, 0.0)
    weight = fitter._trust(fit, residual, reject=True)
    np.testing.assert_allclose(weight[0, where, :5], [1.0, 0.75, 0.6, 0.0, 1.0])
    kept = weight[2][fitter.places.windows[4]][core_of(fitter, fit)[4]]
    np.testing.assert_allclose(kept, 0.3)


def test_what_was_trusted_to_begin_with_stays_so_in_the_first_pass(fitter: _Fitter) -> None:
    before = np.ones_like(fitter.fit.weight)
    before[0, fitter.strips.pad + 9] = 0.0
    fit = dataclasses.replace(fitter.fit, noise=np.full_like(fitter.fit.noise, 4.0), weight=before)
    residual = np.zeros_like(fit.noise)
    residual[0, fitter.strips.pad + 8, :3] = [14.0, 18.0, 8.0]
    weight = fitter._trust(fit, residual, reject=False)
    np.testing.assert_allclose(weight[0, fitter.strips.pad + 8, :4], [0.03, 0.03, 0.75, 1.0])
    assert not weight[0, fitter.strips.pad + 9].any()


def test_bands_scatter_is_learnt_from_their_own_covariance_and_trust(
    fitter: _Fitter, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What `_learn` hands on: each band's block of its lane's covariance, clean cells, and noise without its misfit."""
    fit, n = fitter.fit, len(fitter.ground)
    weight = np.ones_like(fit.weight)
    weight[0, fitter.places.windows[0][20], 3:5] = [0.98, 0.995]
    fit = dataclasses.replace(fit, weight=weight, own=0.4 * fitter.places.cut(fit.noise))
    residual = np.random.default_rng(1).normal(0, 30.0, fit.noise.shape)
    found = Solution(np.ones((3, n)), np.zeros((5, 1 + COUNT)), fit.covariance)
    told: dict[str, Any] = {}

    def learn_misfit(self: Misfit, *given: object) -> Misfit:
        told["misfit"] = given
        return self

    def learn_shapes(self: Sharing, *given: object) -> Sharing:
        told["shapes"] = given
        return self

    monkeypatch.setattr(Misfit, "learn", learn_misfit)
    monkeypatch.setattr(Sharing, "learn", learn_shapes)
    new = fitter._learn(fit, found, residual, last=False)
    theta, covariance, teaching = told["shapes"]
    np.testing.assert_array_equal(theta, fit.theta)
    np.testing.assert_array_equal(teaching, fitter._teaching(fit))
    for band, (lane, slot) in enumerate(((0, 0), (1, 0), (0, 1), (1, 1), (2, 0))):
        mine = n + slot * (1 + COUNT) + 1 + np.arange(COUNT)
        whole = fit.covariance.times(lane, np.eye(fitter.unknowns.size))
        np.testing.assert_allclose(covariance[band], whole[np.ix_(mine, mine)], atol=1e-12)
    left, noise, own, (along, across), height, clean = told["misfit"]
    np.testing.assert_array_equal(left, fitter.places.cut(residual))
    np.testing.assert_allclose(noise, 0.6 * fitter.places.cut(fit.noise))
    np.testing.assert_array_equal(own, fit.own)
    np.testing.assert_array_equal(along, fit.drawn.along)
    np.testing.assert_array_equal(across, fit.drawn.across)
    np.testing.assert_array_equal(height, fit.height)
    expected = fitter.places.cut(fitter.strips.usable)
    assert expected[0, 20, 3]
    expected[0, 20, 3] = False
    np.testing.assert_array_equal(clean, expected)
    variance = fit.covariance.of_ground(range(3))
    spread = learn_spread(fit.coefficients, variance, fit.spread, fitter.ground.group)
    np.testing.assert_array_equal(new.spread[1:], spread[1:])
    assert new.spread[0] == fit.spread[0]
    np.testing.assert_array_equal(fitter._learn(fit, found, residual, last=True).spread, fit.spread)
    outside = fitter.outside & (weight > 0)
    assert new.texture == _texture(residual, outside, fitter.noise(fit.background))
    assert new.texture > 0


def test_a_step_is_the_solution_of_the_equations_at_the_present_shapes(
    fitter: _Fitter, monkeypatch: pytest.MonkeyPatch
) -> None:
    made = fitter_of(picture())
    made.step(0)
    before = made.redraw(made.fit)
    seen: dict[str, Any] = {}

    def solve(*given: object) -> Solution:
        seen["given"] = given
        seen["found"] = solve_lanes(*given)
        return seen["found"]

    def trusted(fit: Fit, residual: np.ndarray, *, reject: bool) -> np.ndarray:
        seen.update(residual=residual, reject=reject)
        return fit.weight

    monkeypatch.setattr(fitting, "solve", solve)
    monkeypatch.setattr(made, "_trust", trusted)
    monkeypatch.setattr(made, "_follow", lambda fit, found, sharing: dataclasses.replace(fit, sharing=sharing))
    made.step(7)
    unknowns, ground, places, drawn, weight, data, precision, pull = seen["given"]
    assert (unknowns, ground, places) == (made.unknowns, made.ground, made.places)
    np.testing.assert_array_equal(drawn.slopes, before.drawn.slopes)
    np.testing.assert_allclose(weight, np.where(made.strips.usable, before.weight / before.noise, 0.0))
    np.testing.assert_allclose(data, before.residual)
    np.testing.assert_array_equal(precision, before.prior()[0])
    np.testing.assert_array_equal(pull, before.prior()[1])
    found = seen["found"]
    assert isinstance(found, Solution)
    np.testing.assert_allclose(made.fit.height, before.height + found.steps[:, 0])
    moved = before.theta + np.clip(found.steps[:, 1:], -STEP, STEP)
    np.testing.assert_allclose(made.fit.theta, np.clip(moved, -LIMIT, LIMIT))
    change = made.spread_out(np.einsum("bp,bprk->brk", found.steps, before.drawn.slopes))
    np.testing.assert_allclose(seen["residual"], data - ground.image(found.ground) - change, atol=1e-9)
    np.testing.assert_array_equal(made.fit.coefficients, before.coefficients + found.ground)
    np.testing.assert_allclose(made.fit.background, ground.image(made.fit.coefficients), atol=1e-9)
    assert made.fit.covariance is found.covariance
    assert seen["reject"] is True


def test_when_means_of_rows_move_bands_and_backgrounds_move_as_if_solved_anew() -> None:
    made = fitter_of(picture())
    for number in range(3):
        made.step(number)
    before = made.redraw(made.fit)
    weight = np.where(made.strips.usable, before.weight / before.noise, 0.0)
    equations = (made.unknowns, made.ground, made.places, before.drawn, weight, before.residual)
    found = solve_lanes(*equations, *before.prior())
    moved = before.sharing.mean + 0.01 * SPREAD * np.random.default_rng(3).normal(size=before.sharing.mean.shape)
    sharing = dataclasses.replace(before.sharing, mean=moved)
    anew = solve_lanes(*equations, *dataclasses.replace(before, sharing=sharing).prior())
    after = made._follow(before, found, sharing)
    change = anew.steps - found.steps
    np.testing.assert_allclose(after.height - before.height, change[:, 0], atol=1e-7)
    np.testing.assert_allclose(after.theta - before.theta, change[:, 1:], atol=1e-9)
    brighter = anew.ground - found.ground
    np.testing.assert_allclose(after.coefficients - before.coefficients, brighter, atol=1e-7)
    np.testing.assert_allclose(after.background - before.background, made.ground.image(brighter), atol=1e-7)
    assert after.sharing is sharing
    assert np.abs(change).max() > 1e-3


# -- passes -----------------------------------------------------------------------------------------------------------


def test_a_pass_moves_shapes_by_no_more_than_a_step_and_not_beyond_their_limits() -> None:
    made = fitter_of(picture())
    # bands that are twice as thick as their boxes say, and a shape at its limit
    made.fit = dataclasses.replace(made.fit, view=made.fit.view.thicker(np.full(5, 0.5)))
    before = made.fit.theta
    made.step(0)
    moved = made.fit.theta - before
    rest = np.arange(COUNT) != THICKER  # the rows' thickness goes into their sigma
    assert (np.abs(moved[:, rest]) <= STEP[rest] + 1e-12).all()
    assert (np.abs(made.fit.theta) <= LIMIT + 0.5).all()
    np.testing.assert_allclose(made.fit.view.sigma[[0, 2]], made.fit.view.sigma[[1, 3]])
    assert (made.fit.view.sigma > 1.0).all()


def test_the_fit_finds_the_bands_that_were_drawn_on_a_ramp(fitted: Fit) -> None:
    np.testing.assert_allclose(fitted.height, HEIGHTS, rtol=0.015)
    np.testing.assert_allclose(fitted.view.sigma, 1.75, rtol=0.02)
    seen = (fitted.strips.count > 0) & (np.abs(fitted.strips.cols) < 12)
    rows, cols = fitted.strips.rows[:, None], fitted.strips.line[:, :, None] + fitted.strips.cols
    ramp = 500 + 0.4 * rows + 0.2 * cols - fitted.strips.zero
    assert np.abs(fitted.background - ramp)[seen].max() < 4.0
    assert np.abs(fitted.theta[:, 7]).max() < 0.2
    assert fitted.spread[0] > 1e9 * fitted.spread[1:].max()
    assert fitted.texture < 5.0
    assert fitted.weight[fitted.strips.usable].mean() > 0.95


def test_sigma_is_settled_in_the_first_passes() -> None:
    made = fitter_of(picture())
    made.fit = dataclasses.replace(made.fit, view=made.fit.view.thicker(np.full(5, 0.8)))
    sigmas = []
    for number in range(6):
        made.step(number)
        sigmas.append(made.fit.view.sigma.copy())
    np.testing.assert_allclose(sigmas[3], 1.75, rtol=0.02)
    np.testing.assert_array_equal(sigmas[3], sigmas[5])
    assert (sigmas[2] != sigmas[3]).any()


def test_nothing_is_learnt_in_the_first_pass_and_something_in_the_next() -> None:
    made = fitter_of(picture())
    start = made.fit
    made.step(0)
    np.testing.assert_array_equal(made.fit.spread, start.spread)
    np.testing.assert_array_equal(made.fit.misfit.profile, start.misfit.profile)
    np.testing.assert_array_equal(made.fit.sharing.variance, start.sharing.variance)
    made.step(1)
    assert made.fit.spread[0] == start.spread[0]
    assert (made.fit.spread[1:] != start.spread[1:]).all()
    assert (made.fit.misfit.profile != start.misfit.profile).any()
    assert (made.fit.sharing.variance != start.sharing.variance).any()


# -- bubbles ----------------------------------------------------------------------------------------------------------


def test_cells_inside_a_ring_of_rejected_ones_are_rejected_as_well() -> None:
    gone = np.zeros((2, 9, 8), dtype=bool)
    gone[0, 2:7, 2:6] = True
    gone[0, 3:6, 3:5] = False
    gone[1, 0:5, 1:5] = True
    gone[1, 0:4, 2:4] = False  # open at the top: no ring
    inside = _enclosed(gone)
    expected = np.zeros_like(gone)
    expected[0, 3:6, 3:5] = True
    np.testing.assert_array_equal(inside, expected)
    assert not _enclosed(np.zeros((1, 4, 4), dtype=bool)).any()


def test_a_bubble_beside_an_absent_band_leaves_it_absent() -> None:
    drawn = draw_level("hard", seed=6023)
    bands = integrate(orient(drawn.blot), drawn.places())
    beside = bands[(bands["lane"] == 5) & (bands["band"] == "3")].iloc[0]
    assert abs(beside["volume"]) < 4 * beside["volume_se"]
    assert beside["volume_se"] < 0.003 * bands["volume"].median()


def test_a_band_beside_the_picture_has_no_light_and_leaves_the_others_as_they_are() -> None:
    drawn = draw_level("clean", seed=3, n_lanes=4, shape=(260, 400))
    places, blot = drawn.places(), orient(drawn.blot)
    before = integrate(blot, places).set_index(["lane", "band"]).sort_index()["volume"]
    beside = places.copy()
    beside.loc[beside["lane"] == 1, ["centre_col", "left", "right", "curve"]] = [-28.0, 0.0, 3.0, ""]
    after = integrate(blot, beside).set_index(["lane", "band"]).sort_index()
    assert (after.loc[1, "volume"].abs() < 0.01 * before.loc[1]).all()
    assert (after["volume_se"] > 0).all()
    np.testing.assert_allclose(after.loc[2:, "volume"], before.loc[2:], rtol=0.01, atol=2000.0)
