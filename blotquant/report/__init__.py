"""write_report(): a result as one self-contained HTML page; write_figures(): its figures as SVG, PDF and PNG."""

from __future__ import annotations

from .page import render, write_report
from .plates import write_figures

__all__ = ["render", "write_figures", "write_report"]
