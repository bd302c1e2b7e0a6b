"""read_blot(): a file of any known kind becomes a `Blot` in detector counts.

Readers are asked in the order of `READERS`; the first whose ``sniff`` takes the file reads it. Content is
looked at before the file's ending is believed, vendor tags are kept untouched, and what would be read wrong is
refused with the reason.
"""

from __future__ import annotations

import functools
import hashlib
import os
import time
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from ..blot import Blot, Source, Step
from ..errors import ReadError
from ..saturation import find_limits
from .amersham_gel import AMERSHAM_GEL
from .bioio_any import BIOIO
from .biorad_1sc import BIORAD_1SC
from .biorad_scn import BIORAD_SCN
from .colour import resolve_colour
from .fuji import FUJI
from .licor_folder import LICOR_FOLDER, split_stem
from .licor_zip import LICOR_ZIP
from .planes import DAMAGE, Head, Plane, Raw, Reader, look
from .raster import BMP, GIF, JPEG, PNG
from .regions import crop_region, split_channels
from .syngene import SYNGENE
from .tiff import TIFF

if TYPE_CHECKING:
    import pandas as pd

__all__ = [
    "READERS",
    "Reader",
    "digest_of",
    "explain",
    "read_blot",
    "read_channels",
    "split_channels",
    "split_stem",
]

READERS: dict[str, Reader] = {
    reader.name: reader
    for reader in (
        BIORAD_1SC,
        BIORAD_SCN,
        SYNGENE,
        LICOR_FOLDER,
        LICOR_ZIP,
        AMERSHAM_GEL,
        TIFF,
        PNG,
        JPEG,
        GIF,
        BMP,
        FUJI,
        BIOIO,
    )
}
"""Every format that is understood, in the order in which readers are asked."""

_LIMIT = 300.0
_SETTLED_S = 2.0  # a file changed later than so long ago may change again without its times telling [s]

PathLike = str | os.PathLike[str]


def _shown(path: Path) -> str:
    """Show the path on one line, whatever characters are in its name."""
    return "".join(c if c.isprintable() else "?" for c in str(path))


def _choose(head: Head) -> Reader:
    for reader in READERS.values():
        if not reader.refusal(head):
            return reader
    if head.folder:
        raise ReadError(f"is a folder, and not that of one acquisition: {LICOR_FOLDER.refusal(head)}")
    known = ", ".join(sorted({ending for reader in READERS.values() for ending in reader.extensions}))
    raise ReadError(f"is not a picture of a known kind; `blotquant readers` explains, known endings: {known}")


def _planes(path: Path, max_megapixels: float) -> tuple[Reader, list[Plane]]:
    head = look(path)
    reader = _choose(head)
    try:
        return reader, reader.read(path, max_megapixels)
    except ReadError:
        raise
    except DAMAGE as error:
        detail = " ".join(str(error).split())[:120] or type(error).__name__
        raise ReadError(
            f"looks like {reader.name} but cannot be decoded, it is damaged or truncated ({detail})"
        ) from error


def _grey_planes(planes: list[Plane], channel: str | None) -> list[Plane]:
    """Make every plane grey; an overlay of colours is parted only where it is the file's one picture."""
    found: list[Plane] = []
    for plane in planes:
        grey = resolve_colour(plane, channel)
        if len(planes) > 1 and len(grey) > 1:
            raise ReadError(f"page {plane.channel} is an overlay of colours; export its channels as greyscale")
        found += grey
    return found


def _pick(planes: list[Plane], channel: str | None) -> Plane:
    names = [plane.channel for plane in planes]
    if channel is None:
        if len(planes) == 1:
            return planes[0]
        raise ReadError(f"holds {len(planes)} pictures; name one with channel= ({', '.join(names)})")
    chosen = [plane for plane in planes if plane.channel == channel]
    if not chosen and len(planes) == 1 and channel in ("", "1"):
        return planes[0]
    if not chosen:
        known = ", ".join(name or "it has a single picture" for name in names)
        raise ReadError(f"has no channel {channel!r} ({known})")
    return chosen[0]


def _check_numbers(pixels: Raw) -> None:
    if pixels.dtype.kind == "f":
        bad = int(np.count_nonzero(~np.isfinite(pixels)))
        if bad:
            raise ReadError(f"{bad} of its pixels are no numbers (NaN or infinite); export it again without a mask")


def _blot(path: Path, digest: str, reader: Reader, plane: Plane, name: str) -> Blot:
    _check_numbers(plane.pixels)
    ceiling, floor = find_limits(plane.pixels, full=plane.full, stated=plane.ceiling)
    source = Source(
        path=str(path),
        sha256=digest,
        reader=reader.name,
        depth=plane.depth,
        lossy=plane.lossy,
        tags=plane.tags,
        notes=plane.notes,
        exposure_s=plane.exposure_s,
        imager=plane.imager,
        acquired=plane.acquired,
        channel=plane.channel,
    )
    detail = reader.name + (f", channel {plane.channel}" if plane.channel else "")
    return Blot(
        name=name,
        pixels=plane.pixels,
        ceiling=ceiling,
        floor=floor,
        pixel_um=plane.pixel_um,
        source=source,
        steps=(Step("read", detail), *plane.steps),
    )


