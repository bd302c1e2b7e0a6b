"""Quality flags: one bit each, explained once.

A doubt about a lane, a band or a ratio is a flag; a flag never drops a row. In tables the flags of a
row are their names joined by ``;`` (an empty text when there is none), so that a CSV reads by itself.
"""

from __future__ import annotations

import enum
import functools
from collections.abc import Iterable
from typing import TYPE_CHECKING

from .errors import TableError

if TYPE_CHECKING:
    import pandas as pd

__all__ = [
    "ACTIONS",
    "EXPLANATIONS",
    "PICTURE_FLAGS",
    "SEVERITY",
    "SPOILT",
    "Flag",
    "add_flag",
    "decode",
    "encode",
    "has_flag",
    "merge",
]


class Flag(enum.IntFlag):
    """The doubts that blotquant knows, in the order in which reports list them, worst first."""

    SATURATED = enum.auto()
    HOLLOW = enum.auto()
    NEGATIVE = enum.auto()
    CLIPPED_AT_ZERO = enum.auto()
    EDGE = enum.auto()
    OVERLAP = enum.auto()
    SPECK = enum.auto()
    BACKGROUND_UNSURE = enum.auto()
    BELOW_LOD = enum.auto()
    BELOW_LOQ = enum.auto()
    LOSSY = enum.auto()
    EIGHT_BIT = enum.auto()
    STRETCHED = enum.auto()
    GAMMA = enum.auto()
    FILM = enum.auto()
    COLOUR = enum.auto()
    TILTED = enum.auto()
    TIGHT_CROP = enum.auto()
    LANE_UNSURE = enum.auto()
    LANES_GIVEN = enum.auto()
    LANE_EMPTY = enum.auto()
    BOTH_SATURATED = enum.auto()
    REFERENCE_SATURATED = enum.auto()
    REFERENCE_MISSING = enum.auto()
    REFERENCE_BELOW_LOQ = enum.auto()
    REFERENCE_ELSEWHERE = enum.auto()
    REFERENCE_UNLIKE = enum.auto()
    NO_WINDOW = enum.auto()
    LOADING_BELOW_LOQ = enum.auto()
    NOT_PROPORTIONAL = enum.auto()
    OUT_OF_RANGE = enum.auto()
    EXTRAPOLATED = enum.auto()
    MASS_CONFLICT = enum.auto()
    NON_POSITIVE = enum.auto()
    CENSORED = enum.auto()
    FEW_REPLICATES = enum.auto()
    REPLICATE_ASSUMED = enum.auto()
    MIXED_GROUP = enum.auto()
    EDITED = enum.auto()
    EXCLUDED = enum.auto()


