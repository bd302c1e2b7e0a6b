"""Volumes and their errors from a fit.

The volume is the fitted band plus that part of what the fit left which is likelier misfit than noise: in strong
bands all of it, so that the data are summed; in faint ones none, so that the model speaks (best linear unbiased
prediction: Robinson 1991, Statistical Science 6:15, doi 10.1214/ss/1177011926). Rejected cells count as fitted.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from ..blot import FloatArray
from .fit import Fit
from .glow import fit_glow
from .shape import BEYOND, COUNT, LIKE_HAZE, THICKER
from .strips import over_blocks
from .system import band_products

__all__ = ["Measured", "measure"]

_FOOT = 4.0  # distance from the ridge beyond which light may be the band's or the membrane's [sigma]
_NEAR, _FAINTEST = 6.0, 0.05  # a band's own cells: so near to the ridge [sigma], and at least so bright across
_BLOCK = 5  # side of a block in which what a shape cannot follow is alike [cells]
# measured on drawn blots of both families and of hands that the fit does not know: by how much errors of a band's own
# fit, and of its row's mean shape, are taken larger; and standard errors as a share of what the fit left near the band,
# in all and in blocks, of the membrane's texture, as if alike under a band, of the tails beyond the foot, and of misfit
# in cells that do not count
_OWN, _ROWS, _LEFT, _BLOCKS, _GRAIN, _TRAILING, _GONE = 0.92, 0.8, 0.35, 0.6, 0.45, 0.08, 0.6
# by how much the logarithm of each shape's scatter is unknown, and, as if it were, how little is believed of bands that
# stray from their row: in wings, thickness, skew and peakedness, and width, for rather something lies under them
_STRAYS = np.full(COUNT, 0.8)
_STRAYS[2:5], _STRAYS[THICKER], _STRAYS[THICKER + 1 : 15], _STRAYS[16:19] = 6.0, 2.2, 9.0, 3.5
# the same as a share of what the wings and the peakedness of its row's mean add, which is haze as often as not in rows
# that show no tails and wings, and so much less where they do
_HAZY, _SHOWN = np.array([2.5, 2.5, 1.0]), 0.95
_LEAST = 2e-4  # share of its volume that no band is known better than


class Measured(NamedTuple):
    """Volumes, standard errors, also as if the bands were absent, how much of each core was rejected, and heights."""

    volume: FloatArray
    error: FloatArray
    blank: FloatArray
    rejected: FloatArray
    height: FloatArray


def _tails(fit: Fit, reach: FloatArray | float) -> FloatArray:
    """Light of the tails farther from the ridge than `reach` [sigma], upwards and downwards, shape (2, B) [AU px]."""
    across = fit.drawn.across.max(axis=1).sum(axis=1) * fit.strips.width
    amount = np.zeros((2, len(across)))
    for k, decay, way in BEYOND:
        amount[int(way > 0)] += fit.theta[:, k] * np.exp(-decay * reach) / decay
    return np.asarray(fit.height * amount * fit.view.sigma * across)


def _beyond(fit: Fit) -> FloatArray:
    """Light of the tails outside the windows [AU px]."""
    inside = np.any(fit.places.cut(fit.strips.usable), axis=2, keepdims=True)
    return np.asarray(_tails(fit, (np.abs(fit.drawn.along) * inside).max(axis=(1, 2))).sum(axis=0))


def _lever(fit: Fit, share: FloatArray, area: FloatArray) -> FloatArray:
    """How much each volume moves with every unknown of its lane, shape (B, m)."""
    places, unknowns = fit.places, fit.unknowns
    lever = np.zeros((len(share), unknowns.size))
    summed = (area * share)[:, None]
    lever[:, : unknowns.ground] = -fit.ground.project_windows(summed)[:, 0]
    ours = np.einsum("brk,bprk->bp", area * (1 - share), fit.drawn.slopes)
    np.put_along_axis(lever, unknowns.of_bands, ours, 1)
    for upper, lower in unknowns.pairs:
        lever[upper, unknowns.of_band(lower)] = -band_products(
            summed[upper], fit.drawn.slopes[lower], places, upper, lower
        )
        lever[lower, unknowns.of_band(upper)] = -band_products(
            fit.drawn.slopes[upper], summed[lower], places, upper, lower
        )[:, 0]
    return lever


def _unexplained(fit: Fit, residual: FloatArray, area: FloatArray) -> FloatArray:
    """Variance by light near each band that its fit left, beyond what noise leaves [AU² px²].

    What a shape cannot follow is alike in neighbouring cells, so that blocks of cells hold more of it than noise alone
    would leave there (Liang & Zeger 1986, Biometrika 73:13, doi 10.1093/biomet/73.1.13).
    """
    cut = fit.places.cut
    ours = (np.abs(fit.drawn.along) < _NEAR) & (fit.drawn.across > _FAINTEST) & (cut(fit.certainty) > 0)
    left = np.where(ours, area * residual, 0.0)
    noise = np.where(ours, area**2 * np.maximum(cut(fit.noise) - fit.own, 0.0), 0.0).sum(axis=(1, 2))
    in_all = np.maximum(left.sum(axis=(1, 2)) ** 2 - noise, 0.0)
    in_blocks = np.maximum((over_blocks(left, _BLOCK) ** 2).sum(axis=(1, 2)) - noise, 0.0)
    return np.asarray(_LEFT**2 * in_all + _BLOCKS**2 * in_blocks)


def measure(fit: Fit) -> Measured:
    """Sum what the fit gives to each band: volumes [AU px] with one standard error.

    Parameters
    ----------
    fit : Fit
        All lanes of a picture, fitted.

    Returns
    -------
    Measured
        One entry a band, in the order of the fit's places.
    """
    cut = fit.places.cut
    model = fit.height[:, None, None] * fit.drawn.light
    residual, noise, area = cut(fit.residual), cut(fit.noise), cut(fit.strips.count)
    weight = np.where(cut(fit.strips.usable), cut(fit.weight), 0.0)
    share = np.where(weight > 0, fit.own / noise, 0.0)
    # a saturated cell holds at least what was counted: that is summed, so that the volume is a lower bound, as it says
    burnt = cut(fit.strips.burnt)
    all_own = cut(fit.places.spread_out(fit.own, fit.strips))
    share = np.where(burnt, fit.own / np.maximum(all_own, 1e-300), share)
    beyond = _beyond(fit)
    lever = _lever(fit, share, area)
    glow = fit_glow(fit, lever, area * share)
    volume = (area * (model + share * residual)).sum(axis=(1, 2)) + beyond - glow.share * glow.response
    moved = np.empty_like(lever)
    for lane in range(len(fit.strips.light)):
        mine = fit.places.lane == lane
        moved[mine] = fit.covariance.times(lane, lever[mine].T).T
    # a row's mean shape is not known either: how far would the volume follow it
    pull = np.take_along_axis(moved, fit.unknowns.of_bands[:, 1:], 1) / fit.around
    shared = np.einsum("bi,bij,bj->b", pull, fit.sharing.doubt[fit.sharing.row], pull)
    # nor how much bands scatter around it: the volume's derivative by the logarithm of each shape's scatter
    strays = pull * (fit.theta - fit.sharing.of_bands) * _STRAYS
    # and of what looks like haze: its derivative by how much of it is the row's
    hazy = (pull * fit.sharing.of_bands)[:, LIKE_HAZE] * _HAZY * (1 - _SHOWN * fit.sharing.shown)[:, None]
    core = (np.abs(fit.drawn.along) < 2.5) & (fit.drawn.across > 0.3) & (area > 0)
    rejected = (core & (weight == 0) & ~burnt).sum(axis=(1, 2)) / np.maximum(core.sum(axis=(1, 2)), 1)
    covered = np.where(np.abs(fit.drawn.along) < _FOOT, area * np.minimum(fit.drawn.across, 1.0), 0.0).sum(axis=(1, 2))
    # an absent band has no shape that could be wrong
    odd = (strays**2).sum(axis=1) + (hazy**2).sum(axis=1)
    blank = (
        _OWN**2 * (moved * lever).sum(axis=1)
        + _ROWS**2 * shared
        + glow.variance * glow.response**2
        + _unexplained(fit, residual, area)
        + _GRAIN**2 * fit.texture * covered**2
        + (_TRAILING * np.abs(_tails(fit, _FOOT)).sum(axis=0)) ** 2
        + (_LEAST * volume) ** 2
        + _GONE**2 * (area**2 * np.where(share > 0, 0.0, fit.own)).sum(axis=(1, 2))
    )
    return Measured(volume, np.sqrt(blank + odd), np.sqrt(blank), rejected, fit.height)
