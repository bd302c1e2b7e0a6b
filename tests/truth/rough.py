"""Rough membranes: clouds of 50 to 150 px and lumpy smears or haze along the lanes, laid over clean drawn blots.

The levels' backgrounds are smooth over many band thicknesses; real membranes often are not, and what is taken for a
band's wing there may be a cloud, or faint proteins, crowded or one by one, which lanes share. ``python -m
tests.truth.rough`` prints what is reached.
"""

from __future__ import annotations

import argparse
import dataclasses
from collections.abc import Callable, Collection

import numpy as np
import pandas as pd
from scipy.ndimage import gaussian_filter, gaussian_filter1d
from scipy.special import erf

from blotquant.blot import FloatArray
from blotquant.synthetic import FAMILIES, Drawn, draw_level
from tests.truth.budget import measure
from tests.truth.scoring import Score, hold_against_truth, summarise

__all__ = ["GROUNDS", "draw_hazy", "draw_lumpy", "draw_rough", "rough"]

_CLOUDS = ((50.0, 0.10), (22.0, 0.04))  # size [px] and share of the membrane's light
_SMEAR = 0.15  # light of a lane's smear over the membrane's
_COMMON, _OWN = (40.0, 0.4), (25.0, 0.25)  # lumps that lanes share, and a lane's own: size [px], ln height
_SOFT = 5.0  # edges of smears and haze [px]
_CROWD = 0.05  # proteins of a row of pixels that are seen among many, as the shape of a gamma distribution
_BLUR = (27.0, 42.0)  # by so much they run into one another [px]
_SHARED = 0.7  # of a lane's haze is that of all lanes
_HAZE = 0.06  # mean light of the haze over that of the brightest band
_FAINT_PROTEINS, _WIDTHS = 0.06, (13.0, 38.0)  # in a row of pixels, and half thickness [px] …
_STRENGTH, _LUMPS = 0.7, 0.01  # … shape of the gamma distribution of their amounts, and mean light as above


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
    common = _waves(rng.standard_normal(rows), _COMMON[0])
    for across in _lanes(drawn):
        along = np.exp(_COMMON[1] * common + _OWN[1] * _waves(rng.standard_normal(rows), _OWN[0]))
        light += _SMEAR * base * rng.lognormal(0, 0.25) * along[:, None] * across
    return _with(drawn, light)


def _lanes(drawn: Drawn) -> list[FloatArray]:
    """Profile across the picture of each lane's haze, shape (W,)."""
    col = np.arange(drawn.blot.shape[1])
    boxes = drawn.places().groupby("lane")[["left", "right"]].median().to_numpy(float)
    return [(erf((col - left - 3) / _SOFT) - erf((col - right + 3) / _SOFT)) / 2 for left, right in boxes]


def _with(drawn: Drawn, light: FloatArray) -> Drawn:
    return dataclasses.replace(drawn, blot=dataclasses.replace(drawn.blot, pixels=drawn.blot.pixels + light))


def _under_haze(drawn: Drawn, rng: np.random.Generator, along_a_lane: Callable[[], FloatArray], mean: float) -> Drawn:
    """Lay haze of a mean light (over that of the brightest band) over a blot, most of it the same in all lanes."""
    common = along_a_lane()
    mean = mean * float(drawn.signal.max())
    light = np.zeros(drawn.blot.shape)
    for across in _lanes(drawn):
        along = _SHARED * common + (1 - _SHARED) * along_a_lane()
        light += mean * rng.lognormal(0, 0.25) * along[:, None] * across
    return _with(drawn, light)


def draw_hazy(family: str, seed: int) -> Drawn:
    """Draw a clean blot of ten lanes with the haze of crowded proteins, most of them in all lanes; truth stays."""
    drawn = draw_level("clean", seed=seed, family=family, n_lanes=10)
    rng = np.random.default_rng([20261127, seed])
    rows, blur = drawn.blot.shape[0], rng.uniform(*_BLUR)

    def crowd() -> FloatArray:
        smooth = np.asarray(gaussian_filter1d(rng.gamma(_CROWD, size=rows), blur, mode="wrap"))
        return np.asarray(smooth / smooth.mean())

    return _under_haze(drawn, rng, crowd, _HAZE)


def draw_lumpy(family: str, seed: int) -> Drawn:
    """Draw a clean blot of ten lanes with the haze of faint proteins, most of them in all lanes; truth stays."""
    drawn = draw_level("clean", seed=seed, family=family, n_lanes=10)
    rng = np.random.default_rng([20261128, seed])
    rows = np.arange(drawn.blot.shape[0])[:, None]

    def proteins() -> FloatArray:
        count = rng.poisson(_FAINT_PROTEINS * len(rows))
        place, width = rng.uniform(rows[0], rows[-1], count), np.exp(rng.uniform(*np.log(_WIDTHS), count))
        light = (rng.gamma(_STRENGTH, size=count) / width * np.exp(-(((rows - place) / width) ** 2) / 2)).sum(axis=1)
        return np.asarray(light / light.mean())

    return _under_haze(drawn, rng, proteins, _LUMPS)


GROUNDS: dict[str, Callable[[str, int], Drawn]] = {"rough": draw_rough, "hazy": draw_hazy, "lumpy": draw_lumpy}
"""What is laid over clean blots."""


def rough(seeds: range, families: Collection[str] = tuple(FAMILIES), ground: str = "rough") -> pd.DataFrame:
    """Measure rough, hazy or lumpy membranes of families of band shapes without help.

    Returns
    -------
    DataFrame
        One row a family, with the columns of the error budget.
    """
    rows = []
    for family in families:
        scores: list[Score] = []
        for seed in seeds:
            drawn = GROUNDS[ground](family, seed)
            bands, lanes, seconds = measure(drawn)
            scores.append(hold_against_truth(drawn, bands, lanes=lanes, seconds=seconds))
        rows.append({"ground": ground, "family": family, "pictures": len(scores), **summarise(scores)})
    return pd.DataFrame(rows)


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m tests.truth.rough", description="Error budget of rough membranes.")
    parser.add_argument("pictures", type=int, nargs="?", default=14, help="pictures a family of shapes")
    parser.add_argument("--first", type=int, default=1000, help="first seed")
    options = parser.parse_args()
    seeds = range(options.first, options.first + options.pictures)
    table = pd.concat([rough(seeds, ground=ground) for ground in GROUNDS])
    print(table.round(3).to_string(index=False))


if __name__ == "__main__":
    main()
