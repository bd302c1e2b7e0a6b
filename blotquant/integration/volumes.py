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
from .shape import BEYOND

__all__ = ["Measured", "measure"]


class Measured(NamedTuple):
    """Volumes, standard errors, and how much of each band's core was rejected."""

    volume: FloatArray
    error: FloatArray
    rejected: FloatArray
    residual: FloatArray


def _beyond(fit: Fit) -> FloatArray:
    """Light of the tails outside the windows [AU px]."""
    windows, sigma = fit.windows, fit.geometry.sigma
    across = fit.drawn.across.max(axis=1).sum(axis=1) * windows.width
    inside = np.any(windows.usable, axis=2, keepdims=True)
    reach = (np.abs(fit.drawn.along) * inside).max(axis=(1, 2))
    amount = np.zeros(len(sigma))
    for k, decay, _ in BEYOND:
        amount += fit.theta[:, k] * np.exp(-decay * reach) / decay
    light: FloatArray = fit.height * amount * sigma * across
    return light


def _variance(fit: Fit, share: FloatArray, area: FloatArray) -> FloatArray:
    """Variance of the volumes by what was fitted and by noise of what was summed [AU² px²]."""
    ours = np.einsum("brk,bprk->bp", area * (1 - share), fit.drawn.slopes)
    theirs = -np.einsum("brk,bprk->bp", area * share, fit.beside)
    lever = np.concatenate([-fit.ground.project(area * share), ours, theirs], axis=1)
    fitted = np.einsum("bi,bij,bj->b", lever, fit.covariance, lever)
    both = fit.own * fit.noise / (fit.own + fit.noise)
    kept = np.where(share > 0, both, fit.own)
    summed: FloatArray = fitted + (area**2 * kept).sum(axis=(1, 2))
    return summed


def measure(fit: Fit) -> Measured:
    """Volumes of all bands [AU px] with one standard error."""
    windows = fit.windows
    model = fit.height[:, None, None] * fit.drawn.light
    residual = windows.light - fit.background - fit.others - model
    summed = windows.usable & (fit.weight > 0)
    share = np.where(summed, fit.own / (fit.own + fit.noise), 0.0)
    area = windows.count
    volume = (area * (model + share * residual)).sum(axis=(1, 2)) + _beyond(fit)
    core = (np.abs(fit.drawn.along) < 2.5) & (fit.drawn.across > 0.3) & (area > 0)
    rejected = (core & (fit.weight == 0)).sum(axis=(1, 2)) / np.maximum(core.sum(axis=(1, 2)), 1)
    return Measured(volume, np.sqrt(_variance(fit, share, area)), rejected, residual)
