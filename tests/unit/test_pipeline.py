"""The pipeline on one small drawn study: every stage's table, the record, and what stops it."""

from __future__ import annotations

import dataclasses
import io
import json
import shutil
import warnings
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import tifffile

from blotquant.batch.writing import write_all
from blotquant.blot import Blot
from blotquant.errors import DetectionError, QualityWarning, ReadError, SettingsError, TableError
from blotquant.flags import Flag, has_flag
from blotquant.pipeline import fit_table, quantify, run_key
from blotquant.pipeline.given import Given
from blotquant.pipeline.membranes import Measured, _without_markers, gather
from blotquant.pipeline.records import kept_warnings
from blotquant.pipeline.sensitivity import compare_choices, other_backgrounds
from blotquant.result import Result
from blotquant.result.workbook import workbook_bytes
from blotquant.settings import from_mapping
from blotquant.study import read_study
from blotquant.synthetic import draw_level, simulate_study
from blotquant.synthetic.studies import Design
from blotquant.tables import TABLES, empty
from tests.measured_image import measure_image

QUICK = from_mapping({"report": {"sensitivity": False}})


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    design = Design(replicates=2, doses=(10.0, 100.0, 1000.0))
    return simulate_study(tmp_path_factory.mktemp("study"), seed=4, design=design, shape=(300, 420))


@pytest.fixture(scope="module")
def result(folder: Path) -> Result:
    return quantify(folder, record={"command": "blotquant quantify study", "seed": 4})


@pytest.fixture(scope="module")
def quick(folder: Path) -> Result:
    return quantify(folder, settings=QUICK)


def copied(folder: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(folder, tmp_path / "study"))


def test_every_lane_of_every_membrane_has_a_ratio_close_to_the_truth(folder: Path, result: Result) -> None:
    truth = pd.read_csv(folder / "truth_ratios.csv")
    both = result.ratios.merge(truth, on=["membrane", "lane"], suffixes=("", "_true"))
    assert len(both) == len(truth) == 10
    for _, rows in both.groupby("membrane"):
        factor = np.median(rows["ratio"] / rows["ratio_true"])
        vehicle = rows.loc[(rows["stimulus"] == "IL-6") & (rows["treatment"] == "vehicle"), "ratio_true"].item()
        assert np.median(np.abs(rows["ratio"] / factor - rows["ratio_true"])) < 0.03 * vehicle


def test_every_table_is_made_and_is_as_declared(result: Result) -> None:
    for name in set(TABLES) - {"calibration", "corrections"}:
        assert len(getattr(result, name)) > 0, name
        assert list(getattr(result, name).columns[: len(TABLES[name].names)]) == TABLES[name].names
    assert len(result.groups) == 5
    assert set(result.groups["n"]) == {2}
    assert set(result.images["image"]) == set(result.pictures)


def test_every_row_is_measured_in_every_lane_of_every_image(result: Result) -> None:
    count = result.bands.groupby(["image", "band"])["lane"].nunique()
    assert set(count) == {5}
    assert result.bands["volume"].notna().all()


def test_the_target_is_named_and_why(result: Result) -> None:
    assert (result.bands["target"] == "STAT3").sum() == 20
    notes = result.quality.loc[result.quality["measure"] == "target_row", "note"]
    assert len(notes) == 4
    assert notes.str.contains("share").all()


def test_the_record_says_what_the_run_was_made_of(folder: Path, result: Result) -> None:
    record = result.record
    assert set(record["inputs"]) == {*result.images["image"], "images.csv", "samples.csv", "study.toml"}
    assert all(len(digest) == 64 for digest in record["inputs"].values())
    assert record["seed"] == 4
    assert record["key"] == run_key(read_study(folder))
    assert {"blotquant", "numpy", "python"} <= set(record["versions"])
    assert json.dumps(record["geometry"])


def _as_toml(value: object) -> str:
    if isinstance(value, dict):
        return "{ " + ", ".join(f"{name} = {_as_toml(each)}" for name, each in value.items()) + " }"
    return json.dumps(value)


