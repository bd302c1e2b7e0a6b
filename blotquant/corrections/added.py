"""Lanes and bands that a person adds: what the tables need to know of them, taken from their neighbours.

All here is in the upright picture.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd

from ..blot import FloatArray
from ..conditions import complete
from ..flags import Flag, encode
from ..geometry import curve_text, evaluate_curve, parse_curve
from .boxes import Box, moved

__all__ = ["lean_at", "new_band", "new_lane", "new_lane_bands"]

_REACH = 6.0  # height of a band's box in half thicknesses, as finding makes it
_EDITED = encode(Flag.EDITED)


def lean_at(points: FloatArray, row: float) -> float:
    """Slope of a lane's centre line, given by its points, at a row [px/px]; 0 without points."""
    if not len(points):
        return 0.0
    above, below = evaluate_curve(points[:, 0], points[:, 1], [row - 5.0, row + 5.0])
    return round(float(below - above) / 10.0, 4)


def _blank_band(image: str, lane: int, band: str, box: Box) -> dict[str, Any]:
    row = complete(pd.DataFrame([{"image": image, "lane": lane, "band": band, **box}]), "bands").iloc[0].to_dict()
    return {str(name): value for name, value in row.items()} | {"detected": False, "flags": _EDITED}


def new_band(image: str, lane: int, band: str, box: Box, lanes: pd.DataFrame) -> dict[str, Any]:
    """Describe a band that fills a box; its lean is that of its lane there."""
    mine = lanes[lanes["lane"] == lane]
    row, col = (box["top"] + box["bottom"]) / 2 - 0.5, (box["left"] + box["right"]) / 2 - 0.5
    across = np.array([box["left"], col, box["right"]])
    return _blank_band(image, lane, band, box) | {
        "centre_row": round(row, 2),
        "centre_col": round(col, 2),
        "curve": curve_text([row] * 3, across),
        "lean": lean_at(parse_curve(str(mine["curve"].iloc[0])) if len(mine) else np.empty((0, 2)), row),
        "sigma": round(max(0.5, (box["bottom"] - box["top"]) / _REACH), 2),
    }


def new_lane(image: str, lane: int, box: Box, lanes: pd.DataFrame) -> dict[str, Any]:
    """Describe a lane that fills a box; its line runs as that of the nearest lane does."""
    col = (box["left"] + box["right"]) / 2 - 0.5
    known = {"image": image, "lane": lane, "confidence": 1.0, "reason": "added by hand", "flags": _EDITED, **box}
    if lanes.empty:
        rows = [box["top"], box["bottom"] - 1.0]
        return known | {"centre": col, "width": box["right"] - box["left"], "tilt": 0.0,
                        "curve": curve_text(rows, [col, col])}  # fmt: skip
    near = lanes.iloc[int(np.argmin(np.abs(lanes["centre"].to_numpy(float) - col)))].to_dict()
    sideways = {**box, "top": float(near["top"]), "bottom": float(near["bottom"])}
    old = {edge: float(near[edge]) for edge in ("top", "bottom", "left", "right")}
    return moved({str(name): value for name, value in near.items()}, old, sideways) | known


def new_lane_bands(image: str, lane: int, box: Box, bands: pd.DataFrame) -> list[dict[str, Any]]:
    """Expect every row of an image in a new lane: placed between the row's bands in the lanes beside it."""
    col = (box["left"] + box["right"]) / 2 - 0.5
    found = []
    for band, rows in bands.groupby("band", sort=True):
        beside = rows.sort_values("centre_col")
        near = beside.iloc[int(np.argmin(np.abs(beside["centre_col"].to_numpy(float) - col)))].to_dict()
        row = float(np.interp(col, beside["centre_col"], beside["centre_row"]))
        half = (float(near["bottom"]) - float(near["top"])) / 2
        tall = {"top": round(row - half + 0.5), "bottom": round(row + half + 0.5)} if band != "lane" else box
        old = {edge: float(near[edge]) for edge in ("top", "bottom", "left", "right")}
        new = {**old, **{"left": box["left"], "right": box["right"]}, "top": tall["top"], "bottom": tall["bottom"]}
        followed = moved({str(name): value for name, value in near.items()}, old, new)
        geometry = {name: followed[name] for name in ("centre_row", "centre_col", "curve", "lean", "sigma")}
        found.append(_blank_band(image, lane, str(band), new) | geometry)
    return found
