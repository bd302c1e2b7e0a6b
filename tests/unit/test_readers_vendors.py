"""Vendors' own formats: counts exact to the last one, their facts kept, and what cannot be trusted refused."""

from __future__ import annotations

import io
import sys
import types
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import tifffile

from blotquant.blot import Blot
from blotquant.errors import ReadError
from blotquant.readers import explain, read_blot, read_channels
from tests.written_files import scn_header, write_1sc, write_fuji, write_gel, write_scn, write_zip
from tests.written_sgd import write_sgd


@pytest.fixture
def counts() -> np.ndarray:
    return np.random.default_rng(4).integers(0, 60000, (20, 30)).astype(np.uint16)


def tiff_bytes(pixels: np.ndarray) -> bytes:
    buffer = io.BytesIO()
    tifffile.imwrite(buffer, pixels)
    return buffer.getvalue()


def same(blot: Blot, counts: np.ndarray) -> bool:
    return bool((blot.pixels == counts).all())


def test_a_quantity_one_scan_gives_every_count_with_the_top_row_on_top(tmp_path: Path, counts: np.ndarray) -> None:
    blot = read_blot(write_1sc(tmp_path / "a.1sc", counts, ceiling=64000))

    assert same(blot, counts)
    assert (blot.source.reader, blot.source.depth, blot.ceiling) == ("biorad_1sc", 16, 64000.0)
    assert (blot.source.exposure_s, blot.source.imager, blot.pixel_um) == (12.5, "ChemiDoc XRS", 200.0)
    assert blot.source.acquired == "15-Dec-2015 11:55"
    assert blot.source.tags["params.live_count"] == 7


def test_a_quantity_one_scan_of_eight_bits_is_read(tmp_path: Path) -> None:
    counts = np.arange(12, dtype=np.uint8).reshape(3, 4)

    assert same(read_blot(write_1sc(tmp_path / "a.1sc", counts, ceiling=255)), counts)


def test_a_quantity_one_scan_cut_short_is_refused(tmp_path: Path, counts: np.ndarray) -> None:
    path = write_1sc(tmp_path / "a.1sc", counts)
    path.write_bytes(path.read_bytes()[:-10])

    with pytest.raises(ReadError, match="truncated"):
        read_blot(path)


def test_a_quantity_one_scan_of_a_byte_order_never_seen_is_refused(tmp_path: Path, counts: np.ndarray) -> None:
    with pytest.raises(ReadError, match="never seen"):
        read_blot(write_1sc(tmp_path / "a.1sc", counts, endian=1))


def test_a_quantity_one_scan_without_its_record_is_refused(tmp_path: Path, counts: np.ndarray) -> None:
    path = write_1sc(tmp_path / "a.1sc", counts)
    path.write_bytes(path.read_bytes().replace((1000).to_bytes(2, "little"), (1001).to_bytes(2, "little")))

    with pytest.raises(ReadError, match="description is missing"):
        read_blot(path)


def test_an_image_lab_document_gives_counts_and_facts_of_its_scan(tmp_path: Path, counts: np.ndarray) -> None:
    blot = read_blot(write_scn(tmp_path / "a.scn", [(counts, scn_header(20, 30))]))

    assert same(blot, counts)
    assert (blot.source.reader, blot.ceiling, blot.pixel_um) == ("biorad_scn", 65000.0, 200.0)
    assert (blot.source.exposure_s, blot.source.imager) == (12.5, "ChemiDoc XRS+")
    assert blot.bright is None


def test_an_image_lab_document_of_two_scans_gives_two_channels(tmp_path: Path, counts: np.ndarray) -> None:
    scans = [
        (counts, scn_header(20, 30, application="IRDye 680")),
        (counts[::-1], scn_header(20, 30, application="Chemi")),
    ]
    path = write_scn(tmp_path / "a.scn", scans)

    assert [blot.name for blot in read_channels(path)] == ["a.scn#IRDye 680", "a.scn#Chemi"]
    assert same(read_blot(path, channel="Chemi"), counts[::-1])


