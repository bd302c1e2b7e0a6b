"""The background's basis against an explicit design matrix, and its functions against their definitions."""

from __future__ import annotations

import dataclasses

import numpy as np
import pytest
from scipy.special import erf, eval_legendre

from blotquant.blot import Blot
from blotquant.integration.ground import Ground, _scale
from blotquant.integration.strips import Places, Strips, cut_strips
from tests.hand_made_lanes import Row, bands_table, leaning_lanes

Lanes = tuple[Strips, Places, Ground]


@pytest.fixture(scope="module")
def lanes() -> Lanes:
    strips, places = leaning_lanes()
    places = dataclasses.replace(places, half=np.array([9.0, 10.0, 14.0, 11.0]))
    return strips, places, Ground(strips, places)


@pytest.fixture(scope="module")
def design(lanes: Lanes) -> np.ndarray:
    """Image of every single term in every lane, shape (n, L, R, K)."""
    _, _, ground = lanes
    return np.array([ground.image(np.tile(unit, (2, 1))) for unit in np.eye(len(ground))])


def haze_grows(at: np.ndarray, half: float, soft: float) -> list[np.ndarray]:
    """How a plateau changes as it grows wider, sharper and farther left, by differences."""

    def plateau(half: float, soft: float, shift: float) -> np.ndarray:
        return np.asarray(erf((at - shift + half) / soft) - erf((at - shift - half) / soft)) / 2

    tiny = 1e-4 * soft
    changes = [
        plateau(half + tiny, soft, 0) - plateau(half - tiny, soft, 0),
        plateau(half, soft - tiny, 0) - plateau(half, soft + tiny, 0),
        plateau(half, soft, -tiny) - plateau(half, soft, tiny),
    ]
    return [np.sqrt(np.pi) * soft * change / (2 * tiny) for change in changes]


def test_a_term_is_a_cosine_along_the_run_times_a_function_across_that_follows_the_lane(
    lanes: Lanes, design: np.ndarray
) -> None:
    strips, _, ground = lanes
    seen = np.flatnonzero(strips.usable.any(axis=(0, 2)))
    span = len(seen) + 2 * strips.pad
    turn = np.clip((np.arange(strips.light.shape[1]) - seen[0] + strips.pad + 0.5) / span, 0, 1)
    middle = strips.start + (len(strips.cols) * strips.width - 1) / 2
    edge = np.abs(strips.cols).max()
    for lane, half in ((0, 10.0), (1, 11.0)):  # the median width of the lane's bands
        soft = 0.075 * edge / 0.56 * np.sqrt(2)

        def function(j: int, at: np.ndarray, half: float = half, soft: float = soft) -> np.ndarray:
            if j < 9:
                return np.asarray(eval_legendre(j, at / edge))
            if j > 10:
                return haze_grows(at, half, soft)[j - 11]
            left, right = erf((at + half) / soft), erf((at - half) / soft)
            return np.asarray((left - right) / 2 if j == 9 else (left + right) / 2)

        drift = (middle[lane] - strips.line[lane])[:, None]
        for term, (k, j) in enumerate(zip(ground.along, ground.across, strict=True)):
            slope = function(j, strips.cols + 0.5) - function(j, strips.cols - 0.5)
            expected = np.cos(np.pi * k * turn)[:, None] * (function(j, strips.cols) + drift * slope)
            np.testing.assert_allclose(design[term, lane], expected, atol=1e-9 if j < 11 else 1e-6)
    assert np.abs(middle - strips.line).max() > 0.3


