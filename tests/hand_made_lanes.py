"""Bands tables made by hand, and small pictures whose bands are Gaussian along the run and flat across the lane."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt
import pandas as pd
from scipy.special import erf

from blotquant.blot import Blot
from blotquant.integration.strips import Places, Strips, cut_strips

Row = tuple[int, str, float, float]
"""Lane, band, centre row and centre column."""

LEANING: list[Row] = [(1, "a", 40.0, 30.0), (1, "b", 52.0, 31.2), (1, "c", 90.0, 35.0), (2, "b", 55.0, 71.3)]
"""A leaning lane of three bands, two of them close, and a lane of one."""


def bands_table(
    rows: Sequence[Row],
    *,
    sigma: float | Sequence[float] = 1.75,
    half: float = 12.0,
    lean: float | Sequence[float] = 0.0,
    curve: str = "",
) -> pd.DataFrame:
    """Give bands boxes that reach three sigmas along the run and `half` across the lane."""
    table = pd.DataFrame(rows, columns=["lane", "band", "centre_row", "centre_col"])
    table = table.assign(sigma=sigma, lean=lean, curve=curve)
    return table.assign(
        top=table["centre_row"] - 3 * table["sigma"],
        bottom=table["centre_row"] + 3 * table["sigma"],
        left=table["centre_col"] - half,
        right=table["centre_col"] + half + 1,
    )


def drawn_picture(
    bands: pd.DataFrame, heights: Sequence[float], shape: tuple[int, int], half: float = 12.0
) -> npt.NDArray[np.float64]:
    """Draw bands without a membrane: Gaussian along the run, flat with ends 2 px soft across the lane."""
    rows, cols = np.arange(shape[0])[:, None], np.arange(shape[1])
    picture = np.zeros(shape)
    for band, height in zip(bands.itertuples(), heights, strict=True):
        off = cols - band.centre_col
        across = (erf((off + half) / np.sqrt(8.0)) - erf((off - half) / np.sqrt(8.0))) / 2
        picture += height * np.exp(-(((rows - band.centre_row) / band.sigma) ** 2) / 2) * across
    return picture


def leaning_lanes() -> tuple[Strips, Places]:
    """Cut the lanes of `LEANING` out of a picture of noise."""
    blot = Blot("leaning", np.random.default_rng(3).normal(500.0, 5.0, (120, 104)), bright=True)
    return cut_strips(blot, bands_table(LEANING, lean=[0.1, 0.1, 0.1, 0.04]))
