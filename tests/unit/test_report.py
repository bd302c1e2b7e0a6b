"""The page: everything inside one file, names as text, the answer on top, missing parts said to be missing."""

from __future__ import annotations

import base64
import dataclasses
import hashlib
import json
import re
import shutil
import subprocess
from html.parser import HTMLParser
from pathlib import Path

import matplotlib as mpl
import numpy as np
import pandas as pd
import pytest

from blotquant.errors import OutputError
from blotquant.figures import draw_all
from blotquant.figures.names import quantity_name
from blotquant.figures.pictures import encode_png
from blotquant.flags import Flag, encode
from blotquant.geometry import to_file
from blotquant.report import render, render_review, write_figures, write_report
from blotquant.report.answer import answer
from blotquant.report.card import report_card
from blotquant.report.grids import grids
from blotquant.report.methods import methods
from blotquant.report.overlays import membrane_views
from blotquant.report.page import missing_parts
from blotquant.report.worries import general_warnings, worries
from blotquant.settings import Settings, override
from blotquant.tables import check
from tests.drawn_result import Plan, drawn_result, fitted_only, measured_only, with_course

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")


class Page(HTMLParser):
    """Tags with their attributes, and the text that a reader sees."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str]]] = []
        self.words: list[str] = []
        self.labels: list[str] = []
        self._inside = ""
        self.feed(html)

    def handle_starttag(self, tag, attrs):
        self.tags.append((tag, {name: value or "" for name, value in attrs}))
        self._inside = tag

    def handle_endtag(self, tag):
        self._inside = ""

    def handle_data(self, data):
        if self._inside == "title":
            self.labels.append(data)
        if self._inside not in ("style", "script"):
            self.words.append(data)

    @property
    def text(self) -> str:
        return " ".join(" ".join(self.words).split())

    def every(self, tag: str) -> list[dict[str, str]]:
        return [attributes for name, attributes in self.tags if name == tag]


@pytest.fixture(scope="module")
def html() -> str:
    return render(drawn_result())


@pytest.fixture(scope="module")
def page(html) -> Page:
    return Page(html)


def test_the_same_result_gives_the_same_bytes(html):
    assert render(drawn_result()) == html


def test_nothing_is_asked_from_the_network_and_only_our_own_style_and_script_may_run(html, page):
    sources = [tag.get("src", "") or tag.get("href", "") for _, tag in page.tags]
    assert all(source.startswith(("data:", "#")) for source in sources if source)
    policy = page.every("meta")[1]["content"]
    assert "default-src 'none'" in policy
    assert "unsafe" not in policy
    for tag in ("style", "script"):
        inside = re.search(f"<{tag}>(.*?)</{tag}>", html, re.DOTALL)[1]
        digest = base64.b64encode(hashlib.sha256(inside.encode()).digest()).decode()
        assert f"{tag}-src 'sha256-{digest}'" in policy
    assert "url(" not in html
    assert not any("style" in tag or any(name.startswith("on") for name in tag) for _, tag in page.tags)


def test_the_answer_stands_on_top_with_value_interval_and_n(page):
    top = page.text[: page.text.index("What to doubt")]
    assert "IC50 of 44 nM (95 % interval 35.2–55 nM; n = 3 biological replicates, 21 lanes)" in top
    assert "Baricitinib lowers pSTAT3 (Y705) / STAT3 under IL-6" in top
    assert "1 of the 54 bands behind this is in doubt (saturated and speck)" in top
    assert page.every("figure")[0]


def test_every_image_is_shown_whole_with_its_lanes_and_a_box_for_every_band(page):
    result = drawn_result()
    blots = [tag for tag in page.every("img") if tag.get("class") == "blot"]
    assert len(blots) == len(result.images) == 6
    boxes = [tag for tag in page.every("rect") if "band" in tag.get("class", "")]
    assert len(boxes) == len(result.bands)
    first = result.bands.iloc[0]
    assert float(boxes[0]["x"]) == pytest.approx(first["left"])
    assert float(boxes[0]["height"]) == pytest.approx(first["bottom"] - first["top"])
    doubted = [box for box in boxes if "doubted" in box["class"]]
    assert len(doubted) == 1
    label = page.labels[1 + boxes.index(doubted[0])]  # the first title is the page's
    assert "Lane 2, IL-6, vehicle: row 1 (STAT3)" in label
    assert label.endswith("saturated, speck")


def test_phospho_stands_above_total(page):
    names = [tag["alt"] for tag in page.every("img") if tag.get("class") == "blot"]
    assert names[0].startswith("Blot r1_pSTAT3.tif")
    assert names[1].startswith("Blot r1_STAT3.tif")


def test_boxes_follow_a_picture_that_was_turned_and_mirrored():
    result = drawn_result()
    image = result.images["image"].iloc[0]
    picture = result.pictures[image]
    frame = picture.frame.__class__(picture.frame.cols, picture.frame.rows, turns=1, mirror=True)
    turned = picture.__class__(image, picture.png, picture.scale, frame, picture.low, picture.high)
    result.pictures[image] = turned
    own = result.bands["image"] == image
    bands = result.bands[own]
    file = to_file(bands, frame)
    assert (file["top"] != bands["top"]).all()
    result.bands = pd.concat([file, result.bands[~own]], ignore_index=True)
    on_side = result.lanes["image"] == image
    result.lanes = pd.concat([to_file(result.lanes[on_side], frame), result.lanes[~on_side]], ignore_index=True)
    views, _ = membrane_views(result)
    assert [lane[2] for lane in views[0].images[0].lanes] == [lane[2] for lane in views[0].images[1].lanes]
    boxes = {(box.lane, round(box.top)): box for box in views[0].images[0].boxes}
    for band in bands.itertuples():
        box = boxes[(band.lane, round(band.top))]
        assert (box.left, box.width, box.height) == (band.left, band.right - band.left, band.bottom - band.top)


def test_flags_are_explained_worst_first_and_a_doubt_of_a_whole_picture_is_said_once():
    result = drawn_result()
    image = result.images["image"].iloc[3]
    own = result.bands["image"] == image
    result.bands.loc[own, "flags"] = [
        encode(Flag.LOSSY | Flag.BELOW_LOQ) if text else "lossy" for text in result.bands.loc[own, "flags"]
    ]
    found = worries(result)
    names = [worry.name for worry in found]
    assert names.index("saturated") < names.index("lossy") < names.index("below LOQ")
    lossy = found[names.index("lossy")]
    assert lossy.where == f"whole picture: {image}"
    assert found[0].level == "wrong"


def test_doubts_of_pictures_as_such_are_said_apart_from_those_of_bands():
    result = drawn_result(Plan(pictures=False))
    result.bands["flags"] = "lossy;eight_bit"
    assert (
        answer(result)[-1]
        == "None of the 54 bands behind this is in doubt. Pictures as such are in doubt (lossy and eight bit)."
    )


def test_flagged_bands_are_named_image_by_image():
    result = drawn_result(Plan(pictures=False))
    result.bands["flags"] = ""
    hit = (result.bands["lane"].isin([2, 3])) & (result.bands["target"] != "")
    result.bands.loc[hit, "flags"] = "speck"
    where = next(worry.where for worry in worries(result) if worry.name == "speck")
    image = result.bands.loc[hit, "image"].iloc[0]
    assert where.startswith("12 bands (")
    assert where.count(image) == 1
    assert f"{image}: lane 2 row 1 and lane 3 row 1;" in where
    assert "4 bands of 2 further images" in where


def test_notes_on_a_total_stand_once_above_its_table():
    result = drawn_result(Plan(pictures=False))
    total = result.tests.assign(quantity="S", note="total itself: does the treatment move it?")
    result.tests = pd.concat([result.tests, total], ignore_index=True)
    ratio, alone = grids(result)["tests"]
    assert "move the total itself" in alone.note
    assert "move the total itself" not in ratio.note
    assert not any("total itself" in cell for row in alone.rows for cell in row)


def test_bands_without_ratios_are_tabulated_and_several_answers_are_a_list():
    page = Page(render(measured_only()))
    assert "Band by band (108 rows)" in page.text
    few = drawn_result(Plan(pictures=False, targets=("STAT3", "STAT1"), doses=(30.0, 1000.0)))
    few.potencies = few.potencies.iloc[:0]
    assert any(tag.get("class") == "answer" for tag in Page(render(few)).every("ul"))


def test_doubts_in_ladder_lanes_stand_beside_the_results():
    result = drawn_result(Plan(pictures=False))
    result.samples.loc[result.samples["lane"] == 2, "role"] = "ladder"
    found = worries(result)
    assert next(worry for worry in found if worry.name == "saturated").weight == "not in the results"
    assert "None of the 48 bands" in answer(result)[-1]


def test_what_was_taken_is_said_beside_the_picture():
    result = drawn_result(Plan(replicates=1, doses=(10.0,)))
    said = [
        {
            "scope": "image",
            "name": "r1_pSTAT3.tif",
            "measure": "target_row",
            "value": 1.0,
            "note": "STAT3 (phospho): by mass",
        },
        {
            "scope": "image",
            "name": "r1_STAT3.tif",
            "measure": "target_row",
            "value": np.nan,
            "note": "STAT3 (total): the whole lane",
        },
        {
            "scope": "membrane",
            "name": "STAT3 blot 1",
            "measure": "lanes",
            "value": 3.0,
            "note": "found in the pictures",
        },
    ]
    result.quality = pd.concat([result.quality, pd.DataFrame(said).assign(unit="", tone="fact")], ignore_index=True)
    view = membrane_views(result)[0][0]
    assert view.note == "3 lanes: found in the pictures"
    assert view.images[0].note == "row 1 was taken: by mass"
    assert view.images[1].note == "the whole lane was taken"
    assert not any("by mass" in text for text in general_warnings(result))


def test_the_targets_row_in_a_ladder_lane_is_drawn_as_any_other_row():
    result = drawn_result(Plan(replicates=1, doses=(10.0,)))
    result.samples.loc[0, "role"] = "ladder"
    image = membrane_views(result)[0][0].images[0]
    assert {box.lane: box.look.split()[1] for box in image.boxes if "row 1" in box.label} == {
        1: "other",
        2: "target",
        3: "target",
    }


def test_the_heading_over_the_lanes_tells_the_cells_that_differ():
    result = drawn_result(Plan(replicates=1, doses=(10.0, 100.0)))
    result.samples["time_min"], result.groups["time_min"] = [0.0, 5.0, 15.0, 30.0], 5
    header = membrane_views(result)[0][0].header
    assert [text.text for text in header[:5]] == ["0", "5", "15", "30", "time (min)"]
    (name,) = [text for text in header if text.text == "time (min)"]
    lanes = [text.x for text in header[:4]]
    assert name.anchor in ("start", "end")
    assert name.x < min(lanes) or name.x > max(lanes)


def test_the_ladders_masses_stand_in_the_picture():
    result = drawn_result(Plan(replicates=1, doses=(10.0,)))
    rung = {
        "scope": "membrane",
        "name": "STAT3 blot 1",
        "kind": "mass",
        "parameter": "lane 1",
        "se": 0.1,
        "unit": "kDa",
        "note": "",
    }
    result.calibration = pd.DataFrame([rung | {"x": 40.0, "value": 100.0}, rung | {"x": 90.0, "value": 70.0}])
    assert "– 70 kDa" in Page(render(result)).text
    card = {point.asked: point for point in report_card(result)}
    assert card["Mass marks"].evidence == "2 ladder bands read"


def test_a_treatment_that_moves_the_total_itself_is_a_warning_and_its_table_comes_last():
    result = drawn_result(Plan(pictures=False))
    total = result.tests.assign(quantity="S", site="", p_adjusted=[0.9] * 6 + [0.01])
    result.tests = pd.concat([total, result.tests], ignore_index=True)
    assert "baricitinib moves total STAT3 itself (p = 0.01)" in general_warnings(result)[1]
    titles = [grid.title for grid in grids(result)["tests"]]
    assert titles == ["Tests: pSTAT3 (Y705) / STAT3", "Tests: STAT3 (total)"]
    result.potencies = result.potencies.iloc[:0]
    assert "STAT3 (total)" not in " ".join(answer(result))


@pytest.mark.parametrize("quantity", ["S", "S/L"])
def test_a_total_over_its_loading_that_moves_is_warned_of_as_the_total_alone_is(quantity: str):
    result = drawn_result(Plan(pictures=False))
    total = result.tests.assign(quantity=quantity, site="", p_adjusted=[0.9] * 6 + [1e-28])
    result.tests = pd.concat([total, result.tests], ignore_index=True)
    assert [text for text in general_warnings(result) if "moves total" in text] == [
        "baricitinib moves total STAT3 itself (p < 0.0001); look at the phospho signal alone too, the ratio mixes both."
    ]
    notes = {grid.title: grid.note for grid in grids(result)["tests"]}
    asked = [title for title, note in notes.items() if "Does the treatment move the total itself?" in note]
    assert asked == [f"Tests: {quantity_name('STAT3', '', quantity)}"]


def test_a_stimulus_that_moves_the_total_is_named_where_the_treatment_is_the_same():
    result = drawn_result(Plan(pictures=False))
    total = result.tests.assign(quantity="S/L", site="", p_adjusted=0.01, treatment="vehicle", versus="none + vehicle")
    result.tests = pd.concat([total, result.tests], ignore_index=True)
    assert [text.split(" itself")[0] for text in general_warnings(result) if "moves total" in text] == [
        "IL-6 moves total STAT3"
    ]


def test_the_reference_is_said_to_be_one_by_definition_only_where_it_is():
    result = drawn_result(Plan(pictures=False))
    own = result.folds["role"] == "maximum"
    result.folds = result.folds.assign(is_reference=own, fold=result.folds["fold"].mask(own, 1.0))
    (single,) = grids(result)["groups"]
    assert single.note.endswith("The reference is 1 in every block by definition.")
    double = result.folds[own]
    result.folds = pd.concat(
        [result.folds[~own], double.assign(fold=0.86), double.assign(fold=1.14, lane=99)], ignore_index=True
    )
    (several,) = grids(result)["groups"]
    assert "1 on average by definition, and a little less on the log scale" in several.note
    assert "The reference is 1 in every block" not in several.note
    result.folds = result.folds.assign(
        fold=result.folds["fold"] * np.where(result.folds["replicate"] == "r1", 1.1, 0.95)
    )
    (scaled,) = grids(result)["groups"]
    assert "by definition" not in scaled.note


def test_each_warning_is_said_once():
    result = drawn_result(Plan(pictures=False))
    result.record["warnings"] = ["look", "look"]
    result.record["failures"] = [{"name": "bad.tif", "kind": "ReadError", "message": "bad.tif: not an image"}]
    assert general_warnings(result)[:2] == ["look", "Failed: bad.tif: not an image"]


def test_names_are_text_and_never_run():
    evil = "<script>alert(1)</script>"
    plan = Plan(
        targets=(evil,), treatments=('"><img src=x onerror=alert(2)>',), doses=(1.0, 10.0), replicates=1, pictures=False
    )
    result = drawn_result(plan)
    result.record["title"] = evil
    result.record["warnings"] = [evil]
    html = render(result)
    page = Page(html)
    assert [tag for tag in page.every("script") if "type" not in tag] == [{}]
    assert all(tag.get("type", "application/json") == "application/json" for tag in page.every("script"))
    assert not any("onerror" in tag for tag in page.every("img"))
    assert evil in page.text


def test_of_lanes_and_bands_alone_the_page_says_what_is_not_there():
    page = Page(render(measured_only()))
    assert "What this result does not have" in page.text
    assert "No dose-response curve" in page.text
    assert "No ratios" in page.text
    assert "108 bands in 54 lanes of 6 images were measured" in page.text


def test_of_a_table_that_was_fitted_the_page_shows_curves_and_no_blots():
    page = Page(render(fitted_only()))
    assert "IC50 of 44 nM" in page.text
    assert "21 points" in page.text
    assert "Blots" not in page.text
    assert "Point by point" in page.text
    assert "percent activity between the maximum and minimum controls" in page.text
    assert "Report card" not in page.text
    assert "Lanes and bands" not in page.text


def test_why_nothing_was_compared_is_said_as_it_is():
    result = drawn_result(Plan(pictures=False))
    result.tests = result.tests.iloc[:0]
    assert missing_parts(result)[-1].startswith("No tests: they compare conditions of one stimulus")
    result.groups = result.groups.assign(cell="HeLa", time_min=np.arange(len(result.groups), dtype=float))
    said = missing_parts(result)[-1]
    assert said.startswith(
        "No tests: conditions are compared within one cell of group_by (cell and time min), and none"
    )
    assert "three" not in said


def test_an_empty_lane_is_remarkable_only_where_the_lane_sheet_does_not_say_so():
    result = drawn_result(Plan(pictures=False))
    result.lanes.loc[result.lanes["lane"].isin([8, 9]), "flags"] = "lane_empty"
    assert "12 of 54 lanes" in next(each.where for each in worries(result) if each.name == "lane empty")
    result.samples.loc[result.samples["lane"] == 9, "role"] = "empty"
    assert "6 of 48 lanes" in next(each.where for each in worries(result) if each.name == "lane empty")
    result.samples.loc[result.samples["lane"] == 8, "role"] = "empty"
    assert "lane empty" not in [each.name for each in worries(result)]


def test_a_picture_without_lanes_says_so():
    result = measured_only()
    result.lanes, result.bands = result.lanes.iloc[:0], result.bands.iloc[:0]
    page = Page(render(result))
    assert "No band was found in 6 images." in page.text
    assert "No lanes were found in this picture." in page.text


def test_the_answer_names_comparisons_where_there_is_no_curve_and_groups_where_there_is_no_test():
    result = drawn_result(Plan(pictures=False))
    result.potencies = result.potencies.iloc[:0]
    assert "With IL-6, baricitinib 1000 nM, pSTAT3" in answer(result)[0]  # and nothing that we sorted by between
    assert "p = 0.00015)" in answer(result)[0]
    result.tests = result.tests.iloc[:0]
    assert answer(result)[0].startswith("Mean fold of pSTAT3 (Y705) / STAT3 against IL-6 + vehicle: 0.016 with vehicle")
    result.tests = drawn_result(Plan(pictures=False)).tests.assign(p=np.nan, p_adjusted=np.nan, n=2)
    assert "too few for a p value" in answer(result)[0]
    result.tests = result.tests.assign(n=3)
    assert "no p value, see the table" in answer(result)[0]
    result.tests = result.tests.assign(effect=np.nan, method="")
    assert "is not compared with IL-6 + vehicle: nothing links their membranes." in answer(result)[0]


def test_an_undetermined_ic50_is_no_number():
    result = drawn_result(Plan(pictures=False))
    result.potencies = result.potencies.assign(ic50=np.nan, ci_low=400.0, ci_high=np.inf, note="> 400 nM")
    assert "is not determined by these doses: > 400 nM" in answer(result)[0]
    assert "> 400 nM" in grids(result)["potencies"][0].rows[0]


def test_the_column_of_ic50s_holds_the_bound_without_its_reason_and_a_table_has_plain_replicates():
    result = drawn_result(Plan(pictures=False))
    note = "> 400 nM (more than half of the activity is left at the highest dose)"
    result.potencies = result.potencies.assign(ic50=np.nan, note=note)
    grid = grids(result)["potencies"][0]
    cells = dict(zip([head for head, _ in grid.heads], grid.rows[0], strict=True))
    assert (cells["IC50"], cells["note"]) == ("> 400 nM", note)
    assert "biological" in answer(result)[0]
    result.images, result.bands = result.images.iloc[:0], result.bands.iloc[:0]
    assert answer(result)[0].endswith("(n = 3 replicates).")


def test_a_fit_that_asks_for_a_look_says_so_in_the_answer():
    result = drawn_result(Plan(pictures=False))
    result.potencies = result.potencies.assign(note="lack of fit (p = 0.01): look at the curve")
    assert answer(result)[0].endswith("Mind: lack of fit (p = 0.01): look at the curve.")


def test_an_assumed_replicate_is_said_beside_every_p():
    result = drawn_result(Plan(pictures=False))
    result.groups = result.groups.assign(flags="replicate_assumed")
    assert "n counts membranes" in grids(result)["tests"][0].note
    assert "membranes taken as biological replicates" in answer(result)[0]
    assert "each membrane was taken as one biological replicate" in Page(render(result)).text


def test_what_all_rows_share_stands_once_above_the_table():
    tests = grids(drawn_result(Plan(pictures=False)))["tests"][0]
    assert "versus: IL-6 + vehicle" in tests.shared
    assert "versus" not in [head for head, _ in tests.heads]
    assert [head for head, _ in tests.heads][:2] == ["dose", "effect"]


def test_a_long_table_is_cut_and_says_how_much():
    result = drawn_result(Plan(pictures=False))
    result.folds = pd.concat([result.folds] * 20, ignore_index=True)
    ratios = grids(result)["ratios"][0]
    assert len(ratios.rows) == 400
    assert ratios.left_out == 20 * 27 - 400


def test_a_column_of_the_users_own_travels_into_the_tables():
    result = drawn_result(Plan(pictures=False))
    result.groups = result.groups.assign(time_min=["15", "30"] + ["30"] * (len(result.groups) - 2))
    assert "time (min)" in [head for head, _ in grids(result)["groups"][0].heads]


def test_columns_of_group_by_stand_beside_the_treatment_and_their_rows_together():
    result = with_course(drawn_result(Plan(pictures=False, doses=(10.0,))), (60.0, 5.0))
    result.tests = pd.concat([result.tests.assign(time_min=time) for time in (60.0, 5.0)], ignore_index=True)
    result.folds["passage"] = 7
    made = grids(result)
    (groups,), (tests,), (folds,) = made["groups"], made["tests"], made["ratios"]
    heads = [[head for head, _ in grid.heads] for grid in (groups, tests, folds)]
    assert heads[0][:4] == ["stimulus", "treatment", "time (min)", "dose"]
    assert heads[1][:2] == ["time (min)", "dose"]
    assert heads[2].index("time (min)") == heads[2].index("treatment") + 1
    assert "passage: 7" in folds.shared
    assert [row[2] for row in groups.rows] == ["5", "5", "5", "60", "60", "60"]


def test_the_methods_paragraph_names_version_settings_and_numbers_its_citations():
    text, cited = methods(drawn_result(Plan(pictures=False)))
    assert "blotquant 0.1.0" in text
    assert "stripped and reprobed" in text
    assert "four-parameter" in text
    assert [f"[{place}]" in text for place in range(1, len(cited) + 1)] == [True] * len(cited)
    assert text.index("[1]") < text.index("[2]")
    assert "IC50" not in methods(measured_only())[0]


def test_corrections_by_hand_are_said_in_the_methods_the_card_and_the_record():
    result = drawn_result(Plan(pictures=False))
    assert "by hand" not in methods(result)[0]
    rows = [("band", 3, "1", "move", "1:9,2:8", "2:10,2:8", "off centre"),
            ("band", 4, "1", "move", "1:9,2:8", "0:8,2:8", ""),
            ("lane", 6, "", "exclude", "", "", "<b>bubble</b>")]  # fmt: skip
    edits = pd.DataFrame(rows, columns=["what", "lane", "band", "action", "old", "new", "why"])
    edits = edits.assign(image="r1_pSTAT3.tif", who="Ada", when="2026-11-25T10:00:00Z")
    result.corrections = check(edits, "corrections")
    assert "with reasons on record: 2 bands moved and 1 lane left out." in methods(result)[0]
    card = {point.asked: point.evidence for point in report_card(result)}
    assert "lane 6 of r1_pSTAT3.tif: <b>bubble</b>" in card["Lanes left out are named"]
    html = render(result)
    assert "<b>bubble</b>" not in html
    record = Page(html).text[Page(html).text.index("Corrections by hand") :]
    assert "2026-11-25 10:00 UTC" in record
    assert "off centre" in record


def test_the_report_card_answers_yes_partly_and_no():
    card = {point.asked: point for point in report_card(drawn_result())}
    assert card["Uncropped pictures"].met == "yes"
    assert card["No saturated band"].met == "partly"
    assert card["Linear range shown"].met == "no"
    assert card["Antibody"].evidence == "antibody given for 6 of 6 images: rabbit anti-STAT3"
    assert card["Exposure"].evidence == "exposure_s given for 6 of 6 images: 30 s"
    assert card["Protein load"].evidence == "amount_ug given for 27 of 27 lanes: 20 µg"
    assert card["How phospho and total were probed"].evidence.endswith(": strip reprobe")
    assert card["Normaliser named"].evidence == "quantities P/S; STAT3 (total)"
    assert report_card(fitted_only()) == []


def test_the_report_card_tells_each_probe_its_antibody():
    result = drawn_result(Plan(pictures=False))
    total = result.images["form"] == "total"
    result.images["antibody"] = np.where(total, "CST 9139", "CST 9145")
    result.images.loc[result.images["membrane"] == "STAT3 blot 3", "antibody"] = ""
    card = {point.asked: point for point in report_card(result)}
    assert card["Antibody"].met == "partly"
    said = "antibody given for 4 of 6 images: pSTAT3 (Y705): CST 9145; STAT3: CST 9139"
    assert card["Antibody"].evidence == said
    assert card["Detection"].evidence == "detection given for 6 of 6 images: ECL"
    result.samples.loc[0, "amount_ug"] = 2.5
    assert report_card(result)[15].evidence.endswith("27 lanes: 2.5–20 µg")


def test_the_report_card_asks_for_three_replicates_or_as_many_as_the_run_does():
    result = drawn_result(Plan(pictures=False))
    asked = {}
    for few in (2, 3, 5):
        result.settings = override(Settings(), [f"comparison.min_replicates={few}"])
        asked[few] = next((point.asked, point.met) for point in report_card(result) if "replicates" in point.asked)
    assert asked[2] == asked[3] == ("At least 3 biological replicates", "yes")
    assert asked[5] == ("At least 5 biological replicates", "no")


def test_pictures_are_made_smaller_until_the_page_is_small_enough(monkeypatch):
    result = drawn_result()
    full = membrane_views(result)[0][0].images[0].src
    monkeypatch.setattr("blotquant.report.overlays._ALL_PICTURES", 1000)
    monkeypatch.setattr("blotquant.report.overlays._LEAST_PICTURE", 8000)
    small = membrane_views(result)[0][0].images[0]
    assert len(small.src) < 0.5 * len(full)
    assert (small.height, small.width) == result.pictures[small.image].shape  # boxes still fit


def test_six_membranes_of_noise_that_hardly_packs_make_a_page_below_8_mb():
    result = drawn_result(Plan(replicates=6))
    grey = np.random.default_rng(1).normal(240, 6, (1100, 1600)).clip(0, 255).astype(np.uint8)
    noise = encode_png(grey)
    result.pictures = {name: dataclasses.replace(one, png=noise) for name, one in result.pictures.items()}
    assert len(result.pictures) == 12
    for page in (render(result), render_review(result)):
        assert 2e6 < len(page.encode()) < 8e6


def test_figures_take_the_users_own_settings_when_asked(tmp_path):
    result = drawn_result(Plan(pictures=False))
    result.settings = override(Settings(), ["report.style=matplotlib"])
    with mpl.rc_context({"font.size": 17.0, "axes.labelsize": 17.0}):
        own = write_figures(result, tmp_path / "own", kinds=("svg",))
        result.settings = Settings()
        journal = write_figures(result, tmp_path / "journal", kinds=("svg",))
    assert "17px" in own[0].read_text(encoding="utf-8")
    assert "17px" not in journal[0].read_text(encoding="utf-8")


def test_of_very_many_membranes_the_doubted_ones_are_shown(monkeypatch):
    monkeypatch.setattr("blotquant.report.overlays._MOST_MEMBRANES", 1)
    result = drawn_result()
    result.bands["flags"] = ["speck" if image.startswith("r2") else "" for image in result.bands["image"]]
    views, hidden = membrane_views(result)
    assert [view.name for view in views] == ["STAT3 blot 2"]
    assert hidden == 2


def test_figures_are_written_in_every_kind_and_twice_alike(tmp_path):
    result = measured_only(Plan(doses=(10.0,), replicates=1))
    first = write_figures(result, tmp_path / "one", dpi=72)
    second = write_figures(result, tmp_path / "two", dpi=72)
    names = ["blot_STAT3-blot-1.svg", "blot_STAT3-blot-1.pdf", "blot_STAT3-blot-1.png", "precision.svg"]
    assert [path.name for path in first][:4] == names
    for one, two in zip(first, second, strict=True):
        assert one.read_bytes() == two.read_bytes()


def test_figures_are_named_after_what_they_show(tmp_path):
    result = drawn_result(Plan(doses=(10.0, 100.0), pictures=False))
    written = write_figures(result, tmp_path, kinds=("svg",))
    assert [path.stem for path in written] == [
        "dose_response_STAT3_Y705_PS_IL-6", "groups_STAT3_Y705_PS", "sensitivity_STAT3_Y705_PS", "precision",
    ]  # fmt: skip


def test_the_page_is_written_whole_or_not_at_all(tmp_path):
    path = write_report(measured_only(Plan(doses=(10.0,), replicates=1)), tmp_path / "out" / "report.html")
    assert path.read_text(encoding="utf-8").rstrip().endswith("</html>")
    assert [file.name for file in path.parent.iterdir()] == ["report.html"]
    (tmp_path / "taken").mkdir()
    with pytest.raises(OutputError, match="cannot be written"):
        write_report(measured_only(Plan(doses=(10.0,), replicates=1)), tmp_path / "taken")


def _in_browser(path: Path, folder: Path, *flags: str) -> subprocess.CompletedProcess[str]:
    command = [
        CHROMIUM, "--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-sync",
        "--disable-background-networking", f"--user-data-dir={folder / 'profile'}", "--enable-logging=stderr",
        "--virtual-time-budget=3000", *flags, path.as_uri(),
    ]  # fmt: skip
    return subprocess.run(command, capture_output=True, text=True, timeout=120, check=True)


@pytest.mark.slow
@pytest.mark.skipif(CHROMIUM is None, reason="no Chromium on this machine")
def test_a_browser_loads_the_page_without_a_complaint_and_points_at_bands(tmp_path, html):
    probe = """
      document.querySelectorAll('.band')[3].dispatchEvent(new PointerEvent('pointerover', {bubbles: true}));
      var read = [...document.querySelector('.readout').querySelectorAll('dd')].map(cell => cell.textContent);
      document.querySelectorAll('.band')[0].focus();
      document.activeElement.dispatchEvent(new KeyboardEvent('keydown', {key: 'ArrowRight', bubbles: true}));
      var dark = document.querySelector('.dark'); dark.value = '300'; dark.dispatchEvent(new Event('input'));
      document.title = JSON.stringify({read: read, next: document.activeElement.querySelector('title').textContent,
        filter: document.querySelector('.blot').style.filter,
        natural: [...document.images].every(image => image.naturalWidth > 0)});
    """
    digest = base64.b64encode(hashlib.sha256(probe.encode()).digest()).decode()
    probed = html.replace("script-src &#39;", f"script-src 'sha256-{digest}' &#39;", 1)
    probed = probed.replace("</body>", f"<script>{probe}</script></body>")
    path = tmp_path / "report.html"
    path.write_text(probed, encoding="utf-8")
    done = _in_browser(path, tmp_path, "--dump-dom")
    assert "CONSOLE" not in done.stderr
    found = json.loads(
        Page(done.stdout).words[Page(done.stdout).words.index(re.search(r"<title>(.*?)</title>", done.stdout)[1])]
    )
    result = drawn_result()
    band = result.bands[(result.bands["image"] == result.images["image"].iloc[0]) & (result.bands["band"] == "1")].iloc[
        3
    ]
    assert found["read"][0] == str(band["lane"])
    assert found["read"][4].replace("\\u202f", "").replace("\u202f", "") == f"{band['volume']:.0f}"
    assert found["next"].startswith("Lane 2,")
    assert found["filter"] == "invert(1) brightness(3) invert(1)"
    assert found["natural"]


def without_reference():
    """A drawn study of ratios: no control was named, so folds are blank and no lane is a zero dose."""
    result = drawn_result(Plan(pictures=False))
    blank = dict.fromkeys(["fold", "fold_se", "percent_activity", "percent_inhibition"], np.nan)
    kept = result.folds[~result.folds["role"].isin(["maximum", "minimum"])]
    result.folds = kept.assign(**blank, reference="", response=kept["ratio"]).reset_index(drop=True)
    return result


def test_without_a_reference_nothing_is_called_a_fold():
    result = without_reference()
    note = grids(result)["groups"][0].note
    assert "ratios, for want of a reference" in note
    assert "A fold is over" not in note
    assert any(text.startswith("No folds: no control is named") for text in missing_parts(result))
    result.potencies, result.tests = result.potencies.iloc[:0], result.tests.iloc[:0]
    assert answer(result)[0].startswith("Mean ratio of pSTAT3 (Y705) / STAT3:")


def test_a_target_with_a_reference_has_folds_beside_one_without():
    result = drawn_result(Plan(targets=("STAT3", "STAT5"), pictures=False))
    lost = result.folds["target"] == "STAT5"
    names = result.folds["reference"].mask(lost, "")
    result.folds = result.folds.assign(fold=result.folds["fold"].mask(lost), reference=names)
    notes = [grid.note for grid in grids(result)["groups"]]
    assert ["folds of the reference" in note for note in notes] == [True, False]
    result.potencies, result.tests = result.potencies.iloc[:0], result.tests.iloc[:0]
    said = answer(result)
    assert "Mean fold of pSTAT3 (Y705) / STAT3 against IL-6 + vehicle:" in said[0]
    assert said[1].startswith("Mean ratio of pSTAT5 (Y705) / STAT5:")


def test_a_zero_dose_is_spoken_of_only_where_there_is_one():
    with_zero, without = drawn_result(Plan(pictures=False)), without_reference()
    captions = [next(draw_all(one, kinds=("dose_response",))).caption for one in (with_zero, without)]
    assert ["zero dose" in caption for caption in captions] == [True, False]
    assert ["zero dose" in methods(one)[0] for one in (with_zero, without)] == [True, False]
