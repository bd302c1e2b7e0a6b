"""``python -m tests.scale``: what a batch costs as it grows, and from that what a million images would cost.

``flat [NUMBER …]``: memory and rate of the parent, on cheap units, also thousand by thousand; with ``--real`` each
picture is a drawn blot with noise of its own, and measured. ``pixels``: cost of a picture by its size, measured for
real. ``list NUMBER``: only the list of images. ``million``: the plan past this machine, from the other three.
"""

from __future__ import annotations

import argparse
import itertools
import json
import platform
import resource
import subprocess
import sys
import tempfile
import time
from multiprocessing import forkserver
from pathlib import Path
from typing import Any

import numpy as np

from blotquant.batch import measuring
from blotquant.batch.assembly import write_batch
from blotquant.batch.engine import Pool
from blotquant.batch.manifest import find_images
from blotquant.batch.workers import hold_to_one_thread
from blotquant.pipeline import measure_file
from blotquant.synthetic import simulate_blot
from tests.scale import cheap

SIZES = ((360, 620), (520, 900), (735, 1270), (1040, 1800), (1470, 2545), (2080, 3600))  # each twice the one before


def _peak_mb() -> float:
    """Peak of this process's memory [MB]; what getrusage tells holds also what forked it."""
    status = Path("/proc/self/status").read_text().splitlines()
    return next(int(line.split()[1]) for line in status if line.startswith("VmHWM")) / 1024


def _now_mb() -> float:
    """Memory that this process holds now [MB]."""
    return int(Path("/proc/self/statm").read_text().split()[1]) * resource.getpagesize() / 2**20


def _cpu_s(whose: int = resource.RUSAGE_SELF) -> float:
    used = resource.getrusage(whose)
    return used.ru_utime + used.ru_stime


def _bytes(folder: Path) -> int:
    return sum(path.stat().st_size for path in folder.rglob("*") if path.is_file())


def _workers_cpu_s() -> float:
    """CPU time of all workers so far [s]; they are counted once their server has ended, and the server with them."""
    forkserver._forkserver._stop()
    return _cpu_s(resource.RUSAGE_CHILDREN)


