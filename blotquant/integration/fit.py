"""Fit bands and background together, all lanes of a picture in step.

Per pass: draw every band and its neighbours, weigh cells by noise and misfit, solve the linear equations of each lane
for background, heights and shapes with what is known beforehand, and learn anew what bands and backgrounds have in
common.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt
import pandas as pd

from ..blot import Blot, FloatArray
from ..medians import median
from ..noise import NoiseModel
from .first_background import first_background
from .ground import Ground
from .misfit import Misfit, kept_cores, trust
from .shape import COUNT, LIMIT, STEP, Drawn, draw, light_of
from .sharing import Sharing, learn_spread
from .strips import Places, Strips, View, cut_strips, over_blocks, pair_strips
from .system import EACH, Covariance, Solution, Unknowns, solve
from .widths import with_own_widths

__all__ = ["Fit", "fit_bands"]

BoolArray = npt.NDArray[np.bool_]
IntArray = npt.NDArray[np.int64]

_PASSES = 6
_ASKED = 4  # lanes whose background's variances are computed, since these cost time and are alike
_CLEAR = 4.0  # cells so far from all ridges tell the background without the bands [sigma]
_SIZING = 4  # passes in which the rows' sigmas are found
_SPOILT, _ILL = 0.15, 2.0  # share of a core that is rejected, and misfit, from which a band teaches less
_BLOCK, _FEW = 4, 20  # side of a block in which texture is told [cells], and how many tell it


@dataclass(frozen=True)
class Fit:
    """Bands and backgrounds of a picture as fitted.

    Parameters
    ----------
    strips, places, ground, unknowns
        Cells, bands, background basis and numbering.
    view : View
        The bands' own windows.
    height : ndarray of shape (B,)
        Height of every band [AU].
    theta : ndarray of shape (B, COUNT)
        Shape of every band.
    coefficients : ndarray of shape (L, n)
        Background's terms [AU].
    spread : ndarray of shape (n,)
        Their scatter [AU²].
    sharing, misfit
        What was learnt.
    background, others, bands : ndarray of shape (L, R, K)
        Background above the picture's median, light of bands of other lanes, and of the lane's own [AU].
    noise : ndarray of shape (L, R, K)
        Variance by noise and misfit of all bands [AU²].
    own : ndarray of shape (B, tall, K)
        Variance by the band's own misfit in its window [AU²].
    texture : float
        Variance of what is neither noise nor smooth: grain and ripples of the membrane, as if cells were independent
        [AU²].
    weight : ndarray of shape (L, R, K)
        Trust in every cell, 0 where rejected.
    drawn : Drawn
        The bands as drawn, in their windows.
    covariance : Covariance
        Covariance of all unknowns of each lane …
    around : ndarray of shape (B, COUNT)
        … where bands scatter by so much around their rows.
    """

    strips: Strips
    places: Places
    ground: Ground
    unknowns: Unknowns
    view: View
    height: FloatArray
    theta: FloatArray
    coefficients: FloatArray
    spread: FloatArray
    sharing: Sharing
    misfit: Misfit
    background: FloatArray
    others: FloatArray
    bands: FloatArray
    noise: FloatArray
    own: FloatArray
    texture: float
    weight: FloatArray
    drawn: Drawn
    covariance: Covariance
    around: FloatArray

    @property
    def residual(self) -> FloatArray:
        """What neither background nor bands explain, shape (L, R, K) [AU]."""
        return self.strips.light - self.background - self.bands - self.others

    @property
    def certainty(self) -> FloatArray:
        """Weight over variance of the cells that count, 0 elsewhere, shape (L, R, K) [1/AU²]."""
        return np.where(self.strips.usable, self.weight / self.noise, 0.0)

    def prior(self) -> tuple[FloatArray, FloatArray]:
        """Precision of all unknowns, and its product with how far their expected values are from the present ones."""
        lanes, n = len(self.strips.light), len(self.ground)
        precision, pull = np.ones((lanes, self.unknowns.size)), np.zeros((lanes, self.unknowns.size))
        precision[:, :n], pull[:, :n] = 1 / self.spread, -self.coefficients / self.spread
        shape = 1 / self.sharing.around
        # heights move freely, but of two bands in one place none may run away
        tall = 3 * np.abs(self.height) + 30 * np.sqrt(median(self.noise))
        each = np.concatenate([1 / tall[:, None] ** 2, shape], axis=1)
        towards = np.concatenate([np.zeros((len(tall), 1)), (self.sharing.of_bands - self.theta) * shape], axis=1)
        where = (self.unknowns.lane[:, None], self.unknowns.of_bands)
        precision[where], pull[where] = each, towards
        return precision, pull


def _texture(residual: FloatArray, outside: BoolArray, noise: FloatArray) -> float:
    """Variance that noise does not explain where no bands are, from means over blocks of cells [AU²].

    What is alike over neighbouring cells counts as often as there are cells, as if they were independent.
    """
    if not outside.any():
        return 0.0
    cells = (outside.astype(np.float64), np.where(outside, residual, 0.0))
    count, total = (over_blocks(image, _BLOCK) for image in cells)
    whole = count >= 0.75 * _BLOCK**2
    if whole.sum() < _FEW:
        return 0.0
    spread = 1.4826 * median(np.abs(total[whole] / count[whole]))
    return max(0.0, _BLOCK**2 * spread**2 - median(noise[outside]))


class _Fitter:
    """Holds what does not change between passes."""

    def __init__(
        self, blot: Blot, bands: pd.DataFrame, model: NoiseModel, species: IntArray, hidden: BoolArray | None = None
    ) -> None:
        self.strips, boxes = cut_strips(blot, bands, hidden)
        everyone = np.arange(len(boxes.row))
        wide = with_own_widths(self.strips, boxes, boxes.view(self.strips, everyone, boxes.lane))
        self.places = replace(boxes, half=wide)
        # a few lanes tell how well backgrounds are known; the same ones from the left as from the right
        self.asked = np.unique(np.rint(np.linspace(0, len(self.strips.light) - 1, _ASKED)).astype(np.int64))
        self.model = model
        self.span = float(np.ptp(blot.pixels)) or 1.0
        self.least = (1e-5 * self.span) ** 2  # pictures without noise still need finite weights
        self.floor = float(blot.pixels.min())
        self.beside = pair_strips(self.strips, self.places)
        view = self.places.view(self.strips, everyone, self.places.lane)
        self.fit = self._start(view, species)

    def noise(self, light: FloatArray) -> FloatArray:
        """Variance of the cells' means [AU²]."""
        whole = np.maximum(light + self.strips.zero, self.floor)
        variance = self.model.variance(whole) * self.model.clumping + self.least
        return np.asarray(variance / np.maximum(self.strips.count, 1.0))

    def spread_out(self, windows: FloatArray) -> FloatArray:
        """Add up images of the bands' windows in their strips, shape (B, tall, K) to (L, R, K)."""
        return self.places.spread_out(windows, self.strips)

    def _start(self, view: View, row: IntArray) -> Fit:
        """Background from outside the bands, and heights above it."""
        strips, count = self.strips, len(row)
        theta = np.zeros((count, COUNT))
        light, along, across = light_of(view, theta)
        noise = self.noise(strips.light)
        inside = self.spread_out((np.abs(along) < _CLEAR).astype(float)) > 0
        self.outside = strips.usable & ~inside
        free = Ground(strips, self.places)
        self.ground, coefficients, spread, weight = first_background(strips, free, self.outside, noise, self.asked)
        self.unknowns = Unknowns.of(self.places, self.ground)
        background = self.ground.image(coefficients)
        cut = self.places.cut
        core = np.where(cut(strips.usable) & (np.abs(along) < 3), light / cut(noise), 0.0)
        height = (core * cut(strips.light - background)).sum(axis=(1, 2))
        # a band that lies beside the picture shows no light: no more is believed of it than of the picture's brightest
        height = height / ((core * light).sum(axis=(1, 2)) + 1 / self.span**2)
        empty = np.zeros_like(noise)
        return Fit(
            strips=strips,
            places=self.places,
            ground=self.ground,
            unknowns=self.unknowns,
            view=view,
            height=height,
            theta=theta,
            coefficients=coefficients,
            spread=spread,
            sharing=Sharing.at_start(row),
            misfit=Misfit.at_start(count),
            background=background,
            others=empty,
            bands=empty,
            noise=noise,
            own=np.zeros_like(light),
            texture=0.0,
            weight=weight,
            drawn=Drawn(light, along, across, np.empty(0), slice(0, 0)),
            covariance=Covariance((), len(self.ground)),
            around=np.ones(theta.shape),
        )

    def _others(self, fit: Fit) -> tuple[FloatArray, FloatArray]:
        """Light of bands of other lanes in every strip [AU], and its misfit's variance [AU²]."""
        light, variance = np.zeros(self.strips.light.shape), np.zeros(self.strips.light.shape)
        scaled = fit.height * fit.misfit.scale
        for by, seen, start, view in self.beside:
            part, along, across = light_of(replace(view, sigma=fit.view.sigma[seen]), fit.theta[seen])
            parts, misfits = fit.height[seen][:, None, None] * part, fit.misfit.variance(along, across, scaled[seen])
            places = zip(by, self.places.first[seen], start, strict=True)
            for (strip, first, left), here, misfit in zip(places, parts, misfits, strict=True):
                rows, cols = slice(first, first + self.places.tall), slice(left, left + here.shape[1])
                light[strip, rows, cols] += here
                variance[strip, rows, cols] += misfit
        return light, variance

    def redraw(self, fit: Fit) -> Fit:
        """Draw all bands as they are now, and what cells may vary."""
        # what is darker than the membrane is no band and tells no shape
        drawn = draw(fit.view, fit.theta, np.maximum(fit.height, 0.0))
        others, others_misfit = self._others(fit)
        bands = self.spread_out(fit.height[:, None, None] * drawn.light)
        own = fit.misfit.variance(drawn.along, drawn.across, fit.height * fit.misfit.scale)
        noise = self.noise(fit.background + np.maximum(bands + others, 0.0)) + fit.texture
        noise = noise + others_misfit + self.spread_out(own)
        return replace(fit, drawn=drawn, others=others, bands=bands, noise=noise, own=own)

    def step(self, number: int) -> None:
        """One pass."""
        fit = self.redraw(self.fit)
        left = fit.residual
        found = solve(self.unknowns, self.ground, self.places, fit.drawn, fit.certainty, left, *fit.prior())
        brighter = self.ground.image(found.ground)
        change = np.matmul(found.steps[:, None], fit.drawn.slopes.reshape(len(found.steps), EACH, -1))
        residual = left - brighter - self.spread_out(change.reshape(fit.own.shape))
        fit = replace(
            fit,
            height=fit.height + found.steps[:, 0],
            theta=np.clip(fit.theta + np.clip(found.steps[:, 1:], -STEP, STEP), -LIMIT, LIMIT),
            coefficients=fit.coefficients + found.ground,
            background=fit.background + brighter,
            covariance=found.covariance,
            around=fit.sharing.around,
        )
        if number:
            fit = self._learn(fit, found, residual, last=number == _PASSES - 1)
        if number < _SIZING:
            factor, theta, sharing = fit.sharing.thickness(fit.theta, fit.height)
            fit = replace(fit, view=fit.view.thicker(factor), theta=theta, sharing=sharing)
        self.fit = replace(fit, weight=self._trust(fit, residual, reject=number > 0))

    def _core(self, fit: Fit) -> BoolArray:
        """Cells of the bands' cores, in their windows."""
        usable = self.places.cut(self.strips.usable)
        return np.asarray(usable & (np.abs(fit.drawn.along) < 3) & (fit.drawn.across > 0.3))

    def _trust(self, fit: Fit, residual: FloatArray, *, reject: bool) -> FloatArray:
        """Weigh cells by their residuals; of a band's core no more than a third is rejected."""
        core = self._core(fit)
        # what is hidden or burnt out tells nothing, least of all that a speck lies there
        deviation = np.where(self.strips.usable, residual / np.sqrt(fit.noise), 0.0)
        kept = kept_cores(self.places.cut(residual), self.places.cut(deviation), core, fit.height)
        weight = trust(deviation, self.spread_out(kept.astype(float)) > 0)
        # in the first pass shapes are still wrong: what was trusted to begin with stays so
        return weight if reject else np.where(fit.weight > 0, np.maximum(weight, 0.03), 0.0)

    def _learn(self, fit: Fit, found: Solution, residual: FloatArray, *, last: bool) -> Fit:
        """Learn means of rows, misfit, and the scatter of backgrounds if another pass is to use it."""
        n, cut, spread = len(self.ground), self.places.cut, fit.spread
        if not last:
            variance = found.covariance.of_ground(self.asked)
            spread = learn_spread(fit.coefficients, variance, fit.spread, self.ground.group)
            spread[0] = fit.spread[0]
        at = self.unknowns.of_bands[:, 1:] - n
        shapes = found.covariance.of_bands()[self.unknowns.lane[:, None, None], at[:, :, None], at[:, None, :]]
        clean = cut(self.strips.usable & (fit.weight >= 0.99))
        noise = np.maximum(cut(fit.noise) - fit.own, 1e-9 * fit.own)
        places = (fit.drawn.along, fit.drawn.across)
        misfit = fit.misfit.learn(cut(residual), noise, fit.own, places, fit.height, clean)
        sharing = fit.sharing.learn(fit.theta, shapes, self._teaching(fit))
        texture = _texture(residual, self.outside & (fit.weight > 0), self.noise(fit.background))
        learnt = replace(fit, spread=spread, misfit=misfit, texture=texture)
        return self._follow(learnt, found, sharing)

    def _follow(self, fit: Fit, found: Solution, sharing: Sharing) -> Fit:
        """Let bands and backgrounds follow the means of their rows, as far as their own light lets them."""
        moved = np.zeros((len(fit.coefficients), self.unknowns.size))
        where = (self.unknowns.lane[:, None], self.unknowns.of_bands[:, 1:])
        moved[where] = (sharing.of_bands - fit.sharing.of_bands) / fit.sharing.around
        change = np.array([found.covariance.times(lane, vector) for lane, vector in enumerate(moved)])
        n = len(self.ground)
        of_bands = change[self.unknowns.lane[:, None], self.unknowns.of_bands]
        return replace(
            fit,
            sharing=sharing,
            height=fit.height + of_bands[:, 0],
            theta=np.clip(fit.theta + of_bands[:, 1:], -LIMIT, LIMIT),
            coefficients=fit.coefficients + change[:, :n],
            background=fit.background + self.ground.image(change[:, :n]),
        )

    def _teaching(self, fit: Fit) -> FloatArray:
        """How much each band may teach its row: not those that something lies on, nor those that fit ill."""
        core = self._core(fit)
        gone = (core & (self.places.cut(fit.weight) == 0)).sum(axis=(1, 2)) / np.maximum(core.sum(axis=(1, 2)), 1)
        return np.where(gone < _SPOILT, np.minimum(1.0, (_ILL / fit.misfit.scale) ** 2), 0.0)


def fit_bands(
    blot: Blot, bands: pd.DataFrame, model: NoiseModel, *, species: IntArray, hidden: BoolArray | None = None
) -> Fit:
    """Fit all bands of a picture together with the background of their lanes.

    Parameters
    ----------
    blot : Blot
        The upright picture.
    bands : DataFrame
        Upright bands table of the picture, not empty.
    model : NoiseModel
        Noise of the picture.
    species : ndarray of shape (B,)
        Number of each band's protein species, from 0: bands of one share the mean of their shapes.
    hidden : ndarray of shape (H, W), optional
        Pixels that something hides; by default those beside the membrane.
    """
    fitter = _Fitter(blot, bands, model, species, hidden)
    for number in range(_PASSES):
        fitter.step(number)
    return fitter.redraw(fitter.fit)
