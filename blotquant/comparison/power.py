"""power_table(): how many replicates the next experiment needs at the spread seen."""

from __future__ import annotations

import numpy as np
import pandas as pd
from scipy import stats

from .multiplicity import critical_value

__all__ = ["power_table"]

_INHIBITIONS = (25.0, 50.0, 75.0)
_MOST = 20


def power_table(sigma: float, n_groups: int, *, level: float = 0.95, power: float = 0.8) -> pd.DataFrame:
    """Tell how many replicates show an inhibition with a given power, by Dunnett's procedure blocked by replicate.

    Assumes the residual spread seen, complete blocks, and one group at the stated inhibition.

    Parameters
    ----------
    sigma : float
        Residual standard deviation of ln ratio within blocks.
    n_groups : int
        Groups beside the vehicle.
    level : float
        One minus the familywise error.
    power : float
        Probability with which the inhibition is to be seen.

    Returns
    -------
    DataFrame
        ``percent_inhibition``, ``replicates`` (fewest that reach the power, at most 20; 0 where 20 do not),
        ``power`` reached with them.

    References
    ----------
    Dunnett 1955, doi 10.1080/01621459.1955.10501294.
    """
    correlation = np.full((n_groups, n_groups), 0.5) + 0.5 * np.eye(n_groups)
    reached = {n: _power(sigma, n, n_groups, correlation, level) for n in range(2, _MOST + 1)}
    rows = []
    for i, inhibition in enumerate(_INHIBITIONS):
        enough = [n for n, values in reached.items() if values[i] >= power]
        n = enough[0] if enough else 0
        rows.append({"percent_inhibition": inhibition, "replicates": n, "power": reached[n or _MOST][i]})
    return pd.DataFrame(rows)


def _power(sigma: float, n: int, n_groups: int, correlation: np.ndarray, level: float) -> np.ndarray:
    dof = float(n_groups * (n - 1))
    limit = critical_value(correlation, dof, level)
    shift = np.log1p(-np.array(_INHIBITIONS) / 100.0) / (sigma * np.sqrt(2.0 / n))
    return np.asarray(stats.nct.cdf(-limit, dof, shift) + stats.nct.sf(limit, dof, shift))
