"""Real blots: every file is read, lies the right way round, and clips where its detector did."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

from blotquant.blot import Blot
from blotquant.errors import DetectionError, ReadError
from blotquant.flags import Flag, encode, has_flag
from blotquant.orientation import orient
from blotquant.readers import read_blot, read_channels, split_channels
from blotquant.screening import image_flags, picture_flags, screen
from tests.measured_image import measure_image

BLOTS = Path(__file__).parents[2] / "../shared/blots"
BRIGHT = {
    "bio1sc/test1.1sc", "bio1sc/test1_imglab_analysis.tif", "bio1sc/test4.1sc", "bio1sc/test4_imglab_analysis.tif",
    "chemidoc/parp.tif", "chemidoc/trail.tif", "licor_akt/Akt_700.TIF", "licor_akt/Akt_800.TIF",
}  # fmt: skip
ENDINGS = {".tif", ".1sc", ".png", ".jpg", ".gif"}
PICTURES = (
    sorted(path.relative_to(BLOTS).as_posix() for path in BLOTS.rglob("*") if path.suffix.lower() in ENDINGS)
    if BLOTS.is_dir()
    else ["none"]
)

pytestmark = [
    pytest.mark.real,
    pytest.mark.skipif(not BLOTS.is_dir(), reason="the real blots do not lie next to the checkout"),
]


def oriented(name: str) -> Blot:
    return orient(read_blot(BLOTS / name))


def saturated(blot: Blot) -> np.ndarray:
    """Rows and columns, in the file, of the pixels at the ceiling; shape (n, 2)."""
    assert blot.ceiling is not None
    return np.stack(blot.frame.to_file(*np.nonzero(blot.pixels >= blot.ceiling)), axis=1)


@pytest.mark.parametrize("name", PICTURES)
def test_every_picture_is_read_and_lies_the_right_way_round(name: str) -> None:
    blot = oriented(name)

    assert any(step.verb == "invert" for step in blot.steps) == (name not in BRIGHT)


@pytest.mark.parametrize("scan", ["test1", "test4"])
def test_a_quantity_one_scan_equals_image_labs_tiff_bit_for_bit(scan: str) -> None:
    own = read_blot(BLOTS / f"bio1sc/{scan}.1sc")
    exported = read_blot(BLOTS / f"bio1sc/{scan}_imglab_analysis.tif")

    assert (own.pixels == exported.pixels).all()
    assert own.pixel_um == exported.pixel_um == 200.0
    assert own.source.exposure_s == {"test1": 90.0, "test4": 15.0}[scan]


@pytest.mark.parametrize(
    ("name", "ceiling", "pixels"),
    [
        ("chemidoc/trail.tif", 65535.0, 2001),
        ("licor_akt/Akt_700.TIF", 65535.0, 16),
        ("bio1sc/test1.1sc", 65522.0, 105),
        ("bio1sc/test1_imglab_analysis.tif", 65522.0, 105),
        ("bio1sc/test4.1sc", 64024.0, 9),
        ("bio1sc/test4_imglab_analysis.tif", 64024.0, 9),
        ("chemidoc/parp.tif", 65535.0, 0),
        ("licor_akt/Akt_800.TIF", 65535.0, 0),
    ],
)
def test_saturation_is_seen_where_it_is_and_nowhere_else(name: str, ceiling: float, pixels: int) -> None:
    blot = oriented(name)

    assert blot.ceiling == ceiling
    assert len(saturated(blot)) == pixels
    assert bool(picture_flags(blot) & Flag.SATURATED) == (pixels > 0)


@pytest.mark.parametrize(
    ("name", "lanes"),
    [("chemidoc/trail.tif", {1, 2, 3, 4}), ("licor_akt/Akt_700.TIF", {1}), ("bio1sc/test4.1sc", {12}),
     ("chemidoc/parp.tif", set()), ("licor_akt/Akt_800.TIF", set())],
)  # fmt: skip
def test_bands_are_flagged_saturated_where_the_clipped_pixels_lie_and_nowhere_else(name: str, lanes: set[int]) -> None:
    bands = measure_image(BLOTS / name).bands
    burnt = bands[has_flag(bands["flags"], Flag.SATURATED)]

    assert set(burnt["lane"]) == lanes
    if name == "licor_akt/Akt_700.TIF":
        (band,) = burnt.to_dict("records")
        rows = saturated(oriented(name))[:, 0]
        assert band["top"] < rows.min() <= rows.max() < band["bottom"]
        # the band is steeper below, and brightest there: half its height is reached in rows 62 and 79
        assert band["centre_row"] == pytest.approx(70.5, abs=4)


def test_a_real_dot_blot_is_refused_and_its_plateau_named() -> None:
    with pytest.raises(DetectionError, match=r"a dot blot.*105 pixels stand at 65522, where the detector clips"):
        measure_image(BLOTS / "bio1sc/test1.1sc")


def test_the_clipped_pixels_of_the_licor_scan_lie_on_the_first_ladder_band() -> None:
    places = saturated(oriented("licor_akt/Akt_700.TIF"))

    assert places[:, 1].max() < 60
    assert np.ptp(places[:, 0]) < 12


@pytest.mark.parametrize("name", PICTURES)
def test_no_annotated_lane_or_band_is_cropped_away(name: str) -> None:
    notes = BLOTS / f"{name}.annotation.json"
    notes = notes if notes.is_file() else (BLOTS / name).with_suffix(".annotation.json")
    blot = oriented(name)
    if not notes.is_file():
        assert blot.shape[0] > 0.3 * blot.frame.rows
        return
    known = json.loads(notes.read_text(encoding="utf-8"))
    bands = [*known["bands"], *known.get("bands_optional", [])]
    rows, cols = blot.frame.to_upright([y for _, y in bands], [known["lanes"][lane] for lane, _ in bands])

    assert rows.min() > 0
    assert rows.max() < blot.shape[0] - 1
    assert cols.min() > 0
    assert cols.max() < blot.shape[1] - 1


@pytest.mark.parametrize("name", ["chemidoc/parp.tif", "chemidoc/trail.tif", "bio1sc/test1.1sc"])
def test_a_membrane_on_black_is_found_in_its_picture(name: str) -> None:
    blot = oriented(name)

    assert blot.shape[0] * blot.shape[1] < 0.65 * blot.frame.rows * blot.frame.cols


@pytest.mark.parametrize("name", ["licor_akt/Akt_700.TIF", "licor_akt/Akt_800.TIF"])
def test_a_scan_that_touches_its_borders_keeps_them(name: str) -> None:
    blot = oriented(name)

    assert (blot.frame.left, blot.shape[1]) == (0, 866)


@pytest.mark.parametrize(
    ("name", "flags"),
    [
        ("chemidoc/parp.tif", ""),
        ("chemidoc/trail.tif", ""),
        ("licor_akt/Akt_700.TIF", ""),
        ("licor_akt/Akt_800.TIF", ""),
        ("bio1sc/test4.1sc", ""),
        ("gel_jpeg/1_Example_gel.jpg", "lossy;eight_bit"),
        ("gel_jpeg/gel.gif", "eight_bit"),
    ],
)
def test_doubts_about_a_picture_are_those_that_it_deserves(name: str, flags: str) -> None:
    assert encode(image_flags(oriented(name))) == flags


def test_a_stained_gel_in_colour_is_flagged() -> None:
    assert image_flags(oriented("gel_jpeg/Thrombin Gel 15_09_2016.jpg")) & Flag.COLOUR


@pytest.mark.parametrize("name", PICTURES)
def test_what_is_said_of_a_picture_reads_as_a_remark(name: str) -> None:
    notes = screen(oriented(name))["note"]

    assert len(notes) >= 4
    assert (notes.str.len() < 220).all()
    assert not notes.str.contains("nan", regex=False).any()


@pytest.mark.parametrize(
    ("name", "strips"),
    [
        ("PMC12686555_FIGURE1__A-p16p21-ACTIN", 3),
        ("PMC12708318_Figure5__A1-GSDME-actin", 2),
        ("PMC12886003_Figure1__C-H3cr-H3", 3),
        ("PMC12956003_Figure2__A-Htt-tub", 3),
        ("PMC13025488_Figure5__C-pSMAD-GAPDH", 2),
        ("PMC13135410_Figure3__B-Fib-CCN2-GAPDH", 3),
    ],
)
def test_every_strip_of_a_papers_figure_is_found_and_lies_the_right_way_round(name: str, strips: int) -> None:
    parts = [strip for (strip,) in split_channels([read_blot(BLOTS / f"figure_panels/{name}.png")])]

    assert len(parts) == strips
    assert all(any(step.verb == "invert" for step in orient(part).steps) for part in parts)


@pytest.mark.parametrize(
    ("name", "lanes"),
    [
        ("PMC12686555_FIGURE1__A-p16p21-ACTIN", [6, 6, 6]),
        ("PMC12708318_Figure5__A1-GSDME-actin", [4, 4]),
        ("PMC12886003_Figure1__C-H3cr-H3", [6, 6, 6]),
        ("PMC12956003_Figure2__A-Htt-tub", [6, 6, 6]),
        ("PMC13135410_Figure3__B-Fib-CCN2-GAPDH", [12, 12, 12]),
    ],
)
def test_the_strips_of_a_figure_are_measured_with_the_lanes_that_it_shows(name: str, lanes: list[int]) -> None:
    result = measure_image(BLOTS / f"figure_panels/{name}.png")

    assert result.lanes.groupby("image")["lane"].nunique().tolist() == lanes
    assert (result.bands.groupby("image")["band"].nunique() <= 2).all()
    assert result.bands["detected"].mean() > 0.65


@pytest.mark.parametrize("name", [name for name in PICTURES if not name.startswith("figure_panels")])
def test_a_membrane_is_not_parted(name: str) -> None:
    assert len(split_channels([read_blot(BLOTS / name)])) == 1


def test_the_labs_text_beside_the_pictures_is_refused_as_no_picture() -> None:
    with pytest.raises(ReadError, match="not a picture of a known kind"):
        read_channels(BLOTS / "licor_akt/Akt Quantification.txt")
