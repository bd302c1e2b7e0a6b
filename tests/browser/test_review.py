"""The page on which lanes and boxes are corrected, in a real browser, and what --corrections makes of its file."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
import tifffile

from blotquant.cli import main
from blotquant.result import Result
from blotquant.synthetic import simulate_blot
from tests.browser.conftest import Open

BOX = ["top", "bottom", "left", "right"]


@pytest.fixture(scope="module")
def measured(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Measure a blot as it lies, one on its side and one that is mirrored: three images in one folder."""
    folder = tmp_path_factory.mktemp("review")
    simulate_blot(folder / "drawn", level="clean", seed=1, n_lanes=6, n_rows=2, shape=(220, 420))
    pixels = tifffile.imread(folder / "drawn" / "blot.tif")
    (folder / "blots").mkdir()
    tifffile.imwrite(folder / "blots" / "upright.tif", pixels)
    tifffile.imwrite(folder / "blots" / "side.tif", np.rot90(pixels).copy())
    tifffile.imwrite(folder / "blots" / "mirror.tif", np.fliplr(pixels).copy())
    (folder / "blots" / "images.csv").write_text(
        "image,membrane,target,form,rotate,mirror\n"
        "upright.tif,a,x,total,,\nside.tif,b,x,total,90,\nmirror.tif,c,x,total,,true\n"
    )
    assert main(["measure", str(folder / "blots" / "images.csv"), "-o", str(folder / "out"), "-q"]) == 0
    return folder


@pytest.fixture
def out(measured: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(measured / "out", tmp_path / "out"))


def bands_of(out: Path) -> pd.DataFrame:
    return Result.load(out).bands.set_index(["image", "lane", "band"])


def again(measured: Path, out: Path, corrections: Path) -> int:
    words = ["measure", measured / "blots" / "images.csv", "-o", out, "-q", "--corrections", corrections]
    return main([str(word) for word in words])


def picture(page: Any, image: str) -> Any:
    return page.get_by_role("group", name=f"Lanes and boxes of {image}")


def drag(page: Any, thing: Any, right: int, down: int) -> None:
    """Drag by pixels of the picture, whatever its size on screen."""
    thing.scroll_into_view_if_needed()
    box = thing.bounding_box()
    scale = thing.evaluate("rect => rect.ownerSVGElement.getScreenCTM().a")
    x, y = box["x"] + box["width"] / 2, box["y"] + box["height"] / 2
    page.mouse.move(x, y)
    page.mouse.down()
    page.mouse.move(x + right * scale, y + down * scale, steps=5)
    page.mouse.up()


def download(page: Any, folder: Path, who: str = "Ada") -> Path:
    page.get_by_label("Your name").fill(who)
    with page.expect_download() as waiting:
        page.get_by_role("button", name="Download corrections.csv").click()
    path = folder / "corrections.csv"
    waiting.value.save_as(path)
    return path


# a move by (right, down) in the upright picture, in rows and columns of the file
@pytest.mark.parametrize(("image", "rows", "cols"), [("upright.tif", 4, 5), ("side.tif", -5, 4), ("mirror.tif", 4, -5)])
def test_a_dragged_box_moves_exactly_that_band(
    image: str, rows: int, cols: int, measured: Path, out: Path, open_page: Open, tmp_path: Path
) -> None:
    before = bands_of(out)
    page = open_page(out / "review.html")
    page.get_by_label("Why").fill("sits on the band's edge")
    drag(page, picture(page, image).get_by_role("button", name="lane 3 band 1", exact=True), right=5, down=4)
    assert again(measured, out, download(page, tmp_path)) == 0
    after, key = bands_of(out), (image, 3, "1")
    moved = after.loc[key, BOX].to_numpy(float) - before.loc[key, BOX].to_numpy(float)
    assert moved.tolist() == [rows, rows, cols, cols]
    others = before.index.drop(key)
    pd.testing.assert_frame_equal(after.loc[others, [*BOX, "curve"]], before.loc[others, [*BOX, "curve"]])
    pixels = tifffile.imread(measured / "blots" / image).astype(float)
    top, bottom, left, right = after.loc[key, BOX].astype(int)
    assert after.loc[key, "raw"] == pytest.approx(pixels[top:bottom, left:right].sum(), rel=1e-9)
    assert after.index[after["flags"].str.contains("edited")].tolist() == [key]
    (edit,) = Result.load(out).corrections.to_dict("records")
    assert (edit["who"], edit["action"], edit["why"]) == ("Ada", "move", "sits on the band's edge")
    assert edit["old"] == "{:.0f}:{:.0f},{:.0f}:{:.0f}".format(*before.loc[key, BOX])
    assert edit["new"] == "{:.0f}:{:.0f},{:.0f}:{:.0f}".format(*after.loc[key, BOX])
    assert edit["when"].startswith("20")


