"""screen(): what a picture is, what is good about it and what to worry about, worded as a colleague would.

`image_flags` gives the doubts that hold for every band of a picture, `picture_flags` those of the picture as a whole.
"""

from __future__ import annotations

import re
from typing import Literal

import numpy as np
import pandas as pd

from ..blot import Blot, once_a_blot
from ..flags import Flag
from ..saturation import find_floor
from ..tables import Finding, Tone, quality_table
from .integrity import find_flat_share, find_noise_step, find_repeat, find_step
from .levels import Levels, blockiness, clipped_share, describe_levels

__all__ = ["image_flags", "picture_flags", "saturation", "screen"]

Row = tuple[str, float, str, Tone | Literal[""]]  # measure, value, note, and its tone where it is not the measure's

_CLIPPED = 0.005  # share of the middle of the picture at its floor from which the background is called clipped
_BLOCKY = 1.4
_SCANNERS = ("epson", "canoscan", "scanjet", "umax", "microtek", "plustek", "perfection", "mustek", "artixscan")
_STRONG = 0.5  # a brightest pixel above this share of the ceiling uses the range well
_LEAN = 2.0  # tilt that is worth a word [degree]
_FLAT = 0.1
_EXIF = re.compile(r"(\d{4}):(\d\d):(\d\d)(?=\D|$)")
_UNCLEAR = 0.15  # clearness of the polarity below which it is worth a look
_SHOWN = ("png", "jpeg", "gif", "bmp")  # readers of pictures to be shown, whose resolution is that of print


@once_a_blot
def _levels(blot: Blot) -> Levels:
    return describe_levels(blot.counts)


@once_a_blot
def _floor(blot: Blot) -> float | None:
    """Find the counts at which the picture is cut from below [AU]: as read, or seen in the pixels."""
    return blot.floor if blot.floor is not None else find_floor(blot.pixels)


def _went_through_jpeg(blot: Blot, levels: Levels) -> bool:
    return blot.source.lossy or (levels.few and blockiness(blot.pixels) > _BLOCKY)


def _is_film(blot: Blot) -> bool:
    """Tell a scan of film by the scanner's name and dark bands; the pixels alone cannot tell it from an export."""
    said = " ".join(str(blot.source.tags.get(key, "")) for key in ("Make", "Model", "Software")).lower()
    return any(name in said for name in _SCANNERS) and _was_dark(blot)


def _was_dark(blot: Blot) -> bool:
    return any(step.verb == "invert" for step in blot.steps)


def _flags(blot: Blot, levels: Levels) -> Flag:
    found = {
        Flag.LOSSY: _went_through_jpeg(blot, levels),
        Flag.EIGHT_BIT: levels.few or 0 < blot.source.depth <= 8,
        Flag.STRETCHED: levels.stretched,
        Flag.GAMMA: levels.bent,
        Flag.FILM: _is_film(blot),
        Flag.COLOUR: any(step.verb == "colour" for step in blot.steps),
        Flag.CLIPPED_AT_ZERO: clipped_share(blot.counts, _floor(blot)) > _CLIPPED,
    }
    flags = Flag(0)
    for flag, raised in found.items():
        flags |= flag if raised else Flag(0)
    return flags


def image_flags(blot: Blot) -> Flag:
    """Doubts about a whole picture: compression, few levels, bent or stretched contrast, film, colour, clipping.

    Parameters
    ----------
    blot : Blot
        As read or as oriented.
    """
    return _flags(blot, _levels(blot))


def _saturated_pixels(blot: Blot) -> int:
    """Pixels at the limit of the detector, or of what the file can hold [px]."""
    return 0 if blot.ceiling is None else int(np.count_nonzero(blot.counts >= blot.ceiling))


def picture_flags(blot: Blot) -> Flag:
    """Doubts about a picture as a whole: those of all its bands, and saturation anywhere in it.

    Parameters
    ----------
    blot : Blot
        As oriented.
    """
    return image_flags(blot) | (Flag.SATURATED if _saturated_pixels(blot) else Flag(0))


