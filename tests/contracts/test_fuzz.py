"""Whatever is done to a file, a reader takes it or refuses it on one line; `python -m tests.fuzz` tries for an hour."""

from __future__ import annotations

import io
import zipfile
from contextlib import suppress
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from blotquant.errors import BlotquantError
from blotquant.readers import READERS
from blotquant.readers.planes import DAMAGE
from blotquant.study import read_responses
from blotquant.tables import INPUTS
from tests.fuzz.spoiling import ODD_CELLS, spoilt_png, spoilt_table, spoilt_zip
from tests.fuzz.targets import TARGETS
from tests.fuzz.trying import try_once
from tests.sound_files import SOUND


def test_every_reader_that_can_be_written_for_is_fuzzed() -> None:
    assert {*TARGETS} >= {*READERS} - {"syngene", "bioio"}


@pytest.mark.parametrize("name", TARGETS)
@settings(max_examples=12, deadline=None, derandomize=True, database=None)
@given(seed=st.integers(0, 2**32 - 1))
def test_a_spoilt_file_is_read_or_refused_soon_with_little_memory_and_nothing_written(name: str, seed: int) -> None:
    with TemporaryDirectory() as place:
        sound = {path: path.read_bytes() for path in TARGETS[name].write(Path(place))}
        rng = np.random.default_rng(seed)
        found = [try_once(name, Path(place), sound, rng)[1] for _ in range(3)]

    assert found == ["", "", ""]


def test_spoiling_goes_past_checksums_so_that_what_lies_behind_is_tried() -> None:
    with TemporaryDirectory() as place:
        png, archive = SOUND["png"](Path(place)).read_bytes(), SOUND["licor_zip"](Path(place)).read_bytes()
    rng = np.random.default_rng(1)
    unpacked = 0
    for _ in range(40):
        with suppress(*DAMAGE), zipfile.ZipFile(io.BytesIO(spoilt_zip(archive, rng))) as opened:
            unpacked += opened.testzip() is None

    assert unpacked > 20
    assert sum(spoilt_png(png, rng)[:8] == png[:8] for _ in range(40)) > 30
    assert sum(spoilt_table(b"a,b\n1,2\n", rng).isascii() for _ in range(40)) < 40


_CELL = st.one_of(st.sampled_from(ODD_CELLS), st.text(max_size=12), st.floats().map(str), st.integers().map(str))


@settings(max_examples=120, deadline=None, derandomize=True, database=None)
@given(rows=st.lists(st.lists(_CELL, min_size=1, max_size=8), max_size=5))
def test_a_table_of_any_cells_gives_responses_or_one_line(rows: list[list[str]]) -> None:
    quoted = [['"' + cell.replace('"', '""') + '"' for cell in row] for row in rows]
    text = "\n".join([",".join(INPUTS["responses"].names[:6]), *map(",".join, quoted)])
    with TemporaryDirectory() as place:
        path = Path(place) / "table.csv"
        path.write_bytes(text.encode("utf-8", "surrogatepass"))
        said = ""
        try:
            found = read_responses(path)
            said = "" if np.isfinite(found["response"]).all() else "a response that is no number"
        except BlotquantError as error:
            said = "".join(str(error).splitlines()[1:])

    assert said == ""
