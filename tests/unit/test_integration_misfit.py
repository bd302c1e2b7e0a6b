"""Misfit: its table, what it learns from planted residuals, and which cells are distrusted."""

from __future__ import annotations

import numpy as np
import pytest

from blotquant.integration.misfit import Misfit, _spread_out, kept_cores, trust

MIDDLES = np.array([0.35, 1.1, 1.85, 2.6, 3.35, 4.1, 5.0, 6.25, 8.5])


def test_an_end_may_be_wrong_by_a_cell_on_both_sides() -> None:
    across = np.array([[[0.0, 0.0, 0.3, 1.2, 0.9, 0.0, 0.0]]])
    assert _spread_out(across).tolist() == [[[0.0, 0.3, 1.0, 1.0, 1.0, 0.9, 0.0]]]
    assert across[0, 0, 3] == 1.2


def test_misfit_starts_at_six_percent_of_the_height_and_falls() -> None:
    start = Misfit.at_start(5)
    expected = [0.06 * np.exp(-((t / 1.4) ** 2) / 2) + 0.001 * np.exp(-((t / 4) ** 2) / 2) for t in MIDDLES]
    np.testing.assert_allclose(start.profile, expected)
    assert start.scale.tolist() == [1.0] * 5


def test_variance_is_the_square_of_the_profiles_share_of_the_height() -> None:
    misfit = Misfit(np.geomspace(0.1, 1e-4, 9), np.array([1.0, 3.0]))
    along = np.array([0.0, 0.2, -1.1, 1.1, 1.475, 5.0, -8.5, 9.9, 10.1, -30.0])[None, :, None]
    across = np.array([0.0, 0.5, 0.2])
    found = misfit.variance(np.tile(along, (2, 1, 3)), np.tile(across, (2, 10, 1)), np.array([10.0, 200.0]))
    p = misfit.profile
    share = np.array([p[0], p[0], p[1], p[1], np.sqrt(p[1] * p[2]), p[6], p[8], p[8], 0.0, 0.0])
    for band, height in enumerate((10.0, 200.0)):
        np.testing.assert_allclose(np.sqrt(found[band]), height * share[:, None] * [0.5, 0.5, 0.5], rtol=0.03)
    assert found.shape == (2, 10, 3)
    table = misfit.variance(np.linspace(0, 11, 3001)[None, :, None], np.ones((1, 3001, 1)), np.ones(1))[0, :, 0]
    assert (np.diff(table) <= 0).all()
    steps = np.linspace(0, 11, 3001)
    exact = np.exp(2 * np.interp(steps, MIDDLES, np.log(p)))
    np.testing.assert_allclose(table[steps < 9.9], exact[steps < 9.9], rtol=0.04)
    np.testing.assert_array_equal(table[steps > 10.0], 0.0)
    assert table[np.argmin(np.abs(steps - 9.98))] > 0


Planted = tuple[np.ndarray, np.ndarray, np.ndarray, tuple[np.ndarray, np.ndarray], np.ndarray]


def planted(profile: np.ndarray, scale: np.ndarray, height: np.ndarray, noise_sd: float) -> Planted:
    """Residuals of bands that misfit by a stepped profile, their noise, misfit at the start, places and heights."""
    rng = np.random.default_rng(4)
    shape = (len(scale), 161, 31)
    along = np.broadcast_to(np.linspace(-10, 10, 161)[None, :, None], shape)
    across = np.broadcast_to(np.where(np.abs(np.arange(31) - 15) < 12, 1.0, 0.0), shape)
    edges = np.array([0.7, 1.5, 2.2, 3.0, 3.7, 4.5, 5.5, 7.0])
    sd = (scale * height)[:, None, None] * profile[np.digitize(np.abs(along), edges)] * across
    residual = rng.normal(size=shape) * np.hypot(sd, noise_sd)
    own = Misfit.at_start(len(scale)).variance(along, across, height)
    return residual, np.full(shape, noise_sd**2), own, (along, across), height


def test_a_planted_profile_and_the_bands_factors_are_learnt() -> None:
    profile = np.array([0.08, 0.05, 0.03, 0.02, 0.01, 0.006, 0.003, 0.0015, 0.0007])
    scale = np.array([0.5, 1.0, 1.0, 1.0, 3.0])
    residual, noise, own, places, height = planted(profile, scale, np.array([1e3, 2e3, 3e3, 4e3, 5e3]), 0.02)
    misfit = Misfit.at_start(5)
    # what is rejected, or noise for certain, teaches nothing
    clean = np.ones(residual.shape, bool)
    residual[:, 40:44], clean[:, 40:44] = 1e6, False
    for _ in range(4):
        own = misfit.variance(*places, height * misfit.scale)
        misfit = misfit.learn(residual, noise, own, places, height, clean)
    np.testing.assert_allclose(misfit.scale, scale, rtol=0.12)
    np.testing.assert_allclose(misfit.profile / 1.15, profile, rtol=0.06)


def test_noise_is_taken_off_before_misfit_is_told() -> None:
    profile = np.array([0.05, 0.05, 0.03, 0.03, 0.01, 0.01, 0.005, 0.002, 0.001])
    residual, noise, own, places, height = planted(profile, np.ones(12), np.full(12, 1000.0), 30.0)
    misfit = Misfit.at_start(12)
    for _ in range(6):
        misfit = misfit.learn(residual, noise, own, places, height, np.ones(residual.shape, bool))
    np.testing.assert_allclose(misfit.profile[:4] / 1.15, profile[:4], rtol=0.2)


