"""The error budget: draw many blots of every level and family, measure them without help, and keep the numbers.

``python -m tests.truth`` prints it.
"""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence

import pandas as pd

import blotquant as bq
from blotquant.errors import BlotquantError
from blotquant.synthetic import FAMILIES, LEVELS, Drawn, draw_level
from tests.truth.scoring import Score, hold_against_truth, summarise

__all__ = ["budget", "measure", "score_cell"]


def measure(drawn: Drawn) -> tuple[pd.DataFrame, int, float]:
    """Measure a drawn picture as a user would who says nothing about it.

    Returns
    -------
    bands : DataFrame
        Bands table, empty when nothing was found.
    lanes : int
        Lanes found.
    seconds : float
        Time taken [s].
    """
    start = time.perf_counter()
    try:
        blot = bq.orient(drawn.blot)
        lanes = bq.find_lanes(blot)
        bands = bq.integrate(blot, bq.find_bands(blot, lanes))
    except BlotquantError:
        return drawn.places().iloc[:0], 0, time.perf_counter() - start
    return bands, len(lanes), time.perf_counter() - start


def score_cell(
    level: str, family: str, seeds: Sequence[int], *, vary_lanes: bool = False
) -> Iterator[tuple[Drawn, Score]]:
    """Draw and measure the pictures of one cell of the budget; with `vary_lanes` 5–18 lanes instead of 10."""
    for seed in seeds:
        drawn = draw_level(level, seed=seed, family=family, n_lanes=5 + seed % 14 if vary_lanes else 10)
        bands, lanes, seconds = measure(drawn)
        yield drawn, hold_against_truth(drawn, bands, lanes=lanes, seconds=seconds)


def budget(seeds: Sequence[int], *, vary_lanes: bool = False) -> pd.DataFrame:
    """Return the error budget, one row a level and family, columns as in `summarise`."""
    rows = []
    for family in FAMILIES:
        for level in LEVELS:
            scores = [score for _, score in score_cell(level, family, seeds, vary_lanes=vary_lanes)]
            rows.append({"level": level, "family": family, "pictures": len(scores)} | summarise(scores))
    return pd.DataFrame(rows)
