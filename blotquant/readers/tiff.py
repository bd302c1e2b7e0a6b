"""TIFF of any imager: 8- to 64-bit, floating point, compressed, multi-page, OME and ImageJ flavours.

The tag that says whether black or white is zero (PhotometricInterpretation) is kept but never believed:
Image Lab and Typhoon software write WhiteIsZero over pictures in which high means signal. `orient` looks.
"""

from __future__ import annotations

import dataclasses
import logging
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from ..errors import ReadError
from .colour import apply_palette, merge_alpha
from .planes import Head, Plane, Raw, Reader, check_size, full_scale, plain_tags
from .tiff_codes import LOSSY, check_code
from .tiff_tags import facts_of, pixel_size_um

if TYPE_CHECKING:
    import tifffile

__all__ = ["TIFF", "is_tiff", "planes_of", "read_tiff"]

# tifffile tells of oddities through its logger; without a handler Python would print them to stderr
logging.getLogger("tifffile").addHandler(logging.NullHandler())

_MAGIC = (b"II*\0", b"MM\0*", b"II+\0", b"MM\0+")
_REFUSED = {
    5: "CMYK colour",
    8: "CIELab colour",
    9: "ICCLab colour",
    10: "ITULab colour",
    32803: "a camera's raw mosaic",
}
_MOST_PLANES = 64


def is_tiff(head: Head) -> bool:
    """Tell by the file's first bytes whether it is a TIFF (classic or BigTIFF)."""
    return head.start[:4] in _MAGIC


def _sniff(head: Head) -> str:
    return "" if is_tiff(head) else "the file does not begin as a TIFF does (II or MM)"


def _is_copy(series: tifffile.TiffPageSeries, first: tifffile.TiffPageSeries) -> bool:
    """Tell a preview or a smaller copy (a pyramid's level) from a picture of its own."""
    if series is first:
        return False
    if series.keyframe.is_reduced:
        return True
    rows, cols = series.keyframe.shape[:2]
    full_rows, full_cols = first.keyframe.shape[:2]
    if 2 * rows > full_rows + 1 or 2 * cols > full_cols + 1:
        return False
    return abs(rows * full_cols - cols * full_rows) <= 2 * max(full_rows, full_cols)


def _check_kind(page: tifffile.TiffPage) -> None:
    """Refuse what would be read wrong."""
    photometric = int(page.photometric)
    if photometric in _REFUSED:
        raise ReadError(f"is in {_REFUSED[photometric]}; export it as greyscale")
    if page.dtype is None or page.dtype.kind not in "uif":
        raise ReadError(f"holds numbers of a kind that is not read ({page.bitspersample} bits); export it as 16-bit")
    if page.bitspersample == 1:
        raise ReadError("has black and white only (1 bit); nothing can be measured in it")


def _check_data(page: tifffile.TiffPage | tifffile.TiffFrame, size: int) -> None:
    """Refuse a page whose pixels are not all in the file; they would be read as zeros."""
    starts, counts = page.dataoffsets, page.databytecounts
    if not starts or any(count < 1 for count in counts):
        raise ReadError("parts of the picture are missing; copy it again from the imager")
    if any(start + count > size for start, count in zip(starts, counts, strict=False)):
        raise ReadError("the file ends before its picture does (truncated); copy it again from the imager")


def _check_series(series: tifffile.TiffPageSeries, size: int, max_megapixels: float) -> None:
    page = series.keyframe
    check_size(page.imagelength, page.imagewidth, max_megapixels, planes=max(1, len(series.pages)))
    check_size(1, int(np.prod(series.shape, dtype=np.float64)), 4 * max_megapixels)  # colour and alpha included
    _check_kind(page)
    for part in series.pages:
        if part is None:
            raise ReadError("part of the picture lies in another file; export it as one file")
        _check_data(part, size)
    check_code(page, [part for part in series.pages if part is not None])


def _planar(series: tifffile.TiffPageSeries) -> Raw:
    """Decode a series as an array of shape (planes, H, W, samples)."""
    pixels = np.asarray(series.asarray(maxworkers=1))
    axes = series.axes
    if "S" not in axes:
        pixels, axes = pixels[..., None], axes + "S"
    order = [i for i, axis in enumerate(axes) if axis not in "YXS"] + [axes.index(axis) for axis in "YXS"]
    pixels = pixels.transpose(order)
    return pixels.reshape(-1, *pixels.shape[-3:])


