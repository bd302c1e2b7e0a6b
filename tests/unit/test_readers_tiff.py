"""TIFF in the kinds that imagers and programs write: every count as stored, every trap read right or refused."""

from __future__ import annotations

import struct
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import tifffile

from blotquant.errors import ReadError
from blotquant.readers import read_blot, read_channels


def noise(dtype: str, shape: tuple[int, ...] = (24, 32), top: int = 200) -> np.ndarray:
    return np.random.default_rng(3).integers(0, top, shape).astype(dtype)


def write(path: Path, pixels: np.ndarray, **options: Any) -> Path:
    tifffile.imwrite(path, pixels, **options)
    return path


def set_tag(path: Path, code: int, value: int) -> None:
    """Overwrite the value of a tag in the first page of a little-endian TIFF."""
    data = bytearray(path.read_bytes())
    at = struct.unpack_from("<I", data, 4)[0]
    for i in range(struct.unpack_from("<H", data, at)[0]):
        entry = at + 2 + 12 * i
        if struct.unpack_from("<H", data, entry)[0] == code:
            kind = struct.unpack_from("<H", data, entry + 2)[0]
            struct.pack_into("<I" if kind == 4 else "<H", data, entry + 8, value)
    path.write_bytes(data)


@pytest.mark.parametrize(
    ("dtype", "depth", "ceiling"),
    [
        ("uint8", 8, None),
        ("uint16", 16, 65535.0),
        ("uint32", 32, 4294967295.0),
        ("int16", 16, 32767.0),
        ("float16", 16, None),
        ("float32", 32, None),
        ("float64", 64, None),
    ],
)
def test_every_kind_of_number_is_read_as_it_is_stored(
    tmp_path: Path, dtype: str, depth: int, ceiling: float | None
) -> None:
    pixels = noise(dtype)
    blot = read_blot(write(tmp_path / "a.tif", pixels))

    assert (blot.pixels == pixels).all()
    assert (blot.source.depth, blot.ceiling, blot.bright) == (depth, ceiling, None)


def test_twelve_bits_are_unpacked_and_clip_at_4095(tmp_path: Path) -> None:
    pixels = noise("uint16", top=4096)
    blot = read_blot(write(tmp_path / "a.tif", pixels, bitspersample=12))

    assert (blot.pixels == pixels).all()
    assert (blot.source.depth, blot.ceiling) == (12, 4095.0)


@pytest.mark.parametrize("compression", ["lzw", "zlib", "packbits", "zstd", "lzma"])
@pytest.mark.parametrize("predictor", [False, True])
def test_lossless_compression_changes_nothing(tmp_path: Path, compression: str, predictor: bool) -> None:
    pixels = noise("uint16", top=60000)
    possible = predictor and compression != "packbits"
    blot = read_blot(write(tmp_path / "a.tif", pixels, compression=compression, predictor=possible))

    assert (blot.pixels == pixels).all()
    assert not blot.source.lossy


def test_jpeg_inside_a_tiff_is_known_as_lossy(tmp_path: Path) -> None:
    blot = read_blot(write(tmp_path / "a.tif", noise("uint8"), compression="jpeg"))

    assert blot.source.lossy


def test_big_endian_and_bigtiff_and_tiles_are_read(tmp_path: Path) -> None:
    pixels = noise("uint16")

    for options in ({"byteorder": ">"}, {"bigtiff": True}, {"tile": (16, 16)}, {"rowsperstrip": 5}):
        assert (read_blot(write(tmp_path / "a.tif", pixels, **options)).pixels == pixels).all()


def test_a_file_tagged_white_is_zero_keeps_its_counts_and_says_so(tmp_path: Path) -> None:
    pixels = noise("uint16")
    blot = read_blot(write(tmp_path / "a.tif", pixels, photometric="miniswhite"))

    assert (blot.pixels == pixels).all()
    assert blot.bright is None
    assert "not believed" in blot.source.notes[0]
    assert blot.source.tags["PhotometricInterpretation"] == 0


def test_pages_are_channels_and_one_must_be_named(tmp_path: Path) -> None:
    pages = noise("uint16", (3, 24, 32))
    path = write(tmp_path / "a.tif", pages, photometric="minisblack")

    with pytest.raises(ReadError, match=r"holds 3 pictures; name one with channel= \(1, 2, 3\)"):
        read_blot(path)
    assert (read_blot(path, channel="2").pixels == pages[1]).all()
    assert [blot.name for blot in read_channels(path, name="x.tif")] == ["x.tif#1", "x.tif#2", "x.tif#3"]
    with pytest.raises(ReadError, match="no channel '4'"):
        read_blot(path, channel="4")


