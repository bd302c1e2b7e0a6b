"""Verbs that start something: demo, init, simulate."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from ..errors import SettingsError
from .asking import run_record
from .console import Console
from .options import DryRun, Force, Json, LaneCount, Output, Quiet, Seed, Verbose
from .showing import potency_line, summary_document

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["VERBS"]

_Study = Annotated[bool, typer.Option("--study", help="A whole study: 3 replicates of pSTAT3 and STAT3, 9 lanes each.")]
_Ladder = Annotated[bool, typer.Option("--ladder", help="With --study: a mass ladder at both sides.")]
_Level = Annotated[str, typer.Option("--level", metavar="LEVEL", help="clean, typical or hard.")]
_Rows = Annotated[int, typer.Option("--rows", min=1, max=40, metavar="N", help="Rows of bands.")]
_Family = Annotated[str, typer.Option("--family", metavar="NAME", help="Shape of the bands: flat or foreign.")]
_Effect = Annotated[
    list[str] | None,
    typer.Option("--effect", metavar="NAME", help="What else happens: saturated, jpeg, blank …"),
]
_Name = Annotated[str, typer.Option("--name", metavar="FILE", help="File of the picture; .tif, .png or .jpg.")]
_Shape = Annotated[str, typer.Option("--shape", metavar="ROWSxCOLS", help="Size of the picture [px].")]


def _parse_shape(text: str) -> tuple[int, int]:
    rows, cross, cols = text.lower().partition("x")
    if not (cross and rows.isdigit() and cols.isdigit() and 0 < int(rows) * int(cols) <= 10**8):
        raise SettingsError(f"--shape {text!r}: write rows x columns, for example 520x900, at most 100 megapixels")
    return int(rows), int(cols)


def _refuse_what_one_blot_has(context: typer.Context) -> None:
    """Refuse the options that a study has no use for, its lanes being those of its design."""
    for option in ("lanes", "rows", "level", "effect", "name"):
        source = context.get_parameter_source(option)
        if source is not None and source.name == "COMMANDLINE":
            raise SettingsError(f"--{option} goes with a single blot; leave out --{option} or --study")


def simulate(
    context: typer.Context,
    output: Output,
    study: _Study = False,
    ladder: _Ladder = False,
    level: _Level = "typical",
    seed: Seed = 0,
    lanes: LaneCount = 10,
    rows: _Rows = 3,
    family: _Family = "flat",
    effect: _Effect = None,
    shape: _Shape = "",
    name: _Name = "blot.tif",
    force: Force = False,
    dry_run: DryRun = False,
    as_json: Json = False,
    quiet: Quiet = False,
    verbose: Verbose = 0,
) -> None:
    """Draw a blot, or with --study a whole study, and write its truth beside it."""
    from ..batch.output import claimed
    from ..synthetic import Design, simulate_blot, simulate_study

    console: Console = context.obj
    size: dict[str, Any] = {"shape": _parse_shape(shape)} if shape else {}
    if study:
        _refuse_what_one_blot_has(context)
    if ladder and not study:
        raise SettingsError("--ladder goes with a whole study; add --study")
    if Path(name).name != name:
        raise SettingsError(f"--name {name!r}: a file name without folders; the folder is -o")
    if not dry_run:
        with claimed(output, resume=force or None):
            if study:
                simulate_study(output, seed=seed, design=Design(ladder=ladder), family=family, **size)
            else:
                further: dict[str, Any] = {**size, "effects": effect or (), "name": name}
                simulate_blot(
                    output, level=level, seed=seed, n_lanes=lanes or 10, n_rows=rows, family=family, **further
                )
    what = "a study" if study else f"a {level} blot"
    console.answer(f"{'would draw' if dry_run else 'drew'} {what} with its truth in {output}")
    console.document({"verb": "simulate", "output": output, "study": study, "seed": seed, "dry_run": dry_run})


def init(
    context: typer.Context,
    folder: Annotated[Path, typer.Argument(metavar="DIR", help="Folder with the images of a study.")],
    force: Force = False,
    dry_run: DryRun = False,
    as_json: Json = False,
    quiet: Quiet = False,
    verbose: Verbose = 0,
) -> None:
    """Write images.csv, samples.csv and study.toml as far as the images tell, to be filled in by hand."""
    from ..study import check_draft, draft_study

    console: Console = context.obj
    if dry_run:
        check_draft(folder, force=force)
        console.answer(f"would look at the images of {folder} and write images.csv, samples.csv and study.toml there")
        console.document({"verb": "init", "folder": folder, "dry_run": True, "written": []})
        return
    written = draft_study(folder, force=force)
    for path in written:
        console.answer(str(path))
    console.say(f"fill in what is blank, correct what was guessed, then run: blotquant quantify {folder} -o OUT")
    console.document({"verb": "init", "folder": folder, "dry_run": False, "written": written})


def _truth_line(potencies: pd.DataFrame, truth: float, unit: str) -> str:
    inside = len(potencies) == 1 and bool(potencies["ci_low"].iloc[0] <= truth <= potencies["ci_high"].iloc[0])
    return f"truth of the drawing: {truth:g} {unit}, {'inside' if inside else 'outside'} the interval"


def demo(
    context: typer.Context,
    output: Output,
    seed: Seed = 0,
    force: Force = False,
    dry_run: DryRun = False,
    as_json: Json = False,
    quiet: Quiet = False,
    verbose: Verbose = 0,
) -> int:
    """Draw a small baricitinib study, quantify it from its images, and print the IC50 beside the truth."""
    from ..batch.output import claimed
    from ..batch.studies import Request, quantify_study
    from ..synthetic import Design, simulate_study

    console: Console = context.obj
    study, truth = output / "study", Design().ic50
    if dry_run:
        console.answer(f"would draw a study in {study} and quantify it into {output}")
        console.document({"verb": "demo", "dry_run": True, "study": study, "output": output})
        return 0
    with claimed(output, force=force):
        console.say("drawing 6 blots: pSTAT3 and STAT3 of 3 replicates, 7 doses of baricitinib")
        simulate_study(study, seed=seed)
    console.say("finding lanes and bands, measuring, fitting, writing the report")
    asked = Request("demo", study, output, resume=True, record=run_record(console, seed=seed))
    summary = quantify_study(asked)
    for row in summary.potencies.itertuples(index=False):
        console.answer(potency_line(row, summary.level))
    console.answer(_truth_line(summary.potencies, truth, "nM"))
    console.answer(f"report: {summary.page}")
    document = {"verb": "demo", "output": output, "study": study, "truth": {"ic50": truth, "unit": "nM"}}
    console.document({**document, **summary_document(summary), "exit_code": 0})
    return 0


VERBS = {"demo": demo, "init": init, "simulate": simulate}
