"""Cells of the workbook hold what the tables hold, written as XlsxWriter writes it."""

from __future__ import annotations

import io
import re
import zipfile

import openpyxl
import pandas as pd
import pytest
import xlsxwriter

from blotquant.result.cells import filled, rows_xml

ODD = [
    "a<b & c>d",
    " spaces ",
    "two\nlines\tand a tab",
    "bell \x07",
    "_x0041_ as it stands",
    "µ–バ",
    '"quoted"',
    "=1+1",
]


def frame_of(columns: int) -> bytes:
    """Make a workbook of one sheet that has names and units alone."""
    buffer = io.BytesIO()
    book = xlsxwriter.Workbook(buffer, {"in_memory": True})
    sheet = book.add_worksheet("one")
    for row in (0, 1):
        for col in range(columns):
            sheet.write_string(row, col, f"head {col}")
    book.close()
    return buffer.getvalue()


def shared_strings(texts: list[str]) -> list[str]:
    """Texts as XlsxWriter escapes them."""
    buffer = io.BytesIO()
    book = xlsxwriter.Workbook(buffer, {"in_memory": True, "strings_to_formulas": False})
    sheet = book.add_worksheet()
    for row, text in enumerate(texts):
        sheet.write_string(row, 0, text)
    book.close()
    xml = zipfile.ZipFile(buffer).read("xl/sharedStrings.xml").decode()
    return re.findall(r"<si><t[^>]*>(.*?)</t></si>", xml, re.DOTALL)


@pytest.mark.parametrize("text", ODD)
def test_a_text_is_escaped_as_xlsxwriter_escapes_it(text: str) -> None:
    written = re.findall(r"<t [^>]*>(.*?)</t>", rows_xml(pd.DataFrame({"a": [text]})), re.DOTALL)
    assert written == shared_strings([text])


def test_cells_keep_their_kinds_and_places_beyond_column_z() -> None:
    table = pd.DataFrame({f"c{number}": [number + 0.1, float("nan")] for number in range(28)})
    table["c0"], table["c1"], table["c2"], table["c27"] = ["x", ""], [True, False], [3, -4], [float("inf"), 1e-300]

    sheet = openpyxl.load_workbook(io.BytesIO(filled(frame_of(28), [table])))["one"]

    first, second = (list(row) for row in sheet.iter_rows(min_row=3, values_only=True))
    assert first[:4] == ["x", True, 3, 3.1]
    assert second[:4] == [None, False, -4, None]
    assert (first[27], second[27]) == ("inf", 1e-300)
    assert sheet["AB4"].value == 1e-300
    assert [cell.value for cell in sheet[1]][:2] == ["head 0", "head 1"]
    assert sheet.dimensions == "A1:AB4"


def test_a_text_longer_than_a_cell_holds_is_cut_and_one_without_rows_stays_a_head() -> None:
    sheet = openpyxl.load_workbook(io.BytesIO(filled(frame_of(1), [pd.DataFrame({"a": ["x" * 40000]})])))["one"]
    assert len(sheet["A3"].value) == 32767

    bare = openpyxl.load_workbook(io.BytesIO(filled(frame_of(1), [pd.DataFrame({"a": []})])))["one"]
    assert bare.max_row == 2


def test_the_same_rows_give_the_same_bytes() -> None:
    table = pd.DataFrame({"a": ODD, "b": range(len(ODD))})
    frame = frame_of(2)
    assert filled(frame, [table]) == filled(frame, [table])
