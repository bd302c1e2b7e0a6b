"""The pictures that files of a draft hold: channels, strips of a figure, membranes that lie apart, scan folders."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import pandas as pd

from ..blot import Blot
from ..errors import BlotquantError

__all__ = ["Part", "find_files", "find_parts", "look_at_lanes"]

_ALIGNED = 0.03  # strips whose sides differ by no more of the picture's width lie below one another


@dataclass(frozen=True)
class Part:
    """One picture of a file, and how a row of images.csv names it.

    Parameters
    ----------
    file : str
        The file, or the folder of a scan.
    channel, region : str
        As for `read_blot`; empty where the file has one.
    group : str
        What tells its membrane from others of the same file; empty where the file shows one.
    blot : Blot or None
        Upright; None where the file cannot be read.
    note : str
        What was seen of it, or why it cannot be read.
    """

    file: str
    channel: str = ""
    region: str = ""
    group: str = ""
    blot: Blot | None = None
    note: str = ""


def _is_scan(folder: Path) -> bool:
    from ..readers import explain

    return bool(explain(folder)["takes"].any())


def find_files(folder: Path) -> list[Path]:
    """List what a reader knows in a folder: files by their extension, and folders that are one scan."""
    from ..readers import READERS

    known = {extension.lower() for reader in READERS.values() for extension in reader.extensions}
    seen = [path for path in folder.iterdir() if not path.name.startswith(".")]
    files = [path for path in seen if path.is_file() and path.suffix.lower() in known]
    return sorted(files + [path for path in seen if path.is_dir() and _is_scan(path)])


def _groups(blots: Sequence[Blot]) -> list[str]:
    """Name the membranes of a file's strips, one each from the left and the top: strips below one another share one."""
    sides = [(blot.frame.left, blot.frame.left + blot.shape[1]) for blot in blots]
    names: list[str] = []
    for place, (left, right) in enumerate(sides):
        room = _ALIGNED * blots[place].frame.cols
        alike = [k for k in range(place) if abs(sides[k][0] - left) <= room and abs(sides[k][1] - right) <= room]
        names.append(names[alike[0]] if alike else str(len(set(names)) + 1))
    return names if len(set(names)) > 1 else [""] * len(names)


def _where(blot: Blot, number: int, count: int) -> str:
    top, left = blot.frame.top, blot.frame.left
    box = f"rows {top} to {top + blot.shape[0]}, columns {left} to {left + blot.shape[1]}"
    return f"strip {number} of {count} in the picture, from the top ({box}): give its own target"


def find_parts(folder: Path, name: str) -> list[Part]:
    """Read a file and find the pictures in it, upright.

    Parameters
    ----------
    folder : Path
        The study folder.
    name : str
        The file in it.

    Returns
    -------
    list of Part
        One a channel and strip; a file that cannot be read is one without a picture.
    """
    from ..orientation import orient_alike
    from ..readers import read_channels, split_channels

    try:
        strips = split_channels(read_channels(folder / name, name=name))
        upright = list(zip(*(orient_alike(each) for each in zip(*strips, strict=True)), strict=True))
    except BlotquantError as error:
        return [Part(name, note=str(error).removeprefix(f"{folder / name}: "))]
    groups, found = _groups([strip[0] for strip in strips]), []
    for number, (strip, shown) in enumerate(zip(strips, upright, strict=True), start=1):
        several = len(strips) > 1
        for raw, blot in zip(strip, shown, strict=True):
            channel = raw.source.channel
            said = [f"channel {channel} of the file" if channel else ""]
            said += [_where(raw, number, len(strips)) if several else ""]
            note = "; ".join(filter(None, said))
            region, group = str(number) if several else "", groups[number - 1]
            found.append(Part(name, channel, region, group, blot, note))
    return found


def look_at_lanes(parts: Sequence[Part]) -> tuple[pd.DataFrame | None, str]:
    """Find the lanes that the pictures of a membrane share: those of its first picture, and what went wrong."""
    from ..lanes import find_lanes

    blots = [part.blot for part in parts if part.blot is not None]
    if not blots:
        return None, ""
    first = blots[0]
    alike = [blot for blot in blots if (blot.frame.rows, blot.frame.cols) == (first.frame.rows, first.frame.cols)]
    try:
        lanes = find_lanes(alike)
    except BlotquantError as error:
        return None, str(error)
    return lanes[lanes["image"] == first.name], ""