def digest_of(path: Path) -> str:
    """Hash a file, or every file of a folder that is one acquisition: SHA-256, hexadecimal.

    Raises
    ------
    OSError
        A file cannot be read.
    """
    files = [each for each in (sorted(path.rglob("*")) if path.is_dir() else [path]) if each.is_file()]
    told = [each.stat() for each in files]
    hashed = _hashed if all(time.time() - each.st_mtime > _SETTLED_S for each in told) else _hashed.__wrapped__
    stamps = ((each.st_ino, each.st_size, each.st_mtime_ns, each.st_ctime_ns) for each in told)
    return hashed(tuple(zip(files, stamps, strict=True)))


@functools.lru_cache(maxsize=16)  # a batch names a picture by its hash, and a moment later the reader wants it again
def _hashed(files: tuple[tuple[Path, tuple[int, ...]], ...]) -> str:
    digest = hashlib.sha256()
    for path, _ in files:
        with path.open("rb") as file:
            hashlib.file_digest(file, lambda: digest)
    return digest.hexdigest()


def read_blot(
    path: PathLike,
    *,
    name: str | None = None,
    channel: str | None = None,
    region: str | None = None,
    max_megapixels: float = _LIMIT,
) -> Blot:
    """Read one picture of a file.

    Parameters
    ----------
    path : path
        An image file of any kind in `READERS`, or the folder of an acquisition.
    name : str, optional
        The image's id; default the file's name, with ``#channel`` and ``@region`` where they were given.
    channel : str, optional
        Channel or page to read in a file with several pictures; ``red``, ``green`` or ``blue`` of a colour picture.
    region : str, optional
        Part to read: ``top:bottom,left:right`` [px], half-open, or the number of a strip of a figure, from the top.
    max_megapixels : float
        Larger pictures are refused before a pixel is decoded [10⁶ px].

    Returns
    -------
    Blot
        Counts as the detector gave them [AU]; ``bright`` is None until `orient` has looked.

    Raises
    ------
    ReadError
        The file is missing, damaged, too large, of an unknown kind, would be read wrong, or holds several
        pictures and no channel was named.
    """
    path = Path(path)
    suffix = (f"#{channel}" if channel else "") + (f"@{region}" if region else "")
    try:
        reader, planes = _planes(path, max_megapixels)
        plane = _pick(_grey_planes(planes, channel), channel)
        blot = _blot(path, digest_of(path), reader, plane, name if name is not None else path.name + suffix)
        return blot if region is None else crop_region(blot, region)
    except ReadError as error:
        raise ReadError(f"{_shown(path)}: {error}") from error


def read_channels(path: PathLike, *, name: str | None = None, max_megapixels: float = _LIMIT) -> list[Blot]:
    """Read every picture of a file: its channels or pages, each named ``name#channel`` where there are several.

    Parameters
    ----------
    path : path
        An image file of any kind in `READERS`, or the folder of an acquisition.
    name : str, optional
        The file's id; default its name.
    max_megapixels : float
        Larger files are refused before a pixel is decoded [10⁶ px].

    Raises
    ------
    ReadError
        As in `read_blot`.
    """
    path = Path(path)
    base = name if name is not None else path.name
    try:
        reader, planes = _planes(path, max_megapixels)
        digest = digest_of(path)
        grey = _grey_planes(planes, None)
        names = [base] if len(grey) == 1 else [f"{base}#{plane.channel}" for plane in grey]
        return [_blot(path, digest, reader, plane, full) for plane, full in zip(grey, names, strict=True)]
    except ReadError as error:
        raise ReadError(f"{_shown(path)}: {error}") from error


def explain(path: PathLike) -> pd.DataFrame:
    """Tell which reader takes a file, and why the others do not.

    Returns
    -------
    DataFrame
        One row a reader in the order in which they are asked: ``reader``, ``takes`` (bool), ``reason``.

    Raises
    ------
    ReadError
        The file is missing or empty.
    """
    import pandas as pd

    path = Path(path)
    try:
        head = look(path)
    except ReadError as error:
        raise ReadError(f"{_shown(path)}: {error}") from error
    rows: list[tuple[str, bool, str]] = []
    taken = ""
    for reader in READERS.values():
        reason = reader.refusal(head)
        if not reason and taken:
            rows.append((reader.name, False, f"it could, but {taken} is asked first"))
        else:
            rows.append((reader.name, not reason, reason or _why(reader, head)))
            taken = taken or ("" if reason else reader.name)
    return pd.DataFrame(rows, columns=["reader", "takes", "reason"])


def _why(reader: Reader, head: Head) -> str:
    usual: Sequence[str] = reader.extensions
    if head.folder:
        return f"what it holds fits: {reader.formats}"
    if head.ending in usual:
        return f"content and ending fit: {reader.formats}"
    return f"the content fits ({reader.formats}), though the ending {head.ending or '(none)'} is unusual for it"
