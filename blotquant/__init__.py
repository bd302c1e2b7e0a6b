"""blotquant: Western blots from image to dose-response.

The public names stand in the order of the pipeline; each is imported when it is first used, so that
``import blotquant`` stays light.
"""

from __future__ import annotations

import importlib
from typing import Any

__version__ = "0.1.0"

_HOME = {
    "read_blot": "readers",
    "orient": "orientation",
    "find_lanes": "lanes",
    "find_bands": "bands",
    "estimate_background": "background",
    "integrate": "integration",
    "match_bands": "matching",
    "normalise": "normalisation",
    "summarise": "grouping",
    "compare_groups": "comparison",
    "fit_dose_response": "dose_response",
    "quantify": "pipeline",
    "read_study": "study",
    "simulate": "synthetic",
    "Blot": "blot",
    "Study": "study",
    "Result": "result",
    "DoseResponse": "dose_response",
    "BACKGROUNDS": "background",
    "READERS": "readers",
}

__all__ = [*_HOME]  # computed, so that the list stands once


def __getattr__(name: str) -> Any:
    if name not in _HOME:
        raise AttributeError(f"module 'blotquant' has no attribute {name!r}")
    return getattr(importlib.import_module(f".{_HOME[name]}", __name__), name)


def __dir__() -> list[str]:
    return sorted([*__all__, "__version__"])
