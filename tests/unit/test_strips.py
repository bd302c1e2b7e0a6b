"""Several strips in one picture: each measured, lanes shared by those below one another, page and frames no bands."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from blotquant.batch.inspecting import inspect_images
from blotquant.batch.manifest import find_images
from blotquant.blot import Blot
from blotquant.errors import DetectionError
from blotquant.readers import read_blot, split_channels
from blotquant.settings import from_mapping
from tests.drawn_figure import SIX, figure, page_of, strip
from tests.measured_image import measure_image

TOPS = (20, 90, 160)


def saved(page: np.ndarray, folder: Path) -> Path:
    Image.fromarray(page.round().astype(np.uint8)).save(folder / "fig.png")
    return folder / "fig.png"


@pytest.mark.parametrize("ticks", [False, True])
def test_each_strip_is_measured_inside_its_frame(ticks: bool, tmp_path: Path) -> None:
    result = measure_image(saved(figure(TOPS, ticks=ticks), tmp_path))

    assert list(result.images["image"]) == ["fig.png@1", "fig.png@2", "fig.png@3"]
    assert set(result.images["membrane"]) == {"fig.png"}
    assert list(result.images["region"]) == ["1", "2", "3"]
    for top, (_, bands) in zip(TOPS, result.bands.groupby("image"), strict=True):
        assert len(bands) == 6
        assert bands["detected"].all()
        assert (abs(bands["centre_row"] - (top + 20)) < 1).all()
        assert (abs(bands.sort_values("lane")["centre_col"] - 60 - np.array(SIX)) < 1.5).all()
        assert (bands["top"] >= top).all()
        assert (bands["bottom"] <= top + 40).all()
    volumes = result.bands.pivot_table(index="lane", columns="image", values="volume")
    assert volumes.to_numpy() == pytest.approx(150 * 3.0 * np.sqrt(2 * np.pi) * 25, rel=0.05)


def test_a_strip_whose_bands_are_gone_has_the_lanes_of_the_others(tmp_path: Path) -> None:
    strips = [strip(seed=1), strip(seed=2, depth=0.0), strip(seed=3)]
    result = measure_image(saved(page_of(strips, TOPS), tmp_path))
    lanes = result.lanes.pivot_table(index="lane", columns="image", values="centre").to_numpy()

    assert lanes.shape == (6, 3)
    assert np.ptp(lanes, axis=1).max() < 1.5
    assert not result.bands.loc[result.bands["image"] == "fig.png@2", "detected"].any()


def test_a_strip_that_shows_other_lanes_keeps_its_own(tmp_path: Path) -> None:
    other = strip(seed=2, lanes=[30.0 * k + 30.0 for k in range(7)])
    result = measure_image(saved(page_of([strip(seed=1), other], (30, 120)), tmp_path))

    assert result.lanes.groupby("image")["lane"].nunique().to_dict() == {"fig.png@1": 6, "fig.png@2": 7}


def test_strips_beside_each_other_are_columns_of_their_own(tmp_path: Path) -> None:
    page = np.full((120, 640), 255.0)
    page[40:80, 20:260] = strip(seed=1)
    page[40:80, 340:580] = strip(seed=2, lanes=SIX[:4])
    result = measure_image(saved(page, tmp_path))

    assert result.lanes.groupby("image")["lane"].nunique().to_dict() == {"fig.png@1": 6, "fig.png@2": 4}
    assert result.bands.loc[result.bands["image"] == "fig.png@2", "left"].min() > 335


def test_a_blank_strip_by_itself_is_a_failure_on_record_and_the_rest_is_measured(tmp_path: Path) -> None:
    page = np.full((120, 640), 255.0)
    page[40:80, 20:260] = strip(seed=1)
    page[40:80, 340:580] = strip(seed=2, depth=0.0)
    result = measure_image(saved(page, tmp_path))

    assert set(result.bands["image"]) == {"fig.png@1"}
    (failure,) = result.record["failures"]
    assert failure["name"] == "fig.png@2"
    assert "no lanes" in failure["message"]


def test_a_number_of_lanes_that_the_strips_contradict_is_an_error_that_names_both(tmp_path: Path) -> None:
    with pytest.raises(DetectionError, match=r"11 lanes were given, but the picture shows 6"):
        measure_image(saved(figure(TOPS), tmp_path), settings=from_mapping({"lanes": {"n_lanes": 11}}))


def test_a_strip_is_shown_where_it_lies(tmp_path: Path) -> None:
    result = measure_image(saved(figure(TOPS), tmp_path))
    for top, picture in zip(TOPS, result.pictures.values(), strict=True):
        assert (picture.frame.rows, picture.frame.cols) == (220, 380)
        assert abs(picture.frame.top - top) <= 3
        assert abs(picture.shape[0] - 40) <= 6


def test_channels_of_one_file_are_parted_alike() -> None:
    page = figure(TOPS)
    parted = split_channels([Blot("f#700", page), Blot("f#800", page)])

    assert [[blot.name for blot in strips] for strips in parted] == [
        [f"f#700@{number}", f"f#800@{number}"] for number in (1, 2, 3)
    ]
    assert len(split_channels([Blot("f#700", page), Blot("f#800", page[:, ::2])])) == 1


def test_inspect_speaks_of_each_strip(tmp_path: Path) -> None:
    path = saved(figure(TOPS), tmp_path)
    (_, outcome), *_ = inspect_images(find_images([str(path)]))

    assert [remark.image for remark in outcome.value or ()] == ["fig.png@1", "fig.png@2", "fig.png@3"]


def test_a_strip_chosen_by_its_number_is_what_measuring_the_picture_gives(tmp_path: Path) -> None:
    path = saved(figure(TOPS), tmp_path)
    alone, together = measure_image(path, region="2"), measure_image(path)
    second = together.bands[together.bands["image"] == "fig.png@2"].reset_index(drop=True)

    assert read_blot(path, region="2").shape == alone.pictures["fig.png@2"].shape
    assert alone.bands["volume"].to_numpy() == pytest.approx(second["volume"].to_numpy(), rel=0.02)
