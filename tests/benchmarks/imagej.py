"""ImageJ as a careful person would use it: lane windows and valleys handed to it from the truth, straight baselines.

Driven without a display through a small Java program that lies beside the checkout; where that or ImageJ is missing,
the benchmark goes on without it.
"""

from __future__ import annotations

import re
import shutil
import subprocess
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pandas as pd
import tifffile

from blotquant.synthetic import Drawn
from tests.truth.scoring import Score, hold_against_truth

__all__ = ["command", "compile_driver", "measure", "missing", "windows"]

_DRIVER = Path(__file__).parents[3] / "shared" / "peers" / "GelPeer.java"
_JAR = Path("/usr/share/java/ij.jar")
_BEYOND = 1.0  # half thicknesses beyond the box of 99.5 % of the light; what gave ImageJ its smallest errors
_LIMIT = 600.0


def missing() -> str:
    """Say what is missing to run ImageJ; empty when nothing is."""
    needed = {"its driver beside the checkout": _DRIVER.exists(), str(_JAR): _JAR.exists()}
    needed |= {name: shutil.which(name) is not None for name in ("java", "javac")}
    return ", ".join(name for name, there in needed.items() if not there)


def windows(drawn: Drawn) -> pd.DataFrame:
    """Window and valley rows of every band that is there; where windows of a lane meet, the valley is half-way."""
    rows, cols = drawn.blot.shape
    there = drawn.bands[drawn.bands["present"]].sort_values(["lane", "centre_row"])
    parts = []
    for lane, own in there.groupby("lane"):
        top = (own["top"] - _BEYOND * own["sigma"]).to_numpy(float, copy=True)
        bottom = (own["bottom"] - 1.0 + _BEYOND * own["sigma"]).to_numpy(float, copy=True)
        valley = 0.5 * (own["bottom"].to_numpy()[:-1] + own["top"].to_numpy()[1:])
        meet = bottom[:-1] > top[1:]
        bottom[:-1], top[1:] = np.where(meet, valley, bottom[:-1]), np.where(meet, valley, top[1:])
        left = np.clip(own["left"].to_numpy() - 2.0, 0, cols)
        right = np.clip(own["right"].to_numpy() + 2.0, 0, cols)
        part = {"lane": lane, "x": left, "y": 0, "w": right - left, "h": rows, "band": own["band"].to_numpy()}
        parts.append(pd.DataFrame(part | {"y0": np.clip(top, 0, rows - 1), "y1": np.clip(bottom, 0, rows - 1)}))
    table = pd.concat(parts, ignore_index=True)
    places = ["x", "w", "y0", "y1"]
    return table.assign(**table[places].round().astype(int))


def compile_driver(folder: Path) -> None:
    """Compile the driver into a folder."""
    subprocess.run(["javac", "-cp", str(_JAR), "-d", str(folder), str(_DRIVER)], check=True, timeout=_LIMIT)


def command(folder: Path) -> list[str]:
    """Return the words that start the driver of a folder."""
    return ["java", "-Djava.awt.headless=true", "-cp", f"{_JAR}:{folder}", "GelPeer"]


def _run(folder: Path, names: Sequence[str], radius: int) -> tuple[pd.DataFrame, dict[str, float]]:
    """Let ImageJ measure the pictures of a folder; areas and seconds a picture."""
    compile_driver(folder)
    arguments = [text for name in names for text in (str(folder / f"{name}.tif"), str(folder / f"{name}.csv"))]
    words = [*command(folder), "bands", str(radius), "dark", "given", "0", str(folder / "out.csv"), *arguments]
    done = subprocess.run(words, check=True, timeout=_LIMIT, stdin=subprocess.DEVNULL, capture_output=True, text=True)
    times = {}
    for line in done.stdout.splitlines():
        spent = [float(text) for text in re.findall(r"_ms=([\d.]+)", line)]
        times[line.split(".tif")[0]] = sum(spent) / 1000.0
    return pd.read_csv(folder / "out.csv", dtype={"band": str}), times


def measure(drawn: Sequence[Drawn], folder: Path, *, radius: int = 0) -> list[Score]:
    """Measure drawn pictures with ImageJ, windows given from the truth.

    Parameters
    ----------
    drawn : sequence of Drawn
        Pictures with truth.
    folder : Path
        Where pictures, windows and classes go.
    radius : int
        Radius of the rolling ball [px]; 0: none.
    """
    names = [f"picture{index}" for index in range(len(drawn))]
    for name, picture in zip(names, drawn, strict=True):
        tifffile.imwrite(folder / f"{name}.tif", picture.blot.pixels.astype(np.uint16))
        windows(picture).to_csv(folder / f"{name}.csv", index=False)
    areas, times = _run(folder, names, radius)
    scores = []
    for name, picture in zip(names, drawn, strict=True):
        own = areas.loc[areas["image"] == f"{name}.tif", ["lane", "band", "volume"]]
        bands = picture.bands[["lane", "band", "centre_row", "centre_col"]].merge(own, on=["lane", "band"])
        bands = bands.assign(detected=True, volume_se=np.nan)
        scores.append(hold_against_truth(picture, bands, lanes=len(picture.lanes), seconds=times[name]))
    return scores
