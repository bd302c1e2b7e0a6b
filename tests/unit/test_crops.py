"""A picture that is cut close to its bands is flagged, and one with membrane around them is not."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import tifffile

from blotquant.flags import Flag, has_flag
from blotquant.settings import from_mapping
from blotquant.synthetic import draw_level
from tests.measured_image import measure_image


@pytest.mark.parametrize("turns", [0, 1])
@pytest.mark.parametrize(("room", "tight"), [(7, True), (60, False)])
def test_a_tight_crop_is_flagged_however_the_picture_lies(turns: int, room: int, tight: bool, tmp_path: Path) -> None:
    drawn = draw_level("clean", seed=4, n_lanes=8, n_rows=1, shape=(240, 520))
    row = round(float(drawn.bands["centre_row"].median()))
    part = np.rot90(drawn.blot.pixels[max(0, row - room) : row + room], turns)
    tifffile.imwrite(tmp_path / "a.tif", np.ascontiguousarray(part).clip(0, 65535).astype(np.uint16))
    settings = from_mapping({"lanes": {"n_lanes": 8}, "orientation": {"rotate": 90 * turns}})
    bands = measure_image(tmp_path / "a.tif", settings=settings).bands

    assert len(bands) > 0
    assert set(has_flag(bands["flags"], Flag.TIGHT_CROP)) == {tight}
