"""Drawn images and studies for the command line, made once."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from blotquant.cli import main
from blotquant.synthetic import Design, simulate_blot, simulate_study

Run = Callable[..., tuple[int, Any, str]]


@pytest.fixture(scope="session")
def pictures(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Make a folder with two blots in sub-folders, a broken file and a text."""
    folder = tmp_path_factory.mktemp("pictures")
    for place, seed in (("day1", 1), ("day2", 2)):
        simulate_blot(folder / place, level="clean", seed=seed, n_lanes=6, n_rows=2, shape=(220, 420))
    (folder / "day2" / "broken.tif").write_bytes((folder / "day1" / "blot.tif").read_bytes()[:3000])
    (folder / "notes.txt").write_text("not a picture")
    return folder


@pytest.fixture(scope="session")
def study(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Draw a small study: two replicates, five doses."""
    folder = tmp_path_factory.mktemp("studies") / "bari"
    design = Design(replicates=2, doses=(3.0, 10.0, 30.0, 100.0, 1000.0))
    return simulate_study(folder, seed=3, design=design, shape=(300, 560))


@pytest.fixture
def run(capsys: pytest.CaptureFixture[str]) -> Run:
    """Run a command line; return exit code, the JSON document or the text of stdout, and stderr."""

    def once(*words: object) -> tuple[int, Any, str]:
        code = main([str(word) for word in words])
        shown = capsys.readouterr()
        return code, json.loads(shown.out) if "--json" in words else shown.out, shown.err

    return once
