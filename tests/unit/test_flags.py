"""Flags: one bit each, explained once, written as names."""

from __future__ import annotations

import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from blotquant.errors import TableError
from blotquant.flags import ACTIONS, EXPLANATIONS, SEVERITY, Flag, add_flag, decode, encode, has_flag, merge

some_flags = st.sets(st.sampled_from(list(Flag))).map(lambda found: Flag(sum(found)))


def test_every_flag_is_explained_and_weighed() -> None:
    assert list(EXPLANATIONS) == list(Flag)
    assert list(SEVERITY) == list(Flag)
    assert set(SEVERITY.values()) == {"wrong", "doubt", "note"}
    assert all(text.endswith(".") for text in EXPLANATIONS.values())


@pytest.mark.parametrize("flag", Flag)
def test_every_flag_says_what_to_do(flag: Flag) -> None:
    assert EXPLANATIONS[flag].endswith(" " + ACTIONS[flag])
    assert len(ACTIONS[flag].split()) >= 3
    assert ACTIONS[flag].split()[0].rstrip(",") in VERBS


VERBS = {
    *("Count", "Do", "Export", "Expose", "Fill", "Image", "Load", "Look", "Measure", "Name", "Nothing", "Read"),
    *("Repeat", "Report", "Run", "Say", "See", "Show", "Take"),
}


def test_a_flag_is_one_bit() -> None:
    assert sum(Flag) == 2 ** len(Flag) - 1


@pytest.mark.parametrize(
    ("flag", "weight"),
    [
        (Flag.SATURATED, "wrong"),
        (Flag.BOTH_SATURATED, "wrong"),
        (Flag.NOT_PROPORTIONAL, "wrong"),
        (Flag.LOSSY, "doubt"),
        (Flag.BELOW_LOD, "note"),
        (Flag.FEW_REPLICATES, "note"),
    ],
)
def test_a_flag_weighs_what_it_does_to_the_number(flag: Flag, weight: str) -> None:
    assert SEVERITY[flag] == weight


def test_flags_are_written_worst_first() -> None:
    assert encode(Flag.EIGHT_BIT | Flag.EDGE | Flag.SATURATED) == "saturated;edge;eight_bit"
    assert encode(Flag(0)) == ""


@given(some_flags)
def test_flags_that_are_written_read_back_the_same(flags: Flag) -> None:
    assert decode(encode(flags)) == flags


def test_order_blanks_and_repeats_do_not_matter_when_reading() -> None:
    assert decode(" edge; saturated;;edge ") == Flag.SATURATED | Flag.EDGE


def test_an_unknown_flag_is_named_with_those_that_are_known() -> None:
    with pytest.raises(TableError, match=r"'saturation' is not known; known: saturated, hollow"):
        decode("saturation")


@given(st.lists(some_flags, max_size=4))
def test_rows_that_are_united_carry_the_flags_of_each(rows: list[Flag]) -> None:
    united = decode(merge(encode(flags) for flags in rows))

    assert all(flags & united == flags for flags in rows)
    assert encode(united).count(";") + bool(united) == united.bit_count()


def test_a_flag_is_added_where_the_mask_says_and_the_column_stays_as_it_was() -> None:
    column = pd.Series(["", "edge", "edge"])

    added = add_flag(column, [True, True, False], Flag.SATURATED)

    assert added.tolist() == ["saturated", "saturated;edge", "edge"]
    assert column.tolist() == ["", "edge", "edge"]


def test_one_truth_value_flags_every_row() -> None:
    assert add_flag(pd.Series(["", "edge"]), True, Flag.LOSSY).tolist() == ["lossy", "edge;lossy"]
    assert add_flag(pd.Series([], dtype=object), True, Flag.LOSSY).empty


def test_a_flag_is_found_by_its_whole_name_only() -> None:
    column = pd.Series(["both_saturated", "saturated;edge", ""])

    assert has_flag(column, Flag.SATURATED).tolist() == [False, True, False]
