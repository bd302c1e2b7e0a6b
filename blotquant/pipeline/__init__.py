"""quantify(): image to dose-response, one line a stage. Read this file first."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from ..calibration import fit_linear_range, with_reference_masses
from ..conditions import FAMILY
from ..errors import SettingsError
from ..geometry import geometry_marks
from ..matching import assign_targets, match_bands
from ..result import Result
from ..settings import Settings
from ..study import Study, read_study
from ..tables import check, empty
from .exposures import group_exposures, note_merged
from .given import Given
from .membranes import Measured, gather, measure_blots, measure_membrane, read_membrane, united
from .records import kept_warnings, make_record, run_key
from .sensitivity import compare_choices, other_backgrounds
from .single import fit_curves, fit_table, measure_file
from .twins import note_twins
from .unfitted import warn_of_unfitted

if TYPE_CHECKING:
    from ..dose_response import DoseResponse

__all__ = [
    "Given",
    "Measured",
    "fit_table",
    "gather",
    "measure_blots",
    "measure_file",
    "measure_membrane",
    "quantify",
    "read_membrane",
    "run_key",
]

_UNTIL = ("bands",)


def quantify(
    study: Study | str | Path,
    *,
    settings: Settings | None = None,
    until: str | None = None,
    start: Result | None = None,
    record: Mapping[str, Any] | None = None,
) -> Result:
    """Quantify a study: pictures to volumes, ratios, folds, tests and dose-response.

    Parameters
    ----------
    study : Study or path
        The study, or its folder.
    settings : Settings, optional
        Settings of the stages; those of the study when left out.
    until : {"bands"}, optional
        Stop there, so that the tables can be corrected by hand.
    start : Result, optional
        A result whose lanes and bands are taken, corrections by hand included, instead of finding them.
    record : mapping, optional
        What the caller knows for ``run.json``: ``command``, ``time``, ``seed``.

    Returns
    -------
    Result
        Every table, the pictures and the record.

    Raises
    ------
    BlotquantError
        The study breaks a rule, an image cannot be read, or the pictures contradict the study; names the image.

    Examples
    --------
    >>> result = quantify("study/")  # doctest: +SKIP
    >>> result.potencies  # doctest: +SKIP
    """
    if until not in (None, *_UNTIL):
        raise SettingsError(f"until = {until!r} is unknown; known: {', '.join(_UNTIL)}")
    known = study if isinstance(study, Study) else read_study(study)
    used = settings or known.settings
    key = run_key(known, used)
    images, exposures = group_exposures(known.images, used.matching.exposures)
    known = dataclasses.replace(known, images=images)
    with kept_warnings() as said:
        start = _taken_up(start)
        edits = empty("corrections") if start is None else start.corrections
        measured = _measure(known, used, start, exposures, others=until is None and used.report.sensitivity)
        known = dataclasses.replace(known, images=note_merged(known.images, measured.merged))
        tables = {} if until else _conclude(known, used, measured, edits)
        tables["quality"] = united([tables.get("quality", measured.quality), note_twins(measured.pictures)], "quality")
    bands = tables.pop("bands", measured.bands)
    marks = geometry_marks(measured.lanes, bands)
    further = {"until": until or "", "key": key, "geometry": marks, "given": dict(known.given), **(record or {})}
    found = {"lanes": measured.lanes, "bands": bands, "calibration": measured.calibration}
    found["profiles"] = measured.profiles
    found["corrections"] = edits
    return Result(
        **{**found, **tables},
        images=known.images,
        samples=known.samples,
        settings=used,
        record=make_record(known.title, {**known.inputs, **measured.inputs}, [*known.notes, *said], **further),
        pictures=measured.pictures,
    )


def _taken_up(start: Result | None) -> Result | None:
    """Let the tables to start from follow what was edited in them by hand."""
    if start is None:
        return None
    from .edits import taken_up  # most runs find lanes and bands themselves

    return taken_up(start)


def _given(study: Study, membrane: str, settings: Settings, start: Result | None) -> Given:
    """Collect what a study says of a membrane, and the tables to start from."""
    images = study.images[study.images["membrane"] == membrane]
    samples = study.samples[study.samples["membrane"] == membrane]
    further: dict[str, Any] = {
        "stains": tuple(dict.fromkeys(images.loc[images["form"] == "stain", "image"])),
        "mass": study.mass,
    }
    if start is not None:
        mine = set(images["image"])
        for name, table in (("lanes", start.lanes), ("bands", start.bands)):
            further[name] = table[table["image"].isin(mine)].reset_index(drop=True)
    return Given.of(membrane, settings, images, samples, **further)


def _measure(
    study: Study, settings: Settings, start: Result | None, exposures: Mapping[str, pd.DataFrame], *, others: bool
) -> Measured:
    """Measure every membrane, also under other backgrounds where the sensitivity will ask for them."""
    methods = other_backgrounds(settings.integration.background) if others else []
    parts = []
    for membrane in study.membranes:
        images = study.images[study.images["membrane"] == membrane]
        given = dataclasses.replace(_given(study, membrane, settings, start), exposures=exposures)
        parts.append(measure_membrane(images, study.folder, given, settings, others=methods))
    return gather(parts)


def _probed(study: Study) -> Study:
    """Leave out pictures of the ladder alone; where it tells masses, known targets are to be found by theirs."""
    images = study.images[study.images["form"] != "marker"].reset_index(drop=True)
    return dataclasses.replace(study, images=with_reference_masses(images) if "ladder" in study.mass else images)


def _conclude(study: Study, settings: Settings, measured: Measured, edits: pd.DataFrame) -> dict[str, pd.DataFrame]:
    """Go from measured bands to the dose-response, one line a stage."""
    # imported here: measuring a picture does without them, and most load scipy.stats, which takes half a second
    from ..comparison import compare_groups, power_table
    from ..grouping import summarise
    from ..normalisation import control_quality, membrane_scales, warn_of_references
    from .edits import flag_lost, with_bands

    study = _probed(study)
    bands, why = assign_targets(
        measured.bands,
        with_bands(study.images, measured.bands, edits),
        study.samples,
        mass_tolerance=settings.matching.mass_tolerance,
        doublets=settings.matching.doublets,
    )
    bands, linearity = fit_linear_range(bands, study.images, study.samples)
    ratios = flag_lost(_match(bands, study, settings), edits, study)
    folds = _normalise(ratios, study, settings)
    warn_of_references(folds)
    warn_of_unfitted(folds)
    across = settings.normalisation.across
    scales = membrane_scales(folds, reference=study.reference, group_by=study.group_by, across=across)
    level, few = settings.comparison.level, settings.comparison.min_replicates
    groups = summarise(folds, group_by=study.group_by, level=level, min_replicates=few)
    method = settings.comparison.method
    tests = compare_groups(folds, method=method, group_by=study.group_by, level=level, min_replicates=few)
    power = power_table(folds, group_by=study.group_by, level=level, min_replicates=few)
    fit = _fit(folds, study, settings)
    return {
        "bands": bands,
        "ratios": ratios,
        "folds": folds,
        "groups": groups,
        "tests": tests,
        "curves": fit.curves,
        "potencies": fit.potencies,
        "curve_points": fit.curve_points,
        "sensitivity": _sensitivity(study, settings, bands, measured.others, groups, folds),
        "calibration": united([measured.calibration, linearity, scales], "calibration"),
        "quality": united([measured.quality, why, control_quality(folds), power], "quality"),
    }


def _match(
    bands: pd.DataFrame, study: Study, settings: Settings, *, images: pd.DataFrame | None = None
) -> pd.DataFrame:
    chosen = study.images if images is None else images
    return match_bands(
        bands, chosen, study.samples, saturated=settings.matching.saturated, force=settings.matching.force
    )


def _normalise(ratios: pd.DataFrame, study: Study, settings: Settings, *, across: str | None = None) -> pd.DataFrame:
    from ..normalisation import normalise  # as in _conclude

    return normalise(
        ratios,
        maximum=study.maximum,
        minimum=study.minimum,
        reference=study.reference,
        group_by=study.group_by,
        within=settings.normalisation.within,
        across=across or settings.normalisation.across,
        use_below_loq=settings.normalisation.use_below_loq,
    )


def _fit(folds: pd.DataFrame, study: Study, settings: Settings) -> DoseResponse:
    # a table of responses without a number is a mistake; a study whose every band is saturated is a result
    given = folds if folds["ratio"].notna().any() else folds.iloc[:0]
    return fit_curves(given, settings, auto="error", group_by=study.group_by)


def _with_targets(others: Mapping[str, pd.DataFrame], bands: pd.DataFrame) -> dict[str, pd.DataFrame]:
    """Name the same rows as targets under every other background."""
    keys = ["image", "lane", "band"]
    targets = bands.set_index(keys)["target"]
    found = {}
    for method, table in others.items():
        names = targets.reindex(pd.MultiIndex.from_frame(table[keys])).fillna("").to_numpy()
        found[method] = check(table.assign(target=np.asarray(names, dtype=object)), "bands")
    return found


def _sensitivity(
    study: Study,
    settings: Settings,
    bands: pd.DataFrame,
    others: Mapping[str, pd.DataFrame],
    groups: pd.DataFrame,
    folds: pd.DataFrame,
) -> pd.DataFrame:
    if not settings.report.sensitivity:
        return empty("sensitivity")
    from ..grouping import summarise  # as in _conclude

    # means of ratios, for want of a reference, are no folds
    groups = groups.merge(folds.loc[folds["fold"].notna(), FAMILY].drop_duplicates(), on=FAMILY)
    totals = study.images["form"] == "total"
    measured = {"": bands, **_with_targets(others, bands)}
    ratios = {(method, False): _match(table, study, settings) for method, table in measured.items()}
    if totals.any():
        without = study.images[~totals]
        ratios |= {(method, True): _match(table, study, settings, images=without) for method, table in measured.items()}

    def group(method: str = "", *, alone: bool = False, across: str | None = None) -> pd.DataFrame:
        folds = _normalise(ratios[method, alone], study, settings, across=across)
        shown = folds[folds["fold"].notna()]
        return summarise(shown, group_by=study.group_by, level=settings.comparison.level)

    return compare_choices(
        groups,
        group,
        methods=[method for method in measured if method],
        alone=bool(totals.any()),
        background=settings.integration.background,
        across=settings.normalisation.across,
        group_by=study.group_by,
    )
