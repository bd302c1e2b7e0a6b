"""What images were probed with, as images.csv says."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pandas as pd

from ..figures.names import number, plain
from ..tables import as_text
from .wording import joined

__all__ = ["amounts_text", "given", "probe_names", "probes_text"]

_MOST = 8
_UNITS = {"exposure_s": " s"}


def given(values: pd.Series[str]) -> pd.Series[bool]:
    """Tell which cells say something."""
    return values.notna() & ~values.astype(str).isin(["", "nan"])


def probe_names(images: pd.DataFrame) -> list[str]:
    """Name what each image shows: pSTAT3 (Y705), STAT3, actin."""
    sites = images["site"] if "site" in images else [""] * len(images)
    return [
        f"p{plain(target)}{f' ({plain(site)})' if _cell(site) else ''}" if form == "phospho" else plain(target)
        for target, form, site in zip(images["target"], images["form"], sites, strict=True)
    ]


def _cell(value: Any) -> str:
    """Write a cell on one line, empty where it says nothing."""
    return "" if pd.isna(value) else plain(as_text(value))


def probes_text(images: pd.DataFrame, columns: Sequence[str]) -> str:
    """List what these columns say of each probe; what all probes share stands once, without their names."""
    known = [name for name in columns if name in images]
    said: dict[str, dict[str, None]] = {}
    for name, (_, row) in zip(probe_names(images), images.iterrows(), strict=True):
        cells = {column: _cell(row[column]) for column in known}
        words = ", ".join(f"{text}{_UNITS.get(column, '')}" for column, text in cells.items() if text)
        said.setdefault(name, {}).update({words: None} if words else {})
    texts = {name: joined(list(words), _MOST) for name, words in said.items() if words}
    if len(texts) == len(said) and len(set(texts.values())) == 1:
        return next(iter(texts.values()))
    parts = [f"{name}: {text}" for name, text in texts.items()]
    return "; ".join(parts[:_MOST] + ([f"{len(parts) - _MOST} more"] if len(parts) > _MOST else []))


def amounts_text(amounts: pd.Series[float]) -> str:
    """Write amounts of protein, or from which to which they reach.

    Examples
    --------
    >>> amounts_text(pd.Series([20.0, 20.0])), amounts_text(pd.Series([2.5, 40.0]))
    ('20 µg', '2.5–40 µg')
    """
    low, high = float(amounts.min()), float(amounts.max())
    return f"{number(low)} µg" if low == high else f"{number(low)}–{number(high)} µg"
