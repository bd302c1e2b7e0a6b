"""What a setting may be is what the family behind it has: a new member cannot be forgotten in the settings."""

from __future__ import annotations

from collections.abc import Iterable

import pytest

from blotquant.background import BACKGROUNDS
from blotquant.comparison import METHODS
from blotquant.dose_response import _CHOICES as FITS
from blotquant.normalisation import ACROSS
from blotquant.normalisation.folds import _BLOCKS as WITHIN
from blotquant.pipeline.sensitivity import OTHER_BACKGROUNDS
from blotquant.settings import describe

CHOICES = {f"{section}.{name}": choices for section, name, _, _, choices in describe()}
FAMILIES: dict[str, Iterable[str]] = {
    "normalisation.across": ACROSS,
    "normalisation.within": WITHIN,
    "comparison.method": METHODS,
    **{f"dose_response.{name}": FITS[name] for name in ("model", "weights", "interval", "se", "ic50")},
}


@pytest.mark.parametrize("setting", FAMILIES)
def test_a_setting_may_be_each_member_of_its_family_and_nothing_else(setting: str) -> None:
    assert sorted(CHOICES[setting]) == sorted(FAMILIES[setting])


def test_every_setting_of_a_fit_is_among_those_compared() -> None:
    assert {name for name in CHOICES if name.startswith("dose_response.")} <= set(FAMILIES)


def test_what_is_quantified_again_under_other_backgrounds_is_of_the_family() -> None:
    assert set(OTHER_BACKGROUNDS) <= set(BACKGROUNDS)
