"""From fits to the tables of a result."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import pandas as pd

from .. import tables
from ..units import in_words
from .between import replicates_of
from .comparing import PotencyRatio
from .estimates import Estimate
from .replicates import Replicates
from .results import CurveFit

__all__ = ["curve_rows", "grid_rows", "potency_row", "ratio_row", "table_of"]

_ORDER = ("top", "bottom", "ic50", "hill", "asymmetry", "ic10", "ic90", "ic50_absolute")
_GRID = 121
_CONVENTIONS = {"jacobian": "SE from JᵀJ", "hessian": "SE from the Hessian"}


def _bounded(low: float, high: float, unit: str) -> str:
    """Say which side of a parameter is known."""
    if np.isfinite(low) and low != 0 and not np.isfinite(high):
        return f"> {in_words(low, unit)}, no upper limit"
    if np.isfinite(high) and high != 0 and (not np.isfinite(low) or low == 0):
        return f"< {in_words(high, unit)}, no lower limit"
    return "bounded on neither side"


def _open(one: Estimate) -> bool:
    """Tell whether a side of the interval is unknown; for doses and steepness 0 is as good as none."""
    positive = one.dose or one.parameter in ("hill", "asymmetry")
    return not (np.isfinite(one.low) and np.isfinite(one.high)) or (positive and 0.0 in (one.low, one.high))


def _row(fit: CurveFit, parameter: str, **figures: Any) -> dict[str, Any]:
    """Row with what is known; a standard error that the points do not determine is unknown, not infinite."""
    blank = {"value": np.nan, "se": np.nan, "ci_low": np.nan, "ci_high": np.nan, "unit": "", "note": ""}
    blank |= {"wald_low": np.nan, "wald_high": np.nan, "method": ""}
    known = {**blank, **figures}
    known["se"] = known["se"] if np.isfinite(known["se"]) else np.nan
    return {**fit.keys, "model": fit.model, "parameter": parameter, **known}


def _method(fit: CurveFit, *, minded: bool) -> str:
    kind = "profile likelihood" if fit.options.interval == "profile" else "Wald"
    scatter = "; scatter of replicates (CR2)" if minded else ""
    return f"{kind}; {_CONVENTIONS[fit.options.se]}; {tables.weights_text(fit.options.weights)}{scatter}"


def _estimate_row(fit: CurveFit, one: Estimate) -> dict[str, Any]:
    """Row of one parameter; NaN with the side that is known where its interval is open."""
    unit = fit.unit if one.dose else ""
    shown = fit.response_unit if one.parameter in ("top", "bottom") else unit
    method = _method(fit, minded=replicates_of(fit.points) is not None)
    figures = {"unit": shown, "wald_low": one.wald[0], "wald_high": one.wald[1], "method": method}
    said = {"ic50": fit.potency, "ic50_absolute": fit.absolute}.get(one.parameter)
    if said is not None:
        kind = "absolute" if one.parameter == "ic50_absolute" else "relative"
        notes = [said.note, *(note for note in fit.notes if kind == fit.options.ic50)]
        error = one.se if np.isfinite(said.value) else np.nan
        figures |= {"note": "; ".join(filter(None, notes))}
        return _row(fit, one.parameter, value=said.value, se=error, ci_low=said.low, ci_high=said.high, **figures)
    unknown = fit.model == "flat" or not np.isfinite(one.value) or (_open(one) and np.isnan(fit.potency.value))
    note = _bounded(one.low, one.high, unit) if _open(one) else ""
    value, error = (np.nan, np.nan) if unknown else (one.value, one.se)
    if fit.model == "flat":
        note = "not a curve"
    return _row(
        fit, one.parameter, value=value, se=error, ci_low=one.low, ci_high=one.high, **{**figures, "note": note}
    )


def _top_row(fit: CurveFit) -> dict[str, Any]:
    """Describe the horizontal line, where that is what the points say."""
    low, high = fit.band(np.array([0.0]))
    ends = {"ci_low": float(low[0]), "ci_high": float(high[0])}
    error = fit.checks.mean_se if fit.checks else np.nan
    value = float(fit.predict(0.0)[0])
    both = {"wald_low": ends["ci_low"], "wald_high": ends["ci_high"], "method": "Wald; SE from JᵀJ"}
    both["unit"] = fit.response_unit
    return _row(fit, "top", value=value, se=error, **ends, **both)


def _replicate_row(fit: CurveFit, found: Replicates) -> list[dict[str, Any]]:
    if len(found.names) < 2:
        return []
    low, high = np.exp(found.interval(fit.options.level))
    mean = float(np.exp(found.mean))
    each = ", ".join(
        f"{name}: {in_words(np.exp(value))}" for name, value in zip(found.names, found.ln_ic50, strict=True)
    )
    figures = {"se": mean * found.se, "ci_low": float(low), "ci_high": float(high), "unit": fit.unit}
    method = "geometric mean of the replicates' own fits, t interval"
    return [_row(fit, "ic50_replicates", value=mean, **figures, method=method, note=each)]


def _fit_rows(fit: CurveFit) -> list[dict[str, Any]]:
    """Describe the fit as a whole."""
    if fit.weighted is None or fit.checks is None:
        return []
    checks, weighted = fit.checks, fit.weighted
    rows = [
        _row(fit, "residual_sd", value=fit.residual_sd, note=f"{fit.dof} degrees of freedom"),
        _row(fit, "aicc_gain", value=checks.aicc_gain, note="AICc of a horizontal line minus that of the curve"),
    ]
    if np.isfinite(weighted.cv):
        rows.append(_row(fit, "cv", value=weighted.cv, note="relative standard deviation between points"))
    if np.isfinite(weighted.additive) and weighted.additive > 0:
        rows.append(_row(fit, "additive_sd", value=weighted.additive, note="constant part that the spread asks for"))
    if np.isfinite(checks.lack_p):
        one, two = checks.lack_dof
        note = f"lack of fit: F({one}, {two}) = {checks.lack_f:.4g}"
        rows.append(_row(fit, "lack_of_fit_p", value=checks.lack_p, note=note))
    return rows


def curve_rows(fit: CurveFit, replicates: Replicates | None) -> list[dict[str, Any]]:
    """List the rows of one fit in the curves table.

    Parameters
    ----------
    fit : CurveFit
        The fit.
    replicates : Replicates, optional
        IC50s of its replicates.
    """
    known = {one.parameter: one for one in fit.estimates}
    rows = [_estimate_row(fit, known[name]) for name in _ORDER if name in known]
    if fit.model == "flat":
        rows = [_top_row(fit), *(row for row in rows if row["parameter"] != "top")]
    if fit.weighted is None:
        both = {"ci_low": fit.potency.low, "ci_high": fit.potency.high, "unit": fit.unit}
        rows = [_row(fit, "ic50", **both, note=fit.potency.note)]
    return [*rows, *(_replicate_row(fit, replicates) if replicates else []), *_fit_rows(fit)]


def ratio_row(fit: CurveFit, parameter: str, ratio: PotencyRatio) -> dict[str, Any]:
    """Row of a ratio of potencies in the curves table, under the treatment or target of the numerator."""
    figures = {"value": ratio.value, "se": ratio.se, "ci_low": ratio.low, "ci_high": ratio.high}
    return _row(fit, parameter, **figures, method=_method(fit, minded=ratio.minded), note=ratio.note)


def potency_row(fit: CurveFit) -> dict[str, Any]:
    """Row of one fit in the potencies table."""
    said = fit.absolute if fit.options.ic50 == "absolute" else fit.potency
    hill = next((_estimate_row(fit, one)["value"] for one in fit.estimates if one.parameter == "hill"), np.nan)
    return {
        **fit.keys,
        "unit": fit.unit,
        "ic50": said.value,
        "ci_low": said.low,
        "ci_high": said.high,
        "kind": fit.options.ic50,
        "interval": fit.options.interval,
        "hill": hill,
        "n": int(fit.points.loc[~fit.points["shared"], "replicate"].nunique()),
        "points": len(fit.points),
        "note": "; ".join(filter(None, [said.note, *fit.notes])),
    }


def grid_rows(fit: CurveFit) -> pd.DataFrame:
    """Rows of one curve in the curve_points table: a fine grid from half the lowest to twice the highest dose.

    The zero dose comes first where it was fitted, so that a figure can draw the curve's start.
    """
    positive = fit.points.loc[fit.points["dose"] > 0, "dose"]
    dose = np.geomspace(positive.min() / 2.0, positive.max() * 2.0, _GRID)
    if (fit.points["dose"] == 0).any():
        dose = np.concatenate([[0.0], dose])
    low, high = fit.band(dose)
    grid = {"dose": dose, "dose_unit": fit.unit, "fitted": fit.predict(dose), "ci_low": low, "ci_high": high}
    return pd.DataFrame({**{key: [value] * len(dose) for key, value in fit.keys.items()}, **grid})


def table_of(rows: Sequence[Any], name: str) -> pd.DataFrame:
    """Make an output table from rows; empty without any."""
    return tables.check(pd.DataFrame(list(rows)), name) if rows else tables.empty(name)
