"""The curves: one table, one shape each, the same parameters for all."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from ..least_squares import Vector

__all__ = ["LN_IC50", "LN_SLOPE", "MODELS", "PARAMETERS", "Model", "evaluate", "ln_dose_at", "sign_of"]

PARAMETERS = ("top", "bottom", "ln_ic50", "ln_slope", "ln_asymmetry")
"""What every curve is made of, in the order of its parameter vector.

``top`` is the response at zero dose and ``bottom`` at an endless one, so a rising curve has top < bottom; the slope
is positive for both, and the sign of ``hill`` in the results tells them apart.
"""

LN_IC50, LN_SLOPE = PARAMETERS.index("ln_ic50"), PARAMETERS.index("ln_slope")

Shape = Callable[[Vector, Vector, bool], tuple[Vector, Vector]]
_FAR = 700.0  # exp() stays finite
_LOST = 1e4  # a ln dose further out is as good as this one


@dataclass(frozen=True)
class Model:
    """One curve.

    Parameters
    ----------
    name : str
        Key of `MODELS`.
    formula : str
        The curve in words that the docs print; x is dose.
    free : tuple of str
        Which of `PARAMETERS` are fitted; the others are held at ``zero`` or one another.
    share : callable
        (ln dose (N,), parameters (N, 5), rising) → share of the span that is left (N,) in [0, 1], 1 at zero dose,
        and its derivatives by ln_ic50, ln_slope and ln_asymmetry (N, 3). Zero dose is ln dose = −inf.
    oriented : bool
        Falling and rising curves are different families and are both tried.
    reference : str
        Paper.
    """

    name: str
    formula: str
    free: tuple[str, ...]
    share: Shape
    oriented: bool
    reference: str

    def parameters(self, rising: bool) -> tuple[str, ...]:
        """Name the fitted parameters; the lower plateau that is held at zero is the top of a rising curve."""
        if rising and self.oriented and "bottom" not in self.free:
            return ("bottom", *self.free[1:])
        return self.free


def _logistic(ln_dose: Vector, slope: Vector, ln_middle: Vector) -> tuple[Vector, Vector]:
    """1/(1 + (x/e)^k) and the distance ln x − ln e, which is zero where the curve is flat."""
    apart = ln_dose - np.clip(ln_middle, -_LOST, _LOST)
    share = 1.0 / (1.0 + np.exp(np.clip(slope * apart, -_FAR, _FAR)))
    return share, np.where(np.isfinite(apart), apart, 0.0)


def _flat(ln_dose: Vector, parameters: Vector, rising: bool) -> tuple[Vector, Vector]:
    return np.ones(len(ln_dose)), np.zeros((len(ln_dose), 3))


def _symmetric(ln_dose: Vector, parameters: Vector, rising: bool) -> tuple[Vector, Vector]:
    slope = np.exp(np.clip(parameters[:, 3], -20.0, 20.0))
    share, apart = _logistic(ln_dose, slope, parameters[:, 2])
    steep = slope * share * (1.0 - share)
    return share, np.stack([steep, -apart * steep, np.zeros(len(share))], axis=1)


def _half_shift(asymmetry: Vector) -> tuple[Vector, Vector]:
    """ln(2^(1/f) − 1) and its derivative by ln f."""
    power = np.log(2.0) / asymmetry
    return np.log(np.expm1(power)), power / np.expm1(-power)


def _asymmetric(ln_dose: Vector, parameters: Vector, rising: bool) -> tuple[Vector, Vector]:
    """Raise the share of the upper plateau to a power, for falling and rising curves alike, as drc's LL.5 does."""
    slope = np.exp(np.clip(parameters[:, 3], -20.0, 20.0))
    asymmetry = np.exp(np.clip(parameters[:, 4], -5.0, 5.0))
    shift, shift_slope = _half_shift(asymmetry)
    side = -1.0 if rising else 1.0
    middle = parameters[:, 2] - side * shift / slope
    left, apart = _logistic(ln_dose, slope, middle)
    base = np.maximum(1.0 - left if rising else left, 1e-300)
    powered = np.where(np.isfinite(ln_dose) | (not rising), base**asymmetry, 0.0)
    # by the logistic's own place, then the chain through the half-way dose
    by_middle = asymmetry * powered * (1.0 - base) * slope
    by_slope = -by_middle * (apart - side * shift / slope)
    by_slope = np.where(np.isfinite(ln_dose), by_slope, 0.0)
    by_form = side * asymmetry * powered * np.log(base) - by_middle * side * shift_slope / slope
    share = 1.0 - powered if rising else powered
    return share, np.stack([by_middle, by_slope, by_form], axis=1)


