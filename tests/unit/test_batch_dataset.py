"""The dataset grows while a run goes on, holds each unit once, and is read by what people use."""

from __future__ import annotations

from pathlib import Path

import pandas as pd
import pytest

from blotquant.batch.dataset import Dataset, dataset_in
from blotquant.batch.ledger import Ledger
from blotquant.batch.parts import Opened
from blotquant.tables import check, empty, to_csv_bytes

pytest.importorskip("pyarrow", reason="needs the extra `batch`")


def key(number: int) -> str:
    return f"{number:064x}"


def part(number: int) -> Opened:
    image = f"={number},\n.tif"
    lanes = empty("lanes").reindex([0, 1]).assign(image=image, lane=[1, 2], left=number + 1 / 3)
    bands = (
        empty("bands")
        .reindex([0])
        .assign(image=image, lane=1, band="1", saturated=0, detected=number % 2 == 0, volume=1e6 / 3)
    )
    tables = {"lanes": check(lanes, "lanes"), "bands": check(bands, "bands"), "quality": empty("quality")}
    tables |= {name: empty(name) for name in ("calibration", "profiles")}
    rows = {name: len(table) for name, table in tables.items()}
    return Opened({"rows": rows}, {name: to_csv_bytes(table) for name, table in tables.items()}, {})


def filled(folder: Path, numbers: range, every: int = 4) -> Dataset:
    dataset = Dataset(folder, every)
    for number in numbers:
        dataset.add(key(number), part(number))
    return dataset


def read(folder: Path, table: str = "lanes") -> pd.DataFrame:
    return pd.read_parquet(folder / table)


def test_what_is_whole_can_be_read_while_more_comes(tmp_path: Path) -> None:
    dataset = filled(tmp_path, range(10))

    assert len(read(tmp_path)) == 2 * 8
    dataset.flush()
    assert len(read(tmp_path)) == 2 * 10
    assert len(read(tmp_path, "bands")) == 10
    assert not (tmp_path / "quality").exists()


def test_kinds_are_those_of_the_tables_and_texts_are_as_they_were(tmp_path: Path) -> None:
    filled(tmp_path, range(4))

    bands = read(tmp_path, "bands")
    assert sorted(bands["image"]) == ["=0,\n.tif", "=1,\n.tif", "=2,\n.tif", "=3,\n.tif"]
    assert bands["detected"].dtype == bool
    assert bands["volume"].tolist() == [float(f"{1e6 / 3:.10g}")] * 4
    assert bands["snr"].isna().all()
    assert sorted(bands["part"]) == [key(number) for number in range(4)]


def test_going_on_adds_no_unit_twice(tmp_path: Path) -> None:
    filled(tmp_path, range(6)).flush()

    filled(tmp_path, range(9)).flush()

    assert sorted(read(tmp_path, "bands")["part"]) == [key(number) for number in range(9)]


def test_a_file_that_a_killed_run_left_without_its_fellows_counts_for_nothing(tmp_path: Path) -> None:
    filled(tmp_path, range(8))
    for path in sorted((tmp_path / "lanes").iterdir())[:1]:
        path.unlink()

    filled(tmp_path, range(8)).flush()

    assert sorted(read(tmp_path, "bands")["part"]) == [key(number) for number in range(8)]
    assert len(read(tmp_path)) == 16


def test_what_is_no_longer_asked_for_is_taken_out_and_the_rest_stays(tmp_path: Path) -> None:
    dataset = filled(tmp_path, range(8))
    ledger = Ledger()
    for number in (0, 1, 3, 9):
        ledger.done(str(number), key(number))

    dataset.keep_only(ledger)

    assert sorted(read(tmp_path, "bands")["part"]) == [key(0), key(1), key(3)]
    assert sorted(set(read(tmp_path)["part"])) == [key(0), key(1), key(3)]
    filled(tmp_path, range(4)).flush()
    assert sorted(read(tmp_path, "bands")["part"]) == [key(number) for number in range(4)]


def test_without_pyarrow_there_is_no_dataset(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def missing(name: str) -> object:
        raise ModuleNotFoundError(name)

    assert dataset_in(tmp_path) is not None
    monkeypatch.setattr("blotquant.batch.dataset.importlib.import_module", missing)
    assert dataset_in(tmp_path) is None
