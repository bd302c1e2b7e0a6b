"""The engine: one failure does not stop the rest, and every executor gives the same."""

from __future__ import annotations

import os
import time
import warnings
from pathlib import Path

import pytest

from blotquant.batch.engine import Outcome, Pool, run
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
