"""What the flags ask for, turned into what the engine takes; a flag that cannot be followed is refused."""

from __future__ import annotations

import datetime
import shlex
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from ..errors import SettingsError
from .console import Console

__all__ = ["assignments", "check_stops", "run_record"]


def assignments(chosen: Sequence[str] | None, lanes: int | None) -> list[str]:
    """Return the settings that the flags make, ``--lanes`` last."""
    return [*(chosen or ()), *([f"lanes.n_lanes={lanes}"] if lanes else [])]


def check_stops(*, until: str | None, start: str | None, force: bool, corrections: Path | None) -> None:
    """Check where to stop and where to go on.

    Raises
    ------
    SettingsError
        A stop is unknown, two flags contradict each other, or there is no file of corrections.
    """
    for flag, stop in (("--until", until), ("--from", start)):
        if stop not in (None, "bands"):
            raise SettingsError(f"{flag} {stop!r}: the only stop is 'bands'")
    if start and force:
        raise SettingsError("--from goes on with the tables in OUT, --force takes them away; leave one out")
    if corrections is not None and until is not None:
        raise SettingsError("--corrections measures anew, --until stops before it; leave one out")
    if corrections is not None and not corrections.is_file():
        raise SettingsError(f"--corrections {corrections}: there is no such file; review.html downloads one")


def run_record(console: Console, *, seed: int | None = None) -> dict[str, Any]:
    """Return what only the command line knows: the command, when it ran, and the seed."""
    now = datetime.datetime.now(datetime.UTC).isoformat(timespec="seconds")
    return {"command": shlex.join(["blotquant", *console.words]), "time": now, "seed": seed}
