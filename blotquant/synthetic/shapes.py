"""Families of band shapes.

A family tells how bright a band is at a distance `along` the run from its ridge and `across` the lane from its
centre line, up to a factor. Measuring must know neither; what it assumes about shapes is tested on both.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping

import numpy as np
from scipy.special import erf, erfc, expit

from ..blot import FloatArray

__all__ = ["FAMILIES", "SHAPE_DEFAULTS", "soft_ends"]

Shape = Mapping[str, FloatArray]

SHAPE_DEFAULTS: dict[str, float] = {
    "sigma": 4.0,  # half thickness along the run [px]
    "edge": 2.0,  # softness of the ends across the lane [px]
    "skew": 0.0,  # asymmetry along the run; positive: the lower flank is longer
    "tail": 0.0,  # share of the volume in a comet tail that points up
    "tail_px": 12.0,  # length of the comet tail [px]
    "curl": 0.0,  # how much lower the ridge is at the band's ends than in its middle [px]
    "slant": 0.0,  # how much lower the ridge is at the right end than in the middle [px]
    "lopsided": 0.0,  # relative excess of light at the right end
    "split": 0.0,  # distance of a second band below, which the row's volume includes [px]
    "share": 0.5,  # share of the volume in that second band
    "shift": 0.0,  # displacement of the ridge against its row, downwards positive [px]
    "power": 2.0,  # foreign: exponent of the flanks; 2 is a Gaussian
    "wing": 0.1,  # foreign: share of the volume in broad wings
    "horn": 0.3,  # foreign: relative excess of light at both ends
    "lump": 0.15,  # foreign: relative size of lumps across the lane
    "phase": 0.0,  # foreign: where the lumps lie [rad]
}


def _comet(along: FloatArray, sigma: FloatArray, length: FloatArray) -> FloatArray:
    """Unit-area exponential tail towards the top, smoothed by the band's own thickness (Kalambet 2011)."""
    behind = -along
    exponent = np.minimum(0.5 * (sigma / length) ** 2 - behind / length, 300.0)
    tail: FloatArray = np.exp(exponent) * erfc((sigma / length - behind / sigma) / np.sqrt(2.0)) / (2.0 * length)
    return tail


def soft_ends(across: FloatArray, half: FloatArray | float, edge: FloatArray | float) -> FloatArray:
    """Return 1 inside a lane of the given half width and 0 outside, with ends softened by a Gaussian [px]."""
    width = np.sqrt(2.0) * edge
    ends: FloatArray = 0.5 * (erf((across + half) / width) - erf((across - half) / width))
    return ends


def _tailed(core: FloatArray, along: FloatArray, shape: Shape) -> FloatArray:
    """Mix a unit-area comet tail into a core profile of about unit area."""
    if not np.any(shape["tail"]):
        return core
    return (1.0 - shape["tail"]) * core + shape["tail"] * _comet(along, shape["sigma"], shape["tail_px"])


def flat(along: FloatArray, across: FloatArray, shape: Shape) -> FloatArray:
    """Flat across the lane with soft (erf) ends, skewed Gaussian along the run, with a comet tail if asked."""
    sigma = shape["sigma"] * (1.0 + shape["skew"] * np.tanh(along / shape["sigma"]))
    core = np.exp(-0.5 * (along / sigma) ** 2) / (np.sqrt(2.0 * np.pi) * shape["sigma"])
    ends = soft_ends(across, shape["half"], shape["edge"])
    return _tailed(core, along, shape) * ends * np.maximum(1.0 + shape["lopsided"] * across / shape["half"], 0.0)


def foreign(along: FloatArray, across: FloatArray, shape: Shape) -> FloatArray:
    """Flanks steeper or shallower than a Gaussian, broad wings, lumps across the lane and horned, logistic ends."""
    sigma = shape["sigma"] * (1.0 + shape["skew"] * np.tanh(along / shape["sigma"]))
    distance = np.abs(along / sigma)
    core = np.exp(-0.5 * distance ** shape["power"]) / (np.sqrt(2.0 * np.pi) * shape["sigma"])
    wide = 2.4 * shape["sigma"]
    wings = np.exp(-0.5 * ((along - 0.3 * shape["sigma"]) / wide) ** 2) / (np.sqrt(2.0 * np.pi) * wide)
    profile = _tailed((1.0 - shape["wing"]) * core + shape["wing"] * wings, along, shape)
    place = np.clip(across / shape["half"], -1.6, 1.6)
    relief = 1.0 + shape["horn"] * (place**4 - 0.2) + shape["lump"] * np.cos(2.5 * np.pi * place + shape["phase"])
    ends = expit((shape["half"] - np.abs(across)) / (0.6 * shape["edge"]))
    return profile * ends * np.maximum(relief + shape["lopsided"] * place, 0.05)


FAMILIES: dict[str, Callable[[FloatArray, FloatArray, Shape], FloatArray]] = {"flat": flat, "foreign": foreign}
"""Families of band shapes: ``flat`` is what most bands look like, ``foreign`` what no fit expects."""
