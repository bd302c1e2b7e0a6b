"""What a run came to, in a few figures: for the terminal, for programs, and for the table over many studies."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import pandas as pd

from ..errors import Failure
from ..flags import SEVERITY, Flag, decode, encode
from ..result import Result
from ..tables import empty
from .digest import Digest
from .ledger import Ledger

__all__ = ["Summary", "count_rows", "summarise_digest", "summarise_run"]

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
    level : float
        Confidence level of the intervals.
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
    level: float = 0.95
    fresh: bool = True
    failed: tuple[tuple[str, Failure], ...] = ()

    @property
    def doubtful(self) -> bool:
        """Something is flagged as wrong or doubtful, or was warned of; a mere note is no doubt."""
        return bool(self.warnings) or any(SEVERITY[decode(name)] != "note" for name in self.flags)


def count_rows(tables: Mapping[str, pd.DataFrame]) -> dict[str, dict[str, int]]:
    """Count the rows of each table that carry each flag.

    Parameters
    ----------
    tables : mapping of str to DataFrame
        Tables by name; those without flags are passed over.

    Returns
    -------
    dict of str to dict of str to int
        Table → flag → rows.
    """
    found = {}
    for name in _FLAGGED:
        if name in tables:
            here: Counter[Flag] = Counter()
            for text, count in Counter(tables[name]["flags"].tolist()).items():
                here.update(dict.fromkeys(decode(str(text)), count))
            found[name] = {encode(flag): here[flag] for flag in Flag if flag in here}
    return found


def _first_counts(counts: Mapping[str, Mapping[str, int]]) -> dict[str, int]:
    """Take each flag's count from the first table that has it, worst flag first."""
    found: dict[str, int] = {}
    for name in _FLAGGED:
        found = {**counts.get(name, {}), **found}
    return {encode(flag): found[encode(flag)] for flag in Flag if encode(flag) in found}


def summarise_digest(digest: Digest, ledger: Ledger, warnings: tuple[str, ...], page: Path) -> Summary:
    """Say what a batch came to, from its digest.

    Parameters
    ----------
    digest : Digest
        The batch in figures.
    ledger : Ledger
        What came back.
    warnings : tuple of str
        Doubts about the run.
    page : Path
        The report.

    Returns
    -------
    Summary
        Its figures, and every failure.
    """
    return Summary(
        images=digest.images,
        lanes=digest.rows["lanes"],
        bands=digest.rows["bands"],
        detected=digest.rows["detected"],
        flags=_first_counts(digest.counts),
        warnings=warnings,
        potencies=empty("potencies"),
        page=page,
        failed=tuple(ledger.failures()),
    )


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
        flags=_first_counts(count_rows(result.tables)),
        warnings=tuple(map(str, result.record.get("warnings", ()))),
        potencies=result.potencies,
        page=page,
        level=result.settings.comparison.level,
        fresh=fresh,
        failed=tuple((each["name"], Failure.from_row(each)) for each in result.record.get("failures", ())),
    )
