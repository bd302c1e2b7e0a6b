"""screen() and image_flags(): each doubt is raised by a picture drawn to deserve it, and by no other."""

from __future__ import annotations

import dataclasses
import tracemalloc
from functools import cache

import numpy as np
import pandas as pd
import pytest

from blotquant.blot import Blot, Source, Step
from blotquant.flags import Flag
from blotquant.orientation import orient
from blotquant.screening import image_flags, picture_flags, saturation, screen
from blotquant.screening.integrity import find_flat_share, find_noise_step, find_repeat, find_step
from blotquant.screening.levels import blockiness, clipped_share, describe_levels
from blotquant.synthetic import draw_level
from blotquant.tables import TABLES


@cache
def drawn(*effects: str) -> Blot:
    return draw_level("typical", seed=4, n_lanes=8, shape=(320, 480), effects=effects).blot


def said(blot: Blot) -> pd.DataFrame:
    return screen(blot).set_index("measure")


def test_a_clean_picture_raises_no_flag_and_no_screening_note() -> None:
    table = said(orient(drawn(), crop=False))

    assert image_flags(drawn()) == Flag(0)
    assert not table["note"].str.contains("screening note").any()
    assert {"size", "depth", "saturated", "polarity", "tilt"} <= set(table.index)


@pytest.mark.parametrize(
    ("effect", "flags"),
    [
        ("8-bit", Flag.EIGHT_BIT),
        ("jpeg", Flag.EIGHT_BIT | Flag.LOSSY),
        ("gamma", Flag.GAMMA),
        ("clipped", Flag.CLIPPED_AT_ZERO),
        ("12-bit", Flag(0)),
        ("saturated", Flag(0)),
        ("inverted", Flag(0)),
    ],
)
def test_what_was_done_to_a_picture_is_flagged_and_nothing_else(effect: str, flags: Flag) -> None:
    blot = orient(dataclasses.replace(drawn(effect), bright=None))

    assert image_flags(blot) == flags


def test_saturation_anywhere_is_a_doubt_of_the_picture_and_not_of_all_its_bands() -> None:
    burnt, sound = orient(drawn("saturated")), orient(drawn())

    assert picture_flags(burnt) == image_flags(burnt) | Flag.SATURATED
    assert picture_flags(sound) == Flag(0)
    assert saturation(sound) == ""
    assert "all that the file can hold" in saturation(burnt)
    assert "where the detector clips" in saturation(dataclasses.replace(burnt, ceiling=burnt.ceiling - 9))
    assert said(burnt).loc["saturated", "note"].startswith(saturation(burnt))
    assert "the darkest level" in saturation(orient(dataclasses.replace(drawn("saturated", "inverted"), bright=None)))


def test_a_polarity_that_is_hard_to_tell_says_what_to_do() -> None:
    blank = Blot("n", np.random.default_rng(0).normal(900, 20, (150, 200)).round(), source=Source(depth=16))

    assert "hard to tell: if bands are dark, say so with polarity" in said(orient(blank)).loc["polarity", "note"]
    assert "hard to tell" not in said(orient(drawn())).loc["polarity", "note"]


def test_a_date_as_cameras_write_it_reads_as_a_date() -> None:
    source = Source(acquired="2015:12:15 11:55:00", reader="png")
    table = said(orient(dataclasses.replace(drawn(), source=source, pixel_um=42.3)))

    assert "taken 2015-12-15 11:55:00" in table.loc["size", "note"]
    assert "print resolution" in table.loc["pixel", "note"]


def test_rows_are_those_of_the_quality_table_and_read_as_sentences() -> None:
    table = screen(orient(drawn("jpeg")))

    assert list(table.columns) == TABLES["quality"].names
    assert (table["scope"] == "image").all()
    assert (table["name"] == "drawn").all()
    assert (table["note"].str.len() > 15).all()


def test_a_stretched_scale_is_told_from_a_scaled_one() -> None:
    counts = np.random.default_rng(0).poisson(np.linspace(500, 1500, 300), (200, 300)).astype(float)
    narrow = np.random.default_rng(0).poisson(900, (200, 300)).astype(float)

    assert describe_levels(np.round(counts * 2.5)).stretched
    assert not describe_levels(counts * 4).stretched
    assert describe_levels(counts * 4).step == 4.0
    assert not describe_levels(counts).stretched
    assert describe_levels(np.round(narrow * 2.5)).stretched
    assert not describe_levels(narrow * 4).stretched


def test_a_stretched_eight_bit_picture_shows_its_comb() -> None:
    grey = np.random.default_rng(0).normal(90, 20, (200, 300)).clip(0, 255).round()
    stretched = Blot("s", (grey * 1.5).clip(0, 255).round(), source=Source(depth=8))

    assert image_flags(stretched) & Flag.STRETCHED
    assert "comb" in said(stretched).loc["contrast", "note"]
    assert not image_flags(Blot("g", grey, source=Source(depth=8))) & Flag.STRETCHED


def test_fewer_than_256_levels_in_sixteen_bits_count_as_eight() -> None:
    wide = drawn("8-bit").pixels * 257.0

    assert image_flags(Blot("w", wide, source=Source(depth=16))) & Flag.EIGHT_BIT


