"""--corrections: edits are applied, measured anew and kept on record; an edit of another result is refused."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from blotquant.cli import main
from blotquant.result import Result
from blotquant.tables import TABLES
from tests.cli.conftest import Run

BOX = ["top", "bottom", "left", "right"]
PLAIN = ("-q", "--set", "report.figures=false")
FAST = (*PLAIN, "--set", "report.sensitivity=false")  # other backgrounds take most of the time


@pytest.fixture(scope="module")
def quantified(study: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    out = tmp_path_factory.mktemp("corrected") / "out"
    assert main(["quantify", str(study), "-o", str(out), *FAST]) == 0
    return out


@pytest.fixture(scope="module")
def moved(quantified: Path, study: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Apply one edit to the result; return the folder, beside the file of the edit."""
    place = tmp_path_factory.mktemp("moved")
    out = Path(shutil.copytree(quantified, place / "out"))
    file = written(place / "c.csv", moving(out))
    assert main(["quantify", str(study), "-o", str(out), *FAST, "--corrections", str(file)]) == 0
    return out


@pytest.fixture
def out(quantified: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(quantified, tmp_path / "out"))


def box_text(row: Any, down: int = 0) -> str:
    top, bottom, left, right = (int(row[edge]) for edge in BOX)
    return f"{top + down}:{bottom + down},{left}:{right}"


def written(path: Path, *edits: dict[str, Any]) -> Path:
    common = {
        "what": "band",
        "band": "",
        "old": "",
        "new": "",
        "who": "Ada",
        "when": "2026-11-25",
        "why": "looked at it",
    }
    pd.DataFrame([{**common, **edit} for edit in edits], columns=TABLES["corrections"].names).to_csv(path, index=False)
    return path


def moving(out: Path, lane: int = 3, band: str = "1", down: int = 3) -> dict[str, Any]:
    bands = Result.load(out).bands
    row = bands[(bands["lane"] == lane) & (bands["band"] == band)].iloc[0]
    place = {"image": row["image"], "lane": lane, "band": band, "action": "move"}
    return {**place, "old": box_text(row), "new": box_text(row, down)}


def test_a_lane_that_is_excluded_is_measured_but_in_no_group(out: Path, study: Path, run: Run, tmp_path: Path) -> None:
    before = Result.load(out)
    chosen = before.samples[(before.samples["dose"] == 30.0)].iloc[0]
    images = before.images.loc[before.images["membrane"] == chosen["membrane"], "image"]
    edits = [{"image": image, "what": "lane", "lane": int(chosen["lane"]), "action": "exclude", "why": "air bubble"}
             for image in images]  # fmt: skip
    code, _, _ = run("quantify", study, "-o", out, *FAST, "--corrections", written(tmp_path / "c.csv", *edits))
    assert code == 0
    after = Result.load(out)
    same = [(t.groups["dose"] == 30.0) & (t.groups["quantity"] == "P/S") for t in (before, after)]
    assert (before.groups.loc[same[0], "n"].item(), after.groups.loc[same[1], "n"].item()) == (2, 1)
    pd.testing.assert_series_equal(after.bands["volume"], before.bands["volume"])
    flagged = after.ratios["flags"].str.contains("excluded")
    assert set(after.ratios.loc[flagged, "lane"]) == {int(chosen["lane"])}
    page = (out / "report.html").read_text(encoding="utf-8")
    assert "Corrections by hand" in page
    assert "air bubble" in page


def test_the_same_file_gives_the_same_whether_the_folder_is_new_or_holds_the_result(
    out: Path, study: Path, run: Run, tmp_path: Path
) -> None:
    file = written(tmp_path / "c.csv", moving(out))
    for folder in (out, tmp_path / "new"):
        assert run("quantify", study, "-o", folder, *PLAIN, "--corrections", file)[0] == 0
    for name in TABLES:
        assert (out / f"{name}.csv").read_bytes() == (tmp_path / "new" / f"{name}.csv").read_bytes(), name
    assert len(Result.load(out).corrections) == 1


def test_a_file_that_was_applied_already_changes_nothing(moved: Path, study: Path, run: Run, tmp_path: Path) -> None:
    out = shutil.copytree(moved, tmp_path / "out")
    assert run("quantify", study, "-o", out, *FAST, "--corrections", moved.parent / "c.csv")[0] == 0
    for name in TABLES:
        assert (out / f"{name}.csv").read_bytes() == (moved / f"{name}.csv").read_bytes(), name


def test_a_later_run_does_not_drop_the_edits_unasked(moved: Path, study: Path, run: Run, tmp_path: Path) -> None:
    out = shutil.copytree(moved, tmp_path / "out")
    changed = ("--set", "comparison.level=0.9")
    code, _, said = run("quantify", study, "-o", out, "--resume", *FAST, *changed)
    assert code == 2
    assert "was corrected by hand" in said
    assert run("quantify", study, "-o", out, *FAST, *changed, "--from", "bands")[0] == 0
    kept = Result.load(out)
    assert len(kept.corrections) == 1
    assert kept.bands["flags"].str.contains("edited").sum() == 1


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"old": "1:9,1:9"}, "as the correction says"),
        ({"image": "pSTAT4.tif"}, "is not in this result"),
        ({"lane": 77}, "there is no such band"),
        ({"who": " "}, "column 'who' is blank"),
        ({"action": "mvoe"}, "did you mean 'move'"),
        ({"new": "9:1,1:9"}, "is no box"),
        ({"action": "delete", "why": ""}, "say why it is to delete"),
        ({"action": "rename", "old": "1", "new": "2"}, "twice after renaming"),
        ({"what": "stripe"}, "neither 'lane' nor 'band'"),
        ({"action": "add", "old": ""}, "has that band already"),
    ],
)
def test_an_edit_that_cannot_be_followed_is_refused_by_row_and_nothing_is_changed(
    change: dict[str, Any], said: str, out: Path, study: Path, run: Run, tmp_path: Path
) -> None:
    before = (out / "bands.csv").read_bytes()
    file = written(tmp_path / "c.csv", {**moving(out), **change})
    code, _, text = run("quantify", study, "-o", out, *FAST, "--corrections", file)
    assert code == 2
    assert said in text
    assert len(text.strip().splitlines()) == 1
    assert (out / "bands.csv").read_bytes() == before


def test_a_file_that_is_not_there_or_that_meets_several_studies_is_wrong_usage(
    study: Path, run: Run, tmp_path: Path
) -> None:
    code, _, said = run("quantify", study, "-o", tmp_path / "o", "--corrections", tmp_path / "none.csv")
    assert (code, "there is no such file" in said) == (2, True)
    file = written(tmp_path / "c.csv")
    other = shutil.copytree(study, tmp_path / "other")
    code, _, said = run("quantify", study, other, "-o", tmp_path / "o", "--corrections", file)
    assert (code, "goes with one study" in said) == (2, True)


def test_the_edits_are_in_the_record_of_the_run(moved: Path) -> None:
    assert "--corrections" in json.loads((moved / "run.json").read_text(encoding="utf-8"))["command"]
    assert Result.load(moved).corrections["why"].tolist() == ["looked at it"]
