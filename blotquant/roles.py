"""Words for what a lane or a well is for: its roles, and the usual names of controls."""

from __future__ import annotations

__all__ = [
    "MEASURED_ROLES",
    "NO_ACTIVITY",
    "NO_STIMULUS",
    "ROLES",
    "SAMPLE_ROLES",
    "UNUSED_ROLES",
    "VEHICLES",
    "is_stimulus",
]

SAMPLE_ROLES = ("sample", "maximum", "minimum")
"""Roles of lanes and wells that enter groups, tests and curves."""

MEASURED_ROLES = ("sample", "standard", "calibrator", "maximum", "minimum")
"""Roles of lanes that hold lysate and give a ratio."""

UNUSED_ROLES = ("ladder", "empty", "skip")
"""Roles of lanes that hold no sample."""

ROLES = ("sample", "ladder", "standard", "calibrator", "maximum", "minimum", "empty", "skip")
"""Every role of a lane."""

VEHICLES = ("vehicle", "veh", "dmso", "mock", "control", "ctrl", "untreated")
"""Usual names of the treatment that is none, the surest first."""

NO_STIMULUS = ("", "none", "no", "no stimulus", "unstimulated", "-", "–", "0", "na", "n/a", "blank", "nil")
"""What people write where nothing was added."""

NO_ACTIVITY = ("unstimulated", "isotype", "no enzyme", "background", "unstained")
"""Usual names of a treatment that leaves no activity."""


def is_stimulus(text: object) -> bool:
    """Tell whether a stimulus is one, or another word for none.

    Examples
    --------
    >>> is_stimulus("IL-6"), is_stimulus(" None"), is_stimulus("")
    (True, False, False)
    """
    return str(text).strip().casefold() not in NO_STIMULUS
