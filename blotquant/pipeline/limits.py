"""How noisy each image is, and how little of a band can be told in it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np
import pandas as pd

from ..blot import Blot
from ..noise import estimate_noise
from ..tables import Finding, quality_table

__all__ = ["limits_of_images"]

_LIMITS = {"lod": "limit of detection", "loq": "limit of quantification"}


def _findings(blot: Blot, bands: pd.DataFrame) -> Iterator[Finding]:
    model = estimate_noise(blot)
    note = f"on bare membrane; each count of light adds {model.gain:.3g} to the variance"
    yield Finding("image", blot.name, "noise", model.read_sd, note)
    for name, words in _LIMITS.items():
        known = bands[name].to_numpy(dtype=np.float64)
        known = known[np.isfinite(known)]
        if len(known):
            note = f"{words}, median of {len(known)} bands; bands.csv has that of each"
            yield Finding("image", blot.name, name, float(np.median(known)), note)


def limits_of_images(blots: Sequence[Blot], bands: pd.DataFrame) -> pd.DataFrame:
    """Tell noise and limits of the images of a membrane.

    Parameters
    ----------
    blots : sequence of Blot
        The images, upright.
    bands : DataFrame
        Their bands, measured.

    Returns
    -------
    DataFrame
        Quality table: ``noise`` [AU], ``lod`` and ``loq`` [AU px] of each image.
    """
    return quality_table(finding for blot in blots for finding in _findings(blot, bands[bands["image"] == blot.name]))
