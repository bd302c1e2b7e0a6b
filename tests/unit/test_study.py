"""The study folder: every rule of its tables, each broken once."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import openpyxl
import pandas as pd
import pytest

from blotquant.errors import OutputError, QualityWarning, SettingsError, TableError
from blotquant.flags import Flag, has_flag
from blotquant.study import Study, draft_study, read_responses, read_study
from blotquant.study.cells import edit_distance
from blotquant.study.guesses import guess_image
from blotquant.study.sheets import read_csv_sheet, stream_csv_sheet

IMAGES = "image,membrane,target,form,site\npS.tif,m1,STAT3,phospho,Y705\nS.tif,m1,STAT3,total,\n"
SAMPLES = "membrane,lane,treatment,dose,stimulus\nm1,1,vehicle,,none\nm1,2,vehicle,,IL-6\nm1,3,baricitinib,10,IL-6\n"


def write(folder: Path, images: str = IMAGES, samples: str = SAMPLES, toml: str = "") -> Path:
    for name in ("pS.tif", "S.tif"):
        (folder / name).write_bytes(b"picture")
    (folder / "images.csv").write_text(images, encoding="utf-8", newline="")
    (folder / "samples.csv").write_text(samples, encoding="utf-8", newline="")
    if toml:
        (folder / "study.toml").write_text(toml, encoding="utf-8")
    return folder


def assert_refused(folder: Path, *words: str, **tables: str) -> str:
    with pytest.raises((TableError, SettingsError)) as caught:
        read_study(write(folder, **tables))
    text = str(caught.value)
    for word in words:
        assert word in text, text
    assert "\n" not in text
    return text


@pytest.fixture
def study(tmp_path: Path) -> Study:
    return read_study(write(tmp_path))


def test_a_plain_study_is_read_with_its_defaults(study: Study) -> None:
    assert study.membranes == ["m1"]
    assert list(study.images["image"]) == ["pS.tif", "S.tif"]
    assert list(study.images["polarity"]) == ["auto", "auto"]
    assert list(study.samples["role"]) == ["sample"] * 3
    assert list(study.samples["dose_unit"]) == ["", "", "nM"]
    assert np.isnan(study.samples["dose"][0])
    assert study.maximum is None
    assert set(study.inputs) == {"images.csv", "samples.csv"}


def test_a_replicate_left_out_is_the_membrane_and_says_so(study: Study) -> None:
    assert list(study.samples["replicate"]) == ["m1"] * 3
    assert has_flag(study.samples["flags"], Flag.REPLICATE_ASSUMED).all()
    assert any("one biological replicate" in note for note in study.notes)


def test_a_study_shows_itself_without_running_what_names_say(tmp_path: Path) -> None:
    shown = read_study(write(tmp_path, toml='title = "<script>x</script>"'))._repr_html_()
    assert "<script>" not in shown
    assert "2 images of 1 membranes" in shown


@pytest.mark.parametrize(
    ("samples", "words"),
    [
        (SAMPLES.replace("treatment", "treatmant"), ("samples.csv", "'treatmant'", "'treatment'")),
        (SAMPLES.replace("treatment,", "cell,"), ("samples.csv", "'treatment' is missing")),
        (SAMPLES.replace("dose,", "ratio,"), ("'ratio'", "results")),
        (SAMPLES.replace("m1,3", "m1,2"), ("samples.csv row 4", "'lane'", "2", "row 3")),
        (SAMPLES.replace("m1,3", "m2,3"), ("row 4", "'membrane'", "'m2'", "'m1'")),
        (SAMPLES.replace("10,IL-6", "ten,IL-6"), ("row 4", "'dose'", "'ten'")),
        (SAMPLES.replace("10,IL-6", "10 nM,IL-6"), ("row 4", "'dose'", "'10 nM'", "write 10")),
        (SAMPLES.replace("10,IL-6", '"0,5",IL-6'), ("row 4", "decimal comma", "0.5")),
        (SAMPLES.replace("10,IL-6", '"1,000",IL-6'), ("row 4", "1000 if it parts thousands, 1.000 if it is a decimal")),
        (SAMPLES.replace("10,IL-6", '"1,000,000",IL-6'), ("row 4", "write 1000000 if it parts thousands")),
        (SAMPLES.replace("10,IL-6", "-3,IL-6"), ("row 4", "'dose'", "below zero")),
        (SAMPLES.replace("10,IL-6", "inf,IL-6"), ("row 4", "'dose'", "'inf'")),
        (SAMPLES.replace("10,IL-6", "1e999,IL-6"), ("row 4", "'dose'")),
        (SAMPLES.replace("m1,1,", "m1,0,"), ("row 2", "'lane'", "1 to 200")),
        (SAMPLES.replace("m1,1,", "m1,1.5,"), ("row 2", "'lane'", "whole number")),
        (SAMPLES.replace("1,vehicle,,none", "1,,,none"), ("row 2", "'treatment'", "blank")),
        (SAMPLES.replace("m1,1", ",1"), ("row 2", "'membrane'", "blank")),
        ("membrane,lane,treatment\n", ("samples.csv", "no rows")),
        ("", ("samples.csv", "empty")),
        (SAMPLES + "m1,4,vehicle,,IL-6,surplus\n", ("row 5", "'surplus'", "no column name")),
        (SAMPLES.replace("stimulus", "dose"), ("row 1", "'dose'", "twice")),
    ],
)
def test_a_broken_lane_sheet_is_refused_by_row_and_column(tmp_path: Path, samples: str, words: tuple[str, ...]) -> None:
    assert_refused(tmp_path, *words, samples=samples)


@pytest.mark.parametrize(
    ("images", "words"),
    [
        (IMAGES.replace("site", "sight"), ("images.csv row 1", "'sight'", "'site'")),
        (IMAGES.replace("site", "weather"), ("'weather'", "unknown")),
        (IMAGES.replace("phospho", "fosfo"), ("row 2", "'form'", "'fosfo'", "phospho")),
        (IMAGES.replace("pS.tif", "pSS.tif"), ("row 2", "'pSS.tif'", "does not exist", "'pS.tif'")),
        (IMAGES.replace("pS.tif", "../pS.tif"), ("row 2", "outside the study")),
        (IMAGES.replace("pS.tif", "sub/../../pS.tif"), ("row 2", "outside the study")),
        (IMAGES.replace("pS.tif", "/etc/passwd"), ("row 2", "outside the study")),
        (IMAGES.replace("pS.tif", "x" * 5000), ("row 2", "does not exist")),
        (IMAGES.replace("pS.tif", "a\0b"), ("row 2", "null character")),
        (IMAGES + "S.tif,m1,STAT3,total,\n", ("row 4", "listed already in row 3")),
        (IMAGES.replace("STAT3,total", "STTA3,total"), ("row 2", "'STAT3'", "'STTA3'")),
        (IMAGES.replace("m1,STAT3,total", ",STAT3,total"), ("row 3", "'membrane'", "blank")),
        (IMAGES.replace("site", "pair"), ("row 2", "'pair'", "'Y705'", "joins nothing")),
        (IMAGES.replace("site", "rotate").replace("Y705", "45"), ("row 2", "'rotate'", "90")),
        (IMAGES.replace("site", "region").replace("Y705", "0:10;0:5"), ("row 2", "'region'")),
        (IMAGES.replace("site", "mirror").replace("Y705", "perhaps"), ("row 2", "'mirror'", "true or false")),
        (IMAGES.replace("site", "row").replace("Y705", "0"), ("row 2", "'row'", "above zero")),
        (IMAGES.replace("site", "polarity").replace("Y705", "light"), ("row 2", "'polarity'", "bright")),
        (
            IMAGES.replace("site", "n_lanes").replace("Y705", "9").replace("total,", "total,8"),
            ("row 3", "n_lanes", "9"),
        ),
        (IMAGES.replace("\nS.tif,m1", "\nS.tif,m9"), ("m9", "no lanes")),
    ],
)
def test_a_broken_image_sheet_is_refused_by_row_and_column(tmp_path: Path, images: str, words: tuple[str, ...]) -> None:
    assert_refused(tmp_path, *words, images=images)


def test_two_images_that_say_the_same_are_refused_unless_their_exposure_differs(tmp_path: Path) -> None:
    (tmp_path / "S2.tif").write_bytes(b"picture")
    assert_refused(tmp_path, "row 4", "row 3", "exposure_s", images=IMAGES + "S2.tif,m1,STAT3,total,\n")
    exposed = "image,membrane,target,form,exposure_s\nS.tif,m1,STAT3,total,10\nS2.tif,m1,STAT3,total,40\n"
    assert len(read_study(write(tmp_path, images=exposed)).images) == 2


def test_different_known_proteins_are_no_misspelling(tmp_path: Path) -> None:
    study = read_study(write(tmp_path, images=IMAGES.replace("STAT3,total", "STAT1,total")))
    assert any("no total image" in note for note in study.notes)


def test_a_dotted_path_that_stays_inside_is_taken(tmp_path: Path) -> None:
    (tmp_path / "sub").mkdir()
    study = read_study(write(tmp_path, images=IMAGES.replace("pS.tif", "sub/../pS.tif")))
    assert study.images["image"][0] == "pS.tif"


def test_a_path_with_backslashes_is_found(tmp_path: Path) -> None:
    (tmp_path / "sub").mkdir()
    (tmp_path / "sub" / "a.tif").write_bytes(b"")
    study = read_study(write(tmp_path, images=IMAGES.replace("pS.tif", "sub\\a.tif")))
    assert study.images["file"][0] == "sub/a.tif"


def test_several_channels_and_regions_of_one_file_have_their_own_ids(tmp_path: Path) -> None:
    images = (
        "image,membrane,target,form,channel,region\n"
        'S.tif,m1,STAT3,phospho,700,"0:10,0:20"\nS.tif,m1,STAT3,total,800,"0:10,0:20"\n'
    )
    study = read_study(write(tmp_path, images=images))
    assert list(study.images["image"]) == ["S.tif#700@0:10,0:20", "S.tif#800@0:10,0:20"]
    assert list(study.images["file"]) == ["S.tif", "S.tif"]


@pytest.mark.parametrize("encoding", ["utf-8-sig", "utf-16"])
def test_tables_as_spreadsheets_save_them_are_read(tmp_path: Path, encoding: str) -> None:
    write(tmp_path)
    (tmp_path / "samples.csv").write_bytes(SAMPLES.replace(",", ";").replace("\n", "\r\n").encode(encoding))
    assert list(read_study(tmp_path).samples["lane"]) == [1, 2, 3]


def test_a_table_that_is_not_utf8_says_how_to_save_it(tmp_path: Path) -> None:
    write(tmp_path)
    (tmp_path / "samples.csv").write_bytes(SAMPLES.replace("10,", "10µM,").encode("cp1252"))
    with pytest.raises(TableError, match="CSV UTF-8"):
        read_study(tmp_path)


def test_names_with_quotes_newlines_and_formulas_stay_text(tmp_path: Path) -> None:
    odd = '"=cmd()|\n""<script>"""'
    study = read_study(write(tmp_path, samples=SAMPLES.replace("baricitinib", odd)))
    assert study.samples["treatment"][2] == '=cmd()|\n"<script>"'


