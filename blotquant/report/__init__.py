"""Pages: write_report() of one result, write_overview() of a whole batch; write_figures(): SVG, PDF and PNG."""

from __future__ import annotations

from .overview import write_overview
from .page import render, write_report
from .plates import write_figures

__all__ = ["render", "write_figures", "write_overview", "write_report"]
