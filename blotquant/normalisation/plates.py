"""Percent activity of plate and flow assays from their own controls, whichever way the signal runs."""

from __future__ import annotations

import warnings
from collections.abc import Sequence

import numpy as np
import pandas as pd

from .. import tables
from ..conditions import Condition, Mask, codes, complete, control, stimulus_of, texts, usable
from ..errors import QualityWarning, TableError
from ..flags import Flag, add_flag
from ..least_squares import Vector

__all__ = ["block_columns", "percent_activity"]

_MIN_APART = 2.0  # standard errors between the controls
_UPWARDS = 20.0  # percent activity above the maximum, from which a well is above it by more than scatter
_NOT_LINEAR = ("polari", "anisotropy")


def block_columns(table: pd.DataFrame, controls: Mask, sought: Mask) -> list[str]:
    """Tell what makes a block: the plate; without plates, the replicate where several have controls of their own.

    Then each must have them, see `_require`: pooled over others', the controls would set a scale that is not its own.
    """
    if (table["plate"] != "").any():
        return ["plate"]
    known, wanted = set(table.loc[controls, "replicate"]), set(table.loc[sought, "replicate"])
    return ["replicate"] if len(known & wanted) > 1 and "" not in known else []


def _told_apart(table: pd.DataFrame, controls: Mask, sought: Mask, name: str) -> list[str]:
    """Columns in which these controls go with their wells; one label for all, or none of the wells', is shared.

    A target's controls never serve another target, nor a stimulus' maximum another stimulus.
    """
    found = []
    for column in ("target", "stimulus"):
        known, wanted = set(table.loc[controls, column]), set(table.loc[sought, column])
        own = wanted - {""} if column == "stimulus" else wanted
        partly = (column == "target" or name == "maximum") and bool(known & own) and not known >= own
        if partly or (len(known) > 1 and (known & wanted or not wanted)):
            found.append(column)
    return found


def _moments(code: np.ndarray, mask: Mask, values: Vector) -> tuple[Vector, Vector, Vector]:
    """Mean of a mask's values in each code, its standard error and count, seen from every row; lost wells left out."""
    mask = mask & np.isfinite(values)
    size = int(code.max(initial=-1)) + 1
    count = np.bincount(code[mask], minlength=size).astype(np.float64)
    mean = np.full(size, np.nan)
    np.divide(np.bincount(code[mask], values[mask], minlength=size), count, out=mean, where=count > 0)
    away = (values - mean[code]) ** 2
    sd = np.full(size, np.nan)
    np.divide(np.bincount(code[mask], away[mask], minlength=size), count - 1, out=sd, where=count > 1)
    sem = np.sqrt(np.divide(sd, count, out=np.full(size, np.nan), where=count > 0))
    return mean[code], np.nan_to_num(sem[code]), count[code]


def _require(table: pd.DataFrame, mean: Vector, sought: Mask, name: str, columns: Sequence[str]) -> None:
    """Refuse wells whose block has no such control; unstimulated ones may lack the control of a stimulus."""
    resting = (stimulus_of(table) == "").to_numpy(dtype=bool) & ("stimulus" in columns)
    lost = np.flatnonzero(~np.isfinite(mean) & sought & ~resting)
    if len(lost):
        row = table.iloc[lost[0]]
        where = ", ".join(f"{column} {row[column]!r}" for column in columns if row[column] != "") or "the table"
        shared = "; controls that serve all replicates name none" if "replicate" in columns else ""
        shared += "; one that serves every stimulus names none" if "stimulus" in columns else ""
        raise TableError(f"{where} has no {name} control; give one of its wells the role {name}{shared}")


def _warn_of_readout(table: pd.DataFrame) -> None:
    if "readout" in table:
        for name in sorted(set(table["readout"].astype(str))):
            if any(part in name.casefold() for part in _NOT_LINEAR):
                warnings.warn(
                    f"readout {name!r} is not linear in conversion: first turn it into conversion by a standard curve",
                    QualityWarning,
                    stacklevel=3,
                )


def _controls(table: pd.DataFrame, name: str, condition: Condition | None) -> Mask:
    if condition:
        return control(table, condition, name)
    return usable(table) & (table["role"] == name).to_numpy(dtype=bool)


