"""The LI-COR pair of Hatfield et al. 2015 (phospho-Akt and total Akt of fly muscle), lanes and bands found unaided."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
import tifffile
from scipy import stats

from blotquant.flags import Flag, has_flag
from blotquant.grouping import summarise
from blotquant.matching import match_bands
from blotquant.normalisation import normalise
from blotquant.pipeline import quantify
from blotquant.result import Result
from blotquant.study import read_study

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
        ("phospho", "pAkt_kcounts", 0.985),
        ("ratio", "ratio_published", 0.985),
        # the goal was 0.985: the published boxes are about 50 px wide whatever the band, see the two tests below
        ("total", "Akt_kcounts", 0.92),
    ],
)
def test_volumes_and_ratios_agree_with_the_published_ones(
    beside: pd.DataFrame, measured: str, published: str, least: float
) -> None:
    r = np.corrcoef(beside[measured], beside[published])[0, 1]
    print(f"{measured}: r = {r:.4f}")
    assert r >= least


def published_boxes() -> list[dict[str, Any]]:
    """Boxes of the lab around total Akt, sample lanes."""
    bands = json.loads((STUDY / "published_bands.json").read_text(encoding="utf-8"))["bands"]
    return [{**band, "lane": int(band["lane"].split()[1])} for band in bands if is_total(band)]


def is_total(band: dict[str, Any]) -> bool:
    return band["channel"] == 800 and band["lane"].startswith("Lane")


@pytest.fixture(scope="module")
def sums(result: Result) -> pd.DataFrame:
    """Plain sums above the lab's own backgrounds, in its rows: in its columns, and in the whole width of each band."""
    pixels = tifffile.imread(STUDY / "Akt_800.TIF").astype(float)
    bands = result.bands[(result.bands["image"] == "Akt_800.TIF") & (result.bands["target"] == "Akt")]
    rows = []
    for box in published_boxes():
        (left, top, right, bottom), band = box["bbox"], bands[bands["lane"] == box["lane"]].iloc[0]
        above = pixels[top:bottom] - box["reported_background"]
        whole = above[:, int(band["left"]) - 3 : int(band["right"]) + 3].sum()
        published = box["reported_II_kcounts"]
        rows.append({"lane": box["lane"], "box": above[:, left:right].sum(), "whole": whole, "published": published})
    return pd.DataFrame(rows).set_index("lane").sort_index()


def test_the_published_total_leaves_out_the_ends_of_wide_bands(sums: pd.DataFrame) -> None:
    share = sums["box"] / sums["whole"]
    print(share.round(3).to_dict())
    assert share.idxmin() == 2
    assert share[2] < 0.9 * share.median()
    # so a sum over whole bands cannot agree with it better than this, whoever takes it
    assert np.corrcoef(sums["whole"], sums["published"])[0, 1] < 0.95


def test_total_agrees_with_plain_sums_over_whole_bands(beside: pd.DataFrame, sums: pd.DataFrame) -> None:
    r = np.corrcoef(beside.set_index("lane")["total"], sums["whole"])[0, 1]
    print(f"total, whole bands: r = {r:.4f}")
    assert r >= 0.97


def test_treatments_are_ranked_as_published(beside: pd.DataFrame) -> None:
    means = beside.groupby("treatment")[["ratio", "ratio_published"]].mean()
    assert stats.spearmanr(means["ratio"], means["ratio_published"]).statistic >= 0.9


def area(polygon: list[list[float]]) -> float:
    """Area of a polygon by the shoelace formula [px]."""
    x, y = np.array(polygon, dtype=float).T
    return float(abs(x @ np.roll(y, -1) - y @ np.roll(x, -1)) / 2.0)


@pytest.fixture(scope="module")
def intensities() -> pd.DataFrame:
    """Published intensities, what their formula gives, and what is left when background counts in the ROI alone."""
    rows = []
    for roi in json.loads((STUDY / "published_bands.json").read_text(encoding="utf-8"))["bands"]:
        if roi["lane"].startswith("Lane"):
            counts, level, unit = roi["total_counts_in_exp"], roi["reported_background"], roi["pixel_mm"] ** 2 / 1000.0
            rows.append(
                {
                    "form": "total" if roi["channel"] == 800 else "phospho",
                    "lane": int(roi["lane"].split()[1]),
                    "published": roi["reported_II_kcounts"],
                    "formula": (counts - level * roi["n_px"]) * unit,
                    "within": (counts - level * area(roi["polygon"])) * unit,
                }
            )
    return pd.DataFrame(rows)


