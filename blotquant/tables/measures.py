"""What stands in the table ``quality``: every measure once, with its unit, its meaning and where a report shows it."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal, NamedTuple, cast

import numpy as np
import pandas as pd

from ..flags import Flag, decode
from .checks import check, empty

__all__ = ["MEASURES", "Finding", "Measure", "Tone", "measure_of", "quality_table"]

Tone = Literal["fact", "good", "worry"]
Shown = Literal["", "warnings", "pictures"]


@dataclass(frozen=True)
class Measure:
    """One kind of row of the quality table.

    Parameters
    ----------
    name : str
        As in the column ``measure``; ``*`` at its end stands for what follows.
    unit : str
        Unit of ``value``.
    meaning : str
        What ``value`` is.
    tone : str
        A plain ``fact``, ``good`` news or a ``worry``, where the row itself does not say another.
    shown : str
        Where a report shows it beside its table: a worry among the ``warnings``, or beside the ``pictures``.
    flags : Flag
        Flags that are raised for what it tells.
    """

    name: str
    unit: str
    meaning: str
    tone: Tone
    shown: Shown
    flags: Flag


_MEASURES = """
size | 10^6 px | fact | | | Pixels of the picture in its file; the note names the reader, the imager and the date.
exposure | s | fact | | | Exposure time as the file states it.
pixel | µm | fact | | | Side of a pixel as the file states it.
depth | bit | fact | warnings | eight_bit | Bits a sample; the note counts grey levels.
contrast | AU | worry | warnings | stretched;gamma | Step between grey levels of a picture stretched or bent by export.
saturated | px | fact | warnings | saturated | Pixels at the detector's limit, in the whole picture.
clipped_at_zero | % | worry | warnings | clipped_at_zero | Share of the middle of the picture cut off at the dark end.
compression | | worry | warnings | lossy | 1 where the picture went through JPEG.
polarity | | fact | warnings | | 1: protein is bright in the file; −1: it is dark.
tilt | degree | fact | | | Lean of the membrane against the upright, clockwise positive.
crop | % | fact | | | Share of the file's picture that is the membrane.
colour | | worry | warnings | colour | 1 where the mean of colour channels was measured.
film | | worry | warnings | film | 1 where the picture looks like a scan of film.
repeat | blocks | worry | warnings | | Textured blocks that occur twice, pixel for pixel.
step | px | worry | warnings | | Column at which brightness jumps through the full height.
noise_step | px | worry | warnings | | Column from which on the noise is another.
flat | % | worry | warnings | | Share of the picture in patches of one value without any noise.
same_picture | | worry | | | 1 where an earlier image of the run shows the same picture; the run warns of it.
noise | AU | fact | | | Standard deviation of a pixel by chance on bare membrane.
lod | AU px | fact | | | Limit of detection, median of the image's bands.
loq | AU px | fact | | | Limit of quantification, median of the image's bands.
lanes | | fact | pictures | | Number of lanes, where it is from, and how sure they are.
turn | degree | fact | | | Turn clockwise by which the ladder brought the membrane upright.
shift | px | fact | | | How far to the right of those of the membrane's first image its lanes lie.
drop | px | fact | | | How far below those of the membrane's first image its rows lie.
scale | | fact | | | How many times as large as the membrane's first image it shows the membrane.
target_row | | fact | pictures | | Row that was taken for the target, and why; blank: the whole lane.
window | fold | fact | | | Mean maximum over mean minimum control, or the inverse where the signal falls with activity.
z_prime | | fact | | | Z′ of the controls: 1 − 3 (sum of their SDs) / distance of their means.
reference | | worry | | | Blank; the target has no maximum control and no reference, so ratios and groups without folds.
replicates_for_fold_* | replicates | fact | | | Replicates that show this fold with 80 % power; blank above 30.
"""


def _measure(line: str) -> Measure:
    name, unit, tone, shown, flags, meaning = (part.strip() for part in line.split("|"))
    return Measure(name, unit, meaning, cast(Tone, tone), cast(Shown, shown), decode(flags))


MEASURES: dict[str, Measure] = {measure.name: measure for measure in map(_measure, _MEASURES.strip().splitlines())}
"""The measures of the quality table, those of pictures first."""


class Finding(NamedTuple):
    """One row of the quality table, before its unit is added.

    Parameters
    ----------
    scope, name : str
        What it is of (image, membrane, plate, replicate, target or study), and which one.
    measure : str
        Key of `MEASURES`.
    value : float
        The figure, in the measure's unit; NaN where there is none.
    note : str
        What it says, in words.
    tone : str
        Its tone, where it is not the measure's.
    """

    scope: str
    name: str
    measure: str
    value: float = np.nan
    note: str = ""
    tone: Tone | Literal[""] = ""


def measure_of(name: str) -> Measure:
    """Return what is known of a measure.

    Raises
    ------
    KeyError
        It is none of `MEASURES`.

    Examples
    --------
    >>> measure_of("tilt").unit, measure_of("replicates_for_fold_0.5").unit
    ('degree', 'replicates')
    """
    if name in MEASURES:
        return MEASURES[name]
    starred = [key for key in MEASURES if key.endswith("*") and name.startswith(key.removesuffix("*"))]
    return MEASURES[starred[0] if starred else name]


def quality_table(findings: Iterable[Finding]) -> pd.DataFrame:
    """Make the quality table of some findings.

    Raises
    ------
    KeyError
        A measure is none of `MEASURES`.
    """
    rows = list(findings)
    if not rows:
        return empty("quality")
    kinds = [measure_of(row.measure) for row in rows]
    return check(
        pd.DataFrame(
            {
                **{name: [getattr(row, name) for row in rows] for name in ("scope", "name", "measure", "note")},
                "value": np.array([row.value for row in rows], dtype=np.float64),
                "unit": [kind.unit for kind in kinds],
                "tone": [row.tone or kind.tone for row, kind in zip(rows, kinds, strict=True)],
            }
        ),
        "quality",
    )
