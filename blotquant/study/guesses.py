"""Guess target, form and membrane of a picture from its file name."""

from __future__ import annotations

import re
from dataclasses import dataclass

from .names import LOADING, TARGETS

__all__ = ["Guess", "guess_image"]

_STAINS = ("PONCEAU", "REVERT", "STAIN", "COOMASSIE", "STAINFREE", "TPS", "AMIDOBLACK")
_MARKERS = ("MARKER", "LADDER", "COLORIMETRIC", "COLOURIMETRIC", "VISIBLE")
_PHOSPHO = ("P", "PHOSPHO", "PHOS", "PHOSPHORYLATED")
_TOTAL = ("T", "TOTAL", "TOT", "PAN")
_CHANNELS = ("680", "700", "800")  # near-infrared scanners write one file a channel of one membrane
_SITE = re.compile(r"P?([YST]\d{2,4})")
_REPLICATE = re.compile(r"(?:REP|REPLICATE|R|N|BR|EXP|BLOT|DONOR)(\d{1,3})")


@dataclass(frozen=True)
class Guess:
    """What a file name seems to say, and how that was read."""

    membrane: str
    target: str
    form: str
    site: str
    replicate: str
    note: str


def _words(stem: str) -> list[str]:
    """Split a name at blanks, dots, dashes, underscores and brackets."""
    return [word for word in re.split(r"[\s_.\-()\[\]#+]+", stem) if word]


def _read_target(word: str) -> tuple[str, str]:
    """Read a word such as ``pSTAT3`` as (target, form); empty texts when it is none."""
    upper = word.upper()
    for prefixes, form in ((("",), ""), (_PHOSPHO, "phospho"), (_TOTAL, "total")):
        for prefix in prefixes:
            name = upper[len(prefix) :]
            if upper.startswith(prefix) and name in TARGETS:
                return word[len(prefix) :], form
    if upper in LOADING or (upper[:1] == "B" and upper[1:] in LOADING):
        return word, "loading"
    if upper in _MARKERS:
        return "marker", "marker"
    return ("total protein", "stain") if upper in _STAINS else ("", "")


def guess_image(stem: str) -> Guess:
    """Guess from a file name without its extension what the picture shows.

    Examples
    --------
    >>> guess = guess_image("exp1_pSTAT3_Y705")
    >>> guess.membrane, guess.target, guess.form, guess.site
    ('exp1', 'STAT3', 'phospho', 'Y705')
    """
    target, form, site, replicate, channel, rest = "", "", "", "", "", []
    for word in _words(stem):
        upper = word.upper()
        name, told = _read_target(word) if not target else ("", "")
        marked = _SITE.fullmatch(upper)
        numbered = _REPLICATE.fullmatch(upper)
        if name:
            target, form = name, form or told
        elif upper in (*_PHOSPHO, *_TOTAL):
            form = "phospho" if upper in _PHOSPHO else "total"
        elif marked and not numbered:
            site, form = marked[1], "phospho"
        elif word in _CHANNELS:
            channel = word
        else:
            replicate = numbered[1] if numbered else replicate
            rest.append(word)
    note = _note(target, form) + (f"; {channel} nm channel, from the file name" if channel else "")
    return Guess("_".join(rest) or "blot", target, form or ("total" if target else ""), site, replicate, note)


def _note(target: str, form: str) -> str:
    if not target:
        return "no known target in the file name: fill in target and form"
    if not form:
        return "target from the file name; taken as total since nothing says phospho: check"
    return "target and form from the file name: check"
