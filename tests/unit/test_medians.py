"""Medians that are quicker than NumPy's."""

from __future__ import annotations

import numpy as np
import pytest

from blotquant.medians import median


@pytest.mark.parametrize("shape", [(1,), (2,), (3,), (100,), (101,), (7, 9), (4, 5, 6)])
def test_the_median_is_that_of_numpy_whatever_the_number_of_values(shape: tuple[int, ...]) -> None:
    values = np.random.default_rng(5).normal(size=shape)
    before = values.copy()
    assert median(values) == np.median(values)
    np.testing.assert_array_equal(values, before)


def test_equal_values_are_their_own_median() -> None:
    assert median(np.full(12, 0.1)) == 0.1
