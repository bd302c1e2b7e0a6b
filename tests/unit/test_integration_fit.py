"""The fit's parts on hand-made lanes: texture, first background, neighbours, noise, what is known beforehand, trust."""

from __future__ import annotations

import dataclasses

import numpy as np
import pytest

from blotquant.blot import Blot
from blotquant.integration import fit as fitting
from blotquant.integration.fit import Fit, _first_background, _Fitter, _pairs, _texture, fit_bands
from blotquant.integration.ground import Ground
from blotquant.integration.misfit import Misfit
from blotquant.integration.shape import COUNT, LIMIT, STEP, light_of
from blotquant.integration.strips import cut_strips
from blotquant.noise import NoiseModel
from tests.hand_made_lanes import Row, bands_table, drawn_picture

ROWS: list[Row] = [(1, "a", 40, 40), (2, "a", 42, 70), (1, "b", 75, 40), (2, "b", 77, 70), (3, "b", 79, 100)]
HEIGHTS = [900.0, 500.0, 700.0, 300.0, 800.0]
SPECIES = np.array([0, 0, 1, 1, 1])
MODEL = NoiseModel(read_sd=3.0, gain=0.05, dark=480.0, quantum=0.0, correlation=1.0)


def picture(heights: list[float] = HEIGHTS, noise_sd: float = 3.0, seed: int = 1) -> Blot:
    light = drawn_picture(bands_table(ROWS), heights, (120, 140))
    ramp = 500 + 0.4 * np.arange(120)[:, None] + 0.2 * np.arange(140)
    return Blot("three", ramp + light + np.random.default_rng(seed).normal(0, noise_sd, light.shape), bright=True)


def fitter_of(blot: Blot, model: NoiseModel = MODEL) -> _Fitter:
    return _Fitter(blot, bands_table(ROWS, half=13.0), model, SPECIES)


@pytest.fixture(scope="module")
def fitter() -> _Fitter:
    """Two passes made; tests leave it alone."""
    made = fitter_of(picture())
    made.step(0)
    made.step(1)
    return made


@pytest.fixture(scope="module")
def fitted() -> Fit:
    return fit_bands(picture(), bands_table(ROWS, half=13.0), MODEL, species=SPECIES)


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
    coefficients, spread, trusted = _first_background(strips, ground, outside, np.full(light.shape, 9.0))
    return ground.image(coefficients), spread, trusted, ground


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
    np.testing.assert_allclose(spread[1:], ((3 * size * 0.25**ground.order) ** 2)[1:])
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


def test_a_lane_that_is_band_throughout_has_the_background_of_nothing() -> None:
    shape = cut_strips(picture(), bands_table(ROWS))[0].light.shape
    light = np.random.default_rng(3).normal(0, 3.0, shape)
    background, _, trusted, _ = first(light, np.zeros(shape, bool))
    np.testing.assert_allclose(background, 0.0, atol=1e-9)
    assert (trusted[light > 0] == 1.0).all()


# -- neighbours -------------------------------------------------------------------------------------------------------


def test_strips_are_paired_with_bands_of_other_lanes_that_reach_into_them() -> None:
    strips, places = cut_strips(picture(), bands_table(ROWS))
    by, seen = _pairs(strips, places)
    found = set(zip(by.tolist(), seen.tolist(), strict=True))
    edge = (len(strips.cols) * strips.width) / 2 + 1.3 * 12.0  # 34 px
    assert 30 < edge < 60
    centre = {0: 40, 1: 70, 2: 100}
    expected = {(s, b) for s in centre for b, r in enumerate(ROWS) if s != r[0] - 1 and abs(centre[s] - r[3]) < edge}
    assert found == expected
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
    for by, band in zip(fitter.by, fitter.seen, strict=True):
        view = fitter.places.view(fitter.strips, np.array([band]), np.array([by]))
        view = dataclasses.replace(view, sigma=fit.view.sigma[[band]])
        part, along, across = light_of(view, theta[[band]])
        expected[by, fitter.places.windows[band]] += fit.height[band] * part[0]
        one = fit.misfit.variance(along, across, fit.height[[band]] * scale[band])
        uncertain[by, fitter.places.windows[band]] += one[0]
    np.testing.assert_allclose(light, expected)
    np.testing.assert_allclose(variance, uncertain)
    assert np.abs(light).max() > 1.0
    monkeypatch.setattr(fitting, "_CHUNK", 3)
    chunked = fitter_of(picture())
    np.testing.assert_allclose(chunked._others(fit)[0], expected)


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


