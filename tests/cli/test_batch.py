"""What a batch of many images leaves besides its tables: dataset, page, log; and how its progress is told."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pandas as pd
import pytest

from blotquant.cli import main
from blotquant.cli.console import Console
from blotquant.synthetic import simulate_blot
from blotquant.tables import read_csv
from tests.cli.conftest import Run

LARGE = ("--set", "report.most_images=1")


@pytest.fixture(scope="module")
def images(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("images")
    for seed in range(2):
        simulate_blot(folder, level="clean", seed=seed, n_lanes=5, n_rows=1, shape=(150, 320), name=f"{seed}.tif")
    simulate_blot(
        folder, level="clean", seed=3, n_lanes=5, n_rows=1, shape=(150, 320), name="2.tif", effects=["saturated"]
    )
    (folder / "broken.tif").write_text("not a picture")
    for truth in folder.glob("truth_*"):
        truth.unlink()
    return folder


@pytest.fixture(scope="module")
def batch(images: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Measure a batch that counts as large."""
    out = tmp_path_factory.mktemp("large") / "out"
    assert main(["measure", str(images), "-o", str(out), "--quiet", *LARGE]) == 1
    return out


def test_a_large_batch_has_its_tables_and_a_page_of_figures_instead_of_a_workbook(batch: Path, images: Path) -> None:
    page = (batch / "report.html").read_text(encoding="utf-8")

    assert not (batch / "results.xlsx").exists()
    assert read_csv(batch / "bands.csv", "bands")["image"].unique().tolist() == ["0.tif", "1.tif", "2.tif"]
    assert "The most doubtful pictures" in page
    assert "broken.tif" in page
    assert (batch / "figures" / "blots" / "2.tif.png").exists()


def test_a_small_batch_has_both_pages_and_the_same_tables(batch: Path, images: Path, tmp_path: Path, run: Run) -> None:
    assert run("measure", images, "-o", tmp_path / "out")[0] == 1

    assert (tmp_path / "out" / "results.xlsx").exists()
    assert "The most doubtful pictures" in (tmp_path / "out" / "batch.html").read_text(encoding="utf-8")
    assert "What to doubt" in (tmp_path / "out" / "report.html").read_text(encoding="utf-8")
    tables = {path.name: path.read_bytes() for path in batch.glob("*.csv")}
    assert {path.name: path.read_bytes() for path in (tmp_path / "out").glob("*.csv")} == tables


def test_a_single_picture_has_no_page_of_a_batch(images: Path, tmp_path: Path, run: Run) -> None:
    assert run("measure", images / "0.tif", "-o", tmp_path / "out")[0] == 0

    assert not (tmp_path / "out" / "batch.html").exists()
    assert not (tmp_path / "out" / "dataset").exists()


def test_the_page_of_a_large_batch_is_written_again_from_what_is_saved(batch: Path, tmp_path: Path, run: Run) -> None:
    copy = Path(shutil.copytree(batch, tmp_path / "copy"))
    before = (copy / "report.html").read_bytes()
    (copy / "report.html").unlink()
    shutil.rmtree(copy / ".parts")

    assert run("report", copy)[0] == 0

    assert (copy / "report.html").read_bytes() == before


def test_the_dataset_holds_what_the_tables_hold(batch: Path) -> None:
    pytest.importorskip("pyarrow", reason="needs the extra `batch`")

    for name in ("lanes", "bands", "quality"):
        found = pd.read_parquet(batch / "dataset" / name).drop(columns="part")
        table = read_csv(batch / f"{name}.csv", name)
        pd.testing.assert_frame_equal(
            found.sort_values(list(found.columns[:3]), ignore_index=True)[list(table.columns)],
            table.sort_values(list(table.columns[:3]), ignore_index=True),
            check_dtype=False,
        )


def test_a_large_batch_without_pyarrow_says_what_would_give_a_dataset(
    images: Path, tmp_path: Path, run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("blotquant.batch.measuring.dataset_in", lambda folder: None)
    (tmp_path / "in").mkdir()
    for name in ("0.tif", "1.tif"):
        shutil.copy(images / name, tmp_path / "in")

    code, _, err = run("measure", tmp_path / "in", "-o", tmp_path / "out", *LARGE)

    assert code == 0
    assert err == "no dataset to query, only CSV: Parquet needs pip install 'blotquant[batch]'\n"


def test_the_dataset_follows_a_change_when_the_run_goes_on(batch: Path, images: Path, tmp_path: Path, run: Run) -> None:
    pytest.importorskip("pyarrow", reason="needs the extra `batch`")
    copy = Path(shutil.copytree(batch, tmp_path / "out"))
    changed = Path(shutil.copytree(images, tmp_path / "in"))
    shutil.copy(changed / "1.tif", changed / "0.tif")
    (changed / "broken.tif").unlink()

    assert run("measure", changed, "-o", copy, "--resume", *LARGE)[0] == 0

    bands = pd.read_parquet(copy / "dataset" / "bands")
    assert bands.groupby("image")["part"].nunique().to_dict() == {"0.tif": 1, "1.tif": 1, "2.tif": 1}
    first, second = (bands.loc[bands["image"] == name, "volume"].tolist() for name in ("0.tif", "1.tif"))
    assert first == second


def test_the_log_tells_every_event(batch: Path) -> None:
    events = [json.loads(line) for line in (batch / "log.jsonl").read_text(encoding="utf-8").splitlines()]

    assert [each["event"] for each in events] == ["begun", "done", "done", "done", "failed", "measured"]
    assert [each.get("name") for each in events[1:5]] == ["0.tif", "1.tif", "2.tif", "broken.tif"]
    assert events[4]["kind"] == "ReadError"
    assert all(each["seconds"] > 0 for each in events[1:4])


def test_programs_follow_the_progress_as_lines_of_json(images: Path, tmp_path: Path, run: Run) -> None:
    code, found, err = run("measure", images, "-o", tmp_path / "out", "--json", *LARGE)

    lines = [json.loads(line) for line in err.splitlines() if line.startswith("{")]
    assert [(line["done"], line["total"], line["failed"]) for line in lines] == [
        (1, 4, 0), (2, 4, 0), (3, 4, 0), (4, 4, 1),
    ]  # fmt: skip
    assert lines[-1]["name"] == "broken.tif"
    assert "is not a picture" in lines[-1]["error"]
    assert lines[-1]["seconds_left"] == 0
    assert (code, found["images"]) == (1, 3)


def test_nothing_is_said_of_progress_where_stderr_is_no_terminal(images: Path, tmp_path: Path, run: Run) -> None:
    assert run("measure", images / "0.tif", "-o", tmp_path / "out")[2] == ""


def test_people_see_a_bar_with_rate_time_left_and_failures(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr("sys.stderr.isatty", lambda: True, raising=False)
    monkeypatch.setenv("TERM", "xterm-256color")
    monkeypatch.setenv("COLUMNS", "100")
    with Console().progress("measuring", 4) as advance:
        advance("a.tif", None)
        advance("b.tif", "broken")
        advance("c.tif", None)

    shown = capsys.readouterr().err
    assert "measuring" in shown
    assert "3/4" in shown
    assert "/s" in shown
    assert "1 failed" in shown