def test_an_unclosed_quote_is_refused(tmp_path: Path) -> None:
    assert_refused(tmp_path, "samples.csv", "line", samples=SAMPLES + 'm1,4,"open,,\n')


def test_doses_of_one_treatment_are_brought_to_its_first_unit(tmp_path: Path) -> None:
    samples = SAMPLES.replace("stimulus", "dose_unit").replace("IL-6", "uM") + "m1,4,baricitinib,500,nM\n"
    study = read_study(write(tmp_path, samples=samples.replace("none", "")))
    assert list(study.samples["dose"][2:]) == [10.0, 0.5]
    assert list(study.samples["dose_unit"][2:]) == ["µM", "µM"]


@pytest.mark.parametrize("unit", ["ng/mL", "parsec"])
def test_units_that_do_not_go_together_are_refused(tmp_path: Path, unit: str) -> None:
    samples = SAMPLES.replace("stimulus", "dose_unit").replace("IL-6", "nM").replace("none", "")
    assert_refused(tmp_path, "row 5", "'dose_unit'", unit, samples=samples + f"m1,4,baricitinib,500,{unit}\n")


def test_a_ladder_and_an_empty_lane_are_known_by_their_names(tmp_path: Path) -> None:
    study = read_study(write(tmp_path, samples=SAMPLES + "m1,4,Ladder,,\nm1,5,empty,,\n"))
    assert list(study.samples["role"][3:]) == ["ladder", "empty"]
    assert not has_flag(study.samples["flags"], Flag.REPLICATE_ASSUMED)[3:].any()


