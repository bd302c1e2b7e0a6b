"""Which images are meant, and how each is called."""

from __future__ import annotations

import tracemalloc
from pathlib import Path

import numpy as np
import pytest

from blotquant.batch.manifest import Manifest, find_images
from blotquant.errors import QualityWarning, SettingsError, TableError
from blotquant.tables import INPUTS


@pytest.fixture
def tree(tmp_path: Path) -> Path:
    """Make a folder as labs have it: pictures, other files, hidden ones, and an earlier result."""
    for name in (
        "day1/b.tif", "day1/a.TIF", "day2/deep/c.png", "day2/scan.img", "day2/scan.inf", "day2/notes.txt",
        ".hidden/x.tif", "day1/.y.tif", "results/run.json", "results/lanes.csv", "results/figures/z.png",
    ):  # fmt: skip
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(b"")
    return tmp_path


def ids(manifest: Manifest) -> list[str]:
    return manifest.images["image"].tolist()


def test_a_folder_is_searched_through_and_results_and_hidden_files_are_passed_over(tree: Path) -> None:
    found = find_images([str(tree)])

    assert found.folder == tree
    assert ids(found) == ["day1/a.TIF", "day1/b.tif", "day2/deep/c.png", "day2/scan.img"]


def test_an_image_is_called_by_its_path_from_the_first_folder_that_holds_all(tree: Path) -> None:
    assert ids(find_images([str(tree / "day1" / "b.tif")])) == ["b.tif"]
    assert ids(find_images([str(tree / "day1")])) == ["a.TIF", "b.tif"]
    assert ids(find_images([str(tree / "day1" / "b.tif"), str(tree / "day2" / "deep" / "c.png")])) == [
        "day1/b.tif",
        "day2/deep/c.png",
    ]


def test_the_order_of_the_words_does_not_matter_and_each_image_stands_once(tree: Path) -> None:
    one = find_images([str(tree / "day1"), str(tree / "day2" / "deep" / "c.png")])
    other = find_images([str(tree / "day2/deep/*.png"), str(tree / "day1/../day1/b.tif"), str(tree / "day1")])

    assert ids(one) == ids(other)


def test_globs_are_sifted_as_folders_are_also_where_a_shell_has_made_files_of_them(tree: Path) -> None:
    pattern, files = str(tree / "day1" / "*"), [str(tree / "day1" / name) for name in ("a.TIF", "b.tif")]

    assert ids(find_images([pattern], exclude=["*.TIF"])) == ids(find_images(files, exclude=["*.TIF"])) == ["b.tif"]
    assert ids(find_images([pattern], include=["a*"])) == ids(find_images(files, include=["a*"])) == ["a.TIF"]
    with pytest.raises(SettingsError, match="leave no image"):
        find_images(files, exclude=["*"])


def test_a_glob_is_expanded_here_too_for_shells_that_do_not(tree: Path) -> None:
    assert ids(find_images([str(tree / "**" / "*.png"), str(tree / "day1/*.tif")])) == [
        "day1/b.tif",
        "day2/deep/c.png",
        "results/figures/z.png",
    ]


@pytest.mark.parametrize(
    ("include", "exclude", "expected"),
    [
        (["*.tif"], [], ["b.tif"]),
        ([], ["day1/*"], ["deep/c.png", "scan.img"]),
        (["day2/*"], ["*.img", "*.inf"], ["c.png"]),
        (["*n*"], [], ["deep/c.png", "scan.img"]),
        (["*.txt", "*.png"], [], ["deep/c.png", "notes.txt"]),
        (["day2/*.t?t"], [], ["notes.txt"]),
    ],
)
def test_folders_can_be_sifted(tree: Path, include: list[str], exclude: list[str], expected: list[str]) -> None:
    assert ids(find_images([str(tree)], include=include, exclude=exclude)) == expected


def test_a_folder_in_which_nothing_is_left_says_why(tree: Path) -> None:
    with pytest.raises(SettingsError, match="leave no image in this folder; check their globs"):
        find_images([str(tree)], include=["*notes*"])


def test_where_the_results_go_is_not_searched(tree: Path) -> None:
    found = find_images([str(tree)], leave_out=tree / "day1")

    assert ids(found) == ["deep/c.png", "scan.img"]
    with pytest.raises(SettingsError, match="choose another folder for -o"):
        find_images([str(tree / "day1")], leave_out=tree)


def test_a_file_that_is_not_there_is_kept_to_fail_by_its_name(tree: Path) -> None:
    assert ids(find_images([str(tree / "day1" / "b.tif"), str(tree / "day1" / "gone.tif")])) == ["b.tif", "gone.tif"]


@pytest.mark.parametrize(("words", "message"), [("*.gel", "no file matches"), (".hidden/empty", "no images in this")])
def test_nothing_found_is_wrong_usage_that_says_what_to_do(tree: Path, words: str, message: str) -> None:
    (tree / ".hidden" / "empty").mkdir()

    with pytest.raises(SettingsError, match=message):
        find_images([str(tree / words)])


