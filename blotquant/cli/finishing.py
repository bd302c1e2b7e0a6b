"""Verbs that work on tables: fit and report."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from ..errors import SettingsError
from ..files import PAGE
from .asking import assignments, run_record
from .console import Console
from .options import DryRun, Force, Json, Output, Quiet, Set, Strict, Verbose
from .showing import exit_code, show_summary, summary_document

__all__ = ["VERBS"]


def fit(
    context: typer.Context,
    table: Annotated[Path, typer.Argument(metavar="TABLE", help="CSV or XLSX with treatment, dose and response.")],
    output: Output,
    chosen: Set = None,
    force: Force = False,
    dry_run: DryRun = False,
    strict: Strict = False,
    as_json: Json = False,
    quiet: Quiet = False,
    verbose: Verbose = 0,
) -> int:
    """Fit dose-response curves to a table: percent inhibition from its controls, and one table of IC50s."""
    from ..batch.output import claimed
    from ..batch.summary import summarise_run
    from ..batch.writing import write_all
    from ..pipeline import fit_table
    from ..settings import Settings, override
    from ..study import read_responses

    console: Console = context.obj
    settings = override(Settings(), assignments(chosen, None))
    if dry_run:
        rows = len(read_responses(table))
        console.answer(f"would fit {rows} rows of {table}, into {output}")
        console.document({"verb": "fit", "dry_run": True, "table": table, "rows": rows, "output": output})
        return 0
    with claimed(output, force=force):
        result = fit_table(table, settings=settings, record=run_record(console))
        summary = summarise_run(result, write_all(result, output))
    show_summary(console, summary)
    code = exit_code(failed=False, doubtful=summary.doubtful, strict=strict)
    console.document({"verb": "fit", "output": output, **summary_document(summary), "exit_code": code})
    return code


def _settings_of_show(chosen: list[str] | None) -> list[str]:
    """Return the settings of how a result is shown; refuse those that its tables would have to be made with anew."""
    for text in (asked := assignments(chosen, None)):
        if text.partition(".")[0].strip() != "report":
            raise SettingsError(
                f"--set {text!r}: the tables are there already, so a report takes settings of report.* alone; "
                "measure or quantify again with this one"
            )
    return asked


def report(
    context: typer.Context,
    output: Annotated[Path, typer.Argument(metavar="OUT", help="Folder of a result.")],
    chosen: Set = None,
    dry_run: DryRun = False,
    as_json: Json = False,
    quiet: Quiet = False,
    verbose: Verbose = 0,
) -> None:
    """Write figures and the HTML page of a saved result again, from its tables; no pixel is touched."""
    import dataclasses

    from ..batch.output import claimed
    from ..batch.writing import write_shown
    from ..result import Result
    from ..settings import override

    console: Console = context.obj
    result = Result.load(output)
    result = dataclasses.replace(result, settings=override(result.settings, _settings_of_show(chosen)))
    page = output / PAGE
    if not dry_run:
        with claimed(output, resume=True):
            page = write_shown(result, output)
    console.answer(f"{'would write' if dry_run else 'report:'} {page}")
    console.document({"verb": "report", "dry_run": dry_run, "output": output, "report": page})


VERBS = {"fit": fit, "report": report}
