"""What is fuzzed: every reader of pictures and every reader of tables, each with sound files to spoil."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import openpyxl

from blotquant.batch.manifest import find_images
from blotquant.readers import explain, read_channels, split_channels
from blotquant.result import Result
from blotquant.study import read_responses, read_study
from blotquant.tables import TABLES
from tests.drawn_result import drawn_result
from tests.fuzz.spoiling import spoilt, spoilt_png, spoilt_table, spoilt_zip
from tests.sound_files import FURTHER, SOUND, write_scan_folder

Spoil = Callable[[bytes, np.random.Generator], bytes]

_IMAGES = (
    "image,membrane,target,form,region,exposure_s,mass_kda\na.tif,m,STAT3,phospho,,1.5,88\nb.tif,m,STAT3,total,,,\n"
)
_SAMPLES = (
    "membrane,lane,treatment,dose,dose_unit,stimulus,replicate,role,time_min\n"
    "m,1,vehicle,,,IL-6,r1,maximum,5\nm,2,baricitinib,10,nM,IL-6,r1,sample,5\nm,3,baricitinib,1,uM,IL-6,r1,sample,5\n"
)
_OPTIONS = (
    'title = "a study"\ngroup_by = ["time_min"]\n[control]\nmaximum = { treatment = "vehicle" }\n'
    '[mass]\nladder = "PageRuler"\nbuffer = "Tris-glycine"\n[dose_response]\nmodel = "4pl"\n[lanes]\nn_lanes = 3\n'
)
_RESPONSES = "treatment,dose,response,role,plate,dose_unit\nx,1,0.9,sample,1,nM\nx,10,0.4,sample,1,nM\n,,1,maximum,1,\n"


@dataclass(frozen=True)
class Target:
    """A reader to fuzz.

    Parameters
    ----------
    write : callable
        Writes sound files into a folder and gives those to spoil.
    read : callable
        Reads them from the folder, or raises a `BlotquantError`.
    spoil : callable
        Changes a file's bytes.
    """

    write: Callable[[Path], list[Path]]
    read: Callable[[Path], object]
    spoil: Spoil = spoilt


def _picture(write: Callable[[Path], Path], spoil: Spoil) -> Target:
    def written(folder: Path) -> list[Path]:
        path = write(folder)
        return sorted({*(path.iterdir() if path.is_dir() else [path]), *folder.glob("*.inf")})

    def read(folder: Path) -> None:
        (path,) = (path for path in folder.iterdir() if path.suffix != ".inf")
        explain(path)
        for blot in read_channels(path, max_megapixels=1.0):
            if not np.isfinite(blot.pixels).all():
                raise ValueError("a picture with pixels that are no numbers was let through")
            split_channels([blot])

    return Target(written, read, spoil)


def _spoil_of(name: str) -> Spoil:
    if name == "licor_zip":
        return spoilt_zip
    return spoilt_png if name.startswith("png") else spoilt


def _pictures(folder: Path) -> None:
    for name in ("a.tif", "b.tif"):
        (folder / name).write_bytes(b"II*\0")  # a study is read without looking into its pictures


def _texts(**files: str) -> Callable[[Path], list[Path]]:
    def write(folder: Path) -> list[Path]:
        _pictures(folder)
        for name, text in files.items():
            (folder / name.replace("_csv", ".csv").replace("_toml", ".toml")).write_text(text, encoding="utf-8")
        return sorted(folder.glob("*.csv")) + sorted(folder.glob("*.toml"))

    return write


def _workbook(name: str, **sheets: str) -> Callable[[Path], list[Path]]:
    def write(folder: Path) -> list[Path]:
        _pictures(folder)
        book = openpyxl.Workbook()
        book.remove(book.worksheets[0])
        for title, text in sheets.items():
            sheet = book.create_sheet(title)
            for line in text.splitlines():
                sheet.append([float(cell) if cell.isdigit() else cell for cell in line.split(",")])
        book.save(folder / name)
        return [folder / name]

    return write


def _saved_result(folder: Path) -> list[Path]:
    drawn = drawn_result()
    tables = {name: table.head(6) for name, table in vars(drawn).items() if name in TABLES}
    Result(**tables, images=drawn.images, samples=drawn.samples).save(folder / "out")
    return [*sorted(folder.glob("out/*.csv")), folder / "out" / "run.json"]


TARGETS: dict[str, Target] = {
    **{name: _picture(write, _spoil_of(name)) for name, write in {**SOUND, **FURTHER}.items()},
    "licor_folder": _picture(write_scan_folder, spoilt),
    "study": Target(_texts(images_csv=_IMAGES, samples_csv=_SAMPLES, study_toml=_OPTIONS), read_study, spoilt_table),
    "study.xlsx": Target(_workbook("study.xlsx", images=_IMAGES, samples=_SAMPLES), read_study, spoilt_zip),
    "responses": Target(
        _texts(table_csv=_RESPONSES), lambda folder: read_responses(folder / "table.csv"), spoilt_table
    ),
    "responses.xlsx": Target(
        _workbook("table.xlsx", Sheet1=_RESPONSES), lambda folder: read_responses(folder / "table.xlsx"), spoilt_zip
    ),
    "images.csv": Target(
        _texts(images_csv=_IMAGES), lambda folder: find_images([str(folder / "images.csv")]), spoilt_table
    ),
    "result": Target(_saved_result, lambda folder: Result.load(folder / "out"), spoilt_table),
}
"""By name; each reads what it is given or refuses it with one line."""
