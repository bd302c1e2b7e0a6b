"""Which groups a design lets us compare, and by which model: islands of replicates, else of membranes."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

import numpy as np

from ..conditions import Codes, Mask
from ..scales import islands
from .preparing import Family
from .testing import Comparison, Fitted, compare_pairs, fit_family, fit_nested

__all__ = ["Linked", "Made", "Models", "compare_linked"]

_BLOCKED = "blocked by replicate"
_UNSHARED = "groups not linked within replicates: blocked by membrane"
_THROUGH = "linked by conditions outside the comparison"


@dataclass(frozen=True)
class Linked:
    """A model, and where the groups of the family stand in it.

    Parameters
    ----------
    fitted : Fitted
        Model of an island.
    place : dict of int to int
        Code of a group in the family → its code in the model.
    """

    fitted: Fitted
    place: dict[int, int]


@dataclass(frozen=True)
class Made:
    """A comparison, the model it was made in, whose codes it has, and how it was adjusted."""

    fitted: Fitted
    one: Comparison
    method: str


def _islands(group: Codes, label: Codes, seen: Mask) -> list[Mask]:
    """Values whose labels (blocks or scales) hang together through shared groups.

    Values below LOQ tell no scale, so they join nothing; a label with no other values goes where one of its groups is.
    """
    joined = islands([str(code) for code in group[seen]], [str(code) for code in label[seen]])
    found: list[Mask] = [np.isin(label, [int(name) for name in names]) for names in joined]
    for code in np.setdiff1d(label, label[seen]):
        own = label == code
        home = next((index for index, rows in enumerate(found) if np.isin(group[rows], group[own]).any()), None)
        if home is None:
            found.append(own)
        else:
            found[home] = found[home] | own
    return found


class Models:
    """The models of one set of groups, each fitted when it is first asked for.

    Each island of the design is fitted by itself. A ratio is in units of its membrane, so what another island reads
    says nothing of a comparison in this one but its spread; that could be pooled, but then a compound on other
    membranes, perhaps in worse hands, would move comparisons that have nothing to do with it.

    Nearest first: groups that share replicates are blocked by replicate. Groups that share membranes alone are blocked
    by membrane. Groups that share neither may still hang together through lanes that are not compared here (another
    stimulus, a calibrator), whose fixed blocks then tell the scales. What hangs together in no way has no model.

    Parameters
    ----------
    family : Family
        All values.
    codes : sequence of int
        Groups to be compared.
    """

    def __init__(self, family: Family, codes: Sequence[int]) -> None:
        self._family, self._codes = family, list(codes)
        self._islands = list(self._all_islands())
        self._fitted: dict[int, Linked] = {}

    def _all_islands(self) -> Iterator[tuple[Mask, bool, bool]]:
        """Values of each island, whether other groups help, and whether replicates are its blocks; nearest first."""
        family = self._family
        own = np.isin(family.group, self._codes)
        helped = own | np.isin(family.group, family.group[~family.censored])
        for through, rows in ((False, own), (True, helped)):
            for by_block, label in ((True, family.block), (False, family.scale)):
                for part in _islands(family.group[rows], label[rows], ~family.censored[rows]):
                    whole = np.zeros(len(rows), dtype=bool)
                    whole[np.flatnonzero(rows)[part]] = True
                    yield whole, through, by_block

    def of(self, wanted: Sequence[int]) -> Linked | None:
        """Return the model in which some groups can be compared; None where no condition links their membranes."""
        for index, (rows, _, _) in enumerate(self._islands):
            if np.isin(wanted, self._family.group[rows]).all():
                if index not in self._fitted:
                    self._fitted[index] = self._fit(index)
                return self._fitted[index]
        return None

    def _fit(self, index: int) -> Linked:
        rows, through, by_block = self._islands[index]
        there = set(self._family.group[rows].tolist())
        first = [code for code in self._codes if code in there]
        codes = [*first, *sorted(there.difference(first))]
        part = self._family.take(codes, rows)
        words = _BLOCKED if by_block else _UNSHARED
        words = f"{words}, {_THROUGH}" if through else words
        # where other lanes are the link, they alone shall tell the scales: blocks are fixed
        fitted = fit_family(part, words=words, random=not through) if by_block else fit_nested(part, words=words)
        return Linked(fitted, {code: place for place, code in enumerate(codes)})


def compare_linked(models: Models, pairs: Sequence[tuple[int, int]], method: str, level: float) -> list[Made | None]:
    """Compare pairs of groups, each in the model that its island allows.

    A family's error is shared out among its models by the number of comparisons each makes (Bonferroni), and each
    adjusts for its own share of it. Comparisons that are not made need no share.

    Parameters
    ----------
    models : Models
        Models of the groups.
    pairs : sequence of (group, versus)
        Codes in the family.
    method : {"dunnett", "tukey", "holm", "single"}
        How comparisons are adjusted; one comparison alone is not.
    level : float
        Confidence level of the intervals, for all pairs together.

    Returns
    -------
    list of Made or None
        None for pairs on membranes that nothing links.
    """
    linked = {pair: model for pair in pairs if (model := models.of(pair)) is not None}
    chosen = method if len(linked) > 1 else "single"
    found: dict[tuple[int, int], Made] = {}
    for model in {id(model): model for model in linked.values()}.values():
        own = [pair for pair in linked if linked[pair] is model]
        share = len(own) / len(linked)
        local = [(model.place[group], model.place[versus]) for group, versus in own]
        made = compare_pairs(model.fitted, local, chosen, 1.0 - (1.0 - level) * share)
        for pair, one in zip(own, made, strict=True):
            found[pair] = Made(model.fitted, replace(one, p_adjusted=min(one.p_adjusted / share, 1.0)), chosen)
    return [found.get(pair) for pair in pairs]