def test_misfit_has_bounds_never_rises_outwards_and_falls_by_two_thirds_at_most() -> None:
    residual, noise, own, places, height = planted(np.ones(9), np.ones(3), np.full(3, 1e3), 1.0)
    clean = np.ones(residual.shape, bool)
    start = Misfit.at_start(3)
    worst = start
    for _ in range(10):
        worst = worst.learn(1e3 * residual, noise, own, places, height, clean)
    bound = [0.25 * np.exp(-((t / 1.7) ** 2) / 2) + 0.01 * np.exp(-((t / 5) ** 2) / 2) for t in MIDDLES]
    np.testing.assert_allclose(worst.profile, 1.15 * np.array(bound))
    calm = start.learn(0 * residual, noise, own, places, height, clean)
    least = [3e-3, 2e-3, 1e-3, 5e-4, 3e-4, 2e-4, 1e-4, 5e-5, 1e-5]
    np.testing.assert_allclose(calm.profile, 1.15 * np.maximum(0.3 * start.profile, least))
    for _ in range(10):
        calm = calm.learn(0 * residual, noise, own, places, height, clean)
    np.testing.assert_allclose(calm.profile, 1.15 * np.array(least))
    rising, noise, own, places, height = planted(np.linspace(0.001, 0.02, 9), np.ones(3), np.full(3, 1e3), 0.01)
    found = start.learn(rising, noise, own, places, height, clean)
    assert (np.diff(found.profile) <= 0).all()


def test_factors_have_bounds_and_their_median_is_one() -> None:
    scale = np.array([1e-3, 1.0, 1.0, 1.0, 300.0])
    residual, noise, _, places, height = planted(Misfit.at_start(1).profile, scale, np.full(5, 1e5), 1e-2)
    own = Misfit.at_start(5).variance(*places, height)
    found = Misfit.at_start(5).learn(residual, noise, own, places, height, np.ones(residual.shape, bool))
    assert np.median(found.scale) == pytest.approx(1.0)
    assert found.scale[4] / found.scale[0] == pytest.approx(10.0 / 0.15, rel=1e-6)


def test_a_band_whose_misfit_drowns_in_noise_or_that_is_hardly_seen_has_no_factor_of_its_own() -> None:
    height = np.array([1e4, 1e4, 1e4, 0.1])
    residual, noise, own, places, height = planted(
        Misfit.at_start(1).profile, np.array([1.0, 1.0, 2.0, 1.0]), height, 1.0
    )
    clean = np.ones(residual.shape, bool)
    clean[2] = False
    clean[2, 80, 4:27] = True
    found = Misfit.at_start(4).learn(residual, noise, own, places, height, clean)
    assert found.scale[2] == 1.0  # 23 cells
    assert found.scale[3] == 1.0
    assert found.scale[0] != 1.0
    clean[2, 81, 4:27] = True
    assert Misfit.at_start(4).learn(residual, noise, own, places, height, clean).scale[2] > 1.4  # 46 cells


def test_weight_falls_beyond_three_deviations_and_ends_at_six() -> None:
    deviation = np.array([[[0.0, -2.9, 3.0, -4.0, 6.0, 6.01, -12.0, 100.0]]])
    no = np.zeros(deviation.shape, bool)
    np.testing.assert_allclose(trust(deviation, no)[0, 0], [1, 1, 1, 0.75, 0.5, 0, 0, 0])
    np.testing.assert_allclose(trust(deviation, ~no)[0, 0], [1, 1, 1, 0.75, 0.5, 3 / 6.01, 0.25, 0.2])


def test_cells_beside_a_speck_are_its_edge_where_they_are_bright() -> None:
    deviation = np.full((2, 5, 5), 1.5)
    deviation[0, 2, 2], deviation[1, 2, 2] = 11.0, 9.0
    deviation[0, 1, 2] = 0.5  # above it no brighter than it should be
    kept = np.zeros(deviation.shape, bool)
    kept[0, 3, 2] = True  # below it lies a core of which too much would go
    weight = trust(deviation, kept)
    assert sorted(zip(*np.nonzero(weight[0] == 0), strict=True)) == [(2, 1), (2, 2), (2, 3)]
    assert list(zip(*np.nonzero(weight[1] == 0), strict=True)) == [(2, 2)]
    deviation[0, 2, 2] = -11.0  # a hole has a rim
    np.testing.assert_array_equal(trust(deviation, kept)[0], weight[0])


def cores_kept(gone: int, residual: float = 10.0, deviation: float = 7.0) -> np.ndarray:
    """One band of height 100 with a core of 10 cells of which so many deviate; two cells lie beside the core."""
    core = np.arange(12).reshape(1, 3, 4) < 10
    off = np.arange(12).reshape(1, 3, 4) < gone
    return kept_cores(np.where(off, residual, 1.0), np.where(off, deviation, 0.0), core, np.array([100.0])).ravel()


def test_a_core_of_which_more_than_three_tenths_deviate_is_kept() -> None:
    assert not cores_kept(3).any()
    assert cores_kept(4).tolist() == [True] * 10 + [False] * 2
    assert cores_kept(4, deviation=-7.0).sum() == 10
    assert not cores_kept(4, deviation=6.0).any()


def test_what_lies_further_off_than_half_the_height_is_no_matter_of_shape() -> None:
    for side in (1, -1):
        assert cores_kept(4, residual=side * 49.0).sum() == 10
        assert cores_kept(4, residual=side * 50.0).tolist() == [False] * 4 + [True] * 6 + [False] * 2


def test_a_window_without_a_core_keeps_nothing_and_bands_are_judged_one_by_one() -> None:
    core = np.ones((2, 3, 4), bool)
    core[0] = False
    deviation = np.full((2, 3, 4), 9.0)
    kept = kept_cores(np.ones((2, 3, 4)), deviation, core, np.array([50.0, -50.0]))
    assert not kept[0].any()
    assert kept[1].all()
