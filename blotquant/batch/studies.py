"""quantify_studies(): any number of studies, each into a folder of its own, and one table over all."""

from __future__ import annotations

import dataclasses
import glob
import os
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pandas as pd

from ..errors import Failure, ReadError, SettingsError
from ..files import ALL_STUDIES, PAGE, write_whole
from ..pipeline import quantify, read_membrane, run_key
from ..pipeline.edits import corrected, read_edits
from ..result import Result
from ..settings import Settings, override
from ..study import Study, read_study
from ..tables import TABLES, Column, Table, plain_texts, to_csv_bytes
from .engine import run
from .outcomes import Outcome
from .output import claimed
from .summary import Summary, summarise_run
from .workers import Pool
from .writing import has_result, is_written, refuse_to_drop_edits, refuse_unmeasured_edits, write_all

__all__ = [
    "STUDIES",
    "Request",
    "find_studies",
    "quantify_studies",
    "quantify_study",
    "study_names",
    "table_of_studies",
    "write_studies",
]

STUDIES = Table(
    "studies",
    "a target × treatment of a study",
    (
        Column("study", "text", "", "Name of the study: its folder, and that of its results beside this table."),
        Column("status", "text", "", "done or failed."),
        Column("error", "text", "", "Why it failed, or what of it did."),
        Column("images", "int", "", "Images of the study."),
        Column("flagged", "int", "", "Flags of its rows, counted."),
        *TABLES["potencies"].columns,
    ),
)
"""The columns of ``studies.csv``; a study without a curve has one row without a target."""


@dataclass(frozen=True)
class Request:
    """One study to quantify.

    Parameters
    ----------
    name : str
        What it is called.
    folder : Path
        The study folder.
    output : Path
        Where its results go.
    assignments : tuple of str
        Settings that go before those of the study, as ``section.name=value``.
    until : str or None
        ``bands``: stop there.
    start : str or None
        ``bands``: go on from the lanes and bands in `output`.
    corrections : Path or None
        Edits of lanes and bands to apply before measuring: to what `output` holds, else to what is found.
    force, resume : bool
        Start anew in an `output` that exists, or go on there.
    record : mapping
        What the caller knows for ``run.json``.
    """

    name: str
    folder: Path
    output: Path
    assignments: tuple[str, ...] = ()
    until: str | None = None
    start: str | None = None
    corrections: Path | None = None
    force: bool = False
    resume: bool = False
    record: Mapping[str, Any] = field(default_factory=dict)


def quantify_study(request: Request) -> Summary:
    """Quantify one study and write its results; with ``resume`` nothing is done again that is done and unchanged.

    Parameters
    ----------
    request : Request
        The study, and what is asked.

    Returns
    -------
    Summary
        What it came to.

    Raises
    ------
    BlotquantError
        The study breaks a rule, an image cannot be read, or the pictures contradict the study.
    """
    study = read_study(request.folder)
    settings = override(study.settings, list(request.assignments))
    key = run_key(study, settings)
    going_on = request.resume or request.start is not None or request.corrections is not None
    with plain_texts(), claimed(request.output, force=request.force, resume=going_on) as out:
        anew = request.start is None and request.corrections is None
        if anew:
            refuse_unmeasured_edits(out)
        if anew and is_written(out, key, request.until or ""):
            return summarise_run(Result.load(out), out / PAGE, fresh=False)
        if anew:
            refuse_to_drop_edits(out)
        start = Result.load(out) if request.start or (request.corrections and has_result(out)) else None
        if request.corrections is not None:
            start = _corrected_start(study, settings, start, request)
        result = _quantify_what_reads(study, settings, start, request)
        return summarise_run(result, write_all(result, out))


def _corrected_start(study: Study, settings: Settings, start: Result | None, request: Request) -> Result:
    """Apply the request's edits to what the folder holds, else to what is found."""
    found = start or _quantify_what_reads(study, settings, None, dataclasses.replace(request, until="bands"))
    return corrected(found, read_edits(str(request.corrections), found))


def _unreadable(study: Study, settings: Settings) -> dict[str, ReadError]:
    """Find the membranes with an image that cannot be read, and why."""
    found = {}
    for membrane in study.membranes:
        try:
            read_membrane(study.images[study.images["membrane"] == membrane], study.folder, settings)
        except ReadError as error:
            found[membrane] = error
    return found


