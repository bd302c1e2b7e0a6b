"""normalise(): ratios → folds and percent activity; percent_activity() does the same for plates and tubes."""

from __future__ import annotations

from .doubts import warn_of_references
from .folds import normalise
from .plates import percent_activity
from .quality import control_quality
from .scaling import ACROSS, membrane_scales

__all__ = ["ACROSS", "control_quality", "membrane_scales", "normalise", "percent_activity", "warn_of_references"]
