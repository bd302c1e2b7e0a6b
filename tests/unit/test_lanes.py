"""find_lanes(): counts, centre lines, empty wells, and nothing where there is nothing."""

from __future__ import annotations

import dataclasses

import cv2
import numpy as np
import pandas as pd
import pytest

from blotquant.blot import Blot, Frame, Source
from blotquant.errors import DetectionError, QualityWarning
from blotquant.geometry import evaluate_curve, parse_curve, to_upright
from blotquant.lanes import find_lanes
from blotquant.lanes.wells import fill_wells
from blotquant.orientation import orient
from blotquant.synthetic import Drawn, Layout, Membrane, draw, draw_level


def centre_at(lane: pd.Series, row: float) -> float:
    points = parse_curve(lane["curve"])
    return float(evaluate_curve(points[:, 0], points[:, 1], row))


@pytest.mark.parametrize(("level", "n_lanes", "seed"), [("clean", 5, 11), ("typical", 12, 12), ("hard", 9, 13)])
def test_the_lanes_of_a_drawn_blot_are_counted_and_lie_where_they_were_drawn(
    level: str, n_lanes: int, seed: int
) -> None:
    drawn = draw_level(level, seed=seed, n_lanes=n_lanes)
    lanes = find_lanes(drawn.blot)
    assert len(lanes) == n_lanes
    bands = drawn.bands[drawn.bands["present"]]
    pitch = float(np.median(np.diff(lanes["centre"])))
    off = [
        centre_at(lanes.iloc[int(lane) - 1], row) - col
        for lane, row, col in bands[["lane", "centre_row", "centre_col"]].to_numpy(float)
    ]
    assert np.abs(off).max() < 0.15 * pitch
    assert (lanes["left"] < lanes["centre"]).all()
    assert (lanes["centre"] < lanes["right"]).all()


def test_lanes_are_numbered_from_the_left_with_a_confidence_and_a_reason_for_each_doubt(drawn: Drawn) -> None:
    lanes = find_lanes(drawn.blot)
    assert lanes["lane"].tolist() == list(range(1, 7))
    assert lanes["centre"].is_monotonic_increasing
    assert lanes["confidence"].between(0, 1).all()
    assert (lanes.loc[lanes["confidence"] < 1, "reason"] != "").all()


def test_a_blank_picture_has_no_lanes_and_says_so() -> None:
    pixels = np.random.default_rng(1).normal(500, 10, (300, 400))
    with pytest.raises(DetectionError, match=r"blank\.tif"):
        find_lanes(Blot("blank.tif", pixels, bright=True))


def dots() -> Blot:
    """Two rows of six round spots."""
    row, col = np.indices((260, 400))
    light = sum(
        np.exp(-(((row - r) ** 2 + (col - c) ** 2) / (2 * 9.0**2))) for r in (80, 180) for c in range(60, 361, 60)
    )
    pixels = 500 + 20000 * light + np.random.default_rng(2).normal(0, 10, row.shape)
    return Blot("dots.tif", pixels, bright=True)


def test_a_dot_blot_is_not_cut_into_lanes() -> None:
    with pytest.raises(DetectionError, match=r"a dot blot, not a lane blot; if it has lanes, give their number"):
        find_lanes(dots())


def test_a_number_of_lanes_says_that_round_spots_are_bands_and_is_warned_of() -> None:
    with pytest.warns(QualityWarning, match="as in a dot blot; measured as lanes because their number was given"):
        lanes = find_lanes(dots(), n_lanes=6)

    assert np.abs(lanes["centre"] - np.arange(60, 361, 60)).max() < 2


def test_a_given_count_is_used_and_one_that_the_picture_contradicts_is_an_error(drawn: Drawn) -> None:
    assert len(find_lanes(drawn.blot, n_lanes=6)) == 6
    with pytest.raises(DetectionError, match=r"2.*6|6.*2"):
        find_lanes(drawn.blot, n_lanes=2)


def test_a_fully_inhibited_image_takes_its_lanes_from_its_partner(drawn: Drawn) -> None:
    empty = Blot("empty.tif", np.random.default_rng(3).normal(500, 5, drawn.blot.shape), bright=True)
    lanes = find_lanes([empty, drawn.blot])
    places = lanes.pivot_table(index="lane", columns="image", values="centre")
    assert len(places) == 6
    np.testing.assert_allclose(places["empty.tif"], places[drawn.blot.name])


