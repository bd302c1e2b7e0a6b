"""``python -m tests.benchmarks.speed``: whole processes beside ImageJ on the same files, run in turn, as one table.

ImageJ is given every window from the truth (rolling ball 50, lane profiles, areas); blotquant finds lanes and bands by
itself and writes tables, pictures and pages. Both start anew for every run. Each row of the table is the median over
runs that took turns; a ratio is the median of the ratios of neighbouring runs, so that a busy machine spoils it least.
CPU time is that of the process and its workers.
"""

from __future__ import annotations

import argparse
import atexit
import functools
import os
import platform
import shutil
import statistics
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import tifffile

from blotquant import __version__
from blotquant.synthetic import draw_level
from tests.benchmarks import imagej

ROOT = Path(__file__).parents[2]
CASES = ("60x900x520x10", "16x1700x1200x10", "6x3400x2400x10", "16x1700x520x20")
"""Pictures × columns × rows × lanes."""

RADIUS = 50


_WATCH = """
import contextlib, ctypes, json, os, resource, subprocess, sys, time
with contextlib.suppress(OSError, AttributeError):
    ctypes.CDLL(None).prctl(36, 1, 0, 0, 0)  # Linux: what outlives the program becomes a child of this one
begun = time.perf_counter()
code = subprocess.run(sys.argv[2:], stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL).returncode
wall = time.perf_counter() - begun
with contextlib.suppress(ChildProcessError):
    while True:
        os.wait()
used = resource.getrusage(resource.RUSAGE_CHILDREN)
told = [code, wall, used.ru_utime + used.ru_stime, used.ru_maxrss / 1024]
os.write(int(sys.argv[1]), json.dumps(told).encode())
"""  # a process of its own for each run: what getrusage tells of children is of all there ever were


@dataclass(frozen=True)
class Spent:
    """What a process took: wall and CPU time [s], and the largest memory of it or one of its workers [MB]."""

    wall: float
    cpu: float
    peak: float


@dataclass(frozen=True)
class Case:
    """Some pictures of one size."""

    pictures: int
    cols: int
    rows: int
    lanes: int

    @classmethod
    def parse(cls, text: str) -> Case:
        """Read ``pictures x columns x rows x lanes``."""
        return cls(*map(int, text.split("x")))

    def draw(self, folder: Path) -> list[str]:
        """Draw the pictures, and for ImageJ the windows of their bands; return their names."""
        names = [f"blot{seed:03d}" for seed in range(self.pictures)]
        (folder / "pictures").mkdir(parents=True)
        for seed, name in enumerate(names):
            drawn = draw_level("typical", seed=seed, n_lanes=self.lanes, n_rows=3, shape=(self.rows, self.cols))
            tifffile.imwrite(folder / "pictures" / f"{name}.tif", drawn.blot.pixels.astype(np.uint16))
            imagej.windows(drawn).to_csv(folder / f"{name}.csv", index=False)
        return names


@functools.cache
def _environment() -> dict[str, str]:
    """Programs find the code here, compiled, as it is wherever it is installed; the compiled files go at the end."""
    kept = tempfile.mkdtemp(prefix="compiled-")
    atexit.register(shutil.rmtree, kept, ignore_errors=True)
    compiled = {"PYTHONDONTWRITEBYTECODE": "", "PYTHONPYCACHEPREFIX": kept}
    return {**os.environ, **compiled, "PYTHONPATH": str(ROOT)}


def spend(command: Sequence[object]) -> Spent:
    """Run a program to its end and tell what it took."""
    read, write = os.pipe()
    words = [sys.executable, "-S", "-E", "-c", _WATCH, str(write), *map(str, command)]
    subprocess.run(words, pass_fds=[write], env=_environment(), check=True)
    os.close(write)
    with os.fdopen(read) as told:
        code, wall, cpu, peak = map(float, told.read().strip("[]").split(","))
    if code:
        raise SystemExit(f"{' '.join(map(str, command))} ended with exit code {code:g}")
    return Spent(wall, cpu, peak)


def ours(folder: Path, jobs: int) -> Spent:
    """Measure a folder with blotquant, without help."""
    shutil.rmtree(folder / "out", ignore_errors=True)
    command = [sys.executable, "-m", "blotquant", "measure", folder / "pictures", "-o", folder / "out", "-q"]
    return spend([*command, "-j", jobs])


def theirs(folder: Path, names: Sequence[str]) -> Spent:
    """Measure the same files with ImageJ, windows given."""
    files = [text for name in names for text in (folder / "pictures" / f"{name}.tif", folder / f"{name}.csv")]
    return spend([*imagej.command(folder), "bands", RADIUS, "dark", "given", 0, folder / "out.csv", *files])


