"""The measured signal of one image or one membrane, lane by lane."""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np
import pandas as pd

from ..flags import Flag, has_flag, merge

__all__ = ["SIGNAL", "choose_exposures", "read_signal"]

SIGNAL = {
    "volume": float,
    "se": float,
    "loq": float,
    "detected": bool,
    "saturated": bool,
    "loading_saturated": bool,
    "loading_lost": bool,
    "flags": object,
}
"""Columns of a signal and their types; indexed by lane.

Volume, its error and its limit of quantification [AU px]. The true volume is larger where the band is ``saturated``,
smaller where the loading that divided it is (``loading_saturated``). Where the loading is not known (``loading_lost``)
the volume is the least that it can be.
"""


def _is_saturated(flags: pd.Series[str]) -> pd.Series[bool]:
    return has_flag(flags, Flag.SATURATED)


def read_signal(bands: pd.DataFrame, image: str, target: str, lanes: Iterable[int]) -> pd.DataFrame:
    """Take the target's bands of one image, one row a lane; a lane without a band is NaN and not detected.

    A target that runs as two forms has two bands in a lane; their sum is its signal.
    """
    mine = bands[(bands["image"] == image) & (bands["target"] == target)]
    forms = mine.assign(variance=mine["volume_se"] ** 2, limit=mine["loq"] ** 2).groupby("lane")
    lane = pd.Index(list(lanes), name="lane")
    summed = forms[["volume", "variance", "limit"]].sum(min_count=1).reindex(lane).astype(np.float64)
    flags = forms["flags"].agg(merge).reindex(lane).fillna("").astype(object)
    return pd.DataFrame(
        {
            "volume": summed["volume"],
            "se": np.sqrt(summed["variance"]),
            "loq": np.sqrt(summed["limit"]),
            "detected": forms["detected"].any().reindex(lane, fill_value=False).astype(bool),
            "saturated": _is_saturated(flags),
            "loading_saturated": False,
            "loading_lost": False,
            "flags": flags,
        }
    )


def choose_exposures(bands: pd.DataFrame, images: pd.DataFrame) -> pd.DataFrame:
    """Keep one image of each membrane, target, form and site: the longest exposure without a saturated target band.

    Where all are saturated the shortest is kept; images without an exposure keep their order.
    """
    kept = []
    for _, rows in images.groupby(["membrane", "target", "form", "site"], sort=False):
        ordered = rows.sort_values("exposure_s", ascending=False, kind="stable")
        burnt = [
            bool(_is_saturated(bands.loc[(bands["image"] == image) & (bands["target"] == target), "flags"]).any())
            for image, target in zip(ordered["image"], ordered["target"], strict=True)
        ]
        place = burnt.index(False) if False in burnt else len(burnt) - 1
        kept.append(ordered.index[place])
    return images.loc[sorted(kept)]
