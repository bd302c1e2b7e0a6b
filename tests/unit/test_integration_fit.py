"""The fit's parts on hand-made lanes: texture, first background, neighbours, noise and drawing."""

from __future__ import annotations

import dataclasses

import numpy as np
import pytest

from blotquant.integration import strips
from blotquant.integration.first_background import _NOTHING, first_background, pruned
from blotquant.integration.fit import _Fitter, _texture
from blotquant.integration.ground import Ground
from blotquant.integration.misfit import Misfit
from blotquant.integration.shape import COUNT, LIMIT, light_of
from blotquant.integration.strips import cut_strips, pair_strips
from blotquant.noise import NoiseModel
from tests.hand_made_lanes import bands_table
from tests.three_lanes import HEIGHTS, ROWS, after_two_passes, fitter_of, picture


@pytest.fixture(scope="module")
def fitter() -> _Fitter:
    """Two passes made; tests leave it alone."""
    return after_two_passes()


# -- texture ----------------------------------------------------------------------------------------------------------


def test_white_noise_has_no_texture() -> None:
    found = []
    for seed in range(8):
        residual = np.random.default_rng(seed).normal(0, 5.0, (3, 200, 15))
        found.append(_texture(residual, np.ones(residual.shape, bool), np.full(residual.shape, 25.0)))
    assert np.median(found) < 4.0
    assert min(found) == 0.0


def test_texture_that_is_alike_over_blocks_counts_as_often_as_they_have_cells() -> None:
    rng = np.random.default_rng(2)
    blocks = rng.normal(0, 2.0, (3, 60, 4))
    texture = np.repeat(np.repeat(blocks, 4, axis=1), 4, axis=2)[:, :239, :15]
    residual = texture + rng.normal(0, 1.0, texture.shape)
    outside = np.ones(texture.shape, bool)
    found = _texture(residual, outside, np.full(texture.shape, 1.0))
    assert found == pytest.approx(16 * 4.0, rel=0.2)  # 15 columns hold three blocks, 239 rows 59
    less = _texture(residual, outside, np.full(texture.shape, 21.0))
    assert less == pytest.approx(found - 20.0)


def test_texture_is_told_by_twenty_blocks_that_are_three_quarters_seen() -> None:
    residual, noise = np.ones((1, 4, 80)), np.ones((1, 4, 80))
    outside = np.ones(residual.shape, bool)
    expected = 16 * 1.4826**2 - 1
    assert _texture(residual, outside, noise) == pytest.approx(expected)
    assert _texture(residual[:, :, :79], outside[:, :, :79], noise[:, :, :79]) == 0.0
    outside[:, 0] = False  # 12 of 16 cells
    assert _texture(np.where(outside, residual, 1e9), outside, noise) == pytest.approx(expected)
    outside[0, 1, 0] = False
    assert _texture(residual, outside, noise) == 0.0
    assert _texture(residual, np.zeros_like(outside), noise) == 0.0
    unseen = np.where(outside, noise, 1e9)
    assert _texture(np.ones((1, 4, 84)), np.ones((1, 4, 84), bool), np.ones((1, 4, 84))) == pytest.approx(expected)
    assert _texture(residual, outside, unseen) == 0.0


# -- the first background ---------------------------------------------------------------------------------------------


def first(light: np.ndarray, outside: np.ndarray | None = None) -> tuple[np.ndarray, np.ndarray, np.ndarray, Ground]:
    strips, places = cut_strips(picture(), bands_table(ROWS))
    strips = dataclasses.replace(strips, light=light, count=np.ones(light.shape), usable=np.ones(light.shape, bool))
    ground = Ground(strips, places)
    outside = np.ones(light.shape, bool) if outside is None else outside
    asked = np.arange(len(light))
    noise = np.full(light.shape, 9.0)
    ground, coefficients, spread, trusted = first_background(strips, ground, outside, noise, asked)
    return ground.image(coefficients), spread, trusted, ground


@pytest.fixture
def unlearnt(monkeypatch: pytest.MonkeyPatch) -> None:
    """Keep the scatter that is assumed to start with."""
    monkeypatch.setattr(
        "blotquant.integration.first_background.learn_spread", lambda coefficients, variance, spread, group: spread
    )


