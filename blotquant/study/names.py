"""Names that labs use, for guesses from file names and for telling a misspelt target from another one."""

from __future__ import annotations

import re

__all__ = ["LOADING", "TARGETS", "is_known_target", "lane_role"]

TARGETS = (
    *(f"STAT{number}" for number in ("1", "2", "3", "4", "5", "5A", "5B", "6")),
    *("JAK1", "JAK2", "JAK3", "TYK2", "SOCS1", "SOCS3"),
    *("AKT", "AKT1", "AKT2", "AKT3", "ERK", "ERK1", "ERK2", "MEK", "MEK1", "MEK2", "P38", "JNK", "MTOR", "S6", "S6K"),
    *("SMAD1", "SMAD2", "SMAD3", "NFKB", "P65", "IKBA", "SRC", "LYN", "SYK", "BTK", "EGFR", "AMPK", "GSK3B", "CREB"),
)
"""Signalling proteins that file names often carry."""

LOADING = (
    *("ACTIN", "BACTIN", "B-ACTIN", "GAPDH", "TUBULIN", "ATUBULIN", "BTUBULIN", "VINCULIN", "HSP90", "LAMIN"),
    *("COXIV", "VDAC", "VDAC1", "PCNA", "TBP", "HDAC1", "H3", "CYCLOPHILIN"),
)
"""Proteins that serve as loading controls."""

_LADDER_WORDS = {"ladder", "marker", "markers", "mw", "mwm", "mw marker", "protein ladder", "std", "standard ladder"}
_EMPTY_WORDS = {"empty", "blank", "-"}


def is_known_target(name: str) -> bool:
    """Tell whether a name is a protein that labs probe for, however it is written."""
    return re.sub(r"[^A-Z0-9-]", "", name.upper()) in {*TARGETS, *LOADING}


def lane_role(treatment: str) -> str:
    """Return the role that a treatment's name gives away (``ladder`` or ``empty``), else the empty text."""
    word = treatment.strip().casefold()
    return "ladder" if word in _LADDER_WORDS else "empty" if word in _EMPTY_WORDS else ""
