"""A real scan with one file a channel: a folder is one acquisition, and measuring lays its channels on one grid."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from blotquant.batch.manifest import find_images
from blotquant.errors import ReadError
from blotquant.orientation import orient
from blotquant.pipeline import registration
from blotquant.pipeline.registration import register
from blotquant.readers import read_blot, read_channels

BLOTS = Path(__file__).parents[2] / "../shared/blots"
SCAN = BLOTS / "licor_akt"

pytestmark = [
    pytest.mark.real,
    pytest.mark.skipif(not BLOTS.is_dir(), reason="the real blots do not lie next to the checkout"),
]


def test_a_folder_with_one_file_a_channel_is_read_as_one_picture_of_two_channels() -> None:
    blots = read_channels(SCAN)

    assert [blot.name for blot in blots] == ["licor_akt#700", "licor_akt#800"]
    assert [blot.source.reader for blot in blots] == ["licor_folder", "licor_folder"]
    for blot in blots:
        single = read_blot(SCAN / f"Akt_{blot.source.channel}.TIF")
        assert (blot.pixels == single.pixels).all()
        assert (blot.pixel_um, blot.source.imager) == (single.pixel_um, single.source.imager)
    assert "Akt Quantification.txt" in blots[0].source.tags
    with pytest.raises(ReadError, match=r"name one with channel= \(700, 800\)"):
        read_blot(SCAN)


def test_measuring_the_folder_finds_one_membrane() -> None:
    manifest = find_images([str(SCAN / "Akt_700.TIF"), str(SCAN / "Akt_800.TIF")])

    assert manifest.membranes == 1


def test_the_two_probes_are_not_moved_by_a_lane_whether_or_not_their_scan_is_known(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    blots = [orient(read_blot(SCAN / f"Akt_{channel}.TIF")) for channel in (700, 800)]
    assert not register(blots).shifts

    monkeypatch.setattr(registration, "on_one_grid", lambda one, other: False)
    assert not register(blots).shifts
    assert np.abs([blot.frame.left for blot in register(blots).blots]).max() == 0