def _as_colour(pixels: Raw, page: tifffile.TiffPage, imagej: bool) -> tuple[list[Raw], tuple[str, ...]]:
    """Split one page's samples into pictures: grey, red-green-blue, or several grey ones."""
    full = full_scale(pixels.dtype, page.bitspersample)
    samples = pixels.shape[-1]
    photometric = int(page.photometric)
    if photometric == 3 and page.colormap is not None:
        if imagej:  # ImageJ paints its counts with a colour table; the counts themselves are stored
            return [pixels[..., 0]], ("a colour table was ignored: ImageJ stores the counts beneath it",)
        colours, note = apply_palette(pixels[..., 0], np.asarray(page.colormap).T / 257.0)
        return [colours], (note,)
    alpha = bool(page.extrasamples) and int(page.extrasamples[-1]) in (1, 2)
    if photometric in (2, 6) and samples >= 3:
        if samples == 3:
            return [pixels], ()
        colours, notes = merge_alpha(pixels[..., :3], pixels[..., 3], full)
        return [colours], notes
    if samples == 2 and alpha:
        grey, notes = merge_alpha(pixels[..., 0], pixels[..., 1], full)
        return [grey], notes
    return [pixels[..., i] for i in range(samples)], ()


def _series_planes(tif: tifffile.TiffFile, series: tifffile.TiffPageSeries) -> list[Plane]:
    page = series.keyframe
    notes: tuple[str, ...] = ()
    if int(page.photometric) == 0:
        notes = ("the file says that white is zero; that tag is often wrong and was not believed",)
    turned = int(page.tags.valueof(274, 1) or 1)
    if turned != 1:
        notes = (*notes, f"the file asks to be shown turned (Orientation {turned}); pixels are kept as stored")
    palette = int(page.photometric) == 3 and not tif.is_imagej
    facts = facts_of(tif, page)
    found = []
    for part in _planar(series):
        pictures, more = _as_colour(part, page, bool(tif.is_imagej))
        found += [
            Plane(
                pixels=picture,
                depth=page.bitspersample,
                full=255.0 if palette else full_scale(picture.dtype, page.bitspersample),
                pixel_um=pixel_size_um(tif, page),
                lossy=int(page.compression) in LOSSY,
                tags=plain_tags({tag.name: tag.value for tag in page.tags}),
                notes=notes + more,
                exposure_s=facts.exposure_s,
                imager=facts.imager,
                acquired=facts.acquired,
            )
            for picture in pictures
        ]
    return found


def planes_of(tif: tifffile.TiffFile, max_megapixels: float) -> list[Plane]:
    """Decode every full-size picture of an open TIFF; previews and pyramid levels are left out."""
    size = tif.filehandle.size
    if len(tif.pages) > _MOST_PLANES:
        raise ReadError(f"a stack of {len(tif.pages)} pages is no blot; split it (at most {_MOST_PLANES} are read)")
    everything = list(tif.series)
    if not everything:
        raise ReadError("holds no picture")
    # a thumbnail may come before the picture it is of, and is a picture of its own only where there is no other
    first = next((series for series in everything if not series.keyframe.is_reduced), everything[0])
    chosen = [series for series in everything if not _is_copy(series, first)]
    for series in chosen:
        _check_series(series, size, max_megapixels)
    check_size(1, sum(s.keyframe.imagelength * s.keyframe.imagewidth * len(s.pages) for s in chosen), max_megapixels)
    found = [plane for series in chosen for plane in _series_planes(tif, series)]
    names = _channel_names(tif, len(found))
    return [dataclasses.replace(plane, channel=name) for plane, name in zip(found, names, strict=True)]


def _channel_names(tif: tifffile.TiffFile, count: int) -> list[str]:
    """Names of channels or pages: OME's or ImageJ's where there are as many, else numbers from 1."""
    from .tiff_tags import channel_names

    if count == 1:
        return [""]
    named = channel_names(tif)
    return named if len(named) == count and len(set(named)) == count else [str(i + 1) for i in range(count)]


def read_tiff(path: Path, max_megapixels: float) -> list[Plane]:
    """Read the pictures of a TIFF file.

    Raises
    ------
    ReadError
        The file is damaged, larger than the limit, or of a kind that would be read wrong.
    """
    import tifffile

    with tifffile.TiffFile(path, _multifile=False) as tif:
        return planes_of(tif, max_megapixels)


TIFF = Reader(
    name="tiff",
    formats="TIFF: 2- to 64-bit integers, float16/32/64, compressed, tiled, several pages; OME-TIFF, ImageJ, BigTIFF",
    extensions=(".tif", ".tiff", ".btf"),
    sniff=_sniff,
    read=read_tiff,
    kept="all tags; pixel size, exposure, imager, date, channel names",
    tested_on="real files: Image Lab, ChemiDoc (Bio-Formats), LI-COR Odyssey; others written",
)
