"""The report in a real browser, offline: numbers under the pointer and the focus, the slider, names, accessibility."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from blotquant.report import write_report, write_review
from tests.browser.conftest import Open
from tests.drawn_result import Plan, drawn_result

HOSTILE = "<img src=x onerror=alert(1)>\"'<script>document.title='run'</script>"


@pytest.fixture(scope="module")
def result() -> Any:
    return drawn_result()


@pytest.fixture(scope="module")
def report(result: Any, tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_report(result, tmp_path_factory.mktemp("report") / "report.html")


def readout(section: Any) -> dict[str, str]:
    terms, values = (section.locator(f".readout {tag}").all_inner_texts() for tag in ("dt", "dd"))
    return dict(zip(terms, values, strict=True))


def volume(text: str) -> float:
    return float(text.replace("\u202f", "").replace("−", "-"))


def bands_of(result: Any, image: str) -> pd.DataFrame:
    return result.bands[result.bands["image"] == image].set_index(["lane", "band"])


def assert_row_is(shown: dict[str, str], bands: pd.DataFrame) -> None:
    row = bands.loc[(int(shown["lane"]), shown["row"])]
    assert volume(shown["volume [AU px]"]) == pytest.approx(row["volume"], rel=0.005, abs=0.5)
    assert volume(shown["± standard error"]) == pytest.approx(row["volume_se"], rel=0.005, abs=0.5)
    assert volume(shown["background [AU px]"]) == pytest.approx(row["background"], rel=0.005, abs=0.5)


def test_pointing_at_a_band_shows_its_row_and_its_profile(result: Any, report: Path, open_page: Open) -> None:
    page = open_page(report)
    section = page.locator(".membrane").first
    image = section.locator("svg.overlay").first.get_attribute("data-image")
    boxes = section.locator("svg.overlay").first.locator(".band")
    for place in (0, 4, boxes.count() - 1):
        boxes.nth(place).hover()
        shown = readout(section)
        assert shown["lane"] == boxes.nth(place).get_attribute("data-lane")
        assert_row_is(shown, bands_of(result, image))
        drawn = section.locator(".profile")
        assert drawn.get_attribute("aria-label").startswith(f"Light along lane {shown['lane']}, from ")
        light = result.profiles.set_index(["image", "lane"]).loc[(image, int(shown["lane"])), "signal"]
        assert drawn.get_attribute("aria-label").endswith(f" to {max(map(float, light.split())):.0f} AU")
        # the box stands in the profile where it stands in the picture: rows 0 to 149 fill 460 units
        top = float(boxes.nth(place).get_attribute("y"))
        assert float(drawn.locator("rect").get_attribute("x")) == pytest.approx(top / 149 * 460, abs=0.6)


def test_focus_shows_the_same_and_arrow_keys_go_from_band_to_band(result: Any, report: Path, open_page: Open) -> None:
    page = open_page(report)
    section = page.locator(".membrane").first
    overlay = section.locator("svg.overlay").first
    overlay.locator(".band").first.focus()
    seen = []
    for _ in range(4):
        shown = readout(section)
        assert_row_is(shown, bands_of(result, overlay.get_attribute("data-image")))
        seen.append(int(shown["lane"]))
        page.keyboard.press("ArrowRight")
    assert seen == [1, 2, 3, 4]


def test_the_contrast_slider_changes_the_picture_and_no_number(report: Path, open_page: Open) -> None:
    page = open_page(report)
    section = page.locator(".membrane").first
    section.locator(".band").nth(3).hover()
    before, words = readout(section), page.locator("main").inner_text()
    section.locator(".dark").fill("300")
    assert section.locator(".blot").first.evaluate("image => image.style.filter") == "invert(1) brightness(3) invert(1)"
    assert readout(section) == before
    assert page.locator("main").inner_text() == words


def test_phospho_stands_above_total_in_register(report: Path, open_page: Open) -> None:
    page = open_page(report)
    pictures = page.locator(".membrane").first.locator(".picture")
    assert pictures.nth(0).locator(".name").inner_text().startswith("pSTAT3")
    places = [pictures.nth(k).locator(".band").first.bounding_box() for k in (0, 1)]
    assert places[0]["y"] < places[1]["y"]
    assert places[0]["x"] == pytest.approx(places[1]["x"], abs=0.5)


def test_a_picture_is_shown_larger_when_asked(report: Path, open_page: Open) -> None:
    page = open_page(report)
    section = page.locator(".membrane").first
    before = section.locator(".blot").first.bounding_box()["width"]
    section.locator(".zoom").select_option("200")
    assert section.locator(".blot").first.bounding_box()["width"] == pytest.approx(2 * before, rel=0.01)


@pytest.mark.parametrize("write", [write_report, write_review])
def test_names_are_shown_as_text_and_never_run(write: Any, open_page: Open, tmp_path: Path) -> None:
    result = drawn_result(Plan(targets=(HOSTILE,), treatments=(HOSTILE,), doses=(1.0, 10.0, 100.0), replicates=1))
    result.record["title"] = HOSTILE
    page = open_page(write(result, tmp_path / "page.html"))
    assert HOSTILE in page.title()
    assert page.locator("img[src=x]").count() == 0
    assert HOSTILE in page.locator("h1").inner_text()
    assert "onerror" in page.locator("main").inner_text()


@pytest.mark.parametrize("write", [write_report, write_review])
def test_axe_finds_nothing_serious(write: Any, result: Any, open_page: Open, tmp_path: Path) -> None:
    axe = Path(os.environ.get("AXE", "node_modules/axe-core/axe.min.js"))
    if not axe.is_file():
        pytest.skip("axe-core is not installed: npm install axe-core, or AXE=/path/to/axe.min.js")
    page = open_page(write(result, tmp_path / "page.html"))
    if write is write_report:
        page.locator(".band").nth(2).hover()
    page.evaluate(axe.read_text(encoding="utf-8"))
    found = page.evaluate("axe.run().then(result => result.violations.map(v => [v.impact, v.id, v.nodes[0].html]))")
    print(found)
    assert [each for each in found if each[0] in ("serious", "critical")] == []
