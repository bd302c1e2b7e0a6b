"""inspect_images(): what the readers see in each image, and what to worry about."""

from __future__ import annotations

import warnings
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pandas as pd

from ..blot import Blot
from ..errors import DetectionError, QualityWarning
from ..flags import EXPLANATIONS, SEVERITY, Flag, decode
from ..pipeline.strips import see_lanes, upright_strips
from ..readers import read_blot, read_channels, split_channels
from ..screening import picture_flags, screen
from ..settings import Orientation
from ..tables import Finding, measure_of, quality_table
from .engine import Outcome, run
from .manifest import Manifest

__all__ = ["Remark", "inspect_images"]

_SURE = 0.5  # confidence of a lane below which it is worth a look
_TONES = ("fact", "good", "worry")


@dataclass(frozen=True)
class Remark:
    """What is to be said of one picture.

    Parameters
    ----------
    image : str
        Its id.
    quality : DataFrame
        Rows of the quality table; each note reads by itself.
    notes : tuple of str
        What the reader had to decide.
    doubts : tuple of (name, severity, explanation)
        Flags that hold for the whole picture, worst first.
    """

    image: str
    quality: pd.DataFrame
    notes: tuple[str, ...]
    doubts: tuple[tuple[str, str, str], ...]

    @property
    def doubtful(self) -> bool:
        """A flag that is more than a note."""
        return any(severity != "note" for _, severity, _ in self.doubts)

    @property
    def sentences(self) -> list[str]:
        """What the picture is, what is good about it, what to worry about; what is flagged last, with its flag."""
        told: dict[str, list[str]] = {"fact": [], "good": [], "worry": [], "flag": []}
        rows = self.quality.to_dict("records")
        for row in rows:
            said = f"{row['value']:g} {row['unit']}: {row['note']}" if row["unit"] in ("s", "µm") else row["note"]
            word, about = row["tone"], measure_of(row["measure"]).flags
            raised = [each for each in self.doubts if decode(each[0]) & about]
            if raised:
                told["flag"].append(f"{raised[0][1]}: {', '.join(name for name, _, _ in raised)}: {said}")
            else:
                told[word].append(said if word == "fact" else f"{word}: {said}")
        whole = " ".join([*told["fact"], *told["flag"]])
        notes = [note for note in self.notes if note not in whole]
        return [*told["fact"], *notes, *told["good"], *told["worry"], *told["flag"]]


def _lanes_row(name: str, lanes: pd.DataFrame | DetectionError) -> pd.DataFrame:
    """Say whether lanes are seen, as measuring would find them."""
    if isinstance(lanes, DetectionError):
        return quality_table([Finding("image", name, "lanes", 0.0, str(lanes).removeprefix(f"{name}: "), "worry")])
    count, sure = len(lanes), float(lanes["confidence"].min())
    note = f"{count} lane{'s are' if count > 1 else ' is'} seen"
    if sure >= _SURE:
        return quality_table([Finding("image", name, "lanes", count, note, "good")])
    note += f"; look at the least sure of them, {sure:.2f} of 1"
    return quality_table([Finding("image", name, "lanes", count, note, "worry")])


def _remark(blot: Blot, upright: Blot, lanes: pd.DataFrame | DetectionError) -> Remark:
    flags = picture_flags(upright)
    doubts = tuple((str(f.name).lower(), SEVERITY[f], EXPLANATIONS[f]) for f in Flag if f & flags)
    rows = pd.concat([screen(upright), _lanes_row(upright.name, lanes)], ignore_index=True)
    order = rows["tone"].map(_TONES.index)
    return Remark(blot.name, rows.loc[order.sort_values(kind="stable").index], blot.source.notes, doubts)


def _inspect(task: tuple[Path, dict[str, Any]]) -> list[Remark]:
    """Look at every picture of a file and every strip in it, or at the one that its row names."""
    folder, row = task
    path = folder / row["file"]
    if row["channel"] or row["region"]:
        strips = [[read_blot(path, name=row["image"], channel=row["channel"] or None, region=row["region"] or None)]]
    else:
        strips = split_channels(read_channels(path, name=row["image"]))
    pairs = upright_strips(strips, Orientation())
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", QualityWarning)
        lanes = see_lanes(pairs)
    return [_remark(raw, upright, lanes[upright.name]) for strip in pairs for raw, upright in strip]


def inspect_images(manifest: Manifest) -> Iterator[tuple[str, Outcome[Any, list[Remark]]]]:
    """Look at every image; one that cannot be read does not stop the rest.

    Parameters
    ----------
    manifest : Manifest
        The images, from `find_images`.

    Yields
    ------
    name : str
        The image's id.
    outcome : Outcome
        Its remarks, one a picture in the file, or why it failed.
    """
    for outcome in run(_inspect, ((manifest.folder, row) for row in manifest.rows())):
        yield outcome.task[1]["image"], outcome
