"""One sound file a reader, and further kinds of TIFF and PNG: what contract tests read and fuzzing spoils."""

from __future__ import annotations

import importlib.util
import io
from collections.abc import Callable
from pathlib import Path

import numpy as np
import tifffile
from PIL import Image

from tests.written_files import scn_header, write_1sc, write_fuji, write_gel, write_scn, write_zip
from tests.written_sgd import write_sgd

COUNTS = np.random.default_rng(8).integers(1, 250, (24, 32)).astype(np.uint16)


def _tiff(path: Path) -> Path:
    tifffile.imwrite(path, COUNTS, compression="lzw", description="Exposure: 3 s", metadata=None)
    return path


def _picture(path: Path) -> Path:
    Image.fromarray(COUNTS.astype(np.uint8)).save(path)
    return path


def _zip(path: Path) -> Path:
    data = io.BytesIO()
    tifffile.imwrite(data, COUNTS, compression="lzw", description="Exposure: 3 s", metadata=None)
    return write_zip(path, {"a_700.tif": data.getvalue()})


SOUND: dict[str, Callable[[Path], Path]] = {
    "biorad_1sc": lambda folder: write_1sc(folder / "a.1sc", COUNTS),
    "biorad_scn": lambda folder: write_scn(folder / "a.scn", [(COUNTS, scn_header(24, 32))]),
    "licor_zip": lambda folder: _zip(folder / "a.zip"),
    "amersham_gel": lambda folder: write_gel(folder / "a.gel", COUNTS, scale=(1, 1)),
    "tiff": lambda folder: _tiff(folder / "a.tif"),
    "png": lambda folder: _picture(folder / "a.png"),
    "jpeg": lambda folder: _picture(folder / "a.jpg"),
    "gif": lambda folder: _picture(folder / "a.gif"),
    "bmp": lambda folder: _picture(folder / "a.bmp"),
    "fuji": lambda folder: write_fuji(folder / "a.img", COUNTS),
}
"""By reader; those that need a package that is an extra are added where it is installed."""

if importlib.util.find_spec("openreadout") is not None:
    SOUND["syngene"] = lambda folder: write_sgd(folder / "a.sgd", [COUNTS])


def _written(name: str, pixels: np.ndarray, **options: object) -> Callable[[Path], Path]:
    def write(folder: Path) -> Path:
        tifffile.imwrite(folder / name, pixels, **options)  # type: ignore[arg-type]  # options by name
        return folder / name

    return write


def _alpha(folder: Path) -> Path:
    colours = np.repeat(COUNTS.astype(np.uint8)[..., None], 4, axis=-1)
    colours[..., 3] = 255
    Image.fromarray(colours).save(folder / "a.png")
    return folder / "a.png"


def _palette(folder: Path) -> Path:
    Image.fromarray(COUNTS.astype(np.uint8)).convert("P").save(folder / "a.png")
    return folder / "a.png"


def write_scan_folder(folder: Path) -> Path:
    """Acquisition of a scanner that writes one TIFF a channel, and a text about the scan."""
    place = folder / "0001_01"
    place.mkdir()
    for channel, counts in (("700", COUNTS), ("800", COUNTS[::-1])):
        tifffile.imwrite(place / f"0001_01_{channel}.TIF", counts, description="Exposure: 3 s", metadata=None)
    (place / "0001_01.txt").write_text("Scan intensity 5\n", encoding="utf-8")
    return place


_LARGE = np.tile(COUNTS, (3, 4))  # of a size that compound files keep in other sectors
_STACK = np.stack([COUNTS, COUNTS[::-1]])
FURTHER: dict[str, Callable[[Path], Path]] = {
    **({"syngene_series": lambda folder: write_sgd(folder / "a.sgd", [_LARGE, _LARGE])} if "syngene" in SOUND else {}),
    "tiff_ome": _written("a.ome.tif", _STACK, metadata={"axes": "CYX", "Channel": {"Name": ["700", "800"]}}),
    "tiff_imagej": _written("a.tif", _STACK, imagej=True),
    "tiff_tiled": _written("a.tif", np.tile(COUNTS, (3, 3)).astype(np.float16), tile=(32, 32)),
    "tiff_jpeg": _written("a.tif", COUNTS.astype(np.uint8), compression="jpeg"),
    "tiff_big": _written("a.btf", COUNTS, bigtiff=True, rowsperstrip=5, predictor=True, compression="zlib"),
    "tiff_colour": _written("a.tif", np.repeat(COUNTS.astype(np.uint8)[..., None], 3, axis=-1), photometric="rgb"),
    "png_alpha": _alpha,
    "png_palette": _palette,
}
"""Further kinds, whose decoders take other paths."""
