"""The calm copy of a picture: hot pixels gone, offsets cancelled, made once, and the same however it is come by."""

from __future__ import annotations

import numpy as np
import pytest

from blotquant.blot import Blot
from blotquant.calm import Calm, calmed, hand_on


def noisy(rows: int = 40, cols: int = 60) -> np.ndarray:
    return np.random.default_rng(5).normal(1000.0, 10.0, (rows, cols))


def test_a_single_hot_pixel_is_gone_and_counts_are_told_above_the_median() -> None:
    pixels = np.full((20, 30), 500.0)
    pixels[8, 9] = 60000.0
    calm = calmed(Blot("a", pixels))
    assert calm.middle == 500.0
    assert calm.shape == (20, 30)
    assert (calm.full == 0).all()


def test_an_offset_cancels_also_where_half_the_bytes_could_not_hold_it() -> None:
    one, other = calmed(Blot("a", noisy())), calmed(Blot("b", noisy() + 2.0**24))
    assert other.middle - one.middle == pytest.approx(2.0**24)
    np.testing.assert_allclose(other.full, one.full, atol=1e-4)


def test_the_calm_copy_of_a_blot_is_made_once_and_may_be_handed_on() -> None:
    blot, other = Blot("a", noisy()), Blot("b", noisy())
    assert calmed(blot) is calmed(blot)
    assert hand_on(calmed(blot), other) is other
    assert calmed(other) is calmed(blot)


def test_what_is_averaged_keeps_its_mean_and_is_the_same_in_a_mirror() -> None:
    pixels = noisy(64, 128)
    calm, mirrored = (calmed(Blot(name, each)) for name, each in (("a", pixels), ("b", pixels[:, ::-1])))
    small = calm.averaged(16, 32)
    assert small.shape == (16, 32)
    assert float(small.mean()) == pytest.approx(float(calm.full.mean()), abs=1e-3)
    np.testing.assert_allclose(mirrored.averaged(16, 32)[:, ::-1], small, atol=1e-4)
    assert calm.averaged(64, 128) is calm.full


def test_a_copy_of_at_most_a_side_says_how_many_pixels_are_one() -> None:
    small, factor = calmed(Blot("a", noisy(40, 60))).at_most(30)
    assert (small.shape, factor) == ((20, 30), 2.0)
    whole, factor = calmed(Blot("b", noisy(40, 60))).at_most(100)
    assert (whole.shape, factor) == ((40, 60), 1.0)


def test_the_inverted_and_the_cropped_copy_are_those_of_inverted_and_cropped_pixels() -> None:
    pixels = noisy()
    calm = Calm.of(pixels, float(np.median(pixels)))
    other = calm.inverted(65535.0)
    turned = Calm.of(65535.0 - pixels, 65535.0 - calm.middle)
    assert other.middle == turned.middle
    np.testing.assert_allclose(other.full, turned.full, atol=1e-3)
    part = calm.cropped((5, 30, 10, 50))
    assert part.middle == calm.middle
    np.testing.assert_array_equal(part.full, calm.full[5:30, 10:50])
