"""What a fit gives back: each curve, and the tables of all of them."""

from __future__ import annotations

import html
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from scipy import stats

from ..least_squares import Vector
from ..tables import TABLES, cell_text, further_columns
from .curve_fit import Checks, Options, parameter_covariance
from .estimates import Estimate
from .freedom import precision
from .models import MODELS, evaluate
from .potency import Potency
from .problem import Points
from .weighting import Weighted

__all__ = ["CurveFit", "DoseResponse"]

_NODES = 13  # doses at which the quantile of a band is worked out; it changes slowly between them


def _quantiles(fit: Weighted, slopes: Vector, dose: Vector, share: float) -> Vector:
    """Quantile of t for each dose's estimate, times what its variance lacks (M,)."""
    order = np.argsort(dose, kind="stable")
    nodes = np.unique(np.linspace(0, len(dose) - 1, min(len(dose), _NODES)).round().astype(np.int64))
    told = []
    for node in order[nodes]:
        own = precision(fit, np.pad(slopes[node], (0, fit.problem.size - slopes.shape[1])))
        told.append(float(np.sqrt(own.factor) * stats.t.ppf(share, max(own.freedom, 1.0))))
    out = np.empty(len(dose))
    out[order] = np.interp(np.arange(len(dose)), nodes, told)
    return out


