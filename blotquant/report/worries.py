"""What to worry about: every flag in plain words, worst first, with where it stands."""

from __future__ import annotations

import math
from dataclasses import dataclass

import pandas as pd

from ..conditions import TOTALS
from ..figures.names import main_first, plain
from ..flags import EXPLANATIONS, SEVERITY, Flag, decode, has_flag, merge
from ..roles import UNUSED_ROLES
from ..tables import MEASURES, cell_text, further_columns, kinds_of_tests, target_note
from .leading import p_of, significant
from .source import ReportSource
from .wording import counted, fitted_text, flag_text, joined, p_text

__all__ = ["PLACING", "Worry", "bands_behind", "general_warnings", "placing_notes", "worries"]

PLACING = tuple(name for name, measure in MEASURES.items() if measure.shown == "pictures")
"""Remarks on where things were found; they stand beside the pictures."""

_MOST_IMAGES, _MOST_BANDS = 4, 12  # are named beside a flag
_REMARKABLE = [name for name, measure in MEASURES.items() if measure.shown == "warnings"]

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


def _outside(rows: pd.DataFrame, result: ReportSource, left_out: pd.DataFrame) -> pd.DataFrame:
    """Leave out rows of images that lie in some lanes of the sheet."""
    places = set(zip(left_out["membrane"], left_out["lane"].astype(int), strict=True))
    membranes = rows["image"].map(dict(zip(result.images["image"], result.images["membrane"], strict=True)))
    return rows[[place not in places for place in zip(membranes, rows["lane"], strict=True)]]


def bands_behind(result: ReportSource) -> pd.DataFrame:
    """Return the bands that the results rest on: the targets' in lanes with a sample, all where no target is named."""
    bands = result.bands
    if not (bands["target"] != "").any():
        return bands
    bands = bands[bands["target"] != ""]
    samples = result.samples
    if "role" not in samples or not len(result.images):
        return bands
    return _outside(bands, result, samples[samples["role"].isin(UNUSED_ROLES)])


def _whole_images(bands: pd.DataFrame, flag: Flag) -> list[str]:
    """Images whose every band carries the flag: the picture as a whole is meant."""
    every = has_flag(bands["flags"], flag).groupby(bands["image"], sort=False).all()
    several = bands.groupby("image", sort=False).size() > 1
    return [str(image) for image in every.index[every & several]]


def _places(bands: pd.DataFrame) -> str:
    """Name bands of one image, lane by lane; many are counted."""
    if len(bands) > _MOST_BANDS:
        return counted(len(bands), "band")
    lanes = [
        (lane, f"row{'s' * (len(rows) > 1)} {joined([plain(band) for band in rows['band']], _MOST_BANDS)}")
        for lane, rows in bands.groupby("lane")
    ]
    return joined([f"lane {lane} {rows}" for lane, rows in lanes], _MOST_BANDS)


def _where_bands(bands: pd.DataFrame, flag: Flag) -> list[str]:
    whole = _whole_images(bands, flag) if len(bands) else []
    found = [f"whole picture: {joined([plain(image) for image in whole])}"] if whole else []
    rest = bands[~bands["image"].isin(whole)]
    hit = rest[has_flag(rest["flags"], flag)]
    if len(hit):
        parts = [(plain(image), rows) for image, rows in hit.groupby("image", sort=False)]
        named = [f"{image}: {_places(rows)}" for image, rows in parts[:_MOST_IMAGES]]
        further = sum(len(rows) for _, rows in parts[_MOST_IMAGES:])
        named += [f"{counted(further, 'band')} of {counted(len(parts) - _MOST_IMAGES, 'further image')}"] * (
            further > 0
        )
        found.append(f"{counted(len(hit), 'band')} ({'; '.join(named)})")
    return found


def _where_rows(table: pd.DataFrame, flag: Flag, nouns: str) -> list[str]:
    count = int(has_flag(table["flags"], flag).sum())
    return [f"{count} of {len(table)} {nouns}"] if count else []


def _where(result: ReportSource, behind: pd.DataFrame, flag: Flag) -> list[str]:
    """Places where the flag touches the results."""
    found = _where_bands(behind, flag)
    ratios = result.folds if len(result.folds) else result.ratios
    found += _where_rows(ratios, flag, "ratios")
    return found + _where_rows(result.groups, flag, "groups")


def _unexpected(result: ReportSource) -> pd.DataFrame:
    """Lanes without those of which the lane sheet says that they are empty."""
    samples = result.samples
    if "role" not in samples or not len(result.images):
        return result.lanes
    return _outside(result.lanes, result, samples[samples["role"] == "empty"])


def _elsewhere(result: ReportSource, behind: pd.DataFrame, flag: Flag) -> list[str]:
    """Places where it stands beside them: other rows, ladder lanes, lanes as such."""
    others = result.bands.drop(behind.index)
    others = others[~others["image"].isin(_whole_images(behind, flag))] if len(behind) else others
    found = _where_rows(others, flag, "bands of other rows or lanes")
    lanes = _unexpected(result) if flag is Flag.LANE_EMPTY else result.lanes
    return found + _where_rows(lanes, flag, "lanes (counted image by image)")


