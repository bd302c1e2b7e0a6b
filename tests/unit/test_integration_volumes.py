"""Volumes and their errors: against differences, written-out sums and drawn blots many times over."""

from __future__ import annotations

import dataclasses

import numpy as np
import pytest

from blotquant.blot import Blot
from blotquant.integration import volumes
from blotquant.integration.fit import Fit, fit_bands
from blotquant.integration.glow import Glow, fit_glow
from blotquant.integration.shape import BEYOND, COUNT, LIMIT, draw
from blotquant.integration.volumes import _beyond, _lever, _tails, measure
from blotquant.noise import NoiseModel
from tests.hand_made_lanes import Row, bands_table, drawn_picture

ROWS: list[Row] = [(1, "a", 40, 40), (2, "a", 42, 70), (1, "b", 52, 40), (3, "b", 75, 100), (1, "c", 85, 40)]
HEIGHTS = [900.0, 60.0, 700.0, 300.0, 120.0]
TRUE = np.array(HEIGHTS) * 1.75 * np.sqrt(2 * np.pi) * 24.0
MODEL = NoiseModel(read_sd=4.0, gain=0.0, dark=500.0, quantum=0.0, correlation=1.0)
DRAWN = drawn_picture(bands_table(ROWS), HEIGHTS, (120, 140)) + 500 + 0.4 * np.arange(120)[:, None]


def fit_of(seed: int) -> Fit:
    blot = Blot("three", DRAWN + np.random.default_rng(seed).normal(0, 4.0, DRAWN.shape), bright=True)
    return fit_bands(blot, bands_table(ROWS, half=13.0), MODEL, species=np.array([0, 0, 1, 1, 2]))