def take_turns(case: Case, folder: Path, runs: int) -> Iterator[dict[str, Spent]]:
    """Run each program once, in turn, as often as asked."""
    names = case.draw(folder)
    there = not imagej.missing()
    if there:
        imagej.compile_driver(folder)
    ours(folder, 1)  # brings programs and pictures into memory
    for _ in range(runs):
        spent = {"-j 1": ours(folder, 1), "-j 2": ours(folder, 2)}
        yield spent | ({"ImageJ": theirs(folder, names)} if there else {})


def middle(values: Iterator[float]) -> float:
    return statistics.median(list(values))


def row_of(case: Case, turns: list[dict[str, Spent]]) -> list[str]:
    """Write one row of the table."""

    def told(who: str, what: str) -> str:
        return f"{middle(getattr(turn[who], what) for turn in turns):.1f}" if who in turns[0] else "–"

    def ratio(one: str, other: str, what: str) -> str:
        if not {one, other} <= set(turns[0]):
            return "–"
        return f"{middle(getattr(turn[one], what) / getattr(turn[other], what) for turn in turns):.2f}"

    size = f"{case.cols} × {case.rows}"
    each = 1000 * middle(turn["-j 1"].cpu for turn in turns) / case.pictures
    return [
        str(case.pictures),
        size,
        str(case.lanes),
        *(told(who, what) for what in ("wall", "cpu") for who in ("-j 1", "-j 2", "ImageJ")),
        f"{each:.0f}",
        told("-j 1", "peak"),
        ratio("-j 1", "ImageJ", "wall"),
        ratio("-j 1", "ImageJ", "cpu"),
        ratio("-j 1", "-j 2", "wall"),
    ]


HEAD = (
    "pictures", "size", "lanes", "-j 1 [s]", "-j 2 [s]", "ImageJ [s]", "-j 1 [CPU s]", "-j 2 [CPU s]",
    "ImageJ [CPU s]", "CPU ms a picture", "peak [MB]", "-j 1 / ImageJ", "the same, CPU", "-j 1 / -j 2",
)  # fmt: skip


def starts(runs: int) -> Iterator[str]:
    """Compare the start of the command with what it needs, in CPU time [s]."""
    picture = ROOT / "test_images" / "clean" / "blot.tif"
    with tempfile.TemporaryDirectory() as place:
        command = [sys.executable, "-m", "blotquant"]
        pairs = {
            "--help / import typer": ([*command, "--help"], "import typer"),
            "measure of one picture / import numpy, pandas, scipy, cv2": (
                [*command, "measure", picture, "-o", Path(place) / "out", "-q", "-f"],
                "import numpy, pandas, scipy, cv2",
            ),
        }
        for name, (words, imports) in pairs.items():
            spend(words)  # compiles, and brings files into memory
            turns = [(spend(words).cpu, spend([sys.executable, "-c", imports]).cpu) for _ in range(2 * runs)]
            one, other = (middle(iter(side)) for side in zip(*turns, strict=True))
            ratio = middle(mine / their for mine, their in turns)
            yield f"{name}: {one:.2f} / {other:.2f} CPU s = {ratio:.2f}"


def main() -> None:
    """Print every pair of runs, then the table."""
    parser = argparse.ArgumentParser(prog="python -m tests.benchmarks.speed", description=__doc__)
    parser.add_argument("cases", nargs="*", default=CASES, help="pictures x columns x rows x lanes, as 60x900x520x10")
    parser.add_argument("--runs", type=int, default=5, help="runs of each program")
    options = parser.parse_args()
    if lacking := imagej.missing():
        print(f"ImageJ is left out; missing: {lacking}", file=sys.stderr)
    rows = []
    for case in map(Case.parse, options.cases):
        with tempfile.TemporaryDirectory() as folder:
            turns = []
            for turn in take_turns(case, Path(folder), options.runs):
                turns.append(turn)
                said = ", ".join(f"{who} {spent.wall:.1f} s ({spent.cpu:.1f} CPU s)" for who, spent in turn.items())
                print(f"{case.pictures} × {case.cols} × {case.rows}: {said}", file=sys.stderr)
        rows.append(row_of(case, turns))
    for line in (HEAD, ["---"] * len(HEAD), *rows):
        print("| " + " | ".join(line) + " |")
    print(*starts(options.runs), sep="\n")
    cores = os.cpu_count()
    print(f"blotquant {__version__}, Python {platform.python_version()}, {platform.machine()}, {cores} cores")


if __name__ == "__main__":
    main()