def test_an_image_lab_scan_of_unknown_size_in_millimetres_has_no_pixel_size(tmp_path: Path, counts: np.ndarray) -> None:
    header = scn_header(20, 30).replace(b'known="true"', b'known="false"')

    assert read_blot(write_scn(tmp_path / "a.scn", [(counts, header)])).pixel_um is None


@pytest.mark.parametrize(
    ("spoil", "said"),
    [
        (lambda data: data[:-400], "truncated"),
        (lambda data: data.replace(b'width="30"', b'width="31"'), "do not make"),
        (lambda data: data.replace(b"ImageData", b"ImageDate"), "holds no scan"),
        (lambda data: data.replace(b"<!DOCTYPE XML>\n<image", b"<!ENTITY a 'b'><image"), "entities"),
        (lambda data: data.replace(b"boundary=", b"boundery="), "cannot be told apart"),
        (lambda data: data.replace(b"</name><endian", b"</nome><endian"), "damaged"),
    ],
)
def test_a_spoilt_image_lab_document_is_refused_with_the_reason(
    tmp_path: Path, counts: np.ndarray, spoil: Callable[..., Any], said: str
) -> None:
    path = write_scn(tmp_path / "a.scn", [(counts, scn_header(20, 30))])
    path.write_bytes(spoil(path.read_bytes()))

    with pytest.raises(ReadError, match=said):
        read_blot(path)


def test_an_image_lab_import_of_a_square_root_scan_is_refused(tmp_path: Path, counts: np.ndarray) -> None:
    header = scn_header(20, 30, more='<scaler><moldyn mode="2" real_scale="0.01"/></scaler>')

    with pytest.raises(ReadError, match="square roots"):
        read_blot(write_scn(tmp_path / "a.scn", [(counts, header)]))


def test_a_square_root_scan_comes_back_exact_to_the_last_count(tmp_path: Path) -> None:
    stored = np.array([[0, 1, 2, 181, 32767], [32768, 40000, 46341, 65534, 65535]], dtype=np.uint16)
    blot = read_blot(write_gel(tmp_path / "a.gel", stored, scale=(3, 1000)))
    exact = np.array([[int(v) ** 2 * 3 / 1000 for v in row] for row in stored.tolist()])

    assert (blot.pixels == exact).all()
    assert blot.ceiling == 65535**2 * 3 / 1000
    assert [step.verb for step in blot.steps] == ["read", "linearise"]
    assert "square roots" in blot.source.notes[1]


def test_a_scan_marked_linear_is_not_squared(tmp_path: Path, counts: np.ndarray) -> None:
    assert same(read_blot(write_gel(tmp_path / "a.gel", counts, kind=128)), counts)


def test_a_square_root_scan_is_known_by_its_tag_whatever_its_ending(tmp_path: Path, counts: np.ndarray) -> None:
    blot = read_blot(write_gel(tmp_path / "a.tif", counts))

    assert blot.source.reader == "amersham_gel"


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ({"kind": None}, "lacks the tag 33445"),
        ({"kind": 7}, "tag 33445 = 7"),
        ({"scale": None}, "scale .tag 33446. is missing"),
        ({"scale": (0, 1)}, "scale .tag 33446. is missing"),
    ],
)
def test_a_gel_file_that_does_not_say_how_it_is_stored_is_refused(
    tmp_path: Path, counts: np.ndarray, options: dict, said: str
) -> None:
    with pytest.raises(ReadError, match=said):
        read_blot(write_gel(tmp_path / "a.gel", counts, **options))


def test_a_gel_file_of_several_pages_is_refused(tmp_path: Path, counts: np.ndarray) -> None:
    with pytest.raises(ReadError, match="2 pages"):
        read_blot(write_gel(tmp_path / "a.gel", np.stack([counts, counts])))


