"""Words for roles and controls: one list each, and every word of a list can be reached."""

from __future__ import annotations

import ast
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from blotquant import roles
from blotquant.conditions import label, maximum_control, minimum_control, stimulus_of
from blotquant.report.wording import condition_text
from blotquant.roles import MEASURED_ROLES, NO_ACTIVITY, NO_STIMULUS, ROLES, SAMPLE_ROLES, UNUSED_ROLES, VEHICLES
from blotquant.study.names import lane_role

SOURCES = Path(roles.__file__).parent


def lanes(*treatments: str, stimulus: str = "IL-6") -> pd.DataFrame:
    table = pd.DataFrame({"treatment": treatments, "stimulus": stimulus, "dose": np.nan, "role": "sample", "flags": ""})
    return table.assign(role=[lane_role(each) or "sample" for each in treatments])


@pytest.mark.parametrize("word", NO_STIMULUS)
def test_a_word_for_no_stimulus_is_none_to_controls_and_in_the_name_of_a_condition(word: str) -> None:
    row = {"stimulus": word.upper(), "treatment": "vehicle"}
    assert label(row) == "vehicle"
    assert condition_text(row) == "vehicle"
    assert stimulus_of(pd.DataFrame([row])).tolist() == [""]


def test_where_nothing_else_is_known_the_word_stands() -> None:
    assert label({"stimulus": "none", "treatment": ""}) == condition_text({"stimulus": "none"}) == "none"
    assert label({"stimulus": "IL-6", "treatment": "vehicle"}) == "IL-6 + vehicle"


@pytest.mark.parametrize("word", NO_ACTIVITY)
def test_every_name_of_no_activity_is_found_in_a_lane_sheet(word: str) -> None:
    assert minimum_control(lanes("drug", word)).tolist() == [False, True]


@pytest.mark.parametrize("word", VEHICLES)
def test_every_name_of_a_vehicle_is_found_in_a_lane_sheet(word: str) -> None:
    assert maximum_control(lanes("drug", word)).tolist() == [False, True]


def test_roles_part_into_those_that_are_measured_and_those_that_are_not() -> None:
    assert sorted(ROLES) == sorted([*MEASURED_ROLES, *UNUSED_ROLES])
    assert set(SAMPLE_ROLES) < set(MEASURED_ROLES)


def test_no_other_file_lists_roles_or_words_for_controls() -> None:
    known = {frozenset(each) for each in (ROLES, MEASURED_ROLES, UNUSED_ROLES, SAMPLE_ROLES)}
    words = {*VEHICLES, *NO_STIMULUS, *NO_ACTIVITY} - {""}
    found = []
    for path in SOURCES.rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Tuple | ast.List | ast.Set) and path.name != "roles.py":
                texts = {item.value for item in node.elts if isinstance(item, ast.Constant)}
                if frozenset(texts) in known or len(texts & words) > 3:
                    found.append(f"{path.name}:{node.lineno}")
    assert found == []