_RITZ = "Ritz et al. 2015, PLoS ONE 10:e0146021, doi 10.1371/journal.pone.0146021"

MODELS: dict[str, Model] = {
    model.name: model
    for model in (
        Model("4pl", "bottom + (top − bottom) / (1 + (x / ic50)^hill)", PARAMETERS[:4], _symmetric, False, _RITZ),
        Model(
            "3pl",
            "4pl with the lower plateau at 0",
            ("top", *PARAMETERS[2:4]),
            _symmetric,
            True,
            _RITZ,
        ),
        Model(
            "5pl",
            "bottom + (top − bottom) / (1 + (x / e)^hill)^asymmetry, ic50 = e · (2^(1/asymmetry) − 1)^(1/hill)",
            PARAMETERS,
            _asymmetric,
            True,
            "Gottschalk & Dunn 2005, Anal Biochem 343:54, doi 10.1016/j.ab.2005.04.035",
        ),
        Model("flat", "top at every dose", ("top",), _flat, False, _RITZ),
    )
}
"""The curves by name; ``flat`` is what the others are compared with."""


def evaluate(model: Model, ln_dose: Vector, parameters: Vector, rising: bool) -> tuple[Vector, Vector]:
    """Evaluate a curve.

    Parameters
    ----------
    model : Model
        Member of `MODELS`.
    ln_dose : ndarray of shape (N,)
        Natural logarithm of the dose; −inf for zero dose.
    parameters : ndarray of shape (N, 5) or (5,)
        Each point's `PARAMETERS`.
    rising : bool
        Orientation, where the model has one.

    Returns
    -------
    response : ndarray of shape (N,)
    derivatives : ndarray of shape (N, 5)
        By each of `PARAMETERS`.
    """
    each = np.broadcast_to(parameters, (len(ln_dose), len(PARAMETERS)))
    share, slopes = model.share(ln_dose, each, rising)
    span = each[:, 0] - each[:, 1]
    out = np.concatenate([share[:, None], 1.0 - share[:, None], span[:, None] * slopes], axis=1)
    return each[:, 1] + span * share, out


def ln_dose_at(model: Model, share: float, parameters: Vector, rising: bool) -> float:
    """Natural logarithm of the dose at which a share of the span is left; NaN outside (0, 1)."""
    if not 0.0 < share < 1.0 or "ln_ic50" not in model.free:
        return float("nan")
    slope = float(np.exp(np.clip(parameters[LN_SLOPE], -20.0, 20.0)))
    if "ln_asymmetry" not in model.free:
        return float(parameters[LN_IC50] + np.log(1.0 / share - 1.0) / slope)
    asymmetry = np.exp(np.clip(parameters[4:5], -5.0, 5.0))
    shift = float(_half_shift(asymmetry)[0][0])
    root = (1.0 - share if rising else share) ** (1.0 / float(asymmetry[0]))
    side = -1.0 if rising else 1.0
    return float(parameters[LN_IC50] - side * shift / slope + side * np.log(1.0 / root - 1.0) / slope)


def sign_of(parameters: Vector) -> float:
    """+1 for a curve that falls with dose, −1 for one that rises."""
    return 1.0 if parameters[0] >= parameters[1] else -1.0
