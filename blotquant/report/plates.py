"""Figures as files for papers, and as pictures inside the page."""

from __future__ import annotations

import base64
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from pathlib import Path

from ..figures import Drawn, draw_all, figure_bytes
from ..figures.style import POINT, look
from ..files import write_whole
from .source import ReportSource

__all__ = ["Plate", "embedded_plates", "write_figures"]

_EMBEDDED = ("dose_response", "groups", "sensitivity", "precision")
_MOST_EMBEDDED = 60
_ENLARGED = 1.35  # on a screen the small text of a paper's column is shown larger


@dataclass(frozen=True)
class Plate:
    """A figure inside the page: kind, title, legend, its SVG as data, its size on screen [px] and the rows it shows."""

    kind: str
    title: str
    caption: str
    src: str
    width: int
    height: int
    shows: Mapping[str, str]


def write_figures(
    result: ReportSource, folder: str | Path, *, kinds: Collection[str] = ("svg", "pdf", "png"), dpi: int | None = None
) -> list[Path]:
    """Write every figure that a result has the tables for.

    Parameters
    ----------
    result : Result
        The result.
    folder : str or Path
        Where the files go; made if it is not there.
    kinds : collection of str
        File types: ``svg`` (live text), ``pdf``, ``png``.
    dpi : int, optional
        Resolution of PNG; the setting ``report.dpi`` when left out.

    Returns
    -------
    list of Path
        What was written; the same result gives the same bytes.
    """
    target = Path(folder)
    target.mkdir(parents=True, exist_ok=True)
    resolution = result.settings.report.dpi if dpi is None else dpi
    written = []
    with look(result.settings.report.style):
        for drawn in draw_all(result):
            for kind in kinds:
                path = target / f"{drawn.stem}.{kind}"
                write_whole(path, figure_bytes(drawn.figure, kind, dpi=resolution))
                written.append(path)
    return written


def _plate(kind: str, drawn: Drawn) -> Plate:
    width, height = drawn.figure.get_size_inches() * 25.4
    pixels = _ENLARGED / POINT * 96.0 / 72.0
    src = "data:image/svg+xml;base64," + base64.b64encode(figure_bytes(drawn.figure, "svg", dpi=150)).decode("ascii")
    return Plate(kind, drawn.title, drawn.caption, src, round(width * pixels), round(height * pixels), drawn.shows)


def embedded_plates(result: ReportSource) -> list[Plate]:
    """Draw the figures that the page shows, those that answer the question first; none where bands were only measured.

    Drawing takes longer than measuring a picture does; the table of bands tells the same errors.
    """
    plates: list[Plate] = []
    if not len(result.folds) and not len(result.ratios):
        return plates
    for kind in _EMBEDDED:
        for drawn in draw_all(result, kinds=(kind,)):
            if len(plates) < _MOST_EMBEDDED:
                plates.append(_plate(kind, drawn))
    return plates
