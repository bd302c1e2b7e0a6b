"""calibrate_mass(): positions of bands → apparent masses, from the ladder lanes of the membrane."""

from __future__ import annotations

import warnings
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pandas as pd

from ..blot import FloatArray
from ..errors import QualityWarning, SettingsError, TableError
from ..flags import Flag, add_flag
from ..tables import check, empty, nearest
from .assignment import assign_ladder
from .declared import better_ladder
from .drift import Drift, rows_drift
from .ladders import MASS_MODELS, Curve, Ladder, choose_mass_model, ladder_masses, left_out_logs
from .margins import margin, shares, t_quantile

__all__ = ["calibrate_mass"]

_FEWEST = 3  # ladder bands that make a calibration: two always lie on a line


@dataclass(frozen=True)
class _Ladder:
    """One calibrated ladder lane."""

    lane: int
    image: str
    column: float
    positions: FloatArray
    masses: FloatArray
    left_out: FloatArray
    curve: Curve
    margin: Curve
    model: str
    better: Ladder | None

    @property
    def shares(self) -> FloatArray:
        """Error of each band's mass when it is left out, as a share of the mass."""
        return np.abs(self.left_out / self.masses)


def _leave_one_out(positions: FloatArray, logs: FloatArray, model: str) -> FloatArray:
    """Error of each ladder band's mass when the curve is made without it [kDa]; NaN where too few are left."""
    if len(positions) <= _FEWEST:
        return np.full(len(positions), np.nan)
    return np.asarray(10 ** (logs + left_out_logs(positions, logs, model)) - 10**logs, dtype=np.float64)


def _calibrate_lane(rows: pd.DataFrame, masses: tuple[float, ...], model: str) -> _Ladder | None:
    """Calibrate one ladder lane of one image; None when fewer than three bands match."""
    ordered = rows.sort_values("centre_row", kind="stable")
    bands = ordered["centre_row"].to_numpy(np.float64)
    chosen = assign_ladder(bands, np.asarray(masses))
    used = chosen >= 0
    if used.sum() < _FEWEST:
        return None
    known, positions = np.asarray(masses)[chosen[used]], bands[used]
    logs = np.log10(known)
    model = choose_mass_model(positions, logs) if model == "auto" else model
    left_out = _leave_one_out(positions, logs, model)
    return _Ladder(
        lane=int(ordered["lane"].iloc[0]),
        image=str(ordered["image"].iloc[0]),
        column=float(ordered["centre_col"].mean()),
        positions=positions,
        masses=known,
        left_out=left_out,
        curve=MASS_MODELS[model](positions, logs),
        margin=margin(positions, logs, model),
        model=model,
        better=better_ladder(bands, masses, left_out / known),
    )


def _found(bands: pd.DataFrame) -> npt.NDArray[np.bool_]:
    """Tell bands that were found from those that are merely expected."""
    there = (bands["score"] > 0) | (bands["score"].isna() & bands["detected"])
    return there.to_numpy(dtype=bool)


def _find_ladders(bands: pd.DataFrame, lanes: Sequence[int], masses: tuple[float, ...], model: str) -> list[_Ladder]:
    """Calibrate each ladder lane on the image that shows most of its bands."""
    seen = bands[_found(bands) & (bands["band"] != "lane") & bands["lane"].isin(lanes)]
    found = []
    for _, of_lane in seen.groupby("lane"):
        made = [_calibrate_lane(rows, masses, model) for _, rows in of_lane.groupby("image", sort=False)]
        fits = [each for each in made if each is not None]
        if fits:
            found.append(max(fits, key=lambda each: len(each.masses)))
    return sorted(found, key=lambda each: each.column)


def _weights(ladders: list[_Ladder], columns: FloatArray) -> FloatArray:
    """Weight of each ladder lane (k,) for each band (N,): shared by the lanes on both sides of the band."""
    if len(ladders) == 1:
        return np.ones((1, len(columns)))
    places = np.array([ladder.column for ladder in ladders])
    return shares(places, np.clip(columns, places[0], places[-1])).T


