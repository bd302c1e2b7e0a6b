"""Which rows make a curve: the doses of a treatment and the vehicle lanes of its blocks."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from ..conditions import FAMILY, Mask, check_group_by, codes, complete, maximum_control, stimulus_of, texts, usable
from ..errors import TableError
from ..flags import merge
from ..tables import nearest
from ..units import canonical_unit, conversion_factor
from .problem import Points

__all__ = ["Series", "find_series", "has_errors", "points_of"]

_RESPONSES = ("response", "percent_activity", "fold", "ratio")
_CONTROLS = ["maximum_se", "minimum_se", "minimum", "minimum_n"]
_POINT = ["dose", "response", "response_se", "replicate", "membrane", "plate", "wells", "blot", *_CONTROLS]


@dataclass(frozen=True)
class Series:
    """The points of one curve.

    Parameters
    ----------
    keys : dict of str to value
        ``target, site, quantity, stimulus, treatment`` and the ``group_by`` columns.
    unit : str
        Unit of the doses.
    points : DataFrame
        ``dose, response, response_se, replicate, block, shared`` (a vehicle lane of several curves), one row a point.
    half : float
        Response half-way between the maximum and minimum controls; NaN without them.
    response_unit : str
        ``%`` where the responses are percent activity, else empty.
    """

    keys: dict[str, Any]
    unit: str
    points: pd.DataFrame
    half: float
    response_unit: str


def _prepared(table: pd.DataFrame, group_by: Sequence[str]) -> pd.DataFrame:
    """Complete the table, choose the response, and bring every treatment to one unit."""
    given = [name for name in _RESPONSES if name in table and pd.to_numeric(table[name], errors="coerce").notna().any()]
    if not given and len(table):
        blank = [name for name in _RESPONSES if name in table]
        words = f"column {blank[0]!r} holds no number" if blank else "there is no column of responses"
        raise TableError(f"dose-response: {words}; one of {', '.join(_RESPONSES)} is needed")
    if "dose" not in table:
        raise TableError(f"dose-response: column 'dose' is missing{nearest('dose', [str(name) for name in table])}")
    check_group_by(table, group_by)
    out = complete(table, "folds")
    out["wells"] = "plate" in table
    out["plate"] = texts(out["plate"]) if "plate" in table else ""
    out["blot"] = (texts(out["membrane"]) != "") & ~out["wells"]
    for name in _CONTROLS:  # the maximum's of plates only; elsewhere it is in the blocks' scales
        out[name] = pd.to_numeric(out[name], errors="coerce") if name in table else np.nan
    if given == ["ratio"] and "reference" in table and (texts(table["reference"]) != "").any():
        given = ["response"]  # the references are lost, and raw ratios are not on one scale
    if given:
        out["response"] = out[given[0]]
        fallback = {"fold": "fold_se", "ratio": "ratio_se"}.get(given[0])
        if fallback:
            out["response_se"] = out[fallback]
        _refuse(out, given[0], np.isinf(out["response"]), "is not finite; correct it, or leave it blank")
    _refuse(out, "dose", out["dose"] < 0, "is below zero; write 0 for no compound")
    return _one_unit(out)


def _refuse(table: pd.DataFrame, column: str, wrong: pd.Series[bool], words: str) -> None:
    rows = np.flatnonzero(wrong)
    if len(rows):
        value = table[column].iloc[rows[0]]
        raise TableError(f"dose-response: counted from 1, row {rows[0] + 1}, column {column!r}: {value:g} {words}")


def _one_unit(table: pd.DataFrame) -> pd.DataFrame:
    """Express the doses of each treatment in the unit that most of them have."""
    out = table.copy()
    out["dose_unit"] = out["dose_unit"].map(lambda text: canonical_unit(text) if text else "nM")
    for _, rows in out[out["dose"] > 0].groupby("treatment", sort=True):
        unit = str(rows["dose_unit"].mode().iloc[0])
        for other in sorted(set(rows["dose_unit"]) - {unit}):
            chosen = rows.index[rows["dose_unit"] == other]
            scaled = out.loc[chosen, "dose"] * conversion_factor(other, unit)
            out.loc[chosen, "dose"] = [float(f"{dose:.12g}") for dose in scaled]
        out.loc[rows.index, "dose_unit"] = unit
    return out


def has_errors(table: pd.DataFrame) -> bool:
    """Tell whether the responses come from blots: measured with standard errors, or lying on membranes."""
    measured = "response_se" in table and bool((pd.to_numeric(table["response_se"], errors="coerce") > 0).any())
    plates = "plate" in table and bool((texts(table["plate"]) != "").any())
    blots = "membrane" in table and bool((texts(table["membrane"]) != "").any())
    return measured or (blots and not plates)


def _vehicles(table: pd.DataFrame, lanes: Mask) -> Mask:
    """Lanes that are the zero dose of every treatment of their stimulus; a treatment's own zero dose is not."""
    found = maximum_control(table) & lanes
    if (table.loc[found, "role"] == "maximum").all():
        return found
    dosed = set(table.loc[lanes & (table["dose"] > 0).to_numpy(), "treatment"])
    return found & ~table["treatment"].isin(dosed).to_numpy(dtype=bool)


