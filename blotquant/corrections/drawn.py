"""Corrections from boxes drawn in ImageJ: each box is a band that moved, or a new one."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd

from ..blot import Frame
from ..errors import TableError
from ..geometry import to_upright
from ..rois import band_of_name
from ..tables import check, empty
from .boxes import box_of, box_text, same_box

__all__ = ["corrections_from_rois"]

_MINE = 0.5  # share of the height that two boxes must have in common to be of one row


def _overlap(low: Any, high: Any, box: Mapping[str, float], edges: tuple[str, str]) -> Any:
    """Length that intervals have in common with a box along one axis [px]; negative where they are apart."""
    return np.minimum(high, box[edges[1]]) - np.maximum(low, box[edges[0]])


def _lane_of(box: Mapping[str, float], lanes: pd.DataFrame) -> int | None:
    """Find the lane that has most of a box."""
    if lanes.empty:
        return None
    common = _overlap(lanes["left"].to_numpy(float), lanes["right"].to_numpy(float), box, ("left", "right"))
    best = int(np.argmax(common))
    return int(lanes["lane"].iloc[best]) if common[best] > 0 else None


def _row_of(box: Mapping[str, float], lane: int, bands: pd.DataFrame) -> str:
    """Find the row of a box by its height: that of the nearest lane that has one there, else a new number."""
    numbered = bands[bands["band"].str.isdigit()]
    common = _overlap(numbered["top"].to_numpy(float), numbered["bottom"].to_numpy(float), box, ("top", "bottom"))
    least = np.minimum((numbered["bottom"] - numbered["top"]).to_numpy(float), box["bottom"] - box["top"])
    near = numbered[common > _MINE * least]
    if near.empty:
        return str(int(numbered["band"].astype(int).max()) + 1 if len(numbered) else 1)
    distance = (near["lane"] - lane).abs()
    middle = ((near["top"] + near["bottom"]) - box["top"] - box["bottom"]).abs()
    return str(near.loc[pd.DataFrame({"lane": distance, "row": middle}).sort_values(["lane", "row"]).index[0], "band"])


def _named(name: str, box: Mapping[str, float], lanes: pd.DataFrame, bands: pd.DataFrame) -> tuple[int, str]:
    """Tell lane and row of a box: from its name, else from where it lies."""
    told = band_of_name(name)
    if told is not None:
        return told
    lane = _lane_of(box, lanes)
    if lane is None:
        raise TableError(f"ROI {name!r} lies on no lane; add the lane first, or name the ROI 'lane 3 band 2'")
    return lane, _row_of(box, lane, bands)


def corrections_from_rois(
    rois: pd.DataFrame, image: str, lanes: pd.DataFrame, bands: pd.DataFrame, frame: Frame, *, who: str
) -> pd.DataFrame:
    """Turn boxes drawn in ImageJ into edits of one image; bands without a box stay as they are.

    Parameters
    ----------
    rois : DataFrame
        Boxes, as `blotquant.rois.read_rois` gives them [px of the file as given].
    image : str
        Id of the image on which they were drawn.
    lanes, bands : DataFrame
        Tables of the result [px of the files as given].
    frame : Frame
        How the image lies in its file: quarter turns and mirror.
    who : str
        Whom the record names.

    Returns
    -------
    DataFrame
        Edits as `read_corrections` gives them: boxes that are another, and new ones.

    Raises
    ------
    TableError
        A box lies on no lane.
    """
    mine = bands[bands["image"] == image].reset_index(drop=True)
    upright = [to_upright(table, frame) for table in (lanes[lanes["image"] == image], mine, rois.assign(curve=""))]
    edits = []
    for place, row in rois.reset_index(drop=True).iterrows():
        lane, band = _named(str(row["name"]), box_of(upright[2].iloc[int(str(place))]), upright[0], upright[1])
        known = mine[(mine["lane"] == lane) & (mine["band"] == band)]
        old = box_of(known.iloc[0]) if len(known) else None
        if old is not None and same_box(old, box_of(row)):
            continue
        action, before = ("move", box_text(old)) if old is not None else ("add", "")
        why = f"drawn in ImageJ as {row['name']}"
        edits.append({"image": image, "what": "band", "lane": lane, "band": band, "action": action, "old": before,
                      "new": box_text(box_of(row)), "who": who, "when": "", "why": why})  # fmt: skip
    return check(pd.DataFrame(edits), "corrections") if edits else empty("corrections")
