"""orient(): the right polarity, exact turns, a tilt kept as an angle, and a crop that never cuts a band."""

from __future__ import annotations

import dataclasses

import numpy as np
import pytest

from blotquant.blot import Blot, Source
from blotquant.errors import SettingsError
from blotquant.orientation import orient
from blotquant.synthetic import Drawn, Layout, Membrane, draw, draw_level
from tests.drawn_polarity import draw_any, inverted


def unknown(blot: Blot) -> Blot:
    """The blot as read: nobody has said yet what protein is."""
    return dataclasses.replace(blot, bright=None)


def polarity(blot: Blot) -> str:
    return next(step.detail for step in blot.steps if step.verb == "polarity").split()[0]


def picture(drawn: Drawn, **changes: object) -> Blot:
    return dataclasses.replace(unknown(drawn.blot), **changes)


@pytest.fixture(scope="module")
def typical() -> Drawn:
    return draw_level("typical", seed=3, n_lanes=8, shape=(300, 480))


def test_bright_bands_keep_their_counts(typical: Drawn) -> None:
    found = orient(unknown(typical.blot), crop=False)

    assert found.bright is True
    assert (found.pixels == typical.blot.pixels).all()
    assert polarity(found) == "bright"


def test_dark_bands_become_full_scale_minus_counts(typical: Drawn) -> None:
    found = orient(unknown(inverted(typical.blot)), crop=False)

    assert found.bright is True
    assert (found.pixels == typical.blot.pixels).all()
    assert polarity(found) == "dark"
    assert "65535 − counts" in next(step.detail for step in found.steps if step.verb == "invert")


def test_the_polarity_given_is_taken(typical: Drawn) -> None:
    found = orient(unknown(typical.blot), polarity="dark", crop=False)

    assert (found.pixels == 65535 - typical.blot.pixels).all()
    assert "as given" in next(step.detail for step in found.steps if step.verb == "polarity")


def test_a_polarity_known_before_is_kept(typical: Drawn) -> None:
    found = orient(dataclasses.replace(typical.blot, bright=False), crop=False)

    assert (found.pixels == 65535 - typical.blot.pixels).all()


def test_floor_and_ceiling_change_places_when_a_picture_is_inverted() -> None:
    pixels = np.full((60, 80), 200.0)
    pixels[20:24, 10:70] = 0.0
    blot = Blot("film", pixels, floor=0.0, ceiling=250.0, source=Source(depth=8))
    found = orient(blot, polarity="dark", crop=False)

    assert (found.ceiling, found.floor) == (255.0, 5.0)
    assert (found.pixels >= found.ceiling).sum() == 240


def test_where_an_inverted_picture_clips_is_found_when_nobody_knew(typical: Drawn) -> None:
    burnt = typical.blot.pixels.clip(max=np.quantile(typical.blot.pixels, 0.99))
    dark = dataclasses.replace(inverted(typical.blot), pixels=65535 - burnt, bright=None)

    assert orient(dark).ceiling == burnt.max()


def test_floating_point_is_inverted_about_its_largest_value(typical: Drawn) -> None:
    light = 1.0 - typical.blot.pixels / 65535.0
    found = orient(Blot("f", light, source=Source(depth=32)), crop=False)

    assert polarity(found) == "dark"
    assert found.pixels == pytest.approx(light.max() - light)


@pytest.mark.parametrize("number", range(9))
def test_polarity_is_right_on_every_kind_of_blot_either_way_round(number: int) -> None:
    blot = draw_any(number).blot

    assert polarity(orient(unknown(blot))) == "bright"
    assert polarity(orient(unknown(inverted(blot)))) == "dark"


@pytest.mark.slow
def test_polarity_is_right_on_nearly_all_of_a_thousand_blots() -> None:
    wrong = []
    for number in range(1000):
        blot = draw_any(number).blot
        blot, truth = (inverted(blot), "dark") if number % 2 else (blot, "bright")
        wrong += [number] if polarity(orient(unknown(blot))) != truth else []

    assert len(wrong) <= 5, wrong


def test_polarity_does_not_hang_on_gain_offset_or_resolution(typical: Drawn) -> None:
    pixels = typical.blot.pixels
    double = np.kron(pixels, np.ones((2, 2)))

    for changed in (pixels * 1e-3, pixels + 1e6, double, pixels[::2, ::2], pixels.astype(np.float16)):
        assert polarity(orient(Blot("x", changed))) == "bright"
        assert polarity(orient(Blot("x", -changed.astype(float)))) == "dark"


