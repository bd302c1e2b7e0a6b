"""A result folder as users get it: tables, workbook and pictures, then figures and the page."""

from __future__ import annotations

import json
from pathlib import Path

from ..report import write_figures, write_overview, write_report
from ..result import Result
from ..result.files import write_whole
from ..result.workbook import workbook_bytes

__all__ = ["OVERVIEW", "PAGE", "is_written", "write_all", "write_book_and_page", "write_shown"]

PAGE = "report.html"
OVERVIEW = "batch.html"


def write_shown(result: Result, folder: Path) -> Path:
    """Write what is looked at, from what is saved alone: the figures (unless set off) and the page.

    Returns
    -------
    Path
        The page.
    """
    told = result.record.get("batch", {})
    if (folder / OVERVIEW).is_file():
        write_overview(result.record, folder, folder / OVERVIEW)
    if told.get("large"):
        return write_overview(result.record, folder, folder / PAGE)
    if result.settings.report.figures:
        write_figures(result, folder / "figures")
    return write_report(result, folder / PAGE)


def write_book_and_page(folder: Path) -> Path:
    """Write the workbook and the page of tables that are written already.

    Returns
    -------
    Path
        The page.
    """
    result = Result.load(folder)
    write_whole(folder / "results.xlsx", workbook_bytes(result.tables))
    return write_report(result, folder / PAGE)


def write_all(result: Result, folder: Path) -> Path:
    """Write the whole result folder; the page comes last and says that all is there.

    Parameters
    ----------
    result : Result
        The result.
    folder : Path
        Where it goes.

    Returns
    -------
    Path
        The page.
    """
    (folder / PAGE).unlink(missing_ok=True)
    result.save(folder, force=True)
    return write_shown(result, folder)


def is_written(folder: Path, key: str, until: str) -> bool:
    """Tell whether a folder holds the whole result of the run with this key."""
    try:
        record = json.loads((folder / "run.json").read_bytes())
    except (OSError, ValueError):
        return False
    same = record.get("key") == key and record.get("until", "") == until
    return same and not record.get("failures") and (folder / PAGE).is_file()
