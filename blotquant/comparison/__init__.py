"""compare_groups(): treatments against their vehicle, blocked by replicate, on the log scale."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import pandas as pd

from ..conditions import FAMILY, codes, complete, maximum_control, minimum_control, usable
from ..errors import SettingsError
from ..tables import check, nearest
from .families import Family, compare_all, trend
from .power import power_table
from .values import replicate_values

__all__ = ["METHODS", "compare_groups", "power_table"]

METHODS = ("auto", "dunnett", "tukey", "holm")


def compare_groups(
    folds: pd.DataFrame,
    *,
    method: str = "auto",
    group_by: Sequence[str] = (),
    level: float = 0.95,
    min_replicates: int = 3,
) -> pd.DataFrame:
    """Compare groups on the log scale, the replicate as block.

    For every stimulus each treatment × dose against the vehicle; a linear trend in log dose; and the stimulated
    vehicle against the unstimulated one. The model is ln ratio = group + block; the reference has its own spread, so
    nothing is ever tested against a column of ones. Technical repeats are averaged first. Values below
    their limit of quantification count as "somewhere below". Total over loading (quantity S/L) is tested like any other
    quantity, and tells whether the treatment moves the total protein.

    Assumes that errors are relative and equal between groups.

    Parameters
    ----------
    folds : DataFrame
        Folds table.
    method : {"auto", "dunnett", "tukey", "holm"}
        ``auto``: paired t for one comparison, Dunnett for more; ``tukey``: all pairs; ``holm``: comparisons with the
        vehicle adjusted by Holm.
    group_by : sequence of str
        Further columns that separate families of comparisons.
    level : float
        Confidence level of the intervals.
    min_replicates : int
        With fewer biological replicates on either side no p value and no interval is given.

    Returns
    -------
    DataFrame
        Tests table; ``effect`` is the fold against ``versus``.

    Raises
    ------
    SettingsError
        The method is unknown.

    References
    ----------
    Dunnett 1955, doi 10.1080/01621459.1955.10501294; Kreutz et al. 2007, doi 10.1093/bioinformatics/btm397.
    """
    if method not in METHODS:
        raise SettingsError(f"comparison method {method!r} is unknown{nearest(method, METHODS)}")
    table = complete(folds, "folds")
    rows = [
        {**row, **further}
        for values, further in _families(table, group_by)
        for row in _compare_family(values, method, level, min_replicates)
    ]
    empty = pd.DataFrame(columns=[*check(_NOTHING, "tests").columns, *group_by])
    return check(pd.DataFrame(rows) if rows else empty, "tests")


_NOTHING = pd.DataFrame(
    columns=[*FAMILY, "stimulus", "treatment", "dose", "dose_unit", "versus", "method", "n", "n_versus", "effect",
             "ci_low", "ci_high", "statistic", "dof", "p", "p_adjusted", "note"]
)  # fmt: skip


def _families(table: pd.DataFrame, group_by: Sequence[str]) -> Iterator[tuple[pd.DataFrame, dict[str, object]]]:
    """Yield the values that are compared with one another: one quantity of one target."""
    top, bottom = maximum_control(table), minimum_control(table)
    lanes = table.assign(is_top=top, is_bottom=bottom)[usable(table)]
    parts = codes(lanes, [*FAMILY, *group_by])
    for part in range(parts.max(initial=-1) + 1):
        mine = lanes[parts == part]
        values = replicate_values(mine)
        if not values.empty:
            yield values, {column: mine[column].iloc[0] for column in group_by}


def _compare_family(values: pd.DataFrame, method: str, level: float, least: int) -> Iterator[dict[str, object]]:
    """Compare under each stimulus that has a vehicle, and that vehicle with the unstimulated one."""
    top, bottom = values["is_top"], values["is_bottom"]
    for stimulus in dict.fromkeys(values.loc[top, "stimulus"]):
        mine = values["stimulus"] == stimulus
        family = Family.of(values[mine], "is_top", level, least)
        yield from compare_all(family, method)
        yield from trend(family)
        if bottom.any():
            yield from compare_all(Family.of(values[(top & mine) | bottom], "is_bottom", level, least), "auto")
