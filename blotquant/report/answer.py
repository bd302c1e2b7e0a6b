"""The answer in one paragraph: what was found, how sure it is, and what to doubt."""

from __future__ import annotations

import math

import numpy as np
import pandas as pd

from ..figures.blots import SAID_ONCE, doubts
from ..figures.names import SERIES, interval_name, interval_text, number, plain, quantity_name
from ..flags import Flag, decode, has_flag, merge
from .leading import leading, p_of, significant
from .lost import bands_used, lost_text
from .source import ReportSource
from .wording import condition_text, counted, fitted_text, flag_text, folds_behind, joined, p_text

__all__ = ["answer", "replicate_assumed"]

_MOST = 4


def replicate_assumed(result: ReportSource) -> bool:
    """Tell whether each membrane was taken as one biological replicate because none was named."""
    tables = (result.groups, result.folds, result.ratios)
    return any(len(table) > 0 and bool(has_flag(table["flags"], Flag.REPLICATE_ASSUMED).any()) for table in tables)


def _n_words(result: ReportSource, n: int) -> str:
    if not len(result.images) and not len(result.bands):  # a table does not say whether its replicates are biological
        return f"n = {counted(n, 'replicate')}"
    kind = "membrane taken as a biological replicate" if replicate_assumed(result) else "biological replicate"
    many = "membranes taken as biological replicates" if replicate_assumed(result) else "biological replicates"
    return f"n = {counted(n, kind, many)}"


def _potency_sentence(rows: pd.DataFrame, result: ReportSource) -> str:
    row = rows.iloc[0]
    quantity, drug = fitted_text(row, result.folds), plain(row["treatment"]) or "The treatment"
    unit, n = plain(row["unit"]), _n_words(result, int(row["n"]))
    if not math.isfinite(row["ic50"]):
        note = plain(row["note"]) or "undetermined"
        return f"The IC50 of {drug} on {quantity} is not determined by these doses: {note} ({n})."
    verb, what = ("raises", "EC50") if row["hill"] < 0 else ("lowers", "IC50")
    points = counted(int(row["points"]), "lane" if len(result.bands) else "point")
    mind = f" Mind: {plain(row['note'])}." if plain(row["note"]) else ""
    interval = interval_text(row["ci_low"], row["ci_high"], unit)
    return (
        f"{drug[:1].upper() + drug[1:]} {verb} {quantity} with an {what} of {number(row['ic50'])} {unit} "
        f"({interval_name(result.settings.comparison.level)} {interval}; {n}, {points}).{mind}"
    )


def _test_sentence(rows: pd.DataFrame, result: ReportSource) -> str:
    row = rows.iloc[0]
    quantity = quantity_name(*(row[name] for name in SERIES))
    given = condition_text(row, "tests")
    if not plain(row["method"]):
        versus = plain(row["versus"])
        return f"With {given}, {quantity} is not compared with {versus}: nothing links their membranes."
    p = float(p_of(rows).iloc[0])
    few = min(row["n"], row["n_versus"]) < result.settings.comparison.min_replicates
    none = "too few for a p value" if few else "no p value, see the table"
    shown = f"p = {p_text(p)}".replace("= <", "<") if math.isfinite(p) else none
    sure = interval_name(result.settings.comparison.level)
    return (
        f"With {given}, {quantity} is {number(row['effect'])} times that of {plain(row['versus'])} "
        f"({sure} {interval_text(row['ci_low'], row['ci_high'])}; {_n_words(result, int(row['n']))}; {shown})."
    )


def _group_sentence(groups: pd.DataFrame, result: ReportSource) -> str:
    """List the means of one quantity, the reference left out."""
    first, what = groups.iloc[0], "ratio"
    quantity = quantity_name(*(first[name] for name in SERIES))
    reference = ""
    folds = folds_behind(result.folds, groups)
    if len(folds):
        names = [plain(name) for name in dict.fromkeys(folds["reference"]) if plain(name)]
        reference, what = names[0] if len(names) == 1 else "the reference", "fold"
    if what == "fold" and groups["mean"].isna().all():
        return f"{quantity} has no fold: no lane of {reference} has a value."
    others = [row for _, row in groups.iterrows() if not (what == "fold" and row["mean"] == 1.0 and row["sd"] == 0.0)]
    values = [f"{number(row['mean'])} with {condition_text(row, 'groups')}" for row in others]
    n = _n_words(result, int(groups["n"].min()))
    few = "; too few for p values" if int(groups["n"].min()) < result.settings.comparison.min_replicates else ""
    return f"Mean {what} of {quantity}{' against ' + reference if reference else ''}: {joined(values, 8)} ({n}{few})."


