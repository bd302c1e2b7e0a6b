"""From lanes to one logarithm for each replicate of each group."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from ..conditions import (
    DOSE,
    FAMILY,
    TOTALS,
    Codes,
    Mask,
    average_repeats,
    check_group_by,
    codes,
    complete,
    label,
    maximum_control,
    stimulus_of,
    usable,
)
from ..flags import Flag, has_flag
from ..least_squares import Vector
from ..scales import align, islands

__all__ = ["CALIBRATOR", "Family", "Group", "families", "has_base", "of_stimuli"]

CALIBRATOR = "calibrator"
"""Role of lanes that are never compared, but tell the scale of their membrane."""


@dataclass(frozen=True)
class Group:
    """One condition: its place in the tests table, and what it is called."""

    keys: dict[str, Any]
    name: str
    role: str
    is_reference: bool


@dataclass(frozen=True)
class Family:
    """Values that are compared with one another.

    Parameters
    ----------
    keys : dict
        ``target, site, quantity`` and the ``group_by`` columns.
    groups : tuple of Group
        Conditions, reference first.
    group, replicate, block : ndarray of shape (N,) of int
        Codes of each value's group, biological replicate (calibrators are one) and block: what a replicate has on one
        scale.
    scale : ndarray of shape (N,) of int
        Codes of what reads in the same units: a membrane, or several that lysates of one replicate bring to one scale.
    ln_value : ndarray of shape (N,)
        Logarithm of the value; of its limit where censored.
    censored : ndarray of shape (N,) of bool
        Below the limit of quantification.
    notes : tuple of str
        What to know of all tests of the family.
    """

    keys: dict[str, Any]
    groups: tuple[Group, ...]
    group: Codes
    replicate: Codes
    block: Codes
    scale: Codes
    ln_value: Vector
    censored: Mask
    notes: tuple[str, ...]

    @property
    def what(self) -> str:
        """Word for a value of the family: a phospho or total form by itself is no ratio."""
        return "signal" if self.keys.get("quantity") in ("P", "S") else "ratio"

    def take(self, chosen: Sequence[int], rows: Mask | None = None) -> Family:
        """Return the family of some of its groups, in the order given, and of some of its values."""
        rows = np.isin(self.group, chosen) & (True if rows is None else rows)
        place = {code: index for index, code in enumerate(chosen)}
        replicate, block, scale = (
            np.unique(code[rows], return_inverse=True)[1] for code in (self.replicate, self.block, self.scale)
        )
        return Family(
            self.keys,
            tuple(self.groups[code] for code in chosen),
            np.array([place[int(code)] for code in self.group[rows]], dtype=np.int64),
            replicate,
            block,
            scale,
            self.ln_value[rows],
            self.censored[rows],
            self.notes,
        )

    def count(self, code: int) -> int:
        """Biological replicates of a group."""
        return int(np.sum(self.group == code))


def _floor(lanes: pd.DataFrame) -> pd.DataFrame:
    """Give values without a logarithm and without a known limit the family's smallest positive value as limit."""
    positive = lanes.loc[lanes["ratio"] > 0, "ratio"]
    least = float(positive.min()) if len(positive) else np.nan
    unknown = ~(lanes["ratio_loq"] > 0)
    return lanes.assign(ratio_loq=lanes["ratio_loq"].mask(unknown & (lanes["ratio"] <= 0), least))


def _seen(lanes: pd.DataFrame) -> pd.Series[bool]:
    return (lanes["ratio"] > 0) & ~(lanes["ratio"] < lanes["ratio_loq"])


def _one_scale(lanes: pd.DataFrame, conditions: list[str]) -> pd.DataFrame:
    """Bring membranes that hold the same lysates of a replicate to one scale, and name what reads in its units: a part.

    A part is called by its first membrane. Calibrators move no membrane here, as they would take their errors to all
    its lanes unseen; they go with their membrane, and the model takes them as values of it.
    """
    seen = lanes[~lanes["is_calibrator"] & _seen(lanes)]
    what = codes(seen, [*conditions, "replicate"]).astype(str)
    factor = dict.fromkeys(lanes["membrane"], 1.0)
    part = {name: name for name in factor}
    for names in islands(list(what), list(seen["membrane"])):
        if len(names) < 2:
            continue
        own = seen["membrane"].isin(names)
        found = align(seen.loc[own, "ratio"].to_numpy(), list(what[own]), list(seen.loc[own, "membrane"]))
        factor.update(zip(found.membranes, np.exp(found.ln_scale).tolist(), strict=True))
        part.update(dict.fromkeys(names, names[0]))
    lanes = lanes.assign(part=lanes["membrane"].map(part))
    lanes[["ratio", "ratio_loq"]] = lanes[["ratio", "ratio_loq"]].div(lanes["membrane"].map(factor), axis=0)
    return lanes.assign(on_scale=lanes["on_scale"].where(lanes["on_scale"] == "", lanes["part"]))


