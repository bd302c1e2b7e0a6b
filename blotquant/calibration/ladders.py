"""Mass ladders by product and gel system, and the curves that turn a position into a mass."""

from __future__ import annotations

import csv
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import numpy as np

from ..blot import FloatArray
from ..errors import TableError
from ..tables import nearest

__all__ = [
    "MASS_MODELS",
    "POLYNOMIALS",
    "Curve",
    "Ladder",
    "choose_mass_model",
    "ladder_masses",
    "ladders",
    "left_out_logs",
]


@dataclass(frozen=True)
class Ladder:
    """A ladder in one gel system: its apparent masses [kDa] from the top, and who says so."""

    product: str
    catalogue: str
    buffer: str
    masses: tuple[float, ...]
    source: str


@cache
def ladders() -> tuple[Ladder, ...]:
    """List the ladders that are shipped; apparent masses differ between gel systems, so each row names its own."""
    with (Path(__file__).parent / "ladders.csv").open(encoding="utf-8", newline="") as file:
        return tuple(
            Ladder(
                row["product"],
                row["catalogue"],
                row["buffer"],
                tuple(float(mass) for mass in row["masses_kda"].split()),
                row["source"],
            )
            for row in csv.DictReader(file)
        )


def _plain(name: str) -> str:
    return "".join(letter for letter in name.casefold() if letter.isalnum())


def _names(ladder: Ladder) -> set[str]:
    """List the ways in which people name a ladder: product, catalogue number, or both."""
    product = _plain(ladder.product)
    return {product, ladder.catalogue, product + ladder.catalogue}


def ladder_masses(ladder: str | Sequence[float], buffer: str = "") -> tuple[float, ...]:
    """Return the masses of a ladder from the top [kDa].

    Parameters
    ----------
    ladder : str or sequence of float
        Product or catalogue number, or the masses themselves [kDa].
    buffer : str
        Gel system (``Tris-glycine``, ``Bis-Tris MES`` …); may be left out for a product known in one only.

    Raises
    ------
    TableError
        The product or its gel system is not known; names those that are.

    Examples
    --------
    >>> ladder_masses("PageRuler Plus", "Tris-glycine")[:3]
    (250.0, 130.0, 100.0)
    """
    if not isinstance(ladder, str):
        return tuple(sorted((float(mass) for mass in ladder), reverse=True))
    mine = [each for each in ladders() if _plain(ladder) in _names(each)]
    if not mine:
        known = sorted({each.product for each in ladders()})
        raise TableError(
            f"mass ladder {ladder!r} is not shipped{nearest(ladder, known)}; or give masses: ladder = [250, 150, 100]"
        )
    fits = [each for each in mine if _plain(each.buffer) == _plain(buffer)]
    if not fits and (buffer or len(mine) > 1):
        known = [each.buffer for each in mine]
        raise TableError(
            f"mass buffer {buffer!r} of {ladder!r} is not known{nearest(buffer, known)}: {', '.join(known)}"
        )
    return (fits or mine)[0].masses


Curve = Callable[[FloatArray], FloatArray]
"""log10 mass [kDa] at positions along the run [px]."""


def _polynomial(degree: int) -> Callable[[FloatArray, FloatArray], Curve]:
    def fit(positions: FloatArray, logs: FloatArray) -> Curve:
        used = min(degree, len(positions) - 1)
        middle, span = float(np.mean(positions)), float(np.ptp(positions)) or 1.0
        coefficients = np.polyfit((positions - middle) / span, logs, used)
        return lambda at: np.asarray(np.polyval(coefficients, (np.asarray(at) - middle) / span), dtype=np.float64)

    return fit


def _fit_pchip(positions: FloatArray, logs: FloatArray) -> Curve:
    from scipy.interpolate import PchipInterpolator

    curve = PchipInterpolator(positions, logs, extrapolate=True)
    return lambda at: np.asarray(curve(np.asarray(at)), dtype=np.float64)


def _fit_points(positions: FloatArray, logs: FloatArray) -> Curve:
    def curve(at: FloatArray) -> FloatArray:
        x = np.asarray(at, dtype=np.float64)
        place = np.clip(np.searchsorted(positions, x) - 1, 0, len(positions) - 2)
        share = (x - positions[place]) / (positions[place + 1] - positions[place])
        return np.asarray(logs[place] + share * (logs[place + 1] - logs[place]), dtype=np.float64)

    return curve


POLYNOMIALS = {"linear": 1, "quadratic": 2, "cubic": 3}
"""Degree of each mass model that is a polynomial."""

MASS_MODELS: dict[str, Callable[[FloatArray, FloatArray], Curve]] = {
    **{name: _polynomial(degree) for name, degree in POLYNOMIALS.items()},
    "pchip": _fit_pchip,
    "point_to_point": _fit_points,
}
"""Curves of log10 mass against position: straight, bent, monotone through the points, or point to point."""

_BETTER = 0.8  # share of the straight line's error that a bent curve's must stay below
_FLOOR = 1e-4  # error of log10 mass below which all curves fit


def left_out_logs(positions: FloatArray, logs: FloatArray, model: str) -> FloatArray:
    """Error of each ladder band under the curve through the others.

    Parameters
    ----------
    positions : ndarray of shape (n,)
        Ladder bands along the run [px].
    logs : ndarray of shape (n,)
        log10 of their masses [kDa].
    model : str
        Key of `MASS_MODELS`.

    Returns
    -------
    ndarray of shape (n,)
        Told minus known [log10 kDa].
    """
    errors = np.empty(len(positions))
    for place in range(len(positions)):
        rest = np.arange(len(positions)) != place
        told = MASS_MODELS[model](positions[rest], logs[rest])(positions[place : place + 1])[0]
        errors[place] = told - logs[place]
    return errors


def choose_mass_model(positions: FloatArray, logs: FloatArray) -> str:
    """Choose straight, quadratic or cubic by the error of bands that are left out; a bent curve must be clearly better.

    Assumes that ladder bands stray from the curve independently and alike.

    Parameters
    ----------
    positions : ndarray of shape (n,)
        Ladder bands along the run [px].
    logs : ndarray of shape (n,)
        log10 of their masses [kDa].

    References
    ----------
    Stone 1974, J R Stat Soc B 36:111, doi 10.1111/j.2517-6161.1974.tb00994.x (choice by cross-validation).
    """
    best, least = "linear", np.inf
    for degree, model in enumerate(("linear", "quadratic", "cubic"), start=1):
        if len(positions) < degree + 3:
            break
        error = max(float(np.sqrt(np.mean(left_out_logs(positions, logs, model) ** 2))), _FLOOR)
        if error < least * (_BETTER if degree > 1 else 1.0):
            best, least = model, error
    return best
