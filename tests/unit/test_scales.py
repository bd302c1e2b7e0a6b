"""The additive model on the log scale, with answers known by hand."""

from __future__ import annotations

import numpy as np
import pytest

from blotquant.errors import TableError
from blotquant.scales import align, islands


def test_membranes_that_share_conditions_hang_together() -> None:
    assert islands(["a", "b", "b", "c", "c"], ["m1", "m1", "m2", "m2", "m3"]) == [["m1", "m2", "m3"]]
    assert islands(["a", "b", "c"], ["m2", "m1", "m3"]) == [["m1"], ["m2"], ["m3"]]
    assert islands([], []) == []


def test_exact_values_give_the_scales_back() -> None:
    level, scale = {"a": 1.0, "b": 0.2, "c": 3.0}, {"m1": 1.0, "m2": 4.0, "m3": 0.25}
    places = [("a", "m1"), ("b", "m1"), ("b", "m2"), ("c", "m2"), ("a", "m3"), ("c", "m3"), ("c", "m1")]
    found = align(np.array([level[c] * scale[m] for c, m in places]), *zip(*places, strict=True))
    assert dict(zip(found.membranes, np.exp(found.ln_scale), strict=True)) == pytest.approx(scale)
    assert found.conditions == ("a", "b", "c")
    assert (found.dof, found.sigma) == (2, pytest.approx(0.0, abs=1e-12))


def test_the_errors_of_scales_are_those_of_the_analysis_of_variance() -> None:
    # complete two-way layout: a membrane's mean has sigma / sqrt(conditions), less the grand mean's share
    rng = np.random.default_rng(0)
    conditions, membranes = np.repeat(list("abcdef"), 4), np.tile(list("wxyz"), 6)
    found = align(np.exp(rng.normal(size=24)), list(conditions), list(membranes))
    assert found.dof == 24 - 9
    assert found.ln_se == pytest.approx(np.full(4, found.sigma * np.sqrt((1 - 1 / 4) / 6)))


def test_without_a_degree_of_freedom_there_is_no_error() -> None:
    found = align(np.array([1.0, 2.0]), ["a", "a"], ["m1", "m2"])
    assert np.exp(found.ln_scale) == pytest.approx([np.sqrt(0.5), np.sqrt(2)])
    assert np.isnan(found.ln_se).all()


def test_what_cannot_be_aligned_is_named() -> None:
    with pytest.raises(TableError, match=r"no condition is shared between m1, m2 \| m3"):
        align(np.ones(4), ["a", "a", "b", "c"], ["m1", "m2", "m3", "m3"])
    with pytest.raises(TableError, match="zero or less"):
        align(np.array([1.0, -1.0]), ["a", "a"], ["m1", "m2"])