def test_pages_of_different_sizes_are_all_read(tmp_path: Path) -> None:
    path = tmp_path / "a.tif"
    with tifffile.TiffWriter(path) as tif:
        tif.write(noise("uint16", (24, 32)), photometric="minisblack")
        tif.write(noise("uint16", (20, 30)), photometric="minisblack")

    assert [blot.shape for blot in read_channels(path)] == [(24, 32), (20, 30)]


def test_previews_and_pyramid_levels_are_left_out(tmp_path: Path) -> None:
    pixels = noise("float16", (64, 96))
    path = tmp_path / "a.tif"
    with tifffile.TiffWriter(path) as tif:
        tif.write(pixels, tile=(16, 16), photometric="minisblack")
        tif.write(pixels[::2, ::2], tile=(16, 16), photometric="minisblack")
        tif.write(pixels[::4, ::4], tile=(16, 16), photometric="minisblack", subfiletype=1)

    assert (read_blot(path).pixels == pixels).all()


def test_a_thumbnail_before_its_picture_is_left_out_and_one_that_is_alone_is_read(tmp_path: Path) -> None:
    pixels = noise("uint16", (64, 96))
    with tifffile.TiffWriter(tmp_path / "a.tif") as tif:
        tif.write(pixels[::4, ::4], photometric="minisblack", subfiletype=1)
        tif.write(pixels, photometric="minisblack")
    with tifffile.TiffWriter(tmp_path / "alone.tif") as tif:
        tif.write(pixels, photometric="minisblack", subfiletype=1)

    (blot,) = read_channels(tmp_path / "a.tif")
    assert (blot.name, blot.source.channel) == ("a.tif", "")
    assert (blot.pixels == pixels).all()
    assert read_blot(tmp_path / "alone.tif").shape == (64, 96)


def test_a_tiled_pyramid_of_half_precision_gives_its_full_size_exactly(tmp_path: Path) -> None:
    pixels = np.random.default_rng(5).uniform(0, 900, (96, 128)).astype(np.float16)
    with tifffile.TiffWriter(tmp_path / "digit.tif") as tif:
        tif.write(pixels, tile=(32, 32), subifds=1, metadata=None)
        tif.write(pixels[::2, ::2], tile=(32, 32), subfiletype=1, metadata=None)
    (blot,) = read_channels(tmp_path / "digit.tif")

    assert (blot.pixels == pixels.astype(np.float64)).all()
    assert blot.source.depth == 16


def test_channel_names_of_ome_and_imagej_are_kept(tmp_path: Path) -> None:
    pages = noise("uint16", (2, 24, 32))
    metadata = {"axes": "CYX", "Channel": {"Name": ["IRDye 700", "IRDye 800"]}, "PhysicalSizeX": 42.0}
    ome = write(tmp_path / "a.ome.tif", pages, metadata=metadata, photometric="minisblack")
    imagej = write(tmp_path / "b.tif", pages, imagej=True, metadata={"axes": "CYX", "Labels": ["chemi", "white"]})

    assert [blot.name for blot in read_channels(ome)] == ["a.ome.tif#IRDye 700", "a.ome.tif#IRDye 800"]
    assert read_blot(ome, channel="IRDye 800").pixel_um == 42.0
    assert [blot.name for blot in read_channels(imagej)] == ["b.tif#chemi", "b.tif#white"]


def test_pixel_size_comes_from_the_resolution_unless_it_is_a_screens(tmp_path: Path) -> None:
    pixels = noise("uint16")

    def size(**options: Any) -> float | None:
        return read_blot(write(tmp_path / "a.tif", pixels, **options)).pixel_um

    assert size(resolution=(127, 127), resolutionunit="inch") == 200.0
    assert size(resolution=(100, 100), resolutionunit="centimeter") == 100.0
    assert size(resolution=(72, 72), resolutionunit="inch") is None
    assert size(imagej=True, resolution=(0.02, 0.02), metadata={"unit": "um"}) == 50.0
    assert size() is None


@pytest.mark.parametrize(
    ("text", "seconds"),
    [
        ("Exposure Time: 12.5 s", 12.5),
        ("ExposureTime = 250 ms", 0.25),
        ("Exposure (sec): 3", 3.0),
        ("Exposure: 2 min", 120.0),
        ("Exposure: 12", None),
    ],
)
def test_an_exposure_is_taken_only_with_its_unit(tmp_path: Path, text: str, seconds: float | None) -> None:
    blot = read_blot(write(tmp_path / "a.tif", noise("uint16"), description=text, metadata=None))

    assert blot.source.exposure_s == seconds


