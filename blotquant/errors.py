"""What can go wrong, by kind; every message says what, where, and what to do next."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

__all__ = [
    "BlotquantError",
    "DetectionError",
    "Failure",
    "FitError",
    "OutputError",
    "OutputExistsError",
    "QualityWarning",
    "ReadError",
    "SettingsError",
    "TableError",
    "mistake",
    "nearest",
]


class BlotquantError(Exception):
    """Base of every error that a user can cause or mend.

    The message is one line. ``exit_code`` is what the command line ends with when this error stops it:
    1 an image or a study failed, 2 wrong usage, settings or tables.
    """

    exit_code = 1

    def __str__(self) -> str:
        """Return the message on one line, whatever line ends are in the names and cells that it tells of."""
        return " ".join(super().__str__().splitlines())


class ReadError(BlotquantError):
    """A file could not be read as a blot: not an image, damaged, or of a kind that is refused."""


class DetectionError(BlotquantError):
    """The picture contradicts what was asked of it, for example another number of lanes."""


class FitError(BlotquantError):
    """A curve or a calibration could not be fitted to the numbers given."""


class OutputError(BlotquantError):
    """A result could not be written: folder in use, disk full, no permission."""


class OutputExistsError(OutputError):
    """The folder for what comes out is there already; it is neither overwritten nor mixed without being asked to."""

    exit_code = 2


class TableError(BlotquantError):
    """A table breaks its rules; the message names file, row, column, value and the nearest valid one."""

    exit_code = 2


class SettingsError(BlotquantError):
    """A setting is unknown or out of range; the message names it and what is allowed."""

    exit_code = 2


class QualityWarning(UserWarning):
    """The numbers were computed, but something about the input makes them less sure."""


@dataclass(frozen=True)
class Failure:
    """Why a piece of work failed.

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

    @classmethod
    def of(cls, error: Exception) -> Failure:
        """Say of an error what it is and what it says."""
        return cls(type(error).__name__, str(error))

    @classmethod
    def from_row(cls, row: Mapping[str, str]) -> Failure:
        """Read what `as_row` wrote; whose failure it is stays in the row."""
        return cls(row["kind"], row["message"])

    def as_row(self, name: str) -> dict[str, str]:
        """Write the failure as ``run.json`` and programs have it, under the name of what failed."""
        return {"name": name, "kind": self.kind, "message": self.message}


def mistake(error: Exception) -> str:
    """Say of an error that nobody foresaw that it is ours, and what to do."""
    return f"{type(error).__name__}: {error} (a mistake in blotquant; run again with -vv and report it)"


def nearest(name: str, known: Sequence[str]) -> str:
    """Return ``; did you mean 'x'?`` for the nearest known name, or a list of them when none is near."""
    import difflib  # here: it is needed only when something is wrong

    close = difflib.get_close_matches(name, known, n=1, cutoff=0.5)
    return f"; did you mean {close[0]!r}?" if close else f"; known: {', '.join(known)}"
