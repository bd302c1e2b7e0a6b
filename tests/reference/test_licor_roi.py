"""Published LI-COR intensities from the published ROIs: Hatfield et al. 2015, Sci Rep 5:9676 (ODC-By 1.0 data).

Odyssey's formula as exported: intensity [k counts] = (Σ pixels − background · n) · (side of a pixel in mm)² / 1000.
"""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from blotquant.integration import integrate_box
from blotquant.readers import read_blot

FOLDER = Path(__file__).parents[2] / "../shared/blots/licor_akt"


@pytest.mark.real
@pytest.mark.skipif(not FOLDER.is_dir(), reason="the LI-COR study is not beside the checkout")
def test_the_three_rectangular_rois_give_the_published_intensities() -> None:
    published = json.loads((FOLDER / "published_bands.json").read_text())["bands"]
    rectangles = [roi for roi in published if roi["is_rect"]]
    assert len(rectangles) == 3
    for roi in rectangles:
        blot = read_blot(FOLDER / roi["image"])
        left, top, right, bottom = roi["bbox"]
        # Odyssey counts background also for the two columns by which one ROI reaches beyond the picture
        counts = integrate_box(blot, top, bottom, left, right) - roi["reported_background"] * roi["n_px"]
        intensity = counts * roi["pixel_mm"] ** 2 / 1000.0
        assert intensity == pytest.approx(roi["reported_II_kcounts"], abs=0.001)
