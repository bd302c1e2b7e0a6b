"""The engine: one failure does not stop the rest, and every executor gives the same."""

from __future__ import annotations

import itertools
import multiprocessing
import os
import subprocess
import sys
import time
import warnings
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import cv2
import pytest

from blotquant.batch.engine import Outcome, Pool, run
from blotquant.batch.outcomes import _keep_freed_memory, attempt
from blotquant.errors import QualityWarning, ReadError, SettingsError, TableError


def half(number: int) -> int:
    """Work for the tests; odd numbers go wrong, each in its own way."""
    if number == 1:
        raise ReadError("1: not an image; open it with another reader")
    if number == 3:
        raise ZeroDivisionError("division by zero")
    if number == 5:
        raise TableError("5: no such column")
    if number == 7:
        raise MemoryError
    if number == 9:
        raise OSError(28, "No space left on device", "x.tif")
    return number // 2


def doubtful(number: int) -> int:
    for _ in range(2):
        warnings.warn(f"{number} looks odd", QualityWarning, stacklevel=1)
    return number


def sleep(seconds: float) -> float:
    time.sleep(seconds)
    return seconds


def die_once_or_always(task: tuple[str, str]) -> str:
    """Kill the worker: always for ``always``; for a path, only when no earlier try left a trace there."""
    name, trace = task
    if name == "always":
        os._exit(1)
    if name == "once" and not Path(trace).exists():
        Path(trace).write_text("tried")
        os._exit(1)
    return name


def fill_memory(trace: str) -> str:
    """Find no memory at the first try; the second try finds enough."""
    if trace and not Path(trace).exists():
        Path(trace).write_text("tried")
        raise MemoryError
    return trace


def hold_everything(steps: int) -> int:
    """Count in compiled code that lets nothing else of the process run, no alarm clock either."""
    return sum(itertools.repeat(1, steps))


def write_and_sleep(folder: str) -> None:
    Path(folder, str(os.getpid())).write_text("")
    time.sleep(60)


def by_task(outcomes: list[Outcome]) -> dict:
    return {outcome.task: outcome for outcome in outcomes}


@pytest.mark.parametrize("pool", [None, Pool(2)], ids=["serial", "two processes"])
def test_one_failure_does_not_stop_the_rest(pool: Pool | None) -> None:
    found = by_task(list(run(half, range(12), pool=pool)))

    assert {task for task, outcome in found.items() if outcome.failure} == {1, 3, 5, 7, 9}
    assert {task: o.value for task, o in found.items() if not o.failure} == {0: 0, 2: 1, 4: 2, 6: 3, 8: 4, 10: 5, 11: 5}


@pytest.mark.parametrize(
    ("task", "kind", "words", "code"),
    [
        (1, "ReadError", "1: not an image; open it with another reader", 1),
        (3, "ZeroDivisionError", "a mistake in blotquant", 1),
        (5, "TableError", "5: no such column", 2),
        (7, "MemoryError", "not enough memory", 1),
        (9, "OSError", "No space left on device", 1),
    ],
)
def test_a_failure_says_what_and_where_and_keeps_its_trace(task: int, kind: str, words: str, code: int) -> None:
    failure = next(run(half, [task])).failure

    assert failure is not None
    assert (failure.kind, failure.exit_code) == (kind, code)
    assert words in failure.message
    assert "in half" in failure.trace


def test_doubts_come_back_once_each_and_are_not_shown_by_the_worker() -> None:
    outcome = next(run(doubtful, [4]))

    assert outcome.warnings == ("4 looks odd",)
    assert outcome.value == 4
    assert outcome.seconds > 0


def test_a_task_that_hangs_is_given_up_and_the_next_one_runs() -> None:
    first, second = run(sleep, [30.0, 0.0], time_limit_s=0.2)

    assert first.failure is not None
    assert "gave up after 0.2 s" in first.failure.message
    assert first.seconds < 5
    assert second.value == 0.0


def test_a_task_that_hangs_in_a_thread_of_a_worker_is_given_up_with_the_same_words() -> None:
    with ThreadPoolExecutor(1) as threads:
        hung = threads.submit(attempt, sleep, 1.0, 0.1).result()
        fine = threads.submit(attempt, half, 4, 5.0).result()
        wrong = threads.submit(attempt, half, 1, 5.0).result()

    assert hung.failure is not None
    assert hung.failure.message == next(run(sleep, [1.0], time_limit_s=0.1)).failure.message
    # While lines are traced, CPython 3.11 comes no further than the start of a call as long as an exception sent to it
    # waits in a thread that sleeps; 3.12 and 3.13 go on, and so does 3.11 where nothing traces.
    if sys.version_info >= (3, 12) or sys.gettrace() is None:
        assert hung.seconds < 0.9
    assert fine.value == 2
    assert wrong.failure is not None
    assert wrong.failure.kind == "ReadError"


@pytest.mark.slow
def test_a_task_that_never_leaves_compiled_code_is_reported_and_the_rest_is_done() -> None:
    found = by_task(list(run(hold_everything, [10**12, 1, 2], pool=Pool(2), time_limit_s=1.0)))

    assert found[10**12].failure is not None
    assert found[10**12].failure.kind == "WorkerDied"
    assert (found[1].value, found[2].value) == (1, 2)


def test_tasks_are_taken_as_workers_fall_free_and_not_before() -> None:
    taken = []

    def tasks() -> Iterator[int]:
        for number in range(0, 2000, 2):
            taken.append(number)
            yield number

    most = 0
    for done, _ in enumerate(run(half, tasks(), pool=Pool(2)), start=1):
        most = max(most, len(taken) - done)

    assert len(taken) == 1000
    assert most <= 2 * 4 + 1


