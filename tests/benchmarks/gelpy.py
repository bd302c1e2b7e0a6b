"""gelpy, run as a program and told the number of lanes; nothing of it is read or imported here.

Found on the PATH, or where the environment variable GELPY says; without it the benchmark goes on.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import time
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pandas as pd
import tifffile

from blotquant.synthetic import Drawn
from tests.truth.scoring import Score, hold_against_truth

__all__ = ["measure", "missing"]

_LIMIT = 300.0


def _program() -> str | None:
    return shutil.which(os.environ.get("GELPY", "gelpy"))


def missing() -> str:
    """Say what is missing to run gelpy; empty when nothing is."""
    return "" if _program() else "gelpy on the PATH (pip install gelpy) or in GELPY"


def _bands(run: Path, drawn: Drawn) -> pd.DataFrame:
    """Bands as gelpy reports them; its lanes are taken to be the true ones from the left, which favours it."""
    table = pd.read_csv(run / "results.csv")
    lanes = drawn.lanes["centre"].to_numpy(float)
    number = table["lane_index"].to_numpy(int)
    kept = table[(number < len(lanes)) & table["maximum_position"].notna()]
    return pd.DataFrame(
        {
            "centre_row": kept["maximum_position"].to_numpy(float),
            "centre_col": lanes[kept["lane_index"].to_numpy(int)],
            "volume": kept["area"].to_numpy(float),
            "volume_se": np.nan,
            "detected": True,
        }
    )


def measure(drawn: Sequence[Drawn], folder: Path) -> list[Score]:
    """Measure drawn pictures with gelpy, number of lanes given."""
    program = _program()
    assert program is not None, missing()
    scores = []
    for index, picture in enumerate(drawn):
        image, run = folder / f"gelpy{index}.tif", folder / f"gelpy{index}"
        tifffile.imwrite(image, picture.blot.pixels.astype(np.uint16))
        lanes = str(len(picture.lanes))
        start = time.perf_counter()
        for command in (
            ["init", str(run), str(image), "--n-lanes", lanes],
            ["lanes", "detect", str(run), "--n-lanes", lanes, "--apply"],
            ["background", "remove", str(run), "--model", "robust_plane"],
            ["fit", "run", str(run), "--normalization", "safe"],
        ):
            subprocess.run(
                [program, *command], check=True, timeout=_LIMIT, stdin=subprocess.DEVNULL, capture_output=True
            )
        seconds = time.perf_counter() - start
        scores.append(hold_against_truth(picture, _bands(run, picture), lanes=len(picture.lanes), seconds=seconds))
    return scores
