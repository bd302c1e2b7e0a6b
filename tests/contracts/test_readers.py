"""What every reader promises, run over the registry: one sound file each, then the same file spoilt."""

from __future__ import annotations

import dataclasses
import time
from pathlib import Path

import numpy as np
import pytest

from blotquant.batch.engine import run
from blotquant.blot import Blot
from blotquant.errors import ReadError
from blotquant.readers import READERS, explain, read_channels
from blotquant.readers.planes import Plane
from tests.fuzz.spoiling import spoilt
from tests.sound_files import COUNTS, SOUND

WRITTEN = sorted(SOUND)


def read_or_refuse(path: Path, limit: float = 1.0) -> list[Blot]:
    """Read a file that may be spoilt: pictures or a `ReadError` on one line, soon; nothing else."""
    start, found, said = time.perf_counter(), [], ""
    try:
        found = read_channels(path, max_megapixels=limit)
    except ReadError as error:
        said = str(error)
    assert time.perf_counter() - start < 10.0
    assert found or path.name in said
    assert "\n" not in said
    assert all(np.isfinite(blot.pixels).all() for blot in found)
    return found


def test_every_reader_of_files_but_the_extra_has_a_sound_file_here() -> None:
    files = {name for name, reader in READERS.items() if not reader.folders}

    assert {*SOUND, "syngene", "bioio"} == files


@pytest.mark.parametrize("name", READERS)
def test_a_reader_describes_itself_for_the_docs(name: str) -> None:
    reader = READERS[name]

    assert reader.name == name
    assert reader.folders is not bool(reader.extensions)
    assert all(ending.startswith(".") and ending.islower() for ending in reader.extensions)
    assert min(len(reader.formats), len(reader.kept), len(reader.tested_on)) > 4


@pytest.mark.parametrize("name", WRITTEN)
def test_a_sound_file_is_taken_by_its_reader_and_no_other(name: str, tmp_path: Path) -> None:
    table = explain(SOUND[name](tmp_path))

    assert list(table.loc[table["takes"], "reader"]) == [name]


@pytest.mark.parametrize("name", WRITTEN)
def test_a_sound_file_gives_one_blot_with_its_source_on_record(name: str, tmp_path: Path) -> None:
    path = SOUND[name](tmp_path)
    (blot,) = read_channels(path)

    assert blot.shape == COUNTS.shape
    assert blot.bright is None
    assert blot.source.reader == name
    assert len(blot.source.sha256) == 64
    assert blot.source.depth in (8, 16)
    assert blot.steps[0].verb == "read"
    if name not in ("jpeg", "amersham_gel"):
        assert (blot.pixels == COUNTS).all()


@pytest.mark.parametrize("name", WRITTEN)
def test_reading_twice_gives_the_same_and_leaves_the_file_alone(name: str, tmp_path: Path) -> None:
    path = SOUND[name](tmp_path)
    before = sorted(tmp_path.iterdir()), path.read_bytes()
    one, two = read_channels(path), read_channels(path)

    assert (one[0].pixels == two[0].pixels).all()
    assert one[0].source == two[0].source
    assert (sorted(tmp_path.iterdir()), path.read_bytes()) == before


@pytest.mark.parametrize("name", WRITTEN)
def test_a_picture_above_the_limit_is_refused(name: str, tmp_path: Path) -> None:
    with pytest.raises(ReadError, match="limit of 0"):
        read_channels(SOUND[name](tmp_path), max_megapixels=0.0005)


@pytest.mark.parametrize("name", WRITTEN)
def test_a_file_cut_anywhere_is_refused_or_whole(name: str, tmp_path: Path) -> None:
    path = SOUND[name](tmp_path)
    data = path.read_bytes()
    whole = read_channels(path)[0].pixels
    for length in [1, 2, 3, 7, *np.linspace(8, len(data) - 1, 25, dtype=int).tolist()]:
        path.write_bytes(data[:length])
        for blot in read_or_refuse(path):
            np.testing.assert_array_equal(blot.pixels, whole)


@pytest.mark.parametrize("name", WRITTEN)
def test_a_spoilt_file_is_read_or_refused_and_nothing_else(name: str, tmp_path: Path) -> None:
    path = SOUND[name](tmp_path)
    data = path.read_bytes()
    rng = np.random.default_rng(list(SOUND).index(name))
    outcomes = set()
    for _ in range(40):
        path.write_bytes(spoilt(data, rng))
        outcomes.add(bool(read_or_refuse(path)))

    assert outcomes <= {True, False}


@pytest.mark.slow
@pytest.mark.parametrize("name", WRITTEN)
def test_thousands_of_spoilt_files_are_read_or_refused(name: str, tmp_path: Path) -> None:
    path = SOUND[name](tmp_path)
    data = path.read_bytes()
    rng = np.random.default_rng(100 + list(SOUND).index(name))
    refused = 0
    for _ in range(3000):
        path.write_bytes(spoilt(data, rng))
        refused += not read_or_refuse(path)

    assert refused > 0


def without_memory(path: Path, max_megapixels: float) -> list[Plane]:
    raise MemoryError


def test_a_picture_that_finds_no_memory_is_not_called_damaged_and_is_tried_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = SOUND["png"](tmp_path)
    monkeypatch.setitem(READERS, "png", dataclasses.replace(READERS["png"], read=without_memory))

    with pytest.raises(MemoryError):
        read_channels(path)
    failure = next(run(read_channels, [path])).failure  # as the batch reads: such a task is tried once more, alone
    assert failure is not None
    assert failure.kind == "MemoryError"


@pytest.mark.parametrize(("name", "opened"), [("amersham_gel", "tifffile.TiffFile"), ("licor_zip", "zipfile.ZipFile")])
def test_nor_is_its_kind_taken_for_another_while_memory_is_short(
    name: str, opened: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def open_in_vain(*_: object, **__: object) -> None:
        raise MemoryError

    path = SOUND[name](tmp_path)
    path = path.rename(path.with_suffix(".tif")) if name == "amersham_gel" else path
    monkeypatch.setattr(opened, open_in_vain)
    with pytest.raises(MemoryError):
        explain(path)
