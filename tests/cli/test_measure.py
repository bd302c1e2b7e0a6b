"""``blotquant measure``: any number of images, files written, failures named, going on after a break."""

from __future__ import annotations

import json
import os
import shutil
import sys
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import tifffile

from blotquant.cli import main
from blotquant.cli.console import Console
from blotquant.errors import OutputError
from blotquant.flags import Flag, has_flag
from blotquant.synthetic import draw_level
from blotquant.tables import TABLES, read_csv
from tests.cli.conftest import Run

FILES = ("lanes.csv", "bands.csv", "quality.csv", "results.xlsx", "report.html", "run.json")


@pytest.fixture(autouse=True)
def quick_page(measured: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Write a page without drawing it; the module's first run and the tests of the report draw it."""

    def write(result: object, path: Path) -> Path:
        path.write_text("page")
        return path

    monkeypatch.setattr("blotquant.batch.writing.write_report", write)


@pytest.fixture(scope="module")
def measured(pictures: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Measure the whole folder once."""
    out = tmp_path_factory.mktemp("measured") / "out"
    assert main(["measure", str(pictures), "-o", str(out), "--quiet"]) == 1
    return out


@pytest.fixture
def copy(measured: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(measured, tmp_path / "out"))


def csvs(folder: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in sorted(folder.glob("*.csv"))}


def test_one_broken_file_does_not_stop_the_rest_and_everything_is_written(measured: Path) -> None:
    bands = read_csv(measured / "bands.csv", "bands")

    assert all((measured / name).stat().st_size > 0 for name in FILES)
    assert bands["image"].unique().tolist() == ["day1/blot.tif", "day2/blot.tif"]
    assert bands.groupby("image")[["lane", "band"]].nunique().to_numpy().tolist() == [[6, 2], [6, 2]]
    assert list(bands.columns) == TABLES["bands"].names


def test_what_failed_is_in_the_record_with_every_input_s_hash(measured: Path) -> None:
    record = json.loads((measured / "run.json").read_text())

    assert [each["name"] for each in record["failures"]] == ["day2/broken.tif"]
    assert set(record["inputs"]) == {"day1/blot.tif", "day2/blot.tif"}
    assert all(len(digest) == 64 for digest in record["inputs"].values())
    assert record["command"].startswith("blotquant measure ")
    assert record["settings"]["integration"]["background"] == "joint"


def test_a_failure_is_one_line_and_the_rest_is_told(pictures: Path, tmp_path: Path, run: Run) -> None:
    code, out, err = run("measure", pictures / "day2", "-o", tmp_path / "out")

    assert code == 1
    assert "1 image, 6 lanes, 12 bands" in out
    assert f"report: {tmp_path / 'out' / 'report.html'}" in out
    (line,) = err.splitlines()
    assert line.startswith("error: ")
    assert "broken.tif" in line
    assert "truncated" in line


def test_programs_get_the_same_as_a_document(pictures: Path, tmp_path: Path, run: Run) -> None:
    code, found, _ = run("measure", pictures / "day2", "-o", tmp_path / "out", "--json")

    assert code == found["exit_code"] == 1
    assert (found["images"], found["lanes"], found["bands"]) == (1, 6, 12)
    assert found["failures"][0]["name"] == "broken.tif"
    assert found["report"] == (tmp_path / "out" / "report.html").as_posix()


def test_two_processes_give_the_same_bytes_as_one(measured: Path, pictures: Path, tmp_path: Path, run: Run) -> None:
    assert run("measure", pictures, "-o", tmp_path / "out", "-j", "2")[0] == 1

    assert csvs(tmp_path / "out") == csvs(measured)


@pytest.mark.slow
@pytest.mark.filterwarnings("ignore")  # those of Dask are its own
def test_a_dask_cluster_gives_the_same_bytes_as_one(measured: Path, pictures: Path, tmp_path: Path, run: Run) -> None:
    pytest.importorskip("distributed", reason="needs the extra `cluster`")

    assert run("measure", pictures, "-o", tmp_path / "out", "-j", "2", "--cluster", "local")[0] == 1

    assert csvs(tmp_path / "out") == csvs(measured)


def test_a_full_disk_stops_the_run_in_one_line_and_it_goes_on_when_there_is_room(
    pictures: Path, measured: Path, tmp_path: Path, run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    from blotquant.batch import parts, unit

    with monkeypatch.context() as full:

        def refuse(part: parts.Part, path: Path) -> None:
            if list(path.parent.parent.glob("*/*.zip")):
                raise OutputError(f"{path}: cannot be written (No space left on device)")
            parts.write_part(part, path)

        full.setattr(unit, "write_part", refuse)
        code, out, err = run("measure", pictures, "-o", tmp_path / "out")
    assert (code, out, err.count("\n")) == (1, "", 1)
    assert "No space left on device); what is done is kept, go on with --resume" in err

    assert run("measure", pictures, "-o", tmp_path / "out", "--resume")[0] == 1
    assert csvs(tmp_path / "out") == csvs(measured)


def test_inputs_are_never_changed(pictures: Path, tmp_path: Path, run: Run) -> None:
    before = {path: path.read_bytes() for path in pictures.rglob("*") if path.is_file()}

    run("measure", pictures, "-o", tmp_path / "out")

    assert {path: path.read_bytes() for path in pictures.rglob("*") if path.is_file()} == before


def test_an_existing_folder_is_refused_and_stays_as_it_was(copy: Path, pictures: Path, run: Run) -> None:
    before = csvs(copy)

    code, out, err = run("measure", pictures, "-o", copy)

    assert (code, out) == (2, "")
    assert "--force to start anew, or --resume to go on" in err
    assert csvs(copy) == before


def count_measured(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Note the name of each image that is measured from its pixels."""
    from blotquant.batch import unit

    seen: list[str] = []
    original = unit.measure_file

    def noting(path: Path, **options: object) -> object:
        seen.append(str(options["name"]))
        return original(path, **options)

    monkeypatch.setattr(unit, "measure_file", noting)
    return seen


def test_going_on_does_not_do_again_what_is_done(
    copy: Path, measured: Path, pictures: Path, run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    seen = count_measured(monkeypatch)

    assert run("measure", pictures, "-o", copy, "--resume")[0] == 1

    assert seen == ["day2/broken.tif"]
    assert csvs(copy) == csvs(measured)


def test_a_changed_setting_or_image_is_done_again(
    copy: Path, pictures: Path, tmp_path: Path, run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    images = Path(shutil.copytree(pictures, tmp_path / "images", ignore=shutil.ignore_patterns("broken.tif")))
    shutil.copy(images / "day2" / "blot.tif", images / "day1" / "blot.tif")
    seen = count_measured(monkeypatch)

    assert run("measure", images, "-o", copy, "--resume")[0] == 0
    assert seen == ["day1/blot.tif"]
    others = ("--set", "batch.time_limit_s=500", "--set", "dose_response.model=3pl", "--set", "report.dpi=100")
    assert run("measure", images, "-o", copy, "--resume", *others)[0] == 0
    assert seen == ["day1/blot.tif"]
    assert run("measure", images, "-o", copy, "--resume", "--set", "integration.background=line")[0] == 0
    assert seen == ["day1/blot.tif", "day1/blot.tif", "day2/blot.tif"]


def test_a_run_that_was_interrupted_goes_on_where_it_stopped(
    pictures: Path, tmp_path: Path, measured: Path, run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as stopping:

        def stop(self: Console, name: str) -> None:
            raise KeyboardInterrupt

        stopping.setattr(Console, "detail", stop)
        code, _, err = run("measure", pictures, "-o", tmp_path / "out")
    assert code == 130
    assert err.strip() == "error: interrupted; what is done is kept, go on with --resume"
    assert not (tmp_path / "out" / "run.json").exists()

    seen = count_measured(monkeypatch)
    assert run("measure", pictures, "-o", tmp_path / "out", "--resume")[0] == 1
    assert "day1/blot.tif" not in seen
    assert csvs(tmp_path / "out") == csvs(measured)


def test_force_starts_anew(copy: Path, pictures: Path, run: Run) -> None:
    code, _, _ = run("measure", pictures / "day1", "-o", copy, "--force")

    assert code == 0
    assert read_csv(copy / "bands.csv", "bands")["image"].unique().tolist() == ["blot.tif"]


def test_tables_that_were_corrected_by_hand_are_measured_anew_and_marked(
    pictures: Path, tmp_path: Path, run: Run
) -> None:
    out = tmp_path / "out"
    assert run("measure", pictures / "day1", "-o", out, "--until", "bands")[0] == 0
    first = read_csv(out / "bands.csv", "bands")
    edited = pd.read_csv(out / "bands.csv", dtype=str, keep_default_na=False)
    edited.loc[0, "bottom"] = str(float(edited.loc[0, "bottom"]) + 2)
    edited.iloc[:-1].to_csv(out / "bands.csv", index=False)

    assert (
        run("measure", pictures / "day1", "-o", out, "--from", "bands", "--set", "integration.background=line")[0] == 0
    )

    again = read_csv(out / "bands.csv", "bands")
    assert len(again) == len(first) - 1
    assert has_flag(again["flags"], Flag.EDITED).tolist() == [True] + [False] * (len(again) - 1)
    assert again["bottom"].iloc[0] == first["bottom"].iloc[0] + 2
    assert "taken from the tables given" in (out / "quality.csv").read_text()


def test_resume_drops_no_edit_of_bands(copy: Path, pictures: Path, run: Run) -> None:
    edited = pd.read_csv(copy / "bands.csv", dtype=str, keep_default_na=False)
    edited.iloc[:-1].to_csv(copy / "bands.csv", index=False)
    before = csvs(copy)

    code, _, err = run("measure", pictures, "-o", copy, "--resume")

    assert code == 2
    assert "was edited by hand; go on with --from bands" in err
    assert "--resume" not in err
    assert csvs(copy) == before


def test_a_file_with_two_pictures_gives_two_images_that_share_their_lanes_also_when_going_on(
    tmp_path: Path, run: Run
) -> None:
    counts = draw_level("clean", seed=1, n_lanes=6, n_rows=2, shape=(220, 420)).blot.pixels.astype(np.uint16)
    tifffile.imwrite(tmp_path / "two.tif", np.stack([counts, counts // 2 + 200]), photometric="minisblack")
    out = tmp_path / "out"

    assert run("measure", tmp_path / "two.tif", "-o", out)[0] == 0
    lanes = read_csv(out / "lanes.csv", "lanes")
    before = csvs(out)
    assert run("measure", tmp_path / "two.tif", "-o", out, "--from", "bands")[0] == 0

    assert lanes["image"].unique().tolist() == ["two.tif#1", "two.tif#2"]
    assert len(set(lanes.loc[lanes["lane"] == 3, "left"])) == 1
    assert csvs(out)["bands.csv"] == before["bands.csv"]


def test_going_on_from_tables_that_lack_an_image_is_refused_by_its_name(
    copy: Path, pictures: Path, tmp_path: Path, run: Run
) -> None:
    shutil.copy(pictures / "day1" / "blot.tif", tmp_path / "new.tif")

    code, _, err = run("measure", tmp_path / "new.tif", "-o", copy, "--from", "bands")

    assert code == 2
    assert "new.tif: has no row in the lanes.csv to go on from" in err


def test_a_wrong_cell_in_a_corrected_table_is_named(copy: Path, pictures: Path, run: Run) -> None:
    text = (copy / "bands.csv").read_text().replace("\nday1/blot.tif,1,1,", "\nday1/blot.tif,one,1,")
    (copy / "bands.csv").write_text(text)

    code, _, err = run("measure", pictures / "day1", "-o", copy, "--from", "bands")

    assert code == 2
    assert "bands.csv: bands: row 2, column 'lane': 'one' is not of kind int" in err


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["--corrections", "fix.csv"], "--corrections fix.csv: there is no such file"),
        (["--until", "ratios"], "--until 'ratios': the only stop is 'bands'"),
        (["--from", "lanes"], "--from 'lanes': the only stop is 'bands'"),
        (["--from", "bands", "--force"], "leave one out"),
        (["--set", "integration.background=ball"], "integration.background = 'ball' is unknown"),
        (["--set", "lanes.n_lane=4"], "did you mean 'n_lanes'"),
    ],
)
def test_what_cannot_be_followed_is_refused_before_anything_is_done(
    words: list[str], message: str, pictures: Path, tmp_path: Path, run: Run
) -> None:
    code, out, err = run("measure", pictures, "-o", tmp_path / "out", *words)

    assert (code, out) == (2, "")
    assert message in err
    assert err.count("\n") == 1
    assert not (tmp_path / "out").exists()


def test_what_lies_beside_the_images_and_is_not_read_is_said(pictures: Path, study: Path, run: Run) -> None:
    assert "measure reads no" not in run("measure", pictures, "-o", "none", "-n")[2]
    said = run("measure", study / "images.csv", "-o", "none", "-n")[2]
    assert "measure reads no samples.csv and no study.toml, so lanes have no roles" in said
    code, _, said = run("measure", pictures, "-o", "none", "--set", "mass.ladder=PageRuler Plus")
    assert code == 2
    assert "under [mass], and run quantify on the study (measure reads no study.toml)" in said


def test_a_dry_run_names_the_images_and_writes_nothing(pictures: Path, tmp_path: Path, run: Run) -> None:
    code, out, _ = run("measure", pictures, "-o", tmp_path / "out", "-n")

    assert code == 0
    assert out.splitlines() == [
        "would measure day1/blot.tif",
        "would measure day2/blot.tif",
        "would measure day2/broken.tif",
    ]
    assert not (tmp_path / "out").exists()


def test_the_number_of_lanes_can_be_given(pictures: Path, tmp_path: Path, run: Run) -> None:
    code, found, _ = run("measure", pictures / "day1", "-o", tmp_path / "out", "--lanes", "6", "--json")

    assert (code, found["lanes"]) == (0, 6)
    record = json.loads((tmp_path / "out" / "run.json").read_text())
    assert record["settings"]["lanes"]["n_lanes"] == 6


def test_strict_ends_with_3_where_a_doubt_is_flagged(pictures: Path, tmp_path: Path, run: Run) -> None:
    from blotquant.synthetic import simulate_blot

    poor = simulate_blot(
        tmp_path / "poor", level="clean", seed=1, n_lanes=6, n_rows=2, shape=(220, 420), effects=["8-bit"]
    )

    assert run("measure", poor, "-o", tmp_path / "a")[0] == 0
    assert run("measure", poor, "-o", tmp_path / "b", "--strict")[0] == 3


def test_an_images_csv_says_which_part_of_a_file_is_meant(pictures: Path, tmp_path: Path, run: Run) -> None:
    table = pictures / "list.csv"
    table.write_text('image,membrane,region\nday1/blot.tif,m1,"0:220,0:420"\nday2/broken.tif,m1,\n')

    code, found, err = run("measure", table, "-o", tmp_path / "out", "--json")
    table.unlink()

    assert code == 1
    assert (found["images"], found["failures"][0]["name"]) == (1, "day2/broken.tif")
    assert "broken.tif" in err
    assert read_csv(tmp_path / "out" / "lanes.csv", "lanes")["lane"].tolist() == [1, 2, 3, 4, 5, 6]


def test_a_file_that_is_not_there_is_a_failure_and_the_result_says_so(tmp_path: Path, run: Run) -> None:
    code, found, err = run("measure", tmp_path / "gone.tif", "-o", tmp_path / "out", "--json")

    assert code == 1
    assert found["images"] == 0
    assert "gone.tif: there is no such file" in err
    assert (tmp_path / "out" / "report.html").exists()


def test_a_name_that_is_code_is_only_text(
    pictures: Path, tmp_path: Path, run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.undo()  # this one looks at the page
    name = "=cmd()<script>alert(1)<%2fscript> µ.tif"
    shutil.copy(pictures / "day1" / "blot.tif", tmp_path / name)

    assert run("measure", tmp_path / name, "-o", tmp_path / "out")[0] == 0

    assert (tmp_path / "out" / "lanes.csv").read_text().splitlines()[1].startswith("'=cmd()")
    assert "<script>alert(1)" not in (tmp_path / "out" / "report.html").read_text()


@pytest.mark.skipif(sys.platform == "darwin" or os.name == "nt", reason="names are always text there")
def test_a_file_name_that_is_no_text_is_measured_and_shown_with_a_mark(
    pictures: Path, tmp_path: Path, run: Run
) -> None:
    shutil.copy(pictures / "day1" / "blot.tif", os.fsencode(tmp_path) + b"/old\xe9.tif")

    assert run("measure", tmp_path, "-o", tmp_path / "out")[0] == 0

    assert read_csv(tmp_path / "out" / "lanes.csv", "lanes")["image"].unique().tolist() == ["old\ufffd.tif"]
