"""One engine for many pieces of work: serial, a pool of processes or a Dask cluster, the same results from each.

Work is a function of one task. It runs under any `concurrent.futures.Executor`; what goes wrong in one task is an
`Outcome` with a `Failure` and does not stop the rest. A worker that dies (killed, out of memory) costs nothing that was
done: the tasks it may have died of are tried once more, each alone, and only the guilty one is reported.
"""

from __future__ import annotations

import contextlib
import functools
import importlib
import os
import signal
import threading
import time
import traceback
import warnings
from collections import deque
from collections.abc import Callable, Generator, Iterable, Iterator
from concurrent.futures import FIRST_COMPLETED, BrokenExecutor, Executor, Future, ProcessPoolExecutor, wait
from dataclasses import dataclass
from typing import Any, Generic, ParamSpec, TypeVar, cast

from ..errors import BlotquantError, QualityWarning, SettingsError

__all__ = ["Failure", "Outcome", "Pool", "run", "value_of"]

Task = TypeVar("Task")
Value = TypeVar("Value")
_P = ParamSpec("_P")
_THREADS = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", "NUMEXPR_NUM_THREADS")


@dataclass(frozen=True)
class Failure:
    """Why a task failed.

    Parameters
    ----------
    kind : str
        Class of the error (``ReadError``, ``TimeoutError`` …).
    message : str
        What, where, and what to do next.
    trace : str
        Where it came from, for ``-vv``.
    exit_code : int
        What the command line would end with, were this the only task.
    """

    kind: str
    message: str
    trace: str = ""
    exit_code: int = 1


@dataclass(frozen=True)
class Outcome(Generic[Task, Value]):
    """What became of one task: its value, or why it failed.

    Parameters
    ----------
    task : object
        The task as it was given.
    value : object or None
        What the work returned; None when it failed.
    failure : Failure or None
        Why it failed; None when it did not.
    warnings : tuple of str
        Doubts that came up on the way.
    seconds : float
        How long it took [s].
    """

    task: Task
    value: Value | None = None
    failure: Failure | None = None
    warnings: tuple[str, ...] = ()
    seconds: float = 0.0


def value_of(outcome: Outcome[Any, Value]) -> Value:
    """Return the value of a task that may not fail.

    Raises
    ------
    BlotquantError
        It failed; the message is the failure's, and so is the exit code.
    """
    if outcome.failure is None:
        return cast(Value, outcome.value)
    kind = SettingsError if outcome.failure.exit_code == SettingsError.exit_code else BlotquantError
    raise kind(outcome.failure.message)


class _Serial(Executor):
    """Runs each task where and when it is submitted."""

    def submit(self, fn: Callable[_P, Value], /, *args: _P.args, **kwargs: _P.kwargs) -> Future[Value]:
        future: Future[Value] = Future()
        future.set_result(fn(*args, **kwargs))
        return future


@dataclass(frozen=True)
class Pool:
    """Where the work is done.

    Parameters
    ----------
    jobs : int
        Tasks at once; 1 works in this process.
    cluster : str or None
        Address of a Dask scheduler, or ``local`` to start one on this machine.
    """

    jobs: int = 1
    cluster: str | None = None

    @contextlib.contextmanager
    def open(self) -> Iterator[Executor]:
        """Start the workers, and stop them at the end.

        Raises
        ------
        SettingsError
            A cluster is asked for and Dask is not installed, or no scheduler answers.
        """
        if self.cluster is not None:
            with _dask(self.cluster, self.jobs) as executor:
                yield executor
        elif self.jobs == 1:
            yield _Serial()
        else:
            with self.spawn() as executor:
                yield executor

    def spawn(self) -> Executor:
        """Start a pool of processes, each with one thread for its libraries."""
        from multiprocessing import get_context

        return ProcessPoolExecutor(self.jobs, get_context("spawn"), _prepare_worker)

    @property
    def ahead(self) -> int:
        """How many tasks are handed out at once, so that memory does not grow with their number."""
        return 1 if self == Pool() else 4 * max(self.jobs, 16 if self.cluster else 1)


