"""What every reader shares: a plane of a file, what a reader is, and how a file is refused."""

from __future__ import annotations

import lzma
import struct
import zipfile
import zlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from ..blot import Step
from ..errors import ReadError

__all__ = ["DAMAGE", "Head", "Plane", "Reader", "check_size", "full_scale", "look", "plain_tags", "whole"]

Raw = npt.NDArray[Any]

DAMAGE = (
    ArithmeticError,
    AssertionError,
    AttributeError,
    EOFError,
    LookupError,
    OSError,
    RuntimeError,
    SyntaxError,
    TypeError,
    ValueError,
    lzma.LZMAError,
    struct.error,
    zipfile.BadZipFile,
    zlib.error,
)
"""What the decoding libraries raise on a damaged file; readers turn it into a `ReadError`.

Too little memory is none of it: the same file may be read once other work is done, so it is let through.
"""

_HEAD = 4096  # bytes that every reader's sniff may look at
MOST_TEXT = 65_536  # characters of one vendor tag, or bytes of a vendor's text, that are kept
SCREENS = (72.0, 96.0)  # dots per inch that programs write when they know nothing
_MOST_BYTES_A_PIXEL = 8
_MOST_BYTES_AROUND = 16_000_000  # audit logs, previews and other things beside the pixels
_MOST_ITEMS = 64  # longer number lists are tables of the format, not facts about the blot


@dataclass(frozen=True)
class Plane:
    """One picture of a file, as decoded and before anything is decided about it.

    Parameters
    ----------
    pixels : ndarray of shape (H, W) or (H, W, 3)
        Counts as stored [AU]; the second shape is red, green, blue.
    channel : str
        Name of the channel or page; empty in a file with a single picture.
    depth : int
        Bits a sample as stored.
    full : float or None
        Largest count that the storage can hold [AU]; None for floating point.
    ceiling : float or None
        Largest count of the detector as the file states it [AU].
    pixel_um, exposure_s, imager, acquired
        Side of a pixel [µm], exposure [s], instrument and date, where the file tells.
    lossy : bool
        The picture went through lossy compression.
    tags : Mapping
        The vendor's own tags, untouched.
    notes : tuple of str
        What the reader had to decide, in words.
    steps : tuple of Step
        What had to be done to the stored numbers to get counts (a square root undone …).
    """

    pixels: Raw
    channel: str = ""
    depth: int = 0
    full: float | None = None
    ceiling: float | None = None
    pixel_um: float | None = None
    exposure_s: float | None = None
    imager: str = ""
    acquired: str = ""
    lossy: bool = False
    tags: Mapping[str, Any] = field(default_factory=dict)
    notes: tuple[str, ...] = ()
    steps: tuple[Step, ...] = ()


@dataclass(frozen=True)
class Head:
    """The beginning of a file, for telling what it is: its path, its size [bytes] and its first bytes, or a folder."""

    path: Path
    size: int
    start: bytes
    folder: bool = False

    @property
    def ending(self) -> str:
        """The file name's ending in lower case, with its dot."""
        return self.path.suffix.lower()


@dataclass(frozen=True)
class Reader:
    """A file format that is understood.

    Parameters
    ----------
    name : str
        Key in ``READERS``.
    formats : str
        What it reads, in words.
    extensions : tuple of str
        Usual endings; the content is looked at before they are believed.
    sniff : callable
        ``sniff(head)`` gives an empty text when the reader takes the file, else the reason why not.
    read : callable
        ``read(path, max_megapixels)`` gives the file's planes.
    kept : str
        What is kept beside the pixels.
    tested_on : str
        Whether a real file was seen, or only one written after the format's public description.
    folders : bool
        It reads folders; files are left to the others.
    """

    name: str
    formats: str
    extensions: tuple[str, ...]
    sniff: Callable[[Head], str]
    read: Callable[[Path, float], list[Plane]]
    kept: str
    tested_on: str
    folders: bool = False

    def refusal(self, head: Head) -> str:
        """Say why the reader does not take a file; an empty text where it does."""
        return "a folder, not a file" if head.folder and not self.folders else self.sniff(head)


def look(path: Path) -> Head:
    """Read the beginning of a file; of a folder it is known that it is one.

    Raises
    ------
    ReadError
        The file is missing, cannot be opened, or is empty.
    """
    try:
        if path.is_dir():
            return Head(path, 0, b"", folder=True)
        size = path.stat().st_size
        with path.open("rb") as file:
            start = file.read(_HEAD)
    except FileNotFoundError:
        raise ReadError("there is no such file; check the path") from None
    except (OSError, ValueError) as error:
        raise ReadError(f"cannot be opened ({_reason(error)})") from error
    if not start:
        raise ReadError("the file is empty (0 bytes); copy it again from the imager")
    return Head(path, size, start)


def _reason(error: Exception) -> str:
    return str(getattr(error, "strerror", None) or error)


def check_size(rows: int, cols: int, max_megapixels: float, *, planes: int = 1) -> None:
    """Refuse a picture that is too large, before a pixel of it is decoded.

    Raises
    ------
    ReadError
        ``rows × cols × planes`` is above the limit, or there is no pixel.
    """
    if rows < 1 or cols < 1 or planes < 1:
        raise ReadError(f"holds no pixels ({rows} × {cols})")
    megapixels = rows * cols * planes / 1e6
    if megapixels > max_megapixels:
        times = f" × {planes}" if planes > 1 else ""
        raise ReadError(
            f"{rows} × {cols}{times} pixels are more than the limit of {max_megapixels:g} megapixels;"
            " crop the picture or raise batch.max_megapixels"
        )


def whole(path: Path, max_megapixels: float) -> bytes:
    """Read a file's bytes, unless there are more of them than the largest picture allowed would need.

    Raises
    ------
    ReadError
        The file is too large.
    """
    most = int(max_megapixels * 1e6 * _MOST_BYTES_A_PIXEL) + _MOST_BYTES_AROUND
    if path.stat().st_size > most:
        raise ReadError(f"is larger than {most / 1e6:.0f} MB; raise batch.max_megapixels if it really is one picture")
    return path.read_bytes()


def full_scale(dtype: np.dtype[Any], bits: int) -> float | None:
    """Largest count that ``bits`` of a kind of number can hold [AU]; None for floating point."""
    if dtype.kind == "f":
        return None
    return float(2 ** (bits - 1 if dtype.kind == "i" else bits) - 1)


def plain_tags(tags: Mapping[str, Any]) -> dict[str, Any]:
    """Keep texts and numbers of a vendor's tags as they are; leave out long tables of the format itself."""
    kept: dict[str, Any] = {}
    for name, value in tags.items():
        if isinstance(value, bytes):
            value = value.decode("utf-8", "replace")
        if isinstance(value, str):
            value = value.rstrip("\0")[:MOST_TEXT]
        if isinstance(value, tuple | list):
            if len(value) > _MOST_ITEMS:
                continue
            value = tuple(value)
        if isinstance(value, str | int | float | tuple):
            kept[str(name)] = value
    return kept
