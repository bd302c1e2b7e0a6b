"""Folds relative to the reference of the block, and percent activity between the block's two controls."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd

from .. import tables
from ..conditions import (
    FAMILY,
    Codes,
    Condition,
    Mask,
    check_group_by,
    codes,
    complete,
    control,
    label,
    maximum_control,
    minimum_control,
    stimulus_of,
    usable,
)
from ..errors import SettingsError, TableError
from ..flags import Flag, add_flag
from ..least_squares import Vector
from ..tables import nearest
from .references import Reference, find_reference
from .scaling import ACROSS, scales_of
from .window import lysate_codes, without_window

__all__ = ["normalise"]

_BLOCKS: dict[str, list[list[str]]] = {
    "block": [["replicate", "membrane"], ["replicate"]],
    "membrane": [["membrane"]],
}


def _quotient(table: pd.DataFrame, values: Vector, own: Reference) -> tuple[Vector, Vector]:
    """Divide by the reference; the standard error minds that a reference lane is part of its own mean."""
    se = table["ratio_se"].to_numpy()
    with np.errstate(divide="ignore", invalid="ignore"):
        fold = values / own.mean
        shared = np.where(own.among, 2.0 * fold / own.count * se**2, 0.0)
        spread = se**2 - shared + (fold * own.se) ** 2
        return fold, np.sqrt(np.maximum(spread, 0.0)) / np.abs(own.mean)


def _activity(table: pd.DataFrame, values: Vector, top: Reference, floor: Reference) -> tuple[Vector, Vector, Vector]:
    """Percent activity, its standard error with the controls', and that of the lane alone [%]."""
    se = table["ratio_se"].to_numpy()
    none = ~floor.expected
    low, low_se = np.where(none, 0.0, floor.mean), np.where(none, 0.0, floor.se)
    with np.errstate(divide="ignore", invalid="ignore"):
        window = top.mean - low
        share = (values - low) / window
        cross = np.where(top.among, -2.0 * share / top.count, 0.0)
        cross = cross - np.where(floor.among & ~none, 2.0 * (1.0 - share) / floor.count, 0.0)
        spread = se**2 * (1.0 + cross) + (share * top.se) ** 2 + ((1.0 - share) * low_se) ** 2
        size = np.abs(window)
        return 100.0 * share, 100.0 * np.sqrt(np.maximum(spread, 0.0)) / size, 100.0 * se / size


def _told(table: pd.DataFrame, wide: Mask, floor: Mask) -> Mask:
    """Lanes of a guessed maximum that something is held against, beside a named reference.

    Where a stimulus has no lanes but its vehicle's, as in a time course without a drug, they are samples.
    """
    if (usable(table) & (table["role"] == "maximum")).any():
        return wide
    stimulus = stimulus_of(table)
    others = usable(table) & ~wide & ~floor
    return wide & stimulus.isin(set(stimulus[others])).to_numpy(dtype=bool)


def _controls(
    table: pd.DataFrame, maximum: Condition | None, minimum: Condition | None, reference: Condition | None
) -> tuple[Mask, Mask, Mask]:
    """Lanes of the maximum, minimum and reference; the reference is the maximum unless it is named."""
    floor = minimum_control(table, minimum)
    wide = maximum_control(table, maximum)
    top = wide & ~floor
    if np.any(wide) and not np.any(top):
        name = label(table[wide].iloc[0].to_dict())
        raise TableError(f"controls: {name!r} is both maximum and minimum; tell them apart, for example by stimulus")
    if not reference:
        return top, floor, top
    base = control(table, reference, "reference")
    return top if maximum else _told(table, top, floor), floor, base


def _mark_roles(table: pd.DataFrame, top: Mask, floor: Mask) -> pd.DataFrame:
    """Write down which lanes served as controls, so that later stages need not ask again."""
    role = table["role"].mask(top, "maximum").mask(floor, "minimum")
    stale = role.isin(["maximum", "minimum"]).to_numpy() & ~(top | floor)
    return table.assign(role=role.mask(stale, "sample"))


