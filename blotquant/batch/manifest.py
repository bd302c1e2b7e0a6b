"""Which images are meant: files, folders, globs or an images.csv, and how each is called."""

from __future__ import annotations

import dataclasses
import fnmatch
import glob
import itertools
import os
import re
import warnings
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import Any

import numpy as np
import pandas as pd

from ..errors import QualityWarning, SettingsError, TableError
from ..files import RUN
from ..readers import READERS, split_stem
from ..result.record import sheet_rows
from ..study.cells import check_names, typed
from ..study.sheets import Sheet, read_workbook_sheet, stream_csv_sheet
from ..tables import INPUTS, Table
from .listing import Listing

__all__ = ["Manifest", "find_images", "image_table", "known_of"]

_TABLES = (".csv", ".xlsx", ".xlsm")
_NEEDS = Table(
    "images",
    "an image",
    tuple(dataclasses.replace(c, required=c.name == "image") for c in INPUTS["images"].columns),
)  # of an images.csv, measuring needs nothing but the images

_NUMBERED = re.compile(r"(.+)[ _-]\d{3}")
_DEFAULTS = INPUTS["images"].blanks


@dataclass(frozen=True)
class Manifest:
    """The images of a batch, listed on disk: memory does not grow with their number.

    Parameters
    ----------
    folder : Path
        The first folder that holds them all; ids are paths relative to it.
    listing : Listing
        The images, settled.
    """

    folder: Path
    listing: Listing

    def __len__(self) -> int:
        return len(self.listing)

    @property
    def membranes(self) -> int:
        """How many membranes there are; an image that names none is its own."""
        return self.listing.membranes

    @property
    def images(self) -> pd.DataFrame:
        """All images as one table, in the order of their ids: columns of ``images.csv`` and ``file``, the path."""
        return image_table(list(self.listing.rows()))

    def rows(self) -> Iterator[dict[str, Any]]:
        """Yield what is known of each image, in the order of their ids; what nobody said is at its default."""
        for row in self.listing.rows():
            yield known_of(row)

    def by_membrane(self) -> Iterator[tuple[str, list[dict[str, Any]]]]:
        """Yield each membrane with what is known of its images (see `image_table`), in the order of their names."""
        for membrane, rows in itertools.groupby(self.listing.rows(by_membrane=True), key=lambda row: row["membrane"]):
            yield str(membrane), list(rows)


def _absolute(path: str | Path) -> str:
    """Return the path from the root, links not followed: an image is called by the name that the user knows."""
    return os.path.abspath(path)  # noqa: PTH100 - Path.absolute leaves the dots in


def _extensions() -> set[str]:
    return {extension.lower() for reader in READERS.values() for extension in reader.extensions}


def _wanted(path: Path, include: Sequence[str], exclude: Sequence[str]) -> bool:
    def matches(patterns: Sequence[str]) -> bool:
        return any(fnmatch.fnmatch(text, pattern) for text in (path.name, path.as_posix()) for pattern in patterns)

    return (not include or matches(include)) and not matches(exclude)


def _names_ending(path: Path, include: Sequence[str]) -> bool:
    """Tell whether a glob says a file's ending itself, as ``*.dat`` does; then no reader need know it."""
    endings = [PurePosixPath(pattern).suffix for pattern in include]
    return any(ending and "*" not in ending and fnmatch.fnmatch(path.suffix, ending) for ending in endings)


def _cannot_open(error: OSError) -> None:
    warnings.warn(f"{error.filename}: cannot be opened ({error.strerror}); passed over", QualityWarning, stacklevel=2)


def _walk(folder: Path) -> Iterator[Path]:
    """Yield the files below a folder in a fixed order; hidden folders and results of blotquant are passed over."""
    for place, folders, files in os.walk(folder, onerror=_cannot_open):
        if RUN in files and "lanes.csv" in files:
            folders.clear()
            continue
        folders[:] = sorted(name for name in folders if not name.startswith("."))
        yield from (Path(place) / name for name in sorted(files) if not name.startswith("."))


def _in_folder(folder: Path, include: Sequence[str], exclude: Sequence[str]) -> Iterator[Path]:
    known = _extensions()
    for path in _walk(folder):
        readable = path.suffix.lower() in known or _names_ending(path, include)
        if not readable or not _wanted(path.relative_to(folder), include, exclude):
            continue
        pixels = [path.with_suffix(ending) for ending in (".img", ".IMG")] if path.suffix.lower() == ".inf" else []
        if not any(each.exists() for each in pixels):  # a header goes with its pixels
            yield path


def _some(found: Iterable[Path], why: str) -> Iterator[Path]:
    """Yield what is found, which must be something."""
    empty = True
    for path in found:
        empty = False
        yield path
    if empty:
        raise SettingsError(why)