def test_the_record_alone_repeats_the_run(folder: Path, tmp_path: Path) -> None:
    study = copied(folder, tmp_path)
    samples = pd.read_csv(study / "samples.csv").assign(cell="HepG2")
    samples.to_csv(study / "samples.csv", index=False)
    told = 'group_by = ["cell"]\n[control]\nmaximum = { treatment = "vehicle", stimulus = "IL-6" }\n'
    told += 'reference = { stimulus = ["none"], cell = "HepG2" }\n[mass]\nladder = [250, 150, 100]\n'
    (study / "study.toml").write_text(told)
    run = json.loads((quantify(study, settings=QUICK).save(tmp_path / "out") / "run.json").read_text())
    for name in ("images", "samples", "study"):
        (study / f"{name}.{'toml' if name == 'study' else 'csv'}").unlink()
    for name in ("images", "samples"):
        pd.DataFrame(run["given"].pop(name)).to_csv(study / f"{name}.csv", index=False)
    lines = [f"{name} = {_as_toml(value)}" for name, value in run["given"].items()]
    for section, values in run["settings"].items():
        lines += [f"{section}.{name} = {_as_toml(value)}" for name, value in values.items() if value is not None]
    (study / "study.toml").write_text("\n".join(lines))
    again = quantify(study).save(tmp_path / "again")
    assert [path.name for path in sorted(again.glob("*.csv"))] == [f"{name}.csv" for name in sorted(TABLES)]
    for path in again.glob("*.csv"):
        assert path.read_bytes() == (tmp_path / "out" / path.name).read_bytes(), path.name
    assert json.loads((again / "run.json").read_text())["given"] == {
        **run["given"],
        **{
            name: pd.read_csv(study / f"{name}.csv", dtype=str, keep_default_na=False).to_dict("records")
            for name in ("images", "samples")
        },
    }


def test_the_same_study_gives_the_same_tables(folder: Path, quick: Result) -> None:
    again = quantify(folder, settings=QUICK)
    for name in TABLES:
        pd.testing.assert_frame_equal(getattr(again, name), getattr(quick, name))


def test_folds_are_given_under_other_choices_too(result: Result) -> None:
    table = result.sensitivity
    assert table.loc[table["choice"] == "background", "option"].nunique() >= 4
    assert {"background", "normalisation", "control"} <= set(table["choice"])
    default = table[table["default"]]
    assert len(default) == 5
    assert np.allclose(default["change"], 0.0)
    vehicle = table[
        (table["treatment"] == "vehicle") & (table["stimulus"] == "IL-6") & (table["choice"] == "background")
    ]
    assert np.allclose(vehicle["fold"], 1.0)


def test_without_a_reference_there_are_no_other_choices_of_folds(folder: Path, result: Result) -> None:
    study = read_study(folder)
    names = study.samples["treatment"].replace("vehicle", "medium")
    free = dataclasses.replace(study, samples=study.samples.assign(treatment=names), maximum=None, minimum=None)
    made = quantify(free, start=result)
    assert made.folds["fold"].isna().all()
    assert len(made.groups)
    assert made.sensitivity.empty


def test_what_wells_have_beside_lanes_is_declared_and_explained(tmp_path: Path) -> None:
    rows = ["treatment,dose,response,role,plate"]
    rows += [f"bari,{dose},{100 / (1 + dose / 30) + dose % 3},sample,01" for dose in (1, 3, 10, 30, 100, 300)]
    rows += [
        f",,{value},{role},01" for role, value in (("maximum", 99), ("maximum", 101), ("minimum", 1), ("minimum", 2))
    ]
    (tmp_path / "wells.csv").write_text("\n".join(rows))
    made = fit_table(tmp_path / "wells.csv")
    assert set(made.folds.columns) == {column.name for column in TABLES["folds"].every}
    sheet = pd.read_excel(io.BytesIO(workbook_bytes(made.tables)), sheet_name=None)
    told = sheet["columns"].query("table == 'folds'").set_index("column")
    assert set(told.index) == set(made.folds.columns)
    assert told.loc["maximum_se", "unit"] == "%"
    assert set(made.save(tmp_path / "out").glob("*.csv"))
    assert set(Result.load(tmp_path / "out").folds["plate"]) == {"01"}
    assert set(made.curves.set_index("parameter").loc[["top", "bottom"], "unit"]) == {"%"}


