"""A whole batch in figures: counts, failures by reason, distributions, the worst pictures; as large for any number."""

from __future__ import annotations

import heapq
import math
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pandas as pd

from ..flags import SEVERITY, decode

__all__ = ["FIGURES", "Digest", "Distribution", "image_figures"]

FIGURES = {
    "noise": ("Limit of detection, median of a picture's bands", "AU px"),
    "saturated": ("Saturated pixels of a picture", "px"),
    "pitch": ("Distance between lanes, median of a picture", "px"),
}
"""What is told of each picture's distribution: title and unit."""

_WEIGHT = {"wrong": 3.0, "doubt": 1.0, "note": 0.0}
_STEPS = 10  # bins a decade
_WORST = 24  # pictures that are shown
_SAID = 100  # warnings that are said at the end; all are in run.json


def _score(flags: Sequence[str]) -> float:
    """How doubtful the rows of a picture are: the weight of their flags, a row."""
    counted = Counter(flags)
    weights = [sum(_WEIGHT[SEVERITY[flag]] for flag in decode(str(text))) * count for text, count in counted.items()]
    return sum(weights) / max(1, len(flags))


def image_figures(tables: Mapping[str, pd.DataFrame]) -> list[dict[str, Any]]:
    """Describe each picture of some tables in a few figures.

    Parameters
    ----------
    tables : mapping of str to DataFrame
        ``lanes``, ``bands`` and ``quality``.

    Returns
    -------
    list of dict
        ``image``, ``noise`` [AU px], ``saturated`` [px], ``pitch`` [px], ``score`` (how doubtful its bands are);
        None where a figure is not known.
    """
    lanes, bands, quality = (tables[name] for name in ("lanes", "bands", "quality"))
    told = quality["measure"].to_numpy(object) == "saturated"
    counts = dict(zip(quality["name"].to_numpy(object)[told], quality["value"].to_numpy()[told], strict=True))
    owners = [table["image"].to_numpy(object) for table in (lanes, bands)]
    lods, flags, centres = bands["lod"].to_numpy(), bands["flags"].to_numpy(object), lanes["centre"].to_numpy()
    found = []
    for image in sorted(set(owners[0])):
        places, mine = np.sort(centres[owners[0] == image]), owners[1] == image
        limits = lods[mine & ~np.isnan(lods)]
        values = {
            "noise": float(np.median(limits)) if limits.size else math.nan,
            "saturated": float(counts.get(image, math.nan)),
            "pitch": float(np.median(np.diff(places))) if len(places) > 1 else math.nan,
            "score": _score(flags[mine].tolist()),
        }
        plain = {name: value if math.isfinite(value) else None for name, value in values.items()}
        found.append({"image": str(image), **plain})
    return found


@dataclass
class Distribution:
    """Counts of positive numbers in ten bins a decade, and of those that are not above zero."""

    bins: Counter[int] = field(default_factory=Counter)
    zeros: int = 0

    def add(self, value: float) -> None:
        """Count one number."""
        if value > 0:
            self.bins[math.floor(_STEPS * math.log10(value))] += 1
        else:
            self.zeros += 1

    @property
    def total(self) -> int:
        """How many were counted."""
        return self.zeros + self.bins.total()

    def quantile(self, share: float) -> float:
        """Return the number below which a share of all lies, to the width of a bin; NaN where nothing was counted."""
        wanted, passed = share * self.total, float(self.zeros)
        if not self.total:
            return math.nan
        if passed >= wanted and self.zeros:
            return 0.0
        for number in sorted(self.bins):
            passed += self.bins[number]
            if passed >= wanted:
                break
        return float(10 ** ((number + 0.5) / _STEPS))

    def as_rows(self) -> list[tuple[float, float, int]]:
        """Return the bins from the first filled one to the last: from, to, count; the zeros first."""
        rows = [(0.0, 0.0, self.zeros)] if self.zeros else []
        numbers = range(min(self.bins), max(self.bins) + 1) if self.bins else ()
        return rows + [(10 ** (n / _STEPS), 10 ** ((n + 1) / _STEPS), self.bins[n]) for n in numbers]


@dataclass
class Digest:
    """What a batch came to, as its parts are added one after the other."""

    rows: Counter[str] = field(default_factory=Counter)
    counts: dict[str, Counter[str]] = field(default_factory=dict)
    failures: Counter[str] = field(default_factory=Counter)
    distributions: dict[str, Distribution] = field(default_factory=lambda: {name: Distribution() for name in FIGURES})
    images: int = 0
    worst: list[tuple[float, str, str]] = field(default_factory=list)
    warnings: list[str] = field(default_factory=list)

    def add(self, record: Mapping[str, Any], key: str = "") -> None:
        """Add what a part says of itself; `key` is where its pictures are found again."""
        self.images += len(record["images"])
        self.warnings += record["warnings"][: max(0, _SAID - len(self.warnings))]
        self.rows.update(record["rows"])
        for table, counted in record["counts"].items():
            self.counts.setdefault(table, Counter()).update(counted)
        for picture in record["figures"]:
            for name, distribution in self.distributions.items():
                if picture[name] is not None:
                    distribution.add(picture[name])
            if picture["score"]:
                self.worst = heapq.nsmallest(_WORST, [*self.worst, (-picture["score"], picture["image"], key)])

    def add_failure(self, kind: str) -> None:
        """Count a failure by its reason."""
        self.failures[kind] += 1

    def as_dict(self) -> dict[str, Any]:
        """Return the digest as plain values, for ``run.json`` and for the page."""
        told = {
            name: dict(zip(("title", "unit"), FIGURES[name], strict=True))
            | {"bins": each.as_rows(), "quantiles": {str(q): each.quantile(q) for q in (0.05, 0.5, 0.95)}}
            for name, each in self.distributions.items()
        }
        return {
            "images": self.images,
            "rows": dict(sorted(self.rows.items())),
            "failures": dict(self.failures.most_common()),
            "flags": {table: dict(counted) for table, counted in self.counts.items()},
            "distributions": told,
            "worst": [{"image": image, "score": -score} for score, image, _ in self.worst],
        }
