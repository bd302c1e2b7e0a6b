"""Which images are exposures of one another, which of them stands for all, and what merging adds to errors."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd

from ..blot import FloatArray
from ..calibration import Merged
from ..tables import check

__all__ = ["group_exposures", "note_merged", "widened"]

_SAME = ["membrane", "target", "form", "site", "channel", "region"]


def group_exposures(images: pd.DataFrame, how: str) -> tuple[pd.DataFrame, dict[str, pd.DataFrame]]:
    """Find images that differ in their exposure only.

    Parameters
    ----------
    images : DataFrame
        The study's images.
    how : {"merge", "best"}
        ``best`` leaves every exposure as it is, for matching to choose from.

    Returns
    -------
    images : DataFrame
        One row for each group: that of its longest exposure. Pictures whose signal is dark are films or
        scans, whose counts do not grow with time: they are left as they are.
    exposures : dict of str to DataFrame
        Rows of each group that is merged, by the image that stands for it.
    """
    if how != "merge":
        return images, {}
    kept, groups = [], {}
    for _, rows in images.groupby(_SAME, sort=False):
        timed = rows[rows["exposure_s"].notna() & (rows["polarity"] != "dark")]
        if timed["exposure_s"].nunique() < 2:
            kept.append(rows)
            continue
        longest = timed.loc[[timed["exposure_s"].idxmax()]]
        groups[str(longest["image"].iloc[0])] = timed
        kept.append(longest)
        kept.append(rows.drop(timed.index))
    return pd.concat(kept).sort_index().reset_index(drop=True), groups


def note_merged(images: pd.DataFrame, merged: Mapping[str, Sequence[str]]) -> pd.DataFrame:
    """Note from which exposures an image was merged, once it is known which of them could be.

    Parameters
    ----------
    images : DataFrame
        The study's images, one row for each group of exposures.
    merged : Mapping of str to sequence of str
        For each image that stands for a group: the exposures that it holds.
    """
    told = {image: f"merged from {', '.join(names)}" for image, names in merged.items() if len(names) > 1}
    notes = zip(images["image"], images["note"], strict=True)
    return images.assign(note=[told.get(image, note) for image, note in notes])


def _shares(bands: pd.DataFrame, merged: Merged) -> FloatArray:
    """Tell how well the scale of each band's light is known, as a share, shape (B,)."""
    blot, (rows, cols) = merged.blot, merged.blot.shape
    light = np.clip(blot.pixels - blot.middle, 0.0, None)
    limits = [
        np.clip(np.nan_to_num(bands[edge].to_numpy(np.float64)), 0, most).astype(int)
        for edge, most in (("top", rows), ("bottom", rows), ("left", cols), ("right", cols))
    ]
    shares = np.zeros(len(bands))
    for place, (top, bottom, left, right) in enumerate(zip(*limits, strict=True)):
        here = light[top:bottom, left:right]
        unsure = float((here * merged.doubt[top:bottom, left:right]).sum())
        shares[place] = unsure / float(here.sum()) if unsure > 0 else 0.0
    return shares


def widened(bands: pd.DataFrame, merged: Mapping[str, Merged]) -> pd.DataFrame:
    """Add to the errors of bands of merged exposures how well the factors between these are known.

    Parameters
    ----------
    bands : DataFrame
        Integrated bands [px of the file as given].
    merged : Mapping of str to Merged
        What each merged image was made of.
    """
    if not merged or bands.empty:
        return bands
    error = bands["volume_se"].to_numpy(np.float64).copy()
    for image, each in merged.items():
        mine = (bands["image"] == image).to_numpy()
        error[mine] = np.hypot(error[mine], _shares(bands[mine], each) * bands.loc[mine, "volume"].to_numpy(np.float64))
    return check(bands.assign(volume_se=error, snr=bands["volume"] / error), "bands")
