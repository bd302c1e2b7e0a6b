"""What a run came to, in a few figures: for the terminal, for programs, and for the table over many studies."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import pandas as pd

from ..flags import SEVERITY, Flag, decode, encode
from ..result import Result
from .outcomes import Failure

__all__ = ["Summary", "summarise_run"]

_FLAGGED = ("lanes", "bands", "ratios", "folds", "groups")


@dataclass(frozen=True)
class Summary:
    """A run in figures.

    Parameters
    ----------
    images, lanes, bands, detected : int
        How many there are; lanes and bands are counted in each image.
    flags : mapping of str to int
        Flag → rows that carry it (bands, or rows of the first table that has it), worst first.
    warnings : tuple of str
        Doubts about the run.
    potencies : DataFrame
        IC50s, as in ``potencies.csv``.
    page : Path
        The report.
    fresh : bool
        False where the run was done already and nothing had changed.
    failed : tuple of (str, Failure)
        What failed inside the run, by name; the rest is done.
    """

    images: int
    lanes: int
    bands: int
    detected: int
    flags: Mapping[str, int]
    warnings: tuple[str, ...]
    potencies: pd.DataFrame
    page: Path
    fresh: bool = True
    failed: tuple[tuple[str, Failure], ...] = ()

    @property
    def doubtful(self) -> bool:
        """Something is flagged as wrong or doubtful, or was warned of; a mere note is no doubt."""
        return bool(self.warnings) or any(SEVERITY[decode(name)] != "note" for name in self.flags)


def _count_flags(result: Result) -> dict[str, int]:
    found: dict[Flag, int] = {}
    for name in _FLAGGED:
        here: Counter[Flag] = Counter()
        for text, count in result.tables[name]["flags"].value_counts().items():
            here.update(dict.fromkeys(decode(str(text)), int(count)))
        found = {**here, **found}
    return {encode(flag): found[flag] for flag in Flag if flag in found}


def summarise_run(result: Result, page: Path, *, fresh: bool = True) -> Summary:
    """Count what a result holds.

    Parameters
    ----------
    result : Result
        The result.
    page : Path
        Its report.
    fresh : bool
        Whether it was made by this run.

    Returns
    -------
    Summary
        Its figures.
    """
    return Summary(
        images=len(result.images),
        lanes=len(result.lanes),
        bands=len(result.bands),
        detected=int(result.bands["detected"].sum()),
        flags=_count_flags(result),
        warnings=tuple(map(str, result.record.get("warnings", ()))),
        potencies=result.potencies,
        page=page,
        fresh=fresh,
        failed=tuple(
            (each["name"], Failure(each["kind"], each["message"])) for each in result.record.get("failures", ())
        ),
    )
