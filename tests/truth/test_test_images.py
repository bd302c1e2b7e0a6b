"""test_images/ is what the commands of its README make, down to the pixel."""

from __future__ import annotations

import shlex
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import tifffile
from PIL import Image

from blotquant.cli import main

FOLDER = Path(__file__).parents[2] / "test_images"
README = FOLDER / "README.md"
COMMANDS = [
    shlex.split(line)
    for line in README.read_text(encoding="utf-8").splitlines()
    if line.startswith("blotquant simulate")
]
NAMES = [Path(words[-1]).name for words in COMMANDS]
MEGABYTES = 6.0


def pixels(path: Path) -> np.ndarray:
    if path.suffix == ".tif":
        return np.asarray(tifffile.imread(path), dtype=float)
    with Image.open(path) as picture:
        return np.asarray(picture, dtype=float)


def same_pixels(one: Path, two: Path) -> bool:
    """Compare pictures exactly, JPEGs to the grey level by which decoders differ."""
    allowed = 2.0 if one.suffix == ".jpg" else 0.0
    return bool(np.abs(pixels(one) - pixels(two)).max() <= allowed)


QUICK = {"baricitinib", "clean", "hard", "dark_jpeg", "eight_bit"}  # one of each kind; the others are slow


@pytest.mark.parametrize(
    "words",
    [
        pytest.param(words, id=name, marks=() if name in QUICK else pytest.mark.slow)
        for words, name in zip(COMMANDS, NAMES, strict=True)
    ],
)
def test_a_committed_folder_is_what_its_command_makes(words: list[str], tmp_path: Path) -> None:
    assert words[-2] == "-o"
    assert main([*words[1:-1], str(tmp_path / "again"), "--quiet"]) == 0
    kept, made = FOLDER / Path(words[-1]).name, tmp_path / "again"
    assert sorted(path.name for path in made.iterdir()) == sorted(path.name for path in kept.iterdir())
    for path in made.iterdir():
        if path.suffix == ".csv":
            pd.testing.assert_frame_equal(pd.read_csv(path), pd.read_csv(kept / path.name), rtol=1e-7)
        elif path.suffix == ".toml":
            assert path.read_text(encoding="utf-8") == (kept / path.name).read_text(encoding="utf-8")
        else:
            assert same_pixels(path, kept / path.name), path.name


def test_every_committed_folder_has_its_command_and_its_line_in_the_readme() -> None:
    folders = sorted(path.name for path in FOLDER.iterdir() if path.is_dir())
    text = README.read_text(encoding="utf-8")
    assert folders == sorted(NAMES)
    assert [name for name in folders if f"`{name}`" not in text] == []


def test_the_test_images_stay_small() -> None:
    size = sum(path.stat().st_size for path in FOLDER.rglob("*") if path.is_file())
    assert size < MEGABYTES * 1e6


def test_every_single_blot_has_its_truth() -> None:
    for name in NAMES:
        truth = pd.read_csv(FOLDER / name / "truth_bands.csv")
        assert (truth["present"] == (truth["volume"] > 0)).all()
        assert truth["present"].any() == (name != "blank")
