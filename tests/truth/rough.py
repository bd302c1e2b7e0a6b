"""Rough membranes: clouds of 50 to 150 px and lumpy smears along the lanes, laid over clean drawn blots.

The levels' backgrounds are smooth over many band thicknesses; real membranes often are not, and what is taken for a
band's wing there may be a cloud. ``python -m tests.truth.rough`` prints what is reached.
"""

from __future__ import annotations

import argparse
import dataclasses
from collections.abc import Collection

import numpy as np
import pandas as pd
from scipy.ndimage import gaussian_filter, gaussian_filter1d
from scipy.special import erf

from blotquant.blot import FloatArray
from blotquant.synthetic import FAMILIES, Drawn, draw_level
from tests.truth.budget import measure
from tests.truth.scoring import Score, hold_against_truth, summarise

__all__ = ["draw_rough", "rough"]

_CLOUDS = ((50.0, 0.10), (22.0, 0.04))  # size [px] and share of the membrane's light
_SMEAR = 0.15  # light of a lane's smear over the membrane's
_COMMON, _OWN = (40.0, 0.4), (25.0, 0.25)  # lumps that lanes share, and a lane's own: size [px], ln height
_SOFT = 5.0  # edges of smears [px]


def _waves(values: FloatArray, size: float) -> FloatArray:
    """Smooth noise of standard deviation 1 along the first axis."""
    smooth = np.asarray(gaussian_filter1d(values, size, axis=0, mode="wrap"))
    return np.asarray(smooth / smooth.std(axis=0))


def draw_rough(family: str, seed: int) -> Drawn:
    """Draw a clean blot of ten lanes on a rough membrane; its truth stays what it was."""
    drawn = draw_level("clean", seed=seed, family=family, n_lanes=10)
    rng = np.random.default_rng([20261126, seed])
    rows, cols = drawn.blot.shape
    base = float(np.median(drawn.blot.pixels))
    light = np.zeros((rows, cols))
    for size, share in _CLOUDS:
        cloud = gaussian_filter(rng.standard_normal((rows, cols)), size, mode="wrap")
        light += share * base * cloud / cloud.std()
    boxes = drawn.places().groupby("lane")[["left", "right"]].median()
    common = _waves(rng.standard_normal(rows), _COMMON[0])
    for left, right in boxes.to_numpy(float):
        along = np.exp(_COMMON[1] * common + _OWN[1] * _waves(rng.standard_normal(rows), _OWN[0]))
        across = (erf((np.arange(cols) - left - 3) / _SOFT) - erf((np.arange(cols) - right + 3) / _SOFT)) / 2
        light += _SMEAR * base * rng.lognormal(0, 0.25) * along[:, None] * across
    return dataclasses.replace(drawn, blot=dataclasses.replace(drawn.blot, pixels=drawn.blot.pixels + light))


def rough(seeds: range, families: Collection[str] = tuple(FAMILIES)) -> pd.DataFrame:
    """Measure rough membranes of families of band shapes without help.

    Returns
    -------
    DataFrame
        One row a family, with the columns of the error budget.
    """
    rows = []
    for family in families:
        scores: list[Score] = []
        for seed in seeds:
            drawn = draw_rough(family, seed)
            bands, lanes, seconds = measure(drawn)
            scores.append(hold_against_truth(drawn, bands, lanes=lanes, seconds=seconds))
        rows.append({"family": family, "pictures": len(scores), **summarise(scores)})
    return pd.DataFrame(rows)


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m tests.truth.rough", description="Error budget of rough membranes.")
    parser.add_argument("pictures", type=int, nargs="?", default=14, help="pictures a family of shapes")
    parser.add_argument("--first", type=int, default=1000, help="first seed")
    options = parser.parse_args()
    table = rough(range(options.first, options.first + options.pictures))
    print(table.round(3).to_string(index=False))


if __name__ == "__main__":
    main()
