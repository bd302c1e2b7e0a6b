"""ImageJ ROI sets (.zip, .roi): boxes of bands written for ImageJ and Fiji, and boxes drawn there read back.

The format is that of ImageJ's own ``RoiEncoder`` and ``RoiDecoder``; a rectangle there is half-open in whole pixels of
the file, as a box is here.
"""

from __future__ import annotations

import io
import re
import zipfile
from collections.abc import Iterator, Sequence
from pathlib import Path

import pandas as pd
from roifile import ROI_TYPE, ImagejRoi

from .errors import TableError
from .files import EPOCH

__all__ = ["band_of_name", "read_rois", "rois_bytes"]

_MOST, _LARGEST = 100_000, 1_000_000  # entries of a set, bytes of an entry: more is no set of boxes
_NAME = re.compile(r"lane\s+(\d+)\s+band\s+(\S+)", re.IGNORECASE)


def band_of_name(name: str) -> tuple[int, str] | None:
    """Read lane and band from the name of a ROI; None where it is another name.

    Examples
    --------
    >>> band_of_name("lane 3 band 2"), band_of_name("0012-0345")
    ((3, '2'), None)
    """
    found = _NAME.fullmatch(name.strip())
    return (int(found[1]), found[2]) if found else None


def _rectangle(edges: Sequence[float], name: str) -> bytes:
    top, bottom, left, right = map(round, edges)
    roi = ImagejRoi(roitype=ROI_TYPE.RECT, name=name, top=top, left=left, bottom=bottom, right=right)
    return bytes(roi.tobytes())


def rois_bytes(bands: pd.DataFrame) -> bytes:
    """Write the boxes of one image's bands as a set that ImageJ's ROI Manager opens.

    Parameters
    ----------
    bands : DataFrame
        Bands of one image [px of the file as given]; each is named ``lane 3 band 2``.

    Returns
    -------
    bytes
        A ZIP file; the same bands give the same bytes.
    """
    buffer = io.BytesIO()
    edges = bands[["top", "bottom", "left", "right"]].to_numpy(float).tolist()
    with zipfile.ZipFile(buffer, "w") as archive:  # not compressed: each box is smaller than what the ZIP says of it
        for lane, band, box in zip(bands["lane"].tolist(), bands["band"].tolist(), edges, strict=True):
            name = f"lane {lane} band {band}"
            archive.writestr(zipfile.ZipInfo(f"{name}.roi", EPOCH), _rectangle(box, name))
    return buffer.getvalue()


def _entries(path: Path) -> Iterator[tuple[str, bytes]]:
    """Give the name and the bytes of every ROI in a file."""
    if not zipfile.is_zipfile(path):
        yield path.stem, path.read_bytes()
        return
    with zipfile.ZipFile(path) as archive:
        inside = [entry for entry in archive.infolist() if entry.filename.lower().endswith(".roi")]
        if len(inside) > _MOST or any(entry.file_size > _LARGEST for entry in inside):
            raise TableError(f"{path}: too large for a set of boxes")
        for entry in inside:
            yield Path(entry.filename).stem, archive.read(entry)


def read_rois(path: str | Path) -> pd.DataFrame:
    """Read the boxes of an ImageJ ROI or ROI set; what is no rectangle gives the box around it.

    Parameters
    ----------
    path : str or Path
        ``.roi`` or ``.zip``, as Fiji saves them.

    Returns
    -------
    DataFrame
        ``name``, ``top``, ``bottom``, ``left``, ``right`` [px of the file], half-open, in the order of the file.

    Raises
    ------
    TableError
        The file cannot be read, holds no ROI, or a ROI without an area.
    """
    rows = []
    try:
        for stem, data in _entries(Path(path)):
            roi = ImagejRoi.frombytes(data)
            box = {
                "top": float(roi.top),
                "bottom": float(roi.bottom),
                "left": float(roi.left),
                "right": float(roi.right),
            }
            if roi.bottom <= roi.top or roi.right <= roi.left:
                raise TableError(f"{path}: {roi.name or stem!r} has no area; draw a rectangle around the band")
            rows.append({"name": roi.name or stem, **box})
    except (OSError, ValueError, zipfile.BadZipFile) as error:
        raise TableError(
            f"{path}: cannot be read as a set of ImageJ ROIs ({error}); save it in the ROI Manager"
        ) from error
    if not rows:
        raise TableError(f"{path}: holds no ROI; save the set in ImageJ's ROI Manager (More » Save)")
    return pd.DataFrame(rows)
