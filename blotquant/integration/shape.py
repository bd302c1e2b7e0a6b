"""The shape of a band: a profile along the run times a profile across the lane, along a bent ridge.

Along the run: a Gaussian with Hermite terms, three broad bumps for wings, and exponential tails both ways. Across
the lane: flat with soft ends, and a slope and a bend. Amounts are relative to the band's height. Every band has its
own; bands of a row share a mean that the strong ones tell (see `sharing`).
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from scipy.special import erf

from ..blot import FloatArray
from .windows import Geometry, Windows

__all__ = ["BEYOND", "COUNT", "FLOOR", "LIMIT", "ROWS", "SPREAD", "STEP", "THICKER", "Drawn", "draw", "light_of"]

_LINEAR = np.inf
_TABLE = np.array(
    [
        # spread of bands around their row at start and at least, of rows, largest step and value
        (1.0, 0.1, 1.5, 1.5, 4.0),  # 0 ridge lower [px]
        (0.7, 0.1, 1.5, 1.5, 5.0),  # 1 ridge falls to the right [px at the end]
        (0.7, 0.1, 2.5, 1.5, 5.0),  # 2 ridge bends down at the ends [px]
        (0.1, 0.01, 0.3, _LINEAR, _LINEAR),  # 3 thicker
        (0.05, 0.005, 0.15, _LINEAR, _LINEAR),  # 4 skewed
        (0.04, 0.005, 0.12, _LINEAR, _LINEAR),  # 5 peaked
        (1.5, 0.15, 2.5, 2.0, 6.0),  # 6 further right [px]
        (0.04, 0.005, 0.1, 0.08, 0.25),  # 7 ln width
        (0.2, 0.025, 0.5, 0.3, 0.8),  # 8 ln softness of the ends
        (0.1, 0.015, 0.1, _LINEAR, _LINEAR),  # 9 stronger on the right
        (0.15, 0.015, 0.3, _LINEAR, _LINEAR),  # 10 stronger at both ends
        (0.003, 0.0003, 0.03, _LINEAR, _LINEAR),  # 11 short tail up
        (0.002, 0.0002, 0.02, _LINEAR, _LINEAR),  # 12 long tail up
        (0.005, 0.001, 0.03, _LINEAR, _LINEAR),  # 13 wing above
        (0.01, 0.002, 0.08, _LINEAR, _LINEAR),  # 14 wing in the middle
        (0.005, 0.001, 0.03, _LINEAR, _LINEAR),  # 15 wing below
        (0.002, 0.0002, 0.01, _LINEAR, _LINEAR),  # 16 long tail down
        (0.003, 0.0003, 0.015, _LINEAR, _LINEAR),  # 17 short tail down
    ]
)
SPREAD, FLOOR, ROWS, STEP, LIMIT = _TABLE.T
COUNT = len(_TABLE)
THICKER = 3
BEYOND = ((11, 0.56, -1.0), (12, 0.28, -1.0), (16, 0.28, 1.0), (17, 0.56, 1.0))
"""Tails that leave the window: parameter, decay [1/sigma], direction."""

_SOFT = 2.0  # softness of a band's ends [px], where nothing is known yet


class Drawn(NamedTuple):
    """A drawn band of height 1: its light, distance from the ridge [sigma] and profile across; with derivatives."""

    light: FloatArray
    along: FloatArray
    across: FloatArray
    slopes: FloatArray


def _sheet(values: FloatArray) -> FloatArray:
    return values[:, None, None]


def _hermite(t: FloatArray) -> list[FloatArray]:
    """Normalised Hermite polynomials of degrees 2 to 5 (probabilists')."""
    second = t * t
    third = t * (second - 3)
    fourth = second * (second - 6) + 3
    return [
        (second - 1) / np.sqrt(2.0),
        third / np.sqrt(6.0),
        fourth / np.sqrt(24.0),
        t * (second * (second - 10) + 15) / np.sqrt(120.0),
    ]


def _wings(t: FloatArray) -> tuple[list[FloatArray], list[FloatArray]]:
    """Three broad bumps and two pairs of exponential tails, and their slopes."""
    step = np.tanh(0.85 * t)
    up, down, turn = (1 - step) / 2, (1 + step) / 2, 0.425 * (1 - step * step)
    rise = np.exp(0.28 * np.clip(t, -40, 40))
    fall = 1 / rise
    tails = [up * rise * rise, up * rise, down * fall, down * fall * fall]
    slopes = [
        0.56 * tails[0] - turn * rise * rise,
        0.28 * tails[1] - turn * rise,
        turn * fall - 0.28 * tails[2],
        turn * fall * fall - 0.56 * tails[3],
    ]
    bumps = [np.exp(-((t - centre) ** 2) / 8) for centre in (-3.0, 0.0, 3.0)]
    bump_slopes = [-bump * (t - centre) / 4 for bump, centre in zip(bumps, (-3.0, 0.0, 3.0), strict=True)]
    return [*tails[:2], *bumps, *tails[2:]], [*slopes[:2], *bump_slopes, *slopes[2:]]


def _along(t: FloatArray, theta: FloatArray) -> tuple[FloatArray, FloatArray, list[FloatArray]]:
    """Profile along the run, its slope, and the functions of its linear amounts."""
    core = np.exp(-t * t / 2)
    second, third, fourth, fifth = _hermite(t)
    thick, skew, peak = (_sheet(theta[:, k]) for k in (3, 4, 5))
    profile = core * (1 + thick * second + skew * third + peak * fourth)
    # the slope of a Hermite function is minus the next one
    next_ones = thick * np.sqrt(3.0) * third + skew * 2.0 * fourth + peak * np.sqrt(5.0) * fifth
    slope = -core * (t + next_ones)
    functions, slopes = _wings(t)
    for k, (function, its_slope) in enumerate(zip(functions, slopes, strict=True)):
        profile += _sheet(theta[:, 11 + k]) * function
        slope += _sheet(theta[:, 11 + k]) * its_slope
    return profile, slope, [core * second, core * third, core * fourth, *functions]


def _across(windows: Windows, bands: Geometry, theta: FloatArray) -> list[FloatArray]:
    """Profile across the lane and its derivatives by place, width, softness, slope and bend; each (B, K)."""
    fine = np.arange(windows.width) - (windows.width - 1) / 2
    at = windows.cols[None, :, None] + fine - _sheet(bands.col + theta[:, 6])
    half, soft = _sheet(bands.half * np.exp(theta[:, 7])), _sheet(_SOFT * np.exp(theta[:, 8]))
    left, right = (at + half) / soft, (at - half) / soft
    ends = (erf(left / np.sqrt(2.0)) - erf(right / np.sqrt(2.0))) / 2
    rise = np.exp(-left * left / 2) / (np.sqrt(2 * np.pi) * soft)
    fall = np.exp(-right * right / 2) / (np.sqrt(2 * np.pi) * soft)
    place = np.clip(at / half, -1.3, 1.3)
    bend = place * place - 1 / 3
    relief = 1 + _sheet(theta[:, 9]) * place + _sheet(theta[:, 10]) * bend
    parts = [
        ends * relief,
        (rise - fall) * relief,
        (rise + fall) * half * relief,
        (fall * right - rise * left) * soft * relief,
        ends * place,
        ends * bend,
    ]
    return [part.mean(axis=2) for part in parts]


def _ridge(windows: Windows, bands: Geometry, theta: FloatArray) -> tuple[FloatArray, FloatArray]:
    """Distance from the ridge [sigma], and place across the lane (−1 and 1 at the ends)."""
    half = bands.half * np.exp(theta[:, 7])
    place = np.clip((windows.cols - (bands.col + theta[:, 6])[:, None]) / half[:, None], -1.3, 1.3)
    ridge = (bands.row + theta[:, 0])[:, None] + bands.ridge
    ridge = ridge + theta[:, 1:2] * place + theta[:, 2:3] * (place * place - 1 / 3)
    return (windows.rows[:, None] - ridge[:, None, :]) / _sheet(bands.sigma), place


def _follow(windows: Windows, bands: Geometry, profile: FloatArray, slope: FloatArray) -> FloatArray:
    """Profile across at every row: it moves along with the lane's lean."""
    drift = bands.lean[:, None] * (windows.rows - bands.row[:, None])
    return np.maximum(profile[:, None, :] - drift[:, :, None] * slope[:, None, :], 0.0)


def light_of(windows: Windows, bands: Geometry, theta: FloatArray) -> tuple[FloatArray, FloatArray, FloatArray]:
    """Light of bands of height 1 on the cells, distance from the ridge [sigma], profile across."""
    profile, slope, *_ = _across(windows, bands, theta)
    along, _ = _ridge(windows, bands, theta)
    across = _follow(windows, bands, profile, slope)
    return _along(along, theta)[0] * across, along, across


def draw(windows: Windows, bands: Geometry, theta: FloatArray, height: FloatArray) -> Drawn:
    """Draw the bands and the derivatives of height × light by height and by every parameter.

    Returns
    -------
    Drawn
        ``slopes`` has shape (B, 1 + COUNT, R, K).
    """
    profile, side, *sides = _across(windows, bands, theta)
    t, place = _ridge(windows, bands, theta)
    along, slope, functions = _along(t, theta)
    across = _follow(windows, bands, profile, side)
    slopes = np.empty((len(height), 1 + COUNT, *t.shape[1:]))
    light = np.multiply(along, across, out=slopes[:, 0])
    tall, wide = _sheet(height) * across, _sheet(height) * along
    lower = np.multiply(-tall / _sheet(bands.sigma), slope, out=slopes[:, 1])
    np.multiply(lower, place[:, None], out=slopes[:, 2])
    np.multiply(lower, (place * place - 1 / 3)[:, None], out=slopes[:, 3])
    for k, function in zip((4, 5, 6, *range(12, 19)), functions, strict=True):
        np.multiply(tall, function, out=slopes[:, k])
    for k, part in enumerate((-side, *sides)):
        np.multiply(wide, part[:, None], out=slopes[:, 7 + k])
    return Drawn(light.copy(), t, across, slopes)
