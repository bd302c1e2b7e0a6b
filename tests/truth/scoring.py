"""Hold what was measured against what was drawn: which band is which, and how far off each volume is."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from blotquant.synthetic import Drawn

__all__ = ["Score", "hold_against_truth", "summarise"]

_NEAR_ROWS = 3.0  # a band is found when it lies within so many half thicknesses along the run …
_NEAR_COLS = 0.35  # … and within this share of the pitch across
_SPLIT_REACH = 2.0  # what lies within so many half thicknesses of a doublet's parts belongs to it


@dataclass(frozen=True)
class Score:
    """One drawn picture, measured.

    Parameters
    ----------
    bands : DataFrame
        The true bands with `volume_measured`, `volume_se`, `found` (a detected band lies there), `matched` (a row of
        the table does, detected or not), `error` (|ln| after the picture's common factor; 1 where nothing was found
        or the volume is not positive) and `factor` (ln).
    extra : int
        Detected bands where nothing was drawn.
    lanes : int
        Lanes found.
    seconds : float
        Time that the measuring took [s].
    """

    bands: pd.DataFrame
    extra: int
    lanes: int
    lanes_true: int
    seconds: float


def _pitch(drawn: Drawn) -> float:
    centres = np.sort(drawn.lanes["centre"].to_numpy(float))
    return float(np.median(np.diff(centres))) if len(centres) > 1 else float(drawn.blot.shape[1])


def _distances(truth: pd.DataFrame, measured: pd.DataFrame, pitch: float) -> np.ndarray:
    """Distance of every true from every measured band in units of what counts as near; infinite when farther."""
    row = truth["centre_row"].to_numpy()[:, None] - measured["centre_row"].to_numpy(float)[None, :]
    col = truth["centre_col"].to_numpy()[:, None] - measured["centre_col"].to_numpy(float)[None, :]
    reach = _NEAR_ROWS * truth["sigma"].to_numpy()[:, None] + 0.5 * truth["split"].to_numpy()[:, None]
    far = np.hypot(row / reach, col / (_NEAR_COLS * pitch))
    return np.where((np.abs(row) < reach) & (np.abs(col) < _NEAR_COLS * pitch), far, np.inf)


def _nearest_pairs(far: np.ndarray, claim: np.ndarray) -> dict[int, int]:
    """Pair true with measured bands, nearest first, those with a claim (present, detected) before the others."""
    pairs: dict[int, int] = {}
    order = np.argsort(far + np.where(claim, 0.0, 10.0), axis=None)
    for true, found in zip(*np.unravel_index(order, far.shape), strict=True):
        if not np.isfinite(far[true, found]):
            continue
        if int(true) not in pairs and int(found) not in pairs.values():
            pairs[int(true)] = int(found)
    return pairs


def _partners(band: pd.Series, own: int, measured: pd.DataFrame, free: set[int], pitch: float) -> list[int]:
    """Other measured rows that are parts of the same drawn doublet."""
    if not band["split"] > 0:
        return []
    reach = 0.5 * band["split"] + _SPLIT_REACH * band["sigma"]
    near = (np.abs(measured["centre_row"] - band["centre_row"]) < reach) & (
        np.abs(measured["centre_col"] - band["centre_col"]) < _NEAR_COLS * pitch
    )
    return [int(index) for index in np.flatnonzero(near) if int(index) in free and int(index) != own]


def hold_against_truth(drawn: Drawn, measured: pd.DataFrame, *, lanes: int, seconds: float = 0.0) -> Score:
    """Match measured with true bands and compute the errors.

    A doublet that was drawn as one row and measured as two counts with the sum of the two.

    Parameters
    ----------
    drawn : Drawn
        Picture and truth.
    measured : DataFrame
        Bands table with volumes, in pixels of the picture.
    lanes : int
        Lanes found.
    seconds : float
        Time that the measuring took [s].
    """
    truth = drawn.bands.reset_index(drop=True)
    measured = measured.reset_index(drop=True)
    pitch = _pitch(drawn)
    detected = measured["detected"].to_numpy(bool)
    present = truth["present"].to_numpy(bool)
    far = _distances(truth, measured, pitch)
    pairs = _nearest_pairs(far, present[:, None] & detected[None, :])
    free = set(range(len(measured))) - set(pairs.values())
    out = truth.assign(volume_measured=np.nan, volume_se=np.nan, found=False, matched=False)
    used = set(pairs.values())
    for true, own in pairs.items():
        parts = [own, *_partners(truth.loc[true], own, measured, free, pitch)]
        free -= set(parts)
        used |= set(parts)
        out.loc[true, "volume_measured"] = measured.loc[parts, "volume"].sum()
        out.loc[true, "volume_se"] = np.sqrt((measured.loc[parts, "volume_se"] ** 2).sum())
        out.loc[true, "found"] = bool(detected[parts].any())
        out.loc[true, "matched"] = True
    strays = set(np.flatnonzero(detected).tolist()) - used
    extra = len(strays) + int((out["found"] & ~present).sum())
    return Score(_with_errors(out), extra, lanes, len(drawn.lanes), seconds)


def _with_errors(bands: pd.DataFrame) -> pd.DataFrame:
    good = bands["present"] & bands["found"] & (bands["volume_measured"] > 0)
    ratio = np.log(bands["volume_measured"].where(good) / bands["volume"].where(good))
    factor = float(ratio.median()) if good.any() else 0.0
    error = (ratio - factor).abs().where(good, 1.0).where(bands["present"])
    return bands.assign(error=error, factor=factor)


def _coverage(z: pd.Series) -> float:
    known = z.dropna()
    return float((known.abs() <= 1.96).mean()) if len(known) else float("nan")


def summarise(scores: list[Score]) -> dict[str, float]:
    """One line of the error budget.

    Returns
    -------
    dict
        ``bands``, ``f1``; ``lanes_exact`` (share of pictures; lanes without any band may be counted or not);
        ``median`` and ``p90`` of |ln error| [%]; ``factor90``, 90th percentile of the common factor's distance from 1
        [%]; ``cover``, share of present bands within ±1.96 ``volume_se``; ``cover_low``, ``cover_mid``, ``cover_high``
        by thirds of the log volume; ``z``, median |z|; for absent bands ``absent_found`` (share), ``absent_z`` (mean
        over its standard error); ``seconds`` a picture (median).
    """
    bands = pd.concat([score.bands for score in scores], ignore_index=True)
    there, gone = bands[bands["present"]], bands[~bands["present"] & bands["matched"]]
    hits, extra = int(there["found"].sum()), sum(score.extra for score in scores)
    z = ((there["volume_measured"] - there["volume"]) / there["volume_se"])[there["found"]]
    thirds = pd.cut(np.log(there.loc[there["found"], "volume"]), 3, labels=["low", "mid", "high"])
    absent = gone["volume_measured"] / gone["volume_se"]
    exact = [
        score.lanes == score.lanes_true or score.lanes == score.bands.groupby("lane")["present"].any().sum()
        for score in scores
    ]
    return {
        "bands": len(there),
        "f1": 2.0 * hits / max(len(there) + hits + extra, 1),
        "lanes_exact": float(np.mean(exact)),
        "median": 100.0 * float(there["error"].median()),
        "p90": 100.0 * float(there["error"].quantile(0.9)),
        "factor90": 100.0 * float(np.quantile([abs(np.expm1(s.bands["factor"].iloc[0])) for s in scores], 0.9)),
        "cover": _coverage(z),
        **{f"cover_{name}": _coverage(z[thirds == name]) for name in ("low", "mid", "high")},
        "z": float(z.abs().median()),
        "absent": len(gone),
        "absent_found": float(gone["found"].mean()) if len(gone) else 0.0,
        "absent_z": float(absent.mean() * np.sqrt(len(absent))) if len(absent) else 0.0,
        "seconds": float(np.median([score.seconds for score in scores])),
    }
