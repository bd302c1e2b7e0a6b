"""Tables of the page: chosen columns, numbers as a reader wants them."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from typing import Any

import pandas as pd

from ..conditions import TOTALS
from ..figures.names import (
    COMBINED,
    bound_text,
    column_name,
    in_order,
    interval_name,
    main_first,
    number,
    option_name,
    plain,
)
from ..tables import TOTAL, further_columns
from .answer import replicate_assumed
from .columns import (
    DOSE,
    FLAGS,
    WHO,
    Column,
    Grid,
    beside_who,
    filled_grid,
    further_of,
    grids_by_quantity,
    limits_column,
    text_column,
    value_column,
    volume_column,
)
from .dividing import reference_text
from .source import ReportSource
from .wording import condition_text, folds_behind, mass_text, moment, p_text, records

__all__ = ["Grid", "grids"]


def _cells(result: ReportSource) -> list[str]:
    """Return the columns of ``group_by``."""
    return further_columns(result.groups, "groups")


def _lanes_table(result: ReportSource) -> pd.DataFrame:
    return result.folds if len(result.folds) else result.ratios


def _potencies(result: ReportSource) -> Grid:
    ic50 = Column(
        "IC50", lambda row: number(float(row["ic50"])) if math.isfinite(row["ic50"]) else bound_text(row["note"])
    )
    columns = (
        *WHO,
        ic50,
        limits_column(result),
        text_column("unit"),
        value_column("hill", "Hill slope"),
        text_column("kind"),
        text_column("interval", "method"),
        value_column("n"),
        value_column("points"),
        text_column("note"),
    )
    note = "Dose that takes away half"
    if (result.potencies["hill"] < 0).any():
        note += "; where the Hill slope is below zero activity rises with dose, and the dose brings half of it (EC50)"
    note += ". A known side only (>, <) means that the doses do not determine the other one."
    chosen = beside_who(columns, further_of(result.potencies, "potencies"))
    return filled_grid("potencies", "IC50", note, main_first(result.potencies), chosen)


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
        *WHO,
        DOSE,
        value_column("n"),
        value_column("n_technical", "lanes"),
        value_column("mean"),
        value_column("sd", "SD"),
        value_column("sem", "SEM"),
        value_column("geometric_mean", "geometric mean"),
        limits_column(result),
        value_column("percent_inhibition", "inhibition [%]"),
        FLAGS,
    )
    return grids_by_quantity(
        "groups", "Groups", note, in_order(result.groups, _lanes_table(result), _cells(result)), columns
    )


def _tests(result: ReportSource) -> list[Grid]:
    words = "Effect: fold against the condition named; p adjusted within its family; df: degrees of freedom."
    if replicate_assumed(result):
        words += " No replicate was named: n counts membranes, each taken as one biological replicate."

    def note(rows: pd.DataFrame) -> str:
        about = "Does the treatment move the total itself? Then the ratio mixes both. "
        return (about if rows["quantity"].isin(TOTALS).all() else "") + words

    columns = (
        *WHO,
        DOSE,
        text_column("versus"),
        value_column("effect"),
        limits_column(result),
        Column("p", lambda row: p_text(float(row["p"]))),
        Column("p adjusted", lambda row: p_text(float(row["p_adjusted"]))),
        Column("n / n versus", lambda row: f"{row['n']} / {row['n_versus']}"),
        value_column("dof", "df"),
        text_column("method"),
        Column("note", _tests_note, "wide"),
    )
    ordered = in_order(result.tests, _lanes_table(result), _cells(result))
    return grids_by_quantity("tests", "Tests", note, ordered, columns)


def _curves(result: ReportSource) -> Grid:
    columns = (
        *WHO,
        text_column("model"),
        text_column("parameter"),
        value_column("value"),
        value_column("se", "standard error"),
        limits_column(result),
        text_column("unit"),
        text_column("note"),
    )
    return filled_grid(
        "curves",
        "Curve parameters",
        f"Standard errors and {interval_name(result.settings.comparison.level)}s of each fit.",
        main_first(result.curves),
        beside_who(columns, further_of(result.curves, "curves")),
        folded=True,
    )


def _ratios(result: ReportSource) -> Grid:
    table = result.folds if len(result.folds) else result.ratios
    name = "folds" if len(result.folds) else "ratios"
    extra = (value_column("fold"), value_column("percent_inhibition", "inhibition [%]")) if name == "folds" else ()
    columns = (
        text_column("membrane"),
        value_column("lane"),
        *WHO,
        DOSE,
        text_column("replicate"),
        volume_column("phospho", "numerator [AU px]"),
        volume_column("phospho_se", "± SE"),
        volume_column("total", "denominator [AU px]"),
        volume_column("total_se", "± SE"),
        value_column("ratio"),
        value_column("ratio_se", "ratio ± SE"),
        *extra,
        text_column("bound"),
        value_column("ratio_bound", "bounding ratio"),
        FLAGS,
    )
    note = (
        "SE: measuring error alone. A saturated lane has no ratio. Where a band is saturated or below LOQ, "
        "the bounding ratio is a lower or upper bound of the true one."
    )
    title = "Lane by lane" if len(result.images) else "Point by point"
    if title != "Lane by lane":
        note = "Percent activity is between the maximum and minimum controls, where the table names them."
    cells, further = [column_name(cell) for cell in _cells(result)], further_of(table, name)
    chosen = beside_who(columns, [column for column in further if column.head in cells])
    return filled_grid(name, title, note, table, [*chosen, *(one for one in further if one not in chosen)], folded=True)


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
        text_column("image"),
        value_column("lane"),
        text_column("band", "row"),
        text_column("target"),
        volume_column("volume", "volume [AU px]"),
        volume_column("volume_se", "± SE"),
        value_column("snr", "signal / noise"),
        volume_column("background", "background [AU px]"),
        volume_column("lod", "LOD [AU px]"),
        Column("mass [kDa] (95 %)", mass_text),
        Column("detected", lambda row: "yes" if row["detected"] else "no", ""),
        FLAGS,
    )
    note = "Every row of the membrane in every lane, found or only expected; SE: measuring error; LOD: detection limit."
    return filled_grid("bands", "Band by band", note, result.bands, columns, folded=True)


def _choices(result: ReportSource) -> Grid:
    others = result.sensitivity[~result.sensitivity["default"]]
    many = others["choice"] == COMBINED
    together = f"{others.loc[many, 'option'].nunique()} combinations"
    others = others.assign(option=others["option"].mask(many, together))
    parts = others.groupby(["choice", "option"], sort=False)
    rows = [_choice_row(str(key[0]), str(key[1]), part) for key, part in parts if isinstance(key, tuple)]
    columns = (
        Column("choice", lambda row: option_name(row["choice"], row["option"]).partition(": ")[0], ""),
        Column("instead", lambda row: option_name(row["choice"], row["option"]).partition(": ")[2], ""),
        value_column("median", "median change [%]"),
        value_column("largest", "largest change [%]"),
        text_column("where", "largest at"),
        value_column("fold", "fold there"),
    )
    note = (
        "Relative changes are large where the fold itself is near zero; the figure shows them on the fold's own scale."
    )
    return filled_grid("sensitivity", "How far each choice moves the folds", note, pd.DataFrame(rows), columns)


def _calibration(result: ReportSource) -> Grid:
    columns = (
        text_column("scope"),
        text_column("name"),
        text_column("kind"),
        text_column("parameter"),
        value_column("x"),
        value_column("value"),
        value_column("se", "standard error"),
        text_column("unit"),
        text_column("note"),
    )
    return filled_grid(
        "calibration", "Calibration", "Mass ladder, linear range, scales.", result.calibration, columns, folded=True
    )


def _quality(result: ReportSource) -> Grid:
    columns = (
        text_column("scope"),
        text_column("name"),
        text_column("measure"),
        value_column("value"),
        text_column("unit"),
        text_column("tone"),
        text_column("note"),
    )
    note = "What was told of pictures, membranes, controls and the next experiment."
    return filled_grid("quality", "Figures of merit", note, result.quality, columns, folded=True)


def _corrections(result: ReportSource) -> Grid:
    columns = [text_column(name) for name in ("image", "what", "lane", "band", "action", "old", "new", "who")]
    columns += [
        Column("when", lambda row: moment(str(row["when"])), ""),
        Column("why", lambda row: row["why"], "wide"),
    ]
    note = "Edits of lanes and boxes, in the order in which they were applied; all was measured anew after them."
    return filled_grid("corrections", "Corrections by hand", note, result.corrections, columns)


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