def test_every_combination_of_background_normalisation_and_control_is_tried(result: Result) -> None:
    table = result.sensitivity
    combined = set(table.loc[table["choice"] == "combined", "option"])
    assert len(combined) == 4 * 2 * 2 - 1 - 3 - 1 - 1
    assert "quadratic, phospho alone, across = alignment" in combined
    assert not table["option"].str.contains("across = none").any()  # ratios of membranes are in units of their own
    assert "phospho alone, across = alignment" in combined
    (pair,) = (table[table["option"] == "quadratic, across = alignment"],)
    alone = table[(table["choice"] == "background") & (table["option"] == "quadratic")]
    assert not np.allclose(pair["fold"].to_numpy(), alone["fold"].to_numpy()[: len(pair)])


def test_no_sensitivity_is_made_where_it_is_not_wanted(quick: Result, result: Result) -> None:
    assert quick.sensitivity.empty
    pd.testing.assert_frame_equal(quick.folds, result.folds)


def test_stopping_and_going_on_gives_the_same_and_marks_what_was_edited(
    folder: Path, quick: Result, tmp_path: Path
) -> None:
    stopped = quantify(folder, settings=QUICK, until="bands")
    assert stopped.ratios.empty
    path = stopped.save(tmp_path / "out") / "bands.csv"
    edited = pd.read_csv(path, keep_default_na=False)
    edited.loc[3, "top"] = float(edited.loc[3, "top"]) - 2
    edited.to_csv(path, index=False)
    on = quantify(folder, settings=QUICK, start=Result.load(tmp_path / "out"))
    assert list(np.flatnonzero(has_flag(on.bands["flags"], Flag.EDITED))) == [3]
    others = quick.bands["image"] != quick.bands["image"][3]
    np.testing.assert_allclose(on.bands["volume"][others], quick.bands["volume"][others], rtol=1e-9)
    np.testing.assert_allclose(on.ratios["total"], quick.ratios["total"], rtol=1e-9)
    assert on.corrections["what"].tolist() == ["band"]


def test_lanes_that_were_moved_in_the_table_are_measured_there_and_a_deleted_band_leaves_a_trace(
    folder: Path, quick: Result
) -> None:
    lanes, bands = quick.lanes.copy(), quick.bands
    place = lanes.index[(lanes["image"] == bands["image"][0]) & (lanes["lane"] == 2)][0]
    lanes.loc[place, ["left", "right"]] += 15
    name = quick.images.loc[quick.images["form"] == "phospho", "image"].iloc[0]
    target = (bands["image"] == name) & (bands["target"] != "") & (bands["lane"] == 4)
    start = dataclasses.replace(quick, lanes=lanes, bands=bands[~target].reset_index(drop=True))
    with pytest.warns(QualityWarning, match=f"{name}: lane 4 band {bands.loc[target, 'band'].item()} deleted by hand"):
        on = quantify(folder, settings=QUICK, start=start)
    edited = has_flag(on.bands["flags"], Flag.EDITED)
    assert has_flag(on.lanes["flags"], Flag.EDITED).to_numpy().nonzero()[0].tolist() == [place]
    assert set(on.bands.loc[edited, "lane"]) == {2}
    moved = (bands["image"] == lanes["image"][place]) & (bands["lane"] == 2)
    assert (on.bands.loc[edited, "left"].to_numpy() - bands.loc[moved, "left"].to_numpy() == 15).all()
    lost = (on.ratios["lane"] == 4) & (on.ratios["membrane"] == quick.images.set_index("image").loc[name, "membrane"])
    assert on.ratios.loc[lost, "ratio"].isna().all()
    assert has_flag(on.ratios.loc[lost, "flags"], Flag.EDITED).all()
    assert on.corrections["action"].tolist() == ["move", "delete"]


