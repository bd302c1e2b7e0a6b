"""The methods paragraph, ready to paste, and what it cites."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from typing import Any

from ..conditions import usable
from ..figures.names import interval_name, plain
from ..tables import as_text, weights_text
from .answer import replicate_assumed
from .dividing import ratio_text
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


def _versions(record: Mapping[str, Any]) -> str:
    versions = dict(record.get("versions", {}))
    own = versions.pop("blotquant", record.get("blotquant", ""))
    others = [f"{_PROPER.get(name, name)} {version}" for name, version in versions.items()]
    return f"blotquant {own}".strip() + (f" ({joined(others, 8)})" if others else "")


def _controls_of(result: ReportSource) -> str:
    """Say whose controls wells of a table go with."""
    from ..normalisation.plates import block_columns  # here: pages of measured pictures do without it

    table = result.folds if "plate" in result.folds else result.folds.assign(plate="")
    controls = usable(table) & (table["role"] == "maximum").to_numpy(dtype=bool)
    wells = usable(table) & table["role"].isin(["", "sample"]).to_numpy(dtype=bool)
    return next(iter(block_columns(table, controls, wells)), "table")


def _responses(result: ReportSource) -> str:
    text = f"Responses were analysed with {_versions(result.record)}"
    if result.folds["percent_activity"].notna().any():
        floor = (result.folds["role"] == "minimum").any()
        controls = "between the maximum and minimum controls" if floor else "relative to the maximum controls"
        text += f" as percent activity {controls} of their own {_controls_of(result)}"
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
    if not len(result.calibration) or not (result.calibration["kind"] == "mass").any():
        return ""
    told = dict(dict(result.record.get("given", {})).get("mass", {}))
    ladder = told.get("ladder", "")
    name = f"{joined([as_text(mass) for mass in ladder], 20)} kDa" if isinstance(ladder, list) else plain(ladder)
    words = ", ".join(filter(None, (name, plain(told.get("buffer", "")))))
    return (
        f" Apparent masses were read off the ladder lanes{f' ({words})' if words else ''}, log mass against position."
    )


def _statistics(result: ReportSource) -> str:
    groups = result.groups
    if not len(groups):
        return ""
    low, high = int(groups["n"].min()), int(groups["n"].max())
    n = f"n = {low}" if low == high else f"n = {low} to {high}"
    what = "membranes, each taken as one biological replicate" if replicate_assumed(result) else "biological replicates"
    repeats = (
        "Lanes of one replicate and condition were averaged; " if (groups["n_technical"] > groups["n"]).any() else ""
    )
    text = (
        f"{repeats}{n} counts {what}. The spread between replicates is multiplicative [kreutz], so geometric means "
        f"with {interval_name(result.settings.comparison.level)}s are given."
    )
    methods = [plain(method).replace("; ", ", ") for method in dict.fromkeys(result.tests["method"]) if plain(method)]
    if methods:
        cite = " [dunnett]" if any("unnett" in method for method in methods) else ""
        text += f" Groups were compared by {'; '.join(methods)}{cite}."
    return text


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
    count = result.potencies["n"]
    n = f"{count.min()}" if count.min() == count.max() else f"{count.min()} to {count.max()}"
    behind = "" if len(result.groups) else f"; n = {n} {'replicate' if n == '1' else 'replicates'} behind each"
    return (
        f"Dose-response curves are {shape} log-logistic functions fitted on the linear scale{zero} "
        f"({how}); IC50s are {kinds} [sebaugh] with "
        f"{interval_name(result.settings.comparison.level)}s by the {used} method{behind}."
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
    parts = (_measuring, _by_hand, ratio_text, _statistics, _fitting, _robustness)
    text = " ".join(sentence for sentence in (part(result) for part in parts) if sentence)
    if len(result.groups):
        text += " Figures show every replicate [lord]."
    cited = sorted((key for key in CITATIONS if f"[{key}]" in text), key=lambda key: text.index(f"[{key}]"))
    for place, key in enumerate(cited, start=1):
        text = text.replace(f"[{key}]", f"[{place}]")
    return text, [CITATIONS[key] for key in cited]