def test_terms_across_vary_less_along_the_run_the_finer_they_are(lanes: Lanes) -> None:
    strips, _, ground = lanes
    seen = strips.usable.any(axis=(0, 2)).sum()
    span = seen + 2 * strips.pad
    assert ground.top == np.ceil(2 * (span - strips.pad) * strips.height / (8.2 * 1.75))
    # much of a short strip is margin, which tells nothing of haze
    haze = 1.05 * (span - 2.5 * strips.pad) / span
    for j, share in enumerate((1, 1, 0.9, 0.7, 0.4, 0.3, 0.25, 0.25, 0.25, haze, 0.3, 0.4, 0.4, 0.4)):
        assert ground.along[ground.across == j].tolist() == list(range(int(ground.top * share) + 1))
    assert len(ground) == len(ground.along)


def test_waves_are_at_least_two_and_at_most_forty_four() -> None:
    strips, places = leaning_lanes()
    assert Ground(strips, dataclasses.replace(places, sigma=np.full(4, 500.0))).top == 2
    fine = Ground(strips, dataclasses.replace(places, sigma=np.full(4, 0.1)))
    assert fine.top == 44
    kinds = np.array([0, 1, 2, 3, 3, 4, 4, 4, 4, 5, 6, 7, 8, 9])[fine.across]
    assert len(np.unique(fine.group)) == len(set(zip(_scale(fine.along), kinds, strict=True)))


def test_the_shortest_wave_is_some_eight_band_sigmas_also_where_cells_are_three_pixels_high() -> None:
    blot = Blot("thick", np.random.default_rng(3).normal(500.0, 5.0, (300, 120)), bright=True)
    strips, places = cut_strips(blot, bands_table([(1, "a", 150, 60)], sigma=4.0))
    assert strips.height == 3
    ground = Ground(strips, places)
    assert ground.top == np.ceil(2 * (100 + strips.pad) * 3 / (8.2 * 4.0))


def test_waves_end_a_margin_beyond_what_is_seen_of_the_lanes(lanes: Lanes) -> None:
    strips, places, _ = lanes
    usable = strips.usable.copy()
    usable[:, : strips.pad + 30] = False
    usable[:, strips.pad + 70 :] = False
    ground = Ground(dataclasses.replace(strips, usable=usable), places)
    wave = ground.image(np.tile((ground.along == 1) & (ground.across == 0), (2, 1)).astype(float))[0, :, 0]
    margin = strips.pad
    flat = np.abs(wave) == 1.0
    assert np.flatnonzero(~flat)[0] == strips.pad + 30 - margin
    assert np.flatnonzero(~flat)[-1] == strips.pad + 69 + margin
    nothing = Ground(dataclasses.replace(strips, usable=np.zeros_like(usable)), places)
    assert nothing.image(np.zeros((2, len(nothing)))).shape == strips.light.shape


def test_terms_of_one_half_octave_and_kind_scatter_alike(lanes: Lanes) -> None:
    numbers = [0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 11, 12, 16, 17, 22, 23]
    assert _scale(np.array(numbers)).tolist() == [0, 1, 3, 5, 5, 6, 7, 7, 7, 8, 8, 9, 9, 10, 10, 11]
    _, _, ground = lanes
    kinds = [0, 1, 2, 3, 3, 4, 4, 4, 4, 5, 6, 7, 8, 9]
    scale = _scale(ground.along)
    for a in range(len(ground)):
        for b in range(len(ground)):
            alike = scale[a] == scale[b] and kinds[ground.across[a]] == kinds[ground.across[b]]
            assert (ground.group[a] == ground.group[b]) == alike
    orders = [0, 1, 2, 3, 3, 4, 4, 4, 4, 1, 2, 3, 3, 3]
    np.testing.assert_allclose(ground.order, [s / 2 + orders[j] for s, j in zip(scale, ground.across, strict=True)])


def test_products_of_terms_are_those_of_their_images(lanes: Lanes, design: np.ndarray) -> None:
    strips, _, ground = lanes
    weight = np.random.default_rng(1).uniform(0.0, 2.0, strips.light.shape)
    expected = np.einsum("ilrk,lrk,jlrk->lij", design, weight, design, optimize=True)
    np.testing.assert_allclose(ground.gram(weight), expected, atol=1e-9 * np.abs(expected).max())


