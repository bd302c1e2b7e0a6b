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
    "BROADENS",
    "COUNT",
    "FLOOR",
    "LIKE_HAZE",
    "LIMIT",
    "MOST",
    "PICTURES",
    "ROWS",
    "SPREAD",
    "STEP",
    "THICKER",
    "Drawn",
    "draw",
    "light_of",
    "wings_along",
]

_TABLE = np.array(
    [
        # scatter of bands around their row to start with, at least and at most; of rows around their picture, and of
        # pictures; largest step and value
        (0.00075, 0.00003, 0.00075, 0.0045, 0.0005, 0.15, 0.3),  # 0 short tail up
        (0.0005, 0.00002, 0.0005, 0.0024, 0.0003, 0.1, 0.2),  # 1 long tail up
        (0.00125, 0.0001, 0.01, 0.003, 0.0002, 0.125, 0.25),  # 2 wing above
        (0.0025, 0.0002, 0.02, 0.012, 0.0012, 0.15, 0.3),  # 3 wing in the middle
        (0.00125, 0.0001, 0.01, 0.003, 0.0002, 0.125, 0.25),  # 4 wing below
        (0.0005, 0.00002, 0.0005, 0.0006, 0.00015, 0.1, 0.2),  # 5 long tail down
        (0.00075, 0.00003, 0.00075, 0.0022, 0.00023, 0.15, 0.3),  # 6 short tail down
        (1.0, 0.1, 2.0, 1.5, 1.5, 1.5, 4.0),  # 7 ridge lower [px]
        (0.7, 0.1, 1.4, 1.5, 1.5, 1.5, 5.0),  # 8 ridge falls to the right [px at the end]
        (0.7, 0.1, 1.4, 2.5, 2.5, 1.5, 5.0),  # 9 ridge bends down at the ends [px]
        (0.1, 0.01, 0.2, 0.3, 0.3, 0.3, 0.6),  # 10 thicker
        (0.05, 0.005, 0.1, 0.15, 0.15, 0.25, 0.5),  # 11 skewed
        (0.04, 0.0015, 0.08, 0.12, 0.12, 0.2, 0.4),  # 12 peaked
        (0.02, 0.003, 0.04, 0.06, 0.06, 0.125, 0.25),  # 13 fifth Hermite term
        (0.02, 0.001, 0.04, 0.06, 0.06, 0.125, 0.25),  # 14 sixth Hermite term
        (1.5, 0.15, 3.0, 2.5, 2.5, 2.0, 6.0),  # 15 further right [px]
        (0.04, 0.005, 0.08, 0.1, 0.1, 0.08, 0.25),  # 16 ln width
        (0.2, 0.025, 0.4, 0.5, 0.5, 0.3, 0.8),  # 17 ln softness of the ends
        (0.03, 0.003, 0.06, 0.15, 0.15, 0.2, 0.5),  # 18 ends that trail off
        (0.1, 0.015, 0.2, 0.1, 0.1, 0.25, 0.5),  # 19 weaker on the right: half a wave across
        (0.15, 0.015, 0.3, 0.3, 0.3, 0.4, 0.8),  # 20 stronger at both ends: a whole wave
        (0.08, 0.01, 0.16, 0.08, 0.08, 0.2, 0.4),  # 21 one and a half waves
        (0.08, 0.01, 0.16, 0.08, 0.08, 0.2, 0.4),  # 22 two waves
        (0.08, 0.01, 0.16, 0.08, 0.08, 0.2, 0.4),  # 23 two and a half waves
        (0.06, 0.01, 0.12, 0.06, 0.06, 0.2, 0.4),  # 24 three waves
    ]
)
SPREAD, FLOOR, MOST, ROWS, PICTURES, STEP, LIMIT = _TABLE.T
COUNT = len(_TABLE)
THICKER = 10
BROAD = 1 + 7
"""Unknowns of a band whose light reaches through its whole window: its height, tails and wings, which come first."""
BROADENS = [*range(BROAD - 1), 12, 14]
"""What makes a band broader along the run: tails, wings, and the even Hermite terms beyond its thickness."""
LIKE_HAZE = [2, 4, 12]
"""What light on both sides of bands that the background does not follow looks like: wings and peakedness."""
_WINGS, _HERMITE, _RELIEF = slice(7), slice(10, 15), slice(19, 25)
BEYOND = ((0, 0.56, -1.0), (1, 0.28, -1.0), (5, 0.28, 1.0), (6, 0.56, 1.0))
"""Tails that leave the window: parameter, decay [1/sigma], direction."""

