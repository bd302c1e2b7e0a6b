"""Phrases by which the texts of a table tell what a row is, for those who write them and those who read them again."""

from __future__ import annotations

import pandas as pd

__all__ = ["TOTAL", "TREND", "WINDOW", "kinds_of_tests", "target_note", "weights_text"]

TREND = "linear trend"
"""Begins the method of a test for trend."""

WINDOW = "the assay's window"
"""Begins the note, or a part of it, of the test of maximum against minimum control."""

TOTAL = "total itself"
"""Begins the note of tests of the total form."""


def _kind(method: str, note: str) -> str:
    if method.startswith(TREND):
        return "trend"
    return "window" if any(part.startswith(WINDOW) for part in note.split("; ")) else "group"


def kinds_of_tests(tests: pd.DataFrame) -> pd.Series[str]:
    """Tell of each row of the tests table whether it is about a ``group``, a ``trend`` or the assay's ``window``."""
    kinds = [_kind(str(method), str(note)) for method, note in zip(tests["method"], tests["note"], strict=True)]
    return pd.Series(kinds, index=tests.index, dtype=object)


def target_note(target: str, form: str, why: str) -> str:
    """Write which target of an image a row was taken for, and why.

    Examples
    --------
    >>> target_note("STAT3", "phospho", "by mass")
    'STAT3 (phospho): by mass'
    """
    return f"{target} ({form}): {why}"


def weights_text(weights: str) -> str:
    """Write how a curve was weighted, in the method of its parameters."""
    return f"weights {weights}"
