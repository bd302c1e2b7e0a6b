"""The report card: what journals' checklists ask of a quantified blot, and what this result can show.

The points follow the blot guidelines cited in Kroon et al. 2022, PLoS Biol 20:e3001783, and
Gilda et al. 2015, PLoS ONE 10:e0135392.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import pandas as pd

from ..figures.names import plain
from ..flags import SPOILT, Flag, decode, encode, has_flag, merge
from .lost import lost_text
from .probes import amounts_text, given, probes_text
from .source import ReportSource
from .wording import counted, flags_text, joined
from .worries import bands_behind

__all__ = ["Point", "report_card"]

_REPLICATES = 3


@dataclass(frozen=True)
class Point:
    """One point: what is asked, ``yes``, ``partly`` or ``no``, and the evidence."""

    asked: str
    met: str
    evidence: str


def _stated(asked: str, table: pd.DataFrame, column: str, noun: str, values: str = "") -> Point:
    """Count the rows that say something in a column, and tell what they say."""
    some = int(given(table[column]).sum()) if column in table else 0
    met = "yes" if len(table) and some == len(table) else "partly" if some else "no"
    told = f"{column} given for {some} of {counted(len(table), noun)}"
    return Point(asked, met, f"{told}: {values}" if some and values else told)


def _probed(asked: str, images: pd.DataFrame, column: str) -> Point:
    return _stated(asked, images, column, "image", probes_text(images, [column]))


def _load(samples: pd.DataFrame) -> Point:
    amounts = samples["amount_ug"].dropna() if "amount_ug" in samples else pd.Series(dtype=float)
    return _stated("Protein load", samples, "amount_ug", "lane", amounts_text(amounts) if len(amounts) else "")


def _modes(images: pd.DataFrame) -> str:
    modes = images["mode"] if "mode" in images else pd.Series(dtype=object)
    return joined([plain(mode).replace("_", " ") for mode in dict.fromkeys(modes[given(modes)])])


def _pictures(result: ReportSource) -> Point:
    shown = len(result.pictures)
    met = "yes" if shown and shown == len(result.images) else "partly" if shown else "no"
    return Point("Uncropped pictures", met, f"{shown} of {counted(len(result.images), 'image')} shown whole, linear")


def _masses(result: ReportSource) -> Point:
    known = result.calibration
    ladders = int(((known["kind"] == "mass") & known["x"].notna()).sum()) if len(known) else 0
    told = int(given(result.images["mass_kda"]).sum()) if "mass_kda" in result.images else 0
    if ladders:
        return Point("Mass marks", "yes", f"{counted(ladders, 'ladder band')} read")
    return Point(
        "Mass marks",
        "partly" if told else "no",
        f"no ladder used; expected mass given for {told} of {len(result.images)}",
    )


def _replicates(result: ReportSource) -> Point:
    # checklists ask for three however few a run makes do with; a run that asks for more is held to that
    enough = max(_REPLICATES, result.settings.comparison.min_replicates)
    asked = f"At least {enough} biological replicates"
    if not len(result.groups):
        return Point(asked, "no", "no groups")
    low, high = int(result.groups["n"].min()), int(result.groups["n"].max())
    return Point(asked, "yes" if low >= enough else "partly" if high >= enough else "no", f"smallest group: n = {low}")


def _saturation(result: ReportSource) -> Point:
    mine = bands_behind(result)
    hit = sum(1 for text in mine["flags"] if decode(text) & (Flag.SATURATED | Flag.HOLLOW))
    return Point(
        "No saturated band", "partly" if hit else "yes", f"{hit} of {counted(len(mine), 'band')} saturated or hollow"
    )


def _files(result: ReportSource) -> Point:
    raised = result.bands["flags"].map(lambda text: encode(decode(text) & SPOILT))
    bad, words = sorted(set(result.bands.loc[raised != "", "image"])), flags_text(merge(raised))
    text = f"{joined(bad, 4)}: {words}" if bad else "no sign of 8-bit, JPEG, stretching, gamma or film"
    return Point("Scanner's own pictures", "partly" if bad else "yes", text)


def _normaliser(result: ReportSource) -> Point:
    ratios = result.folds if len(result.folds) else result.ratios
    if not len(ratios):
        return Point("Normaliser named", "no", "nothing was normalised")
    below = result.images[~result.images["form"].isin(["phospho", "marker"])]
    names = [f"{plain(target)} ({plain(form)})" for target, form in zip(below["target"], below["form"], strict=True)]
    return Point(
        "Normaliser named",
        "yes",
        f"quantities {joined(list(dict.fromkeys(ratios['quantity'])))}; {joined(list(dict.fromkeys(names)))}",
    )


def _linearity(result: ReportSource) -> Point:
    tested = int((result.calibration["kind"] == "linearity").sum()) if len(result.calibration) else 0
    evidence = "dilution series fitted" if tested else "no dilution series on these membranes (role = standard)"
    return Point("Linear range shown", "yes" if tested else "no", evidence)


def _limits(result: ReportSource) -> Point:
    known = int(result.bands["lod"].notna().sum()) if len(result.bands) else 0
    return Point(
        "Limits of detection", "yes" if known else "no", f"given for {known} of {counted(len(result.bands), 'band')}"
    )


def _excluded(result: ReportSource) -> Point:
    ratios = result.folds if len(result.folds) else result.ratios
    out = len(ratios.loc[has_flag(ratios["flags"], Flag.EXCLUDED), ["membrane", "lane"]].drop_duplicates())
    told = result.corrections[result.corrections["action"] == "exclude"]
    reasons = [f"lane {row['lane']} of {row['image']}: {row['why']}" for _, row in told.iterrows()]
    text = f"{counted(out, 'lane')} left out on request" if out else "none left out on request"
    text = f"{text} ({joined(reasons)})" if reasons else text
    lost = lost_text(result)
    return Point("Lanes left out are named", "yes", f"{text}; without a value – {lost}" if lost else text)


def _inputs(result: ReportSource) -> Point:
    count = len(result.record.get("inputs", []))
    return Point(
        "Inputs can be identified", "yes" if count else "no", f"SHA-256 of {counted(count, 'file')} in run.json"
    )


def report_card(result: ReportSource) -> list[Point]:
    """Answer the checklists point by point; there is none for a table of responses."""
    if not len(result.images):
        return []
    images = result.images
    probed = images[~images["form"].isin(["stain", "marker"])]
    parted = images[images["form"].isin(["phospho", "total"])]
    points: list[Callable[[ReportSource], Point]] = [
        _pictures,
        _masses,
        _replicates,
        _saturation,
        _files,
        _normaliser,
        _linearity,
        _limits,
        _excluded,
        _inputs,
    ]
    stated = [
        _probed("Exposure", images, "exposure_s"),
        _probed("Antibody", probed, "antibody"),
        _probed("Antibody's RRID", probed, "rrid"),
        _probed("Antibody's dilution", probed, "dilution"),
        _probed("Detection", probed, "detection"),
        _load(result.samples),
        _stated("How phospho and total were probed", parted, "mode", "image", _modes(parted)),
    ]
    return [point(result) for point in points] + [
        Point(plain(one.asked), one.met, one.evidence)
        for one in stated
        if not one.evidence.endswith(("of 0 lanes", "of 0 images"))
    ]