@pytest.mark.usefixtures("unlearnt")
def test_the_first_background_ignores_a_bubble_and_what_lies_in_bands() -> None:
    shape = cut_strips(picture(), bands_table(ROWS))[0].light.shape
    rows = np.arange(shape[1])[None, :, None] / shape[1]
    true = np.broadcast_to(40 * np.cos(np.pi * rows) + 20.0, shape)
    light = true + np.random.default_rng(3).normal(0, 3.0, shape)
    light[1, 60:66, 4:9] += 800.0
    outside = np.ones(shape, bool)
    outside[:, 90:100] = False
    light[:, 90:100] += 900.0
    light[2, 92, 5] -= 2000.0  # a speck on a band is darker than the membrane
    background, spread, trusted, ground = first(light, outside)
    assert np.abs(background - true).max() < 5.0
    assert not trusted[1, 60:66, 4:9].any()
    assert trusted[2, 92, 5] == 0.0
    assert np.delete(trusted[:, 90:100].ravel(), np.ravel_multi_index((2, 2, 5), trusted[:, 90:100].shape)).min() == 1.0
    assert trusted[0, :90].mean() > 0.95
    size = 1.4826 * np.median(np.abs(light[outside] - np.median(light[outside]))) + 3.0
    assumed = (3 * size * 0.5**ground.order) ** 2
    np.testing.assert_allclose(spread[1:], assumed[1:])
    assert spread[0] == pytest.approx(1e12 * size**2)


def test_cells_weigh_less_beyond_two_deviations_and_nothing_beyond_five() -> None:
    shape = cut_strips(picture(), bands_table(ROWS))[0].light.shape
    light = np.random.default_rng(3).normal(0, 3.0, shape)
    background, _, trusted, _ = first(light)
    off = np.abs(light - background) / 3.0
    scale = np.maximum(1.4826 * np.array([np.median(lane) for lane in off]), 1.0)[:, None, None]
    np.testing.assert_allclose(trusted, np.where(off < 5 * scale, np.minimum(1, 2 * scale / off), 0), rtol=1e-9)
    rough, _, trusted, _ = first(10 * light)
    off = np.abs(10 * light - rough) / 3.0
    scale = np.maximum(1.4826 * np.array([np.median(lane) for lane in off]), 1.0)[:, None, None]
    assert scale.min() > 8
    np.testing.assert_allclose(trusted, np.where(off < 5 * scale, np.minimum(1, 2 * scale / off), 0), rtol=1e-9)


@pytest.mark.usefixtures("unlearnt")
def test_the_first_background_is_as_stiff_as_the_scatter_of_its_terms() -> None:
    """Where nothing is distrusted it is the ridge regression with weights 1 / noise."""
    shape = cut_strips(picture(), bands_table(ROWS))[0].light.shape
    light = np.random.default_rng(3).normal(0, 1.0, shape)
    light += 1.5 * np.cos(np.pi * np.arange(shape[1]) / 7.0)[None, :, None]
    background, spread, trusted, ground = first(light)
    assert trusted.min() == 1.0
    images = np.array([ground.image(np.tile(unit, (3, 1))) for unit in np.eye(len(ground))])
    for lane in range(3):
        design = images[:, lane].reshape(len(ground), -1).T
        gram = design.T @ design / 9.0 + np.diag(1 / spread)
        best = np.linalg.solve(gram, design.T @ light[lane].ravel() / 9.0)
        np.testing.assert_allclose(background[lane].ravel(), design @ best, atol=1e-6)


def test_the_scatter_of_the_first_background_is_learnt_from_it() -> None:
    """Waves that the lanes have are free, those that they have not are all but gone; no band is needed for it."""
    shape = cut_strips(picture(), bands_table(ROWS))[0].light.shape
    rows = np.pi * np.arange(shape[1])[:, None]
    light = np.random.default_rng(3).normal(0, 3.0, shape)
    light += np.array([30.0, -20.0, 25.0])[:, None, None] * np.cos(5 * rows / shape[1])
    background, spread, _, ground = first(light)
    true = light - np.random.default_rng(3).normal(0, 3.0, shape)
    assert np.sqrt(np.mean((background - true) ** 2)) < 1.0
    plain = ground.across == 0
    wave, none = (float(np.sqrt(spread[plain & (ground.along == k)]).max(initial=0.0)) for k in (5, 20))
    assert wave > 8.0
    assert none < 1.0
    finer = np.sqrt(spread[(ground.across > 0) & (ground.across < 9)])
    assert np.median(finer) < 1.0


