"""The shape of a band: slopes against finite differences, light against its integrals and definitions."""

from __future__ import annotations

import dataclasses

import numpy as np
import pytest
from numpy.polynomial import hermite_e
from scipy.special import erf

from blotquant.integration.shape import (
    BEYOND,
    BROAD,
    BROADENS,
    COUNT,
    FLOOR,
    LIMIT,
    MOST,
    PICTURES,
    ROWS,
    SPREAD,
    STEP,
    draw,
    light_of,
)
from blotquant.integration.strips import View

SIGMA, HALF, WIDTH = np.array([2.0, 3.1, 2.4]), np.array([14.0, 12.0, 16.0]), 3


def view_of(bands: int = 3, *, wander: bool = True) -> View:
    """Windows of ±40 rows and ±27 px; with a drift, a ridge and centres between pixels if they wander."""
    rng = np.random.default_rng(11)
    shape, columns = (bands, 81), (bands, 19)
    on = 1.0 if wander else 0.0
    return View(
        rows=np.arange(-40.0, 41.0) + on * rng.uniform(-0.5, 0.5, (bands, 1)),
        cols=np.arange(-9.0, 10.0) * WIDTH + on * rng.uniform(-0.5, 0.5, (bands, 1)),
        drift=on * rng.uniform(-0.6, 0.6, shape),
        ridge=on * np.cumsum(rng.uniform(-0.2, 0.2, columns), axis=1),
        sigma=SIGMA[:bands],
        half=HALF[:bands],
        width=WIDTH,
    )


def some_theta(bands: int = 3) -> np.ndarray:
    theta = np.random.default_rng(5).uniform(-0.3, 0.3, (bands, COUNT)) * LIMIT
    theta[:, 18] = np.abs(theta[:, 18])  # ends that trail off less than nothing would be cut off at zero
    return np.asarray(theta)


def change(view: View, theta: np.ndarray, parameter: int) -> np.ndarray:
    """Central difference of the light by one parameter."""
    step = 1e-5 * np.eye(COUNT)[parameter]
    return (light_of(view, theta + step)[0] - light_of(view, theta - step)[0]) / 2e-5


def assert_slope(view: View, theta: np.ndarray, height: np.ndarray, parameter: int) -> None:
    """Check a slope against the change of light: tails and wings everywhere, what a core has near it."""
    drawn = draw(view, theta, height)
    slope = drawn.slopes[:, 1 + parameter] / height[:, None, None]
    rows = slice(0, 81) if parameter < BROAD - 1 else drawn.near
    np.testing.assert_allclose(slope[:, rows], change(view, theta, parameter)[:, rows], atol=1e-8)
    assert np.abs(slope).max() > 1e-2
    assert np.abs(np.delete(slope, np.r_[rows], axis=1)).max(initial=0.0) == 0.0


@pytest.mark.parametrize("parameter", range(15))
def test_a_slope_along_the_run_is_the_change_of_height_times_light(parameter: int) -> None:
    view, theta, height = view_of(), some_theta(), np.array([1.0, 250.0, 40.0])
    drawn = draw(view, theta, height)
    light, along, across = light_of(view, theta)
    np.testing.assert_allclose(drawn.light, light, rtol=1e-12)
    np.testing.assert_allclose(drawn.along, along)
    np.testing.assert_allclose(drawn.across, across)
    np.testing.assert_allclose(drawn.slopes[:, 0], light)
    assert drawn.slopes.shape == (3, 1 + COUNT, 81, 19)
    assert_slope(view, theta, height, parameter)


def test_a_band_is_near_its_ridge_up_to_six_sigmas() -> None:
    view, theta = view_of(), some_theta()
    drawn = draw(view, theta, np.ones(3))
    rows = np.flatnonzero((np.abs(drawn.along) < 6).any(axis=(0, 2)))
    assert drawn.near == slice(rows[0], rows[-1] + 1)
    theta[:, : BROAD - 1] = 0.0
    light = light_of(view, theta)[0]
    assert np.abs(np.delete(light, np.r_[drawn.near], axis=1)).max() == 0.0
    assert np.abs(light[:, [drawn.near.start, drawn.near.stop - 1]]).max() < 1e-4
    away = dataclasses.replace(view, rows=view.rows + 300.0)
    far = draw(away, np.zeros((3, COUNT)), np.ones(3))
    assert far.near == slice(0, 0)
    assert not far.light.any()


