"""The flags, each declared once: the same name means the same thing for every verb."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from .console import Console

__all__ = [
    "Cluster",
    "Corrections",
    "DryRun",
    "Exclude",
    "Force",
    "From",
    "Include",
    "Jobs",
    "Json",
    "LaneCount",
    "Output",
    "Quiet",
    "Resume",
    "Seed",
    "Set",
    "Strict",
    "Until",
    "Verbose",
]


def _console(context: typer.Context) -> Console:
    return context.ensure_object(Console)


def _remember_verbose(context: typer.Context, value: int) -> int:
    _console(context).verbosity = value
    return value


def _remember_quiet(context: typer.Context, value: bool) -> bool:
    _console(context).quiet = value
    return value


def _remember_json(context: typer.Context, value: bool) -> bool:
    _console(context).as_json = value
    return value


Verbose = Annotated[
    int,
    typer.Option(
        "-v", "--verbose", count=True, callback=_remember_verbose, is_eager=True, show_default=False,
        help="Say more; -vv shows the traceback of an error.",
    ),
]  # fmt: skip
Quiet = Annotated[
    bool, typer.Option("-q", "--quiet", callback=_remember_quiet, is_eager=True, help="No progress, no messages.")
]
Json = Annotated[
    bool, typer.Option("--json", callback=_remember_json, is_eager=True, help="Results as one JSON document on stdout.")
]
Output = Annotated[Path, typer.Option("-o", "--output", metavar="OUT", help="Folder for what comes out.")]
Force = Annotated[bool, typer.Option("-f", "--force", help="Start anew in an OUT that exists.")]
Resume = Annotated[
    bool, typer.Option("--resume", help="Go on in an OUT that exists: what is done and unchanged is not done again.")
]
DryRun = Annotated[bool, typer.Option("-n", "--dry-run", help="Say what would be done, write nothing.")]
Jobs = Annotated[int, typer.Option("-j", "--jobs", min=1, metavar="N", help="Images or studies at once.")]
Cluster = Annotated[
    str | None,
    typer.Option("--cluster", metavar="ADDRESS", help="Work on a Dask cluster (tcp://…), or 'local' to start one."),
]
Include = Annotated[
    list[str] | None, typer.Option("--include", metavar="GLOB", help="Only images that match; tables apart.")
]
Exclude = Annotated[
    list[str] | None, typer.Option("--exclude", metavar="GLOB", help="No images that match; tables apart.")
]
Strict = Annotated[bool, typer.Option("--strict", help="End with exit code 3 when something is flagged as doubtful.")]
Seed = Annotated[int, typer.Option("--seed", min=0, metavar="N", help="Seed of what is drawn.")]
Set = Annotated[
    list[str] | None,
    typer.Option("--set", metavar="A.B=C", help="One setting, for example dose_response.model=3pl; recorded."),
]
LaneCount = Annotated[
    int | None,
    typer.Option("--lanes", min=1, max=200, metavar="N", help="Number of lanes, ladders and empty ones included."),
]
Until = Annotated[
    str | None, typer.Option("--until", metavar="bands", help="Stop after the bands, to correct the tables by hand.")
]
From = Annotated[
    str | None, typer.Option("--from", metavar="bands", help="Go on from the corrected lanes.csv and bands.csv in OUT.")
]
Corrections = Annotated[
    Path | None,
    typer.Option(
        "--corrections", metavar="FILE", help="Edits of lanes and bands (CSV, or ImageJ ROIs); measured anew."
    ),
]
