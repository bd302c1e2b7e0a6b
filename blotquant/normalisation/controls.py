"""Which lanes mean 100 %, 0 % and fold = 1."""

from __future__ import annotations

from collections.abc import Hashable, Mapping

import numpy as np
import pandas as pd

from ..errors import TableError
from ..tables import nearest

__all__ = ["ACTIVE_ROLES", "assign_roles", "describe_condition", "matching_rows", "reference_rows"]

ACTIVE_ROLES = ("sample", "calibrator", "maximum", "minimum")
"""Roles of lanes that carry an answer; ladders, standards, empty and skipped lanes do not."""

_VEHICLE = frozenset({"vehicle", "veh", "dmso", "control", "ctrl", "mock", "untreated", "solvent"})
_UNSTIMULATED = frozenset({"none", "unstimulated", "no", "-", "0", "basal", "resting", "unstim"})


def matching_rows(table: pd.DataFrame, control: Mapping[str, object], name: str) -> np.ndarray:
    """Boolean mask of the rows that a control names.

    Raises
    ------
    TableError
        A column is unknown, or no row has the values; the nearest one is named.
    """
    mask = np.ones(len(table), dtype=bool)
    for column, value in control.items():
        if column not in table.columns:
            raise TableError(f"control {name} names column {column!r}{nearest(column, list(table.columns))}")
        if pd.api.types.is_numeric_dtype(table[column]):
            mask &= table[column].to_numpy(float) == float(str(value))
        else:
            mask &= (table[column].astype(str) == str(value)).to_numpy()
        if not mask.any():
            known = sorted(set(table[column].astype(str)))
            raise TableError(f"control {name} matches nothing: {column} = {str(value)!r}{nearest(str(value), known)}")
    return mask


def _inferred(table: pd.DataFrame) -> tuple[np.ndarray, np.ndarray]:
    """Maximum and minimum controls by their usual names: vehicle with a stimulus, and anything without one."""
    treatment = table["treatment"].str.strip().str.lower()
    stimulus = table["stimulus"].str.strip().str.lower()
    vehicle = treatment.isin(_VEHICLE) | treatment.eq("")
    resting = stimulus.isin(_UNSTIMULATED)
    minimum = (resting & vehicle).to_numpy() & bool((~resting & stimulus.ne("")).any())
    return vehicle.to_numpy() & ~minimum, minimum


def assign_roles(
    ratios: pd.DataFrame, *, maximum: Mapping[str, object] | None, minimum: Mapping[str, object] | None
) -> pd.DataFrame:
    """Return the ratios with the roles ``maximum`` and ``minimum`` filled in.

    A named control wins; else the lanes' own roles; else the usual names.
    """
    table = ratios.reset_index(drop=True).copy()
    role = table["role"].astype(object).where(table["role"].astype(str) != "", "sample")
    guessed = dict(zip(("maximum", "minimum"), _inferred(table), strict=True))
    said_nothing = not role.isin(["maximum", "minimum"]).any() and maximum is None and minimum is None
    for name, control in (("minimum", minimum), ("maximum", maximum)):
        if control is not None:
            chosen = matching_rows(table, control, name)
            role[(role == name) & ~chosen] = "sample"
        elif said_nothing:
            chosen = guessed[name]
        else:
            continue
        role[chosen & role.isin(["sample", "maximum", "minimum"]).to_numpy()] = name
    return table.assign(role=role)


def reference_rows(table: pd.DataFrame, reference: Mapping[str, object] | None) -> tuple[pd.Series, np.ndarray]:
    """Name of the reference condition (one text for all rows) and the mask of its rows."""
    mask = (
        matching_rows(table, reference, "reference")
        if reference is not None
        else (table["role"] == "maximum").to_numpy()
    )
    mask = mask & table["role"].isin(ACTIVE_ROLES).to_numpy()
    names = sorted({describe_condition(row) for row in table[mask].to_dict("records")})
    return pd.Series(" or ".join(names), index=table.index, dtype=object), mask


def describe_condition(row: Mapping[Hashable, object]) -> str:
    """Write a lane's condition: stimulus + treatment with its dose."""
    treatment, stimulus = str(row["treatment"]), str(row["stimulus"])
    dose = row["dose"]
    if isinstance(dose, float) and np.isfinite(dose) and dose > 0:
        treatment += f" {dose:g} {row['dose_unit']}".rstrip()
    return " + ".join(part for part in (stimulus, treatment) if part)
