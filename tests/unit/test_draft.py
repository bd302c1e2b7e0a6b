"""draft_study(): what is proposed for files that hold several pictures."""

from __future__ import annotations

import tomllib
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import tifffile
from PIL import Image

from blotquant.pipeline import quantify
from blotquant.settings import from_mapping
from blotquant.study import draft_study
from blotquant.study.draft import _settings_text
from tests.sound_files import write_scan_folder
from tests.unit.test_panels import two_membranes


def sheets(folder: Path) -> tuple[pd.DataFrame, pd.DataFrame]:
    draft_study(folder)
    images, samples = (pd.read_csv(folder / f"{name}.csv", keep_default_na=False) for name in ("images", "samples"))
    return images.astype(str), samples


def figure(path: Path) -> Path:
    """Write a figure of two strips of one membrane, seven lanes each."""
    page = np.full((220, 360), 255.0)
    y, x = np.mgrid[:220, :360]
    for top, strength in ((30, 150.0), (120, 90.0)):
        page[top : top + 60, 40:320] = 200.0
        for lane in range(7):
            away = ((y - top - 30) / 5.0) ** 2 + (np.abs(x - 70 - 37 * lane) / 12.0) ** 6
            page -= strength * (1 + lane) / 7 * np.exp(-0.5 * away)
    noisy = page + np.random.default_rng(1).normal(0, 1.5, page.shape) * (page < 250)
    Image.fromarray(noisy.clip(0, 255).round().astype(np.uint8)).save(path)
    return path


def test_strips_of_a_figure_are_proposed_as_images_of_one_membrane(tmp_path: Path) -> None:
    figure(tmp_path / "fig_pSTAT3.png")
    images, samples = sheets(tmp_path)

    assert images["image"].tolist() == ["fig_pSTAT3.png"] * 2
    assert images["region"].tolist() == ["1", "2"]
    assert images["membrane"].tolist() == ["fig", "fig"]
    assert set(images["target"]) == {""}  # which strip the file's name means is not to be seen
    assert images["note"].str.contains("strip . of 2 in the picture, from the top").all()
    assert samples["lane"].tolist() == list(range(1, 8))


def test_a_proposed_figure_runs_once_its_blanks_are_filled(tmp_path: Path) -> None:
    figure(tmp_path / "fig.png")
    images, samples = sheets(tmp_path)
    images.assign(target="STAT3", form=["phospho", "total"]).to_csv(tmp_path / "images.csv", index=False)
    samples.assign(treatment="vehicle").to_csv(tmp_path / "samples.csv", index=False)
    result = quantify(tmp_path, settings=from_mapping({"report": {"sensitivity": False}}))

    assert result.lanes.groupby("image")["lane"].nunique().to_dict() == {"fig.png@1": 7, "fig.png@2": 7}
    assert result.ratios["ratio"].to_numpy() == pytest.approx(150 / 90, rel=0.1)


def test_membranes_that_lie_apart_are_proposed_each_with_its_own_lanes(tmp_path: Path) -> None:
    tifffile.imwrite(tmp_path / "two.tif", two_membranes(True, 100.0).clip(0, 65535).astype(np.uint16))
    images, samples = sheets(tmp_path)

    assert images[["membrane", "region"]].to_numpy().tolist() == [["two@1", "1"], ["two@2", "2"]]
    assert samples.groupby("membrane")["lane"].count().to_dict() == {"two@1": 8, "two@2": 6}


def test_channels_are_proposed_one_by_one(tmp_path: Path) -> None:
    write_scan_folder(tmp_path)
    tifffile.imwrite(tmp_path / "pair.tif", np.random.default_rng(0).integers(0, 900, (2, 40, 60)).astype(np.uint16))
    (tmp_path / "notes").mkdir()
    images, _ = sheets(tmp_path)

    assert images[["image", "channel"]].to_numpy().tolist() == [
        ["0001_01", "700"], ["0001_01", "800"], ["pair.tif", "1"], ["pair.tif", "2"],
    ]  # fmt: skip
    assert images["note"].str.startswith("channel ").all()


def test_a_picture_that_cannot_be_read_is_proposed_with_the_reason(tmp_path: Path) -> None:
    (tmp_path / "broken.tif").write_bytes(b"II*\0nonsense")
    images, _ = sheets(tmp_path)

    assert images["note"].item().startswith("holds no picture; no known target in the file name")


def test_every_setting_is_proposed_with_what_it_may_be() -> None:
    text = _settings_text("a study")
    assert "Confidence level of every interval. From 0.5 to 0.999.\n# level = 0.95\n" in text
    assert '# Curve. One of: 3pl, 4pl, 5pl.\n# model = "4pl"\n' in text
    assert "# Swap left and right.\n# mirror = false\n" in text
    assert tomllib.loads(text)["title"] == "a study"