@pytest.mark.filterwarnings("ignore::blotquant.errors.QualityWarning")
@pytest.mark.parametrize("whole", ["image", "membrane"])
@pytest.mark.parametrize("with_lanes", [False, True])
def test_of_an_image_or_a_membrane_that_was_taken_out_the_ratios_are_blank_and_the_rest_is_done(
    folder: Path, quick: Result, whole: str, with_lanes: bool
) -> None:
    total = quick.images["form"] == "total"
    gone = quick.images.loc[(quick.images["membrane"] == "rep1") & (total | (whole == "membrane")), "image"]
    tables = {"bands": quick.bands} | ({"lanes": quick.lanes} if with_lanes else {})
    left = {name: table[~table["image"].isin(gone)].reset_index(drop=True) for name, table in tables.items()}

    on = quantify(folder, settings=QUICK, start=dataclasses.replace(quick, **left))

    first = on.ratios["membrane"] == "rep1"
    assert on.ratios.loc[first, "ratio"].isna().all()
    assert has_flag(on.ratios.loc[first, "flags"], Flag.EDITED).all()
    pd.testing.assert_series_equal(on.ratios.loc[~first, "ratio"], quick.ratios.loc[~first, "ratio"])
    assert len(on.ratios) == len(quick.ratios)


def test_a_band_that_was_put_in_needs_its_box_and_what_a_blank_cannot_say(
    folder: Path, quick: Result, tmp_path: Path
) -> None:
    path = quick.save(tmp_path / "out") / "bands.csv"
    sheet = pd.read_csv(path, dtype=str, keep_default_na=False)
    told = {"image": sheet["image"][0], "lane": "2", "band": "9", "detected": "False", "saturated": "0",
            "rejected": "0", "top": "262", "bottom": "276", "left": "100", "right": "140"}  # fmt: skip
    pd.concat([sheet, pd.DataFrame([told])]).fillna("").to_csv(path, index=False)

    on = quantify(folder, settings=QUICK, start=Result.load(tmp_path / "out"))

    new = on.bands[on.bands["band"] == "9"]
    assert new[["lane", "centre_row", "flags"]].iloc[0, :2].tolist() == [2, 268.5]
    assert has_flag(new["flags"], Flag.EDITED).all()
    assert np.isfinite(new["volume"]).all()
    pd.testing.assert_series_equal(on.ratios["total"], quick.ratios["total"])


@pytest.mark.filterwarnings("ignore:across = fixed")
def test_the_scales_that_are_listed_are_those_of_the_studys_own_maximum(folder: Path, tmp_path: Path) -> None:
    study = copied(folder, tmp_path)
    text = (study / "study.toml").read_text(encoding="utf-8")
    named = text.replace('{ treatment = "vehicle", stimulus = "IL-6" }', '{ treatment = "baricitinib", dose = 10 }')
    (study / "study.toml").write_text(named, encoding="utf-8")
    assert named != text
    fixed = from_mapping({"report": {"sensitivity": False}, "normalisation": {"across": "fixed"}})
    found = quantify(study, settings=fixed)
    own = found.ratios[found.ratios["dose"] == 10].set_index("membrane")["ratio"]
    scale = found.calibration[found.calibration["kind"] == "scale"].set_index("name")["value"]
    assert scale["rep2"] / scale["rep1"] == pytest.approx(own["rep2"] / own["rep1"])


def test_a_step_that_is_not_known_is_refused(folder: Path) -> None:
    with pytest.raises(SettingsError, match="bands"):
        quantify(folder, until="band")


def test_an_image_that_cannot_be_read_is_named(folder: Path, tmp_path: Path) -> None:
    study = copied(folder, tmp_path)
    (study / "STAT3_rep1.tif").write_bytes(b"II*\0nonsense")
    with pytest.raises(ReadError, match=r"STAT3_rep1\.tif"):
        quantify(study, settings=QUICK)


def test_a_lane_count_that_the_pictures_contradict_names_both(folder: Path, tmp_path: Path) -> None:
    study = copied(folder, tmp_path)
    images = pd.read_csv(study / "images.csv")
    images.assign(n_lanes=14).to_csv(study / "images.csv", index=False)
    with pytest.raises(DetectionError, match=r"rep1.*14.*images\.csv") as caught:
        quantify(study, settings=QUICK)
    assert "5" in str(caught.value)


