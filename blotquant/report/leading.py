"""What the answer tells of, and in which order: main quantities first, then what is determined or significant."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd

from ..conditions import TOTALS
from ..errors import TableError
from ..figures.names import SERIES, in_order, main_first
from ..tables import further_columns, kinds_of_tests
from ..units import UNITS, canonical_unit
from .source import ReportSource

__all__ = ["leading", "p_of", "significant"]


def p_of(tests: pd.DataFrame) -> pd.Series[float]:
    """Return the adjusted p value of each comparison; the plain one where there is no other."""
    return tests["p_adjusted"].fillna(tests["p"])


def significant(tests: pd.DataFrame, result: ReportSource) -> pd.Series[bool]:
    """Tell of each comparison whether its p value is below what the intervals leave open (0.05 beside 95 %)."""
    return p_of(tests) < 1.0 - result.settings.comparison.level


def _dose_of(row: pd.Series[Any]) -> float:
    """Give an IC50 in the base unit of its kind, mol/L or g/L, so that those of several compounds can be sorted."""
    try:
        factor = UNITS[canonical_unit(str(row["unit"]))][1]
    except TableError:  # a table read back may hold any word
        factor = 1.0
    return float(str(row["ic50"])) * factor


def _potencies(table: pd.DataFrame) -> pd.DataFrame:
    """IC50s: those that are determined first, the most potent on top."""
    size = table.apply(_dose_of, axis=1).to_numpy(dtype=np.float64)
    return main_first(table.iloc[np.argsort(size, kind="stable")])  # NaN sorts last


def _compared(tests: pd.DataFrame) -> pd.DataFrame:
    """Leave out trends, the assay's window and the total form of a target that has a phospho form."""
    drugs = kinds_of_tests(tests) == "group"
    tests = tests[drugs] if drugs.any() else tests
    total = tests["quantity"].isin(TOTALS)
    phospho = set(tests.loc[~total, "target"])
    return tests[~(total & tests["target"].isin(phospho))]


def _strongest(tests: pd.DataFrame, result: ReportSource) -> pd.DataFrame:
    """Pick the strongest comparison of each quantity and treatment; significant ones stand before all others."""
    tests = _compared(tests)
    size = tests["effect"].clip(lower=1e-6).map(np.log).abs().fillna(-1.0)
    order = pd.DataFrame({"open": ~significant(tests, result), "size": -size}, index=tests.index)
    tests = tests.loc[order.sort_values(["open", "size"], kind="stable").index]
    return main_first(tests.drop_duplicates([*SERIES, "stimulus", "treatment", *further_columns(tests, "tests")]))


def leading(result: ReportSource) -> tuple[str, pd.DataFrame]:
    """List what the answer tells of, the main result first.

    Returns
    -------
    str
        ``potencies``, else ``tests``, else ``groups``; empty where bands were measured alone.
    DataFrame
        IC50s; the strongest comparison of each quantity and treatment; or all groups.
    """
    if len(result.potencies):
        return "potencies", _potencies(result.potencies)
    if len(result.tests):
        return "tests", _strongest(result.tests, result)
    if len(result.groups):
        return "groups", main_first(in_order(result.groups, result.folds if len(result.folds) else result.ratios))
    return "", result.groups
