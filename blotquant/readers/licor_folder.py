"""A folder with one TIFF a channel: how LI-COR's Image Studio keeps an acquisition in its work area.

``0000001_01/`` holds ``0000001_01_700.TIF`` and ``0000001_01_800.TIF`` beside texts about the scan: one membrane on
one pixel grid. (LI-COR, "Work Area Folder", software guide.)
"""

from __future__ import annotations

import dataclasses
import re
from pathlib import Path
from typing import Any

from ..errors import ReadError
from .planes import MOST_TEXT, Head, Plane, Reader, plain_tags
from .tiff import read_tiff

__all__ = ["LICOR_FOLDER", "acquisition", "split_stem"]

_CHANNEL = re.compile(r"^(?:(.*)[ _-])?(488|520|600|680|685|700|785|800|chemi|white|visible)$", re.IGNORECASE)
_PICTURES, _TEXTS = (".tif", ".tiff"), (".txt", ".xml")
_MOST_FILES = 256


def split_stem(stem: str) -> tuple[str, str]:
    """Part a file's name, without its ending, into what its channels share and the channel.

    Examples
    --------
    >>> split_stem("0000001_01_700"), split_stem("blot_001")
    (('0000001_01', '700'), ('blot_001', ''))
    """
    found = _CHANNEL.match(stem)
    return (found[1] or "", found[2].lower()) if found else (stem, "")


def _files(folder: Path) -> list[Path]:
    """Files of a folder, not those below it; hidden ones are left out."""
    found = []
    for path in folder.iterdir():
        if path.is_file() and not path.name.startswith("."):
            found.append(path)
        if len(found) > _MOST_FILES:
            raise ReadError(f"a folder of more than {_MOST_FILES} files is no acquisition; name its pictures")
    return sorted(found)


def acquisition(folder: Path) -> dict[str, Path]:
    """Find the channels of a folder that is one acquisition.

    Parameters
    ----------
    folder : Path
        The folder.

    Returns
    -------
    dict of str to Path
        TIFF of each channel.

    Raises
    ------
    ReadError
        The folder cannot be opened, or its TIFFs are not the channels of one membrane.
    """
    try:
        pictures = [path for path in _files(folder) if path.suffix.lower() in _PICTURES]
    except OSError as error:
        raise ReadError(f"cannot be opened ({error.strerror or error})") from error
    parted = [split_stem(path.stem) for path in pictures]
    channels = [channel for _, channel in parted]
    if not pictures:
        raise ReadError("a folder without TIFF pictures in it")
    if len({stem for stem, _ in parted}) > 1 or "" in channels or len(set(channels)) < len(channels):
        raise ReadError("a folder whose TIFFs are not called NAME_700.tif, NAME_800.tif …; name one of its pictures")
    return dict(zip(channels, pictures, strict=True))


def _sniff(head: Head) -> str:
    if not head.folder:
        return "a file, not the folder of an acquisition"
    try:
        acquisition(head.path)
    except ReadError as error:
        return str(error)
    return ""


def _text(path: Path) -> bytes:
    with path.open("rb") as file:
        return file.read(MOST_TEXT)


def read_folder(path: Path, max_megapixels: float) -> list[Plane]:
    """Read every channel of an acquisition folder.

    Raises
    ------
    ReadError
        A channel is damaged, holds several pictures, or all of them together are too large.
    """
    texts: dict[str, Any] = {each.name: _text(each) for each in _files(path) if each.suffix.lower() in _TEXTS}
    tags, found = plain_tags(texts), []
    for channel, file in acquisition(path).items():
        planes = read_tiff(file, max_megapixels)
        if len(planes) > 1:
            raise ReadError(f"{file.name[:80]!r} in it holds {len(planes)} pictures; name that file")
        max_megapixels -= planes[0].pixels.size / 1e6
        found.append(dataclasses.replace(planes[0], channel=channel, tags={**tags, **planes[0].tags}))
    return [dataclasses.replace(found[0], channel="")] if len(found) == 1 else found


LICOR_FOLDER = Reader(
    name="licor_folder",
    formats="LI-COR acquisition: a folder with one TIFF a channel (NAME_700.TIF, NAME_800.TIF)",
    extensions=(),
    sniff=_sniff,
    read=read_folder,
    kept="all tags of the TIFFs, text files of the folder; channels named 700, 800, chemi",
    tested_on="a folder of real Odyssey TIFFs",
    folders=True,
)
