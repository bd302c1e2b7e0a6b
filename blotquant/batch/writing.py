"""A result folder as users get it: tables, workbook and pictures, then figures and the page."""

from __future__ import annotations

import json
from pathlib import Path

from ..report import write_figures, write_report
from ..result import Result

__all__ = ["PAGE", "is_written", "write_all", "write_shown"]

PAGE = "report.html"


def write_shown(result: Result, folder: Path) -> Path:
    """Write what is looked at, from the tables alone: the figures (unless set off) and the page.

    Returns
    -------
    Path
        The page.
    """
    if result.settings.report.figures:
        write_figures(result, folder / "figures")
    return write_report(result, folder / PAGE)


def write_all(result: Result, folder: Path, *, figures: bool = True) -> Path:
    """Write the whole result folder; the page comes last and says that all is there.

    Parameters
    ----------
    result : Result
        The result.
    folder : Path
        Where it goes.
    figures : bool
        Write figures for papers too; `write_shown` adds them later.

    Returns
    -------
    Path
        The page.
    """
    (folder / PAGE).unlink(missing_ok=True)
    result.save(folder, force=True)
    return write_shown(result, folder) if figures else write_report(result, folder / PAGE)


def is_written(folder: Path, key: str, until: str) -> bool:
    """Tell whether a folder holds the whole result of the run with this key."""
    try:
        record = json.loads((folder / "run.json").read_bytes())
    except (OSError, ValueError):
        return False
    same = record.get("key") == key and record.get("until", "") == until
    return same and not record.get("failures") and (folder / PAGE).is_file()