def _unlinked(lanes: pd.DataFrame, conditions: list[str]) -> list[str]:
    """Note replicates on several parts that no calibrator lysate links."""
    notes = []
    for replicate, own in lanes[~lanes["is_calibrator"]].groupby("replicate", sort=True):
        parts = set(own["part"])
        pool = lanes[lanes["is_calibrator"] & lanes["part"].isin(parts)]
        linked = islands(list(codes(pool, conditions).astype(str)), list(pool["part"]))
        if len(parts) > 1 and linked != [sorted(parts)]:
            notes.append(
                f"the membranes of replicate {replicate} share no condition: each is a block; load one lysate on all"
            )
    return notes


def _notes(lanes: pd.DataFrame, lost: int) -> list[str]:
    notes = []
    if has_flag(lanes["flags"], Flag.REPLICATE_ASSUMED).any():
        notes.append(
            "replicates were not named: each membrane is taken as one; fill in column replicate of samples.csv"
        )
    if lost:
        notes.append(f"{lost} lanes without a value left out; their flags say why")
    return notes


def _with_calibrators(lanes: pd.DataFrame, pool: pd.DataFrame, keys: dict[str, Any]) -> pd.DataFrame:
    """Add the calibrators of a family, one lysate on all membranes: never compared, but it tells their scales."""
    lanes = lanes.assign(is_calibrator=False)
    own = pool[(pool[FAMILY] == [keys[name] for name in FAMILY]).all(axis=1)]
    own = own[_seen(own)]
    if own.empty:
        return lanes
    further = {name: value for name, value in keys.items() if name not in FAMILY}
    own = own.assign(is_calibrator=True, replicate="", **further)
    return pd.concat([lanes, own], ignore_index=True)


def _family(lanes: pd.DataFrame, pool: pd.DataFrame, keys: dict[str, Any], group_by: Sequence[str]) -> Family | None:
    conditions = [*DOSE, *group_by, "is_calibrator"]
    there = _floor(lanes[lanes["ratio"].notna()])
    there = there[(there["ratio"] > 0) | (there["ratio_loq"] > 0)]
    if there.empty:
        return None
    scaled = _one_scale(_with_calibrators(there, pool, keys), conditions)
    repeats = [*conditions, "replicate", "part"]
    means = average_repeats(scaled, repeats, ["ratio"])
    limits = average_repeats(scaled.assign(ratio_loq=scaled["ratio_loq"].fillna(0.0)), repeats, ["ratio_loq"])
    means["ratio_loq"] = limits["ratio_loq"]
    means["is_reference"] = means.groupby(conditions, dropna=False)["is_reference"].transform("any").astype(bool)
    means["behind"] = ~means["is_reference"]
    order = ["stimulus", "behind", "treatment", "dose", "dose_unit", *group_by, "is_calibrator"]
    first = means.assign(code=codes(means, order)).drop_duplicates("code").sort_values("code")
    groups = tuple(
        Group({name: row[name] for name in DOSE}, label(row), str(row["role"]), bool(row["is_reference"]))
        for row in first.to_dict("records")
    )
    value, limit = means["ratio"].to_numpy(dtype=np.float64), means["ratio_loq"].to_numpy(dtype=np.float64)
    censored = (value < limit) | (value <= 0)
    return Family(
        keys=keys,
        groups=groups,
        group=codes(means, order),
        replicate=codes(means, ["is_calibrator", "replicate"]),
        block=codes(means, ["is_calibrator", "replicate", "part"]),
        scale=np.unique(means["on_scale"].to_numpy(dtype=str), return_inverse=True)[1],
        ln_value=np.log(np.where(censored, limit, value)),
        censored=censored,
        notes=(*_unlinked(scaled, conditions), *_notes(lanes, len(lanes) - len(there))),
    )


