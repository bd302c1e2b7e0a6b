"""The page of a whole batch: throughput, failures by reason, flags by kind, distributions, the worst pictures.

It is made from ``run.json`` and the saved pictures alone, so its size does not grow with the number of images.
"""

from __future__ import annotations

import base64
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, cast

import cv2

from .. import __version__
from ..figures.names import number, plain
from ..figures.pictures import GreyArray, decode_png, encode_png
from ..files import write_whole
from ..flags import EXPLANATIONS, SEVERITY, decode
from ..result.files import picture_place
from .page import policy, template, verbatim
from .wording import counted, flag_text, moment

__all__ = ["MOST_FAILURES", "render_overview", "write_overview"]

_WIDE, _HIGH = 420.0, 90.0  # a distribution as it is drawn [px]
_APART = 34.0  # its numbers stand at least so far apart [px]
_SIDE = 240  # longest side of a thumbnail [px]
MOST_FAILURES = 200
"""Failures that the page names."""


_REASONS = {
    "ReadError": "could not be read as a blot",
    "DetectionError": "lanes or rows not found, or not as many as was said",
    "FitError": "a curve or a calibration could not be fitted",
    "TableError": "a table breaks its rules",
    "SettingsError": "a setting is unknown or out of range",
    "OutputError": "could not be written",
    "MemoryError": "too large for the memory",
    "TimeoutError": "took too long",
}
"""What each kind of failure means to a reader; of a kind that is not listed its name is shown."""


@dataclass(frozen=True)
class _Bar:
    left: float
    width: float
    height: float
    says: str


@dataclass(frozen=True)
class _Histogram:
    title: str
    says: str
    bars: tuple[_Bar, ...]
    ticks: tuple[tuple[float, str], ...]


def _ticks(bins: Sequence[tuple[float, float, int]], width: float) -> tuple[tuple[float, str], ...]:
    """Places and numbers along the axis: its two ends and the decades between them; 0 under the bar of the zeros."""
    edges = [(place * width, low) for place, (low, high, _) in enumerate(bins) if high > 0]
    decades = [(at, edge) for at, edge in edges[1:] if math.isclose(math.log10(edge), round(math.log10(edge)))]
    end = [(len(bins) * width, bins[-1][1])] if edges else []
    kept = [(width / 2, 0.0)] if len(edges) < len(bins) else []
    for at, edge in [*edges[:1], *decades, *end]:
        kept += [(at, edge)] if not kept or at - kept[-1][0] >= _APART else []
    return tuple((at, number(edge)) for at, edge in kept)


def _histogram(told: Mapping[str, Any]) -> _Histogram:
    bins, unit = told["bins"], f" {told['unit']}" if told["unit"] else ""
    most = max((count for _, _, count in bins), default=1) or 1
    width = _WIDE / max(1, len(bins))
    bars = tuple(
        _Bar(
            place * width,
            max(1.0, width - 1),
            _HIGH * count / most,
            f"{number(low)} to {number(high)}{unit}: {counted(count, 'picture')}",
        )
        for place, (low, high, count) in enumerate(bins)
    )
    low, middle, high = (told["quantiles"][share] for share in ("0.05", "0.5", "0.95"))
    says = "not known of any picture" if middle is None else f"median {number(middle)}{unit}, 5 to 95 %: "
    says += "" if middle is None else f"{number(low)} to {number(high)}{unit}"
    return _Histogram(plain(told["title"]), says, bars, _ticks(bins, width))


def _thumbnail(png: bytes) -> str:
    """Average a picture down and return it as the address of an image."""
    grey = decode_png(png)
    share = min(1.0, _SIDE / max(grey.shape))
    size = (max(1, round(grey.shape[1] * share)), max(1, round(grey.shape[0] * share)))
    small = cast(GreyArray, cv2.resize(grey, size, interpolation=cv2.INTER_AREA))
    return "data:image/png;base64," + base64.b64encode(encode_png(small)).decode("ascii")


def _worst(told: Mapping[str, Any], folder: Path) -> list[dict[str, Any]]:
    shown = []
    for each in told["worst"]:
        path = folder / picture_place(each["image"])
        picture = _thumbnail(path.read_bytes()) if path.is_file() else ""
        shown.append({"image": plain(each["image"]), "score": number(each["score"]), "picture": picture})
    return shown


def _flags(told: Mapping[str, Any]) -> list[dict[str, Any]]:
    rows = []
    for table, flags in told["flags"].items():
        for name, count in flags.items():
            (flag,) = decode(name)
            rows.append(
                {
                    "weight": SEVERITY[flag],
                    "name": flag_text(name),
                    "table": table,
                    "count": count,
                    "share": f"{100 * count / max(1, told['rows'].get(table, 0)):.1f}",
                    "meaning": EXPLANATIONS[flag],
                }
            )
    order = ("wrong", "doubt", "note")
    return sorted(rows, key=lambda row: (order.index(row["weight"]), -row["count"], row["name"]))


def _figures(told: Mapping[str, Any]) -> list[tuple[str, str]]:
    rows, seconds = told["rows"], float(told["seconds"])
    rate = told["units"] / seconds if seconds > 0 else 0.0
    return [
        ("Pictures measured", str(told["images"])),
        ("Lanes", str(rows.get("lanes", 0))),
        ("Bands, of them detected", f"{rows.get('bands', 0)}, {rows.get('detected', 0)}"),
        ("Failures", str(sum(told["failures"].values()))),
        ("Time of the last run [s]", number(seconds)),
        ("Membranes a second", number(rate)),
    ]


def render_overview(record: Mapping[str, Any], folder: Path) -> str:
    """Return the page of a batch as HTML.

    Parameters
    ----------
    record : mapping
        What ``run.json`` holds.
    folder : Path
        The result folder, for the worst pictures.
    """
    told, style = record["batch"], verbatim("style.css")
    failures = [
        {**each, "name": plain(each["name"]), "kind": _REASONS.get(each["kind"], each["kind"])}
        for each in record.get("failures", [])[:MOST_FAILURES]
    ]
    return template("overview.html").render(
        title=plain(record.get("title", "")) or "Batch of Western blots",
        version=__version__,
        record=dict(record),
        time=moment(str(record.get("time", ""))),
        style=style,
        policy=policy(style),
        told=told,
        figures=_figures(told),
        flags=_flags(told),
        reasons=[(_REASONS.get(kind, kind), count) for kind, count in told["failures"].items()],
        histograms=[_histogram(each) for each in told["distributions"].values()],
        wide=_WIDE,
        high=_HIGH,
        worst=_worst(told, folder),
        failures=failures,
        more=max(0, sum(told["failures"].values()) - len(failures)),
    )


def write_overview(record: Mapping[str, Any], folder: Path, path: Path) -> Path:
    """Write the page of a batch.

    Parameters
    ----------
    record : mapping
        What ``run.json`` holds.
    folder : Path
        The result folder.
    path : Path
        The file.

    Returns
    -------
    Path
        Where it was written.

    Raises
    ------
    OutputError
        The file cannot be written.
    """
    write_whole(path, render_overview(record, folder).encode("utf-8"))
    return path