def test_a_lane_that_the_pictures_do_not_show_is_named(folder: Path, tmp_path: Path) -> None:
    study = copied(folder, tmp_path)
    samples = pd.read_csv(study / "samples.csv")
    samples.loc[samples["lane"] == 5, "lane"] = 9  # lanes 1, 2, 3, 4, 9: no count follows from that
    samples.to_csv(study / "samples.csv", index=False)
    with pytest.raises(DetectionError, match=r"lane 9.*5 lanes"):
        quantify(study, settings=QUICK)


def test_the_option_goes_before_the_sheets(folder: Path) -> None:
    result = quantify(folder, settings=from_mapping({"lanes": {"n_lanes": 5}}), until="bands")
    assert "given by the settings" in result.quality.loc[result.quality["measure"] == "lanes", "note"].iloc[0]


def test_a_stain_is_measured_as_whole_lanes_and_corrects_the_loading(folder: Path, tmp_path: Path) -> None:
    study = copied(folder, tmp_path)
    shutil.copy(study / "STAT3_rep1.tif", study / "stain.tif")
    with (study / "images.csv").open("a") as file:
        file.write("stain.tif,rep1,,stain,,\n")
    with pytest.warns(QualityWarning, match="same picture as STAT3_rep1.tif"):
        result = quantify(study, settings=QUICK)
    whole = result.bands[result.bands["band"] == "lane"]
    assert list(whole["lane"]) == [1, 2, 3, 4, 5]
    assert set(whole["target"]) == {"total protein"}
    assert (whole["volume"] > 0).all()
    loading = result.ratios.loc[(result.ratios["membrane"] == "rep1") & (result.ratios["quantity"] == "P/L"), "loading"]
    assert loading.mean() == pytest.approx(1.0)
    assert loading.std() > 0.01


def clip(path: Path, level: int) -> None:
    """Let a detector's limit cut a picture off, as where it was exposed too long."""
    pixels = tifffile.imread(path)
    tifffile.imwrite(path, np.where(pixels > level, 65535, pixels).astype(np.uint16))


def test_a_study_without_one_usable_ratio_is_written_and_says_why_nothing_is_fitted(
    folder: Path, tmp_path: Path
) -> None:
    study = copied(folder, tmp_path)
    for path in study.glob("STAT3_*.tif"):
        clip(path, int(np.percentile(tifffile.imread(path), 98)))

    with pytest.warns(QualityWarning) as said:
        result = quantify(study)

    (told,) = {str(each.message) for each in said if "none of" in str(each.message)}
    assert told.startswith("STAT3 Y705 P/S: none of 10 lanes has a ratio")
    assert "10 are flagged 'saturated'" in told
    assert "Expose shorter" in told
    assert told in result.record["warnings"]
    assert result.ratios["ratio"].isna().all()
    assert set(result.ratios["bound"]) == {"upper"}
    assert result.curves.empty
    assert {"report.html", "ratios.csv"} <= {path.name for path in _written(result, tmp_path / "out")}


def _written(result: Result, folder: Path) -> list[Path]:
    write_all(result, folder)
    return list(folder.iterdir())


@pytest.mark.filterwarnings("ignore:STAT3 Y705 on rep1. the reference")  # its bands lie on blank membrane
def test_a_picture_that_lies_lower_than_its_partner_is_matched_row_for_row_and_warned_of(
    folder: Path, tmp_path: Path
) -> None:
    study = copied(folder, tmp_path)
    total = tifffile.imread(study / "STAT3_rep1.tif")
    tifffile.imwrite(study / "STAT3_rep1.tif", np.roll(total, 40, axis=0))

    with pytest.warns(QualityWarning, match=r"STAT3_rep1.tif lies 40 px lower than pSTAT3_rep1.tif"):
        result = quantify(study, settings=QUICK)

    rows = result.quality[result.quality["measure"] == "target_row"].set_index("name")["note"]
    assert not rows.str.contains("no row is detected in both").any()
    drop = result.quality[result.quality["measure"] == "drop"].set_index("name")["value"]
    assert drop.to_dict() == {"STAT3_rep1.tif": pytest.approx(40, abs=1)}


