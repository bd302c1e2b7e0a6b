"""Where the work is done: here, in a pool of processes, or on a Dask cluster; each is a standard executor."""

from __future__ import annotations

import contextlib
import gc
import importlib
import logging
import os
import signal
import sys
import threading
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import Executor, Future
from dataclasses import dataclass
from typing import Any, ParamSpec, TypeVar

from ..errors import SettingsError

__all__ = ["Place", "Pool", "hold_to_one_thread"]

Value = TypeVar("Value")
_P = ParamSpec("_P")
_THREADS = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", "NUMEXPR_NUM_THREADS")
_NO_THREADS = {"JE_ARROW_MALLOC_CONF": "background_thread:false"}  # pyarrow's memory is tidied by a thread of its own
_ANSWER_S = 30  # how long a scheduler may take to answer [s]
_LOADED = ("blotquant.batch.unit", "tifffile")  # what measuring a picture needs
_MANY_OBJECTS = 200_000  # made by a worker between two looks for garbage; tables and pictures hold no circles
_AHEAD = 4  # tasks handed out for each worker, so that none waits for the next one


def hold_to_one_thread() -> None:
    """Hold BLAS to one thread, so that sums are added in the same order by every kind of worker.

    BLAS reads its number once, when numpy is loaded: call this before.
    """
    for name in _THREADS:
        os.environ[name] = "1"


class _Serial(Executor):
    """Runs each task where and when it is submitted."""

    def submit(self, fn: Callable[_P, Value], /, *args: _P.args, **kwargs: _P.kwargs) -> Future[Value]:
        future: Future[Value] = Future()
        future.set_result(fn(*args, **kwargs))
        return future


@dataclass(frozen=True)
class Place:
    """Workers that are ready.

    Parameters
    ----------
    executor : Executor
        What takes tasks.
    ahead : int
        How many it may hold at once, so that memory does not grow with their number.
    """

    executor: Executor
    ahead: int


@dataclass(frozen=True)
class Pool:
    """Where the work is to be done.

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
    def open(self) -> Iterator[Place]:
        """Start the workers, and stop them at the end; at once when the work is broken off.

        Raises
        ------
        SettingsError
            A cluster is asked for and Dask is not installed, or no scheduler answers.
        """
        if self.cluster is not None:
            with _dask(self.cluster, self.jobs) as place:
                yield place
        elif self.jobs == 1:
            yield Place(_Serial(), 1)
        else:
            with self.spawn() as executor:
                yield Place(executor, _AHEAD * self.jobs)

    def prepare(self) -> None:
        """Let workers' libraries be loaded while this process still loads its own; nothing to do for a single job."""
        if self.cluster is None and self.jobs > 1:
            _context()

    @contextlib.contextmanager
    def spawn(self) -> Iterator[Executor]:
        """Start a pool of processes, each with one thread for its libraries."""
        from concurrent.futures import ProcessPoolExecutor  # here: one job needs no pool

        context = _context()
        theirs, ours = context.Pipe(duplex=False)  # it breaks when this process dies, however it dies
        executor = ProcessPoolExecutor(self.jobs, context, _prepare_worker, (theirs,))
        try:
            yield executor
            executor.shutdown()
        finally:
            ours.close()
            executor.shutdown(cancel_futures=True)
            theirs.close()


def _context() -> Any:
    """Return what starts workers: on Linux a server that has loaded their libraries once and splits itself.

    It has no threads and never works itself, so that a copy of it is sound. macOS' own libraries are not to be copied
    after they are loaded, and Windows has no copies: there every worker starts anew.
    """
    import multiprocessing

    if sys.platform != "linux":
        return multiprocessing.get_context("spawn")
    from multiprocessing import forkserver

    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload(list(_LOADED))
    with _environment({**dict.fromkeys(_THREADS, "1"), **_NO_THREADS}), _deaf_to_ctrl_c():
        forkserver.ensure_running()
    return context


@contextlib.contextmanager
def _environment(values: Mapping[str, str]) -> Iterator[None]:
    """Set variables for processes that are started meanwhile."""
    before = {name: os.environ.get(name) for name in values}
    os.environ.update(values)
    try:
        yield
    finally:
        for name, value in before.items():
            os.environ.pop(name, None)
            if value is not None:
                os.environ[name] = value


def _prepare_worker(parent: Any) -> None:
    """Hold the libraries of a worker to one thread, leave Ctrl-C to the parent, and end when the parent does."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    hold_to_one_thread()
    gc.freeze()
    gc.set_threshold(_MANY_OBJECTS)
    threading.Thread(target=_end_with, args=(parent,), daemon=True).start()


def _end_with(parent: Any) -> None:
    """Wait until the parent's end of the pipe closes; what a worker was doing then is done again by the next run."""
    with contextlib.suppress(EOFError, OSError):
        parent.recv()
    os._exit(1)


@contextlib.contextmanager
def _deaf_to_ctrl_c() -> Iterator[None]:
    """Start processes that leave Ctrl-C to this one; a process inherits what its parent does not hear."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    before = signal.signal(signal.SIGINT, signal.SIG_IGN)
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, before)


@contextlib.contextmanager
def _dask(address: str, jobs: int) -> Iterator[Place]:
    try:
        distributed: Any = importlib.import_module("distributed")
    except ImportError as error:
        raise SettingsError("--cluster needs Dask; run: pip install 'blotquant[cluster]'") from error
    with contextlib.ExitStack() as held:
        try:
            where: Any = address
            if address == "local":
                options = {"threads_per_worker": 1, "dashboard_address": None, "silence_logs": logging.ERROR}
                with _deaf_to_ctrl_c():
                    where = distributed.LocalCluster(n_workers=jobs, **options)
                held.enter_context(where)
            client = held.enter_context(distributed.Client(where, timeout=_ANSWER_S))
            client.wait_for_workers(1, timeout=_ANSWER_S)
        except (OSError, ValueError) as error:
            text = f"--cluster {address}: no scheduler or worker answers ({error}); start one or use 'local'"
            raise SettingsError(text) from error
        yield Place(client.get_executor(pure=False), _AHEAD * max(jobs, len(client.nthreads())))
