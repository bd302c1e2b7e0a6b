"""Fit bands and background together, all bands of a picture in step.

Per pass: draw every band and its neighbours, weigh cells by noise and misfit, solve the linear equations for
background, height and shape with what is known beforehand, and learn anew what bands and backgrounds have in common.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt
import pandas as pd

from ..blot import Blot, FloatArray
from ..noise import NoiseModel
from .ground import Ground
from .misfit import Misfit, trust
from .shape import COUNT, LIMIT, STEP, Drawn, draw, light_of
from .sharing import Sharing, learn_spread
from .widths import with_own_widths
from .windows import Geometry, Windows, cut_windows

__all__ = ["Fit", "fit_bands"]

IntArray = npt.NDArray[np.int64]

_PASSES = 6
_FREE = 1e12  # the background's level is not drawn anywhere: its variance in units of the spread²
_STIFF, _DECAY = 3.0, 0.4  # bound on the scatter of background terms, so that a band's foot stays with the band
_CHUNK = 256  # pairs of neighbours drawn at once, so that memory stays bounded
_FAR = 12.0  # neighbours within this many sigmas of a window are drawn
_NEIGHBOURS = 2  # in the same lane, above and below: their heights are fitted along


@dataclass(frozen=True)
class Solution:
    """Outcome of one linear step, for all bands.

    Parameters
    ----------
    ground : ndarray of shape (B, n)
        Coefficients of the background [AU].
    steps : ndarray of shape (B, 1 + COUNT + 2)
        Changes of height [AU], of shape, and of the neighbours' heights [AU].
    covariance : ndarray of shape (B, m, m)
        Covariance of all of them.
    change : ndarray of shape (B, R, K)
        What the steps change in the light [AU].
    """

    ground: FloatArray
    steps: FloatArray
    covariance: FloatArray
    change: FloatArray


@dataclass(frozen=True)
class Fit:
    """Bands and backgrounds of a picture as fitted; arrays as in `Windows`.

    Parameters
    ----------
    windows, geometry, ground
        Cells, bands and background basis.
    height : ndarray of shape (B,)
        Height of every band [AU].
    theta : ndarray of shape (B, COUNT)
        Shape of every band.
    spread : ndarray of shape (n,)
        Scatter of background terms [AU²].
    sharing, misfit
        What was learnt.
    background, others : ndarray of shape (B, R, K)
        Background above the window's level, and light of neighbours [AU].
    noise, own : ndarray of shape (B, R, K)
        Variance by noise and neighbours' misfit, and by the band's own misfit [AU²].
    weight : ndarray of shape (B, R, K)
        Trust in every cell, 0 where rejected.
    drawn : Drawn
        The bands as drawn.
    covariance : ndarray of shape (B, m, m)
        Covariance of background, height, shape and neighbours' heights.
    beside : ndarray of shape (B, 2, R, K)
        Light of the neighbours in the lane at height 1.
    """

    windows: Windows
    geometry: Geometry
    ground: Ground
    height: FloatArray
    theta: FloatArray
    spread: FloatArray
    sharing: Sharing
    misfit: Misfit
    background: FloatArray
    others: FloatArray
    noise: FloatArray
    own: FloatArray
    weight: FloatArray
    drawn: Drawn
    covariance: FloatArray
    beside: FloatArray


def _first_background(
    windows: Windows, ground: Ground, outside: npt.NDArray[np.bool_], noise: FloatArray
) -> tuple[FloatArray, FloatArray]:
    """Robust background without the bands: coefficients, and the scatter to start with."""
    typical = np.array(
        [np.median(np.abs(x[ok])) if ok.any() else 0.0 for x, ok in zip(windows.light, windows.usable, strict=True)]
    )
    size = float(1.4826 * np.median(typical) + np.sqrt(np.median(noise)))
    spread = (3 * size * np.maximum(0.6**ground.order, 0.6**7)) ** 2
    spread = np.minimum(spread, (_STIFF * size * _DECAY**ground.order) ** 2)
    spread[0] = _FREE * size**2
    weight = np.where(outside, 1 / noise, 0.0)
    coefficients = np.zeros((len(noise), len(ground)))
    for _ in range(4):
        gram = np.asarray(ground.gram(weight) + np.diag(1 / spread), dtype=np.float64)
        found = np.linalg.solve(gram, ground.project(weight * windows.light)[..., None])
        coefficients = np.asarray(found, dtype=np.float64)[..., 0]
        off = np.abs(windows.light - ground.image(coefficients)) / np.sqrt(noise)
        scale = [
            max(1.4826 * float(np.median(x[ok])), 1.0) if ok.any() else 1.0 for x, ok in zip(off, outside, strict=True)
        ]
        off = off / np.array(scale)[:, None, None]
        trusted = np.where(off < 5, np.minimum(1.0, 2 / np.maximum(off, 2)), 0.0)
        weight = np.where(outside, trusted / noise, 0.0) / np.array(scale)[:, None, None] ** 2
    return coefficients, spread


def _pairs(windows: Windows, geometry: Geometry) -> tuple[IntArray, IntArray]:
    """Windows and the bands of others that may shine into them."""
    far_row = (len(windows.rows) // 2) * windows.height + _FAR * float(geometry.sigma.max())
    far_col = (len(windows.cols) // 2) * windows.width + 1.3 * float(geometry.half.max())
    near = np.abs(windows.row[:, None] - windows.row) < far_row
    near &= np.abs(windows.col[:, None] - windows.col) < far_col
    np.fill_diagonal(near, False)
    by, seen = np.nonzero(near)
    return by, seen


def _next_in_lane(windows: Windows, geometry: Geometry, lane: IntArray) -> IntArray:
    """Nearest bands above and below in the lane within reach, −1 for none; shape (B, 2)."""
    away = windows.row[None, :] - windows.row[:, None]
    reach = (len(windows.rows) // 2) * windows.height + 3 * geometry.sigma[:, None]
    near = (lane[:, None] == lane) & (np.abs(away) < reach)
    found = np.full((len(lane), _NEIGHBOURS), -1)
    for k, side in enumerate((-1, 1)):
        distance = np.where(near & (side * away > 0), np.abs(away), np.inf)
        nearest = np.argmin(distance, axis=1)
        found[:, k] = np.where(np.isfinite(distance.min(axis=1)), nearest, -1)
    return found


class _Fitter:
    """Holds what does not change between passes."""

    def __init__(self, blot: Blot, bands: pd.DataFrame, model: NoiseModel) -> None:
        lane = bands["lane"].to_numpy(np.int64)
        self.windows, boxes = cut_windows(blot, bands)
        geometry = with_own_widths(self.windows, boxes, lane)
        self.ground = Ground(self.windows, geometry)
        self.model = model
        span = float(np.ptp(blot.pixels)) or 1.0
        self.least = (1e-5 * span) ** 2  # pictures without noise still need finite weights
        self.floor = float(blot.pixels.min())
        self.pairs = _pairs(self.windows, geometry)
        self.beside = _next_in_lane(self.windows, geometry, lane)
        self.fit = self._start(geometry, np.unique(bands["band"].astype(str), return_inverse=True)[1])

    def noise(self, above_level: FloatArray) -> FloatArray:
        """Variance of the cells' means [AU²]."""
        light = np.maximum(above_level + self.windows.level[:, None, None], self.floor)
        variance = self.model.variance(light) * max(self.model.correlation, 1.0) + self.least
        return variance / np.maximum(self.windows.count, 1.0)

    def _start(self, geometry: Geometry, row: IntArray) -> Fit:
        """Background from outside the bands, and heights above it."""
        windows, count = self.windows, len(row)
        theta = np.zeros((count, COUNT))
        light, along, across = light_of(windows, geometry, theta)
        noise = self.noise(windows.light)
        coefficients, spread = _first_background(windows, self.ground, windows.usable & (np.abs(along) > 4), noise)
        background = self.ground.image(coefficients)
        core = np.where(windows.usable & (np.abs(along) < 3), light / noise, 0.0)
        height = (core * (windows.light - background)).sum(axis=(1, 2))
        height = height / np.maximum((core * light).sum(axis=(1, 2)), 1e-300)
        empty = np.zeros_like(noise)
        return Fit(
            windows=windows,
            geometry=geometry,
            ground=self.ground,
            height=height,
            theta=theta,
            spread=spread,
            sharing=Sharing.at_start(row),
            misfit=Misfit.at_start(count),
            background=background,
            others=empty,
            noise=noise,
            own=empty,
            weight=np.ones_like(noise),
            drawn=Drawn(light, along, across, np.empty(0)),
            covariance=np.empty(0),
            beside=np.empty(0),
        )

    def _others(self, fit: Fit) -> tuple[FloatArray, FloatArray]:
        """Light of all other bands in every window [AU], and its misfit's variance [AU²]."""
        light, variance = np.zeros_like(fit.noise), np.zeros_like(fit.noise)
        for start in range(0, len(self.pairs[0]), _CHUNK):
            by, seen = (part[start : start + _CHUNK] for part in self.pairs)
            part, along, across = light_of(
                self.windows, fit.geometry.seen_from(self.windows, seen, by), fit.theta[seen]
            )
            np.add.at(light, by, fit.height[seen][:, None, None] * part)
            tall = (fit.height * fit.misfit.scale)[seen]
            np.add.at(variance, by, fit.misfit.variance(along, across, tall))
        return light, variance

    def _beside(self, fit: Fit) -> FloatArray:
        """Light of the neighbours in the lane at height 1, shape (B, 2, R, K)."""
        light = np.zeros((len(fit.height), _NEIGHBOURS, *fit.noise.shape[1:]))
        for k in range(_NEIGHBOURS):
            by = np.flatnonzero(self.beside[:, k] >= 0)
            seen = self.beside[by, k]
            if len(by):
                light[by, k] = light_of(self.windows, fit.geometry.seen_from(self.windows, seen, by), fit.theta[seen])[
                    0
                ]
        return light

    def redraw(self, fit: Fit) -> Fit:
        """Draw all bands as they are now, and what cells may vary."""
        drawn = draw(self.windows, fit.geometry, fit.theta, fit.height)
        others, others_misfit = self._others(fit)
        light = np.maximum(fit.height[:, None, None] * drawn.light + others, 0.0)
        noise = self.noise(fit.background + light) + others_misfit
        own = fit.misfit.variance(drawn.along, drawn.across, fit.height * fit.misfit.scale)
        return replace(fit, drawn=drawn, others=others, noise=noise, own=own, beside=self._beside(fit))

    def _prior(self, fit: Fit) -> tuple[FloatArray, FloatArray]:
        """Precision of all unknowns, and its product with how far their expected values are from the present ones."""
        count = len(fit.height)
        shape = 1 / fit.sharing.variance
        tall = np.where(self.beside >= 0, 0.3 * np.abs(fit.height[self.beside]), 1.0)
        tall = np.maximum(tall, 3 * np.sqrt(np.median(fit.noise)))
        parts = [np.broadcast_to(1 / fit.spread, (count, len(self.ground))), np.zeros((count, 1))]
        precision = np.concatenate([*parts, np.broadcast_to(shape, (count, COUNT)), 1 / tall**2], axis=1)
        pull = np.zeros_like(precision)
        first = len(self.ground) + 1
        pull[:, first : first + COUNT] = (fit.sharing.of_bands - fit.theta) * shape
        return precision, pull

    def solve(self, fit: Fit) -> Solution:
        """Solve the linear equations of a pass."""
        weight = np.where(self.windows.usable, fit.weight / (fit.noise + fit.own), 0.0)
        data = self.windows.light - fit.height[:, None, None] * fit.drawn.light - fit.others
        precision, pull = self._prior(fit)
        size, n = precision.shape[1], len(self.ground)
        gram, right = np.empty((len(precision), size, size)), np.empty_like(precision)
        gram[:, :n, :n], right[:, :n] = self.ground.gram(weight), self.ground.project(weight * data)
        design = np.concatenate([fit.drawn.slopes, fit.beside], axis=1)
        weighted = design * weight[:, None]
        gram[:, n:, :n] = self.ground.project(weighted)
        gram[:, :n, n:] = gram[:, n:, :n].transpose(0, 2, 1)
        flat, heavy = (x.reshape(len(x), x.shape[1], -1) for x in (design, weighted))
        gram[:, n:, n:] = np.matmul(heavy, flat.transpose(0, 2, 1))
        right[:, n:] = np.matmul(heavy, data.reshape(len(data), -1, 1))[..., 0]
        covariance, steps = _invert(gram, right + pull, precision)
        change = np.matmul(steps[:, None, n:], flat)[:, 0].reshape(data.shape)
        return Solution(steps[:, :n], steps[:, n:], covariance, change)

    def step(self, number: int) -> None:
        """One pass."""
        fit = self.redraw(self.fit)
        solution = self.solve(fit)
        background = self.ground.image(solution.ground)
        residual = self.windows.light - fit.height[:, None, None] * fit.drawn.light - fit.others - background
        residual = residual - solution.change
        height = fit.height + solution.steps[:, 0]
        moved = fit.theta + np.clip(solution.steps[:, 1 : 1 + COUNT], -STEP, STEP)
        fit = replace(
            fit,
            height=height,
            theta=np.clip(moved, -LIMIT, LIMIT),
            background=background,
            covariance=solution.covariance,
        )
        if number:
            fit = self._learn(fit, solution, residual)
        if number < 3:
            factor, theta, sharing = fit.sharing.thickness(fit.theta, first=number == 0)
            geometry = replace(fit.geometry, sigma=fit.geometry.sigma * factor)
            fit = replace(fit, geometry=geometry, theta=theta, sharing=sharing)
        core = self.windows.usable & (np.abs(fit.drawn.along) < 3) & (fit.drawn.across > 0.3)
        deviation = residual / np.sqrt(fit.noise + fit.own)
        self.fit = replace(fit, weight=trust(deviation, core, reject=number > 0))

    def _learn(self, fit: Fit, solution: Solution, residual: FloatArray) -> Fit:
        """Learn scatter of backgrounds, means of rows, and misfit."""
        n = len(self.ground)
        variance = np.diagonal(solution.covariance, axis1=1, axis2=2)[:, :n]
        spread = learn_spread(solution.ground, variance, fit.spread)
        stiff = fit.spread[0] / _FREE * (_STIFF * _DECAY**self.ground.order) ** 2
        spread = np.clip(spread, 1e-18 * fit.spread[0], stiff)
        spread[0] = fit.spread[0]
        shapes = solution.covariance[:, n + 1 : n + 1 + COUNT, n + 1 : n + 1 + COUNT]
        clean = self.windows.usable & (fit.weight >= 0.99)
        places = (fit.drawn.along, fit.drawn.across)
        misfit = fit.misfit.learn(residual, fit.noise, fit.own, places, fit.height, clean)
        return replace(fit, spread=spread, sharing=fit.sharing.learn(fit.theta, shapes), misfit=misfit)


def _invert(gram: FloatArray, right: FloatArray, precision: FloatArray) -> tuple[FloatArray, FloatArray]:
    """Covariance and solution of scaled normal equations."""
    each = np.arange(gram.shape[1])
    gram[:, each, each] += precision
    scale = 1 / np.sqrt(np.maximum(gram[:, each, each], 1e-300))
    covariance = np.linalg.inv(gram * scale[:, :, None] * scale[:, None, :]) * scale[:, :, None] * scale[:, None, :]
    return covariance, np.matmul(covariance, right[..., None])[..., 0]


def fit_bands(blot: Blot, bands: pd.DataFrame, model: NoiseModel) -> Fit:
    """Fit all bands of a picture together with the background around each.

    Parameters
    ----------
    blot : Blot
        The upright picture.
    bands : DataFrame
        Upright bands table of the picture, not empty.
    model : NoiseModel
        Noise of the picture.
    """
    fitter = _Fitter(blot, bands, model)
    for number in range(_PASSES):
        fitter.step(number)
    return fitter.redraw(fitter.fit)
