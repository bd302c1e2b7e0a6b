"""Which images are meant: files, folders, globs or an images.csv, and how each is called."""

from __future__ import annotations

import dataclasses
import fnmatch
import glob
import os
import warnings
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from ..errors import QualityWarning, SettingsError, TableError
from ..readers import READERS
from ..study.cells import check_names, typed
from ..study.sheets import read_csv_sheet, read_workbook_sheet
from ..tables import INPUTS, Table

__all__ = ["Manifest", "find_images"]

_TABLES = (".csv", ".xlsx", ".xlsm")
_NEEDS = Table(
    "images",
    "an image",
    tuple(dataclasses.replace(c, required=c.name == "image") for c in INPUTS["images"].columns),
)  # of an images.csv, measuring needs nothing but the images


@dataclass(frozen=True)
class Manifest:
    """The images of a batch.

    Parameters
    ----------
    folder : Path
        The first folder that holds them all; ids are paths relative to it.
    images : DataFrame
        Columns of ``images.csv``, one row an image, in the order of their ids; ``file`` is the path from `folder`.
    """

    folder: Path
    images: pd.DataFrame


def _absolute(path: Path) -> Path:
    """Return the path from the root, links not followed: an image is called by the name that the user knows."""
    return Path(os.path.normpath(Path.cwd() / path))


def _extensions() -> set[str]:
    return {extension.lower() for reader in READERS.values() for extension in reader.extensions}


def _wanted(path: Path, include: Sequence[str], exclude: Sequence[str]) -> bool:
    def matches(patterns: Sequence[str]) -> bool:
        return any(fnmatch.fnmatch(text, pattern) for text in (path.name, path.as_posix()) for pattern in patterns)

    return (not include or matches(include)) and not matches(exclude)


def _cannot_open(error: OSError) -> None:
    warnings.warn(f"{error.filename}: cannot be opened ({error.strerror}); passed over", QualityWarning, stacklevel=2)


def _walk(folder: Path) -> Iterator[Path]:
    """Yield the files below a folder in a fixed order; hidden folders and results of blotquant are passed over."""
    for place, folders, files in os.walk(folder, onerror=_cannot_open):
        if "run.json" in files and "lanes.csv" in files:
            folders.clear()
            continue
        folders[:] = sorted(name for name in folders if not name.startswith("."))
        yield from (Path(place) / name for name in sorted(files) if not name.startswith("."))


def _in_folder(folder: Path, include: Sequence[str], exclude: Sequence[str]) -> list[Path]:
    known = _extensions()
    found = [
        path
        for path in _walk(folder)
        if (path.suffix.lower() in known or include) and _wanted(path.relative_to(folder), include, exclude)
    ]
    pictures = {path.with_suffix("") for path in found if path.suffix.lower() == ".img"}
    return [path for path in found if path.suffix.lower() != ".inf" or path.with_suffix("") not in pictures]


def _expand(argument: str, include: Sequence[str], exclude: Sequence[str]) -> list[Path]:
    """Return the files that an argument means; a file that is not there is kept, to fail by its name."""
    path = Path(argument)
    if path.is_dir():
        found = _in_folder(path, include, exclude)
        if not found:
            raise SettingsError(f"{argument}: no images in this folder; name files, or choose them with --include")
        return found
    if path.exists() or not glob.has_magic(argument):
        return [path]
    found = [Path(each) for each in sorted(glob.glob(argument, recursive=True))]  # noqa: PTH207 - also absolute
    if not found:
        raise SettingsError(f"{argument}: no file matches; check the pattern and the folder")
    return [each for one in found for each in (_in_folder(one, include, exclude) if one.is_dir() else [one])]


def _texts(values: Iterable[str], index: pd.Index[Any]) -> pd.Series[Any]:
    """Return texts as objects: the name of a file need not be text, and pandas' own texts refuse such a one."""
    return pd.Series(list(values), index=index, dtype=object)


