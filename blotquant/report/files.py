"""Files that appear whole or not at all."""

from __future__ import annotations

from pathlib import Path

from ..errors import OutputError

__all__ = ["write_whole"]


def write_whole(path: Path, content: bytes) -> None:
    """Write a file under another name first, so that no half file ever bears the final one.

    Raises
    ------
    OutputError
        The folder cannot be written to, or the disk is full.
    """
    half = path.with_name(path.name + ".part")
    try:
        half.write_bytes(content)
        half.replace(path)
    except OSError as error:
        half.unlink(missing_ok=True)
        raise OutputError(f"{path}: cannot be written ({error.strerror or error}); make room or choose -o") from error
