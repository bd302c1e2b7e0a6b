"""Result: what is saved comes back, whole or not at all, and nothing in it is run."""

from __future__ import annotations

import io
import json
import os
from pathlib import Path

import cv2
import numpy as np
import openpyxl
import pandas as pd
import pytest

from blotquant.blot import Frame
from blotquant.conditions import complete
from blotquant.errors import OutputError, OutputExistsError, TableError
from blotquant.figures.pictures import Picture
from blotquant.files import write_whole
from blotquant.flags import SEVERITY, Flag, encode
from blotquant.grouping import summarise
from blotquant.result import Result
from blotquant.result.files import picture_name
from blotquant.result.workbook import wide_folds, workbook_bytes
from blotquant.settings import from_mapping
from blotquant.tables import TABLES, check
from tests.drawn_result import drawn_result, with_course

ODD = '=cmd()|"<b>"\n'


@pytest.fixture
def result() -> Result:
    bands = complete(pd.DataFrame({"image": ["a.tif", ODD], "lane": [1, 2], "band": ["1", "1"]}), "bands")
    bands["volume"], bands["flags"], bands["snr"] = [1.5, np.nan], ["saturated;edge", ""], [np.inf, -np.inf]
    folds = complete(
        pd.DataFrame(
            {"treatment": ["v", "v", "d"], "dose": [np.nan, np.nan, 10.0], "replicate": ["1", "2", "1"]}
            | {"fold": [1.0, 1.0, 0.25], "lane": [1, 2, 3]}
        ),
        "folds",
    )
    images = pd.DataFrame({"image": ["a.tif"], "membrane": ["m"], "target": ["T"], "form": ["total"], "row": [np.nan]})
    samples = pd.DataFrame({"membrane": ["m"], "lane": [1], "treatment": [ODD], "dose": [np.nan], "time_min": [5.0]})
    frame = Frame(4, 6, turns=1, mirror=True)
    return Result(
        bands=check(bands, "bands"),
        folds=check(folds, "folds"),
        images=images.astype({"image": object, "membrane": object, "target": object, "form": object}),
        samples=samples.astype({"membrane": object, "treatment": object}),
        settings=from_mapping({"integration": {"background": "line"}}),
        record={"title": "<b>T</b>", "inputs": {"a.tif": "00"}, "warnings": ["w"], "seed": np.int64(3)},
        pictures={ODD: Picture(ODD, b"png", 0.5, frame, 1.0, 9.0)},
    )


def test_what_is_saved_comes_back(result: Result, tmp_path: Path) -> None:
    again = Result.load(result.save(tmp_path / "out"))
    for name in TABLES:
        pd.testing.assert_frame_equal(getattr(again, name), getattr(result, name))
    pd.testing.assert_frame_equal(again.images, result.images)
    pd.testing.assert_frame_equal(again.samples, result.samples)
    assert again.settings == result.settings
    assert dict(again.pictures) == dict(result.pictures)
    assert again.record == {"title": "<b>T</b>", "inputs": {"a.tif": "00"}, "warnings": ["w"], "seed": 3}


def test_a_result_has_every_file_of_the_contract_and_no_other(result: Result, tmp_path: Path) -> None:
    out = result.save(tmp_path / "out")
    names = {path.relative_to(out).as_posix() for path in out.rglob("*") if path.is_file()}
    shown = {name for name in names if name.startswith("figures/blots/")}
    assert len(shown) == 1
    assert names - shown == {*(f"{name}.csv" for name in TABLES), "results.xlsx", "run.json"}
    assert {path.name for path in tmp_path.iterdir()} == {"out"}


def test_the_same_result_is_the_same_bytes(result: Result, tmp_path: Path) -> None:
    one, two = result.save(tmp_path / "one"), result.save(tmp_path / "two")
    for path in one.rglob("*"):
        if path.is_file():
            assert path.read_bytes() == (two / path.relative_to(one)).read_bytes(), path.name


def test_a_filled_folder_is_refused_and_an_empty_one_taken(result: Result, tmp_path: Path) -> None:
    (tmp_path / "empty").mkdir()
    result.save(tmp_path / "empty")
    with pytest.raises(OutputExistsError, match="not empty"):
        result.save(tmp_path / "empty")
    (tmp_path / "empty" / "mine.txt").write_text("x")
    result.save(tmp_path / "empty", force=True)
    assert (tmp_path / "empty" / "mine.txt").exists()
    with pytest.raises(OutputExistsError, match="is a file"):
        result.save(tmp_path / "empty" / "mine.txt")


