"""What a setting may be is what the family behind it has: a new member cannot be forgotten in the settings."""

from __future__ import annotations

import re
from collections.abc import Iterable

import pytest

from blotquant.background import BACKGROUNDS
from blotquant.comparison import METHODS
from blotquant.dose_response import _CHOICES as FITS
from blotquant.normalisation import ACROSS
from blotquant.normalisation.folds import _BLOCKS as WITHIN
from blotquant.pipeline.sensitivity import OTHER_BACKGROUNDS
from blotquant.report.dividing import _MODES as IN_WORDS
from blotquant.settings import describe
from blotquant.tables import FORMS, INPUTS, MODES, POLARITIES

CHOICES = {f"{each.section}.{each.name}": each.choices for each in describe()}
FAMILIES: dict[str, Iterable[str]] = {
    "orientation.polarity": POLARITIES,
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


@pytest.mark.parametrize(("column", "known"), [("form", FORMS), ("mode", MODES), ("polarity", POLARITIES)])
def test_the_meaning_of_a_column_names_each_word_that_it_may_hold(column: str, known: tuple[str, ...]) -> None:
    (meaning,) = (each.meaning for each in INPUTS["images"].columns if each.name == column)
    assert [word for word in known if not re.search(rf"\b{word}\b", meaning)] == []


def test_every_way_images_may_have_come_about_has_words_in_the_methods_section() -> None:
    assert tuple(IN_WORDS) == MODES
