"""A result whose lanes and bands were corrected by hand, to go on from."""

from __future__ import annotations

import dataclasses
from pathlib import Path

import pandas as pd

from ..corrections import apply_corrections, corrections_from_rois, read_corrections
from ..errors import TableError
from ..result import Result
from ..result.files import picture_name
from ..rois import read_rois
from ..tables import nearest

__all__ = ["corrected", "read_edits"]

_ROI_KINDS = (".zip", ".roi")


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
    frames = {image: picture.frame for image, picture in result.pictures.items()}
    done = apply_corrections(result.lanes, result.bands, edits, frames)
    record = pd.concat([table for table in (result.corrections, done.corrections) if len(table)] or [done.corrections])
    record = record.drop_duplicates(ignore_index=True)
    return dataclasses.replace(result, lanes=done.lanes, bands=done.bands, corrections=record)
