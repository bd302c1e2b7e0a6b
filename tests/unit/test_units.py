"""Dose units: recognised in the spellings of the field, converted within one dimension."""

from __future__ import annotations

from itertools import product

import pytest
from hypothesis import given
from hypothesis import strategies as st

from blotquant.errors import TableError
from blotquant.units import UNITS, canonical_unit, conversion_factor

units = st.sampled_from(sorted(UNITS))


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        ("nM", "nM"),
        (" nM ", "nM"),
        ("uM", "µM"),
        ("μM", "µM"),  # Greek mu
        ("µM", "µM"),  # micro sign
        ("M", "M"),
        ("ug/ml", "µg/mL"),
        ("ng/ul", "ng/µL"),
        ("mg/l", "mg/L"),
        ("ng / mL", "ng/mL"),
    ],
)
def test_spellings_of_one_unit_are_one_unit(written: str, meant: str) -> None:
    assert canonical_unit(written) == meant


@pytest.mark.parametrize("written", ["nm", "mg", "%", "", "nMolar", "M/L"])
def test_an_unknown_unit_is_an_error_that_says_what_to_write(written: str) -> None:
    with pytest.raises(TableError, match=r"is not known; write pM, nM, µM"):
        canonical_unit(written)


@pytest.mark.parametrize(
    ("unit", "into", "factor"),
    [("uM", "nM", 1e3), ("pM", "nM", 1e-3), ("M", "mM", 1e3), ("ng/mL", "µg/L", 1.0), ("mg/mL", "g/L", 1.0)],
)
def test_factors_that_are_known_by_hand(unit: str, into: str, factor: float) -> None:
    assert conversion_factor(unit, into) == pytest.approx(factor, rel=1e-12)


def test_moles_and_masses_are_not_converted_into_each_other() -> None:
    with pytest.raises(TableError, match="use one kind of unit"):
        conversion_factor("nM", "ng/mL")


@pytest.mark.parametrize(
    ("unit", "into"), [pair for pair in product(UNITS, UNITS) if len({UNITS[u][0] for u in pair}) == 1]
)
def test_there_and_back_is_one(unit: str, into: str) -> None:
    assert conversion_factor(unit, into) * conversion_factor(into, unit) == pytest.approx(1.0, rel=1e-12)


@given(units)
def test_the_standard_spelling_stays_as_it_is(unit: str) -> None:
    assert canonical_unit(unit) == unit
