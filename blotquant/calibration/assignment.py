"""Which band of a ladder lane is which mass: monotone matching with misses."""

from __future__ import annotations

from itertools import combinations

import numpy as np
import numpy.typing as npt

from ..blot import FloatArray

__all__ = ["assign_ladder", "ladder_cost"]

IntArray = npt.NDArray[np.int64]

_SPREAD = 0.02  # residual of a ladder band against a smooth curve, log10 kDa: prestained ladders run 5 % off
_UNEXPLAINED = 6.0  # cost of a band that is no ladder band, in squared spreads
_MISSING = 2.0  # cost of a ladder band that was not seen
_CURVATURE = 0.2  # how far gels bend from a straight line, log10 kDa over the ladder's length


def _match(predicted: FloatArray, logs: FloatArray) -> tuple[FloatArray, IntArray]:
    """Match bands to masses for many hypotheses at once by dynamic programming.

    Parameters
    ----------
    predicted : ndarray of shape (h, n)
        log10 mass of each band under each hypothesis, falling along the run.
    logs : ndarray of shape (k,)
        log10 masses of the ladder, falling.

    Returns
    -------
    cost : ndarray of shape (h,)
        Squared residuals in units of the spread, plus misses.
    chosen : ndarray of shape (h, n)
        Index into ``logs`` for each band, −1 where it is none.
    """
    count, n = predicted.shape
    k = len(logs)
    residual = ((predicted[:, :, None] - logs) / _SPREAD) ** 2
    cost = np.zeros((n + 1, k + 1, count))
    step = np.zeros((n + 1, k + 1, count), dtype=np.int8)
    cost[1:, 0] = _UNEXPLAINED * np.arange(1, n + 1)[:, None]
    cost[0, 1:] = _MISSING * np.arange(1, k + 1)[:, None]
    step[1:, 0], step[0, 1:] = 1, 2
    for i in range(1, n + 1):
        for j in range(1, k + 1):
            options = np.stack(
                [
                    cost[i - 1, j - 1] + residual[:, i - 1, j - 1],
                    cost[i - 1, j] + _UNEXPLAINED,
                    cost[i, j - 1] + _MISSING,
                ]
            )
            step[i, j] = np.argmin(options, axis=0)
            cost[i, j] = np.min(options, axis=0)
    return cost[n, k], _trace(step)


def _trace(step: npt.NDArray[np.int8]) -> IntArray:
    """Follow the cheapest way back through the matching table, for every hypothesis."""
    n, k, count = (step.shape[0] - 1, step.shape[1] - 1, step.shape[2])
    chosen = np.full((count, n), -1, dtype=np.int64)
    i, j, h = np.full(count, n), np.full(count, k), np.arange(count)
    for _ in range(n + k):
        taken = step[i, j, h]
        moving = (i > 0) | (j > 0)
        pair, spare, missed = (moving & (taken == kind) for kind in (0, 1, 2))
        chosen[h[pair], i[pair] - 1] = j[pair] - 1
        i, j = i - (pair | spare), j - (pair | missed)
    return chosen


def _hypotheses(positions: FloatArray, logs: FloatArray) -> FloatArray:
    """Predict log masses under every straight line through two bands that are two of the ladder's masses."""
    bands = np.array(list(combinations(range(len(positions)), 2)))
    masses = np.array(list(combinations(range(len(logs)), 2)))
    slope = (logs[masses[:, 1]] - logs[masses[:, 0]]) / (positions[bands[:, 1]] - positions[bands[:, 0]])[:, None]
    start = logs[masses[:, 0]] - slope * positions[bands[:, 0]][:, None]
    return np.asarray(start.ravel()[:, None] + slope.ravel()[:, None] * positions, dtype=np.float64)


def _refine(positions: FloatArray, logs: FloatArray, chosen: IntArray) -> tuple[float, IntArray]:
    """Fit a gently bent curve through the matched bands and match again, until nothing changes."""
    x = (positions - positions.mean()) / (np.ptp(positions) or 1.0)
    basis = np.stack([np.ones_like(x), x, x**2], axis=1)
    cost = np.inf
    for _ in range(10):
        used = chosen >= 0
        if used.sum() < 2:
            return np.inf, chosen
        prior = np.array([[0.0, 0.0, _SPREAD / _CURVATURE]])
        rows = np.vstack([basis[used], prior])
        fitted = np.linalg.lstsq(rows, np.append(logs[chosen[used]], 0.0), rcond=None)[0]
        bend = (fitted[2] / _CURVATURE) ** 2
        total, again = _match((basis @ fitted)[None], logs)
        if total[0] + bend >= cost:
            break
        cost, chosen = float(total[0] + bend), again[0]
    return cost, chosen


def assign_ladder(positions: FloatArray, masses: FloatArray) -> IntArray:
    """Match the bands of a ladder lane to the ladder's masses.

    Bands keep the order of the masses; bands of neither and masses that were not seen are allowed. Every line
    through two bands and two masses is tried by dynamic programming; the best are refined with a bent curve.
    cost = Σ (told − known)² / 0.02² over matched bands [log10 kDa] + 6 a band that is none + 2 a mass that is not seen.
    Assumes that heavier proteins run behind lighter ones, and that log mass bends gently along the run.

    Parameters
    ----------
    positions : ndarray of shape (n,)
        Bands along the run, rising [px].
    masses : ndarray of shape (k,)
        Masses from the top, falling [kDa].

    Returns
    -------
    ndarray of shape (n,)
        Index into ``masses`` for each band, −1 where it is none.

    References
    ----------
    Needleman & Wunsch 1970, J Mol Biol 48:443, doi 10.1016/0022-2836(70)90057-4 (matching in order with misses).

    Examples
    --------
    >>> assign_ladder(np.array([10.0, 40.0, 70.0]), np.array([100.0, 50.0, 25.0])).tolist()
    [0, 1, 2]
    """
    return _best(positions, masses)[1]


def ladder_cost(positions: FloatArray, masses: FloatArray) -> float:
    """How badly the bands of a lane fit a ladder, as a penalised sum of squares: less is better.

    A lane without bands costs what all masses of the ladder cost that are not seen.

    Parameters
    ----------
    positions : ndarray of shape (n,)
        Bands along the run, rising [px].
    masses : ndarray of shape (k,)
        Masses from the top, falling [kDa].
    """
    if len(positions) < 2 or len(masses) < 2:
        return _MISSING * len(masses) + _UNEXPLAINED * len(positions)
    return _best(positions, masses)[0]


def _best(positions: FloatArray, masses: FloatArray) -> tuple[float, IntArray]:
    """Cost and assignment of the cheapest reading of a ladder lane."""
    positions, logs = np.asarray(positions, dtype=np.float64), np.log10(np.asarray(masses, dtype=np.float64))
    if len(positions) < 2 or len(logs) < 2:
        return np.inf, np.full(len(positions), -1, dtype=np.int64)
    cost, chosen = _match(_hypotheses(positions, logs), logs)
    best = np.argsort(cost, kind="stable")[:60]
    candidates = np.unique(chosen[best], axis=0)
    refined = [_refine(positions, logs, candidate) for candidate in candidates]
    return min(refined, key=lambda each: each[0])