@pytest.mark.parametrize("factor", [1, 16])
def test_a_sixteen_bit_picture_without_bands_is_no_eight_bit_export(factor: int) -> None:
    noise = np.random.default_rng(0).normal(500, 15, (200, 300)).round() * factor
    blank = Blot("b", noise, source=Source(depth=16))

    assert len(np.unique(noise)) < 256
    assert image_flags(blank) == Flag(0)


@pytest.mark.parametrize("spread", ["257", "256 from 255", "window", "gamma", "within"])
def test_levels_of_eight_bits_are_known_however_they_were_spread(spread: str) -> None:
    grey = np.random.default_rng(0).normal(120, 15, (200, 300)).clip(0, 255).round()
    wide = {
        "257": grey * 257.0,
        "256 from 255": 65535.0 - 256.0 * grey,
        "window": 400.0 + 9.0 * grey,
        "gamma": np.round(65535.0 * (grey / 255.0) ** 2.2),
        "within": grey,
    }[spread]

    assert image_flags(Blot("w", wide, source=Source(depth=16))) & Flag.EIGHT_BIT


@pytest.mark.parametrize("seed", [2, 3, 5])
def test_levels_missing_by_chance_on_the_flanks_of_few_strong_bands_are_no_gamma(seed: int) -> None:
    # many dim pixels on every count, and a few thousand strewn over the rest of the scale
    rng = np.random.default_rng(seed)
    dim = np.linspace(450, 2200, 60000)
    flanks = 2200.0 * 30.0 ** rng.random(1500)
    counts = rng.poisson(np.concatenate([dim, flanks])).clip(0, 65535).reshape(300, 205).astype(float)
    curve = np.round(65535.0 * (counts / 65535.0) ** 0.5)

    assert not describe_levels(counts).bent
    assert describe_levels(curve).bent


def test_floating_point_pictures_have_no_comb() -> None:
    pixels = drawn().pixels / 7.0
    levels = describe_levels(pixels)

    assert not levels.stretched
    assert not levels.bent
    assert image_flags(Blot("f", pixels, source=Source(depth=32))) == Flag(0)


def test_a_jpeg_saved_as_png_is_known_by_its_blocks() -> None:
    blot = drawn("jpeg")
    hidden = dataclasses.replace(blot, source=dataclasses.replace(blot.source, lossy=False))
    coarse = Blot("j", np.kron(np.random.default_rng(0).integers(0, 200, (20, 30)), np.ones((8, 8))))

    assert blockiness(coarse.pixels) > 1.4
    assert image_flags(coarse) & Flag.LOSSY
    assert "was probably a JPEG" in said(coarse).loc["compression", "note"]
    assert blockiness(drawn("8-bit").pixels) < 1.4
    assert blockiness(np.zeros((20, 20))) == 1.0
    assert image_flags(hidden) & Flag.EIGHT_BIT


def test_a_flat_bed_scan_with_dark_bands_is_called_film() -> None:
    source = Source(depth=8, tags={"Make": "EPSON", "Model": "Perfection V850"})
    dark = dataclasses.replace(drawn("8-bit", "inverted"), source=source, bright=None)
    bright = dataclasses.replace(drawn("8-bit"), source=source, bright=None)

    assert image_flags(orient(dark)) & Flag.FILM
    assert "film" in said(orient(dark)).index
    assert not image_flags(orient(bright)) & Flag.FILM


def test_a_colour_picture_says_what_was_taken_of_it() -> None:
    blot = dataclasses.replace(drawn(), steps=(Step("read"), Step("colour", "the mean was taken")))

    assert image_flags(blot) & Flag.COLOUR
    assert said(blot).loc["colour", "note"].startswith("the mean was taken")


@pytest.mark.parametrize(
    ("top", "words"),
    [(60000.0, "well exposed"), (9000.0, "nothing is saturated; the strongest"), (65535.0, "stand at")],
)
def test_the_exposure_is_judged_by_the_strongest_pixel(top: float, words: str) -> None:
    pixels = np.full((40, 60), 500.0)
    pixels[10:14, 10:30] = top
    row = said(Blot("e", pixels, ceiling=65535.0)).loc["saturated"]

    assert words in row["note"]
    assert row["value"] == (80 if top == 65535.0 else 0)


def test_an_unknown_ceiling_is_admitted() -> None:
    assert "is not known" in said(Blot("u", drawn().pixels)).loc["saturated", "note"]


def test_dark_bands_tilt_and_crop_are_told() -> None:
    lying = dataclasses.replace(drawn(), frame=dataclasses.replace(drawn().frame, tilt=-4.5), steps=(Step("tilt"),))
    dark = said(orient(dataclasses.replace(drawn("inverted"), bright=None)))
    framed = np.zeros((400, 600))
    framed[60:340, 80:520] = 900.0 + drawn().pixels[:280, :440]

    assert "4.5° anticlockwise" in said(lying).loc["tilt", "note"]
    assert dark.loc["polarity", "value"] == -1.0
    assert "turned over" in dark.loc["polarity", "note"]
    assert said(orient(Blot("f", framed), polarity="bright")).loc["crop", "value"] < 70.0


