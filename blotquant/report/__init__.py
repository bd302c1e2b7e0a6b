"""Pages and figures: write_report() of a result, write_review() to correct it, write_overview() of a batch."""

from __future__ import annotations

from .overview import write_overview
from .page import render, write_report
from .plates import write_figures
from .review import render_review, write_review

__all__ = ["render", "render_review", "write_figures", "write_overview", "write_report", "write_review"]
