"""How quantities, doses and conditions are written in figures and reports."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from ..blot import FloatArray
from ..conditions import FAMILY

__all__ = [
    "COMBINED",
    "SERIES",
    "Condition",
    "bound_text",
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
    """

    stimulus: str
    treatment: str
    dose: float
    unit: str

    @property
    def key(self) -> tuple[str, str, float]:
        """Hashable and equal for equal conditions (a missing dose is −1)."""
        return self.stimulus, self.treatment, -1.0 if math.isnan(self.dose) else self.dose


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


def _row_conditions(table: pd.DataFrame, units: Iterable[object]) -> list[Condition]:
    """Return the condition of each row."""
    doses = table["dose"].to_numpy(dtype=np.float64)
    rows = zip(table["stimulus"], table["treatment"], doses, units, strict=True)
    return [Condition(str(stimulus), str(drug), float(dose), str(unit)) for stimulus, drug, dose, unit in rows]


def conditions(table: pd.DataFrame) -> list[Condition]:
    """List the conditions of a table: stimuli and treatments as they first appear, doses rising.

    Parameters
    ----------
    table : DataFrame
        Columns ``stimulus, treatment, dose, dose_unit``.
    """
    found: dict[tuple[str, str, float], Condition] = {}
    for condition in _row_conditions(table, table["dose_unit"]):
        found.setdefault(condition.key, condition)
    stimuli = {key[0]: place for place, key in reversed(list(enumerate(found)))}
    drugs = {key[:2]: place for place, key in reversed(list(enumerate(found)))}
    return [found[key] for key in sorted(found, key=lambda key: (stimuli[key[0]], drugs[key[:2]], key[2]))]


def slots_of(table: pd.DataFrame, like: pd.DataFrame) -> list[Condition]:
    """List the conditions of a table in the order in which another one names them; what that one lacks comes last."""
    known = {slot.key: place for place, slot in enumerate(conditions(like))}
    return sorted(conditions(table), key=lambda slot: known.get(slot.key, len(known)))


def in_order(table: pd.DataFrame, like: pd.DataFrame) -> pd.DataFrame:
    """Sort rows as another table names their conditions, those of one target, site and quantity together."""
    if not len(table) or not len(like):
        return table
    places = places_of(table, slots_of(table, like))
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
    keys = [condition.key for condition in _row_conditions(table, [""] * len(table))]
    return np.array([where.get(key, -1) for key in keys], dtype=np.float64)
