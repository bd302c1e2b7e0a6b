"""How quantities, doses and conditions are written in figures and reports."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from ..blot import FloatArray
from ..conditions import FAMILY
from ..tables import as_text
from ..units import UNITS

__all__ = [
    "COMBINED",
    "SERIES",
    "Condition",
    "as_numbers",
    "bound_text",
    "cell_values",
    "column_name",
    "conditions",
    "in_order",
    "interval_name",
    "interval_text",
    "main_first",
    "number",
    "option_name",
    "places_of",
    "plain",
    "quantity_name",
    "shorten",
    "slots_of",
]

SERIES = FAMILY
"""Columns that name what was measured: one figure each."""

COMBINED = "combined"
"""Name of the choice for rows that differ from the default in two or three ways at once."""

_MAIN = ("P/S", "P/L", "P", "S/L", "S")  # quantities as a reader asks for them
_UNITS = ("s", "sec", "min", "h", "hr", "d", "days", "µg", "ug", "uM", *UNITS)  # in which a column's name may end


@dataclass(frozen=True)
class Condition:
    """What was done to the cells of a lane or a group.

    Parameters
    ----------
    stimulus, treatment : str
        As in the tables.
    dose : float
        Dose [unit]; NaN for a treatment without doses.
    unit : str
        Unit of the dose.
    cell : tuple of (str, str)
        Column and value of each ``group_by`` column; a blank value where it does not apply.
    """

    stimulus: str
    treatment: str
    dose: float
    unit: str
    cell: tuple[tuple[str, str], ...] = ()

    @property
    def key(self) -> tuple[str, str, float, tuple[tuple[str, str], ...]]:
        """Hashable and equal for equal conditions (a missing dose is −1)."""
        return self.stimulus, self.treatment, -1.0 if math.isnan(self.dose) else self.dose, self.cell


def plain(text: object) -> str:
    """Return a name on one line, control characters replaced by spaces."""
    line = str(text)
    if not line.isprintable():
        line = "".join(c if c.isprintable() else " " for c in line)
    return " ".join(line.split())


def shorten(text: object, length: int) -> str:
    """Return a name on one line of at most ``length`` characters, an ellipsis for what is left out.

    Examples
    --------
    >>> shorten("phosphatase inhibitor", 12)
    'phosphatase…'
    """
    line = plain(text)
    return line if len(line) <= length else line[: length - 1].rstrip() + "…"


def number(value: float, digits: int = 3) -> str:
    """Write a number with so many significant digits, without an exponent where that is readable.

    Examples
    --------
    >>> number(44.13), number(1234.5), number(0.0123456), number(1.3e-9), number(float("nan"))
    ('44.1', '1230', '0.0123', '1.3e-09', '–')
    """
    if math.isnan(value):
        return "–"
    if math.isinf(value):
        return "∞" if value > 0 else "−∞"
    if value == 0:
        return "0"
    magnitude = math.floor(math.log10(abs(value)))
    if not -4 <= magnitude < 9:
        return f"{value:.{digits}g}".replace("-", "−", 1) if value < 0 else f"{value:.{digits}g}"
    decimals = digits - 1 - magnitude
    text = f"{round(value, decimals):.{max(0, decimals)}f}"
    if "." in text:
        text = text.rstrip("0").rstrip(".")
    return text.replace("-", "−")


def bound_text(note: object) -> str:
    """Shorten why an IC50 is undetermined to its bound.

    Examples
    --------
    >>> bound_text("> 400 nM (more than half of the activity is left at the highest dose)"), bound_text("")
    ('> 400 nM', 'undetermined')
    """
    return plain(note).partition(";")[0].partition(":")[0].partition(" (")[0] or "undetermined"


def interval_text(low: float, high: float, unit: str = "") -> str:
    """Write an interval whose sides may be open.

    Examples
    --------
    >>> interval_text(36.2, 53.4, "nM"), interval_text(400, float("inf"), "nM"), interval_text(0, 5, "nM")
    ('36.2–53.4 nM', '> 400 nM', '< 5 nM')
    """
    low_open = not math.isfinite(low) or low == 0
    high_open = not math.isfinite(high)
    unit = f" {unit}" if unit else ""
    if low_open and high_open:
        return "open on both sides"
    if high_open:
        return f"> {number(low)}{unit}"
    if low_open:
        return f"< {number(high)}{unit}"
    return f"{number(low)}–{number(high)}{unit}"


def interval_name(level: float, what: str = "interval") -> str:
    """Name an interval by its confidence level.

    Examples
    --------
    >>> interval_name(0.95), interval_name(0.999, "band")
    ('95 % interval', '99.9 % band')
    """
    return f"{100 * level:.6g} % {what}"


def quantity_name(target: object, site: object, quantity: object) -> str:
    """Write what is divided by what.

    Examples
    --------
    >>> quantity_name("STAT3", "Y705", "P/S")
    'pSTAT3 (Y705) / STAT3'
    >>> quantity_name("STAT3", "", "S/L")
    'STAT3 / loading'
    """
    name = plain(target) or "response"
    phospho = f"p{name} ({plain(site)})" if plain(site) else f"p{name}"
    known = {
        "P/S": f"{phospho} / {name}",
        "P/L": f"{phospho} / loading",
        "S/L": f"{name} / loading",
        "P": phospho,
        "S": f"{name} (total)",
    }
    return known.get(str(quantity), f"{name} ({plain(site)})" if plain(site) else name)


def option_name(choice: object, option: object) -> str:
    """Write another choice of the analysis.

    Examples
    --------
    >>> option_name("background", "border_median"), option_name("control", "across = alignment")
    ('background: border median', 'blocks: scaled by alignment')
    """
    what, how = plain(choice), plain(option).replace("_", " ")
    if how.startswith("across = "):  # how replicates are brought to one scale
        what, how = "blocks", f"scaled by {how.removeprefix('across = ')}"
    return f"{shorten(what, 14)}: {shorten(how, 24)}"


def cell_values(table: pd.DataFrame, column: str) -> list[str]:
    """Return the values of a ``group_by`` column as texts, a blank one where a row has none."""
    if column not in table:
        return [""] * len(table)
    return ["" if value is None or value != value else plain(as_text(value)) for value in table[column]]


def as_numbers(texts: Iterable[str]) -> FloatArray | None:
    """Read values of a ``group_by`` column as numbers, NaN for a blank one; None where one is no number.

    Examples
    --------
    >>> as_numbers(["5", "30", ""]), as_numbers(["HeLa", "5"])
    (array([ 5., 30., nan]), None)
    """
    filled = list(texts)
    try:
        found = np.array([float(text) if text else np.nan for text in filled], dtype=np.float64)
    except ValueError:
        return None
    known = found[[text != "" for text in filled]]
    return found if known.size and np.isfinite(known).all() else None


def column_name(column: str) -> str:
    """Write a column's name as that of an axis, its unit apart where the name ends in one.

    Examples
    --------
    >>> column_name("time_min"), column_name("cell_line")
    ('time (min)', 'cell line')
    """
    name, _, unit = plain(column).rpartition("_")
    known = name and unit in _UNITS
    return f"{name.replace('_', ' ')} ({unit})" if known else plain(column).replace("_", " ")


def _row_conditions(table: pd.DataFrame, units: Iterable[object], cells: Sequence[str]) -> list[Condition]:
    """Return the condition of each row."""
    doses = table["dose"].to_numpy(dtype=np.float64)
    values = [[(name, value) for value in cell_values(table, name)] for name in cells]
    own = zip(*values, strict=True) if values else [()] * len(table)
    rows = zip(table["stimulus"], table["treatment"], doses, units, own, strict=True)
    return [
        Condition(str(stimulus), str(drug), float(dose), str(unit), cell) for stimulus, drug, dose, unit, cell in rows
    ]


def conditions(table: pd.DataFrame, cells: Sequence[str] = ()) -> list[Condition]:
    """List the conditions of a table: cells, stimuli and treatments as they first appear, doses and times rising.

    Times and other numbers of ``group_by`` come last, so that what was done stands along them; where there are doses,
    which then stand along an axis of their own, they come before what was done.

    Parameters
    ----------
    table : DataFrame
        Columns ``stimulus, treatment, dose, dose_unit``.
    cells : sequence of str
        Columns of ``group_by``.
    """
    found: dict[object, Condition] = {}
    for condition in _row_conditions(table, table["dose_unit"], cells):
        found.setdefault(condition.key, condition)
    listed = list(found.values())
    stimuli = {one.stimulus: place for place, one in reversed(list(enumerate(listed)))}
    drugs = {(one.stimulus, one.treatment): place for place, one in reversed(list(enumerate(listed)))}
    dosed = any(one.dose > 0 for one in listed)
    texts, numbers = _cell_order(listed)

    def order(one: Condition) -> tuple[object, ...]:
        done = stimuli[one.stimulus], drugs[one.stimulus, one.treatment], one.key[2]
        return texts[one.cell], numbers[one.cell] if dosed else (), done, numbers[one.cell]

    return sorted(listed, key=order)


Cell = tuple[tuple[str, str], ...]


def _cell_order(listed: Sequence[Condition]) -> tuple[dict[Cell, tuple[int, ...]], dict[Cell, tuple[float, ...]]]:
    """Places by which cells are sorted: of their texts as they first appear, of their numbers by size, blanks first."""
    cells = list(dict.fromkeys(one.cell for one in listed))
    texts: dict[Cell, tuple[int, ...]] = dict.fromkeys(cells, ())
    numbers: dict[Cell, tuple[float, ...]] = dict.fromkeys(cells, ())
    for column in zip(*cells, strict=True):
        values = [value for _, value in column]
        known, first = as_numbers(values), {value: place for place, value in reversed(list(enumerate(values)))}
        for place, cell in enumerate(cells):
            if known is None:
                texts[cell] += (first[values[place]],)
            else:
                numbers[cell] += (float(np.nan_to_num(known[place], nan=-np.inf)),)
    return texts, numbers


def slots_of(table: pd.DataFrame, like: pd.DataFrame, cells: Sequence[str] = ()) -> list[Condition]:
    """List the conditions of a table in the order in which another one names them; what that one lacks comes last."""
    known = {slot.key: place for place, slot in enumerate(conditions(like, cells))}
    return sorted(conditions(table, cells), key=lambda slot: known.get(slot.key, len(known)))


def in_order(table: pd.DataFrame, like: pd.DataFrame, cells: Sequence[str] = ()) -> pd.DataFrame:
    """Sort rows as another table names their conditions, those of one target, site and quantity together."""
    if not len(table) or not len(like):
        return table
    places = places_of(table, slots_of(table, like, cells))
    keys = table[SERIES].astype(str).agg("\x1f".join, axis=1)
    series = keys.map({key: place for place, key in enumerate(dict.fromkeys(keys))})
    return table.loc[
        table.assign(_series=series, _place=places).sort_values(["_series", "_place"], kind="stable").index
    ]


def main_first(table: pd.DataFrame) -> pd.DataFrame:
    """Sort rows by what a reader asks for: phospho/total, phospho/loading, phospho alone, then the total form."""
    places = table["quantity"].map({name: place for place, name in enumerate(_MAIN)}).fillna(0)
    return table.iloc[np.argsort(places.to_numpy(), kind="stable")]


def places_of(table: pd.DataFrame, slots: Sequence[Condition]) -> FloatArray:
    """Return the place of each row's condition among the slots; −1 where it is none of them."""
    where = {slot.key: place for place, slot in enumerate(slots)}
    cells = [name for name, _ in slots[0].cell] if slots else []
    keys = [condition.key for condition in _row_conditions(table, [""] * len(table), cells)]
    return np.array([where.get(key, -1) for key in keys], dtype=np.float64)