_SAID: dict[Flag, tuple[str, str]] = {
    Flag.SATURATED: (
        "Pixels of the band are at the detector's limit; its true volume is larger.",
        "Expose shorter, or give a shorter exposure of the same membrane with its exposure_s.",
    ),
    Flag.HOLLOW: (
        "The band's middle is darker than its rim (substrate used up); its true volume is larger.",
        "Load less protein or antibody, and expose sooner.",
    ),
    Flag.NEGATIVE: (
        "The volume is below zero by more than noise: the band's place is darker than its surroundings.",
        "Look at the overlay for a stain or a bubble, and move the box or exclude the band on review.html.",
    ),
    Flag.CLIPPED_AT_ZERO: (
        "Pixels of the background are cut at zero, so the background is known only from above.",
        "Export the picture without adjusting its black level.",
    ),
    Flag.EDGE: (
        "The band touches the edge of the picture or of the membrane; part of it may be missing.",
        "Image the whole membrane, or leave the band out.",
    ),
    Flag.OVERLAP: (
        "The band overlaps a neighbour; the two share their signal by a fitted model.",
        "Run the gel longer; trust the sum of both more than either.",
    ),
    Flag.SPECK: (
        "Dust, a scratch or a bubble lies on the band; those pixels were replaced by the fitted band.",
        "Look at the band, and exclude it where hardly any of it is left.",
    ),
    Flag.BACKGROUND_UNSURE: (
        "Two other backgrounds give a volume that differs by more than a fifth: the ground around the band is uneven. "
        "Told where backgrounds are compared, by quantify.",
        "See in sensitivity.csv whether the conclusion hangs on it.",
    ),
    Flag.BELOW_LOD: (
        "Below the limit of detection: not told apart from empty membrane.",
        "Report it as not detected, not as zero; load more or expose longer to see it.",
    ),
    Flag.BELOW_LOQ: (
        "Below the limit of quantification: seen, but its value is uncertain.",
        "Report the bound (ratio_bound); load more or expose longer for a number.",
    ),
    Flag.LOSSY: (
        "The picture went through lossy compression (JPEG); weak bands and noise are altered.",
        "Export a TIFF from the imager.",
    ),
    Flag.EIGHT_BIT: (
        "The picture has 256 grey levels or fewer; weak bands and the linear range are cut short.",
        "Export 16 bits from the imager.",
    ),
    Flag.STRETCHED: (
        "Grey levels are missing in a regular comb: the picture's contrast was stretched before export.",
        "Export the counts as recorded.",
    ),
    Flag.GAMMA: (
        "The grey levels look bent by a gamma curve; volumes are then not proportional to light.",
        "Export the counts as recorded, with gamma 1.",
    ),
    Flag.FILM: (
        "The picture looks like a scan of film, whose response is not linear.",
        "Show its linear range by a dilution series on the same film, or use a camera.",
    ),
    Flag.COLOUR: (
        "The picture is in colour; the mean of its channels or one of them was measured, as quality.csv says.",
        "Export one grey channel, or name the one that carries the signal.",
    ),
    Flag.TILTED: (
        "The lanes lean by more than two degrees.",
        "Look at the overlay: where the boxes follow the lanes there is nothing to do.",
    ),
    Flag.TIGHT_CROP: (
        "The picture is cut close to the bands; little background is left to measure.",
        "Measure the uncropped picture.",
    ),
    Flag.LANE_UNSURE: (
        "The lane's place is uncertain.",
        "Look at the overlay, and correct the lane on review.html where it is off.",
    ),
    Flag.LANES_GIVEN: (
        "The number of lanes was given and the picture speaks against it or cannot confirm it.",
        "Count the lanes on the overlay, ladders and empty wells included; empty wells at a side show in no picture.",
    ),
    Flag.LANE_EMPTY: (
        "No band of any image of the membrane was found in this lane.",
        "See that the lane sheet is not shifted; give an empty well the role empty.",
    ),
    Flag.BOTH_SATURATED: (
        "Phospho and total are both saturated, so the ratio's error has no known side.",
        "Expose both shorter.",
    ),
    Flag.REFERENCE_SATURATED: (
        "The block's reference or maximum is saturated and has no ratio, so the lane has no fold or percent activity.",
        "Expose shorter, or give a shorter exposure of the same membrane with its exposure_s.",
    ),
    Flag.REFERENCE_MISSING: (
        "The block has no reference or maximum with a ratio, so the lane has no fold or percent activity.",
        "See why in ratios.csv; load the reference with every replicate and stimulus.",
    ),
    Flag.REFERENCE_BELOW_LOQ: (
        "The reference condition is below its limit of quantification; nothing is divided by it.",
        "Name a stronger one as [control] reference, or expose longer.",
    ),
    Flag.REFERENCE_ELSEWHERE: (
        "The reference lies on another membrane of the replicate, whose scale may differ.",
        "Load it on every membrane, or take normalisation.across = alignment.",
    ),
    Flag.REFERENCE_UNLIKE: (
        "The reference or maximum is of another stimulus or group_by cell than the lane (column reference names it); "
        "no percent activity is given against the maximum of another stimulus.",
        "Load the reference with every stimulus and cell, or name the one that is meant for all, with its stimulus and "
        "cell, as [control] reference.",
    ),
    Flag.NO_WINDOW: (
        "The minimum control is missing, or no farther from the maximum than lanes of one condition scatter; no "
        "percent activity is given.",
        "Read folds. Load a missing control with every replicate; where both are there, more of their lanes or "
        "replicates may tell them apart, or the stimulus adds nothing here.",
    ),
    Flag.LOADING_BELOW_LOQ: (
        "A loading control is below its limit of quantification, or was left out; no correction was made with it.",
        "Expose it longer, take a total-protein stain, or leave it out of images.csv.",
    ),
    Flag.NOT_PROPORTIONAL: (
        "The dilution series is not proportional; ratios of these volumes mislead.",
        "Load less or dilute the antibody until it is; matching.force = true gives the ratios all the same.",
    ),
    Flag.OUT_OF_RANGE: (
        "Outside the linear range that the dilution series shows.",
        "Load the sample again within that range (calibration.csv).",
    ),
    Flag.EXTRAPOLATED: (
        "Outside the range of the calibration points.",
        "Do not rely on the mass; take a ladder that reaches so far.",
    ),
    Flag.MASS_CONFLICT: (
        "A loading control lies within 15 % of the target's mass in the same channel.",
        "Take another control, another channel or a total-protein stain.",
    ),
    Flag.NON_POSITIVE: (
        "A value of zero or less has no logarithm; the geometric mean is not given.",
        "Read the arithmetic mean, and the tests, which take the value as below its limit.",
    ),
    Flag.CENSORED: (
        "Taken as 'somewhere below the limit of quantification' in logarithmic models.",
        "Nothing to do; load more or expose longer where the size of a strong inhibition matters.",
    ),
    Flag.FEW_REPLICATES: (
        "Fewer biological replicates than comparison.min_replicates: no p value is given.",
        "Repeat the whole experiment; quality.csv says how many replicates an effect needs.",
    ),
    Flag.REPLICATE_ASSUMED: (
        "No replicate was named; each membrane was taken as one biological replicate.",
        "Fill in the column replicate of samples.csv.",
    ),
    Flag.MIXED_GROUP: (
        "A further column of the lane sheet varies inside the group.",
        "Name the column in group_by if its values are to stay apart.",
    ),
    Flag.EDITED: (
        "Lane or band was corrected by hand.",
        "See corrections.csv for what it was before, and for who, when and why where that was said.",
    ),
    Flag.EXCLUDED: (
        "Left out of groups, tests and curves on request.",
        "Say so, with the reason, where you report the result.",
    ),
}

