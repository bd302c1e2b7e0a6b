"""simulate(): levels, effects, files and studies."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
import tifffile
from PIL import Image

from blotquant.errors import SettingsError
from blotquant.geometry import parse_curve
from blotquant.synthetic import (
    EFFECTS,
    FAMILIES,
    LEVELS,
    Design,
    draw_level,
    draw_study,
    simulate,
    simulate_blot,
    simulate_study,
)

SMALL = (200, 300)
STUDY = (220, 380)


@pytest.mark.parametrize("family", FAMILIES)
@pytest.mark.parametrize("level", LEVELS)
def test_every_band_of_a_level_lies_whole_in_the_picture_and_below_the_ceiling(level: str, family: str) -> None:
    for seed, n_lanes in ((0, 5), (1, 18)):
        drawn = draw_level(level, seed=seed, n_lanes=n_lanes, family=family)
        assert drawn.signal.sum() == pytest.approx(drawn.bands["volume"].sum(), rel=1e-9)
        assert drawn.bands[["top", "left"]].to_numpy().min() >= 0
        assert (drawn.bands["bottom"] <= 520).all()
        assert (drawn.bands["right"] <= 900).all()
        assert drawn.blot.pixels.max() < 65535.0
        assert len(drawn.lanes) == n_lanes


def test_volumes_of_a_level_span_three_decades() -> None:
    volumes = pd.concat([draw_level("hard", seed=seed).bands["volume"] for seed in range(4)])
    there = volumes[volumes > 0]
    assert there.max() / there.min() > 600.0


def test_hard_is_harder_than_clean_in_every_respect() -> None:
    easy, rough = LEVELS["clean"], LEVELS["hard"]
    softer = [name for name in vars(easy) if getattr(easy, name) >= getattr(rough, name)]
    assert softer == []


def test_hard_has_a_row_that_only_some_lanes_have() -> None:
    bands = draw_level("hard", seed=0).bands
    assert bands["band"].nunique() == 4
    assert bands.groupby("band")["present"].mean().min() < 0.8


def test_the_outer_lanes_are_never_empty() -> None:
    for seed in range(12):
        empty = draw_level("hard", seed=seed, n_lanes=5, n_rows=1, shape=SMALL).lanes["empty"]
        assert not empty.iloc[0]
        assert not empty.iloc[-1]


def test_true_lanes_pass_through_their_bands() -> None:
    drawn = draw_level("hard", seed=2)
    for band in drawn.bands.itertuples():
        curve = parse_curve(drawn.lanes.loc[drawn.lanes["lane"] == band.lane, "curve"].iloc[0])
        place = np.polyval(np.polyfit(curve[:, 0], curve[:, 1], 2), band.centre_row)
        assert place == pytest.approx(band.centre_col, abs=2.5)


def test_the_same_seed_simulates_the_same_blot() -> None:
    blot, truth = simulate(level="hard", seed=5, n_lanes=6, shape=SMALL)
    again, truth_again = simulate(level="hard", seed=5, n_lanes=6, shape=SMALL)
    other, _ = simulate(level="hard", seed=6, n_lanes=6, shape=SMALL)
    assert (blot.pixels == again.pixels).all()
    pd.testing.assert_frame_equal(truth, truth_again)
    assert (blot.pixels != other.pixels).any()


@pytest.mark.parametrize("effect", EFFECTS)
def test_every_effect_changes_the_picture(effect: str) -> None:
    plain, _ = simulate(level="clean", seed=1, n_lanes=6, shape=SMALL)
    changed, _ = simulate(level="clean", seed=1, n_lanes=6, shape=SMALL, effects=[effect])
    assert (plain.pixels != changed.pixels).mean() > 0.005


def test_saturated_blots_reach_the_ceiling_and_clipped_ones_zero() -> None:
    saturated, _ = simulate(seed=1, effects=["saturated"])
    clipped, _ = simulate(seed=1, effects=["clipped"])
    assert (saturated.pixels == 65535.0).sum() > 50
    assert 0.2 < (clipped.pixels == 0.0).mean() < 0.9


@pytest.mark.parametrize(
    "wrong", [{"level": "nasty"}, {"family": "strange"}, {"effects": ["burnt"]}], ids=["level", "family", "effect"]
)
def test_an_unknown_name_is_refused_with_the_known_ones(wrong: dict[str, Any]) -> None:
    with pytest.raises(SettingsError, match=r"unknown; known: \w+, "):
        simulate(**wrong)


def test_simulate_blot_writes_the_picture_and_its_truth(tmp_path: Path) -> None:
    path = simulate_blot(tmp_path / "new", seed=3, n_lanes=6, shape=SMALL)
    blot, truth = simulate(seed=3, n_lanes=6, shape=SMALL)
    assert (tifffile.imread(path) == blot.pixels).all()
    written = pd.read_csv(path.parent / "truth_bands.csv")
    assert written["volume"].to_numpy() == pytest.approx(truth["volume"].to_numpy(), rel=1e-9)
    assert written["image"].unique() == ["blot.tif"]
    assert len(pd.read_csv(path.parent / "truth_lanes.csv")) == 6


@pytest.mark.parametrize(("name", "effects"), [("a.png", ["8-bit"]), ("a.png", []), ("a.jpg", ["stretched"])])
def test_pictures_are_written_as_their_suffix_says(tmp_path: Path, name: str, effects: list[str]) -> None:
    path = simulate_blot(tmp_path, level="clean", n_lanes=5, shape=SMALL, effects=effects, name=name)
    with Image.open(path) as picture:
        assert picture.size == (300, 200)
        assert picture.format == ("PNG" if name.endswith("png") else "JPEG")


def test_a_jpeg_of_16_bits_is_refused(tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match="8-bit"):
        simulate_blot(tmp_path, n_lanes=5, shape=SMALL, name="a.jpg")


def test_a_study_writes_the_same_bytes_again(tmp_path: Path) -> None:
    one = simulate_study(tmp_path / "one", seed=2, design=Design(replicates=1), shape=STUDY)
    two = simulate_study(tmp_path / "two", seed=2, design=Design(replicates=1), shape=STUDY)
    tables = {"images.csv", "samples.csv", "study.toml", "truth_bands.csv", "truth_ratios.csv"}
    names = {path.name for path in one.iterdir()}
    assert names == tables | {"STAT3_rep1.tif", "pSTAT3_rep1.tif"}
    for name in names:
        assert (one / name).read_bytes() == (two / name).read_bytes()


def test_true_ratios_follow_the_curve_but_for_their_deviation() -> None:
    ratios = draw_study(Design(replicates=2), seed=4, shape=STUDY).ratios
    for _, lanes in ratios.groupby("membrane"):
        scale = lanes["ratio"] / (lanes["activity"] * lanes["deviation"])
        assert scale.to_numpy() == pytest.approx(scale.iloc[0])
    at_44 = np.interp(np.log(44.0), np.log(ratios["dose"].iloc[2:9]), ratios["activity"].iloc[2:9])
    assert at_44 == pytest.approx(0.51, abs=0.03)
    assert ratios.loc[ratios["stimulus"] == "none", "activity"].unique() == [0.02]


def test_pictures_of_a_membrane_share_its_geometry_and_not_their_noise() -> None:
    study = draw_study(Design(replicates=1), seed=1, shape=STUDY)
    phospho, total = study.pictures["pSTAT3_rep1.tif"], study.pictures["STAT3_rep1.tif"]
    assert phospho.bands["centre_row"].to_numpy() == pytest.approx(total.bands["centre_row"].to_numpy())
    assert phospho.bands["centre_col"].to_numpy() == pytest.approx(total.bands["centre_col"].to_numpy())
    assert (phospho.blot.pixels != total.blot.pixels).mean() > 0.5


def test_the_target_band_of_a_study_carries_the_true_volumes() -> None:
    study = draw_study(Design(replicates=1), seed=1, shape=STUDY)
    for image, form in (("pSTAT3_rep1.tif", "phospho"), ("STAT3_rep1.tif", "total")):
        bands = study.pictures[image].bands
        target = bands[bands["target"] == "STAT3"].sort_values("lane")
        assert target["volume"].to_numpy() == pytest.approx(study.ratios[form].to_numpy(), rel=1e-9)


def test_ladder_lanes_stand_at_both_sides_with_their_masses() -> None:
    study = draw_study(Design(replicates=1, ladder=True), seed=1, shape=STUDY)
    assert study.samples["role"].tolist() == ["ladder", *["sample"] * 9, "ladder"]
    bands = study.pictures["STAT3_rep1.tif"].bands
    ladder = bands[bands["role"] == "ladder"].sort_values(["lane", "centre_row"])
    assert ladder.groupby("lane")["mass_kda"].first().tolist() == [180, 180]
    assert (ladder.groupby("lane")["mass_kda"].diff().dropna() < 0).all()


def test_a_study_without_replicates_is_refused() -> None:
    with pytest.raises(SettingsError, match="at least one replicate"):
        draw_study(Design(replicates=0))
