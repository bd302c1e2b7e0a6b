"""What the membrane, the camera and the export add to a drawn blot."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import pytest

from blotquant.synthetic import Camera, Drawn, Export, Layout, Membrane, draw

SHAPE = (120, 240)
QUIET = Camera(gain=0.0, read_noise=0.0, offset=0.0)
BANDS = pd.DataFrame({"lane": [1, 2, 3], "band": "1", "volume": [3e5, 3e5, 0.0]})


def membrane(camera: Camera = QUIET, export: Export | None = None, seed: int = 0, **knobs: Any) -> Drawn:
    """Draw three lanes, the last one empty, on a membrane of 1000 AU."""
    ground = Membrane(**({"base": 1000.0} | knobs))
    return draw(BANDS, layout=Layout(n_lanes=3), membrane=ground, camera=camera, export=export, shape=SHAPE, seed=seed)


def test_a_bare_membrane_is_flat() -> None:
    assert (membrane().background == 1000.0).all()


def test_unevenness_has_the_size_asked_for_and_no_fine_structure() -> None:
    ground = membrane(unevenness=0.1).background
    assert ground.std() == pytest.approx(100.0, rel=1e-6)
    assert np.abs(np.diff(ground, axis=0)).max() < 20.0


def test_a_gradient_rises_from_corner_to_corner() -> None:
    ground = membrane(gradient=0.4).background
    corners = ground[[0, 0, -1, -1], [0, -1, 0, -1]]
    assert np.ptp(corners) == pytest.approx(400.0, rel=1e-6)


def test_haze_lies_along_loaded_lanes_only_and_is_not_signal() -> None:
    drawn = membrane(haze=0.2)
    extra = drawn.background - 1000.0
    columns = drawn.lanes["centre"].round().astype(int)
    loaded, empty = extra[:, columns.iloc[0]], extra[:, columns.iloc[2]]
    assert loaded.min() > 0.02 * drawn.bands["height"].iloc[0]
    assert np.abs(empty).max() < 1e-3
    assert drawn.signal.sum() == pytest.approx(6e5)


def test_bleed_spreads_the_share_asked_for() -> None:
    extra = membrane(bleed=0.05, bleed_px=10.0).background - 1000.0
    assert extra.sum() == pytest.approx(0.05 * 6e5, rel=0.05)
    assert extra.max() < 0.05 * membrane().signal.max()


def test_dust_is_brighter_than_its_ground_and_narrower_than_a_band() -> None:
    extra = membrane(dust=5, dust_height=500.0).background - 1000.0
    assert extra.max() > 100.0
    assert (extra > 50.0).sum() < 5 * 60


def test_dust_on_bands_lies_in_the_box_of_a_band() -> None:
    drawn = membrane(dust_on_bands=1, dust_height=5000.0)
    row, col = np.unravel_index((drawn.background - 1000.0).argmax(), SHAPE)
    there = drawn.bands[drawn.bands["present"]]
    inside = there["top"].le(row) & there["bottom"].gt(row) & there["left"].le(col) & there["right"].gt(col)
    assert inside.any()


def test_specks_are_single_pixels() -> None:
    extra = membrane(specks=4, dust_height=500.0).background - 1000.0
    assert 1 <= (extra > 0).sum() <= 4


def test_a_scratch_is_a_thin_line() -> None:
    extra = np.abs(membrane(scratches=1, seed=3).background - 1000.0) > 50.0
    assert 10 < extra.sum() < 250
    rows, cols = np.nonzero(extra)
    spread = np.linalg.eigvalsh(np.cov(np.vstack([rows, cols])))
    assert spread[1] > 8.0 * spread[0]


def test_a_bubble_is_a_pale_disc() -> None:
    extra = membrane(bubbles=1, seed=2).background - 1000.0
    assert extra.max() <= 0.0
    assert -600.0 <= extra.min() < -200.0


def test_the_surround_of_a_membrane_is_black() -> None:
    drawn = membrane(edge=20.0)
    assert drawn.blot.pixels[:10].max() == 0.0
    assert drawn.blot.pixels[60, 30:210].min() >= 1000.0


def test_burnt_bands_are_hollow_and_keep_their_true_volume() -> None:
    plain, burnt = membrane(), membrane(burn=300.0)
    row, col = (round(value) for value in burnt.bands[["centre_row", "centre_col"]].iloc[0])
    assert burnt.blot.pixels[row, col] < burnt.blot.pixels[row - 8 : row, col].max() - 50.0
    assert (burnt.bands["volume"] == plain.bands["volume"]).all()


def test_photon_noise_grows_with_the_light_and_read_noise_does_not() -> None:
    dim = membrane(Camera(gain=2.0, read_noise=0.0, offset=0.0)).blot.pixels[:20]
    still = membrane(Camera(gain=0.0, read_noise=7.0, offset=0.0)).blot.pixels[:20]
    assert dim.var() == pytest.approx(2.0 * 1000.0, rel=0.06)
    assert still.std() == pytest.approx(7.0, rel=0.04)
    assert dim.mean() == pytest.approx(1000.0, rel=0.01)


def test_the_offset_is_added_and_a_negative_one_clips_at_zero() -> None:
    assert membrane(Camera(0.0, 0.0, 150.0)).blot.pixels.min() == 1150.0
    clipped = membrane(Camera(gain=0.0, read_noise=5.0, offset=-1000.0)).blot.pixels[:20]
    assert (clipped == 0.0).mean() == pytest.approx(0.5, abs=0.1)


def test_a_saturated_band_is_cut_at_the_ceiling_and_its_truth_is_not() -> None:
    drawn = membrane(Camera(0.0, 0.0, 0.0, ceiling=1500.0))
    assert drawn.blot.pixels.max() == 1500.0
    assert drawn.blot.ceiling == 1500.0
    assert drawn.bands["volume"].iloc[0] == pytest.approx(3e5)
    assert drawn.bands["height"].iloc[0] > 500.0


def test_an_8_bit_export_has_256_levels_at_most() -> None:
    blot = membrane(Camera(0.0, 0.0, 0.0, ceiling=4095.0), Export(bits=8)).blot
    assert blot.pixels.max() <= 255.0
    assert blot.ceiling == 255.0
    assert blot.source.depth == 8
    assert blot.pixels[0, 0] == round(1000.0 * 255.0 / 4095.0)


def test_a_stretched_export_uses_all_levels() -> None:
    pixels = membrane(Camera(0.0, 5.0, 0.0), Export(bits=8, stretched=True)).blot.pixels
    assert (pixels.min(), pixels.max()) == (0.0, 255.0)


def test_a_gamma_export_lifts_the_dark() -> None:
    blot = membrane(Camera(0.0, 0.0, 0.0, ceiling=4000.0), Export(bits=12, gamma=0.5)).blot
    assert blot.pixels[0, 0] == round(4095.0 * np.sqrt(0.25))


def test_jpeg_leaves_its_traces() -> None:
    camera = Camera(0.0, 20.0, 0.0, ceiling=4095.0)
    plain, lossy = membrane(camera, Export(bits=8)).blot, membrane(camera, Export(bits=8, jpeg=40)).blot
    assert lossy.source.lossy
    assert not plain.source.lossy
    assert 0.0 < np.abs(plain.pixels - lossy.pixels).mean() < 5.0
