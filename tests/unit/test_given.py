"""What is known of a membrane before its pictures: who is believed on the number of lanes."""

from __future__ import annotations

import pandas as pd
import pytest

from blotquant.pipeline.given import Given
from blotquant.settings import Settings, from_mapping
from blotquant.tables import empty

SAID, SILENT = from_mapping({"lanes": {"n_lanes": 9}}), Settings()


def images(n_lanes: float) -> pd.DataFrame:
    return pd.DataFrame({"image": ["a", "m"], "form": ["total", "marker"], "n_lanes": [float("nan"), n_lanes]})


def samples(*lanes: int) -> pd.DataFrame:
    return pd.DataFrame({"membrane": "m", "lane": lanes, "role": "sample"})


@pytest.mark.parametrize(
    ("settings", "told", "lanes", "count", "why"),
    [
        (SAID, 8, (1, 2, 3), 9, "given by the settings"),
        (SILENT, 8, (1, 2, 3), 8, "given by n_lanes in images.csv"),
        (SILENT, float("nan"), (3, 1, 2), 3, "given by the rows of samples.csv"),
        (SILENT, float("nan"), (1, 3), None, "found in the pictures"),  # a lane is left out: how many more?
        (SILENT, float("nan"), (), None, "found in the pictures"),
    ],
)
def test_the_number_of_lanes_is_that_of_the_settings_then_of_the_images_then_of_the_samples(
    settings: Settings, told: float, lanes: tuple[int, ...], count: int | None, why: str
) -> None:
    given = Given.of("m", settings, images(told), samples(*lanes))
    assert (given.n_lanes, given.why) == (count, why)
    assert given.markers == ("m",)
    assert given.samples["lane"].tolist() == list(lanes)


def test_without_any_sheet_the_settings_alone_are_asked() -> None:
    assert (Given.of("m", SAID).n_lanes, Given.of("m", SILENT).n_lanes) == (9, None)
    assert Given.of("m", SILENT).samples.empty


def test_lanes_that_are_given_are_said_to_be_taken() -> None:
    given = Given.of("m", SAID, lanes=empty("lanes"), bands=empty("bands"))
    assert (given.n_lanes, given.why) == (9, "taken from the tables given")
    assert Given.of("m", SILENT, lanes=None).why == "found in the pictures"
