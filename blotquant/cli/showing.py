"""What a run came to, said to people and to programs, and the exit code that follows."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from ..errors import Failure
from ..units import in_words
from .console import Console

if TYPE_CHECKING:
    import pandas as pd

    from ..batch.summary import Summary

__all__ = ["exit_code", "potency_line", "show_failures", "show_summary", "summary_document"]


def _interval(row: Any, level: float) -> str:
    from ..figures.names import interval_name

    low = in_words(row.ci_low) if math.isfinite(row.ci_low) and row.ci_low > 0 else None
    high = in_words(row.ci_high) if math.isfinite(row.ci_high) else None
    if low and high:
        return f"{interval_name(level)} {low} to {high} {row.unit}"
    if low or high:
        return f"{interval_name(level)} {'above ' + low if low else 'below ' + str(high)} {row.unit}"
    return "no interval"


def potency_line(row: Any, level: float, cell: str = "") -> str:
    """Say one row of ``potencies.csv``, whose interval is of this confidence level, with its ``group_by`` cell."""
    what = " ".join(filter(None, (row.target, row.site, row.quantity)))
    what = f" on {what}" if what else ""
    where = ", ".join(filter(None, (row.stimulus, cell)))
    where = f" ({where})" if where else ""
    note = row.note
    value = f"{in_words(row.ic50)} {row.unit}" if math.isfinite(row.ic50) else "not determined"
    if not math.isfinite(row.ic50) and note.startswith((">", "<")):
        value, note = note, ""
    note = f"; {note}" if note else ""
    name = "EC50" if row.hill < 0 else "IC50"  # activity that rises with dose
    return f"{name} of {row.treatment}{what}{where}: {value}, {_interval(row, level)}, n = {row.n}{note}"


def _potency_rows(potencies: pd.DataFrame) -> list[dict[str, Any]]:
    return [{str(name): value for name, value in row.items()} for row in potencies.to_dict("records")]


def show_summary(console: Console, summary: Summary) -> None:
    """Say what a run came to."""
    from ..figures.names import main_first
    from ..tables import cell_text

    counted = ((summary.images, "image"), (summary.lanes, "lane"), (summary.bands, "band"))
    counts = ", ".join(f"{count} {noun}{'s' * (count != 1)}" for count, noun in counted)
    counts += f", {summary.detected} detected"
    if summary.images:
        console.answer(counts if summary.fresh else f"{counts} (done already, nothing has changed)")
    if summary.flags:
        console.answer("flags: " + ", ".join(f"{name} × {count}" for name, count in summary.flags.items()))
    potencies = main_first(summary.potencies)
    cells = [cell_text(row, "potencies") for row in potencies.to_dict("records")]
    for row, cell in zip(potencies.itertuples(index=False), cells, strict=True):
        console.answer(potency_line(row, summary.level, cell))
    console.answer(f"report: {summary.page}")


def summary_document(summary: Summary) -> dict[str, Any]:
    """Say the same to a program."""
    return {
        "images": summary.images,
        "lanes": summary.lanes,
        "bands": summary.bands,
        "detected": summary.detected,
        "flags": summary.flags,
        "warnings": summary.warnings,
        "potencies": _potency_rows(summary.potencies),
        "report": summary.page,
        "unchanged": not summary.fresh,
    }


def show_failures(console: Console, failed: Sequence[tuple[str, Failure]]) -> list[dict[str, Any]]:
    """Say what failed, one line each, and return it for programs."""
    for name, failure in failed:
        if console.verbosity > 1 and failure.trace:
            console.say(failure.trace.rstrip())
        console.error(failure.message if name in failure.message else f"{name}: {failure.message}")
    return [failure.as_row(name) for name, failure in failed]


def exit_code(*, failed: bool, doubtful: bool, strict: bool) -> int:
    """Return 1 where something failed, 3 where ``--strict`` is asked and something is doubtful, else 0."""
    if failed:
        return 1
    return 3 if strict and doubtful else 0
