"""Every verb's JSON document holds what its declaration says, and nothing else."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Any

import pytest

from blotquant.cli import app
from blotquant.cli.documents import DOCUMENTS
from tests.cli.conftest import Run

_JSON = {"string": str, "number": (int, float), "boolean": bool, "array": list, "object": dict, "null": type(None)}
FAST = ("--set", "report.figures=false", "--set", "report.sensitivity=false")


def assert_as_declared(document: dict[str, Any], verb: str) -> None:
    declared = {field.name: field.kind for field in DOCUMENTS[verb]}
    assert set(document) <= set(declared)
    needed = {name for name, kind in declared.items() if not kind.endswith("?")}
    assert needed <= set(document)
    for name, value in document.items():
        kinds = [_JSON[kind] for kind in declared[name].rstrip("?").split(" or ")]
        assert any(isinstance(value, kind) for kind in kinds), (name, value)
    assert document["verb"] == verb


def test_every_verb_has_a_document_and_no_other_is_declared() -> None:
    assert set(DOCUMENTS) == {command.name for command in app.registered_commands}


def test_what_each_verb_says_is_as_declared(
    pictures: Path, study: Path, run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    copy, plate = shutil.copytree(study, tmp_path / "copy"), tmp_path / "plate.csv"
    shutil.copytree(study, tmp_path / "second")
    rows = [f"drug,{dose},{100 / (1 + dose / 30) + noise}" for dose in (1, 3, 10, 30, 100, 300) for noise in (-1, 1)]
    plate.write_text("\n".join(["treatment,dose,response", *rows]))
    image = pictures / "day1" / "blot.tif"
    lines = [
        ("demo", "-o", "d", "-n"), ("simulate", "-o", "s", "-n"),
        ("init", copy, "--force"), ("init", copy, "--force", "-n"),
        ("inspect", pictures), ("readers",), ("readers", image), ("schema",), ("schema", "bands"),
        ("measure", pictures, "-o", "m"), ("measure", image, "-o", "m2", "-n"),
        ("quantify", study, "-o", "q", *FAST), ("quantify", study, "-o", "q3", "-n"),
        ("quantify", study, "second", "-o", "q2", *FAST),
        ("fit", plate, "-o", "f", *FAST), ("fit", plate, "-o", "g", "-n"),
        ("report", "q", "--set", "report.figures=false"), ("report", "q", "-n"),
    ]  # fmt: skip
    for words in lines:
        code, document, _ = run(*words, "--json")
        assert document["exit_code"] == code, words
        assert_as_declared(document, words[0])


@pytest.mark.parametrize(
    "words", [("measure", "none.tif"), ("quantify", "none", "-o", "x"), ("schema", "nope"), ("fit", "a.csv", "-o", "b")]
)
def test_a_verb_that_cannot_do_its_work_says_verb_error_and_code(
    words: tuple[str, ...], run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    code, document, _ = run(*words, "--json")
    assert set(document) == {"verb", "error", "exit_code"}
    assert (document["verb"], document["exit_code"]) == (words[0], code)
    assert code == 2
