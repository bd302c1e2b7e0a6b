"""What a run leaves behind: values as JSON knows them, and every file whole or not at all."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

from blotquant.batch.output import OURS
from blotquant.errors import OutputError
from blotquant.files import BOOK, PAGE, RUN, plain_value, write_whole


def test_plain_values_are_those_of_json_and_null_is_what_is_not_finite() -> None:
    given = {"a": np.float64("nan"), "b": (np.int64(3), float("inf"), -np.inf), "c": Path("x/y"), "d": True, 5: None}
    assert plain_value(given) == {"a": None, "b": [3, None, None], "c": "x/y", "d": True, "5": None}


@pytest.mark.parametrize(
    ("value", "plain"),
    [
        (np.array([[1, 2], [3, 4]]), [[1, 2], [3, 4]]),
        (np.array(2.5), 2.5),
        (np.bool_(False), False),
        ({"b", "a"}, ["a", "b"]),
        (range(2), [0, 1]),
        (1 + 2j, "(1+2j)"),
        (b"bytes", "b'bytes'"),
    ],
)
def test_what_json_does_not_know_becomes_a_list_a_number_or_a_text(value: object, plain: object) -> None:
    found = plain_value(value)
    assert found == plain
    assert json.loads(json.dumps(found)) == plain


def test_a_file_is_written_whole_under_its_name_and_nothing_is_left_beside_it(tmp_path: Path) -> None:
    write_whole(tmp_path / "new" / RUN, [b"a", b"b"])
    assert (tmp_path / "new" / RUN).read_bytes() == b"ab"
    assert [path.name for path in (tmp_path / "new").iterdir()] == [RUN]
    (tmp_path / "file").write_bytes(b"")
    with pytest.raises(OutputError, match=r"cannot be written .*; make room or choose another folder"):
        write_whole(tmp_path / "file" / RUN, b"a")


def test_force_takes_away_what_a_run_writes() -> None:
    assert {RUN, BOOK, PAGE, "lanes.csv"} <= set(OURS)
    assert len(set(OURS)) == len(OURS)
