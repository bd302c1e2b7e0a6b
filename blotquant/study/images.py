"""The rules of ``images.csv``: which picture shows what, of which membrane."""

from __future__ import annotations

import os
from pathlib import Path

import numpy as np
import pandas as pd

from ..geometry import parse_region, whole_region
from ..tables import FORMS, INPUTS, MODES, POLARITIES, nearest
from .cells import check_choice, check_names, edit_distance, typed
from .names import is_known_target
from .sheets import Sheet

__all__ = ["complete_images"]


def _row(number: object) -> int:
    return int(str(number))


def _check_cells(sheet: Sheet, frame: pd.DataFrame) -> None:
    """Check each cell by itself."""
    for column in ("image", "membrane", "target", "form"):
        for number, value in frame[column].items():
            if not value:
                raise sheet.error(_row(number), column, value, f"is blank; every image needs its {column}")
    check_choice(sheet, frame, "form", FORMS)
    check_choice(sheet, frame, "mode", ("", *MODES))
    check_choice(sheet, frame, "polarity", ("", *POLARITIES))


def _check_numbers(sheet: Sheet, frame: pd.DataFrame) -> None:
    """Check numbers and regions against what they may be."""
    for column in ("n_lanes", "row", "mass_kda", "exposure_s"):
        for number, value in frame[column].items():
            if value <= 0:
                raise sheet.error(_row(number), column, value, "must be above zero")
    for number, turn in frame["rotate"].items():
        if np.isfinite(turn) and turn % 90 != 0:
            raise sheet.error(
                _row(number), "rotate", turn, "is not a multiple of 90 degrees; a tilt is found by itself"
            )
    for number, region in frame["region"].items():
        box = parse_region(region)
        if ":" in region and box is None:
            raise sheet.error(_row(number), "region", region, "is not top:bottom,left:right, for example 0:200,30:900")
        if box is not None and not whole_region(box):
            raise sheet.error(_row(number), "region", region, "is not of whole pixels from 0 on")


def _locate(sheet: Sheet, row: int, folder: Path, text: str) -> str:
    """Return the image's path relative to the study, or refuse it: outside the study, or not there."""
    if "\0" in text:
        raise sheet.error(row, "image", text, "holds a null character and is no path")
    if "\\" in text and not (folder / text).exists():
        text = text.replace("\\", "/")
    inside = os.path.relpath(os.path.normpath(folder / text), folder)
    if inside == os.pardir or inside.startswith(os.pardir + os.sep) or Path(inside).is_absolute():
        raise sheet.error(row, "image", text, "lies outside the study folder; copy it into the study and name it there")
    try:
        there = (folder / inside).exists()
    except OSError:  # a name too long for the file system names nothing
        there = False
    if not there:
        files = sorted(path.relative_to(folder).as_posix() for path in folder.glob("**/*") if path.is_file())
        raise sheet.error(
            row, "image", text, f"does not exist in {folder.name}{nearest(text, files[:2000] or ['(none)'])}"
        )
    return Path(inside).as_posix()


def _ids(frame: pd.DataFrame) -> pd.Series[str]:
    """Name each image by its path, with ``#channel`` and ``@region`` where one was named."""
    channel = frame["channel"].map(lambda text: f"#{text}" if text else "")
    region = frame["region"].map(lambda text: f"@{text}" if text else "")
    return (frame["file"] + channel + region).astype(object)


def _check_twice(sheet: Sheet, frame: pd.DataFrame) -> None:
    """Check that no image is listed twice, and that no two images say the same of one membrane."""
    seen: dict[tuple[object, ...], int] = {}
    for number, row in frame.iterrows():
        key = (row["image"], row["target"], row["form"])
        if key in seen:
            raise sheet.error(_row(number), "image", row["image"], f"is listed already in row {seen[key]}; keep one")
        seen[key] = _row(number)
    probed: dict[tuple[object, ...], int] = {}
    for number, row in frame.iterrows():
        exposure = None if np.isnan(row["exposure_s"]) else row["exposure_s"]
        same = (row["membrane"], row["target"], row["form"], row["site"], row["channel"], row["region"], exposure)
        if same in probed:
            problem = (
                f"shows the same membrane, form and site as row {probed[same]}; tell them apart by site or exposure_s"
            )
            raise sheet.error(_row(number), "target", row["target"], problem)
        probed[same] = _row(number)


def _check_membranes(sheet: Sheet, frame: pd.DataFrame) -> None:
    for membrane, rows in frame.groupby("membrane", sort=False):
        counts = rows["n_lanes"].dropna()
        other = counts[counts != counts.iloc[0]] if len(counts) else counts
        if len(other):
            problem = (
                f"differs from {counts.iloc[0]:g} in row {counts.index[0]}; membrane {membrane!r} has one lane count"
            )
            raise sheet.error(_row(other.index[0]), "n_lanes", other.iloc[0], problem)


def _check_pairs(sheet: Sheet, frame: pd.DataFrame) -> None:
    """Check that a pair joins at least two images."""
    names = frame.loc[frame["pair"] != "", "pair"]
    for number, name in names.items():
        if (names == name).sum() < 2:
            others = [other for other in names.unique() if other != name] or ["(no other pair)"]
            raise sheet.error(_row(number), "pair", name, f"joins nothing, it stands in one row{nearest(name, others)}")


def _check_targets(sheet: Sheet, frame: pd.DataFrame) -> None:
    """Refuse a phospho without a total beside a total without a phospho of nearly the same name: it is a slip."""
    joined = frame["pair"].where(frame["pair"] != "", frame["membrane"])
    for _, group in frame.groupby(joined, sort=False):
        phospho = group[group["form"] == "phospho"]
        total = group[group["form"] == "total"]
        alone = phospho[~phospho["target"].isin(total["target"])]
        spare = [name for name in total["target"].unique() if name not in set(phospho["target"])]
        for number, name in alone["target"].items():
            near = [other for other in spare if edit_distance(name, other) <= 2]
            if near and not (is_known_target(name) and is_known_target(near[0]) and name.upper() != near[0].upper()):
                problem = f"has no total on its membrane; did you mean {near[0]!r}, which has no phospho?"
                raise sheet.error(_row(number), "target", name, problem)


def complete_images(sheet: Sheet, folder: Path) -> pd.DataFrame:
    """Check the images of a study and fill in what is left to its default.

    Parameters
    ----------
    sheet : Sheet
        ``images.csv`` as texts.
    folder : Path
        The study folder; every image lies in it.

    Returns
    -------
    DataFrame
        The declared columns; ``image`` is the image's id, ``file`` its path relative to the study.

    Raises
    ------
    TableError
        A rule is broken; names file, row, column, value and the nearest valid one.
    """
    check_names(sheet, INPUTS["images"], strict=True)
    frame = typed(sheet, INPUTS["images"])
    for form, target in (("stain", "total protein"), ("marker", "marker")):
        frame["target"] = frame["target"].where((frame["target"] != "") | (frame["form"] != form), target)
    _check_cells(sheet, frame)
    _check_numbers(sheet, frame)
    frame["file"] = [_locate(sheet, _row(row), folder, text) for row, text in frame["image"].items()]
    frame["image"] = _ids(frame)
    _check_twice(sheet, frame)
    _check_membranes(sheet, frame)
    _check_pairs(sheet, frame)
    _check_targets(sheet, frame)
    frame["polarity"] = frame["polarity"].where(frame["polarity"] != "", "auto")
    return frame