def _rows_of_files(paths: Iterable[Path]) -> pd.DataFrame:
    """Make the images table of bare files (absolute paths): every further column at its default."""
    defaults = {"float": np.nan, "int": np.nan, "bool": False}
    images = pd.DataFrame({"image": [str(path) for path in paths]}, dtype=object)
    for column in INPUTS["images"].columns[1:]:
        images[column.name] = pd.Series(defaults.get(column.kind, ""), index=images.index, dtype=_dtype(column.kind))
    return images


def _dtype(kind: str) -> type:
    return {"float": float, "int": float, "bool": bool}.get(kind, object)


def _rows_of_table(path: Path) -> pd.DataFrame:
    """Read an images.csv (or the sheet ``images`` of a workbook); of its columns only ``image`` is needed."""
    if path.suffix.lower() == ".csv":
        sheet = read_csv_sheet(path, INPUTS["images"].names)
    else:
        sheet = read_workbook_sheet(path, "images")
    check_names(sheet, _NEEDS, strict=True)
    images = typed(sheet, _NEEDS)
    blank = images.index[images["image"] == ""]
    if len(blank):
        raise sheet.error(int(blank[0]), "image", "", "is blank; every row needs its image")
    images["image"] = _texts((str(_absolute(path.parent / str(text))) for text in images["image"]), images.index)
    return images.reset_index(drop=True)


def _ids(images: pd.DataFrame) -> pd.Series[Any]:
    """Name each image by its path, with ``#channel`` and ``@region`` where one file gives several."""
    several = images["file"].duplicated(keep=False)
    parts = [
        f"{file}{'#' + channel if channel and more else ''}{'@' + region if region and more else ''}"
        for file, channel, region, more in zip(
            images["file"], images["channel"], images["region"], several, strict=True
        )
    ]
    shown = (part.encode("utf-8", "surrogateescape").decode("utf-8", "replace") for part in parts)
    return _texts(shown, images.index)


def find_images(
    arguments: Sequence[str], *, include: Sequence[str] = (), exclude: Sequence[str] = (), leave_out: Path | None = None
) -> Manifest:
    """Find the images that are meant.

    Parameters
    ----------
    arguments : sequence of str
        Files, folders (searched through, for files that a reader knows by extension), globs, or tables like
        ``images.csv`` whose paths are relative to the table.
    include, exclude : sequence of str
        Of folders, only files whose name or path matches one of these globs, and none of those.
    leave_out : Path, optional
        A folder to pass over: where the results go.

    Returns
    -------
    Manifest
        The images, each once, in the order of their ids; a membrane that is not named is the image's own.

    Raises
    ------
    SettingsError
        A folder or a glob holds no image.
    TableError
        A table of images breaks its rules.
    """
    tables = [Path(each) for each in arguments if each.lower().endswith(_TABLES) and Path(each).is_file()]
    others = [each for each in arguments if Path(each) not in tables]
    files = [path for each in others for path in _expand(each, include, exclude)]
    if leave_out is not None:
        files = [path for path in files if not _absolute(path).is_relative_to(_absolute(leave_out))]
    listed = [_rows_of_table(path) for path in tables]
    known = {image for table in listed for image in table["image"]}
    bare = [path for path in dict.fromkeys(map(_absolute, files)) if str(path) not in known]
    if not listed and not bare:
        raise SettingsError(f"no images besides those of the results in {leave_out}; choose another folder for -o")
    images = pd.concat([*listed, *([_rows_of_files(bare)] if bare else [])], ignore_index=True).drop_duplicates()
    anchors = [Path(path).parent for path in images["image"]] + [_absolute(path.parent) for path in tables]
    folder = os.path.commonpath(anchors)
    images["file"] = _texts((Path(os.path.relpath(path, folder)).as_posix() for path in images["image"]), images.index)
    images["image"] = _ids(images)
    images["membrane"] = images["membrane"].where(images["membrane"] != "", images["image"])
    if images["image"].duplicated().any():
        twice = images.loc[images["image"].duplicated(), "image"].iloc[0]
        raise TableError(f"image {twice!r} is listed twice; tell its rows apart by channel or region")
    return Manifest(Path(folder), images.sort_values("image", ignore_index=True))
