"""Result: every table of a run with its settings and provenance; save(folder), load(folder)."""

from __future__ import annotations

from .result import Result

__all__ = ["Result"]
