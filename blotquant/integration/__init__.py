"""integrate(): bands with volumes, their errors, limits of detection and doubts."""

from __future__ import annotations

import numpy as np
import pandas as pd

from ..background import Places, estimate_background
from ..blot import Blot, FloatArray
from ..errors import BlotquantError
from ..flags import Flag, add_flag
from ..geometry import to_file, to_upright
from ..tables import check
from .boxes import box_sums, integrate_box

__all__ = ["integrate", "integrate_box"]


def integrate(blot: Blot, bands: pd.DataFrame, *, background: str = "joint", doublets: str = "sum") -> pd.DataFrame:
    """Measure the volume of every band of a blot.

    Parameters
    ----------
    blot : Blot
        An upright picture with bright bands, as `orient` returns it.
    bands : DataFrame
        Bands table; the rows of this image are measured [px of the file as given].
    background : str
        ``joint`` fits band and background together; else a key of ``BACKGROUNDS``.
    doublets : {"sum", "split"}
        What a band stands for whose two parts overlap closely.

    Returns
    -------
    DataFrame
        Bands table with ``raw``, ``background``, ``volume``, ``volume_se`` and the other measured columns filled.

    Raises
    ------
    BlotquantError
        The blot is not upright with bright bands.
    SettingsError
        The background is unknown.
    """
    if blot.bright is not True:
        raise BlotquantError(f"{blot.name}: bring the blot upright with `orient` before integrating it")
    mine = bands[bands["image"] == blot.name]
    method = "plane" if background == "joint" else background
    places = Places.of(to_upright(mine, blot.frame), blot.shape)
    surface = estimate_background(blot, mine, method=method)
    out = to_upright(mine, blot.frame).assign(**_measure(blot, places, surface))
    out["flags"] = add_flag(out["flags"], out["volume"] < 0, Flag.NEGATIVE)
    return check(to_file(out, blot.frame), "bands")


def _measure(blot: Blot, places: Places, surface: FloatArray) -> dict[str, FloatArray]:
    raw, under = box_sums(blot.pixels, places), box_sums(surface, places)
    size = box_sums(np.ones(places.shape), places)
    difference = np.diff(blot.pixels, axis=1)
    noise = float(np.median(np.abs(difference))) / 0.6745 / np.sqrt(2.0)
    error = np.maximum(noise, 1e-12) * np.sqrt(2.0 * size)
    volume = raw - under
    height = np.array([float(np.max((blot.pixels - surface)[places.box(i)])) for i in range(len(places))])
    saturated = np.array(
        [np.count_nonzero(blot.pixels[places.box(i)] >= (blot.ceiling or np.inf)) for i in range(len(places))]
    )
    return {
        "raw": raw,
        "background": under,
        "volume": volume,
        "volume_se": error,
        "snr": volume / error,
        "height": height,
        "lod": 3.3 * error,
        "loq": 10.0 * error,
        "saturated": saturated,
        "rejected": np.zeros(len(places)),
        "detected": volume > 3.3 * error,
    }
