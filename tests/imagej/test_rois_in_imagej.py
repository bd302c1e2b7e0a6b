"""ROI sets in ImageJ itself, driven without a display: the same rectangles, names and raw sums, both ways."""

from __future__ import annotations

import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest
import tifffile

from blotquant.cli import main
from blotquant.result import Result
from blotquant.rois import read_rois
from blotquant.synthetic import simulate_blot

IJ = Path("/usr/share/java/ij.jar")
HERE = Path(__file__).parent
pytestmark = [
    pytest.mark.imagej,
    pytest.mark.skipif(not IJ.is_file() or shutil.which("javac") is None, reason="ImageJ or a JDK is not installed"),
]
Peer = Callable[..., list[str]]


@pytest.fixture(scope="module")
def imagej(tmp_path_factory: pytest.TempPathFactory) -> Peer:
    """Compile the driver, and return a function that runs it and gives the lines that it prints."""
    folder = tmp_path_factory.mktemp("java")
    subprocess.run(["javac", "-cp", IJ, "-d", folder, HERE / "RoiPeer.java"], check=True, timeout=120)

    def run(*words: object) -> list[str]:
        command = ["java", "-Djava.awt.headless=true", "-cp", f"{IJ}:{folder}", "RoiPeer", *map(str, words)]
        done = subprocess.run(command, stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=60, check=True)
        return done.stdout.splitlines()

    return run


@pytest.fixture(scope="module")
def measured(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("imagej")
    simulate_blot(folder / "b", level="clean", seed=1, n_lanes=7, n_rows=2, shape=(240, 460))
    pixels = tifffile.imread(folder / "b" / "blot.tif")  # ImageJ 1.53t does not undo the predictor of 16-bit files
    tifffile.imwrite(folder / "b" / "blot.tif", pixels)
    assert main(["measure", str(folder / "b" / "blot.tif"), "-o", str(folder / "out"), "-q"]) == 0
    return folder


def test_imagej_reads_the_same_rectangles_and_names_and_measures_the_same_raw_sums(
    measured: Path, imagej: Peer
) -> None:
    bands = Result.load(measured / "out").bands
    lines = imagej("read", measured / "out" / "rois" / "blot.tif.zip", measured / "b" / "blot.tif")
    assert len(lines) == len(bands) == 14
    for line, (_, band) in zip(lines, bands.iterrows(), strict=True):
        name, *numbers = line.split(",")
        x, y, width, height, total = map(float, numbers)
        assert name == f"lane {band['lane']} band {band['band']}"
        assert [x, y, x + width, y + height] == [band["left"], band["top"], band["right"], band["bottom"]]
        assert total == pytest.approx(band["raw"], rel=1e-9)


def test_a_box_drawn_in_imagej_is_measured_here(measured: Path, imagej: Peer, tmp_path: Path) -> None:
    out = Path(shutil.copytree(measured / "out", tmp_path / "out"))
    bands = Result.load(out).bands
    moved = bands[(bands["lane"] == 2) & (bands["band"] == "1")].iloc[0]
    near = bands[(bands["lane"] == 5) & (bands["band"] == "2")].iloc[0]
    width, height = int(moved["right"] - moved["left"]), int(moved["bottom"] - moved["top"])
    given = [f"lane 2 band 1,{int(moved['left']) + 2},{int(moved['top']) - 1},{width},{height}",
             f"0001-0002,{int(near['left'])},{int(near['bottom']) + 10},{width},{height}",
             f"oval over a band,{int(near['left'])},{int(near['top']) + 1},{width},{height}"]  # fmt: skip
    imagej("write", tmp_path / "blot.tif.zip", *given)
    assert read_rois(tmp_path / "blot.tif.zip")["name"].tolist() == ["lane 2 band 1", "0001-0002", "oval over a band"]
    words = ["measure", measured / "b" / "blot.tif", "-o", out, "-q", "--corrections", tmp_path / "blot.tif.zip"]
    assert main([str(word) for word in words]) == 0
    after = Result.load(out)
    assert after.corrections[["lane", "band", "action"]].to_numpy().tolist() == [
        [2, "1", "move"], [5, "3", "add"], [5, "2", "move"]
    ]  # fmt: skip
    boxes = after.bands.set_index(["lane", "band"])[["left", "top"]]
    assert boxes.loc[(2, "1")].tolist() == [moved["left"] + 2, moved["top"] - 1]
    imagej_says = imagej("read", out / "rois" / "blot.tif.zip", measured / "b" / "blot.tif")
    sums = {line.split(",")[0]: float(line.split(",")[-1]) for line in imagej_says}
    for lane, band in ((2, "1"), (5, "3"), (5, "2")):
        raw = after.bands.loc[(after.bands["lane"] == lane) & (after.bands["band"] == band), "raw"].item()
        assert sums[f"lane {lane} band {band}"] == pytest.approx(raw, rel=1e-9)
