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
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pandas as pd

from .. import __version__
from ..blot import Frame
from ..figures.pictures import Picture
from ..result.files import write_whole
from ..result.record import sheet_rows
from ..tables import read_csv, to_csv_bytes

__all__ = ["Kept", "Part", "read_part", "unit_key", "write_part"]

_EPOCH = (1980, 1, 1, 0, 0, 0)  # the date in every archive, so that the same part has the same bytes


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
    """Hash a file, or every file of a folder that is one acquisition; nothing for a file that cannot be read."""
    digest = hashlib.sha256()
    for each in sorted(path.rglob("*")) if path.is_dir() else [path]:
        try:
            digest.update(each.read_bytes() if each.is_file() else b"")
        except OSError:  # reading will say what is wrong with it
            digest.update(b"unreadable")
    return digest.hexdigest()


def unit_key(folder: Path, images: pd.DataFrame, settings: Mapping[str, Any]) -> str:
    """Return the name under which the unit's part is kept.

    Parameters
    ----------
    folder : Path
        Where the images' paths start.
    images : DataFrame
        Rows of the manifest.
    settings : mapping
        Settings that measuring reads, as plain values.

    Returns
    -------
    str
        SHA-256, hexadecimal.
    """
    said = sheet_rows(images)
    inputs = [_digest(folder / str(file)) for file in images["file"].unique()]
    text = json.dumps([__version__, said, inputs, settings], sort_keys=True, default=str)
    return hashlib.sha256(text.encode()).hexdigest()


def _meta(part: Part) -> bytes:
    pictures = [
        {key: value for key, value in dataclasses.asdict(picture).items() if key != "png"}
        for picture in part.pictures.values()
    ]
    return json.dumps({"record": dict(part.record), "pictures": pictures}, indent=1).encode()


def write_part(part: Part, path: Path) -> None:
    """Keep a part, whole or not at all."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, table in part.tables.items():
            archive.writestr(zipfile.ZipInfo(f"{name}.csv", _EPOCH), to_csv_bytes(table))
        for number, picture in enumerate(part.pictures.values()):
            archive.writestr(zipfile.ZipInfo(f"{number}.png", _EPOCH), picture.png)
        archive.writestr(zipfile.ZipInfo("part.json", _EPOCH), _meta(part))
    write_whole(path, buffer.getvalue())


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

    @classmethod
    def united(cls, parts: Iterable[Mapping[str, Picture]]) -> Kept:
        """Put the pictures of many parts together without reading one."""
        return cls({image: functools.partial(part.__getitem__, image) for part in parts for image in part})


def read_part(path: Path) -> Part | None:
    """Return a part that was kept, or None where there is none or a disk that filled up has cut it."""
    try:
        with zipfile.ZipFile(path) as archive:
            meta = json.loads(archive.read("part.json"))
            names = [name.removesuffix(".csv") for name in archive.namelist() if name.endswith(".csv")]
            tables = {name: read_csv(io.BytesIO(archive.read(f"{name}.csv")), name) for name in names}
    except (OSError, zipfile.BadZipFile, KeyError, json.JSONDecodeError):
        return None
    shown = enumerate(meta["pictures"])
    places = {values["image"]: functools.partial(_picture, path, number, values) for number, values in shown}
    return Part(tables, Kept(places), meta["record"])