def _prepare_worker() -> None:
    """Hold the libraries of a worker to one thread, and leave Ctrl-C to the parent."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    for name in _THREADS:
        os.environ[name] = "1"
    import cv2

    cv2.setNumThreads(1)


@contextlib.contextmanager
def _dask(address: str, jobs: int) -> Iterator[Executor]:
    try:
        distributed: Any = importlib.import_module("distributed")
    except ImportError as error:
        raise SettingsError("--cluster needs Dask; run: pip install 'blotquant[cluster]'") from error
    try:
        place = distributed.LocalCluster(n_workers=jobs, threads_per_worker=1) if address == "local" else address
        client = distributed.Client(place, timeout=30)
    except (OSError, ValueError) as error:
        raise SettingsError(f"--cluster {address}: no scheduler answers ({error}); start one or use 'local'") from error
    with client:
        yield client.get_executor(pure=False)
        if not isinstance(place, str):
            place.close()


@contextlib.contextmanager
def _time_limit(seconds: float) -> Iterator[None]:
    """Raise TimeoutError when the body takes longer; without effect outside a main thread and on Windows."""
    if not hasattr(signal, "SIGALRM") or threading.current_thread() is not threading.main_thread():
        yield
        return

    def ring(number: int, frame: object) -> None:
        raise TimeoutError(f"gave up after {seconds:g} s; allow more with --set batch.time_limit_s=…")

    before = signal.signal(signal.SIGALRM, ring)
    signal.setitimer(signal.ITIMER_REAL, seconds)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)


def _failure(error: Exception) -> Failure:
    trace = "".join(traceback.format_exception(error))
    if isinstance(error, BlotquantError):
        return Failure(type(error).__name__, str(error), trace, error.exit_code)
    if isinstance(error, TimeoutError | OSError):
        return Failure(type(error).__name__, str(error), trace)
    if isinstance(error, MemoryError):
        return Failure("MemoryError", "not enough memory; run it alone with -j 1 or crop the picture", trace)
    text = f"{type(error).__name__}: {error} (a mistake in blotquant; run again with -vv and report it)"
    return Failure(type(error).__name__, text, trace)


def _attempt(work: Callable[[Task], Value], task: Task, seconds: float) -> Outcome[Task, Value]:
    """Do one task; whatever goes wrong becomes a failure."""
    start = time.perf_counter()
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always", QualityWarning)
        try:
            with _time_limit(seconds):
                value, failure = work(task), None
        except Exception as error:  # noqa: BLE001 - one failure, of whatever kind, must not stop the rest
            value, failure = None, _failure(error)
    doubts = dict.fromkeys(str(item.message) for item in caught if issubclass(item.category, QualityWarning))
    return Outcome(task, value, failure, tuple(doubts), time.perf_counter() - start)


def _drain(
    submit: Callable[[Task], Future[Outcome[Task, Any]]], queue: deque[Task], ahead: int
) -> Generator[Outcome[Task, Any], None, list[Task]]:
    """Hand out tasks and yield what comes back; return the tasks that a dying worker may have died of."""
    flying: dict[Future[Outcome[Task, Any]], Task] = {}
    suspects: list[Task] = []
    try:
        while queue or flying:
            while queue and len(flying) < ahead:
                flying[submit(queue[0])] = queue[0]
                queue.popleft()
            for future in wait(flying, return_when=FIRST_COMPLETED).done:
                trouble = future.exception()
                if isinstance(trouble, BrokenExecutor):
                    raise trouble
                if trouble is None:
                    yield future.result()
                else:  # _attempt lets nothing through, so the way there or back was the trouble
                    suspects.append(flying[future])
                del flying[future]
    except BrokenExecutor:
        return [*suspects, *flying.values()]
    finally:
        for future in flying:
            future.cancel()
    return suspects


def _alone(work: Callable[[Task], Value], task: Task, seconds: float) -> Outcome[Task, Value]:
    """Try a task once more in a process of its own."""
    with Pool(1).spawn() as executor:
        future = executor.submit(_attempt, work, task, seconds)
        trouble = future.exception()
        if trouble is None:
            return future.result()
    text = f"its worker died, also when tried alone ({trouble}); if memory ran out, crop the picture or give more"
    return Outcome(task, failure=Failure("WorkerDied", text))


def run(
    work: Callable[[Task], Value], tasks: Iterable[Task], *, pool: Pool | None = None, time_limit_s: float = 600.0
) -> Iterator[Outcome[Task, Value]]:
    """Do every task and yield its outcome as it comes, in no particular order.

    Parameters
    ----------
    work : callable
        A function of a module (workers import it) of one task.
    tasks : iterable
        What to work on; each must pickle.
    pool : Pool, optional
        Where to work; left out, here and one after the other.
    time_limit_s : float
        A task that takes longer is given up [s].

    Yields
    ------
    Outcome
        One for each task.
    """
    place, queue = pool or Pool(), deque(tasks)
    while queue:
        with place.open() as executor:
            submit = functools.partial(executor.submit, _attempt, work, seconds=time_limit_s)
            suspects = yield from _drain(submit, queue, place.ahead)
        for task in suspects:
            yield _alone(work, task, time_limit_s)