@pytest.mark.parametrize("parameter", range(19, 25))
def test_a_slope_by_waves_across_the_lane_is_exact_where_nothing_drifts(parameter: int) -> None:
    view = dataclasses.replace(view_of(), drift=np.zeros((3, 81)))
    theta, height = some_theta(), np.array([1.0, 250.0, 40.0])
    assert_slope(view, theta, height, parameter)


def test_ends_that_move_change_the_light_as_their_slopes_say() -> None:
    view = dataclasses.replace(view_of(), drift=np.zeros((3, 81)))
    theta, height = some_theta(), np.ones(3)
    theta[:, 8:10] = 0.0
    theta[:, 19:25] = 0.0  # relief moves with the ends, which the slopes leave out
    drawn = draw(view, theta, height)
    for parameter in (15, 16, 17, 18):
        expected = change(view, theta, parameter)[:, drawn.near]
        np.testing.assert_allclose(drawn.slopes[:, 1 + parameter, drawn.near], expected, atol=1e-7)


def test_light_follows_the_drift_of_its_rows_to_first_order() -> None:
    view, theta = view_of(), np.zeros((3, COUNT))
    theta[:, 17] = 0.6
    still = dataclasses.replace(view, drift=np.zeros((3, 81)))
    small = 0.05
    drifting = dataclasses.replace(view, drift=np.full((3, 81), small))
    moved = dataclasses.replace(still, cols=view.cols + small)
    np.testing.assert_allclose(light_of(drifting, theta)[2], light_of(moved, theta)[2], atol=2e-4)
    assert np.abs(light_of(drifting, theta)[2] - light_of(still, theta)[2]).max() > 2e-3


def test_a_plain_band_has_the_volume_of_a_gaussian_times_its_width() -> None:
    view = view_of(wander=False)
    light, along, _ = light_of(view, np.zeros((3, COUNT)))
    volume = light.sum(axis=(1, 2)) * WIDTH
    np.testing.assert_allclose(volume, SIGMA * np.sqrt(2 * np.pi) * 2 * HALF, rtol=1e-6)
    np.testing.assert_allclose(along, np.broadcast_to(view.rows[:, :, None], along.shape) / SIGMA[:, None, None])


def changed(view: View, parameter: int, amount: float) -> np.ndarray:
    theta = np.zeros((len(view.sigma), COUNT))
    theta[:, parameter] = amount
    return light_of(view, theta)[0]


@pytest.mark.parametrize("degree", [2, 3, 4, 5, 6])
def test_hermite_terms_are_normalised_polynomials_under_the_gaussian(degree: int) -> None:
    view = view_of(wander=False)
    light, along, across = light_of(view, np.zeros((3, COUNT)))
    term = hermite_e.hermeval(along, np.eye(8)[degree]) / np.sqrt(float(np.prod(np.arange(1, degree + 1))))
    expected = 0.2 * term * np.exp(-(along**2) / 2) * across
    np.testing.assert_allclose(changed(view, degree + 8, 0.2) - light, expected, atol=2e-5)


@pytest.mark.parametrize(("parameter", "decay", "direction"), BEYOND)
def test_a_tail_falls_by_its_decay_on_its_side_only(parameter: int, decay: float, direction: float) -> None:
    view = view_of(1, wander=False)
    tail = (changed(view, parameter, 0.01) - changed(view, parameter, 0.0))[0, :, 9]
    t = view.rows[0] / SIGMA[0] * direction
    far = t > 6
    np.testing.assert_allclose(tail[far], 0.01 * np.exp(-decay * t[far]), rtol=1e-3)
    assert np.abs(tail[t < -6]).max() < 1e-5
    np.testing.assert_allclose(tail, 0.01 * np.exp(-decay * t) / (1 + np.exp(-1.7 * t)), rtol=1e-6, atol=1e-12)


@pytest.mark.parametrize(("parameter", "centre"), [(2, -3.0), (3, 0.0), (4, 3.0)])
def test_wings_are_bumps_two_sigmas_wide(parameter: int, centre: float) -> None:
    view = view_of(wander=False)
    plain, along, across = light_of(view, np.zeros((3, COUNT)))
    bump = np.exp(-(((along - centre) / 2) ** 2) / 2)
    np.testing.assert_allclose(changed(view, parameter, 0.1) - plain, 0.1 * bump * across, atol=1e-15)


