"""Screening note across files: two images that show the same picture, whatever their names and contrast.

Copies, re-exports and mix-ups do that; so may a picture that was meant for two targets. The note says where to look.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping

import numpy as np
import pandas as pd

from ..figures.pictures import Picture, decode_png
from ..tables import check, empty

__all__ = ["note_twins"]

_LEAST = 16  # grey levels of a picture below which it shows too little to be the same as another


def _digest(grey: np.ndarray) -> str:
    return hashlib.sha256(repr(grey.shape).encode() + np.ascontiguousarray(grey).tobytes()).hexdigest()


def _pairs(pictures: Mapping[str, Picture]) -> Iterator[tuple[str, str, str]]:
    """Yield each image that shows what an earlier one shows, that one, and how."""
    seen: dict[str, tuple[str, str]] = {}
    for image in pictures:
        grey = decode_png(pictures[image].png)
        if len(np.unique(grey)) < _LEAST:
            continue
        own = _digest(grey)
        if own in seen:
            yield image, *seen[own]
            continue
        seen[own] = (image, "")
        seen.setdefault(_digest(grey[:, ::-1]), (image, ", mirrored"))
        seen.setdefault(_digest(grey[::-1, ::-1]), (image, ", turned by 180°"))


def note_twins(pictures: Mapping[str, Picture]) -> pd.DataFrame:
    """Note images that show the same picture, pixel for pixel as displayed, also with other contrast or mirrored.

    Parameters
    ----------
    pictures : Mapping of str to Picture
        The pictures of a run by image id.

    Returns
    -------
    DataFrame
        Rows of the quality table, one an image that repeats an earlier one.
    """
    rows = [
        {
            "scope": "image",
            "name": image,
            "measure": "same_picture",
            "value": 1.0,
            "se": np.nan,
            "unit": "",
            "note": f"screening note: shows the same picture as {other}{how}, contrast aside;"
            " one file under two names, or a mix-up?",
        }
        for image, other, how in _pairs(pictures)
    ]
    return check(pd.DataFrame(rows), "quality") if rows else empty("quality")
