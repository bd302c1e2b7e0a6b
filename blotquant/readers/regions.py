"""Parts of a picture: a box of pixels, or a strip of a figure by its number."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence

from ..blot import Blot, Step
from ..errors import ReadError
from ..geometry import EDGES, parse_region, whole_region
from ..panels import Box, find_panels

__all__ = ["crop_region", "split_channels"]


def _parse(text: str, shape: tuple[int, int]) -> Box | None:
    """Parse ``top:bottom,left:right``; an end that is left out is the picture's; None for another text."""
    region = parse_region(text)
    if region is None:
        return None
    if not whole_region(region):
        raise ReadError(f"region {text!r} is not of whole pixels from 0 on")
    ends = dict(zip(EDGES, (0, shape[0], 0, shape[1]), strict=True))
    box = Box(*(ends[edge] if at is None else int(at) for edge, at in region.items()))
    if not (box.top < box.bottom <= shape[0] and box.left < box.right <= shape[1]):
        raise ReadError(f"region {text!r} does not lie in the picture of {shape[0]} × {shape[1]} pixels")
    return box


def _part(blot: Blot, box: Box, step: Step) -> Blot:
    """Cut a box out of a blot as read; it remembers where it lay in the file."""
    frame = dataclasses.replace(blot.frame, top=blot.frame.top + box.top, left=blot.frame.left + box.left)
    return blot.after(step, blot.pixels[box.slices], frame=frame)


def crop_region(blot: Blot, region: str) -> Blot:
    """Cut out the part that ``region`` names.

    Parameters
    ----------
    blot : Blot
        A whole picture as read.
    region : str
        ``top:bottom,left:right`` [px], half-open, or the number of a strip of a figure, from 1 at the top.

    Raises
    ------
    ReadError
        The box does not lie in the picture, or there is no such strip.
    """
    box = _parse(region, blot.shape)
    if box is not None:
        return _part(blot, box, Step("region", region))
    strips = {str(number): strip for number, strip in enumerate(find_panels(blot.pixels), start=1)}
    if region.strip() not in strips:
        known = (
            f"or as the number of a strip ({', '.join(strips)})" if strips else "no strips of a figure are seen in it"
        )
        raise ReadError(f"region {region!r}: write it as top:bottom,left:right in pixels, like 0:520,100:400; {known}")
    return _part(blot, strips[region.strip()], Step("region", f"strip {region.strip()}"))


def _split(blot: Blot, boxes: Sequence[Box]) -> list[Blot]:
    """Part a picture into strips named ``name@1``, ``name@2`` … from the top; a single strip keeps the name."""
    if not boxes:
        return [blot]
    steps = [Step("strip", f"{number} of {len(boxes)}", {"number": number}) for number in range(1, len(boxes) + 1)]
    parts = [_part(blot, box, step) for box, step in zip(boxes, steps, strict=True)]
    if len(parts) == 1:
        return parts
    return [dataclasses.replace(part, name=f"{blot.name}@{number}") for number, part in enumerate(parts, start=1)]


def split_channels(blots: Sequence[Blot]) -> list[list[Blot]]:
    """Part the channels of one file alike into their strips.

    Parameters
    ----------
    blots : sequence of Blot
        The whole pictures of one file; those of one size share a grid.

    Returns
    -------
    list of list of Blot
        For each strip its channels. The pictures stay whole, as one strip, where they differ in size, or where not
        all of them show the same number of strips.
    """
    found = [find_panels(blot.pixels) for blot in blots]
    if len({blot.shape for blot in blots}) > 1 or len({len(boxes) for boxes in found}) > 1:
        return [list(blots)]
    parted = [_split(blot, found[0]) for blot in blots]
    return [list(channels) for channels in zip(*parted, strict=True)]