_TURNS = np.array(
    [
        [0.56, 0.28, -0.75, 0.0, 0.75, 1.42, 1.14],
        [1.7, 1.7, 0.0, 0.0, 0.0, 1.7, 1.7],  # taken off by as much as light falls downwards
        [0.0, 0.0, 0.25, 0.25, 0.25, 0.0, 0.0],  # taken off by the distance from the ridge
    ]
)
"""Slopes of the tails and wings as sums of themselves."""
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


def _mixed(amounts: FloatArray, functions: FloatArray) -> FloatArray:
    """Add up functions, shape (B, k, R, K), by amounts of shape (B, m, k)."""
    bands, count, rows, cols = functions.shape
    mixed = np.matmul(amounts, functions.reshape(bands, count, rows * cols))
    return np.asarray(mixed.reshape(bands, amounts.shape[1], rows, cols))


def _hermite(t: FloatArray) -> FloatArray:
    """Gaussian times normalised Hermite polynomials of degrees 0, 1, … 7 (probabilists'), shape (B, 8, R, K)."""
    found = np.empty((len(t), 8, *t.shape[1:]))
    core = np.exp(-t * t / 2)
    core *= np.abs(t) < _NEAR  # the same whichever bands are drawn together
    found[:, 0], found[:, 1] = core, t * core
    for degree in range(1, 7):
        up = t * found[:, degree] - np.sqrt(degree) * found[:, degree - 1]
        np.divide(up, np.sqrt(degree + 1), out=found[:, degree + 1])
    return found


def _wings(t: FloatArray, out: FloatArray) -> FloatArray:
    """Fill in two exponential tails, three broad bumps and two tails, and return by how much light falls downwards."""
    down = (1 + np.tanh(0.85 * t)) / 2
    inside = np.clip(t, -40, 40)
    rise = np.exp(0.28 * inside)
    np.multiply(1 - down, rise, out=out[:, 1])
    np.multiply(out[:, 1], rise, out=out[:, 0])
    np.divide(down, rise, out=out[:, 5])
    np.divide(out[:, 5], rise, out=out[:, 6])
    # exp(-(t ± 3)² / 8) without an exponential each
    aside = np.exp(0.75 * inside)
    middle = np.exp(-t * t / 8, out=out[:, 3])
    edge = np.exp(-1.125) * middle
    np.divide(edge, aside, out=out[:, 2])
    np.multiply(edge, aside, out=out[:, 4])
    return np.asarray(down)


def wings_along(t: FloatArray) -> FloatArray:
    """Tails and wings of amount 1 at distances from the ridge, shape (n,) [sigma] to (BROAD - 1, n)."""
    out = np.empty((1, BROAD - 1, len(t), 1))
    _wings(t[None, :, None], out)
    return np.asarray(out[0, :, :, 0])


def _near(t: FloatArray) -> slice:
    """Rows in which any band is near its ridge."""
    rows = np.flatnonzero((np.abs(t) < _NEAR).any(axis=(0, 2)))
    return slice(int(rows[0]), int(rows[-1]) + 1) if len(rows) else slice(0, 0)