def saturation(blot: Blot) -> str:
    """Say how many pixels are saturated and at which counts; an empty text where none are.

    Parameters
    ----------
    blot : Blot
        As oriented.
    """
    above = _saturated_pixels(blot)
    if not above:
        return ""
    many = f"{above} pixel{'s' if above > 1 else ''} stand{'' if above > 1 else 's'}"
    if _was_dark(blot):
        return f"{many} at the darkest level there is"
    full = 2.0**blot.source.depth - 1.0
    where = "all that the file can hold" if blot.ceiling == full else "where the detector clips"
    return f"{many} at {blot.ceiling:g}, {where}"


def _depth_row(blot: Blot, levels: Levels) -> Row:
    depth = float(blot.source.depth) if blot.source.depth else float("nan")
    if levels.count <= 1:
        return "depth", depth, "every pixel has the same value; there is nothing to measure", "worry"
    if levels.few or depth <= 8:
        seen = min(levels.count, 256)
        note = f"only {seen} grey levels: weak bands are cut into steps; export 16-bit from the imager if you can"
        return "depth", depth, note, "worry"
    steps = f", in steps of {levels.step:g}" if levels.step > 1 else ""
    note = f"{levels.count} grey levels{steps}: enough to see faint and strong bands together"
    return "depth", depth, note, "good"


def _contrast_row(levels: Levels) -> Row | None:
    if levels.bent:
        note = "grey levels thin out towards one end, as after a gamma curve; use the raw file"
    elif levels.stretched:
        note = "grey levels are missing in a comb: contrast was stretched; use the raw file"
    else:
        return None
    return "contrast", levels.step, note, ""


def _ceiling_row(blot: Blot) -> Row:
    top = float(blot.counts.max())
    used = f"the strongest pixel uses {100 * top / blot.ceiling:.0f} % of the range" if blot.ceiling else ""
    if blot.ceiling is None:
        note = f"where the detector clips is not known; the strongest pixel is {top:g} and no plateau is seen"
        return "saturated", 0.0, note, ""
    above = _saturated_pixels(blot)
    if above:
        note = f"{saturation(blot)}: their bands are larger than that; expose shorter"
        return "saturated", float(above), note, "worry"
    well = top > _STRONG * blot.ceiling
    note = f"nothing is saturated, and {used}: well exposed" if well else f"nothing is saturated; {used}"
    return "saturated", 0.0, note, "good"


def _floor_row(blot: Blot) -> Row | None:
    share = clipped_share(blot.counts, _floor(blot))
    if share <= _CLIPPED:
        return None
    note = (
        f"{100 * share:.1f} % of the middle of the picture is cut off at the dark end: the background there is a guess"
    )
    return "clipped_at_zero", 100.0 * share, note, ""


def _polarity_row(blot: Blot) -> Row | None:
    said = next((step for step in blot.steps if step.verb == "polarity"), None)
    if said is None:
        return None
    dark, unclear = _was_dark(blot), said.told.get("clear", 1.0) < _UNCLEAR
    note = said.detail
    if dark:
        note += ": turned over, so that more protein is a larger number; if this is film, its scale is not linear"
    if unclear:
        note += f"; hard to tell: if bands are {'bright' if dark else 'dark'}, say so with polarity"
    return "polarity", -1.0 if dark else 1.0, note, "worry" if unclear else ""


def _tilt_row(blot: Blot) -> Row | None:
    tilt = blot.frame.tilt
    if not any(step.verb == "tilt" for step in blot.steps):
        return None
    if abs(tilt) < _LEAN:
        return "tilt", tilt, "the rows run straight across, or nearly so", ""
    side = "clockwise" if tilt > 0 else "anticlockwise"
    return "tilt", tilt, f"the membrane lies {abs(tilt):.1f}° {side}; lanes are followed as they lean", ""


def _crop_row(blot: Blot) -> Row | None:
    whole = blot.frame.rows * blot.frame.cols
    share = blot.shape[0] * blot.shape[1] / whole
    if share >= 1.0:
        return None
    kept, file = blot.shape, (blot.frame.rows, blot.frame.cols)
    note = f"{kept[0]} × {kept[1]} of {file[0]} × {file[1]} px are the membrane; the rest is left out"
    return "crop", 100.0 * share, note, ""


def _compression_row(blot: Blot, flags: Flag) -> Row | None:
    if not flags & Flag.LOSSY:
        return None
    if blot.source.lossy:
        note = "JPEG has altered weak bands and noise; measure the imager's own file if it still exists"
    else:
        note = "8-pixel blocks are seen: the picture was probably a JPEG once; look for the imager's own file"
    return "compression", 1.0, note, ""