def test_exposures_of_exif_and_ome_are_taken(tmp_path: Path) -> None:
    exif = write(tmp_path / "a.tif", noise("uint16"), extratags=[(33434, "2I", 1, (3, 2), True)])
    metadata = {"axes": "YX", "Plane": {"ExposureTime": [500.0], "ExposureTimeUnit": ["ms"]}}
    ome = write(tmp_path / "b.ome.tif", noise("uint16"), metadata=metadata)

    assert read_blot(exif).source.exposure_s == 1.5
    assert read_blot(ome).source.exposure_s == 0.5


def test_imager_date_and_all_tags_are_kept(tmp_path: Path) -> None:
    tags = [(271, "s", 0, "LI-COR, Inc.", True), (272, "s", 0, "Odyssey", True), (50000, "I", 1, 77, True)]
    blot = read_blot(write(tmp_path / "a.tif", noise("uint16"), extratags=tags, datetime="2014:12:01 16:30:18"))

    assert (blot.source.imager, blot.source.acquired) == ("LI-COR, Inc. Odyssey", "2014:12:01 16:30:18")
    assert blot.source.tags["50000"] == 77


def test_a_request_to_show_the_picture_turned_is_noted_and_not_obeyed(tmp_path: Path) -> None:
    pixels = noise("uint16")
    blot = read_blot(write(tmp_path / "a.tif", pixels, extratags=[(274, "H", 1, 6, True)]))

    assert (blot.pixels == pixels).all()
    assert "Orientation 6" in blot.source.notes[0]


def test_equal_colour_channels_become_one(tmp_path: Path) -> None:
    grey = noise("uint16", top=60000)
    blot = read_blot(write(tmp_path / "a.tif", np.stack([grey] * 3, axis=-1), photometric="rgb"))

    assert (blot.pixels == grey).all()
    assert "are equal" in blot.source.notes[0]
    assert [step.verb for step in blot.steps] == ["read"]


def test_colour_planes_stored_one_after_the_other_are_read_alike(tmp_path: Path) -> None:
    grey = noise("uint16", top=60000)
    path = write(tmp_path / "a.tif", np.stack([grey] * 3), photometric="rgb", planarconfig="separate")

    assert (read_blot(path).pixels == grey).all()


def test_an_opaque_alpha_is_dropped_and_a_half_transparent_one_refused(tmp_path: Path) -> None:
    grey = noise("uint8")
    solid = np.stack([grey, grey, grey, np.full_like(grey, 255)], axis=-1)
    veiled = np.stack([grey, grey, grey, np.full_like(grey, 90)], axis=-1)
    options = {"photometric": "rgb", "extrasamples": ["unassalpha"]}

    assert (read_blot(write(tmp_path / "a.tif", solid, **options)).pixels == grey).all()
    with pytest.raises(ReadError, match="transparent"):
        read_blot(write(tmp_path / "b.tif", veiled, **options))


def test_a_grey_picture_with_alpha_and_one_with_two_channels_are_told_apart(tmp_path: Path) -> None:
    grey = noise("uint8")
    two = np.stack([grey, np.full_like(grey, 255)], axis=-1)
    options = {"photometric": "minisblack", "planarconfig": "contig", "metadata": None}
    alpha = write(tmp_path / "a.tif", two, extrasamples=["unassalpha"], **options)
    channels = write(tmp_path / "b.tif", two, extrasamples=["unspecified"], **options)

    assert (read_blot(alpha).pixels == grey).all()
    assert len(read_channels(channels)) == 2


def test_a_grey_palette_is_looked_up_and_imagejs_colour_table_is_not(tmp_path: Path) -> None:
    index = noise("uint8", top=256)
    ramp = np.arange(256, dtype=np.uint16) * 257
    grey = write(tmp_path / "a.tif", index, photometric="palette", colormap=np.stack([ramp[::-1]] * 3))
    painted = np.stack([ramp, ramp[::-1], np.zeros_like(ramp)])
    fire = write(tmp_path / "b.tif", index, imagej=True, colormap=painted)

    assert (read_blot(grey).pixels == 255 - index.astype(float)).all()
    assert (read_blot(fire).pixels == index).all()
    assert "colour table was ignored" in read_blot(fire).source.notes[0]