def test_published_intensities_take_the_background_of_a_larger_box_from_tilted_rois(intensities: pd.DataFrame) -> None:
    # the ROIs are parallelograms; the background is taken off for every pixel of the box around them
    assert intensities["formula"].to_numpy() == pytest.approx(intensities["published"].to_numpy(), abs=0.02)
    phospho = intensities[intensities["form"] == "phospho"].set_index("lane")
    surplus = (phospho["within"] / phospho["published"] - 1.0).sort_values()
    print(surplus.round(2).to_dict())
    assert set(surplus.index[-2:]) == {4, 7}  # faint bands in tall boxes lose more than is left of them
    assert (surplus.iloc[-2:] > 1.0).all()
    assert surplus.median() < 0.1


def test_mean_folds_lie_between_the_published_ones_and_those_without_the_surplus(
    beside: pd.DataFrame, intensities: pd.DataFrame
) -> None:
    # the goal was 10 % of the published folds: HS + DMSO, HS + LYS6K2 and HS + Rapamycin hang on lanes 4, 7 and 11
    wide = intensities.pivot_table(index="lane", columns="form", values=["published", "within"])
    ratios = pd.DataFrame({name: wide[name]["phospho"] / wide[name]["total"] for name in ("published", "within")})
    table = beside.set_index("lane").join(ratios)

    def mean_folds(column: str) -> pd.Series:
        reference = table[table["treatment"] == "DMSO"].set_index("replicate")[column]
        return (table[column] / table["replicate"].map(reference)).groupby(table["treatment"]).mean()

    folds = pd.DataFrame({name: mean_folds(name) for name in ("ratio", "published", "within")})
    print(folds.round(3))
    assert mean_folds("ratio_published").to_numpy() == pytest.approx(folds["published"].to_numpy(), rel=2e-3)
    assert (folds["ratio"] > 0.9 * folds[["published", "within"]].min(axis=1)).all()
    assert (folds["ratio"] < 1.1 * folds[["published", "within"]].max(axis=1)).all()


def test_from_the_labs_own_intensities_the_mean_folds_are_the_published_ones(
    result: Result, intensities: pd.DataFrame
) -> None:
    """Ratios, reference and replicates are the lab's: what differs above is how bands are measured, and that alone."""
    study = read_study(STUDY)
    lab = intensities.set_index(["form", "lane"])["published"]
    bands = result.bands[(result.bands["target"] == "Akt") & result.bands["lane"].isin(result.ratios["lane"])]
    forms = bands["image"].map(study.images.set_index("image")["form"])
    bands = bands.assign(volume=[lab[key] for key in zip(forms, bands["lane"], strict=True)], flags="", loq=0.0)
    ratios = match_bands(bands, study.images, study.samples)
    folds = normalise(ratios, maximum=study.maximum, minimum=study.minimum, reference=study.reference)
    groups = summarise(folds).set_index("treatment")["mean"]

    published = pd.read_csv(STUDY / "published_ratios.csv")
    reference = published[published["treatment"] == "DMSO"].set_index("replicate")["ratio"]
    published["fold"] = published["ratio"] / published["replicate"].map(reference)
    expected = published.groupby("treatment")["fold"].mean()
    assert groups.to_numpy() == pytest.approx(expected[groups.index].to_numpy(), rel=2e-3)
    assert len(groups) == 6


def test_two_replicates_on_one_membrane_are_blocks_and_give_no_p_value(result: Result) -> None:
    assert set(result.groups["n"]) == {2}
    assert result.tests["p"].isna().all()
    assert has_flag(result.groups["flags"], Flag.FEW_REPLICATES).all()


def test_no_sample_band_is_called_saturated(result: Result) -> None:
    burnt = result.bands[has_flag(result.bands["flags"], Flag.SATURATED)]
    assert set(burnt["lane"]) <= {1}
    assert set(burnt["image"]) <= {"Akt_700.TIF"}
