"""match_bands(): one ratio a lane, with its error, its bound and its doubts."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import pandas as pd

from ..flags import Flag, add_flag, encode, has_flag, merge
from ..tables import INPUTS, TABLES, check, empty
from .inputs import filled, lysate_lanes
from .pairing import pair_lanes, partner_image
from .signals import SIGNAL, choose_exposures, loading_signal, read_signal
from .targets import assign_targets

__all__ = ["match_bands"]


@dataclass(frozen=True)
class _Membranes:
    """What matching looks up again and again: sheets, and the lanes and loading of each membrane."""

    bands: pd.DataFrame
    images: pd.DataFrame
    pairs: pd.DataFrame
    sheets: dict[str, pd.DataFrame]
    loading: dict[str, pd.DataFrame | None]

    @classmethod
    def of(cls, bands: pd.DataFrame, images: pd.DataFrame, samples: pd.DataFrame, pairs: pd.DataFrame) -> _Membranes:
        names = [str(name) for name in images["membrane"].unique()]
        sheets = {name: lysate_lanes(samples, name).set_index("lane") for name in names}
        loading = {name: loading_signal(bands, images, name, sheets[name].index) for name in names}
        return cls(bands, images, pairs, sheets, loading)

    def signal(self, image: pd.Series[str]) -> pd.DataFrame:
        return read_signal(self.bands, image["image"], image["target"], self.sheets[image["membrane"]].index)


def _corrected(signal: pd.DataFrame, loading: pd.DataFrame | None, *, cancels: bool) -> pd.DataFrame:
    """Divide a signal by its membrane's loading factor.

    Where phospho and total lie on one membrane the factor cancels in their ratio, and so does its error.
    """
    if loading is None:
        return signal
    out = signal.copy()
    share = loading["se"].where(loading["detected"], 0.0) / loading["volume"].where(loading["detected"], 1.0)
    volume = signal["volume"] / loading["factor"]
    own = signal["se"] / loading["factor"]
    out["volume"], out["loq"] = volume, signal["loq"] / loading["factor"]
    out["se"] = own if cancels else np.hypot(own, volume * share)
    if not cancels:
        out["flags"] = _united(signal["flags"], loading["flags"])
    return out


def _united(*columns: pd.Series[str]) -> pd.Series[str]:
    texts = [merge(cells) for cells in zip(*columns, strict=True)]
    return pd.Series(texts, index=columns[0].index, dtype=object)


def _partner_signal(
    signal: pd.DataFrame, own: list[int], membrane: str, partner: str, pairs: pd.DataFrame
) -> pd.DataFrame:
    """Bring the partner membrane's signal to the phospho membrane's lanes; repeats of a lysate are averaged."""
    joins = pairs[(pairs["membrane"] == membrane) & (pairs["partner"] == partner)]
    found = {}
    for lane in own:
        rows = signal.reindex(joins.loc[joins["lane"] == lane, "partner_lane"])
        seen = rows["volume"].notna()
        flags = encode(Flag.EXCLUDED) if not seen.any() else merge(rows.loc[seen, "flags"])
        found[lane] = {
            "volume": rows["volume"].mean(),
            "se": float(np.sqrt((rows["se"] ** 2).sum())) / max(int(seen.sum()), 1),
            "loq": rows["loq"].mean(),
            "detected": bool(seen.any() and rows.loc[seen, "detected"].astype(bool).all()),
            "saturated": bool(rows.loc[seen, "saturated"].astype(bool).any()),
            "flags": flags,
        }
    table = pd.DataFrame.from_dict(found, orient="index", columns=list(SIGNAL))
    return table.astype(
        {"volume": float, "se": float, "loq": float, "detected": bool, "saturated": bool, "flags": object}
    )


def _under(signal: pd.DataFrame) -> pd.Series[bool]:
    """Lanes whose signal is below its limit of quantification."""
    return signal["volume"] < signal["loq"]


def _bounds(top: pd.DataFrame, below: pd.DataFrame, unseen: pd.Series[bool]) -> tuple[pd.Series[str], pd.Series[float]]:
    """Side on which the true ratio lies, and the ratio that bounds it there.

    It is at least what is seen when the numerator is cut short or the denominator is at most its limit; at most what
    is seen when the denominator is cut short or the numerator is at most its limit. Neither side is known when one
    saturated or faint band speaks for each.
    """
    few, faint = _under(top), _under(below) | unseen
    more, less = top["saturated"] | (faint & ~few), below["saturated"] | few
    sides = np.select([(more & less) | (few & faint), more, less], ["unknown", "lower", "upper"], default="")
    divisor = below["volume"].where(~faint, below["loq"].where(below["loq"] > 0))
    least = top["volume"] / divisor
    most = top["volume"].where(~few, top["loq"]) / below["volume"].where(below["volume"] > 0)
    value = np.select([sides == "lower", sides == "upper"], [least, most], default=np.nan)
    return pd.Series(sides, index=top.index, dtype=object), pd.Series(value, index=top.index)


def _divide(top: pd.DataFrame, below: pd.DataFrame, *, saturated: str, force: bool) -> pd.DataFrame:
    """Divide lane by lane; errors in quadrature; what may not be divided is NaN with the side that is known."""
    divisor = below["volume"].where(below["detected"] & (below["volume"] > 0))
    ratio = top["volume"] / divisor
    error = ((top["se"] / divisor) ** 2 + (top["volume"] * below["se"] / divisor**2) ** 2) ** 0.5
    flags = _united(top["flags"], below["flags"])
    flags = add_flag(flags, top["saturated"] & below["saturated"], Flag.BOTH_SATURATED)
    bound, ratio_bound = _bounds(top, below, divisor.isna() & top["detected"])
    refused = (top["saturated"] | below["saturated"]) & (saturated == "exclude")
    refused |= has_flag(flags, Flag.NOT_PROPORTIONAL) & (not force)
    return pd.DataFrame(
        {
            "phospho": top["volume"],
            "phospho_se": top["se"],
            "total": below["volume"],
            "total_se": below["se"],
            "ratio": ratio.mask(refused),
            "ratio_se": error.mask(refused),
            "ratio_loq": top["loq"] / divisor,
            "bound": bound,
            "ratio_bound": ratio_bound,
            "detected": top["detected"] & below["detected"],
            "flags": flags,
        }
    )


def _alone(top: pd.DataFrame, *, saturated: str) -> pd.DataFrame:
    """Give a form that has no partner as it stands."""
    refused = top["saturated"] & (saturated == "exclude")
    few = _under(top)
    return pd.DataFrame(
        {
            "phospho": top["volume"],
            "phospho_se": top["se"],
            "total": np.nan,
            "total_se": np.nan,
            "ratio": top["volume"].mask(refused),
            "ratio_se": top["se"].mask(refused),
            "ratio_loq": top["loq"],
            "bound": np.select([top["saturated"], few], ["lower", "upper"], default=""),
            "ratio_bound": np.select([top["saturated"], few], [top["volume"], top["loq"]], default=np.nan),
            "detected": top["detected"],
            "flags": top["flags"],
        }
    )


def _phospho_over_total(
    know: _Membranes, phospho: pd.Series[str], total: pd.Series[str]
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Bring phospho and total to the phospho membrane's lanes, each after its own membrane's loading correction."""
    one, other = phospho["membrane"], total["membrane"]
    top = _corrected(know.signal(phospho), know.loading[one], cancels=one == other)
    below = _corrected(know.signal(total), know.loading[other], cancels=one == other)
    if one != other:
        below = _partner_signal(below, list(know.sheets[one].index), one, other, know.pairs)
    return top, below


