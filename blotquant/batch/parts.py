"""What is done is kept: one file for each finished unit of work, so that a run that was cut short can go on.

A unit is known by what it was made from: the bytes of its images, what was said about them, the settings that
measuring reads, and the version. A changed image or setting is another unit and is done anew.
"""

from __future__ import annotations

import dataclasses
import functools
import hashlib
import io
import json
import zipfile
import zlib
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pandas as pd

from .. import __version__
from ..blot import Frame
from ..errors import OutputError
from ..figures.pictures import Picture
from ..files import EPOCH, plain_value, write_whole
from ..readers import digest_of
from ..tables import to_csv_bytes

__all__ = ["Kept", "Opened", "Part", "is_part", "open_part", "part_path", "unit_key", "write_part"]


@dataclass(frozen=True)
class Part:
    """What measuring one unit gave.

    Parameters
    ----------
    tables : mapping of str to DataFrame
        Tables of ``TABLES`` by name.
    pictures : mapping of str to Picture
        Pictures by image id.
    record : mapping
        What else is to be known: SHA-256 of the inputs, warnings, failures.
    """

    tables: Mapping[str, pd.DataFrame]
    pictures: Mapping[str, Picture] = field(default_factory=dict)
    record: Mapping[str, Any] = field(default_factory=dict)


def _digest(path: Path) -> str:
    """Hash a file, or every file of a folder that is one acquisition; reading will say what is wrong with it."""
    try:
        return digest_of(path)
    except OSError as error:
        return f"unreadable: {error.strerror}"


def unit_key(folder: Path, images: Sequence[Mapping[str, Any]], settings: Mapping[str, Any]) -> str:
    """Return the name under which the unit's part is kept.

    Parameters
    ----------
    folder : Path
        Where the images' paths start.
    images : sequence of mapping
        What is known of each image, and ``file``.
    settings : mapping
        Settings that measuring reads, as plain values.

    Returns
    -------
    str
        SHA-256, hexadecimal.
    """
    inputs = [_digest(folder / file) for file in dict.fromkeys(str(row["file"]) for row in images)]
    text = json.dumps([__version__, plain_value(images), inputs, settings], sort_keys=True, default=str)
    return hashlib.sha256(text.encode()).hexdigest()


def part_path(folder: Path, key: str) -> Path:
    """Return where a part is kept: in one of 256 folders, none of which grows beyond what a disk likes."""
    return folder / key[:2] / f"{key}.zip"


def is_part(path: Path) -> bool:
    """Tell whether a whole part is kept here; one that a disk has cut, or a machine that went down, is none."""
    try:
        with zipfile.ZipFile(path) as archive:
            return "part.json" in archive.namelist() and archive.testzip() is None
    except (OSError, zipfile.BadZipFile, zlib.error):
        return False


def _meta(part: Part) -> bytes:
    pictures = [
        {key: value for key, value in dataclasses.asdict(picture).items() if key not in ("png", "prints")}
        for picture in part.pictures.values()
    ]
    return json.dumps({"record": dict(part.record), "pictures": pictures}, indent=1).encode()


def write_part(part: Part, path: Path) -> None:
    """Keep a part, whole or not at all."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, table in part.tables.items():
            archive.writestr(zipfile.ZipInfo(f"{name}.csv", EPOCH), to_csv_bytes(table))
        for number, picture in enumerate(part.pictures.values()):
            archive.writestr(zipfile.ZipInfo(f"{number}.png", EPOCH), picture.png)
        archive.writestr(zipfile.ZipInfo("part.json", EPOCH), _meta(part))
    write_whole(path, buffer.getvalue(), forced=False)  # `is_part` reads all of it before it is believed


def _picture(path: Path, number: int, values: Mapping[str, Any]) -> Picture:
    with zipfile.ZipFile(path) as archive:
        part = tuple(values["part"]) if values.get("part") else None
        known = {**values, "frame": Frame(**values["frame"]), "part": part}
        return Picture(png=archive.read(f"{number}.png"), **known)


class Kept(Mapping[str, Picture]):
    """Pictures that are read when they are asked for, so that memory does not grow with the number of images.

    Parameters
    ----------
    places : mapping of str to callable
        Image id → what reads its picture.
    """

    def __init__(self, places: Mapping[str, Callable[[], Picture]]) -> None:
        self._places = dict(places)

    def __getitem__(self, image: str) -> Picture:
        return self._places[image]()

    def __iter__(self) -> Iterator[str]:
        return iter(self._places)

    def __len__(self) -> int:
        return len(self._places)


@dataclass(frozen=True)
class Opened:
    """A part as it lies on disk, its tables not read.

    Parameters
    ----------
    record : mapping
        What else is to be known.
    csv : mapping of str to bytes
        Tables by name, as CSV.
    pictures : mapping of str to Picture
        Pictures by image id, read when they are asked for.
    """

    record: Mapping[str, Any]
    csv: Mapping[str, bytes]
    pictures: Mapping[str, Picture]


def open_part(path: Path) -> Opened:
    """Open a part without reading its tables, which takes far longer.

    Raises
    ------
    OutputError
        It is gone or damaged.
    """
    try:
        with zipfile.ZipFile(path) as archive:
            meta = json.loads(archive.read("part.json"))
            names = [name for name in archive.namelist() if name.endswith(".csv")]
            csv = {name.removesuffix(".csv"): archive.read(name) for name in names}
    except (OSError, zipfile.BadZipFile, zlib.error, KeyError, json.JSONDecodeError) as error:
        raise OutputError(f"{path}: was kept and cannot be read any more ({error}); run again with --resume") from error
    return Opened(meta["record"], csv, _kept(path, meta["pictures"]))


def _kept(path: Path, pictures: Iterable[Mapping[str, Any]]) -> Kept:
    shown = enumerate(pictures)
    return Kept({values["image"]: functools.partial(_picture, path, number, values) for number, values in shown})
