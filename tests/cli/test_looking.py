"""``inspect`` and ``readers``: what a file is, who reads it, and what to worry about."""

from __future__ import annotations

from pathlib import Path

import pytest

from blotquant.readers import READERS
from tests.cli.conftest import Run


def test_inspect_says_what_is_seen_and_goes_on_after_a_broken_file(pictures: Path, run: Run) -> None:
    code, out, err = run("inspect", pictures)

    assert code == 1
    assert [line for line in out.splitlines() if not line.startswith(" ")] == ["day1/blot.tif", "day2/blot.tif"]
    assert "220 × 420 px, read by tiff" in out
    assert err.count("\n") == 1
    assert "broken.tif" in err


def test_inspect_tells_programs_the_same(pictures: Path, run: Run) -> None:
    code, found, _ = run("inspect", pictures / "day1", "--json")

    (image,) = found["images"]
    assert code == found["exit_code"] == 0
    assert image["image"] == "blot.tif"
    assert {"size", "depth", "saturated", "polarity"} <= {row["measure"] for row in image["quality"]}
    assert image["flags"] == []


@pytest.mark.parametrize(("effect", "flag"), [("8-bit", "eight_bit"), ("jpeg", "lossy")])
def test_inspect_worries_and_strict_makes_it_count(effect: str, flag: str, tmp_path: Path, run: Run) -> None:
    from blotquant.synthetic import simulate_blot

    path = simulate_blot(
        tmp_path, n_lanes=6, shape=(220, 420), effects=[effect], name="blot.jpg" if effect == "jpeg" else "blot.tif"
    )

    assert f"doubt: {flag}: " in run("inspect", path)[1]
    assert run("inspect", path)[0] == 0
    assert run("inspect", path, "--strict")[0] == 3


def test_readers_lists_every_format(run: Run) -> None:
    code, out, _ = run("readers")

    assert code == 0
    assert [line.split()[0] for line in out.splitlines()] == list(READERS)


def test_readers_says_who_takes_a_file_and_why_the_others_do_not(pictures: Path, run: Run) -> None:
    code, found, _ = run("readers", pictures / "day1" / "blot.tif", "--json")

    assert code == 0
    assert [row["reader"] for row in found["readers"] if row["takes"]] == ["tiff"]
    assert all(row["reason"] for row in found["readers"])


def test_readers_of_a_file_that_is_not_there_is_an_error_that_names_it(tmp_path: Path, run: Run) -> None:
    code, out, err = run("readers", tmp_path / "gone.tif")

    assert (code, out) == (1, "")
    assert "gone.tif: there is no such file" in err