def test_the_same_lysate_on_two_membranes_is_one_replicate(tmp_path: Path) -> None:
    images = "image,membrane,target,form\npS.tif,m1,STAT3,phospho\nS.tif,m2,STAT3,phospho\n"
    samples = "membrane,lane,treatment,sample\nm1,1,vehicle,a\nm1,2,drug,b\nm2,1,vehicle,a\nm2,2,drug,b\n"
    study = read_study(write(tmp_path, images=images, samples=samples))
    assert set(study.samples["replicate"]) == {"m1"}


def test_further_columns_travel_along_as_numbers_where_they_are(tmp_path: Path) -> None:
    rows = "membrane,lane,treatment,time_min,donor\nm1,1,vehicle,15,007\nm1,2,drug,30,008\nm1,3,ladder,,\n"
    samples = read_study(write(tmp_path, samples=rows)).samples
    assert list(samples["time_min"][:2]) == [15.0, 30.0]
    assert list(samples["donor"]) == ["007", "008", ""]


def test_a_further_column_that_varies_inside_a_group_is_named(tmp_path: Path) -> None:
    rows = (
        "membrane,lane,treatment,time_min,replicate\nm1,1,drug,15,a\nm1,2,drug,30,a\nm1,3,drug,15,b\nm1,4,drug,30,b\n"
    )
    with pytest.warns(QualityWarning, match="column 'time_min' varies inside a group"):
        mixed = read_study(write(tmp_path, samples=rows))
    assert any("'time_min'" in note for note in mixed.notes)
    assert has_flag(mixed.samples["flags"], Flag.MIXED_GROUP).all()
    parted = read_study(write(tmp_path, samples=rows, toml='group_by = ["time_min"]'))
    assert parted.group_by == ("time_min",)
    assert not has_flag(parted.samples["flags"], Flag.MIXED_GROUP).any()


