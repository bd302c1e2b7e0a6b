"""The table quality and what is read from it: each measure is told once, and no sentence is read for a fact."""

from __future__ import annotations

import dataclasses
import re
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest

from blotquant.blot import Blot, Step
from blotquant.comparison import compare_groups, power_table
from blotquant.flags import PICTURE_FLAGS, SPOILT, Flag, encode
from blotquant.normalisation import control_quality
from blotquant.orientation import orient, orient_alike
from blotquant.pipeline.single import measure_file
from blotquant.report.answer import answer
from blotquant.report.card import report_card
from blotquant.report.grids import grids
from blotquant.report.leading import leading
from blotquant.report.worries import general_warnings, placing_notes
from blotquant.screening import image_flags, screen
from blotquant.synthetic import draw_level, simulate_blot
from blotquant.tables import MEASURES, TABLES, Finding, kinds_of_tests, measure_of, quality_table
from tests.drawn_result import Plan, drawn_result

SOURCES = Path(screen.__code__.co_filename).parents[1]
EFFECTS = ["8-bit", "jpeg", "gamma", "clipped", "saturated", "inverted"]


def drawn(*effects: str) -> Blot:
    return draw_level("typical", seed=4, n_lanes=8, shape=(320, 480), effects=effects).blot


def with_quality(*tables: pd.DataFrame) -> SimpleNamespace:
    result = drawn_result(Plan(pictures=False))
    result.quality, result.record["warnings"] = pd.concat(tables, ignore_index=True), []
    return result


def test_every_measure_is_written_somewhere_and_has_a_meaning() -> None:
    source = "".join(p.read_text(encoding="utf-8") for p in SOURCES.rglob("*.py") if p.name != "measures.py")
    lost = [name for name in MEASURES if f'"{name.removesuffix("*")}' not in source]
    assert lost == []
    assert all(measure.meaning.endswith(".") for measure in MEASURES.values())
    rows = [Finding("image", "a", "tilt", 1.0), Finding("image", "a", "flat", 9.0, "so", "fact")]
    assert quality_table(rows)[["unit", "tone"]].to_numpy().tolist() == [["degree", "fact"], ["%", "fact"]]
    with pytest.raises(KeyError):
        measure_of("background_sd")


def test_a_measured_picture_tells_noise_and_limits_as_its_bands_do(tmp_path: Path) -> None:
    measured = measure_file(simulate_blot(tmp_path, n_lanes=5, shape=(240, 360), name="a.tif")).measured
    rows = measured.quality.set_index("measure")
    assert set(rows.index) <= set(MEASURES)
    for name in ("lod", "loq"):
        assert rows.loc[name, "value"] == pytest.approx(measured.bands[name].median())
        assert rows.loc[name, "unit"] == TABLES["bands"].columns[TABLES["bands"].names.index(name)].unit
    assert 0 < rows.loc["noise", "value"] < measured.bands["height"].max()


@pytest.mark.parametrize("effect", EFFECTS)
def test_what_inspect_worries_about_the_report_warns_of(effect: str) -> None:
    blot = orient(dataclasses.replace(drawn(effect), bright=None))
    table = screen(blot)
    worries = table.loc[table["tone"] == "worry", "note"]
    assert (effect == "inverted") == worries.empty
    said = general_warnings(with_quality(table))
    assert all(any(note in text for text in said) for note in worries)
    assert not any(note in text for note in table.loc[table["tone"] != "worry", "note"] for text in said)
    raised = image_flags(blot)
    told = Flag(0)
    for name in table.loc[table["tone"] == "worry", "measure"]:
        told |= measure_of(name).flags
    assert not raised & ~told
    assert not raised & ~PICTURE_FLAGS


def test_every_flag_of_a_picture_has_its_measure() -> None:
    known = Flag(0)
    for measure in MEASURES.values():
        known |= measure.flags
    assert known == PICTURE_FLAGS | Flag.SATURATED


