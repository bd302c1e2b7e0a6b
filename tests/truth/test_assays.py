"""The two tables of test_images/ are what their functions draw, and fits of drawn assays hold the truth."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from blotquant.pipeline import fit_table
from blotquant.synthetic import FLOW_IC50, PANEL_IC50, draw_flow, draw_kinase_panel
from blotquant.tables import to_csv_bytes

FOLDER = Path(__file__).parents[2] / "test_images"


@pytest.mark.parametrize(("name", "draw"), [("kinase_panel.csv", draw_kinase_panel), ("phospho_flow.csv", draw_flow)])
def test_a_committed_table_is_what_its_function_draws(name: str, draw: Callable[..., pd.DataFrame]) -> None:
    assert (FOLDER / name).read_bytes() == to_csv_bytes(draw(seed=1))


def fitted(table: pd.DataFrame, folder: Path) -> pd.DataFrame:
    path = folder / "table.csv"
    path.write_bytes(to_csv_bytes(table))
    return fit_table(path).potencies.set_index("target")


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_a_kinase_panel_gives_its_ic50s_and_no_number_for_the_one_beyond_the_doses(seed: int, tmp_path: Path) -> None:
    found = fitted(draw_kinase_panel(seed=seed), tmp_path)
    for kinase in ("JAK1", "JAK2", "TYK2"):
        assert found.loc[kinase, "ci_low"] <= PANEL_IC50[kinase] <= found.loc[kinase, "ci_high"]
        assert found.loc[kinase, "ic50"] == pytest.approx(PANEL_IC50[kinase], rel=0.3)
    beyond = found.loc["JAK3"]
    assert np.isnan(beyond["ic50"])
    assert beyond["note"].startswith("> 400 nM")
    assert 400.0 < beyond["ci_low"] < PANEL_IC50["JAK3"]
    assert np.isinf(beyond["ci_high"])


@pytest.mark.slow
def test_intervals_of_forty_panels_hold_the_truth(tmp_path: Path) -> None:
    inside = []
    for seed in range(40):
        found = fitted(draw_kinase_panel(seed=seed), tmp_path)
        inside += [found.loc[k, "ci_low"] <= PANEL_IC50[k] <= found.loc[k, "ci_high"] for k in ("JAK1", "JAK2", "TYK2")]
    print(np.mean(inside))
    assert np.mean(inside) >= 0.9


def test_phospho_flow_gives_the_ic50s_it_was_drawn_from(tmp_path: Path) -> None:
    found = fitted(draw_flow(seed=1), tmp_path)
    for target, ic50 in FLOW_IC50.items():
        assert found.loc[target, "ci_low"] <= ic50 <= found.loc[target, "ci_high"]
        assert found.loc[target, "n"] == 4
