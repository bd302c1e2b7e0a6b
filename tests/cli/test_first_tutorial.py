"""The first tutorial, word by word as a new user types it, in a folder of its own; then on a real pair of scans."""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
from pathlib import Path

import pandas as pd
import pytest

from blotquant.result import Result
from tests.cli.conftest import Run

ROOT = Path(__file__).parents[2]
PAGE = ROOT / "docs" / "tutorials" / "first_blot.md"
LICOR = ROOT.parent / "shared" / "blots" / "licor_akt"


def commands() -> list[str]:
    """List the command lines of the page, in their order."""
    blocks = re.findall(r"^```sh\n(.*?)^```", PAGE.read_text(encoding="utf-8"), re.MULTILINE | re.DOTALL)
    return [line for block in blocks for line in block.splitlines()]


def shell(command: str, folder: Path, program: Path) -> None:
    around = {"PATH": f"{program}:/usr/bin:/bin", "PYTHONPATH": str(ROOT), "HOME": str(folder)}
    done = subprocess.run(
        ["bash", "-ec", command], cwd=folder, env=around, capture_output=True, text=True, timeout=600, check=False
    )
    assert done.returncode == 0, f"{command}\n{done.stderr}"


@pytest.fixture
def program(tmp_path: Path) -> Path:
    """Put ``blotquant`` where a shell finds it, as ``pip install .`` does."""
    place = tmp_path / "bin"
    place.mkdir()
    script = place / "blotquant"
    script.write_text(f'#!/bin/sh\nexec {sys.executable} -m blotquant "$@"\n')
    script.chmod(0o755)
    return place


def filled_in(folder: Path, samples: pd.DataFrame, **images: dict[str, str]) -> None:
    """Fill in what ``init`` left blank: what was in each lane, and what of the images was guessed wrong."""
    sheet = pd.read_csv(folder / "samples.csv", dtype=str, keep_default_na=False)
    assert (sheet["note"] != "").all()
    known = samples.astype({"lane": str})
    if not set(known["membrane"]) <= set(sheet["membrane"]):  # one membrane, called otherwise by its files
        known = known.assign(membrane=sheet["membrane"].iloc[0])
    blank = sheet[["membrane", "lane"]].merge(known, on=["membrane", "lane"], how="left")
    assert len(blank) == len(sheet)
    blank.to_csv(folder / "samples.csv", index=False)
    rows = pd.read_csv(folder / "images.csv", dtype=str, keep_default_na=False)
    for image, change in images.items():
        for column, value in change.items():
            rows.loc[rows["image"].str.startswith(image), column] = value
    rows.to_csv(folder / "images.csv", index=False)


def test_the_commands_of_the_page_end_in_the_report(tmp_path: Path, program: Path) -> None:
    folder = tmp_path / "clean"
    folder.mkdir()
    shutil.copytree(ROOT / "test_images", folder / "test_images")
    lines = commands()
    assert [line.split()[0] for line in lines] == ["blotquant", "mkdir", "cp", "blotquant", "blotquant"]
    for line in lines[:-1]:
        shell(line, folder, program)
    assert (folder / "out" / "report.html").is_file()
    filled_in(folder / "my_study", pd.read_csv(ROOT / "test_images" / "baricitinib" / "samples.csv", dtype=str))
    shell(lines[-1], folder, program)
    assert (folder / "my_results" / "report.html").is_file()
    found = Result.load(folder / "my_results").potencies
    assert found["ci_low"].item() < 44 < found["ci_high"].item()


@pytest.mark.real
@pytest.mark.skipif(not LICOR.is_dir(), reason="the real blots are not beside the checkout")
def test_a_real_pair_of_scans_goes_from_init_to_the_report(tmp_path: Path, run: Run) -> None:
    folder = tmp_path / "licor"
    folder.mkdir()
    for scan in LICOR.glob("Akt_*.TIF"):
        shutil.copy(scan, folder)
    assert run("init", folder, "-q")[0] == 0
    filled_in(folder, pd.read_csv(LICOR / "samples.csv", dtype=str), Akt_700={"form": "phospho", "site": "S473"})
    code, document, _ = run("quantify", folder, "-o", tmp_path / "out", "--json", "--set", "report.figures=false")
    assert code == 0
    assert Path(document["report"]).is_file()
    result = Result.load(tmp_path / "out")
    assert result.lanes["lane"].nunique() == 15
    assert result.ratios["ratio"].notna().sum() == 12
    assert result.ratios["treatment"].nunique() == 6
