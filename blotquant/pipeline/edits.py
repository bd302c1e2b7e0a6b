"""A result whose lanes and bands were corrected by hand, to go on from, and what the corrections took away."""

from __future__ import annotations

import dataclasses
import warnings
from pathlib import Path

import numpy as np
import pandas as pd

from ..corrections import (
    Corrected,
    apply_corrections,
    corrections_from_rois,
    edits_by_hand,
    read_corrections,
)
from ..errors import QualityWarning, TableError
from ..flags import Flag, add_flag
from ..geometry import geometry_marks
from ..result import Result
from ..result.files import picture_name
from ..rois import read_rois
from ..study import Study
from ..tables import nearest

__all__ = ["corrected", "flag_lost", "read_edits", "taken_up", "with_bands"]

_ROI_KINDS = (".zip", ".roi")
_NAMED = 6  # deleted rows that a warning names
_PROBED = ("phospho", "total")


def _image_of(path: Path, result: Result) -> str:
    """Find the image whose boxes a ROI file holds: the only one of the result, or that whose name the file bears."""
    names = list(result.pictures)
    if len(names) == 1:
        return names[0]
    stems = {picture_name(name).removesuffix(".png"): name for name in names}
    if path.stem not in stems:
        raise TableError(
            f"{path}: a ROI file is named after its image{nearest(path.stem, list(stems))} (as in the folder rois)"
        )
    return stems[path.stem]


def read_edits(path: str | Path, result: Result) -> pd.DataFrame:
    """Read corrections for a result: a CSV of edits, or boxes drawn in ImageJ (.zip, .roi).

    Parameters
    ----------
    path : str or Path
        The file.
    result : Result
        What was found; boxes from ImageJ are compared with it.

    Returns
    -------
    DataFrame
        Edits, as ``TABLES["corrections"]`` declares them.

    Raises
    ------
    TableError
        The file breaks a rule; names row, column and value.
    """
    file = Path(path)
    if file.suffix.lower() not in _ROI_KINDS:
        return read_corrections(file)
    image = _image_of(file, result)
    frame = result.pictures[image].frame
    return corrections_from_rois(read_rois(file), image, result.lanes, result.bands, frame, who=f"ImageJ ({file.name})")


def corrected(result: Result, edits: pd.DataFrame) -> Result:
    """Return the result with its lanes and bands corrected; nothing is measured yet.

    Parameters
    ----------
    result : Result
        Lanes and bands as found, and the pictures that say how each image lies in its file.
    edits : DataFrame
        Edits, as `read_edits` gives them.

    Returns
    -------
    Result
        To be handed to `quantify` or `measure_images` as ``start``; its ``corrections`` are those before and these.

    Raises
    ------
    TableError
        An edit names what is not there, or was made from another result.
    """
    found = taken_up(result)
    frames = {image: picture.frame for image, picture in found.pictures.items()}
    return _with(found, apply_corrections(found.lanes, found.bands, edits, frames))


def taken_up(result: Result) -> Result:
    """Return a result whose tables follow what was edited in them by hand, with every edit on record.

    Raises
    ------
    TableError
        An edit cannot be followed; names the file and the row.
    """
    frames = {image: picture.frame for image, picture in result.pictures.items()}
    seen = edits_by_hand(result.lanes, result.bands, result.record.get("geometry", {}), frames)
    if seen.corrections.empty:
        return result
    gone = seen.corrections[seen.corrections["action"] == "delete"]
    for image, rows in gone.groupby("image", sort=False):
        keys = zip(rows["lane"].tolist(), rows["band"].tolist(), strict=True)
        names = [f"lane {lane}" + (f" band {band}" if band else "") for lane, band in keys]
        more = f" and {len(names) - _NAMED} more" if len(names) > _NAMED else ""
        text = f"{image}: {', '.join(names[:_NAMED])}{more} deleted by hand; what needs it is blank and flagged edited"
        warnings.warn(text, QualityWarning, stacklevel=2)
    return _with(result, seen)


def _with(result: Result, done: Corrected) -> Result:
    """Put corrected tables and the record of what was done to them into a result, and mark where all lies now."""
    known = pd.concat([table for table in (result.corrections, done.corrections) if len(table)] or [done.corrections])
    record = {**result.record, "geometry": geometry_marks(done.lanes, done.bands)}
    corrections = known.drop_duplicates(ignore_index=True)
    return dataclasses.replace(result, lanes=done.lanes, bands=done.bands, corrections=corrections, record=record)


def with_bands(images: pd.DataFrame, bands: pd.DataFrame, corrections: pd.DataFrame) -> pd.DataFrame:
    """Leave out the images of which every band was deleted by hand; where none was found all stay, to be told of."""
    deleted = corrections.loc[corrections["action"] == "delete", "image"]
    return images[images["image"].isin(bands["image"]) | ~images["image"].isin(deleted)]


def flag_lost(ratios: pd.DataFrame, corrections: pd.DataFrame, study: Study) -> pd.DataFrame:
    """Flag the ratios that are blank since a lane or a band was deleted by hand."""
    lost = (
        ratios["phospho"].isna()
        | (ratios["total"].isna() & ratios["quantity"].str.contains("/"))
        | ratios["loading"].isna()
    )
    hit = np.zeros(len(ratios), dtype=bool)
    for edit in corrections[corrections["action"] == "delete"].to_dict("records"):
        images = study.images[study.images["image"] == edit["image"]]
        lanes = study.samples[
            study.samples["membrane"].isin(images["membrane"]) & (study.samples["lane"] == edit["lane"])
        ]
        concerned = ratios["target"].isin(images["target"]) | (not images["form"].isin(_PROBED).any())
        for lane in lanes.to_dict("records"):
            here = (ratios["membrane"] == lane["membrane"]) & (ratios["lane"] == lane["lane"])
            if lane["sample"]:  # a partner on another membrane holds the same lysate
                here |= (ratios["sample"] == lane["sample"]) & (ratios["replicate"] == lane["replicate"])
            hit |= (here & concerned).to_numpy(bool)
    return ratios.assign(flags=add_flag(ratios["flags"], lost & hit, Flag.EDITED))
