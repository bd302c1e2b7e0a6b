"""match_bands(): one ratio a lane, with its error, its bound and its doubts."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import pandas as pd

from ..flags import Flag, add_flag, encode, has_flag, merge
from ..tables import INPUTS, TABLES, check, empty
from .inputs import filled, lysate_lanes
from .loading import loading_signal
from .pairing import pair_lanes, partner_image
from .signals import SIGNAL, choose_exposures, read_signal
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
    """Divide a signal by its membrane's loading factor; by the greatest it can be where the loading is not known.

    Where phospho and total lie on one membrane the factor cancels in their ratio, and so do its error and its doubts.
    """
    if loading is None:
        return signal
    factor = loading["factor"] if cancels else loading["most"]
    out = signal.copy()
    out["volume"], out["se"], out["loq"] = (signal[name] / factor for name in ("volume", "se", "loq"))
    if cancels:
        return out
    out["se"] = np.hypot(out["se"], out["volume"] * loading["se"] / loading["volume"])
    out["loading_saturated"], out["loading_lost"] = loading["saturated"], ~loading["detected"]
    out["flags"] = _united(signal["flags"], loading["flags"])
    return out


def _united(*columns: pd.Series[str]) -> pd.Series[str]:
    texts = [merge(cells) for cells in zip(*columns, strict=True)]
    return pd.Series(texts, index=columns[0].index, dtype=object)


def _partner_signal(
    signal: pd.DataFrame, own: list[int], membrane: str, partner: str, pairs: pd.DataFrame
) -> pd.DataFrame:
    """Bring the partner membrane's signal to the phospho membrane's lanes; repeats of a lysate are averaged.

    Of repeats those whose loading is known count.
    """
    joins = pairs[(pairs["membrane"] == membrane) & (pairs["partner"] == partner)]
    found = {}
    for lane in own:
        rows = signal.reindex(joins.loc[joins["lane"] == lane, "partner_lane"])
        lost = rows["loading_lost"].eq(True)  # blank where the lane is skipped
        known = rows["volume"].notna() & ~lost
        used = rows[known] if known.any() else rows[lost]
        found[lane] = {
            "volume": used["volume"].mean(),
            "se": float(np.sqrt((used["se"] ** 2).sum())) / max(len(used), 1),
            "loq": used["loq"].mean(),
            "detected": bool(len(used) and used["detected"].astype(bool).all()),
            "saturated": bool(used["saturated"].astype(bool).any()),
            "loading_saturated": bool(used["loading_saturated"].astype(bool).any()),
            "loading_lost": bool(lost.any() and not known.any()),
            "flags": merge(rows.loc[known | lost, "flags"]) if len(used) else encode(Flag.EXCLUDED),
        }
    return pd.DataFrame.from_dict(found, orient="index", columns=list(SIGNAL)).astype(SIGNAL)


def _under(signal: pd.DataFrame) -> pd.Series[bool]:
    """Lanes whose signal is below its limit of quantification."""
    return signal["volume"] < signal["loq"]


def _bounds(top: pd.DataFrame, below: pd.DataFrame, unseen: pd.Series[bool]) -> tuple[pd.Series[str], pd.Series[float]]:
    """Side on which the true ratio lies, and the ratio that bounds it there.

    It is at least what is seen when the numerator is cut short or the denominator is at most its limit; at most what
    is seen when the denominator is cut short or the numerator is at most its limit. A saturated loading control cuts
    short what it divides the other way round; where one is lost, what it divides is at least what its limit leaves.
    Neither side is known when there are reasons for both, or no number for the one.
    """
    few, faint = _under(top), _under(below) | unseen
    more = top["saturated"] | top["loading_lost"] | below["loading_saturated"] | faint
    less = below["saturated"] | below["loading_lost"] | top["loading_saturated"] | few
    divisor = below["volume"].where(~faint, below["loq"].where(below["loq"] > 0))
    least = top["volume"] / divisor
    most = top["volume"].where(~few, top["loq"]) / below["volume"].where(below["volume"] > 0)
    value = pd.Series(np.select([more & less, more, less], [np.nan, least, most], default=np.nan), index=top.index)
    sides = np.select([(more | less) & value.isna(), more, less], ["unknown", "lower", "upper"], default="")
    return pd.Series(sides, index=top.index, dtype=object), value


def _refused(
    top: pd.DataFrame, below: pd.DataFrame, flags: pd.Series[str], *, saturated: str, force: bool
) -> pd.Series[bool]:
    """Lanes without a ratio: a band or its loading control is saturated, or not proportional, or the loading lost."""
    burnt = top["saturated"] | top["loading_saturated"] | below["saturated"] | below["loading_saturated"]
    bent = has_flag(flags, Flag.NOT_PROPORTIONAL)
    return top["loading_lost"] | below["loading_lost"] | (burnt & (saturated == "exclude")) | (bent & (not force))


def _divide(top: pd.DataFrame, below: pd.DataFrame, *, saturated: str, force: bool) -> pd.DataFrame:
    """Divide lane by lane; errors in quadrature; what may not be divided is NaN with the side that is known."""
    divisor = below["volume"].where(below["detected"] & (below["volume"] > 0))
    ratio = top["volume"] / divisor
    error = ((top["se"] / divisor) ** 2 + (top["volume"] * below["se"] / divisor**2) ** 2) ** 0.5
    flags = _united(top["flags"], below["flags"])
    flags = add_flag(flags, top["saturated"] & below["saturated"], Flag.BOTH_SATURATED)
    bound, ratio_bound = _bounds(top, below, divisor.isna() & top["detected"])
    refused = _refused(top, below, flags, saturated=saturated, force=force)
    lost, lost_below = top["loading_lost"], below["loading_lost"]
    return pd.DataFrame(
        {
            "phospho": top["volume"].mask(lost),
            "phospho_se": top["se"].mask(lost),
            "total": below["volume"].mask(lost_below),
            "total_se": below["se"].mask(lost_below),
            "ratio": ratio.mask(refused),
            "ratio_se": error.mask(refused),
            "ratio_loq": (top["loq"] / divisor).mask(lost | lost_below),
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
    if alone and (loading is None or not loading["detected"].any()):
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
    P/L and S/L beside it. On one membrane the loading cancels in phospho/total; on two there is no ratio where the
    loading control of a lane is below its limit of quantification. Its variance is
    (se_P / S)² + (P · se_S / S²)²: the errors of two images are independent.
    Assumes signals that are proportional to protein and a denominator well above zero.

    Parameters
    ----------
    bands : DataFrame
        Integrated bands; targets are assigned when none is.
    images, samples : DataFrame
        The study's sheets; left-out optional columns count as blank.
    saturated : {"exclude", "use"}
        A saturated band, or loading control that does not cancel, gives NaN and the side on which the true ratio lies,
        or is used all the same.
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