def _expand(argument: str, include: Sequence[str], exclude: Sequence[str]) -> Iterator[Path]:
    """Yield the files that an argument means; a file that is not there is kept, to fail by its name."""
    path = Path(argument)
    if path.is_dir():
        why = f"{argument}: no images in this folder; name files, or say their ending with --include, as '*.dat'"
        if include or exclude:
            why = f"{argument}: --include and --exclude leave no image in this folder; check their globs"
        yield from _some(_in_folder(path, include, exclude), why)
    elif path.exists() or not glob.has_magic(argument):
        yield from [path] if _wanted(path, include, exclude) else []  # a shell may have made files of a glob
    else:
        matches = map(Path, glob.iglob(argument, recursive=True))  # noqa: PTH207 - also absolute
        wanted = (one for one in matches if one.is_dir() or _wanted(one, include, exclude))
        for one in _some(wanted, f"{argument}: no file matches; check the pattern and the folder"):
            yield from _in_folder(one, include, exclude) if one.is_dir() else [one]


def known_of(row: Mapping[str, Any]) -> dict[str, Any]:
    """Return what is known of an image: columns of ``images.csv``, and ``file``; what nobody said is at its default."""
    return {**_DEFAULTS, **{name: value for name, value in row.items() if value is not None}}


def image_table(rows: Sequence[Mapping[str, Any]]) -> pd.DataFrame:
    """Make a table of images with the kinds that ``images.csv`` declares; what nobody said is at its default.

    Parameters
    ----------
    rows : sequence of mapping
        What is known of each image: column → value, and ``file``.

    Returns
    -------
    DataFrame
        Columns of ``images.csv`` and ``file``.
    """
    known, columns = [known_of(row) for row in rows], {}
    for name, default in {**_DEFAULTS, "file": ""}.items():
        values = [row.get(name, default) for row in known]
        columns[name] = np.array(values, dtype=type(default) if isinstance(default, float | bool) else object)
    # pandas' own texts refuse the name of a file that is no text
    return pd.DataFrame({name: pd.Series(values, dtype=values.dtype) for name, values in columns.items()})


def _pieces(path: Path) -> Iterator[Sheet]:
    if path.suffix.lower() == ".csv":
        yield from stream_csv_sheet(path, INPUTS["images"].names)
    else:
        yield read_workbook_sheet(path, "images")


def _add_table(listing: Listing, path: Path) -> None:
    """List what an images.csv (or a workbook's sheet ``images``) names; of its columns only ``image`` is needed."""
    here = _absolute(path.parent)
    listing.anchor(here)
    for sheet in _pieces(path):
        check_names(sheet, _NEEDS, strict=True)
        images = typed(sheet, _NEEDS)
        blank = images.index[images["image"] == ""]
        if len(blank):
            raise sheet.error(int(blank[0]), "image", "", "is blank; every row needs its image")
        for row in sheet_rows(images):
            said = {name: value for name, value in row.items() if name != "image"}
            listing.add(_absolute(os.path.join(here, str(row["image"]))), said)  # noqa: PTH118 - see Listing.add


def _called(file: str, said: Mapping[str, Any], several: bool) -> str:
    """Name an image by its path, with ``#channel`` and ``@region`` where one file gives several."""
    channel, region = (str(said.get(name) or "") if several else "" for name in ("channel", "region"))
    text = f"{file}{'#' + channel if channel else ''}{'@' + region if region else ''}"
    return text.encode("utf-8", "surrogateescape").decode("utf-8", "replace")


def _kin(file: str) -> tuple[str, bool]:
    """Name what a numbered file shares with its like, and whether its number is a scanner's channel.

    ``scans/blot_700.tif`` is a channel of ``scans/blot``; ``scans/blot_001.tif`` is one of a series.
    """
    path = PurePosixPath(file)
    numbered = _NUMBERED.fullmatch(path.stem) if path.suffix.lower() in (".tif", ".tiff") else None
    shared = path.with_name(numbered[1]).as_posix() if numbered else ""
    return shared.encode("utf-8", "surrogateescape").decode("utf-8", "replace"), bool(split_stem(path.stem)[1])


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
        Only files whose name or path matches one of these globs, and none of those; what a table lists is all meant.
        A glob of ``include`` that says an ending (``*.dat``) also brings in files that no reader knows by it.
    leave_out : Path, optional
        A folder to pass over: where the results go.

    Returns
    -------
    Manifest
        The images, each once, in the order of their ids; a membrane that is not named is the image's own, or that of
        a scan's channels (``blot_700.tif``, ``blot_800.tif``).

    Raises
    ------
    SettingsError
        A folder or a glob holds no image.
    TableError
        A table of images breaks its rules.
    """
    tables = [Path(each) for each in arguments if each.lower().endswith(_TABLES) and Path(each).is_file()]
    others = [each for each in arguments if Path(each) not in tables]
    apart = None if leave_out is None else _absolute(leave_out)
    listing = Listing()
    for table in tables:
        _add_table(listing, table)
    for path in map(_absolute, itertools.chain.from_iterable(_expand(each, include, exclude) for each in others)):
        if apart is None or not Path(path).is_relative_to(apart):
            listing.add(path)
    if not len(listing) and (include or exclude):
        raise SettingsError("--include and --exclude leave no image of those that were named; check their globs")
    if not len(listing):
        raise SettingsError(f"no images besides those of the results in {leave_out}; choose another folder for -o")
    folder = listing.settle(_called, _kin)
    if listing.twice is not None:
        raise TableError(f"image {listing.twice!r} is listed twice; tell its rows apart by channel or region")
    return Manifest(folder, listing)
