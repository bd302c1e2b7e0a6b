"""``blotquant schema``: the tables explain themselves, to people and to programs."""

from __future__ import annotations

import json

import pytest

from blotquant.cli import main
from blotquant.flags import Flag
from blotquant.settings import describe
from blotquant.tables import INPUTS, TABLES


def test_one_table_is_shown_with_kinds_units_and_meanings(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["schema", "lanes"]) == 0

    shown = capsys.readouterr()
    assert shown.err == ""
    assert "lanes (output): one row is a lane of an image" in shown.out
    for column in TABLES["lanes"].columns:
        line = next(line for line in shown.out.splitlines() if line.startswith(f"{column.name} "))
        assert column.kind in line
        assert column.meaning in line


def test_an_optional_column_of_an_input_is_marked(capsys: pytest.CaptureFixture[str]) -> None:
    main(["schema", "samples"])

    lines = {line.split()[0]: line.split()[1] for line in capsys.readouterr().out.splitlines() if "  " in line}
    assert lines["lane"] == "int"
    assert lines["dose"] == "float?"


def test_programs_get_every_table_setting_and_flag(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["schema", "--json"]) == 0

    found = json.loads(capsys.readouterr().out)
    assert set(found["tables"]) == {*INPUTS, *TABLES}
    assert [c["name"] for c in found["tables"]["bands"]["columns"]] == TABLES["bands"].names
    assert found["tables"]["images"]["side"] == "input"
    assert len(found["settings"]) == len(describe())
    assert [flag["name"] for flag in found["flags"]] == [str(flag.name).lower() for flag in Flag]


@pytest.mark.parametrize("name", ["settings", "flags"])
def test_settings_and_flags_can_be_asked_for_alone(name: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["schema", name, "--json"]) == 0

    found = json.loads(capsys.readouterr().out)
    assert found["tables"] == {}
    assert found[name]


def test_an_unknown_table_is_wrong_usage_and_the_nearest_is_offered(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["schema", "band"]) == 2

    shown = capsys.readouterr()
    assert shown.out == ""
    assert shown.err == "error: table 'band' is unknown; did you mean 'bands'?\n"
