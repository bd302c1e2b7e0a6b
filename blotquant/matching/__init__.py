"""match_bands(): phospho + total + samples → ratios, lane by lane; assign_targets() says which row is the target."""

from __future__ import annotations

from .pairing import pair_lanes
from .ratios import match_bands
from .targets import assign_targets

__all__ = ["assign_targets", "match_bands", "pair_lanes"]
