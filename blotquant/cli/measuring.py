"""Verbs that measure: measure and quantify."""

from __future__ import annotations

from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from ..errors import SettingsError
from ..files import DATASET
from .asking import assignments, check_stops, run_record
from .console import Console
from .options import (
    Cluster,
    Corrections,
    DryRun,
    Exclude,
    Force,
    From,
    Include,
    Jobs,
    Json,
    LaneCount,
    Output,
    Quiet,
    Resume,
    Set,
    Strict,
    Until,
    Verbose,
)
from .showing import exit_code, show_failures, show_summary, summary_document

if TYPE_CHECKING:
    from ..batch.engine import Outcome, Pool
    from ..batch.manifest import Manifest
    from ..batch.studies import Request
    from ..batch.summary import Summary

__all__ = ["VERBS"]

_Images = Annotated[list[str], typer.Argument(metavar="IMAGE...", help="Files, folders, globs, or an images.csv.")]
_Studies = Annotated[list[str], typer.Argument(metavar="STUDY...", help="Study folders.")]


def _show_plan(console: Console, manifest: Manifest, output: Path) -> int:
    for row in manifest.rows():
        console.answer(f"would measure {row['image']}")
    console.say(f"{len(manifest)} images; nothing is written to {output} in a dry run")
    names = [row["image"] for row in manifest.rows()] if console.as_json else []
    document = {"verb": "measure", "dry_run": True, "images": names, "output": output}
    console.document(document)
    return 0


def _say_unread(console: Console, images: list[str]) -> None:
    """Say which parts of a study lie beside the images and are not read: lanes, ladder, controls, settings."""
    for place in dict.fromkeys(Path(name) if Path(name).is_dir() else Path(name).parent for name in images):
        parts = [name for name in ("samples.csv", "study.toml", "study.xlsx") if (place / name).is_file()]
        if parts:
            console.say(
                f"{place}: measure reads no {' and no '.join(parts)}, so lanes have no roles and bands no mass from a "
                "ladder; blotquant quantify does"
            )


def measure(
    context: typer.Context,
    images: _Images,
    output: Output,
    lanes: LaneCount = None,
    include: Include = None,
    exclude: Exclude = None,
    chosen: Set = None,
    until: Until = None,
    start: From = None,
    corrections: Corrections = None,
    jobs: Jobs = 1,
    cluster: Cluster = None,
    force: Force = False,
    resume: Resume = False,
    dry_run: DryRun = False,
    strict: Strict = False,
    as_json: Json = False,
    quiet: Quiet = False,
    verbose: Verbose = 0,
) -> int:
    """Find and measure lanes and bands of any number of images; no study needed."""
    from ..batch.workers import Pool, hold_to_one_thread

    hold_to_one_thread()
    pool = Pool(jobs, cluster)
    pool.prepare()
    from ..batch.assembly import write_batch
    from ..batch.manifest import find_images
    from ..batch.measuring import check_methods, measure_images
    from ..batch.output import claimed, resumable
    from ..batch.writing import has_result, refuse_to_drop_edits, refuse_unmeasured_edits
    from ..result import Result
    from ..settings import Settings, override

    console: Console = context.obj
    check_stops(until=until, start=start, force=force, corrections=corrections)
    settings = check_methods(override(Settings(), assignments(chosen, lanes)))
    manifest = find_images(images, include=include or (), exclude=exclude or (), leave_out=output)
    _say_unread(console, images)
    if dry_run:
        return _show_plan(console, manifest, output)
    going_on = resume or start is not None or corrections is not None
    with claimed(output, force=force, resume=going_on), resumable():
        if not start and corrections is None:
            refuse_to_drop_edits(output)
            refuse_unmeasured_edits(output)
        known = Result.load(output) if start or (corrections and has_result(output)) else None
        record = {**run_record(console), "until": until or ""}
        with console.progress("measuring", manifest.membranes) as advance:
            work = partial(measure_images, manifest, output, settings=settings, pool=pool,
                           progress=advance)  # fmt: skip
            if corrections is not None:
                if known is None:
                    write_batch(work(), output, record)
                    known = Result.load(output)
                from ..pipeline.edits import corrected, read_edits

                known = corrected(known, read_edits(corrections, known))
            batch = work(start=known)
        summary = write_batch(batch, output, record)
    if batch.large and not (output / DATASET).is_dir():
        console.say("no dataset to query, only CSV: Parquet needs pip install 'blotquant[batch]'")
    show_summary(console, summary)
    code = exit_code(failed=bool(summary.failed), doubtful=summary.doubtful, strict=strict)
    failures = show_failures(console, summary.failed)
    document = {"verb": "measure", "output": output, **summary_document(summary), "failures": failures}
    console.document({**document, "exit_code": code})
    return code


