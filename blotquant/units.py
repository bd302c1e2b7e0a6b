"""Dose units: recognise them, convert doses of one treatment to one unit, and write them."""

from __future__ import annotations

from .errors import TableError

__all__ = ["UNITS", "canonical_unit", "conversion_factor", "dimension", "in_words"]

_MOLAR = {"fM": 1e-15, "pM": 1e-12, "nM": 1e-9, "µM": 1e-6, "mM": 1e-3, "M": 1.0}
_MASS = {"fg": 1e-15, "pg": 1e-12, "ng": 1e-9, "µg": 1e-6, "mg": 1e-3, "g": 1.0}
_VOLUME = {"µL": 1e-6, "mL": 1e-3, "L": 1.0}

UNITS: dict[str, tuple[str, float]] = {
    **{name: ("mol/L", factor) for name, factor in _MOLAR.items()},
    **{f"{mass}/{volume}": ("g/L", m / v) for mass, m in _MASS.items() for volume, v in _VOLUME.items()},
}
"""Unit → (dimension, factor to the dimension's base unit)."""


def _micro(part: str) -> str:
    return "µ" + part[1:] if part.startswith("u") else part


def canonical_unit(text: str) -> str:
    """Return the unit in its standard spelling (``uM`` and ``μM`` become ``µM``, ``ug/ml`` becomes ``µg/mL``).

    Raises
    ------
    TableError
        The unit is not known.

    Examples
    --------
    >>> canonical_unit("ug/ml")
    'µg/mL'
    """
    amount, slash, volume = "".join(text.split()).replace("\u03bc", "µ").partition("/")
    plain = _micro(amount) + slash + _micro(volume).replace("l", "L")
    if plain not in UNITS:
        raise TableError(f"dose unit {text!r} is not known; write pM, nM, µM, mM, M or a mass per volume such as ng/mL")
    return plain


def dimension(unit: str) -> str:
    """Return what kind of unit it is: units of one kind can be converted into each other.

    Raises
    ------
    TableError
        The unit is not known.

    Examples
    --------
    >>> dimension("nM"), dimension("ng/mL")
    ('mol/L', 'g/L')
    """
    return UNITS[canonical_unit(unit)][0]


def conversion_factor(unit: str, into: str) -> float:
    """Return the factor by which a dose in ``unit`` is multiplied to be in ``into``.

    Raises
    ------
    TableError
        A unit is not known, or one is molar and the other a mass per volume.

    Examples
    --------
    >>> round(conversion_factor("uM", "nM"), 6)
    1000.0
    """
    (kind, factor), (wanted, base) = UNITS[canonical_unit(unit)], UNITS[canonical_unit(into)]
    if kind != wanted:
        raise TableError(f"doses in {unit!r} and {into!r} cannot be converted into each other; use one kind of unit")
    return factor / base


def in_words(value: float, unit: str = "") -> str:
    """Write a number with three digits and without a power of ten where people would not write one.

    Examples
    --------
    >>> in_words(1000.0, "nM")
    '1000 nM'
    """
    return f"{float(f'{value:.3g}'):g} {unit}".strip()
