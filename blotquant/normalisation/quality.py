"""How far apart the controls are: signal to background and Z′, as notes on quality."""

from __future__ import annotations

import numpy as np
import pandas as pd

from ..conditions import FAMILY, usable
from ..tables import Finding, Tone, quality_table

__all__ = ["control_quality"]

_ENOUGH = 4
_NO_CONTROL = (
    "no maximum control is named and none is obvious (vehicle, DMSO, control, untreated): "
    "ratios and groups without folds; name it in study.toml, [control] maximum, or by role"
)


def _z_prime(high: np.ndarray, low: np.ndarray) -> float:
    apart = abs(float(np.mean(high) - np.mean(low)))
    if min(len(high), len(low)) < 2 or apart == 0:
        return float("nan")
    return 1.0 - 3.0 * float(np.std(high, ddof=1) + np.std(low, ddof=1)) / apart


def _judged(value: float, count: int) -> tuple[str, Tone]:
    if count < _ENOUGH:
        few = f"{count} lane{'s' * (count != 1)} of a control: n too small to judge; load {_ENOUGH} or more of each"
        return few, "fact"
    if value > 0.5:
        return "good separation of the controls (Z′ > 0.5)", "good"
    if value > 0:
        return "marginal separation of the controls (Z′ 0 to 0.5): rely on replicates, not on single lanes", "worry"
    return "the controls overlap (Z′ < 0): read nothing from single lanes, and look at the controls", "worry"


def _of_pair(high: np.ndarray, low: np.ndarray, place: tuple[str, str], what: str) -> list[Finding]:
    if not (len(high) and len(low)):
        return []
    found = []
    if np.mean(low) > 0 and np.mean(high) > 0:
        ratio = float(np.mean(high) / np.mean(low))
        note = f"{what}: maximum over minimum control" + ("; the signal falls with activity" if ratio < 1 else "")
        found.append(Finding(*place, "window", max(ratio, 1.0 / ratio), note))
    z_prime = _z_prime(high, low)
    words, tone = _judged(z_prime, min(len(high), len(low)))
    return [*found, Finding(*place, "z_prime", z_prime, f"{what}: {words}", tone)]


def _of_block(block: pd.DataFrame, place: tuple[str, str], what: str) -> list[Finding]:
    """Each stimulus has a maximum of its own, beside its own minimum where there is one and the common one else."""
    there = block[block["ratio"].notna()]
    high, low = there[there["role"] == "maximum"], there[there["role"] == "minimum"]
    several, found = len(set(high["stimulus"])) > 1, list[Finding]()
    for stimulus, own in high.groupby("stimulus", sort=True):
        near = low[low["stimulus"] == stimulus] if several and (low["stimulus"] == stimulus).any() else low
        name = f"{what} {stimulus}" if several else what
        found += _of_pair(own["ratio"].to_numpy(), near["ratio"].to_numpy(), place, name)
    return found


def _block(family: pd.DataFrame) -> tuple[str, str]:
    """Tell what the controls belong to: membrane or plate; in a table without either the replicate, as for folds."""
    if (family["membrane"] != "").any():
        plates = "plate" in family and (family["plate"] != "").all()
        return "membrane", "plate" if plates else "membrane"
    own = [set(family.loc[family["role"] == role, "replicate"]) for role in ("maximum", "minimum")]
    each = len(own[0]) > 1 and all(known >= set(family["replicate"]) for known in own)
    return ("replicate", "replicate") if each else ("membrane", "study")


def control_quality(folds: pd.DataFrame) -> pd.DataFrame:
    """Describe the controls of every membrane or plate.

    window = mean maximum / mean minimum; Z′ = 1 − 3 (SD maximum + SD minimum) / |mean maximum − mean minimum|. Assumes
    that single lanes of a control scatter like those of samples.

    Parameters
    ----------
    folds : DataFrame
        As `normalise` or `percent_activity` returns it.

    Returns
    -------
    DataFrame
        Quality table: ``window`` (signal to background, ≥ 1) and ``z_prime`` for each membrane or plate (or replicate
        with controls of its own, in a table without either), target, and stimulus where there are several maximum
        controls; one row that says so where a target has neither a maximum control nor a reference.

    References
    ----------
    Zhang et al. 1999, J Biomol Screen 4:67, doi 10.1177/108705719900400206 (Z′).
    """
    found: list[Finding] = []
    lanes = folds[usable(folds)]
    for key, family in lanes.groupby(FAMILY, sort=True, dropna=False):
        what = " ".join(str(part) for part in key if part) or "response"
        if not ((family["role"] == "maximum") | family["is_reference"]).any():
            found.append(Finding("target", what, "reference", note=_NO_CONTROL))
        column, scope = _block(family)
        for name, block in family.groupby(column, sort=True):
            found += _of_block(block, (scope, str(name)), what)
    return quality_table(found)