def test_gain_and_offset_do_not_move_lanes(drawn: Drawn) -> None:
    moved = dataclasses.replace(drawn.blot, pixels=4.0 * drawn.blot.pixels + 300.0, ceiling=None)
    one, other = find_lanes(dataclasses.replace(drawn.blot, ceiling=None)), find_lanes(moved)
    np.testing.assert_allclose(one["centre"], other["centre"], atol=0.02)


def test_a_mirrored_picture_has_the_same_lanes_in_the_file(drawn: Drawn) -> None:
    shape = drawn.blot.shape
    mirrored = dataclasses.replace(drawn.blot, pixels=drawn.blot.pixels[:, ::-1], frame=Frame(*shape, mirror=True))
    np.testing.assert_allclose(
        np.sort(find_lanes(mirrored)["centre"]), np.sort(find_lanes(drawn.blot)["centre"]), atol=1.5
    )


@pytest.mark.parametrize(("turns", "mirror"), [(0, True), (2, False), (1, False), (3, True)])
def test_images_of_a_membrane_may_lie_differently_in_their_files(drawn: Drawn, turns: int, mirror: bool) -> None:
    own = drawn.blot
    as_filed = own.pixels[:, ::-1] if mirror else own.pixels
    rows, cols = np.rot90(as_filed, turns).shape  # the file's, which so many turns bring upright
    other = dataclasses.replace(own, name="other", frame=Frame(rows, cols, turns=turns, mirror=mirror))
    tables = [table for _, table in find_lanes([own, other]).groupby("image", sort=False)]
    lanes = [to_upright(table, blot.frame) for blot, table in zip((own, other), tables, strict=True)]
    for name in ("left", "right", "centre"):
        np.testing.assert_allclose(lanes[1][name], lanes[0][name], atol=1e-6)
    small = dataclasses.replace(other, frame=dataclasses.replace(other.frame, rows=rows - 1))
    with pytest.raises(DetectionError, match="not on one pixel grid"):
        find_lanes([own, small])


def strip_of_bands(rows: int, steps: float, half: float, *, top: float = 200.0) -> np.ndarray:
    """Draw a short strip of eight bits with six bands, ``steps`` apart and ``half`` wide to either side."""
    row, col = np.indices((rows, 150))
    light = np.zeros(row.shape)
    for centre in 12.0 + steps * np.arange(6):
        light += np.exp(-(((row - rows / 2) / (0.22 * rows)) ** 4)) / (
            1.0 + np.exp((np.abs(col - centre) - half) / 1.2)
        )
    noise = np.random.default_rng(6).normal(0.0, 1.0, row.shape)
    return np.clip(np.round(20.0 + top * np.minimum(light, 1.0) + noise), 0, 255)


@pytest.mark.parametrize("rows", [14, 18, 25])
def test_a_short_strip_that_its_bands_fill_shows_its_lanes(rows: int) -> None:
    lanes = find_lanes(Blot("strip.png", strip_of_bands(rows, 24.0, 9.0), bright=True))
    np.testing.assert_allclose(lanes["centre"], 12.0 + 24.0 * np.arange(6), atol=2.0)


def test_lanes_whose_bands_touch_are_counted() -> None:
    lanes = find_lanes(Blot("touching.png", strip_of_bands(26, 24.0, 11.5), bright=True))
    np.testing.assert_allclose(lanes["centre"], 12.0 + 24.0 * np.arange(6), atol=2.5)


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_a_smear_beside_the_lanes_is_no_lane(seed: int) -> None:
    drawn = draw_level("clean", seed=seed, n_lanes=6, n_rows=5)
    pitch = float(np.median(np.diff(drawn.lanes["centre"])))
    room = round(1.4 * pitch)
    pixels = np.pad(drawn.blot.pixels, ((0, 0), (room, 0)), mode="edge")
    pixels[:, :room] = np.random.default_rng(seed).normal(np.median(drawn.blot.pixels), 5.0, (len(pixels), room))
    row, col = np.indices(pixels.shape)
    for at, share in ((180, 0.4), (340, 0.8)):
        along, across = (row - at - 0.1 * (col - share * pitch)) / 7.0, (col / pitch - share) / 0.22
        pixels += 0.05 * np.ptp(drawn.blot.pixels) * np.exp(-0.5 * (along**2 + across**2))
    lanes = find_lanes(Blot("smear.tif", pixels, bright=True))
    assert lanes["centre"].min() > room


@pytest.mark.parametrize("seed", [20000, 20004, 20008])
def test_a_blank_membrane_with_dust_scratches_and_stains_has_no_lanes(seed: int) -> None:
    blot = draw_level("hard", seed=seed, n_lanes=5 + seed % 14, effects=("blank",)).blot
    with pytest.raises(DetectionError, match="no lanes found"):
        find_lanes(blot)


