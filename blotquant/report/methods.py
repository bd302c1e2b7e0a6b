"""The methods paragraph, ready to paste, and what it cites."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from typing import Any

import pandas as pd

from ..figures.names import interval_name, plain
from ..tables import weights_text
from .source import ReportSource
from .wording import counted, joined

__all__ = ["CITATIONS", "methods"]

CITATIONS = {
    "dunnett": "Dunnett CW (1955) A multiple comparison procedure for comparing several treatments with a control. "
    "J Am Stat Assoc 50:1096–1121.",
    "kreutz": "Kreutz C et al. (2007) An error model for protein quantification. Bioinformatics 23:2747–2753.",
    "degasperi": "Degasperi A et al. (2014) Evaluating strategies to normalise biological replicates of western blot "
    "data. PLoS ONE 9:e87293.",
    "sebaugh": "Sebaugh JL (2011) Guidelines for accurate EC50/IC50 estimation. Pharm Stat 10:128–134.",
    "simonsohn": "Simonsohn U, Simmons JP, Nelson LD (2020) Specification curve analysis. Nat Hum Behav 4:1208–1214.",
    "lord": "Lord SJ et al. (2020) SuperPlots: communicating reproducibility and variability in cell biology. "
    "J Cell Biol 219:e202001064.",
}
"""What the methods paragraph cites, by key."""

_MODELS = {"3pl": "three-parameter", "4pl": "four-parameter", "5pl": "five-parameter"}
_PROPER = {"python": "Python", "numpy": "NumPy", "scipy": "SciPy", "opencv-python-headless": "OpenCV"}
_MODES = {
    "two_colour": "in two colours on one membrane",
    "strip_reprobe": "one after the other on one membrane (stripped and reprobed)",
    "parallel": "on parallel membranes",
    "cut": "on cut pieces of one membrane",
}


def _versions(record: Mapping[str, Any]) -> str:
    versions = dict(record.get("versions", {}))
    own = versions.pop("blotquant", record.get("blotquant", ""))
    others = [f"{_PROPER.get(name, name)} {version}" for name, version in versions.items()]
    return f"blotquant {own}".strip() + (f" ({joined(others, 8)})" if others else "")


def _responses(result: ReportSource) -> str:
    text = f"Responses were analysed with {_versions(result.record)}"
    if result.folds["percent_activity"].notna().any():
        text += " as percent activity between the maximum and minimum controls of their own plate"
    return text + "."


def _measuring(result: ReportSource) -> str:
    if not len(result.lanes):
        return _responses(result)
    settings = result.settings
    background = settings.integration.background
    how = (
        "the band and its background were fitted together"
        if background == "joint"
        else f"the background was taken by the method “{background}” and subtracted"
    )
    return (
        f"Lanes and bands were found and measured with {_versions(result.record)} in the recorded pixels, without "
        "resampling; lanes were found from all images of a membrane together, and every row was measured in every "
        f"lane. Volumes are sums of pixels above background; {how}. "
        "Standard errors of volumes come from the noise of the image itself." + _mass_text(result)
    )


def _mass_text(result: ReportSource) -> str:
    ladder = (result.calibration["kind"] == "mass").any() if len(result.calibration) else False
    return " Apparent masses were read off the ladder lanes, log mass against position." if ladder else ""


def _ratio_text(result: ReportSource) -> str:
    if not len(result.lanes) or not (len(result.ratios) or len(result.folds)):
        return ""
    modes = [
        _MODES[mode] for mode in dict.fromkeys(result.images.get("mode", pd.Series(dtype=object))) if mode in _MODES
    ]
    text = "Phospho and total were probed " + joined(modes) + "; " if modes else ""
    text += "each lane's phospho signal was divided by its total signal"
    saturated = result.settings.matching.saturated
    text += "; lanes with saturated bands were left out" if saturated == "exclude" else "; saturated bands were used"
    if len(result.folds):
        names = [plain(name) for name in dict.fromkeys(result.folds["reference"]) if plain(name)]
        if names:
            within = "biological replicate" if result.settings.normalisation.within == "block" else "membrane"
            text += f", and ratios are given relative to {joined(names, 3)} of the same {within} [degasperi]"
    return text[:1].upper() + text[1:] + "."


def _statistics(result: ReportSource) -> str:
    if not len(result.groups):
        return ""
    low, high = int(result.groups["n"].min()), int(result.groups["n"].max())
    n = f"{low}" if low == high else f"{low} to {high}"
    text = (
        f"Technical repeats were averaged; n = {n} counts biological replicates. The spread between replicates is "
        f"multiplicative [kreutz], so geometric means with {interval_name(result.settings.comparison.level)}s are given"
    )
    methods = [plain(method) for method in dict.fromkeys(result.tests["method"]) if plain(method)]
    if methods:
        cite = " [dunnett]" if any("unnett" in method for method in methods) else ""
        text += f"; groups were compared by {joined(methods, 3)}{cite}"
    return text + "."


def _fitting(result: ReportSource) -> str:
    if not len(result.potencies):
        return ""
    settings = result.settings.dose_response
    told = result.curves.loc[result.curves["parameter"] == "ic50", "method"]
    how = joined([plain(text) for text in dict.fromkeys(told) if plain(text)], 2) or weights_text(settings.weights)
    kinds = joined([plain(kind) for kind in dict.fromkeys(result.potencies["kind"])])
    used = joined([plain(name) for name in dict.fromkeys(result.potencies["interval"])])
    models = [name for name in dict.fromkeys(result.curves["model"]) if name in _MODELS] or [settings.model]
    shape = joined([_MODELS[name] for name in models])
    fitted = result.folds[result.folds["response"].notna()]
    kept = ((fitted["role"] == "maximum") | (fitted["dose"] == 0)).any()
    zero = " with the zero dose kept" if kept else ""
    for weights, plainly in (("error", "weighted by errors"), ("none", "unweighted")):
        how = how.replace(weights_text(weights), plainly)
    return (
        f"Dose-response curves are {shape} log-logistic functions fitted on the linear scale{zero} "
        f"({how}); IC50s are {kinds} [sebaugh] with "
        f"{interval_name(result.settings.comparison.level)}s by the {used} method."
    )


def _robustness(result: ReportSource) -> str:
    if not len(result.sensitivity):
        return ""
    options = result.sensitivity[~result.sensitivity["default"]].drop_duplicates(["choice", "option"])
    return f"Folds were computed again under {counted(len(options), 'other choice')} of the analysis [simonsohn]."


_DONE = {"move": "moved", "add": "added", "delete": "deleted", "rename": "renumbered", "exclude": "left out"}


def _by_hand(result: ReportSource) -> str:
    """Say what was corrected by hand, and that all was measured anew."""
    if not len(result.corrections):
        return ""
    counts = Counter(zip(result.corrections["what"], result.corrections["action"], strict=True))
    parts = [f"{counted(count, what)} {_DONE[action]}" for (what, action), count in counts.items()]
    return f"Corrected by hand before measuring, with reasons on record: {joined(parts)}."


def methods(result: ReportSource) -> tuple[str, list[str]]:
    """Write how the result was made.

    Returns
    -------
    str
        The paragraph, citations as numbers in brackets.
    list of str
        What is cited, in the order of the numbers.
    """
    parts = (_measuring, _by_hand, _ratio_text, _statistics, _fitting, _robustness)
    text = " ".join(sentence for sentence in (part(result) for part in parts) if sentence)
    if len(result.groups):
        text += " Figures show every replicate [lord]."
    cited = sorted((key for key in CITATIONS if f"[{key}]" in text), key=lambda key: text.index(f"[{key}]"))
    for place, key in enumerate(cited, start=1):
        text = text.replace(f"[{key}]", f"[{place}]")
    return text, [CITATIONS[key] for key in cited]
