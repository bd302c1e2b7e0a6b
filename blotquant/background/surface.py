"""Line, plane and quadratic surface through the surroundings of a band, robust against specks and neighbours."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from ..blot import FloatArray
from .family import Background, Places, paint

__all__ = ["LINE", "PLANE", "QUADRATIC"]

_BISQUARE = 4.685  # 95 % efficiency at the normal distribution
_STEPS = 12


def _terms(rows: FloatArray, cols: FloatArray, degree: int) -> FloatArray:
    """Monomials up to a total degree, columns of a design matrix, constant first."""
    pairs = [(p, total - p) for total in range(degree + 1) for p in range(total, -1, -1)]
    return np.stack([rows**p * cols**q for p, q in pairs], axis=-1)


def _robust_fit(design: FloatArray, values: FloatArray) -> FloatArray:
    """Fit by iterated bisquare weights around the median absolute residual (Beaton & Tukey 1974)."""
    weights = np.ones(len(values))
    coefficients: FloatArray = np.zeros(design.shape[1])
    for step in range(_STEPS):
        weighted = design * weights[:, None]
        new = np.asarray(np.linalg.lstsq(weighted.T @ design, weighted.T @ values, rcond=1e-12)[0], dtype=np.float64)
        settled = step > 0 and np.allclose(design @ (new - coefficients), 0.0, atol=1e-12 * np.ptp(values))
        coefficients = new
        residual = np.abs(values - design @ coefficients)
        scale = float(np.median(residual)) / 0.6745
        if settled or scale <= 1e-12 * float(np.max(np.abs(values), initial=0.0)):
            break
        weights = np.clip(1.0 - (residual / (_BISQUARE * scale)) ** 2, 0.0, None) ** 2
    return coefficients


def _surroundings(
    places: Places, covered: npt.NDArray[np.bool_], i: int, edge: int, *, above_below: bool
) -> tuple[slice, slice, npt.NDArray[np.bool_]]:
    """Window around band ``i`` and the mask of its pixels that count as background."""
    rows, cols = places.around(i, edge)
    if above_below:
        cols = places.box(i)[1]
    free = ~covered[rows, cols]
    if free.mean() < 0.05:  # other boxes all around: take what lies outside this one
        free = np.ones_like(free)
        box = places.box(i)
        free[
            box[0].start - rows.start : box[0].stop - rows.start, box[1].start - cols.start : box[1].stop - cols.start
        ] = False
    return rows, cols, free if free.any() else np.ones_like(free)


def _surface(pixels: FloatArray, places: Places, degree: int, edge: int, *, above_below: bool = False) -> FloatArray:
    covered = places.covered()
    patches = []
    for i in range(len(places)):
        rows, cols, free = _surroundings(places, covered, i, edge, above_below=above_below)
        box = places.box(i)
        centre = ((rows.start + rows.stop - 1) / 2, (cols.start + cols.stop - 1) / 2)
        half = max(rows.stop - rows.start, cols.stop - cols.start) / 2
        at_row, at_col = np.mgrid[rows, cols]
        scaled_row, scaled_col = (at_row - centre[0]) / half, (at_col - centre[1]) / half
        level = float(np.median(pixels[rows, cols][free]))  # fitted from here, so that an offset cancels
        if above_below:
            scaled_col = np.zeros_like(scaled_row)
        design = _terms(scaled_row, scaled_col, degree)
        fit = _robust_fit(design[free], pixels[rows, cols][free] - level)
        surface = design @ fit + level
        patches.append(
            surface[
                box[0].start - rows.start : box[0].stop - rows.start,
                box[1].start - cols.start : box[1].stop - cols.start,
            ]
        )
    return paint(pixels, places, patches)


def line(pixels: FloatArray, places: Places, *, edge: int = 10) -> FloatArray:
    """Straight line along the run through the ``edge`` px above and below each box [AU]."""
    return _surface(pixels, places, 1, edge, above_below=True)


def plane(pixels: FloatArray, places: Places, *, edge: int = 10) -> FloatArray:
    """Plane through the ``edge`` px on every side of each box [AU]."""
    return _surface(pixels, places, 1, edge)


def quadratic(pixels: FloatArray, places: Places, *, edge: int = 14) -> FloatArray:
    """Quadratic surface through the ``edge`` px on every side of each box [AU]."""
    return _surface(pixels, places, 2, edge)


_SOURCE = "Beaton & Tukey 1974, Technometrics 16:147, doi 10.1080/00401706.1974.10489171 (the robust fit)"
LINE = Background(
    "line",
    line,
    "band",
    "ramp",
    "Straight line along the run through robust windows above and below the band.",
    "The background changes evenly along the run, and not across the lane.",
    _SOURCE,
)
PLANE = Background(
    "plane",
    plane,
    "band",
    "ramp",
    "Plane through a robust window on every side of the band.",
    "The background is a plane over the band's surroundings.",
    _SOURCE,
)
QUADRATIC = Background(
    "quadratic",
    quadratic,
    "band",
    "quadratic",
    "Quadratic surface through a robust window on every side of the band.",
    "The background has one bend over the band's surroundings.",
    _SOURCE,
)
