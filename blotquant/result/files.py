"""Files of a result: whole or not at all, and under names that are never a path."""

from __future__ import annotations

import contextlib
import hashlib
import os
import re
from collections.abc import Iterable
from pathlib import Path

from ..errors import OutputError

__all__ = ["picture_name", "write_whole"]

_LONGEST = 80


def picture_name(image: str) -> str:
    """Return a file name for an image's picture: plain letters, the same for the same image, no two alike.

    Examples
    --------
    >>> picture_name("pSTAT3.tif")
    'pSTAT3.tif.png'
    """
    plain = re.sub(r"[^A-Za-z0-9._-]+", "_", image).strip("._")[:_LONGEST]
    mark = "" if plain == image else "-" + hashlib.sha256(image.encode("utf-8", "surrogatepass")).hexdigest()[:8]
    return f"{plain or 'image'}{mark}.png"


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
        raise OutputError(f"{path}: cannot be written ({error.strerror or error}); make room or choose -o") from error