def _of_stimulus(controls: Mask, stimulus: np.ndarray, row: int) -> Mask:
    """Find the controls of a row's stimulus; those without one stand in where it has none of its own."""
    same: Mask = controls & (stimulus == stimulus[row])
    return same if np.any(same) else controls & (stimulus == "")


@dataclass(frozen=True)
class _Labels:
    """What tells which lanes belong together, as one code a row; worked out once for all curves of a table."""

    family: np.ndarray
    stimulus: np.ndarray
    cell: np.ndarray
    place: np.ndarray
    plate: np.ndarray
    for_all: Mask

    @classmethod
    def of(cls, table: pd.DataFrame, group_by: Sequence[str]) -> _Labels:
        return cls(
            family=codes(table, FAMILY),
            stimulus=stimulus_of(table).to_numpy(),
            cell=codes(table, list(group_by)),
            place=codes(table, ["replicate", "membrane", "plate"]),
            plate=codes(table, ["membrane", "plate"]),
            # where no replicate is named, `complete` has put the membrane in its place
            for_all=(table["wells"] & (table["replicate"] == table["membrane"])).to_numpy(dtype=bool),
        )


def _zero_lanes(labels: _Labels, vehicles: Mask, own: Mask) -> Mask:
    """Vehicle lanes of a curve: of its family, stimulus, blocks, and group where there are any.

    Wells of a plate's control without a replicate stand for all of them.
    """
    first = int(np.flatnonzero(own)[0])
    found = _of_stimulus(vehicles & (labels.family == labels.family[first]), labels.stimulus, first)
    near = found & (labels.cell == labels.cell[first])
    found = near if np.any(near) else found
    block = np.isin(labels.place, labels.place[own])
    there: Mask = found & (block | (labels.for_all & np.isin(labels.plate, labels.plate[own])))
    return there


def _half_way(table: pd.DataFrame, labels: _Labels, lanes: Mask, own: Mask) -> float:
    """Half-way between the measured controls; half the maximum when zero activity is zero signal."""
    first = int(np.flatnonzero(own)[0])
    family = lanes & (labels.family == labels.family[first])
    full = family & (table["role"] == "maximum").to_numpy(dtype=bool)
    top = table[_of_stimulus(full, labels.stimulus, first)]["response"]
    low = table[family & (table["role"] == "minimum")]["response"]
    if top.empty or (low.empty and table.loc[own, "percent_activity"].isna().all()):
        return float("nan")
    return float((top.mean() + (low.mean() if len(low) else 0.0)) / 2.0)


def _unit_of(rows: pd.DataFrame) -> str:
    return "%" if (rows["response"] == rows["percent_activity"]).all() else ""