def _along(
    t: FloatArray, theta: FloatArray, near: slice, wings: FloatArray
) -> tuple[FloatArray, FloatArray, FloatArray]:
    """Profile along the run, its slope and the Hermite terms where near; fills in the wings, shape (B, 7, R, K)."""
    down = _wings(t, wings)[:, near]
    profile = _mixed(theta[:, None, _WINGS], wings)[:, 0]
    steady, tails, bumps = np.moveaxis(_mixed(theta[:, None, _WINGS] * _TURNS, wings[:, :, near]), 1, 0)
    functions = _hermite(t[:, near])
    amounts = np.zeros((len(theta), 2, functions.shape[1]))
    amounts[:, 0, 0] = amounts[:, 1, 1] = 1.0
    amounts[:, 0, 2:-1] = theta[:, _HERMITE]
    # the slope of a Hermite function is minus the next one
    amounts[:, 1, 3:] = theta[:, _HERMITE] * np.sqrt(np.arange(3, functions.shape[1]))
    core, falls = np.moveaxis(_mixed(amounts, functions), 1, 0)
    profile[:, near] += core
    return profile, steady - down * tails - t[:, near] * bumps - falls, functions[:, 2:-1]


def _ends(left: FloatArray, right: FloatArray) -> tuple[FloatArray, FloatArray, FloatArray]:
    """Flat profile with soft ends, and its slopes at the left and the right end, at distances in softnesses."""
    rise, fall = (np.exp(-side * side / 2) / np.sqrt(2 * np.pi) for side in (left, right))
    return (erf(left / np.sqrt(2.0)) - erf(right / np.sqrt(2.0))) / 2, rise, fall


def _across(view: View, theta: FloatArray, *, light_only: bool = False) -> list[FloatArray]:
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
    waves = _waves(np.pi / 2 * (np.clip(at / half, -1.2, 1.2) + 1), theta[:, _RELIEF].shape[1])
    relief = 1 + sum(_sheet(amount) * wave for amount, wave in zip(theta[:, _RELIEF].T, waves, strict=True))
    parts = [ends * relief, (rise - fall) * relief]
    if not light_only:
        parts += [
            (rise + fall) * half * relief,
            (fall * right - rise * left) * soft * relief,
            (wide - firm) * relief,
            *(ends * wave for wave in waves),
        ]
    return list(np.stack(parts) @ np.full(view.width, 1 / view.width))


def _waves(phase: FloatArray, count: int) -> list[FloatArray]:
    """Cosines of one, two, three … times a phase, of which one is computed."""
    first = np.cos(phase)
    waves = [np.ones_like(first), first]
    while len(waves) <= count:
        waves.append(2 * first * waves[-1] - waves[-2])
    return waves[1:]


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
    profile, slope = _across(view, theta, light_only=True)
    t, _ = _ridge(view, theta)
    across = _follow(view, profile, slope)
    wings = np.empty((len(t), BROAD - 1, *t.shape[1:]))
    return _along(t, theta, _near(t), wings)[0] * across, t, across


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
    slopes = np.zeros((len(height), 1 + COUNT, *t.shape[1:]))
    along, slope, hermite = _along(t, theta, near, slopes[:, 1:BROAD])
    across = _follow(view, profile, side)
    tall, wide = _sheet(height) * across, (_sheet(height) * along)[:, near]
    light = np.multiply(along, across, out=slopes[:, 0])
    slopes[:, 1:BROAD] *= tall[:, None]
    close = slopes[:, BROAD:, near]
    lower = np.multiply(-tall[:, near] / _sheet(view.sigma), slope, out=close[:, 0])
    np.multiply(lower, place[:, None], out=close[:, 1])
    np.multiply(lower, (place * place - 1 / 3)[:, None], out=close[:, 2])
    np.multiply(hermite, tall[:, None, near], out=close[:, 3:8])
    np.multiply(wide[:, None], np.stack([-side, *sides], axis=1)[:, :, None], out=close[:, 8:])
    return Drawn(light.copy(), t, across, slopes, near)
