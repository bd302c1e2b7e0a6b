"""percent_activity(): responses of plates and tubes between their own controls."""

from __future__ import annotations

import numpy as np
import pandas as pd

__all__ = ["percent_activity"]

_NEAREST = (["plate", "target", "stimulus"], ["plate", "target"], ["plate"])


def _control_mean(table: pd.DataFrame, role: str) -> np.ndarray:
    """Mean of a control for each row, from the nearest place that has one: its plate, target and stimulus first."""
    found = np.full(len(table), np.nan)
    for keys in _NEAREST:
        chosen = table[table["role"] == role]
        means = chosen.groupby(keys)["response"].mean().rename("mean").reset_index()
        here = table[keys].merge(means, on=keys, how="left")["mean"].to_numpy(float)
        found = np.where(np.isfinite(found), found, here)
    return found


def percent_activity(responses: pd.DataFrame) -> pd.DataFrame:
    """Turn the responses of a plate or of flow cytometry into percent activity, plate by plate.

    ``activity = 100 (response − minimum) / (maximum − minimum)`` with the means of the controls of the row's plate (of
    its own target and stimulus where these have controls). Since activity is found from the controls, it does
    not matter whether the signal rises or falls with activity. Not clipped. Without a maximum control the response is
    left as it stands; without a minimum control zero signal is zero activity.

    Assumes that the signal is linear in activity between the two controls.

    Parameters
    ----------
    responses : DataFrame
        Table with ``treatment, dose, response, role, replicate, plate, target, stimulus, dose_unit``.

    Returns
    -------
    DataFrame
        The rows with ``signal`` (as read), ``response`` in percent activity where there are controls, and
        ``percent_inhibition`` (NaN where there are none).
    """
    table = responses.reset_index(drop=True)
    high, low = _control_mean(table, "maximum"), _control_mean(table, "minimum")
    low = np.where(np.isfinite(low), low, 0.0)
    span = high - low
    usable = np.isfinite(span) & (span != 0)
    signal = table["response"].to_numpy(float)
    percent = np.full(len(table), np.nan)
    percent[usable] = 100.0 * (signal - low)[usable] / span[usable]
    return table.assign(signal=signal, response=np.where(usable, percent, signal), percent_inhibition=100.0 - percent)
