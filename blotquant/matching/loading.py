"""The loading of a membrane's lanes: one stain, or several bands united."""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np
import pandas as pd

from ..flags import Flag, add_flag, decode, encode, has_flag, merge
from ..scales import additive_design, islands
from .signals import read_signal

__all__ = ["loading_signal"]

_TOO_NEAR = 0.15  # share of the target's mass within which a loading control may be mistaken for it
_KEPT = Flag.SATURATED | Flag.LOADING_BELOW_LOQ | Flag.NOT_PROPORTIONAL | Flag.OUT_OF_RANGE | Flag.MASS_CONFLICT


def _conflicts(images: pd.DataFrame, loading: pd.Series[str]) -> bool:
    """Tell whether a target of the same membrane and channel runs within 15 % of a loading control's mass."""
    same = (images["membrane"] == loading["membrane"]) & (images["channel"] == loading["channel"])
    targets = images[same & images["form"].isin(["phospho", "total"])]
    apart = np.abs(np.log(targets["mass_kda"].astype(np.float64) / float(loading["mass_kda"])))
    return bool((apart < np.log1p(_TOO_NEAR)).any())


def _usable(signal: pd.DataFrame) -> pd.Series[bool]:
    """Lanes whose loading can divide: above the limit of quantification, or above zero where none is known."""
    limit = signal["loq"].where(signal["loq"].notna(), 0.0)
    return (signal["volume"] > limit) & (signal["volume"] > 0)


def _without_excluded(signal: pd.DataFrame) -> pd.DataFrame:
    """Blank the bands that were left out by hand: they correct nothing, and their limits bound nothing."""
    out = has_flag(signal["flags"], Flag.EXCLUDED)
    return signal.assign(volume=signal["volume"].mask(out), se=signal["se"].mask(out), loq=signal["loq"].mask(out))


def _comparable(seen: pd.DataFrame) -> pd.DataFrame:
    """Keep the controls that shared lanes tie together; of several such groups the one that is seen in most lanes."""
    lane, control = np.nonzero(seen.to_numpy())
    groups = islands([str(code) for code in lane], [str(code) for code in control])
    kept = max(groups, key=lambda group: int(seen[[int(code) for code in group]].any(axis=1).sum()), default=[])
    return seen & seen.columns.isin([int(code) for code in kept])


def _fill(volume: pd.DataFrame, relative: pd.DataFrame) -> tuple[pd.DataFrame, pd.Series[float]]:
    """Take logarithms and fill in the controls that a lane lacks; give the relative error of each lane's level.

    ln control = level of the lane + scale of the control, by least squares: the mean over the controls of a lane is
    then its level, whichever of them were seen. A lane that shows none stays NaN. The errors are those of measuring,
    carried through the fit.
    """
    logs = np.log(volume.to_numpy(dtype=np.float64))
    seen = np.isfinite(logs)
    lane, control = np.nonzero(seen)
    lanes, what = np.unique(lane, return_inverse=True)
    controls, where = np.unique(control, return_inverse=True)
    design, inverse = additive_design(what, where)
    weights = inverse @ design.T
    found = weights @ logs[seen]
    fitted = np.full(logs.shape, np.nan)
    fitted[np.ix_(lanes, controls)] = found[: len(lanes), None] + found[None, len(lanes) :]
    share = np.full(len(logs), np.nan)
    share[lanes] = np.sqrt(weights[: len(lanes)] ** 2 @ np.nan_to_num(relative.to_numpy()[seen]) ** 2)
    filled = pd.DataFrame(np.where(seen, logs, fitted), volume.index)[controls]
    return filled, pd.Series(share, volume.index).where(relative.notna().any(axis=1))


def _flags(signals: list[pd.DataFrame], used: pd.DataFrame) -> pd.Series[str]:
    """Doubts about the controls of each lane, and whether one of them was of no use."""
    cells = zip(*(signal["flags"] for signal in signals), strict=True)
    texts = pd.Series([encode(decode(merge(lane)) & _KEPT) for lane in cells], index=used.index, dtype=object)
    return add_flag(texts, ~used.all(axis=1), Flag.LOADING_BELOW_LOQ)


def _unite(signals: list[pd.DataFrame]) -> pd.DataFrame:
    """Unite controls lane by lane by the geometric mean of what each is to its own mean over the membrane."""
    table = {
        name: pd.concat([signal[name] for signal in signals], axis=1, keys=range(len(signals)))
        for name in ("volume", "se", "loq", "saturated")
    }
    used = _comparable(pd.concat([_usable(signal) for signal in signals], axis=1, keys=range(len(signals))))
    volume = table["volume"].where(used)
    filled, share = _fill(volume, table["se"] / volume)
    centre = np.log(np.exp(filled).mean())
    level, scale = np.exp((filled - centre).mean(axis=1)), float(np.exp(centre.mean()))
    factor, lost = level / level.mean(), level.isna()
    # a lane that shows no control bears at most what the limit of each of them leaves, on the scale of that control
    limits = np.log(table["loq"].where(table["loq"] > 0)) - (filled.mean() - filled.mean().mean())
    most = factor.where(~lost, np.exp(limits.min(axis=1) - centre.mean()) / level.mean())
    near = (table["loq"] / volume).max(axis=1)
    return pd.DataFrame(
        {
            "volume": factor * scale,
            "se": factor * scale * share,
            "loq": most * scale * near.mask(lost, 1.0),
            "detected": ~lost,
            "saturated": (table["saturated"] & used).any(axis=1),
            "loading_saturated": False,
            "loading_lost": False,
            "flags": _flags(signals, used),
            "factor": factor.where(~lost, 1.0),
            "most": most,
        }
    )


def loading_signal(
    bands: pd.DataFrame, images: pd.DataFrame, membrane: str, lanes: Iterable[int]
) -> pd.DataFrame | None:
    """Unite the loading controls of a membrane: the stain where there is one, else the housekeeping bands.

    Several bands are united by their geometric mean, lane by lane, each after division by its own mean over the
    membrane.
    factor = (Π control / mean of the control)^(1 / number of controls). Where a lane lacks one of them, what it would
    have been is told by the others: ln control = lane + control, by least squares. Assumes controls that the treatment
    does not move.

    Returns
    -------
    DataFrame or None
        A signal with two more columns: ``factor`` (mean 1 over the lanes where it is known; 1 where no control is
        above its limit of quantification) and ``most`` (the factor, or there the greatest it can be, NaN where no
        limit is known); None without a loading control.

    References
    ----------
    Vandesompele et al. 2002, Genome Biol 3:research0034, doi 10.1186/gb-2002-3-7-research0034.
    """
    mine = images[images["membrane"] == membrane]
    stains, bands_of = mine[mine["form"] == "stain"], mine[mine["form"] == "loading"]
    chosen = stains if len(stains) else bands_of
    lanes = list(lanes)
    signals = []
    for _, row in chosen.iterrows():
        signal = read_signal(bands, row["image"], row["target"], lanes)
        signal = _without_excluded(signal)
        signals.append(signal.assign(flags=add_flag(signal["flags"], _conflicts(mine, row), Flag.MASS_CONFLICT)))
    return _unite(signals) if signals else None