def _quantities(
    know: _Membranes, image: pd.Series[str], *, saturated: str, force: bool
) -> Iterator[tuple[str, pd.DataFrame]]:
    """Yield every quantity that one phospho or total image gives, with its values lane by lane."""
    loading, signal = know.loading[image["membrane"]], know.signal(image)
    phospho = image["form"] == "phospho"
    total = partner_image(know.images, image) if phospho else None
    letter, alone = ("P", total is None) if phospho else ("S", _has_no_phospho(know.images, image))
    if total is not None:
        top, below = _phospho_over_total(know, image, total)
        yield "P/S", _divide(top, below, saturated=saturated, force=force)
    if loading is not None:
        yield f"{letter}/L", _divide(signal, loading, saturated=saturated, force=force)
    elif alone:
        yield letter, _alone(signal, saturated=saturated)


def _has_no_phospho(images: pd.DataFrame, total: pd.Series[str]) -> bool:
    joined = (images["membrane"] == total["membrane"]) | ((images["pair"] == total["pair"]) & (total["pair"] != ""))
    return not ((images["form"] == "phospho") & (images["target"] == total["target"]) & joined).any()


def _labelled(values: pd.DataFrame, know: _Membranes, image: pd.Series[str], quantity: str) -> pd.DataFrame:
    """Put what lies in the lane beside its values."""
    lanes = know.sheets[image["membrane"]]
    known = [name for name in INPUTS["samples"].names if name in TABLES["ratios"].names and name != "lane"]
    further = [name for name in lanes.columns if name not in (*INPUTS["samples"].names, "flags")]
    extra = ["amount_ug"] if lanes["amount_ug"].notna().any() else []
    loading = know.loading[image["membrane"]]
    out = lanes[[*known, *extra, *further]].join(values)
    out["flags"] = _united(values["flags"], lanes["flags"])
    out["loading"] = 1.0 if loading is None else loading["factor"]
    out["target"], out["quantity"] = image["target"], quantity
    out["site"] = image["site"] if image["form"] == "phospho" else ""
    return out.reset_index()


