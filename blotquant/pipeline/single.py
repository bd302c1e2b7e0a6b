"""Runs without a study: the lanes and bands of one picture, and the curves of one table."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from ..blot import Blot
from ..matching import filled
from ..normalisation import control_quality, percent_activity
from ..orientation import orient
from ..readers import read_blot, read_channels
from ..result import Result
from ..settings import Settings
from ..study import read_responses
from .membranes import Given, measure_blots
from .records import band_marks, kept_warnings, make_record

__all__ = ["fit_table", "measure_image"]


def _image_rows(blots: Sequence[Blot], file: str) -> pd.DataFrame:
    """Describe the channels of one file as rows of images.csv: one membrane, nothing known of targets."""
    rows = [{"image": blot.name, "membrane": file, "file": file, "target": "", "form": ""} for blot in blots]
    return filled(pd.DataFrame(rows), "images")


def measure_image(
    path: str | Path,
    *,
    name: str | None = None,
    channel: str | None = None,
    region: str | None = None,
    settings: Settings | None = None,
    record: Mapping[str, Any] | None = None,
) -> Result:
    """Find and measure the lanes and bands of one picture, no study needed.

    Parameters
    ----------
    path : str or Path
        The file; several channels share their lanes.
    name : str, optional
        Id of the image; the file's name when left out.
    channel, region : str, optional
        Part of the file, as for `read_blot`.
    settings : Settings, optional
        Settings of the stages.
    record : mapping, optional
        What the caller knows for ``run.json``.

    Raises
    ------
    BlotquantError
        The file cannot be read, or no lanes are found in it.
    """
    used, file = settings or Settings(), name or Path(path).name
    limit, how = used.batch.max_megapixels, used.orientation
    with kept_warnings() as said:
        if channel or region:
            blots = [read_blot(path, name=name, channel=channel, region=region, max_megapixels=limit)]
        else:
            blots = read_channels(path, name=file, max_megapixels=limit)
        upright = [
            orient(blot, polarity=how.polarity, rotate=how.rotate, mirror=how.mirror, crop=how.crop) for blot in blots
        ]
        count = used.lanes.n_lanes
        given = Given(file, count, "given by the settings" if count else "found in the pictures")
        measured = measure_blots(list(zip(blots, upright, strict=True)), given, used)
    return Result(
        lanes=measured.lanes,
        bands=measured.bands,
        quality=measured.quality,
        profiles=measured.profiles,
        images=_image_rows(blots, file),
        settings=used,
        record=make_record(file, measured.inputs, said, geometry=band_marks(measured.bands), **(record or {})),
        pictures=measured.pictures,
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
    from ..dose_response import fit_dose_response  # here: it loads scipy.stats, which measuring pictures does without

    used, file = settings or Settings(), Path(path)
    responses = read_responses(file)
    how = used.dose_response
    with kept_warnings() as said:
        points = percent_activity(responses).assign(lane=np.arange(1, len(responses) + 1))
        fit = fit_dose_response(
            points,
            model=how.model,
            weights="none" if how.weights == "auto" else how.weights,
            interval=how.interval,
            se=how.se,
            ic50=how.ic50,
            level=used.comparison.level,
        )
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
