"""Hold lanes and bands found on the real blots against what was placed by eye.

``python -m tests.real.scoring`` prints the table and names every miss and every extra.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd

import blotquant as bq
from blotquant.blot import Blot

__all__ = ["ANNOTATED", "BLOTS", "MORE_LADDERS", "RealScore", "found_in", "score_all", "table", "totals"]

BLOTS = Path(__file__).parents[2] / "../shared/blots"
ANNOTATED = (
    "licor_akt/Akt_700.TIF",
    "licor_akt/Akt_800.TIF",
    "chemidoc/parp.tif",
    "chemidoc/trail.tif",
    "bio1sc/test4.1sc",
    "gel_jpeg/1_Example_gel.jpg",
    "gel_jpeg/Thrombin Gel 15_09_2016.jpg",
    "gel_jpeg/gel.gif",
)
PAIRS = (("licor_akt/Akt_700.TIF", "licor_akt/Akt_800.TIF"),)

_ASIDE = 0.5  # a band lies in the annotated lane when it is nearer than this share of the distance between lanes
_UNKNOWN = {"Thrombin Gel 15_09_2016.jpg": 450.0}  # rows below which the annotation left faint bands out [px]
# lanes that the annotation leaves out: ladders that show in the other channel, and the marker beside the samples
MORE_LADDERS = {"Akt_800.TIF": 2, "parp.tif": 1, "trail.tif": 1}


@dataclass(frozen=True)
class RealScore:
    """One picture against its annotation; `misses` and `extras` are places (row, column) in the file [px].

    `stage` is ``found`` (what `find_bands` calls detected) or ``measured`` (what `integrate` makes of it).
    """

    name: str
    stage: str
    lanes: int
    lanes_right: bool
    required: int
    misses: list[tuple[int, int]]
    extras: list[tuple[int, int]]
    detected: int

    @property
    def recall(self) -> float:
        return 1.0 - len(self.misses) / self.required

    @property
    def precision(self) -> float:
        hits = self.required - len(self.misses)
        return hits / max(1, hits + len(self.extras))


def found_in(names: tuple[str, ...]) -> tuple[list[Blot], pd.DataFrame, pd.DataFrame]:
    """Lanes and bands of one picture, or of the pictures of one membrane, found unaided."""
    blots = [bq.orient(bq.read_blot(BLOTS / name)) for name in names]
    lanes = bq.find_lanes(blots)
    return blots, lanes, bq.find_bands(blots, lanes)


def _near(detected: pd.DataFrame, places: np.ndarray, rows: float, cols: float) -> np.ndarray:
    """Tell which detected band lies at which place, shape (detected, places)."""
    at = detected[["centre_row", "centre_col"]].to_numpy(float)
    off = np.abs(at[:, None, :] - places[None, :, ::-1])
    return np.asarray((off[..., 0] <= rows) & (off[..., 1] <= cols))


def _places(known: dict, name: str) -> np.ndarray:
    """Columns and rows of the annotated bands, shape (n, 2) [px]."""
    bands = known[name]
    cols = known.get("band_x" if name == "bands" else f"{name}_x") or [known["lanes"][lane] for lane, _ in bands]
    return np.array([[x, y] for x, (_, y) in zip(cols, bands, strict=True)], float).reshape(-1, 2)


def score(name: str, lanes: int, bands: pd.DataFrame, stage: str = "found") -> RealScore:
    """Hold the detected bands of one picture against its annotation."""
    file = BLOTS / f"{name.removesuffix('.1sc')}.annotation.json"
    known = json.loads(file.read_text(encoding="utf-8"))
    detected = bands[bands["detected"]].reset_index(drop=True)
    pitch = float(np.median(np.diff(np.sort(known["lanes"]))))
    reach = (known["tolerance_px"], _ASIDE * pitch)
    hits = _near(detected, _places(known, "bands"), *reach)
    optional = _near(detected, _places(known, "bands_optional"), *reach).any(axis=1)
    below = detected["centre_row"].to_numpy() > _UNKNOWN.get(Path(name).name, np.inf)
    # one band each: a second one at the same place is an extra
    first = np.zeros(len(detected), bool)
    off = np.abs(detected["centre_row"].to_numpy()[:, None] - _places(known, "bands")[None, :, 1])
    for place in np.flatnonzero(hits.any(axis=0)):
        first[np.argmin(np.where(hits[:, place], off[:, place], np.inf))] = True
    extras = detected[~first & ~optional & ~below]
    count, ladders = len(known["lanes"]), len(known["ladder_lanes"])
    return RealScore(
        name=Path(name).name,
        stage=stage,
        lanes=lanes,
        lanes_right=count - ladders <= lanes <= count + MORE_LADDERS.get(Path(name).name, 0),
        required=len(known["bands"]),
        misses=[(round(y), round(x)) for x, y in _places(known, "bands")[~hits.any(axis=0)]],
        extras=[(round(r), round(c)) for r, c in extras[["centre_row", "centre_col"]].to_numpy(float)],
        detected=len(detected),
    )


def score_all() -> list[RealScore]:
    """Score every annotated picture by itself, then those of one membrane together."""
    scores = []
    for names in (*((name,) for name in ANNOTATED), *PAIRS):
        blots, lanes, found = found_in(names)
        for name, blot in zip(names, blots, strict=True):
            count = int((lanes["image"] == blot.name).sum())
            scores.append(score(name, count, found[found["image"] == blot.name]))
            scores.append(score(name, count, bq.integrate(blot, found), "measured"))
    return scores


def table(scores: list[RealScore]) -> pd.DataFrame:
    """One row a picture and stage."""
    names = ["name", "stage", "lanes", "lanes_right", "required", "detected", "recall", "precision"]
    return pd.DataFrame([[getattr(score, name) for name in names] for score in scores], columns=names).round(3)


def totals(scores: list[RealScore], stage: str) -> tuple[float, float]:
    """Recall over all pictures, and mean precision."""
    own = [score for score in scores if score.stage == stage]
    recall = 1.0 - sum(len(score.misses) for score in own) / sum(score.required for score in own)
    return recall, float(np.mean([score.precision for score in own]))


def main() -> None:
    scores = score_all()
    print(table(scores).to_string(index=False))
    for stage in ("found", "measured"):
        recall, precision = totals(scores, stage)
        print(f"{stage}: recall {recall:.3f}, mean precision {precision:.3f}")
    for own in scores:
        if own.misses or own.extras:
            print(f"{own.name}, {own.stage}: missed {own.misses}, extra {own.extras}")


if __name__ == "__main__":
    main()
