"""One picture measured as a batch measures it, with its tables at hand."""

from __future__ import annotations

from pathlib import Path

import pandas as pd

from blotquant.pipeline import measure_file
from blotquant.result import Result
from blotquant.settings import Settings

__all__ = ["measure_image"]


def measure_image(
    path: str | Path, *, name: str | None = None, region: str | None = None, settings: Settings | None = None
) -> Result:
    """Measure one file; failures of its parts are on record."""
    found = measure_file(path, name=name, region=region, settings=settings)
    measured = found.measured
    return Result(
        lanes=measured.lanes,
        bands=measured.bands,
        quality=measured.quality,
        profiles=measured.profiles,
        images=pd.DataFrame(found.images),
        record={"warnings": found.warnings, "failures": found.failures},
        pictures=measured.pictures,
    )
