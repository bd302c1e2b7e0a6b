"""One engine for many pieces of work: serial, a pool of processes or a Dask cluster, the same results from each.

Work is a function of one task. It runs under any `concurrent.futures.Executor`; what goes wrong in one task is an
`Outcome` with a `Failure` and does not stop the rest. A worker that dies (killed, out of memory) costs nothing that was
done: the tasks it may have died of are tried once more, each alone, and only the guilty one is reported.
"""

from __future__ import annotations

import dataclasses
import functools
import itertools
from collections.abc import Callable, Generator, Iterable
from concurrent.futures import FIRST_COMPLETED, BrokenExecutor, CancelledError, Future, wait
from typing import Any, Generic, TypeVar

from ..errors import BlotquantError, Failure
from .outcomes import Outcome, attempt, value_of
from .workers import Place, Pool

__all__ = ["Outcome", "Pool", "run", "value_of"]

Task = TypeVar("Task")
Value = TypeVar("Value")
_Flying = Future[Outcome[Task, Any]]


class _Feed(Generic[Task]):
    """Tasks taken one by one, as workers fall free; true while there are more. One that was not handed out stays."""

    def __init__(self, tasks: Iterable[Task]) -> None:
        self._rest = iter(tasks)
        self._next: list[Task] = []

    def __bool__(self) -> bool:
        if not self._next:
            self._next += itertools.islice(self._rest, 1)
        return bool(self._next)

    def hand_to(self, submit: Callable[[Task], _Flying[Task]]) -> tuple[_Flying[Task], Task]:
        """Submit the next task; where that fails it stays the next one."""
        future = submit(self._next[0])
        return future, self._next.pop()


def _out_of_memory(outcome: Outcome[Any, Any]) -> bool:
    return outcome.failure is not None and outcome.failure.kind == MemoryError.__name__


def _drain(
    submit: Callable[[Task], _Flying[Task]], feed: _Feed[Task], place: Place
) -> Generator[Outcome[Task, Any], None, list[Task]]:
    """Hand out tasks and yield what comes back; return those to be tried alone: a worker may have died of them."""
    flying: dict[_Flying[Task], Task] = {}
    suspects: list[Task] = []
    try:
        while flying or feed:
            while len(flying) < place.ahead and feed:
                future, task = feed.hand_to(submit)
                flying[future] = task
            for future in wait(flying, return_when=FIRST_COMPLETED).done:
                trouble = future.exception()
                if isinstance(trouble, BrokenExecutor):
                    raise trouble
                task = flying.pop(future)
                # attempt() lets nothing through, so the way there or back was the trouble; memory others may have taken
                if trouble is not None or (place.ahead > 1 and _out_of_memory(future.result())):
                    suspects.append(task)
                else:
                    yield dataclasses.replace(future.result(), task=task)
    except BrokenExecutor:
        return [*suspects, *flying.values()]
    except CancelledError as error:
        text = "the cluster went away in the middle of the work; what is done is kept, go on with --resume"
        raise BlotquantError(text) from error
    finally:
        for future in flying:
            future.cancel()
    return suspects


def _far(work: Callable[[Task], Value], task: Task, seconds: float) -> Outcome[Any, Value]:
    """Do a task; its way back is lighter without the task itself."""
    came: Outcome[Any, Value] = attempt(work, task, seconds)
    return dataclasses.replace(came, task=None)


def _alone(work: Callable[[Task], Value], task: Task, seconds: float) -> Outcome[Task, Value]:
    """Try a task once more in a process of its own."""
    with Pool(1).spawn() as executor:
        future = executor.submit(_far, work, task, seconds)
        trouble = future.exception()
        if trouble is None:
            return dataclasses.replace(future.result(), task=task)
    text = f"its worker died, also when tried alone ({trouble}); if memory ran out, crop the picture or give more"
    return Outcome(task, failure=Failure("WorkerDied", text))


def run(
    work: Callable[[Task], Value], tasks: Iterable[Task], *, pool: Pool | None = None, time_limit_s: float = 600.0
) -> Generator[Outcome[Task, Value], None, None]:
    """Do every task and yield its outcome as it comes, in no particular order.

    Parameters
    ----------
    work : callable
        A function of a module (workers import it) of one task.
    tasks : iterable
        What to work on, taken one by one as workers fall free; each must pickle.
    pool : Pool, optional
        Where to work; left out, here and one after the other.
    time_limit_s : float
        A task that takes longer is given up [s].

    Yields
    ------
    Outcome
        One for each task.

    Raises
    ------
    SettingsError
        A cluster is asked for that cannot be had.
    BlotquantError
        The cluster went away.
    """
    where, feed = pool or Pool(), _Feed(tasks)
    while feed:
        with where.open() as place:
            submit = functools.partial(place.executor.submit, _far, work, seconds=time_limit_s)
            suspects = yield from _drain(submit, feed, place)
        for task in suspects:
            yield _alone(work, task, time_limit_s)