def test_one_picture_as_two_replicates_is_warned_of(folder: Path, tmp_path: Path) -> None:
    study = copied(folder, tmp_path)
    shutil.copy(study / "pSTAT3_rep1.tif", study / "pSTAT3_rep2.tif")

    with pytest.warns(QualityWarning, match=r"pSTAT3_rep2.tif shows the same picture as pSTAT3_rep1.tif") as said:
        result = quantify(study, settings=QUICK)

    (told,) = {str(each.message) for each in said if "same picture" in str(each.message)}
    assert told in result.record["warnings"]
    assert result.quality.loc[result.quality["measure"] == "same_picture", "name"].tolist() == ["pSTAT3_rep2.tif"]


def test_exposures_of_one_image_are_merged_and_the_longest_stands_for_all(folder: Path, tmp_path: Path) -> None:
    study = copied(folder, tmp_path)
    short = tifffile.imread(study / "STAT3_rep1.tif").astype(float)
    floor = np.percentile(short, 1)
    longer = np.clip(np.round(floor + 8 * (short - floor)), 0, 65535).astype(np.uint16)
    tifffile.imwrite(study / "long.tif", longer)
    images = pd.read_csv(study / "images.csv", keep_default_na=False)
    images["exposure_s"] = np.where(images["image"] == "STAT3_rep1.tif", "5", "")
    images = pd.concat([images, images.iloc[[1]].assign(image="long.tif", exposure_s="40")])
    images.to_csv(study / "images.csv", index=False)
    result = quantify(study, settings=QUICK)
    assert "STAT3_rep1.tif" not in set(result.bands["image"])
    assert {"long.tif", "STAT3_rep1.tif"} <= set(result.record["inputs"])
    note = result.images.loc[result.images["image"] == "long.tif", "note"].item()
    assert note == "merged from STAT3_rep1.tif, long.tif"
    gains = result.calibration[result.calibration["parameter"] == "gain"]
    assert list(gains["value"]) == pytest.approx([1 / 8, 1.0], rel=0.02)
    assert result.ratios["ratio"].notna().all()
    with pytest.warns(QualityWarning, match="same picture"):  # drawn from one, it has the same noise
        best = quantify(study, settings=from_mapping({"matching": {"exposures": "best"}}), until="bands")
    assert {"long.tif", "STAT3_rep1.tif"} <= set(best.bands["image"])


def test_an_exposure_that_is_left_out_is_not_said_to_be_merged(folder: Path, tmp_path: Path) -> None:
    study = copied(folder, tmp_path)
    shape = tifffile.imread(study / "STAT3_rep1.tif").shape
    blank = np.random.default_rng(5).normal(500, 5, shape).round().astype(np.uint16)
    tifffile.imwrite(study / "short.tif", blank)
    images = pd.read_csv(study / "images.csv", keep_default_na=False)
    images["exposure_s"] = np.where(images["image"] == "STAT3_rep1.tif", "30", "")
    images = pd.concat([images, images.iloc[[1]].assign(image="short.tif", exposure_s="3")])
    images.to_csv(study / "images.csv", index=False)
    with pytest.warns(QualityWarning, match="exposure of 3 s .short.tif. .* was left out"):
        result = quantify(study, settings=QUICK, until="bands")
    assert "short.tif" not in set(result.images["image"])
    assert not result.images["note"].str.contains("merged").any()
    assert "exposure" not in set(result.calibration["kind"])


