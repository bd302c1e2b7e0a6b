"""compare_groups(): each group against its reference on the log scale, blocked by replicate, effect beside every p."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import combinations
from typing import Any

import numpy as np
import pandas as pd

from .. import tables
from ..conditions import TOTALS
from ..errors import SettingsError
from ..tables import TOTAL, WINDOW, nearest
from .links import Made, Models, compare_linked
from .power import power_table
from .preparing import CALIBRATOR, Family, families, has_base, of_stimuli
from .testing import Fitted
from .trends import trend_rows

__all__ = ["METHODS", "compare_groups", "power_table"]

METHODS = ("auto", "dunnett", "tukey", "holm")
"""Ways to compare; ``auto``: paired t for two groups, Dunnett against a reference or maximum, Tukey without one."""

_NAMES = {"dunnett": "Dunnett", "tukey": "Tukey", "holm": "t with Holm's adjustment", "single": "t"}
_TOTAL = f"{TOTAL}: does the treatment move it?"


def _method_words(method: str, fitted: Fitted) -> str:
    name = _NAMES[method]
    if method == "single" and fitted.words == "blocked by replicate":
        return f"paired t on ln {fitted.family.what} by replicate"
    return f"{name} on ln {fitted.family.what}, {fitted.words}"


def _note(made: Made, few: int, extra: str) -> str:
    family, one = made.fitted.family, made.one
    notes = [extra] if extra else []
    fewest = min(family.count(one.group), family.count(one.versus))
    if fewest < few:
        notes.append(f"n = {fewest}: no p value below {few} biological replicates; repeat the experiment")
    elif made.fitted.sd == 0:
        notes.append("the replicates are identical and tell no error; look whether one was entered more than once")
    elif np.isnan(one.p):
        notes.append("no degree of freedom is left for an error; load the group in more replicates")
    below = family.censored[np.isin(family.group, [one.group, one.versus])]
    if np.isnan(one.effect):
        notes.append(
            "all values of a group lie below LOQ: the effect is known from one side at most; load more protein"
        )
    elif np.any(below):
        notes.append(f"{int(np.sum(below))} values below LOQ taken as censored")
    return "; ".join([*notes, *family.notes])


def _row(made: Made, few: int, extra: str) -> dict[str, Any]:
    family, one = made.fitted.family, made.one
    group, versus = family.groups[one.group], family.groups[one.versus]
    counts = family.count(one.group), family.count(one.versus)
    enough = min(counts) >= few
    return {
        **family.keys,
        **group.keys,
        "versus": versus.name,
        "method": _method_words(made.method, made.fitted),
        "n": counts[0],
        "n_versus": counts[1],
        "effect": one.effect,
        "ci_low": one.low,
        "ci_high": one.high,
        "statistic": one.statistic,
        "dof": one.dof,
        "p": one.p if enough else np.nan,
        "p_adjusted": one.p_adjusted if enough else np.nan,
        "note": _note(made, few, extra),
    }


def _unlinked_row(family: Family, pair: tuple[int, int], extra: str) -> dict[str, Any]:
    """Say that two groups read in units that do not compare: each membrane has its own."""
    group, versus = (family.groups[code] for code in pair)
    why = (
        f"not compared: {group.name} and {versus.name} share no membrane, and no condition links theirs; "
        f"load {versus.name} or one calibrator lysate on every membrane"
    )
    unknown = dict.fromkeys(("effect", "ci_low", "ci_high", "statistic", "dof", "p", "p_adjusted"), np.nan)
    return {
        **family.keys,
        **group.keys,
        "versus": versus.name,
        "method": "",
        "n": family.count(pair[0]),
        "n_versus": family.count(pair[1]),
        **unknown,
        "note": "; ".join(filter(None, [extra, why, *family.notes])),
    }


def _plan(family: Family, codes: list[int], method: str) -> tuple[str, list[tuple[int, int]]]:
    """Choose method and pairs for the groups of one stimulus; the first is what others are compared with, if any."""
    if method == "tukey" or not has_base(family.groups[codes[0]]):
        return "tukey" if method in ("auto", "dunnett") else method, [(b, a) for a, b in combinations(codes, 2)]
    return "dunnett" if method == "auto" else method, [(code, codes[0]) for code in codes[1:]]


def _windows(family: Family) -> list[tuple[int, int]]:
    """Each maximum control with the minimum control: the assay's window."""
    high = [code for code, group in enumerate(family.groups) if group.role == "maximum"]
    low = [code for code, group in enumerate(family.groups) if group.role == "minimum"]
    return [(one, other) for one in high for other in low]