def _masses(bands: pd.DataFrame, ladders: list[_Ladder], drift: Drift) -> tuple[FloatArray, FloatArray]:
    """Read log10 mass of each band and the half width of its interval.

    Margins are interpolated as the masses are, as if the ladder lanes' errors went together: both hold the same ladder,
    whose named masses are most of them. To them comes how far single lanes stray, the ladders' among them, and how
    unsure the drift is.
    """
    rows = bands["centre_row"].to_numpy(np.float64) - drift.shift
    weights = _weights(ladders, bands["centre_col"].to_numpy(np.float64))

    def between(told: list[FloatArray]) -> FloatArray:
        return np.asarray(np.sum(np.where(weights > 0, weights * np.stack(told), 0.0), axis=0), dtype=np.float64)

    half = between([ladder.margin(rows) for ladder in ladders])
    if drift.dof > 0:
        slope = between([ladder.curve(rows + 0.5) - ladder.curve(rows - 0.5) for ladder in ladders])
        stray = np.hypot(drift.error, drift.spread * np.sqrt(1.0 + np.sum(weights**2, axis=0)))
        half = np.hypot(half, t_quantile(drift.dof) * stray * slope)
    return between([ladder.curve(rows) for ladder in ladders]), half


def _named(ladder: Ladder) -> str:
    return f"{ladder.product} {ladder.catalogue} in {ladder.buffer}"


def _warn_of_another(ladders: list[_Ladder], membrane: str) -> None:
    """Say which ladder the lanes show, where it is not the one that was named: all masses hang on it."""
    doubted = [each for each in ladders if each.better is not None]
    better = next((each.better for each in doubted if each.better is not None), None)
    if better is None:
        return
    lanes = ", ".join(str(each.lane) for each in doubted)
    most = 100 * max(float(np.nanmax(each.shares)) for each in doubted)
    warnings.warn(
        f"membrane {membrane!r}: the bands of ladder lane {lanes} miss the masses of the ladder named by up to "
        f"{most:.0f} %, and {_named(better)} fits far better; check ladder and buffer under [mass]",
        QualityWarning,
        stacklevel=3,
    )


def _report(ladders: list[_Ladder], membrane: str, drift: Drift) -> pd.DataFrame:
    rows = []
    if ladders and drift.dof > 0:
        note = "how far rows bow off the ladder lanes at most, which masses mind; se: what single lanes stray besides"
        place = {"scope": "membrane", "name": membrane, "kind": "mass", "parameter": "drift", "x": np.nan}
        most = float(np.max(np.abs(drift.shift)))
        rows.append({**place, "value": most, "se": drift.spread, "unit": "px", "note": note})
    for ladder in ladders:
        place = {"scope": "membrane", "name": membrane, "kind": "mass"}
        for x, mass, error in zip(ladder.positions, ladder.masses, ladder.left_out, strict=True):
            note = f"ladder band on {ladder.image}"
            rows.append(
                {
                    **place,
                    "parameter": f"lane {ladder.lane}",
                    "x": x,
                    "value": mass,
                    "se": abs(error),
                    "unit": "kDa",
                    "note": note,
                }
            )
        typical = float(np.median(ladder.shares)) if np.isfinite(ladder.shares).all() else np.nan
        note = f"{ladder.model} log mass; median error of a ladder band's mass when it is left out"
        note += "" if ladder.better is None else f"; {_named(ladder.better)} fits far better than the ladder named"
        figure = {"parameter": f"lane {ladder.lane} leave-one-out", "x": np.nan, "value": 100 * typical, "unit": "%"}
        rows.append({**place, **figure, "se": np.nan, "note": note})
    return check(pd.DataFrame(rows), "calibration") if rows else empty("calibration")


