"""A drawn study whose ladder is seen in pictures of their own, as by visible light beside chemiluminescence."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import tifffile

from blotquant.blot import FloatArray
from blotquant.synthetic import simulate_study
from blotquant.synthetic.studies import Design


def _blanked(counts: FloatArray, ladders: list[tuple[int, int]], *, ladder: bool, seed: int) -> FloatArray:
    """Counts with the ladder's lanes, or all but them, as empty membrane."""
    inside = np.zeros(counts.shape[1], dtype=bool)
    for left, right in ladders:
        inside[left:right] = True
    gone = inside if not ladder else ~inside
    rng = np.random.default_rng(seed)
    out = counts.astype(np.float64).copy()
    empty = rng.normal(np.median(counts), 0.01 * np.median(counts), counts.shape)
    out[:, gone] = empty[:, gone]
    return out


def marker_study(folder: Path) -> Path:
    """Write a study of one membrane: phospho and total without the ladder, and the ladder dark on a light ground."""
    design = Design(replicates=1, doses=(10.0, 100.0), ladder=True)
    simulate_study(folder, seed=1, design=design, shape=(360, 480))
    images = pd.read_csv(folder / "images.csv", keep_default_na=False)
    bands = pd.read_csv(folder / "truth_bands.csv")
    total = images.loc[images["form"] == "total", "image"].item()
    whole = tifffile.imread(folder / total).astype(np.float64)
    ladder_lanes = bands[(bands["image"] == total) & bands["lane"].isin([1, bands["lane"].max()])]
    ladders = [(int(rows["left"].min()) - 6, int(rows["right"].max()) + 6) for _, rows in ladder_lanes.groupby("lane")]
    shown = _blanked(whole, ladders, ladder=True, seed=9)
    tifffile.imwrite(folder / "marker.tif", (60000.0 - 0.8 * shown).clip(0, 65535).round().astype(np.uint16))
    for number, name in enumerate(images["image"]):
        counts = tifffile.imread(folder / name).astype(np.float64)
        hidden = _blanked(counts, ladders, ladder=False, seed=number)
        tifffile.imwrite(folder / name, hidden.clip(0, 65535).round().astype(np.uint16))
    row = {**dict.fromkeys(images.columns, ""), "image": "marker.tif", "membrane": images["membrane"][0]}
    images = pd.concat([pd.DataFrame([{**row, "form": "marker"}]), images], ignore_index=True)
    images["mass_kda"] = ["", *["86"] * (len(images) - 1)]
    images.to_csv(folder / "images.csv", index=False)
    return folder
