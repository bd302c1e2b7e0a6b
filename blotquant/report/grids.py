"""Tables of the page: chosen columns, numbers as a reader wants them."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from functools import partial
from typing import Any

import pandas as pd

from ..figures.names import (
    COMBINED,
    SERIES,
    bound_text,
    column_name,
    in_order,
    interval_name,
    interval_text,
    main_first,
    number,
    option_name,
    plain,
    quantity_name,
)
from ..tables import TABLES, TOTAL, as_text, further_columns
from .answer import replicate_assumed
from .dividing import reference_text
from .source import ReportSource
from .wording import big, condition_text, flags_text, folds_behind, mass_text, moment, p_text, records

__all__ = ["Grid", "grids"]

_MOST_ROWS = 400
_TOTALS = ("S", "S/L")
_WIDE = ("method", "note")  # columns whose words may be wrapped
Cell = Callable[[Mapping[str, Any]], str]


@dataclass(frozen=True)
class Grid:
    """One table: an anchor, title, what all its rows share, a note, heads (text, kind: n, wide or none) and rows."""

    name: str
    title: str
    shared: str
    note: str
    heads: tuple[tuple[str, str], ...]
    rows: tuple[tuple[str, ...], ...]
    folded: bool = False
    left_out: int = 0


@dataclass(frozen=True)
class _Column:
    head: str
    cell: Cell
    kind: str = "n"


def _text(name: str, head: str = "") -> _Column:
    return _Column(head or name.replace("_", " "), lambda row: plain(row[name]), "wide" if name in _WIDE else "")


def _value(name: str, head: str = "", digits: int = 3) -> _Column:
    return _Column(head or name.replace("_", " "), lambda row: number(float(row[name]), digits))


def _volume(name: str, head: str = "") -> _Column:
    return _Column(head or name.replace("_", " "), lambda row: big(float(row[name])))


def _interval(row: Mapping[str, Any]) -> str:
    low, high = float(row["ci_low"]), float(row["ci_high"])
    return "–" if math.isnan(low) and math.isnan(high) else interval_text(low, high)


def _limits(result: ReportSource) -> _Column:
    """Limits at the level that the result was made with."""
    return _Column(interval_name(result.settings.comparison.level), _interval)


def _dose(row: Mapping[str, Any]) -> str:
    dose = float(row["dose"])
    return "–" if math.isnan(dose) else f"{number(dose)} {plain(row['dose_unit'])}".strip()


_QUANTITY = _Column("quantity", lambda row: quantity_name(*(row[name] for name in SERIES)), "")
_DOSE = _Column("dose", _dose)
_FLAGS = _Column("doubts", lambda row: flags_text(row["flags"]), "wide")
_WHO = (_QUANTITY, _text("stimulus"), _text("treatment"))


def _filled(table: pd.DataFrame, columns: Iterable[_Column]) -> list[tuple[_Column, list[str]]]:
    """Write the cells of each column; a column without any content is left out."""
    rows = records(table.head(_MOST_ROWS))
    cells = [(column, [column.cell(row) for row in rows]) for column in columns]
    return [(column, texts) for column, texts in cells if any(text not in ("", "–") for text in texts)]


def _grid(
    name: str, title: str, note: str, table: pd.DataFrame, columns: Iterable[_Column], *, folded: bool = False
) -> Grid:
    """Fill a table; words that are the same in every row stand once, above it."""
    filled = _filled(table, columns)
    alike = [
        (column, texts) for column, texts in filled if column.kind != "n" and len(texts) > 1 and len(set(texts)) == 1
    ]
    shared = "; ".join(f"{column.head}: {texts[0]}" for column, texts in alike)
    kept = [part for part in filled if part not in alike]
    rows = tuple(zip(*(texts for _, texts in kept), strict=True)) if kept else ()
    heads = tuple((column.head, column.kind) for column, _ in kept)
    return Grid(name, title, shared, note, heads, rows, folded, max(0, len(table) - _MOST_ROWS))


def _by_quantity(
    name: str, title: str, note: Callable[[pd.DataFrame], str], table: pd.DataFrame, columns: Iterable[_Column]
) -> list[Grid]:
    """Make one table for each target, site and quantity; the main quantities come first."""
    chosen = _beside_who(columns, _further(table, name))
    parts = [rows for _, rows in main_first(table).groupby(SERIES, sort=False)]
    if len(parts) == 1:
        return [_grid(name, title, note(table), table, chosen)]
    grids = []
    for place, rows in enumerate(parts, start=1):
        what = quantity_name(*(rows[column].iloc[0] for column in SERIES))
        grids.append(_grid(f"{name}-{place}", f"{title}: {what}", note(rows), rows, chosen))
    return grids


def _further_text(column: str, row: Mapping[str, Any]) -> str:
    return plain(as_text(row[column]))


def _further(table: pd.DataFrame, name: str) -> list[_Column]:
    """Columns of wells, and those beyond the declared ones, which the user's sheets brought along."""
    numbers = [column.name for column in TABLES[name].of_wells if column.kind == "float"]
    return [
        _value(column) if column in numbers else _Column(column_name(column), partial(_further_text, column), "")
        for column in further_columns(table, name)
    ]


