"""Lanes that hold a sample and have no value all the same: which, and why."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pandas as pd

from ..conditions import complete, valued
from ..figures.names import SERIES, main_first, plain, quantity_name
from ..flags import Flag, decode, has_flag
from .source import ReportSource
from .wording import counted, flag_text, joined
from .worries import bands_behind

__all__ = ["bands_used", "lost_text", "without_value"]

_MOST = 6  # membranes are named
_NO_RATIO = Flag.SATURATED | Flag.NOT_PROPORTIONAL | Flag.LOADING_BELOW_LOQ
_NO_FOLD = Flag.REFERENCE_SATURATED | Flag.REFERENCE_MISSING | Flag.REFERENCE_BELOW_LOQ


def _why(row: pd.Series[Any]) -> str:
    told = _NO_RATIO if math.isnan(row["ratio"]) else _NO_FOLD
    names = [flag_text(str(flag.name)) for flag in Flag if flag & told & decode(str(row["flags"]))]
    return joined(names) or ("no ratio" if math.isnan(row["ratio"]) else "no reference")


def _table(result: ReportSource) -> pd.DataFrame:
    return result.folds if len(result.folds) else result.ratios


def _lanes(result: ReportSource) -> pd.DataFrame:
    """Lanes of samples and controls, one row a quantity, with the ``value`` that groups and curves are made of."""
    return valued(complete(_table(result) if len(result.images) else _table(result).iloc[:0], "folds"))


def without_value(result: ReportSource) -> pd.DataFrame:
    """List the lanes that groups and curves lack though nobody left them out, with ``why``; one row a quantity."""
    lanes = _lanes(result)
    lost = main_first(lanes[lanes["value"].isna()])
    return lost.assign(why=[_why(row) for _, row in lost.iterrows()])


def _of_membrane(membrane: object, rows: pd.DataFrame) -> str:
    parts = [f"{counted(len(same), 'lane')} ({plain(why)})" for why, same in rows.groupby("why", sort=False)]
    return f"{plain(membrane)}: {joined(parts)}"


def lost_text(result: ReportSource) -> str:
    """Name these lanes membrane by membrane with the reason, quantity by quantity where there are several."""
    found: dict[str, list[str]] = {}
    for _, rows in without_value(result).groupby(SERIES, sort=False):
        parts = [_of_membrane(membrane, own) for membrane, own in rows.groupby("membrane", sort=False)]
        more = [f"{len(parts) - _MOST} more membranes"] if len(parts) > _MOST else []
        name = quantity_name(*(rows[name].iloc[0] for name in SERIES))
        found.setdefault("; ".join(parts[:_MOST] + more), []).append(name)
    several = len(result.ratios[SERIES].drop_duplicates()) > 1
    return "; ".join(f"{joined(names)} – {text}" if several else text for text, names in found.items())


def bands_used(result: ReportSource) -> pd.DataFrame:
    """Return the bands behind the results, without those of lanes that were left out or have no value at all."""
    bands, table = bands_behind(result), _table(result)
    lanes = _lanes(result)
    if not len(lanes):
        return bands
    has_value = lanes["value"].notna()
    gone = pd.concat([lanes[~has_value], table[has_flag(table["flags"], Flag.EXCLUDED)]])
    kept_lanes = lanes[has_value]
    out = _places(gone["membrane"], gone["lane"]) - _places(kept_lanes["membrane"], kept_lanes["lane"])
    membranes = bands["image"].map(dict(zip(result.images["image"], result.images["membrane"], strict=True)))
    kept = [place not in out for place in zip(membranes, bands["lane"], strict=True)]
    return bands[np.array(kept, dtype=bool)]


def _places(membranes: pd.Series[str], lanes: pd.Series[int]) -> set[tuple[str, int]]:
    return set(zip(membranes, lanes, strict=True))
