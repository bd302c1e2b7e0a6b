"""Corrections by hand: edits of lanes and bands, read from a file and applied to the tables before measuring anew.

An edit says who made it, when and why, and what was there before; where that is not what stands in the tables, nothing
is applied.
"""

from __future__ import annotations

from .applying import Corrected, apply_corrections
from .drawn import corrections_from_rois
from .sheet import read_corrections

__all__ = ["Corrected", "apply_corrections", "corrections_from_rois", "read_corrections"]
