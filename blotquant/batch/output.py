"""The folder for what comes out: refused when it is there already, and held by one run at a time."""

from __future__ import annotations

import contextlib
import os
import re
import shutil
from collections.abc import Iterator
from pathlib import Path

from ..errors import OutputError, OutputExistsError
from ..files import ALL_STUDIES, BOOK, DATASET, FIGURES, LOG, OVERVIEW, PAGE, PARTS, REVIEW, ROIS, RUN
from ..tables import TABLES

__all__ = ["OURS", "claimed", "resumable"]

LOCK = ".lock"
_HALF = re.compile(r"\..+\.\d+\.part")  # as `write_whole` names a file before it is whole
OURS = (
    *(f"{name}.csv" for name in TABLES),
    *(BOOK, PAGE, OVERVIEW, LOG, REVIEW, ROIS, RUN, ALL_STUDIES, FIGURES, DATASET, PARTS),
)
"""What a run writes, and what ``--force`` takes away; anything else in the folder is left alone."""


def _hold(folder: Path) -> int | None:
    """Lock the folder against a second run; a lock dies with its process, so a killed run leaves none behind."""
    try:
        import fcntl
    except ImportError:  # not on Windows, where two runs on one folder are not told apart
        return None
    handle = os.open(folder / LOCK, os.O_CREAT | os.O_RDWR, 0o644)
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError as error:
        os.close(handle)
        raise OutputError(f"{folder}: another run is writing here; wait for it or choose another folder") from error
    return handle


def _release(folder: Path, handle: int | None) -> None:
    if handle is not None:
        (folder / LOCK).unlink(missing_ok=True)
        os.close(handle)


def _clear(folder: Path) -> None:
    for name in OURS:
        path = folder / name
        if path.is_dir() and not path.is_symlink():
            shutil.rmtree(path)
        else:
            path.unlink(missing_ok=True)


def _sweep(folder: Path) -> None:
    """Take away what a run left that was killed while it wrote a file."""
    for path in folder.rglob(".*.part"):
        if _HALF.fullmatch(path.name):
            path.unlink(missing_ok=True)


@contextlib.contextmanager
def claimed(folder: Path, *, force: bool = False, resume: bool | None = None) -> Iterator[Path]:
    """Hold a folder for the results of one run; it is made where it is not there.

    Parameters
    ----------
    folder : Path
        Where the results go.
    force : bool
        Start anew: take away what an earlier run wrote, and nothing else.
    resume : bool, optional
        Go on with what an earlier run wrote; left out by verbs that cannot.

    Yields
    ------
    Path
        The folder.

    Raises
    ------
    OutputExistsError
        The folder has something in it and neither `force` nor `resume` is given, or it is a file.
    OutputError
        Another run holds it.
    """
    if folder.exists() and not folder.is_dir():
        raise OutputExistsError(f"{folder}: is a file; choose a folder for the results")
    filled = folder.is_dir() and any(path.name != LOCK for path in folder.iterdir())
    if filled and not (force or resume):
        further = "" if resume is None else ", or --resume to go on"
        raise OutputExistsError(
            f"{folder}: is there already and not empty; choose another, or --force to start anew{further}"
        )
    folder.mkdir(parents=True, exist_ok=True)
    handle = _hold(folder)
    try:
        if force:
            _clear(folder)
        _sweep(folder)
        yield folder
    finally:
        _release(folder, handle)


@contextlib.contextmanager
def resumable() -> Iterator[None]:
    """Say of a trouble with writing that what is done is kept.

    Raises
    ------
    OutputError
        The trouble, and how to go on.
    """
    try:
        yield
    except OutputExistsError:  # that says itself how to go on
        raise
    except OutputError as error:
        raise OutputError(f"{error}; what is done is kept, go on with --resume") from error