def _requests(studies: list[str], output: Path, common: dict[str, Any]) -> list[Request]:
    """Lay out the studies: a single one goes into OUT itself, several into a folder each."""
    from ..batch.studies import Request, find_studies, study_names

    folders = find_studies(studies)
    if len(folders) == 1:
        return [Request(folders[0].name, folders[0], output, **common)]
    names = study_names(folders)
    return [Request(name, folder, output / name, **common) for name, folder in zip(names, folders, strict=True)]


def _quantify_one(console: Console, request: Request, pool: Pool, strict: bool) -> int:
    from ..batch.engine import value_of
    from ..batch.studies import quantify_studies, quantify_study

    with console.progress("quantifying", 1) as advance:
        if pool.cluster is None:
            summary = quantify_study(request)
            advance(request.name, None)
        else:
            (outcome,) = quantify_studies([request], pool=pool, progress=advance)
            summary = value_of(outcome)
    show_summary(console, summary)
    code = exit_code(failed=bool(summary.failed), doubtful=summary.doubtful, strict=strict)
    failures = show_failures(console, summary.failed)
    document = {"verb": "quantify", "study": request.name, "output": request.output, **summary_document(summary)}
    console.document({**document, "failures": failures, "exit_code": code})
    return code


def _study_document(outcome: Outcome[Request, Summary]) -> dict[str, Any]:
    known = {"study": outcome.task.name, "output": outcome.task.output}
    return {**known, **(summary_document(outcome.value) if outcome.value else {"failed": True})}


def _quantify_many(
    console: Console, requests: list[Request], output: Path, pool: Pool, *, strict: bool, force: bool, resume: bool
) -> int:
    from ..batch.output import claimed
    from ..batch.studies import quantify_studies, write_studies

    with claimed(output, force=force, resume=resume):
        with console.progress("quantifying", len(requests)) as advance:
            outcomes = quantify_studies(requests, pool=pool, progress=advance)
        table = write_studies(outcomes, output)
    for outcome in outcomes:
        if outcome.value is not None:
            console.answer(f"{outcome.task.name}:")
            show_summary(console, outcome.value)
    failed = [(each.task.name, each.failure) for each in outcomes if each.failure is not None]
    failed += [one for each in outcomes if each.value is not None for one in each.value.failed]
    console.answer(f"table: {table}")
    failures = show_failures(console, failed)
    doubtful = any(each.value.doubtful for each in outcomes if each.value is not None)
    code = exit_code(failed=bool(failed), doubtful=doubtful, strict=strict)
    studies = [_study_document(each) for each in outcomes]
    document = {"verb": "quantify", "output": output, "table": table, "studies": studies, "failures": failures}
    console.document({**document, "exit_code": code})
    return code


def _plan_studies(console: Console, requests: list[Request]) -> int:
    from ..study import read_study

    for request in requests:
        study = read_study(request.folder)
        console.answer(f"would quantify {request.name}: {len(study.images)} images, into {request.output}")
    names = [request.name for request in requests]
    console.document({"verb": "quantify", "dry_run": True, "studies": names})
    return 0


def quantify(
    context: typer.Context,
    studies: _Studies,
    output: Output,
    lanes: LaneCount = None,
    chosen: Set = None,
    until: Until = None,
    start: From = None,
    corrections: Corrections = None,
    jobs: Jobs = 1,
    cluster: Cluster = None,
    force: Force = False,
    resume: Resume = False,
    dry_run: DryRun = False,
    strict: Strict = False,
    as_json: Json = False,
    quiet: Quiet = False,
    verbose: Verbose = 0,
) -> int:
    """Quantify studies from images to dose-response; several go into a folder each, with one table over all."""
    from ..batch.workers import hold_to_one_thread

    hold_to_one_thread()
    from ..batch.engine import Pool

    console: Console = context.obj
    check_stops(until=until, start=start, force=force, corrections=corrections)
    asked: dict[str, Any] = {"assignments": tuple(assignments(chosen, lanes)), "until": until, "start": start}
    asked |= {"corrections": corrections, "force": force, "resume": resume, "record": run_record(console)}
    requests = _requests(studies, output, asked)
    if corrections is not None and len(requests) > 1:
        raise SettingsError(f"--corrections {corrections}: goes with one study; name that study alone")
    if dry_run:
        return _plan_studies(console, requests)
    pool = Pool(jobs, cluster)
    if len(requests) == 1:
        return _quantify_one(console, requests[0], pool, strict)
    going_on = resume or start is not None
    return _quantify_many(console, requests, output, pool, strict=strict, force=force, resume=going_on)


VERBS = {"measure": measure, "quantify": quantify}
