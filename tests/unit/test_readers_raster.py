"""PNG, JPEG, GIF and BMP: grey values as stored, colour that means something taken right or refused."""

from __future__ import annotations

import struct
import zlib
from pathlib import Path
from typing import Any

import imagecodecs
import numpy as np
import pytest
from PIL import Image

from blotquant.errors import ReadError
from blotquant.readers import read_blot, read_channels


def noise(shape: tuple[int, ...] = (24, 32), top: int = 256) -> np.ndarray:
    return np.random.default_rng(5).integers(0, top, shape).astype(np.uint8 if top <= 256 else np.uint16)


def save(path: Path, pixels: np.ndarray, **options: Any) -> Path:
    Image.fromarray(pixels).save(path, **options)
    return path


def bands(shape: tuple[int, int], rows: tuple[int, ...]) -> np.ndarray:
    """Shares of light of soft bands in two lanes, 0 to 1."""
    y, x = np.mgrid[: shape[0], : shape[1]]
    lanes = (np.abs(x - shape[1] / 4) < 8) | (np.abs(x - 3 * shape[1] / 4) < 8)
    return sum(np.exp(-0.5 * ((y - row) / 2.0) ** 2) for row in rows) * lanes


@pytest.mark.parametrize("ending", ["png", "bmp", "gif"])
def test_eight_bit_grey_is_read_as_stored(tmp_path: Path, ending: str) -> None:
    pixels = noise()
    blot = read_blot(save(tmp_path / f"a.{ending}", pixels))

    assert (blot.pixels == pixels).all()
    assert (blot.source.reader, blot.source.depth, blot.source.lossy) == (ending, 8, False)


def test_jpeg_is_read_and_known_as_lossy(tmp_path: Path) -> None:
    blot = read_blot(save(tmp_path / "a.jpg", noise(), quality=90))

    assert (blot.source.reader, blot.source.lossy, blot.shape) == ("jpeg", True, (24, 32))


def test_sixteen_bit_png_keeps_every_count(tmp_path: Path) -> None:
    pixels = noise(top=65536)
    blot = read_blot(save(tmp_path / "a.png", pixels))

    assert (blot.pixels == pixels).all()
    assert (blot.source.depth, blot.ceiling) == (16, 65535.0)


def test_sixteen_bit_colour_png_is_not_cut_to_eight_bits(tmp_path: Path) -> None:
    grey = noise(top=65536)
    path = tmp_path / "a.png"
    path.write_bytes(imagecodecs.png_encode(np.stack([grey] * 3, axis=-1)))
    clear = tmp_path / "b.png"
    clear.write_bytes(imagecodecs.png_encode(np.stack([grey] * 3 + [np.full_like(grey, 65535)], axis=-1)))

    assert (read_blot(path).pixels == grey).all()
    assert (read_blot(clear).pixels == grey).all()


def test_few_bits_are_read_at_their_levels(tmp_path: Path) -> None:
    picture = Image.fromarray(noise(top=16) * 17)
    picture.quantize(16).save(tmp_path / "a.png", bits=4)

    assert len(np.unique(read_blot(tmp_path / "a.png").pixels)) == 16


def test_a_resolution_that_is_no_screens_gives_the_pixel_size(tmp_path: Path) -> None:
    assert read_blot(save(tmp_path / "a.png", noise(), dpi=(300, 300))).pixel_um == pytest.approx(84.66, abs=0.01)
    assert read_blot(save(tmp_path / "b.png", noise(), dpi=(96, 96))).pixel_um is None


def test_text_chunks_are_kept(tmp_path: Path) -> None:
    from PIL.PngImagePlugin import PngInfo

    info = PngInfo()
    info.add_text("Imager", "Fusion FX")

    assert read_blot(save(tmp_path / "a.png", noise(), pnginfo=info)).source.tags["Imager"] == "Fusion FX"