def _averaged(points: pd.DataFrame) -> pd.DataFrame:
    """Average repeats of one lysate (same sample, or told apart by ``technical``) on the response's own scale."""
    repeats = points[(points["sample"] != "") | (points["technical"] != "")]
    single = points.drop(repeats.index)
    if repeats.empty:
        return points
    wide = repeats.groupby(["replicate", "sample"], sort=False)["membrane"].nunique()
    rows = [single]
    for _, group in repeats.groupby(["replicate", "sample", "treatment", "dose"], sort=True, dropna=False):
        row = group.iloc[[0]].copy()
        row["response"] = group["response"].mean()
        row["response_se"] = float(np.sqrt(np.sum(group["response_se"] ** 2)) / len(group))
        row["flags"] = merge(group["flags"])
        rows.append(row)
    out = pd.concat(rows)
    return out.assign(membrane="") if (wide > 1).any() else out


def _one_zero(points: pd.DataFrame) -> pd.DataFrame:
    """Make one point of a plate's control wells: its 100 % is their mean, and they are no measurements beside it."""
    wells = points[points["shared"] & points["wells"]]
    if wells.empty:
        return points
    rows = []
    for _, group in wells.groupby(["replicate", "membrane", "plate"], sort=True):
        row = group.iloc[[0]].copy()
        row["response"] = group["response"].mean()
        rows.append(row)
    return pd.concat([points.drop(wells.index), *rows])


def _laid_out(chosen: pd.DataFrame, shared: pd.Series[bool]) -> pd.DataFrame:
    points = _averaged(chosen.assign(shared=shared, dose=chosen["dose"].mask(shared, 0.0).fillna(0.0)))
    points = _one_zero(points.reset_index(drop=True))
    points = points[[*_POINT, "shared"]].reset_index(drop=True)
    points["block"] = codes(points, ["replicate", "membrane", "plate"])
    return points.sort_values(["dose", "block", "response"], kind="stable").reset_index(drop=True)


def find_series(table: pd.DataFrame, group_by: Sequence[str] = ()) -> list[Series]:
    """Find the curves in a table: one for each family, stimulus, treatment and ``group_by`` cell with doses above zero.

    Parameters
    ----------
    table : DataFrame
        See `fit_dose_response`.
    group_by : sequence of str
        Further columns that part curves.

    Returns
    -------
    list of Series
        In the order of their keys.

    Raises
    ------
    TableError
        There is no response or dose, or a dose unit is unknown.
    """
    out = _prepared(table, group_by)
    lanes = usable(out) & out["response"].notna().to_numpy()
    vehicles = _vehicles(out, lanes)
    curve = lanes & ~vehicles & ~(out["role"].isin(["minimum", "maximum"])).to_numpy() & out["dose"].notna().to_numpy()
    keys = [*FAMILY, "stimulus", "treatment", *group_by]
    labels, percent = _Labels.of(out, group_by), out["percent_activity"].notna().to_numpy()
    number, found = codes(out, keys), []
    for code in np.unique(number[curve & (out["dose"] > 0).to_numpy()]):
        own = curve & (number == code)
        zero = _zero_lanes(labels, vehicles, own)
        # a stimulus without a maximum of its own has folds, beside the percent of the others
        zero &= percent == percent[np.flatnonzero(own)[0]]
        chosen = out[own | zero]
        first = out[own & (out["dose"] > 0).to_numpy()].iloc[0]
        points = _laid_out(chosen, pd.Series(zero[own | zero], index=chosen.index))
        named = {key: first[key] for key in keys}
        half, unit = _half_way(out, labels, lanes, own), _unit_of(out[own])
        found.append(Series(named, str(first["dose_unit"]), points, half, unit))
    return found


def points_of(series: Series) -> Points:
    """Bring a series into the form that is fitted."""
    points = series.points
    return Points(
        dose=points["dose"].to_numpy(dtype=np.float64),
        response=points["response"].to_numpy(dtype=np.float64),
        se=points["response_se"].to_numpy(dtype=np.float64),
        block=points["block"].to_numpy(dtype=np.int64),
        curve=np.zeros(len(points), dtype=np.int64),
    )