def test_a_ladder_tells_the_target_by_its_mass(tmp_path: Path) -> None:
    design = Design(replicates=1, doses=(10.0, 100.0), ladder=True)
    study = simulate_study(tmp_path / "study", seed=1, design=design)
    images = pd.read_csv(study / "images.csv")
    images.assign(mass_kda=86).to_csv(study / "images.csv", index=False)
    result = quantify(study, settings=QUICK)
    found = result.bands.loc[result.bands["target"] == "STAT3", "mass_kda"]
    assert len(found) > 0
    np.testing.assert_allclose(found, 86.0, rtol=0.03)
    assert set(result.calibration["kind"]) == {"mass"}
    assert result.quality["note"].str.contains("expected 86 kDa").any()
    assert set(result.ratios["lane"]) == {2, 3, 4, 5}
    ladder = ~result.bands["lane"].isin({2, 3, 4, 5})
    rows, markers = (set(result.bands.loc[where, "band"]) for where in (~ladder, ladder))
    assert rows < markers  # what only the ladder shows is not looked for in the samples
    found = result.bands[~ladder & (result.bands["score"] > 0)]
    assert rows == set(found["band"])


def test_where_nothing_but_the_ladder_is_seen_every_row_is_measured() -> None:
    table = pd.DataFrame({"lane": [1, 2, 1, 2], "band": ["1", "1", "2", "2"], "score": [9.0, 0.0, 30.0, 0.0]})
    assert len(_without_markers(table, {1})) == 4
    assert len(_without_markers(table.assign(score=[9.0, 0.0, 30.0, 6.0]), {1})) == 3
    assert len(_without_markers(table, set())) == 4


def test_a_plate_that_lacks_a_control_is_named_with_its_file(tmp_path: Path) -> None:
    rows = ["treatment,dose,response,role,plate", ",,9,maximum,p1", ",,1,minimum,p1", ",,9,maximum,p2"]
    rows += [f"a,{dose},5,sample,{plate}" for plate in ("p1", "p2") for dose in (1, 3, 10, 30)]
    (tmp_path / "plates.csv").write_text("\n".join(rows), encoding="utf-8")
    with pytest.raises(TableError, match=r"^plates\.csv: plate 'p2' has no minimum control"):
        fit_table(tmp_path / "plates.csv")


def test_one_picture_is_measured_without_a_study(folder: Path) -> None:
    result = measure_image(folder / "STAT3_rep1.tif", name="sub/STAT3_rep1.tif")
    assert set(result.bands["image"]) == {"sub/STAT3_rep1.tif"}
    assert result.lanes["lane"].nunique() == 5
    assert list(result.images["membrane"]) == ["sub/STAT3_rep1.tif"]
    part = measure_image(
        folder / "STAT3_rep1.tif", region="0:300,0:420", settings=from_mapping({"lanes": {"n_lanes": 5}})
    )
    assert set(part.images["image"]) == {"STAT3_rep1.tif@0:300,0:420"}


def test_a_picture_without_lanes_says_so(tmp_path: Path) -> None:
    from blotquant.synthetic.saving import write_picture

    noise = np.random.default_rng(0).normal(500, 5, (200, 300))
    write_picture(Blot("blank.tif", np.round(noise), bright=True), tmp_path / "blank.tif")
    with pytest.raises(DetectionError, match=r"blank\.tif.*no lanes"):
        measure_image(tmp_path / "blank.tif")


def test_a_table_of_responses_is_fitted(tmp_path: Path) -> None:
    doses = np.array([1.0, 3, 10, 30, 100, 300, 1000])
    rows = ["treatment,dose,response,role", ",,1000,maximum", ",,980,maximum", ",,10,minimum", ",,12,minimum"]
    for shift in (0.98, 1.02):
        rows += [f"drug,{dose:g},{11 + 979 * shift / (1 + dose / 44):.4f},sample" for dose in doses]
    (tmp_path / "plate.csv").write_text("\n".join(rows), encoding="utf-8")
    result = fit_table(tmp_path / "plate.csv", record={"command": "fit"})
    potency = result.potencies.iloc[0]
    assert potency["ci_low"] < 44 < potency["ci_high"]
    assert potency["ic50"] == pytest.approx(44, rel=0.1)
    assert set(result.record["inputs"]) == {"plate.csv"}
    assert result.folds["percent_activity"].max() == pytest.approx(100, abs=5)
    assert len(result.curve_points) > 0


def test_warnings_are_kept_and_raised_once_more() -> None:
    def measure_oddly() -> list[str]:
        with kept_warnings() as said:
            for _ in range(3):
                warnings.warn("odd picture", QualityWarning, stacklevel=1)
        return said

    with pytest.warns(QualityWarning, match="odd") as raised:
        said = measure_oddly()
    assert said == ["odd picture"]
    assert len(raised) == 1


