"""Figures for papers and reports: one function a figure, a table in and matplotlib Axes out.

Names are imported when they are first used, so that `pictures` (which needs no matplotlib) stays light.
"""

from __future__ import annotations

import importlib
from typing import Any

_HOME = {
    "FIGURES": "registry",
    "Drawn": "registry",
    "FigureKind": "registry",
    "draw_all": "registry",
    "draw_panel": "panels",
    "figure_bytes": "style",
    "plot_background": "diagnostics",
    "plot_blot": "blots",
    "plot_course": "course",
    "plot_dose_response": "dose_response",
    "plot_groups": "grouped",
    "plot_linearity": "diagnostics",
    "plot_noise": "diagnostics",
    "plot_precision": "precision",
    "plot_profiles": "traces",
    "plot_sensitivity": "specification",
}

__all__ = [*_HOME]  # computed, so that the list stands once


def __getattr__(name: str) -> Any:
    if name not in _HOME:
        raise AttributeError(f"module 'blotquant.figures' has no attribute {name!r}")
    return getattr(importlib.import_module(f".{_HOME[name]}", __name__), name)


def __dir__() -> list[str]:
    return sorted(__all__)
