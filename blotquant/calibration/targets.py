"""Where JAK and STAT proteins and loading controls run on a gel, each row with its source."""

from __future__ import annotations

import csv
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import numpy as np
import pandas as pd

from ..conditions import plain_site

__all__ = ["ReferenceTarget", "reference_mass", "reference_targets", "with_reference_masses"]


@dataclass(frozen=True)
class ReferenceTarget:
    """A protein's site and apparent mass [kDa], what to know of its isoforms, and who says so.

    ``also`` are other names; ``site`` is the phosphorylation that antibodies against the active protein see, blank for
    loading controls; ``low`` and ``high`` bound what was read.
    """

    target: str
    also: tuple[str, ...]
    site: str
    low: float
    high: float
    note: str
    source: str


@cache
def reference_targets() -> tuple[ReferenceTarget, ...]:
    """List the targets that are shipped; what no public source was seen for is left out."""
    with (Path(__file__).parent / "targets.csv").open(encoding="utf-8", newline="") as file:
        return tuple(
            ReferenceTarget(
                row["target"],
                tuple(filter(None, row["also"].split(";"))),
                row["site"],
                float(row["low_kda"]),
                float(row["high_kda"]),
                row["note"],
                row["source"],
            )
            for row in csv.DictReader(file)
        )


def _plain(name: str) -> str:
    """Bring the ways in which people write a name to one: case, Greek letters, dashes and blanks do not count."""
    latin = name.casefold().replace("α", "alpha").replace("β", "beta")
    return "".join(letter for letter in latin if letter.isalnum())


def reference_mass(target: str, site: str = "") -> float:
    """Return the apparent mass of a target [kDa]: the geometric middle of what was read; NaN when it is not shipped.

    Parameters
    ----------
    target : str
        Name, in any case (``STAT3``, ``β-actin``).
    site : str
        Phosphosite in any spelling (``Y701``, ``pTyr701``); tells isoforms apart where one lacks it.

    Examples
    --------
    >>> round(reference_mass("stat2"))
    113
    """
    wanted = _plain(target)
    mine = [one for one in reference_targets() if wanted in map(_plain, (one.target, *one.also))]
    chosen = [one for one in mine if one.site == plain_site(site)] or mine
    return float(np.sqrt(chosen[0].low * chosen[0].high)) if chosen else float("nan")


def with_reference_masses(images: pd.DataFrame) -> pd.DataFrame:
    """Fill in the expected mass where the sheet gives none and the target is known; a stain has none.

    Parameters
    ----------
    images : DataFrame
        ``target, site, form, mass_kda``; not changed.
    """
    known = [
        reference_mass(str(target), str(site)) if form != "stain" else np.nan
        for target, site, form in zip(images["target"], images["site"], images["form"], strict=True)
    ]
    filled = images["mass_kda"].astype(np.float64)
    return images.assign(mass_kda=filled.where(filled.notna(), np.array(known, dtype=np.float64)))