_SENTENCES = {"potencies": _potency_sentence, "tests": _test_sentence, "groups": _group_sentence}


def _count_sentence(result: ReportSource) -> str:
    bands, lanes = result.bands, result.lanes.drop_duplicates(["image", "lane"])
    images = result.lanes["image"].nunique()
    if not len(bands):
        return f"No band was found in {counted(len(result.images), 'image')}."
    return (
        f"{counted(len(bands), 'band')} in {counted(len(lanes), 'lane')} of {counted(images, 'image')} were measured; "
        f"{int(bands['detected'].sum())} are above their limit of detection."
    )


def _picture_sentence(bands: pd.DataFrame) -> str:
    """Name doubts about whole pictures."""
    carried = decode(merge(bands["flags"])) & SAID_ONCE
    names = [flag_text(str(flag.name)) for flag in Flag if flag & carried]
    return f" Pictures as such are in doubt ({joined(names)})." if names else ""


def _lost_sentence(result: ReportSource) -> str:
    """Say which lanes are in no group and no curve though nobody left them out."""
    text = lost_text(result)
    return f"In no group or curve, for want of a value: {text}." if text else ""


def _doubt_sentence(result: ReportSource) -> str:
    target = bands_used(result)
    doubted = [doubts(text) for text in target["flags"]]
    count = sum(1 for flags in doubted if flags)
    if not len(target):
        return ""
    whole = _picture_sentence(target)
    if not count:
        return f"None of the {len(target)} bands behind this is in doubt.{whole}"
    worst = sorted({flag for flags in doubted for flag in flags})
    names = joined([flag_text(str(flag.name)) for flag in worst], 4)
    verb = "is" if count == 1 else "are"
    return f"{count} of the {len(target)} bands behind this {verb} in doubt ({names}); see below.{whole}"


def _more_potencies(left: pd.DataFrame) -> str:
    known = int(left["ic50"].notna().sum())
    how = "all determined" if known == len(left) else f"{known} of them determined" if known else "none determined"
    of = list(dict.fromkeys(quantity_name(*row) for row in left[SERIES].itertuples(index=False, name=None)))
    names = f" ({joined(of, 3)})" if any(left["target"] != "") else ""
    return f"{counted(len(left), 'more IC50 stands', 'more IC50s stand')} in the tables below, {how}{names}."


def _more_tests(told: list[pd.DataFrame], result: ReportSource) -> str:
    """Count the comparisons that are not told of, other doses of the same treatment as well."""
    others = result.tests.drop(pd.concat(told).index)
    if others.empty:
        return ""
    hit, level = int(significant(others, result).sum()), number(1.0 - result.settings.comparison.level)
    stand = counted(len(others), "more comparison stands", "more comparisons stand")
    return f"{stand} in the tables below, {hit or 'none'} of them with p below {level}."


def _more_sentence(kind: str, parts: list[pd.DataFrame], result: ReportSource) -> str:
    """Say what stands in the tables beside the parts that are told of, and what it came to."""
    left = parts[_MOST:]
    if kind == "tests":
        return _more_tests(parts[:_MOST], result)
    if not left:
        return ""
    if kind == "potencies":
        return _more_potencies(pd.concat(left))
    return f"{counted(len(left), 'more quantity stands', 'more quantities stand')} in the tables below."


def answer(result: ReportSource) -> list[str]:
    """Write the answer as sentences: potencies, else comparisons, else groups, else what was measured.

    The main result comes first; of many the first four are told, and what the others came to.
    """
    kind, rows = leading(result)
    whole = rows.groupby(SERIES, sort=False) if kind == "groups" else rows.groupby(np.arange(len(rows)))
    parts = [part for _, part in whole]
    found = [_SENTENCES[kind](part, result) for part in parts[:_MOST]] or [_count_sentence(result)]
    said = (*found, _more_sentence(kind, parts, result), _lost_sentence(result), _doubt_sentence(result))
    return [sentence for sentence in said if sentence]
