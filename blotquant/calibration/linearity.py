"""fit_linear_range(): whether the signal is proportional to protein, and up to where."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import pandas as pd

from ..blot import FloatArray
from ..errors import FitError
from ..flags import Flag, add_flag
from ..tables import check, empty

__all__ = ["RESPONSES", "Line", "Response", "fit_line", "fit_linear_range", "fit_response"]

_FEWEST = 3  # amounts that make a range
_TOLERANCE = 0.25  # share by which an amount's mean may miss the proportional fit inside the linear range
_BETTER = 2.0  # AICc by which a bent or shifted response must win (Burnham & Anderson: less is no evidence)


def _proportional(x: FloatArray, p: FloatArray) -> FloatArray:
    return np.asarray(np.exp(p[0]) * x)


def _linear(x: FloatArray, p: FloatArray) -> FloatArray:
    return np.asarray(np.exp(p[0]) * (x + x.min() * np.expm1(p[1])))


def _hyperbolic(x: FloatArray, p: FloatArray) -> FloatArray:
    return np.asarray(np.exp(p[0]) * x / (1.0 + x / np.exp(p[1])))


RESPONSES: dict[str, tuple[Callable[[FloatArray, FloatArray], FloatArray], int]] = {
    "proportional": (_proportional, 1),
    "linear": (_linear, 2),
    "hyperbolic": (_hyperbolic, 2),
}
"""Responses of signal y to amount x and their parameters: y = a·x; y = a·x + b; y = V·x / (K + x)."""


@dataclass(frozen=True)
class Line:
    """An ordinary least-squares line: intercept and slope with their standard errors, and the residual SD."""

    intercept: float
    slope: float
    intercept_se: float
    slope_se: float
    residual_sd: float


@dataclass(frozen=True)
class Response:
    """A response fitted to a dilution series, errors taken as relative.

    Parameters
    ----------
    model : str
        Key of `RESPONSES`.
    aicc : float
        Corrected Akaike criterion.
    """

    model: str
    aicc: float


def fit_line(x: FloatArray, y: FloatArray) -> Line:
    """Fit y = intercept + slope·x by ordinary least squares.

    slope = Σ (x − x̄)(y − ȳ) / Σ (x − x̄)²; assumes independent errors of one size in y, none in x.

    Raises
    ------
    FitError
        Fewer than three points, or all at one x.

    References
    ----------
    Seber & Lee 2003, Linear Regression Analysis, doi 10.1002/9780471722199; checked against NIST StRD Norris.
    """
    x, y = np.asarray(x, dtype=np.float64), np.asarray(y, dtype=np.float64)
    if len(x) < 3 or np.ptp(x) == 0:
        raise FitError("a line needs at least three points at different amounts; add amounts")
    middle = x.mean()
    spread = float(np.sum((x - middle) ** 2))
    slope = float(np.sum((x - middle) * (y - y.mean())) / spread)
    intercept = float(y.mean() - slope * middle)
    residual = float(np.sqrt(np.sum((y - intercept - slope * x) ** 2) / (len(x) - 2)))
    error = residual / np.sqrt(spread)
    return Line(intercept, slope, float(error * np.sqrt(spread / len(x) + middle**2)), float(error), residual)


def _criterion(squares: float, count: int, parameters: int) -> float:
    """AICc of a least-squares fit; the spread counts as a parameter. Infinite when there are too few points."""
    k = parameters + 1
    if count - k - 1 <= 0:
        return np.inf
    floor = 1e-20 * count
    return float(count * np.log(max(squares, floor) / count) + 2 * k + 2 * k * (k + 1) / (count - k - 1))


def _fit_model(model: str, x: FloatArray, y: FloatArray) -> Response:
    from scipy.optimize import least_squares

    function, parameters = RESPONSES[model]
    rate = float(np.mean(np.log(y / x)))
    start = {"proportional": [rate], "linear": [rate, 0.0], "hyperbolic": [rate, float(np.log(2 * x.max()))]}[model]
    high = [np.inf, np.log(1e4 * x.max())] if model == "hyperbolic" else [np.inf] * parameters
    low = [-np.inf, np.log(1e-3 * x.min())] if model == "hyperbolic" else [-np.inf] * parameters

    def residuals(p: FloatArray) -> FloatArray:
        return np.asarray(np.log(function(x, p)) - np.log(y))

    found = least_squares(residuals, start, bounds=(low, high))
    return Response(model, _criterion(2.0 * float(found.cost), len(x), parameters))


def fit_response(amounts: FloatArray, volumes: FloatArray) -> Response:
    """Fit the three responses to a dilution series and choose by AICc.

    A shifted or bent response is taken only when it wins by more than 2: proportional is what ratios need.
    y = a·x, y = a·x + b, or y = V·x / (K + x), each by least squares on ln y; AICc = n ln(RSS / n) + 2k + 2k(k + 1) /
    (n − k − 1), the spread counted in k. Assumes independent errors, relative and of one size.

    Parameters
    ----------
    amounts : ndarray of shape (n,)
        Protein loaded [µg], above zero.
    volumes : ndarray of shape (n,)
        Band volumes [AU px], above zero.

    Raises
    ------
    FitError
        Fewer than three points above zero.

    References
    ----------
    Butler et al. 2019, BioMed Res Int 5214821, doi:10.1155/2019/5214821: densitometry often is not proportional,
    and then dividing by a loading control makes the data unusable.
    Relative errors: Kreutz et al. 2007, doi:10.1093/bioinformatics/btm397;
    Hurvich & Tsai 1989, Biometrika 76:297, doi 10.1093/biomet/76.2.297 (AICc).
    """
    x, y = np.asarray(amounts, dtype=np.float64), np.asarray(volumes, dtype=np.float64)
    good = (x > 0) & (y > 0)
    if good.sum() < _FEWEST:
        raise FitError(
            f"a dilution series needs at least {_FEWEST} amounts with a signal; this one has {good.sum()}; add amounts"
        )
    fits = {model: _fit_model(model, x[good], y[good]) for model in RESPONSES}
    best = min(fits.values(), key=lambda fit: fit.aicc)
    return best if best.aicc < fits["proportional"].aicc - _BETTER else fits["proportional"]


def _is_proportional(amounts: FloatArray, volumes: FloatArray) -> bool:
    """Whether AICc prefers a proportional response and no amount misses it by more than the tolerance.

    With three to five points AICc cannot tell a bend, however strong; the tolerance can.
    """
    if fit_response(amounts, volumes).model != "proportional":
        return False
    logs = np.log(volumes / amounts)
    means = np.array([logs[amounts == amount].mean() for amount in np.unique(amounts)])
    return bool(np.all(np.abs(means - logs.mean()) <= np.log1p(_TOLERANCE)))


def _linear_top(amounts: FloatArray, volumes: FloatArray) -> float:
    """Find the largest amount up to which the series is proportional; NaN when it never is."""
    for top in np.unique(amounts)[::-1]:
        inside = amounts <= top
        if len(np.unique(amounts[inside])) < _FEWEST:
            break
        if _is_proportional(amounts[inside], volumes[inside]):
            return float(top)
    return np.nan


def _rows(image: str, target: str, figures: dict[str, tuple[float, float, str, str]]) -> list[dict[str, object]]:
    return [
        {
            "scope": "image",
            "name": image,
            "kind": "linearity",
            "parameter": name,
            "x": np.nan,
            "value": value,
            "se": se,
            "unit": unit,
            "note": f"{target}: {note}",
        }
        for name, (value, se, unit, note) in figures.items()
    ]


def _figures(amounts: FloatArray, volumes: FloatArray) -> dict[str, tuple[float, float, str, str]]:
    """Describe a series: response, slope, limits and range."""
    response, line, top = fit_response(amounts, volumes), fit_line(amounts, volumes), _linear_top(amounts, volumes)
    inside = amounts <= (top if np.isfinite(top) else np.inf)
    low = float(amounts[inside & (volumes > 0)].min())
    verdict = f"{response.model} response by AICc over {len(np.unique(amounts))} amounts"
    limit = line.residual_sd / line.slope if line.slope > 0 else np.nan
    return {
        "slope": (line.slope, line.slope_se, "AU px/µg", verdict),
        "intercept": (line.intercept, line.intercept_se, "AU px", "of a straight line; far from 0: not proportional"),
        "lod": (3.3 * limit, np.nan, "µg", "3.3 · residual SD / slope"),
        "loq": (10.0 * limit, np.nan, "µg", "10 · residual SD / slope"),
        "range_low": (low, np.nan, "µg", "least amount of the series with a signal"),
        "range_high": (top, np.nan, "µg", "largest amount up to which the response is proportional"),
    }


def _mark(bands: pd.DataFrame, mine: pd.Series[bool], amounts: FloatArray, volumes: FloatArray) -> pd.Series[str]:
    """Flag the image's target bands: all of them without a proportional range, else those outside it."""
    top = _linear_top(amounts, volumes)
    if not np.isfinite(top):
        return add_flag(bands["flags"], mine, Flag.NOT_PROPORTIONAL)
    inside = (amounts <= top) & (volumes > 0)
    slope = float(np.exp(np.mean(np.log(volumes[inside] / amounts[inside]))))
    beyond = (bands["volume"] > 1.1 * slope * top) | (bands["volume"] < 0.9 * slope * amounts[inside].min())
    return add_flag(bands["flags"], mine & beyond & bands["detected"], Flag.OUT_OF_RANGE)