def test_a_stain_on_a_light_ground_gives_the_mean_of_its_colours(tmp_path: Path) -> None:
    share = bands((64, 96), (20, 40))
    dye = np.stack([255 - 200 * share, 255 - 150 * share, 255 - 20 * share], axis=-1).astype(np.uint8)
    blot = read_blot(save(tmp_path / "a.png", dye))

    assert blot.pixels == pytest.approx(dye.astype(float).mean(axis=-1))
    assert any(step.verb == "colour" for step in blot.steps)


def test_a_picture_in_one_colour_gives_that_channel(tmp_path: Path) -> None:
    green = np.zeros((64, 96, 3), np.uint8)
    green[..., 1] = (250 * bands((64, 96), (20, 40))).astype(np.uint8)
    blot = read_blot(save(tmp_path / "a.png", green))

    assert (blot.pixels == green[..., 1]).all()
    assert "only the green channel" in blot.source.notes[0]


def test_an_overlay_of_two_dyes_must_be_read_by_its_channels(tmp_path: Path) -> None:
    overlay = np.zeros((64, 96, 3), np.uint8)
    overlay[..., 0] = (250 * bands((64, 96), (15,))).astype(np.uint8)
    overlay[..., 1] = (250 * bands((64, 96), (45,))).astype(np.uint8)
    overlay += np.random.default_rng(0).integers(0, 6, overlay.shape).astype(np.uint8)
    overlay[..., 2] = 0
    path = save(tmp_path / "a.png", overlay)

    with pytest.raises(ReadError, match=r"holds 2 pictures; name one with channel= \(red, green\)"):
        read_blot(path)
    assert [blot.name for blot in read_channels(path)] == ["a.png#red", "a.png#green"]
    assert (read_blot(path, channel="green").pixels == overlay[..., 1]).all()


def test_a_colour_of_a_stain_can_be_asked_for(tmp_path: Path) -> None:
    dye = np.full((24, 32, 3), 240, np.uint8)
    dye[8:12, 4:28] = (40, 90, 230)

    assert (read_blot(save(tmp_path / "a.png", dye), channel="red").pixels == dye[..., 0]).all()


def test_a_false_colour_display_is_refused(tmp_path: Path) -> None:
    phase = np.linspace(0, 2 * np.pi, 256)
    table = np.stack([np.cos(phase), np.cos(phase + 2.1), np.cos(phase + 4.2)], axis=1)
    painted = ((table + 1) * 127).astype(np.uint8)[noise()]

    with pytest.raises(ReadError, match="false-colour"):
        read_blot(save(tmp_path / "a.png", painted))


def test_faint_colour_noise_is_averaged_and_said(tmp_path: Path) -> None:
    grey = noise(top=200)
    tinted = np.stack([grey, grey + 2, grey], axis=-1)
    blot = read_blot(save(tmp_path / "a.png", tinted))

    assert blot.pixels == pytest.approx(tinted.astype(float).mean(axis=-1))
    assert "differ slightly" in blot.source.notes[0]


def test_transparent_corners_take_the_colour_of_the_ground(tmp_path: Path) -> None:
    light = np.full((24, 32), 230, np.uint8)
    alpha = np.full_like(light, 255)
    alpha[:4, :4] = 0
    dark = np.full((24, 32), 20, np.uint8)

    on_light = read_blot(save(tmp_path / "a.png", np.stack([light, alpha], axis=-1)))
    on_dark = read_blot(save(tmp_path / "b.png", np.stack([dark, dark, dark, alpha], axis=-1)))

    assert (on_light.pixels[:4, :4] == 255).all()
    assert (on_light.pixels[4:] == 230).all()
    assert (on_dark.pixels[:4, :4] == 0).all()
    assert "taken as black" in on_dark.source.notes[0]


@pytest.mark.parametrize(("value", "said"), [(128, "half transparent"), (0, "transparent everywhere")])
def test_transparency_that_hides_the_counts_is_refused(tmp_path: Path, value: int, said: str) -> None:
    grey = noise()

    with pytest.raises(ReadError, match=said):
        read_blot(save(tmp_path / "a.png", np.stack([grey, np.full_like(grey, value)], axis=-1)))


