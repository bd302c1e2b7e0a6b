"""write_report(): a result as one self-contained HTML page; write_figures(): its figures as SVG, PDF and PNG.

write_review(): the page on which a person corrects lanes and boxes.
"""

from __future__ import annotations

from .page import render, write_report
from .plates import write_figures
from .review import render_review, write_review

__all__ = ["render", "render_review", "write_figures", "write_report", "write_review"]