def normalise(
    ratios: pd.DataFrame,
    *,
    maximum: Condition | None = None,
    minimum: Condition | None = None,
    reference: Condition | None = None,
    group_by: Sequence[str] = (),
    within: str = "block",
    across: str = "reference",
    use_below_loq: bool = False,
) -> pd.DataFrame:
    """Relate each ratio to the controls of its block.

    fold = ratio / mean(reference lanes); percent activity = 100 · (ratio − minimum) / (maximum − minimum), not
    clipped. The block is the biological replicate on its membrane. A control counts for the lanes of its stimulus and
    of its ``group_by`` cell. Where a cell has none, folds are against that which shares most of the columns, the first
    of them before others; where a stimulus has none, against the common one: both flagged
    ``reference_unlike`` unless the reference was named with that column; a stimulus without a maximum of its own has no
    percent activity, and neither has one whose controls are not told apart (``no_window``). Assumes that lanes of one
    membrane share one scale.

    Parameters
    ----------
    ratios : DataFrame
        Ratios table; ladder, empty, skipped, standard and excluded lanes stay in it without folds; not changed.
    maximum, minimum, reference : mapping, optional
        Column → value of the 100 % control, the 0 % control and of the condition whose fold is 1. Left out: roles and
        usual names (vehicle, DMSO …; unstimulated), and the reference is the maximum. Beside a named reference no
        maximum is guessed for a stimulus that has no other lanes. Without a minimum the zero of the ratio is 0 %.
    group_by : sequence of str
        Further columns that part the study (``time_min``).
    within : {"block", "membrane"}
        Where the controls must lie.
    across : {"reference", "alignment", "calibrator", "sum", "fixed", "none"}
        How membranes come to one scale: by each block's own reference; by all shared conditions (additive log model);
        by calibrator lanes; by the sum over shared conditions; by the reference lanes of each membrane; not at all.
        With any but the first, the controls are averaged over all blocks.
    use_below_loq : bool
        Divide by a reference below its limit of quantification all the same.

    Returns
    -------
    DataFrame
        Folds table; ``role`` says which lanes served as controls. No folds where there is no reference. ``response`` is
        percent activity, or the fold for a stimulus without a maximum or where no percent activity is known; it is the
        ratio only where no reference was loaded at all.

    Raises
    ------
    TableError
        A named control matches nothing, or membranes cannot be aligned.
    SettingsError
        An option is unknown.

    References
    ----------
    Degasperi et al. 2014, PLoS ONE 9:e87293, doi 10.1371/journal.pone.0087293.
    """
    if within not in _BLOCKS:
        raise SettingsError(f"within = {within!r} is not known{nearest(within, list(_BLOCKS))}")
    if across not in ACROSS:
        raise SettingsError(f"across = {across!r} is not known{nearest(across, list(ACROSS))}")
    table = complete(ratios, "ratios")
    check_group_by(table, group_by)
    top, floor, base = _controls(table, maximum, minimum, reference)
    table = _mark_roles(table, top, floor)
    scale = scales_of(table, base, across, group_by)
    table = table.assign(**{name: table[name] / scale for name in ("ratio", "ratio_se", "ratio_loq")})
    blocks = _BLOCKS[within] if across == "reference" else [[]]
    values = np.where(usable(table), table["ratio"].to_numpy(), np.nan)
    same = np.array_equal(top, base)  # then what is named for the reference is named for the maximum
    wanted = {**(maximum or {}), **(reference or {})} if same else maximum
    lysate = lysate_codes(table, group_by)
    found, lysates = zip(
        *(
            _found(table, values, mask, lysate, named, group_by, blocks)
            for mask, named in ((top, wanted), (floor, minimum), (base, reference or maximum))
        ),
        strict=True,
    )
    closed = without_window(table, values, found[0], found[1], lysates[:2], group_by)
    for_all = "stimulus" in (reference or {})
    told = (for_all and same, for_all)
    out = _with_folds(table, values, found, closed, base, told, use_below_loq)
    out[["ratio", "ratio_se", "ratio_loq"]] = complete(ratios, "ratios")[["ratio", "ratio_se", "ratio_loq"]]
    return tables.check(out, "folds")


def _found(
    table: pd.DataFrame,
    values: Vector,
    mask: Mask,
    lysate: Codes,
    named: Condition | None,
    group_by: Sequence[str],
    blocks: Sequence[Sequence[str]],
) -> tuple[Reference, Vector]:
    """Mean of the control lanes of each row, and how many lysates are behind it."""
    one = find_reference(table, values, mask, named=named, group_by=group_by, blocks=blocks)
    there = np.isfinite(values)
    lanes = np.bincount(lysate[there], minlength=len(table))[lysate]
    if lanes.max(initial=0) < 2:
        return one, one.count
    share = np.where(there, 1.0 / np.maximum(lanes, 1), np.nan)
    of_lane = find_reference(table, share, mask, named=named, group_by=group_by, blocks=blocks)
    return one, one.count * of_lane.mean


