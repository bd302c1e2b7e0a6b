"""What to worry about: every flag in plain words, worst first, with where it stands."""

from __future__ import annotations

from dataclasses import dataclass

import pandas as pd

from ..figures.names import plain
from ..flags import EXPLANATIONS, SEVERITY, Flag, has_flag
from .source import ReportSource
from .wording import counted, flag_text, joined

__all__ = ["Worry", "general_warnings", "worries"]

_ORDER = {"wrong": 0, "doubt": 1, "note": 2}
_LEVELS = {"wrong": "number is off", "doubt": "number may be off", "note": "good to know"}


@dataclass(frozen=True)
class Worry:
    """One flag: how much it weighs, what it means, where it stands."""

    name: str
    level: str
    weight: str
    meaning: str
    where: str


def _whole_images(bands: pd.DataFrame, flag: Flag) -> list[str]:
    """Images whose every band carries the flag: the picture as a whole is meant."""
    every = has_flag(bands["flags"], flag).groupby(bands["image"], sort=False).all()
    several = bands.groupby("image", sort=False).size() > 1
    return [str(image) for image in every.index[every & several]]


def _where_bands(result: ReportSource, flag: Flag) -> list[str]:
    bands = result.bands
    whole = _whole_images(bands, flag) if len(bands) else []
    found = [f"whole picture: {joined([plain(image) for image in whole])}"] if whole else []
    rest = bands[~bands["image"].isin(whole)]
    hit = rest[has_flag(rest["flags"], flag)]
    if len(hit):
        places = [f"{plain(row.image)} lane {row.lane} row {row.band}" for row in hit.head(5).itertuples()]
        found.append(f"{counted(len(hit), 'band')}: {joined(places + [''] * (len(hit) - len(places)), 5)}")
    return found


def _where_rows(table: pd.DataFrame, flag: Flag, noun: str) -> list[str]:
    count = int(has_flag(table["flags"], flag).sum())
    return [f"{counted(count, noun)} of {len(table)}"] if count else []


def _where(result: ReportSource, flag: Flag) -> list[str]:
    found = _where_bands(result, flag)
    found += _where_rows(result.lanes, flag, "lane of an image") if not found else []
    ratios = result.folds if len(result.folds) else result.ratios
    found += _where_rows(ratios, flag, "ratio")
    return found + _where_rows(result.groups, flag, "group")


def worries(result: ReportSource) -> list[Worry]:
    """List the flags of a result, worst first."""
    found = []
    for flag in sorted(Flag, key=lambda flag: (_ORDER[SEVERITY[flag]], flag)):
        places = _where(result, flag)
        if places:
            name = flag_text(str(flag.name))
            weight = SEVERITY[flag]
            found.append(Worry(name, weight, _LEVELS[weight], EXPLANATIONS[flag], "; ".join(places)))
    return found


def general_warnings(result: ReportSource) -> list[str]:
    """List each warning of the run once, then what failed, then remarks on whole images."""
    said = [plain(text) for text in result.record.get("warnings", [])]
    said += [f"Failed: {plain(text)}" for text in result.record.get("failures", [])]
    quality = result.quality
    remarks = quality[(quality["scope"] == "image") & (quality["note"] != "")]
    for note, rows in remarks.groupby("note", sort=False):
        said.append(f"{plain(note)} ({joined([plain(name) for name in dict.fromkeys(rows['name'])], 4)})")
    return list(dict.fromkeys(said))
