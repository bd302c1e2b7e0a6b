"""run.json: what a run was made of, as plain JSON, and back."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd

from ..blot import Frame
from ..errors import SettingsError, TableError
from ..figures.pictures import Picture
from ..files import plain_value
from ..settings import Settings, from_mapping
from ..tables import INPUTS, texts_as_objects
from .files import picture_place

__all__ = ["document_of", "from_json", "picture_rows", "pictures_from", "sheet_from", "sheet_rows", "to_json"]


def sheet_rows(frame: pd.DataFrame) -> list[dict[str, Any]]:
    """Write a sheet as one mapping a row."""
    return [plain_value(row) for row in frame.to_dict("records")]


def sheet_from(rows: list[dict[str, Any]], name: str) -> pd.DataFrame:
    """Read a sheet back with the kinds that ``INPUTS`` declares; other columns keep what they hold."""
    frame = pd.DataFrame(rows)
    for column in INPUTS[name].columns:
        if column.name not in frame.columns:
            continue
        values = frame[column.name]
        if column.kind in ("float", "int") and not (name == "samples" and column.name == "lane"):
            frame[column.name] = values.astype(np.float64)
        elif column.kind == "text":
            frame[column.name] = values.astype(object).where(values.notna(), "")
    return texts_as_objects(frame)


def picture_rows(pictures: Mapping[str, Picture]) -> dict[str, Any]:
    """Say of each picture where it is kept and how it relates to the file's pixels and counts."""
    return {
        image: {
            "file": picture_place(image),
            "scale": picture.scale,
            "low": picture.low,
            "high": picture.high,
            "rows": picture.frame.rows,
            "cols": picture.frame.cols,
            "turns": picture.frame.turns,
            "mirror": picture.frame.mirror,
            "top": picture.frame.top,
            "left": picture.frame.left,
            "part": picture.part,
        }
        for image, picture in pictures.items()
    }


def pictures_from(rows: Mapping[str, Any], read: Any) -> dict[str, Picture]:
    """Read pictures back; ``read`` gives the bytes of a file, or None where it is gone."""
    found = {}
    for image, row in rows.items():
        png = read(row["file"])
        if png is not None:
            height, width, turns = (int(row[name]) for name in ("rows", "cols", "turns"))
            frame = Frame(height, width, turns, bool(row["mirror"]), int(row.get("top", 0)), int(row.get("left", 0)))
            part = (int(row["part"][0]), int(row["part"][1])) if row.get("part") else None
            found[image] = Picture(image, png, float(row["scale"]), frame, float(row["low"]), float(row["high"]), part)
    return found


def document_of(
    record: Mapping[str, Any], settings: Settings, images: Any, samples: Any, pictures: Any
) -> dict[str, Any]:
    """Lay out ``run.json``: the record, then settings, the rows of the study's sheets, and pictures' places."""
    study = {"images": images, "samples": samples}
    return {**record, "settings": settings.as_dict(), "study": study, "pictures": pictures}


def to_json(
    record: Mapping[str, Any],
    settings: Settings,
    images: pd.DataFrame,
    samples: pd.DataFrame,
    pictures: Mapping[str, Picture],
) -> bytes:
    """Write everything of a result that is no table of numbers."""
    sheets = (sheet_rows(images), sheet_rows(samples))
    document = plain_value(document_of(record, settings, *sheets, picture_rows(pictures)))
    return (json.dumps(document, indent=1, ensure_ascii=False, allow_nan=False) + "\n").encode("utf-8", "replace")


def from_json(data: bytes, where: str) -> tuple[dict[str, Any], Settings, dict[str, Any], dict[str, Any]]:
    """Read what `to_json` wrote: record, settings, sheets and pictures' places.

    Raises
    ------
    TableError
        The file is not a record of a run.
    """
    try:
        document = json.loads(data.decode("utf-8"))
        settings = from_mapping(document.pop("settings"))
        return document, settings, document.pop("study"), document.pop("pictures")
    except (ValueError, KeyError, AttributeError, TypeError, SettingsError) as error:
        raise TableError(f"{where}: not the record of a run of blotquant ({error})") from error
