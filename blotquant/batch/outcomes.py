"""What becomes of one piece of work: its value, or a failure that says what, where and what next."""

from __future__ import annotations

import contextlib
import ctypes
import faulthandler
import functools
import os
import signal
import sys
import threading
import time
import traceback
import warnings
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Generic, TypeVar, cast

from ..errors import BlotquantError, Failure, QualityWarning, SettingsError, mistake
from ..tables import plain_texts

__all__ = ["Outcome", "attempt", "value_of"]

Task = TypeVar("Task")
Value = TypeVar("Value")
_GRACE_S = 10.0  # after its limit, a worker that does not even hear its clock is ended
# M_TRIM_THRESHOLD, M_TOP_PAD and M_MMAP_THRESHOLD of mallopt(3) [bytes]
_KEPT = {-1: 128 << 20, -2: 64 << 20, -3: 32 << 20}
_one_at_a_time = threading.RLock()


class _TimeUp(BaseException):
    """The time limit; no OSError as TimeoutError is, which readers turn into errors of their own."""


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


def _under_alarm(call: Callable[[], Value], seconds: float) -> Value:
    """Call in the main thread, under the system's alarm clock; it breaks off what sleeps or waits for a disk."""

    def ring(number: int, frame: object) -> None:
        raise _TimeUp

    before = signal.signal(signal.SIGALRM, ring)
    signal.setitimer(signal.ITIMER_REAL, seconds)
    try:
        return call()
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)


def _in_a_thread(call: Callable[[], Value], seconds: float) -> Value:
    """Call in a thread that is left behind when it takes too long: workers of Dask have no alarm clock."""
    came: list[Value] = []
    raised: list[BaseException] = []

    def body() -> None:
        try:
            came.append(call())
        except BaseException as error:  # noqa: BLE001 - it is raised again by the thread that waits
            raised.append(error)

    thread = threading.Thread(target=body, daemon=True)
    thread.start()
    thread.join(seconds)
    if thread.is_alive():
        number = ctypes.c_ulong(thread.ident or 0)
        ctypes.pythonapi.PyThreadState_SetAsyncExc(number, ctypes.py_object(_TimeUp))
        raise _TimeUp
    if raised:
        raise raised[0]
    return came[0]


def _is_worker() -> bool:
    """Tell a process that another one started; one that works alone has not even loaded what starts others."""
    processes: Any = sys.modules.get("multiprocessing.process")
    return processes is not None and processes.parent_process() is not None


@contextlib.contextmanager
def _last_resort(seconds: float) -> Iterator[None]:
    """End this worker when compiled code never returns; the parent then reports the task. The parent itself stays."""
    if not _is_worker():
        yield
        return
    with Path(os.devnull).open("w") as nowhere:
        faulthandler.dump_traceback_later(seconds + _GRACE_S, exit=True, file=nowhere)
        try:
            yield
        finally:
            faulthandler.cancel_dump_traceback_later()


def _within(call: Callable[[], Value], seconds: float) -> Value:
    """Call, and raise `_TimeUp` when it takes longer."""
    with _last_resort(seconds):
        if hasattr(signal, "SIGALRM") and threading.current_thread() is threading.main_thread():
            return _under_alarm(call, seconds)
        return _in_a_thread(call, seconds)


def _failure(error: Exception) -> Failure:
    trace = "".join(traceback.format_exception(error))
    if isinstance(error, BlotquantError):
        return Failure(type(error).__name__, str(error), trace, error.exit_code)
    if isinstance(error, OSError):
        return Failure(type(error).__name__, str(error), trace)
    if isinstance(error, MemoryError):
        return Failure("MemoryError", "not enough memory; run it alone with -j 1 or crop the picture", trace)
    return Failure(type(error).__name__, mistake(error), trace)


def _hold_opencv_to_one_thread() -> None:
    """Work is spread over workers, not inside one; whoever works has loaded OpenCV by now, or does without."""
    if (cv2 := sys.modules.get("cv2")) is not None:
        cv2.setNumThreads(1)


@functools.cache
def _keep_freed_memory() -> None:
    """Let glibc keep what a picture frees: the next asks for the same arrays, and fresh pages cost a tenth of it."""
    with contextlib.suppress(OSError, AttributeError):  # another system, or another C library
        set_option = ctypes.CDLL(None).mallopt
        for option, size in _KEPT.items():
            set_option(option, size)


def attempt(work: Callable[[Task], Value], task: Task, seconds: float) -> Outcome[Task, Value]:
    """Do one task; whatever goes wrong becomes a failure.

    Parameters
    ----------
    work : callable
        A function of one task.
    task : object
        What to work on.
    seconds : float
        Time limit [s].

    Returns
    -------
    Outcome
        Its value or failure, and the doubts that came up.
    """
    _hold_opencv_to_one_thread()
    _keep_freed_memory()
    # all three belong to the whole process
    with _one_at_a_time, plain_texts(), warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always", QualityWarning)
        start = time.perf_counter()
        try:
            value, failure = _within(lambda: work(task), seconds), None
        except _TimeUp:
            text = f"gave up after {seconds:g} s; allow more with --set batch.time_limit_s=…"
            value, failure = None, Failure(TimeoutError.__name__, text)
        except Exception as error:  # noqa: BLE001 - one failure, of whatever kind, must not stop the rest
            value, failure = None, _failure(error)
    doubts = dict.fromkeys(str(item.message) for item in caught if issubclass(item.category, QualityWarning))
    return Outcome(task, value, failure, tuple(doubts), time.perf_counter() - start)
