"""What goes into one figure: by which columns a table is split, and how groups are shown."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterator

import pandas as pd

from ..tables import as_text, further_columns
from .course import MOST_LINES, course_column
from .names import SERIES, conditions, main_first

__all__ = ["fit_figures", "group_figures", "has_few_slots", "parts"]

_MOST_SLOTS = 34  # conditions side by side in a page's width
_FEWEST_DOSES = 3  # of a treatment that is shown along its doses


def parts(
    table: pd.DataFrame, name: str, fits: Callable[[pd.DataFrame], bool]
) -> Iterator[tuple[dict[str, str], pd.DataFrame]]:
    """Split a table by target, site, quantity, main ones first, and as few grouping columns as make all parts fit."""
    cells = further_columns(table, name)
    choices = [[*chosen] for count in range(len(cells) + 1) for chosen in itertools.combinations(cells, count)]
    for _, rows in main_first(table).groupby(SERIES, sort=False, dropna=False):
        for names in choices:
            found = [part for _, part in rows.groupby([*SERIES, *names], sort=False, dropna=False)]
            if all(map(fits, found)):
                break
        for part in found:
            yield {column: as_text(part[column].iloc[0]) for column in [*SERIES, *names]}, part


def has_few_slots(table: pd.DataFrame, name: str) -> bool:
    """Tell whether the conditions of a table, key ``name`` of `TABLES`, have room side by side on a page."""
    return len(conditions(table, further_columns(table, name))) <= _MOST_SLOTS


def group_figures(groups: pd.DataFrame) -> tuple[str, bool]:
    """Choose how groups are shown: the column along which they make a course, and whether side by side as well.

    Side by side they stand where there is no course, where it would have too many lines, or where a treatment has
    doses, which a course does not set side by side.
    """
    along = course_column(groups)
    lines = conditions(groups, [column for column in further_columns(groups, "groups") if column != along])
    along = along if len(lines) <= MOST_LINES else ""
    doses = groups[groups["dose"] > 0].groupby("treatment")["dose"].nunique()
    return along, not along or bool((doses >= _FEWEST_DOSES).any())


def fit_figures(groups: pd.DataFrame) -> bool:
    """Tell whether groups can be drawn in one figure of each kind that shows them."""
    return not group_figures(groups)[1] or has_few_slots(groups, "groups")
