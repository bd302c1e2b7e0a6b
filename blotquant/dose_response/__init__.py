"""fit_dose_response(): responses → curves, IC50s with intervals that may be open, and what to mind about them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

import numpy as np
import pandas as pd

from ..errors import SettingsError
from ..tables import nearest
from ..units import conversion_factor, dimension, in_words
from .between import FEWEST, replicates_of
from .comparing import PotencyRatio, ratio_of_fits, ratio_of_treatments
from .controls import controls_of
from .curve_fit import Options, best_fit, check_fit
from .estimates import Estimate, Shared, estimate_doses, estimate_parameters
from .halfway import control_lanes
from .models import MODELS, Model
from .potency import Potency, judge, sebaugh_notes
from .replicates import Replicates, fit_replicates
from .results import CurveFit, DoseResponse
from .rows import curve_rows, grid_rows, potency_row, ratio_row, table_of
from .selection import Series, find_series, has_errors, points_of
from .weighting import WEIGHTS

__all__ = [
    "MODELS",
    "CurveFit",
    "DoseResponse",
    "Estimate",
    "Model",
    "Potency",
    "PotencyRatio",
    "fit_dose_response",
    "ratio_of_fits",
    "ratio_of_treatments",
]

_CHOICES: dict[str, Sequence[str]] = {
    "model": [name for name in MODELS if name != "flat"],
    "weights": ["auto", *WEIGHTS],
    "interval": ["profile", "wald"],
    "se": ["jacobian", "hessian"],
    "ic50": ["relative", "absolute"],
    "scales": ["auto", "block", "none"],
}
_DIFFER = 0.01  # p of replicates alike, below which they are said to differ: the note asks to give another figure
_LACK = 0.05


def _options(table: pd.DataFrame, chosen: Mapping[str, str], level: float, hold: Mapping[str, float | None]) -> Options:
    for name, value in chosen.items():
        if value not in _CHOICES[name]:
            raise SettingsError(f"{name} = {value!r} is not known{nearest(str(value), _CHOICES[name])}")
    if not 0.0 < level < 1.0:
        raise SettingsError(f"level = {level!r}: must lie between 0 and 1, as 0.95")
    weights = chosen["weights"]
    if weights == "auto":
        weights = "error" if has_errors(table) else "none"
    scaled = chosen["scales"] == "block" or (chosen["scales"] == "auto" and weights == "error")
    held = {name: float(value) for name, value in hold.items() if value is not None}
    kept = {name: chosen[name] for name in ("model", "interval", "se", "ic50")}
    return Options(weights=weights, scaled=scaled, level=level, hold=held, **kept)


def _too_few(series: Series, options: Options) -> str:
    """Say why a curve cannot be fitted; empty when it can."""
    points = points_of(series)
    free = [name for name in MODELS[options.model].parameters(rising=False) if name not in options.hold]
    doses = len(np.unique(points.dose))
    scales = int(points.block.max()) if options.scaled else 0
    if doses < len(free):
        return f"{doses} different doses cannot carry the {len(free)} parameters of the {options.model}; add doses"
    if len(points.dose) <= len(free) + scales:
        return f"{len(points.dose)} points leave no degree of freedom beside {len(free) + scales} parameters"
    return ""


def _without_fit(series: Series, options: Options, why: str) -> CurveFit:
    unknown = Potency(np.nan, 0.0, np.inf, why)
    points = series.points.assign(scale=1.0, fitted=np.nan)
    parts = (series.keys, series.unit, options.model, points, options)
    return CurveFit(*parts, None, None, (), unknown, unknown, series.half, (), series.response_unit)


def _differ_note(replicates: Replicates, level: float, unit: str, *, minded: bool) -> str:
    """Say that replicates differ, and which IC50 holds for replicates at large where the interval does not mind it."""
    words = f"replicates differ in IC50 (p = {replicates.differ_p:.2g})"
    if len(replicates.names) < 2:
        return f"{words}: look at each replicate's points"
    if minded:
        return f"{words}: the interval minds it; look at each replicate's own (ic50_replicates in curves.csv)"
    low, high = (in_words(float(np.exp(end)), unit) for end in replicates.interval(level))
    mean = in_words(float(np.exp(replicates.mean)), unit)
    return f"{words}: give the geometric mean of their own IC50s instead, {mean} ({low} to {high})"


def _few_note(points: pd.DataFrame) -> str:
    """Say what the interval of one or two blots lacks; empty for three, and for plates and tables of responses."""
    count = points.loc[~points["shared"], "replicate"].nunique()
    if not points["blot"].all() or count >= FEWEST:
        return ""
    these = "this blot" if count == 1 else "these blots"
    return f"n = {count}: the interval is that of {these}; three replicates or more tell how far replicates differ"


def _notes(fit: CurveFit, replicates: Replicates) -> tuple[str, ...]:
    """Doubts about an IC50 that is given."""
    said = fit.absolute if fit.options.ic50 == "absolute" else fit.potency
    notes: list[str] = []
    if fit.weighted is None or fit.checks is None:
        return ()
    if np.isfinite(said.value):
        notes += sebaugh_notes(fit.weighted, fit.options.ic50, fit.half)
        if replicates.differ_p < _DIFFER:
            minded = replicates_of(fit.points) is not None
            notes.append(_differ_note(replicates, fit.options.level, fit.unit, minded=minded))
        notes += filter(None, [_few_note(fit.points)])
    if fit.checks.lack_p < _LACK and not fit.checks.flat:
        notes.append(f"lack of fit (p = {fit.checks.lack_p:.2g}): compare points and curve, try model = 5pl")
    return tuple(notes)


def _fit_one(series: Series, options: Options) -> tuple[CurveFit, Replicates | None]:
    why = _too_few(series, options)
    if why:
        return _without_fit(series, options, why), None
    weighted = best_fit(points_of(series), options)
    checks = check_fit(weighted)
    lanes = control_lanes(series.points)
    shared = Shared(controls_of(series.points), lanes, replicates_of(series.points))
    estimates = [
        *estimate_parameters(weighted, options, shared),
        *estimate_doses(weighted, options, series.half, shared),
    ]
    named = {one.parameter: one for one in estimates}
    relative, absolute = (
        judge(weighted, checks, named[name], named["ic50_absolute"], options, series.half, series.unit, lanes)
        for name in ("ic50", "ic50_absolute")
    )
    fitted, _ = weighted.problem.model_values(weighted.parameters)
    scale = weighted.problem.scales(weighted.parameters)[weighted.problem.points.block]
    replicates = fit_replicates(weighted, series.points)
    fit = CurveFit(
        keys=series.keys,
        unit=series.unit,
        model="flat" if checks.flat else options.model,
        points=series.points.assign(scale=scale, fitted=fitted),
        options=options,
        weighted=weighted,
        checks=checks,
        estimates=tuple(estimates),
        potency=relative,
        absolute=absolute,
        half=series.half,
        notes=(),
        response_unit=series.response_unit,
    )
    return replace(fit, notes=_notes(fit, replicates)), replicates


def _most_potent(fits: Sequence[CurveFit]) -> CurveFit | None:
    known = [fit for fit in fits if np.isfinite(fit.potency.value)]
    if len(fits) < 2 or not known:
        return None
    return min(known, key=lambda fit: fit.potency.value * conversion_factor(fit.unit, known[0].unit))


def _grouped(fits: Sequence[CurveFit], *, by: Sequence[str]) -> list[list[CurveFit]]:
    """Part fits by all their keys except some, and by whether their doses are molar."""
    found: dict[tuple[str, ...], list[CurveFit]] = {}
    for fit in fits:
        parts = [dimension(fit.unit), *(str(value) for key, value in fit.keys.items() if key not in by)]
        found.setdefault(tuple(parts), []).append(fit)
    return list(found.values())


def _ratio_rows(fits: Sequence[CurveFit]) -> dict[int, list[dict[str, Any]]]:
    """Ratios to the most potent treatment of a target and to the most sensitive target of a treatment."""
    rows: dict[int, list[dict[str, Any]]] = {}
    for group in _grouped(fits, by=("treatment",)):
        best = _most_potent(group)
        for fit in group if best else []:
            if best and fit is not best:
                ratio = ratio_of_treatments(fit, best)
                rows.setdefault(id(fit), []).append(ratio_row(fit, f"ic50_ratio_to_{best.keys['treatment']}", ratio))
    for group in _grouped(fits, by=("target", "site")):
        best = _most_potent(group)
        for fit in group if best else []:
            if best and fit is not best:
                name = " ".join(filter(None, [str(best.keys["target"]), str(best.keys["site"])]))
                rows.setdefault(id(fit), []).append(
                    ratio_row(fit, f"selectivity_over_{name}", ratio_of_fits(fit, best))
                )
    return rows


def fit_dose_response(
    table: pd.DataFrame,
    *,
    model: str = "4pl",
    weights: str = "auto",
    interval: str = "profile",
    se: str = "jacobian",
    ic50: str = "relative",
    group_by: Sequence[str] = (),
    level: float = 0.95,
    scales: str = "auto",
    top: float | None = None,
    bottom: float | None = None,
) -> DoseResponse:
    """Fit one dose-response curve to each target, site, quantity, stimulus and treatment.

    response = bottom + (top − bottom) / (1 + (dose / ic50)^hill), with ``top`` at zero dose and the logarithm of ic50
    fitted. Zero doses stay in: the lanes of the maximum control (vehicle) are the zero dose of every treatment of their
    stimulus. A rising curve has bottom > top and hill < 0. A horizontal line that explains the points as well (AICc)
    takes the curve's place. Assumes that errors of different points are independent once each block has its own scale.

    Parameters
    ----------
    table : DataFrame
        ``dose`` and ``response`` (else percent_activity, fold or ratio); optional ``response_se``, ``treatment``,
        ``target``, ``site``, ``quantity``, ``stimulus``, ``replicate``, ``membrane``, ``plate``, ``dose_unit``,
        ``role``; folds as `normalise` gives them, or a plate's responses; not changed.
    model : {"4pl", "3pl", "5pl"}
        Curve; ``3pl`` holds the lower plateau at 0.
    weights : {"auto", "none", "error", "relative"}
        Variance of a point: constant; se² + (cv·fitted)² with cv estimated, and a constant part only where the spread
        asks for it; (cv·fitted)². ``auto``: ``error`` for responses with standard errors or from membranes, else
        ``none``.
    interval : {"profile", "wald"}
        Profile likelihood, whose sides may be open, or ± t · SE (on the log scale for doses and hill).
    se : {"jacobian", "hessian"}
        Standard errors from JᵀJ (nls, Prism) or from the second derivatives (R drc).
    ic50 : {"relative", "absolute"}
        Half-way between the fitted plateaus; or half-way between the measured controls (half the fitted top without).
    group_by : sequence of str
        Further columns that part curves.
    level : float
        Confidence level.
    scales : {"auto", "block", "none"}
        Fit a scale for each block (replicate on its membrane), so that the error of the lane by which a block was
        normalised is not taken for agreement; ``auto``: with ``error`` weights.
    top, bottom : float, optional
        Hold a plateau, for example at a control's 100 or 0.

    Returns
    -------
    DoseResponse
        ``curves``, ``potencies``, ``curve_points`` and ``fits``; empty where no treatment has doses. An undetermined
        IC50 is NaN with the side that is known.

    Raises
    ------
    TableError
        The table has no dose or response, or a dose unit is unknown.
    SettingsError
        An option is unknown.

    References
    ----------
    Ritz et al. 2015, PLoS ONE 10:e0146021, doi 10.1371/journal.pone.0146021 (models);
    Bates & Watts 1988, doi 10.1002/9780470316757 (profile intervals);
    Sebaugh 2011, Pharm Stat 10:128, doi 10.1002/pst.426 (when to report).
    """
    chosen = {"model": model, "weights": weights, "interval": interval, "se": se, "ic50": ic50, "scales": scales}
    options = _options(table, chosen, level, {"top": top, "bottom": bottom})
    fitted = [_fit_one(series, options) for series in find_series(table, group_by)]
    fits = [fit for fit, _ in fitted]
    ratios = _ratio_rows(fits)
    curves = [row for fit, own in fitted for row in [*curve_rows(fit, own), *ratios.get(id(fit), [])]]
    points = [grid_rows(fit) for fit in fits if fit.weighted is not None]
    return DoseResponse(
        curves=table_of(curves, "curves"),
        potencies=table_of([potency_row(fit) for fit in fits], "potencies"),
        curve_points=table_of([row for grid in points for row in grid.to_dict("records")], "curve_points"),
        fits=tuple(fits),
    )
