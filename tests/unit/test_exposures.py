"""Exposures of one membrane that moved between them, or whose substrate faded."""

from __future__ import annotations

import dataclasses

import cv2
import numpy as np
import pandas as pd
import pytest

from blotquant.blot import Blot
from blotquant.calibration import Merged, merge_exposures
from blotquant.conditions import complete
from blotquant.errors import QualityWarning
from blotquant.pipeline.exposures import widened
from blotquant.synthetic.drawing import Drawn
from blotquant.tables import check
from tests.drawn_exposures import SHAPE, draw_exposure, measure_merged

LONG = 36.0  # so many times the light clips most bands of the upper row


def merged(short: Drawn, long: Drawn, times: tuple[float, float] = (5.0, 60.0)) -> Merged:
    return merge_exposures([short.blot, long.blot], times)


def told(report: pd.DataFrame, parameter: str) -> float:
    """Value of the shorter exposure, the first of two; zero where nothing is said."""
    rows = report.loc[(report["parameter"] == parameter) & (report["x"] == 5.0), "value"]
    return float(rows.iloc[0]) if len(rows) else 0.0


@pytest.mark.parametrize(
    ("down", "right"), [(0, 0), (3, 0), (0, -4), (2.5, 0.8), (-13.4, 17.6), (20, -20)], ids=lambda by: f"{by:g}"
)
def test_exposures_that_moved_are_laid_on_each_other(down: float, right: float) -> None:
    long = draw_exposure(3, LONG, noise=1)
    both = merged(draw_exposure(3, 3.0, noise=0, down=down, right=right), long)
    found = measure_merged(both, long.bands)
    assert len(found) == 12
    assert long.blot.ceiling is not None
    assert (found["saturated"] == 0).all()
    assert (found["height"] > long.blot.ceiling).sum() >= 3  # the longest exposure alone would not do
    assert found["off"].abs().max() < 0.004
    assert found["z"].abs().max() < 4.5
    assert told(both.calibration, "down") == pytest.approx(down, abs=0.1)
    assert told(both.calibration, "right") == pytest.approx(right, abs=0.1)


def test_an_exposure_that_was_turned_a_little_is_laid_on_the_other() -> None:
    short, long = draw_exposure(4, 3.0, noise=0), draw_exposure(4, LONG, noise=1)
    turn = cv2.getRotationMatrix2D(((SHAPE[1] - 1) / 2, (SHAPE[0] - 1) / 2), -0.6, 1.0)  # clockwise
    turned = cv2.warpAffine(short.blot.pixels, turn, SHAPE[::-1], borderMode=cv2.BORDER_REFLECT)
    both = merged(dataclasses.replace(short, blot=Blot("short", turned, bright=True, ceiling=65535.0)), long)
    assert told(both.calibration, "turn") == pytest.approx(0.6, abs=0.02)
    assert measure_merged(both, long.bands)["off"].abs().max() < 0.005


@pytest.mark.parametrize("other", ["far", "another membrane", "blank"])
def test_an_exposure_that_cannot_be_laid_on_the_other_is_left_out_and_said(other: str) -> None:
    long = draw_exposure(5, LONG, noise=1)
    short = draw_exposure(6 if other == "another membrane" else 5, 1e-6 if other == "blank" else 3.0, noise=0)
    if other == "far":
        pixels = np.roll(short.blot.pixels, 150, axis=1)
        short = dataclasses.replace(short, blot=Blot("short", pixels, bright=True, ceiling=65535.0))
    with pytest.warns(QualityWarning, match="exposure of 5 s .* too little in common .* stay flagged as saturated"):
        both = merged(short, long)
    assert both.blot is long.blot
    assert both.exposures == (long.blot.name,)
    assert both.calibration.empty
    assert not both.doubt.any()


@pytest.mark.parametrize("faded", [30.0, 20.0])
def test_where_substrate_fades_the_factor_is_read_from_the_light_and_the_times_are_doubted(faded: float) -> None:
    long = draw_exposure(7, faded, noise=1)
    with pytest.warns(QualityWarning, match="off proportional to time"):
        both = merged(draw_exposure(7, 3.0, noise=0), long)
    first = both.calibration.iloc[0]
    assert first["parameter"] == "gain"
    assert first["value"] == pytest.approx(3.0 / faded, abs=4 * first["se"])
    assert 0 < first["se"] < 0.002 * first["value"]
    found = measure_merged(both, long.bands)
    assert found["off"].abs().max() < 0.003
    assert found["z"].abs().max() < 4.5


def test_exposures_that_lie_still_and_follow_their_times_are_merged_without_a_word() -> None:
    both = merged(draw_exposure(8, 3.0, noise=0), draw_exposure(8, LONG, noise=1))
    assert list(both.calibration["parameter"]) == ["gain", "gain", "range"]
    assert (both.calibration["note"][:2] == "proportional to time").all()


def test_three_exposures_that_all_moved_are_chained() -> None:
    places = ((1.0, -6.0, 4.4), (6.0, 5.6, -3.0), (LONG, 0.0, 0.0))
    parts = [draw_exposure(9, light, noise=k, down=d, right=r) for k, (light, d, r) in enumerate(places)]
    both = merge_exposures([part.blot for part in parts], (5 / 3, 10.0, 60.0))
    found = measure_merged(both, parts[-1].bands)
    assert found["off"].abs().max() < 0.004
    assert list(both.calibration.loc[both.calibration["parameter"] == "down", "value"]) == pytest.approx(
        [-6.0, 5.6], abs=0.1
    )


def test_errors_of_bands_hold_how_well_the_factor_is_known() -> None:
    pixels = np.full((20, 40), 100.0)
    pixels[8:12, 5:15] = pixels[8:12, 25:35] = 500.0
    doubt = np.zeros((20, 40))
    doubt[:, :20] = 0.03
    box = {"image": "a", "band": "1", "top": 5.0, "bottom": 15.0, "volume": 16000.0, "volume_se": 360.0, "snr": 44.4}
    bands = pd.DataFrame(
        [{**box, "lane": 1, "left": 2.0, "right": 18.0}, {**box, "lane": 2, "left": 22.0, "right": 38.0}]
    )
    bands = check(complete(bands, "bands"), "bands")
    out = widened(bands, {"a": Merged(Blot("a", pixels), doubt, pd.DataFrame(), ("a",))})
    assert list(out["volume_se"]) == pytest.approx([600.0, 360.0])
    assert list(out["snr"]) == pytest.approx([16000 / 600, 16000 / 360])
    pd.testing.assert_frame_equal(widened(bands, {}), bands)


@pytest.mark.slow
@pytest.mark.parametrize(
    ("light", "down", "right"), [(36.0, 0, 0), (36.0, -7.5, 12.4), (29.0, 0, 0), (24.0, 9.5, -3.3)]
)
@pytest.mark.filterwarnings("ignore:.*off proportional to time")
def test_merged_volumes_hold_within_their_errors(light: float, down: float, right: float) -> None:
    found = []
    for seed in range(20):
        long = draw_exposure(seed, light, noise=1)
        both = merged(draw_exposure(seed, 3.0, noise=0, down=down, right=right), long)
        found.append(measure_merged(both, long.bands))
    z = pd.concat(found)["z"].abs()
    assert 0.4 < z.median() < 0.9
    assert (z < 1.96).mean() > 0.9