def test_boxes_are_added_resized_deleted_and_renamed_and_a_lane_is_excluded_with_a_reason(
    measured: Path, out: Path, open_page: Open, tmp_path: Path
) -> None:
    before = bands_of(out)
    page = open_page(out / "review.html")
    shown = picture(page, "upright.tif")
    page.get_by_label("Why").fill("dust")
    shown.get_by_role("button", name="lane 1 band 2", exact=True).click()
    page.get_by_role("button", name="Delete", exact=True).click()
    shown.get_by_role("button", name="lane 2 band 1", exact=True).focus()
    page.keyboard.press("Shift+ArrowRight")
    page.keyboard.press("Shift+ArrowDown")
    shown.get_by_role("button", name="lane 4 band 2", exact=True).click()
    page.get_by_label("Number").fill("7")
    page.get_by_role("button", name="Rename").click()
    page.get_by_role("button", name="Draw new").click()
    scale = shown.evaluate("svg => svg.getScreenCTM().a")
    at = shown.bounding_box()
    left, top = before.loc[("upright.tif", 5, "1"), ["left", "top"]].to_numpy(float)
    page.mouse.move(at["x"] + left * scale, at["y"] + (top + 100) * scale)
    page.mouse.down()
    page.mouse.move(at["x"] + (left + 40) * scale, at["y"] + (top + 120) * scale)
    page.mouse.up()
    page.get_by_role("radio", name="lanes").check()
    page.get_by_label("Why").fill("air bubble")
    shown.get_by_role("button", name="lane 6", exact=True).click()
    page.get_by_role("button", name="Exclude").click()
    assert page.locator("#edits li").count() == 5
    assert again(measured, out, download(page, tmp_path)) == 0
    after = bands_of(out)
    assert ("upright.tif", 1, "2") not in after.index
    grown = after.loc[("upright.tif", 2, "1"), BOX] - before.loc[("upright.tif", 2, "1"), BOX]
    assert grown.tolist() == [0, 1, 0, 1]
    assert ("upright.tif", 4, "7") in after.index
    new = after.loc[("upright.tif", 5, "3")]
    assert new[BOX].tolist() == [top + 100, top + 120, left, left + 40]
    assert new["volume_se"] > 0
    out_of_it = after["flags"].str.contains("excluded")
    assert after.index[out_of_it].tolist() == [("upright.tif", 6, "1"), ("upright.tif", 6, "2")]
    reasons = Result.load(out).corrections.set_index("action")["why"]
    assert (reasons["exclude"], reasons["delete"]) == ("air bubble", "dust")


def test_a_lane_takes_its_bands_along_in_every_picture_that_is_meant(
    measured: Path, out: Path, open_page: Open, tmp_path: Path
) -> None:
    before = bands_of(out)
    page = open_page(out / "review.html")
    page.get_by_role("radio", name="lanes").check()
    lane = picture(page, "upright.tif").get_by_role("button", name="lane 2", exact=True)
    lane.focus()
    for _ in range(3):
        page.keyboard.press("ArrowLeft")
    assert page.locator("#edits li").count() == 1
    assert again(measured, out, download(page, tmp_path)) == 0
    moved = bands_of(out)[BOX].astype(float) - before[BOX]
    changed = moved[(moved != 0).any(axis=1)]
    assert changed.index.tolist() == [("upright.tif", 2, "1"), ("upright.tif", 2, "2")]
    assert changed.to_numpy().tolist() == [[0, 0, -3, -3]] * 2


def test_what_takes_something_away_asks_why_and_the_file_asks_who(out: Path, open_page: Open) -> None:
    page = open_page(out / "review.html")
    said = page.get_by_role("status")
    picture(page, "upright.tif").get_by_role("button", name="lane 1 band 1", exact=True).click()
    page.get_by_role("button", name="Delete", exact=True).click()
    assert "Say why" in said.inner_text()
    page.keyboard.press("Escape")
    picture(page, "upright.tif").get_by_role("button", name="lane 1 band 1", exact=True).focus()
    page.keyboard.press("ArrowDown")
    page.get_by_role("button", name="Download corrections.csv").click()
    assert "Say who" in said.inner_text()
