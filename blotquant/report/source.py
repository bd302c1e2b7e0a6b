"""What the report reads: any object with the tables of a result."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Protocol

import pandas as pd

from ..figures.registry import ResultTables

__all__ = ["ReportSource"]


class ReportSource(ResultTables, Protocol):
    """A result as the report sees it: what figures are drawn from, its further tables and its record."""

    @property
    def tests(self) -> pd.DataFrame:
        """Comparisons."""

    @property
    def curves(self) -> pd.DataFrame:
        """Parameters of the fits."""

    @property
    def quality(self) -> pd.DataFrame:
        """Figures of merit."""

    @property
    def corrections(self) -> pd.DataFrame:
        """Edits by hand that were applied."""

    @property
    def record(self) -> Mapping[str, Any]:
        """What run.json holds: versions, command, inputs with their hashes, warnings, failures."""