def test_a_square_root_scan_of_signed_numbers_is_refused(tmp_path: Path, counts: np.ndarray) -> None:
    with pytest.raises(ReadError, match="never seen"):
        read_blot(write_gel(tmp_path / "a.gel", counts.astype(np.int32)))


@pytest.mark.parametrize("named", ["a.img", "a.inf"])
def test_a_las_picture_is_read_by_either_file_of_its_pair(tmp_path: Path, counts: np.ndarray, named: str) -> None:
    write_fuji(tmp_path / "a.img", counts)
    blot = read_blot(tmp_path / named)

    assert same(blot, counts)
    assert (blot.source.imager, blot.pixel_um, blot.source.depth) == ("LAS-3000", 100.0, 16)


def test_a_las_picture_of_eight_bits_is_read(tmp_path: Path) -> None:
    counts = np.arange(12, dtype=np.uint8).reshape(3, 4)

    assert same(read_blot(write_fuji(tmp_path / "a.img", counts, bits=8)), counts)


def test_an_imaging_plate_scan_is_refused_because_it_holds_logarithms(tmp_path: Path, counts: np.ndarray) -> None:
    with pytest.raises(ReadError, match=r"BAS2500.*logarithms"):
        read_blot(write_fuji(tmp_path / "a.img", counts, instrument="BAS2500"))


@pytest.mark.parametrize(
    ("spoil", "said"),
    [
        (lambda text: "\n".join(text.splitlines()[:5]), "5 lines"),
        (lambda text: text.replace("\n16\n", "\nsixteen\n"), "line 6 .* should be a number"),
        (lambda text: text.replace("\n16\n", "\n32\n"), "says 32 bits"),
        (lambda text: text.replace("\n30\n", "\n3000\n"), "truncated"),
        (lambda text: text.replace("\n30\n", "\n0\n"), "holds no pixels"),
    ],
)
def test_a_spoilt_las_description_is_refused_with_the_line(
    tmp_path: Path, counts: np.ndarray, spoil: Callable[..., Any], said: str
) -> None:
    path = write_fuji(tmp_path / "a.img", counts)
    described = path.with_suffix(".inf")
    text = described.read_text(encoding="latin-1").replace("\r\n", "\n")
    described.write_text(spoil(text), encoding="latin-1")

    with pytest.raises(ReadError, match=said):
        read_blot(path)


def test_an_img_without_its_inf_is_no_known_picture(tmp_path: Path, counts: np.ndarray) -> None:
    path = write_fuji(tmp_path / "a.img", counts)
    path.with_suffix(".inf").unlink()

    with pytest.raises(ReadError, match="not a picture of a known kind"):
        read_blot(path)


def test_an_acquisition_zip_gives_its_channels_by_wavelength(tmp_path: Path, counts: np.ndarray) -> None:
    members = {
        "0001_01/0001_01_700.TIF": tiff_bytes(counts),
        "0001_01/0001_01_800.TIF": tiff_bytes(counts[::-1]),
        "0001_01/info.txt": b"Intensity=5",
        "__MACOSX/0001_01/._0001_01_700.TIF": b"junk",
    }
    path = write_zip(tmp_path / "a.zip", members)
    both = read_channels(path, name="x")

    assert [blot.name for blot in both] == ["x#700", "x#800"]
    assert same(read_blot(path, channel="800"), counts[::-1])
    assert both[0].source.tags["0001_01/info.txt"] == "Intensity=5"


def test_channels_of_one_name_in_a_zip_are_numbered(tmp_path: Path, counts: np.ndarray) -> None:
    members = {"a/one_700.tif": tiff_bytes(counts), "b/two_700.tif": tiff_bytes(counts)}

    assert [blot.name for blot in read_channels(write_zip(tmp_path / "a.zip", members))] == ["a.zip#1", "a.zip#2"]


def test_a_zip_of_one_picture_is_that_picture(tmp_path: Path, counts: np.ndarray) -> None:
    path = write_zip(tmp_path / "a.zip", {"only_700.tif": tiff_bytes(counts)})

    assert read_channels(path)[0].name == "a.zip"