def test_the_card_names_what_was_done_to_a_file() -> None:
    for flag in (flag for flag in Flag if flag & SPOILT):
        result = drawn_result(Plan(pictures=False))
        result.bands = result.bands.assign(flags=encode(flag))
        point = next(each for each in report_card(result) if each.asked == "Scanner's own pictures")
        assert point.met == "partly"
        assert encode(flag).split("_")[0] in point.evidence


def reworded(blot: Blot, verb: str, words: str) -> Blot:
    steps = tuple(dataclasses.replace(step, detail=words) if step.verb == verb else step for step in blot.steps)
    return dataclasses.replace(blot, steps=steps)


def test_polarity_is_told_by_values_however_its_sentence_is_worded() -> None:
    blank = Blot("n", np.random.default_rng(0).normal(900, 20, (150, 200)).round())
    unsure = reworded(orient(blank), "polarity", "who knows")
    row = screen(unsure).set_index("measure").loc["polarity"]
    assert (row["tone"], "hard to tell" in row["note"]) == ("worry", True)
    sure = reworded(orient(drawn()), "polarity", "0.01 of 1 clear")
    assert screen(sure).set_index("measure").loc["polarity", "tone"] == "fact"


def test_parts_of_a_picture_take_the_polarity_of_most_of_them(monkeypatch: pytest.MonkeyPatch) -> None:
    def other_words(verb: str, _: str = "", told: dict[str, float] | None = None) -> Step:
        return Step(verb, "in other words", told or {})

    monkeypatch.setattr("blotquant.orientation.Step", other_words)
    blots = [drawn(), drawn(), drawn("inverted")]
    shown = orient_alike([dataclasses.replace(blot, bright=None) for blot in blots])
    assert [step.told["bright"] for blot in shown for step in blot.steps if step.verb == "polarity"] == [1.0] * 3


def test_a_treatment_of_any_name_is_not_taken_for_the_window_or_a_trend() -> None:
    result = drawn_result(Plan(pictures=False))
    result.potencies = result.potencies.iloc[:0]
    before = answer(result)
    lead = leading(result)[1].index[0]
    for name, text in (("note", "not compared: window cleaner has no partner; load it"), ("method", "window trends")):
        renamed = drawn_result(Plan(pictures=False))
        renamed.potencies, renamed.tests = result.potencies, result.tests.copy()
        renamed.tests.loc[lead, name] = text
        assert answer(renamed) == before


def test_what_a_test_is_about_is_told_as_comparing_writes_it() -> None:
    folds = drawn_result(Plan(pictures=False)).folds
    folds = folds.assign(is_reference=folds["role"] == "maximum")
    tests = compare_groups(folds)
    kinds = kinds_of_tests(tests)
    assert ((kinds == "trend") == (tests["versus"] == "a tenth of the dose")).all()
    assert ((kinds == "window") == tests["note"].str.contains("maximum against minimum control")).all()
    assert {"trend", "window", "group"} == set(kinds)
    totals = compare_groups(folds.assign(quantity="S"))
    result = drawn_result(Plan(pictures=False))
    result.tests = totals
    (grid,) = grids(result)["tests"]
    assert not any("total itself" in cell for row in grid.rows for cell in row)


def test_the_reason_for_a_row_is_shown_whole_whatever_stands_in_it() -> None:
    result = drawn_result(Plan(pictures=False))
    name = result.images["image"].iloc[0]
    note = "STAT3 (phospho): the strongest row (of two): by its sum"
    result.quality = quality_table([Finding("image", name, "target_row", 1.0, note)])
    assert placing_notes(result) == {("image", name): "row 1 was taken: the strongest row (of two): by its sum"}


def test_controls_far_apart_are_good_and_a_window_is_a_fact() -> None:
    folds = drawn_result(Plan(pictures=False, replicates=5)).folds.assign(membrane="m")
    tones = control_quality(folds).set_index("measure")["tone"]
    assert tones["z_prime"] == "good"
    assert tones["window"] == "fact"
    assert not re.search("se", " ".join(TABLES["quality"].names).replace("measure", ""))
    assert set(power_table(folds.assign(is_reference=folds["role"] == "maximum"))["tone"]) == {"fact"}