def _warn_of_unread(lanes: Sequence[int], membranes: Sequence[str]) -> None:
    """Warn of a membrane none of whose ladder lanes could be read; one without such lanes needs no warning."""
    if lanes:
        named = f"lane{'s' if len(lanes) > 1 else ''} {', '.join(map(str, lanes))} show{'s' * (len(lanes) == 1)}"
        warnings.warn(
            f"membrane {membranes[0]!r}: ladder {named} fewer than {_FEWEST} bands of the ladder, so no band has "
            "a mass and targets are found by column 'row' of images.csv, or by strength; expose longer, add a picture "
            "of form marker, or name the row",
            QualityWarning,
            stacklevel=3,
        )


def calibrate_mass(
    bands: pd.DataFrame,
    samples: pd.DataFrame,
    *,
    ladder: str | Sequence[float],
    buffer: str = "",
    model: str = "auto",
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Give every band of a membrane its apparent mass.

    The bands of each ladder lane are matched to the ladder's masses in order, with misses; log10 mass is fitted
    against position; between two ladder lanes the curves are interpolated across the membrane, and how rows bow between
    them is taken off, see `rows_drift`. Assumes that a protein runs as its mass and the ladder say, which shape, charge
    and prestaining bend by some per cent.

    Parameters
    ----------
    bands : DataFrame
        Bands of all images of one membrane, upright: mass falls as ``centre_row`` rises.
    samples : DataFrame
        Lanes of that membrane; those with role ``ladder`` are read.
    ladder : str or sequence of float
        Product or catalogue number of a shipped ladder, or masses [kDa].
    buffer : str
        Gel system, on which apparent masses depend.
    model : str
        Key of ``MASS_MODELS``; ``auto``: straight, quadratic or cubic, by the error at bands left out.

    Returns
    -------
    bands : DataFrame
        With ``mass_kda`` and the limits ``mass_low`` and ``mass_high`` of its 95 % prediction interval, see `margin`;
        flagged ``extrapolated`` outside the ladder. NaN when no ladder lane could be read.
    calibration : DataFrame
        Points of each ladder lane with their leave-one-out error.

    Raises
    ------
    TableError
        The ladder or its gel system is not known, or ``samples`` holds several membranes.
    SettingsError
        The model is not known.

    References
    ----------
    Shapiro, Viñuela & Maizel 1967, doi 10.1016/0006-291X(67)90391-9; Weber & Osborn 1969, J Biol Chem 244:4406
    (log mass against mobility).
    """
    masses = ladder_masses(ladder, buffer)
    if model not in ("auto", *MASS_MODELS):
        raise SettingsError(f"mass.model = {model!r} is not known{nearest(model, ['auto', *MASS_MODELS])}")
    membranes = list(dict.fromkeys(samples["membrane"]))
    if len(membranes) > 1:
        named = ", ".join(map(str, membranes))
        raise TableError(f"calibrate_mass takes one membrane at a time, samples hold {named}; call it once for each")
    lanes = [int(lane) for lane in samples.loc[samples["role"] == "ladder", "lane"]]
    ladders = _find_ladders(bands, lanes, masses, model)
    out = bands.copy()
    if not ladders or bands.empty:
        _warn_of_unread(lanes, membranes)
        return check(out.assign(mass_kda=np.nan, mass_low=np.nan, mass_high=np.nan), "bands"), empty("calibration")
    _warn_of_another(ladders, str(membranes[0]) if membranes else "")
    known = np.concatenate([ladder.masses for ladder in ladders])
    whole = (out["band"] == "lane").to_numpy()
    seen = _found(out) & ~whole & ~out["lane"].isin(lanes).to_numpy()
    drift = rows_drift(out, seen, np.array([ladder.column for ladder in ladders]))
    logs, half = _masses(out, ladders, drift)
    for name, told in {"mass_kda": logs, "mass_low": logs - half, "mass_high": logs + half}.items():
        out[name] = np.where(whole, np.nan, 10**told)
    outside = (10**logs > known.max() * 1.02) | (10**logs < known.min() / 1.02)
    out["flags"] = add_flag(out["flags"], outside & ~whole, Flag.EXTRAPOLATED)
    return check(out, "bands"), _report(ladders, str(membranes[0]) if membranes else "", drift)