def _beside_who(columns: Iterable[_Column], further: Iterable[_Column]) -> list[_Column]:
    """Put the columns of ``group_by`` beside what was done, where the eye looks for them."""
    known = list(columns)
    at = len(_WHO) + known.index(_WHO[0])
    return [*known[:at], *further, *known[at:]]


def _cells(result: ReportSource) -> list[str]:
    """Return the columns of ``group_by``."""
    return further_columns(result.groups, "groups")


def _lanes_table(result: ReportSource) -> pd.DataFrame:
    return result.folds if len(result.folds) else result.ratios


def _potencies(result: ReportSource) -> Grid:
    ic50 = _Column(
        "IC50", lambda row: number(float(row["ic50"])) if math.isfinite(row["ic50"]) else bound_text(row["note"])
    )
    columns = (
        *_WHO,
        ic50,
        _limits(result),
        _text("unit"),
        _value("hill", "Hill slope"),
        _text("kind"),
        _text("interval", "method"),
        _value("n"),
        _value("points"),
        _text("note"),
    )
    note = "Dose that takes away half"
    if (result.potencies["hill"] < 0).any():
        note += "; where the Hill slope is below zero activity rises with dose, and the dose brings half of it (EC50)"
    note += ". A known side only (>, <) means that the doses do not determine the other one."
    chosen = _beside_who(columns, _further(result.potencies, "potencies"))
    return _grid("potencies", "IC50", note, main_first(result.potencies), chosen)


def _groups(result: ReportSource) -> list[Grid]:
    across, assumed = result.settings.normalisation.across, replicate_assumed(result)

    def note(rows: pd.DataFrame) -> str:
        folds = folds_behind(result.folds, rows)
        what = "folds of the reference" if len(folds) else "ratios, for want of a reference"
        counts = "membranes, each taken as one biological replicate" if assumed else "biological replicates"
        text = f"n counts {counts}; mean, SD and SEM are of {what}; the interval belongs to the geometric mean."
        if folds.empty:
            return text
        own = "its block" if across == "reference" else f"all blocks, brought to one scale by {across}"
        own = "all blocks, not scaled" if across == "none" else own
        text += f" A fold is over the mean of the reference lanes of {own}."
        return text + reference_text(folds, further_columns(rows, "groups"))

    columns = (
        *_WHO,
        _DOSE,
        _value("n"),
        _value("n_technical", "lanes"),
        _value("mean"),
        _value("sd", "SD"),
        _value("sem", "SEM"),
        _value("geometric_mean", "geometric mean"),
        _limits(result),
        _value("percent_inhibition", "inhibition [%]"),
        _FLAGS,
    )
    return _by_quantity(
        "groups", "Groups", note, in_order(result.groups, _lanes_table(result), _cells(result)), columns
    )


