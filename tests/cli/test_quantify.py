"""``quantify``, ``fit``, ``report``, ``demo``, ``init`` and ``simulate``: whole studies from the command line."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pandas as pd
import pytest

from blotquant.batch import studies
from blotquant.cli import main
from blotquant.readers import read_blot
from blotquant.result import Result
from blotquant.study import Study, read_study
from blotquant.tables import TABLES, read_csv
from tests.cli.conftest import Run

PLAIN = ("--set", "report.figures=false")  # figures for papers take longest and have tests of their own
FAST = (*PLAIN, "--set", "report.sensitivity=false")


@pytest.fixture(scope="module")
def quantified(study: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Quantify the drawn study once."""
    out = tmp_path_factory.mktemp("quantified") / "out"
    assert main(["quantify", str(study), "-o", str(out), "--quiet", *PLAIN]) == 0
    return out


def csvs(folder: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in sorted(folder.glob("*.csv"))}


def no_work(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let quantifying fail, so that a test notices when it is done again."""

    def refuse(*given: object, **options: object) -> None:
        raise AssertionError("quantified again")

    monkeypatch.setattr(studies, "quantify", refuse)


def test_every_table_and_the_page_are_written_and_read_back(quantified: Path) -> None:
    tables = {name: read_csv(quantified / f"{name}.csv", name) for name in TABLES}

    assert {"results.xlsx", "report.html", "run.json"} <= {path.name for path in quantified.iterdir()}
    assert len(tables["ratios"]) == 2 * 7
    assert tables["ratios"]["ratio"].notna().all()
    assert tables["potencies"]["treatment"].tolist() == ["baricitinib"]
    assert not (quantified / ".lock").exists()


def test_the_ic50_is_told_with_its_interval(study: Path, quantified: Path, run: Run) -> None:
    row = read_csv(quantified / "potencies.csv", "potencies").iloc[0]

    code, out, err = run("quantify", study, "-o", quantified, "--resume", *PLAIN)

    assert (code, err) == (0, "")
    assert f"IC50 of baricitinib on STAT3 Y705 P/S (IL-6): {row['ic50']:.3g} nM, 95 % interval" in out
    assert "4 images, 28 lanes" in out
    assert "nothing has changed" in out


def test_what_is_done_and_unchanged_is_not_done_again(
    study: Path, quantified: Path, run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    no_work(monkeypatch)
    before = csvs(quantified)

    code, found, _ = run("quantify", study, "-o", quantified, "--resume", "--json", *PLAIN)

    assert (code, found["unchanged"]) == (0, True)
    assert found["potencies"][0]["treatment"] == "baricitinib"
    assert csvs(quantified) == before


def test_stopping_at_the_bands_and_going_on_gives_what_one_run_gives(
    study: Path, quantified: Path, tmp_path: Path, run: Run
) -> None:
    out = tmp_path / "out"

    assert run("quantify", study, "-o", out, "--until", "bands", *PLAIN)[0] == 0
    assert read_csv(out / "ratios.csv", "ratios").empty
    assert len(read_csv(out / "bands.csv", "bands")) > 0
    assert run("quantify", study, "-o", out, "--from", "bands", *PLAIN)[0] == 0

    again, whole = csvs(out), csvs(quantified)
    assert b"taken from the tables given" in again.pop("quality.csv")
    assert again == {name: data for name, data in whole.items() if name != "quality.csv"}


@pytest.mark.parametrize("until", [[], ["--until", "bands"]])
@pytest.mark.parametrize("name", ["lanes", "bands"])
def test_resume_drops_no_edit_of_lanes_or_bands_and_points_to_going_on_from_them(
    name: str,
    until: list[str],
    study: Path,
    quantified: Path,
    tmp_path: Path,
    run: Run,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    no_work(monkeypatch)
    out = Path(shutil.copytree(quantified, tmp_path / "out"))
    sheet = pd.read_csv(out / f"{name}.csv", dtype=str, keep_default_na=False)
    sheet.loc[1, ["left", "right"]] = [str(int(sheet.loc[1, edge]) + 3) for edge in ("left", "right")]
    sheet.to_csv(out / f"{name}.csv", index=False)
    before = csvs(out)

    code, told, err = run("quantify", study, "-o", out, "--resume", *until, *PLAIN)

    assert (code, told) == (2, "")
    assert "lanes.csv or bands.csv was edited by hand; go on with --from bands" in err
    assert csvs(out) == before


def quantify_from(saved: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Let quantifying return what was saved, after the study's pictures were read."""

    def known(study: Study, **options: object) -> Result:
        for file in study.images["file"]:
            read_blot(study.folder / file)
        return Result.load(saved)

    monkeypatch.setattr(studies, "quantify", known)


def messages(err: str) -> list[str]:
    """Lines for people; those of progress are JSON."""
    return [line for line in err.splitlines() if not line.startswith("{")]


def test_several_studies_go_into_a_folder_each_and_one_that_fails_does_not_stop_the_rest(
    study: Path, quantified: Path, tmp_path: Path, run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    broken = Path(shutil.copytree(study, tmp_path / "broken"))
    for number in (1, 2):
        (broken / f"pSTAT3_rep{number}.tif").write_bytes(b"II*\0")
    quantify_from(quantified, monkeypatch)

    code, found, err = run("quantify", study, broken, "-o", tmp_path / "out", "--json", *PLAIN)

    assert code == found["exit_code"] == 1
    assert csvs(tmp_path / "out" / "bari") == csvs(quantified)
    assert not (tmp_path / "out" / "broken" / "run.json").exists()
    assert len(messages(err)) == 1
    assert "pSTAT3_rep1.tif" in err
    table = pd.read_csv(tmp_path / "out" / "studies.csv", keep_default_na=False)
    assert list(table.columns) == studies.STUDIES.names
    assert table[["study", "status", "treatment"]].to_numpy().tolist() == [
        ["bari", "done", "baricitinib"],
        ["broken", "failed", ""],
    ]
    assert "pSTAT3_rep1.tif" in table["error"][1]


def test_an_image_that_cannot_be_read_costs_its_membrane_and_not_the_study(
    study: Path, tmp_path: Path, run: Run
) -> None:
    broken = Path(shutil.copytree(study, tmp_path / "broken"))
    (broken / "pSTAT3_rep2.tif").write_bytes(b"II*\0")

    code, found, err = run("quantify", broken, "-o", tmp_path / "out", "--json", *FAST)

    ratios = read_csv(tmp_path / "out" / "ratios.csv", "ratios")
    assert code == found["exit_code"] == 1
    assert ratios["membrane"].unique().tolist() == ["rep1"]
    assert found["failures"][0]["name"] == "rep2"
    assert len(messages(err)) == 1
    assert "pSTAT3_rep2.tif" in err
    assert "membrane 'rep2' is left out" in err
    assert json.loads((tmp_path / "out" / "run.json").read_text())["failures"] == found["failures"]
    assert "Failed: " in (tmp_path / "out" / "report.html").read_text()


@pytest.mark.slow
def test_two_processes_give_the_same_studies_as_one(study: Path, quantified: Path, tmp_path: Path, run: Run) -> None:
    other = Path(shutil.copytree(study, tmp_path / "other"))

    assert run("quantify", study, other, "-o", tmp_path / "out", "-j", "2", *PLAIN)[0] == 0

    assert csvs(tmp_path / "out" / "bari") == csvs(quantified)
    assert (tmp_path / "out" / "other" / "report.html").exists()


def test_studies_of_one_name_are_told_apart_by_their_folders() -> None:
    assert studies.study_names([Path("a/x"), Path("a/y")]) == ["x", "y"]
    assert studies.study_names([Path("a/x"), Path("b/x")]) == ["a/x", "b/x"]


def test_studies_are_found_by_folder_file_and_glob(tmp_path: Path) -> None:
    for name in ("s1", "s2"):
        (tmp_path / name).mkdir()
        (tmp_path / name / "images.csv").write_text("")

    found = studies.find_studies([str(tmp_path / "s*"), str(tmp_path / "s1" / "images.csv"), "gone"])

    assert found == [tmp_path / "s1", tmp_path / "s2", Path("gone")]
    with pytest.raises(studies.SettingsError, match="no study matches"):
        studies.find_studies([str(tmp_path / "x*")])


@pytest.mark.parametrize(
    ("file", "old", "new", "words"),
    [
        ("samples.csv", "treatment", "treatmant", ["samples.csv", "'treatmant' is unknown; did you mean 'treatment'?"]),
        ("samples.csv", ",30,", ",thirty,", ["samples.csv row", "column 'dose'", "'thirty'"]),
        ("images.csv", "phospho", "fosfo", ["images.csv row 2", "column 'form'", "'fosfo'"]),
        ("study.toml", '"vehicle"', '"vehicel"', ["study.toml", "'vehicel'", "did you mean 'vehicle'?"]),
    ],
)
def test_a_wrong_table_is_an_error_that_names_the_place(
    file: str, old: str, new: str, words: list[str], study: Path, tmp_path: Path, run: Run
) -> None:
    wrong = Path(shutil.copytree(study, tmp_path / "wrong"))
    text = (wrong / file).read_text()
    assert old in text
    (wrong / file).write_text(text.replace(old, new, 1))

    code, out, err = run("quantify", wrong, "-o", tmp_path / "out")

    assert (code, out, err.count("\n")) == (2, "", 1)
    assert [word for word in words if word not in err] == []
    assert not (tmp_path / "out").exists()


def test_a_number_of_lanes_that_the_pictures_contradict_fails_with_both_numbers(
    study: Path, tmp_path: Path, run: Run
) -> None:
    code, _, err = run("quantify", study, "-o", tmp_path / "out", "--lanes", "14")

    assert code == 1
    assert "14" in err
    assert "7" in err


def test_a_study_that_is_not_there_is_wrong_usage(tmp_path: Path, run: Run) -> None:
    code, _, err = run("quantify", tmp_path / "gone", "-o", tmp_path / "out")

    assert code == 2
    assert "gone: no such study folder" in err


def test_a_dry_run_reads_the_tables_and_writes_nothing(study: Path, tmp_path: Path, run: Run) -> None:
    code, out, _ = run("quantify", study, "-o", tmp_path / "out", "--dry-run")

    assert code == 0
    assert out.startswith("would quantify bari: 4 images")
    assert not (tmp_path / "out").exists()


def test_the_command_and_its_settings_are_on_record(study: Path, quantified: Path) -> None:
    record = json.loads((quantified / "run.json").read_text())

    assert record["command"] == f"blotquant quantify {study} -o {quantified} --quiet --set report.figures=false"
    assert record["settings"]["report"]["figures"] is False
    assert {"images.csv", "samples.csv", "pSTAT3_rep1.tif"} <= set(record["inputs"])
    assert record["time"].endswith("+00:00")


def test_the_report_is_made_again_from_the_tables_alone(quantified: Path, tmp_path: Path, run: Run) -> None:
    out = Path(shutil.copytree(quantified, tmp_path / "out"))
    shutil.rmtree(out / "figures")
    (out / "report.html").unlink()

    code, found, _ = run("report", out, "--json")
    page = (out / "report.html").read_bytes()
    run("report", out)

    assert code == 0
    assert b"IC50" in page
    assert (out / "report.html").read_bytes() == page
    assert found["report"] == (out / "report.html").as_posix()
    assert csvs(out) == csvs(quantified)


@pytest.mark.parametrize("setting", ["integration.background=rolling_ball", "bands.min_score=9"])
def test_a_report_takes_no_setting_that_its_tables_were_not_made_with(
    quantified: Path, tmp_path: Path, run: Run, setting: str
) -> None:
    out = Path(shutil.copytree(quantified, tmp_path / "out"))
    before = (out / "report.html").read_bytes()

    code, _, err = run("report", out, "--set", "report.dpi=100", "--set", setting)

    assert code == 2
    assert setting.partition("=")[0] in err
    assert "measure or quantify again" in err
    assert (out / "report.html").read_bytes() == before
    assert run("report", out, *PLAIN)[0] == 0


def test_the_report_of_a_folder_without_a_result_is_refused(tmp_path: Path, run: Run) -> None:
    code, _, err = run("report", tmp_path)

    assert code == 2
    assert "holds no result of blotquant" in err
    assert list(tmp_path.iterdir()) == []


def responses(path: Path, ic50: float) -> Path:
    """Write a plate of a kinase assay with controls, its curve known."""
    rows = [("vehicle", 0.0, 1000.0, "maximum"), ("vehicle", 0.0, 1004.0, "maximum"), ("blank", 0.0, 100.0, "minimum")]
    rows += [
        ("tofacitinib", dose, 100.0 + 900.0 / (1.0 + dose / ic50), "sample")
        for dose in (0.3, 1.0, 3.0, 10.0, 30.0, 100.0, 300.0)
    ]
    pd.DataFrame(rows, columns=["treatment", "dose", "response", "role"]).to_csv(path, index=False)
    return path


def test_fit_finds_the_ic50_of_a_table(tmp_path: Path, run: Run) -> None:
    table = responses(tmp_path / "plate.csv", 5.9)

    code, found, _ = run("fit", table, "-o", tmp_path / "out", "--json", *PLAIN)

    (row,) = found["potencies"]
    assert code == 0
    assert row["treatment"] == "tofacitinib"
    assert row["ic50"] == pytest.approx(5.9, rel=0.05)
    assert (tmp_path / "out" / "report.html").exists()


def test_fit_refuses_a_table_by_row_and_column(tmp_path: Path, run: Run) -> None:
    table = responses(tmp_path / "plate.csv", 5.9)
    table.write_text(table.read_text().replace("\ntofacitinib,30.0,", "\ntofacitinib,30 nM,"))

    code, _, err = run("fit", table, "-o", tmp_path / "out")

    assert code == 2
    assert "plate.csv row 9, column 'dose': '30 nM'" in err
    assert not list((tmp_path / "out").iterdir())


def test_fit_can_be_tried_without_writing(tmp_path: Path, run: Run) -> None:
    code, out, _ = run("fit", responses(tmp_path / "plate.csv", 5.9), "-o", tmp_path / "out", "-n")

    assert code == 0
    assert out.startswith("would fit 10 rows")
    assert not (tmp_path / "out").exists()


def test_the_demo_finds_the_truth_that_it_drew(tmp_path: Path, run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    drawn: list[Path] = []
    monkeypatch.setattr("blotquant.batch.writing.write_figures", lambda result, folder: drawn.append(folder))

    code, out, err = run("demo", "-o", tmp_path / "demo")

    lines = out.splitlines()
    assert code == 0
    assert lines[0].startswith("IC50 of baricitinib on STAT3 Y705 P/S (IL-6): ")
    assert lines[1] == "truth of the drawing: 44 nM, inside the interval"
    assert lines[2] == f"report: {tmp_path / 'demo' / 'report.html'}"
    assert "error" not in err
    assert (tmp_path / "demo" / "study" / "truth_ratios.csv").exists()
    assert drawn == [tmp_path / "demo" / "figures"]


def test_the_demo_can_be_tried_without_writing(tmp_path: Path, run: Run) -> None:
    assert run("demo", "-o", tmp_path / "demo", "-n", "--json")[1]["dry_run"] is True
    assert not (tmp_path / "demo").exists()


def test_init_writes_tables_to_fill_in_and_refuses_to_replace_them(study: Path, tmp_path: Path, run: Run) -> None:
    folder = Path(shutil.copytree(study, tmp_path / "mine", ignore=shutil.ignore_patterns("*.csv", "*.toml")))

    code, out, err = run("init", folder)

    assert code == 0
    assert [Path(line).name for line in out.splitlines()] == ["images.csv", "samples.csv", "study.toml"]
    assert f"blotquant quantify {folder}" in err
    images = pd.read_csv(folder / "images.csv", keep_default_na=False)
    assert sorted(images["form"]) == ["phospho", "phospho", "total", "total"]
    samples = pd.read_csv(folder / "samples.csv", keep_default_na=False)
    assert samples.groupby("membrane")["lane"].max().tolist() == [7, 7]
    filled = samples.assign(treatment="x")
    assert run("init", folder)[0] == 2
    assert run("init", folder, "--force", "--json")[1]["written"] == [
        (folder / name).as_posix() for name in ("images.csv", "samples.csv", "study.toml")
    ]
    filled.to_csv(folder / "samples.csv", index=False)
    assert len(read_study(folder).samples) == 14


def test_simulate_draws_the_same_bytes_for_the_same_seed(tmp_path: Path, run: Run) -> None:
    for name in ("a", "b"):
        code, found, _ = run(
            "simulate", "-o", tmp_path / name, "--seed", 5, "--lanes", 6, "--shape", "220x420", "--json"
        )
        assert (code, found["seed"]) == (0, 5)
    run("simulate", "-o", tmp_path / "c", "--seed", 6, "--lanes", 6, "--shape", "220x420")

    picture = {name: (tmp_path / name / "blot.tif").read_bytes() for name in "abc"}
    assert picture["a"] == picture["b"] != picture["c"]
    truth = pd.read_csv(tmp_path / "a" / "truth_bands.csv")
    assert truth["lane"].max() == 6


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["--level", "awful"], "awful"),
        (["--effect", "explosion"], "explosion"),
        (["--shape", "big"], "--shape 'big': write rows x columns"),
        (["--name", "../blot.tif"], "a file name without folders"),
        (["--study", "--effect", "jpeg"], "--effect goes with a single blot"),
        (["--study", "--lanes", "5"], "--lanes goes with a single blot; leave out --lanes or --study"),
        (["--study", "--level", "hard"], "--level goes with a single blot"),
    ],
)
def test_simulate_refuses_what_it_cannot_draw(words: list[str], message: str, tmp_path: Path, run: Run) -> None:
    code, out, err = run("simulate", "-o", tmp_path / "out", *words)

    assert (code, out, err.count("\n")) == (2, "", 1)
    assert message in err