class _Watch:
    """Notes time, the parent's CPU time and its memory as units come back: at the start, and after each thousand."""

    def __init__(self, number: int) -> None:
        self.times = [time.perf_counter()]
        self._step, self._marks = max(1, min(1000, number // 10)), [self._look()]

    def _look(self) -> tuple[float, float, float]:
        return time.perf_counter(), _cpu_s(), _now_mb()

    def __call__(self, name: str, failure: object) -> None:
        self.times.append(time.perf_counter())
        if (len(self.times) - 1) % self._step == 0:
            self._marks.append(self._look())

    def by_thousand(self) -> list[dict[str, float]]:
        """Tell of each thousand: pictures a second, CPU time of the parent a picture [ms], its memory then [MB]."""
        return [
            {"to": number * self._step, "per_s": self._step / (after[0] - before[0]),
             "parent_cpu_ms": 1000 * (after[1] - before[1]) / self._step, "parent_mb": after[2]}
            for number, (before, after) in enumerate(itertools.pairwise(self._marks), start=1)
        ]  # fmt: skip


def batch_once(number: int, jobs: int, *, real: bool = False) -> dict[str, Any]:
    """Work through so many units in this process, cheap or real ones, and tell what it took."""
    measuring.do_unit = measuring.do_unit if real else cheap.do_cheap_unit
    with tempfile.TemporaryDirectory() as place:
        in_a_process("draw", number, "--folder", place, *["--real"] * real)  # drawing takes memory of its own
        folder, out = Path(place) / "images", Path(place) / "out"
        out.mkdir()
        before, workers = _cpu_s(), _workers_cpu_s()
        manifest = find_images([str(folder)])
        watch = _Watch(number)
        batch = measuring.measure_images(manifest, out, pool=Pool(jobs), progress=watch)
        middle, workers = _cpu_s(), _workers_cpu_s() - workers
        summary = write_batch(batch, out, {})
        assert summary.images == number
        assert not summary.failed
        tenth, times = max(1, number // 10), watch.times
        return {
            "pictures": number,
            "peak_mb": _peak_mb(),
            "start_s": times[tenth] - times[0],
            "per_s": (number - tenth) / (times[-1] - times[tenth]),  # without the start of the workers
            "per_s_last_tenth": tenth / (times[-1] - times[-1 - tenth]),
            "parent_cpu_ms": 1000 * (middle - before) / number,
            "workers_cpu_ms": 1000 * workers / number,
            "writing_cpu_ms": 1000 * (_cpu_s() - middle) / number,
            "parts_kb": _bytes(out / ".parts") / number / 1000,
            "dataset_kb": _bytes(out / "dataset") / number / 1000 if (out / "dataset").is_dir() else 0.0,
            "tables_kb": sum(path.stat().st_size for path in out.glob("*.*")) / number / 1000,
            "by_thousand": watch.by_thousand(),
        }


def list_once(number: int) -> dict[str, Any]:
    """List so many images of an images.csv and go through them once."""
    with tempfile.TemporaryDirectory() as place:
        table = Path(place) / "images.csv"
        with table.open("w") as file:
            file.write("image,n_lanes\n")
            file.writelines(f"study{each // 100:05d}/blot{each:07d}.tif,10\n" for each in range(number))
        begun = _cpu_s()
        manifest = find_images([str(table)])
        count = sum(len(rows) for _, rows in manifest.by_membrane())
        assert count == number
        return {"pictures": number, "peak_mb": _peak_mb(), "cpu_s": _cpu_s() - begun}


def cost_by_pixels(repeats: int) -> list[dict[str, float]]:
    """Measure pictures of growing size for real: least of some repeats of three pictures each."""
    hold_to_one_thread()
    rows = []
    with tempfile.TemporaryDirectory() as place:
        for shape in SIZES:
            paths = [
                simulate_blot(
                    Path(place) / f"{shape[0]}_{seed}", level="typical", seed=seed, n_lanes=10, n_rows=3, shape=shape
                )
                for seed in range(3)
            ]
            if not rows:
                measure_file(paths[0])
            seconds = [_seconds(path, repeats) for path in paths]
            mega = shape[0] * shape[1] / 1e6
            size = np.mean([path.stat().st_size for path in paths])
            mean = float(np.mean(seconds))
            rows.append({"megapixels": mega, "s": mean, "s_per_mp": mean / mega, "mb": float(size) / 1e6})
    return rows


def _seconds(path: Path, repeats: int) -> float:
    found = []
    for _ in range(repeats):
        begun = time.process_time()
        measure_file(path)
        found.append(time.process_time() - begun)
    return min(found)


def line_through(rows: list[dict[str, float]]) -> tuple[float, float, float]:
    """Fit a straight line to the cost over the pixels: seconds a picture, seconds a megapixel, largest misfit [%]."""
    mega, cost = (np.array([row[name] for row in rows]) for name in ("megapixels", "s"))
    design = np.stack([np.ones_like(mega), mega], axis=1) / cost[:, None]  # relative errors weigh alike
    (fixed, slope), *_ = np.linalg.lstsq(design, np.ones_like(mega), rcond=None)
    return float(fixed), float(slope), float(100 * np.abs((fixed + slope * mega) / cost - 1).max())


def in_a_process(*words: object) -> dict[str, Any]:
    """Run one measurement in a fresh process, so that its peak of memory is its own."""
    command = [sys.executable, "-m", "tests.scale", *map(str, words)]
    done = subprocess.run(command, stdout=subprocess.PIPE, text=True, check=True, cwd=Path(__file__).parents[2])
    return json.loads(done.stdout.splitlines()[-1])


def show(rows: list[dict[str, Any]]) -> None:
    names = [name for name in rows[0] if name != "by_thousand"]
    print(" | ".join(names))
    for row in rows:
        print(" | ".join(f"{row[name]:.4g}" for name in names))


def million(jobs: int, number: int) -> None:
    """Print the plan: what a million pictures of 900 × 520 would cost, from figures measured now."""
    flat = in_a_process("once", number, "--jobs", jobs)
    listed = in_a_process("list-once", 20000)
    with tempfile.TemporaryDirectory() as place:
        path = simulate_blot(Path(place), level="typical", seed=1, n_lanes=10, n_rows=3, shape=(520, 900))
        measure_file(path)
        cpu, size = _seconds(path, 3), path.stat().st_size
    count = 10**6
    parent_ms = flat["parent_cpu_ms"] + flat["writing_cpu_ms"]
    kept = flat["parts_kb"] + flat["dataset_kb"] + flat["tables_kb"]
    print(f"measuring: {cpu:.2f} CPU s a picture, {count * cpu / 3600:.0f} CPU hours a million")
    print(f"read: {size / 1e6:.2f} MB a picture, twice (hash, pixels): {2 * count * size / 1e12:.1f} TB")
    print(
        f"written: {flat['parts_kb']:.0f} kB of parts, {flat['dataset_kb']:.1f} kB of dataset, "
        f"{flat['tables_kb']:.1f} kB of tables a picture: {count * kept / 1e9:.2f} TB"
    )
    print(
        f"parent: {flat['parent_cpu_ms']:.2f} CPU ms a picture while measuring, {flat['writing_cpu_ms']:.2f} after: "
        f"{count * parent_ms / 3.6e6:.1f} h a million, peak {flat['peak_mb']:.0f} MB at {number} pictures"
    )
    print(
        f"list: {1000 * listed['cpu_s'] / listed['pictures']:.2f} CPU ms an image, "
        f"{count * listed['cpu_s'] / listed['pictures'] / 60:.0f} CPU min a million, peak {listed['peak_mb']:.0f} MB "
        f"at {listed['pictures']}"
    )
    print(
        f"first bottleneck: one parent takes {1000 / flat['parent_cpu_ms']:.0f} pictures a second, "
        f"as many as {1000 * cpu / flat['parent_cpu_ms']:.0f} cores measure"
    )


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m tests.scale", description=__doc__)
    parser.add_argument("what", choices=["flat", "pixels", "list", "million", "once", "list-once", "draw"])
    parser.add_argument("numbers", type=int, nargs="*", help="numbers of pictures")
    parser.add_argument("--folder", type=Path, help="where pictures are drawn")
    parser.add_argument("--jobs", type=int, default=2)
    parser.add_argument("--real", action="store_true", help="measure real blots instead of cheap units")
    parser.add_argument("--repeats", type=int, default=3)
    options = parser.parse_intermixed_args()
    if options.what == "once":
        print(json.dumps(batch_once(options.numbers[0], options.jobs, real=options.real)))
    elif options.what == "draw":
        draw = cheap.draw_real if options.real else cheap.draw_many
        print(json.dumps({"folder": str(draw(options.folder, options.numbers[0]))}))
    elif options.what == "list-once":
        print(json.dumps(list_once(options.numbers[0])))
    elif options.what == "flat":
        how = ["--jobs", options.jobs, *["--real"] * options.real]
        rows = [in_a_process("once", number, *how) for number in options.numbers or (1000, 10000)]
        show(rows)
        print(f"Of {rows[-1]['pictures']}, as they came:")
        show(rows[-1]["by_thousand"])
    elif options.what == "list":
        show([in_a_process("list-once", number) for number in options.numbers or (10**4, 10**5)])
    elif options.what == "pixels":
        rows = cost_by_pixels(options.repeats)
        show(rows)
        fixed, slope, misfit = line_through(rows)
        print(f"CPU s a picture = {fixed:.2f} + {slope:.2f} a megapixel, within {misfit:.0f} %")
    else:
        million(options.jobs, (options.numbers or [2000])[0])
    print(f"Python {platform.python_version()}, {platform.machine()}", file=sys.stderr)


if __name__ == "__main__":
    main()
