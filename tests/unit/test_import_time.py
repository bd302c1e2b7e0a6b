"""Starting up stays light: heavy libraries are loaded by the stage that needs them, not by importing blotquant."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from pathlib import Path

import pytest

HEAVY = ("matplotlib", "scipy", "cv2", "pandas", "PIL", "tifffile", "openpyxl", "xlsxwriter", "jinja2")
_LOADED = "import json, sys; print(json.dumps(sorted({name.partition('.')[0] for name in sys.modules})))"
_HELP = "import sys; from blotquant.cli import main; code = main(['--help']); sys.stdout.flush(); "


def python(code: str) -> str:
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, timeout=60)
    return done.stdout


def loaded_by(code: str) -> set[str]:
    return set(json.loads(python(f"{code}\n{_LOADED}").splitlines()[-1]))


def least_seconds(code: str, repeats: int = 3) -> float:
    def once() -> float:
        start = time.perf_counter()
        python(code)
        return time.perf_counter() - start

    return min(once() for _ in range(repeats))


@pytest.mark.parametrize("heavy", HEAVY)
def test_importing_blotquant_does_not_load_a_heavy_library(heavy: str) -> None:
    assert heavy not in loaded_by("import blotquant")


@pytest.mark.parametrize("heavy", [*HEAVY, "numpy", "rich"])
def test_the_help_does_not_load_a_heavy_library(heavy: str) -> None:
    assert heavy not in loaded_by(f"{_HELP}\nassert code == 0")


def test_measuring_a_picture_does_not_load_what_only_studies_need() -> None:
    code = "import sys, blotquant.batch.measuring, blotquant.batch.writing\n"
    names = json.loads(python(code + "import json; print(json.dumps(sorted(sys.modules)))"))
    assert "blotquant.integration" in names
    assert not {"scipy.stats", "matplotlib.pyplot", "blotquant.comparison"} & set(names)


SPARED = {
    *("matplotlib", "PIL", "openpyxl", "rich", "distributed", "pyarrow.parquet", "pyarrow.dataset"),
    *("scipy.fft", "scipy.interpolate", "scipy.ndimage", "scipy.optimize", "scipy.signal", "scipy.sparse"),
    *("scipy.spatial", "scipy.stats", "multiprocessing", "concurrent.futures.process"),
    *("blotquant.comparison", "blotquant.dose_response", "blotquant.grouping", "blotquant.synthetic"),
    *("blotquant.corrections", "blotquant.normalisation"),
}
"""What measuring one picture, to its report, never loads; each would be felt in its time."""


def test_measuring_a_picture_to_its_report_loads_nothing_that_it_does_not_need(tmp_path: Path) -> None:
    picture = next((Path(__file__).parents[2] / "test_images/clean").glob("*.tif"))
    call = ["measure", str(picture), "-o", str(tmp_path / "out"), "-q"]
    code = f"import sys, json; from blotquant.cli import main; code = main({call!r}); sys.stdout.flush()\n"
    names = json.loads(python(code + "print(); print(json.dumps(sorted(sys.modules)))").splitlines()[-1])
    assert (tmp_path / "out" / "report.html").is_file()
    assert "blotquant.integration" in names
    assert sorted(SPARED & set(names)) == []


def test_a_public_name_is_loaded_when_it_is_first_used() -> None:
    assert "blotquant" in loaded_by("import blotquant")
    assert "numpy" in loaded_by("import blotquant\nblotquant.Blot")


def test_importing_takes_hardly_longer_than_numpy_and_pandas() -> None:
    ratio = least_seconds("import blotquant") / least_seconds("import numpy, pandas")

    print(f"import blotquant / import numpy, pandas = {ratio:.2f} (allowed 1.2)")
    assert ratio <= 1.2


def test_the_help_comes_within_three_times_the_import_of_typer() -> None:
    ratio = least_seconds(_HELP) / least_seconds("import typer")

    print(f"blotquant --help / import typer = {ratio:.2f} (allowed 3)")
    assert ratio <= 3.0


def test_the_command_runs_as_a_module() -> None:
    done = subprocess.run(
        [sys.executable, "-m", "blotquant", "--version"], capture_output=True, text=True, check=True, timeout=60,
        env={**os.environ, "PYTHONWARNINGS": "error"},
    )  # fmt: skip

    assert done.stdout.startswith("blotquant ")
    assert done.stderr == ""