def test_terms_that_hardly_scatter_are_dropped() -> None:
    ground = Ground(*cut_strips(picture(), bands_table(ROWS)))
    along, across = ground.along, ground.across
    assert along.max() > 17
    gone = (along > 16) | ((across == 5) & (along == 1))
    spread = np.where(gone, 0.99, np.where(across == 9, 100.0, 1e4))
    coefficients = np.arange(3.0 * len(ground)).reshape(3, -1)
    less, kept, scatter = pruned(ground, coefficients, 2.0 * spread, 2.0)
    np.testing.assert_array_equal(less.along, along[~gone])
    np.testing.assert_array_equal(less.across, across[~gone])
    np.testing.assert_array_equal(kept, coefficients[:, ~gone])
    np.testing.assert_array_equal(scatter, 2.0 * spread[~gone])


def test_the_first_background_drops_what_the_lanes_have_not() -> None:
    shape = cut_strips(picture(), bands_table(ROWS))[0].light.shape
    light = np.random.default_rng(3).normal(0, 3.0, shape)
    light += np.array([300.0, -200.0, 250.0])[:, None, None] * np.cos(np.pi * np.arange(shape[1]) / shape[1])[:, None]
    _, spread, _, ground = first(light)
    assert len(spread) == len(ground)
    assert len(ground) < 0.5 * len(Ground(*cut_strips(picture(), bands_table(ROWS))))
    assert spread.min() > _NOTHING**2 * 9.0


def test_a_lane_that_is_band_throughout_has_the_background_of_nothing() -> None:
    shape = cut_strips(picture(), bands_table(ROWS))[0].light.shape
    light = np.random.default_rng(3).normal(0, 3.0, shape)
    background, _, trusted, _ = first(light, np.zeros(shape, bool))
    np.testing.assert_allclose(background, 0.0, atol=1e-9)
    assert (trusted[light > 0] == 1.0).all()


# -- neighbours -------------------------------------------------------------------------------------------------------


def test_strips_are_paired_with_bands_of_other_lanes_that_reach_into_them() -> None:
    strips, places = cut_strips(picture(), bands_table(ROWS))
    found = {
        pair for part in pair_strips(strips, places) for pair in zip(part.by.tolist(), part.seen.tolist(), strict=True)
    }
    edge = (len(strips.cols) * strips.width) / 2 + 1.3 * 12.0  # 34 px
    assert 30 < edge < 60
    centre = {0: 40, 1: 70, 2: 100}
    expected = {(s, b) for s in centre for b, r in enumerate(ROWS) if s != r[0] - 1 and abs(centre[s] - r[3]) < edge}
    assert found == expected
    for part in pair_strips(strips, places):  # a neighbour on the right is seen on the right
        right = places.col[part.seen] > strips.line[part.by].mean(axis=1)
        wide, whole = part.view.cols.shape[1], len(strips.cols)
        assert wide < whole
        np.testing.assert_array_equal(part.start, np.where(right, whole - wide, 0))
    assert (0, 1) in found
    assert (0, 4) not in found


def test_others_light_is_what_bands_of_other_lanes_shine_into_a_strip(
    fitter: _Fitter, monkeypatch: pytest.MonkeyPatch
) -> None:
    theta = 0.05 * np.random.default_rng(1).uniform(-1, 1, (5, COUNT)) * LIMIT
    scale = np.array([1.0, 0.5, 2.0, 1.0, 1.5])
    fit = dataclasses.replace(fitter.fit, theta=theta, misfit=Misfit(fitter.fit.misfit.profile, scale))
    light, variance = fitter._others(fit)
    expected, uncertain = np.zeros_like(light), np.zeros_like(light)
    pairs = [pair for each in fitter.beside for pair in zip(each.by, each.seen, strict=True)]
    for by, band in pairs:
        view = fitter.places.view(fitter.strips, np.array([band]), np.array([by]))
        view = dataclasses.replace(view, sigma=fit.view.sigma[[band]])
        part, along, across = light_of(view, theta[[band]])
        expected[by, fitter.places.windows[band]] += fit.height[band] * part[0]
        one = fit.misfit.variance(along, across, fit.height[[band]] * scale[band])
        uncertain[by, fitter.places.windows[band]] += one[0]
    # what trails off farther than a band's light is looked for is left out
    np.testing.assert_allclose(light, expected, atol=5e-4 * np.abs(expected).max())
    np.testing.assert_allclose(variance, uncertain, atol=5e-6 * uncertain.max())
    assert np.abs(light).max() > 1.0
    monkeypatch.setattr(strips, "_CHUNK", 3)
    chunked = fitter_of(picture())
    assert len(chunked.beside) > len(fitter.beside)
    np.testing.assert_allclose(chunked._others(fit)[0], light)


# -- noise and drawing ------------------------------------------------------------------------------------------------