def test_a_palette_with_a_transparent_colour_is_read(tmp_path: Path) -> None:
    picture = Image.fromarray(noise(top=4) * 60).quantize(4)
    picture.save(tmp_path / "a.gif", transparency=0)
    blot = read_blot(tmp_path / "a.gif")

    assert blot.shape == (24, 32)
    assert "transparent pixels" in " ".join(blot.source.notes)


def test_a_grey_png_with_a_transparent_grey_is_read(tmp_path: Path) -> None:
    grey = noise()
    grey[:6, :6] = 7
    blot = read_blot(save(tmp_path / "a.png", grey, transparency=7))

    assert np.median(noise()) < 255 / 2  # the ground is dark
    assert (blot.pixels[:6, :6] == 0).all()
    assert blot.source.notes == ("transparent pixels (5.1 %) were taken as black",)


def test_frames_of_an_animation_are_channels(tmp_path: Path) -> None:
    frames = [Image.fromarray(noise() // (i + 1)) for i in range(2)]
    frames[0].save(tmp_path / "a.gif", save_all=True, append_images=frames[1:])

    assert [blot.name for blot in read_channels(tmp_path / "a.gif")] == ["a.gif#1", "a.gif#2"]


def test_a_long_animation_is_refused(tmp_path: Path) -> None:
    frames = [Image.fromarray(np.full((8, 8), i, np.uint8)) for i in range(70)]
    frames[0].save(tmp_path / "a.gif", save_all=True, append_images=frames[1:])

    with pytest.raises(ReadError, match="animation of 70 frames"):
        read_blot(tmp_path / "a.gif")


@pytest.mark.parametrize(("mode", "ending", "said"), [("1", "png", "1 bit"), ("CMYK", "jpg", "colour mode CMYK")])
def test_modes_that_cannot_be_measured_are_refused(tmp_path: Path, mode: str, ending: str, said: str) -> None:
    Image.fromarray(noise()).convert(mode).save(tmp_path / f"a.{ending}")

    with pytest.raises(ReadError, match=said):
        read_blot(tmp_path / f"a.{ending}")


def png_of_size(path: Path, rows: int, cols: int) -> Path:
    """A PNG that claims a size it does not hold."""

    def chunk(kind: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    header = struct.pack(">IIBBBBB", cols, rows, 8, 0, 0, 0, 0)
    body = chunk(b"IHDR", header) + chunk(b"IDAT", zlib.compress(bytes(1000))) + chunk(b"IEND", b"")
    path.write_bytes(b"\x89PNG\r\n\x1a\n" + body)
    return path


@pytest.mark.parametrize("side", [30000, 11000])
def test_a_decompression_bomb_is_refused_before_it_is_unpacked(tmp_path: Path, side: int) -> None:
    with pytest.raises(ReadError, match=r"limit of 100 megapixels; crop the picture or raise batch\.max_megapixels"):
        read_blot(png_of_size(tmp_path / "a.png", side, side), max_megapixels=100.0)


def test_the_one_limit_of_size_is_ours_and_that_of_pillow_is_left_as_it_was(tmp_path: Path) -> None:
    before = Image.MAX_IMAGE_PIXELS
    with pytest.raises(ReadError, match="damaged or truncated"):  # 196 megapixels, above Pillow's limit
        read_blot(png_of_size(tmp_path / "a.png", 14000, 14000), max_megapixels=300.0)
    assert before is not None
    assert before == Image.MAX_IMAGE_PIXELS


@pytest.mark.parametrize("ending", ["png", "jpg", "gif", "bmp"])
def test_a_truncated_picture_is_refused_on_one_line(tmp_path: Path, ending: str) -> None:
    path = save(tmp_path / f"a.{ending}", noise((64, 64)))
    path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])

    with pytest.raises(ReadError, match="damaged or truncated") as caught:
        read_blot(path)
    assert "\n" not in str(caught.value)


def test_a_wish_to_be_shown_turned_is_noted(tmp_path: Path) -> None:
    picture = Image.fromarray(noise())
    exif = picture.getexif()
    exif[274] = 6
    picture.save(tmp_path / "a.jpg", exif=exif)

    assert "Orientation 6" in read_blot(tmp_path / "a.jpg").source.notes[0]
