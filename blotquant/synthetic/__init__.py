"""make_blot(): table of true bands → Blot; simulate(): blots and studies with known truth.

Everything that blotquant claims about itself is measured on these drawings.
"""

from __future__ import annotations

from .drawing import Drawn, draw, make_blot
from .knobs import Camera, Export, Layout, Membrane
from .levels import LEVELS, Level, draw_level, simulate
from .shapes import FAMILIES, SHAPE_DEFAULTS

__all__ = [
    "FAMILIES",
    "LEVELS",
    "SHAPE_DEFAULTS",
    "Camera",
    "Drawn",
    "Export",
    "Layout",
    "Level",
    "Membrane",
    "draw",
    "draw_level",
    "make_blot",
    "simulate",
]
