"""The methods paragraph on ratios: what was divided by what, and how ratios came to one scale."""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np
import pandas as pd

from ..conditions import label, usable
from ..figures.names import plain
from ..flags import Flag, has_flag
from .probes import probes_text
from .source import ReportSource
from .wording import joined

__all__ = ["ratio_text", "reference_text"]

_ROUNDING = 1e-6  # of a mean that is 1 by definition, in folds as they are saved

_MODES = {
    "two_colour": "in two colours on one membrane",
    "strip_reprobe": "one after the other on one membrane (stripped and reprobed)",
    "parallel": "on parallel membranes",
    "cut": "on cut pieces of one membrane",
}
_SCALES = {
    "alignment": "all conditions that they share (a factor for each membrane, additive on ln ratio)",
    "calibrator": "the calibrator lanes of each",
    "sum": "the sum over the conditions that lie on every membrane",
    "fixed": "the reference lanes of each",
}


def _probing(images: pd.DataFrame) -> str:
    """Say what was probed with what, and how phospho and total lie to one another."""
    words = probes_text(images, ("antibody", "rrid", "dilution", "detection"))
    modes = [_MODES[mode] for mode in dict.fromkeys(images.get("mode", pd.Series(dtype=object))) if mode in _MODES]
    said = [f"Probes – {words}."] if words else []
    return " ".join(said + ([f"Phospho and total were probed {joined(modes)}."] if modes else []))


def _loading(images: pd.DataFrame) -> str:
    """Name what corrects for loading: the stain of a membrane where there is one, else its loading controls."""
    found: dict[str, None] = {}
    for _, rows in images[images["form"].isin(["loading", "stain"])].groupby("membrane", sort=False):
        stains = rows[rows["form"] == "stain"]
        names = [plain(name) for name in dict.fromkeys((stains if len(stains) else rows)["target"])]
        words = f"the {joined(names)} stain" if len(stains) else names[0]
        if len(names) > 1:
            words = f"the geometric mean of {joined(names)}, each over its own mean of the membrane"
        found[words] = None
    return joined(list(found))


def _crosses(images: pd.DataFrame) -> bool:
    """Tell whether phospho is divided by a total of another membrane."""
    sides = [set(images.loc[images["form"] == form, "membrane"]) for form in ("phospho", "total")]
    return bool(sides[0] - sides[1])


def _dividing(images: pd.DataFrame, quantities: Iterable[str]) -> str:
    """Say what each quantity is."""
    made, loading = set(quantities), _loading(images)
    said = []
    if "P/S" in made:
        text = "each lane's phospho signal was divided by its total signal"
        if _crosses(images):
            text += f", each corrected for loading by {loading}" if loading else ", without a correction for loading"
        elif loading:
            text += " (loading cancels)"
        said.append(text)
    forms = [name for name, quantity in (("phospho", "P/L"), ("total", "S/L")) if quantity in made]
    if forms:
        said.append(
            f"{' and '.join(forms)} signals were divided by {loading or 'the loading control'} of the same lane"
        )
    alone = [name for name, quantity in (("phospho", "P"), ("total", "S")) if quantity in made]
    if alone:
        said.append(f"{' and '.join(alone)} signals without a partner were taken as they stand")
    text = "; ".join(said)
    return f"{text[:1].upper()}{text[1:]}." if text else ""


def _saturation(result: ReportSource) -> str:
    lanes = result.ratios[usable(result.ratios)]
    if not has_flag(lanes["flags"], Flag.SATURATED).any():
        return ""
    kept = result.settings.matching.saturated != "exclude"
    return "Saturated bands were used all the same." if kept else "Lanes with saturated bands were left out."


def _where(result: ReportSource) -> str:
    """Say where the controls of a lane lie."""
    how = result.settings.normalisation
    if how.across != "reference":
        return "averaged over all membranes"
    return "of the same biological replicate" if how.within == "block" else "of the same membrane"


def _relating(result: ReportSource) -> str:
    """Say what folds are relative to, and how membranes came to one scale."""
    how, folds = result.settings.normalisation, result.folds
    names = [plain(name) for name in dict.fromkeys(folds.loc[folds["fold"].notna(), "reference"]) if plain(name)]
    if not names:
        return ""
    relative = f"ratios are given relative to {joined(names, 3)}"
    if how.across == "reference":
        return f"{relative[:1].upper()}{relative[1:]} {_where(result)} [degasperi]."
    scale = _SCALES.get(how.across)
    first = f"Membranes were brought to one scale by {scale} [degasperi]" if scale else "Membranes were not scaled"
    return f"{first}; {relative}, {_where(result)}."


def _activity(result: ReportSource) -> str:
    """Say between which controls percent inhibition runs."""
    known = result.folds[usable(result.folds) & result.folds["percent_inhibition"].notna().to_numpy(dtype=bool)]
    if not len(known):
        return ""
    named = {
        role: list(dict.fromkeys(label(row) for row in known[known["role"] == role].to_dict("records")))
        for role in ("maximum", "minimum")
    }
    if not named["maximum"]:
        return ""
    low = joined([plain(name) for name in named["minimum"]], 3) or "a ratio of zero"
    high = joined([plain(name) for name in named["maximum"]], 3)
    return f"Percent inhibition runs from {high} (0 %) to {low} (100 %), controls {_where(result)}."


def ratio_text(result: ReportSource) -> str:
    """Write how ratios, folds and percent inhibition were made; empty where bands were measured alone."""
    if not len(result.lanes) or not (len(result.ratios) or len(result.folds)):
        return ""
    quantities = np.unique(result.ratios["quantity"].to_numpy(dtype=str))
    said = (
        _probing(result.images),
        _dividing(result.images, quantities),
        _saturation(result),
        _relating(result),
        _activity(result),
    )
    return " ".join(text for text in said if text)


def reference_text(folds: pd.DataFrame, group_by: list[str]) -> str:
    """Say what is 1 by definition: the mean of a block's reference lanes, where each block has its own."""
    if folds.empty:
        return ""
    lanes = folds[folds["is_reference"] & folds["fold"].notna()]
    parts = [column for column in group_by if column in folds]
    blocks = lanes.groupby(["replicate", "membrane", "reference", *parts], dropna=False)
    if lanes.empty or ((blocks["fold"].mean() - 1.0).abs() > _ROUNDING).any():
        return ""
    if (blocks.size() == 1).all():
        return " The reference is 1 in every block by definition."
    return (
        " The lanes of a block's reference are 1 on average by definition, and a little less on the log scale: its SD "
        "and interval tell nothing of how they scatter."
    )
