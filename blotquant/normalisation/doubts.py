"""What a run must be told of its references: blocks that have none with a number, and lanes held against another's."""

from __future__ import annotations

import warnings
from collections.abc import Iterable, Iterator

import pandas as pd

from ..conditions import label, stimulus_of
from ..errors import QualityWarning
from ..flags import Flag, has_flag

__all__ = ["warn_of_references"]

_SHORTER = "expose shorter, or give a shorter exposure with its exposure_s"
_LOST = {
    Flag.REFERENCE_SATURATED: ("is saturated", _SHORTER),
    Flag.REFERENCE_MISSING: ("has no ratio", "see why in ratios.csv; load it with every replicate and stimulus"),
    Flag.REFERENCE_BELOW_LOQ: ("is below its limit of quantification", "expose longer, or name a stronger one"),
}
_EACH = "load it with every stimulus"
_OR_NAME = ", or name one that is meant for all, with its stimulus, as [control] reference"
_UNLIKE = "load it with every stimulus and cell, or name"
_ONE = f"{_UNLIKE} the one that is meant for all, with its stimulus and cell, as [control] reference"
_BOTH = f"{_UNLIKE} those that are meant for all, with their cell, as [control] maximum and reference"


def _listed(names: Iterable[object]) -> str:
    return ", ".join(sorted({str(name) for name in names} - {""}))


def _under(rows: pd.DataFrame) -> str:
    stimuli = _listed(rows["stimulus"])
    return f"lanes under {stimuli}" if stimuli else "lanes"


def _without(rows: pd.DataFrame) -> str:
    """Tell what these rows, which are alike in it, lack, and what becomes of their curves."""
    first = rows[["fold", "percent_activity", "response"]].isna().iloc[0]
    lost = " or ".join(name for name in ("fold", "percent_activity") if first[name]).replace("_", " ")
    folds_only = " and curves of folds" if first["percent_activity"] else ""
    return f"no {lost}{' and are not in curves' if first['response'] else folds_only}"


def _maxima(family: pd.DataFrame, rows: pd.DataFrame) -> pd.Series[str]:
    """Name the maximum of each row: that of its stimulus, or the only one."""
    top = family[family["role"] == "maximum"]
    names = {
        str(stimulus): _listed(label(row) for row in lanes.to_dict("records"))
        for stimulus, lanes in top.groupby(stimulus_of(top))
    }
    if len(names) == 1:
        return pd.Series(next(iter(names.values())), rows.index)
    return stimulus_of(rows).map(names).fillna("")


def _of_lost(what: str, rows: pd.DataFrame, flag: Flag) -> str:
    why, do = _LOST[flag]
    control = "reference" if rows["fold"].isna().all() else "maximum"
    place = f" on {_listed(rows['membrane'])}" if _listed(rows["membrane"]) else ""
    named = _listed(rows["control"])
    if not named:
        do = f"{_EACH}{_OR_NAME if control == 'reference' else ''}"
        return f"{what}{place}: {_under(rows)} have no {control} of their own stimulus, so {_without(rows)}; {do}"
    return f"{what}{place}: the {control} ({named}) {why}, so lanes have {_without(rows)}; {do}"


def _lost(what: str, family: pd.DataFrame) -> Iterator[str]:
    """Texts of lanes that lost something by a control, one for each control and what was lost by it."""
    for flag in _LOST:
        lost = family["fold"].isna() | family["percent_activity"].isna()
        rows = family[has_flag(family["flags"], flag) & family["ratio"].notna() & lost]
        if len(rows):
            gone = rows[["fold", "percent_activity", "response"]].isna()
            rows = rows.assign(control=rows["reference"].where(gone["fold"], _maxima(family, rows)))
            for _, alike in rows.groupby([*(gone[name] for name in gone), rows["control"] != ""], sort=True):
                yield _of_lost(what, alike, flag)


def _unlike(what: str, family: pd.DataFrame) -> Iterator[str]:
    """Texts of lanes that are held against the reference or maximum of others."""
    one = bool((family["is_reference"] == (family["role"] == "maximum")).all())
    rows = family[has_flag(family["flags"], Flag.REFERENCE_UNLIKE) & family["fold"].notna()]
    any_maximum = bool((family["role"] == "maximum").any())
    alone = rows["percent_activity"].isna() & (any_maximum and not one)
    if alone.any():
        yield (
            f"{what}: {_under(rows[alone])} have no maximum of their own stimulus, so {_without(rows[alone])}; {_EACH}"
        )
    if not alone.all():
        rows = rows[~alone]
        yield (
            f"{what}: {_under(rows)} have no reference{' or maximum' if any_maximum else ''} of their own stimulus and "
            f"group_by cell; their folds are against {_listed(rows['reference'])}; "
            f"{_ONE if one or not any_maximum else _BOTH}"
        )


def _left_out(what: str, family: pd.DataFrame) -> Iterator[str]:
    """Texts of saturated controls for which others of their kind stand, whose mean may be too low for it."""
    lost = has_flag(family["flags"], Flag.REFERENCE_SATURATED) | has_flag(family["flags"], Flag.REFERENCE_MISSING)
    controls = (family["is_reference"] | (family["role"] == "maximum")) & ~has_flag(family["flags"], Flag.EXCLUDED)
    rows = family[controls & has_flag(family["flags"], Flag.SATURATED) & family["ratio"].isna() & ~lost]
    for _, alike in rows.groupby("membrane", sort=True):
        place = f" on {_listed(alike['membrane'])}" if _listed(alike["membrane"]) else ""
        names = _listed(label(row) for row in alike.to_dict("records"))
        count = "1 lane of" if len(alike) == 1 else f"{len(alike)} lanes of"
        verb = "is" if len(alike) == 1 else "are"
        yield f"{what}{place}: {count} {names} {verb} saturated and left out of the controls' mean; {_SHORTER}"


def _texts(folds: pd.DataFrame) -> Iterator[str]:
    for (target, site), family in folds.groupby(["target", "site"], sort=True):
        what = " ".join(part for part in (str(target), str(site)) if part) or "response"
        yield from _lost(what, family)
        yield from _left_out(what, family)
        yield from _unlike(what, family)


def warn_of_references(folds: pd.DataFrame) -> None:
    """Warn of lanes that lost their fold or percent activity, of controls left out, and of lanes held against others'.

    Unstimulated controls, which are compared with a stimulus' maximum by their nature, are passed over.

    Parameters
    ----------
    folds : DataFrame
        As `normalise` returns it.
    """
    for text in _texts(folds[folds["role"] != "minimum"]):
        warnings.warn(text, QualityWarning, stacklevel=3)