def test_a_disk_that_fills_up_leaves_no_half_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write_whole(tmp_path / "a.csv", b"before")

    def full(handle: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(OutputError, match="No space left"):
        write_whole(tmp_path / "a.csv", b"after")
    assert [path.name for path in tmp_path.iterdir()] == ["a.csv"]
    assert (tmp_path / "a.csv").read_bytes() == b"before"


@pytest.mark.parametrize("image", ["../../x", "a/b.tif", "/etc/passwd", "..", "", "CON<>|", "é" * 300, "a\0b"])
def test_an_image_name_is_never_a_path(image: str) -> None:
    name = picture_name(image)
    assert set(name) <= set("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789._-")
    assert not name.startswith(".")
    assert len(name) < 120
    assert name != picture_name(image + "2")


def test_a_folder_without_a_result_is_refused(result: Result, tmp_path: Path) -> None:
    with pytest.raises(TableError, match=r"run\.json"):
        Result.load(tmp_path)
    out = result.save(tmp_path / "out")
    for broken in ("{", "[]", "{}", '{"settings": {"a": 3}, "study": {}, "pictures": {}}'):
        (out / "run.json").write_text(broken)
        with pytest.raises(TableError, match="not the record"):
            Result.load(out)


def test_a_record_is_plain_json_without_nan(result: Result, tmp_path: Path) -> None:
    def none(text: str) -> None:
        raise AssertionError(text)

    text = (result.save(tmp_path / "out") / "run.json").read_text(encoding="utf-8")
    document = json.loads(text, parse_constant=none)
    assert document["settings"]["integration"]["background"] == "line"
    assert document["study"]["samples"][0]["dose"] is None


def test_the_workbook_holds_typed_cells_units_and_an_explanation(result: Result) -> None:
    book = openpyxl.load_workbook(io.BytesIO(workbook_bytes(result.tables)))
    assert book.sheetnames == [*TABLES, "replicates_wide", "columns"]
    sheet = book["bands"]
    assert [cell.value for cell in sheet[1]] == list(result.bands.columns)
    column = {cell.value: cell.column for cell in sheet[1]}
    assert sheet.cell(2, column["volume"]).value == "AU px"
    assert sheet.cell(3, column["volume"]).value == 1.5
    assert sheet.cell(4, column["volume"]).value is None
    assert sheet.cell(3, column["snr"]).value == "inf"
    assert sheet.cell(3, column["detected"]).data_type == "b"
    assert sheet.freeze_panes == "A3"
    assert sheet.auto_filter.ref is not None
    (marked,) = sheet.conditional_formatting
    assert (
        str(marked.sqref) == f"{sheet.cell(3, column['flags']).coordinate}:{sheet.cell(4, column['flags']).coordinate}"
    )
    told = [rule.text for rule in marked.rules]
    assert told == [encode(flag) for weight in ("wrong", "doubt") for flag in Flag if SEVERITY[flag] == weight]
    assert len({rule.dxf.fill.bgColor.rgb for rule in marked.rules}) == 2
    explained = {(row[0].value, row[1].value) for row in book["columns"].iter_rows(min_row=3)}
    assert explained >= {(name, each.name) for name in TABLES for each in TABLES[name].columns}


def test_a_name_that_looks_like_a_formula_is_a_text_in_the_workbook(result: Result) -> None:
    cell = openpyxl.load_workbook(io.BytesIO(workbook_bytes(result.tables)))["bands"].cell(4, 1)
    assert cell.value == ODD
    assert cell.data_type == "s"


def test_replicates_stand_side_by_side_for_plotting_programs(result: Result) -> None:
    wide = wide_folds(result.folds)
    assert list(wide.columns[-2:]) == ["replicate 1", "replicate 2"]
    assert wide.loc[wide["treatment"] == "d", "replicate 1"].item() == 0.25
    assert np.isnan(wide.loc[wide["treatment"] == "d", "replicate 2"].item())
    assert wide_folds(result.folds[:0]).empty


def _timed() -> pd.DataFrame:
    """One drug after 5 and after 60 minutes in two replicates, one of them loaded twice; a ladder, and an old lane."""
    rows = [("1", 5.0, 0.1), ("1", 5.0, 0.4), ("1", 60.0, 0.9), ("2", 5.0, 0.3), ("2", 60.0, 0.8)]
    table = pd.DataFrame(rows, columns=["replicate", "time_min", "fold"]).assign(treatment="d", dose=10.0, lane=1)
    left_out = table.iloc[:2].assign(role=["ladder", "sample"], flags=["", "excluded"], fold=7.0)
    return check(complete(pd.concat([table, left_out], ignore_index=True), "folds"), "folds")


def test_replicates_side_by_side_are_those_of_the_groups_cell_by_cell() -> None:
    folds = _timed()
    groups = summarise(folds, group_by=["time_min"])
    wide = wide_folds(folds, ["time_min"])
    assert wide["time_min"].tolist() == [5.0, 60.0]
    assert wide["replicate 1"].tolist() == pytest.approx([0.2, 0.9])  # repeats by the geometric mean, as in the groups
    means = wide[["replicate 1", "replicate 2"]].mean(axis=1)
    assert means.tolist() == pytest.approx(groups.sort_values("time_min")["mean"].tolist())
    book = workbook_bytes({"folds": folds, "groups": groups})
    sheet = pd.read_excel(io.BytesIO(book), sheet_name="replicates_wide")
    assert sheet["time_min"].tolist()[1:] == [5, 60]
    assert len(wide_folds(folds)) == 1  # where no cell was asked for, its lanes repeat one another


def test_side_by_side_a_target_without_a_reference_has_its_ratios() -> None:
    rows = pd.DataFrame({"target": ["A", "B"], "fold": [0.5, np.nan], "ratio": [2.0, 3.0], "replicate": "1", "lane": 1})
    wide = wide_folds(check(complete(rows, "folds"), "folds"))
    assert wide[["target", "value"]].to_numpy().tolist() == [["A", "fold"], ["B", "ratio"]]
    assert wide["replicate 1"].tolist() == pytest.approx([0.5, 3.0])


def test_a_result_shows_itself_with_names_as_text(result: Result) -> None:
    shown = result._repr_html_()
    assert "&lt;b&gt;T" in shown
    assert "<b>T" not in shown
    assert repr(result) == "Result(bands 2, folds 3)"
    assert repr(Result()) == "Result(no rows)"


def test_a_plot_of_what_is_not_there_names_what_is(result: Result) -> None:
    with pytest.raises(TableError, match="no picture of 'x'"):
        result.plot_blot("x")
    with pytest.raises(TableError, match="no picture of None"):
        Result().plot_blot()


def test_a_record_that_was_damaged_is_an_error_on_one_line(result: Result, tmp_path: Path) -> None:
    out = result.save(tmp_path / "out")
    record = json.loads((out / "run.json").read_text(encoding="utf-8"))
    for damage in ({"pictures": {"a.tif": {"file": 3}}}, {"study": {"images": 7}}, {"study": []}, {"pictures": 5}):
        (out / "run.json").write_text(json.dumps({**record, **damage}), encoding="utf-8")
        with pytest.raises(TableError, match=r"run\.json"):
            Result.load(out)


@pytest.mark.parametrize(("plot", "table", "brings"), [
    ("plot_dose_response", "potencies", "has doses"),
    ("plot_groups", "groups", "quantify a study"),
    ("plot_course", "groups", "quantify a study"),
    ("plot_sensitivity", "sensitivity", "report.sensitivity = true"),
])  # fmt: skip
def test_a_plot_without_rows_says_which_and_what_brings_them(plot: str, table: str, brings: str) -> None:
    with pytest.raises(TableError, match=f"{plot}: this result has no rows in '{table}'; .*{brings}"):
        getattr(Result(), plot)()


def test_a_plot_shows_itself_in_a_notebook_which_pyplot_would_not_do() -> None:
    result = Result(**vars(drawn_result()))
    image = result.images["image"].iloc[0]
    for axes in (result.plot_dose_response(), result.plot_groups(), result.plot_blot(), result.plot_precision(),
                 result.plot_sensitivity(), result.plot_profiles(image)):  # fmt: skip
        png, size = axes._repr_png_()
        shown = cv2.imdecode(np.frombuffer(png, np.uint8), cv2.IMREAD_GRAYSCALE)
        assert shown.shape[1] == pytest.approx(size["width"] * 288 / 128, abs=2)
        assert shown.min() < 100 < shown.max()


def test_a_course_is_drawn_along_the_first_number_of_group_by() -> None:
    result = Result(**vars(with_course(drawn_result())))
    assert result.plot_course().get_xlabel() == "time (min)"
    with pytest.raises(TableError, match="no column 'donor' to draw along"):
        result.plot_course(along="donor")
    with pytest.raises(TableError, match="group_by names no number to draw along"):
        Result(**vars(drawn_result())).plot_course()


def test_axes_of_the_callers_own_are_left_to_the_caller() -> None:
    from matplotlib.figure import Figure

    own = Figure().add_subplot()
    assert not hasattr(Result(**vars(drawn_result())).plot_precision(ax=own), "_repr_png_")


def test_profiles_of_an_image_that_is_not_there_name_those_that_are() -> None:
    with pytest.raises(TableError, match=r"no picture of 'x'; known: r1_pSTAT3\.tif"):
        Result(**vars(drawn_result())).plot_profiles("x")