@dataclass(frozen=True)
class CurveFit:
    """One fitted curve.

    Parameters
    ----------
    keys : mapping
        ``target, site, quantity, stimulus, treatment`` and further columns that part curves.
    unit : str
        Unit of the doses.
    model : str
        Key of `MODELS`: the one asked for, or ``flat`` where a horizontal line explains the points as well.
    points : DataFrame
        ``dose, response, response_se, replicate, block, scale, fitted``, one row a point.
    options : Options
        How it was fitted.
    weighted : Weighted or None
        The fit of the curve; None when there are too few points.
    checks : Checks or None
        Comparison with the horizontal line and with free means.
    estimates : tuple of Estimate
        Parameters and doses read off the curve.
    potency, absolute : Potency
        Relative and absolute IC50 as they may be reported.
    half : float
        Response half-way between the controls; NaN without them.
    notes : tuple of str
        What to mind.
    response_unit : str
        ``%`` where percent activity was fitted, else empty.
    """

    keys: Mapping[str, Any]
    unit: str
    model: str
    points: pd.DataFrame
    options: Options
    weighted: Weighted | None
    checks: Checks | None
    estimates: tuple[Estimate, ...]
    potency: Potency
    absolute: Potency
    half: float
    notes: tuple[str, ...]
    response_unit: str

    @property
    def rss(self) -> float:
        """Weighted residual sum of squares of the curve."""
        return self.weighted.minimum.rss if self.weighted else float("nan")

    @property
    def dof(self) -> int:
        """Residual degrees of freedom of the curve."""
        return self.weighted.dof if self.weighted else 0

    @property
    def residual_sd(self) -> float:
        """Residual standard deviation of a point of weight one."""
        return float(np.sqrt(self.rss / self.dof)) if self.dof > 0 else float("nan")

    @property
    def covariance(self) -> Vector:
        """Covariance (P, P) of the fitted values: top, bottom, ln ic50, ln hill …, then the blocks' scales."""
        if self.weighted is None:
            return np.zeros((0, 0))
        return parameter_covariance(self.weighted, self.options.se)

    def value(self, parameter: str) -> float:
        """Return the estimate of a parameter by its name in the curves table; NaN when it has none."""
        return next((one.value for one in self.estimates if one.parameter == parameter), float("nan"))

    def predict(self, dose: object) -> Vector:
        """Return the curve of the average block.

        Parameters
        ----------
        dose : array-like
            Doses, 0 included [unit of the fit].

        Returns
        -------
        ndarray
            Responses; the horizontal line where that is the model, NaN without a fit.
        """
        return self._curve(dose)[0]

    def band(self, dose: object, *, level: float | None = None) -> tuple[Vector, Vector]:
        """Return the pointwise interval of the curve: delta method, with the degrees of freedom of each dose.

        It is one of the curve in percent of the measured controls, whose own errors are not in it; see `precision` for
        the degrees of freedom where only a part of the spread is estimated.

        Parameters
        ----------
        dose : array-like
            Doses [unit of the fit].
        level : float, optional
            Confidence level; that of the fit when left out.
        """
        values, slopes = self._curve(dose)
        share = 0.5 + (level or self.options.level) / 2.0
        if self.weighted is None or self.checks is None:
            half = np.full(len(values), np.nan)
        elif self.model == "flat":  # the line has one parameter beside the blocks' scales
            dof = len(self.points) - 1 - self.weighted.problem.contrasts.shape[1]
            half = np.full(len(values), float(stats.t.ppf(share, max(dof, 1))) * self.checks.mean_se)
        elif not np.all(np.isfinite(self.covariance)):
            half = np.full(len(values), np.nan)
        else:
            size = slopes.shape[1]
            spread = self.covariance[:size, :size]
            half = np.sqrt(np.maximum(np.einsum("ip,pq,iq->i", slopes, spread, slopes), 0.0))
            half = half * _quantiles(self.weighted, slopes, np.asarray(dose, dtype=np.float64).ravel(), share)
        return values - half, values + half

    def _curve(self, dose: object) -> tuple[Vector, Vector]:
        """Responses and their derivatives by the fitted parameters of the curve."""
        doses = np.atleast_1d(np.asarray(dose, dtype=np.float64))
        if self.weighted is None or self.checks is None:
            return np.full(len(doses), np.nan), np.zeros((len(doses), 0))
        if self.model == "flat":
            return np.full(len(doses), self.checks.mean), np.zeros((len(doses), 0))
        problem = self.weighted.problem
        zeros = np.zeros(len(doses))
        grid = Points(doses, zeros, zeros, zeros.astype(np.int64), zeros.astype(np.int64))
        parameters = problem.curves(self.weighted.parameters)[0]
        values, slopes = evaluate(problem.model, grid.ln_dose, parameters, problem.rising)
        return values, slopes[:, np.argsort(problem.layout[0])][:, np.sum(problem.layout[0] < 0) :]

    def __repr__(self) -> str:
        known = [str(value) for key, value in self.keys.items() if key in TABLES["curves"].names]
        name = " ".join(filter(None, (*known, cell_text(self.keys, "curves"))))
        potency = self.potency
        said = f"{potency.value:.4g} {self.unit}" if np.isfinite(potency.value) else potency.note
        return f"<CurveFit {name}: {MODELS[self.model].name}, IC50 {said} ({potency.low:.3g} to {potency.high:.3g})>"


@dataclass(frozen=True)
class DoseResponse:
    """Fitted dose-response curves.

    Parameters
    ----------
    curves, potencies, curve_points : DataFrame
        Tables of a result.
    fits : tuple of CurveFit
        The curves, in the order of ``potencies``.
    """

    curves: pd.DataFrame
    potencies: pd.DataFrame
    curve_points: pd.DataFrame
    fits: tuple[CurveFit, ...]

    def __repr__(self) -> str:
        lines = [f"<DoseResponse: {len(self.fits)} curves>", *(f"  {fit!r}" for fit in self.fits)]
        return "\n".join(lines)

    def _repr_html_(self) -> str:
        shown = ["target", "site", "quantity", "stimulus", "treatment", "ic50", "ci_low", "ci_high", "unit", "note"]
        shown += further_columns(self.potencies, "potencies")
        text = self.potencies[shown].to_html(index=False, float_format="{:.4g}".format, na_rep="")
        return f"<p>{html.escape(str(len(self.fits)))} dose-response curves</p>{text}"