def fit_linear_range(
    bands: pd.DataFrame, images: pd.DataFrame, samples: pd.DataFrame
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Judge each image by the dilution series on its membrane (lanes of role ``standard`` with ``amount_ug``).

    The response differs per antibody, membrane and exposure, so a series speaks for its own image only
    (Charette et al. 2010, doi:10.1016/j.jim.2009.12.007).
    The range ends at the largest amount up to which AICc prefers y = a·x and the mean of every amount lies within 25 %
    of it; LOD and LOQ are 3.3 and 10 · residual SD / slope of a straight line. Assumes that amounts are as written.

    Parameters
    ----------
    bands : DataFrame
        Bands with targets assigned.
    images, samples : DataFrame
        The study's sheets.

    Returns
    -------
    bands : DataFrame
        Flagged ``not_proportional`` (the whole image) or ``out_of_range`` (single bands).
    calibration : DataFrame
        Response, slope, limits and range per image; without rows when there is no series.

    References
    ----------
    ICH Q2(R2) 2023, Validation of Analytical Procedures (LOD and LOQ by residual SD and slope).
    """
    out, rows = bands.copy(), []
    standards = samples[(samples["role"] == "standard") & (samples["amount_ug"] > 0)]
    for _, image in images.iterrows():
        amounts_of = standards[standards["membrane"] == image["membrane"]].set_index("lane")["amount_ug"]
        mine = (out["image"] == image["image"]) & (out["target"] == image["target"])
        light = out[mine & out["lane"].isin(amounts_of.index)].groupby("lane")["volume"].sum()  # of both its forms
        series = light[light > 0]
        amounts = amounts_of.reindex(series.index).to_numpy(np.float64)
        if len(np.unique(amounts)) < _FEWEST:
            continue
        volumes = series.to_numpy(np.float64)
        out["flags"] = _mark(out, mine, amounts, volumes)
        rows += _rows(image["image"], image["target"], _figures(amounts, volumes))
    report = check(pd.DataFrame(rows), "calibration") if rows else empty("calibration")
    return check(out, "bands"), report
