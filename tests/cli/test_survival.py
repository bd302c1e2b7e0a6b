"""A batch loses nothing and gives the same bytes: serial, two jobs, Dask; killed, interrupted, hanging, out of disk."""

from __future__ import annotations

import contextlib
import json
import multiprocessing
import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from blotquant.batch.output import claimed
from blotquant.cli import main
from blotquant.cli.console import Console
from blotquant.synthetic import simulate_blot
from blotquant.tables import read_csv
from tests.cli.conftest import Run

ROOT = Path(__file__).parents[2]
LIMIT = ("--set", "batch.time_limit_s=6")
GOOD = ("a", "b", "c", "d")
pytestmark = pytest.mark.skipif(os.name == "nt", reason="signals and pipes of POSIX")


@pytest.fixture(autouse=True)
def quick_page(monkeypatch: pytest.MonkeyPatch) -> None:
    """Write a page without drawing it; the tests of the report draw it."""

    def write(result: object, path: Path) -> Path:
        path.write_text("page")
        return path

    monkeypatch.setattr("blotquant.batch.writing.write_report", write)


@pytest.fixture(scope="module")
def mixed(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """Make a folder with four good pictures, five broken ones, and one that hangs whoever opens it."""
    folder = tmp_path_factory.mktemp("mixed")
    for seed, name in enumerate(GOOD):
        simulate_blot(folder, level="clean", seed=seed, n_lanes=5, n_rows=1, shape=(150, 320), name=f"{name}.tif")
        for truth in folder.glob("truth_*"):
            truth.unlink()
    whole = (folder / "a.tif").read_bytes()
    (folder / "broken1.tif").write_bytes(whole[: len(whole) // 2])
    (folder / "broken2.tif").write_bytes(b"")
    (folder / "broken3.tif").write_text("not a picture")
    (folder / "broken4.png").write_bytes(b"\x89PNG\r\n\x1a\n" + bytes(40))
    (folder / "broken5.jpg").write_bytes(whole[:8])
    os.mkfifo(folder / "hangs.tif")
    yield folder
    (folder / "hangs.tif").unlink()


@pytest.fixture(scope="module")
def good(mixed: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("good")
    for name in GOOD:
        shutil.copy(mixed / f"{name}.tif", folder)
    return folder


@pytest.fixture(scope="module")
def of_mixed(mixed: Path, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    """Measure everything in this process."""
    out = tmp_path_factory.mktemp("serial") / "out"
    assert main(["measure", str(mixed), "-o", str(out), "--quiet", *LIMIT]) == 1
    return told(out)


@pytest.fixture(scope="module")
def of_good(good: Path, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    out = tmp_path_factory.mktemp("serial") / "out"
    assert main(["measure", str(good), "-o", str(out), "--quiet"]) == 0
    return told(out)


def told(out: Path) -> dict[str, Any]:
    """Everything a run tells that no date or place is part of: tables byte by byte, failures, hashes."""
    record = json.loads((out / "run.json").read_text())
    kept = {name: record[name] for name in ("failures", "inputs", "geometry", "warnings", "study", "settings")}
    return {**{path.name: path.read_bytes() for path in sorted(out.glob("*.csv"))}, **kept}


@contextlib.contextmanager
def dask(workers: int = 2) -> Iterator[Any]:
    distributed = pytest.importorskip("distributed", reason="needs the extra `cluster`")
    options = {"n_workers": workers, "threads_per_worker": 1, "dashboard_address": None, "silence_logs": 50}
    with distributed.LocalCluster(**options) as cluster:
        yield cluster


def start(*words: object) -> subprocess.Popen[str]:
    """Start a run that rests after each picture, so that it is met before its end on any machine."""
    code = (
        # what a shell starts in the background ignores Ctrl-C, and so do its children
        "import signal, sys, time\nsignal.signal(signal.SIGINT, signal.default_int_handler)\n"
        "from blotquant.cli import main\nfrom blotquant.cli.console import Console\n"
        "Console.detail = lambda self, text: time.sleep(0.5)\n"
        "if __name__ == '__main__': sys.exit(main(sys.argv[1:]))"
    )
    command = [sys.executable, "-c", code, *map(str, words)]
    return subprocess.Popen(command, cwd=ROOT, stderr=subprocess.PIPE, stdout=subprocess.DEVNULL, text=True)


def wait_until(condition: Callable[[], object], seconds: float = 90.0) -> None:
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end, "it did not come to that in time"
        time.sleep(0.02)


def parts(out: Path) -> dict[str, int]:
    return {path.name: path.stat().st_mtime_ns for path in out.glob(".parts/*/*.zip")}


def on_first_done(monkeypatch: pytest.MonkeyPatch, act: Callable[[], None]) -> None:
    """Let something happen once, when the first image is done."""
    waiting = [act]

    def detail(self: Console, text: str) -> None:
        while waiting:
            waiting.pop()()

    monkeypatch.setattr(Console, "detail", detail)


def test_all_good_pictures_are_measured_and_each_other_one_is_named(of_mixed: dict[str, Any]) -> None:
    failed = {each["name"]: each["kind"] for each in of_mixed["failures"]}

    assert sorted(of_mixed["inputs"]) == [f"{name}.tif" for name in GOOD]
    assert failed.pop("hangs.tif") == "TimeoutError"
    assert failed == dict.fromkeys(
        ["broken1.tif", "broken2.tif", "broken3.tif", "broken4.png", "broken5.jpg"], "ReadError"
    )


def test_two_jobs_give_the_same_bytes(mixed: Path, of_mixed: dict[str, Any], tmp_path: Path, run: Run) -> None:
    assert run("measure", mixed, "-o", tmp_path / "out", "-j", "2", *LIMIT)[0] == 1

    assert told(tmp_path / "out") == of_mixed


@pytest.mark.filterwarnings("ignore")  # those of Dask are its own
def test_a_dask_cluster_at_an_address_gives_the_same_bytes(
    mixed: Path, of_mixed: dict[str, Any], tmp_path: Path, run: Run
) -> None:
    with dask() as cluster:
        address = cluster.scheduler_address
        assert address.startswith("tcp://")
        assert run("measure", mixed, "-o", tmp_path / "out", "--cluster", address, *LIMIT)[0] == 1

    assert told(tmp_path / "out") == of_mixed


@pytest.mark.slow
@pytest.mark.filterwarnings("ignore")  # those of Dask are its own
def test_a_dask_cluster_that_is_started_for_the_run_gives_the_same_bytes(
    mixed: Path, of_mixed: dict[str, Any], tmp_path: Path, run: Run
) -> None:
    pytest.importorskip("distributed", reason="needs the extra `cluster`")

    assert run("measure", mixed, "-o", tmp_path / "out", "-j", "2", "--cluster", "local", *LIMIT)[0] == 1

    assert told(tmp_path / "out") == of_mixed


@pytest.mark.parametrize("jobs", ["1", "2"])
def test_a_run_whose_parent_was_killed_goes_on_and_does_nothing_twice(
    jobs: str, good: Path, of_good: dict[str, Any], tmp_path: Path, run: Run
) -> None:
    out = tmp_path / "out"
    process = start("measure", good, "-o", out, "-j", jobs)
    wait_until(lambda: len(parts(out)) >= 2 or process.poll() is not None)
    process.kill()
    process.communicate()
    assert process.returncode == -signal.SIGKILL
    assert not (out / "run.json").exists()
    before = parts(out)

    assert run("measure", good, "-o", out, "--resume", "-j", jobs)[0] == 0

    assert told(out) == of_good
    assert before.items() <= parts(out).items()
    assert not list(out.rglob(".*.part"))


def test_a_worker_that_is_killed_costs_nothing(
    good: Path, of_good: dict[str, Any], tmp_path: Path, run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    killed = []

    def kill() -> None:
        worker = multiprocessing.active_children()[0]
        killed.append(worker.pid)
        worker.kill()

    on_first_done(monkeypatch, kill)

    assert run("measure", good, "-o", tmp_path / "out", "-j", "2")[0] == 0
    assert len(killed) == 1
    assert told(tmp_path / "out") == of_good


@pytest.mark.filterwarnings("ignore")  # those of Dask are its own
def test_a_cluster_s_worker_that_is_killed_costs_nothing(
    good: Path, of_good: dict[str, Any], tmp_path: Path, run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    killed = []
    with dask() as cluster:

        def kill() -> None:
            killed.append(cluster.workers[0].pid)
            os.kill(killed[0], signal.SIGKILL)

        on_first_done(monkeypatch, kill)
        assert run("measure", good, "-o", tmp_path / "out", "--cluster", cluster.scheduler_address)[0] == 0

    assert len(killed) == 1
    assert told(tmp_path / "out") == of_good


@pytest.mark.parametrize("jobs", ["1", "2"])
def test_ctrl_c_ends_orderly_with_130_and_the_run_can_go_on(
    jobs: str, good: Path, of_good: dict[str, Any], tmp_path: Path, run: Run
) -> None:
    out = tmp_path / "out"
    process = start("measure", good, "-o", out, "-j", jobs)
    wait_until(lambda: parts(out) or process.poll() is not None)
    process.send_signal(signal.SIGINT)
    _, err = process.communicate(timeout=30)

    assert process.returncode == 130
    assert err.splitlines()[-1] == "error: interrupted; what is done is kept, go on with --resume"
    assert err.count("\n") == 1
    assert not (out / ".lock").exists()
    assert [json.loads(line)["event"] for line in (out / "log.jsonl").read_text().splitlines()][-1] == "stopped"

    assert run("measure", good, "-o", out, "--resume")[0] == 0
    assert told(out) == of_good


def test_a_folder_that_a_run_holds_is_refused_to_a_second_one(good: Path, tmp_path: Path, run: Run) -> None:
    with claimed(tmp_path / "out"):
        for words in ((), ("--resume",), ("--force",)):
            code, _, err = run("measure", good, "-o", tmp_path / "out", *words)
            assert code == 1
            assert "another run is writing here" in err


def test_one_picture_under_two_names_is_two_images_with_the_same_numbers(good: Path, tmp_path: Path, run: Run) -> None:
    for name in ("one.tif", "two.tif"):
        (tmp_path / "in").mkdir(exist_ok=True)
        shutil.copy(good / "a.tif", tmp_path / "in" / name)

    assert run("measure", tmp_path / "in", "-o", tmp_path / "out", "-j", "2")[0] == 0

    bands = read_csv(tmp_path / "out" / "bands.csv", "bands")
    one, two = (
        bands[bands["image"] == name].drop(columns="image").reset_index(drop=True) for name in bands["image"].unique()
    )
    assert one.equals(two)
    assert len(one) == 5


@contextlib.contextmanager
def small_disk(folder: Path, size: str) -> Iterator[Path]:
    """Mount a disk of memory of a given size."""
    folder.mkdir()
    mount = ["mount", "-t", "tmpfs", "-o", f"size={size}", "tmpfs", str(folder)]
    try:
        done = subprocess.run(mount, capture_output=True, text=True, check=False)
    except OSError as error:
        pytest.skip(f"no small disk can be mounted: {error}")
    if done.returncode:
        pytest.skip(f"no small disk can be mounted: {done.stderr.strip()}")
    try:
        yield folder
    finally:
        subprocess.run(["umount", "-l", str(folder)], check=True)


def check_whole(out: Path, expected: dict[str, Any]) -> None:
    """Check that each file that is there is whole, and that none says that the run ended."""
    for path in (path for path in out.rglob("*") if path.is_file() and path.name != "log.jsonl"):
        data = path.read_bytes()
        if path.suffix == ".zip":
            assert data[-22:-18] == b"PK\x05\x06"
        elif path.suffix == ".parquet":
            assert data[-4:] == b"PAR1"
        elif path.suffix == ".png":
            assert data[-8:-4] == b"IEND"
        else:
            assert data == expected[path.name], f"{path.name} is not what it should be"


@pytest.mark.parametrize(("jobs", "left_kb"), [("1", 100), ("2", 40)], ids=["at the tables", "at a part"])
def test_a_full_disk_ends_in_one_clear_error_without_a_half_file_and_the_run_goes_on_after_room_is_made(
    jobs: str, left_kb: int, good: Path, of_good: dict[str, Any], tmp_path: Path, run: Run
) -> None:
    with small_disk(tmp_path / "disk", "2m") as disk:
        ballast = disk / "ballast"
        ballast.write_bytes(bytes((2 << 20) - (left_kb << 10)))

        code, out, err = run("measure", good, "-o", disk / "out", "-j", jobs)

        assert (code, out) == (1, "")
        assert err.count("\n") == 1
        assert "No space left on device" in err
        assert "go on with --resume" in err
        check_whole(disk / "out", of_good)

        ballast.unlink()
        assert run("measure", good, "-o", disk / "out", "--resume", "-j", jobs)[0] == 0
        assert told(disk / "out") == of_good


def test_a_disk_that_is_full_when_the_tables_are_written_is_told_the_same_way(
    good: Path, of_good: dict[str, Any], tmp_path: Path, run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    with small_disk(tmp_path / "disk", "2m") as disk:
        from blotquant.batch import assembly

        write = assembly.write_book_and_page

        def fill_and_write(output: Path) -> Path:
            with contextlib.suppress(OSError), (disk / "ballast").open("wb", buffering=0) as ballast:
                while True:
                    ballast.write(bytes(4096))
            return write(output)

        with monkeypatch.context() as full:
            full.setattr(assembly, "write_book_and_page", fill_and_write)
            code, _, err = run("measure", good, "-o", disk / "out")
        assert code == 1
        assert err.count("\n") == 1
        assert "results.xlsx: cannot be written (No space left on device)" in err
        assert not (disk / "out" / "results.xlsx").exists()
        assert not list((disk / "out").rglob(".*.part"))

        (disk / "ballast").unlink()
        assert run("measure", good, "-o", disk / "out", "--resume")[0] == 0
        assert told(disk / "out") == of_good