def _with_spread(family: Family, pair: tuple[int, int]) -> list[int]:
    """Add the other groups to a pair of which one lies below LOQ altogether: alone it tells no spread."""
    lost = any(np.all(family.censored[family.group == code]) for code in pair)
    others = [code for code, group in enumerate(family.groups) if code not in pair and group.role != CALIBRATOR]
    return [*pair, *others] if lost else [*pair]


def _pair_rows(
    family: Family, models: Models, pairs: list[tuple[int, int]], method: str, level: float, few: int, extra: str
) -> list[dict[str, Any]]:
    made = compare_linked(models, pairs, method, level)
    return [
        _unlinked_row(family, pair, extra) if one is None else _row(one, few, extra)
        for pair, one in zip(pairs, made, strict=True)
    ]


def _family_rows(family: Family, method: str, level: float, few: int) -> list[dict[str, Any]]:
    extra = _TOTAL if family.keys["quantity"] in TOTALS else ""
    rows = []
    for codes in of_stimuli(family):
        models = Models(family, codes)
        chosen, pairs = _plan(family, codes, method)
        rows += _pair_rows(family, models, pairs, chosen, level, few, extra)
        rows += trend_rows(family, codes, models, level, few)
    words = "; ".join(filter(None, [extra, f"{WINDOW}: maximum against minimum control"]))
    for pair in _windows(family):
        models = Models(family, _with_spread(family, pair))
        rows += _pair_rows(family, models, [pair], "single", level, few, words)
    return rows


def compare_groups(
    folds: pd.DataFrame,
    *,
    method: str = "auto",
    group_by: Sequence[str] = (),
    level: float = 0.95,
    min_replicates: int = 3,
) -> pd.DataFrame:
    """Compare groups on the log scale, blocked by biological replicate.

    ln ratio = group + block; every dose and treatment against the reference of its stimulus, or its maximum control
    where the reference has another stimulus, or without one that reference (Dunnett); maximum against minimum control
    (the window), the linear trend over ln dose, and the total form by itself. Ratios are used as measured: a block's
    level is a term of the model, so no group is a column of ones. Repeats of one replicate are averaged first.
    Incomplete blocks are random effects (REML); values below LOQ are left-censored there. Groups on membranes that no
    condition links are not compared, as ratios are in units of their membrane; a row says so. Assumes that errors are
    log-normal with one spread, and that a table without membranes, or of folds alone, is on one scale.

    Parameters
    ----------
    folds : DataFrame
        Folds table; not changed.
    method : {"auto", "dunnett", "tukey", "holm"}
        ``auto``: paired t for two groups, Dunnett for more, Tukey where a stimulus has neither reference nor maximum.
    group_by : sequence of str
        Further columns that part the study.
    level : float
        Confidence level of the intervals, for a whole family of comparisons together.
    min_replicates : int
        Fewer biological replicates than this give no p value.

    Returns
    -------
    DataFrame
        Tests table: ``effect`` is the fold against ``versus``, with its interval.

    Raises
    ------
    SettingsError
        The method is unknown.
    TableError
        A column of ``group_by`` does not exist.

    References
    ----------
    Dunnett 1955, doi 10.1080/01621459.1955.10501294; Kreutz et al. 2007, doi 10.1093/bioinformatics/btm397 (log-normal
    errors); Valcu & Valcu 2011, Nat Methods 8:104 (why a control set to one misleads); Lazic 2010,
    doi 10.1186/1471-2202-11-5 (repeats are not replicates).
    """
    if method not in METHODS:
        raise SettingsError(f"method = {method!r} is not known{nearest(method, METHODS)}")
    rows: list[dict[str, Any]] = []
    for family in families(folds, group_by):
        rows += _family_rows(family, method, level, min_replicates)
    return tables.check(pd.DataFrame(rows), "tests") if rows else tables.empty("tests")
