"""How many replicates the next experiment needs."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd
from scipy import special

from .. import tables
from ..conditions import FAMILY
from ..tables import Finding
from .links import Models
from .multiplicity import chi_nodes, critical_value
from .preparing import Family, families, has_base, of_stimuli

__all__ = ["power_of", "power_table"]

_MOST = 30
_WANTED = 0.8


def power_of(ln_effect: float, sd: float, n: int, comparisons: int, *, level: float = 0.95) -> float:
    """Power of one comparison of a blocked Dunnett test against one reference.

    Assumes complete blocks, normal logarithms and that the residual SD is known.

    Parameters
    ----------
    ln_effect : float
        Logarithm of the fold to be seen.
    sd : float
        Residual standard deviation of a logarithm within a block.
    n : int
        Biological replicates, each a complete block.
    comparisons : int
        Groups compared with the reference; 1 is the paired t test.
    level : float
        One minus the familywise error.

    Returns
    -------
    float
        Probability that this comparison is significant: noncentral t with comparisons·(n − 1) degrees of freedom, as an
        integral over the spread that would be seen.

    References
    ----------
    Cohen 1988, Statistical Power Analysis, doi 10.4324/9780203771587; critical values as for Dunnett's test.
    """
    dof = float(comparisons * (n - 1))
    correlation = np.full((comparisons, comparisons), 0.5) + 0.5 * np.eye(comparisons)
    bound = critical_value("dunnett", correlation, comparisons + 1, dof, level)
    shift = abs(ln_effect) / (sd * np.sqrt(2.0 / n))
    _, _, s, weight = chi_nodes(dof)
    return float(min(weight @ (special.ndtr(shift - bound * s) + special.ndtr(-shift - bound * s)), 1.0))


def _spread(family: Family) -> tuple[float, int]:
    """Residual standard deviation of the uncensored groups with their base, and how many are to be compared.

    The spread is that of the first comparison that the design allows. Of several stimuli with a base, the one with most
    groups speaks.
    """
    stimuli = [codes for codes in of_stimuli(family) if has_base(family.groups[codes[0]])]
    if not stimuli:
        return np.nan, 0
    same = max(stimuli, key=len)
    whole = [code for code in same if not np.any(family.censored[family.group == code])]
    if len(whole) < 2 or same[0] not in whole:
        return np.nan, 0
    models = Models(family, whole)
    linked = next((model for code in whole[1:] if (model := models.of((code, whole[0]))) is not None), None)
    return np.nan if linked is None else linked.fitted.sd, len(same) - 1


def _finding(name: str, effect: float, sd: float, comparisons: int, level: float, few: int) -> Finding:
    """Look for the smallest n that shows an effect with the power wanted."""
    ln_effect, n = float(np.log(effect)), few
    while (power := power_of(ln_effect, sd, n, comparisons, level=level)) < _WANTED and n < _MOST:
        n += 1
    note = f"power {power:.2f} at n = {n}; residual SD of ln {sd:.3g}, {comparisons} groups against the reference"
    return Finding(
        "target", name, f"replicates_for_fold_{effect:g}", float(n) if power >= _WANTED and n <= _MOST else np.nan, note
    )


def power_table(
    folds: pd.DataFrame,
    *,
    group_by: Sequence[str] = (),
    effects: Sequence[float] = (0.75, 0.5, 0.4, 0.25),
    level: float = 0.95,
    min_replicates: int = 3,
) -> pd.DataFrame:
    """Tell how many biological replicates would show effects of given sizes at the spread that was seen.

    Parameters
    ----------
    folds : DataFrame
        Folds table; not changed.
    group_by : sequence of str
        Further columns that part the study.
    effects : sequence of float
        Folds against the reference (0.4 is 60 % inhibition).
    level : float
        One minus the familywise error of the Dunnett test that is planned.
    min_replicates : int
        Fewer give no p value, so no fewer are advised.

    Returns
    -------
    DataFrame
        Quality table: for each target and effect the smallest n, ``min_replicates`` or more, with 80 % power (NaN above
        30); the power is in the note.
    """
    found: list[Finding] = []
    for family in families(folds, group_by):
        sd, comparisons = _spread(family)
        if np.isfinite(sd) and sd > 0 and comparisons:
            known = [str(family.keys[column]) for column in FAMILY]
            name = " ".join(filter(None, (*known, tables.cell_text(family.keys, "tests"))))
            found += [_finding(name, effect, sd, comparisons, level, min_replicates) for effect in effects]
    return tables.quality_table(found)