def test_simulate_does_not_overwrite_unasked(tmp_path: Path, run: Run) -> None:
    (tmp_path / "mine.txt").write_text("x")

    assert run("simulate", "-o", tmp_path, "--lanes", 6, "--shape", "220x420")[0] == 2
    assert run("simulate", "-o", tmp_path, "--lanes", 6, "--shape", "220x420", "-n")[0] == 0
    assert [path.name for path in tmp_path.iterdir()] == ["mine.txt"]
    assert run("simulate", "-o", tmp_path, "--lanes", 6, "--shape", "220x420", "--force")[0] == 0
    assert (tmp_path / "mine.txt").exists()


@pytest.mark.parametrize("words", [["demo"], ["simulate"], ["fit", "table.csv"]])
def test_verbs_that_cannot_go_on_do_not_offer_it_and_say_nothing_before_they_refuse(
    words: list[str], tmp_path: Path, run: Run
) -> None:
    (tmp_path / "mine.txt").write_text("x")

    code, out, err = run(*words, "-o", tmp_path)

    assert (code, out) == (2, "")
    assert err == f"error: {tmp_path}: is there already and not empty; choose another, or --force to start anew\n"


def test_a_dry_run_of_init_refuses_what_init_refuses(tmp_path: Path, pictures: Path, run: Run) -> None:
    folder = Path(shutil.copytree(pictures / "day1", tmp_path / "day1"))
    assert run("init", folder, "-n")[0] == 0
    (folder / "images.csv").write_text("image")

    refused = run("init", folder, "-n")

    assert refused[0] == 2
    assert refused == run("init", folder)
    assert run("init", folder, "-n", "--force")[0] == 0
    assert run("init", tmp_path / "nowhere", "-n")[0] == 2


def test_the_parts_of_a_study_are_no_settings_and_the_error_says_where_they_are_set(
    study: Path, tmp_path: Path, run: Run
) -> None:
    code, _, err = run("quantify", study, "-o", tmp_path / "out", "--set", "mass.ladder=10,20,30")

    assert code == 2
    assert 'write it in study.toml, as ladder = "…"' in err
