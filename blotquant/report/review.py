"""review.html: the pictures with lanes and boxes to drag; it downloads corrections.csv and computes nothing."""

from __future__ import annotations

import base64
from pathlib import Path
from typing import Any

import pandas as pd

from .. import __version__
from ..figures.names import plain
from ..figures.panels import image_label, order_images
from ..figures.pictures import Picture
from ..files import write_whole
from ..geometry import EDGES
from ..tables import TABLES
from .overlays import fitted_png, shown_images
from .page import policy, template, verbatim
from .parting import Parted
from .source import ReportSource
from .wording import flags_text

__all__ = ["render_review", "write_review"]

Shown = dict[str, Any]  # an image as the page's script reads it


def _object(row: dict[str, Any], what: str) -> dict[str, Any]:
    """Describe a lane or a band for the page: its number, its box in the upright picture and its doubts."""
    number = {"lane": int(row["lane"]), "band": str(row["band"]) if what == "band" else ""}
    flags = str(row["flags"]).split(";")
    return {**number, "box": [float(row[edge]) for edge in EDGES], "doubts": flags_text(row["flags"]),
            "excluded": "excluded" in flags, "seen": bool(row.get("detected", True))}  # fmt: skip


def _image(image: pd.Series[Any], picture: Picture, lanes: Parted, bands: Parted, limit: int) -> Shown:
    called = str(image["image"])
    upright = {what: rows.upright(called, picture.frame) for what, rows in (("lane", lanes), ("band", bands))}
    height, width = picture.shape
    frame = picture.frame
    return {
        "image": called,
        "membrane": str(image["membrane"]),
        "label": image_label(image).replace("\n", " "),
        "src": "data:image/png;base64," + base64.b64encode(fitted_png(picture.png, limit)).decode("ascii"),
        "width": width,
        "height": height,
        "frame": {"rows": frame.rows, "cols": frame.cols, "turns": frame.turns, "mirror": frame.mirror},
        "lanes": [_object(row, "lane") for row in upright["lane"]],
        "bands": [_object(row, "band") for row in upright["band"]],
    }


def render_review(result: ReportSource) -> str:
    """Return the page as HTML; the same result gives the same text.

    Parameters
    ----------
    result : Result
        The result whose lanes and boxes are shown, to be corrected.
    """
    style, script = verbatim("review.css"), verbatim("review.js")
    shown, hidden, limit = shown_images(result)
    lanes, bands = Parted(result.lanes), Parted(result.bands)
    images = [
        _image(row, result.pictures[row["image"]], lanes, bands, limit)
        for _, rows in shown.groupby("membrane", sort=False)
        for _, row in order_images(rows).iterrows()
    ]
    bare = [{name: value for name, value in image.items() if name != "src"} for image in images]
    study = plain(result.record.get("title", "")) or "Western blot quantification"
    return template("review.html").render(
        title=f"Correct lanes and boxes: {study}",
        version=__version__,
        style=style,
        script=script,
        policy=policy(style, script),
        hidden=hidden,
        images=images,
        data={"columns": TABLES["corrections"].names, "images": bare},
    )


def write_review(result: ReportSource, path: str | Path) -> Path:
    """Write the page on which lanes and boxes are corrected.

    Parameters
    ----------
    result : Result
        The result.
    path : str or Path
        The file, as a rule ``review.html`` beside the report.

    Returns
    -------
    Path
        Where it was written.

    Raises
    ------
    OutputError
        The file cannot be written.
    """
    target = Path(path)
    write_whole(target, render_review(result).encode("utf-8"))
    return target
