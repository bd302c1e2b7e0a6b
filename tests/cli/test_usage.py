"""What every verb shares: usage errors, one-line errors, exit codes, where words go."""

from __future__ import annotations

import json
import warnings

import pytest

from blotquant import cli
from blotquant.cli import main
from blotquant.cli.console import Console, one_line
from blotquant.errors import QualityWarning, ReadError, SettingsError

VERBS = ["demo", "init", "inspect", "readers", "measure", "quantify", "fit", "report", "simulate", "schema"]


def test_the_verbs_are_those_of_the_contract(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--help"]) == 0

    listed = capsys.readouterr().out.split("Commands:\n")[1].split("\n\n")[0]
    assert sorted(line.split()[0] for line in listed.splitlines() if line[2:3].isalpha()) == sorted(VERBS)


@pytest.mark.parametrize("verb", VERBS)
def test_every_verb_explains_itself_and_takes_the_common_flags(verb: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main([verb, "--help"]) == 0

    shown = capsys.readouterr()
    assert shown.err == ""
    for flag in ("--json", "--quiet", "--verbose"):
        assert flag in shown.out


@pytest.mark.parametrize(
    "words",
    [["measur"], ["measure"], ["schema", "--nope"], ["measure", "a.tif"], ["measure", "a", "-o", "x", "-j", "0"]],
)
def test_wrong_usage_is_one_line_that_points_to_the_help(words: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    assert main(words) == 2

    shown = capsys.readouterr()
    assert shown.out == ""
    assert shown.err.startswith("error: ")
    assert shown.err.endswith("--help'\n")
    assert shown.err.count("\n") == 1


def test_without_a_verb_the_help_is_shown(capsys: pytest.CaptureFixture[str]) -> None:
    assert main([]) == 2
    assert "Commands:" in capsys.readouterr().out


def stop_with(error: BaseException, monkeypatch: pytest.MonkeyPatch) -> None:
    """Let `schema`, as the simplest verb, end with an error."""

    def raising(self: Console, text: str) -> None:
        raise error

    monkeypatch.setattr(Console, "answer", raising)


@pytest.mark.parametrize(
    ("error", "code", "line"),
    [
        (ReadError("a.tif: not an image; convert it"), 1, "error: a.tif: not an image; convert it"),
        (SettingsError("bad\nname"), 2, "error: bad name"),
        (
            OSError(28, "No space left on device", "x/lanes.csv"),
            1,
            "error: x/lanes.csv: No space left on device; check",
        ),
        (KeyboardInterrupt(), 130, "error: interrupted; what is done is kept, go on with --resume"),
        (MemoryError(), 1, "error: not enough memory; end other programs, or crop the picture"),
        (ZeroDivisionError("division"), 1, "error: ZeroDivisionError: division (a mistake in blotquant; run again"),
    ],
)
def test_an_error_is_one_line_with_its_exit_code(
    error: BaseException, code: int, line: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    stop_with(error, monkeypatch)

    assert main(["schema", "lanes"]) == code

    shown = capsys.readouterr()
    assert shown.err.startswith(line)
    assert shown.err.count("\n") == 1


def test_a_traceback_is_shown_with_vv_only(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    stop_with(ReadError("a.tif: not an image"), monkeypatch)

    main(["schema", "lanes", "-v"])
    assert "Traceback" not in capsys.readouterr().err
    main(["schema", "lanes", "-vv"])
    shown = capsys.readouterr().err
    assert "Traceback" in shown
    assert shown.endswith("error: a.tif: not an image\n")


def test_with_json_an_error_is_a_document_too(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["schema", "band", "--json"]) == 2

    shown = capsys.readouterr()
    said = "table 'band' is unknown; did you mean 'bands'?"
    assert json.loads(shown.out) == {"verb": "schema", "error": said, "exit_code": 2}
    assert shown.err.startswith("error: table 'band'")


def test_a_doubt_about_the_input_is_one_line_and_quiet_hides_it(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(Console, "answer", lambda self, text: warnings.warn("looks\nodd", QualityWarning, stacklevel=1))

    main(["schema", "lanes"])
    assert set(capsys.readouterr().err.splitlines()) == {"warning: looks odd"}
    main(["schema", "lanes", "--quiet"])
    assert capsys.readouterr().err == ""


def test_a_file_s_name_cannot_write_on_the_terminal() -> None:
    assert one_line("a\x1b[31m\nb\x07é.tif") == "a\\x1b[31m b\\x07é.tif"


def test_the_end_of_main_is_the_exit_code_of_the_process(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sys.argv", ["blotquant", "--version"])

    assert cli.main() == 0