def test_a_changed_table_or_setting_is_another_run(folder: Path, tmp_path: Path) -> None:
    study = copied(folder, tmp_path)
    before = run_key(read_study(study))
    assert before == run_key(read_study(folder))
    assert before != run_key(read_study(study), QUICK)
    with (study / "samples.csv").open("a") as file:
        file.write("\n")
    assert before != run_key(read_study(study))


def test_nothing_measured_gathers_to_empty_tables() -> None:
    nothing = gather([])
    assert nothing.bands.empty
    assert isinstance(nothing, Measured)
    assert Given().samples.empty


def test_three_other_backgrounds_are_offered_whatever_the_default() -> None:
    assert len(other_backgrounds("joint")) == 3
    assert "quadratic" not in other_backgrounds("quadratic")
    assert len(other_backgrounds("quadratic")) == 3


def test_without_groups_there_is_nothing_to_compare() -> None:
    def never() -> pd.DataFrame:
        raise AssertionError("no choice is asked for")

    options = {"methods": ["plane"], "alone": True, "background": "joint", "across": "none"}
    assert compare_choices(empty("groups"), never, **options).empty


def test_a_choice_that_the_data_do_not_allow_is_left_out(result: Result) -> None:
    def group(method: str = "", *, alone: bool = False, across: str | None = None) -> pd.DataFrame:
        if across:
            raise SettingsError("the design does not connect the membranes")
        return result.groups.assign(mean=2 * result.groups["mean"])

    table = compare_choices(result.groups, group, methods=["plane"], alone=False, background="joint", across="sum")
    assert list(table["option"].unique()) == ["joint", "plane"]
    assert np.allclose(table.loc[table["option"] == "plane", "change"], 100.0)


def test_a_result_draws_its_figures(result: Result) -> None:
    import matplotlib.pyplot as plt

    curves = result.plot_dose_response(target="STAT3")
    assert "nM" in curves.get_xlabel()
    assert len(curves.lines) > 0
    for axes in (result.plot_groups(), result.plot_sensitivity(quantity="P/S"), result.plot_blot("STAT3_rep1.tif")):
        assert axes.get_figure() is not None
    with pytest.raises(TableError, match=r"'STAT9'.*STAT3"):
        result.plot_groups(target="STAT9")
    plt.close("all")


def test_a_lane_that_the_pictures_lack_is_named_with_their_number_and_the_overlay(folder: Path, tmp_path: Path) -> None:
    study = copied(folder, tmp_path)
    sheet = pd.read_csv(study / "samples.csv", keep_default_na=False)
    sheet.loc[sheet["lane"] == 5, "lane"] = 20
    sheet.to_csv(study / "samples.csv", index=False)
    said = r"names lane 20, the pictures show 5 lanes; 'blotquant measure .* -o look' draws the overlay"
    with pytest.raises(DetectionError, match=said):
        quantify(study, settings=QUICK)


@pytest.mark.parametrize("turns", [1, 3])
def test_a_picture_on_its_side_is_refused_with_the_turns_that_show_its_lanes(turns: int, tmp_path: Path) -> None:
    drawn = draw_level("clean", seed=3, n_lanes=9, n_rows=3, shape=(420, 720)).blot.pixels
    tifffile.imwrite(tmp_path / "side.tif", np.rot90(drawn, turns).astype(np.uint16))
    with pytest.raises(
        DetectionError, match="it shows 9 lanes: if it lies on its side, say so with rotate = 90 or 270"
    ):
        measure_image(tmp_path / "side.tif")


def test_noise_is_not_said_to_lie_on_its_side(tmp_path: Path) -> None:
    noise = np.random.default_rng(0).normal(1000, 20, (300, 400)).astype(np.uint16)
    tifffile.imwrite(tmp_path / "noise.tif", noise)
    with pytest.raises(DetectionError) as caught:
        measure_image(tmp_path / "noise.tif")
    assert "rotate" not in str(caught.value)
