"""normalise(): percent activity only where lanes of the controls are farther apart than lanes of one condition."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import pytest

from blotquant.flags import ACTIONS, Flag
from blotquant.normalisation import normalise
from tests.unit.test_normalisation import lanes

DOSES = (3.0, 10.0, 30.0, 100.0, 300.0, 1000.0)


def study(
    window: float, scatter: float, *, controls: int = 1, seed: int = 0, replicates: int = 3, inhibited: bool = True
) -> pd.DataFrame:
    """Replicates on membranes of their own: controls so many folds apart, a drug that takes all activity or none."""
    rng = np.random.default_rng(seed)
    rows: list[dict[str, Any]] = []
    for place in range(1, replicates + 1):
        where = {"membrane": f"m{place}", "replicate": str(place), "ratio_loq": 1e-4}
        told = [("vehicle", "none", np.nan, 1.0 / window)] * controls + [("vehicle", "IL-6", np.nan, 1.0)] * controls
        told += [("drug", "IL-6", dose, 1.0 / (1.0 + dose / 60.0) if inhibited else 1.0) for dose in DOSES]
        level = np.exp(rng.normal(0.0, 0.5))
        for treatment, stimulus, dose, truth in told:
            ratio = truth * level * np.exp(rng.normal(0.0, scatter))
            rows.append({**where, "treatment": treatment, "stimulus": stimulus, "dose": dose, "ratio": ratio})
    table = lanes(rows)
    return table.assign(ratio_se=0.001 * table["ratio"])  # measured far better than lanes are alike


def drawn(**given: Any) -> pd.DataFrame:
    """Folds of forty drawn studies, each as a target of its own."""
    made = [study(seed=seed, **given).assign(target=f"target {seed}") for seed in range(40)]
    return normalise(pd.concat(made, ignore_index=True))


def with_percents(**given: Any) -> float:
    """Share of forty drawn studies that have any percent inhibition."""
    folds = drawn(**given)
    return float(folds["percent_inhibition"].notna().groupby(folds["target"]).any().mean())


def test_a_stimulus_that_adds_nothing_gives_no_percents_however_well_the_lanes_are_measured() -> None:
    folds = drawn(window=1.0, scatter=0.06)
    assert folds["percent_inhibition"].isna().all()
    assert folds["flags"].str.contains("no_window").all()
    assert folds["response"].tolist() == folds["fold"].tolist()


@pytest.mark.parametrize("scatter", [0.1, 0.2, 0.3])
@pytest.mark.parametrize("controls", [1, 2])
def test_without_a_window_percents_are_rare_and_with_one_they_are_the_rule(scatter: float, controls: int) -> None:
    assert with_percents(window=1.0, scatter=scatter, controls=controls) <= 0.1
    assert with_percents(window=1.0, scatter=scatter, controls=controls, inhibited=False) <= 0.1
    for window in (5.0, 50.0):
        assert with_percents(window=window, scatter=scatter, controls=controls) == 1.0
    assert with_percents(window=2.0, scatter=scatter, controls=controls) >= (0.85 if scatter < 0.3 else 0.8)


def test_one_replicate_borrows_the_usual_scatter_of_lanes() -> None:
    assert normalise(study(1.3, 0.0, replicates=1))["percent_activity"].isna().all()
    assert normalise(study(2.0, 0.0, replicates=1))["percent_activity"].notna().all()


def test_repeats_of_one_lysate_do_not_tell_controls_apart() -> None:
    table = study(1.0, 0.0).assign(sample="")
    shift = {"1": 1.30, "2": 1.10, "3": 1.25}  # lysates scatter, lanes of one do not
    own = (table["treatment"] == "vehicle") & (table["stimulus"] == "IL-6")
    table["ratio"] *= table["replicate"].map(shift).where(own, 1.0)
    noise = np.exp(np.random.default_rng(1).normal(0.0, 0.25, len(table)))
    table["ratio"] *= np.where(table["treatment"] == "drug", noise, 1.0)
    four = pd.concat([table.assign(technical=str(lane)) for lane in range(4)], ignore_index=True)
    four["sample"] = four["stimulus"] + four["treatment"] + four["dose"].astype(str) + four["replicate"]
    assert normalise(four)["percent_activity"].isna().all()


def test_a_block_whose_own_controls_lie_the_other_way_round_has_no_percents_beside_others() -> None:
    table = study(5.0, 0.05)
    turned = (table["membrane"] == "m2") & (table["treatment"] == "vehicle") & (table["stimulus"] == "none")
    table.loc[turned, "ratio"] *= 7.0
    folds = normalise(table)
    closed = folds["membrane"] == "m2"
    assert folds["percent_activity"].isna().tolist() == closed.tolist()
    assert folds["flags"].str.contains("no_window").tolist() == closed.tolist()


def test_a_window_that_runs_the_other_way_is_one_where_it_is_sure() -> None:
    assert normalise(study(0.2, 0.1, inhibited=False))["percent_activity"].notna().all()
    assert normalise(study(1 / 1.3, 0.1, inhibited=False))["percent_activity"].isna().all()


def test_each_cell_has_a_window_of_its_own() -> None:
    one, other = study(20.0, 0.1, seed=1), study(1.0, 0.1, seed=2)
    both = pd.concat([one.assign(cell="HeLa"), other.assign(cell="Jurkat")], ignore_index=True)
    folds = normalise(both, group_by=["cell"])
    assert folds["percent_activity"].isna().tolist() == (folds["cell"] == "Jurkat").tolist()


@pytest.mark.parametrize("across", ["alignment", "none"])
def test_controls_averaged_over_membranes_are_asked_the_same(across: str) -> None:
    assert normalise(study(1.0, 0.1), across=across)["percent_activity"].isna().all()
    assert normalise(study(20.0, 0.1), across=across)["percent_activity"].notna().all()


def test_the_flag_does_not_ask_to_load_controls_that_are_there() -> None:
    advice = ACTIONS[Flag.NO_WINDOW]
    assert "Load a missing control" in advice
    assert "more of their lanes or replicates" in advice
