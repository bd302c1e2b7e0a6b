"""The shape of a band: a profile along the run times a profile across the lane, along a bent ridge.

Along the run: a Gaussian with Hermite terms, three broad bumps for wings, and exponential tails both ways. Across
the lane: flat with soft ends that may trail off, and waves. Amounts are relative to the band's height. Every band has
its own; bands of a row share a mean that the strong ones tell (see `sharing`).
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from scipy.special import erf

from ..blot import FloatArray
from .strips import View

__all__ = [
    "BEYOND",
    "BROAD",
    "COUNT",
    "FLOOR",
    "LIMIT",
    "ROWS",
    "SPREAD",
    "STEP",
    "THICKER",
    "Drawn",
    "draw",
    "light_of",
]

_TABLE = np.array(
    [
        # spread of bands around their row at start and at least, of rows, largest step and value
        (0.003, 0.0003, 0.03, 0.15, 0.3),  # 0 short tail up
        (0.002, 0.0002, 0.02, 0.1, 0.2),  # 1 long tail up
        (0.005, 0.001, 0.03, 0.125, 0.25),  # 2 wing above
        (0.01, 0.002, 0.08, 0.15, 0.3),  # 3 wing in the middle
        (0.005, 0.001, 0.03, 0.125, 0.25),  # 4 wing below
        (0.002, 0.0002, 0.01, 0.1, 0.2),  # 5 long tail down
        (0.003, 0.0003, 0.015, 0.15, 0.3),  # 6 short tail down
        (1.0, 0.1, 1.5, 1.5, 4.0),  # 7 ridge lower [px]
        (0.7, 0.1, 1.5, 1.5, 5.0),  # 8 ridge falls to the right [px at the end]
        (0.7, 0.1, 2.5, 1.5, 5.0),  # 9 ridge bends down at the ends [px]
        (0.1, 0.01, 0.3, 0.3, 0.6),  # 10 thicker
        (0.05, 0.005, 0.15, 0.25, 0.5),  # 11 skewed
        (0.04, 0.005, 0.12, 0.2, 0.4),  # 12 peaked
        (0.02, 0.003, 0.06, 0.125, 0.25),  # 13 fifth Hermite term
        (0.02, 0.003, 0.06, 0.125, 0.25),  # 14 sixth Hermite term
        (1.5, 0.15, 2.5, 2.0, 6.0),  # 15 further right [px]
        (0.04, 0.005, 0.1, 0.08, 0.25),  # 16 ln width
        (0.2, 0.025, 0.5, 0.3, 0.8),  # 17 ln softness of the ends
        (0.03, 0.003, 0.15, 0.2, 0.5),  # 18 ends that trail off
        (0.1, 0.015, 0.1, 0.25, 0.5),  # 19 weaker on the right: half a wave across
        (0.15, 0.015, 0.3, 0.4, 0.8),  # 20 stronger at both ends: a whole wave
        (0.08, 0.01, 0.08, 0.2, 0.4),  # 21 one and a half waves
        (0.08, 0.01, 0.08, 0.2, 0.4),  # 22 two waves
        (0.08, 0.01, 0.08, 0.2, 0.4),  # 23 two and a half waves
        (0.06, 0.01, 0.06, 0.2, 0.4),  # 24 three waves
    ]
)
SPREAD, FLOOR, ROWS, STEP, LIMIT = _TABLE.T
COUNT = len(_TABLE)
THICKER = 10
BROAD = 1 + 7
"""Unknowns of a band whose light reaches through its whole window: its height, tails and wings, which come first."""
_WINGS, _HERMITE, _RELIEF = slice(7), slice(10, 15), slice(19, 25)
BEYOND = ((0, 0.56, -1.0), (1, 0.28, -1.0), (5, 0.28, 1.0), (6, 0.56, 1.0))
"""Tails that leave the window: parameter, decay [1/sigma], direction."""

_NEAR = 6.0  # a band without its tails and wings ends so far from its ridge [sigma]
_SOFT = 2.0  # softness of a band's ends [px], where nothing is known yet
_TRAIL = 2.2  # how much softer the part is that trails off


class Drawn(NamedTuple):
    """A drawn band of height 1: its light, distance from the ridge [sigma] and profile across; with derivatives.

    Beyond the rows `near` only tails and wings have light, and only the first `BROAD` derivatives are told.
    """

    light: FloatArray
    along: FloatArray
    across: FloatArray
    slopes: FloatArray
    near: slice


def _sheet(values: FloatArray) -> FloatArray:
    return values[:, None, None]


def _hermite(t: FloatArray) -> list[FloatArray]:
    """Normalised Hermite polynomials of degrees 2 to 7 (probabilists')."""
    ones = [np.ones_like(t), t]
    for degree in range(1, 7):
        ones.append(t * ones[-1] - degree * ones[-2])
    norm = np.sqrt([2.0, 6.0, 24.0, 120.0, 720.0, 5040.0])
    return [one / size for one, size in zip(ones[2:], norm, strict=True)]


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
    # exp(-(t ± 3)² / 8) without an exponential each
    middle, aside = np.exp(-t * t / 8), np.exp(0.75 * np.clip(t, -40, 40))
    bumps = [np.exp(-1.125) * middle / aside, middle, np.exp(-1.125) * middle * aside]
    bump_slopes = [-bump * (t - centre) / 4 for bump, centre in zip(bumps, (-3.0, 0.0, 3.0), strict=True)]
    return [*tails[:2], *bumps, *tails[2:]], [*slopes[:2], *bump_slopes, *slopes[2:]]


def _near(t: FloatArray) -> slice:
    """Rows in which any band is near its ridge."""
    rows = np.flatnonzero((np.abs(t) < _NEAR).any(axis=(0, 2)))
    return slice(int(rows[0]), int(rows[-1]) + 1) if len(rows) else slice(0, 0)


def _along(t: FloatArray, theta: FloatArray, near: slice) -> tuple[FloatArray, FloatArray, list[FloatArray]]:
    """Profile along the run, its slope, and the functions of its linear amounts: wings, and Hermite terms if near."""
    functions, slopes = _wings(t)
    profile, slope = np.zeros_like(t), np.zeros_like(t)
    for amount, function, its_slope in zip(theta[:, _WINGS].T, functions, slopes, strict=True):
        profile += _sheet(amount) * function
        slope += _sheet(amount) * its_slope
    close = t[:, near]
    core = np.exp(-close * close / 2) * (np.abs(close) < _NEAR)  # the same whichever bands are drawn together
    hermite = [core * part for part in _hermite(close)]
    profile[:, near] += core
    slope[:, near] -= core * close
    for k, amount in enumerate(theta[:, _HERMITE].T):
        profile[:, near] += _sheet(amount) * hermite[k]
        # the slope of a Hermite function is minus the next one
        slope[:, near] -= _sheet(amount) * np.sqrt(k + 3.0) * hermite[k + 1]
    return profile, slope, [*functions, *hermite[:-1]]


def _ends(left: FloatArray, right: FloatArray) -> tuple[FloatArray, FloatArray, FloatArray]:
    """Flat profile with soft ends, and its slopes at the left and the right end, at distances in softnesses."""
    rise, fall = (np.exp(-side * side / 2) / np.sqrt(2 * np.pi) for side in (left, right))
    return (erf(left / np.sqrt(2.0)) - erf(right / np.sqrt(2.0))) / 2, rise, fall


def _across(view: View, theta: FloatArray) -> list[FloatArray]:
    """Profile across the lane and its derivatives by place, width, softness, trail and waves; each (B, K)."""
    fine = np.arange(view.width) - (view.width - 1) / 2
    at = view.cols[:, :, None] + fine - _sheet(theta[:, 15])
    half, soft = _sheet(view.half * np.exp(theta[:, 16])), _sheet(_SOFT * np.exp(theta[:, 17]))
    trail = _sheet(theta[:, 18])
    left, right = (at + half) / soft, (at - half) / soft
    firm, *slopes = _ends(left, right)
    wide, *wide_slopes = _ends(left / _TRAIL, right / _TRAIL)
    ends = firm + trail * (wide - firm)
    rise, fall = (
        ((1 - trail) * one + trail / _TRAIL * other) / soft for one, other in zip(slopes, wide_slopes, strict=True)
    )
    phase = np.pi / 2 * (np.clip(at / half, -1.2, 1.2) + 1)
    waves = [np.cos(number * phase) for number in range(1, 1 + theta[:, _RELIEF].shape[1])]
    relief = 1 + sum(_sheet(amount) * wave for amount, wave in zip(theta[:, _RELIEF].T, waves, strict=True))
    parts = [
        ends * relief,
        (rise - fall) * relief,
        (rise + fall) * half * relief,
        (fall * right - rise * left) * soft * relief,
        (wide - firm) * relief,
        *(ends * wave for wave in waves),
    ]
    return [part.mean(axis=2) for part in parts]


def _ridge(view: View, theta: FloatArray) -> tuple[FloatArray, FloatArray]:
    """Distance from the ridge [sigma], and place across the lane (−1 and 1 at the ends)."""
    half = view.half * np.exp(theta[:, 16])
    place = np.clip((view.cols - theta[:, 15:16]) / half[:, None], -1.3, 1.3)
    ridge = theta[:, 7:8] + view.ridge + theta[:, 8:9] * place + theta[:, 9:10] * (place * place - 1 / 3)
    return (view.rows[:, :, None] - ridge[:, None, :]) / _sheet(view.sigma), place


def _follow(view: View, profile: FloatArray, slope: FloatArray) -> FloatArray:
    """Profile across at every row, where the cells lie further right by the drift."""
    return np.maximum(profile[:, None, :] + view.drift[:, :, None] * slope[:, None, :], 0.0)


def light_of(view: View, theta: FloatArray) -> tuple[FloatArray, FloatArray, FloatArray]:
    """Light of bands of height 1 on the cells, distance from the ridge [sigma], profile across."""
    profile, slope, *_ = _across(view, theta)
    t, _ = _ridge(view, theta)
    across = _follow(view, profile, slope)
    return _along(t, theta, _near(t))[0] * across, t, across


def draw(view: View, theta: FloatArray, height: FloatArray) -> Drawn:
    """Draw the bands and the derivatives of height × light by height and by every parameter.

    Returns
    -------
    Drawn
        ``slopes`` has shape (B, 1 + COUNT, tall, K).
    """
    profile, side, *sides = _across(view, theta)
    t, place = _ridge(view, theta)
    near = _near(t)
    along, slope, functions = _along(t, theta, near)
    across = _follow(view, profile, side)
    tall, wide = _sheet(height) * across, (_sheet(height) * along)[:, near]
    slopes = np.zeros((len(height), 1 + COUNT, *t.shape[1:]))
    light = np.multiply(along, across, out=slopes[:, 0])
    for k, function in enumerate(functions[: BROAD - 1]):
        np.multiply(tall, function, out=slopes[:, 1 + k])
    close = slopes[:, BROAD:, near]
    lower = np.multiply(-tall[:, near] / _sheet(view.sigma), slope[:, near], out=close[:, 0])
    np.multiply(lower, place[:, None], out=close[:, 1])
    np.multiply(lower, (place * place - 1 / 3)[:, None], out=close[:, 2])
    for k, function in enumerate(functions[BROAD - 1 :]):
        np.multiply(tall[:, near], function, out=close[:, 3 + k])
    for k, part in enumerate((-side, *sides)):
        np.multiply(wide, part[:, None], out=close[:, 8 + k])
    return Drawn(light.copy(), t, across, slopes, near)
