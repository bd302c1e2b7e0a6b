"""Several strips or membranes in one picture: where each lies.

Strips are cut from membranes and pasted on a light page; membranes lie apart on a dark ground. A picture of one
membrane has neither.
"""

from __future__ import annotations

from ..blot import FloatArray
from .boxes import Box
from .ground import find_membranes
from .page import find_strips

__all__ = ["Box", "find_panels"]


def find_panels(pixels: FloatArray) -> list[Box]:
    """Find the strips that a light page parts, or the membranes that a dark ground parts, in reading order.

    Parameters
    ----------
    pixels : ndarray of shape (H, W)
        Counts of the whole picture as the file holds them [AU].

    Returns
    -------
    list of Box
        Inside of each strip or membrane, frames and edges left out [px]; empty where there are not several, a single
        strip on a page excepted.
    """
    return find_strips(pixels) or find_membranes(pixels)