def test_a_column_that_only_renames_the_replicate_is_no_mixture(tmp_path: Path) -> None:
    rows = "membrane,lane,treatment,donor,replicate\nm1,1,drug,x,a\nm1,2,veh,x,a\nm1,3,drug,y,b\nm1,4,veh,y,b\n"
    assert not any("donor" in note for note in read_study(write(tmp_path, samples=rows)).notes)


def test_a_treatment_written_in_two_ways_is_noted(tmp_path: Path) -> None:
    study = read_study(write(tmp_path, samples=SAMPLES + "m1,4,Baricitinib,30,IL-6\n"))
    assert any("'Baricitinib'" in note and "2 treatments" in note for note in study.notes)


def test_controls_and_settings_are_taken_from_study_toml(tmp_path: Path) -> None:
    control = '[control]\nmaximum = { treatment = "vehicle", stimulus = "IL-6" }\n'
    toml = 'title = "A"\n' + control + '[integration]\nbackground = "line"\n'
    study = read_study(write(tmp_path, toml=toml))
    assert study.title == "A"
    assert study.maximum == {"treatment": "vehicle", "stimulus": "IL-6"}
    assert study.settings.integration.background == "line"
    assert "study.toml" in study.inputs


@pytest.mark.parametrize(
    ("toml", "words"),
    [
        ('[control]\nmaximum = { treatment = "vehicel" }', ("maximum", "'vehicel'", "'vehicle'")),
        ('[control]\nmaximum = { treatmant = "vehicle" }', ("'treatmant'", "'treatment'")),
        ('[control]\nmaximum = { treatment = "baricitinib", stimulus = "none" }', ("maximum", "none")),
        ("[control]\nmaxima = { dose = 0 }", ("'maxima'", "'maximum'")),
        ("[control]\nmaximum = 3", ("maximum", "must name columns")),
        ("[control]\nmaximum = { dose = { a = 1 } }", ("maximum.dose",)),
        ("[integrate]\na = 1", ("'integrate'", "'integration'")),
        ("[integration]\nbackgruond = 'x'", ("backgruond", "background")),
        ("integration = 3", ("integration", "section")),
        ("title = 3", ("title", "text")),
        ("title = ", ("not TOML",)),
        ("group_by = [3]", ("group_by",)),
        ('group_by = ["tim"]', ("group_by", "'tim'")),
        ('group_by = ["dose"]', ("group_by", "'dose'")),
        ('[mass]\nladder = "PageRuler Pls"\nbuffer = "Tris-glycine"', ("PageRuler",)),
        ('[mass]\nladder = "PageRuler Plus"', ("buffer", "Tris-glycine")),
        ("[mass]\nladder = [1, 2]", ("mass.ladder",)),
        ("[mass]\nlader = 'x'", ("mass.lader", "'ladder'")),
    ],
)
def test_a_broken_study_toml_names_what_is_wrong(tmp_path: Path, toml: str, words: tuple[str, ...]) -> None:
    assert_refused(tmp_path, *words, toml=toml)


