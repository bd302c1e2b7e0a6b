"""Amersham/Molecular Dynamics ``.gel``: a TIFF whose counts are stored as square roots.

The private tag 33445 (MD_FileTag) says how: 2 = square root, 128 = linear; 33446 (MD_ScalePixel) is the
factor. Counts = stored² × scale. A scan without the tag cannot be told from a plain TIFF, so it is refused.
"""

from __future__ import annotations

import dataclasses
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from ..blot import Step
from ..errors import ReadError
from .planes import DAMAGE, Head, Plane, Reader
from .tiff import is_tiff, planes_of

if TYPE_CHECKING:
    import tifffile

__all__ = ["AMERSHAM_GEL"]

_FILE_TAG, _SCALE = 33445, 33446
_SQUARE_ROOT, _LINEAR = 2, 128


def _has_tag(path: Path) -> bool:
    import tifffile

    try:
        with tifffile.TiffFile(path, _multifile=False) as tif:
            return _FILE_TAG in tif.pages.first.tags
    except DAMAGE:
        return False  # the TIFF reader says what is wrong with it


def _sniff(head: Head) -> str:
    if not is_tiff(head):
        return "the file does not begin as a TIFF does (II or MM)"
    if head.ending == ".gel" or _has_tag(head.path):
        return ""
    return "a TIFF without the tag 33445 that marks a .gel scan"


def _scale(page: tifffile.TiffPage) -> tuple[int, int]:
    """Read the scale as a fraction, exactly as stored, so that nothing is rounded before it must be."""
    value = page.tags.valueof(_SCALE)
    if isinstance(value, tuple) and len(value) == 2 and value[0] > 0 and value[1] > 0:
        return int(value[0]), int(value[1])
    raise ReadError("its scale (tag 33446) is missing; export it as linear TIFF from ImageQuant")


def _linear(plane: Plane, scale: tuple[int, int]) -> Plane:
    """Undo the square root in unsigned arithmetic: counts = stored² × scale."""
    if plane.pixels.dtype.kind != "u" or plane.pixels.dtype.itemsize > 2 or plane.pixels.ndim != 2:
        raise ReadError("has pixels of a kind never seen in a square-root .gel; export it as linear TIFF")
    above, below = scale
    counts = plane.pixels.astype(np.uint64) ** 2 * np.uint64(above) / float(below)
    detail = f"counts = stored² × {above}/{below}"
    return dataclasses.replace(
        plane,
        pixels=counts,
        full=(plane.full or 0.0) ** 2 * above / below,
        notes=(*plane.notes, f"stored as square roots: {detail}"),
        steps=(*plane.steps, Step("linearise", detail)),
    )


def read_gel(path: Path, max_megapixels: float) -> list[Plane]:
    """Read a .gel scan as linear counts.

    Raises
    ------
    ReadError
        The tag or the scale is missing or unknown, the file holds several pages, or it is damaged.
    """
    import tifffile

    with tifffile.TiffFile(path, _multifile=False) as tif:
        page = tif.pages.first
        kind = page.tags.valueof(_FILE_TAG)
        if kind is None:
            raise ReadError("is named .gel but lacks the tag 33445 that tells how its counts are stored; export a TIFF")
        if int(kind) not in (_SQUARE_ROOT, _LINEAR):
            raise ReadError(f"stores its counts in a way that is not known (tag 33445 = {kind}); export a linear TIFF")
        planes = planes_of(tif, max_megapixels)
        if len(planes) > 1:
            raise ReadError(f"holds {len(planes)} pages, a layout never seen; export each channel as its own TIFF")
        return [_linear(planes[0], _scale(page))] if int(kind) == _SQUARE_ROOT else planes


AMERSHAM_GEL = Reader(
    name="amersham_gel",
    formats="Amersham / Molecular Dynamics scan, square-root encoded or linear (Typhoon, Storm, ImageQuant)",
    extensions=(".gel",),
    sniff=_sniff,
    read=read_gel,
    kept="all tags, the scale among them",
    tested_on="written files; no real file seen",
)
