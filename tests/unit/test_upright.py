"""Which way up a membrane lies is told by its ladder: the same bands come out however the pictures were turned."""

from __future__ import annotations

import shutil
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import tifffile

from blotquant.batch.measuring import check_methods
from blotquant.blot import Blot
from blotquant.calibration import ladder_cost, ladder_masses
from blotquant.errors import DetectionError, SettingsError
from blotquant.orientation import orient
from blotquant.pipeline import quantify
from blotquant.pipeline.upright import find_turn
from blotquant.result import Result
from blotquant.settings import from_mapping
from blotquant.synthetic import simulate_study
from blotquant.synthetic.studies import Design

ASKED = from_mapping({"report": {"sensitivity": False}, "orientation": {"by_ladder": True}})
PAGERULER = ladder_masses("PageRuler 26616", "Tris-glycine")


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """One membrane, of which one picture is enough."""
    design = Design(replicates=1, doses=(10.0, 100.0), ladder=True)
    study = simulate_study(tmp_path_factory.mktemp("ladder"), seed=3, design=design, shape=(300, 420))
    images = pd.read_csv(study / "images.csv", keep_default_na=False)
    images[images["form"] == "total"].to_csv(study / "images.csv", index=False)
    return study


@pytest.fixture(scope="module")
def upright(folder: Path) -> Result:
    return quantify(folder, settings=from_mapping({"report": {"sensitivity": False}}), until="bands")


def test_a_membrane_that_lies_on_its_side_is_measured_as_if_it_stood(
    folder: Path, upright: Result, tmp_path: Path
) -> None:
    study = Path(shutil.copytree(folder, tmp_path / "study"))
    for path in study.glob("*.tif"):
        tifffile.imwrite(path, np.ascontiguousarray(np.rot90(tifffile.imread(path))))
    result = quantify(study, settings=ASKED, until="bands")
    turn = result.quality[result.quality["measure"] == "turn"]

    assert turn["value"].tolist() == [90.0]
    np.testing.assert_allclose(result.bands["volume"], upright.bands["volume"])
    np.testing.assert_allclose(result.bands["mass_kda"], upright.bands["mass_kda"])


@pytest.mark.parametrize("quarters", [2, 3])
def test_a_membrane_upside_down_or_on_its_other_side_is_turned_back(folder: Path, quarters: int) -> None:
    pixels = np.rot90(tifffile.imread(next(folder.glob("STAT3*.tif"))), quarters)
    samples = pd.read_csv(folder / "samples.csv")
    found = find_turn(
        lambda degrees: [orient(Blot("m.tif", pixels), rotate=degrees)], samples, PAGERULER, n_lanes=len(samples)
    )

    assert found.degrees == 90 * quarters
    assert found.cost + 4.0 < found.next_cost


def test_a_study_that_does_not_ask_is_left_as_it_lies(upright: Result) -> None:
    assert "turn" not in set(upright.quality["measure"])


def test_without_a_ladder_lane_it_is_said_what_is_missing(folder: Path, tmp_path: Path) -> None:
    study = Path(shutil.copytree(folder, tmp_path / "study"))
    samples = pd.read_csv(study / "samples.csv", keep_default_na=False)
    samples["role"] = samples["role"].replace("ladder", "empty")
    samples.to_csv(study / "samples.csv", index=False)

    with pytest.raises(SettingsError, match=r"needs the ladder's name .* and a lane of role ladder"):
        quantify(study, settings=ASKED)


def test_measuring_without_a_study_says_that_it_knows_no_ladder() -> None:
    with pytest.raises(SettingsError, match="needs the ladder's lanes of a study; for measure say rotate"):
        check_methods(ASKED)


def test_a_row_of_equal_bands_and_a_blank_picture_leave_it_to_the_user() -> None:
    row, col = np.mgrid[0:300, 0:300]
    pixels = np.random.default_rng(1).normal(900.0, 5.0, row.shape)
    for lane in range(5):
        for band in range(5):
            at = ((row - 50 - 50 * band) / 4.0) ** 2 + (np.abs(col - 50 - 50 * lane) / 14.0) ** 6
            pixels += 3000.0 * np.exp(-0.5 * at)
    even = Blot("even.tif", pixels, bright=True)
    samples = pd.DataFrame({"lane": [1], "role": ["ladder"]})

    with pytest.raises(DetectionError, match=r"nearly as well turned by .* say which with rotate"):
        find_turn(lambda degrees: [even], samples, PAGERULER)
    blank = Blot("blank.tif", np.random.default_rng(1).normal(900.0, 5.0, (200, 300)), bright=True)
    with pytest.raises(DetectionError, match=r"blank\.tif: no way up shows the membrane's lanes"):
        find_turn(lambda degrees: [blank], samples, PAGERULER)


def test_a_ladder_fits_better_the_right_way_up_and_best_when_all_of_it_is_seen() -> None:
    masses = np.asarray(PAGERULER)
    places = 400.0 * np.log(300.0 / masses) / np.log(300.0 / 8.0)

    right, turned = ladder_cost(places, masses), ladder_cost(np.sort(400.0 - places), masses)
    assert right < 1.0 < turned
    assert right < ladder_cost(places[::2], masses) < ladder_cost(np.empty(0), masses)
