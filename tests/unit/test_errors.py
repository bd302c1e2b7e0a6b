"""Errors know what the command line ends with."""

from __future__ import annotations

import pytest

from blotquant import errors


@pytest.mark.parametrize("name", [name for name in errors.__all__ if name.endswith("Error")])
def test_every_error_is_one_of_ours_and_carries_its_own_meaning(name: str) -> None:
    kind = getattr(errors, name)

    assert issubclass(kind, errors.BlotquantError)
    assert kind.__doc__


@pytest.mark.parametrize(
    ("kind", "code"),
    [
        (errors.ReadError, 1),
        (errors.DetectionError, 1),
        (errors.FitError, 1),
        (errors.OutputError, 1),
        (errors.OutputExistsError, 2),
        (errors.TableError, 2),
        (errors.SettingsError, 2),
    ],
)
def test_tables_and_settings_are_wrong_usage_and_the_rest_failures(
    kind: type[errors.BlotquantError], code: int
) -> None:
    assert kind("x").exit_code == code


def test_a_quality_warning_is_a_warning_and_no_error() -> None:
    assert issubclass(errors.QualityWarning, UserWarning)
    assert not issubclass(errors.QualityWarning, errors.BlotquantError)


def test_a_message_stays_on_one_line_whatever_stands_in_a_cell() -> None:
    assert str(errors.TableError("membrane 'a\nb\r\nc' is unknown")) == "membrane 'a b c' is unknown"


def test_a_failure_is_written_as_a_row_under_the_name_of_what_failed_and_read_back() -> None:
    failure = errors.Failure.of(errors.ReadError("a.tif: is damaged; scan it again"))
    row = failure.as_row("a.tif")
    assert row == {"name": "a.tif", "kind": "ReadError", "message": "a.tif: is damaged; scan it again"}
    assert errors.Failure.from_row(row) == failure
