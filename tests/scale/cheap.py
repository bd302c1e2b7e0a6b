"""A unit of work that costs next to nothing and leaves what a real one leaves: tables, a picture, a record.

Everything else of a batch is real: the list of images, the hash of each, the engine and its workers, the parts, the
dataset, the tables put together at the end. So what a batch costs besides measuring can be told at any length.
"""

from __future__ import annotations

import dataclasses
import functools
from pathlib import Path

import numpy as np
import pandas as pd
import tifffile

from blotquant.batch import unit as real
from blotquant.batch.parts import Part, is_part, part_path, unit_key, write_part
from blotquant.files import plain_value
from blotquant.pipeline import measure_file
from blotquant.synthetic import draw_level, simulate_blot

TEMPLATE = "template"
LANES, ROWS, SHAPE = 10, 3, (520, 900)
_DRAWN = 20


def draw_many(folder: Path, number: int) -> Path:
    """Write so many tiny pictures, no two alike, and one real blot that lends them its numbers."""
    simulate_blot(folder / TEMPLATE, level="typical", seed=1, n_lanes=LANES, n_rows=ROWS, shape=SHAPE)
    tiny = np.zeros((2, 4), np.uint16)
    for each in range(number):
        tiny[0, 0], tiny[0, 1] = each % 65536, each // 65536
        place = folder / "images" / f"{each // 1000:03d}"
        if each % 1000 == 0:
            place.mkdir(parents=True)
        tifffile.imwrite(place / f"{each:07d}.tif", tiny)
    return folder / "images"


def draw_real(folder: Path, number: int) -> Path:
    """Write so many blots: some drawn ones again and again, each time with further noise of its own."""
    drawn = [draw_level("typical", seed=seed, n_lanes=LANES, n_rows=ROWS, shape=SHAPE) for seed in range(_DRAWN)]
    counts = [each.blot.pixels.astype(np.int32) for each in drawn]
    for each in range(number):
        place = folder / "images" / f"{each // 1000:03d}"
        place.mkdir(parents=True, exist_ok=True)
        noise = np.random.default_rng(each).integers(-3, 4, SHAPE, dtype=np.int32)
        pixels = np.clip(counts[each % _DRAWN] + noise, 0, 65535).astype(np.uint16)
        tifffile.imwrite(place / f"{each:07d}.tif", pixels)
    return folder / "images"


@functools.cache
def _lent(folder: Path) -> Part:
    """Measure the real blot, once a worker."""
    path = next(each / TEMPLATE for each in (folder, *folder.parents) if (each / TEMPLATE).is_dir()) / "blot.tif"
    record = {"inputs": {}, "warnings": [], "failures": [], "images": []}
    return real._part(measure_file(path, name="blot.tif").measured, record)


def _named(rows: pd.DataFrame, name: str) -> pd.DataFrame:
    return rows.assign(**{column: name for column in ("image", "name") if column in rows})


def do_cheap_unit(unit: real.Unit) -> str:
    """Keep the real blot's numbers under the unit's name."""
    lent, name = _lent(unit.folder), unit.name
    key = unit_key(unit.folder, unit.known, unit.further)
    path = part_path(unit.kept, key)
    if not is_part(path):
        tables = {table: _named(rows, name) for table, rows in lent.tables.items()}
        (picture,) = lent.pictures.values()
        pictures = {name: dataclasses.replace(picture, image=name)}
        figures = [{**each, "image": name} for each in lent.record["figures"]]
        geometry = {f"{name}|{mark.partition('|')[2]}": value for mark, value in lent.record["geometry"].items()}
        own = {"inputs": {name: key}, "images": plain_value(unit.known), "figures": figures, "geometry": geometry}
        write_part(Part(tables, pictures, {**lent.record, **own}), path)
    return key
