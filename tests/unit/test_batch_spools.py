"""Tables and JSON that grow piece by piece are what they would be at once."""

from __future__ import annotations

import io
import json
from pathlib import Path

import pandas as pd
import pytest

from blotquant.batch.ledger import Ledger
from blotquant.batch.log import Log
from blotquant.batch.spools import JsonSpool, TableSpool, joined, spooled
from blotquant.errors import Failure, OutputError
from blotquant.tables import check, empty, to_csv_bytes


def lanes(image: str, count: int, **further: object) -> pd.DataFrame:
    rows = empty("lanes").reindex(range(count)).assign(image=image, lane=range(1, count + 1), left=1 / 3)
    return check(rows, "lanes").assign(**further)


def spooled_table(*tables: pd.DataFrame) -> bytes:
    spool = TableSpool("lanes", io.BytesIO())
    for table in tables:
        spool.add(to_csv_bytes(table))
    return b"".join(spool.whole())


def test_tables_under_each_other_are_the_bytes_of_the_whole_table() -> None:
    parts = [lanes("a.tif", 2), empty("lanes"), lanes('=cmd(),"x"\nµ.tif', 3)]

    assert spooled_table(*parts) == to_csv_bytes(pd.concat([parts[0], parts[2]], ignore_index=True))


def test_a_table_without_rows_has_its_header() -> None:
    assert spooled_table(empty("lanes")) == to_csv_bytes(empty("lanes"))


def test_a_column_that_only_some_parts_have_is_blank_in_the_others() -> None:
    parts = [
        lanes("a.tif", 1),
        lanes("b\n.tif", 2, mine="x,y"),
        lanes("c.tif", 1),
        lanes("d.tif", 1, other="z", mine=""),
    ]

    whole = pd.read_csv(io.BytesIO(spooled_table(*parts)), dtype=str, keep_default_na=False)

    assert whole["image"].tolist() == ["a.tif", "b\n.tif", "b\n.tif", "c.tif", "d.tif"]
    assert whole["mine"].tolist() == ["", "x,y", "x,y", "", ""]
    assert whole["other"].tolist() == ["", "", "", "", "z"]
    assert whole["lane"].tolist() == ["1", "1", "2", "1", "1"]


def test_json_in_pieces_is_one_document() -> None:
    names, rows, none = JsonSpool("{}", io.BytesIO()), JsonSpool("[]", io.BytesIO()), JsonSpool("[]", io.BytesIO())
    names.add(float("nan"), 'a "b" µ')
    names.add({"x": (1, 2)}, "c")
    rows.add("one")
    rows.add(2)

    text = b"".join(joined({"plain": Path("x"), "names": names, "study": {"rows": rows, "none": none, "n": []}}))

    found = json.loads(text)
    assert found["names"] == {'a "b" µ': None, "c": {"x": [1, 2]}}
    assert found["study"] == {"rows": ["one", 2], "none": [], "n": []}
    assert list(found) == ["plain", "names", "study"]


def test_a_folder_that_cannot_be_written_to_is_named(tmp_path: Path) -> None:
    with pytest.raises(OutputError, match="gone: cannot be written"), spooled(tmp_path / "gone"):
        pass


def test_a_ledger_gives_keys_and_failures_in_the_order_of_names() -> None:
    ledger = Ledger()
    for name, key in (("b", "2"), ("a", "9"), ("ä", "1"), ("B", "5")):
        ledger.done(name, key)
    ledger.fail("y", Failure("ReadError", "no", "trace", 2))
    ledger.fail("x", Failure("TimeoutError", "late"))

    assert list(ledger) == ["5", "9", "2", "1"]
    assert len(ledger) == 4
    assert "9" in ledger
    assert "3" not in ledger
    assert list(ledger.failures()) == [
        ("x", Failure("TimeoutError", "late")), ("y", Failure("ReadError", "no", "trace", 2)),
    ]  # fmt: skip


def test_the_log_is_one_line_of_json_an_event_and_goes_on_where_it_ended(tmp_path: Path) -> None:
    path = tmp_path / "log.jsonl"
    with Log(path) as log:
        log.write("done", name="a\nb µ", seconds=float("nan"))
        assert path.read_text(encoding="utf-8").count("\n") == 1
    with pytest.raises(KeyboardInterrupt), Log(path) as log:
        raise KeyboardInterrupt

    events = [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]
    assert [(each["event"], each.get("name"), each.get("kind")) for each in events] == [
        ("done", "a\nb µ", None), ("stopped", None, "KeyboardInterrupt"),
    ]  # fmt: skip
    with pytest.raises(OutputError, match="jsonl: cannot be written"):
        Log(tmp_path / "gone" / "log.jsonl")
