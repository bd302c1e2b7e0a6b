"""Bands whose volume hangs on how the background is drawn: told where other backgrounds were tried as well."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pandas as pd

from ..flags import Flag, add_flag

__all__ = ["flag_unsure"]

_APART = 0.2  # share of a volume by which two other backgrounds differ from it
_FEWEST = 4  # bands of an image that tell how much less a background finds in all of them
_KEYS = ["image", "lane", "band"]


def _differences(bands: pd.DataFrame, other: pd.DataFrame, sure: pd.Series[bool]) -> pd.Series[float]:
    """How far each volume under another background lies from its own, as a share of it.

    What the background finds less in all bands of an image alike, such as their tails, is no difference.
    """
    theirs = other.set_index(_KEYS)["volume"].reindex(pd.MultiIndex.from_frame(bands[_KEYS])).to_numpy(np.float64)
    ratio = pd.Series(theirs, index=bands.index) / bands["volume"].where(sure)
    by_image = ratio.groupby(bands["image"])
    usual = by_image.transform("median").where(by_image.transform("count") >= _FEWEST, 1.0)
    return (ratio - usual).abs()


def flag_unsure(bands: pd.DataFrame, others: Mapping[str, pd.DataFrame]) -> pd.DataFrame:
    """Flag bands that two or more other backgrounds measure otherwise by more than a fifth.

    On drawn blots the errors of bands that are flagged so are about twice those of the rest. Bands below their limit of
    quantification are left out: noise alone moves them.

    Parameters
    ----------
    bands : DataFrame
        Bands table.
    others : mapping of str to DataFrame
        The same bands under other backgrounds; with fewer than two nothing is flagged.

    Returns
    -------
    DataFrame
        Bands table with flag ``background_unsure``.
    """
    if len(others) < 2 or bands.empty:
        return bands
    sure = bands["detected"].astype(bool) & (bands["volume"] > bands["loq"]) & (bands["band"] != "lane")
    apart = np.array([_differences(bands, other, sure) > _APART for other in others.values()])
    return bands.assign(flags=add_flag(bands["flags"], apart.sum(axis=0) >= 2, Flag.BACKGROUND_UNSURE))