def test_a_zip_without_pictures_is_not_taken(tmp_path: Path) -> None:
    with pytest.raises(ReadError, match="not a picture of a known kind"):
        read_blot(write_zip(tmp_path / "a.zip", {"notes.txt": b"hello"}))


def test_a_zip_that_unpacks_to_too_much_is_refused_before_it_does(tmp_path: Path) -> None:
    path = write_zip(tmp_path / "bomb.zip", {"a_700.tif": bytes(40_000_000)})

    with pytest.raises(ReadError, match="unpacks to more than 16 MB"):
        read_blot(path, max_megapixels=1.0)


def test_a_zip_of_too_many_files_is_refused(tmp_path: Path) -> None:
    path = write_zip(tmp_path / "many.zip", {f"{i}.tif": b"" for i in range(300)})

    with pytest.raises(ReadError, match="300 files"):
        read_blot(path)


def test_a_damaged_zip_is_refused_on_one_line(tmp_path: Path, counts: np.ndarray) -> None:
    path = write_zip(tmp_path / "a.zip", {"a_700.tif": tiff_bytes(counts)})
    path.write_bytes(path.read_bytes()[:-30])

    with pytest.raises(ReadError, match="damaged or truncated") as caught:
        read_blot(path)
    assert "\n" not in str(caught.value)


def syngene_file(path: Path) -> Path:
    path.write_bytes(b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(600))
    return path


def stand_in(monkeypatch: pytest.MonkeyPatch, planes: list[np.ndarray]) -> None:
    """Put a stand-in for the package in its place: `info` and `File.read_plane`, as its documentation has them."""

    class File:
        def __init__(self, path: str) -> None:
            self.path = path

        def __enter__(self) -> File:
            return self

        def __exit__(self, *_: object) -> None:
            return None

        def read_plane(self, *, image: int) -> np.ndarray:
            return planes[image]

    image = {"physical_size": {"x": 65.0, "unit": "µm"}, "channels": [{"exposure_ms": 1500.0}], "name": "capture"}
    infos = [{**image, "size_y": plane.shape[0], "size_x": plane.shape[1]} for plane in planes]
    module = types.SimpleNamespace(info=lambda path: {"images": infos}, File=File, __spec__="a stand-in")
    monkeypatch.setitem(sys.modules, "openreadout", module)