def test_without_bands_the_longer_tail_decides_and_says_so() -> None:
    rng = np.random.default_rng(0)
    blank = rng.normal(1000, 20, (120, 160))
    blank[50:70, 60:90] += 400.0 * np.hanning(20)[:, None] * np.hanning(30)

    for flat in (np.full((30, 40), 7.0), blank):
        found = orient(Blot("blank", flat))
        assert found.bright is True
        assert found.shape == flat.shape
    assert polarity(orient(Blot("blank", 2000.0 - blank))) == "dark"


@pytest.mark.parametrize(("ground", "word"), [(900.0, "bright"), (64000.0, "dark")])
def test_on_an_empty_membrane_the_ground_decides(ground: float, word: str) -> None:
    noise = np.random.default_rng(0).normal(ground, 20, (150, 200)).round()

    assert polarity(orient(Blot("n", noise, source=Source(depth=16)))) == word


@pytest.mark.parametrize("rotate", [0, 90, 180, 270, -90])
@pytest.mark.parametrize("mirror", [False, True])
def test_turns_and_mirrors_are_exact_and_every_pixel_finds_home(rotate: int, mirror: bool) -> None:
    pixels = np.random.default_rng(1).integers(0, 1000, (17, 23)).astype(float)
    found = orient(Blot("p", pixels), polarity="bright", rotate=rotate, mirror=mirror, crop=False)
    expected = np.rot90(pixels, -rotate // 90)
    expected = expected[:, ::-1] if mirror else expected
    rows, cols = np.indices(found.shape)
    home_row, home_col = found.frame.to_file(rows, cols)

    assert (found.pixels == expected).all()
    assert (pixels[home_row.astype(int), home_col.astype(int)] == found.pixels).all()


@pytest.mark.parametrize("second", [{"rotate": 90}, {"rotate": 180, "mirror": True}, {"rotate": 270, "mirror": True}])
def test_turning_a_turned_region_again_still_finds_home(second: dict[str, object]) -> None:
    pixels = np.random.default_rng(1).integers(0, 1000, (31, 43)).astype(float)
    whole = Blot("p", pixels)
    region = whole.after(
        whole.steps[-1] if whole.steps else _step(),
        pixels[4:25, 6:39],
        frame=dataclasses.replace(whole.frame, top=4, left=6),
    )
    once = orient(region, polarity="bright", rotate=90, mirror=True, crop=False)
    twice = orient(once, polarity="bright", crop=False, **second)  # type: ignore[arg-type]  # options by name
    rows, cols = np.indices(twice.shape)
    home_row, home_col = twice.frame.to_file(rows, cols)

    assert (pixels[home_row.astype(int), home_col.astype(int)] == twice.pixels).all()


def _step() -> object:
    from blotquant.blot import Step

    return Step("region", "4:25,6:39")


@pytest.mark.parametrize(
    ("options", "said"), [({"rotate": 45}, "only quarter turns"), ({"polarity": "white"}, "must be one of auto")]
)
def test_what_cannot_be_done_exactly_is_refused(typical: Drawn, options: dict[str, object], said: str) -> None:
    with pytest.raises(SettingsError, match=said):
        orient(typical.blot, **options)  # type: ignore[arg-type]  # options by name


@pytest.mark.parametrize("tilt", [-12.0, 0.0, 1.5, 6.0])
def test_a_tilt_is_told_to_half_a_degree_and_nothing_is_resampled(tilt: float) -> None:
    bands = draw_level("clean", seed=5, n_lanes=10, shape=(360, 480)).bands
    table = bands[["lane", "band", "volume", "row", "sigma"]]
    drawn = draw(table, layout=Layout(n_lanes=10, tilt=tilt), shape=(360, 480), seed=5)
    found = orient(unknown(drawn.blot), crop=False)

    assert found.frame.tilt == pytest.approx(tilt, abs=0.5)
    assert (found.pixels == drawn.blot.pixels).all()


def test_a_picture_without_rows_has_no_tilt() -> None:
    noise = np.random.default_rng(0).normal(1000, 20, (150, 200))

    assert orient(Blot("n", noise)).frame.tilt == 0.0


@pytest.mark.parametrize("edge", [20.0, 35.0])
@pytest.mark.parametrize("seed", [1, 2])
def test_a_membrane_on_black_is_cropped_to_without_cutting_a_band(edge: float, seed: int) -> None:
    layout, shape = Layout(n_lanes=8, margin=0.12, tilt=1.0), (420, 600)
    table = draw_level("clean", seed=seed, n_lanes=8, n_rows=2, shape=shape).bands[["lane", "band", "volume", "sigma"]]
    rows = table.assign(row=np.where(table["band"] == "1", 150.0, 270.0))
    drawn = draw(rows, layout=layout, membrane=Membrane(base=900.0, edge=edge, unevenness=0.1), shape=shape, seed=seed)
    found = orient(unknown(drawn.blot))
    boxes = drawn.bands

    assert found.shape[0] < shape[0] - 0.8 * edge
    assert found.shape[1] < shape[1] - 0.8 * edge
    assert found.frame.top <= boxes["top"].min()
    assert found.frame.left <= boxes["left"].min()
    assert found.frame.top + found.shape[0] >= boxes["bottom"].max()
    assert found.frame.left + found.shape[1] >= boxes["right"].max()
    assert (found.pixels == drawn.blot.pixels[_cut(found)]).all()


def _cut(blot: Blot) -> tuple[slice, slice]:
    top, left = blot.frame.top, blot.frame.left
    return slice(top, top + blot.shape[0]), slice(left, left + blot.shape[1])


@pytest.mark.parametrize("level", ["clean", "typical", "hard"])
@pytest.mark.parametrize("seed", range(3))
def test_a_membrane_that_fills_the_picture_is_not_cropped(level: str, seed: int) -> None:
    blot = unknown(draw_level(level, seed=seed, n_lanes=6 + 5 * seed, n_rows=3 + seed, shape=(300, 500)).blot)

    assert orient(blot).shape == blot.shape


def test_a_flat_dark_frame_of_a_scan_is_cut_off(typical: Drawn) -> None:
    framed = np.zeros((320, 510))
    framed[8:308, 12:492] = inverted(typical.blot).pixels
    found = orient(Blot("film", framed, source=Source(depth=16)))

    assert polarity(found) == "dark"
    assert found.frame.top in range(8, 12)
    assert found.frame.left in range(12, 16)
    assert found.shape[0] in range(292, 301)
    assert found.shape[1] in range(472, 481)


def test_bands_beyond_the_bright_part_of_a_membrane_forbid_the_cut() -> None:
    pixels = np.random.default_rng(0).normal(100, 2, (300, 400))
    pixels[40:260, 120:400] += 800.0
    y, x = np.mgrid[:300, :400]
    for column in (30, 80):
        pixels += 600 * np.exp(-0.5 * ((y - 150) / 4) ** 2) * (np.abs(x - column) < 16)

    assert orient(Blot("two", pixels), polarity="bright").frame.left == 0


def test_a_soft_glow_is_no_edge_of_a_membrane() -> None:
    y, x = np.mgrid[:300, :400]
    glow = 1000 * np.exp(-0.5 * (((y - 150) / 70) ** 2 + ((x - 200) / 90) ** 2))
    pixels = 100 + glow + np.random.default_rng(0).normal(0, 2, (300, 400))

    assert orient(Blot("glow", pixels), polarity="bright").shape == (300, 400)


def test_crop_can_be_left_out_and_the_input_stays_as_it_was() -> None:
    drawn = draw_level("typical", seed=2, n_lanes=6, shape=(300, 400), effects=("surround",))
    before = drawn.blot.pixels.copy()
    orient(unknown(drawn.blot))

    assert orient(unknown(drawn.blot), crop=False).shape == (300, 400)
    assert (drawn.blot.pixels == before).all()


def test_pixels_that_do_not_change_are_not_copied(typical: Drawn) -> None:
    blot = unknown(typical.blot)

    assert orient(blot, crop=False).pixels is blot.pixels


def test_a_tiny_picture_is_oriented_without_complaint() -> None:
    for shape in ((1, 1), (3, 5), (9, 9), (2, 300)):
        assert orient(Blot("t", np.arange(np.prod(shape), dtype=float).reshape(shape))).bright is True
