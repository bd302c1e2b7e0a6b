"""Settings: each has a default that passes its own check, and a wrong one is refused by name."""

from __future__ import annotations

import dataclasses
from typing import Any

import pytest

from blotquant.errors import SettingsError
from blotquant.settings import Settings, describe, from_mapping, override


def test_the_defaults_pass_their_own_checks() -> None:
    assert from_mapping(Settings().as_dict()) == Settings()


def test_every_setting_is_described_with_a_sentence() -> None:
    described = describe()

    assert {f"{each.section}.{each.name}" for each in described} == {
        f"{section}.{name}" for section, values in Settings().as_dict().items() for name in values
    }
    assert [each.name for each in described if not each.meaning.endswith(".")] == []
    assert all(each.default in each.choices for each in described if each.choices)


def test_every_setting_says_what_it_may_be_where_its_kind_does_not() -> None:
    allowed = {f"{each.section}.{each.name}": each.allowed for each in describe()}

    assert allowed["dose_response.model"] == "3pl, 4pl, 5pl"
    assert allowed["comparison.level"] == "0.5 to 0.999"
    assert allowed["orientation.mirror"] == ""
    numbers = [each for each in describe() if type(each.default) in (int, float)]
    assert all(each.low is not None and each.high is not None for each in numbers)
    assert all(each.low <= each.default <= each.high for each in numbers)


def test_settings_cannot_be_changed_in_place() -> None:
    with pytest.raises(dataclasses.FrozenInstanceError):
        Settings().lanes.n_lanes = 3


@pytest.mark.parametrize(
    ("text", "section", "name", "value"),
    [
        ("dose_response.model=3pl", "dose_response", "model", "3pl"),
        ("lanes.n_lanes=12", "lanes", "n_lanes", 12),
        ("lanes.n_lanes=none", "lanes", "n_lanes", None),
        ("bands.min_score=4", "bands", "min_score", 4.0),
        ("orientation.mirror=yes", "orientation", "mirror", True),
        ("matching.force=false", "matching", "force", False),
        (" comparison.level = 0.9 ", "comparison", "level", 0.9),
        ("integration.background=line", "integration", "background", "line"),
    ],
)
def test_a_setting_given_as_text_becomes_its_kind(text: str, section: str, name: str, value: Any) -> None:
    settings = override(Settings(), [text])

    found = getattr(getattr(settings, section), name)
    assert found == value
    assert type(found) is type(value)


def test_what_is_not_named_keeps_its_value_and_the_last_word_counts() -> None:
    base = from_mapping({"lanes": {"n_lanes": 9}})

    changed = override(base, ["dose_response.model=3pl", "dose_response.model=5pl"])

    assert changed.lanes.n_lanes == 9
    assert changed.dose_response.model == "5pl"
    assert base.dose_response.model == "4pl"


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("model=3pl", "write it as section.name=value"),
        ("dose_response.model", "write it as section.name=value"),
        ("dose.model=3pl", "section 'dose' is unknown"),
        ("dose_response.modell=3pl", "did you mean 'model'"),
        ("dose_response.model=2pl", "must be one of 3pl, 4pl, 5pl"),
        ("bands.min_score=much", "must be float"),
        ("bands.min_score=1", "must lie between 2 and 100"),
        ("bands.min_score=nan", "must lie between"),
        ("lanes.n_lanes=2.5", "must be int"),
        ("orientation.mirror=perhaps", "must be bool"),
    ],
)
def test_a_wrong_setting_is_refused_with_what_is_allowed(text: str, message: str) -> None:
    with pytest.raises(SettingsError, match=message):
        override(Settings(), [text])


@pytest.mark.parametrize(
    ("values", "message"),
    [
        ({"lanes": 3}, r"write it as \[lanes\] with name = value"),
        ({"lanes": {"n_lanes": True}}, "must be int"),
        ({"comparison": {"min_replicates": 3.5}}, "must be int"),
        ({"report": {"figures": 1}}, "must be bool"),
    ],
)
def test_a_file_with_a_value_of_the_wrong_kind_is_refused(values: dict[str, Any], message: str) -> None:
    with pytest.raises(SettingsError, match=message):
        from_mapping(values)
