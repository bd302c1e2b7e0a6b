"""What a run leaves behind: how its files are called, and that each is written whole or not at all."""

from __future__ import annotations

import contextlib
import math
import os
from collections.abc import Iterable, Mapping
from pathlib import Path, PurePath
from typing import Any

from .errors import OutputError

__all__ = [
    "ALL_STUDIES",
    "BOOK",
    "DATASET",
    "EPOCH",
    "FIGURES",
    "LOG",
    "OVERVIEW",
    "PAGE",
    "PARTS",
    "PICTURES",
    "REVIEW",
    "ROIS",
    "RUN",
    "cannot_write",
    "plain_value",
    "write_whole",
]

RUN, BOOK, ALL_STUDIES, LOG = "run.json", "results.xlsx", "studies.csv", "log.jsonl"
PAGE, OVERVIEW, REVIEW = "report.html", "batch.html", "review.html"
FIGURES, ROIS, DATASET, PARTS = "figures", "rois", "dataset", ".parts"
PICTURES = f"{FIGURES}/blots"
"""Where the pictures of a result lie in its folder."""

EPOCH = (1980, 1, 1, 0, 0, 0)
"""The date of every file in an archive, so that the same content gives the same bytes."""


def plain_value(value: Any) -> Any:
    """Turn a value into what JSON knows: arrays and sets into lists, numbers that are none into null.

    Examples
    --------
    >>> plain_value({"a": float("nan"), "b": {3, 1}, 5: (True, None)})
    {'a': None, 'b': [1, 3], '5': [True, None]}
    """
    if hasattr(value, "item") and not getattr(value, "ndim", 0):  # a number of numpy
        value = value.item()
    if value is None or isinstance(value, str | bool | int):
        return value
    if isinstance(value, float):
        return value if math.isfinite(value) else None
    if isinstance(value, Mapping):
        return {str(name): plain_value(each) for name, each in value.items()}
    if isinstance(value, PurePath):
        return value.as_posix()
    if isinstance(value, set | frozenset):
        value = sorted(value)
    if isinstance(value, Iterable) and not isinstance(value, bytes):
        return [plain_value(each) for each in value]
    return str(value)


def cannot_write(path: Path, error: OSError) -> OutputError:
    """Say of a file or folder that it cannot be written, why, and what to do."""
    return OutputError(f"{path}: cannot be written ({error.strerror or error}); make room or choose another folder")


def write_whole(path: Path, data: bytes | Iterable[bytes], *, forced: bool = True) -> None:
    """Write a file under a passing name, force it to disk, and give it its name in one step.

    Parameters
    ----------
    path : Path
        The file.
    data : bytes or iterable of bytes
        What it holds, at once or piece by piece.
    forced : bool
        Wait until the disk has it, so that it outlives the machine itself going down. Files of which there are several
        a picture do without: a batch would wait longer for the disk than it computes beside measuring, and going on
        with ``--resume`` makes them anew.

    Raises
    ------
    OutputError
        The folder cannot be written to, or the disk is full; no half file is left under the final name.
    """
    passing = path.with_name(f".{path.name}.{os.getpid()}.part")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with passing.open("wb") as file:
            for piece in [data] if isinstance(data, bytes) else data:
                file.write(piece)
            file.flush()
            if forced:
                os.fsync(file.fileno())
        passing.replace(path)
    except OSError as error:
        with contextlib.suppress(OSError):  # where the folder itself is the trouble, there is nothing to take away
            passing.unlink()
        raise cannot_write(path, error) from error
