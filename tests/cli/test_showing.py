"""How results are worded in the terminal: potencies with open intervals, progress, exit codes."""

from __future__ import annotations

import io
import sys
from types import SimpleNamespace
from typing import Any

import pytest

from blotquant.cli import main
from blotquant.cli.console import Console
from blotquant.cli.showing import exit_code, potency_line


def row(**values: Any) -> SimpleNamespace:
    known = {
        "target": "JAK1", "site": "", "quantity": "", "stimulus": "", "treatment": "bari", "unit": "nM",
        "ic50": 5.912, "ci_low": 4.0, "ci_high": 8.0, "n": 3, "note": "",
        "hill": 1.0,
    }  # fmt: skip
    return SimpleNamespace(**{**known, **values})


@pytest.mark.parametrize(
    ("values", "line"),
    [
        ({}, "IC50 of bari on JAK1: 5.91 nM, 95 % interval 4 to 8 nM, n = 3"),
        ({"ic50": 1171.0, "ci_high": 2e3}, "IC50 of bari on JAK1: 1170 nM, 95 % interval 4 to 2000 nM, n = 3"),
        (
            {"site": "Y1034", "quantity": "P/S", "stimulus": "IL-6"},
            "IC50 of bari on JAK1 Y1034 P/S (IL-6): 5.91 nM, 95 % interval 4 to 8 nM, n = 3",
        ),
        ({"hill": -1.0}, "EC50 of bari on JAK1: 5.91 nM, 95 % interval 4 to 8 nM, n = 3"),
        ({"ci_low": 0.0}, "IC50 of bari on JAK1: 5.91 nM, 95 % interval below 8 nM, n = 3"),
        (
            {"ic50": float("nan"), "ci_low": 400.0, "ci_high": float("inf"), "note": "> 400 nM"},
            "IC50 of bari on JAK1: > 400 nM, 95 % interval above 400 nM, n = 3",
        ),
        (
            {"ic50": float("nan"), "ci_low": 0.0, "ci_high": 1.0, "note": "< 1 nM (why)"},
            "IC50 of bari on JAK1: < 1 nM (why), 95 % interval below 1 nM, n = 3",
        ),
        (
            {"ic50": float("nan"), "ci_low": 0.0, "ci_high": float("inf"), "note": "flat"},
            "IC50 of bari on JAK1: not determined, no interval, n = 3; flat",
        ),
    ],
)
def test_a_potency_is_one_line_with_what_is_known_of_its_interval(values: dict[str, Any], line: str) -> None:
    assert potency_line(row(**values), 0.95) == line


@pytest.mark.parametrize(
    ("failed", "doubtful", "strict", "code"),
    [(False, False, True, 0), (False, True, False, 0), (False, True, True, 3), (True, True, True, 1)],
)
def test_a_failure_weighs_more_than_a_doubt_and_a_doubt_counts_when_asked(
    failed: bool, doubtful: bool, strict: bool, code: int
) -> None:
    assert exit_code(failed=failed, doubtful=doubtful, strict=strict) == code


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


@pytest.mark.parametrize(("options", "seen"), [({}, True), ({"quiet": True}, False), ({"as_json": True}, False)])
def test_a_bar_is_drawn_on_a_terminal_unless_it_is_not_wanted(
    options: dict[str, bool], seen: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    screen = Terminal()
    monkeypatch.setattr(sys, "stderr", screen)
    monkeypatch.setenv("TERM", "xterm")

    with Console(**options).progress("measuring", 2) as advance:
        advance("a.tif", None)
        advance("b.tif", None)

    assert ("measuring" in screen.getvalue() and "/2" in screen.getvalue()) is seen


def test_where_there_is_no_terminal_progress_is_silent_and_v_names_each_image(
    capsys: pytest.CaptureFixture[str],
) -> None:
    for verbosity in (0, 1):
        with Console(verbosity=verbosity).progress("measuring", 1) as advance:
            advance("a.tif", None)

    assert capsys.readouterr().err == "a.tif\n"


def test_columns_are_aligned_and_the_last_is_not_padded(capsys: pytest.CaptureFixture[str]) -> None:
    Console().table([["a", "long name", "x"], ["bcd", "b", "a longer end"]])

    assert capsys.readouterr().out == "a    long name  x\nbcd  b          a longer end\n"


def test_the_list_of_verbs_is_not_cut_off(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--help"]) == 0
    out = capsys.readouterr().out
    listed = out[out.index("Commands:") : out.index("Every verb")]
    assert "..." not in listed
    assert "dose-response" in listed


def test_an_ic50_without_a_target_is_said_without_a_gap() -> None:
    assert potency_line(row(target=""), 0.95) == "IC50 of bari: 5.91 nM, 95 % interval 4 to 8 nM, n = 3"