def test_a_study_toml_that_is_not_utf8_is_refused(tmp_path: Path) -> None:
    (write(tmp_path) / "study.toml").write_bytes(b'title = "\xb5"')
    with pytest.raises(SettingsError, match="UTF-8"):
        read_study(tmp_path)


def as_workbook(folder: Path, **sheets: str) -> Path:
    book = openpyxl.Workbook()
    book.remove(book.active)
    for name, text in sheets.items():
        sheet = book.create_sheet(name)
        for line in text.splitlines():
            cells = line.split(",")
            sheet.append([float(cell) if cell.replace(".", "").isdigit() else cell or None for cell in cells])
    for name in ("pS.tif", "S.tif"):
        (folder / name).write_bytes(b"picture")
    book.save(folder / "study.xlsx")
    return folder


def test_a_workbook_says_the_same_as_two_csvs(tmp_path: Path, study: Study) -> None:
    (tmp_path / "x").mkdir()
    other = read_study(as_workbook(tmp_path / "x", images=IMAGES, samples=SAMPLES))
    pd.testing.assert_frame_equal(other.samples, study.samples)
    pd.testing.assert_frame_equal(other.images, study.images)
    assert set(other.inputs) == {"study.xlsx"}


def test_a_workbook_without_a_sheet_or_beside_csvs_is_refused(tmp_path: Path) -> None:
    with pytest.raises(TableError, match="no sheet 'samples'"):
        read_study(as_workbook(tmp_path, images=IMAGES))
    write(tmp_path)
    with pytest.raises(TableError, match="keep one"):
        read_study(tmp_path)


