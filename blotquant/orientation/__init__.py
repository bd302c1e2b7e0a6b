"""orient(): bright = protein, lanes upright, cropped to the membrane; every step remembered.

Turns, mirrors and crops are exact. A tilt is kept as an angle: nothing is resampled.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence

from ..blot import Blot, Frame, Step
from ..calm import Calm, calmed, hand_on
from ..errors import SettingsError
from ..geometry import turned
from ..saturation import find_ceiling, find_floor
from ..tables import POLARITIES
from .crop import find_membrane
from .polarity import Polarity, find_polarity
from .small import SIDE, find_bulges
from .tilt import find_tilt

__all__ = ["orient", "orient_alike"]


def _full_scale(blot: Blot) -> float:
    """Largest count the file can hold [AU]; for floating point or unknown depth the largest there is."""
    highest = float(blot.pixels.max())
    full = 2.0**blot.source.depth - 1.0
    if 0 < blot.source.depth <= 16 and highest <= full and float(blot.pixels.min()) >= 0.0:
        return full
    return max(highest, blot.ceiling or highest)


def _inverted(blot: Blot) -> Blot:
    """Turn dark bands bright, exactly: full scale minus counts; what was the floor becomes the ceiling."""
    full = _full_scale(blot)
    bottom = blot.floor if blot.floor is not None else find_floor(blot.pixels, full=full)
    ceiling = None if bottom is None else full - bottom
    floor = None if blot.ceiling is None else full - blot.ceiling
    step = Step("invert", f"counts = {full:g} − counts")
    return blot.after(step, full - blot.pixels, bright=True, ceiling=ceiling, floor=floor)


def _ground(blot: Blot, calm: Calm) -> float | None:
    """Brightness of the picture's ground as a share of full scale, where full scale is known."""
    full = 2.0**blot.source.depth - 1.0
    if not 0 < blot.source.depth <= 16 or not 1.0 < float(blot.pixels.max()) <= full:
        return None  # floating point, whose full scale nobody knows
    return max(0.0, calm.middle) / full


def _kept(blot: Blot) -> Blot:
    """Keep bright bands as they are; where the detector clips is looked for if nobody knew."""
    ceiling = blot.ceiling if blot.ceiling is not None else find_ceiling(blot.pixels)
    return dataclasses.replace(blot, bright=True, ceiling=ceiling)


def _cropped(blot: Blot, box: tuple[int, int, int, int] | None) -> Blot:
    if box is None:
        return blot
    top, bottom, left, right = box
    old = blot.frame
    frame = Frame(old.rows, old.cols, old.turns, old.mirror, old.top + top, old.left + left, old.tilt)
    return blot.after(Step("crop", f"{top}:{bottom},{left}:{right}"), blot.pixels[top:bottom, left:right], frame=frame)


def _tilted(blot: Blot, tilt: float) -> Blot:
    old = blot.frame
    frame = Frame(old.rows, old.cols, old.turns, old.mirror, old.top, old.left, tilt)
    return blot.after(Step("tilt", f"{tilt:+.2f}° clockwise, kept as an angle"), frame=frame)


def _quarter_turns(rotate: int | float) -> int:
    if rotate % 90:
        raise SettingsError(f"rotate = {rotate}: only quarter turns are exact; use 0, 90, 180 or 270")
    return int(rotate // 90) % 4


def _decide(blot: Blot, polarity: str, found: Polarity) -> Step:
    """Say what protein is in the file: ``told`` has ``bright`` (1 or 0) and, where it was looked for, ``clear``."""
    bright, reason, clear = polarity == "bright", "as given", {}
    if polarity == "auto" and blot.bright is not None:
        bright, reason = blot.bright, "known before"
    elif polarity == "auto":
        bright, reason = found.bright, f"{found.reason}, {found.confidence:.2f} of 1 clear"
        clear = {"clear": found.confidence}
    return Step("polarity", f"{'bright' if bright else 'dark'} bands ({reason})", {"bright": float(bright), **clear})


def orient(
    blot: Blot, *, polarity: str = "auto", rotate: int | float = 0, mirror: bool = False, crop: bool = True
) -> Blot:
    """Bring a blot upright: bright = protein, wells on top, cropped to the membrane where its edges are seen.

    Parameters
    ----------
    blot : Blot
        As read; not changed.
    polarity : str
        What protein is in the file: ``auto`` (found in the picture), ``bright`` or ``dark``.
    rotate : int
        Quarter turns clockwise that bring the picture upright [degree].
    mirror : bool
        Swap left and right, after turning.
    crop : bool
        Crop to the membrane; nothing is cut where its edges are not clearly seen.

    Returns
    -------
    Blot
        Counts, dark-on-light ones as full scale minus counts [AU]; ``frame`` says how it lies in its file, with
        the tilt as an angle.

    Raises
    ------
    SettingsError
        ``polarity`` is unknown, or ``rotate`` is no multiple of 90.

    Notes
    -----
    Assumes that bands are thinner along the run than wide across it, and that bands and the space between
    them differ in width. The polarity tag of a file is never asked.
    """
    if polarity not in POLARITIES:
        raise SettingsError(f"polarity = {polarity!r}: must be one of {', '.join(POLARITIES)}")
    upright = turned(blot, _quarter_turns(rotate), bool(mirror))
    calm = calmed(upright)
    small, factor = calm.at_most(SIDE)
    bulges = find_bulges(small)
    said = _decide(upright, polarity, find_polarity(small, bulges, ground=_ground(upright, calm)))
    bright = said.told["bright"] > 0
    signal, evidence = (small, bulges.bright) if bright else (-small, bulges.dark)
    calm = calm if bright else calm.inverted(_full_scale(upright))
    upright = _kept(upright.after(said)) if bright else _inverted(upright.after(said))
    box = find_membrane(signal, evidence, factor, upright.shape) if crop else None
    return hand_on(calm if box is None else calm.cropped(box), _tilted(_cropped(upright, box), find_tilt(evidence)))


def _polarity_of(blot: Blot) -> str:
    """Tell what protein was in the file: ``bright`` or ``dark``, as `orient` has noted it."""
    said = next(step.told for step in blot.steps if step.verb == "polarity")
    return "bright" if said["bright"] else "dark"


def orient_alike(
    blots: Sequence[Blot], *, polarity: str = "auto", rotate: int | float = 0, mirror: bool = False, crop: bool = True
) -> list[Blot]:
    """Bring parts of one picture upright, as `orient`; they have one polarity, that of most of them.

    Parameters
    ----------
    blots : sequence of Blot
        As read; not changed.
    polarity, rotate, mirror, crop
        As for `orient`.
    """

    def upright(blot: Blot, polarity: str) -> Blot:
        return orient(blot, polarity=polarity, rotate=rotate, mirror=mirror, crop=crop)

    found = [upright(blot, polarity) for blot in blots]
    told = [_polarity_of(blot) for blot in found]
    usual = "bright" if told.count("bright") > len(told) / 2 else "dark"
    return [
        shown if len(found) == 1 or told[place] == usual else upright(blots[place], usual)
        for place, shown in enumerate(found)
    ]