def _without(study: Study, membranes: Collection[str]) -> Study:
    """Leave membranes out of a study, and with them those that are paired with them."""
    pairs = study.images.loc[study.images["membrane"].isin(membranes) & (study.images["pair"] != ""), "pair"]
    gone = {*membranes, *study.images.loc[study.images["pair"].isin(pairs), "membrane"]}
    images, samples = (sheet[~sheet["membrane"].isin(gone)] for sheet in (study.images, study.samples))
    return dataclasses.replace(study, images=images.reset_index(drop=True), samples=samples.reset_index(drop=True))


def _quantify_what_reads(study: Study, settings: Settings, start: Result | None, request: Request) -> Result:
    """Quantify a study; a membrane with an image that cannot be read is left out and named, the rest is done."""
    options: dict[str, Any] = {"settings": settings, "until": request.until, "start": start, "record": request.record}
    try:
        return quantify(study, **options)
    except ReadError:
        failed = _unreadable(study, settings)
        rest = _without(study, failed)
        if not failed or rest.images.empty:
            raise
    result = quantify(rest, **options)
    failures = [
        Failure(type(error).__name__, f"{error}; membrane {membrane!r} is left out").as_row(membrane)
        for membrane, error in failed.items()
    ]
    return dataclasses.replace(result, record={**result.record, "failures": failures})


def find_studies(arguments: Sequence[str]) -> list[Path]:
    """Return the study folders that are meant by folders, globs, or a file of a study, each once.

    Raises
    ------
    SettingsError
        A glob matches nothing.
    """
    found: list[Path] = []
    for argument in arguments:
        paths = [Path(argument)]
        if glob.has_magic(argument) and not paths[0].exists():
            paths = [Path(each) for each in sorted(glob.glob(argument))]  # noqa: PTH207 - also absolute
            if not paths:
                raise SettingsError(f"{argument}: no study matches; check the pattern and the folder")
        found += [path.parent if path.is_file() else path for path in paths]
    return list(dict.fromkeys(found))


def study_names(folders: Sequence[Path]) -> list[str]:
    """Call each study by its folder; where two bear one name, by the path from the first folder that holds all."""
    places = [Path(os.path.normpath(Path.cwd() / folder)) for folder in folders]
    names = [place.name for place in places]
    if len(set(names)) == len(names):
        return names
    common = os.path.commonpath([place.parent for place in places])
    return [Path(os.path.relpath(place, common)).as_posix() for place in places]


def _rows(outcome: Outcome[Request, Summary]) -> pd.DataFrame:
    """Describe what became of one study, one row a target × treatment."""
    known: dict[str, Any] = {"study": outcome.task.name, "status": "failed", "error": "", "images": 0, "flagged": 0}
    potencies = pd.DataFrame(index=[0])
    if outcome.failure is not None:
        known["error"] = outcome.failure.message
    elif outcome.value is not None:
        came = outcome.value
        known |= {
            "status": "done",
            "images": came.images,
            "flagged": sum(came.flags.values()),
            "error": "; ".join(failure.message for _, failure in came.failed),
        }
        potencies = came.potencies if len(came.potencies) else potencies
    return potencies.assign(**known)


def table_of_studies(outcomes: Sequence[Outcome[Request, Summary]]) -> pd.DataFrame:
    """Put what became of each study in one table, in the order of their names."""
    rows = [_rows(outcome) for outcome in sorted(outcomes, key=lambda each: each.task.name)]
    return pd.concat(rows, ignore_index=True).reindex(columns=STUDIES.names)


def write_studies(outcomes: Sequence[Outcome[Request, Summary]], output: Path) -> Path:
    """Write ``studies.csv`` and return where it is."""
    path = output / ALL_STUDIES
    write_whole(path, to_csv_bytes(table_of_studies(outcomes)))
    return path


def quantify_studies(
    requests: Sequence[Request],
    *,
    pool: Pool | None = None,
    time_limit_s: float = 86400.0,
    progress: Callable[[str, Failure | None], None] = lambda name, failure: None,
) -> list[Outcome[Request, Summary]]:
    """Quantify every study; one failure does not stop the rest.

    Parameters
    ----------
    requests : sequence of Request
        The studies, each with a folder of its own for its results.
    pool : Pool, optional
        Where to work; left out, here and one after the other. The results are the same.
    time_limit_s : float
        A study that takes longer is given up [s].
    progress : callable
        Told the name of each study that is done, and why it failed if it did.

    Returns
    -------
    list of Outcome
        One for each study, in the order of their names.
    """
    found = []
    for outcome in run(quantify_study, requests, pool=pool, time_limit_s=time_limit_s):
        progress(outcome.task.name, outcome.failure)
        found.append(outcome)
    return sorted(found, key=lambda each: each.task.name)
