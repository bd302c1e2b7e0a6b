"""Colour, palettes and transparency: one grey picture where that is certain, else the reason why not."""

from __future__ import annotations

import dataclasses

import numpy as np
import numpy.typing as npt

from ..blot import FloatArray, Step
from ..errors import ReadError
from .planes import Plane, Raw

__all__ = ["COLOURS", "apply_palette", "merge_alpha", "resolve_colour"]

COLOURS = ("red", "green", "blue")

_SLIGHT = 0.08  # share of full scale by which channels differ in JPEG's colour noise
_FEW = 0.01  # share of pixels that may be coloured (a label, a coloured mark) in a grey picture
_EMPTY = 0.02  # a channel that spans less of full scale carries no picture
_ONE_DYE = 0.75  # share of the colours' variance along one direction in a stain on a light ground
_ONE_HUE = 0.98  # the same on a dark ground, where two dyes are two detection channels
_BLURRED = 0.02  # share of half-transparent pixels that a rotated picture's corners bring along


def apply_palette(indices: Raw, colours: npt.NDArray[np.float64]) -> tuple[Raw, str]:
    """Replace palette indices by their colours.

    Parameters
    ----------
    indices : ndarray of shape (H, W)
        Indices as stored.
    colours : ndarray of shape (n, 3)
        Red, green, blue of each index, 0–255.

    Returns
    -------
    ndarray of shape (H, W) or (H, W, 3)
        Grey where the palette's used colours are greys; 0–255.
    str
        What was done, in words.
    """
    used = np.zeros(len(colours), dtype=bool)
    used[np.unique(indices)] = True
    table = np.rint(colours).astype(np.uint8)
    if bool((table[used] == table[used][:, :1]).all()):
        return table[indices][..., 0], "the palette's greys were taken"
    return table[indices], "palette colours were looked up"


def merge_alpha(pixels: Raw, alpha: Raw, full: float | None) -> tuple[Raw, tuple[str, ...]]:
    """Take transparent pixels as the ground they are shown on; refuse pictures that are half transparent.

    Raises
    ------
    ReadError
        Everything is transparent, or so much is half transparent that counts are not known.
    """
    opaque = alpha >= (full if full is not None else 1.0)
    if bool(opaque.all()):
        return pixels, ()
    if float(np.mean(~opaque & (alpha > 0))) > _BLURRED:
        raise ReadError("is half transparent, so its counts are not known; export it without transparency")
    if not bool(opaque.any()):
        raise ReadError("is transparent everywhere; export it without transparency")
    top = full if full is not None else 1.0
    white = float(np.median(pixels[opaque])) > top / 2
    filled = pixels.copy()
    filled[~opaque] = top if white else 0
    share = 100 * float(np.mean(~opaque))
    return filled, (f"transparent pixels ({share:.1f} %) were taken as {'white' if white else 'black'}",)


def _variance_share(pixels: Raw) -> float:
    """Share of the colours' variance that lies along one direction (1 when all pixels are of one hue)."""
    flat = pixels.reshape(-1, 3).astype(np.float64)
    values = np.linalg.eigvalsh(np.cov(flat, rowvar=False))
    return float(values[-1] / values.sum())


def _is_false_colour(pixels: Raw) -> bool:
    """Tell a colour table's display: no more colours than a table has entries."""
    if pixels.dtype != np.uint8:
        return False
    wide = pixels.astype(np.uint32)
    packed = wide[..., 0] << 16 | wide[..., 1] << 8 | wide[..., 2]
    return len(np.unique(packed)) <= 256


def _as_grey(plane: Plane, pixels: Raw, note: str, *, flagged: bool = True) -> Plane:
    steps = (*plane.steps, Step("colour", note)) if flagged else plane.steps
    return dataclasses.replace(plane, pixels=pixels, notes=(*plane.notes, note), steps=steps)


def _mean(pixels: Raw) -> FloatArray:
    out: FloatArray = pixels.astype(np.float64).sum(axis=-1) / 3.0
    return out


def _one_picture(pixels: Raw, scale: float) -> bool:
    """Tell a stain or a tint, where every channel shows the same picture, from an overlay of several."""
    light = float(np.median(_mean(pixels))) > scale / 2
    return _variance_share(pixels) > (_ONE_DYE if light else _ONE_HUE)


def resolve_colour(plane: Plane, wanted: str | None = None) -> list[Plane]:
    """Make grey planes of a coloured one.

    Equal channels give one of them; a stain or a tint gives the mean; a picture in one channel gives that
    channel; an overlay of different pictures gives a plane a colour, named ``red``, ``green``, ``blue``.

    Raises
    ------
    ReadError
        The colours are a false-colour display, behind which the counts are not known.
    """
    pixels = plane.pixels
    if pixels.ndim == 2:
        return [plane]
    if wanted in COLOURS:
        note = f"the {wanted} channel of a colour picture was taken"
        return [dataclasses.replace(_as_grey(plane, pixels[..., COLOURS.index(wanted)], note), channel=wanted)]
    low, high = pixels.min(axis=-1), pixels.max(axis=-1)
    if bool((low == high).all()):
        return [_as_grey(plane, pixels[..., 0], "red, green and blue are equal; one was taken", flagged=False)]
    scale = plane.full if plane.full is not None else float(high.max())
    spread = high.astype(np.float64) - low
    if float(np.mean(spread > _SLIGHT * scale)) < _FEW:
        return [_as_grey(plane, _mean(pixels), "red, green and blue differ slightly; their mean was taken")]
    spans = [float(np.ptp(np.percentile(pixels[..., i], [0.1, 99.9]))) for i in range(3)]
    carrying = [i for i in range(3) if spans[i] > _EMPTY * scale]
    if len(carrying) == 1:
        only = carrying[0]
        return [_as_grey(plane, pixels[..., only], f"only the {COLOURS[only]} channel carries a picture; it was taken")]
    if _one_picture(pixels, scale):
        return [_as_grey(plane, _mean(pixels), "the picture is in colour; the mean of red, green and blue was taken")]
    if _is_false_colour(pixels):
        raise ReadError("is a false-colour display; the counts behind it are not known: export it as greyscale")
    note = "one colour of an overlay"
    return [dataclasses.replace(_as_grey(plane, pixels[..., i], note), channel=COLOURS[i]) for i in carrying]