def test_facts_of_the_file_are_repeated() -> None:
    source = Source(reader="tiff", exposure_s=12.5, imager="ChemiDoc", acquired="2015", depth=16)
    table = said(Blot("x", drawn().pixels, pixel_um=120.0, source=source))

    assert "tiff from ChemiDoc, taken 2015" in table.loc["size", "note"]
    assert (table.loc["exposure", "value"], table.loc["pixel", "value"]) == (12.5, 120.0)


def test_zeros_outside_the_middle_of_the_picture_do_not_count_as_clipped() -> None:
    pixels = drawn().pixels.copy()
    pixels[:, :60] = 0.0

    assert clipped_share(pixels, 0.0) == 0.0
    assert clipped_share(pixels, None) == 0.0
    assert not image_flags(Blot("z", pixels, floor=0.0)) & Flag.CLIPPED_AT_ZERO


def test_a_pasted_part_is_found_with_its_shift_and_worded_as_a_note() -> None:
    pixels = drawn().pixels.copy()
    pixels[200:260, 300:380] = pixels[40:100, 50:130]
    repeat = find_repeat(pixels)

    assert repeat is not None
    assert (repeat.down, repeat.right) == (160, 250)
    assert repeat.row in range(40, 60)
    note = said(Blot("p", pixels)).loc["repeat", "note"]
    assert note.startswith("screening note")
    assert not {"fraud", "manipulat", "fake", "fabricat"} & set(note.lower().split())


@pytest.mark.parametrize("down", [0, 1])
def test_a_picture_of_one_value_or_a_bare_slope_takes_no_more_memory_than_measuring(down: int) -> None:
    pixels = np.full((400, 600), 1000, np.uint16)
    pixels += (np.arange(400, dtype=np.uint16) * down)[:, None]
    tracemalloc.start()
    assert find_repeat(Blot("flat", pixels).counts) is None
    assert tracemalloc.get_traced_memory()[1] < 40 * pixels.size
    tracemalloc.stop()


def test_noise_constants_and_tiny_pictures_repeat_nothing() -> None:
    assert find_repeat(drawn().pixels) is None
    assert find_repeat(np.zeros((100, 100))) is None
    assert find_repeat(np.arange(100.0).reshape(10, 10)) is None
    assert find_repeat(np.tile(np.arange(2.0), (100, 50))) is None


def test_a_splice_through_the_full_height_is_found_at_its_column() -> None:
    pixels = drawn().pixels.copy()
    pixels[:, 222:] += 400.0

    assert find_step(pixels) == 221
    assert "columns 221 and 222" in said(Blot("s", pixels)).loc["step", "note"]


def test_noise_that_changes_through_the_full_height_is_found_at_its_column() -> None:
    pixels = drawn().pixels.copy()
    usual = float(np.median(np.abs(np.diff(pixels, axis=0))))
    pixels[:, 222:] += np.random.default_rng(3).normal(0.0, 3.0 * usual, pixels[:, 222:].shape)

    assert find_noise_step(pixels) == pytest.approx(222, abs=2)
    assert "noise is another through the full height" in said(Blot("s", pixels)).loc["noise_step", "note"]


def test_noise_that_changes_in_half_of_the_height_or_is_gone_on_one_side_is_no_splice() -> None:
    pixels = drawn().pixels.copy()
    assert find_noise_step(pixels) is None
    usual = float(np.median(np.abs(np.diff(pixels, axis=0))))
    half = pixels.copy()
    half[len(half) // 2 :, 222:] += np.random.default_rng(3).normal(
        0.0, 3.0 * usual, half[len(half) // 2 :, 222:].shape
    )
    clipped = pixels.copy()
    clipped[:, 222:] = 0.0

    assert find_noise_step(half) is None
    assert find_noise_step(clipped) is None
    assert find_noise_step(pixels[:40]) is None


def test_the_flank_of_a_lane_and_a_half_high_step_are_no_splice() -> None:
    hazy = drawn().pixels.copy()
    hazy[:, 100:160] += 300.0 * np.hanning(60)
    half = drawn().pixels.copy()
    half[:150, 222:] += 400.0

    assert find_step(hazy) is None
    assert find_step(half) is None
    assert find_step(np.zeros((20, 20))) is None


def test_a_painted_ground_is_noticed_and_a_clipped_one_is_not() -> None:
    painted = drawn().pixels.copy()
    painted[:, :120] = 777.0

    assert find_flat_share(painted, None, None) == pytest.approx(0.25, abs=0.01)
    assert find_flat_share(painted, 777.0, None) == 0.0
    assert find_flat_share(np.zeros((4, 4)), None, None) == 0.0
    assert "filled in" in said(Blot("p", painted)).loc["flat", "note"]


def test_a_blank_picture_says_that_there_is_nothing_to_measure() -> None:
    blank = said(Blot("b", np.full((50, 60), 7.0), source=Source(depth=8)))

    assert "nothing to measure" in blank.loc["depth", "note"]
