"""Image to IC50 on drawn studies: is the truth inside the interval as often as it says, and what does measuring cost?

``python -m tests.truth.studies [STUDIES]`` prints it.
"""

from __future__ import annotations

import argparse
import tempfile
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pandas as pd

import blotquant as bq
from blotquant.settings import from_mapping
from blotquant.synthetic import Design, draw_study

__all__ = ["score_studies", "score_study", "summarise_studies"]

_QUICK = from_mapping({"report": {"sensitivity": False}})


def _fit(folds: pd.DataFrame) -> pd.Series:
    return bq.fit_dose_response(folds, weights="error").potencies.iloc[0]


def score_study(seed: int, *, family: str = "flat", design: Design | None = None) -> dict[str, float]:
    """Draw a study, quantify it from its images alone, and hold it against its truth.

    Returns
    -------
    dict
        ``ratio_error``, median |ratio − truth| of the lanes as a share of the vehicle's [%]; ``lanes_lost``, lanes
        without a ratio; ``ic50``, its interval, ``inside``; ``ic50_known``, what the same fit makes of the true ratios
        with their biological deviation, and ``inside_known``.
    """
    design = design or Design()
    drawn = draw_study(design, seed=seed, family=family)
    with tempfile.TemporaryDirectory() as folder:
        study = bq.read_study(drawn.save(Path(folder) / "study"))
        result = bq.quantify(study, settings=_QUICK)
    truth = drawn.ratios.set_index(["membrane", "lane"])
    ratios = result.ratios.set_index(["membrane", "lane"])
    known = truth["ratio"].reindex(ratios.index)
    vehicle = (
        truth[(truth["treatment"] == "vehicle") & (truth["stimulus"] == "IL-6")].groupby("membrane")["ratio"].mean()
    )
    share = (ratios["ratio"] - known).abs() / vehicle.reindex(ratios.index.get_level_values("membrane")).to_numpy()
    folds = bq.normalise(ratios.assign(ratio=known).reset_index(), maximum=study.maximum, minimum=study.minimum)
    found, best = _fit(result.folds), _fit(folds)
    return {
        "seed": seed,
        "ratio_error": 100.0 * float(share.median()),
        "lanes_lost": int(ratios["ratio"].reindex(truth.index).isna().sum()),
        "ic50": float(found["ic50"]),
        "low": float(found["ci_low"]),
        "high": float(found["ci_high"]),
        "inside": bool(found["ci_low"] <= design.ic50 <= found["ci_high"]),
        "ic50_known": float(best["ic50"]),
        "inside_known": bool(best["ci_low"] <= design.ic50 <= best["ci_high"]),
    }


def score_studies(seeds: Sequence[int], *, family: str = "flat") -> pd.DataFrame:
    """Score several studies, one row each."""
    return pd.DataFrame([score_study(seed, family=family) for seed in seeds])


def summarise_studies(scores: pd.DataFrame, ic50: float = Design().ic50) -> dict[str, float]:
    """Summarise: shares inside the interval, median |ln error| of the IC50 measured and from known ratios [%]."""
    measured, known = (np.log(scores[name] / ic50).abs().median() for name in ("ic50", "ic50_known"))
    return {
        "studies": len(scores),
        "ratio_error": float(scores["ratio_error"].median()),
        "lanes_lost": int(scores["lanes_lost"].sum()),
        "inside": float(scores["inside"].mean()),
        "inside_known": float(scores["inside_known"].mean()),
        "ic50_error": 100.0 * float(measured),
        "ic50_error_known": 100.0 * float(known),
        "undetermined": int(scores["ic50"].isna().sum()),
    }


def main() -> None:
    """Print the scores."""
    parser = argparse.ArgumentParser(prog="python -m tests.truth.studies", description="Image to IC50, drawn studies.")
    parser.add_argument("studies", type=int, nargs="?", default=40)
    parser.add_argument("--first", type=int, default=100, help="first seed")
    parser.add_argument("--family", default="flat")
    options = parser.parse_args()
    scores = score_studies(range(options.first, options.first + options.studies), family=options.family)
    print(scores.round(3).to_string(index=False))
    print(pd.Series(summarise_studies(scores)).round(3).to_string())


if __name__ == "__main__":
    main()