def _tests(result: ReportSource) -> list[Grid]:
    words = "Effect: fold against the condition named; p adjusted within its family; df: degrees of freedom."
    if replicate_assumed(result):
        words += " No replicate was named: n counts membranes, each taken as one biological replicate."

    def note(rows: pd.DataFrame) -> str:
        about = "Does the treatment move the total itself? Then the ratio mixes both. "
        return (about if rows["quantity"].isin(_TOTALS).all() else "") + words

    columns = (
        *_WHO,
        _DOSE,
        _text("versus"),
        _value("effect"),
        _limits(result),
        _Column("p", lambda row: p_text(float(row["p"]))),
        _Column("p adjusted", lambda row: p_text(float(row["p_adjusted"]))),
        _Column("n / n versus", lambda row: f"{row['n']} / {row['n_versus']}"),
        _value("dof", "df"),
        _text("method"),
        _Column("note", _tests_note, "wide"),
    )
    ordered = in_order(result.tests, _lanes_table(result), _cells(result))
    return _by_quantity("tests", "Tests", note, ordered, columns)


def _curves(result: ReportSource) -> Grid:
    columns = (
        *_WHO,
        _text("model"),
        _text("parameter"),
        _value("value"),
        _value("se", "standard error"),
        _limits(result),
        _text("unit"),
        _text("note"),
    )
    return _grid(
        "curves",
        "Curve parameters",
        f"Standard errors and {interval_name(result.settings.comparison.level)}s of each fit.",
        main_first(result.curves),
        _beside_who(columns, _further(result.curves, "curves")),
        folded=True,
    )


def _ratios(result: ReportSource) -> Grid:
    table = result.folds if len(result.folds) else result.ratios
    name = "folds" if len(result.folds) else "ratios"
    extra = (_value("fold"), _value("percent_inhibition", "inhibition [%]")) if name == "folds" else ()
    columns = (
        _text("membrane"),
        _value("lane"),
        *_WHO,
        _DOSE,
        _text("replicate"),
        _volume("phospho", "numerator [AU px]"),
        _volume("phospho_se", "± SE"),
        _volume("total", "denominator [AU px]"),
        _volume("total_se", "± SE"),
        _value("ratio"),
        _value("ratio_se", "ratio ± SE"),
        *extra,
        _text("bound"),
        _value("ratio_bound", "bounding ratio"),
        _FLAGS,
    )
    note = (
        "SE: measuring error alone. A saturated lane has no ratio. Where a band is saturated or below LOQ, "
        "the bounding ratio is a lower or upper bound of the true one."
    )
    title = "Lane by lane" if len(result.images) else "Point by point"
    if title != "Lane by lane":
        note = "Percent activity is between the maximum and minimum controls, where the table names them."
    cells, further = [column_name(cell) for cell in _cells(result)], _further(table, name)
    chosen = _beside_who(columns, [column for column in further if column.head in cells])
    return _grid(name, title, note, table, [*chosen, *(one for one in further if one not in chosen)], folded=True)


def _tests_note(row: Mapping[str, Any]) -> str:
    """Write the note without what stands above the table of a total."""
    return "; ".join(part for part in plain(row["note"]).split("; ") if not part.startswith(TOTAL))


def _choice_row(choice: str, option: str, part: pd.DataFrame) -> dict[str, Any]:
    """How far one choice moves the folds: the median and the largest change over the groups."""
    size = part["change"].abs()
    worst = records(part.loc[[size.idxmax()]] if size.notna().any() else part.head(1))[0]
    where = condition_text(worst, "sensitivity")
    changes = {"median": float(size.median()), "largest": float(size.max())}
    return {"choice": choice, "option": option, **changes, "where": where, "fold": worst["fold"]}


