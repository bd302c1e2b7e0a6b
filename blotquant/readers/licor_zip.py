"""A zip with one TIFF a channel, as LI-COR's Image Studio hands an acquisition out."""

from __future__ import annotations

import dataclasses
import io
import zipfile
from pathlib import Path, PurePosixPath
from typing import Any

from ..errors import ReadError
from .licor_folder import split_stem
from .planes import DAMAGE, MOST_TEXT, Head, Plane, Reader, plain_tags
from .tiff import planes_of

__all__ = ["LICOR_ZIP"]

_MOST_MEMBERS = 256
_BYTES_A_PIXEL = 16  # a TIFF in the zip may unpack to so many bytes a pixel allowed


def _sniff(head: Head) -> str:
    if not head.start.startswith(b"PK\3\4"):
        return "the file does not begin as a zip does"
    try:
        with zipfile.ZipFile(head.path) as archive:
            return "" if _pictures(archive) else "a zip without TIFF pictures in it"
    except (ReadError, *DAMAGE):
        return ""  # it says it is a zip; reading it tells what is wrong


def _pictures(archive: zipfile.ZipFile) -> list[zipfile.ZipInfo]:
    members = archive.infolist()
    if len(members) > _MOST_MEMBERS:
        raise ReadError(f"a zip of {len(members)} files is no acquisition; unpack it and name the pictures")
    return [
        member
        for member in members
        if member.filename.lower().endswith((".tif", ".tiff"))
        and not member.is_dir()
        and not PurePosixPath(member.filename).name.startswith(".")
        and not member.filename.startswith("__MACOSX/")
    ]


def _unpack(archive: zipfile.ZipFile, member: zipfile.ZipInfo, most: int) -> bytes:
    """Unpack one member in memory, and no more of it than allowed whatever its header says."""
    with archive.open(member) as file:
        data = file.read(most + 1)
    if len(data) > most:
        raise ReadError(f"{member.filename[:80]!r} in it unpacks to more than {most / 1e6:.0f} MB; unpack it yourself")
    return data


def _texts(archive: zipfile.ZipFile) -> dict[str, Any]:
    """Small text files of the acquisition, kept as tags."""
    found = {}
    for member in archive.infolist():
        if member.filename.lower().endswith((".txt", ".xml", ".json")) and member.file_size <= MOST_TEXT:
            found[member.filename] = _unpack(archive, member, MOST_TEXT)
    return plain_tags(found)


def _name(member: zipfile.ZipInfo) -> str:
    stem = PurePosixPath(member.filename.replace("\\", "/")).stem
    return split_stem(stem)[1] or stem


def read_zip(path: Path, max_megapixels: float) -> list[Plane]:
    """Read every TIFF of an acquisition zip; nothing is written to disk.

    Raises
    ------
    ReadError
        The zip is damaged, protected, too large when unpacked, or holds no picture.
    """
    import tifffile

    found: list[Plane] = []
    with zipfile.ZipFile(path) as archive:
        members = _pictures(archive)
        texts = _texts(archive)
        left = int(max_megapixels * 1e6 * _BYTES_A_PIXEL)
        for member in members:
            data = _unpack(archive, member, left)
            left -= len(data)
            with tifffile.TiffFile(io.BytesIO(data)) as tif:
                planes = planes_of(tif, max_megapixels)
            for plane in planes:
                name = "-".join(filter(None, (_name(member), plane.channel)))
                found.append(dataclasses.replace(plane, channel=name, tags={**texts, **plane.tags}))
            max_megapixels -= sum(plane.pixels.size for plane in planes) / 1e6
    if not found:
        raise ReadError("a zip without TIFF pictures in it; unpack it and name the pictures")
    names = [plane.channel for plane in found]
    if len(set(names)) < len(names):
        found = [dataclasses.replace(plane, channel=str(i + 1)) for i, plane in enumerate(found)]
    return [dataclasses.replace(found[0], channel="")] if len(found) == 1 else found


LICOR_ZIP = Reader(
    name="licor_zip",
    formats="LI-COR acquisition: a zip with one TIFF a channel",
    extensions=(".zip",),
    sniff=_sniff,
    read=read_zip,
    kept="all tags of the TIFFs, text files of the acquisition; channels named 700, 800, chemi",
    tested_on="zips of real Odyssey TIFFs; no vendor's zip seen",
)
