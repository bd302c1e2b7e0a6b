"""Phospho and total pictures of one drawn membrane, the second shifted by up to half a lane and scaled by up to 2 %."""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass

import cv2
import numpy as np

from blotquant.blot import Blot, FloatArray
from blotquant.synthetic import Layout, draw, draw_level

SHAPE = (300, 640)


@dataclass(frozen=True)
class Pair:
    """Two pictures of one membrane, and where each lane truly lies in each of them [px]."""

    total: Blot
    phospho: Blot
    centres: dict[str, FloatArray]
    pitch: float


def draw_pair(number: int, *, most_shift: float = 0.5, most_scale: float = 0.02) -> Pair:
    """Draw the number's pair; phospho falls along the lanes as under an inhibitor, some of its bands are gone.

    Parameters
    ----------
    number : int
        Seed.
    most_shift : float
        Largest shift across the lanes, as a share of their pitch.
    most_scale : float
        Largest change of size.
    """
    rng = np.random.default_rng([31, number])
    lanes = int(rng.integers(6, 15))
    level = str(rng.choice(["clean", "typical"]))
    bands = draw_level(level, seed=number, n_lanes=lanes, n_rows=2, shape=SHAPE).bands
    lying = {"tilt": float(rng.uniform(-1, 1)), "smile": float(rng.uniform(-6, 6))}
    layout = Layout(n_lanes=lanes, margin=0.12, filling=float(rng.uniform(0.6, 0.92)), **lying)
    table = bands[["lane", "band", "volume", "row", "sigma"]].copy()
    table["row"] = np.where(table["band"].astype(int) == 1, 110.0, 190.0)
    table["volume"] = 10 ** rng.uniform(5.5, 6.0, len(table))
    total = draw(table, layout=layout, shape=SHAPE, seed=number, name="total.tif")
    share = 1.0 / (1.0 + (10.0 ** rng.uniform(-1, 2) * np.arange(lanes) / lanes) ** 1.5)
    lower = table.assign(volume=table["volume"] * share[table["lane"].to_numpy() - 1])
    phospho = draw(lower, layout=layout, shape=SHAPE, seed=number, image_seed=number + 1000, name="phospho.tif")
    centres = total.lanes.sort_values("lane")["centre"].to_numpy()
    pitch = float(np.median(np.diff(centres)))
    shift, scale = float(rng.uniform(-1, 1)) * most_shift * pitch, 1.0 + float(rng.uniform(-1, 1)) * most_scale
    middle = (SHAPE[1] - 1) / 2.0
    move = np.array([[scale, 0.0, middle * (1 - scale) + shift], [0.0, scale, SHAPE[0] / 2.0 * (1 - scale)]])
    size = (SHAPE[1], SHAPE[0])
    moved = cv2.warpAffine(phospho.blot.pixels, move, size, flags=cv2.INTER_LINEAR, borderMode=cv2.BORDER_REFLECT)
    truth = {"total.tif": centres, "phospho.tif": middle + scale * (centres - middle) + shift}
    return Pair(total.blot, dataclasses.replace(phospho.blot, pixels=moved), truth, pitch)
