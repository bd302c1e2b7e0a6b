"""Whatever ``bioio`` (BSD-3-Clause) has a plug-in for: microscopes' and other imagers' files, through an extra."""

from __future__ import annotations

import importlib.util
from pathlib import Path
from typing import Any

import numpy as np

from ..errors import ReadError
from .planes import Head, Plane, Reader, check_size, plain_tags

__all__ = ["BIOIO"]

_OWN = (b"II*\x00", b"MM\x00*", b"II+\x00", b"MM\x00+", b"\x89PNG", b"\xff\xd8\xff", b"GIF8", b"BM", b"PK\x03\x04")
_EXTRA = "needs the extra and the plug-in of its format: pip install 'blotquant[formats]' bioio-…"


def _sniff(head: Head) -> str:
    if head.start.startswith(_OWN):
        return "TIFF, PNG, JPEG, GIF, BMP and archives have readers of their own"
    if importlib.util.find_spec("bioio") is None:
        return f"bioio is not installed; it {_EXTRA}"
    from bioio import BioImage
    from bioio_base.exceptions import UnsupportedFileFormatError

    try:
        BioImage.determine_plugin(str(head.path))
    except UnsupportedFileFormatError:
        return f"no plug-in of bioio takes it; it {_EXTRA}"
    return ""


def _scene(image: Any, scene: str, limit: float, count: int) -> list[Plane]:
    """Take the channels of one scene; a stack or a series is no blot."""
    image.set_scene(scene)
    depth, times = int(image.dims.Z), int(image.dims.T)
    if depth * times != 1:
        raise ReadError(f"holds a stack ({depth} levels, {times} times); export one grey picture as 16-bit TIFF")
    channels = int(image.dims.C)
    check_size(int(image.dims.Y), int(image.dims.X), limit, planes=count * channels)
    pixels = np.asarray(image.get_image_data("CYX", T=0, Z=0))
    if pixels.dtype.kind not in "uif" or "S" in image.dims.order:
        raise ReadError("holds no grey picture; export it as 16-bit TIFF")
    names = [str(name) for name in image.channel_names or []] or [""]
    known: dict[str, Any] = {
        "depth": 8 * pixels.dtype.itemsize,
        "full": float(np.iinfo(pixels.dtype).max) if pixels.dtype.kind in "ui" else None,
        "pixel_um": float(image.physical_pixel_sizes.X) if image.physical_pixel_sizes.X else None,
        "tags": plain_tags({"scene": scene, "dimensions": str(image.dims)}),
    }
    labels = [f"{scene} {name}" if count > 1 else name for name in names] if count * channels > 1 else [""]
    return [Plane(pixels=pixels[i], channel=label, **known) for i, label in enumerate(labels)]


def read_any(path: Path, max_megapixels: float) -> list[Plane]:
    """Read every channel of every scene of a file for which bioio has a plug-in.

    Raises
    ------
    ReadError
        The file holds a stack or a series, or no grey picture.
    """
    from bioio import BioImage

    image = BioImage(str(path))
    return [plane for scene in image.scenes for plane in _scene(image, scene, max_megapixels, len(image.scenes))]


BIOIO = Reader(
    name="bioio",
    formats="what a plug-in of bioio opens (needs the extra `formats` and that plug-in)",
    extensions=(".czi", ".nd2", ".lif", ".sld", ".dv"),
    sniff=_sniff,
    read=read_any,
    kept="pixel size, names of scenes and channels",
    tested_on="OME-TIFF handed to bioio itself, and a stand-in; no imager's file seen",
)