# -- what is known beforehand, and trust ------------------------------------------------------------------------------


def test_the_background_scatters_heights_are_free_and_shapes_are_drawn_to_their_row(fitter: _Fitter) -> None:
    theta = 0.1 * np.random.default_rng(1).uniform(-1, 1, (5, COUNT)) * LIMIT
    fit = dataclasses.replace(fitter.fit, theta=theta, height=np.array([900.0, 500.0, -50.0, 300.0, 0.0]))
    precision, pull = fitter._prior(fit)
    n = len(fitter.ground)
    np.testing.assert_allclose(precision[:, :n], np.broadcast_to(1 / fit.spread, (3, n)))
    assert not pull[:, :n].any()
    sd = 30 * np.sqrt(np.median(fit.noise))
    for band, (lane, slot) in enumerate(((0, 0), (1, 0), (0, 1), (1, 1), (2, 0))):
        at = n + slot * (1 + COUNT)
        assert precision[lane, at] == pytest.approx(1 / (3 * abs(fit.height[band]) + sd) ** 2)
        assert pull[lane, at] == 0
        mine = slice(at + 1, at + 1 + COUNT)
        np.testing.assert_allclose(precision[lane, mine], 1 / fit.sharing.variance)
        expected = (fit.sharing.mean[SPECIES[band]] - theta[band]) / fit.sharing.variance
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
        assert fitter._teaching(dataclasses.replace(fit, weight=weight))[4] == teaches


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
    residual[0, fitter.strips.pad + 8, :3] = [14.0, 2000.0, 8.0]
    weight = fitter._trust(fit, residual, reject=False)
    np.testing.assert_allclose(weight[0, fitter.strips.pad + 8, :4], [0.03, 0.03, 0.75, 1.0])
    assert not weight[0, fitter.strips.pad + 9].any()


# -- passes -----------------------------------------------------------------------------------------------------------


def test_a_pass_moves_shapes_by_no_more_than_a_step_and_not_beyond_their_limits() -> None:
    made = fitter_of(picture())
    # bands that are twice as thick as their boxes say, and a shape at its limit
    made.fit = dataclasses.replace(made.fit, view=made.fit.view.thicker(np.full(5, 0.5)))
    before = made.fit.theta
    made.step(0)
    moved = made.fit.theta - before
    rest = np.arange(COUNT) != 3  # the rows' thickness goes into their sigma
    assert (np.abs(moved[:, rest]) <= STEP[rest] + 1e-12).all()
    assert (np.abs(made.fit.theta) <= LIMIT + 0.5).all()
    np.testing.assert_allclose(made.fit.view.sigma[[0, 2]], made.fit.view.sigma[[1, 3]])
    assert (made.fit.view.sigma > 1.0).all()


def test_the_fit_finds_the_bands_that_were_drawn_on_a_ramp(fitted: Fit) -> None:
    np.testing.assert_allclose(fitted.height, HEIGHTS, rtol=0.015)
    np.testing.assert_allclose(fitted.view.sigma, 2.0, rtol=0.02)
    seen = (fitted.strips.count > 0) & (np.abs(fitted.strips.cols) < 12)
    rows, cols = fitted.strips.rows[:, None], fitted.strips.line[:, :, None] + fitted.strips.cols
    ramp = 500 + 0.4 * rows + 0.2 * cols - fitted.strips.zero
    assert np.abs(fitted.background - ramp)[seen].max() < 4.0
    assert np.abs(fitted.theta[:, 0]).max() < 0.2
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
    np.testing.assert_allclose(sigmas[3], 2.0, rtol=0.02)
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
