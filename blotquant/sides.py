"""Sides: a picture and its mirror image are looked at from one side, so that both are found and measured alike.

Searches and fits have ties to break, halves to round and blocks to lay from somewhere, each a matter of left and right.
Instead of a rule for each, the whole picture is mirrored where more of it is bright on the left, and what is found is
told as it lay.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import pandas as pd

from .blot import Blot, once_a_blot
from .calm import calmed, hand_on
from .geometry import turned

__all__ = ["by_lane", "from_behind", "mirrored", "mirrored_table"]


@once_a_blot
def _imbalance(blot: Blot) -> float:
    """How far what is brighter than the median lies to the right of the middle, whatever the gain and the offset."""
    cols = blot.shape[1]
    bright = np.count_nonzero(blot.pixels > blot.middle, axis=0)
    return float(bright @ (np.arange(cols) - (cols - 1) / 2))


def from_behind(blots: Sequence[Blot]) -> bool:
    """Tell whether upright pictures of one membrane are to be looked at mirrored: more is bright on the left.

    Parameters
    ----------
    blots : sequence of Blot
        Upright pictures, bright = protein.
    """
    return sum(map(_imbalance, blots)) < 0


@once_a_blot
def mirrored(blot: Blot) -> Blot:
    """Return an upright picture as it looks from behind; tables of it still speak of pixels of the file as given."""
    return hand_on(calmed(blot).mirrored(), turned(blot, 0, mirror=True))


def mirrored_table(table: pd.DataFrame, ends: int) -> pd.DataFrame:
    """Return a lanes or bands table, in pixels of the file, as of the picture from the other side; rows stay in order.

    Lanes count from the other end, and lean the other way; done twice, the table is as it was.

    Parameters
    ----------
    table : DataFrame
        Lanes or bands, one image after another.
    ends : int
        Numbers of the first and the last lane together.
    """
    changed: dict[str, Any] = {"lane": ends - table["lane"]}
    changed |= {name: 0.0 - table[name] for name in ("tilt", "lean") if name in table}
    if "band" in table:
        changed["curve"] = [" ".join(reversed(text.split())) for text in table["curve"].tolist()]
    return table.assign(**changed)


def by_lane(table: pd.DataFrame) -> pd.DataFrame:
    """Sort the rows of each image by lane; rows of a lane, and images, stay in order."""
    images = pd.factorize(table["image"])[0]
    return table.iloc[np.lexsort((np.arange(len(table)), table["lane"], images))].reset_index(drop=True)
