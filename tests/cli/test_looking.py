"""``inspect`` and ``readers``: what a file is, who reads it, and what to worry about."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import tifffile
from PIL import Image

from blotquant.readers import READERS
from blotquant.tables import read_csv
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

    path = simulate_blot(tmp_path, n_lanes=6, shape=(220, 420), effects=["8-bit", "saturated"])
    _, out, _ = run("inspect", path)
    words = [line.split()[0] for line in out.splitlines()[1:]]
    kinds = [{"good:": 1, "worry:": 2, "doubt:": 3, "wrong:": 3}.get(word, 0) for word in words]

    assert kinds == sorted(kinds)
    assert {0, 1, 3} <= set(kinds)
    assert " lanes are seen" in out
    assert out.count("grey levels") == 1
    assert "wrong: saturated: " in out


def spots(path: Path) -> Path:
    """Write a dot blot whose strongest dots stand on a plateau below what the file can hold."""
    y, x = np.mgrid[:200, :300]
    counts = np.random.default_rng(3).normal(800, 12, (200, 300))
    for number in range(15):
        away = np.hypot(y - 50 - 50 * (number // 5), x - 40 - 55 * (number % 5))
        counts += 9000.0 * (1 + number) * np.exp(-0.5 * (away / 7.0) ** 2)
    tifffile.imwrite(path, np.minimum(counts, 60123).round().astype(np.uint16))
    return path


def test_a_plateau_below_full_scale_is_flagged_also_where_the_picture_is_refused(tmp_path: Path, run: Run) -> None:
    path = spots(tmp_path / "dots.tif")
    code, found, _ = run("inspect", path, "--json")
    (image,) = found["images"]
    lanes = next(row for row in image["quality"] if row["measure"] == "lanes")

    assert (code, lanes["value"]) == (0, 0)
    assert [(flag["flag"], flag["severity"]) for flag in image["flags"]] == [("saturated", "wrong")]
    assert run("inspect", path, "--strict")[0] == 3
    code, _, err = run("measure", path, "-o", tmp_path / "out")
    assert code == 1
    assert "a dot blot, not a lane blot" in err
    assert "pixels stand at 60123, where the detector clips" in err
    assert "60123" in (tmp_path / "out" / "run.json").read_text()
    assert (tmp_path / "out" / "bands.csv").read_text().count("\n") == 1


def test_strips_of_a_figure_are_inspected_with_the_lanes_that_measuring_gives_them(tmp_path: Path, run: Run) -> None:
    path = two_strips(tmp_path / "figure.png")
    _, found, _ = run("inspect", path, "--json")
    seen = {
        image["image"]: next(row["value"] for row in image["quality"] if row["measure"] == "lanes")
        for image in found["images"]
    }
    assert run("measure", path, "-o", tmp_path / "out", "--set", "report.figures=false")[0] == 0
    lanes = read_csv(tmp_path / "out" / "lanes.csv", "lanes").groupby("image")["lane"].nunique()

    assert seen == lanes.to_dict() == {"figure.png@1": 7, "figure.png@2": 7}


def two_strips(path: Path) -> Path:
    """Write a figure of two strips; of the second's seven bands only one is left."""
    page = np.full((220, 360), 255.0)
    y, x = np.mgrid[:220, :360]
    for top, shown in ((30, range(7)), (120, (3,))):
        page[top : top + 60, 40:320] = 200.0
        for lane in shown:
            away = ((y - top - 30) / 5.0) ** 2 + (np.abs(x - 70 - 37 * lane) / 12.0) ** 6
            page -= 150.0 * np.exp(-0.5 * away)
    noisy = page + np.random.default_rng(1).normal(0, 1.5, page.shape) * (page < 250)
    Image.fromarray(noisy.clip(0, 255).round().astype(np.uint8)).save(path)
    return path


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
