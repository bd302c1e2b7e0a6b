"""PNG, JPEG, GIF and BMP: what cameras, scanners and figure panels come as."""

from __future__ import annotations

import threading
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from ..errors import ReadError
from .colour import apply_palette, merge_alpha
from .planes import SCREENS, Head, Plane, Raw, Reader, check_size, plain_tags, whole

if TYPE_CHECKING:
    from PIL import Image

__all__ = ["BMP", "GIF", "JPEG", "PNG"]

_DEEP_COLOUR = 16  # Pillow cuts 16-bit colour to 8 bits; such files go through libpng itself
_MOST_FRAMES = 64
_ORIENTATION = 274  # Exif tag
_LIMITS = threading.Lock()


def _sniffer(magic: bytes, kind: str) -> Any:
    def sniff(head: Head) -> str:
        return "" if head.start.startswith(magic) else f"the file does not begin as a {kind} does"

    return sniff


def _open(path: Path, kind: str) -> Image.Image:
    """Open one kind of picture without decoding it; Pillow's own limit makes way for ours, which is asked next."""
    from PIL import Image

    with _LIMITS:  # Pillow has one limit for all threads
        before = Image.MAX_IMAGE_PIXELS
        Image.MAX_IMAGE_PIXELS = None
        try:
            return Image.open(path, formats=[kind])
        finally:
            Image.MAX_IMAGE_PIXELS = before


def _pixel_um(image: Image.Image) -> float | None:
    dpi = image.info.get("dpi")
    if not dpi:
        return None
    across = float(dpi[0])
    return None if across < 1 or round(across) in SCREENS else round(25_400.0 / across, 4)


def _grey_or_colour(image: Image.Image) -> tuple[Raw, int, tuple[str, ...]]:
    """Decode a Pillow image to grey or red-green-blue: pixels, bits a sample, notes."""
    mode = image.mode
    if mode in ("I;16", "I;16B", "I;16L", "I"):
        pixels = np.asarray(image)
        return (pixels.astype(np.uint16) if mode == "I" else pixels), 16, ()
    if mode == "1":
        raise ReadError("has black and white only (1 bit); nothing can be measured in it")
    if mode == "P":
        return _palette(image)
    if mode in ("L", "RGB"):
        if "transparency" in image.info:
            return _grey_or_colour(image.convert("LA" if mode == "L" else "RGBA"))
        return np.asarray(image), 8, ()
    if mode in ("LA", "RGBA"):
        both = np.asarray(image)
        inside = both[..., 0] if mode == "LA" else both[..., :3]
        pixels, notes = merge_alpha(inside, both[..., -1], 255.0)
        return pixels, 8, notes
    raise ReadError(f"is in colour mode {mode}, which is not read; export it as greyscale")


def _palette(image: Image.Image) -> tuple[Raw, int, tuple[str, ...]]:
    if "transparency" in image.info:
        return _grey_or_colour(image.convert("RGBA"))
    table = np.asarray(image.getpalette("RGB"), dtype=np.float64).reshape(-1, 3)
    pixels, note = apply_palette(np.asarray(image), table)
    return pixels, 8, (note,)


def _turned(image: Image.Image) -> tuple[str, ...]:
    wish = int(image.getexif().get(_ORIENTATION, 1))
    if wish == 1:
        return ()
    return (f"the file asks to be shown turned (Orientation {wish}); pixels are kept as stored",)


def _check_whole(image: Image.Image, max_megapixels: float) -> None:
    from PIL.Image import DecompressionBombError

    try:
        frames = int(getattr(image, "n_frames", 1))
    except DecompressionBombError:
        raise ReadError("an animation with a frame far larger than its first is no blot; export one frame") from None
    if frames > _MOST_FRAMES:
        raise ReadError(f"an animation of {frames} frames is no blot; export one frame")
    check_size(image.height, image.width, max_megapixels, planes=frames)


def _read_with(kind: str, *, lossy: bool) -> Any:
    def read(path: Path, max_megapixels: float) -> list[Plane]:
        with _open(path, kind) as image:
            _check_whole(image, max_megapixels)
            frames = int(getattr(image, "n_frames", 1))
            turned = _turned(image)
            found = []
            for frame in range(frames):
                if frames > 1:
                    image.seek(frame)
                pixels, depth, notes = _decode(path, image, max_megapixels)
                found.append(
                    Plane(
                        pixels=pixels,
                        channel=str(frame + 1) if frames > 1 else "",
                        depth=depth,
                        full=float(2**depth - 1),
                        pixel_um=_pixel_um(image),
                        lossy=lossy,
                        tags=plain_tags({str(key): value for key, value in image.info.items()}),
                        notes=notes + turned,
                    )
                )
        return found

    return read


def _decode(path: Path, image: Image.Image, max_megapixels: float) -> tuple[Raw, int, tuple[str, ...]]:
    if image.format == "PNG" and _png_header(path) in ((_DEEP_COLOUR, 2), (_DEEP_COLOUR, 4), (_DEEP_COLOUR, 6)):
        return _deep_png(whole(path, max_megapixels))
    return _grey_or_colour(image)


def _png_header(path: Path) -> tuple[int, int]:
    """Bits a sample and colour type of a PNG, bytes 24 and 25 of the file (PNG specification, IHDR)."""
    with path.open("rb") as file:
        start = file.read(26)
    return start[24], start[25]


def _deep_png(data: bytes) -> tuple[Raw, int, tuple[str, ...]]:
    import imagecodecs

    pixels = np.asarray(imagecodecs.png_decode(data))
    if pixels.shape[-1] in (2, 4):
        colours = pixels[..., 0] if pixels.shape[-1] == 2 else pixels[..., :3]
        merged, notes = merge_alpha(colours, pixels[..., -1], 65535.0)
        return merged, _DEEP_COLOUR, notes
    return pixels, _DEEP_COLOUR, ()


PNG = Reader(
    name="png",
    formats="PNG: grey, palette or colour, 2 to 16 bits, with or without transparency",
    extensions=(".png",),
    sniff=_sniffer(b"\x89PNG\r\n\x1a\n", "PNG"),
    read=_read_with("PNG", lossy=False),
    kept="text chunks, resolution",
    tested_on="real figure panels; others written",
)
JPEG = Reader(
    name="jpeg",
    formats="JPEG: 8-bit grey or colour (lossy)",
    extensions=(".jpg", ".jpeg"),
    sniff=_sniffer(b"\xff\xd8\xff", "JPEG"),
    read=_read_with("JPEG", lossy=True),
    kept="JFIF and Exif fields, resolution",
    tested_on="real gel photographs",
)
GIF = Reader(
    name="gif",
    formats="GIF: 8-bit palette",
    extensions=(".gif",),
    sniff=_sniffer(b"GIF8", "GIF"),
    read=_read_with("GIF", lossy=False),
    kept="comment",
    tested_on="a real file (ImageJ's gel sample)",
)
BMP = Reader(
    name="bmp",
    formats="BMP: 8-bit grey, palette or colour",
    extensions=(".bmp", ".dib"),
    sniff=_sniffer(b"BM", "BMP"),
    read=_read_with("BMP", lossy=False),
    kept="resolution",
    tested_on="written files",
)
