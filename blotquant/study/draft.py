"""draft_study(): a folder of pictures → images.csv, samples.csv and study.toml to fill in."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pandas as pd

from ..errors import OutputExistsError, TableError
from ..files import write_whole
from ..settings import describe
from ..tables import INPUTS, to_csv_bytes
from .guesses import Guess, guess_image
from .parts import Part, find_files, find_parts, look_at_lanes

__all__ = ["check_draft", "draft_study"]

_FILES = ("images.csv", "samples.csv", "study.toml")

_TOP = """\
# What blotquant is to do with this study. Every line is optional; what stands here is the default.

title = {title}

# Columns of samples.csv that part groups, besides stimulus, treatment and dose:
# group_by = ["time_min"]

# Lanes that mean 100 %, 0 % and fold = 1, by columns of samples.csv (reference: as maximum when left out):
# [control]
# maximum = {{ treatment = "vehicle", stimulus = "IL-6" }}
# minimum = {{ stimulus = "none" }}
# reference = {{ treatment = "vehicle", stimulus = "IL-6" }}

# Lanes with role ladder give masses when the ladder is named (or its masses: ladder = [250, 150, 100]):
# [mass]
# ladder = "PageRuler Plus"
# buffer = "Tris-glycine"
# model = "auto"
"""


def _membranes(parts: list[tuple[Part, Guess]]) -> dict[str, list[tuple[Part, Guess]]]:
    """Gather pictures by membrane: that of the file's name, and which of several in one picture."""
    found: dict[str, list[tuple[Part, Guess]]] = {}
    for part, guess in parts:
        name = guess.membrane if not part.group else f"{guess.membrane}@{part.group}"
        found.setdefault(name, []).append((part, guess))
    return found


def _image_row(membrane: str, part: Part, guess: Guess, problem: str) -> dict[str, Any]:
    """One row an image; several pictures of one file have targets of their own, which its name does not tell."""
    note = "; ".join(filter(None, [part.note, "" if part.region else guess.note, problem]))
    row = {**dict.fromkeys(INPUTS["images"].names, ""), "image": part.file, "membrane": membrane, "note": note}
    row |= {"channel": part.channel, "region": part.region}
    alone = not (part.region or part.channel)
    return row | ({"target": guess.target, "form": guess.form, "site": guess.site} if alone else {})


def _lane_rows(membrane: str, lanes: pd.DataFrame | None, replicate: str) -> list[dict[str, Any]]:
    """One row a lane found, treatment left to fill in; one row to copy where none was found."""
    blank = dict.fromkeys(INPUTS["samples"].names, "")
    if lanes is None or lanes.empty:
        note = "no lanes were found: one row a lane, from 1 at the left"
        return [{**blank, "membrane": membrane, "lane": 1, "replicate": replicate, "note": note}]
    return [
        {
            **blank,
            "membrane": membrane,
            "lane": int(lane["lane"]),
            "replicate": replicate,
            "note": f"found at {lane['centre']:.0f} px, confidence {lane['confidence']:.2f}: fill in treatment or role",
        }
        for _, lane in lanes.iterrows()
    ]


def _stem(path: Path) -> str:
    return path.name if path.is_dir() else path.stem


def _quote(text: str) -> str:
    import json

    return json.dumps(text, ensure_ascii=False)


def _toml_value(value: Any) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    return _quote(value) if isinstance(value, str) else repr(value)


def _settings_text(title: str) -> str:
    """Write every setting with its default and meaning; defaults stay commented out."""
    lines, last = [_TOP.format(title=_quote(title))], ""
    for each in describe():
        if each.section != last:
            lines.append(f"\n[{each.section}]")
            last = each.section
        known = f" {'One of:' if each.choices else 'From'} {each.allowed}." if each.allowed else ""
        lines.append(f"# {each.meaning}{known}")
        lines.append(f"# {each.name} =" if each.default is None else f"# {each.name} = {_toml_value(each.default)}")
    return "\n".join(lines) + "\n"


def check_draft(folder: str | Path, *, force: bool = False) -> list[Path]:
    """Return the pictures in a folder of which `draft_study` would write the tables; errors are those it raises first.

    Raises
    ------
    TableError
        There is no such folder, or it holds no picture.
    OutputExistsError
        A table is there already.
    """
    place = Path(folder)
    if not place.is_dir():
        raise TableError(f"{place}: no such folder")
    there = [name for name in _FILES if (place / name).exists()]
    if there and not force:
        raise OutputExistsError(f"{place}: {there[0]} is there already; correct it by hand, or start anew with --force")
    files = find_files(place)
    if not files:
        raise TableError(f"{place}: holds no picture that a reader knows; 'blotquant readers' lists the formats")
    return files


def draft_study(folder: str | Path, *, force: bool = False) -> list[Path]:
    """Look at a folder of pictures and write the tables of a study as far as it can be seen.

    Targets, forms, sites, membranes and replicates are guessed from file names, lanes are found in the
    pictures; each guess carries a ``note``. Channels of a file, strips of a figure and membranes that lie apart in one
    picture get a row each, whose target is left to be named. What cannot be seen (treatments, doses) is left blank.

    Parameters
    ----------
    folder : str or Path
        Folder with the pictures.
    force : bool
        Replace tables that are there already.

    Returns
    -------
    list of Path
        ``images.csv``, ``samples.csv`` and ``study.toml``.

    Raises
    ------
    TableError
        The folder holds no picture.
    OutputExistsError
        A table is there already.
    OutputError
        A table cannot be written.
    """
    place, files = Path(folder), check_draft(folder, force=force)
    parts = [(part, guess_image(_stem(path))) for path in files for part in find_parts(place, path.name)]
    image_rows, lane_rows = [], []
    for membrane, shown in _membranes(parts).items():
        lanes, problem = look_at_lanes([part for part, _ in shown])
        image_rows += [
            _image_row(membrane, part, guess, "" if number else problem) for number, (part, guess) in enumerate(shown)
        ]
        replicate = next((guess.replicate for _, guess in shown if guess.replicate), "")
        lane_rows += _lane_rows(membrane, lanes, replicate)
    write_whole(place / "images.csv", to_csv_bytes(pd.DataFrame(image_rows)))
    write_whole(place / "samples.csv", to_csv_bytes(pd.DataFrame(lane_rows)))
    write_whole(place / "study.toml", _settings_text(place.resolve().name).encode("utf-8"))
    return [place / name for name in _FILES]