def test_products_of_terms_with_a_picture_are_those_of_their_images(lanes: Lanes, design: np.ndarray) -> None:
    strips, _, ground = lanes
    image = np.random.default_rng(2).normal(size=strips.light.shape)
    expected = np.einsum("ilrk,lrk->li", design, image)
    np.testing.assert_allclose(ground.project(image), expected, atol=1e-9)


def test_products_of_terms_with_windows_are_those_of_their_images(lanes: Lanes, design: np.ndarray) -> None:
    strips, places, ground = lanes
    images = np.random.default_rng(3).normal(size=(4, 5, places.tall, len(strips.cols)))
    cut = np.array([places.cut(image) for image in design])
    expected = np.einsum("ibrk,bprk->bpi", cut, images)
    np.testing.assert_allclose(ground.project_windows(images), expected, atol=1e-9)


def test_an_image_is_the_sum_of_its_terms(lanes: Lanes, design: np.ndarray) -> None:
    _, _, ground = lanes
    coefficients = np.random.default_rng(4).normal(size=(2, len(ground)))
    np.testing.assert_allclose(ground.image(coefficients), np.einsum("ln,nlrk->lrk", coefficients, design))


def test_haze_is_half_at_the_bands_ends_full_between_and_none_beyond() -> None:
    rows: list[Row] = [(1, "a", 50, 60.5)]
    blot = Blot("one", np.random.default_rng(3).normal(500.0, 5.0, (100, 120)), bright=True)
    strips, places = cut_strips(blot, bands_table(rows, half=12.0))
    edge = strips.cols[-3]
    ground = Ground(strips, dataclasses.replace(places, half=np.array([edge])))
    flat = ground.along == 0
    haze, difference = (ground.image((flat & (ground.across == j))[None] * 1.0)[0, strips.pad] for j in (9, 10))
    np.testing.assert_allclose(haze[[2, -3]], 0.5, atol=1e-4)
    np.testing.assert_allclose(difference[[2, -3]], [-0.5, 0.5], atol=1e-4)
    middle = len(strips.cols) // 2
    assert haze[middle] == pytest.approx(1.0, abs=1e-4)
    assert difference[middle] == pytest.approx(0.0, abs=1e-6)
    np.testing.assert_allclose(haze[[0, -1]], 0.0, atol=0.05)


def test_a_basis_of_some_terms_gives_what_these_terms_give_among_all(lanes: Lanes) -> None:
    strips, places, ground = lanes
    rng = np.random.default_rng(8)
    kept = (ground.along < 6) & (rng.uniform(size=len(ground)) < 0.6) | (np.arange(len(ground)) == 0)
    less = ground.only(kept)
    assert len(less) == kept.sum() < len(ground)
    assert less.top == ground.along[kept].max() < ground.top
    weight, image = rng.uniform(0, 1, strips.light.shape), rng.normal(size=strips.light.shape)
    np.testing.assert_allclose(less.gram(weight), ground.gram(weight)[:, kept][:, :, kept], rtol=1e-9, atol=1e-9)
    np.testing.assert_allclose(less.project(image), ground.project(image)[:, kept], rtol=1e-9, atol=1e-9)
    windows = places.cut(image)[:, None]
    products = ground.project_windows(windows)[..., kept]
    np.testing.assert_allclose(less.project_windows(windows), products, rtol=1e-9, atol=1e-9)
    some = rng.normal(size=(len(weight), len(less)))
    every = np.zeros((len(weight), len(ground)))
    every[:, kept] = some
    np.testing.assert_allclose(less.image(some), ground.image(every), rtol=1e-9, atol=1e-9)
    assert len(np.unique(less.group)) == less.group.max() + 1
    same = ground.group[kept][:, None] == ground.group[kept]
    np.testing.assert_array_equal(less.group[:, None] == less.group, same)
