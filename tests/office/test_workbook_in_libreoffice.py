"""results.xlsx in LibreOffice, converted without a display: it opens as it is, and equals the CSV files."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from blotquant.result import Result
from blotquant.tables import TABLES, read_csv
from tests.drawn_result import Plan, drawn_result, with_dilutions

OFFICE = shutil.which("soffice") or shutil.which("libreoffice")
pytestmark = [pytest.mark.office, pytest.mark.skipif(OFFICE is None, reason="LibreOffice is not installed")]
# comma, quote, UTF-8, from row 1, cells as they are and not as shown, every sheet into a file of its own
_ALL_SHEETS = "csv:Text - txt - csv (StarCalc):44,34,76,1,,0,false,false,false,false,false,-1"


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Save a result with names that a spreadsheet might run, and convert its workbook."""
    place = tmp_path_factory.mktemp("office")
    plan = Plan(treatments=("=1+1", "@cmd", "バリシチニブ"), doses=(1.0, 10.0), pictures=False)
    Result(**vars(with_dilutions(drawn_result(plan)))).save(place / "out")
    profile = f"-env:UserInstallation=file://{place / 'profile'}"
    words = [OFFICE, profile, "--headless", "--convert-to", _ALL_SHEETS, "--outdir", place / "csv", "results.xlsx"]
    done = subprocess.run(words, cwd=place / "out", capture_output=True, text=True, timeout=180, check=True)
    assert "repair" not in (done.stdout + done.stderr).lower()
    return place


def sheet_of(folder: Path, name: str) -> tuple[pd.Series, pd.DataFrame]:
    """Units and rows of a sheet, as LibreOffice read it."""
    found = pd.read_csv(folder / "csv" / f"results-{name}.csv", dtype=str, keep_default_na=False)
    return found.iloc[0], found.iloc[1:].reset_index(drop=True)


@pytest.mark.parametrize("name", TABLES)
def test_every_sheet_equals_its_csv_file(name: str, folder: Path) -> None:
    table = read_csv(folder / "out" / f"{name}.csv", name)
    units, rows = sheet_of(folder, name)
    assert rows.columns.tolist() == table.columns.tolist()
    assert len(rows) == len(table)
    for column in TABLES[name].columns:
        assert units[column.name] == column.unit
        if column.kind in ("float", "int"):
            seen = pd.to_numeric(rows[column.name].replace("", None)).to_numpy(float)
            np.testing.assert_allclose(seen, table[column.name].to_numpy(float), rtol=1e-9)
        elif column.kind == "bool":
            assert (rows[column.name].str.upper() == "TRUE").tolist() == table[column.name].tolist()
        else:
            assert rows[column.name].tolist() == table[column.name].tolist()


def test_every_column_is_explained_and_replicates_stand_side_by_side(folder: Path) -> None:
    _, explained = sheet_of(folder, "columns")
    told = set(zip(explained["table"], explained["column"], strict=True))
    assert {(name, column) for name in TABLES for column in TABLES[name].names} <= told
    assert (explained["meaning"] != "").all()
    _, wide = sheet_of(folder, "replicates_wide")
    assert [name for name in wide.columns if name.startswith("replicate ")] == [
        "replicate r1",
        "replicate r2",
        "replicate r3",
    ]
    assert "=1+1" in set(wide["treatment"])
