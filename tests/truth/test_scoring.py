"""The harness itself: it finds the errors that were put in."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from blotquant.synthetic import Drawn, Layout, draw
from tests.truth.scoring import hold_against_truth, summarise


@pytest.fixture(scope="module")
def picture() -> Drawn:
    """Draw four lanes: two rows, the second a close doublet, one band of it absent."""
    first = pd.DataFrame({"lane": range(1, 5), "band": "1", "volume": [1e5, 2e5, 3e5, 4e5]})
    second = first.assign(band="2", split=6.0, volume=[1e5, 0.0, 3e5, 4e5])
    return draw(pd.concat([first, second]), layout=Layout(n_lanes=4), shape=(160, 320))


def perfect(picture: Drawn, gain: float = 1.0) -> pd.DataFrame:
    """Return a bands table that is right up to a gain."""
    volume = gain * picture.bands["volume"]
    return picture.places().assign(volume=volume, volume_se=0.01 * picture.bands["volume"].clip(lower=1e3))


def test_a_perfect_measurement_has_no_error_whatever_its_gain(picture: Drawn) -> None:
    score = hold_against_truth(picture, perfect(picture, gain=1.2), lanes=4)
    line = summarise([score])
    assert line["median"] == pytest.approx(0.0, abs=1e-9)
    assert line["factor90"] == pytest.approx(20.0)
    assert line["f1"] == 1.0
    assert line["lanes_exact"] == 1.0
    assert line["absent_found"] == 0.0


def test_a_missed_band_counts_as_an_error_of_one(picture: Drawn) -> None:
    score = hold_against_truth(picture, perfect(picture).iloc[1:], lanes=4)
    assert score.bands["error"].iloc[0] == 1.0
    assert summarise([score])["f1"] == pytest.approx(12.0 / 13.0)


def test_a_volume_below_zero_counts_as_an_error_of_one(picture: Drawn) -> None:
    wrong = perfect(picture)
    wrong.loc[0, "volume"] = -1.0
    assert hold_against_truth(picture, wrong, lanes=4).bands["error"].iloc[0] == 1.0


def test_a_band_where_nothing_was_drawn_is_counted_as_extra(picture: Drawn) -> None:
    stray = perfect(picture).iloc[[0]].assign(centre_row=5.0)
    score = hold_against_truth(picture, pd.concat([perfect(picture), stray]), lanes=4)
    assert score.extra == 1


def test_an_absent_band_that_is_called_detected_is_counted(picture: Drawn) -> None:
    wrong = perfect(picture).assign(detected=True)
    score = hold_against_truth(picture, wrong, lanes=4)
    assert score.extra == 1
    assert summarise([score])["absent_found"] == 1.0


def test_a_doublet_that_is_measured_in_two_parts_counts_with_their_sum(picture: Drawn) -> None:
    whole = perfect(picture)
    upper = whole.assign(volume=0.4 * whole["volume"], centre_row=whole["centre_row"] - 3.0)
    lower = whole.assign(volume=0.6 * whole["volume"], centre_row=whole["centre_row"] + 3.0)
    rows = whole["band"] == "2"
    parts = pd.concat([whole[~rows], upper[rows], lower[rows]])
    score = hold_against_truth(picture, parts, lanes=4)
    assert score.extra == 0
    assert score.bands["error"].max() == pytest.approx(0.0, abs=1e-12)


def test_a_wrong_number_of_lanes_is_not_exact(picture: Drawn) -> None:
    assert summarise([hold_against_truth(picture, perfect(picture), lanes=5)])["lanes_exact"] == 0.0


def test_coverage_counts_bands_within_their_errors(picture: Drawn) -> None:
    shifted = perfect(picture)
    shifted["volume"] += np.where(np.arange(8) < 4, 1.0, 3.0) * shifted["volume_se"]
    line = summarise([hold_against_truth(picture, shifted, lanes=4)])
    assert line["cover"] == pytest.approx(4.0 / 7.0)
    assert line["z"] == pytest.approx(1.0)


def test_nothing_measured_is_all_missed(picture: Drawn) -> None:
    score = hold_against_truth(picture, perfect(picture).iloc[:0], lanes=0)
    assert score.bands.loc[score.bands["present"], "error"].tolist() == [1.0] * 7
