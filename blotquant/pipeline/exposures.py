"""Which images are exposures of one another, and which of them stands for all."""

from __future__ import annotations

import pandas as pd

__all__ = ["group_exposures"]

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
        One row for each group: that of its longest exposure, with a note. Pictures whose signal is dark are films or
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
        names = ", ".join(timed["image"])
        kept.append(longest.assign(note=f"merged from {names}"))
        kept.append(rows.drop(timed.index))
    return pd.concat(kept).sort_index().reset_index(drop=True), groups
