"""Pictures that are cut close to their bands: little is left in which the background can be seen."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd

from ..blot import Blot
from ..flags import Flag, add_flag

__all__ = ["covered_share", "flag_tight_crops"]

_TIGHT = 0.65  # share of its lanes that bands cover from which a picture is cut too close


def covered_share(blot: Blot, bands: pd.DataFrame) -> float:
    """Share of the length of a picture's lanes that bands cover, in the usual lane.

    Parameters
    ----------
    blot : Blot
        The upright picture.
    bands : DataFrame
        Its bands [px of the file as given].
    """
    turned = blot.frame.turns % 2 == 1
    first, last = ("left", "right") if turned else ("top", "bottom")
    length, shares = blot.frame.cols if turned else blot.frame.rows, []
    lanes, starts, ends = (bands[name].to_numpy() for name in ("lane", first, last))
    for lane in np.unique(lanes):
        taken, mine = np.zeros(length, dtype=bool), lanes == lane
        for start, end in zip(starts[mine].tolist(), ends[mine].tolist(), strict=True):
            taken[int(max(start, 0)) : int(max(end, 0))] = True
        shares.append(float(np.count_nonzero(taken)) / blot.shape[0])
    return float(np.median(shares)) if shares else 0.0


def flag_tight_crops(bands: pd.DataFrame, blots: Sequence[Blot]) -> pd.DataFrame:
    """Flag the bands of pictures that hold little besides bands; whole lanes of a stain are left out."""
    one = (bands["band"] != "lane").to_numpy()
    where = np.zeros(len(bands), dtype=bool)
    for blot in blots:
        mine = one & (bands["image"] == blot.name).to_numpy()
        where |= mine & (covered_share(blot, bands[mine]) > _TIGHT)
    return bands.assign(flags=add_flag(bands["flags"], where, Flag.TIGHT_CROP))
