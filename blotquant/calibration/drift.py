"""How rows bow across a membrane between its ladder lanes, told by the rows themselves."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pandas as pd

from ..blot import FloatArray

__all__ = ["Drift", "rows_drift"]

_FEWEST = 5  # lanes that make a bow
_STRAY = 4.0  # spreads beyond which a band is not its row's


@dataclass(frozen=True)
class Drift:
    """How far bands lie from where their ladder lanes would have them.

    Parameters
    ----------
    shift, error : ndarray of shape (N,)
        To be taken off each band's row, and its standard error [px]; both are zero at the ladder lanes.
    spread : float
        Standard deviation of what is left in single lanes [px].
    dof : float
        Its degrees of freedom; 0 when there are too few lanes to tell.
    """

    shift: FloatArray
    error: FloatArray
    spread: float
    dof: float


def _bow(columns: FloatArray, ladders: FloatArray) -> FloatArray:
    """Return a parabola (N,) between neighbouring ladder lanes, zero at each of them."""
    right = np.clip(np.searchsorted(ladders, columns), 1, len(ladders) - 1)
    return np.asarray((columns - ladders[right - 1]) * (columns - ladders[right]), dtype=np.float64)


def _basis(columns: FloatArray, ladders: FloatArray) -> tuple[FloatArray, int]:
    """Return shapes (N, p) across the membrane, and how many of them are the drift.

    What is straight between two ladder lanes is theirs to tell; beside a single one the rows tell slope and bow.
    """
    span = float(np.ptp(columns)) or 1.0
    if len(ladders) > 1:
        straight = [np.interp(columns, ladders, one) for one in np.eye(len(ladders))[1:]]
        return np.stack([_bow(columns, ladders) / span**2, *straight], axis=1), 1
    away = (columns - ladders[0]) / span
    return np.stack([away, away**2], axis=1), 2


def _within(values: FloatArray, row: npt.NDArray[np.int64]) -> FloatArray:
    """Take each row's own mean off its bands (N, …)."""
    count = np.bincount(row).astype(np.float64)
    if values.ndim == 1:
        return np.asarray(values - (np.bincount(row, values) / count)[row], dtype=np.float64)
    return np.stack([_within(column, row) for column in values.T], axis=1)


def rows_drift(bands: pd.DataFrame, seen: npt.NDArray[np.bool_], ladders: FloatArray) -> Drift:
    """Tell by the rows of a membrane how its bands drift off the ladder lanes: smile, and slope beside a single ladder.

    row of a band = row of its protein + shape(column), the shape common to all rows, by least squares; bands that lie
    far off their row are left out. Assumes that a row is one protein in every lane, and that rows bow alike.

    Parameters
    ----------
    bands : DataFrame
        Bands of a membrane, upright.
    seen : ndarray of shape (N,) of bool
        Which were found, in lanes other than the ladders'.
    ladders : ndarray of shape (k,)
        Columns of the ladder lanes, rising [px].

    References
    ----------
    Least squares with a row's own level taken off (analysis of covariance): Cochran 1957, Biometrics 13:261,
    doi 10.2307/2527916.
    """
    columns = bands["centre_col"].to_numpy(np.float64)
    nothing = np.zeros(len(bands))
    none = Drift(nothing, nothing, 0.0, 0.0)
    key = bands["image"].astype(str) + "\x1f" + bands["band"].astype(str)
    lanes_of = bands[seen].groupby(key[seen])["lane"].transform("nunique").reindex(bands.index)
    used = seen & (lanes_of >= _FEWEST).to_numpy()
    if not used.any():
        return none
    basis, own = _basis(columns, ladders)
    height = bands["centre_row"].to_numpy(np.float64)
    for _ in range(3):
        row = pd.factorize(key[used])[0].astype(np.int64)
        shapes, levels = _within(basis[used], row), _within(height[used], row)
        found = np.linalg.lstsq(shapes, levels, rcond=None)[0]
        left = levels - shapes @ found
        limit = _STRAY * max(1.4826 * float(np.median(np.abs(left))), 1e-9)
        if np.all(np.abs(left) <= limit):
            break
        used[np.flatnonzero(used)[np.abs(left) > limit]] = False
    dof = float(len(left) - (int(row.max()) + 1) - basis.shape[1])
    if dof < 1:
        return none
    spread = float(np.sqrt(np.sum(left**2) / dof))
    cover = np.linalg.pinv(shapes.T @ shapes)[:own, :own]
    error = spread * np.sqrt(np.maximum(np.einsum("ip,pq,iq->i", basis[:, :own], cover, basis[:, :own]), 0.0))
    return Drift(basis[:, :own] @ found[:own], error, spread, dof)
