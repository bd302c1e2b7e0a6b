"""Real blots: lanes and bands found unaided, against what was placed by eye."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

from blotquant.errors import DetectionError
from blotquant.readers import read_blot
from tests.real.copies import count_lanes, draw_copies, is_right
from tests.real.scoring import BLOTS, RealScore, found_in, score_all, table, totals

pytestmark = [
    pytest.mark.real,
    pytest.mark.skipif(not BLOTS.is_dir(), reason="the real blots do not lie next to the checkout"),
]


@pytest.fixture(scope="module")
def scores() -> list[RealScore]:
    found = score_all()
    print()
    print(table(found).to_string(index=False))
    return found


STAGES = pytest.mark.parametrize("stage", ["found", "measured"])


@STAGES
def test_bands_that_were_placed_by_eye_are_found(scores: list[RealScore], stage: str) -> None:
    assert totals(scores, stage)[0] >= 0.97


@STAGES
def test_little_else_is_found(scores: list[RealScore], stage: str) -> None:
    assert totals(scores, stage)[1] >= 0.85


def test_the_licor_pair_shows_fifteen_lanes_and_no_row_at_the_edge_of_its_membrane() -> None:
    _, lanes, bands = found_in(("licor_akt/Akt_700.TIF", "licor_akt/Akt_800.TIF"))
    assert set(lanes.groupby("image")["lane"].nunique()) == {15}
    rows = bands[bands["detected"]].groupby("band")["centre_row"].median()
    assert ((rows > 5) & (rows < 110)).all()


@pytest.mark.parametrize("name", ["bio1sc/test1.1sc", "bio1sc/test1_imglab_analysis.tif"])
def test_nothing_is_invented_on_a_dot_blot(name: str) -> None:
    with pytest.raises(DetectionError, match="dot"):
        found_in((name,))


@pytest.mark.parametrize(
    ("path", "changes"),
    [
        ("gel_jpeg/gel.gif", ("size 0.5", "size 0.7", "size 0.85", "JPEG 40", "gamma 1.25", "blur 2")),
        ("chemidoc/parp.tif", ("size 0.5", "JPEG 60", "JPEG 75")),
        ("licor_akt/Akt_800.TIF", ("size 1.2",)),
        ("bio1sc/test4.1sc", ("size 0.5", "size 2.0", "JPEG 75", "mirrored", "upside down")),
    ],
)
def test_a_picture_that_is_changed_a_little_keeps_its_lanes(path: str, changes: tuple[str, ...]) -> None:
    blot = read_blot(BLOTS / path)
    known = json.loads((BLOTS / f"{path.removesuffix('.1sc')}.annotation.json").read_text(encoding="utf-8"))
    copies = [copy for copy in draw_copies(np.asarray(blot.pixels, float), blot.source.depth) if copy.change in changes]
    assert len(copies) == len(changes)
    for copy in copies:
        lanes = count_lanes(copy)
        assert is_right(copy, lanes, Path(path).name, known), f"{copy.change}: {lanes} lanes"