def match_bands(
    bands: pd.DataFrame, images: pd.DataFrame, samples: pd.DataFrame, *, saturated: str = "exclude", force: bool = False
) -> pd.DataFrame:
    """Match phospho with total, lane by lane, and give their ratios.

    ratio = phospho / total of one lane, each after its own membrane's loading correction where there is one;
    P/L and S/L beside it. On one membrane the loading cancels in phospho/total. Its variance is
    (se_P / S)² + (P · se_S / S²)²: the errors of two images are independent.
    Assumes signals that are proportional to protein and a denominator well above zero.

    Parameters
    ----------
    bands : DataFrame
        Integrated bands; targets are assigned when none is.
    images, samples : DataFrame
        The study's sheets; left-out optional columns count as blank.
    saturated : {"exclude", "use"}
        A saturated band gives NaN and the side on which the true ratio lies, or is used all the same.
    force : bool
        Give ratios also where the dilution series is not proportional.

    Returns
    -------
    DataFrame
        Ratios table, one row a lane and quantity; further columns of ``samples`` travel along.

    Raises
    ------
    TableError
        A paired lane has no partner, or a sheet lacks a required column.

    References
    ----------
    Loading controls only where the response is proportional: Butler et al. 2019, doi:10.1155/2019/5214821.
    """
    images, samples = filled(images, "images"), filled(samples, "samples")
    if not (bands["target"] != "").any():
        bands = assign_targets(bands, images, samples)[0]
    chosen = choose_exposures(bands, images)
    know = _Membranes.of(bands, chosen, samples, pair_lanes(images, samples))
    tables = [
        _labelled(values, know, image, quantity)
        for _, image in chosen[chosen["form"].isin(["phospho", "total"])].iterrows()
        for quantity, values in _quantities(know, image, saturated=saturated, force=force)
    ]
    if not tables:
        return empty("ratios")
    return check(pd.concat(tables, ignore_index=True), "ratios")