def test_a_colour_palette_is_refused_as_a_false_colour_display(tmp_path: Path) -> None:
    index = noise("uint8", top=256)
    phase = np.linspace(0, 2 * np.pi, 256)
    hues = np.stack([np.cos(phase), np.cos(phase + 2.1), np.cos(phase + 4.2)])
    path = write(tmp_path / "a.tif", index, photometric="palette", colormap=((hues + 1) * 32767).astype(np.uint16))

    with pytest.raises(ReadError, match="false-colour"):
        read_blot(path)


@pytest.mark.parametrize(
    ("spoil", "said"),
    [
        ({"pixels": noise("uint8").astype(bool)}, "1 bit"),
        ({"pixels": noise("complex64")}, "kind that is not read"),
        ({"pixels": noise("uint8", (24, 32, 4)), "photometric": "separated"}, "CMYK"),
        ({"pixels": noise("uint8", (24, 32, 3)), "photometric": "cielab"}, "CIELab"),
        ({"pixels": noise("uint16"), "photometric": "cfa"}, "raw mosaic"),
    ],
)
def test_what_would_be_read_wrong_is_refused_with_the_reason(tmp_path: Path, spoil: dict[str, Any], said: str) -> None:
    with pytest.raises(ReadError, match=said):
        read_blot(write(tmp_path / "a.tif", **{"pixels": spoil["pixels"], **spoil}))


def test_pixels_that_are_no_numbers_are_refused(tmp_path: Path) -> None:
    pixels = noise("float32")
    pixels[3, 4], pixels[5, 6] = np.nan, np.inf

    with pytest.raises(ReadError, match="2 of its pixels are no numbers"):
        read_blot(write(tmp_path / "a.tif", pixels))


@pytest.mark.parametrize("options", [{}, {"compression": "zlib"}, {"tile": (16, 16)}])
def test_a_truncated_file_is_refused_whatever_its_layout(tmp_path: Path, options: dict[str, Any]) -> None:
    path = write(tmp_path / "a.tif", noise("uint16", (64, 64), 60000), **options)
    path.write_bytes(path.read_bytes()[:-100])

    with pytest.raises(ReadError, match=r"truncated|damaged"):
        read_blot(path)


def test_a_missing_strip_is_not_read_as_zeros(tmp_path: Path) -> None:
    path = write(tmp_path / "a.tif", noise("uint16", (32, 32), 60000), rowsperstrip=32)
    set_tag(path, 279, 0)

    with pytest.raises(ReadError, match="parts of the picture are missing"):
        read_blot(path)


def test_a_giant_is_refused_before_a_pixel_of_it_is_decoded(tmp_path: Path) -> None:
    path = write(tmp_path / "a.tif", noise("uint16"))
    set_tag(path, 256, 30000)
    set_tag(path, 257, 30000)

    with pytest.raises(ReadError, match=r"30000 × 30000 pixels are more than the limit of 300 megapixels"):
        read_blot(path)


def test_a_small_limit_counts_all_pages(tmp_path: Path) -> None:
    path = write(tmp_path / "a.tif", noise("uint16", (3, 100, 100)), photometric="minisblack")

    with pytest.raises(ReadError, match=r"limit of 0\.02 megapixels"):
        read_channels(path, max_megapixels=0.02)
    assert len(read_channels(path, max_megapixels=0.03)) == 3


def test_a_stack_of_many_pages_is_no_blot(tmp_path: Path) -> None:
    path = write(tmp_path / "a.tif", noise("uint8", (70, 8, 8)), photometric="minisblack")

    with pytest.raises(ReadError, match="stack of 70 pages"):
        read_blot(path)


def test_a_loop_of_pages_ends_in_an_error_or_a_picture(tmp_path: Path) -> None:
    path = write(tmp_path / "a.tif", noise("uint16"))
    data = bytearray(path.read_bytes())
    first = struct.unpack_from("<I", data, 4)[0]
    struct.pack_into("<I", data, first + 2 + 12 * struct.unpack_from("<H", data, first)[0], first)
    path.write_bytes(data)

    assert len(read_channels(path)) == 1


def test_an_entity_bomb_in_ome_xml_is_not_expanded(tmp_path: Path) -> None:
    bomb = '<?xml version="1.0"?><!DOCTYPE x [<!ENTITY a "aaaaaaaaaa">]><OME xmlns="http://ome">&a;</OME>'
    pixels = noise("uint16")
    blot = read_blot(write(tmp_path / "a.tif", pixels, description=bomb, metadata=None))

    assert (blot.pixels == pixels).all()
