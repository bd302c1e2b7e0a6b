"""Corrections by hand: edits of lanes and bands, read from a file and applied to the tables before measuring anew.

An edit says who made it, when and why, and what was there before; where that is not what stands in the tables, nothing
is applied.
"""

from __future__ import annotations

from .applying import Corrected, apply_corrections
from .by_hand import edits_by_hand
from .drawn import corrections_from_rois
from .sheet import read_corrections

__all__ = [
    "Corrected",
    "apply_corrections",
    "corrections_from_rois",
    "edits_by_hand",
    "read_corrections",
]
