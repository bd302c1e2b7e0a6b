"""Figures for papers and reports: one function a figure, a table in and matplotlib Axes out.

Names are imported when they are first used, so that `pictures` (which needs no matplotlib) stays light.
"""

from __future__ import annotations