def _lanes(folds: pd.DataFrame, group_by: Sequence[str]) -> pd.DataFrame:
    table = complete(folds, "folds")
    check_group_by(table, group_by)
    table["on_scale"] = table["membrane"]
    if table["ratio"].isna().all():  # a table of folds alone: what they were divided by brought them to one scale
        table["ratio"], table["on_scale"] = table["fold"], ""
    if "is_reference" not in folds:
        table["is_reference"] = maximum_control(table)
    pool = (table["role"] == CALIBRATOR) & ~has_flag(table["flags"], Flag.EXCLUDED)
    return table[usable(table) | pool.to_numpy(dtype=bool)]


def _totals(lanes: pd.DataFrame) -> pd.DataFrame:
    """List the total form itself as quantity S, where it was measured and is not there as S or S/L already.

    A saturated total, which leaves a ratio no lower side, has no value either, unless saturated bands are used.
    """
    own = lanes[(lanes["quantity"] == "P/S") & lanes["total"].notna()]
    known = set(lanes.loc[lanes["quantity"].isin(TOTALS), "target"])
    own = own[~own["target"].isin(known)]
    full = has_flag(own["flags"], Flag.SATURATED) & own["bound"].isin(["upper", "unknown"]) & own["ratio"].isna()
    value = own["total"].mask(full)
    out = own.assign(quantity="S", site="", ratio=value, ratio_loq=0.0, on_scale=own["membrane"])
    return out.drop_duplicates(
        [*out.columns.intersection(["membrane", "lane", "target", *DOSE, "replicate", "technical"])]
    )


def families(folds: pd.DataFrame, group_by: Sequence[str] = ()) -> list[Family]:
    """Part the lanes into families: target × site × quantity × ``group_by``, and the total form beside.

    Parameters
    ----------
    folds : DataFrame
        Folds (or ratios) table.
    group_by : sequence of str
        Further columns that part the study.

    Returns
    -------
    list of Family
        Logarithms averaged over repeats of a replicate; values below LOQ marked as censored there.

    Raises
    ------
    TableError
        A column of ``group_by`` does not exist.
    """
    lanes = _lanes(folds, group_by)
    found = []
    for table in (lanes, _totals(lanes)):
        pooled = table["role"] == CALIBRATOR
        for values, rows in table[~pooled].groupby([*FAMILY, *group_by], dropna=False, sort=True):
            keys = dict(zip([*FAMILY, *group_by], values, strict=True))
            family = _family(rows, table[pooled], keys, group_by)
            if family is not None:
                found.append(family)
    return found


def has_base(first: Group) -> bool:
    """Tell whether the first group of a stimulus is what the others are compared with: reference or maximum control."""
    return first.is_reference or first.role == "maximum"


def of_stimuli(family: Family) -> list[list[int]]:
    """List the groups of each stimulus, without minimum controls and calibrators, where there are two or more.

    First stands what the others are compared with: the reference; where that has another stimulus (unstimulated
    cells), the maximum control, which is the vehicle of the stimulus; where there is none, the reference all the same.
    """
    named = stimulus_of(pd.DataFrame([group.keys for group in family.groups]))
    found: dict[str, list[int]] = {}
    for code, (stimulus, group) in enumerate(zip(named, family.groups, strict=True)):
        if group.role not in ("minimum", CALIBRATOR) or group.is_reference:
            found.setdefault(stimulus, []).append(code)
    reference = [code for code, group in enumerate(family.groups) if group.is_reference]
    for stimulus, own in found.items():
        if len(reference) == 1 and not any(has_base(family.groups[code]) for code in own):
            found[stimulus] = [*reference, *own]
    return [_base_first(family, own) for own in found.values() if len(own) > 1]


def _base_first(family: Family, codes: list[int]) -> list[int]:
    groups = [family.groups[code] for code in codes]
    for chosen in ([group.is_reference for group in groups], [group.role == "maximum" for group in groups]):
        if any(chosen):
            base = codes[chosen.index(True)]
            return [base, *(code for code in codes if code != base)]
    return codes
