"""Syngene GeneSys ``.sgd``, through the package ``openreadout`` (MIT/Apache-2.0), an extra."""

from __future__ import annotations

import importlib.util
from pathlib import Path
from typing import Any

import numpy as np

from ..errors import ReadError
from .planes import Head, Plane, Reader, check_size, plain_tags

__all__ = ["SYNGENE"]

_MAGIC = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"  # Microsoft compound file


def _sniff(head: Head) -> str:
    if not head.start.startswith(_MAGIC):
        return "the file does not begin as a compound file does"
    return "" if head.ending == ".sgd" else "a compound file of another kind (the ending is not .sgd)"


def _plane(pixels: np.ndarray[Any, Any], image: dict[str, Any], channel: str) -> Plane:
    channels = image.get("channels") or [{}]
    size = image.get("physical_size") or {}
    exposure_ms = channels[0].get("exposure_ms")
    made_by = image.get("instrument") or {}
    bits = 8 * pixels.dtype.itemsize
    return Plane(
        pixels=pixels,
        channel=channel,
        depth=bits,
        full=float(2**bits - 1),
        pixel_um=size.get("x") if size.get("unit") == "µm" else None,
        exposure_s=exposure_ms / 1000.0 if exposure_ms else None,
        imager=" ".join(str(made_by[name]) for name in ("manufacturer", "model") if made_by.get(name)),
        acquired=str(image.get("acquired_at") or ""),
        tags=plain_tags({**made_by, "name": image.get("name", ""), **image.get("extra", {})}),
    )


def read_sgd(path: Path, max_megapixels: float) -> list[Plane]:
    """Read every capture of a GeneSys file.

    Raises
    ------
    ReadError
        ``openreadout`` is not installed, or does not read the file.
    """
    if importlib.util.find_spec("openreadout") is None:
        raise ReadError("a Syngene .sgd needs the extra: pip install 'blotquant[formats]', or export it as 16-bit TIFF")
    import openreadout

    with openreadout.File(str(path)) as file:
        images = openreadout.info(str(path))["images"]
        for image in images:
            check_size(image["size_y"], image["size_x"], max_megapixels, planes=len(images))
        names = [str(i + 1) for i in range(len(images))] if len(images) > 1 else [""] * len(images)
        planes = [_plane(np.asarray(file.read_plane(image=i)), images[i], name) for i, name in enumerate(names)]
    if not planes or any(plane.pixels.ndim != 2 or plane.pixels.dtype.kind != "u" for plane in planes):
        raise ReadError("holds no grey picture; export it as 16-bit TIFF from GeneSys")
    return planes


SYNGENE = Reader(
    name="syngene",
    formats="Syngene GeneSys captures (needs the extra `formats`)",
    extensions=(".sgd",),
    sniff=_sniff,
    read=read_sgd,
    kept="exposure, imager, date, what openreadout reports (camera, light, filter, user)",
    tested_on="written files, read by openreadout; no real file seen",
)
