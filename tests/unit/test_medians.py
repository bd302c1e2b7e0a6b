"""Medians that are quicker than NumPy's."""

from __future__ import annotations

import numpy as np
import pytest

from blotquant.medians import median, medians_of_rows


@pytest.mark.parametrize("shape", [(1,), (2,), (3,), (100,), (101,), (7, 9), (4, 5, 6)])
def test_the_median_is_that_of_numpy_whatever_the_number_of_values(shape: tuple[int, ...]) -> None:
    values = np.random.default_rng(5).normal(size=shape)
    before = values.copy()
    assert median(values) == np.median(values)
    np.testing.assert_array_equal(values, before)


def test_equal_values_are_their_own_median() -> None:
    assert median(np.full(12, 0.1)) == 0.1


@pytest.mark.parametrize("cols", [1, 2, 5, 8])
def test_medians_of_rows_are_those_of_numpy(cols: int) -> None:
    values = np.random.default_rng(6).normal(size=(4, cols))
    np.testing.assert_array_equal(medians_of_rows(values), np.median(values, axis=1))
