"""make_blot(): table of true bands → Blot; simulate(): blots and studies with known truth.

Everything that blotquant claims about itself is measured on these drawings.
"""

from __future__ import annotations

from .assays import FLOW_IC50, PANEL_IC50, draw_flow, draw_kinase_panel
from .drawing import Drawn, draw, make_blot
from .knobs import Camera, Export, Layout, Membrane
from .levels import EFFECTS, LEVEL_CAMERA, LEVELS, Level, draw_level, simulate
from .saving import simulate_blot, write_picture
from .shapes import FAMILIES, SHAPE_DEFAULTS
from .studies import DOSES, Design, DrawnStudy, draw_study, simulate_study

__all__ = [
    "DOSES",
    "EFFECTS",
    "FAMILIES",
    "FLOW_IC50",
    "LEVELS",
    "LEVEL_CAMERA",
    "PANEL_IC50",
    "SHAPE_DEFAULTS",
    "Camera",
    "Design",
    "Drawn",
    "DrawnStudy",
    "Export",
    "Layout",
    "Level",
    "Membrane",
    "draw",
    "draw_flow",
    "draw_kinase_panel",
    "draw_level",
    "draw_study",
    "make_blot",
    "simulate",
    "simulate_blot",
    "simulate_study",
    "write_picture",
]
