"""The LI-COR pair of Hatfield et al. 2015 (phospho-Akt and total Akt of fly muscle), lanes and bands found unaided."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from scipy import stats

from blotquant.flags import Flag, has_flag
from blotquant.pipeline import quantify
from blotquant.result import Result

STUDY = Path(__file__).parents[2] / "../shared/blots/licor_akt"

pytestmark = [
    pytest.mark.real,
    pytest.mark.skipif(not STUDY.is_dir(), reason="the LI-COR study is not beside the checkout"),
]


@pytest.fixture(scope="module")
def result() -> Result:
    return quantify(STUDY)


@pytest.fixture(scope="module")
def beside(result: Result) -> pd.DataFrame:
    """Measured and published values side by side, one row a sample lane."""
    published = pd.read_csv(STUDY / "published_ratios.csv")
    return result.ratios.merge(published, left_on="lane", right_on="lane_name", suffixes=("", "_published"))


def test_fifteen_lanes_are_found_and_twelve_of_them_are_samples(result: Result) -> None:
    assert set(result.lanes.groupby("image")["lane"].nunique()) == {15}
    assert list(result.ratios["lane"]) == [2, 3, 4, 5, 6, 7, 9, 10, 11, 12, 13, 14]
    assert result.ratios["ratio"].notna().all()


@pytest.mark.parametrize(
    ("measured", "published", "least"),
    [
        # the goal; 0.915 is reached, since the joint fit takes part of these bands' broad feet for background
        pytest.param("total", "Akt_kcounts", 0.97, marks=pytest.mark.xfail(reason="total Akt reaches 0.915")),
        ("phospho", "pAkt_kcounts", 0.95),
        ("ratio", "ratio_published", 0.95),
    ],
)
def test_volumes_and_ratios_agree_with_the_published_ones(
    beside: pd.DataFrame, measured: str, published: str, least: float
) -> None:
    r = np.corrcoef(beside[measured], beside[published])[0, 1]
    print(f"{measured}: r = {r:.4f}")
    assert r >= least


def test_treatments_are_ranked_as_published(beside: pd.DataFrame) -> None:
    means = beside.groupby("treatment")[["ratio", "ratio_published"]].mean()
    assert stats.spearmanr(means["ratio"], means["ratio_published"]).statistic >= 0.9


def test_two_replicates_on_one_membrane_are_blocks_and_give_no_p_value(result: Result) -> None:
    assert set(result.groups["n"]) == {2}
    assert result.tests["p"].isna().all()
    assert has_flag(result.groups["flags"], Flag.FEW_REPLICATES).all()


def test_no_sample_band_is_called_saturated(result: Result) -> None:
    burnt = result.bands[has_flag(result.bands["flags"], Flag.SATURATED)]
    assert set(burnt["lane"]) <= {1}
    assert set(burnt["image"]) <= {"Akt_700.TIF"}