def test_a_folder_that_cannot_be_opened_is_named_and_passed_over(tree: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    import os

    walk = os.walk

    def refusing(top: Path, onerror: object) -> object:
        onerror(PermissionError(13, "Permission denied", f"{top}/secret"))
        return walk(top)

    monkeypatch.setattr("blotquant.batch.manifest.os.walk", refusing)
    with pytest.warns(QualityWarning, match="secret: cannot be opened"):
        assert ids(find_images([str(tree / "day1")])) == ["a.TIF", "b.tif"]


def test_bare_files_have_every_column_at_its_default(tree: Path) -> None:
    images = find_images([str(tree / "day1")]).images

    assert set(INPUTS["images"].names) <= set(images.columns)
    assert images["membrane"].tolist() == images["image"].tolist() == images["file"].tolist()
    assert images["channel"].tolist() == ["", ""]
    assert np.isnan(images["n_lanes"]).all()
    assert images["mirror"].dtype == bool


def test_a_table_of_images_says_more_about_each(tree: Path) -> None:
    table = tree / "images.csv"
    table.write_text(
        "image,membrane,region,n_lanes\nday1/b.tif,m1,0:10,0:20,\nday1/b.tif,m1,right,12\nday1/a.TIF,,,\n".replace(
            "0:10,0:20", '"0:10,0:20"'
        )
    )

    found = find_images([str(table)])

    assert found.folder == tree
    assert ids(found) == ["day1/a.TIF", "day1/b.tif@0:10,0:20", "day1/b.tif@right"]
    assert found.images["membrane"].tolist() == ["day1/a.TIF", "m1", "m1"]
    assert found.images["n_lanes"].tolist()[1:] == [pytest.approx(float("nan"), nan_ok=True), 12]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("picture,membrane\na.tif,m\n", "column 'image' is missing|column 'picture' is unknown"),
        ("image,membran\na.tif,m\n", "did you mean 'membrane'"),
        ("image,membrane\n,m\n", "row 2, column 'image'.*is blank"),
        ("image,n_lanes\na.tif,ten\n", "row 2, column 'n_lanes': 'ten'"),
    ],
)
def test_a_table_that_breaks_its_rules_is_refused_by_row_and_column(tree: Path, text: str, message: str) -> None:
    (tree / "images.csv").write_text(text)

    with pytest.raises(TableError, match=message):
        find_images([str(tree / "images.csv")])


def test_one_image_listed_twice_is_refused(tree: Path) -> None:
    (tree / "images.csv").write_text("image,membrane\nday1/b.tif,m1\nday1/b.tif,m2\n")

    with pytest.raises(
        TableError, match=r"image 'day1/b.tif' is listed twice; tell its rows apart by channel or region"
    ):
        find_images([str(tree / "images.csv")])


def test_a_file_that_a_table_lists_is_not_measured_a_second_time(tree: Path) -> None:
    (tree / "images.csv").write_text("image,n_lanes\nday1/b.tif,12\n")

    found = find_images([str(tree / "images.csv"), str(tree / "day1")])

    assert found.images.set_index("image")["n_lanes"].dropna().to_dict() == {"day1/b.tif": 12.0}
    assert ids(found) == ["day1/a.TIF", "day1/b.tif"]


def list_of(number: int, folder: Path) -> Path:
    table = folder / "images.csv"
    rows = "".join(f"blots/{seed % 97}/{seed:06d}.tif,m{seed // 2},{seed % 9 + 3}\n" for seed in range(number, 0, -1))
    table.write_text(f"image,membrane,n_lanes\n{rows}")
    return table


def peak_bytes(number: int, folder: Path) -> int:
    """Find a list of so many images, go through it once, and return the largest memory of Python meanwhile."""
    table = list_of(number, folder)
    tracemalloc.start()
    try:
        found = find_images([str(table)])
        assert sum(len(rows) for _, rows in found.by_membrane()) == len(found) == number
        return tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()


def test_a_long_list_takes_no_more_memory_than_a_short_one_and_comes_in_order(tmp_path: Path) -> None:
    peak_bytes(100, tmp_path)  # what is loaded once
    short, long = peak_bytes(2000, tmp_path), peak_bytes(8000, tmp_path)

    found = find_images([str(tmp_path / "images.csv")])
    names = [row["image"] for row in found.rows()]
    print(f"peak {short / 1e6:.2f} MB for 2000 images, {long / 1e6:.2f} MB for 8000")
    assert long <= 1.1 * short
    assert names == sorted(names)
    assert [name for name, _ in found.by_membrane()] == sorted({f"m{seed // 2}" for seed in range(1, 8001)})


def test_a_header_goes_with_its_pixels_whichever_of_them_is_found_first(tmp_path: Path) -> None:
    for name in ("a.img", "a.inf", "b.IMG", "b.inf", "c.inf"):
        (tmp_path / name).write_bytes(b"")

    assert ids(find_images([str(tmp_path)])) == ["a.img", "b.IMG", "c.inf"]


def test_a_table_may_name_an_image_by_its_path_from_the_root(
    tree: Path, tmp_path_factory: pytest.TempPathFactory
) -> None:
    table = tmp_path_factory.mktemp("elsewhere") / "images.csv"
    table.write_text(f"image\n{tree / 'day1' / 'b.tif'}\n")

    found = find_images([str(table)])

    assert [found.folder / row["file"] for row in found.rows()] == [tree / "day1" / "b.tif"]


def test_channels_of_one_scan_share_a_membrane_and_a_numbered_series_does_not(tmp_path: Path) -> None:
    for name in ("day/akt_700.TIF", "day/akt_800.TIF", "day/one_700.TIF", "day/s_699.tif", "day/s_700.tif", "x_700.png",
                 "x_800.png"):  # fmt: skip
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_bytes(b"")
    found = find_images([str(tmp_path)])
    membranes = {name: [row["image"] for row in rows] for name, rows in found.by_membrane()}

    assert membranes.pop("day/akt") == ["day/akt_700.TIF", "day/akt_800.TIF"]
    assert all(rows == [name] for name, rows in membranes.items())
    assert len(membranes) == 5


def test_what_a_table_says_of_a_membrane_goes_before_the_names_of_its_files(tmp_path: Path) -> None:
    table = tmp_path / "images.csv"
    table.write_text("image,membrane\na_700.tif,one\na_800.tif,two\n")

    assert find_images([str(table)]).images["membrane"].tolist() == ["one", "two"]