def worries(result: ReportSource) -> list[Worry]:
    """List the flags of a result: those that touch the results first, worst first."""
    behind = bands_behind(result)
    touching, beside = [], []
    ratios = result.folds if len(result.folds) else result.ratios
    carried = [merge(table["flags"]) for table in (result.bands, result.lanes, ratios, result.groups) if len(table)]
    raised = decode(merge(carried))
    for flag in sorted(raised, key=lambda flag: (_ORDER[SEVERITY[flag]], flag)):
        here, there = _where(result, behind, flag), _elsewhere(result, behind, flag)
        name, weight = flag_text(str(flag.name)), SEVERITY[flag]
        if here:
            touching.append(Worry(name, weight, _LEVELS[weight], EXPLANATIONS[flag], "; ".join([*here, *there])))
        elif there:
            beside.append(Worry(name, "note", "not in the results", EXPLANATIONS[flag], "; ".join(there)))
    return touching + beside


def placing_notes(result: ReportSource) -> dict[tuple[str, str], str]:
    """Say which row of each image was taken, or how the lanes of each membrane were counted; nothing twice.

    Returns
    -------
    dict of (str, str) to str
        Scope and name of what is placed → the note.
    """
    quality, said = result.quality, dict[tuple[str, str], list[str]]()
    rows = quality[quality["measure"].isin(PLACING)]
    columns = (rows[column] for column in ("scope", "name", "measure", "value", "note"))
    said_of: dict[str, list[tuple[str, str]]] = {}
    for _, image in result.images.iterrows():
        said_of.setdefault(image["image"], []).append((image["target"], image["form"]))
    for scope, name, measure, value, note in zip(*columns, strict=True):
        what = f"row {value:.0f} was taken" if measure == "target_row" else f"{value:.0f} lanes"
        for target, form in said_of.get(name, ()):
            note = note.removeprefix(target_note(target, form, ""))
        why = "; ".join(dict.fromkeys(plain(note).split("; ")))
        whole = math.isnan(value)  # a stain has no row: its note names what was taken
        said.setdefault((scope, name), []).append(f"{why} was taken" if whole else f"{what}: {why}")
    return {place: "; ".join(notes) for place, notes in said.items()}


def _cause(tests: pd.DataFrame) -> pd.Series[str]:
    """Name what each comparison asks about: the treatment, or the stimulus where both have the same treatment."""
    told = zip(tests["stimulus"], tests["treatment"], tests["versus"], strict=True)
    names = [str(spur if versus.endswith(f"+ {drug}") else drug) for spur, drug, versus in told]
    return pd.Series(names, tests.index, name="cause")


def _moved_totals(result: ReportSource) -> list[str]:
    """Name the treatments, or stimuli of one treatment, that move the total itself, where a ratio can mislead."""
    tests = result.tests
    total = tests["quantity"].isin(TOTALS)
    moved = tests[total & significant(tests, result) & (kinds_of_tests(tests) != "window")]
    said = []
    parts = ["target", "treatment", *further_columns(tests, "tests")]
    for _, rows in moved.groupby([*parts, _cause(moved)], sort=False, dropna=False):
        first = rows.iloc[0]
        cell = plain(cell_text(first, "tests"))
        what = f"total {plain(first['target'])}{f' ({cell})' if cell else ''}"
        p = f"p {p_text(float(p_of(rows).min()))}".replace("p 0", "p = 0")
        said.append(
            f"{plain(_cause(rows).iloc[0])} moves {what} itself ({p}); look at the phospho signal alone too, "
            "the ratio mixes both."
        )
    return said


def _doubted_fits(result: ReportSource) -> list[str]:
    """Name what asks for a look in a fit that tells a number; where there is none, the answer says why."""
    rows = main_first(result.potencies[result.potencies["ic50"].notna() & (result.potencies["note"] != "")])
    return [
        f"The curve of {plain(row['treatment']) or 'the treatment'} on {fitted_text(row, result.folds)}: "
        f"{plain(row['note'])}."
        for _, row in rows.iterrows()
    ]


def general_warnings(result: ReportSource) -> list[str]:
    """List each warning of the run once, then curves in doubt, then what failed, then remarks on whole images."""
    said = [plain(text) for text in result.record.get("warnings", [])] + _moved_totals(result)
    said += _doubted_fits(result)
    said += [f"Failed: {plain(each['message'])}" for each in result.record.get("failures", [])]
    quality = result.quality
    remarks = quality[quality["measure"].isin(_REMARKABLE) & (quality["tone"] == "worry")]
    for note, rows in remarks.groupby("note", sort=False):
        said.append(f"{plain(note)} ({joined([plain(name) for name in dict.fromkeys(rows['name'])], 4)})")
    return list(dict.fromkeys(said))
