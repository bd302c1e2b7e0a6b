"""Whole drawn studies, image to IC50, against what is true of them.

Slow; ``pytest -m slow tests/truth/test_studies.py -s`` runs it and prints one line a study.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from blotquant.pipeline import quantify
from blotquant.result import Result
from blotquant.settings import from_mapping
from blotquant.synthetic import simulate_study

STUDIES = 40  # seeds 0 … 39
IC50 = 44.0  # nM
QUICK = from_mapping({"report": {"sensitivity": False}})


def lane_errors(result: Result, truth: pd.DataFrame) -> np.ndarray:
    """Error of each lane's ratio as a share of the vehicle's, after one factor a membrane."""
    both = result.ratios[result.ratios["quantity"] == "P/S"].merge(
        truth, on=["membrane", "lane"], suffixes=("", "_true")
    )
    parts = []
    for _, rows in both.groupby("membrane"):
        factor = np.median(rows["ratio"] / rows["ratio_true"])
        vehicle = rows.loc[(rows["stimulus"] == "IL-6") & (rows["treatment"] == "vehicle"), "ratio_true"].item()
        parts.append(np.abs(rows["ratio"] / factor - rows["ratio_true"]) / vehicle)
    return np.concatenate(parts)


@pytest.fixture(scope="module")
def studies(tmp_path_factory: pytest.TempPathFactory) -> pd.DataFrame:
    rows = []
    for seed in range(STUDIES):
        folder = Path(simulate_study(tmp_path_factory.mktemp("study"), seed=seed))
        truth = pd.read_csv(folder / "truth_ratios.csv")
        result = quantify(folder, settings=QUICK)
        potency = result.potencies[result.potencies["quantity"] == "P/S"].iloc[0]
        errors = lane_errors(result, truth)
        row = {
            "seed": seed,
            "lanes": int(result.ratios["ratio"].notna().sum()),
            "wanted": len(truth),
            "median_error": float(np.median(errors)),
            "ic50": potency["ic50"],
            "low": potency["ci_low"],
            "high": potency["ci_high"],
            "tested": int(result.tests["p"].notna().sum()),
        }
        print(" ".join(f"{name} {value:.4g}" for name, value in row.items()))
        rows.append(row)
    return pd.DataFrame(rows)


@pytest.mark.slow
def test_no_lane_is_lost(studies: pd.DataFrame) -> None:
    assert (studies["lanes"] == studies["wanted"]).all()


@pytest.mark.slow
def test_ratios_are_within_three_percent_of_the_vehicle_in_the_median(studies: pd.DataFrame) -> None:
    middle, worst = 100 * studies["median_error"].median(), 100 * studies["median_error"].max()
    print(f"median error {middle:.2f} %, worst study {worst:.2f} %")
    assert studies["median_error"].max() <= 0.03


@pytest.mark.slow
def test_the_interval_of_the_ic50_holds_the_truth(studies: pd.DataFrame) -> None:
    held = ((studies["low"] <= IC50) & (studies["high"] >= IC50)).sum()
    print(f"true IC50 inside its 95 % interval in {held} of {STUDIES}; median {studies['ic50'].median():.1f} nM")
    assert held >= 0.9 * STUDIES


@pytest.mark.slow
def test_every_study_of_three_replicates_is_tested(studies: pd.DataFrame) -> None:
    assert (studies["tested"] > 0).all()
