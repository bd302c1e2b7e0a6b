"""Real blots: lanes and bands found unaided, against what was placed by eye."""

from __future__ import annotations

import cv2
import pytest

from blotquant.blot import Blot
from blotquant.errors import DetectionError
from blotquant.lanes import find_lanes
from blotquant.orientation import orient
from blotquant.readers import read_blot
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


def test_a_gel_of_few_bands_has_its_lanes_at_half_its_size() -> None:
    pixels = read_blot(BLOTS / "gel_jpeg/gel.gif").pixels
    halved = cv2.resize(pixels, (pixels.shape[1] // 2, pixels.shape[0] // 2), interpolation=cv2.INTER_AREA)
    assert len(find_lanes(orient(Blot("half.gif", halved)))) == 6
