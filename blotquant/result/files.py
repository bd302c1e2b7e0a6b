"""Pictures of a result: their names are never a path."""

from __future__ import annotations

import hashlib
import re

from ..files import PICTURES

__all__ = ["picture_name", "picture_place"]

_LONGEST = 80


def picture_name(image: str) -> str:
    """Return a file name for an image's picture: plain letters, the same for the same image, no two alike.

    Examples
    --------
    >>> picture_name("pSTAT3.tif")
    'pSTAT3.tif.png'
    """
    plain = re.sub(r"[^A-Za-z0-9._-]+", "_", image).strip("._")[:_LONGEST]
    mark = "" if plain == image else "-" + hashlib.sha256(image.encode("utf-8", "surrogatepass")).hexdigest()[:8]
    return f"{plain or 'image'}{mark}.png"


def picture_place(image: str) -> str:
    """Return where an image's picture lies in the folder of a result."""
    return f"{PICTURES}/{picture_name(image)}"
