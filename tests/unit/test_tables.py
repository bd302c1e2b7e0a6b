"""Tables: declared once, checked cell by cell, the same bytes for the same rows."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from blotquant import estimate_background, find_bands, find_lanes, integrate, orient
from blotquant.conditions import complete
from blotquant.errors import TableError
from blotquant.synthetic import draw_level
from blotquant.tables import INPUTS, TABLES, check, empty, nearest, read_csv, texts_as_objects, to_csv_bytes

# The contract with the user: these columns stay.
CONTRACT = {
    "lanes": "image, lane, left, right, centre, tilt, curve, confidence, flags",
    "bands": "image, lane, band, target, detected, centre_row, centre_col, top, bottom, left, right, curve, raw, "
    "background, volume, volume_se, snr, height, saturated, mass_kda, flags",
    "ratios": "membrane, lane, sample, stimulus, treatment, dose, dose_unit, replicate, technical, target, site, "
    "quantity, phospho, phospho_se, total, total_se, loading, ratio, ratio_se, bound, detected, flags",
    "folds": "ratio, ratio_se, bound, detected, flags, reference, fold, fold_se, percent_activity, percent_inhibition",
    "groups": "target, site, quantity, stimulus, treatment, dose, dose_unit, n, n_technical, mean, sd, sem, "
    "geometric_mean, ci_low, ci_high, percent_inhibition, flags",
    "tests": "target, site, quantity, stimulus, treatment, dose, dose_unit, versus, method, n, n_versus, effect, "
    "ci_low, ci_high, statistic, dof, p, p_adjusted, note",
    "curves": "target, site, quantity, stimulus, treatment, model, parameter, value, se, ci_low, ci_high, unit, note",
    "potencies": "target, treatment, ic50, ci_low, ci_high, note",
    "sensitivity": "choice, option, fold",
    "calibration": "kind, value, se, unit",
    "quality": "measure, value, unit",
}
INPUT_CONTRACT = {
    "images": "image, membrane, target, form, site, mode, pair, region, channel, polarity, rotate, mirror, n_lanes, "
    "row, mass_kda, exposure_s, antibody, rrid, dilution, detection, note",
    "samples": "membrane, lane, treatment, dose, dose_unit, stimulus, sample, replicate, technical, role, amount_ug",
    "responses": "treatment, dose, response, role, replicate, plate, target, stimulus, dose_unit",
}
REQUIRED = {
    "images": {"image", "membrane", "target", "form"},
    "samples": {"membrane", "lane", "treatment"},
    "responses": {"treatment", "dose", "response"},
}


@pytest.fixture
def lanes() -> pd.DataFrame:
    return pd.DataFrame(
        {
            "image": ["a.tif", "a.tif"], "lane": [1, 2], "left": [0.0, 10.0], "right": [8.0, 18.0], "top": 0.0,
            "bottom": 50.0, "centre": [3.5, 13.5], "width": 8.0, "tilt": [0.1, np.nan],
            "curve": ["0.00:3.50 49.00:3.50", ""], "confidence": [1, 1], "reason": "", "flags": ["", "lane_unsure"],
        }
    )  # fmt: skip


@pytest.mark.parametrize("name", CONTRACT)
def test_every_output_column_of_the_contract_is_declared(name: str) -> None:
    assert set(CONTRACT[name].split(", ")) <= set(TABLES[name].names)


@pytest.mark.parametrize("name", INPUT_CONTRACT)
def test_every_input_column_of_the_contract_is_declared_and_required_as_it_says(name: str) -> None:
    columns = {column.name: column.required for column in INPUTS[name].columns}

    assert set(INPUT_CONTRACT[name].split(", ")) <= set(columns)
    assert {column for column, required in columns.items() if required} == REQUIRED[name]


@pytest.mark.parametrize("table", [*TABLES.values(), *INPUTS.values()], ids=lambda table: table.name)
def test_every_column_has_a_meaning_and_stands_once(table: object) -> None:
    columns = table.every
    assert len({column.name for column in columns}) == len(columns)
    assert all(column.meaning for column in columns)
    assert {column.kind for column in columns} <= {"text", "int", "float", "bool", "flags", "curve"}


@pytest.mark.parametrize("name", TABLES)
def test_an_empty_table_has_every_column_and_its_kind(name: str) -> None:
    table = empty(name)

    assert table.empty
    assert list(table.columns) == TABLES[name].names
    kinds = {"float": "f", "int": "i", "bool": "b"}
    for column in TABLES[name].columns:
        assert table[column.name].dtype.kind == kinds.get(column.kind, "O")


def test_checking_orders_columns_and_keeps_further_ones_at_the_end(lanes: pd.DataFrame) -> None:
    given = lanes.assign(time_min=[5, 10])[["time_min", *reversed(lanes.columns)]]
    given.index = [7, 9]

    checked = check(given, "lanes")

    assert list(checked.columns) == [*TABLES["lanes"].names, "time_min"]
    assert checked.index.tolist() == [0, 1]
    assert checked["confidence"].dtype == np.float64
    assert given.index.tolist() == [7, 9]  # the input is as it was


def test_blanks_are_empty_texts_and_missing_numbers(lanes: pd.DataFrame) -> None:
    checked = check(lanes.assign(reason=[None, np.nan], tilt=[None, "2.5"]), "lanes")

    assert checked["reason"].tolist() == ["", ""]
    np.testing.assert_array_equal(checked["tilt"], [np.nan, 2.5])


def test_a_number_in_a_text_column_stays_whole(lanes: pd.DataFrame) -> None:
    assert check(lanes.assign(image=[1.0, np.nan]), "lanes")["image"].tolist() == ["1", ""]


@pytest.mark.parametrize(
    ("column", "value", "message"),
    [
        ("lane", 1.5, r"lanes: row 2, column 'lane': 1.5 is not of kind int \(must be a whole number"),
        ("lane", None, r"row 2, column 'lane'"),
        ("left", "wide", r"row 2, column 'left': 'wide' is not of kind float"),
        ("curve", "1;2", r"row 2, column 'curve': '1;2' is not of kind curve \(write a curve as row:col row:col"),
        ("flags", "odd", r"row 2, column 'flags': 'odd' is not of kind flags \(flag 'odd' is not known"),
    ],
)
def test_a_value_of_the_wrong_kind_is_named_by_row_and_column(
    lanes: pd.DataFrame, column: str, value: object, message: str
) -> None:
    broken = lanes.astype(object)
    broken.loc[1, column] = value

    with pytest.raises(TableError, match=message):
        check(broken, "lanes")


def test_a_missing_column_is_named(lanes: pd.DataFrame) -> None:
    with pytest.raises(TableError, match="lanes: column 'tilt' is missing; a lanes table has image, lane"):
        check(lanes.drop(columns="tilt"), "lanes")


@pytest.mark.parametrize(("value", "meant"), [("TRUE", True), ("False", False), (0, False), (1.0, True), (True, True)])
def test_truth_values_are_read_as_spreadsheets_write_them(value: object, meant: bool) -> None:
    bands = pd.DataFrame({name: [0] for name in TABLES["bands"].names}).astype(object)
    bands["detected"] = value
    for name in ("flags", "curve"):
        bands[name] = ""

    assert check(bands, "bands")["detected"].tolist() == [meant]


def test_a_word_is_no_truth_value() -> None:
    bands = pd.DataFrame({name: [0] for name in TABLES["bands"].names}).astype(object).assign(flags="", curve="")

    with pytest.raises(TableError, match="must be true or false"):
        check(bands.assign(detected="perhaps"), "bands")


def test_the_nearest_name_is_offered_or_all_of_them() -> None:
    assert nearest("treatmant", ["treatment", "dose"]) == "; did you mean 'treatment'?"
    assert nearest("xyz", ["treatment", "dose"]) == "; known: treatment, dose"


def test_a_table_that_is_written_reads_back_the_same(lanes: pd.DataFrame, tmp_path: Path) -> None:
    table = check(lanes.assign(time_min=[5.0, np.nan], donor=["NA", ""]), "lanes")
    path = tmp_path / "lanes.csv"
    path.write_bytes(to_csv_bytes(table))

    pd.testing.assert_frame_equal(read_csv(path, "lanes"), table, check_dtype=False)


@given(st.lists(st.text(st.characters(exclude_categories=("Cs", "Cc"))), min_size=2, max_size=2))
def test_no_cell_is_run_by_a_spreadsheet_and_its_text_comes_back(tmp_path_factory: object, texts: list[str]) -> None:
    table = empty("quality").reindex([0, 1]).assign(scope=["image", "image"], note=texts)
    data = to_csv_bytes(check(table, "quality"))
    path = Path(str(tmp_path_factory.getbasetemp())) / "quality.csv"
    path.write_bytes(data)

    assert read_csv(path, "quality")["note"].tolist() == texts
    for line in data.decode().splitlines():
        assert not line.startswith(("=", "+", "-", "@"))
    assert pd.read_csv(path, dtype=str, keep_default_na=False)["note"].str.match(r"[=+\-@]").sum() == 0


def test_a_column_name_is_not_run_either(lanes: pd.DataFrame) -> None:
    header = to_csv_bytes(lanes.assign(**{"=cmd()": 1})).decode().splitlines()[0]

    assert header.endswith(",'=cmd()")


def test_numbers_are_written_with_ten_digits_and_lines_end_alike() -> None:
    data = to_csv_bytes(pd.DataFrame({"x": [1 / 3, 1e-12, np.nan, np.inf], "n": [1, 2, 3, 4]}))

    assert data == b"x,n\n0.3333333333,1\n1e-12,2\n,3\ninf,4\n"


@pytest.mark.parametrize("content", [b"", b"a,b\n1,2\n", b"\xff\xfe\x00\x00", b'image,lane\n"a,1\n'])
def test_a_file_that_is_no_such_table_is_an_error_with_its_name(content: bytes, tmp_path: Path) -> None:
    path = tmp_path / "lanes.csv"
    path.write_bytes(content)

    with pytest.raises(TableError, match=r"lanes\.csv"):
        read_csv(path, "lanes")


def test_a_file_that_is_not_there_is_an_error_with_its_name(tmp_path: Path) -> None:
    with pytest.raises(TableError, match=r"gone\.csv: cannot be read as a lanes table"):
        read_csv(tmp_path / "gone.csv", "lanes")


def test_a_table_saved_by_a_spreadsheet_with_its_byte_mark_is_read(lanes: pd.DataFrame, tmp_path: Path) -> None:
    path = tmp_path / "lanes.csv"
    path.write_bytes(b"\xef\xbb\xbf" + to_csv_bytes(check(lanes, "lanes")))

    assert read_csv(path, "lanes")["lane"].tolist() == [1, 2]


def test_rows_of_a_file_count_as_a_spreadsheet_shows_them(lanes: pd.DataFrame, tmp_path: Path) -> None:
    path = tmp_path / "lanes.csv"
    text = check(lanes, "lanes").astype({"lane": object})
    text.loc[1, "lane"] = "two"
    path.write_bytes(to_csv_bytes(text))
    with pytest.raises(TableError, match=r"row 3, column 'lane': 'two' is not of kind int .*'two'\)$"):
        read_csv(path, "lanes")
    with pytest.raises(TableError, match=r"row 2, column 'lane': 'two' .*; rows count from 1$"):
        check(text, "lanes")


def test_a_number_too_large_to_be_known_is_refused_by_its_row() -> None:
    lanes = complete(pd.DataFrame({"image": ["a"], "lane": ["9" * 30]}), "lanes")
    with pytest.raises(TableError, match=r"row 1, column 'lane'.*is too large"):
        check(lanes, "lanes")


def test_a_column_that_a_stage_needs_and_does_not_find_is_named_with_its_table() -> None:
    blot = orient(draw_level("clean", seed=1, n_lanes=5, n_rows=2, shape=(200, 320)).blot)
    lanes = find_lanes(blot)
    bands = find_bands(blot, lanes)
    for column in ("image", "lane", "width", "curve"):
        with pytest.raises(TableError, match=f"lanes: column '{column}' is missing"):
            find_bands(blot, lanes.drop(columns=column))
    for column in ("curve", "lane", "top", "band", "sigma", "flags"):
        with pytest.raises(TableError, match=f"bands: column '{column}' is missing"):
            integrate(blot, bands.drop(columns=column))
    for column in ("image", "lane", "top", "right"):
        with pytest.raises(TableError, match=f"bands: column '{column}' is missing"):
            estimate_background(blot, bands.drop(columns=column), method="line")


def test_a_sheet_that_says_nothing_of_a_column_says_no_text_no_number_and_not_true() -> None:
    blanks = INPUTS["images"].blanks
    assert list(blanks) == INPUTS["images"].names
    assert (blanks["site"], blanks["mirror"]) == ("", False)
    assert np.isnan([blanks["mass_kda"], INPUTS["samples"].blanks["lane"]]).all()


def test_columns_of_texts_take_other_values_once_they_are_objects() -> None:
    frame = pd.DataFrame({"a": pd.Series(["x", None], dtype="str"), "n": [1, 2]})
    found = texts_as_objects(frame)
    assert isinstance(frame["a"].dtype, pd.StringDtype)
    assert [kind.kind for kind in found.dtypes] == ["O", "i"]
    assert found["a"].tolist()[0] == "x"
