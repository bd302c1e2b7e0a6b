"""Runs without a study: the lanes and bands of one picture, and the curves of one table."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from ..blot import Blot
from ..errors import Failure, TableError
from ..readers import read_blot, read_channels, split_channels
from ..result import Result
from ..settings import Settings
from ..study import read_responses
from ..tables import INPUTS
from .given import Given
from .membranes import Measured
from .records import kept_warnings, make_record
from .strips import measure_strips, upright_strips

if TYPE_CHECKING:
    from ..dose_response import DoseResponse

__all__ = ["MeasuredFile", "fit_curves", "fit_table", "measure_file"]


@dataclass(frozen=True)
class MeasuredFile:
    """What measuring one file gave: its tables, its pictures as rows of images.csv, and what was said and failed."""

    measured: Measured
    images: list[dict[str, Any]]
    warnings: list[str]
    failures: list[dict[str, str]]


def _image_row(blot: Blot, file: str) -> dict[str, Any]:
    """Describe a picture in a file as a row of images.csv: one membrane, nothing known of targets."""
    region = next((f"{step.told['number']:g}" for step in blot.steps if step.verb == "strip"), "")
    place = {"file": file, "region": region, "channel": blot.source.channel}
    return {**INPUTS["images"].blanks, "image": blot.name, "membrane": file, **place}


def measure_file(
    path: str | Path,
    *,
    name: str | None = None,
    channel: str | None = None,
    region: str | None = None,
    settings: Settings | None = None,
) -> MeasuredFile:
    """Find and measure the lanes and bands of one file, or of each strip or membrane in it; no study needed.

    Parameters
    ----------
    path : str or Path
        The file; several channels share their lanes, and so do strips of a figure that lie below one another.
    name : str, optional
        Id of the image; the file's name when left out.
    channel, region : str, optional
        Part of the file, as for `read_blot`.
    settings : Settings, optional
        Settings of the stages.

    Raises
    ------
    BlotquantError
        The file cannot be read, or no lanes are found in any part of it; a part without is among the failures.
    """
    used, file = settings or Settings(), name or Path(path).name
    limit, how = used.batch.max_megapixels, used.orientation
    with kept_warnings() as said:
        if channel or region:
            blots = [read_blot(path, name=name, channel=channel, region=region, max_megapixels=limit)]
        else:
            blots = read_channels(path, name=file, max_megapixels=limit)
        strips = upright_strips([blots] if channel or region else split_channels(blots), how)
        measured, failed = measure_strips(strips, Given.of(file, used), used)
    shown = [raw for pairs in strips for raw, _ in pairs if raw.name in measured.inputs]
    failures = [Failure.of(each.error).as_row(each.name) for each in failed]
    return MeasuredFile(measured, [_image_row(blot, file) for blot in shown], said, failures)


def fit_curves(table: pd.DataFrame, settings: Settings, *, auto: str, group_by: Sequence[str] = ()) -> DoseResponse:
    """Fit curves as the settings say; `auto` is what weights are where those leave the choice."""
    from ..dose_response import fit_dose_response  # here: measuring pictures does without it

    how = settings.dose_response
    return fit_dose_response(
        table,
        model=how.model,
        weights=auto if how.weights == "auto" else how.weights,
        interval=how.interval,
        se=how.se,
        ic50=how.ic50,
        group_by=group_by,
        level=settings.comparison.level,
    )


def fit_table(path: str | Path, *, settings: Settings | None = None, record: Mapping[str, Any] | None = None) -> Result:
    """Fit dose-response curves to a table of responses, percent activity first where there are controls.

    Parameters
    ----------
    path : str or Path
        CSV or XLSX, as `read_responses` takes it.
    settings : Settings, optional
        Settings of the fit.
    record : mapping, optional
        What the caller knows for ``run.json``.

    Raises
    ------
    TableError
        The table breaks a rule.
    """
    # here: measuring pictures does without them
    from ..normalisation import control_quality, percent_activity

    used, file = settings or Settings(), Path(path)
    responses = read_responses(file)
    with kept_warnings() as said:
        try:
            activity = percent_activity(responses)
        except TableError as error:
            raise TableError(f"{file.name}: {error}") from error
        points = activity.assign(lane=np.arange(1, len(responses) + 1))
        fit = fit_curves(points, used, auto="none")
    inputs = {file.name: hashlib.sha256(file.read_bytes()).hexdigest()}
    return Result(
        folds=points,
        quality=control_quality(points),
        curves=fit.curves,
        potencies=fit.potencies,
        curve_points=fit.curve_points,
        settings=used,
        record=make_record(file.stem, inputs, said, **(record or {})),
    )