def test_a_scratch_across_an_empty_membrane_is_no_row_of_lanes() -> None:
    row, col = np.indices((300, 400))
    scratch = 400.0 * (np.abs(row - 220 + 0.29 * col) < 2.0) * (col > 60) * (col < 200)
    pixels = 500 + scratch + np.random.default_rng(3).normal(0, 10, row.shape)
    with pytest.raises(DetectionError, match="no lanes found"):
        find_lanes(Blot("scratch.tif", pixels, bright=True))


@pytest.mark.parametrize(("level", "family", "seed"), [("typical", "foreign", 20007), ("typical", "flat", 20008)])
def test_a_ground_that_is_clipped_to_black_makes_no_lanes_between_lanes(level: str, family: str, seed: int) -> None:
    n_lanes = 5 + seed % 14
    drawn = draw_level(level, seed=seed, family=family, n_lanes=n_lanes, effects=("clipped",))
    lanes = find_lanes(drawn.blot)
    assert len(lanes) == n_lanes
    np.testing.assert_allclose(lanes["centre"], drawn.lanes["centre"], atol=12.0)


def row_of_lanes(centres: list[float], cols: int) -> Blot:
    """Two rows of bands 30 px wide."""
    row, col = np.indices((160, cols))
    across = sum(1.0 / (1.0 + np.exp((np.abs(col - at) - 15) / 1.5)) for at in centres)
    light = across * (np.exp(-0.5 * ((row - 50) / 4.0) ** 2) + np.exp(-0.5 * ((row - 110) / 4.0) ** 2))
    return Blot("row.tif", 500 + 5000 * light + np.random.default_rng(4).normal(0, 8, row.shape), bright=True)


def test_a_count_that_was_given_fills_a_wide_space_when_the_ends_have_no_room() -> None:
    blot = row_of_lanes([25.0, 65.0, 105.0, 212.0, 252.0, 292.0], 318)  # 107 px hold one well easily, two narrowly
    assert len(find_lanes(blot)) == 7
    given = find_lanes(blot, n_lanes=8)
    np.testing.assert_allclose(given["centre"].iloc[3:5], [140.7, 176.3], atol=2.0)
    assert given["reason"].iloc[3].startswith("no band seen")
    with pytest.raises(DetectionError, match="9 lanes were given, but the picture shows 7"):
        find_lanes(blot, n_lanes=9)


def test_a_gap_beside_a_narrow_and_a_wide_step_is_judged_by_the_steps_around_it() -> None:
    places = np.cumsum([0.0, 60, 75, 117, 75, 62, 66, 67, 64, 69])
    centre, empty = fill_wells(places, 66.0)
    assert not empty.any()
    assert len(centre) == len(places)


@pytest.mark.parametrize("seed", [8, 11])
def test_narrow_lanes_far_apart_have_no_lanes_between_them(seed: int) -> None:
    layout = Layout(n_lanes=9, filling=0.4, spacing=0.03, lean=6.0)
    rng = np.random.default_rng(21)
    rows = pd.DataFrame({"band": ["1", "2", "3"], "row": [110.0, 260.0, 400.0]})
    bands = rows.merge(pd.DataFrame({"lane": np.arange(1, 10)}), how="cross")
    bands["volume"] = 10.0 ** rng.uniform(4.5, 6.0, len(bands)) * (rng.random(len(bands)) > 0.3)
    drawn = draw(bands, layout=layout, membrane=Membrane(haze=0.3), shape=(520, 900), seed=seed, name="narrow.tif")
    assert len(find_lanes(drawn.blot)) == 9


@pytest.mark.parametrize(
    ("level", "seed", "effects"),
    [
        ("hard", 60106, ("blank", "jpeg")),
        ("hard", 60106, ("blank", "surround")),
        ("typical", 60101, ("blank", "clipped")),
    ],
)
def test_scratches_and_stains_on_a_blank_membrane_are_no_lanes(level: str, seed: int, effects: tuple[str, ...]) -> None:
    drawn = draw_level(level, seed=seed, n_lanes=5 + seed % 14, effects=effects)
    with pytest.raises(DetectionError, match="no lanes found"):
        find_lanes(orient(drawn.blot))


def across(off: np.ndarray, half: float, soft: float) -> np.ndarray:
    """Brightness across a band with soft sides, at distances from its middle."""
    return 1.0 / (1.0 + np.exp((np.abs(off) - half) / soft))


