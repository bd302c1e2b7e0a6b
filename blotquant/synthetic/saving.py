"""Write drawn blots and their truth as files; the same drawing gives the same bytes."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import tifffile
from PIL import Image

from ..blot import Blot
from ..errors import SettingsError
from ..tables import to_csv_bytes
from .levels import draw_level

__all__ = ["simulate_blot", "write_picture"]

_JPEG_QUALITY = 75


def write_picture(blot: Blot, path: Path) -> None:
    """Write a blot's counts as they are: TIFF of 8 or 16 bits (deflate), PNG, or JPEG, by the file's suffix.

    Raises
    ------
    SettingsError
        The suffix is of none of these, or a JPEG is asked of more than 8 bits.
    """
    depth = blot.source.depth
    counts = blot.pixels.astype(np.uint8 if depth == 8 else np.uint16)
    suffix = path.suffix.lower()
    if suffix in (".tif", ".tiff"):
        tifffile.imwrite(path, counts, photometric="minisblack", compression="zlib", predictor=True, metadata=None)
    elif suffix == ".png":
        Image.fromarray(counts).save(path)
    elif suffix in (".jpg", ".jpeg") and depth == 8:
        Image.fromarray(counts).save(path, quality=_JPEG_QUALITY)
    else:
        raise SettingsError(f"{path.name}: a drawn blot is saved as .tif or .png, or as .jpg with the effect '8-bit'")


def simulate_blot(
    folder: str | Path,
    *,
    level: str = "typical",
    seed: int = 0,
    n_lanes: int = 10,
    n_rows: int = 3,
    family: str = "flat",
    shape: tuple[int, int] = (520, 900),
    effects: Sequence[str] = (),
    name: str = "blot.tif",
) -> Path:
    """Draw a blot as `simulate` does and write it with its truth.

    Parameters
    ----------
    folder : path
        Where ``blot.tif``, ``truth_bands.csv`` and ``truth_lanes.csv`` go; made when it is not there.
    name : str
        The picture's file name; its suffix says the format (``.tif``, ``.png``, ``.jpg``).

    Returns
    -------
    Path
        The picture.

    Raises
    ------
    SettingsError
        A level, family, effect or format is unknown.
    """
    drawn = draw_level(
        level,
        seed=seed,
        n_lanes=n_lanes,
        n_rows=n_rows,
        family=family,
        shape=shape,
        effects=effects,
        name=name,
    )
    out = Path(folder)
    out.mkdir(parents=True, exist_ok=True)
    write_picture(drawn.blot, out / name)
    (out / "truth_bands.csv").write_bytes(to_csv_bytes(drawn.bands))
    (out / "truth_lanes.csv").write_bytes(to_csv_bytes(drawn.lanes))
    return out / name