def test_a_damaged_workbook_is_refused(tmp_path: Path) -> None:
    path = as_workbook(tmp_path, images=IMAGES, samples=SAMPLES) / "study.xlsx"
    data = path.read_bytes()
    for broken in (b"", b"no workbook", data[: len(data) // 2]):
        path.write_bytes(broken)
        with pytest.raises(TableError, match=r"study\.xlsx"):
            read_study(tmp_path)


def mutated(data: bytes, rng: np.random.Generator) -> bytes:
    """Damage a table as disks, editors and spreadsheets do."""
    pieces = [b",", b";", b"\n", b'"', b"\0", b"\xff", b"=", b"-", b"1e400", b"nan", b"../", b"m1", b"\r", b"{", b"]"]
    for _ in range(rng.integers(1, 4)):
        place = int(rng.integers(len(data)))
        piece = pieces[rng.integers(len(pieces))] if rng.random() < 0.6 else data[place : place + 9]
        data = data[:place] + piece + data[place + int(rng.integers(0, 6)) :]
    return data


@pytest.mark.filterwarnings("ignore:column .* varies inside a group")  # a damaged name makes a further column
@pytest.mark.parametrize("name", ["images.csv", "samples.csv", "study.toml", "study.xlsx"])
def test_a_damaged_table_is_refused_in_one_line_or_read(tmp_path: Path, name: str) -> None:
    rng = np.random.default_rng(3)
    if name == "study.xlsx":
        data = (as_workbook(tmp_path, images=IMAGES, samples=SAMPLES) / name).read_bytes()
    else:
        data = (
            write(tmp_path, toml='group_by = []\n[control]\nmaximum = { treatment = "vehicle" }') / name
        ).read_bytes()
    messages = []
    for _ in range(40):
        (tmp_path / name).write_bytes(mutated(data, rng))
        try:
            read_study(tmp_path)
        except (TableError, SettingsError) as error:
            messages.append(str(error))
    assert messages
    assert not any("\n" in message for message in messages)


def test_missing_tables_and_folders_are_named(tmp_path: Path) -> None:
    with pytest.raises(TableError, match="no such study folder"):
        read_study(tmp_path / "none")
    with pytest.raises(TableError, match=r"images\.csv.*init"):
        read_study(tmp_path)


def test_a_file_of_the_study_stands_for_its_folder(tmp_path: Path) -> None:
    assert read_study(write(tmp_path) / "images.csv").folder == tmp_path


def test_a_paired_lane_without_its_partner_is_refused_early(tmp_path: Path) -> None:
    images = "image,membrane,target,form,pair\npS.tif,m1,STAT3,phospho,p\nS.tif,m2,STAT3,total,p\n"
    samples = "membrane,lane,treatment,sample\nm1,1,vehicle,s-one\nm2,1,vehicle,s-uno\n"
    assert_refused(tmp_path, "'s-one'", "'s-uno'", "m2", images=images, samples=samples)


def test_paired_membranes_share_a_replicate_that_is_left_out(tmp_path: Path) -> None:
    images = "image,membrane,target,form,pair\npS.tif,m1,STAT3,phospho,p\nS.tif,m2,STAT3,total,p\n"
    samples = "membrane,lane,treatment\nm1,1,vehicle\nm2,1,vehicle\n"
    assert set(read_study(write(tmp_path, images=images, samples=samples)).samples["replicate"]) == {"m1"}


def test_edit_distance_counts_letters() -> None:
    assert [edit_distance("dose", other) for other in ("dose", "Dose", "doses", "does", "role")] == [0, 0, 1, 2, 2]


RESPONSES = "treatment,dose,response,role\n,,100,maximum\n,,5,minimum\nbari,10,50,sample\n"


def test_responses_are_read_from_csv_and_xlsx(tmp_path: Path) -> None:
    (tmp_path / "r.csv").write_text(RESPONSES, encoding="utf-8")
    table = read_responses(tmp_path / "r.csv")
    assert list(table["role"]) == ["maximum", "minimum", "sample"]
    as_workbook(tmp_path, sheet=RESPONSES)
    pd.testing.assert_frame_equal(read_responses(tmp_path / "study.xlsx"), table)


@pytest.mark.parametrize(
    ("old", "new", "words"),
    [
        ("bari,10", "bari,ten", ("row 4", "'dose'")),
        ("bari,10", "bari,-1", ("row 4", "below zero")),
        ("bari,10", "bari,", ("row 4", "'dose'", "blank")),
        ("bari,10", ",10", ("row 4", "'treatment'")),
        ("10,50", "10,", ("row 4", "'response'")),
        ("sample", "smaple", ("row 4", "'role'", "'sample'")),
        ("sample", "blank", ("row 4", "'blank' is no role of a response", "are minimum")),
        ("sample", "skip", ("row 4", "a row that is no response is left out")),
        ("role", "percent_activity", ("percent_activity",)),
        ("response,", "respons,", ("'respons'", "'response'")),
    ],
)
def test_broken_responses_are_refused_by_row_and_column(
    tmp_path: Path, old: str, new: str, words: tuple[str, ...]
) -> None:
    (tmp_path / "r.csv").write_text(RESPONSES.replace(old, new), encoding="utf-8")
    with pytest.raises(TableError) as caught:
        read_responses(tmp_path / "r.csv")
    assert all(word in str(caught.value) for word in words), caught.value


def test_responses_in_two_units_are_converted_and_unknown_ones_refused(tmp_path: Path) -> None:
    rows = "treatment,dose,response,dose_unit\na,1,5,uM\na,100,6,nM\n"
    (tmp_path / "r.csv").write_text(rows, encoding="utf-8")
    assert list(read_responses(tmp_path / "r.csv")["dose"]) == [1.0, 0.1]
    (tmp_path / "r.csv").write_text(rows.replace("nM", "mol"), encoding="utf-8")
    with pytest.raises(TableError, match=r"row 3.*'mol'"):
        read_responses(tmp_path / "r.csv")
    with pytest.raises(TableError, match="no such file"):
        read_responses(tmp_path / "none.csv")


@pytest.mark.parametrize(
    ("stem", "wanted"),
    [
        ("pSTAT3", ("blot", "STAT3", "phospho", "", "")),
        ("rep2 p-STAT3 (Y705)", ("rep2", "STAT3", "phospho", "Y705", "2")),
        ("exp1_STAT1_pY701", ("exp1", "STAT1", "phospho", "Y701", "1")),
        ("tSTAT5_donor3", ("donor3", "STAT5", "total", "", "3")),
        ("exp1_total_AKT", ("exp1", "AKT", "total", "", "1")),
        ("exp1_bActin", ("exp1", "bActin", "loading", "", "1")),
        ("ponceau_A", ("A", "total protein", "stain", "", "")),
        ("IMG_0012", ("IMG_0012", "", "", "", "")),
        ("exp1_marker", ("exp1", "marker", "marker", "", "1")),
        ("Akt_700", ("blot", "Akt", "total", "", "")),
        ("gel2_pAkt_800", ("gel2", "Akt", "phospho", "", "")),
    ],
)
def test_file_names_are_read_as_a_colleague_would(stem: str, wanted: tuple[str, ...]) -> None:
    guess = guess_image(stem)
    assert (guess.membrane, guess.target, guess.form, guess.site, guess.replicate) == wanted


def test_init_writes_a_study_that_needs_only_treatments(tmp_path: Path) -> None:
    from blotquant.synthetic import simulate_study

    simulate_study(tmp_path, seed=3)
    for name in ("images.csv", "samples.csv", "study.toml"):
        (tmp_path / name).unlink()
    for path in tmp_path.glob("*rep[23]*"):
        path.unlink()
    written = draft_study(tmp_path)
    assert [path.name for path in written] == ["images.csv", "samples.csv", "study.toml"]
    with pytest.raises(TableError, match="'treatment'"):
        read_study(tmp_path)
    lanes = pd.read_csv(tmp_path / "samples.csv", keep_default_na=False)
    lanes["treatment"] = "vehicle"
    lanes.to_csv(tmp_path / "samples.csv", index=False)
    study = read_study(tmp_path)
    assert dict(zip(study.images["form"], study.images["target"], strict=True)) == {
        "phospho": "STAT3",
        "total": "STAT3",
    }
    assert list(study.samples["lane"]) == list(range(1, 10))
    assert study.images["note"].str.len().min() > 0
    with pytest.raises(OutputError, match="--force"):
        draft_study(tmp_path)
    assert draft_study(tmp_path, force=True)


def test_init_says_what_it_cannot_see(tmp_path: Path) -> None:
    with pytest.raises(TableError, match="no such folder"):
        draft_study(tmp_path / "none")
    with pytest.raises(TableError, match="no picture"):
        draft_study(tmp_path)
    (tmp_path / "broken.tif").write_bytes(b"II*\0nonsense")
    draft_study(tmp_path)
    images = pd.read_csv(tmp_path / "images.csv", keep_default_na=False)
    assert "no known target" in images["note"][0]
    assert "no lanes were found" in pd.read_csv(tmp_path / "samples.csv", keep_default_na=False)["note"][0]


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16"])
def test_a_table_in_pieces_is_the_same_table(tmp_path: Path, encoding: str) -> None:
    rows = "".join(f"{number}.tif;m\u00fc\n\n" for number in range(25))
    path = tmp_path / "images.csv"
    path.write_bytes(("image;membrane\n" + rows).encode(encoding))

    pieces = list(stream_csv_sheet(path, ["image", "membrane"], size=10))
    whole = read_csv_sheet(path, ["image", "membrane"])

    assert [len(piece.rows) for piece in pieces] == [10, 10, 5]
    assert tuple(row for piece in pieces for row in piece.rows) == whole.rows
    assert {(piece.where, piece.columns) for piece in pieces} == {(whole.where, whole.columns)}


@pytest.mark.parametrize(
    ("data", "message"),
    [
        (b"image\n\xff.tif\n", "is not UTF-8"),
        (b'image\n"a.tif\n', "near line 2: not a CSV table"),
        (b"image\na.tif,b\n", "'b' stands in cell 2"),
        (b"", "the table is empty"),
    ],
)
def test_a_table_in_pieces_that_is_damaged_is_refused_by_name(tmp_path: Path, data: bytes, message: str) -> None:
    (tmp_path / "images.csv").write_bytes(data)

    with pytest.raises(TableError, match=f"images.csv.*{message}"):
        list(stream_csv_sheet(tmp_path / "images.csv", ["image"]))
