"""Images that show one picture under two names are noted, whatever was done to contrast, and nothing else is."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import tifffile

from blotquant.batch.assembly import write_batch
from blotquant.batch.manifest import find_images
from blotquant.batch.measuring import measure_images
from blotquant.blot import Blot
from blotquant.errors import QualityWarning
from blotquant.figures.pictures import Picture, display_picture
from blotquant.pipeline.twins import Twins, note_twins
from blotquant.synthetic import draw_level


def shown(name: str, pixels: np.ndarray) -> Picture:
    blot = Blot(name, pixels, bright=True)
    return display_picture(blot, blot)


PIXELS = draw_level("typical", seed=1, n_lanes=6, shape=(160, 260)).blot.pixels


@pytest.mark.parametrize(
    ("changed", "how"),
    [
        (PIXELS, ""),
        (3.0 * PIXELS + 70.0, ""),
        (PIXELS[:, ::-1], ", mirrored"),
        (PIXELS[::-1, ::-1], ", turned by 180°"),
    ],
)
def test_one_picture_under_two_names_is_noted(changed: np.ndarray, how: str) -> None:
    with pytest.warns(QualityWarning, match=f"^b shows the same picture as a{how}, contrast aside; .* n is too large"):
        notes = note_twins({"a": shown("a", PIXELS), "b": shown("b", changed)})

    assert notes["name"].tolist() == ["b"]
    assert f"shows the same picture as a{how}, contrast aside" in notes["note"].iloc[0]


def test_another_exposure_of_the_same_membrane_is_another_picture() -> None:
    other = PIXELS + np.random.default_rng(0).normal(0, 3, PIXELS.shape)

    assert note_twins({"a": shown("a", PIXELS), "b": shown("b", other)}).empty
    blank = np.full((40, 40), 7.0)
    assert note_twins({"a": shown("a", blank), "b": shown("b", blank)}).empty


def test_notes_on_many_copies_come_some_at_a_time_and_each_names_the_first_of_its_like() -> None:
    twins = Twins()
    for number in range(1501):
        twins.add(f"{number}.tif", ("as it is", "mirrored", "turned"))
    twins.add("other.tif", ("mirrored", "as it is", "another"))

    first, rest = twins.notes()

    assert (len(first), len(rest)) == (1000, 501)
    assert first["name"].iloc[0] == "1.tif"
    assert "shows the same picture as 0.tif, contrast" in rest["note"].iloc[-2]
    assert "shows the same picture as 0.tif, mirrored" in rest["note"].iloc[-1]


def test_a_run_over_two_copies_says_so_in_its_quality_table(tmp_path: Path) -> None:
    drawn = draw_level("clean", seed=2, n_lanes=6, n_rows=1, shape=(120, 360)).blot.pixels.clip(0, 30_000)
    tifffile.imwrite(tmp_path / "a.tif", drawn.astype(np.uint16))
    tifffile.imwrite(tmp_path / "b.tif", (2 * drawn.astype(np.uint16)).astype(np.uint16))
    out = tmp_path / "out"
    out.mkdir()
    write_batch(measure_images(find_images([str(tmp_path)]), out), out, {})
    quality = pd.read_csv(out / "quality.csv")
    assert quality.loc[quality["measure"] == "same_picture", "name"].tolist() == ["b.tif"]
    assert json.loads((out / "run.json").read_text(encoding="utf-8"))["failures"] == []