def test_noise_of_a_cell_is_that_of_its_pixels_times_their_correlation() -> None:
    model = NoiseModel(read_sd=3.0, gain=0.5, dark=510.0, quantum=0.0, correlation=2.5)
    blot = picture()
    made = fitter_of(blot, model)
    light = np.random.default_rng(1).normal(20, 60, made.strips.light.shape)
    whole = np.maximum(light + np.median(blot.pixels), blot.pixels.min())
    least = (1e-5 * np.ptp(blot.pixels)) ** 2
    expected = (2.5 * (9.0 + 0.5 * np.maximum(whole - 510.0, 0)) + least) / np.maximum(made.strips.count, 1)
    np.testing.assert_allclose(made.noise(light), expected, rtol=1e-12)
    alike = fitter_of(blot, dataclasses.replace(model, correlation=0.4))
    np.testing.assert_allclose(alike.noise(light), (expected - least / np.maximum(made.strips.count, 1)) / 2.5
                               + least / np.maximum(made.strips.count, 1))  # fmt: skip
    still = fitter_of(blot, NoiseModel(0.0, 0.0, 510.0, 0.0, 1.0))
    assert still.noise(light).min() > 0


def test_spreading_windows_out_is_the_transpose_of_cutting_them(fitter: _Fitter) -> None:
    rng = np.random.default_rng(1)
    image, windows = rng.normal(size=fitter.strips.light.shape), rng.normal(size=fitter.fit.own.shape)
    cut = (fitter.places.cut(image) * windows).sum()
    assert cut == pytest.approx((image * fitter.spread_out(windows)).sum())


def test_heights_start_above_the_first_background(fitter: _Fitter) -> None:
    made = fitter_of(picture())
    np.testing.assert_allclose(made.fit.height, HEIGHTS, rtol=0.02)
    ramp = 500 + 0.4 * made.strips.rows[:, None] + 0.2 * (made.strips.line[0][:, None] + made.strips.cols)
    seen = (made.strips.count[0] > 0).all(axis=1)
    assert np.abs(made.fit.background[0] + made.strips.zero - ramp)[seen].max() < 4.0
    assert not made.fit.theta.any()
    along = np.abs(made.fit.drawn.along)
    inside = made.spread_out((along < 4).astype(float)) > 0
    np.testing.assert_array_equal(made.outside, made.strips.usable & ~inside)
    np.testing.assert_allclose(made.places.half, 12.0, atol=0.5)
    np.testing.assert_allclose(made.fit.noise, made.noise(made.strips.light))


def test_a_height_is_the_weighted_mean_of_the_core_over_the_bands_light() -> None:
    blot = picture()
    plain = fitter_of(blot)
    strips, cut = plain.strips, plain.places.cut
    for band in range(5):
        core = cut(strips.usable)[band] & (np.abs(plain.fit.drawn.along[band]) < 3)
        light, weight = plain.fit.drawn.light[band][core], 1 / cut(plain.fit.noise)[band][core]
        above = cut(strips.light - plain.fit.background)[band][core]
        assert plain.fit.height[band] == pytest.approx((weight * light * above).sum() / (weight * light**2).sum())


def test_redrawing_adds_up_bands_and_all_that_cells_may_vary_by(fitter: _Fitter) -> None:
    fit = dataclasses.replace(
        fitter.fit,
        height=np.array([900.0, 500.0, -50.0, 300.0, 800.0]),
        misfit=Misfit(fitter.fit.misfit.profile, np.array([1.0, 2.0, 1.0, 0.5, 1.0])),
        texture=7.0,
    )
    new = fitter.redraw(fit)
    light, along, across = light_of(fit.view, fit.theta)
    np.testing.assert_allclose(new.bands, fitter.spread_out(fit.height[:, None, None] * light))
    np.testing.assert_allclose(new.own, fit.misfit.variance(along, across, fit.height * fit.misfit.scale))
    others, variance = fitter._others(fit)
    np.testing.assert_allclose(new.others, others)
    expected = fitter.noise(fit.background + np.maximum(new.bands + others, 0)) + 7.0 + variance
    np.testing.assert_allclose(new.noise, expected + fitter.spread_out(new.own))
    np.testing.assert_allclose(new.residual, fitter.strips.light - fit.background - new.bands - others)
    # what is darker than the membrane tells no shape
    assert not new.drawn.slopes[2, 1:].any()
    assert new.drawn.slopes[2, 0].any()
    assert new.drawn.slopes[[0, 1, 3, 4], 1:].any(axis=(2, 3)).all()
