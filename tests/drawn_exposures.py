"""Exposures of one drawn membrane that was moved between them, and how far off the measured volumes are."""

from __future__ import annotations

import dataclasses

import numpy as np
import pandas as pd

from blotquant.bands import find_bands
from blotquant.blot import Blot
from blotquant.calibration import Merged
from blotquant.integration import integrate
from blotquant.lanes import find_lanes
from blotquant.orientation import orient
from blotquant.pipeline.exposures import widened
from blotquant.synthetic import Camera, Layout, Membrane, draw
from blotquant.synthetic.drawing import Drawn

SHAPE, ROWS, ROOM = (260, 520), (80.0, 180.0), 40
ACTIVITY = np.array([1.0, 0.95, 0.8, 0.55, 0.3, 0.12])
_CAMERA = Camera(gain=0.2, read_noise=4.0)
_MEMBRANE = Membrane(unevenness=0.06, gradient=0.08, haze=0.02, bleed=0.01, dust=3)


def draw_exposure(seed: int, light: float, *, noise: int, down: float = 0.0, right: float = 0.0) -> Drawn:
    """Draw a row that a long exposure clips in its strong lanes, and a fainter one below it.

    The membrane and all that lies on it is moved: whole pixels by what part of it the picture shows.
    """
    lane, activity = np.arange(1, 7), np.random.default_rng([seed, 5]).permutation(ACTIVITY)
    bands = [
        pd.DataFrame({"lane": lane, "band": band, "volume": volume, "row": row + ROOM, "sigma": 3.3})
        for band, volume, row in zip("12", (1.5e6 * activity, np.full(6, 2e5)), ROWS, strict=True)
    ]
    whole = (round(down), round(right))
    drawn = draw(
        pd.concat(bands, ignore_index=True),
        layout=Layout(n_lanes=6, margin=0.12, filling=0.66, smile=3.0, down=down - whole[0], right=right - whole[1]),
        membrane=_MEMBRANE,
        camera=dataclasses.replace(_CAMERA, exposure=light),
        shape=(SHAPE[0] + 2 * ROOM, SHAPE[1] + 2 * ROOM),
        seed=seed,
        image_seed=seed + 1000,
        noise_seed=10 * seed + noise,
        name=f"{light:g}",
    )
    top, left = ROOM - whole[0], ROOM - whole[1]
    pixels = drawn.blot.pixels[top : top + SHAPE[0], left : left + SHAPE[1]]
    return dataclasses.replace(drawn, blot=Blot(drawn.blot.name, pixels, bright=True, ceiling=drawn.blot.ceiling))


def measure_merged(merged: Merged, truth: pd.DataFrame) -> pd.DataFrame:
    """Measure the merged picture as the pipeline does, beside the true volumes: relative error, and z."""
    blot = orient(merged.blot)
    bands = integrate(blot, find_bands(blot, find_lanes(blot, n_lanes=6)))
    bands = widened(bands, {blot.name: merged})
    both = bands.astype({"lane": int}).merge(truth.astype({"lane": int}), on=["lane", "band"], suffixes=("", "_true"))
    error = both["volume"] - both["volume_true"]
    return both.assign(off=error / both["volume_true"], z=error / both["volume_se"])