def test_a_task_without_memory_is_tried_once_more_alone_and_then_reported(tmp_path: Path) -> None:
    tasks = [str(tmp_path / "first"), *map(str, range(2)), ""]
    for name in tasks[1:3]:
        (tmp_path / name).write_text("")
    tasks[1:3] = [str(tmp_path / name) for name in tasks[1:3]]

    assert sorted(str(outcome.value) for outcome in run(fill_memory, tasks, pool=Pool(2))) == sorted(tasks)
    assert next(run(half, [7])).failure.kind == "MemoryError"
    assert {o.task: o.failure is not None for o in run(half, [7, 8], pool=Pool(2))} == {7: True, 8: False}


@pytest.mark.skipif(os.name == "nt", reason="kill -9 is of POSIX")
def test_workers_end_when_their_parent_is_killed(tmp_path: Path) -> None:
    code = (
        "import sys; from blotquant.batch.engine import Pool, run\n"
        "from tests.unit.test_batch_engine import write_and_sleep\n"
        "if __name__ == '__main__': list(run(write_and_sleep, [sys.argv[1]] * 2, pool=Pool(2)))"
    )
    parent = subprocess.Popen([sys.executable, "-c", code, str(tmp_path)], cwd=Path(__file__).parents[2])
    wait_until(lambda: len(list(tmp_path.iterdir())) == 2)
    parent.kill()
    parent.wait()

    workers = [int(path.name) for path in tmp_path.iterdir()]
    wait_until(lambda: not any(is_running(worker) for worker in workers))
    assert parent.returncode == -9


def wait_until(condition: Callable[[], bool], seconds: float = 60.0) -> None:
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end, "it did not come to that in time"
        time.sleep(0.05)


def is_running(number: int) -> bool:
    """Tell whether a process runs; one that has ended and waits for its parent does not."""
    try:
        return Path(f"/proc/{number}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return False


def test_breaking_off_does_not_wait_for_what_workers_are_doing(tmp_path: Path) -> None:
    outcomes = run(die_slowly, [("quick", ""), ("slow", str(tmp_path)), ("slow", str(tmp_path))], pool=Pool(2))
    next(outcomes)
    start = time.monotonic()
    outcomes.close()

    assert time.monotonic() - start < 20


def die_slowly(task: tuple[str, str]) -> str:
    if task[0] == "slow":
        time.sleep(60)
    return task[0]


def threads_of(number: int) -> tuple[set[str | None], int]:
    return {os.environ.get(name) for name in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS")}, cv2.getNumThreads()


def test_a_worker_s_libraries_have_one_thread_each(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OMP_NUM_THREADS", "2")

    assert [outcome.value for outcome in run(threads_of, [1, 2], pool=Pool(2))] == [({"1"}, 1)] * 2


def who_works(number: int) -> tuple[int, int, bool]:
    return os.getpid(), len(list(Path(f"/proc/{os.getppid()}/task").iterdir())), "blotquant.integration" in sys.modules


@pytest.mark.skipif(sys.platform != "linux", reason="elsewhere every worker starts anew")
def test_workers_are_copies_of_a_server_without_threads_that_has_loaded_what_measuring_needs() -> None:
    workers = {outcome.value for outcome in run(who_works, range(20), pool=Pool(2))}

    assert {threads for _, threads, _ in workers} == {1}
    assert all(loaded for *_, loaded in workers)
    assert len(multiprocessing.active_children()) == 0


def test_results_come_as_they_are_done_and_not_at_the_end() -> None:
    outcomes = run(half, iter(range(0, 10_000, 2)))

    assert next(outcomes).value == 0


def test_a_dead_worker_costs_only_the_task_that_killed_it() -> None:
    tasks = [("always", ""), *[(str(n), "") for n in range(6)]]

    found = by_task(list(run(die_once_or_always, tasks, pool=Pool(2))))

    assert len(found) == len(tasks)
    assert {task[0] for task, outcome in found.items() if outcome.failure} == {"always"}
    assert "its worker died, also when tried alone" in found[("always", "")].failure.message


def test_a_task_whose_worker_was_killed_from_outside_is_done_after_all(tmp_path: Path) -> None:
    tasks = [("once", str(tmp_path / "trace")), *[(str(n), "") for n in range(6)]]

    outcomes = list(run(die_once_or_always, tasks, pool=Pool(2)))

    assert sorted(outcome.value for outcome in outcomes) == sorted(task[0] for task in tasks)


def test_a_cluster_without_dask_or_a_scheduler_is_refused_in_one_line() -> None:
    with pytest.raises(SettingsError, match=r"--cluster"):
        next(run(half, [2], pool=Pool(cluster="not an address")))


def test_what_a_picture_frees_is_kept_by_the_c_library_once_for_all(monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[tuple[int, int]] = []

    class Library:
        def __init__(self, name: None) -> None:
            self.mallopt = lambda option, size: asked.append((option, size))

    monkeypatch.setattr("ctypes.CDLL", Library)
    _keep_freed_memory.cache_clear()
    for _ in range(2):
        assert attempt(lambda task: task + 1, 1, 10.0).value == 2
    assert asked == [(-1, 128 << 20), (-2, 64 << 20), (-3, 32 << 20)]
    monkeypatch.setattr("ctypes.CDLL", lambda name: object())  # a library that knows no such option
    _keep_freed_memory.cache_clear()
    assert attempt(lambda task: task + 1, 1, 10.0).value == 2
