"""A unit of work: known by what it is made from, done once, and only by workers of the run's own version."""

from __future__ import annotations

import dataclasses
from pathlib import Path

import pytest

from blotquant.batch.manifest import find_images
from blotquant.batch.parts import open_part, part_path
from blotquant.batch.unit import Unit, do_unit
from blotquant.errors import ReadError, SettingsError
from blotquant.settings import Settings, override
from blotquant.synthetic import simulate_blot


@pytest.fixture(scope="module")
def unit(tmp_path_factory: pytest.TempPathFactory) -> Unit:
    folder = tmp_path_factory.mktemp("unit")
    path = simulate_blot(folder, level="clean", seed=1, n_lanes=5, n_rows=1, shape=(150, 320))
    found = find_images([str(path)])
    ((name, rows),) = found.by_membrane()
    return Unit(name, found.folder, rows, Settings(), folder / "kept")


def test_a_part_tells_what_the_batch_wants_to_know_without_its_tables(unit: Unit) -> None:
    key = do_unit(unit)
    record = open_part(part_path(unit.kept, key)).record

    assert record["rows"]["lanes"] == record["rows"]["bands"] == 5
    assert 0 < record["rows"]["detected"] <= 5
    assert len(record["geometry"]) == 5 + 5
    assert [each["image"] for each in record["figures"]] == ["blot.tif"]
    assert 40 < record["figures"][0]["pitch"] < 70


def test_a_unit_that_is_done_is_not_done_again(unit: Unit) -> None:
    path = part_path(unit.kept, do_unit(unit))
    before = path.stat().st_mtime_ns

    assert part_path(unit.kept, do_unit(unit)) == path
    assert path.stat().st_mtime_ns == before
    path.write_bytes(path.read_bytes()[:100])
    do_unit(unit)
    assert path.stat().st_size > 1000


@pytest.mark.parametrize(
    ("words", "same"),
    [
        ("batch.time_limit_s=100", True),
        ("report.dpi=100", True),
        ("dose_response.model=3pl", True),
        ("integration.background=line", False),
        ("lanes.n_lanes=5", False),
    ],
)
def test_only_settings_that_measuring_reads_make_another_unit(unit: Unit, words: str, same: bool) -> None:
    other = dataclasses.replace(unit, settings=override(Settings(), [words]))

    assert (do_unit(other) == do_unit(unit)) is same


def test_a_worker_of_another_version_refuses(unit: Unit) -> None:
    with pytest.raises(SettingsError, match=r"this run has 0\.0\.0; install one version everywhere"):
        do_unit(dataclasses.replace(unit, version="0.0.0"))


def test_a_unit_of_which_nothing_can_be_read_leaves_nothing(unit: Unit, tmp_path: Path) -> None:
    (tmp_path / "a.tif").write_text("no picture")
    broken = Unit("a.tif", tmp_path, [{"image": "a.tif", "membrane": "a.tif", "file": "a.tif"}], Settings(), tmp_path)

    with pytest.raises(ReadError, match=r"a\.tif"):
        do_unit(broken)
    assert [path.name for path in tmp_path.iterdir()] == ["a.tif"]