def test_a_syngene_file_needs_the_extra_and_says_so(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("importlib.util.find_spec", lambda name: None)

    with pytest.raises(ReadError, match=r"pip install 'blotquant.formats.'"):
        read_blot(syngene_file(tmp_path / "a.sgd"))


def test_a_syngene_file_gives_a_channel_a_capture(
    tmp_path: Path, counts: np.ndarray, monkeypatch: pytest.MonkeyPatch
) -> None:
    stand_in(monkeypatch, [counts, counts + 1])
    both = read_channels(syngene_file(tmp_path / "a.sgd"))

    assert [blot.name for blot in both] == ["a.sgd#1", "a.sgd#2"]
    assert same(both[1], counts + 1)
    assert (both[0].pixel_um, both[0].source.exposure_s) == (65.0, 1.5)


@pytest.mark.parametrize("shape", [(20, 30), (90, 120)])
def test_a_written_syngene_series_gives_every_count_exposure_imager_and_date(
    tmp_path: Path, shape: tuple[int, int]
) -> None:
    pytest.importorskip("openreadout", reason="needs the extra blotquant[formats]")
    series = list(np.random.default_rng(5).integers(0, 65536, (3, *shape)).astype(np.uint16))
    blots = read_channels(write_sgd(tmp_path / "a.sgd", series, exposures_s=(0.5, 2.0, 8.0)))

    assert [same(blot, counts) for blot, counts in zip(blots, series, strict=True)] == [True] * 3
    assert [blot.source.exposure_s for blot in blots] == [0.5, 2.0, 8.0]
    assert {blot.source.imager for blot in blots} == {"Syngene G:BOX Chemi XRQ"}
    assert {blot.source.acquired for blot in blots} == {"2015-11-23T15:31:00.000Z"}
    assert {blot.source.tags["user"] for blot in blots} == {"user"}
    assert (blots[0].source.depth, blots[0].ceiling) == (16, 65535.0)


def test_a_written_syngene_picture_of_eight_bits_is_read(tmp_path: Path) -> None:
    pytest.importorskip("openreadout", reason="needs the extra blotquant[formats]")
    pixels = np.random.default_rng(5).integers(0, 256, (12, 14)).astype(np.uint8)
    blot = read_blot(write_sgd(tmp_path / "a.sgd", [pixels]))

    assert (same(blot, pixels), blot.source.depth) == (True, 8)


def test_a_syngene_file_of_colour_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    stand_in(monkeypatch, [np.zeros((4, 5, 3), np.uint8)])

    with pytest.raises(ReadError, match="no grey picture"):
        read_blot(syngene_file(tmp_path / "a.sgd"))


def bioio_stand_in(monkeypatch: pytest.MonkeyPatch, data: np.ndarray, scenes: tuple[str, ...] = ("s",)) -> None:
    """Put a stand-in for bioio in its place, with the parts of its interface that are read; data is (T, Z, C, Y, X)."""
    times, depth, channels, rows, cols = data.shape
    dims = types.SimpleNamespace(T=times, Z=depth, C=channels, Y=rows, X=cols, order="TCZYX")

    class UnsupportedError(Exception):
        pass

    class BioImage:
        def __init__(self, path: str) -> None:
            self.dims, self.scenes = dims, scenes
            self.channel_names = [f"c{i}" for i in range(channels)]
            self.physical_pixel_sizes = types.SimpleNamespace(X=21.0)

        @staticmethod
        def determine_plugin(path: str) -> None:
            if not path.endswith(".czi"):
                raise UnsupportedError

        def set_scene(self, scene: str) -> None:
            assert scene in self.scenes

        def get_image_data(self, order: str, *, T: int, Z: int) -> np.ndarray:
            assert order == "CYX"
            return data[T, Z]

    monkeypatch.setitem(sys.modules, "bioio", types.SimpleNamespace(BioImage=BioImage, __spec__="a stand-in"))
    known = types.SimpleNamespace(UnsupportedFileFormatError=UnsupportedError)
    monkeypatch.setitem(sys.modules, "bioio_base", types.SimpleNamespace(exceptions=known, __spec__="a stand-in"))
    monkeypatch.setitem(sys.modules, "bioio_base.exceptions", known)


def other_file(path: Path) -> Path:
    path.write_bytes(b"ZISRAWFILE" + bytes(600))
    return path


def test_what_a_plug_in_of_bioio_opens_is_read_channel_by_channel(
    tmp_path: Path, counts: np.ndarray, monkeypatch: pytest.MonkeyPatch
) -> None:
    bioio_stand_in(monkeypatch, np.stack([counts, counts + 1])[None, None])
    both = read_channels(other_file(tmp_path / "a.czi"))
    assert [blot.name for blot in both] == ["a.czi#c0", "a.czi#c1"]
    assert same(both[1], counts + 1)
    assert (both[0].pixel_um, both[0].source.reader) == (21.0, "bioio")


def test_bioio_says_what_is_missing_and_refuses_stacks(
    tmp_path: Path, counts: np.ndarray, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert "pip install 'blotquant[formats]'" in why_not(other_file(tmp_path / "a.czi"), "bioio")
    bioio_stand_in(monkeypatch, np.stack([counts, counts])[None, :, None])
    assert "no plug-in of bioio takes it" in why_not(other_file(tmp_path / "a.xyz"), "bioio")
    with pytest.raises(ReadError, match="holds a stack"):
        read_blot(other_file(tmp_path / "a.czi"))


def why_not(path: Path, reader: str) -> str:
    table = explain(path).set_index("reader")
    return str(table.loc[reader, "reason"])
