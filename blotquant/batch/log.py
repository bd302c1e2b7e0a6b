"""The log of a batch: one line of JSON an event, so that programs can follow a run and people can search it."""

from __future__ import annotations

import datetime
import json
from pathlib import Path
from types import TracebackType
from typing import Any

from ..errors import OutputError
from ..files import cannot_write, plain_value

__all__ = ["Log"]


class Log:
    """Events, each written as it happens; a run that goes on adds to the log of the one before.

    Parameters
    ----------
    path : Path
        The file.

    Raises
    ------
    OutputError
        It cannot be written to.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        try:
            self._file = path.open("a", encoding="utf-8", errors="replace", buffering=1)
        except OSError as error:
            raise self._trouble(error) from error

    def _trouble(self, error: OSError) -> OutputError:
        return cannot_write(self._path, error)

    def write(self, event: str, **told: Any) -> None:
        """Write one event with the time at which it happened."""
        now = datetime.datetime.now(datetime.UTC).isoformat(timespec="milliseconds")
        try:
            self._file.write(json.dumps(plain_value({"time": now, "event": event, **told}), ensure_ascii=False) + "\n")
        except OSError as error:
            raise self._trouble(error) from error

    def __enter__(self) -> Log:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        try:
            if error is not None:
                self.write("stopped", kind=type(error).__name__, message=str(error))
            self._file.close()
        except (OSError, OutputError):
            if error is None:
                raise  # else the first trouble is the one to tell
