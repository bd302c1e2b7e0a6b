"""A picture of the marker by visible light beside the chemiluminescent ones: it tells masses and is not a target."""

from __future__ import annotations

import io
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import tifffile

from blotquant.batch.manifest import find_images
from blotquant.batch.parts import open_part, part_path
from blotquant.batch.unit import Unit, do_unit
from blotquant.errors import DetectionError
from blotquant.pipeline import quantify
from blotquant.pipeline.registration import register
from blotquant.result import Result
from blotquant.settings import Settings, from_mapping
from blotquant.study import read_study
from tests.drawn_marker import marker_study
from tests.unit.test_registration import membrane


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return marker_study(tmp_path_factory.mktemp("marker"))


@pytest.fixture(scope="module")
def result(folder: Path) -> Result:
    return quantify(folder, settings=from_mapping({"report": {"sensitivity": False}}))


def test_masses_of_targets_are_read_off_the_markers_picture(result: Result) -> None:
    samples = result.bands[(result.bands["target"] == "STAT3") & result.bands["lane"].between(2, 5)]

    assert set(samples["image"]) == {"pSTAT3_rep1.tif", "STAT3_rep1.tif"}
    np.testing.assert_allclose(samples["mass_kda"], 86.0, rtol=0.03)
    assert set(result.calibration.loc[result.calibration["kind"] == "mass", "parameter"]) >= {"lane 1", "lane 6"}


def test_ratios_are_those_of_the_samples_and_the_marker_is_no_target(result: Result, folder: Path) -> None:
    truth = pd.read_csv(folder / "truth_ratios.csv").set_index("lane")["ratio"]
    found = result.ratios.set_index("lane")["ratio"]

    assert set(result.ratios["target"]) == {"STAT3"}
    assert found.index.tolist() == [2, 3, 4, 5]
    np.testing.assert_allclose(found / found[3], truth[found.index] / truth[3], atol=0.03)


def test_bands_of_the_marker_are_looked_for_in_the_ladders_lanes_and_nowhere_else(result: Result) -> None:
    marker = result.bands[result.bands["image"] == "marker.tif"]
    others = result.bands[result.bands["image"] != "marker.tif"]

    assert set(marker["lane"]) == {1, 6}
    assert marker["detected"].sum() >= 12
    assert others.groupby("image")["band"].nunique().max() < marker["band"].nunique()


def test_a_marker_needs_no_target_and_lies_as_the_first_picture_does(folder: Path) -> None:
    images = read_study(folder).images.set_index("image")
    assert images.loc["marker.tif", "target"] == "marker"
    blots = [membrane([60.0, 100, 140]), membrane([75.0, 115, 155], name="marker")]

    assert register(blots).shifts
    assert not register(blots, still=["marker"]).shifts


def test_a_marker_of_another_size_is_refused_by_name(folder: Path, tmp_path: Path) -> None:
    for path in folder.iterdir():
        (tmp_path / path.name).write_bytes(path.read_bytes())
    tifffile.imwrite(tmp_path / "marker.tif", tifffile.imread(folder / "marker.tif")[:300, :400])

    with pytest.raises(DetectionError, match=r"marker\.tif"):
        quantify(tmp_path)


def test_measuring_the_table_keeps_the_markers_rows_to_the_marker(folder: Path, tmp_path: Path) -> None:
    manifest = find_images([str(folder / "images.csv")])
    ((membrane_name, images),) = manifest.by_membrane()
    key = do_unit(Unit(membrane_name, manifest.folder, images, Settings(), tmp_path))
    table = pd.read_csv(io.BytesIO(open_part(part_path(tmp_path, key)).csv["bands"]))
    rows = table.groupby("image")["band"].nunique()

    assert rows.drop("marker.tif").max() <= 3
    assert rows["marker.tif"] >= 6