ACTIONS: dict[Flag, str] = {flag: action for flag, (_, action) in _SAID.items()}
"""What to do about each flag."""

EXPLANATIONS: dict[Flag, str] = {flag: f"{meaning} {action}" for flag, (meaning, action) in _SAID.items()}
"""What each flag means and what to do."""

SPOILT = Flag.LOSSY | Flag.EIGHT_BIT | Flag.STRETCHED | Flag.GAMMA | Flag.FILM
"""Doubts about a file that does not hold what a detector counted."""

PICTURE_FLAGS = SPOILT | Flag.COLOUR | Flag.CLIPPED_AT_ZERO
"""Doubts that hold for every band of a picture; ``clipped_at_zero`` a band may also have by its own background."""

_WRONG = Flag.SATURATED | Flag.HOLLOW | Flag.BOTH_SATURATED | Flag.NOT_PROPORTIONAL
# A band below its limits says something of the sample, not of the number, whose error holds all the same.
_NOTE = Flag.BELOW_LOD | Flag.BELOW_LOQ


def _severity(flag: Flag) -> str:
    if flag & _WRONG:
        return "wrong"
    return "doubt" if flag <= Flag.LANES_GIVEN and not flag & _NOTE else "note"


SEVERITY: dict[Flag, str] = {flag: _severity(flag) for flag in Flag}
"""How much a flag weighs: ``wrong`` (the number is off), ``doubt`` (it may be), ``note``."""

_NAMES: dict[str, Flag] = {str(flag.name).lower(): flag for flag in Flag}


@functools.lru_cache(maxsize=4096)
def encode(flags: Flag | int) -> str:
    """Write a set of flags as their names, worst first, joined by ``;``.

    Examples
    --------
    >>> encode(Flag.EDGE | Flag.SATURATED)
    'saturated;edge'
    """
    return ";".join(str(flag.name).lower() for flag in Flag if flags & flag)


@functools.lru_cache(maxsize=4096)
def decode(text: str) -> Flag:
    """Read flags from their names.

    Raises
    ------
    TableError
        A name is not a flag's.
    """
    found = Flag(0)
    for name in filter(None, map(str.strip, str(text).split(";"))):
        if name not in _NAMES:
            raise TableError(f"flag {name!r} is not known; known: {', '.join(_NAMES)}")
        found |= _NAMES[name]
    return found


def merge(texts: Iterable[str]) -> str:
    """Unite the flags of several rows."""
    found = Flag(0)
    for text in texts:
        found |= decode(text)
    return encode(found)


@functools.lru_cache(maxsize=4096)  # many rows, few different sets of flags
def _with(text: str, flag: Flag) -> str:
    return encode(decode(text) | flag)


def add_flag(column: pd.Series[str], where: object, flag: Flag) -> pd.Series[str]:
    """Return the column of flag texts with one flag added in the rows of a boolean mask."""
    import numpy as np

    mask = np.broadcast_to(np.asarray(where, dtype=bool), len(column))
    if not mask.any():
        return column.copy()
    texts = [_with(text, flag) if marked else text for text, marked in zip(column.tolist(), mask.tolist(), strict=True)]
    changed: pd.Series[str] = type(column)(texts, index=column.index, name=column.name, dtype=column.dtype)
    return changed


@functools.lru_cache(maxsize=4096)
def _carries(text: str, name: str) -> bool:
    return name in str(text).split(";")


def has_flag(column: pd.Series[str], flag: Flag) -> pd.Series[bool]:
    """Boolean column: does the row carry the flag."""
    name = str(flag.name).lower()
    carried = [_carries(text, name) for text in column.tolist()]
    told: pd.Series[bool] = type(column)(carried, index=column.index, name=column.name, dtype=bool)
    return told