def test_the_profile_across_is_the_mean_over_a_cells_pixels_of_soft_ends_that_trail_off_and_waves() -> None:
    view = dataclasses.replace(view_of(), drift=np.zeros((3, 81)))
    theta = some_theta()
    across = light_of(view, theta)[2][:, 0]
    for band in range(3):
        shift, half, soft = theta[band, 15], HALF[band] * np.exp(theta[band, 16]), 2.0 * np.exp(theta[band, 17])
        for cell in range(19):
            values = []
            for pixel in (-1.0, 0.0, 1.0):
                at = view.cols[band, cell] + pixel - shift
                firm, wide = (
                    erf((at + half) / size / np.sqrt(2)) - erf((at - half) / size / np.sqrt(2))
                    for size in (soft, 2.2 * soft)
                )
                step = firm + theta[band, 18] * (wide - firm)
                turn = np.pi * (min(max(at / half, -1.2), 1.2) + 1) / 2
                values.append(step / 2 * (1 + sum(theta[band, 18 + n] * np.cos(n * turn) for n in range(1, 7))))
            assert across[band, cell] == pytest.approx(max(np.mean(values), 0.0), abs=1e-12)


def test_the_ridge_is_lower_tilted_and_bent_by_pixels_at_the_ends() -> None:
    view = view_of()
    theta = np.zeros((3, COUNT))
    theta[:, 7], theta[:, 8], theta[:, 9], theta[:, 15], theta[:, 16] = 1.5, -2.0, 3.0, 2.0, 0.1
    along = light_of(view, theta)[1]
    place = np.clip((view.cols - 2.0) / (HALF * np.exp(0.1))[:, None], -1.3, 1.3)
    ridge = view.ridge + 1.5 - 2.0 * place + 3.0 * (place**2 - 1 / 3)
    expected = (view.rows[:, :, None] - ridge[:, None, :]) / SIGMA[:, None, None]
    np.testing.assert_allclose(along, expected)
    np.testing.assert_allclose(draw(view, theta, np.ones(3)).along, expected)
    assert np.abs(place).max() == 1.3


def test_light_across_the_lane_is_never_negative() -> None:
    view, theta = view_of(), some_theta()
    theta[:, 19:25] = -LIMIT[19:25]
    assert light_of(view, theta)[2].min() == 0.0


def test_bounds_of_shapes_fit_together() -> None:
    assert COUNT == 25
    assert (FLOOR > 0).all()
    assert (SPREAD <= ROWS).all()  # what bands of a row have in common is worth learning
    assert (ROWS <= LIMIT).all()
    assert ((2 * STEP <= LIMIT) & (LIMIT <= 3.5 * STEP)).all()  # a limit can be reached while the fit still learns
    for parameter, decay, direction in BEYOND:
        mirrored = [(p, d) for p, d, side in BEYOND if side == -direction and d == decay]
        assert len(mirrored) == 1
        for column in (SPREAD, FLOOR, MOST, STEP, LIMIT):
            assert column[mirrored[0][0]] == column[parameter]
    for column in (SPREAD, FLOOR, MOST, ROWS, PICTURES, STEP, LIMIT):
        assert column[2] == column[4]  # wings above and below


def test_scatter_can_shrink_and_grow_from_where_it_starts_and_shrinks_farther_in_what_broadens_a_band() -> None:
    faint, rest = slice(BROAD - 1), slice(BROAD - 1, None)
    broadens = np.isin(np.arange(COUNT), BROADENS)
    assert (5 * FLOOR <= SPREAD + 1e-9).all()
    assert (SPREAD <= MOST).all()
    assert (2 * SPREAD <= MOST + 1e-9)[rest].all()
    assert (MOST <= LIMIT).all()
    assert (SPREAD / FLOOR)[broadens].min() > (SPREAD / FLOOR)[~broadens].max()
    assert (SPREAD <= 10 * FLOOR + 1e-9)[~broadens].all()
    # pictures are not comets as a whole, only rows are
    assert (PICTURES[faint] < 0.5 * ROWS[faint]).all()
    np.testing.assert_array_equal(PICTURES[rest], ROWS[rest])