def percent_activity(
    responses: pd.DataFrame, *, maximum: Condition | None = None, minimum: Condition | None = None
) -> pd.DataFrame:
    """Turn responses into percent activity between the controls of their plate.

    activity = 100 · (response − mean minimum) / (mean maximum − mean minimum), not clipped; the direction of the signal
    follows from the controls, so left-over ATP, which falls with activity, needs nothing else. Assumes a readout that
    is linear in conversion; a ``readout`` column that names fluorescence polarisation is warned of. Without minimum
    controls zero signal is no activity; wells far above the maximum are then warned of, and minimum controls without a
    maximum as well.

    Parameters
    ----------
    responses : DataFrame
        ``treatment, dose, response`` and optionally ``role`` (``maximum``: full activity, ``minimum``: none),
        ``replicate``, ``plate``, ``target``, ``stimulus``, ``dose_unit``; not changed. Controls count for their plate;
        without plates, for their replicate where each has its own; and for their target and stimulus where they
        carry those of wells, so that blanks without a target serve all. A maximum that carries the stimulus of some
        wells is not that of wells of another.
    maximum, minimum : mapping, optional
        Column → value of the controls, instead of roles.

    Returns
    -------
    DataFrame
        Folds table: ``ratio`` and ``signal`` are the response as read; ``response`` is percent activity [%], or the
        response as it stands without a maximum control; ``percent_activity_se`` carries the spread of the controls,
        ``maximum_se`` and ``minimum_se`` are the standard errors of their means [%], common to all wells of a plate.

    Raises
    ------
    TableError
        A plate, replicate, target or stimulus lacks a control that others have, or a named control matches nothing.

    References
    ----------
    Controls' errors by the delta method; Sebaugh 2011, Pharm Stat 10:128, doi 10.1002/pst.426 (percent of controls).
    """
    table = complete(responses.assign(ratio=responses["response"], signal=responses["response"]), "folds")
    for column in ("plate", "replicate"):
        table[column] = texts(table[column]) if column in table else ""
    table["detected"], table["is_reference"] = True, False
    table["membrane"] = table["membrane"].where(table["membrane"] != "", table["plate"])
    _warn_of_readout(table)
    top, floor = _controls(table, "maximum", maximum), _controls(table, "minimum", minimum)
    table["role"] = table["role"].mask(top, "maximum").mask(floor, "minimum")
    if not np.any(top):
        _warn_of_no_maximum(floor)
        return tables.check(table, "folds")
    out = _between(table, top, floor)
    if not np.any(floor):
        _warn_of_direction(out.loc[usable(out) & ~top, "percent_activity"].to_numpy())
    return tables.check(out, "folds")


def _warn_of_no_maximum(floor: Mask) -> None:
    if np.any(floor):
        warnings.warn(
            "there are minimum controls but no maximum: percent activity needs the maximum, so the responses are "
            "fitted as they stand; give wells of full activity the role maximum",
            QualityWarning,
            stacklevel=3,
        )


def _warn_of_direction(activity: Vector) -> None:
    """Warn where wells lie far above the maximum and hardly below it: only a minimum control tells which way is up."""
    known = activity[np.isfinite(activity)]
    above, below = (max(float(np.max(side, initial=0.0)), 0.0) for side in (known - 100.0, 100.0 - known))
    if above > _UPWARDS and above > 2.0 * below:
        warnings.warn(
            f"there is no minimum control, so zero signal is taken for no activity, and wells have up to "
            f"{100.0 + above:.0f} %: where the signal falls as activity rises (left-over ATP) that is the wrong way "
            "round; give wells of no activity the role minimum",
            QualityWarning,
            stacklevel=3,
        )


def _warn_of_closed(table: pd.DataFrame, closed: Mask, others: bool) -> None:
    """Warn of controls that are not told apart; beside ``others`` in percent, wells without it are in no curve."""
    names = sorted({str(name) for name in table.loc[closed, "membrane"]} - {""})
    where = f"plate {', '.join(names)}" if names else "the table"
    fate = "are left out of curves" if others else "the signal relative to the maximum is fitted"
    if np.any(closed):
        warnings.warn(
            f"{where}: maximum and minimum controls are not told apart, so wells have no percent activity and {fate}; "
            "check the roles",
            QualityWarning,
            stacklevel=3,
        )


def _near(
    table: pd.DataFrame, controls: Mask, sought: Mask, name: str, block: Sequence[str]
) -> tuple[Vector, Vector, Vector]:
    """Mean of the controls that go with each well, its standard error and their number."""
    alike = table.assign(stimulus=stimulus_of(table))
    # controls without a replicate serve all replicates
    block = [column for column in block if column != "replicate" or "" not in set(table.loc[controls, column])]
    columns = [*block, *_told_apart(alike, controls, sought, name)]
    found = _moments(codes(alike, columns), controls, table["ratio"].to_numpy())
    _require(table, found[0], sought, name, columns)
    return found


def _between(table: pd.DataFrame, top: Mask, floor: Mask) -> pd.DataFrame:
    values = table["ratio"].to_numpy()
    sought = usable(table) & ~top & ~floor
    block = block_columns(table, top, sought)
    high, high_se, _ = _near(table, top, sought, "maximum", block)
    low, low_se, low_n = np.zeros((3, len(table)))
    if np.any(floor):
        low, low_se, low_n = _near(table, floor, sought, "minimum", block)
    window = high - low
    closed = (window == 0) | (np.abs(window) < _MIN_APART * np.hypot(high_se, low_se))
    window = np.where(closed, np.nan, window)
    share = (values - low) / window
    _warn_of_closed(table, closed & sought, bool(np.any(np.isfinite(share))))
    error = np.hypot(share * high_se, (1.0 - share) * low_se) / np.abs(window)
    return table.assign(
        flags=add_flag(table["flags"], closed, Flag.NO_WINDOW),
        is_reference=top,
        reference="maximum",
        fold=values / np.where(high == 0, np.nan, high),
        percent_activity=100.0 * share,
        percent_activity_se=100.0 * error,
        maximum_se=100.0 * high_se / np.abs(window),
        minimum=np.where(low_n > 0, low, np.nan),
        minimum_se=100.0 * low_se / np.abs(window),
        minimum_n=low_n.astype(np.int64),
        percent_inhibition=100.0 - 100.0 * share,
        response=100.0 * share,
    )