def _said(
    flags: pd.Series[str], table: pd.DataFrame, top: Reference, own: Reference, told: tuple[bool, bool]
) -> pd.Series[str]:
    """Flag the lanes whose reference or maximum has no number, or lies elsewhere, or is not of their kind.

    One that was named with its stimulus (``told``: the maximum, the reference) is meant for all of them.
    """
    lanes, family = usable(table), codes(table, FAMILY)
    lost, full = np.zeros((2, len(table)), dtype=bool)
    stimulated = (stimulus_of(table) != "").to_numpy(dtype=bool)
    unlike = top.other_cell | own.other_cell
    for one, for_all in zip((top, own), told, strict=True):
        # beside the controls of several stimuli an unstimulated lane is held against none of them
        gone = np.isin(family, family[one.expected]) & ~np.isfinite(one.mean) & (stimulated | one.expected)
        lost, full = lost | (gone & ~one.saturated), full | (gone & one.saturated)
        unlike = unlike | (one.other_stimulus & (not for_all))
    for where, flag in (
        (full, Flag.REFERENCE_SATURATED),
        (lost, Flag.REFERENCE_MISSING),
        (own.elsewhere | top.elsewhere, Flag.REFERENCE_ELSEWHERE),
        (unlike & own.expected, Flag.REFERENCE_UNLIKE),
    ):
        flags = add_flag(flags, lanes & where, flag)
    return flags


def _with_folds(
    table: pd.DataFrame,
    values: Vector,
    found: Sequence[Reference],
    closed: Mask,
    base: Mask,
    told: tuple[bool, bool],
    use_below_loq: bool,
) -> pd.DataFrame:
    top, floor, own = found
    fold, fold_se = _quotient(table, values, own)
    activity, activity_se, lane_se = _activity(table, values, top, floor)
    weak = [(one.mean <= 0) | ((one.mean < one.loq) & (not use_below_loq)) for one in (own, top)]
    fold, fold_se = (np.where(weak[0], np.nan, column) for column in (fold, fold_se))
    bad = weak[1] | closed | top.other_stimulus  # 100 % is the full activity of the lane's own stimulus
    activity, activity_se, lane_se = (np.where(bad, np.nan, column) for column in (activity, activity_se, lane_se))
    lanes = usable(table)
    flags = add_flag(table["flags"], lanes & (weak[0] | weak[1]), Flag.REFERENCE_BELOW_LOQ)
    flags = add_flag(flags, lanes & closed, Flag.NO_WINDOW)
    known = np.isfinite(activity) & np.isfinite(floor.mean)
    with np.errstate(divide="ignore", invalid="ignore"):
        floor_se = 100.0 * floor.se / np.abs(top.mean - floor.mean)
    out = table.assign(
        flags=_said(flags, table, top, own, told),
        reference=own.names,
        is_reference=base,
        fold=fold,
        fold_se=fold_se,
        percent_activity=activity,
        percent_activity_se=activity_se,
        percent_inhibition=100.0 - activity,
        minimum=np.where(known, floor.mean, np.nan),
        minimum_se=np.where(known, floor_se, np.nan),
        minimum_n=np.where(known, floor.count, 0).astype(np.int64),
    )
    alone = stimulus_of(table).where(top.other_stimulus | ~top.expected, "")
    return _with_response(out, lane_se, own, codes(table.assign(stimulus=alone), [*FAMILY, "stimulus"]))


def _with_response(table: pd.DataFrame, lane_se: Vector, own: Reference, part: Codes) -> pd.DataFrame:
    """Choose part by part what a curve is fitted to: percent activity, else fold; without any reference, the ratio.

    A part is a family, or a stimulus of it that has no maximum of its own. Where the reference of a family is lost,
    its ratios are no substitute: they are not on one scale between membranes.
    """
    response = np.full(len(table), np.nan)
    error = np.full(len(table), np.nan)
    with np.errstate(divide="ignore", invalid="ignore"):
        fold_error = table["ratio_se"].to_numpy() / np.abs(own.mean)
    family = codes(table, FAMILY)
    free = usable(table) & ~np.isin(family, family[own.expected])
    choices = (
        (table["percent_activity"].to_numpy(), lane_se),
        (table["fold"].to_numpy(), fold_error),
        (np.where(free, table["ratio"].to_numpy(), np.nan), table["ratio_se"].to_numpy()),
    )
    for code in np.unique(part):
        rows = part == code
        for value, spread in choices:
            if np.any(np.isfinite(value[rows])):
                response[rows], error[rows] = value[rows], np.where(np.isfinite(value), spread, np.nan)[rows]
                break
    return table.assign(response=response, response_se=error)
