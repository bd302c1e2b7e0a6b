"""``inspect`` and ``readers``: what a file is, who reads it, and what to worry about."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import tifffile

from blotquant.readers import READERS
from tests.cli.conftest import Run


def test_inspect_says_what_is_seen_and_goes_on_after_a_broken_file(pictures: Path, run: Run) -> None:
    code, out, err = run("inspect", pictures)

    assert code == 1
    assert [line for line in out.splitlines() if not line.startswith(" ")] == ["day1/blot.tif", "day2/blot.tif"]
    assert "220 × 420 px, read by tiff" in out
    assert err.count("\n") == 1
    assert "broken.tif" in err


def test_inspect_says_first_what_it_is_then_what_is_good_then_what_to_worry_about(tmp_path: Path, run: Run) -> None:
    from blotquant.synthetic import simulate_blot

    path = simulate_blot(tmp_path, n_lanes=6, shape=(220, 420), effects=["8-bit"])
    _, out, _ = run("inspect", path)
    words = [line.split()[0] for line in out.splitlines()[1:]]
    kinds = [{"good:": 1, "worry:": 2, "doubt:": 3}.get(word, 0) for word in words]

    assert kinds == sorted(kinds)
    assert set(kinds) == {0, 1, 2, 3}
    assert " lanes are seen" in out


def test_inspect_says_that_a_blank_picture_has_no_lanes(tmp_path: Path, run: Run) -> None:
    tifffile.imwrite(tmp_path / "a.tif", np.random.default_rng(0).normal(500, 9, (200, 300)).astype(np.uint16))
    _, out, _ = run("inspect", tmp_path / "a.tif")

    assert "worry: no lanes found" in out


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