def _bands(result: ReportSource) -> Grid:
    columns = (
        _text("image"),
        _value("lane"),
        _text("band", "row"),
        _text("target"),
        _volume("volume", "volume [AU px]"),
        _volume("volume_se", "± SE"),
        _value("snr", "signal / noise"),
        _volume("background", "background [AU px]"),
        _volume("lod", "LOD [AU px]"),
        _Column("mass [kDa] (95 %)", mass_text),
        _Column("detected", lambda row: "yes" if row["detected"] else "no", ""),
        _FLAGS,
    )
    note = "Every row of the membrane in every lane, found or only expected; SE: measuring error; LOD: detection limit."
    return _grid("bands", "Band by band", note, result.bands, columns, folded=True)


def _choices(result: ReportSource) -> Grid:
    others = result.sensitivity[~result.sensitivity["default"]]
    many = others["choice"] == COMBINED
    together = f"{others.loc[many, 'option'].nunique()} combinations"
    others = others.assign(option=others["option"].mask(many, together))
    parts = others.groupby(["choice", "option"], sort=False)
    rows = [_choice_row(str(key[0]), str(key[1]), part) for key, part in parts if isinstance(key, tuple)]
    columns = (
        _Column("choice", lambda row: option_name(row["choice"], row["option"]).partition(": ")[0], ""),
        _Column("instead", lambda row: option_name(row["choice"], row["option"]).partition(": ")[2], ""),
        _value("median", "median change [%]"),
        _value("largest", "largest change [%]"),
        _text("where", "largest at"),
        _value("fold", "fold there"),
    )
    note = (
        "Relative changes are large where the fold itself is near zero; the figure shows them on the fold's own scale."
    )
    return _grid("sensitivity", "How far each choice moves the folds", note, pd.DataFrame(rows), columns)


def _calibration(result: ReportSource) -> Grid:
    columns = (
        _text("scope"),
        _text("name"),
        _text("kind"),
        _text("parameter"),
        _value("x"),
        _value("value"),
        _value("se", "standard error"),
        _text("unit"),
        _text("note"),
    )
    return _grid(
        "calibration", "Calibration", "Mass ladder, linear range, scales.", result.calibration, columns, folded=True
    )


def _quality(result: ReportSource) -> Grid:
    columns = (
        _text("scope"),
        _text("name"),
        _text("measure"),
        _value("value"),
        _text("unit"),
        _text("tone"),
        _text("note"),
    )
    note = "What was told of pictures, membranes, controls and the next experiment."
    return _grid("quality", "Figures of merit", note, result.quality, columns, folded=True)


def _corrections(result: ReportSource) -> Grid:
    columns = [_text(name) for name in ("image", "what", "lane", "band", "action", "old", "new", "who")]
    columns += [
        _Column("when", lambda row: moment(str(row["when"])), ""),
        _Column("why", lambda row: row["why"], "wide"),
    ]
    note = "Edits of lanes and boxes, in the order in which they were applied; all was measured anew after them."
    return _grid("corrections", "Corrections by hand", note, result.corrections, columns)


def grids(result: ReportSource) -> dict[str, list[Grid]]:
    """Make the tables that the result has rows for, by name."""
    makers: dict[str, tuple[pd.DataFrame, Callable[[ReportSource], Grid | list[Grid]]]] = {
        "potencies": (result.potencies, _potencies),
        "groups": (result.groups, _groups),
        "tests": (result.tests, _tests),
        "curves": (result.curves, _curves),
        "bands": (result.bands if not len(result.ratios) else result.bands.iloc[:0], _bands),
        "ratios": (result.ratios if len(result.ratios) else result.folds, _ratios),
        "sensitivity": (result.sensitivity, _choices),
        "calibration": (result.calibration, _calibration),
        "quality": (result.quality, _quality),
        "corrections": (result.corrections, _corrections),
    }
    made = {name: make(result) for name, (table, make) in makers.items() if len(table)}
    return {name: grid if isinstance(grid, list) else [grid] for name, grid in made.items()}
