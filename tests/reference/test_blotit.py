"""Scales between experiments, against blotIt (JetiLab/blotIt, R) on its simulated table.

y_obs = y / s with relative errors; blotIt's s is one over the scale here. Call: alignReplicates(data,
model = "yi / sj", errorModel = "value * sigmaR"); the figures are those of the project's acceptance data.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from blotquant.normalisation import membrane_scales
from blotquant.scales import Alignment, align

TABLE = Path(__file__).parents[2] / "../shared/acceptance/blotit_simDataWide.csv"


def aligned(target: str) -> Alignment:
    if not TABLE.is_file():
        pytest.skip("blotit_simDataWide.csv is not next to the checkout")
    table = pd.read_csv(TABLE)
    condition = table["time"].astype(str) + "|" + table["condition"]
    return align(table[target].to_numpy(), list(condition), list(table["experiment"].astype(str)))


@pytest.mark.parametrize(
    ("target", "second", "third", "sigma"),
    [("pAKT", 2.615235, 47.086954, 0.050198), ("pERK", 3.266423, 153.009712, 0.081381)],
)
def test_scale_ratios_of_the_experiments(target: str, second: float, third: float, sigma: float) -> None:
    found = aligned(target)
    ratio = np.exp(found.ln_scale[0] - found.ln_scale)
    assert found.membranes == ("1", "2", "3")
    assert ratio[1:] == pytest.approx([second, third], rel=1e-6)
    assert found.sigma == pytest.approx(sigma, abs=1e-6)


def test_the_same_scales_come_out_of_a_ratios_table() -> None:
    if not TABLE.is_file():
        pytest.skip("blotit_simDataWide.csv is not next to the checkout")
    table = pd.read_csv(TABLE)
    ratios = pd.DataFrame(
        {
            "membrane": table["experiment"].astype(str),
            "treatment": table["condition"],
            "dose": table["time"].astype(float),
            "ratio": table["pAKT"],
        }
    )
    scales = membrane_scales(ratios)["value"].to_numpy()
    assert scales[0] / scales[1:] == pytest.approx([2.615235, 47.086954], rel=1e-6)
    assert np.prod(scales) == pytest.approx(1.0)
