"""A result folder as users get it: tables, workbook and pictures, then figures and the page."""

from __future__ import annotations

import json
from pathlib import Path

from ..errors import OutputExistsError
from ..files import BOOK, FIGURES, OVERVIEW, PAGE, REVIEW, ROIS, RUN, write_whole
from ..geometry import geometry_marks
from ..report import write_figures, write_overview, write_report, write_review
from ..result import Result
from ..result.files import picture_name
from ..result.workbook import workbook_bytes
from ..rois import rois_bytes
from ..tables import read_csv

__all__ = [
    "has_result",
    "is_written",
    "refuse_to_drop_edits",
    "refuse_unmeasured_edits",
    "write_all",
    "write_book_and_page",
    "write_shown",
]


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
        write_figures(result, folder / FIGURES)
    return _write_pages(result, folder)


def _write_pages(result: Result, folder: Path) -> Path:
    """Write the page on which lanes and boxes are corrected, where there are pictures, and the report, last."""
    if result.pictures:
        write_review(result, folder / REVIEW)
    return write_report(result, folder / PAGE)


def write_book_and_page(folder: Path) -> Path:
    """Write workbook, boxes and pages of tables that are written already; no figures for papers.

    Returns
    -------
    Path
        The page.
    """
    result = Result.load(folder)
    write_whole(folder / BOOK, workbook_bytes(result.tables))
    _write_rois(result, folder)
    return _write_pages(result, folder)


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
    _write_rois(result, folder)
    return write_shown(result, folder)


def _write_rois(result: Result, folder: Path) -> None:
    """Write the boxes of each picture as an ImageJ ROI set."""
    rows = result.bands.groupby("image", sort=False).indices
    for image in result.pictures:
        path = folder / ROIS / f"{picture_name(image).removesuffix('.png')}.zip"
        write_whole(path, rois_bytes(result.bands.iloc[rows.get(image, [])]), forced=False)


def has_result(folder: Path) -> bool:
    """Tell whether a folder holds a result to go on from."""
    return (folder / RUN).is_file()


def refuse_to_drop_edits(folder: Path) -> None:
    """Refuse to find lanes and bands anew over a result that was corrected by hand.

    Raises
    ------
    OutputExistsError
        The folder holds corrections.
    """
    path = folder / "corrections.csv"
    if has_result(folder) and path.is_file() and len(read_csv(path, "corrections")):
        raise OutputExistsError(
            f"{folder}: was corrected by hand; go on with --from bands to keep the corrections, "
            "or --force to start without them"
        )


def refuse_unmeasured_edits(folder: Path) -> None:
    """Refuse to go on as if nothing had happened where lanes or bands were edited by hand since they were written.

    Of a batch too large for a workbook the tables are not read through.

    Raises
    ------
    OutputExistsError
        A lane or a band does not lie where ``run.json`` says.
    TableError
        A table was edited into something that cannot be read.
    """
    names = ("lanes", "bands")
    paths = [folder / f"{name}.csv" for name in names]
    whole = [folder / name for name in (RUN, BOOK, PAGE)]  # else writing was cut short
    if not all(path.is_file() for path in (*whole, *paths)):
        return
    try:
        marks = json.loads((folder / RUN).read_bytes()).get("geometry")
    except (AttributeError, ValueError):
        return  # what is damaged is made anew
    if marks and marks != geometry_marks(*(read_csv(path, name) for path, name in zip(paths, names, strict=True))):
        raise OutputExistsError(
            f"{folder}: lanes.csv or bands.csv was edited by hand; go on with --from bands to measure what was edited, "
            "or --force to start without it"
        )


def is_written(folder: Path, key: str, until: str) -> bool:
    """Tell whether a folder holds the whole result of the run with this key."""
    try:
        record = json.loads((folder / RUN).read_bytes())
    except (OSError, ValueError):
        return False
    same = record.get("key") == key and record.get("until", "") == until
    return same and not record.get("failures") and (folder / PAGE).is_file()
