"""``python -m tests.benchmarks``: the error budget beside peers on the same drawn blots, as one table.

Ours measures without help. ImageJ is given every window from the truth and gelpy the number of lanes, which favours
both; a peer that is not installed is left out with a note. ``--write FILE`` keeps the table as Markdown.
"""

from __future__ import annotations

import argparse
import platform
import sys
import tempfile
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

import pandas as pd

from blotquant import __version__
from blotquant.synthetic import FAMILIES, LEVELS, Drawn
from tests.benchmarks import gelpy, imagej, light
from tests.truth.budget import score_cell
from tests.truth.scoring import Score, summarise

_COLUMNS = {
    "level": "blots",
    "family": "shapes",
    "who": "measured by",
    "bands": "bands",
    "f1": "F1",
    "lanes_exact": "lanes exact",
    "median": "median error %",
    "p90": "90th percentile %",
    "factor90": "common factor %",
    "cover": "within 1.96 se",
    "seconds": "s a picture",
}
Peer = Callable[[Sequence[Drawn], Path], list[Score]]


def _peers(pictures_gelpy: int) -> dict[str, Peer]:
    """Peers that can run here; a note on stderr for each that cannot."""
    peers: dict[str, Peer] = {"the light alone": lambda drawn, folder: light.measure(drawn)}
    if lacking := imagej.missing():
        print(f"ImageJ is left out; missing: {lacking}", file=sys.stderr)
    else:
        peers["ImageJ, windows given"] = imagej.measure
        peers["ImageJ, windows given, ball 50"] = lambda drawn, folder: imagej.measure(drawn, folder, radius=50)
    if lacking := gelpy.missing():
        print(f"gelpy is left out; missing: {lacking}", file=sys.stderr)
    elif pictures_gelpy:
        peers["gelpy, lane count given"] = lambda drawn, folder: gelpy.measure(drawn[:pictures_gelpy], folder)
    return peers


def _rows(level: str, family: str, seeds: Sequence[int], peers: dict[str, Peer]) -> Iterator[dict[str, object]]:
    cell = list(score_cell(level, family, seeds))
    drawn = [picture for picture, _ in cell]
    yield {"level": level, "family": family, "who": "blotquant"} | summarise([score for _, score in cell])
    for name, measure in peers.items():
        with tempfile.TemporaryDirectory() as folder:
            row = summarise(measure(drawn, Path(folder)))
        yield {"level": level, "family": family, "who": name} | row


def _markdown(table: pd.DataFrame, command: str) -> str:
    """Write the table as Markdown, with what made it."""
    texts = table.map(lambda value: f"{value:.3g}" if isinstance(value, float) else str(value)).replace("nan", "–")
    lines = [" | ".join(texts.columns), " | ".join(["---"] * len(texts.columns))]
    lines += [" | ".join(row) for row in texts.itertuples(index=False)]
    made = f"Made by `{command}` with blotquant {__version__}, Python {platform.python_version()}."
    return "\n".join([*(f"| {line} |" for line in lines), "", made, ""])


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(prog="python -m tests.benchmarks", description=__doc__)
    parser.add_argument("pictures", type=int, nargs="?", default=14, help="pictures a level and family")
    parser.add_argument("--first", type=int, default=1000, help="first seed")
    parser.add_argument("--level", action="append", choices=list(LEVELS), help="only this level")
    parser.add_argument("--family", action="append", choices=list(FAMILIES), help="only this family")
    parser.add_argument("--gelpy", type=int, default=2, metavar="N", help="pictures a cell for gelpy (10 s each)")
    parser.add_argument("--write", type=Path, metavar="FILE", help="write the table as Markdown too")
    options = parser.parse_args()
    peers = _peers(options.gelpy)
    seeds = range(options.first, options.first + options.pictures)
    rows = []
    for family in options.family or FAMILIES:
        for level in options.level or LEVELS:
            rows.extend(_rows(level, family, seeds, peers))
            print(f"{level}, {family}: done", file=sys.stderr)
    table = pd.DataFrame(rows)[list(_COLUMNS)].rename(columns=_COLUMNS)
    print(table.to_string(index=False, float_format=lambda value: f"{value:.3g}"))
    if options.write:
        options.write.write_text(_markdown(table, "python -m tests.benchmarks " + " ".join(sys.argv[1:])), "utf-8")


if __name__ == "__main__":
    main()