def touching_lanes(size: float) -> Blot:
    """Six hazy lanes whose saturated bands touch; the first has but a thin band, the third a speck off its middle."""
    row, col = np.indices((460, 280)).astype(float)
    light = 40.0 * np.exp(-0.5 * (((row - 204) / 4) ** 2 + ((col - 131) / 7) ** 2))
    bands = [
        [(156, 60, 4)],
        [(150, 900, 14), (240, 260, 12), (300, 420, 16)],
        [(150, 900, 14), (240, 240, 11), (300, 420, 16)],
        [(149, 800, 13), (300, 300, 14)],
        [(148, 500, 12), (300, 90, 12)],
        [(147, 400, 9)],
    ]
    for lane, (haze, own) in enumerate(zip((4, 45, 45, 30, 22, 12), bands, strict=True)):
        off = col - (36 + 43.5 * lane)
        light += across(off, 19.5, 1.6) * haze * np.exp(-(((row - 190) / 120) ** 2))
        for centre, height, sigma in own:
            shape = across(off, 20.5 if height > 100 else 24.0, 1.8)
            light += height * shape * np.exp(-0.5 * ((row - centre) / sigma) ** 2)
    film = cv2.GaussianBlur(60.0 + 185.0 * (1.0 - np.exp(-light / 110.0)), (0, 0), 1.0)
    pixels = np.clip(np.round(film + np.random.default_rng(1).normal(0, 1, film.shape)), 0, 255)
    shape = (round(280 * size), round(460 * size))
    small = np.round(cv2.resize(pixels, shape, interpolation=cv2.INTER_AREA if size < 1 else cv2.INTER_CUBIC))
    return Blot("touching.tif", small, bright=True, source=Source(depth=8))


@pytest.mark.parametrize("size", [0.7, 1.3])
def test_lanes_whose_saturated_bands_touch_are_told_by_the_haze_between(size: float) -> None:
    lanes = find_lanes(orient(touching_lanes(size)))
    assert np.abs(lanes["centre"] / size - (36 + 43.5 * np.arange(6))).max() < 6


def test_lanes_whose_bands_touch_in_a_steep_row_lie_in_the_middle_of_their_bands() -> None:
    rng = np.random.default_rng(4)
    row, col = np.indices((300, 492)).astype(float)
    centres = 48.0 + 36.0 * np.arange(12)
    thickness = np.exp(-0.5 * ((row - 150 - 30 * np.tanh((col - 48) / 150)) / 3.2) ** 2)
    light = sum(rng.uniform(3000, 9000) * across(col - centre, 0.44 * 36, 2.0) * thickness for centre in centres)
    lanes = find_lanes(orient(Blot("steep.tif", 500.0 + light + rng.normal(0, 10, row.shape), bright=True)))
    assert np.abs(lanes["centre"] - centres).max() < 2.5


def test_patches_that_are_one_grey_step_brighter_are_no_bands() -> None:
    row, col = np.indices((520, 696)).astype(float)
    light = 4.0 * ((col > 250) & (col < 490) & (row < 490))
    for lane in range(4):
        shape = across(col - (295 + 47 * lane), 17.0, 1.5)
        for centre, height in ((75, 170), (100, 70)):
            light += height * shape * np.exp(-0.5 * ((row - centre) / 4) ** 2)
    blocks = np.kron(np.random.default_rng(0).random((65, 87)) < 0.35, np.ones((8, 8)))
    lanes = find_lanes(orient(Blot("blocks.tif", np.round(light + blocks), bright=True, source=Source(depth=8))))
    assert np.abs(lanes["centre"] - (295 + 47 * np.arange(4))).max() < 6


@pytest.mark.parametrize("seed", [0, 2])
def test_a_last_lane_whose_only_band_touches_a_stronger_neighbour_is_a_lane(seed: int) -> None:
    rng = np.random.default_rng(seed)
    row, col = np.indices((300, 440)).astype(float)
    centres = 48.0 + 40.0 * np.arange(9)
    strong = np.exp(-0.5 * ((row - 200 - 6 * np.cos(col / 70)) / 4) ** 2)
    light = 4000.0 * across(col - centres[-1], 17.6, 2.5) * strong
    for centre in centres[:-1]:
        light += rng.uniform(5000, 9000) * across(col - centre, 17.6, 2.5) * strong
        light += rng.uniform(500, 3000) * across(col - centre, 14.4, 2.0) * np.exp(-0.5 * ((row - 90) / 4) ** 2)
    blot = Blot("last.tif", 500.0 + light + rng.normal(0, 12, row.shape), bright=True)
    assert np.abs(find_lanes(orient(blot))["centre"] - centres).max() < 6
