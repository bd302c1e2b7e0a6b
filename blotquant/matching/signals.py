"""The measured signal of one image or one membrane, lane by lane."""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np
import pandas as pd

from ..flags import Flag, add_flag, decode, encode, has_flag, merge

__all__ = ["SIGNAL", "choose_exposures", "loading_signal", "read_signal"]

_TOO_NEAR = 0.15  # share of the target's mass within which a loading control may be mistaken for it

SIGNAL = ("volume", "se", "loq", "detected", "saturated", "flags")
"""Columns of a signal: volume and its error [AU px], limit of quantification [AU px], and doubts; indexed by lane."""


def _is_saturated(flags: pd.Series[str]) -> pd.Series[bool]:
    return has_flag(flags, Flag.SATURATED)


def read_signal(bands: pd.DataFrame, image: str, target: str, lanes: Iterable[int]) -> pd.DataFrame:
    """Take the target's bands of one image, one row a lane; a lane without a band is NaN and not detected.

    A target that runs as two forms has two bands in a lane; their sum is its signal.
    """
    mine = bands[(bands["image"] == image) & (bands["target"] == target)]
    forms = mine.assign(variance=mine["volume_se"] ** 2, limit=mine["loq"] ** 2).groupby("lane")
    lane = pd.Index(list(lanes), name="lane")
    summed = forms[["volume", "variance", "limit"]].sum(min_count=1).reindex(lane).astype(np.float64)
    flags = forms["flags"].agg(merge).reindex(lane).fillna("").astype(object)
    return pd.DataFrame(
        {
            "volume": summed["volume"],
            "se": np.sqrt(summed["variance"]),
            "loq": np.sqrt(summed["limit"]),
            "detected": forms["detected"].any().reindex(lane, fill_value=False).astype(bool),
            "saturated": _is_saturated(flags),
            "flags": flags,
        }
    )


def choose_exposures(bands: pd.DataFrame, images: pd.DataFrame) -> pd.DataFrame:
    """Keep one image of each membrane, target, form and site: the longest exposure without a saturated target band.

    Where all are saturated the shortest is kept; images without an exposure keep their order.
    """
    kept = []
    for _, rows in images.groupby(["membrane", "target", "form", "site"], sort=False):
        ordered = rows.sort_values("exposure_s", ascending=False, kind="stable")
        burnt = [
            bool(_is_saturated(bands.loc[(bands["image"] == image) & (bands["target"] == target), "flags"]).any())
            for image, target in zip(ordered["image"], ordered["target"], strict=True)
        ]
        place = burnt.index(False) if False in burnt else len(burnt) - 1
        kept.append(ordered.index[place])
    return images.loc[sorted(kept)]


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


def _loading_flags(signals: list[pd.DataFrame], usable: pd.Series[bool]) -> list[str]:
    keep = Flag.LOADING_BELOW_LOQ | Flag.NOT_PROPORTIONAL | Flag.OUT_OF_RANGE | Flag.MASS_CONFLICT
    texts = []
    for lane in usable.index:
        found = decode(merge(signal.loc[lane, "flags"] for signal in signals)) & keep
        texts.append(encode(found if usable[lane] else found | Flag.LOADING_BELOW_LOQ))
    return texts


def loading_signal(
    bands: pd.DataFrame, images: pd.DataFrame, membrane: str, lanes: Iterable[int]
) -> pd.DataFrame | None:
    """Unite the loading controls of a membrane: the stain where there is one, else the housekeeping bands.

    Several bands are united by their geometric mean, lane by lane (Vandesompele 2002,
    doi:10.1186/gb-2002-3-7-research0034), each after division by its own mean over the membrane.
    factor = (Π control / mean of the control)^(1 / number of controls). Assumes controls that the treatment does not
    move.

    Returns
    -------
    DataFrame or None
        A signal with one more column ``factor`` (mean 1 over the membrane's lanes; 1 where the control is below
        its limit of quantification); None without a loading control.
    """
    mine = images[images["membrane"] == membrane]
    stains, bands_of = mine[mine["form"] == "stain"], mine[mine["form"] == "loading"]
    chosen = stains if len(stains) else bands_of
    lanes = list(lanes)
    signals = []
    for _, row in chosen.iterrows():
        signal = read_signal(bands, row["image"], row["target"], lanes)
        signals.append(signal.assign(flags=add_flag(signal["flags"], _conflicts(mine, row), Flag.MASS_CONFLICT)))
    signals = [signal for signal in signals if _usable(signal).any()]
    if not signals:
        return None
    logs = pd.concat([np.log(signal["volume"].where(_usable(signal))) for signal in signals], axis=1)
    centred = logs - np.log(np.exp(logs).mean())
    count = logs.notna().sum(axis=1).clip(lower=1)
    relative = pd.concat([(signal["se"] / signal["volume"]).where(_usable(signal)) for signal in signals], axis=1)
    share = np.sqrt((relative**2).sum(axis=1, min_count=1)) / count
    factor, scale = np.exp(centred.mean(axis=1)), float(np.exp(np.log(np.exp(logs).mean()).mean()))
    factor = factor / factor.mean()
    volume = factor * scale
    usable = factor.notna()
    limit = pd.concat([signal["loq"] / signal["volume"] for signal in signals], axis=1).max(axis=1)
    return pd.DataFrame(
        {
            "volume": volume,
            "se": volume * share,
            "loq": volume * limit,
            "detected": usable,
            "saturated": pd.concat([signal["saturated"] for signal in signals], axis=1).any(axis=1),
            "flags": pd.Series(_loading_flags(signals, usable), index=usable.index, dtype=object),
            "factor": factor.where(usable, 1.0),
        }
    )