@pytest.fixture(scope="module")
def fit() -> Fit:
    """One fit, tails and wings of its bands lengthened and some cells distrusted."""
    found = fit_of(1)
    theta = 0.05 * np.random.default_rng(2).uniform(0, 1, found.theta.shape) * LIMIT
    weight = found.weight.copy()
    weight[0, found.places.windows[0][found.places.tall // 2], 7:9] = 0.0
    weight[2, found.places.windows[3], 5] = 0.0
    drawn = draw(found.view, theta, found.height)
    return dataclasses.replace(found, theta=theta, drawn=drawn, weight=weight)


def share_of(fit: Fit) -> np.ndarray:
    cut = fit.places.cut
    return np.where(cut(fit.strips.usable & (fit.weight > 0)), fit.own / cut(fit.noise), 0.0)


def glow_of(fit: Fit) -> Glow:
    share, area = share_of(fit), fit.places.cut(fit.strips.count)
    return fit_glow(fit, _lever(fit, share, area), share * area)


def test_light_beyond_the_window_is_that_of_the_tails(fit: Fit) -> None:
    """Each tail is amount · exp(−decay · t) from where the window, or what is seen of it, ends."""
    reach = np.abs(fit.drawn.along) * fit.places.cut(fit.strips.usable).any(axis=2)[:, :, None]
    for band in range(5):
        end = reach[band].max()
        fine = np.linspace(end, end + 200, 200001)
        tails = sum(fit.theta[band, k] * np.exp(-decay * fine).sum() * 1e-3 for k, decay, _ in BEYOND)
        width = fit.drawn.across[band].max(axis=0).sum() * fit.strips.width
        expected = fit.height[band] * tails * fit.view.sigma[band] * width
        assert _beyond(fit)[band] == pytest.approx(expected, rel=1e-3)
    assert (_beyond(fit) > 0).all()


def test_a_volume_is_the_fitted_light_and_the_likely_misfit_of_what_is_left(fit: Fit) -> None:
    found, share = measure(fit), share_of(fit)
    glow = glow_of(fit)
    assert 0.3 < share.max() <= 1.0
    residual = fit.strips.light - fit.background - fit.bands - fit.others
    for band in range(5):
        volume = 0.0
        for row, window in enumerate(fit.places.windows[band]):
            for col in range(len(fit.strips.cols)):
                lane = fit.places.lane[band]
                light = fit.height[band] * fit.drawn.light[band, row, col]
                light += share[band, row, col] * residual[lane, window, col]
                volume += fit.strips.count[lane, window, col] * light
        volume += _beyond(fit)[band] - glow.share * glow.response[band]
        assert found.volume[band] == pytest.approx(volume, rel=1e-9)


def test_a_volume_moves_with_every_unknown_as_its_lever_says(fit: Fit, monkeypatch: pytest.MonkeyPatch) -> None:
    """Unknowns are moved one by one, with what is drawn and left changed alike; shares, weights and glow stay."""
    monkeypatch.setattr(volumes, "fit_glow", lambda fit, lever, summed: Glow(0.0, 0.0, np.zeros(len(fit.height))))
    places, unknowns, strips = fit.places, fit.unknowns, fit.strips
    fit = dataclasses.replace(fit, theta=np.where(np.isin(np.arange(COUNT), [0, 1, 5, 6]), 0.0, fit.theta))
    fit = dataclasses.replace(fit, drawn=draw(fit.view, fit.theta, fit.height))
    lever = _lever(fit, share_of(fit), places.cut(strips.count))
    before = measure(fit).volume
    rng = np.random.default_rng(3)
    for term in rng.choice(len(fit.ground), 12, replace=False):
        image = fit.ground.image(np.tile(np.eye(len(fit.ground))[term], (3, 1)))
        moved = measure(dataclasses.replace(fit, background=fit.background + image)).volume - before
        np.testing.assert_allclose(lever[:, term], moved, rtol=1e-6, atol=1e-6)
    for band in range(5):
        mine = unknowns.of_band(band)
        for k in (0, *rng.choice(np.arange(1, 17), 4, replace=False)):
            slope = fit.drawn.slopes[band, k]
            bands = fit.bands.copy()
            bands[places.lane[band], places.windows[band]] += slope
            light = fit.drawn.light.copy()
            light[band] += slope / fit.height[band]
            moved = (
                measure(dataclasses.replace(fit, bands=bands, drawn=fit.drawn._replace(light=light))).volume - before
            )
            same = places.lane == places.lane[band]
            np.testing.assert_allclose(lever[same, mine.start + k], moved[same], rtol=1e-6, atol=1e-6)
    assert unknowns.pairs.tolist() == [[0, 2], [0, 4], [2, 4]]


def test_the_variance_of_a_volume_is_that_of_unknowns_rows_glow_tails_and_what_the_fit_left(fit: Fit) -> None:
    found, share, area = measure(fit), share_of(fit), fit.places.cut(fit.strips.count)
    lever, glow = _lever(fit, share, area), glow_of(fit)
    residual, noise = fit.places.cut(fit.residual), fit.places.cut(fit.noise)
    counts = fit.places.cut(fit.strips.usable & (fit.weight > 0))
    for band, (lane, row) in enumerate(zip(fit.places.lane, fit.sharing.row, strict=True)):
        covariance = fit.covariance.times(lane, np.eye(fit.unknowns.size))
        expected = 0.92**2 * (lever[band] @ covariance @ lever[band])
        mine = fit.unknowns.of_bands[band, 1:]
        follow = (covariance @ lever[band])[mine] / fit.around[band]
        expected += 0.8**2 * (follow @ fit.sharing.doubt[row] @ follow) + glow.variance * glow.response[band] ** 2
        believed = [0.8] * 2 + [6.0] * 3 + [0.8] * 5 + [2.2] + [9.0] * 4 + [0.8] + [3.5] * 3 + [0.8] * 6
        by_scatter = follow * (fit.theta[band] - fit.sharing.of_bands[band]) * believed
        odd = by_scatter @ by_scatter
        by_row = follow * fit.sharing.of_bands[band] * (1 - 0.95 * fit.sharing.shown[band])
        odd += 2.5**2 * (by_row[2] ** 2 + by_row[4] ** 2) + by_row[12] ** 2
        away, across = np.abs(fit.drawn.along[band]), fit.drawn.across[band]
        near = (away < 6.0) & (across > 0.05) & counts[band]
        left = np.where(near, area[band] * residual[band], 0.0)
        by_noise = (area[band] ** 2 * np.maximum(noise[band] - fit.own[band], 0.0))[near].sum()
        rows, cols = left.shape
        blocks = [left[i : i + 5, j : j + 5].sum() for i in range(0, rows - 4, 5) for j in range(0, cols - 4, 5)]
        expected += 0.35**2 * max(left.sum() ** 2 - by_noise, 0.0)
        expected += 0.6**2 * max(np.square(blocks).sum() - by_noise, 0.0)
        covered = (area[band] * np.minimum(across, 1.0))[away < 4.0].sum()
        expected += 0.45**2 * fit.texture * covered**2
        expected += (0.08 * np.abs(_tails(fit, 4.0))[:, band].sum()) ** 2
        expected += (2e-4 * found.volume[band]) ** 2
        expected += 0.6**2 * (area[band] ** 2 * fit.own[band])[share[band] == 0].sum()
        assert found.blank[band] == pytest.approx(np.sqrt(expected), rel=1e-9)
        assert found.error[band] == pytest.approx(np.sqrt(expected + odd), rel=1e-9)


def test_light_that_a_shape_cannot_follow_makes_the_error_larger(fit: Fit) -> None:
    """A lump at one end of a band and a dent at its other end: their sum is nothing, and yet they are doubted."""
    window = fit.places.windows[0]
    middle, lane = window[fit.places.tall // 2], int(fit.places.lane[0])
    light = fit.strips.light.copy()
    light[lane, middle - 1 : middle + 2, 4:7] += 60.0
    light[lane, middle - 1 : middle + 2, 8:11] -= 60.0
    lumpy = dataclasses.replace(fit, strips=dataclasses.replace(fit.strips, light=light))
    cells = fit.places.cut(fit.strips.count)[0][fit.places.tall // 2, 5] * 9
    assert measure(lumpy).error[0] > np.hypot(measure(fit).error[0], 0.15 * 60.0 * cells)


def test_tails_are_the_light_of_both_ways_beyond_a_reach(fit: Fit) -> None:
    """Summed numerically: each amount times a falling exponential, from the reach on."""
    far = np.arange(6.0, 120.0, 0.001) + 0.0005
    width = fit.drawn.across.max(axis=1).sum(axis=1) * fit.strips.width
    up, down = _tails(fit, 6.0)
    for band in range(5):
        unit = fit.height[band] * fit.view.sigma[band] * width[band] * 0.001
        short, long = np.exp(-0.56 * far).sum(), np.exp(-0.28 * far).sum()
        theta = fit.theta[band]
        assert up[band] == pytest.approx(unit * (theta[0] * short + theta[1] * long), rel=1e-5)
        assert down[band] == pytest.approx(unit * (theta[6] * short + theta[5] * long), rel=1e-5)


def test_what_was_rejected_is_the_share_of_cores_without_weight(fit: Fit) -> None:
    found = measure(fit).rejected
    assert found[1] == 0.0
    core = (np.abs(fit.drawn.along) < 2.5) & (fit.drawn.across > 0.3) & (fit.places.cut(fit.strips.count) > 0)
    assert found[0] == pytest.approx(2 / core[0].sum())
    assert found[3] == pytest.approx(core[3, :, 5].sum() / core[3].sum())
    usable = fit.strips.usable.copy()
    usable[fit.places.lane[1], fit.places.windows[1]] = False
    gone = dataclasses.replace(fit, strips=dataclasses.replace(fit.strips, usable=usable))
    assert measure(gone).rejected[1] == 1.0
    none = dataclasses.replace(fit, strips=dataclasses.replace(fit.strips, count=np.zeros_like(fit.strips.count)))
    assert not measure(none).rejected.any()


def test_errors_are_the_scatter_of_volumes_drawn_again_and_again() -> None:
    drawn = [measure(fit_of(seed)) for seed in range(100, 140)]
    volumes, errors = np.array([d.volume for d in drawn]), np.array([d.error for d in drawn])
    scatter, error = volumes.std(axis=0, ddof=1), np.median(errors, axis=0)
    print(scatter / error, volumes.mean(axis=0) / TRUE)
    faint = np.array([1, 4])  # the errors of strong bands also hold what their shapes might hide
    assert (scatter[faint] > 0.6 * error[faint]).all()
    assert (scatter < 1.25 * error).all()
    np.testing.assert_allclose(volumes.mean(axis=0), TRUE, rtol=0.02, atol=0.5 * error.max())
