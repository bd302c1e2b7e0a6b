"""How far each fold moves under other choices that could have been defended."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from functools import partial
from itertools import chain, product

import numpy as np
import pandas as pd

from ..conditions import DOSE, FAMILY
from ..errors import BlotquantError
from ..figures.names import COMBINED
from ..tables import check, empty

__all__ = ["OTHER_BACKGROUNDS", "compare_choices", "other_backgrounds"]

OTHER_BACKGROUNDS = ("quadratic", "border_median", "rubber_band", "valley")
"""Backgrounds that a careful person could have chosen instead of the default."""

_SCALES = ("reference", "alignment")  # ``none`` pools ratios in units of their membranes, which nobody could defend
_KEYS = [*FAMILY, *DOSE]

Summarise = Callable[..., pd.DataFrame]


def other_backgrounds(default: str) -> list[str]:
    """List three backgrounds besides the one that the result is made with."""
    return [name for name in OTHER_BACKGROUNDS if name != default][:3]


def _rows(groups: pd.DataFrame, choice: str, option: str, *, default: bool) -> pd.DataFrame:
    return groups.assign(choice=choice, option=option, default=default, fold=groups["mean"])


def _options(
    group: Summarise, methods: Sequence[str], alone: bool, across: str
) -> Iterator[tuple[str, str, pd.DataFrame]]:
    """Yield groups under each other choice; one that the data do not allow is left out."""
    choices: list[tuple[str, str, Summarise]] = [("background", method, partial(group, method)) for method in methods]
    if alone:
        choices.append(("normalisation", "phospho alone", lambda: _as_ratio(group(alone=True))))
    scales = [name for name in _SCALES if name != across]
    choices += [("control", f"across = {name}", partial(group, across=name)) for name in scales]
    for choice, option, make in choices:
        try:
            yield choice, option, make()
        except BlotquantError:
            continue  # a design that does not connect its membranes has no alignment; the choice is not open


def _combinations(
    group: Summarise, methods: Sequence[str], alone: bool, across: str
) -> Iterator[tuple[str, str, pd.DataFrame]]:
    """Yield groups under every combination of two or three choices other than the default."""
    scales = [name for name in _SCALES if name != across]
    for method, left_out, scale in product(("", *methods), (False, True)[: 1 + alone], (None, *scales)):
        parts = [method, "phospho alone" if left_out else "", f"across = {scale}" if scale else ""]
        changed = [part for part in parts if part]
        if len(changed) < 2:
            continue
        try:
            made = group(method, alone=left_out, across=scale)
        except BlotquantError:
            continue  # as above
        yield COMBINED, ", ".join(changed), _as_ratio(made) if left_out else made


def _as_ratio(groups: pd.DataFrame) -> pd.DataFrame:
    """Compare phospho alone (or phospho over loading) with phospho over total, under the name of the latter."""
    named = groups[groups["quantity"].isin(["P", "P/L"])]
    return named.assign(quantity="P/S").drop_duplicates(_KEYS)


def compare_choices(
    groups: pd.DataFrame,
    group: Summarise,
    *,
    methods: Sequence[str],
    alone: bool,
    background: str,
    across: str,
    group_by: Sequence[str] = (),
) -> pd.DataFrame:
    """Tabulate folds under other backgrounds, normalisations and controls, and all combinations, beside the default.

    Every row is the fold of one group under one choice, or under a combination of them; assumes that each choice could
    have been defended beforehand.

    Parameters
    ----------
    groups : DataFrame
        Groups of the result.
    group : callable
        ``group(method, alone=…, across=…)`` gives groups as the pipeline would: with another background, without the
        total, with another way across membranes.
    methods : sequence of str
        Other backgrounds that were measured.
    alone : bool
        There are totals that could have been left out.
    background, across : str
        What the result was made with.
    group_by : sequence of str
        Further columns that part groups.

    Returns
    -------
    DataFrame
        Sensitivity table; without rows where there are no folds.

    References
    ----------
    Simonsohn, Simmons & Nelson 2020, Nat Hum Behav 4:1208, doi:10.1038/s41562-020-0912-z.
    """
    if groups.empty:
        return empty("sensitivity")
    keys = [*_KEYS, *group_by]
    parts = [_rows(groups, "background", background, default=True)]
    parts += [
        _rows(made, choice, option, default=False)
        for choice, option, made in chain(
            _options(group, methods, alone, across), _combinations(group, methods, alone, across)
        )
        if len(made)
    ]
    table = pd.concat(parts, ignore_index=True)
    base = groups.set_index(keys)["mean"]
    table["change"] = _change(table, base, keys)
    known = table[table["change"].notna() | table["default"]]
    return check(
        known[[*keys, "choice", "option", "default", "n", "fold", "ci_low", "ci_high", "change"]], "sensitivity"
    )


def _change(table: pd.DataFrame, base: pd.Series[float], keys: list[str]) -> pd.Series[float]:
    """Percent by which a fold moved; NaN where the default has no such group."""
    held = dict(zip((_key(key) for key in base.index), base, strict=True))
    before = pd.Series([held.get(_key(key), np.nan) for key in table[keys].itertuples(index=False)], index=table.index)
    return 100.0 * (table["fold"] / before.where(before != 0) - 1.0)


def _key(values: Sequence[object]) -> tuple[object, ...]:
    return tuple(None if isinstance(value, float) and np.isnan(value) else value for value in values)