def _facts_rows(blot: Blot) -> list[Row]:
    source, rows = blot.source, list[Row]()
    by = f"read by {source.reader}" + (f" from {source.imager}" if source.imager else "")
    day = _EXIF.sub(r"\1-\2-\3", source.acquired)  # TIFF and EXIF write a date with colons
    when = f", taken {day}" if day else ""
    megapixels = blot.frame.rows * blot.frame.cols / 1e6
    rows.append(("size", megapixels, f"{blot.frame.rows} × {blot.frame.cols} px, {by}{when}", ""))
    if source.exposure_s is not None:
        rows.append(("exposure", source.exposure_s, "exposure as the file states it", ""))
    if blot.pixel_um is not None:
        printed = "by the print resolution that the file states, which need not be the imager's"
        stated = printed if source.reader in _SHOWN else "as the file states it"
        rows.append(("pixel", blot.pixel_um, f"side of a pixel {stated}", ""))
    return rows


def _doubt_rows(flags: Flag, blot: Blot) -> list[Row]:
    rows: list[Row] = []
    if flags & Flag.COLOUR:
        said = next(step.detail for step in blot.steps if step.verb == "colour")
        rows.append(("colour", 1.0, f"{said}; if one channel alone holds the stain, name it with channel=", ""))
    if flags & Flag.FILM:
        note = "a flat-bed scanner's file with dark bands, so probably film: strong bands are flattened"
        rows.append(("film", 1.0, note, ""))
    return rows


def _integrity_rows(blot: Blot, *, coarse: bool) -> list[Row]:
    """Write the screening notes; each names what may explain it harmlessly."""
    rows: list[Row] = []
    repeat = None if blot.source.lossy else find_repeat(blot.counts)
    if repeat is not None:
        note = (
            f"screening note: a textured part at row {repeat.row}, column {repeat.col} occurs again"
            f" {repeat.down:+d} rows and {repeat.right:+d} columns away, pixel for pixel;"
            " text and frames do that, a membrane does not"
        )
        rows.append(("repeat", float(repeat.blocks), note, ""))
    step = find_step(blot.counts)
    if step is not None:
        note = (
            f"screening note: brightness jumps between columns {step} and {step + 1} through the full height;"
            " a frame, a stitched scan or a splice?"
        )
        rows.append(("step", float(step), note, ""))
    noise = None if coarse or blot.source.lossy else find_noise_step(blot.counts)
    if noise is not None:
        note = (
            f"screening note: from column {noise} on, the noise is another through the full height;"
            " a stitched scan, a membrane's edge or two pictures side by side?"
        )
        rows.append(("noise_step", float(noise), note, ""))
    flat = 0.0 if coarse else find_flat_share(blot.counts, _floor(blot), blot.ceiling)
    if flat > _FLAT:
        note = (
            f"screening note: {100 * flat:.0f} % of the picture lies in patches of one value without any noise;"
            " was the background filled in?"
        )
        rows.append(("flat", 100.0 * flat, note, ""))
    return rows


def screen(blot: Blot) -> pd.DataFrame:
    """Say what a picture is, what is good about it and what to worry about.

    Parameters
    ----------
    blot : Blot
        As read or, better, as oriented: then polarity, tilt and crop are told too.

    Returns
    -------
    DataFrame
        Rows of the quality table, scope ``image``; each note reads by itself.

    Notes
    -----
    Screening notes on integrity name places to look at. Text, frames and stitched scans raise them too.
    """
    levels = _levels(blot)
    flags = _flags(blot, levels)
    rows: list[Row | None] = [
        *_facts_rows(blot),
        _depth_row(blot, levels),
        _contrast_row(levels),
        _ceiling_row(blot),
        _floor_row(blot),
        _compression_row(blot, flags),
        _polarity_row(blot),
        _tilt_row(blot),
        _crop_row(blot),
        *_doubt_rows(flags, blot),
        *_integrity_rows(blot, coarse=bool(flags & Flag.EIGHT_BIT)),
    ]
    return quality_table(Finding("image", blot.name, *row) for row in rows if row is not None)
