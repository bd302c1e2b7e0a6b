"""The folder for what comes out: never overwritten unasked, never shared by two runs."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from blotquant.batch.output import claimed
from blotquant.errors import OutputError, OutputExistsError


def test_a_new_folder_is_made_with_its_parents_and_left_without_a_lock(tmp_path: Path) -> None:
    with claimed(tmp_path / "a" / "out") as folder:
        (folder / "lanes.csv").write_text("x")

    assert [path.name for path in (tmp_path / "a" / "out").iterdir()] == ["lanes.csv"]


def test_an_empty_folder_may_be_used(tmp_path: Path) -> None:
    with claimed(tmp_path) as folder:
        assert folder == tmp_path


def test_a_folder_with_something_in_it_is_refused_and_stays_as_it_was(tmp_path: Path) -> None:
    (tmp_path / "run.json").write_text("old")

    with (
        pytest.raises(OutputExistsError, match="--force to start anew, or --resume to go on"),
        claimed(tmp_path, resume=False),
    ):
        pass

    assert (tmp_path / "run.json").read_text() == "old"


def test_a_file_in_the_folder_s_place_is_refused(tmp_path: Path) -> None:
    (tmp_path / "out").write_text("")

    with pytest.raises(OutputExistsError, match="is a file"), claimed(tmp_path / "out", force=True):
        pass


def test_starting_anew_takes_away_what_a_run_wrote_and_nothing_else(tmp_path: Path) -> None:
    (tmp_path / "figures" / "blots").mkdir(parents=True)
    for name in ("lanes.csv", "run.json", "figures/blots/a.png", "my_notes.txt", "photo.tif"):
        (tmp_path / name).write_text("x")

    with claimed(tmp_path, force=True):
        pass

    assert sorted(path.name for path in tmp_path.iterdir()) == ["my_notes.txt", "photo.tif"]


def test_starting_anew_does_not_follow_a_link_out_of_the_folder(tmp_path: Path) -> None:
    elsewhere, out = tmp_path / "elsewhere", tmp_path / "out"
    elsewhere.mkdir()
    out.mkdir()
    (elsewhere / "precious.tif").write_text("x")
    (out / "figures").symlink_to(elsewhere)

    with claimed(out, force=True):
        pass

    assert (elsewhere / "precious.tif").exists()
    assert not (out / "figures").exists()


def test_going_on_keeps_what_is_there(tmp_path: Path) -> None:
    (tmp_path / "lanes.csv").write_text("x")

    with claimed(tmp_path, resume=True):
        assert (tmp_path / "lanes.csv").exists()


def test_two_runs_on_one_folder_refuse_each_other(tmp_path: Path) -> None:
    with claimed(tmp_path / "out") as out:
        for options in ({}, {"resume": True}, {"force": True}):
            with pytest.raises(OutputError, match="another run is writing here"), claimed(out, **options):
                pass
        (out / "lanes.csv").write_text("x")
    with claimed(out, resume=True):
        assert (out / "lanes.csv").exists()


def test_a_killed_run_leaves_no_lock_behind(tmp_path: Path) -> None:
    code = (
        "import os, sys; from pathlib import Path; from blotquant.batch.output import claimed\n"
        "with claimed(Path(sys.argv[1])): os.kill(os.getpid(), 9)"
    )
    done = subprocess.run([sys.executable, "-c", code, str(tmp_path)], check=False, cwd=Path.cwd(), timeout=60)
    assert done.returncode == -9

    with claimed(tmp_path):
        assert [path.name for path in tmp_path.iterdir()] == [".lock"]
    assert list(tmp_path.iterdir()) == []


def test_half_files_of_a_killed_run_are_swept_and_nothing_else(tmp_path: Path) -> None:
    (tmp_path / ".parts" / "ab").mkdir(parents=True)
    for name in (
        ".lanes.csv.4711.part",
        ".parts/ab/.abcd.zip.12.part",
        ".mine.part",
        "lanes.csv",
        ".parts/ab/abcd.zip",
    ):
        (tmp_path / name).write_text("x")

    with claimed(tmp_path, resume=True):
        pass

    left = sorted(path.relative_to(tmp_path).as_posix() for path in tmp_path.rglob("*") if path.is_file())
    assert left == [".mine.part", ".parts/ab/abcd.zip", "lanes.csv"]
